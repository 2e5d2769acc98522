//! How far the reading of a cluster is: counted here, shown by whoever asked for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Is told what is being read, and how many requests are answered, whenever one of them changes.
pub type Tell = Arc<dyn Fn(&'static str, usize) + Send + Sync>;

/// Counts answers.
#[derive(Default)]
pub(super) struct Progress {
    tell: Option<Tell>,
    phase: Mutex<&'static str>,
    answered: AtomicUsize,
}

impl Progress {
    pub(super) fn new(tell: Option<Tell>) -> Progress {
        Progress {
            tell,
            ..Progress::default()
        }
    }

    /// Begins to read something else, for example `logs`.
    pub(super) fn begin(&self, phase: &'static str) {
        if let Ok(mut current) = self.phase.lock() {
            *current = phase;
        }
        self.say(self.answered.load(Ordering::Relaxed));
    }

    /// Counts one more answer.
    pub(super) fn answered(&self) {
        self.say(self.answered.fetch_add(1, Ordering::Relaxed) + 1);
    }

    fn say(&self, answered: usize) {
        if let Some(tell) = &self.tell {
            let phase = self.phase.lock().map_or("", |phase| *phase);
            tell(phase, answered);
        }
    }
}
