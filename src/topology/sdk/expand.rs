//! `$(NAME)` in the values of `env`, as the kubelet expands it, and what stays unexpanded.
//!
//! The rules are those of `kubernetes/kubernetes:third_party/forked/golang/expansion/expand.go`: `$$` is a dollar sign,
//! `$(NAME)` is the variable if an earlier entry or `envFrom` defines it and stays as it is if not, and anything else
//! stays too. The caller's lookup knows only what comes before; nothing here reads an environment.

use std::ops::Range;

use super::Answer;

/// An expansion never grows beyond this many bytes: values that refer to each other could double at each step.
const LONGEST: usize = 1 << 20;

/// What a lookup knows of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The value, expanded already.
    Defined(String),
    /// No earlier entry has this name.
    Undefined,
    /// It is or may be defined; says why its value is not known.
    Unknown(String),
}

/// An expanded value.
#[derive(Debug, Clone, PartialEq)]
pub struct Expanded {
    /// The value that the container gets.
    pub value: Answer<String>,
    /// References that found nothing and stay in the value as they are; ranges are those of the unexpanded value.
    pub undefined: Vec<Unexpanded>,
    /// Names that were found, in order.
    pub used: Vec<String>,
}

/// A reference that nothing expands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexpanded {
    /// The name between the brackets.
    pub name: String,
    /// The whole reference, dollar sign and brackets included.
    pub range: Range<usize>,
    /// How it is written.
    pub syntax: Syntax,
}

/// How a reference to a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `$(NAME)`, which Kubernetes knows.
    Kubernetes,
    /// `${NAME}`, which only a shell knows.
    Shell,
}

/// Expands one value.
pub fn expand_dependent(value: &str, lookup: impl Fn(&str) -> Lookup) -> Expanded {
    let mut text = String::new();
    let mut expanded = Expanded {
        value: Answer::Known(String::new()),
        undefined: Vec::new(),
        used: Vec::new(),
    };
    let mut unknown: Option<String> = None;
    let mut at = 0;
    while let Some(found) = value.get(at..).and_then(|rest| rest.find('$')) {
        let dollar = at + found;
        text.push_str(&value[at..dollar]);
        let rest = &value[dollar..];
        if rest.starts_with("$$") {
            text.push('$');
            at = dollar + 2;
        } else if let Some((name, length)) = reference(rest, '(', ')') {
            match lookup(name) {
                Lookup::Defined(found) => {
                    text.push_str(&found);
                    expanded.used.push(name.to_owned());
                }
                Lookup::Undefined => {
                    text.push_str(&rest[..length]);
                    expanded.undefined.push(Unexpanded {
                        name: name.to_owned(),
                        range: dollar..dollar + length,
                        syntax: Syntax::Kubernetes,
                    });
                }
                Lookup::Unknown(reason) => unknown = unknown.or(Some(reason)),
            }
            at = dollar + length;
        } else {
            text.push('$');
            at = dollar + 1;
        }
        if text.len() > LONGEST {
            unknown = unknown.or(Some("the expanded value is too long".to_owned()));
            break;
        }
    }
    if unknown.is_none() {
        text.push_str(value.get(at..).unwrap_or_default());
    }
    expanded.value = unknown.map_or(Answer::Known(text), Answer::Unknown);
    expanded
}

/// Returns the references that stand in a value which is expanded already: nothing will expand them.
pub fn unexpanded(value: &str) -> Vec<Unexpanded> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = value.get(at..).and_then(|rest| rest.find('$')) {
        let dollar = at + next;
        let rest = &value[dollar..];
        let reference = reference(rest, '(', ')')
            .map(|found| (found, Syntax::Kubernetes))
            .or_else(|| reference(rest, '{', '}').map(|found| (found, Syntax::Shell)));
        at = dollar + 1;
        let Some(((name, length), syntax)) = reference else {
            continue;
        };
        if is_name(name) {
            let range = dollar..dollar + length;
            found.push(Unexpanded {
                name: name.to_owned(),
                range,
                syntax,
            });
            at = dollar + length;
        }
    }
    found
}

/// Reads `$` and a bracketed name at the start of a text; returns the name and the length of the whole.
fn reference(text: &str, open: char, close: char) -> Option<(&str, usize)> {
    let inner = text.strip_prefix('$')?.strip_prefix(open)?;
    let end = inner.find(close)?;
    Some((&inner[..end], end + 3))
}

/// Names that Kubernetes accepts for variables; anything else between brackets is text.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &str, undefined: &[&str]) {
        let expanded = expand_dependent(value, |name| match name {
            "NODE_IP" => Lookup::Defined("10.0.0.5".to_owned()),
            "EMPTY" => Lookup::Defined(String::new()),
            _ => Lookup::Undefined,
        });
        assert_eq!(expanded.value, Answer::Known(expected.to_owned()), "{value}");
        let names: Vec<_> = expanded.undefined.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, undefined, "{value}");
    }

    #[test]
    fn values_expand_as_the_kubelet_does_it() {
        check("http://$(NODE_IP):4318", "http://10.0.0.5:4318", &[]);
        check("http://$(HOST_IP):4318", "http://$(HOST_IP):4318", &["HOST_IP"]);
        check("$$(NODE_IP)", "$(NODE_IP)", &[]);
        check("$$$(NODE_IP)", "$10.0.0.5", &[]);
        check("$$$$(NODE_IP)", "$$(NODE_IP)", &[]);
        check("a$(EMPTY)b", "ab", &[]);
        check("${NODE_IP}", "${NODE_IP}", &[]);
        check("$(NODE_IP", "$(NODE_IP", &[]);
        check("costs 5$", "costs 5$", &[]);
        check("$é$(NODE_IP)", "$é10.0.0.5", &[]);
        check("$()", "$()", &[""]);
    }

    #[test]
    fn an_undefined_reference_has_its_place() {
        let expanded = expand_dependent("a=$(X)", |_| Lookup::Undefined);
        assert_eq!(expanded.undefined[0].range, 2..6);
    }

    #[test]
    fn one_unknown_part_makes_the_value_unknown() {
        let expanded = expand_dependent("a$(X)b", |_| Lookup::Unknown("a Secret".to_owned()));
        assert_eq!(expanded.value, Answer::Unknown("a Secret".to_owned()));
    }

    #[test]
    fn growth_is_bounded() {
        let long = "x".repeat(LONGEST / 2);
        let expanded = expand_dependent("$(X)$(X)$(X)", |_| Lookup::Defined(long.clone()));
        assert!(expanded.value.known().is_none());
    }

    #[test]
    fn what_nothing_expands_is_found_with_its_syntax() {
        let found = |value| {
            unexpanded(value)
                .into_iter()
                .map(|one| (one.name, one.range, one.syntax))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("$(POD_NAME)"),
            [("POD_NAME".to_owned(), 0..11, Syntax::Kubernetes)]
        );
        assert_eq!(found("x${A}"), [("A".to_owned(), 1..5, Syntax::Shell)]);
        assert_eq!(found("US$5 (five)"), []);
        assert_eq!(found("$(two words) ${}"), []);
    }
}
