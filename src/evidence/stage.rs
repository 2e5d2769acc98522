//! The stations on the way of a span.

/// A station on the way of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// An instrumented application.
    App,
    /// An OpenTelemetry Collector, in any distribution.
    Collector,
    /// Grafana Tempo, single or distributed.
    Tempo,
    /// Grafana with its data sources and dashboards.
    Grafana,
    /// What is none of them.
    Cluster,
}

impl Stage {
    /// Returns the name that users read and write.
    pub fn name(self) -> &'static str {
        match self {
            Stage::App => "app",
            Stage::Collector => "collector",
            Stage::Tempo => "tempo",
            Stage::Grafana => "grafana",
            Stage::Cluster => "cluster",
        }
    }
}
