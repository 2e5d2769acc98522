//! What is read of one stage beyond its object: its pods, its logs, what its programs are asked, and what its containers may show.

/// A workload that is a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StageWorkload {
    pub(super) namespace: String,
    /// For example `deployment/monitoring/otel-collector`.
    pub(super) words: String,
    /// The label selector of its pods.
    pub(super) selector: String,
    /// Whether its logs are searched: lines of a Prometheus about what it sends itself read like those of Tempo.
    pub(super) has_logs: bool,
    /// What its programs are asked.
    pub(super) questions: Vec<Question>,
    /// What its containers may be asked to show, when commands may run.
    pub(super) commands: Vec<Shown>,
    /// The object, when it has fewer ready pods than it wants: its events may say why.
    pub(super) short: Option<Involved>,
}

/// An object that events may be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Involved {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) uid: String,
}

/// What all pods of a workload are asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    pub(super) port: u16,
    pub(super) path: String,
    /// Whether the port speaks TLS.
    pub(super) tls: bool,
}

/// What is run to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Program {
    /// `df -P`.
    Df,
    /// `cat`.
    Cat,
}

/// What a container of a workload may be asked to show with a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    pub(super) program: Program,
    pub(super) container: String,
    pub(super) path: String,
}
