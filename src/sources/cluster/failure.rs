//! Why a request was not answered, and why a cluster could not be inspected at all.

use crate::evidence::Gap;
use std::fmt;
use std::time::Duration;

/// Why one request was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// 401: the credentials are not accepted.
    Unauthorized,
    /// 403: the account may not do this.
    Forbidden,
    /// 404: there is no such object, or no such kind.
    NotFound,
    /// 410: the list changed too much while it was read in pages.
    Gone,
    /// 429 or 5xx, also after waiting: status and the server's words.
    Unable(u16, String),
    /// Any other status, with the server's words.
    Refused(u16, String),
    /// No answer within the time of one request.
    TimedOut(Duration),
    /// The time of the whole run was over, or the user stopped it.
    Stopped(&'static str),
    /// More bytes than one answer may have.
    TooLarge(usize),
    /// There is no connection.
    Connection(String),
    /// The answer broke off, each time.
    BrokenOff(String),
    /// The answer was not what it should be.
    Malformed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unauthorized => f.write_str("the credentials are not accepted (401)"),
            Failure::Forbidden => f.write_str("forbidden"),
            Failure::NotFound => f.write_str("not found"),
            Failure::Gone => f.write_str("the list changed while it was read, twice (410)"),
            Failure::Unable(status, message) | Failure::Refused(status, message) => {
                write!(f, "the API server answered {status}")?;
                match message.as_str() {
                    "" => Ok(()),
                    message => write!(f, ": {message}"),
                }
            }
            Failure::TimedOut(limit) => write!(f, "no answer within {} s", limit.as_secs_f32()),
            Failure::Stopped(why) => f.write_str(why),
            Failure::TooLarge(limit) => write!(f, "the answer is larger than {} MiB", limit >> 20),
            Failure::Connection(cause) => write!(f, "the connection failed: {cause}"),
            Failure::BrokenOff(cause) => write!(f, "the answer broke off: {cause}"),
            Failure::Malformed(what) => write!(f, "the answer cannot be read: {what}"),
        }
    }
}

impl Failure {
    /// Returns the gap that a failed read leaves.
    pub(super) fn gap(&self, verb: &str, resource: &str, namespace: Option<&str>, name: Option<&str>) -> Gap {
        Gap {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            reason: self.to_string(),
        }
    }
}

/// Why a cluster could not be inspected at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterError {
    /// Which way it ends.
    pub kind: ClusterErrorKind,
    /// The cause, in one line.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

/// How a run on a cluster that could not be inspected ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterErrorKind {
    /// What was asked for is wrong: a kubeconfig that does not exist or cannot be read.
    Configuration,
    /// It cannot be reached, refuses the credentials, or lets nothing be listed; or the context is not known.
    Unreachable,
    /// It has nothing to inspect: a namespace that does not exist.
    Nothing,
}

impl ClusterError {
    pub(super) fn new(kind: ClusterErrorKind, message: impl Into<String>) -> ClusterError {
        ClusterError {
            kind,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds what to do next, where there is something.
    pub(super) fn hints(mut self, hints: Option<String>) -> ClusterError {
        self.hints.extend(hints);
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> ClusterError {
        self.hints.push(hint.into());
        self
    }
}
