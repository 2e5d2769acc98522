//! Finds where a place stands: the file, the document in it, and the way down through the scalars that embed texts.
//!
//! Places hold spans of texts as they were read. A way of positions outlives the shifts that earlier edits make; this module turns
//! the one into the other and refuses what no edit may touch.

use super::tree::{Path, path_to};
use super::{Cause, Refusal};
use crate::evidence::document::{Document, NodeValue};
use crate::evidence::text::{Origin, Place, SourceFile, Text};
use std::ops::Range;
use std::sync::Arc;

/// Where a text stands, in the words of the file as it was read.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// The file.
    pub(super) file: Arc<SourceFile>,
    /// The stretch of the file that is the outermost text.
    pub(super) stretch: Range<usize>,
    /// The ways to the scalars that embed the next text, outermost first.
    pub(super) chain: Vec<Path>,
}

/// What stands at a place.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// A node of a YAML or JSON text.
    Node(Path),
    /// A stretch of a text; the way to the node that holds it, where the text has nodes.
    Stretch(Range<usize>, Option<Path>),
}

/// Returns the home of a place's text, and what stands there.
///
/// # Errors
/// The text is secret, a template, or encoded so that no way leads back.
pub(super) fn locate(place: &Place) -> Result<(Home, Target), Refusal> {
    let home = home(&place.text)?;
    if home.file.has_template_marks() {
        return Err(Refusal::new(
            Cause::Template,
            "the file holds `{{`, so it may be a template",
        ));
    }
    let Some((document, id)) = &place.node else {
        return match place.text.content.get(place.span.clone()) {
            Some(_) => Ok((home, Target::Stretch(place.span.clone(), None))),
            None => Err(no_target()),
        };
    };
    let path = path_to(document, |node| node == *id).ok_or_else(no_target)?;
    let same_span = document.raw(*id).span == place.span;
    let target = match same_span {
        true => Target::Node(path),
        false => Target::Stretch(place.span.clone(), Some(path)),
    };
    Ok((home, target))
}

fn no_target() -> Refusal {
    Refusal::new(Cause::NoTarget, "nothing stands at the place")
}

fn home(text: &Arc<Text>) -> Result<Home, Refusal> {
    let mut chain = Vec::new();
    let mut text = text;
    loop {
        if text.secret || text.resource.kind == "Secret" {
            return Err(Refusal::new(Cause::Secret, "the text comes from a Secret"));
        }
        match &text.origin {
            Origin::Embedded { parent, span, .. } => {
                chain.push(embedding_scalar(parent, span, &text.content)?);
                text = parent;
            }
            Origin::File(file, base) => {
                let stretch = *base..base + text.content.len();
                if file.content.get(stretch.clone()) != Some(&*text.content) {
                    return Err(Refusal::new(
                        Cause::Unsupported,
                        "the text does not stand in the file as it was read",
                    ));
                }
                chain.reverse();
                return Ok(Home {
                    file: file.clone(),
                    stretch,
                    chain,
                });
            }
        }
    }
}

/// Returns the way to the scalar of `parent` that holds `content` at `span`.
fn embedding_scalar(parent: &Arc<Text>, span: &Range<usize>, content: &str) -> Result<Path, Refusal> {
    let document = Document::parse(parent.clone()).map_err(|error| {
        Refusal::new(
            Cause::Unsupported,
            format!("the text around it does not parse: {error}"),
        )
    })?;
    let fits = |id| {
        let node = document.raw(id);
        matches!(&node.value, NodeValue::Scalar(value, _) if node.span == *span && **value == *content)
    };
    path_to(&document, fits).ok_or_else(|| {
        Refusal::new(
            Cause::Unsupported,
            "the text is encoded in the file, for example in base64",
        )
    })
}
