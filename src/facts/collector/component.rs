//! Rows about components and the extensions that they name.

use super::duration::{seconds_of, seconds_or};
use super::pipeline::only_a_connector;
use super::{Maker, target, texts};
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder, record};
use crate::releases::{ComponentFate, ComponentKind, Version, nearest};
use crate::topology::collector::{Component, PipelineItem, Role};
use crate::topology::store::exporter_writes;
use std::sync::Arc;

/// Adds the rows; returns those in `components`, by index.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) -> Vec<Arc<Cell>> {
    let mut links = Vec::new();
    for component in &maker.collector.components {
        let builder = fate_columns(
            use_columns(base_columns(maker, component), maker, component),
            maker,
            component,
        );
        let builder = target::columns(meaning_columns(builder, maker, component), maker, component);
        let place = component.place().cloned();
        let assumption = match &component.fate {
            ComponentFate::Present { assumption, .. } => assumption.as_ref(),
            _ => None,
        };
        let row = builder.build_at(&maker.about_at(place.as_ref(), assumption), place);
        links.push(row.cells.clone());
        facts.push("components", row);
    }
    reference_rows(facts, maker, &links);
    links
}

/// Returns a text at the place of a component's id.
pub(super) fn id_cell(component: &Component) -> Cell {
    Cell {
        value: Value::Text(component.id.as_str().into()),
        place: component.config.key.clone(),
        key: component.config.key.clone(),
    }
}

fn base_columns(maker: &Maker<'_>, component: &Component) -> RowBuilder {
    let endpoint = component.config.get("endpoint").cloned().unwrap_or_default();
    let covered = maker.tables.keys(component.kind, &component.type_name).is_some();
    let id = id_cell(component);
    RowBuilder::new("components")
        .set("kind", component.kind.as_str())
        .set("type", Cell::from(component.type_name.as_str()).at(&id))
        .set("canonical_type", component.canonical.as_str())
        .set("id", id)
        .set("name", component.name.as_deref())
        .set("config", component.config.clone())
        .set("endpoint", endpoint)
        .set("tables_cover", covered)
        .set(
            "takes_traces",
            maker.tables.takes_traces(component.kind, &component.type_name),
        )
        .set("container", maker.container_link())
        .set("workload", maker.workload_link())
        .set("collector", maker.collector_link())
}

fn use_columns(builder: RowBuilder, maker: &Maker<'_>, component: &Component) -> RowBuilder {
    let collector = maker.collector;
    let or_unknown = |cell: Cell| match &component.use_unknown {
        Some(reason) => Cell::unknown(reason.clone()),
        None => cell,
    };
    let ids = |indexes: &[usize]| or_unknown(texts(indexes.iter().map(|index| &collector.pipelines[*index].id)));
    let mut signals: Vec<&str> = component
        .pipelines
        .iter()
        .map(|index| collector.pipelines[*index].signal.as_str())
        .collect();
    signals.dedup();
    let is_extension = component.kind == ComponentKind::Extension;
    let used = match is_extension {
        true => component.enabled == Some(true),
        false => !component.pipelines.is_empty(),
    };
    let is_only = component
        .exporter_in
        .iter()
        .map(|index| &collector.pipelines[*index])
        .any(|pipeline| pipeline.signal == "traces" && pipeline.ids(Role::Exporters).all(|id| id == component.id));
    let (after, before) = neighbours(maker, component);
    builder
        .set("used", or_unknown(used.into()))
        .set(
            "enabled",
            if is_extension {
                or_unknown(used.into())
            } else {
                Cell::default()
            },
        )
        .set("pipelines", ids(&component.pipelines))
        .set("signals", or_unknown(texts(signals)))
        .set("uses", or_unknown(uses(maker, component).into()))
        .set("receiver_in", ids(&component.receiver_in))
        .set("exporter_in", ids(&component.exporter_in))
        .set("is_only_exporter", or_unknown(is_only.into()))
        .set(
            "writes_metrics_of_spans",
            or_unknown(exporter_writes(maker.collector, component).into()),
        )
        .set("after", or_unknown(texts(after)))
        .set("before", or_unknown(texts(before)))
}

/// Returns the id at each place in pipelines, or in `service.extensions`, that means the component.
fn uses(maker: &Maker<'_>, component: &Component) -> Vec<Cell> {
    let collector = maker.collector;
    let items = collector.pipelines.iter().flat_map(|pipeline| &pipeline.items);
    let is_meant = |item: &&PipelineItem| {
        maker
            .component(item.component)
            .is_some_and(|one| one.kind == component.kind && one.id == component.id)
    };
    let items = items.chain(&collector.extensions).filter(is_meant);
    items.map(|item| item.id.clone()).collect()
}

/// Returns the types of the processors before and behind a processor, in all of its pipelines.
fn neighbours<'a>(maker: &Maker<'a>, component: &Component) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut after, mut before) = (Vec::new(), Vec::new());
    if component.kind != ComponentKind::Processor {
        return (after, before);
    }
    for index in &component.pipelines {
        let pipeline = &maker.collector.pipelines[*index];
        let processors: Vec<_> = pipeline
            .items
            .iter()
            .filter(|item| item.role == Role::Processors)
            .collect();
        let Some(own) = processors.iter().position(|item| item.id.text() == Some(&component.id)) else {
            continue;
        };
        for (position, item) in processors.iter().enumerate() {
            let Some(other) = maker.component(item.component) else {
                continue;
            };
            let list = match position.cmp(&own) {
                std::cmp::Ordering::Less => &mut after,
                std::cmp::Ordering::Greater => &mut before,
                std::cmp::Ordering::Equal => continue,
            };
            if !list.contains(&other.canonical.as_str()) {
                list.push(other.canonical.as_str());
            }
        }
    }
    (after, before)
}

/// Returns the word for a fate, or why there is none.
pub(super) fn fate_word(fate: &ComponentFate) -> Cell {
    match fate {
        ComponentFate::Present { .. } => Cell::from("present"),
        ComponentFate::RemovedIn { .. } => Cell::from("removed"),
        ComponentFate::NotYet { .. } => Cell::from("not_yet"),
        ComponentFate::OtherDistribution { .. } => Cell::from("other_distribution"),
        ComponentFate::NeverKnown { .. } => Cell::from("never_known"),
        ComponentFate::Undecided { reason } => Cell::unknown(reason.as_str()),
    }
}

fn fate_columns(builder: RowBuilder, maker: &Maker<'_>, component: &Component) -> RowBuilder {
    let may_be_none = matches!(
        component.fate,
        ComponentFate::NeverKnown { .. } | ComponentFate::Undecided { .. }
    );
    let connector_type = may_be_none && only_a_connector(maker, component.kind, &component.type_name);
    let release = |version: &Version| Cell::from(version.to_string());
    let builder = builder
        .set("fate", fate_word(&component.fate))
        .set("connector_type", connector_type)
        .set("other_distributions", texts::<&str>([]));
    let builder = match &component.fate {
        ComponentFate::Undecided { reason } => builder.set("deprecated_alias", Cell::unknown(reason.as_str())),
        _ => builder.set("deprecated_alias", false),
    };
    match &component.fate {
        ComponentFate::Present {
            canonical,
            deprecated_since,
            ..
        } => builder
            .set("canonical", canonical.as_str())
            .set("deprecated_alias", deprecated_since.is_some())
            .set("alias_since", deprecated_since.as_ref().map(release)),
        ComponentFate::RemovedIn {
            last,
            replaced_by,
            back_in,
            elsewhere,
        } => {
            let used = replaced_by
                .as_ref()
                .and_then(|replacement| replacement.component.as_ref());
            let note = replaced_by
                .as_ref()
                .map(|replacement| replacement.note.as_ref())
                .filter(|note: &&str| !note.is_empty());
            builder
                .set("removed_after", release(last))
                .set("back_in", back_in.as_ref().map(release))
                .set("replaced_by", used.map(|(_, name)| name.as_ref()))
                .set("replaced_by_kind", used.map(|(kind, _)| kind.as_str()))
                .set("replacement_note", note)
                .set(
                    "other_distributions",
                    texts(elsewhere.iter().map(|distribution| distribution.as_str())),
                )
        }
        ComponentFate::NotYet { first, use_instead } => builder
            .set("first_release", release(first))
            .set("replaced_by", use_instead.as_deref())
            .set(
                "replaced_by_kind",
                use_instead.as_ref().map(|_| component.kind.as_str()),
            ),
        ComponentFate::OtherDistribution { available_in } => builder.set(
            "other_distributions",
            texts(available_in.iter().map(|distribution| distribution.as_str())),
        ),
        ComponentFate::NeverKnown { did_you_mean } => builder.set("did_you_mean", did_you_mean.as_deref()),
        ComponentFate::Undecided { .. } => builder,
    }
}

fn meaning_columns(builder: RowBuilder, maker: &Maker<'_>, component: &Component) -> RowBuilder {
    match component.kind {
        ComponentKind::Processor if component.type_name == "memory_limiter" => {
            builder.set("memory_limiter", memory_limiter(maker, component))
        }
        ComponentKind::Exporter => {
            let section = maker.tables.keys(component.kind, &component.type_name);
            let has = |key: &str| {
                component.config.get(key).is_some() || section.is_some_and(|section| section.find(&[key]).is_some())
            };
            builder
                .set("timeout", timeout(component))
                .set(
                    "retry",
                    if has("retry_on_failure") {
                        retry(component)
                    } else {
                        Cell::default()
                    },
                )
                .set(
                    "queue",
                    if has("sending_queue") {
                        queue(component)
                    } else {
                        Cell::default()
                    },
                )
        }
        _ => builder,
    }
}

fn timeout(component: &Component) -> Cell {
    match component.config.get("timeout").filter(|cell| !cell.is_null()) {
        Some(cell) => seconds_of(cell),
        None => match component.canonical.as_str() {
            "otlp_grpc" => Value::Float(5.0).into(),
            "otlp_http" => Value::Float(30.0).into(),
            _ => Cell::default(),
        },
    }
}

/// Returns a key as written, or a default when it is not set.
fn value_or(block: Option<&Cell>, key: &str, default: impl Into<Cell>) -> Cell {
    let written = block.and_then(|block| block.get(key)).filter(|cell| !cell.is_null());
    written.cloned().unwrap_or_else(|| default.into())
}

/// Returns a block; an unknown one makes its whole record unknown.
fn block<'a>(component: &'a Component, key: &str) -> Result<Option<&'a Cell>, Cell> {
    match component.config.get(key) {
        Some(cell) if cell.unknown_reason().is_some() => Err(cell.clone()),
        cell => Ok(cell),
    }
}

fn retry(component: &Component) -> Cell {
    let written = match block(component, "retry_on_failure") {
        Ok(written) => written,
        Err(unknown) => return unknown,
    };
    record([
        ("enabled", value_or(written, "enabled", true)),
        ("initial_interval", seconds_or(written, "initial_interval", 5.0)),
        ("max_interval", seconds_or(written, "max_interval", 30.0)),
        ("max_elapsed_time", seconds_or(written, "max_elapsed_time", 300.0)),
    ])
}

fn queue(component: &Component) -> Cell {
    let written = match block(component, "sending_queue") {
        Ok(written) => written,
        Err(unknown) => return unknown,
    };
    let batch = written.and_then(|written| written.get("batch"));
    let batch_is_off = matches!(value_or(batch, "enabled", true).value, Value::Bool(false));
    let has_batch = match batch {
        Some(batch) if batch.unknown_reason().is_some() => batch.clone(),
        Some(batch) => Cell::from(!batch.is_null() && !batch_is_off),
        None => Cell::from(false),
    };
    record([
        ("enabled", value_or(written, "enabled", true)),
        ("queue_size", value_or(written, "queue_size", 1000_i64)),
        ("num_consumers", value_or(written, "num_consumers", 10_i64)),
        ("sizer", value_or(written, "sizer", "requests")),
        ("storage", value_or(written, "storage", Cell::default())),
        ("wait_for_result", value_or(written, "wait_for_result", false)),
        ("block_on_overflow", value_or(written, "block_on_overflow", false)),
        ("has_batch", has_batch),
        ("batch_min_size", value_or(batch, "min_size", Cell::default())),
        ("batch_max_size", value_or(batch, "max_size", Cell::default())),
        ("batch_sizer", value_or(batch, "sizer", Cell::default())),
    ])
}

fn memory_limiter(maker: &Maker<'_>, component: &Component) -> Cell {
    let config = &component.config;
    if config.unknown_reason().is_some() {
        return config.clone();
    }
    // What is no number counts as not set: its type is another fault.
    let number = |key: &str| match config.get(key) {
        Some(cell) if matches!(cell.value, Value::Int(_) | Value::Unknown(_)) => cell.clone(),
        _ => Cell::from(0_i64),
    };
    let container_limit = match maker.run {
        Some((_, container)) => container.memory_limit.clone(),
        None => Cell::unknown("no container at hand runs the configuration"),
    };
    let check_interval = match seconds_or(Some(config), "check_interval", 0.0) {
        cell if cell.is_null() => Value::Float(0.0).into(),
        cell => cell,
    };
    record([
        ("check_interval", check_interval),
        ("limit_mib", number("limit_mib")),
        ("spike_limit_mib", number("spike_limit_mib")),
        ("limit_percentage", number("limit_percentage")),
        ("spike_limit_percentage", number("spike_limit_percentage")),
        (
            "limit_bytes",
            limit_bytes(&number("limit_mib"), &number("limit_percentage"), &container_limit),
        ),
        ("container_memory_limit", container_limit),
    ])
}

/// `limit_mib` wins over `limit_percentage`.
fn limit_bytes(mib: &Cell, percentage: &Cell, container: &Cell) -> Cell {
    match (&mib.value, &percentage.value, &container.value) {
        (Value::Unknown(_), _, _) => mib.clone(),
        (Value::Int(mib @ 1..), _, _) => Cell::from(mib.saturating_mul(1 << 20)),
        (_, Value::Unknown(_), _) => percentage.clone(),
        (_, Value::Int(percentage @ 1..), Value::Int(bytes)) => Cell::from(bytes / 100 * percentage),
        (_, Value::Int(1..), Value::Unknown(_)) => container.clone(),
        (_, Value::Int(1..), _) => {
            Cell::unknown("the container has no memory limit, so that the memory of the node counts")
        }
        _ => Cell::default(),
    }
}

fn reference_rows(facts: &mut Facts, maker: &Maker<'_>, links: &[Arc<Cell>]) {
    let collector = maker.collector;
    let link = |index: usize| links.get(index).map(Cell::link).unwrap_or_default();
    for reference in &collector.side_references {
        let extension = maker.component(reference.extension);
        let unknown = reference
            .id
            .unknown_reason()
            .or_else(|| collector.config.get("extensions").and_then(Cell::unknown_reason));
        let or_unknown = |value: Option<bool>, reason: Option<&Arc<str>>| match (value, reason) {
            (Some(true), _) | (Some(false), None) => Cell::from(value),
            (_, Some(reason)) => Cell::unknown(reason.clone()),
            (None, None) => Cell::from(false),
        };
        let enabled = extension.map_or(Some(false), |extension| extension.enabled);
        let enabled_unknown = unknown.or_else(|| extension.and_then(|extension| extension.use_unknown.as_ref()));
        let id = reference.id.text().unwrap_or_default();
        let candidates = collector
            .components
            .iter()
            .filter(|component| component.kind == ComponentKind::Extension);
        let meant = nearest(id, candidates.map(|component| component.id.as_str()));
        let row = RowBuilder::new("extension_refs")
            .set("component", link(reference.component))
            .set("role", reference.role)
            .set("path", reference.path.as_str())
            .set("id", reference.id.clone())
            .set("defined", or_unknown(Some(extension.is_some()), unknown))
            .set("enabled", or_unknown(enabled, enabled_unknown))
            .set("type", id.split('/').next())
            .set("did_you_mean", meant.filter(|_| extension.is_none()))
            .set("extension", reference.extension.map(link).unwrap_or_default())
            .set(
                "wrong_side",
                wrong_side(maker.component(Some(reference.component)), extension, reference.role),
            )
            .set("collector", maker.collector_link());
        let place = reference.id.place.clone();
        facts.push(
            "extension_refs",
            row.build_at(&maker.about_at(place.as_ref(), None), place),
        );
    }
}

/// Exporters that call somebody, and receivers that are called: others may be the other way round.
const CALLING: [&str; 5] = [
    "otlp_grpc",
    "otlp_http",
    "load_balancing",
    "zipkin",
    "prometheusremotewrite",
];
const CALLED: [&str; 3] = ["otlp", "jaeger", "zipkin"];
/// Authenticators that only sign what goes out, and those that only check what comes in.
const SIGNING: [&str; 4] = ["oauth2client", "sigv4auth", "headers_setter", "asapclient"];
const CHECKING: [&str; 1] = ["oidc"];

/// Returns the side on which an authenticator stands and cannot work: `client` or `server`.
fn wrong_side(component: Option<&Component>, extension: Option<&Component>, role: &str) -> Option<&'static str> {
    let (component, extension) = (component?, extension?);
    let has = |key: &str| extension.config.get(key).is_some_and(|cell| !cell.is_null());
    // `open-telemetry/opentelemetry-collector-contrib@v0.161.0:extension/basicauthextension/factory.go`
    let (signs, checks) = match extension.canonical.as_str() {
        "basicauth" => (has("client_auth"), has("htpasswd")),
        kind => (SIGNING.contains(&kind), CHECKING.contains(&kind)),
    };
    let canonical = component.canonical.as_str();
    match component.kind {
        _ if role != "authenticator" || signs == checks => None,
        ComponentKind::Exporter if CALLING.contains(&canonical) => checks.then_some("client"),
        ComponentKind::Receiver if CALLED.contains(&canonical) => signs.then_some("server"),
        _ => None,
    }
}
