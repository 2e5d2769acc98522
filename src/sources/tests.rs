//! Cases of whole inputs, as users hand them over.

mod attacks;
mod forms;
mod paths;
mod transform;

use super::*;
use crate::evidence::PlainKind;
use crate::evidence::logs::LogPattern;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\n";

fn scanner() -> LogScanner {
    let pattern = |id: &str, regex: &str| LogPattern {
        id: id.to_owned(),
        regex: regex.to_owned(),
    };
    LogScanner::new(&[pattern("refused#0", "connection refused.*(?P<rest>token=.*)?")]).unwrap()
}

/// Reads texts by name.
fn texts(files: &[(&str, &str)]) -> Evidence {
    texts_with(files, &Options::default())
}

fn texts_with(files: &[(&str, &str)], options: &Options) -> Evidence {
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect();
    from_texts(&files, options, Some(&LogSearch::patterns(&scanner())))
}

/// Returns `Kind namespace/name @line:column` of each resource: the place is that of its name.
fn shown(evidence: &Evidence) -> Vec<String> {
    let resources = evidence.resources.iter().map(|resource| {
        let name = resource.at(&["metadata", "name"]);
        let (line, column) = name.place.as_ref().map_or((0, 0), |place| place.line_column());
        assert_eq!(name.text(), Some(resource.reference.name.as_str()));
        assert_eq!(resource.document.text.resource, resource.reference);
        format!("{} @{line}:{column}", resource.reference)
    });
    resources.collect()
}

/// Returns `file:line:column: message` of each problem.
fn problems(evidence: &Evidence) -> Vec<String> {
    let problems = evidence.problems.iter();
    problems
        .map(|p| format!("{}:{}:{}: {}", p.file, p.line, p.column, p.message))
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    let evidence = texts(&[("a.yaml", text)]);
    assert_eq!(problems(&evidence), [""; 0], "{text:?}");
    assert_eq!(shown(&evidence), expected, "{text:?}");
}
