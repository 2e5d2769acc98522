//! What programs answered on their documented diagnostic paths: bodies that findings can point into.
//!
//! An answer has the name of a file, in bundles, in examples and beside manifests alike:
//! `endpoints/NAMESPACE_POD/PORT/PATH`, where the path `/` is written `index`, and what is not usual is added to the name: a status
//! other than 200 (`.503`), the second reading of counters (`.after-10s`), when the server answered (`.at-1764105600`), and that the end
//! of the body is missing (`.cut`). A command that was run in a container stands below `exec/CONTAINER` instead of a port.
//! The folder is `tempo`, `grafana`, `collector` or `prometheus` where only the program is known. No I/O happens here.

use super::redact::{Redactor, redact};
use super::stage::Stage;
use super::text::{Origin, ResourceReference, SourceFile, Text};
use std::sync::Arc;

/// Bytes of one body that are kept.
pub const MOST_BYTES: usize = 2 << 20;

/// What stands before the path of a file that a container showed.
pub const CAT: &str = "/cat";

/// Returns the file that a container showed, all of it; `None` for any other answer.
pub fn file_shown(name: &AnswerName) -> Option<&str> {
    let whole = name.port.is_none() && name.container.is_some() && name.status == 200 && !name.cut;
    name.path
        .strip_prefix(CAT)
        .filter(|path| whole && path.starts_with('/'))
}

/// What a program answered on one path.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whom it was asked of, and for what.
    pub name: AnswerName,
    /// The body, bounded and without credentials.
    pub text: Arc<Text>,
}

/// Whom an answer is of, and what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerName {
    /// The pod, or the program where no pod is known.
    pub of: Answerer,
    /// The port; `None` for a command in a container.
    pub port: Option<u16>,
    /// The container that a command was run in.
    pub container: Option<String>,
    /// The path with its leading slash: of a request, or the words of a command such as `/df/var/tempo`.
    pub path: String,
    /// The HTTP status; 200 for a command that succeeded.
    pub status: u16,
    /// How many seconds after the first reading; `None` for the first.
    pub after: Option<u32>,
    /// When it was answered, by the server's clock, in seconds since 1970.
    pub time: Option<i64>,
    /// Whether the end of the body is missing.
    pub cut: bool,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answerer {
    /// A pod: namespace and name.
    Pod(String, String),
    /// The program behind an address that the user gave.
    Program(Stage),
    /// The program with the HTTP API of Prometheus behind an address that the user gave.
    Store,
}

impl Answerer {
    /// Returns the word for a program that is known by its address alone; `None` for a pod.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Answerer::Pod(..) => None,
            Answerer::Program(stage) => Some(stage.name()),
            Answerer::Store => Some("prometheus"),
        }
    }
}

impl AnswerName {
    /// Returns the name of a first, whole answer with status 200.
    pub fn new(of: Answerer, port: u16, path: &str) -> AnswerName {
        AnswerName {
            of,
            port: Some(port),
            container: None,
            path: path.to_owned(),
            status: 200,
            after: None,
            time: None,
            cut: false,
        }
    }

    /// Returns the pod's namespace and name.
    pub fn pod(&self) -> Option<(&str, &str)> {
        match &self.of {
            Answerer::Pod(namespace, pod) => Some((namespace, pod)),
            Answerer::Program(_) | Answerer::Store => None,
        }
    }

    /// Reads the name of a file; `None` for any other file.
    pub fn of_file(file: &str) -> Option<AnswerName> {
        let file = file.replace('\\', "/");
        let parts: Vec<&str> = file.split('/').collect();
        let start = parts.iter().rposition(|part| *part == "endpoints")?;
        let rest = parts.get(start + 1..)?;
        let of = answerer(rest.first()?)?;
        let (port, container, words) = match *rest.get(1)? {
            "exec" => (None, Some((*rest.get(2)?).to_owned()), rest.get(3..)?),
            port => (Some(port.parse().ok()?), None, rest.get(2..)?),
        };
        let mut path = format!("/{}", words.join("/"));
        if words.is_empty() || path.len() > 512 {
            return None;
        }
        let (mut status, mut after, mut time, mut cut) = (200, None, None, false);
        while let Some((before, last)) = path.rsplit_once('.') {
            if last == "cut" {
                cut = true;
            } else if let Some(at) = last.strip_prefix("at-").and_then(|at| at.parse().ok()) {
                time = Some(at);
            } else if let Some(seconds) = seconds_after(last) {
                after = Some(seconds);
            } else if let Some(code) = code(last) {
                status = code;
            } else {
                break;
            }
            path = before.to_owned();
        }
        if path == "/index" {
            path = "/".to_owned();
        }
        Some(AnswerName {
            of,
            port,
            container,
            path,
            status,
            after,
            time,
            cut,
        })
    }

    /// Returns the name of the file that holds the answer, from `endpoints/` on.
    pub fn file(&self) -> String {
        let folder = match &self.of {
            Answerer::Pod(namespace, pod) => format!("{namespace}_{pod}"),
            of => of.word().unwrap_or_default().to_owned(),
        };
        let asked = match (self.port, &self.container) {
            (Some(port), _) => port.to_string(),
            (None, container) => format!("exec/{}", container.as_deref().unwrap_or("container")),
        };
        let path = if self.path == "/" { "/index" } else { &self.path };
        let mut name = format!("endpoints/{folder}/{asked}{path}");
        if self.status != 200 {
            name.push_str(&format!(".{}", self.status));
        }
        if let Some(seconds) = self.after {
            name.push_str(&format!(".after-{seconds}s"));
        }
        if let Some(time) = self.time {
            name.push_str(&format!(".at-{time}"));
        }
        if self.cut {
            name.push_str(".cut");
        }
        name
    }

    /// Returns the answer in words, as a live report names it: `pod/NS/NAME:PORT/PATH`.
    pub fn words(&self) -> String {
        let of = match &self.of {
            Answerer::Pod(namespace, pod) => format!("pod/{namespace}/{pod}"),
            of => of.word().unwrap_or_default().to_owned(),
        };
        let after = match self.after {
            Some(seconds) => format!(" (after {seconds} s)"),
            None => String::new(),
        };
        match (self.port, &self.container) {
            (Some(port), _) => format!("{of}:{port}{}{after}", self.path),
            // A file that was shown has its path as its key, which stands behind.
            (None, Some(container)) if file_shown(self).is_some() => format!("{of}:{container}"),
            (None, container) => format!("{of}:{} {}", container.as_deref().unwrap_or_default(), self.path),
        }
    }
}

fn answerer(folder: &str) -> Option<Answerer> {
    let programs = [Stage::Collector, Stage::Tempo, Stage::Grafana].map(Answerer::Program);
    let mut programs = programs.into_iter().chain([Answerer::Store]);
    match folder.split_once('_') {
        Some((namespace, pod)) if !namespace.is_empty() && !pod.is_empty() && !pod.contains('_') => {
            Some(Answerer::Pod(namespace.to_owned(), pod.to_owned()))
        }
        Some(_) => None,
        None => programs.find(|one| one.word() == Some(folder)),
    }
}

fn seconds_after(word: &str) -> Option<u32> {
    word.strip_prefix("after-")?.strip_suffix('s')?.parse().ok()
}

fn code(word: &str) -> Option<u16> {
    let is_number = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|code| is_number && (100..600).contains(code))
}

impl Answer {
    /// Makes an answer of a body, whatever it is: bytes that are no text are replaced, the end of a long one is left out.
    pub fn new(mut name: AnswerName, file: SourceFileName<'_>, body: &[u8]) -> Answer {
        let kept = &body[..body.len().min(MOST_BYTES)];
        let kept = match kept.len() < body.len() {
            // Half a line could read like a whole one.
            true => &kept[..memchr::memrchr(b'\n', kept).map_or(kept.len(), |end| end + 1)],
            false => kept,
        };
        name.cut |= kept.len() < body.len();
        let text = String::from_utf8_lossy(kept);
        let text = match file_shown(&name) {
            Some(_) => Redactor::default().program(&text),
            None => redact(&text),
        };
        let file = match file {
            SourceFileName::Given(file) => SourceFile::new(file, &text),
            SourceFileName::Live => SourceFile::live(name.words(), &text),
        };
        let (namespace, object) = match &name.of {
            Answerer::Pod(namespace, pod) => (Some(namespace.clone()), pod.clone()),
            of => (None, of.word().unwrap_or_default().to_owned()),
        };
        let resource = ResourceReference {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace,
            name: object,
        };
        let file = Arc::new(file);
        let text = Arc::new(Text {
            content: file.content.clone(),
            origin: Origin::File(file, 0),
            resource: Arc::new(resource),
            key: file_shown(&name).map(Into::into),
            secret: false,
        });
        Answer { name, text }
    }

    /// Whether a text is what a running program said or showed: nobody changes it there.
    pub fn is_of(text: &Text) -> bool {
        matches!(text.origin, Origin::File(..)) && text.resource.kind == "Pod" && text.key.is_some()
    }

    /// Returns the body.
    pub fn body(&self) -> &str {
        &self.text.content
    }
}

/// How the text of an answer is named.
#[derive(Debug, Clone, Copy)]
pub enum SourceFileName<'a> {
    /// As the user's file is.
    Given(&'a str),
    /// As the pod is: nobody has a file.
    Live,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, expected: Option<(&str, Option<u16>, u16, Option<u32>)>) {
        let name = AnswerName::of_file(file);
        let found = name
            .as_ref()
            .map(|name| (name.path.as_str(), name.port, name.status, name.after));
        assert_eq!(found, expected, "{file}");
        if let Some(name) = &name {
            assert_eq!(AnswerName::of_file(&name.file()).as_ref(), Some(name), "{file}");
        }
    }

    #[test]
    fn the_name_of_a_file_tells_who_answered_what() {
        check(
            "endpoints/tracing_tempo-0/3200/ready",
            Some(("/ready", Some(3200), 200, None)),
        );
        check(
            "a/b/endpoints/tracing_tempo-0/3200/ready.503",
            Some(("/ready", Some(3200), 503, None)),
        );
        check("endpoints/obs_otel-x/13133/index", Some(("/", Some(13133), 200, None)));
        check(
            "endpoints/obs_otel-x/8888/metrics.after-10s.at-1764105600.cut",
            Some(("/metrics", Some(8888), 200, Some(10))),
        );
        check(
            "endpoints/tempo/3200/api/status/buildinfo",
            Some(("/api/status/buildinfo", Some(3200), 200, None)),
        );
        check(
            "endpoints/prometheus/443/api/v1/query/metrics-of-spans.at-1764105600",
            Some(("/api/v1/query/metrics-of-spans", Some(443), 200, None)),
        );
        check(
            "endpoints/obs_tempo-0/exec/tempo/df/var/tempo",
            Some(("/df/var/tempo", None, 200, None)),
        );
        for other in [
            "endpoints/tempo.yaml",
            "endpoints/obs_tempo-0/tempo.yaml",
            "endpoints/obs_tempo-0/3200",
            "endpoints/a_b_c/3200/ready",
            "endpoints/other/3200/ready",
            "endpoints/_x/3200/ready",
            "tracing_tempo-0/3200/ready",
            "endpoints/obs_tempo-0/99999/ready",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn a_hostile_body_is_bounded_and_text() {
        let name = || AnswerName::new(Answerer::Pod("n".to_owned(), "p".to_owned()), 8888, "/metrics");
        let long = "a 1\n".repeat(MOST_BYTES);
        let answer = Answer::new(name(), SourceFileName::Live, long.as_bytes());
        assert!(answer.name.cut && answer.body().len() <= MOST_BYTES && answer.body().ends_with('\n'));
        let answer = Answer::new(name(), SourceFileName::Live, b"\xff\xfe\0x\n");
        assert!(!answer.name.cut);
        let answer = Answer::new(name(), SourceFileName::Given("f"), b"password=hunter2 a 1\n");
        assert_eq!(answer.body(), "password=<redacted> a 1\n");
    }
}
