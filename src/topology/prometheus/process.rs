//! Processes of Prometheus: their command lines.

use super::running::Running;
use super::{Prometheus, Said, path_of, receiver, receiver_of_running, running, write_path};
use crate::evidence::{Cell, Evidence};
use crate::releases::{Program, ReleaseSpan};
use crate::topology::workload::{Container, Workload};

/// Flags that no other program has.
const OWN_FLAGS: [&str; 3] = [
    "storage.tsdb.path",
    "storage.agent.path",
    "web.enable-remote-write-receiver",
];

pub(super) fn all(evidence: &Evidence, workloads: &[Workload]) -> Vec<Prometheus> {
    let mut found = Vec::new();
    for (index, workload) in workloads.iter().enumerate() {
        let running = workload.containers.iter().enumerate();
        for (position, container) in running.filter(|(_, container)| !container.init) {
            let line = Line::read(container);
            if is_prometheus(container, &line) {
                let port = line.address().0.ok();
                let running = running::flags(evidence, workloads, index, port);
                found.push(prometheus(workload, (index, position), container, &line, running));
            }
        }
    }
    found
}

fn is_prometheus(container: &Container, line: &Line) -> bool {
    let by_image = container
        .program
        .as_ref()
        .is_some_and(|known| known.program == Program::Prometheus);
    let repository = container
        .image_reference
        .as_ref()
        .map(|image| image.repository.as_str());
    let last = repository.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let by_name = matches!(last, "prometheus" | "mirrored-prometheus-prometheus");
    by_image || by_name || OWN_FLAGS.iter().any(|flag| line.get(flag).is_some())
}

fn prometheus(
    workload: &Workload,
    run: (usize, usize),
    container: &Container,
    line: &Line,
    running: Option<Running>,
) -> Prometheus {
    let span = match (&container.program, container.image.text()) {
        (Some(known), Some(image)) if known.program == Program::Prometheus => {
            known.release.span(image.rsplit(':').next().unwrap_or_default())
        }
        _ => ReleaseSpan::unknown("the image does not tell it"),
    };
    let said = line.said();
    let written = container.cell.get("args").unwrap_or(&container.cell);
    let by_line = match (&line.hidden, &said.flag) {
        (Some(reason), None) => (Cell::unknown(reason.as_str()), ""),
        _ => receiver(&said, &span, written),
    };
    let receiver_said = running.as_ref().map(|one| one.receiver.clone()).unwrap_or_default();
    let (takes_writes, refusal) = receiver_of_running(&receiver_said, by_line);
    let (port, local) = line.address();
    // What answers listens.
    let answered = running.as_ref().and_then(|one| one.port);
    let port = port.or_else(|reason| answered.ok_or(reason));
    let prefix = running.and_then(|one| one.prefix);
    Prometheus {
        reference: workload.reference.clone(),
        namespace: workload.namespace.clone(),
        run: Some(run),
        made: None,
        port,
        local,
        tls: match (line.get("web.config.file"), &line.hidden) {
            (Some(_), _) => Cell::unknown("the file of --web.config.file decides whether Prometheus speaks TLS"),
            (None, Some(reason)) => Cell::unknown(reason.as_str()),
            (None, None) => false.into(),
        },
        takes_writes,
        refusal,
        write_path: match (&line.hidden, prefix) {
            (_, Some(prefix)) => write_path(&prefix).into(),
            (Some(reason), None) => Cell::unknown(reason.as_str()),
            (None, None) => write_path(&said.prefix).into(),
        },
        receiver_said,
    }
}

/// A command line of Prometheus; of equal flags the last holds, of features each counts.
struct Line {
    /// Names without dashes, and values; empty for a switch.
    flags: Vec<(String, Cell)>,
    /// Why there may be flags that cannot be seen.
    hidden: Option<String>,
}

impl Line {
    fn read(container: &Container) -> Line {
        let command = container.command.as_deref().unwrap_or_default();
        let program = command.first().and_then(Cell::text).unwrap_or_default();
        let base = program.rsplit('/').next().unwrap_or_default();
        let hidden = matches!(base, "sh" | "bash" | "ash" | "busybox")
            .then(|| "a shell starts Prometheus, and its script is not read".to_owned());
        let words = command
            .iter()
            .skip(1)
            .chain(container.args.as_deref().unwrap_or_default());
        let mut line = Line {
            flags: Vec::new(),
            hidden,
        };
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let Some(text) = word.text() else {
                line.hidden = Some("an argument of Prometheus is not known".to_owned());
                continue;
            };
            // Old releases of the operator write one dash.
            let flag = text.trim_start_matches('-');
            if flag.len() == text.len() || flag.is_empty() {
                continue;
            }
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Cell::from(value)),
                // A switch takes no value; what follows another flag is one.
                None => match words.peek().and_then(|next| next.text()) {
                    Some(next) if !next.starts_with('-') => (flag, Cell::from(next)),
                    _ => (flag, Cell::from("")),
                },
            };
            line.flags.push((name.to_owned(), value.at(word)));
        }
        line
    }

    fn get(&self, name: &str) -> Option<&Cell> {
        let mut named = self.flags.iter().rev();
        named.find(|(flag, _)| flag == name).map(|(_, value)| value)
    }

    fn said(&self) -> Said {
        let switch = "web.enable-remote-write-receiver";
        let last = self
            .flags
            .iter()
            .rev()
            .find(|(name, _)| name == switch || name.strip_prefix("no-").is_some_and(|name| name == switch));
        let features = self.flags.iter().filter(|(name, _)| name == "enable-feature");
        let mut receivers = features.filter(|(_, value)| {
            let names = value.text().unwrap_or_default();
            names.split(',').any(|name| name.trim() == "remote-write-receiver")
        });
        let prefix = self.get("web.route-prefix").or_else(|| self.get("web.external-url"));
        Said {
            flag: last
                .filter(|(name, value)| name == switch && value.text() != Some("false"))
                .map(|(_, value)| value.clone()),
            feature: receivers.next().map(|(_, value)| value.clone()),
            prefix: path_of(prefix.and_then(Cell::text).unwrap_or_default()).to_owned(),
        }
    }

    /// Returns the port, and whether only the pod itself reaches it.
    fn address(&self) -> (Result<u16, String>, bool) {
        let mut written = self.flags.iter().filter(|(name, _)| name == "web.listen-address");
        let (first, more) = (written.next(), written.next().is_some());
        match (first, &self.hidden) {
            (_, Some(reason)) => (Err(reason.clone()), false),
            (None, None) => (Ok(9090), false),
            (Some(_), None) if more => (Err("Prometheus listens on several addresses".to_owned()), false),
            (Some((_, address)), None) => {
                let text = address.text().unwrap_or_default();
                let (host, port) = super::super::endpoint::host_and_port(text);
                let local = host == "localhost" || host == "::1" || host.starts_with("127.");
                (
                    port.ok_or_else(|| "the port of Prometheus is not known".to_owned()),
                    local,
                )
            }
        }
    }
}
