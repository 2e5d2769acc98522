//! Tables about tempo.

use super::{Table};

/// The tables.
pub const TABLES: &[Table] = &[];
