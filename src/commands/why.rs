//! `tracedoctor why`: the way of one workload's spans, and the first station or connection that cannot work.

mod walk;

use super::error::CommandError;
use super::inspect::Changes;
use super::{breaks, cluster, embedded, input, inspect, map, output};
use crate::checks::Reading;
use crate::cli::WhyArguments;
use crate::evidence::Gap;
use crate::facts::Facts;
use crate::finding::Report;
use crate::report::why::{Why, json_of, text_of};
use walk::Ground;

/// Exit code: the path is broken.
const BROKEN: u8 = 1;
/// Exit code: there is no such workload.
const NOTHING: u8 = 3;
/// Exit code: something could not be read.
const INCOMPLETE: u8 = 4;
/// Gaps that are told one by one.
const MOST_GAPS: usize = 10;

/// Runs the command.
///
/// # Errors
/// Wrong arguments, evidence that cannot be read, or output that cannot be written.
pub fn why(arguments: WhyArguments) -> Result<u8, CommandError> {
    let WhyArguments {
        workload,
        mut input,
        selection,
        output: format,
        allow_incomplete,
    } = arguments;
    let wanted = Wanted::parse(&workload, &input.namespace)?;
    if cluster::is_meant(&input) {
        // The path leads through other namespaces: -n tells which workload is meant, not where to look.
        input.namespace.clear();
        input.cluster.workload = Some(wanted.name.clone());
    }
    if !["text", "json"].contains(&format.as_str()) {
        return Err(CommandError::usage(format!("there is no format `{format}` of why")).hint("use text or json"));
    }
    let catalog = embedded::selected(&selection, Reading::Proven)?;
    let evidence = input::evidence(&input, &catalog)?;
    let (facts, stages) = inspect::facts_of(&evidence, embedded::tables());
    let report = input::report(&input, &evidence, &facts, stages, &catalog, Changes::Shown);
    let workload = match wanted.find(&candidates(&facts))? {
        Some(found) => found,
        None => return Ok(not_found(&wanted, &candidates(&facts))),
    };
    let inspected = map::Inspected {
        facts: &facts,
        report: &report,
        catalog: &catalog,
    };
    let hops = facts.rows("hops").iter();
    let hops: Vec<_> = hops.map(|row| map::hop_with_findings(row, &inspected)).collect();
    let ground = Ground {
        faults: breaks::of_stations(&report.findings, &hops),
        hops,
        behind: facts.rows("hops").iter().map(walk::behind).collect(),
        facts: &facts,
    };
    let mut way = walk::walk(&ground, &workload.stage, &workload.words);
    way.unseen.extend(unseen(&report, &way.stations));
    let why = Why {
        workload: workload.words,
        steps: way.steps,
        first_break: way.first_break.cloned(),
        unseen: way.unseen,
    };
    match format.as_str() {
        "json" => output::print(&json_of(&why))?,
        _ => output::print(&text_of(&why, &output::standard_options()))?,
    }
    Ok(exit_code(&why, &report, allow_incomplete))
}

fn exit_code(why: &Why, report: &Report, allow_incomplete: bool) -> u8 {
    match (&why.first_break, super::run::incomplete(report)) {
        (Some(_), _) => BROKEN,
        (None, Some(_)) if !allow_incomplete => INCOMPLETE,
        _ => 0,
    }
}

/// Returns what else was not seen: reads that failed, and checks of the stations that could not be decided.
fn unseen(report: &Report, stations: &std::collections::HashSet<String>) -> Vec<String> {
    let mut lines: Vec<String> = report.gaps.iter().take(MOST_GAPS).map(in_words).collect();
    if report.gaps.len() > MOST_GAPS {
        lines.push(format!("{} more reads failed", report.gaps.len() - MOST_GAPS));
    }
    let of_stations = report
        .undecided
        .iter()
        .filter(|undecided| stations.contains(&undecided.stage.name))
        .count();
    if of_stations > 0 {
        let checks = if of_stations == 1 {
            "1 check"
        } else {
            &format!("{of_stations} checks")
        };
        lines.push(format!(
            "{checks} of these stations could not be decided: `tracedoctor run` says why"
        ));
    }
    lines
}

fn in_words(gap: &Gap) -> String {
    let name = gap.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let place = gap
        .namespace
        .as_ref()
        .map_or_else(String::new, |namespace| format!(" in {namespace}"));
    format!("{} {}{name}{place}: {}", gap.verb, gap.resource, gap.reason)
}

/// A workload that a path may begin at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    kind: String,
    namespace: Option<String>,
    name: String,
    stage: String,
    words: String,
}

fn candidates(facts: &Facts) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for row in facts.rows("workloads") {
        let text = |column: &str| row.cells.text_at(&[column]).map(str::to_owned);
        let candidate = Candidate {
            kind: text("kind").unwrap_or_default(),
            namespace: text("namespace"),
            name: text("name").unwrap_or_default(),
            stage: row.about.stage.stage.name().to_owned(),
            words: row.about.stage.name.clone(),
        };
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

/// What the user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    kind: Option<String>,
    namespace: Option<String>,
    name: String,
    /// The first part of two, as written: a kind, or the namespace.
    first: Option<String>,
}

impl Wanted {
    /// Reads `NAME`, `KIND/NAME` or `KIND/NAMESPACE/NAME`, a kind in any of the spellings of kubectl; also `Kind NAMESPACE/NAME` and
    /// `Kind NAME`, as reports write it.
    fn parse(text: &str, namespaces: &[String]) -> Result<Wanted, CommandError> {
        let text = &text.trim().replacen(' ', "/", 1);
        let mut wanted = match text.split('/').collect::<Vec<_>>()[..] {
            [name] if !name.is_empty() => (None, None, name),
            [kind, name] if !kind.is_empty() && !name.is_empty() => (Some(kind), None, name),
            [kind, namespace, name] if !kind.is_empty() && !namespace.is_empty() && !name.is_empty() => {
                (Some(kind), Some(namespace), name)
            }
            _ => {
                return Err(CommandError::usage(format!("`{text}` does not name a workload"))
                    .hint("write KIND/NAME, for example deployment/checkout, and -n NAMESPACE"));
            }
        };
        let first = wanted.0.filter(|_| wanted.1.is_none()).map(str::to_owned);
        if wanted.1.is_none() {
            wanted.1 = namespaces.first().map(String::as_str);
        }
        Ok(Wanted {
            kind: wanted.0.map(kind_of),
            namespace: wanted.1.map(str::to_owned),
            name: wanted.2.to_owned(),
            first,
        })
    }

    /// Finds the one workload that is meant; a pod stands for the workload that made it.
    fn find(&self, candidates: &[Candidate]) -> Result<Option<Candidate>, CommandError> {
        // `shop/cart` may be the name of a namespace where no kind is called so.
        if let (Some(kind), Some(written)) = (&self.kind, &self.first)
            && !candidates
                .iter()
                .any(|candidate| candidate.kind.eq_ignore_ascii_case(kind))
            && candidates
                .iter()
                .any(|candidate| candidate.namespace.as_ref() == Some(written))
        {
            let inside = Wanted {
                kind: None,
                namespace: Some(written.clone()),
                name: self.name.clone(),
                first: None,
            };
            return inside.find(candidates);
        }
        let place = |candidate: &&Candidate| {
            let (wanted, has) = (&self.namespace, &candidate.namespace);
            wanted.is_none() || has.is_none() || wanted == has
        };
        let kind = |candidate: &&Candidate| {
            let wanted = self.kind.as_deref();
            wanted.is_none_or(|wanted| candidate.kind.eq_ignore_ascii_case(wanted))
        };
        let here = || candidates.iter().filter(place);
        let exact: Vec<&Candidate> = here().filter(kind).filter(|found| found.name == self.name).collect();
        let of_pod = || {
            let is_pod = self.kind.as_deref().is_none_or(|kind| kind == "pod");
            let made = here().filter(|found| {
                let rest = self.name.strip_prefix(found.name.as_str());
                is_pod && rest.is_some_and(is_generated)
            });
            // Of `web` and `web-api`, the pod web-api-5d… is that of the longer name.
            made.max_by_key(|found| found.name.len())
        };
        match exact[..] {
            [one] => Ok(Some(one.clone())),
            [] => Ok(of_pod().cloned()),
            _ => {
                let names: Vec<&str> = exact.iter().map(|found| found.words.as_str()).collect();
                Err(
                    CommandError::usage(format!("`{}` may mean: {}", self.name, names.join(", ")))
                        .hint("write KIND/NAMESPACE/NAME, for example deployment/shop/cart"),
                )
            }
        }
    }
}

/// Whether this ends the name of a pod: `-0` in a StatefulSet, `-x2bcd` in a DaemonSet or Job, `-5d4f8c9b7-x2bcd` in a Deployment
/// (`kubernetes/apimachinery:pkg/util/rand/rand.go` has the letters).
fn is_generated(rest: &str) -> bool {
    let is_random =
        |word: &str| word.len() == 5 && word.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte));
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match rest.split('-').collect::<Vec<_>>()[..] {
        ["", end] => is_random(end) || is_number(end),
        ["", hash, end] => is_random(end) && !hash.is_empty() && hash.len() <= 10,
        _ => false,
    }
}

/// Returns the kind, in lower case, that a word of kubectl stands for.
fn kind_of(word: &str) -> String {
    let word = word.to_ascii_lowercase();
    let word = word.split('.').next().unwrap_or_default();
    let kind = match word {
        "deploy" => "deployment",
        "sts" => "statefulset",
        "ds" => "daemonset",
        "rs" => "replicaset",
        "po" => "pod",
        "cj" => "cronjob",
        "otelcol" | "otelcols" => "opentelemetrycollector",
        plural => plural.strip_suffix('s').unwrap_or(plural),
    };
    kind.to_owned()
}

fn not_found(wanted: &Wanted, candidates: &[Candidate]) -> u8 {
    let place = wanted
        .namespace
        .as_ref()
        .map_or_else(String::new, |namespace| format!(" in namespace {namespace}"));
    let searched = match candidates.len() {
        0 => "no workload of a tracing stage was found at all".to_owned(),
        1 => "1 workload was looked at".to_owned(),
        count => format!("{count} workloads were looked at"),
    };
    let names = candidates.iter().map(|candidate| candidate.name.as_str());
    let elsewhere = candidates.iter().find(|candidate| candidate.name == wanted.name);
    let hint = match (elsewhere, crate::releases::nearest(&wanted.name, names)) {
        (Some(other), _) => format!("; did you mean {}?", other.words),
        (None, Some(near)) => format!("; did you mean `{near}`?"),
        (None, None) => String::new(),
    };
    output::complain(&format!("no workload `{}`{place}: {searched}{hint}", wanted.name));
    NOTHING
}

#[cfg(test)]
mod tests;
