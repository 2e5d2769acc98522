//! Finds the Collectors in the evidence and reads each one.

use super::expand;
use super::graph;
use super::keys;
use super::listeners;
use super::load::{self, Loaded};
use super::operator;
use super::reference::{Dollar, Surroundings};
use super::release::{self, Identity};
use super::slips;
use super::{Arguments, Collector, Origin, alloy, arguments};
use crate::evidence::{Cell, Document, Evidence, PlainKind, Resource, ResourceReference, Text, Value};
use crate::releases::{Basis, Distribution, Program, ReleaseSpan, Tables};
use crate::topology::workload::{Container, FileLookup, VolumeSource, Workload, namespace_of, same_namespace};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is known of a Collector before its configuration is read.
struct Known {
    origin: Origin,
    reference: Arc<ResourceReference>,
    owner: String,
    run: Option<(usize, usize)>,
    by_operator: bool,
    mode: Option<String>,
    image: Option<String>,
    arguments: Arguments,
    identity: Identity,
}

/// Returns every Collector.
pub(super) fn all(evidence: &Evidence, tables: &Tables, workloads: &[Workload]) -> Vec<Collector> {
    let reader = Reader {
        evidence,
        tables,
        workloads,
    };
    let of_workload = |(index, workload): (usize, &Workload)| -> Vec<Collector> {
        if workload.passing || is_operator_resource(&workload.reference) {
            return Vec::new();
        }
        let running = workload
            .containers
            .iter()
            .enumerate()
            .filter(|(_, container)| !container.init);
        running
            .filter_map(|(number, container)| reader.container(index, number, workload, container))
            .collect()
    };
    let mut found: Vec<Collector> = workloads.par_iter().enumerate().flat_map_iter(of_workload).collect();
    drop_instances(&mut found, workloads);
    for resource in operator::collectors(evidence) {
        let made_by_it = found
            .iter()
            .position(|collector: &Collector| collector.owner == owner(evidence, &resource.reference));
        let made_by_it = made_by_it.map(|index| found.remove(index));
        found.push(reader.operator_resource(resource, made_by_it));
    }
    for resource in evidence
        .resources
        .of_kind("ConfigMap")
        .filter(|resource| resource.group().is_empty())
    {
        reader.config_map(resource, &mut found);
    }
    for file in evidence.files.iter().filter(|file| file.kind == PlainKind::Collector) {
        if let Some(document) = &file.document {
            found.push(reader.document(document, Origin::PlainFile, file.text.resource.clone()));
        }
    }
    let of_alloy = evidence.files.iter().filter(|file| file.kind == PlainKind::Alloy);
    let texts: Vec<Arc<Text>> = of_alloy.map(|file| file.text.clone()).collect();
    found.extend(alloy::of_files(tables, evidence, &texts));
    found
}

/// A pod or ReplicaSet beside what it was made from is the same Collector once more.
fn drop_instances(found: &mut Vec<Collector>, workloads: &[Workload]) {
    let names = |collector: &Collector| {
        let (index, number) = collector.run?;
        Some((
            collector.owner.clone(),
            workloads.get(index)?.containers.get(number)?.name.clone(),
        ))
    };
    let is_instance = |collector: &Collector| matches!(collector.reference.kind.as_str(), "Pod" | "ReplicaSet");
    let templates: HashSet<_> = found
        .iter()
        .filter(|collector| !is_instance(collector))
        .filter_map(names)
        .collect();
    found.retain(|collector| {
        !is_instance(collector) || names(collector).is_none_or(|names| !templates.contains(&names))
    });
}

fn is_operator_resource(reference: &ResourceReference) -> bool {
    reference.kind == "OpenTelemetryCollector"
}

/// Returns group/kind/namespace/name, as workloads name their owner.
fn owner(evidence: &Evidence, reference: &ResourceReference) -> String {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let namespace = namespace_of(evidence, reference);
    let namespace = namespace.name().unwrap_or_default();
    format!("{group}/{}/{namespace}/{}", reference.kind, reference.name)
}

struct Reader<'a> {
    evidence: &'a Evidence,
    tables: &'a Tables,
    workloads: &'a [Workload],
}

impl Reader<'_> {
    fn container(&self, index: usize, number: usize, workload: &Workload, container: &Container) -> Option<Collector> {
        let around = Surroundings {
            evidence: self.evidence,
            run: Some((workload, container)),
        };
        if alloy::is_alloy(container, around) {
            return Some(alloy::collector(
                self.tables,
                around,
                (index, number),
                (workload, container),
                mode_of(workload, container),
            ));
        }
        let arguments = arguments::read(container);
        let is_collector = match &container.program {
            Some(program) => program.program == Program::Collector,
            // A private image of any name, when its arguments name what is clearly a Collector's configuration.
            None => names_a_configuration(&arguments, around),
        };
        if !is_collector {
            return None;
        }
        let image = container.image_reference.as_ref();
        let why_unknown = match (container.image.unknown_reason(), image) {
            (Some(reason), _) => reason.to_string(),
            (None, None) => "no image is given".to_owned(),
            (None, Some(image)) => format!("{} is a private image", image.repository),
        };
        let identity = release::identity(self.evidence, container.program.as_ref(), image, &why_unknown);
        let default_path = image
            .and_then(|image| self.tables.images().entrypoint(image))
            .and_then(|(_, path)| path);
        let loaded = load::from_container(&arguments, around, default_path, &container.cell, &identity.span);
        let known = Known {
            origin: Origin::Container,
            reference: workload.reference.clone(),
            owner: workload.owner.clone(),
            run: Some((index, number)),
            by_operator: false,
            mode: mode_of(workload, container),
            image: container.image.text().map(str::to_owned),
            arguments,
            identity,
        };
        Some(self.finish(known, loaded, around))
    }

    fn operator_resource(&self, resource: &Resource, made_by_it: Option<Collector>) -> Collector {
        let own = self
            .workloads
            .iter()
            .position(|workload| workload.reference == resource.reference);
        let made_by_operator = made_by_it.is_none();
        let run = match &made_by_it {
            Some(collector) => collector.run,
            None => own
                .map(|index| (index, 0))
                .filter(|(index, _)| !self.workloads[*index].containers.is_empty()),
        };
        // Init containers come first; the Collector is the first of the others.
        let run = run.map(|(index, number)| match made_by_it {
            Some(_) => (index, number),
            None => {
                let containers = &self.workloads[index].containers;
                (
                    index,
                    containers
                        .iter()
                        .position(|container| container.name == "otc-container")
                        .unwrap_or(number),
                )
            }
        });
        let container = run.map(|(index, number)| (&self.workloads[index], &self.workloads[index].containers[number]));
        let around = Surroundings {
            evidence: self.evidence,
            run: container,
        };
        let image = container
            .map(|(_, container)| container)
            .filter(|container| container.image_reference.is_some());
        let why_unknown = "the operator chooses the image";
        let program = image.and_then(|container| container.program.as_ref());
        let reference = image.and_then(|container| container.image_reference.as_ref());
        let mut identity = release::identity(self.evidence, program, reference, why_unknown);
        let is_given = !resource.at(&["spec", "image"]).is_null();
        if let Some(text) = image
            .and_then(|container| container.image.text())
            .filter(|_| !is_given && made_by_operator)
        {
            identity.assumptions.push(format!(
                "the resource names no image, so it gets that of the operator at hand, {text}"
            ));
        }
        let config = resource.at(&["spec", "config"]);
        let mut loaded = Loaded::default();
        loaded.place = config.place.clone();
        loaded.tree = Some(match &config.value {
            Value::Map(_) => Ok(config.clone()),
            Value::Text(_) => match config.embed(None) {
                Some(text) => load::checked_tree(&text, &mut loaded.problems),
                None => Err("the configuration cannot be read".into()),
            },
            Value::Null => {
                // A resource without the field is a part of one, such as a patch: the API server takes no whole one without it.
                if config.key.is_some() || config.place.is_some() {
                    loaded.problems.push(load::Problem::new(
                        load::ProblemKind::Empty,
                        "",
                        "the resource has no configuration",
                        config.place.clone().or_else(|| resource.cell().place),
                    ));
                }
                Err("the resource has no configuration".into())
            }
            _ => Err("the configuration is no mapping".into()),
        });
        loaded.problems.extend(operator::other_version(resource, &config));
        let known = Known {
            origin: Origin::OperatorResource,
            reference: resource.reference.clone(),
            owner: owner(self.evidence, &resource.reference),
            run,
            by_operator: true,
            mode: Some(resource.text_at(&["spec", "mode"]).unwrap_or("deployment").to_owned()),
            image: image.and_then(|container| container.image.text()).map(str::to_owned),
            arguments: container
                .map(|(_, container)| arguments::read(container))
                .unwrap_or_default(),
            identity,
        };
        self.finish(known, loaded, around)
    }

    /// Reads the keys of a ConfigMap that nothing at hand mounts and that are whole configurations.
    fn config_map(&self, resource: &Resource, found: &mut Vec<Collector>) {
        if self.is_mounted(resource) || self.is_made_by_operator(resource) {
            return;
        }
        let data = resource.at(&["data"]);
        for (key, value) in data.fields().into_iter().flatten() {
            let looks_right = value
                .text()
                .is_some_and(|text| text.contains("receivers") && text.contains("pipelines"));
            let Some(text) = value.embed(Some(key)).filter(|_| looks_right) else {
                continue;
            };
            let Ok(document) = Document::parse(text) else {
                continue;
            };
            if load::is_configuration(&document) && self.has_known_type(&document) {
                found.push(self.document(&Arc::new(document), Origin::ConfigMap, resource.reference.clone()));
            }
        }
    }

    fn has_known_type(&self, document: &Document) -> bool {
        let known = self.tables.known_types(crate::releases::ComponentKind::Receiver);
        let receivers = document
            .at(&["receivers"])
            .map(|node| document.entries(node))
            .unwrap_or_default();
        receivers
            .iter()
            .any(|(id, _, _)| known.binary_search(&graph::type_of(id)).is_ok())
    }

    fn is_mounted(&self, resource: &Resource) -> bool {
        let namespace = namespace_of(self.evidence, &resource.reference);
        self.workloads.iter().any(|workload| {
            let is_here = same_namespace(&namespace, &workload.namespace) != Some(false);
            let of_variables = || {
                let variables = workload.containers.iter().flat_map(|container| &container.variables);
                let mut texts = variables.filter_map(|variable| variable.value.place.as_ref());
                texts.any(|place| place.text.resource == resource.reference)
            };
            is_here
                && (workload
                    .volumes
                    .iter()
                    .any(|volume| mounts(&volume.source, &resource.reference.name))
                    || of_variables())
        })
    }

    /// The operator writes the configuration of its resource into a ConfigMap: one of the two is enough.
    fn is_made_by_operator(&self, resource: &Resource) -> bool {
        operator::collectors(self.evidence)
            .map(|other| format!("{}-collector", other.reference.name))
            .any(|name| {
                resource
                    .reference
                    .name
                    .strip_prefix(&name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
    }

    fn document(&self, document: &Arc<Document>, origin: Origin, reference: Arc<ResourceReference>) -> Collector {
        let mut loaded = Loaded::default();
        loaded.tree = Some(load::from_document(document, &mut loaded.problems));
        loaded.place = Some(Arc::new(document.place(document.root(), "")));
        let known = Known {
            origin,
            owner: owner(self.evidence, &reference),
            reference,
            run: None,
            by_operator: false,
            mode: None,
            image: None,
            arguments: Arguments::default(),
            identity: release::identity(self.evidence, None, None, "no image at hand runs the configuration"),
        };
        let around = Surroundings {
            evidence: self.evidence,
            run: None,
        };
        self.finish(known, loaded, around)
    }

    fn finish(&self, known: Known, loaded: Loaded, around: Surroundings<'_>) -> Collector {
        let Identity {
            span,
            distribution,
            assumptions,
        } = known.identity;
        let (written, unknown) = match loaded.tree {
            Some(Ok(tree)) => (tree, None),
            Some(Err(reason)) => (Cell::unknown(reason.clone()), Some(reason)),
            None => (
                Cell::unknown("no configuration is at hand"),
                Some("no configuration is at hand".into()),
            ),
        };
        let bounded = self.bounded(&written, unknown.is_some(), around, distribution, &span);
        let is_bounded_by_config = bounded.is_some();
        let (span, no_release) = match bounded {
            Some(Ok(span)) => (span, None),
            Some(Err(reason)) => (span, Some(reason)),
            None => (span, None),
        };
        let expanded = expand::expand(&written, around, Dollar::of(&span));
        let config = slips::with_meant_keys(self.tables, &expanded.cell, &span);
        let mut collector = Collector {
            name: known.reference.to_string(),
            reference: known.reference,
            owner: known.owner,
            origin: known.origin,
            run: known.run,
            mode: known.mode,
            by_operator: known.by_operator,
            image: known.image,
            config,
            written,
            unknown,
            place: loaded.place,
            release: span,
            is_bounded_by_config,
            no_release,
            distribution,
            assumptions,
            arguments: known.arguments,
            problems: loaded.problems,
            references: expanded.references,
            components: Vec::new(),
            pipelines: Vec::new(),
            extensions: Vec::new(),
            side_references: Vec::new(),
            key_problems: Vec::new(),
            values: Vec::new(),
            listeners: Vec::new(),
            probes: Vec::new(),
            alloy: None,
        };
        self.fill(&mut collector, &expanded.originals);
        collector.listeners = listeners::listeners(&collector, around);
        collector
    }

    /// Returns what the configuration says of the release, where no image tells.
    fn bounded(
        &self,
        written: &Cell,
        is_unknown: bool,
        around: Surroundings<'_>,
        distribution: Distribution,
        span: &ReleaseSpan,
    ) -> Option<Result<ReleaseSpan, String>> {
        if is_unknown || !matches!(span.basis, Basis::Unknown(_)) {
            return None;
        }
        let expanded = expand::expand(written, around, Dollar::Undecided).cell;
        let mut bounded = release::bounded(self.tables, &expanded, distribution);
        if let (Ok(bounded), Basis::Unknown(reason)) = (&mut bounded, &span.basis)
            && bounded.is_unknown()
        {
            bounded.basis = Basis::Unknown(reason.clone());
        }
        Some(bounded)
    }

    fn fill(&self, collector: &mut Collector, originals: &HashMap<String, Arc<str>>) {
        let graph = graph::graph(
            self.tables,
            &collector.config,
            &collector.written,
            collector.distribution,
            &collector.release,
        );
        collector.components = graph.components;
        collector.pipelines = graph.pipelines;
        collector.extensions = graph.extensions;
        collector.side_references = graph.side_references;
        let walked = keys::walk(
            self.tables,
            &collector.config,
            &mut collector.components,
            &collector.release,
            originals,
        );
        collector.key_problems = walked.problems;
        if collector.by_operator {
            // The API server and the operator drop what stands at the top level and is no part of a configuration
            // (`open-telemetry/opentelemetry-operator@v0.147.0:apis/v1beta1/config.go`).
            collector
                .key_problems
                .retain(|problem| problem.component.is_some() || problem.is_in_service);
        }
        collector.values = walked.values;
    }
}

/// Returns whether one of the named files is a whole configuration of a Collector.
fn names_a_configuration(arguments: &Arguments, around: Surroundings<'_>) -> bool {
    let is_one = |text: Arc<Text>| Document::parse(text).is_ok_and(|document| load::is_configuration(&document));
    arguments
        .configs
        .iter()
        .any(|(location, _)| match super::uri::scheme(location) {
            (None | Some("file"), path) => match around.file(path) {
                FileLookup::Text { text, .. } => is_one(text),
                _ => false,
            },
            _ => false,
        })
}

fn mounts(source: &VolumeSource, name: &str) -> bool {
    match source {
        VolumeSource::ConfigMap(files) => files.name == name,
        VolumeSource::Projected(sources) => sources.iter().any(|source| mounts(source, name)),
        _ => false,
    }
}

/// Returns whether a container only serves the others: it sends no spans.
fn is_helper(container: &Container) -> bool {
    let words = [
        "reload",
        "proxy",
        "istio",
        "linkerd",
        "allocator",
        "vault-agent",
        "kube-rbac",
        "oauth2",
        "opamp",
        "supervisor",
    ];
    let name = container.name.to_ascii_lowercase();
    let image = container.image.text().unwrap_or_default().to_ascii_lowercase();
    words.iter().any(|word| name.contains(word) || image.contains(word))
        || container
            .program
            .as_ref()
            .is_some_and(|program| program.program == Program::Collector)
}

fn mode_of(workload: &Workload, container: &Container) -> Option<String> {
    let mut others = workload
        .containers
        .iter()
        .filter(|other| !other.init && other.name != container.name);
    if others.any(|other| !is_helper(other)) {
        return Some("sidecar".to_owned());
    }
    let kind = workload.reference.kind.to_ascii_lowercase();
    matches!(kind.as_str(), "deployment" | "daemonset" | "statefulset").then_some(kind)
}
