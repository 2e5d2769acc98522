//! Tables about app.

use super::{Table};

/// The tables.
pub const TABLES: &[Table] = &[];
