//! Tables about grafana.

use super::{Table};

/// The tables.
pub const TABLES: &[Table] = &[];
