//! The columns of rows about files that a configuration names.

use crate::evidence::Cell;
use crate::facts::RowBuilder;
use crate::topology::workload::{Missing, Purpose, Whereabouts};

/// Begins a row: what it is about, and whether it is there.
pub(in crate::facts) fn row(path: Cell, key: &str, purpose: Purpose, found: &Whereabouts) -> RowBuilder {
    let missing = |state: &'static str, missing: &Missing| {
        let present = missing.present.iter().map(|path| Cell::from(path.as_str()));
        (
            Cell::from(state),
            Cell::from(missing.reason.as_str()),
            Cell::from(missing.meant.as_deref()),
            Cell::from(present.collect::<Vec<Cell>>()),
        )
    };
    let (state, reason, meant, present) = match found {
        Whereabouts::Found => ("found".into(), Cell::default(), Cell::default(), Vec::new().into()),
        Whereabouts::Absent(one) => missing("absent", one),
        Whereabouts::Elsewhere(one) => missing("elsewhere", one),
        Whereabouts::Unknown(why) => {
            let unknown = Cell::unknown(why.as_str());
            (unknown.clone(), unknown.clone(), unknown.clone(), unknown)
        }
    };
    RowBuilder::new("named_files")
        .set("path", path)
        .set("key", key)
        .set("purpose", purpose.as_str())
        .set("state", state)
        .set("reason", reason)
        .set("did_you_mean", meant)
        .set("present", present)
}
