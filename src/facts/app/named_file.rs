//! Rows about the files that variables of applications name.

use super::AppView;
use super::parts::AppParts;
use crate::evidence::Cell;
use crate::facts::Facts;
use crate::facts::workload::named_file;
use crate::topology::workload::{ImageFiles, Purpose, Whereabouts, find_file};

/// The variables, and what their files are for.
const VARIABLES: [(&str, Purpose); 11] = [
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", Purpose::Authorities),
    ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", Purpose::Authorities),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", Purpose::Certificate),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", Purpose::Certificate),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", Purpose::Key),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", Purpose::Key),
    ("NODE_EXTRA_CA_CERTS", Purpose::Authorities),
    ("OTEL_CONFIG_FILE", Purpose::Settings),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", Purpose::Settings),
    ("OTEL_JAVAAGENT_CONFIGURATION_FILE", Purpose::Settings),
    ("SSL_CERT_FILE", Purpose::Authorities),
];

/// Adds a row for each file that the application's variables name.
pub(super) fn rows(facts: &mut Facts, parts: &AppParts<'_>, view: &AppView, app: &Cell) {
    let workload = &parts.workloads[view.app.workload];
    let container = &workload.containers[view.app.container];
    for (name, purpose) in VARIABLES {
        let path = view.environment.cell(name);
        if path.is_null() || path.text().is_some_and(|text| text.trim().is_empty()) {
            continue;
        }
        let found = match (path.text(), path.unknown_reason()) {
            (Some(text), _) => {
                let run = (workload, container);
                find_file(parts.evidence, run, text, purpose, ImageFiles::Unknown)
            }
            (None, reason) => Whereabouts::Unknown(reason.map_or("the path is no text", |reason| reason).to_owned()),
        };
        let place = path.place.clone();
        let row = named_file::row(path, name, purpose, &found)
            .set("app", app.clone())
            .set("container", parts.container_link(view.app.workload, view.app.container))
            .set("workload", parts.workload_link(view.app.workload));
        let about = parts.about(view.app.workload, view.app.container, place.as_ref());
        facts.push("named_files", row.build_at(&about, place));
    }
}
