//! Rows about Services and their ports.

use super::{WorkloadParts, WorkloadRows, namespace_cell};
use crate::evidence::{Cell, ResourceReference, Stage};
use crate::facts::{About, Facts, RowBuilder, record};
use crate::finding::StageReference;
use crate::topology::service::{Service, ServiceKind, ServicePort, TargetNumber, port_number};
use crate::topology::workload::{Workload, namespace_of, same_namespace};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Adds the rows of every Service and of its ports; returns the Services' rows.
pub(super) fn rows(facts: &mut Facts, parts: &WorkloadParts<'_>, rows: &WorkloadRows) -> Vec<Arc<Cell>> {
    let mut links = Vec::new();
    for service in parts.services {
        let stages = stages(service, rows);
        let about = about(service, stages.first().copied().unwrap_or(Stage::Cluster), rows);
        let row = service_row(parts, service, &stages).build_at(&about, service.cell.place.clone());
        let link = row.cells.clone();
        facts.push("services", row);
        for port in &service.ports {
            let missed = parts
                .datagrams
                .missed_by(service, port, parts.services, parts.workloads);
            let row = port_row(parts.workloads, service, port, &link)
                .set("stage", about.stage.stage.name())
                .set("datagram_listener", missed);
            facts.push("service_ports", row.build_at(&about, port.cell.place.clone()));
        }
        links.push(link);
    }
    links
}

/// Returns the stages of the workloads that a Service selects, each once.
fn stages(service: &Service, rows: &WorkloadRows) -> Vec<Stage> {
    let mut stages = Vec::new();
    for &index in &service.selects {
        let stage = rows.workload_abouts.get(index).map(|about| about.stage.stage);
        stages.extend(stage.filter(|stage| !stages.contains(stage)));
    }
    stages
}

fn about(service: &Service, stage: Stage, rows: &WorkloadRows) -> Arc<About> {
    let selected = service
        .selects
        .iter()
        .filter_map(|&index| rows.workload_abouts.get(index));
    let mut releases = BTreeMap::new();
    for about in selected {
        for (program, span) in &about.releases {
            releases.entry(*program).or_insert_with(|| span.clone());
        }
    }
    let reference = &service.reference;
    let namespace = service.namespace.name().unwrap_or_default();
    Arc::new(About {
        stage: StageReference {
            stage,
            name: service.namespace.words("Service", &reference.name),
        },
        resource: reference.clone(),
        owner: format!("/Service/{namespace}/{}", reference.name),
        releases,
        assumptions: Vec::new(),
        container: None,
    })
}

fn service_row(parts: &WorkloadParts<'_>, service: &Service, stages: &[Stage]) -> RowBuilder {
    let written = |keys: &[&str]| service.cell.path(keys).filter(|cell| !cell.is_null()).cloned();
    let or_null = |keys: &[&str]| written(keys).unwrap_or_default();
    let names = |workloads: &mut dyn Iterator<Item = &Workload>| {
        let names = workloads.map(|workload| Cell::from(workload.reference.name.as_str()));
        Cell::from(names.collect::<Vec<_>>())
    };
    let external = (service.kind == ServiceKind::ExternalName).then(|| or_null(&["spec", "externalName"]));
    let ports = service.ports.iter().map(port_record);
    let almost = |workload: &&Workload| {
        same_namespace(&service.namespace, &workload.namespace) == Some(true)
            && service.almost_wants(&workload.pod_labels)
    };
    RowBuilder::new("services")
        .set(
            "name",
            Cell::from(service.reference.name.as_str()).at(&or_null(&["metadata", "name"])),
        )
        .set("namespace", namespace_cell(&service.namespace, &service.cell))
        .set(
            "type",
            Cell::from(service.kind.as_str()).at(&or_null(&["spec", "type"])),
        )
        .set(
            "headless",
            Cell::from(service.headless).at(&or_null(&["spec", "clusterIP"])),
        )
        .set("external_name", external)
        .set("selector", service.selector.clone())
        .set(
            "ports",
            Cell::from(ports.collect::<Vec<_>>()).at(&or_null(&["spec", "ports"])),
        )
        .set(
            "workloads",
            names(&mut service.selects.iter().map(|&index| &parts.workloads[index])),
        )
        .set(
            "selects_stages",
            stages.iter().map(|stage| Cell::from(stage.name())).collect::<Vec<_>>(),
        )
        .set("selects_any", selects_any(parts, service).at(&service.selector))
        .set("almost_selects", names(&mut parts.workloads.iter().filter(almost)))
        .set(
            "publish_not_ready",
            written(&["spec", "publishNotReadyAddresses"]).unwrap_or_else(|| false.into()),
        )
        .set(
            "session_affinity",
            written(&["spec", "sessionAffinity"]).unwrap_or_else(|| "None".into()),
        )
        .set("config", service.cell.clone())
}

/// Whether a Service selects anything. What an operator or another chart makes is not in the files, so that "no" needs proof.
fn selects_any(parts: &WorkloadParts<'_>, service: &Service) -> Cell {
    if service.selector.fields().is_none_or(|selector| selector.is_empty()) {
        return Cell::default();
    }
    if !service.selects.is_empty() {
        return true.into();
    }
    if has_empty_slices(parts, service) {
        return false.into();
    }
    if let Some(reason) = operator_reason(parts, service) {
        return Cell::unknown(reason);
    }
    let is_whole = parts.evidence.completeness.covers("Pod", service.namespace.name());
    match (is_whole, service.may_select.is_empty()) {
        (true, true) => return false.into(),
        (true, false) => return Cell::unknown("a workload that fits does not name its namespace"),
        (false, _) => {}
    }
    Cell::unknown("pods that fit may exist beside the given files")
}

/// Whether slices of a Service are at hand, and none has an endpoint: of pods that it selects there would be one each, ready or not.
fn has_empty_slices(parts: &WorkloadParts<'_>, service: &Service) -> bool {
    let slices = parts.evidence.resources.of_kind("EndpointSlice").filter(|slice| {
        let of = slice.text_at(&["metadata", "labels", "kubernetes.io/service-name"]);
        let namespace = namespace_of(parts.evidence, &slice.reference);
        of == Some(service.reference.name.as_str()) && same_namespace(&namespace, &service.namespace) == Some(true)
    });
    let mut slices = slices.peekable();
    slices.peek().is_some() && slices.all(|slice| slice.at(&["endpoints"]).items().is_empty())
}

/// Kinds whose pods an operator makes.
const OPERATED: [&str; 9] = [
    "OpenTelemetryCollector",
    "TargetAllocator",
    "TempoStack",
    "TempoMonolithic",
    "Grafana",
    "Jaeger",
    "Prometheus",
    "Alertmanager",
    "ThanosRuler",
];

/// Returns why pods of an operator may fit that are not at hand.
fn operator_reason(parts: &WorkloadParts<'_>, service: &Service) -> Option<String> {
    let passed_over = |kind: &&&str| parts.evidence.passed_over.contains_key(**kind);
    if let Some(kind) = OPERATED.iter().find(passed_over) {
        return Some(format!("a {kind} makes pods that are not in the evidence"));
    }
    let is_known =
        |reference: &ResourceReference| parts.workloads.iter().any(|workload| *workload.reference == *reference);
    let mut operated = OPERATED.iter().flat_map(|kind| parts.evidence.resources.of_kind(kind));
    let operated = operated.find(|resource| {
        let namespace = namespace_of(parts.evidence, &resource.reference);
        same_namespace(&service.namespace, &namespace) != Some(false) && !is_known(&resource.reference)
    })?;
    let reference = &operated.reference;
    Some(format!(
        "{} {} makes pods that are not in the evidence",
        reference.kind, reference.name
    ))
}

fn port_name(port: &ServicePort) -> Cell {
    match port.name.is_empty() {
        true => Cell::default(),
        false => Cell::from(port.name.as_str()).at(&port.cell.get("name").cloned().unwrap_or_default()),
    }
}

fn port_record(port: &ServicePort) -> Cell {
    record([
        ("name", port_name(port)),
        ("port", port.cell.get("port").cloned().unwrap_or_default()),
        ("target_port", port.target.clone()),
        ("protocol", Cell::from(port.protocol.as_str())),
        (
            "app_protocol",
            port.cell.get("appProtocol").cloned().unwrap_or_default(),
        ),
    ])
    .at(&port.cell)
}

fn port_row(workloads: &[Workload], service: &Service, port: &ServicePort, link: &Arc<Cell>) -> RowBuilder {
    let target = service.target_number(port, workloads);
    let is_name = port.target.text().is_some() && port_number(&port.target).is_none();
    let number = match &target {
        TargetNumber::Number(number) => Cell::from(i64::from(*number)),
        TargetNumber::Missing => Cell::unknown("no selected pod has a port of this name"),
        TargetNumber::Unknown(reason) => Cell::unknown(reason.as_str()),
    };
    let exists = match &target {
        _ if !is_name => Cell::default(),
        TargetNumber::Number(_) => true.into(),
        TargetNumber::Missing => false.into(),
        TargetNumber::Unknown(reason) => Cell::unknown(reason.as_str()),
    };
    let written = |key: &str| port.cell.get(key).cloned().unwrap_or_default();
    RowBuilder::new("service_ports")
        .set("name", port_name(port))
        .set("port", written("port"))
        .set("target_port", port.target.clone())
        .set("target_number", number.at(&port.target))
        .set("target_name_exists", exists.at(&port.target))
        .set(
            "target_declared",
            declared(workloads, service, &target).at(&port.target),
        )
        .set("protocol", Cell::from(port.protocol.as_str()).at(&written("protocol")))
        .set("app_protocol", written("appProtocol"))
        .set("node_port", written("nodePort"))
        .set("config", port.cell.clone())
        .set("service", Cell::link(link))
}

fn declared(workloads: &[Workload], service: &Service, target: &TargetNumber) -> Cell {
    let number = match target {
        TargetNumber::Number(number) => *number,
        TargetNumber::Missing => return false.into(),
        TargetNumber::Unknown(reason) => return Cell::unknown(reason.as_str()),
    };
    if service.selects.is_empty() {
        return Cell::unknown("no pod that the Service selects is in the given files");
    }
    let containers = service.selects.iter().flat_map(|&index| &workloads[index].containers);
    let mut ports = containers
        .filter(|container| !container.init)
        .flat_map(|container| container.cell.get("ports").map_or(&[][..], Cell::items));
    ports
        .any(|port| port.get("containerPort").and_then(port_number) == Some(number))
        .into()
}
