//! Which block a name means: components, what `declare` makes of them, and what modules from elsewhere bring.
//!
//! A custom component has a scope of its own (`grafana/alloy@v1.10.2:internal/runtime/internal/controller/component_references.go`): it sees the
//! components declared with it, its arguments, and nothing of those around it.

use super::super::reference::Surroundings;
use super::{Fault, FaultKind, Source, place};
use crate::evidence::Text;
use crate::releases::nearest;
use crate::topology::alloy::{Block, Expression, Statement};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Custom components within custom components are followed so far.
const MOST_DEEP: usize = 8;
/// More blocks than a configuration has.
const MOST_BLOCKS: usize = 5000;

/// Blocks that are no components (`grafana/alloy@v1.10.2:internal/runtime/source.go`, and the services).
const SETTINGS: [&str; 8] = [
    "logging",
    "tracing",
    "argument",
    "export",
    "http",
    "livedebugging",
    "foreach",
    "remotecfg",
];

/// One component as it is written.
pub(super) struct Raw<'a> {
    /// The index of its scope.
    pub(super) scope: usize,
    /// The block.
    pub(super) block: &'a Block,
    /// The text that holds it.
    pub(super) text: &'a Arc<Text>,
    /// The id, with those of the custom components around it.
    pub(super) id: String,
}

/// What a name of a block stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A component, by its index.
    Component(usize),
    /// A custom component, by the index of its scope.
    Custom(usize),
    /// What comes from elsewhere, or is no component.
    Opaque,
}

/// The blocks that see each other.
struct Scope<'a> {
    names: HashMap<String, Meaning>,
    /// The block that makes the custom component, with its text, and the scope that it stands in.
    made_by: Option<(&'a Block, &'a Arc<Text>, usize)>,
    body: Vec<(&'a Block, &'a Arc<Text>)>,
}

/// All scopes of a configuration.
pub(super) struct Modules<'a> {
    pub(super) around: Surroundings<'a>,
    pub(super) components: Vec<Raw<'a>>,
    pub(super) faults: Vec<Fault>,
    /// Why something may be in it that is not seen.
    pub(super) hides: Option<String>,
    scopes: Vec<Scope<'a>>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) scope: usize,
    pub(super) text: &'a Arc<Text>,
}

/// What a path leads to.
pub(super) enum Found<'a, 'p> {
    /// A component and the fields of it that are named.
    Component(usize, &'p [String]),
    /// An expression elsewhere: the value of an argument, or of an export.
    Value(&'a Expression, Spot<'a>),
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

impl<'a> Modules<'a> {
    /// Finds every block.
    pub(super) fn new(sources: &'a [Source], around: Surroundings<'a>) -> Modules<'a> {
        let mut modules = Modules {
            around,
            components: Vec::new(),
            faults: Vec::new(),
            hides: None,
            scopes: Vec::new(),
        };
        let mut body = Vec::new();
        for source in sources {
            for statement in &source.body {
                if let Statement::Block(block) = statement {
                    body.push((block, &source.text));
                }
            }
        }
        modules.scope(body, None, "", &HashMap::new(), 0);
        modules.references();
        modules
    }

    /// Takes in the blocks of one scope; returns its index.
    fn scope(
        &mut self,
        body: Vec<(&'a Block, &'a Arc<Text>)>,
        made_by: Option<(&'a Block, &'a Arc<Text>, usize)>,
        prefix: &str,
        outer: &HashMap<&'a str, (&'a Block, &'a Arc<Text>)>,
        depth: usize,
    ) -> usize {
        let index = self.scopes.len();
        self.scopes.push(Scope {
            names: HashMap::new(),
            made_by,
            body: body.clone(),
        });
        let mut declared = outer.clone();
        let mut imported: Vec<&str> = Vec::new();
        for (block, text) in &body {
            match (block.name.as_str(), block.label.as_deref()) {
                ("declare", Some(label)) => {
                    declared.insert(label, (*block, *text));
                }
                (name, Some(label)) if name.starts_with("import.") => imported.push(label),
                _ => {}
            }
        }
        let mut first: HashMap<String, Range<usize>> = HashMap::new();
        let mut texts: HashMap<String, &Arc<Text>> = HashMap::new();
        for (block, text) in body {
            let id = block.id();
            if let (Some(earlier), Some(earlier_text)) = (first.get(&id), texts.get(&id)) {
                // Of one custom component, each use would say the same.
                if depth == 0 {
                    let message = format!("block {id} already declared");
                    self.faults.push(Fault {
                        first: Some(place(earlier_text, earlier, &id)),
                        ..Fault::new(FaultKind::Duplicate, &id, message, place(text, &block.head, &id))
                    });
                }
                continue;
            }
            first.insert(id.clone(), block.head.clone());
            texts.insert(id.clone(), text);
            let meaning = self.meaning(block, text, index, prefix, &declared, &imported, depth);
            if let Some(scope) = self.scopes.get_mut(index) {
                scope.names.insert(id, meaning);
            }
        }
        index
    }

    #[expect(clippy::too_many_arguments, reason = "what a scope knows while it is taken in")]
    fn meaning(
        &mut self,
        block: &'a Block,
        text: &'a Arc<Text>,
        scope: usize,
        prefix: &str,
        declared: &HashMap<&'a str, (&'a Block, &'a Arc<Text>)>,
        imported: &[&str],
        depth: usize,
    ) -> Meaning {
        let name = block.name.as_str();
        let first = name.split('.').next().unwrap_or(name);
        let id = format!("{prefix}{}", block.id());
        // `module.git` and its like are what `import` was in Grafana Agent.
        if matches!(name, "foreach" | "remotecfg") || name.starts_with("module.") {
            self.hide(format!("what {id} brings is not known"));
            return Meaning::Opaque;
        }
        if name == "declare" || name.starts_with("import.") || SETTINGS.contains(&name) {
            return Meaning::Opaque;
        }
        if let Some((body, body_text)) = declared.get(name).copied() {
            if depth >= MOST_DEEP || self.components.len() >= MOST_BLOCKS {
                self.hide(format!("{id} is nested too deeply"));
                return Meaning::Opaque;
            }
            let blocks = body.blocks().map(|block| (block, body_text)).collect();
            let below = format!("{id}/");
            return Meaning::Custom(self.scope(blocks, Some((block, text, scope)), &below, declared, depth + 1));
        }
        if imported.contains(&first) {
            self.hide(format!("what {id} brings is not known"));
            return Meaning::Opaque;
        }
        self.components.push(Raw { scope, block, text, id });
        Meaning::Component(self.components.len() - 1)
    }

    fn hide(&mut self, reason: String) {
        self.hides.get_or_insert(reason);
    }

    /// Notes names of components of the Collector that do not exist: Alloy does not start with one.
    fn references(&mut self) {
        let mut faults = Vec::new();
        // A body that is used twice is judged once.
        let mut seen: Vec<(usize, Range<usize>)> = Vec::new();
        for (index, scope) in self.scopes.iter().enumerate() {
            for (block, text) in &scope.body {
                if matches!(block.name.as_str(), "declare" | "foreach") {
                    continue;
                }
                block.paths(&mut |parts, span| {
                    let is_judged = parts.first().is_some_and(|first| first == "otelcol") && parts.len() > 2;
                    if !is_judged || self.named(index, parts).is_some() {
                        return;
                    }
                    let key = (Arc::as_ptr(text) as usize, span.clone());
                    if !seen.contains(&key) {
                        seen.push(key);
                        faults.push(self.absent(index, text, parts, span));
                    }
                });
            }
        }
        self.faults.extend(faults);
    }

    fn absent(&self, scope: usize, text: &Arc<Text>, parts: &[String], span: &Range<usize>) -> Fault {
        // What is named behind the component: its input, or its handler.
        let fields = ["input", "handler"];
        let is_field = parts.last().is_some_and(|last| fields.contains(&last.as_str())) && parts.len() > 3;
        let name = parts[..parts.len() - usize::from(is_field)].join(".");
        let names = self.scopes.get(scope).map(|scope| &scope.names);
        let mut known: Vec<&str> = names.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        known.retain(|known| known.starts_with("otelcol."));
        known.sort_unstable();
        let of_type =
            |known: &&&str| known.rsplit_once('.').map(|pair| pair.0) == name.rsplit_once('.').map(|pair| pair.0);
        let label = |known: &&&str| known.rsplit('.').next() == name.rsplit('.').next();
        let only = |found: Vec<&&str>| {
            (found.len() == 1)
                .then(|| found.first().map(|one| (**one).to_owned()))
                .flatten()
        };
        let near = nearest(&name, known.iter().copied())
            .map(str::to_owned)
            .or_else(|| only(known.iter().filter(label).collect()))
            .or_else(|| only(known.iter().filter(of_type).collect()));
        let message = format!("component {name:?} does not exist or is out of scope");
        Fault {
            near,
            ..Fault::new(FaultKind::Reference, &name, message, place(text, span, &name))
        }
    }

    /// Returns the block that a path names, and how many of its parts the name takes.
    fn named(&self, scope: usize, parts: &[String]) -> Option<(Meaning, usize)> {
        let names = &self.scopes.get(scope)?.names;
        let mut name = String::new();
        for (count, part) in parts.iter().enumerate() {
            if count > 0 {
                name.push('.');
            }
            name.push_str(part);
            if let Some(meaning) = names.get(&name) {
                return Some((*meaning, count + 1));
            }
        }
        None
    }

    /// Follows a path.
    pub(super) fn find<'p>(&self, spot: Spot<'a>, parts: &'p [String]) -> Found<'a, 'p> {
        if let [first, name, value] = parts
            && first == "argument"
            && value == "value"
        {
            return self.argument(spot, name);
        }
        match self.named(spot.scope, parts) {
            Some((Meaning::Component(index), taken)) => Found::Component(index, parts.get(taken..).unwrap_or_default()),
            Some((Meaning::Custom(scope), taken)) => match parts.get(taken..) {
                Some([name]) => self.export(scope, name),
                _ => Found::Unknown(format!("what {} means is not known", parts.join("."))),
            },
            Some((Meaning::Opaque, _)) => Found::Unknown(format!("what {} means is not known", parts.join("."))),
            None => Found::Unknown(format!("{} is not known before Alloy runs", parts.join("."))),
        }
    }

    fn argument(&self, spot: Spot<'a>, name: &str) -> Found<'a, 'static> {
        let Some(scope) = self.scopes.get(spot.scope) else {
            return Found::Unknown(format!("argument {name} is not known"));
        };
        if let Some((block, text, outer)) = scope.made_by
            && let Some(given) = block.attribute(name)
        {
            return Found::Value(&given.value, Spot { scope: outer, text });
        }
        let mut blocks = scope.body.iter();
        let declared = blocks.find(|(block, _)| block.name == "argument" && block.label.as_deref() == Some(name));
        match declared.and_then(|(block, text)| Some((block.attribute("default")?, *text))) {
            Some((default, text)) => Found::Value(
                &default.value,
                Spot {
                    scope: spot.scope,
                    text,
                },
            ),
            None => Found::Unknown(format!("argument {name} is not given")),
        }
    }

    fn export(&self, scope: usize, name: &str) -> Found<'a, 'static> {
        let body = self.scopes.get(scope).map(|scope| scope.body.as_slice());
        let mut blocks = body.unwrap_or_default().iter();
        let declared = blocks.find(|(block, _)| block.name == "export" && block.label.as_deref() == Some(name));
        match declared.and_then(|(block, text)| Some((block.attribute("value")?, *text))) {
            Some((value, text)) => Found::Value(&value.value, Spot { scope, text }),
            None => Found::Unknown(format!("what {name} exports is not known")),
        }
    }
}
