//! Finds the literals that every match of a pattern must contain.
//!
//! A literal here is a run of bytes, each either exact or ASCII-case-insensitive, so `(?i)npm error` has one too. The answer is
//! always an *or*: one of the returned literals is part of every match. This module only reads a parsed pattern; it neither
//! searches nor decides what is a good window (see `prefilter`).

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The shortest literal that the prefilter can use: a window of seven bytes holds a four-byte probe at every stride of four.
pub(super) const WINDOW: usize = 7;

/// More alternatives than this are left to the plain alternation.
const MAX_ALTERNATIVES: usize = 64;

/// Longer runs are cut: a longer literal is not rarer in practice.
const MAX_LITERAL: usize = 64;

/// How many suffixes of a concatenation are tried for cross products such as `limit_(mib|percentage)`.
const MAX_SUFFIXES: usize = 48;

/// One position of a literal: `byte & mask == value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LiteralByte {
    pub(super) value: u8,
    pub(super) mask: u8,
}

impl LiteralByte {
    fn exact(value: u8) -> Self {
        Self { value, mask: 0xff }
    }

    /// Accepts both bytes that differ only in the bit that separates ASCII upper from lower case.
    fn folded(value: u8) -> Self {
        Self {
            value: value & !0x20,
            mask: !0x20,
        }
    }
}

/// A run of bytes that a match contains.
pub(super) type Literal = Vec<LiteralByte>;

/// Returns literals of at least [`WINDOW`] bytes, one of which every match contains, or `None` where the pattern promises none.
pub(super) fn required_literals(hir: &Hir) -> Option<Vec<Literal>> {
    let walked = best_requirement(hir).filter(|literals| is_usable(literals));
    let chosen = match walked {
        Some(literals) if !has_common_word(&literals) => Some(literals),
        walked => [walked, cross_products(hir)]
            .into_iter()
            .flatten()
            .max_by_key(|literals| rank(literals)),
    };
    chosen.map(|mut literals| {
        literals.sort();
        literals.dedup();
        literals
    })
}

fn is_usable(literals: &[Literal]) -> bool {
    !literals.is_empty() && literals.len() <= MAX_ALTERNATIVES && shortest(literals) >= WINDOW
}

fn shortest(literals: &[Literal]) -> usize {
    literals.iter().map(Vec::len).min().unwrap_or(0)
}

/// The runs met so far on a walk along a concatenation, and the one that is still growing.
#[derive(Default)]
struct Runs {
    growing: Literal,
    best: Option<Vec<Literal>>,
}

impl Runs {
    fn push(&mut self, byte: LiteralByte) {
        if self.growing.len() == MAX_LITERAL {
            self.close();
        }
        self.growing.push(byte);
    }

    fn close(&mut self) {
        let run = std::mem::take(&mut self.growing);
        if !run.is_empty() {
            self.offer(vec![run]);
        }
    }

    fn offer(&mut self, candidate: Vec<Literal>) {
        let better = match &self.best {
            None => true,
            Some(best) => rank(&candidate) > rank(best),
        };
        if better && candidate.len() <= MAX_ALTERNATIVES {
            self.best = Some(candidate);
        }
    }
}

/// Long enough first, then rare, then few alternatives, then length: one literal of 9 bytes beats ten of 20.
fn rank(literals: &[Literal]) -> (bool, bool, std::cmp::Reverse<usize>, usize) {
    let length = shortest(literals);
    let is_rare = !has_common_word(literals);
    (length >= WINDOW, is_rare, std::cmp::Reverse(literals.len()), length)
}

/// Whether one of the literals is a mere word or two, such as `exporter`: some logs have it in every line.
fn has_common_word(literals: &[Literal]) -> bool {
    const LONGEST_COMMON: usize = 12;
    let is_lower = |byte: &LiteralByte| byte.value == b' ' || (byte.value | !byte.mask).is_ascii_lowercase();
    literals
        .iter()
        .any(|literal| literal.len() <= LONGEST_COMMON && literal.iter().all(is_lower))
}

fn best_requirement(hir: &Hir) -> Option<Vec<Literal>> {
    let mut runs = Runs::default();
    walk(hir, &mut runs);
    runs.close();
    runs.best
}

/// Recursion is bounded by the nest limit of the parser that made the tree.
fn walk(hir: &Hir, runs: &mut Runs) {
    match hir.kind() {
        // Assertions match no bytes, so a run goes on across them.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            for byte in &literal.0 {
                runs.push(LiteralByte::exact(*byte));
            }
        }
        HirKind::Class(class) => match single_folded_byte(class) {
            Some(byte) => runs.push(LiteralByte::folded(byte)),
            None => runs.close(),
        },
        HirKind::Capture(capture) => walk(&capture.sub, runs),
        HirKind::Concat(parts) => {
            for part in parts {
                walk(part, runs);
            }
        }
        HirKind::Repetition(repetition) => {
            runs.close();
            if repetition.min > 0 {
                walk(&repetition.sub, runs);
                runs.close();
            }
        }
        HirKind::Alternation(branches) => {
            runs.close();
            let each: Option<Vec<_>> = branches.iter().map(best_requirement).collect();
            if let Some(each) = each {
                runs.offer(each.into_iter().flatten().collect());
            }
        }
    }
}

/// Returns the byte that all members of a class are, when upper and lower case are not told apart.
fn single_folded_byte(class: &Class) -> Option<u8> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    match class {
        Class::Bytes(bytes) => {
            for range in bytes.iter() {
                ranges.push((range.start().into(), range.end().into()));
            }
        }
        Class::Unicode(unicode) => {
            for range in unicode.iter() {
                ranges.push((range.start().into(), range.end().into()));
            }
        }
    }
    let mut found = None;
    for (start, end) in ranges {
        if end > 0x7f || start != end {
            return None;
        }
        let byte = u8::try_from(start).ok()? & !0x20;
        if found.is_some_and(|other| other != byte) {
            return None;
        }
        found = Some(byte);
    }
    found
}

/// Tries the literal extractor on every suffix of the pattern: it multiplies small classes and alternations out, which the walk does not.
fn cross_products(hir: &Hir) -> Option<Vec<Literal>> {
    let mut parts = Vec::new();
    flatten(hir, &mut parts);
    let mut extractor = Extractor::new();
    extractor
        .limit_class(8)
        .limit_literal_len(24)
        .limit_total(MAX_ALTERNATIVES);
    let mut best: Option<Vec<Literal>> = None;
    for start in 0..parts.len().min(MAX_SUFFIXES) {
        let suffix = Hir::concat(parts[start..].iter().map(|part| (*part).clone()).collect());
        let sequence = extractor.extract(&suffix);
        let Some(found) = sequence.literals() else {
            continue;
        };
        let literals: Vec<Literal> = found
            .iter()
            .map(|literal| literal.as_bytes().iter().copied().map(LiteralByte::exact).collect())
            .collect();
        let better = best.as_ref().is_none_or(|best| rank(&literals) > rank(best));
        if is_usable(&literals) && better {
            best = Some(literals);
        }
    }
    best
}

fn flatten<'hir>(hir: &'hir Hir, parts: &mut Vec<&'hir Hir>) {
    match hir.kind() {
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        HirKind::Concat(inner) => {
            for part in inner {
                flatten(part, parts);
            }
        }
        _ => parts.push(hir),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::pattern::parse;

    /// Writes literals for the eye: folded positions in lower case after `~`.
    fn check(pattern: &str, expected: Option<&[&str]>) {
        let hir = parse(pattern).expect("the pattern of a test parses");
        let shown = required_literals(&hir).map(|literals| {
            literals
                .iter()
                .map(|literal| {
                    literal
                        .iter()
                        .map(|byte| {
                            if byte.mask == 0xff {
                                char::from(byte.value)
                            } else {
                                char::from(byte.value | 0x20)
                            }
                        })
                        .collect::<String>()
                })
                .collect::<Vec<_>>()
        });
        let expected = expected.map(|list| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(shown, expected, "{pattern}");
    }

    #[test]
    fn a_literal_is_found_wherever_it_stands() {
        check("must be greater than zero", Some(&["must be greater than zero"]));
        check("^Error: invalid", Some(&["Error: invalid"]));
        check(r"\d+ spans dropped", Some(&[" spans dropped"]));
        check(
            r"'?check_?[iI]nterval'? must be",
            Some(&["nterval must be", "nterval' must be"]),
        );
        check("(?P<what>exporter) failed", Some(&["exporter failed"]));
        check("(?:sending )+queue is full", Some(&["queue is full"]));
    }

    #[test]
    fn case_insensitive_text_is_a_literal_too() {
        check("(?i)NPM error", Some(&["npm error"]));
    }

    #[test]
    fn every_branch_must_promise_something() {
        check(
            "no such host|connection refused",
            Some(&["connection refused", "no such host"]),
        );
        check("no such host|x", None);
        check("limit_(?:mib|pct)", Some(&["limit_mib", "limit_pct"]));
        check(
            "has (?:no|two) (?:receivers|exporters)",
            Some(&[
                "has no exporters",
                "has no receivers",
                "has two exporters",
                "has two receivers",
            ]),
        );
    }

    #[test]
    fn optional_and_short_text_promises_nothing() {
        check("(?:connection refused)?", None);
        check("EOF", None);
        check(r"\w+\s\w+", None);
        check("", None);
    }
}
