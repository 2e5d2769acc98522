//! What a span of releases makes of something that changed at known releases.

use crate::evidence::Cell;
use crate::releases::{Basis, ReleaseSpan, Version};

/// Returns the answer that holds for every release of a span, `None` when releases of it differ.
///
/// `steps` are pairs of a first release and the answer from there on, in ascending order; the first pair begins at [`Version::ZERO`].
pub(super) fn since<T: Clone + PartialEq>(span: &ReleaseSpan, steps: &[(Version, T)]) -> Option<T> {
    let low = span.low.unwrap_or(Version::ZERO);
    let mut answer: Option<&T> = None;
    for (index, (first, value)) in steps.iter().enumerate() {
        let ends = steps.get(index + 1).map(|(next, _)| *next);
        let is_before = ends.is_some_and(|end| end <= low);
        let is_behind = span.high.is_some_and(|high| *first > high);
        if is_before || is_behind {
            continue;
        }
        match answer {
            Some(other) if other != value => return None,
            _ => answer = Some(value),
        }
    }
    answer.cloned()
}

/// Returns whether a span has only releases from `first` on; `None` when it has others too.
pub(super) fn is_at_least(span: &ReleaseSpan, first: Version) -> Option<bool> {
    since(span, &[(Version::ZERO, false), (first, true)])
}

/// Returns why an answer that differs by release cannot be told, as a clause.
pub(super) fn reason(span: &ReleaseSpan) -> String {
    match &span.basis {
        Basis::Unknown(why) if span.is_unknown() && !why.is_empty() => {
            format!("the release of Tempo is not known: {why}")
        }
        _ if span.is_unknown() => "the release of Tempo is not known".to_owned(),
        _ => format!("it differs between releases of Tempo, of which {span} are possible"),
    }
}

/// Returns the cell of an answer by release, unknown when releases of the span differ.
pub(super) fn cell<T: Into<Cell>>(span: &ReleaseSpan, answer: Option<T>) -> Cell {
    answer.map_or_else(|| Cell::unknown(reason(span)), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: &str, high: &str, expected: Option<u16>) {
        let span = ReleaseSpan {
            low: Version::parse(low),
            high: Version::parse(high),
            basis: Basis::User,
        };
        let steps = [(Version::ZERO, 80), (Version::new(2, 8, 0), 3200)];
        assert_eq!(since(&span, &steps), expected, "{low}..{high}");
    }

    #[test]
    fn both_sides_of_a_change() {
        check("2.7.2", "2.7.2", Some(80));
        check("2.8.0", "2.8.0", Some(3200));
        check("2.7.0", "2.8.0", None);
        check("", "2.7.9", Some(80));
        check("2.8.0", "", Some(3200));
        check("", "", None);
    }
}
