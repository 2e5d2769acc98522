//! What `bundle.json` says: where the evidence comes from, what was taken, and what was not and why.
//!
//! These structs are the layout of a file that others keep: a field is added, never renamed. A newer layout has a higher number.

use crate::evidence::logs::parse_timestamp;
use crate::evidence::{self, Completeness, Evidence, TakenFrom};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The whole of `bundle.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Manifest {
    /// The version of the layout.
    pub(super) tracedoctor_bundle: u32,
    /// The release of the program that wrote it.
    pub(super) tool: String,
    /// `cluster` or `files`.
    pub(super) taken_from: String,
    /// The cluster (context and address) and where in it was looked, or the files that were given.
    pub(super) source: Vec<String>,
    /// When it was read, by the clock of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) taken_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_namespace: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) given_releases: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) given_distribution: Option<String>,
    pub(super) completeness: Complete,
    /// What could not be read.
    pub(super) gaps: Vec<Gap>,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Note>,
    /// Objects that a kustomization changes before they are applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changed: Vec<Changed>,
    /// Objects that a kustomization puts into another namespace than they name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) placed: Vec<Placed>,
    /// Objects that a kustomization gives other images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) images: Vec<Images>,
    /// How many objects of other kinds were seen.
    pub(super) passed_over: BTreeMap<String, usize>,
    /// What was read and is not in the bundle.
    pub(super) left_out: Vec<LeftOut>,
    pub(super) objects: Vec<Object>,
    pub(super) files: Vec<GivenFile>,
    pub(super) logs: Vec<Log>,
    pub(super) answers: Vec<Answered>,
}

/// What a program answered about itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) path: String,
    /// Who answered what, in the form of a file's name.
    pub(super) answer: String,
    /// The file that was given, when it came as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// For which kinds and namespaces the evidence is whole.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Complete {
    pub(super) namespaces: BTreeSet<String>,
    pub(super) unnamed: bool,
    /// Kind and namespace.
    pub(super) lists: BTreeSet<(String, String)>,
    pub(super) everywhere: BTreeSet<String>,
    /// Kind, namespace and name of what does not exist.
    pub(super) absent: BTreeSet<(String, String, String)>,
    /// Namespaces of which objects were counted only.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) quiet: BTreeSet<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Gap {
    pub(super) verb: String,
    pub(super) resource: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) reason: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Problem {
    file: String,
    line: usize,
    column: usize,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Note {
    file: String,
    message: String,
}

/// An object that is not applied as it stands.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Changed {
    file: String,
    kind: String,
    name: String,
    /// The file of the kustomization.
    by: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_other_image: bool,
}

impl Changed {
    fn of(changed: &evidence::Changed) -> Changed {
        let evidence::Changed {
            file,
            kind,
            name,
            by,
            has_other_image,
        } = changed.clone();
        Changed {
            file,
            kind,
            name,
            by,
            has_other_image,
        }
    }

    fn into_evidence(self) -> evidence::Changed {
        let Changed {
            file,
            kind,
            name,
            by,
            has_other_image,
        } = self;
        evidence::Changed {
            file,
            kind,
            name,
            by,
            has_other_image,
        }
    }
}

/// An object in another namespace than it names.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Placed {
    pub(super) file: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Where it is not known, kustomizations do not agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
}

/// An object with other images.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Images {
    file: String,
    kind: String,
    name: String,
    changes: Vec<ImageChange>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ImageChange {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

/// Returns the objects that are in another namespace than they name.
fn placed(evidence: &Evidence) -> Vec<Placed> {
    let is_placed = |resource: &&evidence::Resource| {
        let written = resource
            .text_at(&["metadata", "namespace"])
            .filter(|name| !name.is_empty());
        !resource.document.text.file().live && written != resource.reference.namespace.as_deref()
    };
    let placed = evidence.resources.iter().filter(is_placed).map(|resource| Placed {
        file: resource.document.text.file().name.clone(),
        kind: resource.reference.kind.clone(),
        name: resource.reference.name.clone(),
        namespace: resource.reference.namespace.clone(),
    });
    placed.collect()
}

impl Images {
    fn of(images: &evidence::NewImages) -> Images {
        let evidence::NewImages {
            file,
            kind,
            name,
            changes,
        } = images.clone();
        let changes = changes.into_iter().map(|change| {
            let evidence::ImageChange {
                name,
                new_name,
                new_tag,
                digest,
            } = change;
            ImageChange {
                name,
                new_name,
                new_tag,
                digest,
            }
        });
        Images {
            file,
            kind,
            name,
            changes: changes.collect(),
        }
    }

    fn into_evidence(self) -> evidence::NewImages {
        let changes = self.changes.into_iter().map(|change| {
            let ImageChange {
                name,
                new_name,
                new_tag,
                digest,
            } = change;
            evidence::ImageChange {
                name,
                new_name,
                new_tag,
                digest,
            }
        });
        evidence::NewImages {
            file: self.file,
            kind: self.kind,
            name: self.name,
            changes: changes.collect(),
        }
    }
}

/// Something that was read and is not in the bundle.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LeftOut {
    pub(super) name: String,
    pub(super) reason: String,
}

/// An object of a cluster.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Object {
    /// The entry of the bundle.
    pub(super) path: String,
    /// What it is called: `deployment/shop/web`.
    pub(super) name: String,
}

/// What was given as a file: only the documents that are evidence, on the lines where they stood.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GivenFile {
    pub(super) path: String,
    /// The name that the user gave.
    pub(super) name: String,
    pub(super) documents: Vec<Stretch>,
}

/// One document, or one item of a list, in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stretch {
    /// The bytes of the entry that it takes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The place in its list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<usize>,
    /// The column of the dash before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dash: Option<usize>,
    /// What a list says of all its items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<(String, String)>,
    /// The `# Source:` comment above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rendered_from: Option<String>,
    /// Whether it is a program and no document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) program: bool,
}

/// The log of one container.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Log {
    pub(super) path: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pod: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) container: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) workload: Option<(String, String, String)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) previous: bool,
    /// Whether there was more of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cut: bool,
}

impl Manifest {
    /// Returns all that is known of evidence beside its texts.
    pub(super) fn of(evidence: &Evidence) -> Manifest {
        let Completeness {
            namespaces,
            unnamed,
            lists,
            everywhere,
            absent,
            quiet,
        } = evidence.completeness.clone();
        Manifest {
            tracedoctor_bundle: super::LAYOUT,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            taken_from: match evidence.taken_from {
                TakenFrom::Cluster => "cluster",
                TakenFrom::Files => "files",
            }
            .to_owned(),
            source: evidence.source.clone(),
            taken_at: evidence.taken_at.map(|time| time.to_string()),
            default_namespace: evidence.default_namespace.clone(),
            given_releases: evidence.given_releases.clone(),
            given_distribution: evidence.given_distribution.clone(),
            completeness: Complete {
                namespaces,
                unnamed,
                lists,
                everywhere,
                absent,
                quiet,
            },
            gaps: evidence.gaps.iter().map(Gap::of).collect(),
            problems: evidence.problems.iter().map(Problem::of).collect(),
            notes: evidence.notes.iter().map(Note::of).collect(),
            changed: evidence.changed.iter().map(Changed::of).collect(),
            placed: placed(evidence),
            images: evidence.images.iter().map(Images::of).collect(),
            passed_over: evidence.passed_over.clone(),
            ..Manifest::default()
        }
    }

    /// Returns evidence with all but its texts.
    pub(super) fn into_evidence(self) -> Evidence {
        let Complete {
            namespaces,
            unnamed,
            lists,
            everywhere,
            absent,
            quiet,
        } = self.completeness;
        Evidence {
            taken_from: match self.taken_from.as_str() {
                "cluster" => TakenFrom::Cluster,
                _ => TakenFrom::Files,
            },
            source: self.source,
            taken_at: self.taken_at.and_then(|time| parse_timestamp(time.as_bytes(), None)),
            default_namespace: self.default_namespace,
            given_releases: self.given_releases,
            given_distribution: self.given_distribution,
            completeness: Completeness {
                namespaces,
                unnamed,
                lists,
                everywhere,
                absent,
                quiet,
            },
            gaps: self.gaps.into_iter().map(Gap::into_evidence).collect(),
            problems: self.problems.into_iter().map(Problem::into_evidence).collect(),
            notes: self.notes.into_iter().map(Note::into_evidence).collect(),
            changed: self.changed.into_iter().map(Changed::into_evidence).collect(),
            images: self.images.into_iter().map(Images::into_evidence).collect(),
            passed_over: self.passed_over,
            ..Evidence::default()
        }
    }
}

impl Gap {
    fn of(gap: &evidence::Gap) -> Gap {
        let evidence::Gap {
            verb,
            resource,
            namespace,
            name,
            reason,
        } = gap.clone();
        Gap {
            verb,
            resource,
            namespace,
            name,
            reason,
        }
    }

    fn into_evidence(self) -> evidence::Gap {
        let Gap {
            verb,
            resource,
            namespace,
            name,
            reason,
        } = self;
        evidence::Gap {
            verb,
            resource,
            namespace,
            name,
            reason,
        }
    }
}

impl Problem {
    fn of(problem: &evidence::Problem) -> Problem {
        let evidence::Problem {
            file,
            line,
            column,
            message,
            hint,
        } = problem.clone();
        Problem {
            file,
            line,
            column,
            message,
            hint,
        }
    }

    fn into_evidence(self) -> evidence::Problem {
        let Problem {
            file,
            line,
            column,
            message,
            hint,
        } = self;
        evidence::Problem {
            file,
            line,
            column,
            message,
            hint,
        }
    }
}

impl Note {
    fn of(note: &evidence::Note) -> Note {
        Note {
            file: note.file.clone(),
            message: note.message.clone(),
        }
    }

    fn into_evidence(self) -> evidence::Note {
        let Note { file, message } = self;
        evidence::Note { file, message }
    }
}
