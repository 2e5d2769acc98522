//! An expression with its source, compiled when it is first needed.
//!
//! Of several hundred checks a run evaluates few, and the parser of the grammar takes most of the time of loading one. The
//! compiled-in catalogue is proven by the tests, so a run compiles only what it evaluates.

use super::compile::{CompileError, compile};
use super::expression::{Expression, Kind};
use std::ops::Deref;
use std::sync::OnceLock;

/// An expression that is compiled at the latest when it is first read.
#[derive(Debug, Clone)]
pub struct Compiled {
    source: Box<str>,
    tree: OnceLock<Expression>,
}

impl Compiled {
    /// Compiles now.
    ///
    /// # Errors
    /// A syntax error or a limit, with its offset in `source`.
    pub fn now(source: &str) -> Result<Compiled, CompileError> {
        Ok(Compiled::from(compile(source)?))
    }

    /// Compiles when it is first read; a source that does not compile then fails the check that holds it, by name.
    pub fn later(source: &str) -> Compiled {
        Compiled {
            source: source.into(),
            tree: OnceLock::new(),
        }
    }
}

impl From<Expression> for Compiled {
    fn from(expression: Expression) -> Compiled {
        Compiled {
            source: Box::default(),
            tree: OnceLock::from(expression),
        }
    }
}

impl Deref for Compiled {
    type Target = Expression;

    fn deref(&self) -> &Expression {
        self.tree.get_or_init(|| {
            compile(&self.source).unwrap_or_else(|error| Expression {
                // No function has this name: evaluating it is a failure of the check, which says so.
                kind: Kind::Call(format!("not an expression ({error})"), None, Vec::new()),
                span: 0..self.source.len(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evaluate::evaluate;
    use crate::checks::value::Failure;
    use std::collections::BTreeMap;

    #[test]
    fn a_source_that_does_not_compile_fails_its_check_when_read() {
        let row = std::sync::Arc::default();
        assert!(evaluate(&Compiled::later("1 + 1 == 2"), &row, &BTreeMap::new()).is_ok());
        let failure = evaluate(&Compiled::later("1 +"), &row, &BTreeMap::new()).unwrap_err();
        assert!(
            matches!(&failure, Failure::Broken(message) if message.contains("not an expression")),
            "{failure:?}"
        );
    }
}
