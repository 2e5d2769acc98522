//! Tables about logs.

use super::{Table};

/// The tables.
pub const TABLES: &[Table] = &[];
