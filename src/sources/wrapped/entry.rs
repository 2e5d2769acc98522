//! Recognises one entry of a log in the JSON of what shipped, stored or fetched it.
//!
//! A program's own JSON line is none: an entry says of a text whose it is, or is the form that one tool writes and no logger.

use crate::evidence::logs::{Timestamp, parse_timestamp};
use serde_json::{Map, Value};

/// Whose entry it is, as far as the wrapper says.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) namespace: Option<String>,
    pub(crate) pod: Option<String>,
    pub(crate) container: Option<String>,
}

/// What a program wrote, and what the wrapper says of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) owner: Owner,
    pub(super) time: Option<Timestamp>,
    pub(super) text: String,
}

type Object = Map<String, Value>;

/// Keys that name the time of an entry, the best one first.
const TIMES: [&str; 4] = ["time", "@timestamp", "timestamp", "date"];

/// Keys of what a shipper adds to a line that it has taken apart.
const ADDED: [&str; 10] = [
    "kubernetes",
    "stream",
    "date",
    "time",
    "logtag",
    "_p",
    "docker",
    "tag",
    "file",
    "source_type",
];

/// Keys of `logcli query --output=jsonl` (grafana/loki@v3.4.0:pkg/logcli/output/jsonl.go) and of the logs that Grafana downloads.
const FETCHED: [&str; 6] = ["line", "timestamp", "labels", "date", "fields", "structuredMetadata"];

/// Returns the entry that an object is.
pub(super) fn entry(object: &Object) -> Option<Entry> {
    if let Some(source) = object.get("_source").and_then(Value::as_object) {
        return entry_itself(source);
    }
    entry_itself(object)
}

fn entry_itself(object: &Object) -> Option<Entry> {
    shipped(object)
        .or_else(|| fetched(object))
        .or_else(|| followed(object))
        .or_else(|| stored_by_google(object))
        .or_else(|| of_runtime(object))
}

/// Fluent Bit, Fluentd, Vector, Filebeat: the line beside the metadata of its pod; or the fields of the line, where it was JSON and was
/// taken apart (`Merge_Log`).
fn shipped(object: &Object) -> Option<Entry> {
    let kubernetes = object.get("kubernetes")?.as_object()?;
    let owner = Owner {
        namespace: text_of(kubernetes, &["namespace_name", "pod_namespace", "namespace"]),
        pod: text_of(kubernetes, &["pod_name"]).or_else(|| name_in(kubernetes, "pod")),
        container: text_of(kubernetes, &["container_name"]).or_else(|| name_in(kubernetes, "container")),
    };
    owner.pod.as_ref()?;
    let text = text_of(object, &["log", "message"]).or_else(|| {
        let own: Object = object
            .iter()
            .filter(|(key, _)| !ADDED.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        (!own.is_empty()).then(|| Value::Object(own).to_string())
    })?;
    Some(Entry {
        owner,
        time: time(object),
        text,
    })
}

/// What `logcli` or Grafana fetched from Loki.
fn fetched(object: &Object) -> Option<Entry> {
    let text = object.get("line")?.as_str()?.to_owned();
    object.get("timestamp")?.as_str()?;
    if !object.keys().all(|key| FETCHED.contains(&key.as_str())) {
        return None;
    }
    let labels = object.get("labels").or_else(|| object.get("fields"));
    Some(Entry {
        owner: labels.and_then(Value::as_object).map(of_labels).unwrap_or_default(),
        time: time(object),
        text,
    })
}

/// `stern --output=json`.
fn followed(object: &Object) -> Option<Entry> {
    Some(Entry {
        text: object.get("message")?.as_str()?.to_owned(),
        time: None,
        owner: Owner {
            namespace: Some(object.get("namespace")?.as_str()?.to_owned()),
            pod: Some(object.get("podName")?.as_str()?.to_owned()),
            container: Some(object.get("containerName")?.as_str()?.to_owned()),
        },
    })
}

/// `gcloud logging read --format=json` of a container.
fn stored_by_google(object: &Object) -> Option<Entry> {
    let labels = object.get("resource")?.get("labels")?.as_object()?;
    let text = match (object.get("textPayload"), object.get("jsonPayload")) {
        (Some(Value::String(text)), _) => text.clone(),
        (_, Some(payload @ Value::Object(_))) => payload.to_string(),
        _ => return None,
    };
    let owner = of_labels(labels);
    owner.pod.as_ref()?;
    let stamp = object.get("timestamp").and_then(value_time);
    Some(Entry {
        owner,
        time: stamp,
        text,
    })
}

/// A line as the container runtime wrote it, with more beside it than Docker writes: a shipper without metadata of pods.
fn of_runtime(object: &Object) -> Option<Entry> {
    let stream = object.get("stream")?.as_str()?;
    matches!(stream, "stdout" | "stderr").then_some(())?;
    Some(Entry {
        owner: Owner::default(),
        time: time(object),
        text: text_of(object, &["log", "message"])?,
    })
}

/// Returns whose stream it is that Loki has under these labels: those of Promtail and Alloy, of the OTLP endpoint, of Fluent Bit.
pub(super) fn of_labels(labels: &Object) -> Owner {
    Owner {
        namespace: text_of(labels, &["namespace", "k8s_namespace_name", "namespace_name"]),
        pod: text_of(labels, &["pod", "k8s_pod_name", "pod_name"]),
        container: text_of(labels, &["container", "k8s_container_name", "container_name"]),
    }
}

/// Whether an object has a field that loggers write: it is a program's own line.
pub(super) fn is_own_line(object: &Object) -> bool {
    const OWN: [&str; 18] = [
        "level",
        "lvl",
        "severity",
        "levelname",
        "log.level",
        "loglevel",
        "@l",
        "msg",
        "message",
        "@m",
        "@mt",
        "event",
        "error",
        "err",
        "ts",
        "time",
        "@timestamp",
        "asctime",
    ];
    object
        .keys()
        .any(|key| OWN.iter().any(|own| key.eq_ignore_ascii_case(own)))
}

fn text_of(object: &Object, keys: &[&str]) -> Option<String> {
    let mut values = keys.iter().filter_map(|key| object.get(*key)?.as_str());
    values.next().map(str::to_owned)
}

fn name_in(object: &Object, key: &str) -> Option<String> {
    text_of(object.get(key)?.as_object()?, &["name"])
}

fn time(object: &Object) -> Option<Timestamp> {
    TIMES.iter().find_map(|key| value_time(object.get(*key)?))
}

/// Reads a time as text, or as a number since the epoch.
pub(super) fn value_time(value: &Value) -> Option<Timestamp> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    parse_timestamp(format!("ts={text}").as_bytes(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(object: &str, expected: Option<(&str, Option<&str>, &str)>) {
        let value: Value = serde_json::from_str(object).expect("it is JSON");
        let found = entry(value.as_object().expect("it is an object")).map(|entry| {
            let Owner {
                namespace,
                pod,
                container,
            } = entry.owner;
            let owner = [namespace, pod, container].map(|name| name.unwrap_or_else(|| "-".to_owned()));
            (owner.join("/"), entry.time.map(|time| time.to_string()), entry.text)
        });
        let found = found
            .as_ref()
            .map(|(owner, time, text)| (owner.as_str(), time.as_deref(), text.as_str()));
        assert_eq!(found, expected, "{object}");
    }

    #[test]
    fn shippers_name_the_pod_beside_the_line() {
        let time = Some("2026-11-26T08:00:00.250Z");
        check(
            r#"{"date":1795680000.25,"stream":"stderr","log":"a\tb\n","kubernetes":{"pod_name":"gw-1","namespace_name":"o11y","container_name":"otc"}}"#,
            Some(("o11y/gw-1/otc", time, "a\tb\n")),
        );
        check(
            r#"{"message":"x","timestamp":"2026-11-26T08:00:00.25Z","kubernetes":{"pod_name":"gw-1","pod_namespace":"o11y","container_name":"otc"}}"#,
            Some(("o11y/gw-1/otc", time, "x")),
        );
        check(
            r#"{"_index":"f","_source":{"message":"x","@timestamp":"2026-11-26T08:00:00.25Z","kubernetes":{"pod":{"name":"gw-1"},"namespace":"o11y","container":{"name":"otc"}}}}"#,
            Some(("o11y/gw-1/otc", time, "x")),
        );
        check(
            r#"{"date":1795680000.25,"level":"error","msg":"x","kubernetes":{"pod_name":"gw-1"}}"#,
            Some(("-/gw-1/-", time, r#"{"level":"error","msg":"x"}"#)),
        );
    }

    #[test]
    fn what_was_fetched_or_followed() {
        let time = Some("2026-11-26T08:00:00.250Z");
        check(
            r#"{"labels":{"namespace":"o11y","pod":"gw-1","container":"otc"},"line":"x","timestamp":"2026-11-26T08:00:00.25Z"}"#,
            Some(("o11y/gw-1/otc", time, "x")),
        );
        check(
            r#"{"line":"x","timestamp":"1795680000250000000","date":"2026-11-26T08:00:00.250Z","fields":{"k8s_pod_name":"gw-1"}}"#,
            Some(("-/gw-1/-", time, "x")),
        );
        check(
            r#"{"message":"x","nodeName":"n","namespace":"o11y","podName":"gw-1","containerName":"otc"}"#,
            Some(("o11y/gw-1/otc", None, "x")),
        );
        check(
            r#"{"insertId":"1","textPayload":"x\n","resource":{"type":"k8s_container","labels":{"namespace_name":"o11y","pod_name":"gw-1","container_name":"otc"}},"timestamp":"2026-11-26T08:00:00.25Z"}"#,
            Some(("o11y/gw-1/otc", time, "x\n")),
        );
        check(
            r#"{"time":"2026-11-26T08:00:00.25+00:00","stream":"stdout","_p":"F","log":"x"}"#,
            Some(("-/-/-", time, "x")),
        );
    }

    #[test]
    fn what_programs_write_themselves_is_no_entry() {
        for own in [
            r#"{"level":"info","ts":1795680000.1,"msg":"x"}"#,
            r#"{"level":30,"time":1795680000123,"pid":1,"hostname":"gw-1","msg":"x"}"#,
            r#"{"log":"mine","level":"info"}"#,
            r#"{"message":"x","stream":"orders","time":"2026-11-26T08:00:00Z"}"#,
            r#"{"line":12,"timestamp":"2026-11-26T08:00:00Z","message":"x"}"#,
            r#"{"line":"a.c:12","timestamp":"2026-11-26T08:00:00Z","message":"x"}"#,
            r#"{"message":"scaled","namespace":"o11y","podName":"gw-1"}"#,
            r#"{"message":"x","kubernetes":{"version":"1.31"}}"#,
            r#"{"message":"x","resource":{"labels":{"team":"a"}}}"#,
        ] {
            check(own, None);
        }
    }
}
