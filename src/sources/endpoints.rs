//! Answers of programs that were saved as files, beside manifests and in bundles.

use super::files;
use crate::evidence::Problem;
use crate::evidence::answers::{Answer, AnswerName, MOST_BYTES, SourceFileName};
use std::io::Read;
use std::path::PathBuf;

/// Answers of one run that are read.
const MOST_ANSWERS: usize = 2_000;

/// Returns the answer that a file of the user's holds; `None` for any other file.
pub(super) fn of_file(name: &str, body: &[u8]) -> Option<Answer> {
    Some(Answer::new(
        AnswerName::of_file(name)?,
        SourceFileName::Given(name),
        body,
    ))
}

/// Reads the answers in files, in their order.
pub(super) fn read(paths: &[PathBuf]) -> Vec<Result<Answer, Problem>> {
    let mut read = Vec::new();
    for path in paths.iter().take(MOST_ANSWERS) {
        let name = files::display(path);
        let mut body = Vec::new();
        let limit = MOST_BYTES as u64 + 1;
        let opened = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut body));
        match opened {
            Ok(_) => read.extend(of_file(&name, &body).map(Ok)),
            Err(error) => read.push(Err(files::cannot_read(path, &error))),
        }
    }
    read
}
