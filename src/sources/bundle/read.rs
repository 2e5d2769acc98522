//! Makes evidence of a bundle, by the way that it came in: objects as from a cluster, documents as from a file, logs scanned anew.

use super::manifest::{Answered, GivenFile, Log, Manifest, Placed, Stretch};
use super::{BundleError, LAYOUT, MANIFEST};
use crate::evidence::answers::{Answer, AnswerName, SourceFileName};
use crate::evidence::logs::LogScanner;
use crate::evidence::redact::{without_tokens, without_tokens_in};
use crate::evidence::{ContainerLog, Evidence, SourceFile};
use crate::sources::archive::Archive;
use crate::sources::kustomize::rename;
use crate::sources::list::Item;
use crate::sources::manifests;
use crate::sources::outcome::{Entry, Outcome};
use crate::sources::unit::Unit;
use crate::sources::{Given, LogSearch, Options, files, logs};
use rayon::prelude::*;
use std::sync::Arc;

/// Makes evidence of the files of a bundle.
pub(super) fn evidence(archive: &Archive, options: &Options, search: &LogSearch<'_>) -> Result<Evidence, BundleError> {
    let mut manifest = manifest(archive)?;
    if let Some(link) = archive.links.first() {
        return Err(
            BundleError::new(format!("{}:{link}", archive.name), "a link: a bundle has none")
                .hint("was it packed anew? take a new one with `tracedoctor capture`"),
        );
    }
    let placed = std::mem::take(&mut manifest.placed);
    let (objects, files, logs, answers) = (
        std::mem::take(&mut manifest.objects),
        std::mem::take(&mut manifest.files),
        std::mem::take(&mut manifest.logs),
        std::mem::take(&mut manifest.answers),
    );
    let mut evidence = manifest.into_evidence();
    evidence.given_releases.extend(options.releases.clone());
    evidence.given_distribution = options.distribution.clone().or(evidence.given_distribution);
    let live: Vec<Outcome> = objects
        .par_iter()
        .map(|object| {
            let file = SourceFile::live(object.name.as_str(), &text(archive, &object.path)?);
            Ok(manifests::live(&Arc::new(file), options))
        })
        .collect::<Result<_, BundleError>>()?;
    let given: Vec<Outcome> = files
        .par_iter()
        .map(|file| of_file(archive, file, options))
        .collect::<Result<_, BundleError>>()?;
    for outcome in live.into_iter().chain(given) {
        for problem in outcome.problems {
            if !evidence.problems.contains(&problem) {
                evidence.problems.push(problem);
            }
        }
        for entry in outcome.entries {
            match entry {
                Entry::Resource(mut resource) => {
                    let is_it = |one: &&Placed| {
                        one.name == resource.reference.name
                            && one.kind == resource.reference.kind
                            && one.file == *resource.document.text.file().name
                    };
                    if let Some(one) = placed.iter().find(is_it) {
                        rename(&mut resource, one.namespace.clone());
                    }
                    evidence.resources.push(resource);
                }
                Entry::File(file) => evidence.files.push(file),
                Entry::Deferred(_) => {}
            }
        }
    }
    for one in &answers {
        evidence.answers.push(of_answer(archive, one)?);
    }
    if logs.is_empty() {
        return Ok(evidence);
    }
    let (texts, scanner) = ((search.texts)(&evidence), search.scanner());
    evidence.logs = logs
        .into_par_iter()
        .map(|log| of_log(archive, log, scanner, &texts))
        .collect::<Result<_, BundleError>>()?;
    Ok(evidence)
}

fn manifest(archive: &Archive) -> Result<Manifest, BundleError> {
    let place = format!("{}:{MANIFEST}", archive.name);
    let bytes = bytes(archive, MANIFEST)?;
    let unreadable = |error: serde_json::Error| {
        BundleError::new(&place, format!("cannot be read: {error}")).hint("was it changed by hand? take a new bundle")
    };
    // The version first: what else a newer one holds may have another form.
    let version: Version = serde_json::from_slice(bytes).map_err(unreadable)?;
    match version.tracedoctor_bundle {
        0 => Err(
            BundleError::new(&place, "not that of a bundle: `tracedoctor_bundle` is missing")
                .hint("`tracedoctor capture --to FILE.tar.gz` makes a bundle"),
        ),
        newer if newer > LAYOUT => Err(BundleError::new(
            &place,
            format!(
                "layout {newer}, written by tracedoctor {}: this release reads layouts up to {LAYOUT}",
                version.tool
            ),
        )
        .hint(format!(
            "use tracedoctor {} or newer, or take the bundle anew with this one",
            version.tool
        ))),
        _ => serde_json::from_slice(bytes).map_err(unreadable),
    }
}

/// What every layout says of itself.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Version {
    tracedoctor_bundle: u32,
    tool: String,
}

fn bytes<'a>(archive: &'a Archive, path: &str) -> Result<&'a [u8], BundleError> {
    archive.get(path).ok_or_else(|| {
        let place = format!("{}:{path}", archive.name);
        let message = match archive.too_large.iter().any(|large| large.ends_with(path)) {
            true => "larger than a file of a bundle may be",
            false => "is named in bundle.json and is not there",
        };
        BundleError::new(place, message).hint("the bundle is not whole: copy it again, or take a new one")
    })
}

fn text(archive: &Archive, path: &str) -> Result<String, BundleError> {
    let text = std::str::from_utf8(bytes(archive, path)?)
        .map_err(|_| BundleError::new(format!("{}:{path}", archive.name), "not valid UTF-8"))?;
    Ok(without_tokens(text).into_owned())
}

/// Reads the documents of a file that was given, each on the lines where it stood.
fn of_file(archive: &Archive, given: &GivenFile, options: &Options) -> Result<Outcome, BundleError> {
    let whole = std::str::from_utf8(bytes(archive, &given.path)?)
        .map_err(|_| BundleError::new(format!("{}:{}", archive.name, given.path), "not valid UTF-8"))?;
    let mut text = String::with_capacity(whole.len());
    let mut ranges = Vec::with_capacity(given.documents.len());
    let mut done = 0;
    for stretch in &given.documents {
        let (Some(before), Some(document)) = (whole.get(done..stretch.start), whole.get(stretch.start..stretch.end))
        else {
            let place = format!("{}:{}", archive.name, given.path);
            return Err(BundleError::new(place, "is shorter than bundle.json says")
                .hint("the bundle is not whole: copy it again, or take a new one"));
        };
        text.push_str(before);
        let start = text.len();
        text.push_str(&without_tokens(document));
        ranges.push(start..text.len());
        done = stretch.end;
    }
    let file = Arc::new(SourceFile::new(given.name.as_str(), &text));
    let mut outcome = Outcome::default();
    for (stretch, range) in given.documents.iter().zip(ranges) {
        let read = match stretch.program {
            true if !matches!(files::form(&given.name), files::Form::Script | files::Form::Alloy) => Outcome::default(),
            true => manifests::read(&file, Given::InFolder, options),
            false => manifests::again(unit(&file, stretch, range), stretch.kind.as_ref(), options),
        };
        outcome.problems.extend(read.problems);
        outcome.entries.extend(read.entries);
    }
    Ok(outcome)
}

fn unit(file: &Arc<SourceFile>, stretch: &Stretch, range: std::ops::Range<usize>) -> Unit {
    Unit {
        file: file.clone(),
        item: stretch.item.map(|index| Item {
            index,
            range: range.clone(),
            dash: stretch.dash.filter(|dash| *dash < range.len()),
        }),
        range,
        source: stretch.rendered_from.clone(),
        given: Given::InFolder,
    }
}

fn of_answer(archive: &Archive, one: &Answered) -> Result<Answer, BundleError> {
    let body = bytes(archive, &one.path)?;
    let name = AnswerName::of_file(&one.answer).ok_or_else(|| {
        BundleError::new(
            format!("{}:{MANIFEST}", archive.name),
            format!("`{}` names no answer of a program", one.answer),
        )
        .hint("was it changed by hand? take a new bundle")
    })?;
    let file = one.name.as_deref().map_or(SourceFileName::Live, SourceFileName::Given);
    Ok(Answer::new(name, file, body))
}

fn of_log(archive: &Archive, log: Log, scanner: &LogScanner, texts: &[String]) -> Result<ContainerLog, BundleError> {
    let lines = without_tokens_in(bytes(archive, &log.path)?);
    let summary = logs::scan_kept(&lines, log.cut, (scanner, texts))
        .map_err(|error| BundleError::new(format!("{}:{}", archive.name, log.path), error.to_string()))?;
    Ok(ContainerLog {
        file: log.name,
        namespace: log.namespace,
        pod: log.pod,
        container: log.container,
        workload: log.workload,
        previous: log.previous,
        summary,
        lines: None,
    })
}
