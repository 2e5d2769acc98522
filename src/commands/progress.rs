//! How far a run is: only where a person looks on, and gone when it ends.

use crate::sources::cluster::Tell;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

/// A line that says what is being read.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Shows the line on standard error, if that and standard output are a terminal: a pager that reads the output owns the screen, and a script that
    /// reads it wants no noise.
    pub(super) fn start() -> Bar {
        // A terminal that cannot move its cursor would keep every state of the line.
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb") && cfg!(unix);
        let is_watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        if is_dumb || !is_watched {
            return Bar { bar: None };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{spinner} reading {msg} ({pos} answers, {elapsed})") {
            bar.set_style(style);
        }
        bar.set_message("the cluster");
        bar.enable_steady_tick(Duration::from_millis(200));
        Bar { bar: Some(bar) }
    }

    /// Returns what the reading tells its progress to.
    pub(super) fn tell(&self) -> Option<Tell> {
        let bar = self.bar.clone()?;
        Some(Arc::new(move |phase: &'static str, answered: usize| {
            bar.set_message(phase);
            bar.set_position(answered as u64);
        }))
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
