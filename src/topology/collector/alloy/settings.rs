//! What a release of Alloy does not take: it ends at its start with the first of it, as it decodes every block into a fixed set of settings
//! (`grafana/alloy@v1.10.2:syntax/vm/struct_decoder.go`, `internal/component/registry.go`).
//!
//! Said is only what is so in every release that it may be. What `declare`, `import` and `foreach` bring is not judged, nor what is decided by the
//! component itself.

use super::super::reference::Surroundings;
use super::command::Enabled;
use super::module::{Modules, Raw, Spot};
use super::shape::is_ours;
use super::typed::wrong;
use super::{Fault, FaultKind, Source, address, place};
use crate::evidence::Text;
use crate::releases::{
    AlloyLevel, AlloyNode, AlloyReleases, AlloySettings, AlloyState, AlloyType, ReleaseSpan, Version, nearest,
};
use crate::topology::alloy::{Block, Statement};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// More faults say nothing more.
const MOST_FAULTS: usize = 200;

/// Returns what is wrong with components and settings.
pub(super) fn faults(
    sources: &[Source],
    around: Surroundings<'_>,
    table: &AlloySettings,
    release: &ReleaseSpan,
    enabled: &Enabled,
) -> Vec<Fault> {
    let modules = Modules::new(sources, around);
    // What has nothing to do with spans is another's configuration.
    if !modules.components.iter().any(|raw| is_ours(&raw.block.name)) {
        return Vec::new();
    }
    let releases = table.releases(release);
    let mut walk = Walk {
        modules: &modules,
        table,
        releases: &releases,
        enabled,
        found: Vec::new(),
        seen: Vec::new(),
    };
    if releases.known.is_empty() {
        return address::faults(&modules);
    }
    for raw in &modules.components {
        walk.component(raw);
    }
    for source in sources {
        for statement in &source.body {
            let Statement::Block(block) = statement else {
                continue;
            };
            let is_setting = |node: &AlloyNode| {
                let state = releases.known.iter().find_map(|one| table.at(*node, *one));
                state.is_some_and(|state| state.level == AlloyLevel::Setting)
            };
            if let Some(node) = table.root(&block.name).filter(is_setting) {
                let spot = Spot {
                    scope: 0,
                    text: &source.text,
                };
                walk.body(block, node, spot, &block.id(), &releases.known);
            }
        }
    }
    let mut found = walk.found;
    found.extend(address::faults(&modules));
    found
}

/// Writes the names that were meant.
pub(super) fn rename(sources: &mut [Source], faults: &[Fault]) {
    let meant = faults
        .iter()
        .filter(|fault| matches!(fault.kind, FaultKind::Setting | FaultKind::Component));
    for (fault, name) in meant.filter_map(|fault| Some((fault, fault.fix.as_deref()?))) {
        let source = sources
            .iter_mut()
            .find(|source| Arc::ptr_eq(&source.text, &fault.place.text));
        if let Some(source) = source {
            rename_at(&mut source.body, fault.place.span.start, name);
        }
    }
}

/// Renames the statement that begins at an offset. The parser has bounded the depth.
fn rename_at(body: &mut [Statement], at: usize, name: &str) {
    // The last statement that does not begin behind it is the one, or holds it.
    let before = body.iter_mut().rev().find(|statement| match statement {
        Statement::Attribute(one) => one.head.start <= at,
        Statement::Block(one) => one.head.start <= at,
    });
    match before {
        Some(Statement::Attribute(one)) if one.head.start == at => name.clone_into(&mut one.name),
        Some(Statement::Block(one)) if one.head.start == at => name.clone_into(&mut one.name),
        Some(Statement::Block(one)) => rename_at(&mut one.body, at, name),
        _ => {}
    }
}

struct Walk<'w, 'a> {
    modules: &'w Modules<'a>,
    table: &'w AlloySettings,
    releases: &'w AlloyReleases,
    enabled: &'w Enabled,
    found: Vec<Fault>,
    /// Bodies of `declare` that were judged already.
    seen: Vec<(usize, usize)>,
}

/// What a name is at some releases.
struct Known<'t> {
    node: AlloyNode,
    states: Vec<&'t AlloyState>,
    /// The releases that have it.
    at: Vec<Version>,
}

impl Known<'_> {
    fn all(&self, is: impl Fn(&AlloyState) -> bool) -> bool {
        self.states.iter().all(|state| is(state))
    }
}

impl<'w, 'a> Walk<'w, 'a> {
    fn component(&mut self, raw: &Raw<'a>) {
        let block = raw.block;
        let key = (Arc::as_ptr(raw.text) as usize, block.head.start);
        if self.seen.contains(&key) {
            return;
        }
        self.seen.push(key);
        let spot = Spot {
            scope: raw.scope,
            text: raw.text,
        };
        let node = self.table.root(&block.name);
        let known = node.and_then(|node| self.known(node, &self.releases.known));
        let Some(known) = known else {
            self.absent_component(raw, node);
            return;
        };
        self.flags(raw, &known);
        if block.label.is_none() {
            let message = format!("component {:?} must have a label", block.name);
            self.add(FaultKind::Label, &block.name, message, spot.text, &block.head);
        }
        self.body(block, known.node, spot, &raw.id, &known.at);
    }

    fn absent_component(&mut self, raw: &Raw<'a>, node: Option<AlloyNode>) {
        let name = raw.block.name.as_str();
        let names = self.table.roots();
        let there = names.filter(|(_, node)| self.known(*node, &self.releases.known).is_some());
        let near = nearest(name, there.map(|(name, _)| name)).map(str::to_owned);
        // A newer release than those of the table may have it.
        if self.releases.may_be_newer && near.is_none() {
            return;
        }
        let message = format!("cannot find the definition of component name {name:?}");
        let head = name_span(raw.text, &raw.block.head, name);
        let lifetime = node.and_then(|node| self.lifetime(node));
        let is_named = self.is_named(raw.block);
        if let Some(fault) = self.add(FaultKind::Component, name, message, raw.text, &head) {
            // Where others name it, all of them have to change.
            fault.fix = near.clone().filter(|_| !is_named);
            fault.near = near;
            fault.lifetime = lifetime;
        }
    }

    /// Whether a block names this one.
    fn is_named(&self, block: &Block) -> bool {
        let mut found = false;
        let id = format!("{}.", block.id());
        for raw in &self.modules.components {
            raw.block
                .paths(&mut |parts, _| found |= format!("{}.", parts.join(".")).starts_with(&id));
        }
        found
    }

    /// Says that a component needs a flag that is not given.
    fn flags(&mut self, raw: &Raw<'a>, known: &Known<'_>) {
        let Some(given) = self.enabled.level else {
            return;
        };
        let is_community = known.all(|state| state.level == AlloyLevel::Community);
        let (flag, message) = if is_community && !self.enabled.community {
            let message = format!("the component {:?} is a community component", raw.block.name);
            ("--feature.community-components.enabled".to_owned(), message)
        } else if known.all(|state| state.level < given) {
            let level = match known.states.first().map(|state| state.level) {
                Some(AlloyLevel::Experimental) => "experimental",
                _ => "public-preview",
            };
            let message = format!("component {:?} is at stability level {level:?}", raw.block.name);
            (format!("--stability.level={level}"), message)
        } else {
            return;
        };
        let head = name_span(raw.text, &raw.block.head, &raw.block.name);
        if let Some(fault) = self.add(FaultKind::NotEnabled, &raw.block.name, message, raw.text, &head) {
            fault.near = Some(flag);
        }
    }

    /// Judges what is in a block.
    fn body(&mut self, block: &Block, node: AlloyNode, spot: Spot<'a>, path: &str, at: &[Version]) {
        if self.found.len() >= MOST_FAULTS {
            return;
        }
        let is_open = at
            .iter()
            .any(|release| self.table.at(node, *release).is_none_or(|state| state.is_open));
        let mut times: HashMap<&str, usize> = HashMap::new();
        // Names that a misspelt one stands for are not missing as well.
        let mut meant: Vec<String> = Vec::new();
        for statement in &block.body {
            let (name, head) = match statement {
                Statement::Attribute(one) => (one.name.as_str(), one.head.clone()),
                Statement::Block(one) => (one.name.as_str(), name_span(spot.text, &one.head, &one.name)),
            };
            let count = times.entry(name).or_insert(0);
            *count += 1;
            let is_again = *count > 1;
            let child = self.table.child(node, name);
            let Some(known) = child.and_then(|child| self.known(child, at)) else {
                if !is_open {
                    self.unknown(block, statement, (node, child), (spot.text, &head), at, &mut meant);
                }
                continue;
            };
            self.statement(
                statement,
                &known,
                spot,
                &head,
                &crate::evidence::cell::join(path, name),
                is_again,
            );
        }
        if !is_open {
            self.missing(block, node, spot, at, &meant);
        }
    }

    fn statement(
        &mut self,
        statement: &Statement,
        known: &Known<'_>,
        spot: Spot<'a>,
        head: &Range<usize>,
        path: &str,
        is_again: bool,
    ) {
        match statement {
            Statement::Attribute(attribute) => {
                let name = attribute.name.as_str();
                let wanted: Vec<&AlloyType> = known.states.iter().filter_map(|state| state.value.as_ref()).collect();
                if wanted.is_empty() {
                    let message = format!("{name:?} must be a block, but is used as an attribute");
                    self.add(FaultKind::Value, name, message, spot.text, head);
                } else if is_again {
                    let message = format!("attribute {name:?} may only be provided once");
                    self.add(FaultKind::Again, name, message, spot.text, head);
                } else if wanted.len() == known.states.len()
                    && let Some(wrong) = wrong(self.modules, spot, &attribute.value, &wanted)
                {
                    self.wrong_value(name, wrong);
                }
            }
            Statement::Block(inner) => {
                let name = inner.name.as_str();
                if known.all(|state| state.value.is_some()) {
                    let message = format!("{name:?} must be an attribute, but is used as a block");
                    self.add(FaultKind::Value, name, message, spot.text, head);
                    return;
                }
                if known.states.iter().any(|state| state.value.is_some()) {
                    return;
                }
                if is_again && known.all(|state| !state.is_repeated) {
                    let message = format!("block {name:?} may only be specified once");
                    self.add(FaultKind::Again, name, message, spot.text, head);
                }
                let is_known = known.all(|state| !state.is_open);
                let label = match inner.label {
                    Some(_) if is_known && known.all(|state| !state.has_label) => {
                        Some(format!("block {name:?} does not support specifying labels"))
                    }
                    None if known.all(|state| state.has_label) => {
                        Some(format!("block {name:?} requires non-empty label"))
                    }
                    _ => None,
                };
                if let Some(message) = label {
                    self.add(FaultKind::Label, name, message, spot.text, &inner.head);
                }
                self.body(inner, known.node, spot, path, &known.at);
            }
        }
    }

    fn wrong_value(&mut self, name: &str, wrong: super::typed::Wrong<'a>) {
        let message = format!("{name}: {}", wrong.message);
        if let Some(fault) = self.add(FaultKind::Value, name, message, wrong.text, &wrong.span) {
            fault.fix = wrong.fix;
        }
    }

    fn unknown(
        &mut self,
        block: &Block,
        statement: &Statement,
        (parent, child): (AlloyNode, Option<AlloyNode>),
        (text, head): (&'a Arc<Text>, &Range<usize>),
        at: &[Version],
        meant: &mut Vec<String>,
    ) {
        let (name, is_block) = match statement {
            Statement::Attribute(one) => (one.name.as_str(), false),
            Statement::Block(one) => (one.name.as_str(), true),
        };
        let there: Vec<(&str, AlloyNode)> = self
            .table
            .children(parent)
            .filter(|(_, node)| self.known(*node, at).is_some_and(|known| known.at.len() == at.len()))
            .collect();
        let is_free = |known: &str| !block.body.iter().any(|other| other.name() == known);
        let of_kind = there.iter().filter(|(known, node)| {
            let known_kind = self.known(*node, at);
            known_kind.is_some_and(|kind| {
                kind.all(|state| state.value.is_none() == is_block && (state.is_repeated || is_free(known)))
            })
        });
        let near = nearest(name, of_kind.map(|(known, _)| *known)).map(str::to_owned);
        let inside = there.iter().find(|(_, node)| {
            let child = self.table.child(*node, name);
            child.is_some_and(|child| {
                self.known(child, at)
                    .is_some_and(|known| known.all(|state| state.value.is_none() == is_block))
            })
        });
        let inside = inside.map(|(known, _)| (*known).to_owned());
        if let Some(name) = near.as_ref().or(inside.as_ref()) {
            meant.push(name.clone());
        }
        if self.releases.may_be_newer && near.is_none() && inside.is_none() {
            return;
        }
        let kind = if is_block { "block" } else { "attribute" };
        let message = format!("unrecognized {kind} name {name:?}");
        let lifetime = child.and_then(|child| self.lifetime(child));
        let name = name.to_owned();
        if let Some(fault) = self.add(FaultKind::Setting, &name, message, text, head) {
            fault.fix.clone_from(&near);
            fault.near = near;
            fault.inside = inside;
            fault.lifetime = lifetime;
            fault.block = block.name.clone();
        }
    }

    fn missing(&mut self, block: &Block, node: AlloyNode, spot: Spot<'a>, at: &[Version], meant: &[String]) {
        let children: Vec<(&str, AlloyNode)> = self.table.children(node).collect();
        for (name, child) in children {
            let is_there = block.body.iter().any(|statement| statement.name() == name);
            if is_there || meant.iter().any(|one| one == name) {
                continue;
            }
            let Some(known) = self.known(child, at) else {
                continue;
            };
            if known.at.len() < at.len() || !known.all(|state| state.is_required) {
                continue;
            }
            let kind = match known.all(|state| state.value.is_none()) {
                true => "block",
                false => "attribute",
            };
            let message = format!("missing required {kind} {name:?}");
            if let Some(fault) = self.add(FaultKind::Required, name, message, spot.text, &block.head) {
                fault.block = block.name.clone();
            }
        }
    }

    /// Returns what something is at those of the releases that have it; `None` when none has.
    fn known(&self, node: AlloyNode, at: &[Version]) -> Option<Known<'w>> {
        let table = self.table;
        let states: Vec<(Version, &AlloyState)> = at
            .iter()
            .filter_map(|release| Some((*release, table.at(node, *release)?)))
            .collect();
        (!states.is_empty()).then(|| Known {
            node,
            at: states.iter().map(|(release, _)| *release).collect(),
            states: states.into_iter().map(|(_, state)| state).collect(),
        })
    }

    /// Says when something came or went, as a clause.
    fn lifetime(&self, node: AlloyNode) -> Option<String> {
        let (first, last) = (self.releases.known.first()?, self.releases.known.last()?);
        match self.table.lifetime(node) {
            (Some(since), _) if since > *last => Some(format!("it came with {since}")),
            (_, Some(until)) if until < *first => Some(format!("{until} was the last release to have it")),
            _ => None,
        }
    }

    fn add(
        &mut self,
        kind: FaultKind,
        name: &str,
        message: String,
        text: &Arc<Text>,
        span: &Range<usize>,
    ) -> Option<&mut Fault> {
        if self.found.len() >= MOST_FAULTS {
            return None;
        }
        let release = match (self.releases.known.first(), self.releases.known.last()) {
            (Some(first), Some(last)) if first == last => first.to_string(),
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => String::new(),
        };
        self.found.push(Fault {
            release: Some(release),
            ..Fault::new(kind, name, message, place(text, span, name))
        });
        self.found.last_mut()
    }
}

/// Returns where the name stands of a head that may have a label.
fn name_span(text: &Text, head: &Range<usize>, name: &str) -> Range<usize> {
    let written = text.content.get(head.clone()).unwrap_or_default();
    match written.starts_with(name) {
        true => head.start..head.start + name.len(),
        false => head.clone(),
    }
}

#[cfg(test)]
mod tests;
