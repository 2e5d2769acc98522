//! Decides whether a key is accepted by every release of a span.

use super::super::similar::nearest;
use super::super::span::ReleaseSpan;
use super::super::version::Version;
use super::{Earlier, Existence, KeyNode, KeySection, NodeId, ValueKind};

/// HTTP client and server blocks ignored unknown keys from this release on (config/confighttp of the core repository) ...
const HTTP_OPENED: Version = Version::new(0, 160, 0);
/// ... and refuse them again from this one on.
const HTTP_CLOSED: Version = Version::new(0, 165, 0);
/// From this release on optional blocks take a key `enabled`.
const OPTIONAL_ENABLED: Version = Version::new(0, 139, 0);

/// What the tables say of a key in every release of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFate {
    /// Every release knows it.
    Accepted,
    /// Keys are free at this place: the tables cannot say more.
    Open,
    /// No release knows it.
    Unknown {
        /// The key that was probably meant.
        did_you_mean: Option<String>,
    },
    /// It is gone.
    Removed {
        /// The last release that surely had it.
        last: Version,
        /// What takes its place: a path of this section, filled in when the moves are known.
        replacement: Option<String>,
    },
    /// It came later.
    NotYet {
        /// The first release that surely has it.
        first: Version,
    },
    /// The tables do not decide.
    Undecided {
        /// Why, as part of a sentence.
        reason: String,
    },
}

/// What a release does with a key that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// The Collector does not start.
    Refused,
    /// It starts, and the key has no effect.
    IgnoredSilently,
    /// One or the other: the release is not known exactly, or the key lies deeper in an HTTP block of 0.160 to 0.164.
    Either,
}

/// The fate of a key, with what a finding should say beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyVerdict {
    /// What becomes of the key.
    pub fate: KeyFate,
    /// What happens if it is not accepted.
    pub enforcement: Enforcement,
    /// What was taken for granted.
    pub assumption: Option<String>,
}

/// Where a key lies seen from HTTP client and server blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HttpScope {
    Outside,
    Direct,
    Below,
}

impl KeySection {
    /// Judges one key of the mapping at `parent` (for a list of blocks: of each element; for a map of blocks: of each value).
    pub(in super::super) fn judge(&self, parent: NodeId, key: &str, span: &ReleaseSpan) -> KeyVerdict {
        let child = self.child(parent, key);
        let scope = self.http_scope(parent);
        let points = span.points(self.first, self.cuts(parent, child, scope));
        let fates = points.iter().map(|point| (*point, self.at(parent, child, key, *point)));
        let fate = combine(key, fates.collect());
        let enforcement = enforcement(scope, &points);
        let assumption = self.assumption(child, &fate, points.last().copied());
        KeyVerdict {
            fate,
            enforcement,
            assumption,
        }
    }

    fn cuts(&self, parent: NodeId, child: Option<NodeId>, scope: HttpScope) -> Vec<Version> {
        let lifetimes = child.into_iter().flat_map(|id| self.node(id).lifetimes.iter());
        let mut cuts: Vec<Version> = lifetimes
            .flat_map(|lifetime| lifetime.cuts(self.by_minor))
            .flatten()
            .collect();
        match self.node(parent).earlier {
            Some(Earlier::ClosedBefore(release) | Earlier::Was(_, release)) => cuts.push(release),
            None => {}
        }
        if scope != HttpScope::Outside {
            cuts.extend([HTTP_OPENED, HTTP_CLOSED]);
        }
        cuts.extend([self.first, OPTIONAL_ENABLED]);
        cuts
    }

    /// The fate at one release.
    fn at(&self, parent: NodeId, child: Option<NodeId>, key: &str, at: Version) -> KeyFate {
        let block = self.node(parent);
        if kind_at(block, at).has_free_keys() {
            return KeyFate::Open;
        }
        let existences = || {
            let lifetimes = child.into_iter().flat_map(|id| self.node(id).lifetimes.iter());
            lifetimes.map(|lifetime| (lifetime, lifetime.at(at, self.by_minor)))
        };
        if existences().any(|(_, existence)| existence == Existence::Present) {
            return match at < self.first {
                true => undecided(format!("the table of these keys begins at release {}", self.first)),
                false => KeyFate::Accepted,
            };
        }
        if existences().any(|(_, existence)| existence == Existence::Maybe) {
            return undecided(format!("release {at} lies in a gap of what is known of {key}"));
        }
        if is_open(block, at) {
            return KeyFate::Open;
        }
        let gone = existences().filter(|(_, existence)| *existence == Existence::After);
        if let Some(last) = gone.filter_map(|(lifetime, _)| lifetime.last()).max() {
            return KeyFate::Removed {
                last,
                replacement: None,
            };
        }
        let later = existences().filter(|(_, existence)| *existence == Existence::Before);
        if let Some(first) = later.filter_map(|(lifetime, _)| lifetime.first()).min() {
            return KeyFate::NotYet { first };
        }
        self.never_known(parent, key, at)
    }

    fn never_known(&self, parent: NodeId, key: &str, at: Version) -> KeyFate {
        let block = self.node(parent);
        if at < self.first {
            return undecided(format!("the table of these keys begins at release {}", self.first));
        }
        let is_root = parent == KeySection::ROOT;
        if !is_root && !block.kind.has_known_keys() {
            // A mapping where the table has a list or a single value: legal only for a decoder of its own.
            return undecided(format!("{} is not listed as a mapping", block.name));
        }
        if block.flags.optional && key == "enabled" && at >= OPTIONAL_ENABLED {
            return undecided(format!(
                "{} may take `enabled`, as other optional blocks do since {OPTIONAL_ENABLED}",
                block.name
            ));
        }
        let there = |id: &NodeId| {
            let lifetimes = self.node(*id).lifetimes.iter();
            lifetimes
                .map(|lifetime| lifetime.at(at, self.by_minor))
                .any(|existence| existence == Existence::Present)
        };
        let candidates = self
            .children(parent)
            .filter(there)
            .map(|id| self.node(id).name.as_ref());
        KeyFate::Unknown {
            did_you_mean: nearest(key, candidates).map(str::to_owned),
        }
    }

    fn assumption(&self, child: Option<NodeId>, fate: &KeyFate, newest: Option<Version>) -> Option<String> {
        if matches!(fate, KeyFate::Undecided { .. } | KeyFate::Open) {
            return None;
        }
        // A section of a component that is gone says nothing of later releases, but then the component is the fault.
        if newest.is_some_and(|newest| newest >= self.last.next_minor()) {
            return Some(format!(
                "the keys are still those of release {}, the last one looked at",
                self.last
            ));
        }
        let is_fault = matches!(fate, KeyFate::Removed { .. } | KeyFate::NotYet { .. });
        let rough = |id| self.node(id).lifetimes.iter().any(|lifetime| lifetime.is_rough());
        let told = is_fault && child.is_some_and(rough);
        told.then(|| "the release at which the key changed was concluded, not seen".to_owned())
    }

    fn http_scope(&self, parent: NodeId) -> HttpScope {
        if self.is_http_block(parent) {
            return HttpScope::Direct;
        }
        let above = self.ancestors(parent);
        let below = self.is_http_block(KeySection::ROOT) || above.into_iter().any(|id| self.is_http_block(id));
        if below { HttpScope::Below } else { HttpScope::Outside }
    }

    /// Returns whether the keys of an HTTP client or server are among the keys of a block. The table has no mark for it, but
    /// these keys are in every such block and in no other.
    fn is_http_block(&self, id: NodeId) -> bool {
        let has = |name| self.child(id, name).is_some();
        has("disable_keep_alives") || (has("compression_algorithms") && has("max_request_body_size"))
    }
}

fn kind_at(node: &KeyNode, at: Version) -> ValueKind {
    match node.earlier {
        Some(Earlier::Was(kind, before)) if at < before => kind,
        _ => node.kind,
    }
}

fn is_open(node: &KeyNode, at: Version) -> bool {
    let closed = matches!(node.earlier, Some(Earlier::ClosedBefore(release)) if at < release);
    node.flags.open && !closed
}

fn undecided(reason: String) -> KeyFate {
    KeyFate::Undecided { reason }
}

fn enforcement(scope: HttpScope, points: &[Version]) -> Enforcement {
    let loose = points
        .iter()
        .filter(|point| (HTTP_OPENED..HTTP_CLOSED).contains(point))
        .count();
    match scope {
        HttpScope::Outside => Enforcement::Refused,
        _ if loose == 0 => Enforcement::Refused,
        HttpScope::Direct if loose == points.len() => Enforcement::IgnoredSilently,
        _ => Enforcement::Either,
    }
}

/// Joins the fates of the single releases: they agree, all are faults (the newest counts), or nothing is decided.
fn combine(key: &str, mut fates: Vec<(Version, KeyFate)>) -> KeyFate {
    if let Some((_, fate)) = fates.iter().find(|(_, fate)| matches!(fate, KeyFate::Undecided { .. })) {
        return fate.clone();
    }
    let is_fine = |fate: &KeyFate| matches!(fate, KeyFate::Accepted | KeyFate::Open);
    let fine = fates.iter().filter(|(_, fate)| is_fine(fate)).count();
    if fine > 0 && fine < fates.len() {
        let changes = fates
            .windows(2)
            .filter(|pair| is_fine(&pair[0].1) != is_fine(&pair[1].1));
        let told: Vec<String> = changes
            .map(|pair| match is_fine(&pair[1].1) {
                true => format!("accepted from {}", pair[1].0),
                false => format!("no longer accepted from {}", pair[1].0),
            })
            .collect();
        return undecided(format!(
            "the release is not known exactly, and {key} is {}",
            told.join(", ")
        ));
    }
    if fates.iter().any(|(_, fate)| *fate == KeyFate::Accepted) {
        return KeyFate::Accepted;
    }
    fates
        .pop()
        .map_or_else(|| undecided("no release is left".to_owned()), |(_, fate)| fate)
}
