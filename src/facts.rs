//! Flat, typed rows that checks read.
//!
//! A row is the smallest thing that can be wrong on its own. Rows link to rows; whatever a check would have to calculate is a column made here. Nothing
//! here fails: what was not understood is an unknown cell with its reason.

pub mod answers;
pub mod app;
mod build;
pub mod collector;
mod conform;
pub mod grafana;
pub mod hops;
pub mod javascript;
pub mod logs;
pub mod permission;
pub mod ports;
pub mod schema;
pub mod shell;
pub mod state;
pub mod tempo;
pub mod workload;

pub use build::{build, expected_texts};

use crate::evidence::{Cell, Changed, Fields, Place, ResourceReference, Value};
use crate::finding::{LogEvidence, LogSpot, StageReference};
use crate::releases::ReleaseSpan;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The columns, as a mapping.
    pub cells: Arc<Cell>,
    /// What an expression does not read but a finding needs.
    pub about: Arc<About>,
}

/// What a finding about a row needs to know beside its cells.
#[derive(Debug, Clone)]
pub struct About {
    /// The stage that the row belongs to.
    pub stage: StageReference,
    /// The object that holds what the row is made of.
    pub resource: Arc<ResourceReference>,
    /// The top owner, group/kind/namespace/name, generated suffixes cut: what a fingerprint names.
    pub owner: String,
    /// The releases that the row's programs may have, by program (`collector`, `tempo`, `grafana`, `node_sdk`, …).
    pub releases: BTreeMap<&'static str, ReleaseSpan>,
    /// What was taken for granted to make the row.
    pub assumptions: Vec<String>,
    /// The container whose log speaks about the row.
    pub container: Option<ContainerKey>,
}

/// Names a container as logs do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerKey {
    /// The namespace, where it is known.
    pub namespace: Option<String>,
    /// The name of the workload: a pod's name begins with it.
    pub workload: String,
    /// The container's name.
    pub container: String,
}

/// All rows of all tables.
#[derive(Debug, Default)]
pub struct Facts {
    tables: BTreeMap<&'static str, Vec<Row>>,
    log_matches: Vec<LogMatch>,
    changed: BTreeMap<(String, String, String), String>,
    other_images: BTreeMap<(String, String), String>,
    unused: BTreeMap<StageReference, String>,
}

/// One group of matching lines in one container's log.
#[derive(Debug, Clone)]
pub struct LogMatch {
    /// The pattern: `CHECK#INDEX`.
    pub pattern: String,
    /// The stage and container whose log it is.
    pub about: Arc<About>,
    /// What the log says.
    pub evidence: LogEvidence,
    /// The first line.
    pub spot: LogSpot,
    /// The named groups of the first match.
    pub captures: BTreeMap<String, String>,
    /// Whether the log of the container since its last restart is at hand too.
    pub current_log_at_hand: bool,
    /// Whether the container, or else the name of its pod, shows that it is none of the programs that traces pass.
    pub of_another_program: bool,
    /// The row of table `logs`.
    pub row: Arc<Cell>,
}

impl Facts {
    /// Adds a row to a table.
    pub fn push(&mut self, table: &'static str, row: Row) {
        self.tables.entry(table).or_default().push(row);
    }

    /// Returns the rows of a table, in the order of the evidence.
    pub fn rows(&self, table: &str) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// Takes rows back that what was made later contradicts.
    pub fn retain(&mut self, table: &str, is_kept: impl FnMut(&Row) -> bool) {
        if let Some(rows) = self.tables.get_mut(table) {
            rows.retain(is_kept);
        }
    }

    /// Notes that a kustomization changes an object before it is applied.
    pub fn push_changed(&mut self, changed: &Changed) {
        let key = (changed.file.clone(), changed.kind.clone(), changed.name.clone());
        self.changed.insert(key, changed.by.clone());
        if changed.has_other_image {
            let key = (changed.kind.clone(), changed.name.clone());
            self.other_images.insert(key, changed.by.clone());
        }
    }

    /// Returns the kustomization that gives a stage another image, so that what is known of its release does not hold.
    pub fn image_changed_by(&self, stage: &StageReference) -> Option<&str> {
        if self.other_images.is_empty() {
            return None;
        }
        let (kind, name) = stage.name.split_once(' ')?;
        let name = name.rsplit('/').next().unwrap_or(name);
        let key = (kind.to_owned(), name.to_owned());
        self.other_images.get(&key).map(String::as_str)
    }

    /// Returns the kustomization that changes the object which a place is in.
    pub fn changed_by(&self, place: &Place) -> Option<&str> {
        if self.changed.is_empty() {
            return None;
        }
        let resource = &place.text.resource;
        let key = (
            place.outer().0.name.clone(),
            resource.kind.clone(),
            resource.name.clone(),
        );
        self.changed.get(&key).map(String::as_str)
    }

    /// Notes a stage that perhaps nothing runs, and why that may be, as a clause.
    pub fn push_unused(&mut self, stage: StageReference, reason: &str) {
        self.unused.insert(stage, reason.to_owned());
    }

    /// Returns why perhaps nothing runs a stage.
    pub fn why_unused(&self, stage: &StageReference) -> Option<&str> {
        self.unused.get(stage).map(String::as_str)
    }

    /// Adds a group of matching log lines.
    pub fn push_log_match(&mut self, found: LogMatch) {
        self.log_matches.push(found);
    }

    /// Returns the groups of matching log lines.
    pub fn log_matches(&self) -> &[LogMatch] {
        &self.log_matches
    }

    /// Returns the tables that have rows, with their rows.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[Row])> {
        self.tables.iter().map(|(name, rows)| (*name, rows.as_slice()))
    }
}

/// The names of the columns of each table, which all its rows share.
static NAMES: LazyLock<BTreeMap<&'static str, Vec<Arc<str>>>> = LazyLock::new(|| {
    let names = |table: &schema::Table| table.columns.iter().map(|column| column.name.into()).collect();
    schema::tables().map(|table| (table.name, names(table))).collect()
});

/// Builds one row; every column of the schema exists in it, null where it was not set.
#[derive(Debug)]
pub struct RowBuilder {
    table: &'static str,
    fields: Fields,
}

impl RowBuilder {
    /// Begins a row of a table.
    pub fn new(table: &'static str) -> RowBuilder {
        let names = NAMES.get(table).map_or(&[][..], Vec::as_slice);
        RowBuilder {
            table,
            fields: names.iter().map(|name| (name.clone(), Cell::default())).collect(),
        }
    }

    /// Sets a column; the name has to be in the schema.
    pub fn set(mut self, column: &'static str, cell: impl Into<Cell>) -> RowBuilder {
        debug_assert!(
            self.fields.contains_key(column),
            "table {} has no column {column}",
            self.table
        );
        if let Some(slot) = self.fields.get_mut(column) {
            *slot = cell.into();
        }
        self
    }

    /// Finishes the row.
    pub fn build(mut self, about: &Arc<About>) -> Row {
        self.conform();
        Row {
            cells: Arc::new(self.fields.into()),
            about: about.clone(),
        }
    }

    /// Finishes the row with a place of its own: where a finding without a better place points.
    pub fn build_at(mut self, about: &Arc<About>, place: Option<Arc<Place>>) -> Row {
        self.conform();
        let cell = Cell {
            value: Value::Map(Arc::new(self.fields)),
            place: place.clone(),
            key: place,
        };
        Row {
            cells: Arc::new(cell),
            about: about.clone(),
        }
    }

    /// What a user wrote may be of another type than the column that shows it.
    fn conform(&mut self) {
        if let Some(table) = schema::table(self.table) {
            conform::conform(&mut self.fields, table.columns);
        }
    }
}

/// Makes a record: a mapping with fixed fields.
pub fn record(fields: impl IntoIterator<Item = (&'static str, Cell)>) -> Cell {
    let fields: Fields = fields.into_iter().map(|(name, cell)| (name.into(), cell)).collect();
    fields.into()
}
