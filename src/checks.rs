//! The catalogue of failure modes: loading, linting, and judging fact rows.
//!
//! A check sees rows and nothing else. Files are given as (name, text) pairs; nothing here reads a disk.

mod catalog;
pub mod compile;
pub mod compiled;
pub mod evaluate;
pub mod expression;
pub mod file;
pub mod fold;
pub mod functions;
pub mod lint;
pub mod place;
pub mod run;
pub mod template;
pub mod value;

pub use catalog::{Catalog, UnknownCheck};
pub use file::{Check, CheckError, Example, Expectation, Reading};
pub use run::{Judgement, judge};
