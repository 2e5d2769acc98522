//! A block of Alloy as the configuration that the Collector would have for the same component.

use super::module::{Modules, Raw, Spot};
use super::value::{as_reference, value};
use super::{component, place};
use crate::evidence::{Cell, Fields, Value, cell::join};
use crate::releases::ComponentKind;
use crate::topology::alloy::{Block, Statement};
use crate::topology::collector::Component;

/// Blocks that listen for something else than spans, or make some themselves: what they open is not followed.
const OTHER_SERVERS: [&str; 12] = [
    "beyla.ebpf",
    "database_observability.mysql",
    "faro.receiver",
    "loki.source.api",
    "loki.source.awsfirehose",
    "loki.source.gcplog",
    "loki.source.heroku",
    "loki.source.syslog",
    "prometheus.exporter.snmp",
    "prometheus.exporter.statsd",
    "prometheus.receive_http",
    "pyroscope.receive_http",
];

/// Whether a component takes, changes or sends spans, or opens a port that is known.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("otelcol.") || OTHER_SERVERS.contains(&name)
}

/// Returns the component that a block is, `None` for those that have nothing to do with spans and open no port.
pub(super) fn shaped(modules: &Modules<'_>, raw: &Raw<'_>) -> Option<Component> {
    let name = raw.block.name.as_str();
    let (kind, type_name) = match name.strip_prefix("otelcol.").and_then(|rest| rest.split_once('.')) {
        Some(("receiver", rest)) => (ComponentKind::Receiver, rest),
        Some(("processor", rest)) => (ComponentKind::Processor, rest),
        Some(("exporter", rest)) => (ComponentKind::Exporter, rest),
        Some(("connector", rest)) => (ComponentKind::Connector, rest),
        Some(("auth", rest)) => (ComponentKind::Extension, authenticator(rest)),
        Some((_, rest)) => (ComponentKind::Extension, rest),
        None if OTHER_SERVERS.contains(&name) => (ComponentKind::Receiver, name),
        None => return None,
    };
    let spot = Spot {
        scope: raw.scope,
        text: raw.text,
    };
    let mut maker = Maker {
        modules,
        spot,
        written: false,
    };
    let config = maker.configuration(raw, kind, type_name);
    maker.written = true;
    let written = maker.configuration(raw, kind, type_name);
    Some(component(kind, type_name, raw.id.clone(), config, written))
}

/// Returns the type that the Collector has for an authenticator.
fn authenticator(type_name: &str) -> &str {
    match type_name {
        "basic" => "basicauth",
        "bearer" => "bearertokenauth",
        "headers" => "headers_setter",
        "oauth2" => "oauth2client",
        "sigv4" => "sigv4auth",
        other => other,
    }
}

struct Maker<'m, 'a> {
    modules: &'m Modules<'a>,
    spot: Spot<'a>,
    /// Whether references to variables are kept, as the Collector writes them.
    written: bool,
}

impl Maker<'_, '_> {
    fn configuration(&self, raw: &Raw<'_>, kind: ComponentKind, type_name: &str) -> Cell {
        let mut fields = self.fields(raw.block, &raw.id);
        fields.shift_remove("output");
        match (kind, type_name) {
            (ComponentKind::Receiver, "otlp") => under(&mut fields, "protocols", &["grpc", "http"]),
            (ComponentKind::Exporter, _) => exporter(&mut fields),
            (ComponentKind::Extension, "headers_setter") => listed(&mut fields, "header", "headers"),
            (ComponentKind::Processor, "k8sattributes") => extract(&mut fields),
            _ => {}
        }
        let head = place(self.spot.text, &raw.block.head, &raw.id);
        Cell {
            key: Some(head.clone()),
            place: Some(head),
            ..Cell::from(fields)
        }
    }

    fn fields(&self, block: &Block, path: &str) -> Fields {
        let mut found = Fields::default();
        // The parser has bounded the depth already.
        for statement in &block.body {
            match statement {
                Statement::Attribute(attribute) => {
                    let path = join(path, &attribute.name);
                    let mut cell = value(self.modules, self.spot, &attribute.value, &path);
                    if self.written
                        && let Some(reference) = as_reference(&attribute.value)
                    {
                        cell.value = reference.value;
                    }
                    cell.key = Some(place(self.spot.text, &attribute.head, &path));
                    if attribute.name == "auth" {
                        let named = std::iter::once(("authenticator".into(), cell.clone()));
                        cell = Cell::from(named.collect::<Fields>()).at(&cell);
                    }
                    found.insert(attribute.name.as_str().into(), cell);
                }
                Statement::Block(inner) => self.add_block(&mut found, inner, path),
            }
        }
        largest_message(&mut found);
        found
    }

    fn add_block(&self, found: &mut Fields, inner: &Block, path: &str) {
        let path = join(path, &inner.name);
        let head = place(self.spot.text, &inner.head, &path);
        let cell = Cell {
            key: Some(head.clone()),
            place: Some(head),
            ..Cell::from(self.fields(inner, &path))
        };
        let several = match found.shift_remove(inner.name.as_str()) {
            None => cell,
            Some(earlier) => {
                let mut items = match &earlier.value {
                    Value::List(items) => items.to_vec(),
                    _ => vec![earlier.clone()],
                };
                items.push(cell);
                Cell::from(items).at(&earlier)
            }
        };
        found.insert(inner.name.as_str().into(), several);
    }
}

/// Puts fields below another one.
fn under(fields: &mut Fields, name: &str, keys: &[&str]) {
    let mut inner = Fields::default();
    for key in keys {
        if let Some(cell) = fields.shift_remove(*key) {
            inner.insert((*key).into(), cell);
        }
    }
    fields.insert(name.into(), inner.into());
}

/// Takes the fields of a block up to those around it.
fn lift(fields: &mut Fields, name: &str) {
    let Some(inner) = fields.shift_remove(name) else {
        return;
    };
    for (key, cell) in inner.fields().into_iter().flatten() {
        fields.insert(key.clone(), cell.clone());
    }
}

fn exporter(fields: &mut Fields) {
    lift(fields, "client");
    if let Some(protocol) = fields.get("protocol").and_then(|cell| cell.get("otlp")).cloned() {
        let mut otlp = protocol.fields().cloned().unwrap_or_default();
        lift(&mut otlp, "client");
        let inner: Fields = std::iter::once(("otlp".into(), Cell::from(otlp).at(&protocol))).collect();
        fields.insert("protocol".into(), Cell::from(inner).at(&protocol));
    }
    if let Some(resolver) = fields.get("resolver").cloned()
        && let Some(kubernetes) = resolver.get("kubernetes").cloned()
    {
        let inner: Fields = std::iter::once(("k8s".into(), kubernetes)).collect();
        fields.insert("resolver".into(), Cell::from(inner).at(&resolver));
    }
}

/// Blocks of one name are a list in the Collector.
fn listed(fields: &mut Fields, from: &str, to: &str) {
    let Some(cell) = fields.shift_remove(from) else {
        return;
    };
    let list = match &cell.value {
        Value::List(_) => cell,
        _ => Cell::from(vec![cell.clone()]).at(&cell),
    };
    fields.insert(to.into(), list);
}

/// `label` and `annotation` are blocks, and lists in the Collector.
fn extract(fields: &mut Fields) {
    let Some(extract) = fields.get("extract").cloned() else {
        return;
    };
    let mut inner = extract.fields().cloned().unwrap_or_default();
    listed(&mut inner, "label", "labels");
    listed(&mut inner, "annotation", "annotations");
    fields.insert("extract".into(), Cell::from(inner).at(&extract));
}

/// `max_recv_msg_size` is a text with a unit; the Collector counts mebibytes.
fn largest_message(fields: &mut Fields) {
    let Some(size) = fields.get("max_recv_msg_size").cloned() else {
        return;
    };
    let mebibytes = size
        .text()
        .and_then(|text| text.strip_suffix("MiB"))
        .and_then(|number| number.trim().parse::<i64>().ok());
    let cell = match mebibytes {
        Some(number) => Cell::from(number).at(&size),
        None => Cell::unknown("max_recv_msg_size is in another unit").at(&size),
    };
    fields.insert("max_recv_msg_size_mib".into(), cell);
}
