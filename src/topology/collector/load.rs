//! Reads the configurations that a Collector is given into one tree, as written, and notes what is wrong with them as texts.

use super::arguments::Arguments;
use super::expand;
use super::merge::{APPENDING, Lists, merge, nested, unflatten};
use super::reference::{Found, Surroundings};
use super::uri;
use crate::evidence::{Cell, Document, Fields, Origin, Place, ResourceReference, Schema, SourceFile, Text, Value};
use crate::releases::ReleaseSpan;
use crate::topology::workload::FileLookup;
use std::sync::Arc;

/// What can be wrong with a configuration as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is no YAML.
    Syntax,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// It holds nothing.
    Empty,
    /// It is no mapping.
    NotAMapping,
    /// Only the first of several documents is read.
    SeveralDocuments,
    /// The file is not there.
    FileMissing,
    /// The variable that holds it is not set.
    VariableUnset,
    /// Arguments are given, and none names a configuration.
    NoConfigFlag,
    /// The configuration in the image is used: nothing is mounted over it, and no argument names another.
    ImageDefault,
    /// The operator's resource has it in the form of another version of its API.
    OtherVersion,
}

impl ProblemKind {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::Syntax => "syntax",
            ProblemKind::DuplicateKey => "duplicate_key",
            ProblemKind::Empty => "empty",
            ProblemKind::NotAMapping => "not_a_mapping",
            ProblemKind::SeveralDocuments => "several_documents",
            ProblemKind::FileMissing => "file_missing",
            ProblemKind::VariableUnset => "variable_unset",
            ProblemKind::NoConfigFlag => "no_config_flag",
            ProblemKind::ImageDefault => "image_default",
            ProblemKind::OtherVersion => "other_version",
        }
    }
}

/// Something wrong with a configuration as a text.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// The key, path or variable that it is about; else empty.
    pub name: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it, where that can be told.
    pub hint: Option<String>,
    /// Where it is.
    pub place: Option<Arc<Place>>,
    /// The first of two equal keys.
    pub first: Option<Arc<Place>>,
    /// The files that are in the mount, where one is missing.
    pub present: Vec<String>,
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, name: &str, message: impl Into<String>, place: Option<Arc<Place>>) -> Problem {
        Problem {
            kind,
            name: name.to_owned(),
            message: message.into(),
            hint: None,
            place,
            first: None,
            present: Vec::new(),
        }
    }
}

/// The configurations of one Collector in one tree.
#[derive(Default)]
pub(super) struct Loaded {
    /// The tree as written; `Err`: why it cannot be told.
    pub(super) tree: Option<Result<Cell, Arc<str>>>,
    pub(super) problems: Vec<Problem>,
    /// The place of the first configuration, else of the argument that names it.
    pub(super) place: Option<Arc<Place>>,
}

impl Loaded {
    /// Takes the one configuration that there is.
    fn only(&mut self, part: Result<Cell, Arc<str>>, named_by: &Cell) {
        self.add(part, named_by, Lists::Replaced);
    }

    fn add(&mut self, part: Result<Cell, Arc<str>>, named_by: &Cell, lists: Lists) {
        let place = match &part {
            Ok(cell) => cell.place.clone().or_else(|| named_by.place.clone()),
            Err(_) => named_by.place.clone(),
        };
        self.place = self.place.take().or(place);
        self.tree = Some(match (self.tree.take(), part) {
            (None, part) => part,
            (Some(Ok(base)), Ok(over)) => Ok(merge(&base, &over, lists)),
            (Some(Err(reason)), _) | (Some(Ok(_)), Err(reason)) => Err(reason),
        });
    }
}

/// Reads what the command line, the environment or the image names. `default_path` is what the image reads without arguments.
pub(super) fn from_container(
    arguments: &Arguments,
    around: Surroundings<'_>,
    default_path: Option<&str>,
    container: &Cell,
    release: &ReleaseSpan,
) -> Loaded {
    let mut loaded = Loaded::default();
    let lists = match arguments.gate(APPENDING) {
        Some(true) => Lists::appended_by(release),
        _ => Lists::Replaced,
    };
    let is_set = |name: &str| matches!(around.variable(name), Found::Set(_));
    let named = |location: &str| (location.to_owned(), container.get("env").unwrap_or(container).clone());
    let mut configs = arguments.configs.clone();
    if is_set("AOT_CONFIG_CONTENT") {
        // The distribution of AWS reads this before any argument (aws-observability/aws-otel-collector:pkg/config/factory.go).
        configs = vec![named("env:AOT_CONFIG_CONTENT")];
    } else if configs.is_empty() {
        // That of Splunk takes these when no argument names a file (signalfx/splunk-otel-collector:internal/settings/settings.go).
        match around.variable("SPLUNK_CONFIG") {
            Found::Set(variable) => configs.push(named(variable.value.text().unwrap_or("env:SPLUNK_CONFIG"))),
            _ if is_set("SPLUNK_CONFIG_YAML") => configs.push(named("env:SPLUNK_CONFIG_YAML")),
            _ => {}
        }
    }
    if configs.is_empty() {
        match &arguments.unknown {
            Some(reason) => loaded.only(Err(reason.clone()), container),
            None => without_argument(&mut loaded, arguments, around, default_path, container),
        }
    }
    for (location, cell) in &configs {
        let part = location_tree(location, cell, around, &mut loaded.problems);
        loaded.add(part, cell, lists);
    }
    for (setting, cell) in &arguments.settings {
        let (keys, value) = setting.split_once('=').unwrap_or((setting, ""));
        let part = expand::parse(value, cell).map(|value| nested(&keys.split('.').collect::<Vec<_>>(), &value));
        loaded.add(part, cell, lists);
    }
    if let (Some(reason), Some(Ok(_))) = (&arguments.unknown, &loaded.tree) {
        loaded.tree = Some(Err(reason.clone()));
    }
    loaded
}

fn without_argument(
    loaded: &mut Loaded,
    arguments: &Arguments,
    around: Surroundings<'_>,
    default_path: Option<&str>,
    container: &Cell,
) {
    let place = container
        .get("args")
        .or_else(|| container.get("command"))
        .unwrap_or(container);
    if arguments.is_given {
        let message = "the arguments name no configuration";
        loaded.problems.push(Problem::new(
            ProblemKind::NoConfigFlag,
            "--config",
            message,
            place.place.clone(),
        ));
        loaded.only(Err("the arguments name no configuration".into()), place);
        return;
    }
    let Some(path) = default_path else {
        loaded.only(
            Err("it is not known which configuration the image reads without arguments".into()),
            container,
        );
        return;
    };
    match around.file(path) {
        FileLookup::Text { text, .. } => {
            let part = checked_tree(&text, &mut loaded.problems);
            loaded.only(part, container);
        }
        // Whatever is mounted there hides the file in the image.
        FileLookup::Absent { reason, mount, present } => {
            let over = around.run.and_then(|(_, container)| container.mounts.get(mount));
            let place = over
                .and_then(|mount| mount.cell.place.clone())
                .or_else(|| container.place.clone());
            let mut problem = Problem::new(ProblemKind::FileMissing, path, reason.clone(), place);
            problem.present = present;
            loaded.problems.push(problem);
            loaded.only(Err(reason.into()), container);
        }
        FileLookup::Unknown(reason) if around.is_mounted(path) => loaded.only(Err(reason.into()), container),
        FileLookup::Unknown(_) => {
            let message = format!(
                "no argument names a configuration, and nothing at hand is mounted at {path}, so the one in the image is used"
            );
            let place = container.get("image").and_then(|image| image.place.clone());
            loaded
                .problems
                .push(Problem::new(ProblemKind::ImageDefault, path, message, place));
            loaded.only(
                Err(format!("the configuration is {path} in the image").into()),
                container,
            );
        }
    }
}

/// Reads what one location names.
fn location_tree(
    location: &str,
    cell: &Cell,
    around: Surroundings<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Cell, Arc<str>> {
    let (scheme, rest) = uri::scheme(location);
    match scheme {
        None | Some("file") => {
            if rest.contains(['*', '?']) {
                return Err(format!("{rest} is a pattern").into());
            }
            match around.file(rest) {
                FileLookup::Text { text, .. } => checked_tree(&text, problems),
                FileLookup::Absent { reason, present, .. } => {
                    let mut problem = Problem::new(ProblemKind::FileMissing, rest, reason.clone(), cell.place.clone());
                    problem.present = present;
                    problems.push(problem);
                    Err(reason.into())
                }
                FileLookup::Unknown(reason) => Err(reason.into()),
            }
        }
        Some("yaml") => expand::parse(rest, cell).map(unflatten),
        Some("env") => match around.variable(rest) {
            Found::Set(variable) => match (variable.value.text(), variable.value.unknown_reason()) {
                (Some(text), _) => variable_tree(text, &variable.value, problems),
                (None, Some(reason)) => Err(reason.clone()),
                (None, None) => Ok(empty_map(&variable.value)),
            },
            Found::Unset => {
                let message = format!("the variable {rest} that should hold the configuration is not set");
                problems.push(Problem::new(
                    ProblemKind::VariableUnset,
                    rest,
                    message.clone(),
                    cell.place.clone(),
                ));
                Err(message.into())
            }
            Found::SetElsewhere(reason) | Found::Unknown(reason) => Err(reason),
        },
        Some(scheme) => Err(format!("{scheme}:{rest} is not read").into()),
    }
}

fn variable_tree(text: &str, value: &Cell, problems: &mut Vec<Problem>) -> Result<Cell, Arc<str>> {
    let node = value.place.as_ref().and_then(|place| place.node.as_ref());
    match node {
        Some((document, node)) => {
            let embedded = document
                .embed(*node, None)
                .filter(|embedded| *embedded.content == *text);
            let embedded = embedded.unwrap_or_else(|| document.embed_opaque(*node, text, None));
            checked_tree(&embedded, problems)
        }
        None => expand::parse(text, value).map(unflatten),
    }
}

fn empty_map(at: &Cell) -> Cell {
    Cell::from(Fields::default()).at(at)
}

/// Parses a text that should be a configuration, and notes what is wrong with it.
pub(super) fn checked_tree(text: &Arc<Text>, problems: &mut Vec<Problem>) -> Result<Cell, Arc<str>> {
    let document = match Document::parse(text.clone()) {
        Ok(document) => Arc::new(document),
        Err(error) => {
            let end = (error.offset + 1).min(text.content.len()).max(error.offset);
            let end = crate::evidence::text::floor_char_boundary(&text.content, end);
            let place = Arc::new(Place::in_text(text, error.offset..end.max(error.offset)));
            let mut problem = Problem::new(ProblemKind::Syntax, "", error.message.clone(), Some(place));
            problem.hint = error.hint;
            problems.push(problem);
            return Err("the configuration is no valid YAML".into());
        }
    };
    from_document(&document, problems)
}

/// Converts a parsed configuration, and notes what is wrong with it.
pub(super) fn from_document(document: &Arc<Document>, problems: &mut Vec<Problem>) -> Result<Cell, Arc<str>> {
    for (first, later) in document.duplicate_keys() {
        let name = document.text_of(later).unwrap_or_default();
        let place = Arc::new(document.place(later, ""));
        let mut problem = Problem::new(
            ProblemKind::DuplicateKey,
            name,
            format!("the key {name} stands twice"),
            Some(place),
        );
        problem.first = Some(Arc::new(document.place(first, "")));
        problems.push(problem);
    }
    let root = Cell::from_node(document, document.root(), Schema::Configuration, "");
    if let Some(offset) = second_document(&document.text.content) {
        let place = Arc::new(Place::in_text(&document.text, offset..offset + 3));
        let message = "only the first document of the configuration is read";
        problems.push(Problem::new(ProblemKind::SeveralDocuments, "", message, Some(place)));
    }
    match &root.value {
        Value::Map(_) => Ok(unflatten(root)),
        Value::Null => {
            problems.push(Problem::new(
                ProblemKind::Empty,
                "",
                "the configuration is empty",
                root.place.clone(),
            ));
            Ok(empty_map(&root))
        }
        _ => {
            let message = "the configuration is no mapping";
            problems.push(Problem::new(ProblemKind::NotAMapping, "", message, root.place.clone()));
            Err(message.into())
        }
    }
}

/// Returns the offset of the `---` before a second document.
fn second_document(content: &str) -> Option<usize> {
    let mut offset = 0;
    let mut has_content = false;
    for line in content.split_inclusive('\n') {
        let plain = line.trim_end();
        if has_content && (plain == "---" || plain.starts_with("--- ")) {
            let rest = &content[offset + 3..];
            let is_more = rest
                .lines()
                .any(|line| !matches!(line.trim().as_bytes().first(), None | Some(b'#' | b'.' | b'-')));
            return is_more.then_some(offset);
        }
        has_content |= !plain.is_empty() && !plain.starts_with(['#', '%']) && !plain.starts_with("---");
        offset += line.len();
    }
    None
}

/// Parses a text.
pub(super) fn tree(text: &Arc<Text>) -> Result<Cell, Arc<str>> {
    let document = Document::parse(text.clone()).map_err(|error| Arc::from(error.message.as_str()))?;
    let document = Arc::new(document);
    Ok(Cell::from_node(&document, document.root(), Schema::Configuration, ""))
}

/// Parses a text that stands nowhere; its cells have no places.
pub(super) fn detached_tree(text: &str) -> Result<Cell, Arc<str>> {
    let file = Arc::new(SourceFile::new("", text));
    let nowhere = Text {
        content: file.content.clone(),
        origin: Origin::File(file, 0),
        resource: Arc::new(ResourceReference {
            api_version: String::new(),
            kind: "File".to_owned(),
            namespace: None,
            name: String::new(),
        }),
        key: None,
        secret: false,
    };
    tree(&Arc::new(nowhere)).map(|cell| without_places(&cell))
}

fn without_places(cell: &Cell) -> Cell {
    match &cell.value {
        Value::List(items) => items.iter().map(without_places).collect::<Vec<Cell>>().into(),
        Value::Map(fields) => {
            let fields: Fields = fields
                .iter()
                .map(|(key, value)| (key.clone(), without_places(value)))
                .collect();
            fields.into()
        }
        value => value.clone().into(),
    }
}

/// Returns whether a document reads like a whole Collector configuration: pipelines, and what they receive with.
pub(super) fn is_configuration(document: &Document) -> bool {
    let has = |path: &[&str]| document.at(path).is_some_and(|node| document.is_mapping(node));
    has(&["receivers"]) && has(&["service", "pipelines"]) && (has(&["exporters"]) || has(&["connectors"]))
}
