//! The command line: clap types, nothing else.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Diagnoses distributed tracing on Kubernetes: why do my traces not arrive, and what do I change?
#[derive(Debug, Parser)]
#[command(
    name = "tracedoctor",
    version,
    about,
    after_help = "tracedoctor only reads. It creates no pod, runs nothing in one (but two commands with --exec), and uses no network but the API\n\
        server and the addresses that you name.\n\
        Exit codes: 0 no finding at or above --fail-on, 1 findings, 2 usage or configuration error,\n\
        3 nothing to inspect, 4 incomplete, 5 the cluster cannot be reached or refuses, 70 internal error."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal; NO_COLOR and FORCE_COLOR are honoured.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Inspects a cluster, or manifests and logs: reports what is wrong, where, why, and what to change.
    Run(Box<RunArguments>),
    /// Follows the spans of one workload, connection by connection, to the first that cannot work.
    Why(Box<WhyArguments>),
    /// Shows the way of the spans: who sends where, what listens there, and where it breaks.
    Map(Box<MapArguments>),
    /// Saves what a run would read in one file, redacted: to be judged elsewhere or later with `run --bundle FILE`.
    #[command(after_help = "Examples:\n  \
        tracedoctor capture --to bundle.tar.gz                       the cluster of the kubeconfig\n  \
        tracedoctor capture -n monitoring -n shop --to bundle.tar.gz two namespaces of it\n  \
        tracedoctor capture manifests/ --logs logs/ --to bundle.tar.gz\n  \
        tracedoctor capture --to - | ssh host tracedoctor run --bundle -\n\
        It holds the objects that a stage needs and the last lines of their logs. It never holds a value of a Secret; what looks like a\n\
        credential is replaced by a token, the same for the same credential in one bundle and another in the next.\n\
        Exit codes: 0 written, 4 written, but something could not be read, 2 and 5 not written.")]
    Capture(Box<CaptureArguments>),
    /// Prints the least rights that a run in a cluster needs: a role and its binding, for `kubectl apply -f -`.
    Rbac(RbacArguments),
    /// Explains a check: all of its file, for a reader.
    Explain(ExplainArguments),
    /// Lists, tests and writes checks.
    #[command(subcommand)]
    Checks(ChecksCommand),
    /// Prints the JSON Schema of `run -o json`.
    Schema,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub input: InputArguments,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub selection: Selection,
    /// Output format, `text` or `json`; with `=FILE` into a file. Repeatable.
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<String>,
    /// The least severity that makes the exit code 1.
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Exit with 0 instead of 4 when something could not be read or a check is broken.
    #[arg(long)]
    pub allow_incomplete: bool,
    /// One line for each finding.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Shows what is clear, not applicable and undecided as well.
    #[arg(short, long)]
    pub verbose: bool,
    /// Prints, for one check, every operand for every row, and nothing else.
    #[arg(long, value_name = "ID", conflicts_with = "overlay")]
    pub trace: Option<String>,
    /// Says what would appear and what would vanish if these manifests were applied to what is inspected, and only that; `-` reads standard
    /// input. Repeatable.
    #[arg(long, value_name = "PATH")]
    pub overlay: Vec<PathBuf>,
}

/// Arguments of `capture`.
#[derive(Debug, Args)]
pub struct CaptureArguments {
    /// Where to: a file, which is replaced when the whole bundle is written, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub input: InputArguments,
}

/// What is inspected.
#[derive(Debug, Args)]
pub struct InputArguments {
    /// Files or folders of manifests, bundles, and what other tools collected (`kubectl cluster-info dump`, support bundles, must-gather);
    /// `-` reads standard input. Without any, the cluster of the kubeconfig is inspected.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A bundle of `tracedoctor capture`, or what another tool collected; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "logs", "demo", "namespace", "complete", "strict_input", "all_namespaces", "selector", "context", "kubeconfig", "dry_run"])]
    pub bundle: Option<PathBuf>,
    /// Inspects an embedded broken example instead of your files.
    #[arg(long, conflicts_with_all = ["paths", "logs"])]
    pub demo: bool,
    /// A folder of logs named NAMESPACE_POD_CONTAINER.log (also .previous.log, also .gz), or one log file.
    #[arg(long, value_name = "PATH")]
    pub logs: Vec<PathBuf>,
    /// The workload that a single log file belongs to.
    #[arg(long, value_name = "KIND/NAMESPACE/NAME", requires = "logs")]
    pub logs_of: Option<String>,
    /// The namespace to look in, repeatable; with files, the namespace of objects that name none.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Vec<String>,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub cluster: ClusterArguments,
    /// The files are all there is: what they refer to and do not hold does not exist.
    #[arg(long)]
    pub complete: bool,
    /// The release of a program, whatever its image says: collector=0.110.0, tempo=2.6.1. Repeatable.
    #[arg(long, value_name = "PROGRAM=VERSION")]
    pub release: Vec<String>,
    /// The distribution of the Collector, whatever its image says: core, contrib, k8s, otlp.
    #[arg(long, value_name = "NAME")]
    pub distribution: Option<String>,
    /// Parses documents that no check needs too, so that a syntax error in them is found.
    #[arg(long)]
    pub strict_input: bool,
}

/// Arguments of `map`.
#[derive(Debug, Args)]
pub struct MapArguments {
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub input: InputArguments,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub selection: Selection,
    /// Output format: `text`, `json`, `mermaid`, `dot` or `svg`.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: String,
}

/// Arguments of `why`.
#[derive(Debug, Args)]
pub struct WhyArguments {
    /// The workload, for example deployment/checkout; -n names its namespace. A pod stands for what made it.
    #[arg(value_name = "WORKLOAD")]
    pub workload: String,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub input: InputArguments,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub selection: Selection,
    /// Output format: `text` or `json`.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: String,
    /// Exit with 0 instead of 4 when nothing on the path is broken and something could not be read.
    #[arg(long)]
    pub allow_incomplete: bool,
}

/// Arguments of `rbac`.
#[derive(Debug, Args)]
pub struct RbacArguments {
    /// The namespaces that may be read, repeatable; without any, all.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Vec<String>,
    /// Rights in all namespaces, which is the default.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// `role` by default with -n, else `clusterrole`; a clusterrole with -n is bound in these namespaces only.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<RoleKind>,
    /// Without the right to ask programs through the proxy of pods, for `run --no-endpoints`.
    #[arg(long)]
    pub no_endpoints: bool,
    /// With the right to run a command in a pod, for `run --exec`.
    #[arg(long)]
    pub exec: bool,
    /// The ServiceAccount that gets the rights, by default `tracedoctor` in the first namespace given, else in `default`.
    #[arg(long, value_name = "[NAMESPACE/]NAME")]
    pub account: Option<String>,
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment on a flattened group would become its help text"
    )]
    pub selection: Selection,
}

/// What holds rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleKind {
    /// A Role in each namespace.
    Role,
    /// One ClusterRole.
    Clusterrole,
}

/// Which cluster is inspected, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArguments {
    /// The workload that a command is about: it is looked at wherever it is.
    #[arg(skip)]
    pub workload: Option<String>,
    /// Looks in all namespaces, which is the default: where that is forbidden, in those that may be read.
    #[arg(short = 'A', long, conflicts_with_all = ["namespace", "paths"])]
    pub all_namespaces: bool,
    /// Only workloads with these labels, for example app=otel-collector.
    #[arg(short = 'l', long, value_name = "LABELS", conflicts_with = "paths")]
    pub selector: Option<String>,
    /// The context of the kubeconfig.
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    pub context: Option<String>,
    /// The kubeconfig, instead of KUBECONFIG or ~/.kube/config.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub kubeconfig: Option<PathBuf>,
    /// How long reading may take; then what is known is reported, as incomplete.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub timeout: Duration,
    /// How far back logs are read.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub since: Duration,
    /// How many lines of each log are read.
    #[arg(long, value_name = "LINES", default_value_t = 5_000)]
    pub tail: u64,
    /// Asks no program for its health, release and counters, which goes through the API server's proxy of pods.
    #[arg(long, conflicts_with = "paths")]
    pub no_endpoints: bool,
    /// Reads counters twice, so long apart, to see which grow: for example 10s.
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with_all = ["paths", "no_endpoints"])]
    pub observe: Option<Duration>,
    /// Runs two commands in containers, and nothing else ever: `df` on the disks of Tempo, and `cat` of a JavaScript file that Node loads first and
    /// that no ConfigMap holds.
    #[arg(long, conflicts_with = "paths")]
    pub exec: bool,
    /// The address of Tempo, asked directly; a token may stand in TRACEDOCTOR_TEMPO_TOKEN.
    #[arg(long, value_name = "URL", conflicts_with = "paths")]
    pub tempo_url: Option<String>,
    /// The address of Grafana, asked directly; a token may stand in TRACEDOCTOR_GRAFANA_TOKEN.
    #[arg(long, value_name = "URL", conflicts_with = "paths")]
    pub grafana_url: Option<String>,
    /// The address of the Prometheus that metrics of spans are written to, asked directly; a token may stand in TRACEDOCTOR_PROMETHEUS_TOKEN.
    #[arg(long, value_name = "URL", conflicts_with = "paths")]
    pub prometheus_url: Option<String>,
    /// Prints the requests that would be made, and makes none.
    #[arg(long, conflicts_with = "paths")]
    pub dry_run: bool,
}

/// Reads a time such as `30s`, `5m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write for example 30s, 5m or 1h");
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = &rest[digits..];
        let (milliseconds, length) = match unit.as_bytes() {
            [b'm', b's', ..] => (1, 2),
            [b's', ..] => (1_000, 1),
            [b'm', ..] => (60_000, 1),
            [b'h', ..] => (3_600_000, 1),
            [b'd', ..] => (86_400_000, 1),
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(milliseconds).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = &unit[length..];
    }
    match total {
        0 => Err(wrong()),
        // More than a year is for ever.
        total => Ok(Duration::from_millis(total.min(366 * 86_400_000))),
    }
}

/// Which checks to run.
#[derive(Debug, Args, Default)]
pub struct Selection {
    /// Only these checks, by id or folder. Repeatable, or separated by commas.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks, by id or folder. Repeatable, or separated by commas.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// A folder of further check files.
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// The least severity that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Note,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The check.
    #[arg(value_name = "ID")]
    pub id: String,
    /// A folder of further check files.
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// What to do with checks.
#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// Lists the checks.
    List {
        #[command(flatten)]
        #[allow(
            missing_docs,
            reason = "a doc comment on a flattened group would become its help text"
        )]
        selection: Selection,
        /// `text` or `json`.
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: String,
    },
    /// Runs the examples of check files, and the rules about checks on them.
    Test {
        /// A folder of check files, or one file.
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
        /// A folder of healthy stacks on which no check may fire.
        #[arg(long, value_name = "DIR")]
        healthy: Option<PathBuf>,
    },
    /// Writes the skeleton of a new check to FOLDER/ID.yaml.
    New {
        /// FOLDER/ID, for example collector/exporter-without-retry.
        #[arg(value_name = "FOLDER/ID")]
        id: String,
        /// The folder of check files.
        #[arg(long, value_name = "DIR", default_value = "checks")]
        directory: PathBuf,
    },
    /// Prints the reference of tables, columns and functions as Markdown.
    Reference,
    /// Checks the version tables, and says how to renew them.
    Data,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_kubectl_reads_them() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(
                duration(text).ok().map(|time| time.as_millis() as u64),
                expected,
                "{text}"
            );
        };
        check("30s", Some(30_000));
        check("1h30m", Some(5_400_000));
        check("500ms", Some(500));
        check("2d", Some(172_800_000));
        for wrong in [
            "",
            "5",
            "s",
            "0s",
            "-1s",
            "1.5h",
            "1 h",
            "99999999999999999999h",
            "18446744073709551615h",
            "1é",
        ] {
            check(wrong, None);
        }
    }
}
