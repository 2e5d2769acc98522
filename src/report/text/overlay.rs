//! What applying manifests would change: the objects, what would be gone, what could not be told, what has to be started anew.

use super::super::escape;
use super::page::{Page, paint, section};
use super::places::spot_name;
use super::plural;
use crate::finding::{AppliedObject, Finding, Overlay};

/// Prints what would be applied, and whether anything would appear.
pub(super) fn applied(page: &mut Page, overlay: &Overlay, appearing: &[Finding]) {
    let arguments: Vec<_> = overlay.arguments.iter().map(|one| escape::line(one)).collect();
    let of = |change: &'static str| overlay.objects.iter().filter(move |object| object.change == change);
    let unread = match of("unread").count() {
        0 => String::new(),
        number => format!(", {number} of kinds or in places that were not read"),
    };
    let heading = format!(
        "If {} were applied: {} new, {} changed, {} the same{unread}",
        arguments.join(" "),
        of("new").count(),
        of("changed").count(),
        of("same").count()
    );
    let mut told: Vec<&AppliedObject> = of("changed").chain(of("new")).collect();
    if page.verbose() {
        told.extend(of("same").chain(of("unread")));
    }
    page.heading(&heading);
    list(page, &told);
    if let Some(namespace) = &overlay.assumed_namespace {
        let words = format!(
            "objects without a namespace are taken to be in {}, where those that exist are",
            escape::line(namespace)
        );
        page.under("  assumed: ", &words);
    }
    let causes = appearing.iter().filter(|finding| finding.caused_by.is_none()).count();
    match causes {
        0 => page.heading("nothing would appear"),
        _ => page.heading("would appear:"),
    }
}

/// How many objects are listed unasked.
const SHORT_LIST: usize = 12;

fn list(page: &mut Page, objects: &[&AppliedObject]) {
    let shown = if page.verbose() { objects.len() } else { SHORT_LIST };
    for object in objects.iter().take(shown) {
        let file = escape::line(&object.file);
        page.item(
            2,
            &format!("{} {} in {file}", object.change, escape::line(&object.name)),
        );
    }
    if objects.len() > shown {
        page.line(&format!("  … {} more; `--verbose` lists them", objects.len() - shown));
    }
}

/// Prints what would be gone, what could not be told, and what has to be started anew.
pub(super) fn gone(page: &mut Page, overlay: &Overlay) {
    let causes: Vec<(&Finding, usize)> = causes(&overlay.vanished);
    section(page, "would vanish:", &causes, |page, (finding, symptoms)| {
        let with = match symptoms {
            0 => String::new(),
            number => format!(", with {}", plural(*number, "symptom")),
        };
        page.item(2, &format!("{}{with}", line(page, finding)));
    });
    section(
        page,
        "could not be told before it runs:",
        &overlay.open,
        |page, (finding, reason)| {
            let text = line(page, finding);
            page.item(2, &text);
            page.under("      because ", &escape::prose(reason));
        },
    );
    section(
        page,
        "has to be started anew:",
        &overlay.restarts,
        |page, (reason, command)| {
            page.item(2, &escape::prose(reason));
            let style = page.palette.command;
            page.line(&format!("      {}", paint(style, &escape::line(command))));
        },
    );
}

fn line(page: &Page, finding: &Finding) -> String {
    let head = format!("{}[{}]", finding.severity.name(), escape::line(&finding.check));
    let head = paint(page.palette.severity(finding.severity), &head);
    let message = escape::line(finding.message.trim());
    format!("{}: {head}: {message}", spot_name(&finding.spot))
}

/// Returns the findings that are nobody's symptom, each with the number of those that are its own.
fn causes(findings: &[Finding]) -> Vec<(&Finding, usize)> {
    let is_here = |cause: &String| findings.iter().any(|finding| finding.fingerprint == *cause);
    let roots = findings
        .iter()
        .filter(|finding| !finding.caused_by.as_ref().is_some_and(is_here));
    let symptoms = |cause: &Finding| {
        let of_it = |finding: &&Finding| finding.caused_by.as_deref() == Some(cause.fingerprint.as_str());
        findings.iter().filter(of_it).count()
    };
    roots.map(|cause| (cause, symptoms(cause))).collect()
}

/// Returns the line that stands above all counts: how many would vanish, and how many could not be told.
pub(super) fn counts(overlay: &Overlay) -> String {
    format!(
        "{} would vanish, {} could not be told; would appear:",
        plural(overlay.vanished.len(), "finding"),
        overlay.open.len()
    )
}
