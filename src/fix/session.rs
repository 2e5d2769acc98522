//! Performs operations one after the other and keeps what every later one has to know.
//!
//! A place speaks of the file as it was read. For each text that an operation touched, the session keeps what happened to it, so that
//! the way to a node and the span of a stretch can be followed to where they are now, and so that two edits that contradict each other
//! are noticed.

use super::history::{EventKind, History};
use super::layout::{Layout, spliced};
use super::locate::{Home, Target, locate};
use super::plan::{self, conflict, here};
use super::proof::{Expected, Level, parse, prove, set_scalar, unproven};
use super::tree::{Path, Tree, node_at};
use super::{Cause, ChangedFile, Refusal, block, embed};
use crate::evidence::document::NodeValue;
use crate::evidence::text::{Place, ResourceReference, SourceFile};
use crate::finding::Operation;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The files as they are by now.
#[derive(Default)]
pub(super) struct Session {
    files: Vec<FileState>,
}

struct FileState {
    file: Arc<SourceFile>,
    /// The stretches that were edited, by their start: their first length and their content now.
    stretches: BTreeMap<usize, (usize, String)>,
    /// What happened to each text, by the start of its stretch and the ways down.
    histories: HashMap<(usize, Vec<Path>), History>,
}

impl Session {
    /// Performs one operation of an edit.
    pub(super) fn perform(&mut self, edit: usize, operation: &Operation) -> Result<(), Refusal> {
        let place = place_of(operation);
        let (home, target) = locate(place)?;
        let index = self.open(&home)?;
        let (chain, before) = self.descend(index, &home, edit, &place.text.resource)?;
        let history = self.files[index].histories.entry(home.key()).or_default();
        let plan = match &target {
            Target::Node(path) => plan::node(history, edit, operation, path, &before, place)?,
            Target::Stretch(range, path) => plan::stretch(history, operation, range, path.clone(), &before, place)?,
        };
        let Some(mut plan) = plan else {
            return Ok(());
        };
        let content = spliced(&before, &mut plan.splices).ok_or_else(|| unproven("the changes overlap"))?;
        if let Some(expected) = &plan.expected {
            prove(&before, &content, expected, &place.text.resource)?;
        }
        history.record(edit, plan.events, &plan.splices);
        self.ascend(index, &home, edit, chain, content, &place.text.resource)
    }

    /// Returns the files that changed.
    pub(super) fn finish(self) -> Vec<ChangedFile> {
        let changed = self.files.into_iter().filter_map(|state| {
            let mut content = state.file.content.to_string();
            for (&start, (length, new)) in state.stretches.iter().rev() {
                content.replace_range(start..start + length, new);
            }
            (content != *state.file.content).then_some(ChangedFile {
                file: state.file,
                new_content: content,
            })
        });
        changed.collect()
    }

    /// Returns the stretches that changed: the file, where the stretch begins, what stood there and what stands there now.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&SourceFile, usize, &str, &str)> {
        self.files.iter().flat_map(|state| {
            state.stretches.iter().filter_map(|(&start, (length, new))| {
                let old = state.file.content.get(start..start + length)?;
                (old != new).then_some((&*state.file, start, old, new.as_str()))
            })
        })
    }

    /// Returns the index of the file's state, its stretch opened.
    fn open(&mut self, home: &Home) -> Result<usize, Refusal> {
        let known = self.files.iter().position(|state| same_file(&state.file, &home.file));
        let index = known.unwrap_or_else(|| {
            self.files.push(FileState {
                file: home.file.clone(),
                stretches: BTreeMap::new(),
                histories: HashMap::new(),
            });
            self.files.len() - 1
        });
        let state = &mut self.files[index];
        // The same file is the rule: comparing the whole of a large one for each edit would take longest of all.
        if !Arc::ptr_eq(&state.file, &home.file) && state.file.content != home.file.content {
            return Err(Refusal::new(
                Cause::Conflict,
                "the file was read twice, and changed in between",
            ));
        }
        let wanted = &home.stretch;
        let overlaps = state.stretches.iter().any(|(&start, (length, _))| {
            let same = start == wanted.start && *length == wanted.len();
            !same && start < wanted.end && wanted.start < start + length
        });
        if overlaps {
            return Err(Refusal::new(
                Cause::Conflict,
                "another edit takes the file apart in another way",
            ));
        }
        let content = home.file.content.get(wanted.clone()).unwrap_or_default();
        state
            .stretches
            .entry(wanted.start)
            .or_insert_with(|| (wanted.len(), content.to_owned()));
        Ok(index)
    }

    /// Parses the texts on the way down; returns them with the ways as of now, and the innermost content.
    fn descend(
        &self,
        index: usize,
        home: &Home,
        edit: usize,
        resource: &Arc<ResourceReference>,
    ) -> Result<(Vec<(Level, Path)>, String), Refusal> {
        let state = &self.files[index];
        let mut content = match state.stretches.get(&home.stretch.start) {
            Some((_, content)) => content.clone(),
            None => return Err(unproven("the text is lost")),
        };
        let mut chain = Vec::new();
        for (depth, path) in home.chain.iter().enumerate() {
            let level = parse(&content, resource)?;
            let key = (home.stretch.start, home.chain[..depth].to_vec());
            let path = match state.histories.get(&key) {
                Some(history) => {
                    let path = here(history.now(path.clone(), 0))?;
                    let others = history.written_by_others(edit);
                    if others
                        .iter()
                        .any(|(written, kind)| *kind != EventKind::Touched && path.starts_with(written))
                    {
                        return Err(conflict());
                    }
                    path
                }
                None => path.clone(),
            };
            level.tree.check_unshared(&path)?;
            level.tree.check_no_secret(&path)?;
            let node = node_at(&level.document, &path).map(|id| &level.document.raw(id).value);
            content = match node {
                Some(NodeValue::Scalar(text, _)) => text.to_string(),
                _ => return Err(Refusal::new(Cause::NoTarget, "nothing stands at the place")),
            };
            chain.push((level, path));
        }
        Ok((chain, content))
    }

    /// Writes the new innermost text back through the texts that hold it.
    fn ascend(
        &mut self,
        index: usize,
        home: &Home,
        edit: usize,
        mut chain: Vec<(Level, Path)>,
        mut content: String,
        resource: &Arc<ResourceReference>,
    ) -> Result<(), Refusal> {
        let state = &mut self.files[index];
        while let Some((level, path)) = chain.pop() {
            let layout = Layout::new(&level.document);
            let slot = block::slot(&layout, &path)?;
            let mut splices = embed::write_back(&layout, &slot, &content)?;
            let outer = spliced(layout.text, &mut splices).ok_or_else(|| unproven("the changes overlap"))?;
            let mut expected = level.tree;
            set_scalar(&mut expected, &path, Tree::string(&content))?;
            prove(layout.text, &outer, &Expected::Tree(expected), resource)?;
            let key = (home.stretch.start, home.chain[..chain.len()].to_vec());
            let history = state.histories.entry(key).or_default();
            history.record(edit, vec![(path, EventKind::Touched)], &splices);
            content = outer;
        }
        if let Some((_, stretch)) = state.stretches.get_mut(&home.stretch.start) {
            *stretch = content;
        }
        Ok(())
    }
}

impl Home {
    fn key(&self) -> (usize, Vec<Path>) {
        (self.stretch.start, self.chain.clone())
    }
}

/// Returns whether two files are one: a path that was given twice is read twice.
fn same_file(one: &Arc<SourceFile>, other: &Arc<SourceFile>) -> bool {
    Arc::ptr_eq(one, other) || one.name == other.name
}

fn place_of(operation: &Operation) -> &Place {
    match operation {
        Operation::Set { base, .. } | Operation::Append { base, .. } => base,
        Operation::Remove { target } | Operation::InsertBefore { target, .. } | Operation::Replace { target, .. } => {
            target
        }
        Operation::Rename { key, .. } => key,
    }
}
