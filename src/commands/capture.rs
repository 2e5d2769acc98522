//! `tracedoctor capture`: what a run would read, in one file.
//!
//! The file gets its name when all of it is written, so that nobody takes half a bundle for a whole one; only its owner may read it.

use super::error::CommandError;
use super::{embedded, input};
use crate::checks::Reading;
use crate::cli::{CaptureArguments, Selection};
use crate::evidence::Evidence;
use crate::evidence::redact::Redactor;
use crate::sources::bundle::{self, Written};
use crate::sources::cluster;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Exit code: written, but something could not be read.
const INCOMPLETE: u8 = 4;

/// Runs the command.
///
/// # Errors
/// Wrong arguments, a cluster that cannot be read, or a file that cannot be written.
pub fn capture(arguments: &CaptureArguments) -> Result<u8, CommandError> {
    if arguments.input.cluster.dry_run {
        let hint = "`tracedoctor run --dry-run` prints them: capture makes the same";
        return Err(CommandError::usage("capture has no --dry-run").hint(hint));
    }
    let to_stdout = arguments.to.as_os_str() == "-";
    match to_stdout {
        true if io::stdout().is_terminal() => {
            return Err(CommandError::usage("a bundle is no text for a terminal")
                .hint("name a file: `--to bundle.tar.gz`, or send it on: `--to - | …`"));
        }
        true => {}
        false => refuse_folder(&arguments.to)?,
    }
    let catalog = embedded::selected(&Selection::default(), Reading::Proven)?;
    let key = cluster::random_key().ok_or_else(|| CommandError::usage("the system gives no random numbers"))?;
    let redactor = Redactor::keyed(key);
    let evidence = input::to_keep(&arguments.input, &catalog, &redactor)?;
    let done = match to_stdout {
        true => bundle::write(&evidence, &redactor, io::stdout().lock()).map_err(CommandError::output)?,
        false => to_file(&arguments.to, &evidence, &redactor)?,
    };
    let name = if to_stdout {
        "a bundle".to_owned()
    } else {
        arguments.to.display().to_string()
    };
    // What was written matters more than whether somebody reads this.
    let _ = io::stderr()
        .lock()
        .write_all(summary(&name, &done, &evidence).as_bytes());
    let whole = evidence.gaps.is_empty() && evidence.problems.is_empty() && done.left_out.is_empty();
    Ok(if whole { 0 } else { INCOMPLETE })
}

fn refuse_folder(to: &Path) -> Result<(), CommandError> {
    if to.is_dir() {
        return Err(CommandError::usage(format!("{} is a folder", to.display()))
            .hint("name a file in it, for example bundle.tar.gz"));
    }
    let folder = folder_of(to);
    match folder.is_dir() {
        true => Ok(()),
        false => Err(CommandError::usage(format!("there is no folder {}", folder.display()))),
    }
}

fn folder_of(to: &Path) -> PathBuf {
    match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Writes beside the file, and renames when all is written.
fn to_file(to: &Path, evidence: &Evidence, redactor: &Redactor) -> Result<Written, CommandError> {
    let failed = |error: io::Error| CommandError::usage(format!("cannot write {}: {error}", to.display()));
    let base = to.file_name().map(|name| name.to_string_lossy().into_owned());
    let partial = folder_of(to).join(format!(".{}.{}.part", base.unwrap_or_default(), std::process::id()));
    let file = owned(&partial).map_err(failed)?;
    let done = write_all(file, evidence, redactor).and_then(|done| fs::rename(&partial, to).map(|()| done));
    done.map_err(|error| {
        let _ = fs::remove_file(&partial);
        failed(error)
    })
}

fn write_all(file: File, evidence: &Evidence, redactor: &Redactor) -> io::Result<Written> {
    let mut out = BufWriter::new(file);
    let done = bundle::write(evidence, redactor, &mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(done)
}

/// Creates a file that only its owner may read.
fn owned(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn summary(name: &str, done: &Written, evidence: &Evidence) -> String {
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let mut text = format!(
        "wrote {name}: {}, {}",
        count(done.objects, "object"),
        count(done.logs, "log")
    );
    if !evidence.gaps.is_empty() {
        text.push_str(&format!(", {} failed", count(evidence.gaps.len(), "read")));
    }
    if !evidence.problems.is_empty() {
        text.push_str(&format!(", {} with problems", count(evidence.problems.len(), "file")));
    }
    text.push('\n');
    for left_out in &done.left_out {
        text.push_str(&format!("  left out: {left_out}\n"));
    }
    if name != "a bundle" {
        text.push_str(&format!("judge it with: tracedoctor run --bundle {name}\n"));
    }
    text
}
