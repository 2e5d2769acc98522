//! One stretch of a file that is parsed on its own: a document, or an item of a list.

use super::list::Item;
use super::look::Look;
use super::{Given, files};
use crate::evidence::document::SyntaxError;
use crate::evidence::redact::redact;
use crate::evidence::{Document, Note, Origin, Problem, ResourceReference, SourceFile, Text};
use std::ops::Range;
use std::sync::Arc;

/// A stretch of a file that is parsed on its own.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) file: Arc<SourceFile>,
    pub(super) range: Range<usize>,
    /// The item of a list that it is; its range is `range`.
    pub(super) item: Option<Item>,
    /// The `# Source:` comment of the document around it.
    pub(super) source: Option<String>,
    pub(super) given: Given,
}

impl Unit {
    pub(super) fn text(&self) -> &str {
        &self.file.content[self.range.clone()]
    }

    pub(super) fn look(&self) -> Look<'_> {
        match &self.item {
            Some(Item { dash: Some(dash), .. }) => Look::at_item(self.text(), *dash),
            _ => Look::at(self.text()),
        }
    }

    pub(super) fn path(&self) -> String {
        self.item
            .as_ref()
            .map_or_else(String::new, |item| format!("items[{}]", item.index))
    }

    pub(super) fn problem(&self, offset: usize, message: String, hint: Option<String>) -> Problem {
        let (line, column) = self.file.line_column(self.range.start + offset);
        Problem {
            file: self.file.name.clone(),
            line,
            column,
            message: redact(&message).into_owned(),
            hint,
        }
    }

    pub(super) fn note(&self, message: impl Into<String>) -> Note {
        Note {
            file: self.file.name.clone(),
            message: message.into(),
        }
    }

    /// Parses the text as that of a resource.
    pub(super) fn parse(&self, reference: ResourceReference, limit: usize) -> Result<Document, Problem> {
        let content = self.text();
        if content.len() > limit {
            let message = format!("a document larger than {}, not parsed", files::size(limit as u64));
            return Err(self.problem(0, message, Some("split it, or leave it out".to_owned())));
        }
        let text = Text {
            content: content.into(),
            origin: Origin::File(self.file.clone(), self.range.start),
            secret: is_secret(&reference),
            resource: Arc::new(reference),
            key: None,
        };
        Document::parse(Arc::new(text)).map_err(|SyntaxError { offset, message, hint }| {
            let message = format!("not valid {}: {message}", language(content));
            self.problem(offset, message, hint)
        })
    }
}

fn language(content: &str) -> &'static str {
    if content.trim_start().starts_with('{') {
        "JSON or YAML"
    } else {
        "YAML"
    }
}

pub(super) fn is_secret(reference: &ResourceReference) -> bool {
    reference.kind == "Secret"
}

pub(super) fn file_reference(file: &SourceFile) -> ResourceReference {
    ResourceReference {
        api_version: String::new(),
        kind: "File".to_owned(),
        namespace: None,
        name: file.name.clone(),
    }
}
