//! When an object last changed, as the API server noted it for each who writes to it: read before these notes are dropped.
//!
//! Only what decides how a program runs counts: data and spec. A status, an annotation of a controller, or the number of replicas that an autoscaler sets
//! does not.

use crate::evidence::logs::{Timestamp, parse_timestamp};
use crate::evidence::{Document, NodeId};
use serde_json::Value;

/// The parts of an object that decide how a program runs, as the notes name them.
const PARTS: [&str; 3] = ["f:data", "f:binaryData", "f:spec"];
/// What autoscalers set in a spec.
const REPLICAS: &str = "f:replicas";

/// Returns the newest time at which someone wrote data or spec of an object of the API; `None` when nothing tells.
pub(super) fn of_value(managed: &Value) -> Option<Timestamp> {
    let entries = managed.as_array()?.iter();
    let decisive = entries.filter(|entry| {
        PARTS.iter().any(|part| {
            let owned = entry.get("fieldsV1").and_then(|fields| fields.get(part)?.as_object());
            owned.is_some_and(|owned| decides(owned.keys().map(String::as_str)))
        })
    });
    decisive.filter_map(|entry| time(entry.get("time")?.as_str()?)).max()
}

/// Returns the same of an object in a file.
pub(super) fn of_document(document: &Document, node: NodeId) -> Option<Timestamp> {
    let entries = document.get(document.get(node, "metadata")?, "managedFields")?;
    let decisive = document.items(entries).iter().filter(|&&entry| {
        PARTS.iter().any(|part| {
            let owned = document
                .get(entry, "fieldsV1")
                .and_then(|fields| document.get(fields, part));
            owned.is_some_and(|owned| decides(document.entries(owned).into_iter().map(|(key, ..)| key)))
        })
    });
    let text = |&entry: &NodeId| document.text_of(document.get(entry, "time")?);
    decisive.filter_map(|entry| time(text(entry)?)).max()
}

fn decides<'k>(mut owned: impl Iterator<Item = &'k str>) -> bool {
    owned.any(|key| key != "." && key != REPLICAS)
}

fn time(text: &str) -> Option<Timestamp> {
    parse_timestamp(text.as_bytes(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Options, from_texts};

    /// The same notes as an answer of the API, and in a file.
    fn check(entries: &str, expected: Option<&str>) {
        let expected = expected.map(|text| time(text).unwrap());
        let managed: Value = serde_json::from_str(entries).unwrap();
        assert_eq!(of_value(&managed), expected, "{entries}");
        let text = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: otel, namespace: n, managedFields: {entries}}}, data: {{receivers: 'otlp'}}}}"
        );
        let evidence = from_texts(&[("a.yaml".to_owned(), text)], &Options::default(), None);
        let found: Vec<_> = evidence.resources.iter().map(|one| one.changed_at).collect();
        assert_eq!(found, [expected], "{entries}");
    }

    #[test]
    fn the_newest_writer_of_data_or_spec_counts() {
        check("[]", None);
        check(
            r#"[{"time": "2026-11-25T13:00:00Z", "fieldsV1": {"f:metadata": {"f:annotations": {}}}}]"#,
            None,
        );
        check(
            r#"[{"time": "2026-11-25T13:00:00Z", "fieldsV1": {"f:data": {".": {}, "f:relay": {}}}},
                {"time": "2026-11-25T14:00:00Z", "fieldsV1": {"f:data": {"f:other": {}}}},
                {"time": "2026-11-25T15:00:00Z", "fieldsV1": {"f:status": {"f:x": {}}}, "subresource": "status"}]"#,
            Some("2026-11-25T14:00:00Z"),
        );
        // An autoscaler changes nothing that a program reads.
        check(
            r#"[{"time": "2026-11-25T13:00:00Z", "fieldsV1": {"f:spec": {"f:template": {}}}},
                {"time": "2026-11-25T14:00:00Z", "fieldsV1": {"f:spec": {"f:replicas": {}}}, "subresource": "scale"}]"#,
            Some("2026-11-25T13:00:00Z"),
        );
        check(
            r#"[7, {"time": 3, "fieldsV1": {"f:spec": {"f:x": 1}}}, {"fieldsV1": []}]"#,
            None,
        );
    }
}
