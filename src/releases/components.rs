//! Which component types exist in which distribution of the Collector at which release.
//!
//! The table is one row per kind, type, distribution and unbroken range of releases. This file holds it; what becomes of a
//! component in a span of releases is decided in `fate`.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::similar::nearest;
use super::span::{Basis, ReleaseSpan};
use super::table::{TableError, rows};
use super::version::Version;

mod fate;

pub use fate::ComponentFate;

const COMPONENTS: &str = "collector-components.tsv";
const REPLACEMENTS: &str = "component-replacements.tsv";

/// Components whose last release is older are not in the table, so that nothing can be said of a type that is missing there.
const COMPLETE_SINCE: Version = Version::new(0, 76, 0);

/// What a component is in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentKind {
    /// Under `receivers`.
    Receiver,
    /// Under `processors`.
    Processor,
    /// Under `exporters`.
    Exporter,
    /// Under `extensions`.
    Extension,
    /// Under `connectors`.
    Connector,
    /// The scheme of a configuration source, as `env` in `${env:NAME}`.
    Provider,
}

impl ComponentKind {
    /// Returns the word of the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            ComponentKind::Receiver => "receiver",
            ComponentKind::Processor => "processor",
            ComponentKind::Exporter => "exporter",
            ComponentKind::Extension => "extension",
            ComponentKind::Connector => "connector",
            ComponentKind::Provider => "provider",
        }
    }
}

impl FromStr for ComponentKind {
    type Err = ();

    /// Reads the word of the tables, or the section of a configuration (`receivers`).
    fn from_str(text: &str) -> Result<ComponentKind, ()> {
        match text.strip_suffix('s').unwrap_or(text) {
            "receiver" => Ok(ComponentKind::Receiver),
            "processor" => Ok(ComponentKind::Processor),
            "exporter" => Ok(ComponentKind::Exporter),
            "extension" => Ok(ComponentKind::Extension),
            "connector" => Ok(ComponentKind::Connector),
            "provider" => Ok(ComponentKind::Provider),
            _ => Err(()),
        }
    }
}

/// A published set of components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Distribution {
    /// `otelcol`.
    Core,
    /// `otelcol-contrib`.
    Contrib,
    /// `otelcol-k8s`.
    K8s,
    /// `otelcol-otlp`.
    Otlp,
    /// `otelcol-ebpf-profiler`.
    EbpfProfiler,
    /// A vendor's build, an own build, or no evidence at all: the set of components is not known.
    Unknown,
}

impl Distribution {
    /// The distributions whose components are in the table.
    pub const KNOWN: [Distribution; 5] = [
        Distribution::Core,
        Distribution::Contrib,
        Distribution::K8s,
        Distribution::Otlp,
        Distribution::EbpfProfiler,
    ];

    /// Returns the word of the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Distribution::Core => "core",
            Distribution::Contrib => "contrib",
            Distribution::K8s => "k8s",
            Distribution::Otlp => "otlp",
            Distribution::EbpfProfiler => "ebpf-profiler",
            Distribution::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Distribution {
    type Err = ();

    fn from_str(text: &str) -> Result<Distribution, ()> {
        let all = Distribution::KNOWN.into_iter().chain([Distribution::Unknown]);
        all.into_iter()
            .find(|distribution| distribution.as_str() == text)
            .ok_or(())
    }
}

/// What to use instead of a component that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Kind and type to use, `None` when it is no component.
    pub component: Option<(ComponentKind, Box<str>)>,
    /// One remark, may be empty.
    pub note: Box<str>,
}

/// One row of the table.
#[derive(Debug)]
struct Row {
    line: usize,
    distribution: Distribution,
    first: Version,
    /// `None`: still there at the table's end.
    last: Option<Version>,
    alias_of: Option<Box<str>>,
    deprecated_since: Option<Version>,
    other_names: Box<[Box<str>]>,
    /// Whether it works in pipelines for traces; `None`: not known.
    takes_traces: Option<bool>,
}

impl Row {
    fn holds(&self, release: Version) -> bool {
        self.first <= release && self.last.is_none_or(|last| release <= last)
    }
}

type ByType<T> = HashMap<ComponentKind, HashMap<Box<str>, T>>;

/// The table of components, with what is known to replace those that are gone.
#[derive(Debug)]
pub struct Components {
    rows: ByType<Vec<Row>>,
    replacements: ByType<Replacement>,
    /// The newest release whose distributions were read.
    end: Version,
}

impl Components {
    pub(super) fn from_text(text: &str, replacements: &str, end: Version) -> Result<Components, TableError> {
        let mut components = Components {
            rows: HashMap::new(),
            replacements: HashMap::new(),
            end,
        };
        let heading = "kind\ttype\tdistribution\tfirst\tlast\talias_of\tdeprecated_since\tother_names\ttraces\tmodule";
        for row in rows(COMPONENTS, text, heading)? {
            let kind = row.required(0)?.parse().map_err(|()| row.error("unknown kind"))?;
            let distribution = row
                .required(2)?
                .parse()
                .map_err(|()| row.error("unknown distribution"))?;
            let names = row.text(7).split([',', ' ']).filter(|name| !name.is_empty());
            let parsed = Row {
                line: row.line,
                distribution,
                first: row.required_version(3)?,
                last: row.version(4)?,
                alias_of: Some(row.text(5)).filter(|name| !name.is_empty()).map(Into::into),
                deprecated_since: row.version(6)?,
                other_names: names.map(Into::into).collect(),
                takes_traces: match row.text(8) {
                    "" => None,
                    "-" => Some(false),
                    _ => Some(true),
                },
            };
            let types = components.rows.entry(kind).or_default();
            types.entry(row.required(1)?.into()).or_default().push(parsed);
        }
        for row in rows(REPLACEMENTS, replacements, "kind\ttype\tuse_kind\tuse_type\tnotes")? {
            let kind = row.required(0)?.parse().map_err(|()| row.error("unknown kind"))?;
            let component = match row.required(2)? {
                "-" => None,
                word => {
                    let kind = word.parse().map_err(|()| row.error("unknown kind"))?;
                    Some((kind, row.required(3)?.into()))
                }
            };
            let replacement = Replacement {
                component,
                note: row.text(4).into(),
            };
            components
                .replacements
                .entry(kind)
                .or_default()
                .insert(row.required(1)?.into(), replacement);
        }
        Ok(components)
    }

    /// Returns every type of a kind that any distribution has or had, sorted.
    pub fn known_types(&self, kind: ComponentKind) -> Vec<&str> {
        let mut types: Vec<&str> = self
            .rows
            .get(&kind)
            .into_iter()
            .flat_map(HashMap::keys)
            .map(AsRef::as_ref)
            .collect();
        types.sort_unstable();
        types
    }

    /// Returns whether a type works in pipelines for traces; `None` when that is not known, or differs between releases or distributions.
    pub fn takes_traces(&self, kind: ComponentKind, name: &str) -> Option<bool> {
        let rows = self.rows(kind, name);
        let first = rows.first()?.takes_traces?;
        rows.iter().all(|row| row.takes_traces == Some(first)).then_some(first)
    }

    /// Returns the newest release whose distributions are in the table.
    pub fn end(&self) -> Version {
        self.end
    }

    /// Returns the releases that have the type in this distribution, or in any when that is unknown. Where a component left
    /// and came back, this is the whole range, with the hole. `None`: no release has it.
    pub fn releases_that_accept(
        &self,
        kind: ComponentKind,
        name: &str,
        distribution: Distribution,
    ) -> Option<ReleaseSpan> {
        let rows = self.rows(kind, name).iter();
        let rows = rows.filter(|row| distribution == Distribution::Unknown || row.distribution == distribution);
        let (mut low, mut high, mut any) = (None::<Version>, Some(Version::ZERO), false);
        for row in rows {
            any = true;
            low = Some(low.map_or(row.first, |low| low.min(row.first)));
            high = high.zip(row.last).map(|(one, two)| one.max(two));
        }
        // The earliest manifests are no proof that older releases lack the component.
        let low = low.filter(|low| *low > Version::new(0, 42, 0));
        any.then_some(ReleaseSpan {
            low,
            high,
            basis: Basis::Configuration,
        })
    }

    fn rows(&self, kind: ComponentKind, name: &str) -> &[Row] {
        self.rows
            .get(&kind)
            .and_then(|types| types.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// The first release of a distribution that the table knows.
    fn first_release(&self, distribution: Distribution) -> Version {
        let all = self.rows.values().flat_map(HashMap::values).flatten();
        let firsts = all.filter(|row| row.distribution == distribution).map(|row| row.first);
        firsts.min().unwrap_or(Version::ZERO)
    }

    /// Returns the type that was probably meant: one that the distribution has at that release, else any.
    fn near_miss(&self, kind: ComponentKind, name: &str, wanted: Distribution, at: Version) -> Option<&str> {
        let types = || self.rows.get(&kind).into_iter().flatten();
        let is_there = |row: &Row| (wanted == Distribution::Unknown || row.distribution == wanted) && row.holds(at);
        let there = types().filter(|(_, rows)| rows.iter().any(is_there));
        nearest(name, there.map(|(name, _)| name.as_ref()))
            .or_else(|| nearest(name, types().map(|(name, _)| name.as_ref())))
    }

    /// Looks for contradictions between rows.
    pub(super) fn problems(&self, problems: &mut Vec<TableError>) {
        for (kind, types) in &self.rows {
            for (name, rows) in types {
                self.type_problems(*kind, name, rows, problems);
            }
        }
        for (kind, types) in &self.replacements {
            for (name, replacement) in types {
                let error = |message: String| TableError::new(REPLACEMENTS, 0, message);
                if self.rows(*kind, name).is_empty() {
                    problems.push(error(format!("{} {name} is in no distribution", kind.as_str())));
                }
                if let Some((kind, name)) = &replacement.component
                    && self.rows(*kind, name).iter().all(|row| row.last.is_some())
                {
                    problems.push(error(format!(
                        "the replacement {} {name} is itself gone",
                        kind.as_str()
                    )));
                }
            }
        }
    }

    fn type_problems(&self, kind: ComponentKind, name: &str, rows: &[Row], problems: &mut Vec<TableError>) {
        let mut problem = |row: &Row, message: String| problems.push(TableError::new(COMPONENTS, row.line, message));
        for row in rows {
            if row.last.is_some_and(|last| last < row.first) {
                problem(row, format!("{name} ends before it begins"));
            }
            if row.first.max(row.last.unwrap_or(Version::ZERO)) > self.end {
                problem(row, format!("{name} lies behind the table's end {}", self.end));
            }
            if row.alias_of.is_some() != row.deprecated_since.is_some() {
                problem(
                    row,
                    format!("{name} needs both alias_of and deprecated_since, or neither"),
                );
            }
            if let Some(target) = &row.alias_of
                && !self
                    .rows(kind, target)
                    .iter()
                    .any(|other| other.distribution == row.distribution && other.last.is_none())
            {
                problem(
                    row,
                    format!("{name} is an alias of {target}, which the distribution does not have"),
                );
            }
            let overlaps = |other: &&Row| {
                other.line > row.line
                    && other.distribution == row.distribution
                    && (other.holds(row.first) || row.holds(other.first))
            };
            if let Some(other) = rows.iter().find(overlaps) {
                problem(other, format!("{name} overlaps with line {}", row.line));
            }
        }
    }
}
