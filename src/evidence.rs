//! Everything that was read, with where it came from: values without judgement.
//!
//! Evidence does not change once gathered. It holds resources and plain files as spanned documents, logs as summaries, and for all that
//! could not be read a [`Gap`] or a [`Problem`]; an empty list never stands for something that was not looked at. No I/O happens here.

pub mod answers;
pub mod cell;
pub mod decode;
pub mod document;
pub mod exposition;
pub mod logs;
mod newest;
pub mod redact;
mod resources;
pub mod scalar;
pub mod stage;
pub mod text;

pub use cell::{Cell, Fields, Value};
pub use document::{Document, NodeId};
pub use resources::Resources;
pub use scalar::Schema;
pub use stage::Stage;
pub use text::{Origin, Place, ResourceReference, SourceFile, Text};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that one run has to judge.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Whether it shows a cluster as it was, or what somebody wrote.
    pub taken_from: TakenFrom,
    /// What the user pointed at, in the order given, for example `manifests/`.
    pub source: Vec<String>,
    /// The Kubernetes objects that a fact may need.
    pub resources: Resources,
    /// Configuration files that are not wrapped in a Kubernetes object.
    pub files: Vec<PlainFile>,
    /// Container logs, each already scanned for the catalogue's patterns.
    pub logs: Vec<ContainerLog>,
    /// What programs answered on their diagnostic paths.
    pub answers: Vec<answers::Answer>,
    /// What could not be read from a cluster or a bundle.
    pub gaps: Vec<Gap>,
    /// Given input that could not be understood: it makes a run incomplete.
    pub problems: Vec<Problem>,
    /// Given input that was recognised as something that is not judged.
    pub notes: Vec<Note>,
    /// Objects that are not applied as they stand here.
    pub changed: Vec<Changed>,
    /// Objects that are applied with other images.
    pub images: Vec<NewImages>,
    /// How many objects of each other kind were seen and not parsed.
    pub passed_over: BTreeMap<String, usize>,
    /// For which kinds and namespaces the evidence is whole.
    pub completeness: Completeness,
    /// When it was read, by the clock of the server; not known of files.
    pub taken_at: Option<logs::Timestamp>,
    /// The namespace of objects that name none, when the user gave it.
    pub default_namespace: Option<String>,
    /// Releases and distributions that the user named, for example `collector` → `0.110.0`.
    pub given_releases: BTreeMap<String, String>,
    /// The distribution of the Collector that the user named.
    pub given_distribution: Option<String>,
}

/// An object that a kustomization at hand changes before it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The file that the object stands in.
    pub file: String,
    /// Its kind.
    pub kind: String,
    /// Its name there.
    pub name: String,
    /// The file of the kustomization.
    pub by: String,
    /// Whether it gives a program another image, so that its release is another one.
    pub has_other_image: bool,
}

/// The images that a kustomization at hand gives an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImages {
    /// The file that the object stands in.
    pub file: String,
    /// Its kind.
    pub kind: String,
    /// Its name there.
    pub name: String,
    /// What is done to its images, in this order.
    pub changes: Vec<ImageChange>,
}

/// What a kustomization does to the images of a name (`kubernetes-sigs/kustomize@kustomize/v5.7.1:api/types/image.go`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageChange {
    /// The name as it is written, without tag and digest.
    pub name: String,
    /// Another name.
    pub new_name: Option<String>,
    /// Another tag.
    pub new_tag: Option<String>,
    /// A digest, in the place of a tag.
    pub digest: Option<String>,
}

impl ImageChange {
    /// Returns what becomes of an image; `None`: it is not of this name.
    pub fn of(&self, image: &str) -> Option<String> {
        let rest = image.strip_prefix(self.name.as_str())?;
        if !(rest.is_empty() || rest.starts_with(':') || rest.starts_with('@')) {
            return None;
        }
        let name = self.new_name.as_deref().unwrap_or(&self.name);
        Some(match (&self.new_tag, &self.digest) {
            (Some(tag), Some(digest)) => format!("{name}:{tag}@{digest}"),
            (None, Some(digest)) => format!("{name}@{digest}"),
            (Some(tag), None) => format!("{name}:{tag}"),
            (None, None) => format!("{name}{rest}"),
        })
    }
}

impl Evidence {
    /// Returns what kustomizations at hand do to the images of an object.
    pub fn image_changes(&self, resource: &Resource) -> &[ImageChange] {
        if self.images.is_empty() {
            return &[];
        }
        let file = &resource.document.text.file().name;
        let is_of = |one: &&NewImages| {
            one.name == resource.reference.name && one.kind == resource.reference.kind && one.file == **file
        };
        self.images.iter().find(is_of).map_or(&[], |one| &one.changes)
    }
}

/// Where evidence was taken from, now or when its bundle was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TakenFrom {
    /// Files and folders.
    #[default]
    Files,
    /// A running cluster.
    Cluster,
}

/// One Kubernetes object.
#[derive(Debug, Clone)]
pub struct Resource {
    /// What it is called.
    pub reference: Arc<ResourceReference>,
    /// The document that holds it.
    pub document: Arc<Document>,
    /// The object within the document: the root, or an item of a `List`.
    pub node: NodeId,
    /// The path of `node` in the document.
    pub path: String,
    /// The `# Source:` comment that a renderer put above it.
    pub rendered_from: Option<String>,
}

impl Resource {
    /// Returns the object as cells.
    pub fn cell(&self) -> Cell {
        Cell::from_node(&self.document, self.node, Schema::Kubernetes, &self.path)
    }

    /// Returns the cell at a path of keys in the object; an absent one is null.
    pub fn at(&self, keys: &[&str]) -> Cell {
        let mut path = self.path.clone();
        let mut node = self.node;
        let mut key_node = None;
        for key in keys {
            let Some((entry_key, value)) = self.document.entry(node, key) else {
                return Cell::default();
            };
            path = cell::join(&path, key);
            node = value;
            key_node = Some(entry_key);
        }
        let mut cell = Cell::from_node(&self.document, node, Schema::Kubernetes, &path);
        cell.key = key_node.map(|key| Arc::new(self.document.place(key, path)));
        cell
    }

    /// Returns the text at a path of keys in the object.
    pub fn text_at(&self, keys: &[&str]) -> Option<&str> {
        let node = keys
            .iter()
            .try_fold(self.node, |node, key| self.document.get(node, key))?;
        self.document.text_of(node)
    }

    /// Returns the API group, empty for the core group.
    pub fn group(&self) -> &str {
        self.reference
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        &self.reference.kind
    }
}

/// A configuration file that is not wrapped in a Kubernetes object.
#[derive(Debug, Clone)]
pub struct PlainFile {
    /// What the content shows it to be.
    pub kind: PlainKind,
    /// The parsed file; `None` for a language other than YAML and JSON.
    pub document: Option<Arc<Document>>,
    /// The file's text.
    pub text: Arc<Text>,
}

/// What a plain file is, recognised by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainKind {
    /// A Collector configuration.
    Collector,
    /// A Tempo configuration.
    Tempo,
    /// A Tempo per-tenant overrides file.
    TempoOverrides,
    /// A Grafana data source provisioning file.
    GrafanaDatasources,
    /// A Grafana dashboard in JSON.
    GrafanaDashboard,
    /// A JavaScript or TypeScript file that mentions OpenTelemetry.
    JavaScript,
    /// A configuration of Grafana Alloy, or a part of one.
    Alloy,
}

/// The log of one container.
#[derive(Debug, Clone)]
pub struct ContainerLog {
    /// The file as the user has it, or a name such as `pod/NS/NAME:CONTAINER`.
    pub file: String,
    /// The pod's namespace, where it is known.
    pub namespace: Option<String>,
    /// The pod's name, where it is known.
    pub pod: Option<String>,
    /// The container's name, where it is known.
    pub container: Option<String>,
    /// The workload that the user says it belongs to: `KIND/NS/NAME`.
    pub workload: Option<(String, String, String)>,
    /// Whether it is the log of the container before its last restart.
    pub previous: bool,
    /// What the scan found.
    pub summary: logs::LogSummary,
    /// The lines themselves, redacted, where they were asked for: for a bundle.
    pub lines: Option<Vec<u8>>,
}

/// Something that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The verb, for example `list`.
    pub verb: String,
    /// The resource, for example `pods/log`.
    pub resource: String,
    /// The namespace, where there is one.
    pub namespace: Option<String>,
    /// The object's name, where there is one.
    pub name: Option<String>,
    /// Why, as a clause.
    pub reason: String,
}

/// Given input that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user named it.
    pub file: String,
    /// 1-based line; 0 when the problem is the whole file.
    pub line: usize,
    /// 1-based column; 0 when unknown.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Given input that is recognised and not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file as the user named it.
    pub file: String,
    /// What it is, and how to have it judged.
    pub message: String,
}

/// For which (kind, namespace) all objects are at hand.
#[derive(Debug, Clone, Default)]
pub struct Completeness {
    /// Namespaces for which every kind is whole (`--complete`).
    pub namespaces: BTreeSet<String>,
    /// Whether objects that name no namespace are whole as well (`--complete` without namespaces).
    pub unnamed: bool,
    /// Single lists that were answered in full: (kind, namespace).
    pub lists: BTreeSet<(String, String)>,
    /// Kinds whose list over all namespaces was answered in full.
    pub everywhere: BTreeSet<String>,
    /// Single objects that do not exist: (kind, namespace, name).
    pub absent: BTreeSet<(String, String, String)>,
    /// Namespaces whose objects were counted only, because nothing in them speaks of tracing: they are whole in nothing.
    pub quiet: BTreeSet<String>,
}

impl Completeness {
    /// Returns whether an object of this kind that is not in the evidence does not exist in the namespace.
    pub fn covers(&self, kind: &str, namespace: Option<&str>) -> bool {
        if namespace.is_some_and(|namespace| self.quiet.contains(namespace)) {
            return false;
        }
        if self.everywhere.contains(kind) {
            return true;
        }
        match namespace {
            Some(namespace) => {
                self.namespaces.contains(namespace) || self.lists.contains(&(kind.to_owned(), namespace.to_owned()))
            }
            None => self.unnamed,
        }
    }

    /// Returns whether an object of this name that is not in the evidence does not exist in the namespace.
    pub fn lacks(&self, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        let asked = |namespace: &str| {
            let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
            self.absent.contains(&key)
        };
        self.covers(kind, namespace) || namespace.is_some_and(asked)
    }
}
