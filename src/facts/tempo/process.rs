//! The row of one Tempo process.

use super::{Owner, as_int, as_text, identity, namespace_cell, release_words, texts, topic};
use crate::evidence::{Cell, Fields, Value};
use crate::facts::{RowBuilder, record};
use crate::releases::{Basis, Version};
use crate::topology::service::{TargetNumber, port_number};
use crate::topology::tempo::{ConfigState, OverridesFormat, Tempo, TenantFile};
use crate::topology::workload::same_namespace;

const BACKENDS: [&str; 4] = ["local", "s3", "gcs", "azure"];

pub(super) fn row(owner: &Owner<'_>) -> RowBuilder {
    let tempo = owner.tempo;
    let settings = tempo.settings();
    let http_port = settings.http_port();
    let modules = tempo.targets.modules.as_ref();
    let row = RowBuilder::new("tempos")
        .set("name", tempo.reference.name.as_str())
        .set("kind", tempo.reference.kind.as_str())
        .set("namespace", namespace_cell(&tempo.namespace))
        .set("config", tempo.config.clone())
        .set("config_state", tempo.state.as_str())
        .set(
            "config_file",
            tempo.arguments.get("config.file").cloned().unwrap_or_default(),
        )
        .set("release", release_words(&tempo.release))
        .set("release_basis", basis(&tempo.release.basis))
        .set("target", tempo.targets.target.clone())
        .set("target_known", tempo.targets.known.clone())
        .set(
            "targets",
            match modules {
                Some(modules) => {
                    let modules = modules.iter().map(|module| Cell::from(module.as_str()));
                    Cell::from(modules.collect::<Vec<_>>()).at(&tempo.targets.target)
                }
                None => Cell::unknown(tempo.targets.reason.clone()),
            },
        )
        .set("multitenancy", settings.multitenancy())
        .set(
            "http_port_written",
            written(&settings.at(&["server", "http_listen_port"])),
        )
        .set("http_listens", http_listens(owner, &http_port))
        .set("http_port", as_int(&http_port))
        .set("http_prefix", default_text(settings.at(&["http_api_prefix"]), ""))
        .set("http_tls", settings.http_tls())
        .set("query_path", settings.query_path())
        .set("grpc_port", as_int(&settings.grpc_port()))
        .set("has_distributor", tempo.targets.runs_cell("distributor"))
        .set("receivers", receivers(owner))
        .set(
            "receivers_written",
            receivers_written(&settings.at(&["distributor", "receivers"])),
        )
        .set("retention_seconds", settings.retention_seconds());
    let expand_env = match (tempo.expand_env, &tempo.state) {
        (Some(expand), _) => expand.into(),
        (None, ConfigState::Operator) => Cell::unknown("the operator chooses it"),
        (None, _) => Cell::unknown("the command line cannot be seen"),
    };
    let replicas = owner.workload.and_then(|workload| workload.replicas);
    row.set("expand_env", expand_env)
        .set("storage_backend", settings.at(&["storage", "trace", "backend"]))
        .set("storage", storage(owner))
        .set("generator", generator(owner))
        .set("overrides", overrides(owner))
        .set("limits", limits(owner))
        .set("query", query(owner))
        .set("cluster", cluster(owner))
        .set("replicas", replicas)
        .set(
            "labels",
            owner
                .workload
                .map(|workload| workload.pod_labels.clone())
                .unwrap_or_default(),
        )
        .set(
            "container",
            owner.container_row.as_ref().map(Cell::link).unwrap_or_default(),
        )
        .set(
            "workload",
            owner.workload_row.as_ref().map(Cell::link).unwrap_or_default(),
        )
}

fn basis(basis: &Basis) -> &'static str {
    match basis {
        Basis::Program => "program",
        Basis::ImageTag(_) => "image",
        Basis::AssumedNewest => "assumed_newest",
        Basis::User => "user",
        Basis::Configuration => "configuration",
        Basis::Unknown(_) => "unknown",
    }
}

fn written(cell: &Cell) -> Cell {
    match cell.unknown_reason() {
        Some(reason) => Cell::unknown(reason.clone()),
        None => Cell::from(!cell.is_null()).at(cell),
    }
}

fn receivers_written(cell: &Cell) -> Cell {
    match cell.unknown_reason() {
        Some(reason) => Cell::unknown(reason.clone()),
        None => Cell::from(cell.fields().is_some_and(|fields: &Fields| !fields.is_empty())).at(cell),
    }
}

fn default_text(cell: Cell, default: &str) -> Cell {
    match cell.is_null() {
        true => default.into(),
        false => as_text(&cell),
    }
}

/// Whether the port of the API is one that the container or a Service declares.
fn http_listens(owner: &Owner<'_>, port: &Cell) -> Cell {
    let (Some(container), Some(workload)) = (owner.container, owner.tempo.workload) else {
        return Cell::default();
    };
    let Some(number) = port_number(port) else {
        return Cell::unknown(
            port.unknown_reason()
                .map_or_else(|| "the port is no number".to_owned(), ToString::to_string),
        );
    };
    let declared = container.cell.get("ports").map_or(&[][..], Cell::items);
    let declared = declared
        .iter()
        .filter_map(|port| port.get("containerPort"))
        .filter_map(port_number);
    let services = owner
        .parts
        .services
        .iter()
        .filter(|service| service.selects.contains(&workload));
    let targets = services.flat_map(|service| {
        service
            .ports
            .iter()
            .filter_map(|port| match service.target_number(port, owner.parts.workloads) {
                TargetNumber::Number(number) => Some(number),
                _ => None,
            })
    });
    let ports: Vec<u16> = declared.chain(targets).collect();
    match ports.is_empty() {
        true => Cell::default(),
        false => ports.contains(&number).into(),
    }
}

fn receivers(owner: &Owner<'_>) -> Cell {
    let tempo = owner.tempo;
    if let Some(reason) = tempo.config.unknown_reason() {
        return Cell::unknown(reason.clone());
    }
    let listening = tempo.receivers.iter().filter(|receiver| receiver.listens);
    let names = listening.map(|receiver| Cell::from(receiver.protocol.as_str()).at(&receiver.cell));
    names.collect::<Vec<_>>().into()
}

fn is_said_twice(owner: &Owner<'_>) -> bool {
    owner
        .tempo
        .problems
        .iter()
        .any(|problem| problem.kind == "duplicate_key")
}

fn storage(owner: &Owner<'_>) -> Cell {
    let settings = owner.tempo.settings();
    let trace = |keys: &[&str]| {
        let path: Vec<&str> = ["storage", "trace"].into_iter().chain(keys.iter().copied()).collect();
        settings.at(&path)
    };
    let backend = trace(&["backend"]);
    let endpoint = trace(&["s3", "endpoint"]);
    let known = match (backend.text(), backend.unknown_reason()) {
        (Some(name), _) => Cell::from(BACKENDS.contains(&name)).at(&backend),
        (None, Some(reason)) => Cell::unknown(reason.clone()),
        // Of two keys of one name nobody knows which is meant: Tempo reads neither.
        (None, None) if is_said_twice(owner) => {
            Cell::unknown("the configuration holds a key twice and is refused as a whole")
        }
        // What a file that is not there would say is not known.
        (None, None) if owner.tempo.state != ConfigState::Found => Cell::unknown("no configuration is at hand"),
        (None, None) if owner.tempo.workload.is_none() => {
            Cell::unknown("no container at hand shows whether -storage.trace.backend is given")
        }
        (None, None) => false.into(),
    };
    let has_scheme = match (endpoint.text(), endpoint.unknown_reason()) {
        (Some(text), _) => Cell::from(text.contains("://")).at(&endpoint),
        (None, Some(reason)) => Cell::unknown(reason.clone()),
        (None, None) => false.into(),
    };
    record([
        ("durable", durable(owner, &backend)),
        ("identity_fault", identity::missing(owner)),
        ("backend_known", known),
        ("backend", backend),
        ("block_version", trace(&["block", "version"])),
        ("block_version_accepted", settings.block_version_accepted()),
        ("cache", trace(&["cache"])),
        ("blocklist_poll_seconds", settings.blocklist_poll_seconds()),
        ("s3", trace(&["s3"])),
        ("s3_endpoint_has_scheme", has_scheme),
        ("s3_endpoint", endpoint),
        ("s3_bucket", trace(&["s3", "bucket"])),
        ("s3_insecure", settings.switch(&["storage", "trace", "s3", "insecure"])),
    ])
}

/// Whether finished blocks outlive the pod.
fn durable(owner: &Owner<'_>, backend: &Cell) -> Cell {
    match (backend.text(), backend.unknown_reason()) {
        (Some("local"), _) => {
            let blocks = owner.tempo.paths.iter().find(|path| path.purpose == "blocks");
            match blocks {
                Some(blocks) => blocks.persistent.clone(),
                None => Cell::unknown("no container that keeps blocks is at hand"),
            }
        }
        (Some(_), _) => Cell::from(true).at(backend),
        (None, Some(reason)) => Cell::unknown(reason.clone()),
        (None, None) => false.into(),
    }
}

fn generator(owner: &Owner<'_>) -> Cell {
    let tempo = owner.tempo;
    let generator = &tempo.generator;
    let unknown = tempo
        .config
        .unknown_reason()
        .map(|reason| Cell::unknown(reason.clone()));
    let mut names: Vec<Cell> = Vec::new();
    for name in &generator.names {
        if !names.iter().any(|other| other.text() == name.name.text()) {
            names.push(name.name.clone());
        }
    }
    let urls = generator
        .remote_writes
        .iter()
        .map(|target| target.url.clone())
        .filter(|url| !url.is_null());
    let urls = Cell::from(urls.collect::<Vec<_>>());
    let has_remote_write = Cell::from(!generator.remote_writes.is_empty());
    let or_unknown = |cell: Cell| unknown.clone().unwrap_or(cell);
    record([
        ("configured", generator.configured.clone()),
        ("has_storage_path", generator.has_storage_path.clone()),
        ("storage_path", generator.storage_path.clone()),
        ("has_remote_write", or_unknown(has_remote_write)),
        ("remote_write_urls", or_unknown(urls)),
        ("has_traces_storage", generator.has_traces_storage.clone()),
        ("traces_storage_path", generator.traces_storage_path.clone()),
        ("processors", or_unknown(names.into())),
        ("default_processors", generator.processors.clone()),
        ("processors_known", generator.unknown.is_none().into()),
        ("has_processors", generator.has_any()),
        ("service_graphs", generator.has(&["service-graphs"])),
        (
            "span_metrics",
            generator.has(&[
                "span-metrics",
                "span-metrics-count",
                "span-metrics-latency",
                "span-metrics-size",
            ]),
        ),
        ("local_blocks", generator.has(&["local-blocks"])),
        ("flush_to_storage", generator.flush_to_storage.clone()),
        ("filter_server_spans", generator.filter_server_spans.clone()),
        ("ring_store", generator.ring_store.clone()),
        ("slack_seconds", tempo.settings().generator_slack_seconds()),
        ("runs_here", generator.runs_here.clone()),
    ])
}

fn overrides(owner: &Owner<'_>) -> Cell {
    let tempo = owner.tempo;
    let overrides = &tempo.overrides;
    let settings = tempo.settings();
    let unknown = tempo
        .config
        .unknown_reason()
        .map(|reason| Cell::unknown(reason.clone()));
    let block = settings.at(&["overrides"]);
    let (state, tenants) = match &overrides.tenant_file {
        TenantFile::None => (Cell::from("none"), Cell::from(Vec::new())),
        TenantFile::Missing(_) => (Cell::from("missing").at(&overrides.tenant_path), Cell::from(Vec::new())),
        TenantFile::Unknown(reason) => (Cell::unknown(reason.clone()), Cell::unknown(reason.clone())),
        TenantFile::Found(file) => {
            let names = file.get("overrides").and_then(Cell::fields).into_iter().flatten();
            let names = names.map(|(name, limits)| Cell::from(name.clone()).at(limits));
            (
                Cell::from("found").at(&overrides.tenant_path),
                names.collect::<Vec<_>>().into(),
            )
        }
    };
    record([
        (
            "format",
            unknown
                .clone()
                .unwrap_or_else(|| Cell::from(overrides.format.as_str()).at(&block)),
        ),
        ("present", written(&block)),
        ("has_defaults", written(&settings.at(&["overrides", "defaults"]))),
        (
            "legacy_allowed",
            match overrides.legacy_allowed {
                Some(allowed) => allowed.into(),
                None => Cell::unknown("the arguments of Tempo cannot be seen"),
            },
        ),
        (
            "user_configurable",
            unknown.unwrap_or_else(|| overrides.user_configurable.into()),
        ),
        ("tenant_file", overrides.tenant_path.clone()),
        ("tenant_file_state", state),
        (
            "tenant_format",
            overrides.tenant_format.map(OverridesFormat::as_str).into(),
        ),
        ("tenants", tenants),
        ("compaction_disabled", tempo.compaction_disabled()),
    ])
}

fn limits(owner: &Owner<'_>) -> Cell {
    let settings = owner.tempo.settings();
    let three = Version::new(3, 0, 0);
    let always = |value| [(Version::ZERO, value)];
    let changed = |old, new| [(Version::ZERO, old), (three, new)];
    record([
        (
            "rate_limit_bytes",
            as_int(&settings.limit(
                "distributor.ingestion-rate-limit-bytes",
                &["ingestion", "rate_limit_bytes"],
                &changed(15_000_000, 30_000_000),
            )),
        ),
        (
            "burst_size_bytes",
            as_int(&settings.limit(
                "distributor.ingestion-burst-size-bytes",
                &["ingestion", "burst_size_bytes"],
                &changed(20_000_000, 30_000_000),
            )),
        ),
        (
            "max_traces_per_user",
            as_int(&settings.limit(
                "ingester.max-traces-per-user",
                &["ingestion", "max_traces_per_user"],
                &always(10_000),
            )),
        ),
        (
            "max_bytes_per_trace",
            as_int(&settings.limit(
                "ingester.max-bytes-per-trace",
                &["global", "max_bytes_per_trace"],
                &always(5_000_000),
            )),
        ),
    ])
}

/// A limit of reads, or unknown when tenants have their own.
fn unless_tenants_set(owner: &Owner<'_>, key: &str, limit: Cell) -> Cell {
    match owner.tempo.overrides.tenants_with(&["read", key]) {
        Err(reason) => Cell::unknown(reason),
        Ok(0) => limit,
        Ok(_) => Cell::unknown("tenants have limits of their own"),
    }
}

fn query(owner: &Owner<'_>) -> Cell {
    let settings = owner.tempo.settings();
    record([
        (
            "search_max_seconds",
            unless_tenants_set(owner, "max_search_duration", settings.search_max_seconds()),
        ),
        (
            "metrics_max_seconds",
            unless_tenants_set(owner, "max_metrics_duration", settings.metrics_max_seconds()),
        ),
        (
            "metrics_backend_after_seconds",
            settings.metrics_backend_after_seconds(),
        ),
        ("end_cutoff_seconds", settings.query_end_cutoff_seconds()),
        (
            "frontend_address",
            settings.at(&["querier", "frontend_worker", "frontend_address"]),
        ),
    ])
}

/// How many partitions that live-stores at hand own are read by none of the pods of a block-builder, when its pods count alone: pod N reads from
/// partition N times `partitions_per_instance` on (`grafana/tempo@v3.0.3:modules/blockbuilder/config.go`), and live-store N owns partition N.
fn partitions_left(owner: &Owner<'_>) -> Cell {
    let topic = |tempo: &Tempo| {
        ["address", "topic"].map(|key| tempo.settings().at(&["ingest", "kafka", key]).text().map(str::to_owned))
    };
    let own_topic = topic(owner.tempo);
    let is_beside = |other: &&Tempo, target: &str| {
        other.targets.target.text() == Some(target)
            && same_namespace(&other.namespace, &owner.tempo.namespace) == Some(true)
            && topic(other) == own_topic
    };
    let pods = |tempo: &Tempo| {
        owner
            .parts
            .workloads
            .get(tempo.workload?)?
            .replicas
            .filter(|pods| *pods > 0)
    };
    let all = || owner.parts.tempos.iter();
    let per_pod = owner.tempo.settings().at(&["block_builder", "partitions_per_instance"]);
    let assigned = owner.tempo.settings().at(&["block_builder", "assigned_partitions"]);
    let (Value::Int(per_pod), true) = (per_pod.value, assigned.is_null()) else {
        return Cell::default();
    };
    let is_one = owner.tempo.targets.target.text() == Some("block-builder")
        && all().filter(|other| is_beside(other, "block-builder")).count() == 1;
    let stores: Option<Vec<i64>> = all().filter(|other| is_beside(other, "live-store")).map(pods).collect();
    match (
        is_one,
        pods(owner.tempo),
        stores.and_then(|stores| stores.into_iter().max()),
    ) {
        (true, Some(pods), Some(owned)) => (owned - pods.saturating_mul(per_pod)).max(0).into(),
        _ => Cell::default(),
    }
}

fn cluster(owner: &Owner<'_>) -> Cell {
    let settings = owner.tempo.settings();
    let partitions = [
        settings.at(&["block_builder", "partitions_per_instance"]),
        settings.at(&["block_builder", "assigned_partitions"]),
    ];
    let partitions_set = match partitions.iter().find_map(Cell::unknown_reason) {
        Some(reason) => Cell::unknown(reason.clone()),
        None => partitions.iter().any(|cell| !matches!(cell.value, Value::Null)).into(),
    };
    record([
        ("join_members", texts(&settings.at(&["memberlist", "join_members"]))),
        (
            "replication_factor",
            as_int(&settings.at(&["ingester", "lifecycler", "ring", "replication_factor"])),
        ),
        (
            "scheduler_address",
            settings.at(&["backend_worker", "backend_scheduler_addr"]),
        ),
        ("kafka_address", settings.at(&["ingest", "kafka", "address"])),
        ("kafka_topic", settings.at(&["ingest", "kafka", "topic"])),
        ("kafka_topic_written", topic::written_elsewhere(owner).into()),
        ("partitions_set", partitions_set),
        ("partitions_left", partitions_left(owner)),
        (
            "complete_block_timeout_seconds",
            settings.complete_block_timeout_seconds(),
        ),
    ])
}
