//! A package that a `package.json` lists.

use crate::evidence::{Cell, Place};
use crate::facts::shell::PackageSpec;
use std::sync::Arc;

/// One package of a `package.json`.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// Name and version; its span says nothing.
    pub(super) spec: PackageSpec,
    /// The entry.
    pub(super) place: Arc<Place>,
    /// Whether a lock file may say more exactly what is installed.
    pub(super) locked: bool,
}

impl Listed {
    /// Returns a value with the place of the entry.
    pub(super) fn cell(&self, value: impl Into<Cell>) -> Cell {
        let mut cell: Cell = value.into();
        cell.place = Some(self.place.clone());
        cell.key = cell.place.clone();
        cell
    }
}
