//! What happened to one text of a file since it was read.
//!
//! A place speaks of the text as it was read: here its way and its span are followed through all later changes, and what other edits
//! did is told, so that contradictions are noticed. Nothing is decided here.

use super::layout::Splice;
use super::tree::{Path, Step};
use std::ops::Range;

/// What happened to one text.
#[derive(Default)]
pub(super) struct History {
    events: Vec<Event>,
    /// The stretches replaced by each step: where, and the length of what came.
    splices: Vec<Vec<(Range<usize>, usize)>>,
    /// The stretches that operations asked to replace, as they were read.
    pub(super) replaced: Vec<(Range<usize>, String)>,
}

/// One thing that happened to a tree; the path is that of its time.
struct Event {
    edit: usize,
    path: Path,
    kind: EventKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    /// The entry or item came to be.
    Added,
    /// The entry or item went.
    Removed,
    /// The value was replaced.
    Replaced,
    /// A value took the place of nothing.
    Filled,
    /// The key was renamed, or the text in the scalar changed.
    Touched,
}

/// Where a node of old is now.
pub(super) enum Now {
    Here(Path),
    /// It is gone; whether it was the node itself that went.
    Gone(bool),
}

/// Follows a step at a path through one event.
fn follow(path: Path, event: &Event) -> Now {
    let Some((last, container)) = event.path.split_last() else {
        // The root was replaced.
        let inside = !path.is_empty() && event.kind == EventKind::Replaced;
        return if inside { Now::Gone(false) } else { Now::Here(path) };
    };
    let (Step::Key(moved) | Step::Value(moved) | Step::Item(moved)) = *last;
    let below = path.len() > container.len() && path.starts_with(container);
    if !below {
        return Now::Here(path);
    }
    let at = container.len();
    let (Step::Key(index) | Step::Value(index) | Step::Item(index)) = path[at];
    let shifted = |index: usize| {
        let mut path = path.clone();
        path[at] = match path[at] {
            Step::Key(_) => Step::Key(index),
            Step::Value(_) => Step::Value(index),
            Step::Item(_) => Step::Item(index),
        };
        path
    };
    match event.kind {
        EventKind::Added if index >= moved => Now::Here(shifted(index + 1)),
        EventKind::Removed if index > moved => Now::Here(shifted(index - 1)),
        EventKind::Removed if index == moved => Now::Gone(path.len() == at + 1),
        EventKind::Replaced if path.len() > at + 1 && path[at] == *last => Now::Gone(false),
        _ => Now::Here(path),
    }
}

impl History {
    /// Returns where the node at a path is now, from the event at `from` on.
    pub(super) fn now(&self, mut path: Path, from: usize) -> Now {
        for event in self.events.iter().skip(from) {
            match follow(path, event) {
                Now::Here(next) => path = next,
                gone => return gone,
            }
        }
        Now::Here(path)
    }

    /// Returns the ways, as of now, that other edits wrote at.
    pub(super) fn written_by_others(&self, edit: usize) -> Vec<(Path, EventKind)> {
        let events = self.events.iter().enumerate();
        events
            .filter(|(_, event)| event.edit != edit && event.kind != EventKind::Removed)
            .filter_map(|(index, event)| self.later(&event.path, index, event.kind))
            .collect()
    }

    /// Returns whether another edit took something out of what stands at a path or below it.
    pub(super) fn thinned_by_others(&self, edit: usize, path: &[Step]) -> bool {
        let events = self.events.iter().enumerate();
        events
            .filter(|(_, event)| event.edit != edit && event.kind == EventKind::Removed)
            .filter_map(|(index, event)| {
                let (_, container) = event.path.split_last()?;
                self.later(container, index, event.kind)
            })
            .any(|(container, _)| container.starts_with(path))
    }

    fn later(&self, path: &[Step], event: usize, kind: EventKind) -> Option<(Path, EventKind)> {
        match self.now(path.to_vec(), event + 1) {
            Now::Here(path) => Some((path, kind)),
            Now::Gone(_) => None,
        }
    }

    /// Returns where a stretch as it was read stands now.
    pub(super) fn stretch_now(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let mut range = range.clone();
        for step in &self.splices {
            if step
                .iter()
                .any(|(old, _)| old.end > range.start && old.start < range.end)
            {
                return None;
            }
            let before = step.iter().filter(|(old, _)| old.end <= range.start);
            let shift: isize = before.map(|(old, new)| *new as isize - old.len() as isize).sum();
            let moved = |offset: usize| usize::try_from(offset as isize + shift).ok();
            range = moved(range.start)?..moved(range.end)?;
        }
        Some(range)
    }

    /// Notes what an edit did and by which splices.
    pub(super) fn record(&mut self, edit: usize, events: Vec<(Path, EventKind)>, splices: &[Splice]) {
        self.events
            .extend(events.into_iter().map(|(path, kind)| Event { edit, path, kind }));
        self.splices.push(
            splices
                .iter()
                .map(|splice| (splice.range.clone(), splice.text.len()))
                .collect(),
        );
    }
}
