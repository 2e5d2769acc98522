//! Tenants: which one a sender names, whether the Tempo behind it wants one, and which ones others write and read there.

use super::gateway::Steps;
use super::{Found, Links, Sender, context, made};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::releases::ComponentKind;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Component};
use crate::topology::endpoint::{End, Listening, Target};
use crate::topology::grafana::Datasource;
use crate::topology::workload::Namespace;
use std::sync::Arc;

/// The header that names the tenant, in small letters.
const HEADER: &str = "x-scope-orgid";
/// What a finding about tenants that nobody reads takes for granted.
pub(super) const ALL_AT_HAND: &str = "nobody else writes the tenants that are read, or reads those that are written";

/// What is known of the tenants of all connections, in their order.
pub(super) struct Tenants {
    named: Vec<Named>,
    groups: Vec<Group>,
}

#[derive(Default)]
struct Named {
    tenant: Cell,
    wanted: Cell,
    /// What loses the tenant that was received, where the sender would pass it on.
    lost: Cell,
    /// The index of the group of those that reach the same Tempo.
    group: Option<usize>,
}

/// All that write to, or read from, the Tempo of a namespace.
struct Group {
    namespace: Namespace,
    written: Vec<Cell>,
    read: Vec<Cell>,
}

impl Tenants {
    /// Looks at all connections.
    pub(super) fn new(
        topology: &Topology,
        links: &Links<'_>,
        senders: &[Sender<'_>],
        found: &[Found],
        steps: &Steps<'_>,
    ) -> Tenants {
        let mut tenants = Tenants {
            named: Vec::with_capacity(senders.len()),
            groups: Vec::new(),
        };
        let settings = topology.tempos.iter().map(|tempo| tempo.multitenancy());
        let wants: Vec<Cell> = settings.collect();
        if wants.iter().all(|cell| matches!(cell.value, Value::Bool(false))) {
            tenants.named.resize_with(senders.len(), Named::default);
            return tenants;
        }
        for (position, sender) in senders.iter().enumerate() {
            // A gateway passes on what others have named.
            let named = match sender.kind {
                "gateway" => Named::default(),
                _ => {
                    let (end, instead) = behind(steps, position);
                    tenants.name(topology, links, (sender, &found[end], instead), &wants)
                }
            };
            tenants.named.push(named);
        }
        tenants
    }

    fn name(
        &mut self,
        topology: &Topology,
        links: &Links<'_>,
        (sender, found, instead): (&Sender<'_>, &Found, Option<Cell>),
        wants: &[Cell],
    ) -> Named {
        let reached = tempos_of(topology, found);
        let Some(&first) = reached.first() else {
            return Named::default();
        };
        let is = |index: &usize| match wants[*index].value {
            Value::Bool(wants) => Some(wants),
            _ => None,
        };
        let wanted = match reached.iter().all(|index| is(index) == is(&first)) {
            true => wants[first].clone(),
            false => Cell::unknown("the processes of Tempo behind the Service differ"),
        };
        if is(&first) == Some(false) {
            return Named {
                wanted,
                ..Named::default()
            };
        }
        let by_path = made::reached(topology, found).and_then(|(_, _, port)| made::tenant_of_path(sender, port));
        // Without one in its path the gateway has no such path, which is another fault.
        let wanted = match by_path {
            Some(_) => Cell::default(),
            None => wanted,
        };
        let is_own = by_path.is_none() && instead.is_none();
        let tenant = by_path.or(instead).unwrap_or_else(|| tenant(topology, links, sender));
        let lost = sender.exporter.filter(|_| is_own && tenant.is_null());
        let lost = lost.and_then(|(collector, component)| lost_on_the_way(&topology.collectors[collector], component));
        let namespace = &topology.tempos[first].namespace;
        let known = self.groups.iter().position(|group| group.namespace == *namespace);
        let group = known.unwrap_or_else(|| {
            self.groups.push(Group {
                namespace: namespace.clone(),
                written: Vec::new(),
                read: Vec::new(),
            });
            self.groups.len() - 1
        });
        match sender.signal {
            "queries" => self.groups[group].read.extend(parts(&tenant)),
            "traces" => self.groups[group].written.push(tenant.clone()),
            _ => {}
        }
        Named {
            tenant,
            wanted,
            lost: lost.unwrap_or_default(),
            group: Some(group),
        }
    }

    /// Fills in the columns of the connection at a position.
    pub(super) fn with_columns(&self, row: RowBuilder, position: usize) -> RowBuilder {
        let named = &self.named[position];
        let group = named.group.map(|index| &self.groups[index]);
        let list = |cells: &[Cell]| {
            let first = cells.iter().find(|cell| !cell.is_null()).cloned().unwrap_or_default();
            let listed: Vec<Cell> = cells.iter().filter(|cell| !cell.is_null()).cloned().collect();
            Cell::from(listed).at(&first)
        };
        row.set("tenant", named.tenant.clone())
            .set("tenant_wanted", named.wanted.clone())
            .set("tenant_lost", named.lost.clone())
            .set("tenants_written", group.map(|group| list(&group.written)))
            .set("tenants_read", group.map(|group| list(&group.read)))
    }

    /// Whether nothing that the senders to the same Tempo write is what its data sources read.
    pub(super) fn is_apart(&self, position: usize) -> bool {
        let Some(group) = self.named[position].group.map(|index| &self.groups[index]) else {
            return false;
        };
        let is_read = |tenant: &Cell| group.read.iter().any(|read| read.text() == tenant.text());
        !group.read.is_empty() && !group.written.iter().any(is_read)
    }
}

/// Returns the last connection of a way through gateways, and the tenant that the last of them names, where one does.
fn behind(steps: &Steps<'_>, position: usize) -> (usize, Option<Cell>) {
    let (mut at, mut instead) = (position, None);
    while let Some(next) = steps.onward(at).filter(|next| *next > at) {
        instead = steps.tenant(at).or(instead);
        at = next;
    }
    (at, instead)
}

/// Several tenants can be asked at once: `a|b`.
fn parts(tenant: &Cell) -> Vec<Cell> {
    match tenant.text() {
        Some(text) => text.split('|').map(|part| Cell::from(part.trim()).at(tenant)).collect(),
        None => vec![tenant.clone()],
    }
}

/// Returns the processes of Tempo at the end of a way.
fn tempos_of(topology: &Topology, found: &Found) -> Vec<usize> {
    let Found::Route(route) = found else {
        return Vec::new();
    };
    match (&route.end, &route.target) {
        (
            Some(End::At(
                Listening::Tempo(index, _)
                | Listening::TempoHttp(index)
                | Listening::TempoGrpc(index)
                | Listening::MadeTempo(index, ..),
            )),
            target,
        ) => {
            let behind = match target {
                Target::Service(service) => topology.services[*service].selects.as_slice(),
                _ => return vec![*index],
            };
            let tempos = topology.tempos.iter().enumerate();
            let of_it = tempos.filter(|(_, tempo)| tempo.workload.is_some_and(|workload| behind.contains(&workload)));
            of_it.map(|(index, _)| index).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the tenant that a sender names; null when it surely names none.
fn tenant(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    let tenant = match (sender.exporter, sender.kind) {
        (Some((collector, component)), _) => of_exporter(&topology.collectors[collector], component),
        (None, "datasource") => {
            let mut namespaces = links.datasource_namespaces.iter();
            let index = namespaces.position(|namespace| std::ptr::eq(namespace, sender.namespace));
            index.map_or_else(Cell::default, |index| {
                of_datasource(&topology.grafanas.datasources[index])
            })
        }
        (None, "mesh") => Cell::unknown("which headers are sent is not looked at"),
        _ => of_sdk(topology, links, sender),
    };
    match tenant.text() {
        Some(text) if text.contains("redacted") => Cell::unknown("the header is hidden").at(&tenant),
        _ => tenant,
    }
}

fn of_exporter(collector: &Collector, component: usize) -> Cell {
    let config = &collector.components[component].config;
    let inner = config.path(&["protocol", "otlp"]).unwrap_or(config);
    let headers = inner.get("headers").filter(|cell| !cell.is_null());
    if let Some(reason) = headers.and_then(Cell::unknown_reason) {
        return Cell::unknown(reason.clone());
    }
    let mut fields = headers.and_then(Cell::fields).into_iter().flatten();
    if let Some((_, value)) = fields.find(|(name, _)| name.eq_ignore_ascii_case(HEADER)) {
        return text_of(value);
    }
    // Newer releases take a list too.
    let mut items = headers.map_or(&[][..], Cell::items).iter();
    if let Some(item) = items.find(|item| is_header(item.text_at(&["name"]))) {
        return item.get("value").map(text_of).unwrap_or_default();
    }
    match inner.path(&["auth", "authenticator"]).filter(|cell| !cell.is_null()) {
        Some(authenticator) => of_extension(collector, component, authenticator),
        None => Cell::default(),
    }
}

/// Returns the extension that an authenticator names.
fn extension<'a>(collector: &'a Collector, authenticator: &Cell) -> Option<&'a Component> {
    let id = authenticator.text()?;
    let mut components = collector.components.iter();
    components.find(|one| one.kind == ComponentKind::Extension && one.id == id)
}

/// The item of a `headers_setter` that writes the tenant.
fn tenant_item(extension: &Component) -> Option<&Cell> {
    let mut items = extension.config.get("headers").map_or(&[][..], Cell::items).iter();
    items.find(|item| is_header(item.text_at(&["key"])))
}

/// Returns what loses the tenant that an exporter would take from what was received.
fn lost_on_the_way(collector: &Collector, component: usize) -> Option<Cell> {
    let config = &collector.components[component].config;
    let inner = config.path(&["protocol", "otlp"]).unwrap_or(config);
    let item = tenant_item(extension(collector, inner.path(&["auth", "authenticator"])?)?)?;
    context::lost(collector, component, item.text_at(&["from_context"])?)
}

/// Authenticators that add nothing but who the sender is.
const PLAIN: [&str; 8] = [
    "basicauth",
    "basic_auth",
    "bearertokenauth",
    "bearer_token_auth",
    "oauth2client",
    "oauth2_client",
    "sigv4auth",
    "sigv4_auth",
];

fn of_extension(collector: &Collector, component: usize, authenticator: &Cell) -> Cell {
    let Some(extension) = extension(collector, authenticator) else {
        return Cell::unknown("which authenticator is used is not known");
    };
    match extension.type_name.as_str() {
        "headers_setter" => {
            let Some(item) = tenant_item(extension) else {
                return Cell::default();
            };
            if let Some(value) = item.get("value").filter(|value| !value.is_null()) {
                return text_of(value);
            }
            let header = item.text_at(&["from_context"]);
            match header.and_then(|header| context::lost(collector, component, header)) {
                Some(_) => item.get("default_value").map(text_of).unwrap_or_default(),
                None => Cell::unknown("the tenant is taken from what was received").at(item),
            }
        }
        known if PLAIN.contains(&known) => Cell::default(),
        other => Cell::unknown(format!("which headers {other} adds is not known")),
    }
}

fn is_header(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.eq_ignore_ascii_case(HEADER))
}

fn text_of(value: &Cell) -> Cell {
    match &value.value {
        Value::Int(number) => Cell::from(number.to_string()).at(value),
        _ => value.clone(),
    }
}

/// The name stands in `jsonData`, the value under the same number in `secureJsonData`, where it is no secret.
fn of_datasource(datasource: &Datasource) -> Cell {
    let names = datasource.config.get("jsonData").and_then(Cell::fields);
    let mut names = names.into_iter().flatten();
    let name = names.find(|(key, value)| key.starts_with("httpHeaderName") && is_header(value.text()));
    let Some((key, name)) = name else {
        return match datasource.config.get("jsonData").and_then(Cell::unknown_reason) {
            Some(reason) => Cell::unknown(reason.clone()),
            None => Cell::default(),
        };
    };
    let number = key.trim_start_matches("httpHeaderName");
    let value = datasource
        .config
        .path(&["secureJsonData", &format!("httpHeaderValue{number}")]);
    match value.filter(|value| !value.is_null()) {
        Some(value) if value.text().is_some_and(|text| text.contains('$')) => {
            Cell::unknown("a variable of Grafana holds the tenant").at(value)
        }
        Some(value) => text_of(value),
        None => Cell::unknown("the value of the header is not at hand").at(name),
    }
}

/// The values of an application's headers are not looked at.
fn of_sdk(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    let index = links
        .apps
        .abouts
        .iter()
        .position(|about| Arc::ptr_eq(about, &sender.about));
    let Some(view) = index.map(|index| &links.views[index]) else {
        return Cell::unknown("which headers are sent is not known");
    };
    let container = &topology.workloads[view.app.workload].containers[view.app.container];
    let is_set = |name: &str| container.variables.iter().any(|variable| variable.name == name);
    let is_written = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"]
        .into_iter()
        .any(is_set);
    if is_written || view.hides_code || view.app.injection.is_some() || container.more_variables.is_some() {
        return Cell::unknown("the headers of the application are not looked at");
    }
    Cell::default()
}
