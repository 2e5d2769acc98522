//! Which components, blocks and settings Grafana Alloy takes at which release.
//!
//! It answers what a release has; what follows from that for a configuration is said elsewhere.

use std::collections::BTreeMap;

use super::span::ReleaseSpan;
use super::table::{Row, TableError, parse_version};
use super::version::Version;

const FILE: &str = "alloy-settings.tsv";
const HEADING: &str = "# setting\tkind\ttype\tsince\tuntil";

/// How far a component is, which decides whether it needs a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlloyLevel {
    /// Needs `--stability.level=experimental`.
    Experimental,
    /// Needs `--stability.level=public-preview`, or what allows more.
    Preview,
    /// Needs nothing.
    Stable,
    /// Needs `--feature.community-components.enabled`.
    Community,
    /// A block that is no component, such as `logging`.
    Setting,
}

/// What the value of a setting has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlloyType {
    /// Text; a number is taken as well.
    Text,
    /// `true` or `false`.
    Bool,
    /// A number, or a text that is one.
    Number,
    /// A length of time with its unit.
    Duration,
    /// A number of bytes with its unit.
    Bytes,
    /// A secret: text, or what another component gives.
    Secret,
    /// Text that the setting reads in a way of its own.
    Decoded,
    /// One of some words.
    Word {
        /// The words.
        words: Vec<Box<str>>,
        /// Whether case does not matter.
        any_case: bool,
    },
    /// A list.
    List(Box<AlloyType>),
    /// An object whose fields are of one type.
    Map(Box<AlloyType>),
    /// What takes spans, metrics or logs: `otelcol.….input`.
    Consumer,
    /// What another component gives, never a literal.
    Given,
    /// Anything, as far as is known.
    Any,
}

/// What a block or setting is over some releases.
#[derive(Debug, Clone)]
pub struct AlloyState {
    since: Option<Version>,
    until: Option<Version>,
    /// How far a component is.
    pub level: AlloyLevel,
    /// The type of a setting; `None` for a block.
    pub value: Option<AlloyType>,
    /// Whether it must be there.
    pub is_required: bool,
    /// Whether it may be there several times.
    pub is_repeated: bool,
    /// Whether the block has a label.
    pub has_label: bool,
    /// Whether it takes what is not listed as well.
    pub is_open: bool,
}

/// Names one line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlloyNode(usize);

#[derive(Debug)]
struct Node {
    name: Box<str>,
    states: Vec<AlloyState>,
    /// The index behind what is below it.
    end: usize,
}

/// The releases that a question is about.
#[derive(Debug, Clone)]
pub struct AlloyReleases {
    /// Those of the table; of a release behind its end the last one.
    pub known: Vec<Version>,
    /// Whether a newer one than those of the table may be meant.
    pub may_be_newer: bool,
}

/// The table.
#[derive(Debug)]
pub struct AlloySettings {
    releases: Vec<Version>,
    nodes: Vec<Node>,
    roots: BTreeMap<Box<str>, usize>,
}

impl AlloySettings {
    pub(super) fn from_text(text: &str) -> Result<AlloySettings, TableError> {
        let mut lines = text.lines().enumerate();
        if lines.next().is_none_or(|(_, line)| line.trim_end() != HEADING) {
            return Err(TableError::new(FILE, 1, format!("the heading should be `{HEADING}`")));
        }
        let mut table = AlloySettings {
            releases: Vec::new(),
            nodes: Vec::new(),
            roots: BTreeMap::new(),
        };
        // The line and those that it is indented below, the component first.
        let mut open: Vec<usize> = Vec::new();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let number = index + 1;
            if let Some(list) = line.strip_prefix("# releases\t") {
                let releases = list.split_whitespace().map(|one| parse_version(FILE, number, one));
                table.releases = releases.collect::<Result<_, _>>()?;
                continue;
            }
            let (depth, rest) = match line.strip_prefix("= ") {
                Some(rest) => (0, rest),
                None => {
                    let spaces = line.len() - line.trim_start_matches(' ').len();
                    (spaces + 1, &line[spaces..])
                }
            };
            if depth > open.len() {
                return Err(TableError::new(FILE, number, "indented by more than one level"));
            }
            table.add(&Row::split(FILE, number, rest), depth, &mut open)?;
        }
        match table.releases.is_empty() {
            true => Err(TableError::new(FILE, 2, "no releases are listed")),
            false => Ok(table),
        }
    }

    fn add(&mut self, row: &Row<'_>, depth: usize, open: &mut Vec<usize>) -> Result<(), TableError> {
        let name = row.required(0)?;
        let state = state(row, depth == 0)?;
        // A line with the name of the one before it on its level says what that one is at other releases.
        let same = open.get(depth).copied();
        open.truncate(depth);
        let known = same.filter(|index| *self.nodes[*index].name == *name);
        let index = known.unwrap_or(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(index) {
            node.states.push(state);
        } else {
            self.nodes.push(Node {
                name: name.into(),
                states: vec![state],
                end: index + 1,
            });
            open.iter().for_each(|above| self.nodes[*above].end = index + 1);
        }
        open.push(index);
        if depth == 0 && known.is_none() && self.roots.insert(name.into(), index).is_some() {
            return Err(row.error(format!("{name} is listed twice")));
        }
        Ok(())
    }

    /// Returns the releases that a span means; none when all of them are older than the table.
    pub fn releases(&self, span: &ReleaseSpan) -> AlloyReleases {
        let mut known: Vec<Version> = self
            .releases
            .iter()
            .copied()
            .filter(|one| span.contains(*one))
            .collect();
        let newest = self.releases.last().copied().unwrap_or(Version::ZERO);
        let may_be_newer = span.high.is_none_or(|high| high > newest);
        if known.is_empty() && may_be_newer {
            known.push(newest);
        }
        AlloyReleases { known, may_be_newer }
    }

    /// Returns a component, or a block that is none, such as `logging`.
    pub fn root(&self, name: &str) -> Option<AlloyNode> {
        self.roots.get(name).map(|index| AlloyNode(*index))
    }

    /// Returns the names of all components and blocks.
    pub fn roots(&self) -> impl Iterator<Item = (&str, AlloyNode)> {
        self.roots
            .iter()
            .map(|(name, index)| (name.as_ref(), AlloyNode(*index)))
    }

    /// Returns what may be directly in a block, at any release.
    pub fn children(&self, node: AlloyNode) -> impl Iterator<Item = (&str, AlloyNode)> {
        let end = self.nodes.get(node.0).map_or(0, |node| node.end);
        let mut next = node.0 + 1;
        std::iter::from_fn(move || {
            let index = next;
            let found = self.nodes.get(index).filter(|_| index < end)?;
            next = found.end;
            Some((found.name.as_ref(), AlloyNode(index)))
        })
    }

    /// Returns what has a name directly in a block.
    pub fn child(&self, node: AlloyNode, name: &str) -> Option<AlloyNode> {
        self.children(node)
            .find_map(|(known, child)| (known == name).then_some(child))
    }

    /// Returns what something is at a release; `None` where that has no such thing.
    pub fn at(&self, node: AlloyNode, release: Version) -> Option<&AlloyState> {
        let states = &self.nodes.get(node.0)?.states;
        states.iter().find(|state| {
            state.since.is_none_or(|since| since <= release) && state.until.is_none_or(|until| release <= until)
        })
    }

    /// Returns the first and the last release of something, as far as it came or went within the table.
    pub fn lifetime(&self, node: AlloyNode) -> (Option<Version>, Option<Version>) {
        let states = self.nodes.get(node.0).map_or(&[][..], |node| &node.states[..]);
        let since = states.iter().map(|state| state.since).min().flatten();
        let until = match states.iter().any(|state| state.until.is_none()) {
            true => None,
            false => states.iter().filter_map(|state| state.until).max(),
        };
        (since, until)
    }

    /// Returns the first and the last release of the table.
    pub fn ends(&self) -> (Version, Version) {
        let end = |one: Option<&Version>| one.copied().unwrap_or(Version::ZERO);
        (end(self.releases.first()), end(self.releases.last()))
    }
}

fn state(row: &Row<'_>, is_root: bool) -> Result<AlloyState, TableError> {
    let kind = row.required(1)?;
    let mut state = AlloyState {
        since: row.version(3)?,
        until: row.version(4)?,
        level: AlloyLevel::Setting,
        value: None,
        is_required: false,
        is_repeated: false,
        has_label: false,
        is_open: false,
    };
    if state.since.zip(state.until).is_some_and(|(since, until)| since > until) {
        return Err(row.error("it ends before it begins"));
    }
    let flags = if is_root {
        let word = kind.trim_end_matches('o');
        state.level = match word {
            "experimental" => AlloyLevel::Experimental,
            "preview" => AlloyLevel::Preview,
            "stable" => AlloyLevel::Stable,
            "community" => AlloyLevel::Community,
            "setting" => AlloyLevel::Setting,
            _ => return Err(row.error("unknown level")),
        };
        &kind[word.len()..]
    } else if let Some(flags) = kind.strip_prefix("attr") {
        let value = kind_of(row.required(2)?).ok_or_else(|| row.error("unknown type"))?;
        state.value = Some(value);
        flags
    } else {
        kind.strip_prefix("block")
            .ok_or_else(|| row.error("neither attr nor block"))?
    };
    for flag in flags.chars() {
        match flag {
            '!' => state.is_required = true,
            '*' => state.is_repeated = true,
            'l' => state.has_label = true,
            'o' => state.is_open = true,
            _ => return Err(row.error(format!("unknown flag {flag}"))),
        }
    }
    Ok(state)
}

fn kind_of(text: &str) -> Option<AlloyType> {
    let inner = |prefix: &str, end: char| text.strip_prefix(prefix)?.strip_suffix(end);
    let words = |list: &str, any_case: bool| AlloyType::Word {
        words: list.split('|').map(Into::into).collect(),
        any_case,
    };
    if let Some(list) = inner("word(", ')') {
        return Some(words(list, false));
    }
    if let Some(list) = inner("anycase(", ')') {
        return Some(words(list, true));
    }
    // Types are nested as deeply as the table has them, which no user writes.
    if let Some(item) = inner("list<", '>') {
        return Some(AlloyType::List(Box::new(kind_of(item)?)));
    }
    if let Some(item) = inner("map<", '>') {
        return Some(AlloyType::Map(Box::new(kind_of(item)?)));
    }
    Some(match text {
        "string" => AlloyType::Text,
        "bool" => AlloyType::Bool,
        "number" => AlloyType::Number,
        "duration" => AlloyType::Duration,
        "bytes" => AlloyType::Bytes,
        "secret" => AlloyType::Secret,
        "text" => AlloyType::Decoded,
        "consumer" => AlloyType::Consumer,
        "capsule" => AlloyType::Given,
        "any" => AlloyType::Any,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{span, tables};
    use super::*;

    /// Says what a path is at a release: `-` when it has none.
    #[track_caller]
    fn check(path: &str, release: &str, expected: &str) {
        let table = tables().alloy();
        let mut steps = path.split('/');
        let root = steps.next().and_then(|name| table.root(name));
        let node = steps.fold(root, |node, step| table.child(node?, step));
        let state = node.and_then(|node| table.at(node, Version::parse(release).unwrap()));
        let text = state.map_or("-".to_owned(), |state| match &state.value {
            Some(value) => format!("{value:?}{}", if state.is_required { "!" } else { "" }),
            None => format!("{:?}{}", state.level, if state.is_required { "!" } else { "" }),
        });
        assert_eq!(text, expected, "{path} at {release}");
    }

    #[test]
    fn the_shipped_table() {
        check("otelcol.receiver.otlp", "1.0.0", "Stable");
        check("otelcol.receiver.otp", "1.18.1", "-");
        check("otelcol.exporter.debug", "1.2.1", "-");
        check("otelcol.exporter.debug", "1.3.0", "Experimental");
        check("otelcol.exporter.logging", "1.4.3", "Stable");
        check("otelcol.exporter.logging", "1.5.0", "-");
        check("otelcol.exporter.datadog", "1.4.0", "Community");
        check("otelcol.exporter.otlp/client", "1.5.1", "Setting!");
        check("otelcol.exporter.otlp/client/endpoint", "1.5.1", "Text!");
        check("otelcol.exporter.otlp/client/tls/insecure", "1.5.1", "Bool");
        check("otelcol.exporter.otlp/client/read_buffer_size", "1.5.1", "Bytes");
        check("otelcol.exporter.otlp/sending_queue/batch", "1.10.2", "-");
        check("otelcol.exporter.otlp/sending_queue/batch", "1.11.0", "Setting");
        check("otelcol.processor.attributes/action/key", "1.5.0", "Text!");
        check("otelcol.processor.attributes/action/key", "1.5.1", "Text");
        check("otelcol.receiver.otlp/output/traces", "1.18.1", "List(Consumer)");
        check(
            "logging/level",
            "1.0.0",
            "Word { words: [\"debug\", \"error\", \"info\", \"warn\"], any_case: false }",
        );
        check("loki.process/stage.json/expressions", "1.9.0", "Map(Text)!");
    }

    #[test]
    fn spans_of_releases() {
        let words = |text: &str| {
            let releases = tables().alloy().releases(&span(text));
            let ends = (releases.known.first(), releases.known.last());
            let ends = ends.0.zip(ends.1).map(|(one, two)| format!("{one}-{two}"));
            format!("{} {}", ends.unwrap_or_default(), releases.may_be_newer)
        };
        assert_eq!(words("1.5.1"), "1.5.1-1.5.1 false");
        assert_eq!(words("0.40.0"), " false");
        assert_eq!(words("9.0.0"), "1.18.1-1.18.1 true");
        assert_eq!(words("-"), "1.0.0-1.18.1 true");
        assert_eq!(words("1.8.0-1.8.999"), "1.8.0-1.8.3 false");
    }

    #[test]
    fn tables_that_are_refused() {
        let error = |rest: &str| {
            let text = format!("{HEADING}\n# releases\t1.0.0\n{rest}");
            AlloySettings::from_text(&text)
                .map(|_| ())
                .map_err(|error| error.message)
        };
        assert_eq!(error("= a\tstable\nb\tattr\tstring\n"), Ok(()));
        assert!(error("= a\tstable\n  b\tattr\tstring\n").is_err());
        assert!(error("b\tattr\tstring\n").is_err());
        assert!(error("= a\tgood\n").is_err());
        assert!(error("= a\tstable\nb\tattr\ttexts\n").is_err());
        assert!(error("= a\tstable\nb\tattr?\tstring\n").is_err());
        assert!(error("= a\tstable\t\t1.2.0\t1.1.0\n").is_err());
    }
}
