//! Grafana Alloy as a Collector: which files it reads, and what they mean in the shape that Collectors have.
//!
//! Its components are those of the Collector with other names, so that connections need no rules of their own: ids are Alloy's
//! (`otelcol.receiver.otlp.default`), types and keys those of the Collector. A pipeline is what one component sends of one signal, with everything
//! that this passes. What modules from elsewhere bring is unknown.

mod address;
mod command;
mod files;
mod flow;
mod module;
mod operator;
mod server;
mod settings;
mod shape;
#[cfg(test)]
mod tests;
mod typed;
mod value;

use super::reference::Surroundings;
use super::{Arguments, Collector, Component, Origin, Pipeline, listeners, release};
use crate::evidence::{Cell, Place, ResourceReference, Text};
use crate::releases::{ComponentFate, ComponentKind, Distribution, Program, ReleaseSpan, Tables};
use crate::topology::alloy::{Statement, parse};
use crate::topology::workload::{Container, Workload};
use std::ops::Range;
use std::sync::Arc;

use command::NoFiles;
pub(super) use command::is_alloy;
pub(super) use files::of_files;
pub use flow::Outlet;
pub use operator::{alloy_services, alloy_workloads};
pub(super) use server::{default_host, other_server, own_server};

/// The program in words.
const ALLOY: &str = "Grafana Alloy";

/// What only Alloy has.
#[derive(Debug, Clone)]
pub struct Alloy {
    /// The program in words: Grafana Agent in flow mode is what Alloy was once called.
    pub program: &'static str,
    /// The releases that it may have.
    pub release: ReleaseSpan,
    /// What keeps it from starting.
    pub faults: Vec<Fault>,
    /// Where components send spans on.
    pub outlets: Vec<Outlet>,
    /// The address of its own server; `None` when no argument names one.
    pub address: Option<Cell>,
    /// Why something that is not seen may listen in it, if so.
    pub hides: Option<String>,
}

/// What is wrong with a configuration of Alloy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It is not written as the language wants it.
    Syntax,
    /// A component is named that does not exist.
    Reference,
    /// Two blocks have one name.
    Duplicate,
    /// The file is not there.
    File,
    /// The release has no such component.
    Component,
    /// The component needs a flag of the command line.
    NotEnabled,
    /// The block has no such setting or block.
    Setting,
    /// A setting or block is not there that must be.
    Required,
    /// The value is none that the setting takes.
    Value,
    /// A setting or block is there twice that may be there once.
    Again,
    /// A label is missing, or none may be there.
    Label,
    /// An exporter sends to a host without a port.
    Address,
    /// A receiver listens on a host without a port.
    Listen,
}

impl FaultKind {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Syntax => "syntax",
            FaultKind::Reference => "reference",
            FaultKind::Duplicate => "duplicate",
            FaultKind::File => "file",
            FaultKind::Component => "component",
            FaultKind::NotEnabled => "flag",
            FaultKind::Setting => "setting",
            FaultKind::Required => "required",
            FaultKind::Value => "value",
            FaultKind::Again => "again",
            FaultKind::Label => "label",
            FaultKind::Address => "address",
            FaultKind::Listen => "listen",
        }
    }
}

/// Something that keeps Alloy from starting.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// What is named: a component, or a path.
    pub name: String,
    /// What is wrong, in one line.
    pub message: String,
    /// The name that was probably meant; of a file, the only other one that is there.
    pub near: Option<String>,
    /// Where it stands.
    pub place: Arc<Place>,
    /// Where the first of two blocks stands.
    pub first: Option<Arc<Place>>,
    /// The releases of which it was looked up.
    pub release: Option<String>,
    /// The block that has it, or lacks it.
    pub block: String,
    /// The block in this one that has such a setting.
    pub inside: Option<String>,
    /// When what is named came or went, as a clause.
    pub lifetime: Option<String>,
    /// What to write instead, where that is certain.
    pub fix: Option<String>,
}

impl Fault {
    fn new(kind: FaultKind, name: &str, message: impl Into<String>, place: Arc<Place>) -> Fault {
        Fault {
            kind,
            name: name.to_owned(),
            message: message.into(),
            near: None,
            place,
            first: None,
            release: None,
            block: String::new(),
            inside: None,
            lifetime: None,
            fix: None,
        }
    }
}

/// What is understood of a configuration.
#[derive(Debug)]
struct Understood {
    alloy: Alloy,
    unknown: Option<Arc<str>>,
    place: Option<Arc<Place>>,
    components: Vec<Component>,
    pipelines: Vec<Pipeline>,
}

/// One parsed file.
struct Source {
    text: Arc<Text>,
    body: Vec<Statement>,
}

/// Returns what a container of Alloy is as a Collector. Nothing that holds for releases and keys of the Collector is said of it.
pub(super) fn collector(
    tables: &Tables,
    around: Surroundings<'_>,
    run: (usize, usize),
    (workload, container): (&Workload, &Container),
    mode: Option<String>,
) -> Collector {
    let identity = release::of_image(
        container.program.as_ref(),
        container.image_reference.as_ref(),
        "the image does not tell the release of Alloy",
    );
    let understood = understand(tables, container, around, identity.span);
    let known = Known {
        name: workload.reference.to_string(),
        reference: workload.reference.clone(),
        owner: workload.owner.clone(),
        origin: Origin::Container,
        run: Some(run),
        mode: match workload.reference.kind == operator::KIND {
            true => Some(operator::mode(&workload.object)),
            false => mode,
        },
        image: container.image.text().map(str::to_owned),
        assumptions: identity.assumptions,
    };
    known.with(understood, around)
}

/// What is known of an Alloy beside its configuration.
struct Known {
    name: String,
    reference: Arc<ResourceReference>,
    owner: String,
    origin: Origin,
    run: Option<(usize, usize)>,
    mode: Option<String>,
    image: Option<String>,
    assumptions: Vec<String>,
}

impl Known {
    fn with(self, understood: Understood, around: Surroundings<'_>) -> Collector {
        let mut collector = Collector {
            name: self.name,
            reference: self.reference,
            owner: self.owner,
            origin: self.origin,
            run: self.run,
            mode: self.mode,
            by_operator: false,
            image: self.image,
            config: understood.unknown.clone().map_or_else(Cell::default, Cell::unknown),
            written: Cell::default(),
            unknown: understood.unknown,
            place: understood.place,
            release: ReleaseSpan::unknown("the release of the Collector in Alloy is not known"),
            is_bounded_by_config: false,
            no_release: None,
            distribution: Distribution::Unknown,
            assumptions: self.assumptions,
            arguments: Arguments::default(),
            problems: Vec::new(),
            references: Vec::new(),
            components: understood.components,
            pipelines: understood.pipelines,
            extensions: Vec::new(),
            side_references: Vec::new(),
            key_problems: Vec::new(),
            values: Vec::new(),
            listeners: Vec::new(),
            probes: Vec::new(),
            alloy: Some(understood.alloy),
        };
        collector.listeners = listeners::listeners(&collector, around);
        collector
    }
}

impl Understood {
    fn new(
        program: &'static str,
        release: ReleaseSpan,
        address: Option<Cell>,
        place: Option<Arc<Place>>,
    ) -> Understood {
        Understood {
            alloy: Alloy {
                program,
                release,
                faults: Vec::new(),
                outlets: Vec::new(),
                address,
                hides: None,
            },
            unknown: None,
            place,
            components: Vec::new(),
            pipelines: Vec::new(),
        }
    }
}

/// Reads what the command line of a container names.
fn understand(tables: &Tables, container: &Container, around: Surroundings<'_>, release: ReleaseSpan) -> Understood {
    let command = command::read(container);
    let program = match container.program.as_ref().map(|known| known.program) {
        Some(Program::GrafanaAgent) => "Grafana Agent",
        _ => ALLOY,
    };
    let place = command.path.place.clone().or_else(|| container.cell.place.clone());
    let mut understood = Understood::new(program, release, command.address.clone(), place);
    let own = around
        .run
        .filter(|(workload, _)| workload.reference.kind == operator::KIND)
        .and_then(|(workload, _)| operator::content(&workload.object));
    match own.map_or_else(|| command::files(&command, around), |text| Ok(vec![text])) {
        Ok(texts) => read(tables, understood, &command.enabled, &texts, around),
        Err(NoFiles::Unknown(reason)) => {
            understood.unknown = Some(reason);
            understood
        }
        Err(NoFiles::Missing(reason, present)) => {
            understood
                .alloy
                .faults
                .extend(missing(&command.path, &reason, &present));
            understood.unknown = Some(reason.into());
            understood
        }
    }
}

/// Reads the texts that make up one configuration.
fn read(
    tables: &Tables,
    mut understood: Understood,
    enabled: &command::Enabled,
    texts: &[Arc<Text>],
    around: Surroundings<'_>,
) -> Understood {
    let mut sources: Vec<Source> = Vec::new();
    for text in texts {
        understood.place = match sources.is_empty() {
            true => Some(Arc::new(Place::in_text(text, 0..0))),
            false => understood.place.take(),
        };
        match parse(&text.content) {
            Ok(body) => sources.push(Source {
                text: text.clone(),
                body,
            }),
            Err(error) if error.is_limit => {
                understood.unknown = Some(error.message.into());
                return understood;
            }
            Err(error) if is_template(&text.content, error.span.start) => {
                understood.unknown = Some("the configuration has placeholders that something fills in".into());
                return understood;
            }
            Err(error) => {
                understood.unknown = Some("the configuration is not written as Alloy wants it".into());
                let place = Arc::new(Place::in_text(text, error.span));
                let fault = Fault::new(FaultKind::Syntax, "", error.message, place);
                understood.alloy.faults.push(fault);
            }
        }
    }
    if understood.unknown.is_none() {
        let release = &understood.alloy.release;
        // The table is that of Alloy.
        let faults = match understood.alloy.program {
            ALLOY => settings::faults(&sources, around, tables.alloy(), release, enabled),
            _ => Vec::new(),
        };
        // What follows from a slip of the pen is not told beside it.
        settings::rename(&mut sources, &faults);
        let modules = module::Modules::new(&sources, around);
        flow::fill(&mut understood, &modules);
        understood.alloy.faults.extend(faults);
    }
    understood
}

/// Whether the line of an error has what a renderer replaces before Alloy sees it, as `helm` and Flux do.
fn is_template(content: &str, at: usize) -> bool {
    let before = content.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = content
        .get(start..)
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    has_placeholder(line)
}

/// Whether a text has a placeholder; Alloy itself fills none in.
fn has_placeholder(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}

/// Says that the configuration is not where the command line wants it.
fn missing(path: &Cell, reason: &str, present: &[String]) -> Option<Fault> {
    let mut configurations = present.iter().filter(|name| name.ends_with(".alloy"));
    let near = match (configurations.next(), configurations.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    };
    Some(Fault {
        near,
        ..Fault::new(FaultKind::File, path.text()?, reason, path.place.clone()?)
    })
}

/// Returns a place with its path.
fn place(text: &Arc<Text>, span: &Range<usize>, path: &str) -> Arc<Place> {
    Arc::new(Place {
        path: path.into(),
        ..Place::in_text(text, span.clone())
    })
}

/// Returns a component without its configuration.
fn component(kind: ComponentKind, type_name: &str, id: String, config: Cell, written: Cell) -> Component {
    Component {
        kind,
        type_name: type_name.to_owned(),
        name: None,
        canonical: type_name.to_owned(),
        id,
        config,
        written,
        fate: ComponentFate::Undecided {
            reason: "the components of Alloy are a set of their own".to_owned(),
        },
        pipelines: Vec::new(),
        receiver_in: Vec::new(),
        exporter_in: Vec::new(),
        enabled: None,
        use_unknown: None,
    }
}
