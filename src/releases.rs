//! What is known of releases: version numbers, ranges and spans of them, and the tables of components, keys and images.
//!
//! The tables are given as text (the files of `checks/data/`) and parsed once. Nothing here reads files, knows the shape of a
//! configuration file, or says what is a fault: it answers whether a name exists at a release.

pub mod components;
pub mod functions;
pub mod images;
pub mod keys;
pub mod moves;
pub mod range;
pub mod settings;
mod similar;
pub mod span;
mod table;
pub mod version;

pub use components::{ComponentFate, ComponentKind, Distribution, Replacement};
pub use functions::FunctionFate;
pub use images::{ImageError, ImageReference, KnownProgram, Language, Program, Release};
pub use keys::{DefaultAt, Enforcement, KeyFate, KeySection, KeyVerdict, NodeId, SectionKind, ValueKind};
pub use moves::KeyMove;
pub use range::{Cover, RangeError, VersionRange};
pub use settings::{AlloyLevel, AlloyNode, AlloyReleases, AlloySettings, AlloyState, AlloyType};
pub use similar::nearest;
pub use span::{Basis, ReleaseSpan};
pub use table::TableError;
pub use version::{Precision, Version};

use components::Components;
use functions::Functions;
use images::Images;
use keys::Keys;
use moves::KeyMoves;

/// The texts that tables are made of, one per file of `checks/data/`.
#[derive(Clone, Copy, Debug)]
pub struct TableTexts<'a> {
    /// `collector-components.tsv`.
    pub components: &'a str,
    /// `component-replacements.tsv`.
    pub replacements: &'a str,
    /// `collector-distributions.tsv`.
    pub distributions: &'a str,
    /// `collector-config-keys.tsv`.
    pub keys: &'a str,
    /// `collector-key-moves.tsv`.
    pub moves: &'a str,
    /// `collector-ottl-functions.tsv`.
    pub functions: &'a str,
    /// `alloy-settings.tsv`.
    pub alloy: &'a str,
    /// `images.tsv`.
    pub images: &'a str,
    /// `newest.tsv`.
    pub newest: &'a str,
}

impl<'a> TableTexts<'a> {
    /// The names of the files, in the order of the fields.
    pub const FILES: [&'static str; 9] = [
        "collector-components.tsv",
        "component-replacements.tsv",
        "collector-distributions.tsv",
        "collector-config-keys.tsv",
        "collector-key-moves.tsv",
        "collector-ottl-functions.tsv",
        "alloy-settings.tsv",
        "images.tsv",
        "newest.tsv",
    ];

    /// Returns the texts that a look-up by file name gives, or the name of the first file that is missing.
    ///
    /// # Errors
    /// The name of a file that the look-up does not know.
    pub fn look_up(file: impl Fn(&str) -> Option<&'a str>) -> Result<TableTexts<'a>, &'static str> {
        let text = |index: usize| file(Self::FILES[index]).ok_or(Self::FILES[index]);
        Ok(TableTexts {
            components: text(0)?,
            replacements: text(1)?,
            distributions: text(2)?,
            keys: text(3)?,
            moves: text(4)?,
            functions: text(5)?,
            alloy: text(6)?,
            images: text(7)?,
            newest: text(8)?,
        })
    }
}

/// All tables.
#[derive(Debug)]
pub struct Tables {
    components: Components,
    keys: Keys,
    moves: KeyMoves,
    functions: Functions,
    alloy: AlloySettings,
    images: Images,
}

impl Tables {
    /// Returns the tables that the texts describe.
    ///
    /// # Errors
    /// The first line that cannot be understood. Contradictions between lines are found by [`Tables::problems`].
    pub fn from_text(texts: &TableTexts<'_>) -> Result<Tables, TableError> {
        let images = Images::from_text(texts.distributions, texts.images, texts.newest)?;
        Ok(Tables {
            components: Components::from_text(texts.components, texts.replacements, images.component_table_end())?,
            keys: Keys::from_text(texts.keys)?,
            moves: KeyMoves::from_text(texts.moves)?,
            functions: Functions::from_text(texts.functions)?,
            alloy: AlloySettings::from_text(texts.alloy)?,
            images,
        })
    }

    /// Returns what becomes of a component type in a distribution over a span of releases. See [`Components::component`].
    pub fn component(
        &self,
        kind: ComponentKind,
        name: &str,
        distribution: Distribution,
        span: &ReleaseSpan,
    ) -> ComponentFate {
        self.components.component(kind, name, distribution, span)
    }

    /// Returns whether a component type is of no distribution of the tables. See [`Components::is_of_others`].
    pub fn is_of_others(&self, kind: ComponentKind, name: &str) -> bool {
        self.components.is_of_others(kind, name)
    }

    /// Returns whether a component type works in pipelines for traces. See [`Components::takes_traces`].
    pub fn takes_traces(&self, kind: ComponentKind, name: &str) -> Option<bool> {
        self.components.takes_traces(kind, name)
    }

    /// Returns every type of a kind that any distribution has or had, sorted.
    pub fn known_types(&self, kind: ComponentKind) -> Vec<&str> {
        self.components.known_types(kind)
    }

    /// Returns the releases that have a component type. See [`Components::releases_that_accept`].
    pub fn releases_that_accept(
        &self,
        kind: ComponentKind,
        name: &str,
        distribution: Distribution,
    ) -> Option<ReleaseSpan> {
        self.components.releases_that_accept(kind, name, distribution)
    }

    /// Returns the keys of a component type, under any of its names; `None` for types whose keys are not in the table.
    pub fn keys(&self, kind: ComponentKind, name: &str) -> Option<&KeySection> {
        self.keys.component(kind, name)
    }

    /// Returns the keys of the top level of a configuration.
    pub fn top_level_keys(&self) -> Option<&KeySection> {
        self.keys.top_level()
    }

    /// Returns the keys of the block `service`.
    pub fn service_keys(&self) -> Option<&KeySection> {
        self.keys.service()
    }

    /// Judges a key of the mapping at `parent`, which for a list or map of blocks is that of each element or value.
    ///
    /// An open low end of the span means the first release of the section. The caller walks from the root down, and does not
    /// go below a key that is not accepted.
    pub fn judge_key(&self, section: &KeySection, parent: NodeId, key: &str, span: &ReleaseSpan) -> KeyVerdict {
        let mut verdict = section.judge(parent, key, span);
        if let KeyFate::Removed { last, replacement } = &mut verdict.fate
            && let Some(id) = section.child(parent, key)
        {
            *replacement = self.moves.replacement(section, id, *last);
        }
        verdict
    }

    /// Returns the move of a key that is gone at a release. Steps `[]` in the path may be left out.
    pub fn move_of(&self, section: &KeySection, path: &[&str], release: Version) -> Option<&KeyMove> {
        self.moves.find(section, path).filter(|found| found.last < release)
    }

    /// Returns the move that a key, which is accepted still, has before it in a newer release.
    pub fn coming_move_of(&self, section: &KeySection, path: &[&str], release: Version) -> Option<&KeyMove> {
        self.moves.find(section, path).filter(|found| release <= found.last)
    }

    /// Returns what becomes of a function of the transformation language over a span of releases.
    pub fn function(&self, name: &str, span: &ReleaseSpan) -> FunctionFate {
        self.functions.fate(name, span)
    }

    /// Returns what Grafana Alloy takes.
    pub fn alloy(&self) -> &AlloySettings {
        &self.alloy
    }

    /// Returns what an image's name says of the program in it, `None` when it says nothing.
    pub fn program_of(&self, image: &ImageReference) -> Option<KnownProgram> {
        self.images.program_of(image)
    }

    /// Returns the tables of images, for what the other functions do not ask.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// Returns the newest release of a program that the tables know.
    pub fn newest(&self, program: Program) -> Option<Version> {
        self.images.newest(program)
    }

    /// Returns every contradiction in the tables, sorted by file and line. Good tables have none.
    pub fn problems(&self) -> Vec<TableError> {
        let mut problems = Vec::new();
        self.components.problems(&mut problems);
        self.keys.problems(&mut problems);
        self.moves.problems(&self.keys, &mut problems);
        self.images.problems(&mut problems);
        problems.sort_by(|one, two| (one.file, one.line, &one.message).cmp(&(two.file, two.line, &two.message)));
        problems
    }
}

#[cfg(test)]
pub(crate) mod tests;
