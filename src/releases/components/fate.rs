//! Decides what becomes of a component in a distribution over a span of releases.

use super::super::similar::same_letters;
use super::super::span::ReleaseSpan;
use super::super::version::Version;
use super::{COMPLETE_SINCE, ComponentKind, Components, Distribution, Replacement, Row};

/// What the tables say of a component type in every release of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentFate {
    /// Every release has it.
    Present {
        /// The name to write: the newest that every release of the span accepts.
        canonical: String,
        /// Set when the written name is only an old alias in all of the span, and since when.
        deprecated_since: Option<Version>,
        /// What was taken for granted, when the table itself does not say it.
        assumption: Option<String>,
    },
    /// It is gone.
    RemovedIn {
        /// The last release with it.
        last: Version,
        /// What takes its place.
        replaced_by: Option<Replacement>,
        /// The release at which it came back later.
        back_in: Option<Version>,
        /// Distributions that still have it.
        elsewhere: Vec<Distribution>,
    },
    /// It came, or got this name, later.
    NotYet {
        /// The first release with it.
        first: Version,
        /// The name that the same component has in the span.
        use_instead: Option<String>,
    },
    /// The release has it, this distribution does not.
    OtherDistribution {
        /// The distributions that have it.
        available_in: Vec<Distribution>,
    },
    /// No release of any distribution has it.
    NeverKnown {
        /// The type that was probably meant.
        did_you_mean: Option<String>,
    },
    /// The tables do not decide.
    Undecided {
        /// Why, as part of a sentence.
        reason: String,
    },
}

impl Components {
    /// Returns what becomes of a type (without the `/name` of its id) in a distribution over a span of releases.
    ///
    /// Behind the end of the table, what was there is taken to be there still (an assumption), what was gone stays gone, and
    /// of everything else nothing is said. An open low end of the span is taken to mean the oldest release of the table in
    /// which nothing is missing.
    pub fn component(
        &self,
        kind: ComponentKind,
        name: &str,
        distribution: Distribution,
        span: &ReleaseSpan,
    ) -> ComponentFate {
        let rows = self.rows(kind, name);
        if distribution == Distribution::Unknown {
            return self.in_unknown_distribution(kind, name, rows, span);
        }
        let begin = self.first_release(distribution);
        let floor = COMPLETE_SINCE.max(begin);
        let points = span.points(floor, self.cuts(rows));
        let fates = points
            .iter()
            .map(|point| (*point, self.at(kind, name, distribution, begin, *point)));
        let mut fate = combine(name, fates.collect());
        if let ComponentFate::Present { assumption, .. } = &mut fate
            && points.last().is_some_and(|point| self.is_behind_the_end(*point))
        {
            *assumption = Some(format!(
                "{name} is still there after release {}, where the table ends",
                self.end
            ));
        }
        fate
    }

    /// Returns whether no distribution of the table has a type, nor one that it may be a slip for: somebody's own.
    pub fn is_of_others(&self, kind: ComponentKind, name: &str) -> bool {
        self.rows(kind, name).is_empty() && self.near_miss(kind, name, Distribution::Unknown, self.end).is_none()
    }

    fn cuts(&self, rows: &[Row]) -> Vec<Version> {
        let bounds = |row: &Row| [Some(row.first), row.last.map(Version::next_patch), row.deprecated_since];
        let mut cuts: Vec<Version> = rows.iter().flat_map(bounds).flatten().collect();
        cuts.extend([self.end.next_minor(), COMPLETE_SINCE]);
        cuts
    }

    fn is_behind_the_end(&self, release: Version) -> bool {
        release >= self.end.next_minor()
    }

    /// Without the set of components, only that some distribution has a type in all of the span is worth saying.
    fn in_unknown_distribution(
        &self,
        kind: ComponentKind,
        name: &str,
        rows: &[Row],
        span: &ReleaseSpan,
    ) -> ComponentFate {
        let known = Distribution::KNOWN
            .into_iter()
            .filter(|candidate| rows.iter().any(|row| row.distribution == *candidate));
        for candidate in known {
            if let ComponentFate::Present {
                canonical,
                deprecated_since,
                ..
            } = self.component(kind, name, candidate, span)
            {
                let assumption = Some(format!("the unknown distribution has {name}, as {candidate} has"));
                return ComponentFate::Present {
                    canonical,
                    deprecated_since,
                    assumption,
                };
            }
        }
        let at = span.low.or(span.high).unwrap_or(COMPLETE_SINCE);
        let hint = match self.near_miss(kind, name, Distribution::Unknown, at) {
            Some(near) if rows.is_empty() => format!("; did you mean {near}?"),
            _ => String::new(),
        };
        undecided(format!("the components of this distribution are not known{hint}"))
    }

    /// The fate at one release.
    fn at(&self, kind: ComponentKind, name: &str, wanted: Distribution, begin: Version, at: Version) -> ComponentFate {
        let rows = self.rows(kind, name);
        let own = || rows.iter().filter(|row| row.distribution == wanted);
        if let Some(row) = own().find(|row| row.holds(at)) {
            return present(name, row, at);
        }
        if at < begin {
            return undecided(format!("the distribution {wanted} is known from release {begin} on"));
        }
        if rows.is_empty() {
            return self.never_known(kind, name, wanted, at);
        }
        let available_in: Vec<Distribution> = rows
            .iter()
            .filter(|row| row.holds(at))
            .map(|row| row.distribution)
            .collect();
        // A type that this distribution never had is gone, or not yet there, when that is so everywhere.
        let judged: Vec<&Row> = if own().next().is_some() {
            own().collect()
        } else {
            rows.iter().collect()
        };
        let own_history = own().next().is_some();
        if !own_history && !available_in.is_empty() {
            return if self.is_behind_the_end(at) {
                undecided(format!(
                    "{wanted} may have got {name} after release {}, where the table ends",
                    self.end
                ))
            } else {
                ComponentFate::OtherDistribution { available_in }
            };
        }
        let first = judged.iter().map(|row| row.first).filter(|first| *first > at).min();
        match judged.iter().filter_map(|row| row.last).filter(|last| *last < at).max() {
            Some(last) => ComponentFate::RemovedIn {
                last,
                replaced_by: self.replacement(kind, name, wanted, &judged, at),
                back_in: first,
                elsewhere: available_in,
            },
            None => match first {
                Some(first) => {
                    let use_instead = self.other_name_at(kind, wanted, &judged, at).map(str::to_owned);
                    ComponentFate::NotYet { first, use_instead }
                }
                None => undecided(format!("the table has no row of {name} for release {at}")),
            },
        }
    }

    fn never_known(&self, kind: ComponentKind, name: &str, wanted: Distribution, at: Version) -> ComponentFate {
        if at < COMPLETE_SINCE {
            return undecided(format!(
                "components that were gone before release {COMPLETE_SINCE} are not in the table"
            ));
        }
        let near = self.near_miss(kind, name, wanted, at);
        if self.is_behind_the_end(at) && near.is_none_or(|near| same_letters(near, name)) {
            // Types get snake_case names release by release, so `web_hook` may be the newer name of `webhook`.
            return undecided(format!(
                "{name} may have come after release {}, where the table ends",
                self.end
            ));
        }
        ComponentFate::NeverKnown {
            did_you_mean: near.map(str::to_owned),
        }
    }

    fn replacement(
        &self,
        kind: ComponentKind,
        name: &str,
        wanted: Distribution,
        rows: &[&Row],
        at: Version,
    ) -> Option<Replacement> {
        if let Some(renamed) = self.other_name_at(kind, wanted, rows, at) {
            return Some(Replacement {
                component: Some((kind, renamed.into())),
                note: "renamed".into(),
            });
        }
        let replacement = self.replacements.get(&kind).and_then(|types| types.get(name))?;
        let mut replacement = replacement.clone();
        // The newest name is of no use to an older release.
        if let Some((kind, target)) = &mut replacement.component
            && !self
                .rows(*kind, target)
                .iter()
                .any(|row| row.distribution == wanted && row.holds(at))
        {
            let target_rows: Vec<&Row> = self.rows(*kind, target).iter().collect();
            if let Some(older) = self.other_name_at(*kind, wanted, &target_rows, at) {
                *target = older.into();
            }
        }
        Some(replacement)
    }

    /// Returns another name of the same module that the distribution has at a release.
    fn other_name_at<'a>(
        &'a self,
        kind: ComponentKind,
        wanted: Distribution,
        rows: &[&'a Row],
        at: Version,
    ) -> Option<&'a str> {
        let names = rows.iter().flat_map(|row| row.other_names.iter()).map(AsRef::as_ref);
        let mut there = names.filter(|name: &&str| {
            self.rows(kind, name)
                .iter()
                .any(|row| row.distribution == wanted && row.holds(at))
        });
        there.next()
    }
}

fn present(name: &str, row: &Row, at: Version) -> ComponentFate {
    let deprecated_since = row.deprecated_since.filter(|since| *since <= at);
    let canonical = match &row.alias_of {
        Some(target) if deprecated_since.is_some() => target.as_ref(),
        _ => name,
    };
    ComponentFate::Present {
        canonical: canonical.to_owned(),
        deprecated_since,
        assumption: None,
    }
}

fn undecided(reason: String) -> ComponentFate {
    ComponentFate::Undecided { reason }
}

/// Joins the fates of the single releases: they agree, all are faults (the newest counts), or nothing is decided.
fn combine(name: &str, mut fates: Vec<(Version, ComponentFate)>) -> ComponentFate {
    if let Some((_, fate)) = fates
        .iter()
        .find(|(_, fate)| matches!(fate, ComponentFate::Undecided { .. }))
    {
        return fate.clone();
    }
    let is_present = |fate: &ComponentFate| matches!(fate, ComponentFate::Present { .. });
    let present = fates.iter().filter(|(_, fate)| is_present(fate)).count();
    if present > 0 && present < fates.len() {
        let changes = fates
            .windows(2)
            .filter(|pair| is_present(&pair[0].1) != is_present(&pair[1].1));
        let told: Vec<String> = changes
            .map(|pair| match is_present(&pair[1].1) {
                true => format!("there from {}", pair[1].0),
                false => format!("gone from {}", pair[1].0),
            })
            .collect();
        return undecided(format!(
            "the release is not known exactly, and {name} is {}",
            told.join(", ")
        ));
    }
    // The oldest release decides about names: an alias may not be one yet, and old names are accepted longer than new ones.
    // The newest one decides about what is wrong.
    if present > 0 || matches!(fates.last(), Some((_, ComponentFate::NeverKnown { .. }))) {
        fates.truncate(1);
    }
    fates
        .pop()
        .map_or_else(|| undecided("no release is left".to_owned()), |(_, fate)| fate)
}

#[cfg(test)]
mod tests;
