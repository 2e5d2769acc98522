//! Finds the name that was probably meant.

/// Returns the candidate that a name is most likely a slip of, `None` when nothing is near.
///
/// Near is: the same but for case and separators, or a few letters away, fewer for short names. Of equally near ones the first in
/// alphabetical order wins, so that the answer does not depend on the order of the candidates.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody mistypes a hundred letters, and the distance takes quadratic time.
    if name.len() > 100 {
        return None;
    }
    let plain = folded(name);
    let allowed = match plain.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let scored = candidates.filter(|candidate| *candidate != name).map(|candidate| {
        let folded = folded(candidate);
        (
            strsim::osa_distance(&plain, &folded),
            strsim::osa_distance(name, candidate),
            candidate,
        )
    });
    scored
        .filter(|(distance, _, _)| *distance <= allowed)
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// Returns whether two names differ in case and separators only, as a type and its newer snake_case name do.
pub(super) fn same_letters(one: &str, two: &str) -> bool {
    folded(one) == folded(two)
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let candidates = ["endpoint", "timeout", "tls", "otlp", "batch", "memory_limiter", "id"];
        assert_eq!(nearest(name, candidates.into_iter()), expected, "{name}");
    }

    #[test]
    fn slips() {
        check("endpont", Some("endpoint"));
        check("Endpoint", Some("endpoint"));
        check("memorylimiter", Some("memory_limiter"));
        check("memory-limiter", Some("memory_limiter"));
        check("tsl", Some("tls"));
        check("bacth", Some("batch"));
        check("ip", None);
        check("kafka", None);
        check("", None);
        check(&"x".repeat(5000), None);
    }
}
