//! Which releases and which set of components a Collector may have.
//!
//! The image tells, else the user, else the configuration itself: the releases that accept every component and key that it uses.

use super::graph::KINDS;
use crate::evidence::{Cell, Evidence, Value};
use crate::releases::{
    Basis, ComponentKind, Distribution, ImageReference, KeySection, KnownProgram, NodeId, Precision, Release,
    ReleaseSpan, Tables, ValueKind, Version,
};

/// The releases and the distribution, with what was taken for granted.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) span: ReleaseSpan,
    pub(super) distribution: Distribution,
    pub(super) assumptions: Vec<String>,
}

/// Returns what the image alone says.
pub(super) fn of_image(program: Option<&KnownProgram>, image: Option<&ImageReference>, why_unknown: &str) -> Identity {
    let mut assumptions = Vec::new();
    let tag = image.and_then(|image| image.tag.as_deref()).unwrap_or_default();
    let span = match program {
        Some(program) => {
            match &program.release {
                Release::LatestAssumed(version) => {
                    assumptions.push(format!(
                        "the image names no release, so it is taken to be the newest known, {version}"
                    ));
                }
                Release::Assumed(version) => {
                    assumptions.push(format!(
                        "the private image is release {version} of the Collector, as its tag reads"
                    ));
                }
                _ => {}
            }
            program.release.span(tag)
        }
        None => ReleaseSpan::unknown(why_unknown),
    };
    Identity {
        span,
        distribution: Distribution::Unknown,
        assumptions,
    }
}

/// Returns what the image and the user say.
pub(super) fn identity(
    evidence: &Evidence,
    program: Option<&KnownProgram>,
    image: Option<&ImageReference>,
    why_unknown: &str,
) -> Identity {
    let Identity {
        span: of_image,
        mut assumptions,
        ..
    } = of_image(program, image, why_unknown);
    // What the user names wins, as it does for every program.
    let span = match given(evidence) {
        Some(given) => {
            assumptions.clear();
            given
        }
        None => of_image,
    };
    let of_image = program
        .and_then(|program| program.distribution)
        .unwrap_or(Distribution::Unknown);
    let given = evidence
        .given_distribution
        .as_deref()
        .and_then(|word| word.parse().ok());
    let distribution = match (of_image, given) {
        (Distribution::Unknown, Some(given)) => given,
        (of_image, _) => of_image,
    };
    Identity {
        span,
        distribution,
        assumptions,
    }
}

fn given(evidence: &Evidence) -> Option<ReleaseSpan> {
    let text = evidence.given_releases.get("collector")?;
    let (version, precision) = Version::parse_with_precision(text)?;
    // `0.110` on the command line is a release line; a single number would be all of them.
    (precision > Precision::Major).then(|| ReleaseSpan::of_precision(version, precision, Basis::User))
}

/// Something in the configuration that only some releases accept.
struct Bound {
    what: String,
    span: ReleaseSpan,
}

/// Returns the releases that accept all that the configuration uses, or why there are none.
pub(super) fn bounded(tables: &Tables, config: &Cell, distribution: Distribution) -> Result<ReleaseSpan, String> {
    let mut bounds = Vec::new();
    for (section_name, kind) in KINDS {
        for (id, value) in config.get(section_name).and_then(Cell::fields).into_iter().flatten() {
            let type_name = super::graph::type_of(id);
            if let Some(span) = tables.releases_that_accept(kind, type_name, distribution) {
                let what = format!("{} {type_name}", kind.as_str());
                bounds.push(Bound { what, span });
                if let Some(section) = tables.keys(kind, type_name) {
                    key_bounds(
                        section,
                        KeySection::ROOT,
                        value,
                        &format!("{} {id}", kind.as_str()),
                        &mut bounds,
                    );
                }
            }
        }
    }
    if let (Some(section), Some(service)) = (tables.service_keys(), config.get("service")) {
        key_bounds(section, KeySection::ROOT, service, "service", &mut bounds);
    }
    let mut all = ReleaseSpan {
        low: None,
        high: None,
        basis: Basis::Configuration,
    };
    for bound in &bounds {
        match all.intersect(&bound.span) {
            Some(span) => all = span,
            None => return Err(contradiction(&bounds)),
        }
    }
    all.basis = match all.is_unknown() {
        true => Basis::Unknown("no image and no part of the configuration tells the release".to_owned()),
        false => Basis::Configuration,
    };
    Ok(all)
}

fn contradiction(bounds: &[Bound]) -> String {
    let newest_first = bounds
        .iter()
        .filter(|bound| bound.span.low.is_some())
        .max_by_key(|bound| bound.span.low);
    let oldest_last = bounds
        .iter()
        .filter(|bound| bound.span.high.is_some())
        .min_by_key(|bound| bound.span.high);
    match (newest_first, oldest_last) {
        (Some(new), Some(old)) => {
            let (Some(low), Some(high)) = (new.span.low, old.span.high) else {
                return "no release accepts all of it".to_owned();
            };
            format!(
                "{} is accepted from {low} on, and {} until {high} only",
                new.what, old.what
            )
        }
        _ => "no release accepts all of it".to_owned(),
    }
}

fn key_bounds(section: &KeySection, parent: NodeId, value: &Cell, within: &str, bounds: &mut Vec<Bound>) {
    let node = section.node(parent);
    // Where further keys are accepted silently, a key says nothing of the release.
    if node.flags.open {
        return;
    }
    match &value.value {
        Value::Map(fields) => {
            for (key, value) in fields.iter() {
                let Some(child) = section.child(parent, key) else {
                    continue;
                };
                if let Some(span) = section.releases_that_accept(child)
                    && !span.is_unknown()
                {
                    let what = format!("the key {key} of {within}");
                    bounds.push(Bound { what, span });
                }
                for value in blocks(section.node(child).kind, value) {
                    key_bounds(section, child, value, within, bounds);
                }
            }
        }
        Value::List(items) if parent == KeySection::ROOT => items
            .iter()
            .for_each(|item| key_bounds(section, parent, item, within, bounds)),
        _ => {}
    }
}

/// Returns the mappings with known keys that a value holds, by the shape that the table gives it.
pub(super) fn blocks(kind: ValueKind, value: &Cell) -> Vec<&Cell> {
    let values: Vec<&Cell> = match (kind, &value.value) {
        (ValueKind::Block, _) => vec![value],
        (ValueKind::BlockList, Value::List(items)) => items.iter().collect(),
        (ValueKind::BlockMap, Value::Map(fields)) => fields.values().collect(),
        _ => Vec::new(),
    };
    values.into_iter().filter(|value| value.fields().is_some()).collect()
}

/// Returns the newest name of a component type.
pub(super) fn canonical(tables: &Tables, kind: ComponentKind, type_name: &str) -> String {
    if let Some(name) = tables.keys(kind, type_name).and_then(|section| section.names.first()) {
        return name.to_string();
    }
    // A core component may be in the core distribution alone only in theory: contrib holds them all.
    let newest = tables
        .newest(crate::releases::Program::Collector)
        .unwrap_or(Version::ZERO);
    let span = ReleaseSpan::exactly(newest, Basis::AssumedNewest);
    match tables.component(kind, type_name, Distribution::Contrib, &span) {
        crate::releases::ComponentFate::Present { canonical, .. } => canonical,
        _ => type_name.to_owned(),
    }
}
