//! What TLS between two stages needs: a certificate of the sender, and one of the receiver that is made for the name which the sender asks for.

use super::{Found, Links, Sender, Way};
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::certificate::{self, Certificate};
use crate::topology::endpoint::{End, Listening};
use crate::topology::workload::Container;

/// What a finding about an application takes for granted: its code does not show it.
pub(super) const NAMES_ARE_CHECKED: &str = "the application checks the name in the certificate, as SDKs do";

/// Fills in the columns; says whether the name that an application asks for is missing in the certificate.
pub(super) fn with_columns(
    row: RowBuilder,
    evidence: &Evidence,
    topology: &Topology,
    links: &Links<'_>,
    sender: &Sender<'_>,
    found: &Found,
) -> (RowBuilder, bool) {
    let Some((tls, run)) = listener(topology, found).filter(|_| matches!(sender.to.tls.value, Value::Bool(true)))
    else {
        return (row, false);
    };
    let authority = tls
        .get("client_ca_file")
        .filter(|cell| cell.text() != Some("") && !cell.is_null());
    let row = match authority {
        Some(authority) => row
            .set("client_authority", authority.clone())
            .set("sender_certificate", has_certificate(topology, links, sender)),
        None => row,
    };
    let file = tls.text_at(&["cert_file"]);
    let made = run.zip(file).and_then(|((workload, container), file)| {
        let workload = &topology.workloads[workload];
        certificate::of_file(evidence, workload, workload.containers.get(container)?, file)
    });
    match (made, asked_for(topology, sender)) {
        (Some(Certificate { words, names }), Some(name)) => {
            let is_in_it = match name.text() {
                Some(host) => certificate::covers(&names, host).into(),
                None => Cell::unknown("the name that the sender asks for is not known"),
            };
            let is_missing = sender.kind == "sdk" && matches!(is_in_it.value, Value::Bool(false));
            let row = row
                .set("certificate", words)
                .set("certificate_names", names)
                .set("checked_name", name)
                .set("name_in_certificate", is_in_it);
            (row, is_missing)
        }
        _ => (row, false),
    }
}

/// Returns the settings for TLS of what listens, and the indexes of its workload and container.
fn listener<'t>(topology: &'t Topology, found: &Found) -> Option<(&'t Cell, Option<(usize, usize)>)> {
    let Found::Route(route) = found else {
        return None;
    };
    let (tls, run) = match route.end {
        Some(End::At(Listening::Collector(index, position))) => {
            let collector = &topology.collectors[index];
            let listener = &collector.listeners[position];
            let receiver = &collector.components[listener.component?];
            let block = match listener.protocol {
                "otlp_grpc" => receiver.config.path(&["protocols", "grpc"]),
                "otlp_http" => receiver.config.path(&["protocols", "http"]),
                _ => None,
            };
            (block?.get("tls")?, collector.run)
        }
        Some(End::At(Listening::Tempo(index, position))) => {
            let tempo = &topology.tempos[index];
            (
                &tempo.receivers[position].tls_settings,
                tempo.workload.zip(tempo.container),
            )
        }
        _ => return None,
    };
    tls.fields().is_some().then_some((tls, run))
}

/// Returns the settings for TLS of an exporter for OTLP.
fn settings<'t>(topology: &'t Topology, sender: &Sender<'_>) -> Option<&'t Cell> {
    let (collector, component) = sender.exporter?;
    let config = &topology.collectors[collector].components[component].config;
    Some(config.path(&["protocol", "otlp"]).unwrap_or(config))
}

fn given<'c>(cell: &'c Cell, path: &[&str]) -> Option<&'c Cell> {
    cell.path(path)
        .filter(|cell| !cell.is_null() && cell.text() != Some(""))
}

/// Whether a sender shows a certificate of its own; unknown where that cannot be seen.
fn has_certificate(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    if let Some(config) = settings(topology, sender) {
        let tls = config.get("tls").cloned().unwrap_or_default();
        if let Some(reason) = [config, &tls].into_iter().find_map(Cell::unknown_reason) {
            return Cell::unknown(reason.clone());
        }
        let is_given = ["cert_file", "cert_pem", "tpm"]
            .iter()
            .any(|key| given(&tls, &[key]).is_some());
        return is_given.into();
    }
    let Some(view) = sender.app.map(|index| &links.views[index]) else {
        return Cell::unknown("whether the sender has a certificate is not known");
    };
    let container = &topology.workloads[view.app.workload].containers[view.app.container];
    if mentions(
        container,
        &["CLIENT_CERTIFICATE", "client.certificate", "CREDENTIAL_PROVIDER"],
    ) {
        return true.into();
    }
    let has_file = mentions(container, &["configuration-file", "CONFIGURATION_FILE", "CONFIG_FILE"]);
    match has_file || view.hides_code || view.app.injection.is_some() || container.more_variables.is_some() {
        true => Cell::unknown("whether the application is given a certificate elsewhere is not known"),
        false => false.into(),
    }
}

/// Whether a container's variables or command hold one of some words.
fn mentions(container: &Container, words: &[&str]) -> bool {
    let has = |text: &str| words.iter().any(|word| text.contains(word));
    let mut variables = container.variables.iter();
    let argv = container.command.iter().chain(&container.args).flatten();
    variables.any(|one| {
        has(&one.name)
            || one.value.text().is_some_and(has)
            || one.value.unknown_reason().is_some() && one.name.ends_with("_OPTIONS")
    }) || argv.filter_map(Cell::text).any(has)
}

/// Returns the name that a sender looks for in the certificate; `None` where it looks for none, or that is not judged.
fn asked_for(topology: &Topology, sender: &Sender<'_>) -> Option<Cell> {
    if let Some(config) = settings(topology, sender) {
        let skips = config.path(&["tls", "insecure_skip_verify"]);
        if skips.is_some_and(|cell| !matches!(cell.value, Value::Bool(false) | Value::Null)) {
            return None;
        }
        let written = given(config, &["tls", "server_name_override"]).or_else(|| given(config, &["authority"]));
        // Load balancing connects to addresses, unless each end has a name of its own.
        return match (written, sender.way) {
            (Some(written), _) => Some(written.clone()),
            (None, Way::Name | Way::Static) => Some(sender.to.host.clone()),
            (None, _) => None,
        };
    }
    let workload = &topology.workloads[sender.workload?];
    let container = workload.containers.get(sender.container?)?;
    let is_unchecked = mentions(container, &["NODE_TLS_REJECT_UNAUTHORIZED"]);
    (sender.kind == "sdk" && sender.way == Way::Name && !is_unchecked).then(|| sender.to.host.clone())
}
