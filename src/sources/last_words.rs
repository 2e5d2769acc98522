//! What a container said last, where its pod keeps it: the message of a container that has ended.
//!
//! A program writes it, or the kubelet takes the end of the log (`terminationMessagePolicy: FallbackToLogsOnError`). It stands for the
//! log of that run where the log itself is not at hand. Of a container that runs and is ready again nothing is taken: what it said
//! then is no fault now.

use super::{LogSearch, Options, logs};
use crate::evidence::logs::Truncation;
use crate::evidence::{Cell, ContainerLog, Evidence, Value};

/// Adds the messages of the pods at hand to the logs.
pub(super) fn add(evidence: &mut Evidence, options: &Options, search: &LogSearch<'_>) {
    let mut found = Vec::new();
    for pod in evidence.resources.of_kind("Pod") {
        let cell = pod.cell();
        // A pod that is over is not what runs now.
        let is_over = matches!(cell.text_at(&["status", "phase"]), Some("Failed" | "Succeeded"));
        if is_over || cell.path(&["metadata", "deletionTimestamp"]).is_some() {
            continue;
        }
        let namespace = pod.reference.namespace.as_deref().or(options.namespace.as_deref());
        for list in ["initContainerStatuses", "containerStatuses"] {
            let statuses = cell.path(&["status", list]).map_or(&[][..], Cell::items);
            for status in statuses {
                let words = of_container(status).and_then(|words| {
                    let name = status.text_at(&["name"])?;
                    let log = logs::Live {
                        namespace: namespace?,
                        pod: &pod.reference.name,
                        container: name,
                        previous: words.previous,
                    };
                    let is_at_hand = evidence.logs.iter().any(|other| is_of(other, &log));
                    (!is_at_hand).then(|| scan(&log, words.text, options, search)).flatten()
                });
                found.extend(words);
            }
        }
    }
    evidence.logs.extend(found);
}

/// The message of a container.
struct Words<'a> {
    text: &'a str,
    /// Whether the container was started again since.
    previous: bool,
}

fn of_container(status: &Cell) -> Option<Words<'_>> {
    let value = |cell: &'_ Cell, key: &str| cell.get(key).map(|cell| cell.value.clone());
    if matches!(value(status, "ready"), Some(Value::Bool(true))) {
        return None;
    }
    let message = |state: &str| {
        let end = status.path(&[state, "terminated"])?;
        let failed = !matches!(value(end, "exitCode"), Some(Value::Int(0)));
        end.text_at(&["message"])
            .filter(|text| failed && !text.trim().is_empty())
    };
    let previous = status.path(&["state", "running"]).is_some();
    let text = message("state").or_else(|| message("lastState"))?;
    Some(Words { text, previous })
}

fn is_of(log: &ContainerLog, words: &logs::Live<'_>) -> bool {
    log.previous == words.previous
        && log.pod.as_deref() == Some(words.pod)
        && log.container.as_deref() == Some(words.container)
        && log
            .namespace
            .as_deref()
            .is_none_or(|namespace| namespace == words.namespace)
}

fn scan(log: &logs::Live<'_>, text: &str, options: &Options, search: &LogSearch<'_>) -> Option<ContainerLog> {
    let mut scanned = logs::scan_file(log, text.as_bytes(), options, (search.scanner(), &[])).ok()?;
    scanned.file = format!(
        "pod/{}/{}:{} (what it said last)",
        log.namespace, log.pod, log.container
    );
    // The end of a log tells nothing of its beginning.
    scanned.summary.truncated = Some(Truncation::ByteLimit);
    Some(scanned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::{LogPattern, LogScanner};
    use crate::sources::from_texts;

    /// Gives the status of container `otc` and the logs beside it, and what is found: file, previous, lines that match.
    fn check(status: &str, logs: &[&str], expected: &[(&str, bool, u64)]) {
        let pattern = LogPattern {
            id: "refused#0".to_owned(),
            regex: "invalid configuration".to_owned(),
        };
        let scanner = LogScanner::new(&[pattern]).expect("the pattern compiles");
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: gate-0, namespace: obs}}\nstatus:\n  containerStatuses:\n  - {{name: otc, {status}}}\n"
        );
        let mut files = vec![("pod.yaml".to_owned(), pod)];
        files.extend(logs.iter().map(|name| (format!("logs/{name}"), "nothing\n".to_owned())));
        let search = LogSearch::patterns(&scanner);
        let evidence = from_texts(&files, &Options::default(), Some(&search));
        let found: Vec<_> = evidence
            .logs
            .iter()
            .filter(|log| log.file.starts_with("pod/"))
            .map(|log| {
                let count = log.summary.groups.iter().map(|group| group.count).sum();
                (log.file.as_str(), log.previous, count)
            })
            .collect();
        assert_eq!(found, expected, "{status}");
    }

    const WORDS: &str = "pod/obs/gate-0:otc (what it said last)";

    #[test]
    fn the_message_of_a_container_that_does_not_come_up_is_the_end_of_its_log() {
        let ended = r#"terminated: {exitCode: 1, message: "Error: invalid configuration: x"}"#;
        check(
            &format!("ready: false, state: {{waiting: {{reason: CrashLoopBackOff}}}}, lastState: {{{ended}}}"),
            &[],
            &[(WORDS, false, 1)],
        );
        check(&format!("ready: false, state: {{{ended}}}"), &[], &[(WORDS, false, 1)]);
        check(
            &format!("ready: false, state: {{running: {{}}}}, lastState: {{{ended}}}"),
            &[],
            &[(WORDS, true, 1)],
        );
        check(
            &format!("ready: false, state: {{running: {{}}}}, lastState: {{{ended}}}"),
            &["obs_gate-0_otc.log"],
            &[(WORDS, true, 1)],
        );
    }

    #[test]
    fn nothing_is_taken_where_the_log_is_at_hand_or_the_container_is_well() {
        let ended = r#"terminated: {exitCode: 1, message: "Error: invalid configuration: x"}"#;
        check(
            &format!("ready: true, state: {{running: {{}}}}, lastState: {{{ended}}}"),
            &[],
            &[],
        );
        check(
            &format!("ready: false, state: {{waiting: {{}}}}, lastState: {{{ended}}}"),
            &["obs_gate-0_otc.log"],
            &[],
        );
        check(
            "ready: false, state: {terminated: {exitCode: 0, message: invalid configuration}}",
            &[],
            &[],
        );
        check(
            "ready: false, state: {terminated: {exitCode: 1, message: [7]}}",
            &[],
            &[],
        );
        check("ready: 7, state: [], lastState: x", &[], &[]);
    }
}
