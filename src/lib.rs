//! tracedoctor: why do my traces not arrive, and what do I change?
//!
//! This page is the map. If it and the code disagree, one of them is a bug.
//!
//! # Data flows one way
//!
//! ```text
//! cluster ───► sources ─► Evidence ─► topology ─► facts ─► checks ─► verdicts ─► report ─► bytes
//! manifests, logs         values,     stages      flat     CEL on               └─► fix ──► new documents
//! bundle ◄──►             spans                   rows     each row
//! overlay (manifests put over any of them: judged as they are, and as they would be)
//! ```
//!
//! | level | modules | may do I/O |
//! |---|---|---|
//! | 1 | [`evidence`], [`releases`] | no |
//! | 2 | [`finding`], [`topology`] | no |
//! | 3 | [`facts`] | no |
//! | 4 | [`checks`]: reads `facts`, `finding`, `evidence`, `releases`; not `topology` | no: it is given (name, text) pairs |
//! | 5 | [`report`], [`fix`] | no: they write to what they are given |
//! | 5 | [`sources`]: is given log patterns as a value, never the catalogue | files, the API server |
//! | 6 | [`cli`], [`commands`]: the only place that joins stages | stdout, files |
//! | 7 | `main` | – |
//!
//! A module uses only modules on a lower level; modules of one level do not know each other. `tests/suite/architecture.rs` holds this
//! table as data and fails on any other edge.
//!
//! # Invariants
//!
//! 1. Evidence does not change once gathered. What looks like a credential is replaced on the way in, but in the user's own files, whose lines and columns
//!    stay: there it is masked where it would be shown, and replaced where it would be kept.
//! 2. What could not be read is a [`evidence::Gap`] or a [`evidence::Problem`] with a reason, never an empty list.
//! 3. `topology` and `facts` cannot fail: what was not understood is an unknown cell with its reason.
//! 4. A check sees fact rows and nothing else: no I/O, no other check, no second table.
//! 5. A broken check is a [`finding::Broken`] of that check, never a finding, and never stops the others.
//! 6. A check names a place by path; only the engine knows lines and columns, and they are those of the file that the user has.
//! 7. `report` decides nothing: no filtering, no severities, no order of its own. Each format owns its structs.
//! 8. The same evidence gives the same bytes.
//! 9. One odd object, one broken file, one broken check never stops the rest.
//!
//! Knowledge lives in `checks/`: one YAML file for each failure mode. Mechanism lives here.

pub mod checks;
pub mod cli;
pub mod commands;
pub mod evidence;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod releases;
pub mod report;
pub mod sources;
pub mod topology;
