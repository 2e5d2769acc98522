//! Which keys the parts of a Collector configuration accept at which release: the tree of keys and look-ups in it.
//!
//! A section is the tree of one component, of `service`, or of the top level. Lists and maps have no level of their own: what an
//! element or a value holds lies directly below. Whether a key is accepted is decided in `judge`.

use std::collections::HashMap;

use super::components::ComponentKind;
use super::span::{Basis, ReleaseSpan};
use super::table::TableError;
use super::version::Version;

mod judge;
mod lifetime;
mod parse;

pub use judge::{Enforcement, KeyFate, KeyVerdict};
pub use lifetime::{Existence, Lifetime, Since, Until};

/// The file of the table.
pub(super) const KEYS: &str = "collector-config-keys.tsv";

/// What a section describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// The top level of the file.
    Config,
    /// The block `service`.
    Service,
    /// One component.
    Component(ComponentKind),
}

/// How the keys of a section were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read from the sources of every release: releases are exact.
    Core,
    /// Read from modules and a public third set: exact where both have a release.
    ModuleAndThird,
    /// From the public third set alone.
    Third,
}

/// The shape of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A duration such as `30s`.
    Duration,
    /// Text, and what is parsed from text.
    Text,
    /// A mapping with known keys.
    Block,
    /// Whatever.
    Any,
    /// A list of values.
    List,
    /// A list of durations.
    DurationList,
    /// A list of mappings with known keys.
    BlockList,
    /// A mapping with free keys.
    Map,
    /// A mapping with free keys to mappings with known keys.
    BlockMap,
}

impl ValueKind {
    fn parse(text: &str) -> Option<ValueKind> {
        Some(match text {
            "bool" => ValueKind::Bool,
            "int" => ValueKind::Int,
            "float" => ValueKind::Float,
            "duration" => ValueKind::Duration,
            "string" => ValueKind::Text,
            "block" => ValueKind::Block,
            "any" => ValueKind::Any,
            "list<block>" => ValueKind::BlockList,
            "list<duration>" => ValueKind::DurationList,
            "list" | "list<string>" | "list<float>" | "list<int>" | "list<list>" => ValueKind::List,
            "map<block>" => ValueKind::BlockMap,
            "map" | "map<string>" => ValueKind::Map,
            _ => return None,
        })
    }

    /// Returns whether the keys of the mapping at this place are free (names, headers, labels).
    pub fn has_free_keys(self) -> bool {
        matches!(self, ValueKind::Map | ValueKind::Any)
    }

    /// Returns whether known keys lie below, in the value itself, in each element, or in each value of a map.
    pub fn has_known_keys(self) -> bool {
        matches!(self, ValueKind::Block | ValueKind::BlockList | ValueKind::BlockMap)
    }
}

/// Marks of a key, as the table has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// An optional block: null or absent is off, present is on.
    pub optional: bool,
    /// Further keys are accepted silently.
    pub open: bool,
    /// Decoded by own code: other shapes than the listed one may be legal.
    pub own_decoder: bool,
    /// Seen in the third set only.
    pub third: bool,
}

/// What a key was earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The block refused unknown keys before this release.
    ClosedBefore(Version),
    /// The value had another shape before this release.
    Was(ValueKind, Version),
}

/// A default, as far as probes of real builds tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAt<'a> {
    /// The default, as the Collector prints it; `zero` is empty, 0 or false.
    Known(&'a str),
    /// It changed between two probes, and the release lies between them.
    Changing {
        /// The default until the older probe.
        older: &'a str,
        /// The default from the newer probe on.
        newer: &'a str,
    },
    /// Zero, or never looked at.
    NotProbed,
}

/// One key.
#[derive(Debug)]
pub struct KeyNode {
    /// The key as it is written.
    pub name: Box<str>,
    /// The shape of its value.
    pub kind: ValueKind,
    /// Its marks.
    pub flags: Flags,
    /// When it is there; usually one range.
    pub lifetimes: Box<[Lifetime]>,
    /// What it was earlier.
    pub earlier: Option<Earlier>,
    /// Default at the newest probe, then older ones with the last probe that saw them.
    default: Option<Box<str>>,
    older_defaults: Box<[(Version, Box<str>)]>,
    line: u32,
    /// The first node behind the subtree.
    end: u32,
}

/// A place in a section: its root or one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

/// The keys of one component, of `service`, or of the top level.
#[derive(Debug)]
pub struct KeySection {
    /// What it describes.
    pub kind: SectionKind,
    /// Names of the component, newest first; one name for `service`, none for the top level.
    pub names: Box<[Box<str>]>,
    /// First release looked at.
    pub first: Version,
    /// Last release looked at.
    pub last: Version,
    /// How it was seen.
    pub method: Method,
    /// Patch releases of contrib modules are not told apart.
    pub by_minor: bool,
    line: u32,
    /// In the order of the table: each key is followed by its subtree. The first one is the root, without a name.
    nodes: Vec<KeyNode>,
}

impl KeySection {
    /// The place above all keys.
    pub const ROOT: NodeId = NodeId(0);

    /// Returns what is known of the key at a place.
    pub fn node(&self, id: NodeId) -> &KeyNode {
        // An id of another section gives the root instead of a panic.
        self.nodes.get(id.0 as usize).unwrap_or(&self.nodes[0])
    }

    /// Returns the keys directly below a place.
    pub fn children(&self, parent: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.node(parent).end;
        let first = Some(parent.0 + 1).filter(|index| *index < end);
        std::iter::successors(first, move |index| {
            Some(self.node(NodeId(*index)).end).filter(|next| *next < end)
        })
        .map(NodeId)
    }

    /// Returns the key of a name directly below a place, whether or not it is there at some release. Keys are case sensitive.
    pub fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.children(parent).find(|id| self.node(*id).name.as_ref() == name)
    }

    /// Returns the place of a path, below the root. Steps through list elements and names in maps are left out or written `[]`.
    pub fn find(&self, path: &[&str]) -> Option<NodeId> {
        let steps = path.iter().filter(|step| **step != "[]");
        let mut place = KeySection::ROOT;
        for step in steps {
            place = self.child(place, step)?;
        }
        Some(place)
    }

    /// Returns the path of a place: the keys from the root on, without list elements.
    pub fn path(&self, id: NodeId) -> Vec<&str> {
        self.ancestors(id)
            .into_iter()
            .map(|id| self.node(id).name.as_ref())
            .collect()
    }

    /// The places from the first key below the root to the place itself.
    fn ancestors(&self, id: NodeId) -> Vec<NodeId> {
        let mut place = KeySection::ROOT;
        let mut path = Vec::new();
        while place != id {
            let holds = |child: &NodeId| child.0 <= id.0 && id.0 < self.node(*child).end;
            let Some(next) = self.children(place).find(holds) else {
                break;
            };
            path.push(next);
            place = next;
        }
        path
    }

    /// Returns the default of a key at a release.
    pub fn default_at(&self, id: NodeId, release: Version) -> DefaultAt<'_> {
        let node = self.node(id);
        let Some(newest) = node.default.as_deref() else {
            return DefaultAt::NotProbed;
        };
        let probes: &[Version] = if self.by_minor { &CONTRIB_PROBES } else { &CORE_PROBES };
        let release = release.minor_release();
        let mut newer = newest;
        // Older values are sorted, newest probe first.
        for (probe, older) in &node.older_defaults {
            let next = probes.iter().find(|candidate| **candidate > *probe).copied();
            if next.is_none_or(|next| release >= next) {
                return DefaultAt::Known(newer);
            }
            if release > *probe {
                return DefaultAt::Changing { older, newer };
            }
            newer = older;
        }
        // Before the first probe nothing is known: the addresses of servers were others before 0.104, for example.
        match probes.first() {
            Some(first) if release < *first => DefaultAt::NotProbed,
            _ => DefaultAt::Known(newer),
        }
    }

    /// Returns the releases that know a key, from the first to the last. Those that ignore it silently are not among them.
    pub fn releases_that_accept(&self, id: NodeId) -> Option<ReleaseSpan> {
        let mut span = ReleaseSpan {
            low: None,
            high: None,
            basis: Basis::Configuration,
        };
        for place in self.ancestors(id) {
            let lifetimes = &self.node(place).lifetimes;
            let low = lifetimes
                .iter()
                .map(|lifetime| lifetime.earliest(self.by_minor))
                .min()
                .flatten();
            let highs: Option<Vec<Version>> = lifetimes
                .iter()
                .map(|lifetime| lifetime.latest(self.by_minor))
                .collect();
            let high = highs.and_then(|highs| highs.into_iter().max());
            span = span.intersect(&ReleaseSpan {
                low,
                high,
                basis: Basis::Configuration,
            })?;
        }
        Some(span)
    }
}

/// Releases whose real builds were asked for their defaults.
const CORE_PROBES: [Version; 5] = [
    Version::new(0, 111, 0),
    Version::new(0, 130, 0),
    Version::new(0, 140, 0),
    Version::new(0, 155, 0),
    Version::new(0, 165, 0),
];
const CONTRIB_PROBES: [Version; 2] = [Version::new(0, 155, 0), Version::new(0, 165, 0)];

/// All sections.
#[derive(Debug)]
pub struct Keys {
    sections: Vec<KeySection>,
    by_name: HashMap<SectionKind, HashMap<Box<str>, usize>>,
}

impl Keys {
    pub(super) fn from_text(text: &str) -> Result<Keys, TableError> {
        let sections = parse::sections(text)?;
        let mut by_name: HashMap<SectionKind, HashMap<Box<str>, usize>> = HashMap::new();
        for (index, section) in sections.iter().enumerate() {
            let names = by_name.entry(section.kind).or_default();
            let none: Box<[Box<str>]> = [Box::from("")].into();
            let own = if section.names.is_empty() {
                &none
            } else {
                &section.names
            };
            for name in own {
                if names.insert(name.clone(), index).is_some() {
                    return Err(TableError::new(
                        KEYS,
                        section.line as usize,
                        format!("a second section for `{name}`"),
                    ));
                }
            }
        }
        Ok(Keys { sections, by_name })
    }

    /// Returns the keys of a component type, under any of its names.
    pub fn component(&self, kind: ComponentKind, name: &str) -> Option<&KeySection> {
        self.section(SectionKind::Component(kind), name)
    }

    /// Returns the keys of the top level.
    pub fn top_level(&self) -> Option<&KeySection> {
        self.section(SectionKind::Config, "")
    }

    /// Returns the keys of the block `service`.
    pub fn service(&self) -> Option<&KeySection> {
        self.section(SectionKind::Service, "service")
    }

    pub(super) fn section(&self, kind: SectionKind, name: &str) -> Option<&KeySection> {
        self.by_name
            .get(&kind)?
            .get(name)
            .and_then(|index| self.sections.get(*index))
    }

    /// Looks for contradictions between keys.
    pub(super) fn problems(&self, problems: &mut Vec<TableError>) {
        for section in &self.sections {
            let mut problem = |line: u32, message: String| problems.push(TableError::new(KEYS, line as usize, message));
            if section.first > section.last {
                problem(section.line, "the section ends before it begins".to_owned());
            }
            for index in 1..section.nodes.len() {
                let id = NodeId(index as u32);
                let node = section.node(id);
                for lifetime in &node.lifetimes {
                    if let Some(message) = lifetime.problem(section.last) {
                        problem(node.line, format!("{}: {message}", node.name));
                    }
                }
                let siblings = section.ancestors(id);
                let parent = siblings
                    .len()
                    .checked_sub(2)
                    .map_or(KeySection::ROOT, |above| siblings[above]);
                if section.child(parent, &node.name) != Some(id) {
                    problem(node.line, format!("{} is listed twice", node.name));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
