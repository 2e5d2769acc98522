//! Finds Tempo processes and their configuration.
//!
//! A container is a Tempo by its image, or, under an image that nobody knows, by the file that its `-config.file` names. A ConfigMap that
//! nothing mounts is one by what it holds: `distributor.receivers` or `storage.trace`.

use super::arguments::{self, Arguments};
use super::image_file;
use super::overrides::{self, TenantFile};
use super::running;
use super::settings::Settings;
use super::substitute::{self, Expansion};
use super::targets::{self, Targets};
use super::{ConfigProblem, ConfigState, Tempo, generator, keys, made, paths, receivers, values};
use crate::evidence::cell::Fields;
use crate::evidence::document::Document;
use crate::evidence::{Cell, Evidence, Place, PlainKind, Resource, ResourceReference, Schema, Text, Value};
use crate::releases::{Basis, Program, Release, ReleaseSpan, Version};
use crate::topology::workload::{Container, FileLookup, Namespace, Workload, file_at, namespace_of};
use std::collections::HashSet;
use std::sync::Arc;

/// A configuration file is not longer than this by far.
const LONGEST: usize = 4 << 20;

pub(super) fn tempos(evidence: &Evidence, workloads: &[Workload]) -> Vec<Tempo> {
    let mut found = Vec::new();
    let mut read: HashSet<(ResourceReference, Option<Arc<str>>)> = HashSet::new();
    for (index, workload) in workloads.iter().enumerate() {
        for (position, container) in workload.containers.iter().enumerate() {
            if container.init || workload.passing {
                continue;
            }
            if let Some(source) = recognised(evidence, workload, container) {
                read.extend(
                    source
                        .text
                        .as_ref()
                        .map(|text| ((*text.resource).clone(), text.key.clone())),
                );
                let home = Home::Container {
                    workload,
                    container,
                    indexes: (index, position),
                };
                found.push(build(evidence, &home, source));
            }
        }
    }
    for resource in evidence.resources.iter().filter(|resource| is_operators(resource)) {
        found.push(build(evidence, &Home::Operator(resource), operator_source()));
    }
    for resource in evidence.resources.of_kind("ConfigMap") {
        let data = resource.at(&["data"]);
        for (key, value) in data.fields().into_iter().flatten() {
            let is_read = read.contains(&((*resource.reference).clone(), Some(key.clone())));
            if is_read || !value.text().is_some_and(may_be_tempo) {
                continue;
            }
            let Some(text) = value.embed(Some(key)) else {
                continue;
            };
            let source = parse(text, None, true);
            if looks_like_tempo(&source.config) {
                found.push(build(evidence, &Home::ConfigMap(resource, &data), source));
            }
        }
    }
    for file in evidence.files.iter().filter(|file| file.kind == PlainKind::Tempo) {
        if let Some(document) = &file.document {
            let source = from_document(document.clone(), None);
            found.push(build(evidence, &Home::File(&document.text.resource), source));
        }
    }
    found
}

/// Where a Tempo was found.
enum Home<'a> {
    Container {
        workload: &'a Workload,
        container: &'a Container,
        indexes: (usize, usize),
    },
    Operator(&'a Resource),
    ConfigMap(&'a Resource, &'a Cell),
    File(&'a Arc<ResourceReference>),
}

impl Home<'_> {
    fn container(&self) -> Option<(&Workload, &Container)> {
        match self {
            Home::Container {
                workload, container, ..
            } => Some((workload, container)),
            _ => None,
        }
    }

    fn reference(&self) -> &Arc<ResourceReference> {
        match self {
            Home::Container { workload, .. } => &workload.reference,
            Home::Operator(resource) | Home::ConfigMap(resource, _) => &resource.reference,
            Home::File(reference) => reference,
        }
    }
}

/// A configuration as it was found.
struct Source {
    arguments: Arguments,
    state: ConfigState,
    config: Cell,
    text: Option<Arc<Text>>,
    problems: Vec<ConfigProblem>,
}

fn is_operators(resource: &Resource) -> bool {
    resource.group() == "tempo.grafana.com" && matches!(resource.kind(), "TempoStack" | "TempoMonolithic")
}

fn operator_source() -> Source {
    Source {
        arguments: Arguments::default(),
        state: ConfigState::Operator,
        config: Cell::unknown("the operator makes the configuration, which is not in the given files"),
        text: None,
        problems: Vec::new(),
    }
}

/// Returns the configuration of a container that is a Tempo, `None` for any other.
fn recognised(evidence: &Evidence, workload: &Workload, container: &Container) -> Option<Source> {
    let program = container.program.as_ref().map(|known| known.program);
    if program.is_some_and(|program| program != Program::Tempo) {
        return None;
    }
    let is_known = program.is_some();
    let arguments = arguments::read(container);
    if !is_known && arguments.get("config.file").is_none() {
        return None;
    }
    let source = configuration(evidence, workload, container, arguments);
    (is_known || looks_like_tempo(&source.config)).then_some(source)
}

fn configuration(evidence: &Evidence, workload: &Workload, container: &Container, arguments: Arguments) -> Source {
    let mut source = Source {
        state: ConfigState::NotGiven,
        config: Cell::default(),
        text: None,
        problems: Vec::new(),
        arguments,
    };
    let Some(file) = source.arguments.get("config.file").cloned() else {
        if let Some(reason) = &source.arguments.unknown {
            source.config = Cell::unknown(reason.clone());
            source.state = ConfigState::Unknown(reason.clone());
        }
        return source;
    };
    let Some(path) = file.text().map(str::to_owned) else {
        let reason = file
            .unknown_reason()
            .map_or("the path is no text", |reason| reason)
            .to_owned();
        source.config = Cell::unknown(reason.clone()).at(&file);
        source.state = ConfigState::Unknown(reason);
        return source;
    };
    match file_at(evidence, workload, container, &path) {
        FileLookup::Text { text, .. } => {
            let parsed = parse(
                text,
                Some(&path),
                source.arguments.is_on("config.expand-env") != Some(false),
            );
            Source {
                arguments: source.arguments,
                ..parsed
            }
        }
        FileLookup::Absent { reason, present, .. } => {
            source.problems.push(ConfigProblem {
                kind: "missing_file",
                message: format!("there is no {path}: {reason}"),
                hint: None,
                file: Some(path),
                present,
                place: file.place.clone(),
            });
            source.config = Cell::unknown(reason.clone()).at(&file);
            source.state = ConfigState::Missing(reason);
            source
        }
        FileLookup::Unknown(reason) => {
            if let Some(missing) = image_file::missing(evidence, workload, container, &path) {
                let meant = missing.meant.map(|meant| format!("a mount has {meant}"));
                source.problems.push(ConfigProblem {
                    kind: "missing_file",
                    message: format!("there is no {path}: {}", missing.reason),
                    hint: meant,
                    file: Some(path),
                    present: missing.present,
                    place: file.place.clone(),
                });
                source.config = Cell::unknown(missing.reason.clone()).at(&file);
                source.state = ConfigState::Missing(missing.reason);
                return source;
            }
            source.config = Cell::unknown(reason.clone()).at(&file);
            source.state = ConfigState::Unknown(reason);
            source
        }
    }
}

/// Parses a file; `is_expanded` tells whether variables may be put into its text before, as Tempo does (`grafana/tempo@v2.9.2:cmd/tempo/main.go`).
fn parse(text: Arc<Text>, path: Option<&str>, is_expanded: bool) -> Source {
    if text.content.len() > LONGEST {
        let reason = "the file is too long".to_owned();
        return unreadable(&text, "syntax", reason, None, 0, path);
    }
    match Document::parse(text.clone()) {
        Ok(document) => from_document(Arc::new(document), path),
        // A `${NAME}` may stand for more than a value, and YAML has it otherwise in braces and brackets.
        Err(_) if is_expanded && text.content.contains("${") => {
            if let Some(source) = with_placeholders(&text, path) {
                return source;
            }
            let reason: Arc<str> = "variables are put into the text of the configuration before it is read".into();
            Source {
                arguments: Arguments::default(),
                config: Cell::unknown(reason.clone()).placed(Place::in_text(&text, 0..0)),
                state: ConfigState::Unknown(reason.to_string()),
                text: Some(text),
                problems: Vec::new(),
            }
        }
        Err(error) => unreadable(&text, "syntax", error.message, error.hint, error.offset, path),
    }
}

/// Reads a text that is YAML but for placeholders, which stand for values alone; `None` when they may stand for more.
fn with_placeholders(text: &Arc<Text>, path: Option<&str>) -> Option<Source> {
    let masked = Text {
        content: substitute::masked(&text.content)?.into(),
        origin: text.origin.clone(),
        resource: text.resource.clone(),
        key: text.key.clone(),
        secret: text.secret,
    };
    let mut document = Document::parse(Arc::new(masked)).ok()?;
    // Every byte stands where it stood.
    document.text = text.clone();
    let source = from_document(Arc::new(document), path);
    Some(Source {
        config: substitute::unmasked(&source.config)?,
        ..source
    })
}

fn unreadable(
    text: &Arc<Text>,
    kind: &'static str,
    message: String,
    hint: Option<String>,
    offset: usize,
    path: Option<&str>,
) -> Source {
    let place = Arc::new(Place::in_text(text, offset..offset));
    Source {
        arguments: Arguments::default(),
        state: ConfigState::Invalid,
        config: Cell::unknown("the configuration cannot be parsed").placed(Place::in_text(text, offset..offset)),
        text: Some(text.clone()),
        problems: vec![ConfigProblem {
            kind,
            message,
            hint,
            file: path.map(str::to_owned),
            present: Vec::new(),
            place: Some(place),
        }],
    }
}

fn from_document(document: Arc<Document>, path: Option<&str>) -> Source {
    let root = document.root();
    let config = Cell::from_node(&document, root, Schema::Configuration, "");
    if !config.is_null() && config.fields().is_none() {
        let message = "the file holds no mapping".to_owned();
        let offset = document.node(root).span.start;
        return unreadable(&document.text, "not_a_mapping", message, None, offset, path);
    }
    let config = without_doubled(&document, config);
    let duplicates = document.duplicate_keys().into_iter().map(|(_, later)| ConfigProblem {
        kind: "duplicate_key",
        message: format!("key {} is there twice", document.text_of(later).unwrap_or_default()),
        hint: Some("remove one of the two".to_owned()),
        file: path.map(str::to_owned),
        present: Vec::new(),
        place: Some(Arc::new(
            document.place(later, document.text_of(later).unwrap_or_default()),
        )),
    });
    Source {
        arguments: Arguments::default(),
        state: ConfigState::Found,
        problems: duplicates.collect(),
        text: Some(document.text.clone()),
        config,
    }
}

/// Returns the configuration with sections that stand twice unknown: the file is refused, and neither of the two is what Tempo reads.
fn without_doubled(document: &Document, config: Cell) -> Cell {
    let top: HashSet<_> = document
        .entries(document.root())
        .iter()
        .map(|(_, key, _)| *key)
        .collect();
    let doubled = document.duplicate_keys();
    let doubled = doubled
        .iter()
        .filter(|(first, later)| top.contains(first) || top.contains(later));
    let Some(mut fields) = config.fields().cloned() else {
        return config;
    };
    for (first, _) in doubled {
        let name = document.text_of(*first).unwrap_or_default();
        if let Some(section) = fields.get_mut(name) {
            *section = Cell::unknown(format!("{name} is there twice")).at(section);
        }
    }
    Cell {
        value: Value::Map(Arc::new(fields)),
        ..config
    }
}

/// A look at the text, so that not every ConfigMap of a cluster is parsed.
fn may_be_tempo(text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    text.len() <= LONGEST && ((has("storage") && has("trace")) || (has("distributor") && has("receivers")))
}

fn looks_like_tempo(config: &Cell) -> bool {
    let is_mapping = |path: &[&str]| config.path(path).is_some_and(|cell| cell.fields().is_some());
    is_mapping(&["distributor", "receivers"]) || is_mapping(&["storage", "trace"])
}

fn build(evidence: &Evidence, home: &Home<'_>, source: Source) -> Tempo {
    let Source {
        arguments,
        state,
        config,
        text,
        mut problems,
    } = source;
    let mut assumptions = Vec::new();
    let release = release_of(evidence, home, &config, &mut problems);
    let expand_env = match home {
        Home::Container { .. } => arguments.is_on("config.expand-env"),
        _ => None,
    };
    let expansion = expansion(home, expand_env);
    let (config, placeholders) = substitute::expand(&config, expansion);
    let refused_keys = keys::refused(&config, &release);
    let config = keys::with_meant_keys(&config, &refused_keys);
    let settings = Settings {
        config: &config,
        arguments: &arguments,
        span: &release,
    };
    let targets = targets(home, &settings, &state, &mut assumptions);
    let (tenant_path, tenant_file) = tenant_file(evidence, home, &settings, text.as_deref(), expansion, &mut problems);
    let legacy_allowed = legacy_allowed(home, &settings);
    let overrides = overrides::read(&config, tenant_path, tenant_file, legacy_allowed, &release);
    let config = overrides.with_meant_keys(&config);
    let settings = Settings {
        config: &config,
        arguments: &arguments,
        span: &release,
    };
    let generator = generator::read(&settings, &targets, &overrides);
    let receivers = match targets.runs("distributor") {
        Some(false) => Vec::new(),
        // What a configuration says that is not at hand is not what Tempo does without one.
        _ if !matches!(state, ConfigState::Found | ConfigState::NotGiven) => Vec::new(),
        _ => receivers::read(&config, &release),
    };
    let paths = home.container().map_or_else(Vec::new, |(workload, container)| {
        paths::read(&settings, &targets, &release, workload, container)
    });
    let indexes = match home {
        Home::Container { indexes, .. } => Some(*indexes),
        _ => None,
    };
    Tempo {
        namespace: match home {
            Home::Container { workload, .. } => workload.namespace.clone(),
            Home::File(_) => Namespace::Unknown,
            _ => namespace_of(evidence, home.reference()),
        },
        reference: home.reference().clone(),
        workload: indexes.map(|(workload, _)| workload),
        container: indexes.map(|(_, container)| container),
        release,
        assumptions,
        arguments,
        state,
        problems,
        expand_env,
        placeholders,
        targets,
        receivers,
        paths,
        refused_values: values::refused(&config, tenant_limits(&overrides)),
        overrides,
        generator,
        refused_keys,
        config,
        made: match home {
            Home::Operator(resource) => Some(made::made(resource)),
            _ => None,
        },
    }
}

fn expansion<'a>(home: &Home<'a>, expand_env: Option<bool>) -> Expansion<'a> {
    match (home, expand_env) {
        (Home::Container { container, .. }, Some(true)) => Expansion::Environment(container),
        (Home::Container { .. }, Some(false)) => Expansion::Off,
        (Home::Container { .. }, None) => Expansion::Unknown("the arguments of Tempo cannot be seen"),
        _ => Expansion::Unknown("no container that reads the configuration is in the given files"),
    }
}

/// Returns the releases that are possible.
fn release_of(evidence: &Evidence, home: &Home<'_>, config: &Cell, problems: &mut Vec<ConfigProblem>) -> ReleaseSpan {
    let given = evidence
        .given_releases
        .get("tempo")
        .and_then(|text| Version::parse_with_precision(text));
    let given = given.map(|(version, precision)| ReleaseSpan::of_precision(version, precision, Basis::User));
    let known = home.container().and_then(|(_, container)| {
        let known = container.program.as_ref()?;
        let image = container.image_reference.as_ref()?;
        Some((known, image.tag.as_deref().unwrap_or("latest")))
    });
    // What the user names wins, as for every program.
    if let Some(given) = given {
        return given;
    }
    if let Some(span) = home
        .container()
        .and_then(|(workload, _)| running::release(evidence, workload))
    {
        return span;
    }
    let reason = match known {
        Some((known, tag)) => match &known.release {
            Release::Unknown(reason) => reason.clone(),
            release => return release.span(tag),
        },
        None => match home {
            Home::Container { container, .. } => match container.image.unknown_reason() {
                Some(reason) => reason.to_string(),
                None => "the image does not tell".to_owned(),
            },
            Home::Operator(_) => "the operator chooses it".to_owned(),
            _ => "no image is in the given files".to_owned(),
        },
    };
    match keys::bounds(config) {
        Some((None, None)) => ReleaseSpan::unknown(reason),
        Some((low, high)) => ReleaseSpan {
            low,
            high,
            basis: Basis::Configuration,
        },
        None => {
            problems.push(ConfigProblem {
                kind: "no_release",
                message: "no release of Tempo accepts all keys of the configuration".to_owned(),
                hint: None,
                file: None,
                present: Vec::new(),
                place: config.place.clone(),
            });
            ReleaseSpan::unknown(reason)
        }
    }
}

/// Returns what the process does. Without a command line, one process that does all is assumed, unless the configuration speaks of others.
fn targets(home: &Home<'_>, settings: &Settings<'_>, state: &ConfigState, assumptions: &mut Vec<String>) -> Targets {
    let written = settings.at(&["target"]);
    let target = match home {
        Home::Operator(resource) if resource.kind() == "TempoMonolithic" => "all".into(),
        Home::Operator(_) => Cell::unknown("the operator runs several processes"),
        _ if !written.is_null() => written,
        Home::Container { .. } => match (&settings.arguments.unknown, state) {
            (Some(reason), _) => Cell::unknown(reason.clone()),
            (None, _) => "all".into(),
        },
        Home::ConfigMap(..) | Home::File(_) => {
            let others: [&[&str]; 3] = [
                &["memberlist", "join_members"],
                &["querier", "frontend_worker", "frontend_address"],
                &["backend_worker", "backend_scheduler_addr"],
            ];
            match others.iter().any(|path| !settings.at(path).is_null()) {
                true => Cell::unknown("no container that reads the configuration is in the given files"),
                false => {
                    assumptions.push(
                        "no container that reads the configuration is in the given files; target `all` is assumed"
                            .to_owned(),
                    );
                    "all".into()
                }
            }
        }
    };
    targets::read(target, settings.span)
}

/// Returns the tenants of the file of tenants, where it is at hand.
fn tenant_limits(overrides: &overrides::Overrides) -> Option<&Cell> {
    match &overrides.tenant_file {
        TenantFile::Found(file) => file.get("overrides"),
        _ => None,
    }
}

fn legacy_allowed(home: &Home<'_>, settings: &Settings<'_>) -> Option<bool> {
    let written = settings.at(&["overrides", "enable_legacy_overrides"]);
    if super::settings::is_true(&written) {
        return Some(true);
    }
    match home {
        // Without a command line the switch of the file is all there is.
        Home::ConfigMap(..) | Home::File(_) => Some(false),
        Home::Operator(_) => None,
        Home::Container { .. } => settings.arguments.is_on("config.enable-legacy-overrides"),
    }
}

/// Returns the path of the file of tenants and what is known of the file.
fn tenant_file(
    evidence: &Evidence,
    home: &Home<'_>,
    settings: &Settings<'_>,
    main: Option<&Text>,
    expansion: Expansion<'_>,
    problems: &mut Vec<ConfigProblem>,
) -> (Cell, TenantFile) {
    let flag = settings.arguments.get("config.per-user-override-config").cloned();
    let path = flag.unwrap_or_else(|| settings.at(&["overrides", "per_tenant_override_config"]));
    let Some(name) = path.text().filter(|name| !name.is_empty()).map(str::to_owned) else {
        let file = match path.unknown_reason() {
            Some(reason) => TenantFile::Unknown(reason.to_string()),
            None => TenantFile::None,
        };
        return (path, file);
    };
    let text = match home {
        Home::Container {
            workload, container, ..
        } => match file_at(evidence, workload, container, &name) {
            FileLookup::Text { text, .. } => text,
            FileLookup::Absent { reason, present, .. } => {
                problems.push(ConfigProblem {
                    kind: "tenant_file_missing",
                    message: format!("there is no {name}: {reason}"),
                    hint: None,
                    file: Some(name),
                    present,
                    place: path.place.clone(),
                });
                return (path, TenantFile::Missing(reason));
            }
            FileLookup::Unknown(reason) => return (path, TenantFile::Unknown(reason)),
        },
        // A key beside the configuration with the name of the file is most likely the file.
        Home::ConfigMap(_, data) => {
            let base = name.rsplit('/').next().unwrap_or(&name);
            let beside = data
                .get(base)
                .filter(|_| main.is_some_and(|main| main.key.as_deref() != Some(base)));
            match beside.and_then(|value| value.embed(Some(base))) {
                Some(text) => text,
                None => {
                    return (
                        path,
                        TenantFile::Unknown("no container that reads the file is in the given files".to_owned()),
                    );
                }
            }
        }
        Home::Operator(_) | Home::File(_) => {
            return (path, TenantFile::Unknown(format!("{name} is not in the given files")));
        }
    };
    let source = parse(text, Some(&name), !matches!(expansion, Expansion::Off));
    let reason = source.config.unknown_reason().map(ToString::to_string);
    problems.extend(source.problems.into_iter().map(|problem| ConfigProblem {
        kind: match problem.kind {
            "syntax" | "not_a_mapping" => "tenant_file_syntax",
            other => other,
        },
        ..problem
    }));
    match reason {
        Some(reason) => (path, TenantFile::Unknown(reason)),
        None => {
            let (expanded, _) = substitute::expand(&source.config, expansion);
            let file = match expanded.fields() {
                Some(_) => expanded,
                None => Cell::from(Fields::default()).at(&expanded),
            };
            (path, TenantFile::Found(file))
        }
    }
}
