//! Answers of which some cannot be given.

/// Yes, no, or why it cannot be told, as a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It cannot be told; why.
    Unknown(String),
}

impl Judged {
    /// Returns yes when both are; one no decides.
    pub fn and(self, other: impl FnOnce() -> Judged) -> Judged {
        match self {
            Judged::No => Judged::No,
            Judged::Yes => other(),
            Judged::Unknown(reason) => match other() {
                Judged::No => Judged::No,
                _ => Judged::Unknown(reason),
            },
        }
    }

    /// Returns yes when one of them is; of several reasons the first.
    pub fn any(all: impl IntoIterator<Item = Judged>) -> Judged {
        let mut reason = None;
        for one in all {
            match one {
                Judged::Yes => return Judged::Yes,
                Judged::No => {}
                Judged::Unknown(why) => reason = reason.or(Some(why)),
            }
        }
        reason.map_or(Judged::No, Judged::Unknown)
    }
}

impl From<bool> for Judged {
    fn from(is_so: bool) -> Judged {
        if is_so { Judged::Yes } else { Judged::No }
    }
}
