//! The rules about checks, on the whole catalogue: every example behaves, every edit heals, every clause is needed.

use rayon::prelude::*;
use tracedoctor::checks::{Catalog, Reading};
use tracedoctor::commands::embedded;
use tracedoctor::commands::examples::Suite;

fn catalog() -> Catalog {
    let files = embedded::check_files();
    let (catalog, errors) = Catalog::load(files.iter().map(|(name, text)| (name.as_str(), *text)), Reading::Whole);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    catalog
}

#[test]
fn every_check_holds_the_rules() {
    let catalog = catalog();
    let suite = Suite::new(&catalog, embedded::tables()).unwrap();
    let checks: Vec<_> = catalog.iter().collect();
    let failures: Vec<String> = checks
        .par_iter()
        .flat_map(|check| suite.test(check))
        .map(|failure| failure.to_string())
        .collect();
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    let examples: usize = checks.iter().map(|check| check.examples.len()).sum();
    assert!(
        checks.len() > 50 && examples > 200,
        "{} checks with {examples} examples: files are missing",
        checks.len()
    );
}

/// That the lines match, and the near misses do not, is proven with the other rules.
#[test]
fn acceptance_34_every_log_pattern_has_a_line_and_a_near_miss() {
    let catalog = catalog();
    let mut patterns = 0;
    for check in catalog.iter() {
        for line in &check.logs {
            patterns += 1;
            assert!(
                !line.samples.is_empty(),
                "{}: {} has no sample",
                check.id,
                line.pattern.id
            );
            assert!(
                !line.near_misses.is_empty(),
                "{}: {} has no near miss",
                check.id,
                line.pattern.id
            );
        }
    }
    assert!(patterns > 100, "{patterns}");
}

#[test]
fn the_catalogue_has_one_file_for_each_check_in_a_known_folder() {
    for (name, _) in embedded::check_files() {
        let folder = name.split('/').nth(1).unwrap();
        assert!(
            ["app", "collector", "path", "tempo", "grafana", "cluster"].contains(&folder),
            "{name}: unknown folder"
        );
    }
}

#[test]
fn the_reference_is_what_the_schema_says() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/checks/README.md")).unwrap();
    let reference = tracedoctor::commands::reference::markdown();
    assert!(
        readme.ends_with(&reference),
        "checks/README.md is old: replace all from `## Tables` on by the output of `tracedoctor checks reference`"
    );
}

#[test]
fn the_version_tables_do_not_contradict_themselves() {
    let problems: Vec<String> = embedded::tables()
        .problems()
        .iter()
        .map(|problem| format!("{}:{}: {}", problem.file, problem.line, problem.message))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
