//! The keys of a Tempo configuration that releases before those of the large table refuse.

use super::keys::{RefusedKey, entry, join, lifetime, refused_key};
use super::older_keys::OLDER;
use crate::evidence::Cell;
use crate::releases::{ReleaseSpan, Version};

/// The first release of the table; of older ones nothing is said.
const FIRST: Version = Version::new(1, 5, 0);
const MOST_DEEP: usize = 16;

/// Returns the keys that are refused, in the order written.
pub(super) fn refused(config: &Cell, span: &ReleaseSpan) -> Vec<RefusedKey> {
    let mut found = Vec::new();
    if span.low.is_some_and(|low| low >= FIRST) {
        walk(config, "", span, &mut found, 0);
    }
    found
}

/// A key of later releases that may have come earlier, too, is not judged.
fn walk(mapping: &Cell, path: &str, span: &ReleaseSpan, found: &mut Vec<RefusedKey>, depth: usize) {
    let name = if path.is_empty() { "." } else { path };
    let of_path = |(names, _): &&(&str, &str)| names.split_ascii_whitespace().any(|one| one == name);
    let Some((_, keys)) = OLDER
        .iter()
        .find(of_path)
        .filter(|_| depth < MOST_DEEP && path != "overrides")
    else {
        return;
    };
    for (key, value) in mapping.fields().into_iter().flatten() {
        let older = keys.split_ascii_whitespace().map(entry);
        let older = older
            .filter(|(name, _)| *name == key.as_ref())
            .map(|(_, lifetime)| lifetime)
            .next();
        let later = lifetime(path, key);
        let accepted = match (older, later) {
            (Some(lifetime), _) => lifetime.accepts(span),
            (None, Some(later)) if later.since.is_none() => Some(true),
            _ => Some(false),
        };
        if accepted != Some(true) {
            found.push(refused_key(path, key, value, older.or(later), accepted, span));
        }
        if accepted != Some(false) {
            walk(value, &join(path, key), span, found, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_older_releases() {
        let check = |release: &str, yaml: &str, expected: &[(&str, &str)]| {
            let text = format!("apiVersion: v1\nkind: Any\nmetadata: {{name: a}}\nspec: {yaml}");
            let evidence = crate::topology::workload::tests::evidence_of(&[("a.yaml", &text)]);
            let version = Version::parse(release).unwrap();
            let span = ReleaseSpan::exactly(version, crate::releases::Basis::User);
            let found = refused(&evidence.resources[0].at(&["spec"]), &span);
            let found: Vec<(String, &str)> = found
                .iter()
                .map(|key| (join(&key.section, &key.key), key.problem.as_str()))
                .collect();
            let found: Vec<(&str, &str)> = found.iter().map(|(path, word)| (path.as_str(), *word)).collect();
            assert_eq!(found, expected, "{release} {yaml}");
        };
        let azure = "{storage: {trace: {azure: {storage-account-name: a, storage_account_key: b}}}}";
        check(
            "1.5.0",
            azure,
            &[("storage.trace.azure.storage_account_key", "too_new")],
        );
        check(
            "2.1.1",
            azure,
            &[("storage.trace.azure.storage-account-name", "removed")],
        );
        check("1.5.0", "{search_enabled: true, metrics_generator_enabled: true}", &[]);
        check("2.1.1", "{search_enabled: true}", &[("search_enabled", "removed")]);
        check(
            "2.0.1",
            "{serach: {}, server: {http_listen_port: 3200}}",
            &[("serach", "unknown")],
        );
        check("2.1.1", "{live_store: {}}", &[("live_store", "too_new")]);
        check(
            "2.1.1",
            "{overrides: {anything: 1}, distributor: {receivers: {x: {y: 1}}}}",
            &[],
        );
        check("1.4.0", "{serach: {}}", &[]);
    }
}
