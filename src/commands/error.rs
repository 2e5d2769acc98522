//! Why a command failed: what, where, the next step, and the exit code.

use crate::sources::bundle::BundleError;
use crate::sources::cluster::{ClusterError, ClusterErrorKind};
use std::fmt;

/// A command that could not be carried out.
#[derive(Debug)]
pub struct CommandError {
    kind: Kind,
    message: String,
    hints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usage,
    ClosedPipe,
    Output,
    Nothing,
    Unreachable,
}

impl CommandError {
    /// Returns an error of usage or configuration: exit code 2.
    pub fn usage(message: impl Into<String>) -> CommandError {
        CommandError {
            kind: Kind::Usage,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Returns the error of a cluster that could not be inspected.
    pub fn cluster(error: ClusterError) -> CommandError {
        CommandError {
            kind: match error.kind {
                ClusterErrorKind::Configuration => Kind::Usage,
                ClusterErrorKind::Nothing => Kind::Nothing,
                ClusterErrorKind::Unreachable => Kind::Unreachable,
            },
            message: error.message,
            hints: error.hints,
        }
    }

    /// Returns the error of a bundle that cannot be read.
    pub fn bundle(error: BundleError) -> CommandError {
        CommandError {
            kind: Kind::Usage,
            message: format!("{}: {}", error.place, error.message),
            hints: error.hint.into_iter().collect(),
        }
    }

    /// Returns an error of writing output.
    pub fn output(error: std::io::Error) -> CommandError {
        let kind = match error.kind() {
            std::io::ErrorKind::BrokenPipe => Kind::ClosedPipe,
            _ => Kind::Output,
        };
        CommandError {
            kind,
            message: format!("cannot write the output: {error}"),
            hints: Vec::new(),
        }
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> CommandError {
        self.hints.push(hint.into());
        self
    }

    /// Returns whether the reader of the output has gone away.
    pub fn is_closed_pipe(&self) -> bool {
        self.kind == Kind::ClosedPipe
    }

    /// Returns the exit code.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Usage | Kind::ClosedPipe | Kind::Output => 2,
            Kind::Nothing => 3,
            Kind::Unreachable => 5,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        for hint in &self.hints {
            writeln!(f, "  hint: {hint}")?;
        }
        Ok(())
    }
}
