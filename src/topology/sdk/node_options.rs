//! `NODE_OPTIONS`, as Node itself parses it.
//!
//! Node splits at spaces only, lets double quotes group and a backslash inside them escape, and knows no single quotes
//! (`nodejs/node:src/node_options.cc`, `ParseNodeOptionsEnvVar`). A word that is no flag is ignored. Seen with Node 14
//! to 24: what is not allowed or unterminated ends the program with code 9.

use std::ops::Range;

use super::words::{Grammar, Open, Word, nearest, replaced, split_words};

/// Only spaces part words, and double quotes group.
const GRAMMAR: Grammar = Grammar {
    separates: |letter| letter == ' ',
    quotes: &['"'],
    escapes: true,
};

/// What the variable asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOptions {
    /// Operands of `--require` and `-r`.
    pub requires: Vec<Preload>,
    /// Operands of `--import`.
    pub imports: Vec<Preload>,
    /// Operands of `--experimental-loader` and `--loader`.
    pub loaders: Vec<Preload>,
    /// What is wrong.
    pub problems: Vec<NodeOptionsProblem>,
}

/// One file or package that is loaded before the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preload {
    /// The path or package as Node sees it, grouping quotes taken away.
    pub path: String,
    /// Where the operand stands, grouping quotes included.
    pub range: Range<usize>,
    /// The flag as it is written.
    pub flag: String,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOptionsProblem {
    /// What is wrong.
    pub kind: NodeOptionsProblemKind,
    /// Where in the value.
    pub range: Range<usize>,
    /// The whole corrected value, where one answer is right.
    pub suggestion: Option<String>,
}

/// What can be wrong with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeOptionsProblemKind {
    /// Double quotes round flag and operand: one word, which Node does not allow; it exits with 9.
    QuotedWhole,
    /// Single quotes round the value: Node ignores it.
    SingleQuotedWhole,
    /// Single quotes round a path, which become part of it; the module is not found.
    SingleQuotedPath,
    /// A double quote that is not closed; Node exits with 9.
    UnterminatedQuote,
    /// A backslash at the end of a quoted part; Node exits with 9.
    InvalidEscape,
    /// A flag without its operand; Node exits with 9.
    MissingArgument,
    /// A path without a flag: Node ignores it.
    MissingFlag,
    /// A flag one or two letters away from one that loads a file; Node exits with 9.
    UnknownFlag,
    /// A bare file name, which Node looks for among the packages.
    BareFileName,
    /// A line end or tabulator inside a path, which does not separate words.
    WhiteSpaceInPath,
}

/// Parses the value.
pub fn node_options(value: &str) -> NodeOptions {
    let mut options = NodeOptions {
        requires: Vec::new(),
        imports: Vec::new(),
        loaders: Vec::new(),
        problems: Vec::new(),
    };
    if let Some(inner) = single_quoted(value) {
        let range = super::words::trimmed_range(value);
        options.report(NodeOptionsProblemKind::SingleQuotedWhole, range, Some(inner.to_owned()));
        return options;
    }
    let (kind, at) = match split_words(value, &GRAMMAR) {
        Ok(words) => return with_words(options, value, &words),
        Err(Open::Quote(at)) => (NodeOptionsProblemKind::UnterminatedQuote, at),
        Err(Open::Escape(at)) => (NodeOptionsProblemKind::InvalidEscape, at),
    };
    options.report(kind, at..value.len(), None);
    options
}

fn with_words(mut options: NodeOptions, value: &str, words: &[Word]) -> NodeOptions {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1 + usize::from(options.word(
            value,
            word,
            at.checked_sub(1).and_then(|before| words.get(before)),
            words.get(at + 1),
        ));
    }
    options
}

impl NodeOptions {
    fn report(&mut self, kind: NodeOptionsProblemKind, range: Range<usize>, suggestion: Option<String>) {
        self.problems.push(NodeOptionsProblem {
            kind,
            range,
            suggestion,
        });
    }

    /// Takes one word; returns whether it has taken the next one as its operand.
    fn word(&mut self, value: &str, word: &Word, before: Option<&Word>, next: Option<&Word>) -> bool {
        use NodeOptionsProblemKind as Kind;
        let range = word.range.clone();
        if !word.text.starts_with('-') {
            // After a flag whose operands are not known here, a bare word may be one.
            let operand = before.is_some_and(|before| before.text.starts_with('-') && !before.text.contains('='));
            let path = word.text.starts_with(['/', '.', '\'']);
            if path && !operand {
                let at = range.start;
                let suggestion =
                    Some(replaced(value, &(at..at), "--require ")).filter(|_| !word.text.starts_with('\''));
                self.report(Kind::MissingFlag, range, suggestion);
            }
            return false;
        }
        if word.text.contains(' ') && value[range.clone()].starts_with('"') {
            let suggestion = Some(replaced(value, &range, &word.text));
            self.report(Kind::QuotedWhole, range, suggestion);
            return false;
        }
        // Only long flags take their operand after `=`.
        let (flag, joined) = match word.text.split_once('=') {
            Some((flag, operand)) if flag.starts_with("--") => (flag, Some(operand)),
            _ => (word.text.as_str(), None),
        };
        if !is_preload(flag) {
            self.unknown(value, word, flag);
            return false;
        }
        match (joined, next) {
            (Some(""), _) | (None, None) => {
                self.report(Kind::MissingArgument, range, None);
                false
            }
            (Some(operand), _) => {
                let start = range.end - operand.len().min(range.len());
                // Quotes inside the word make its text shorter than its range; then the whole word is the place.
                let exact = value.get(start..range.end) == Some(operand);
                let place = if exact { start..range.end } else { range };
                self.operand(value, flag, operand, place);
                false
            }
            (None, Some(next)) if next.text.starts_with('-') => {
                self.report(Kind::MissingArgument, range, None);
                false
            }
            (None, Some(next)) => {
                self.operand(value, flag, &next.text, next.range.clone());
                true
            }
        }
    }

    fn operand(&mut self, value: &str, flag: &str, operand: &str, range: Range<usize>) {
        use NodeOptionsProblemKind as Kind;
        if let Some(inner) = single_quoted(operand) {
            let suggestion = Some(replaced(value, &range, inner));
            self.report(Kind::SingleQuotedPath, range.clone(), suggestion);
        } else if operand.contains(['\n', '\r', '\t']) {
            let suggestion =
                (!operand.trim().contains(['\n', '\r', '\t', ' '])).then(|| replaced(value, &range, operand.trim()));
            self.report(Kind::WhiteSpaceInPath, range.clone(), suggestion);
        } else if is_bare_file(operand) && matches!(flag, "--require" | "-r") {
            self.report(Kind::BareFileName, range.clone(), None);
        }
        let preload = Preload {
            path: operand.to_owned(),
            range,
            flag: flag.to_owned(),
        };
        match flag {
            "--require" | "-r" => self.requires.push(preload),
            "--import" => self.imports.push(preload),
            _ => self.loaders.push(preload),
        }
    }

    fn unknown(&mut self, value: &str, word: &Word, flag: &str) {
        // Real flags that are near to one that loads a file; every other near name is a slip.
        let real = ["--report", "--no-import", "--inspect"];
        if real.iter().any(|name| flag.starts_with(name)) {
            return;
        }
        let near = nearest(flag, &["--require", "--import", "--experimental-loader"])
            .or_else(|| (flag == "-require").then_some("--require"));
        if let Some(near) = near {
            let flag_range = word.range.start..word.range.start + flag.len();
            let suggestion = (value.get(flag_range.clone()) == Some(flag)).then(|| replaced(value, &flag_range, near));
            self.report(NodeOptionsProblemKind::UnknownFlag, word.range.clone(), suggestion);
        }
    }
}

fn is_preload(flag: &str) -> bool {
    matches!(
        flag,
        "--require" | "-r" | "--import" | "--experimental-loader" | "--loader"
    )
}

fn is_bare_file(operand: &str) -> bool {
    !operand.contains('/')
        && [".js", ".cjs", ".mjs", ".ts"]
            .iter()
            .any(|ending| operand.ends_with(ending))
}

fn single_quoted(text: &str) -> Option<&str> {
    text.trim()
        .strip_prefix('\'')?
        .strip_suffix('\'')
        .filter(|inner| !inner.contains('\''))
}

#[cfg(test)]
mod tests {
    use super::NodeOptionsProblemKind::*;
    use super::*;

    fn check(value: &str, requires: &[&str], expected: &[(NodeOptionsProblemKind, Option<&str>)]) {
        let options = node_options(value);
        let paths: Vec<_> = options.requires.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, requires, "{value}");
        let problems: Vec<_> = options
            .problems
            .iter()
            .map(|problem| (problem.kind, problem.suggestion.as_deref()))
            .collect();
        assert_eq!(problems, expected, "{value}");
        for problem in &options.problems {
            assert!(value.get(problem.range.clone()).is_some(), "{value}");
        }
    }

    #[test]
    fn healthy_values_have_no_problem() {
        check("", &[], &[]);
        check("--max-old-space-size=4096", &[], &[]);
        check("--max-old-space-size 4096 --enable-source-maps", &[], &[]);
        check("--conditions ./x", &[], &[]);
        check("--inspect=0.0.0.0:9229 --report-on-signal", &[], &[]);
        check("--require /otel/tracing.js", &["/otel/tracing.js"], &[]);
        check(
            " --require /otel-auto-instrumentation-nodejs/autoinstrumentation.js",
            &["/otel-auto-instrumentation-nodejs/autoinstrumentation.js"],
            &[],
        );
        check("-r /a.js --require=/b.js", &["/a.js", "/b.js"], &[]);
        check(
            "--require @opentelemetry/auto-instrumentations-node/register",
            &["@opentelemetry/auto-instrumentations-node/register"],
            &[],
        );
        check("--require ./tracing.js", &["./tracing.js"], &[]);
        check("--require \"/with space/tracing.js\"", &["/with space/tracing.js"], &[]);
        check("\"--require\" /a.js", &["/a.js"], &[]);
        check("-r ts-node/register", &["ts-node/register"], &[]);
    }

    #[test]
    fn imports_and_loaders_are_kept_apart() {
        let value = "--import /a.mjs --experimental-loader=@opentelemetry/instrumentation/hook.mjs";
        let options = node_options(value);
        assert_eq!(options.imports[0].path, "/a.mjs");
        assert_eq!(&value[options.imports[0].range.clone()], "/a.mjs");
        let loader = &options.loaders[0];
        assert_eq!(loader.path, "@opentelemetry/instrumentation/hook.mjs");
        assert_eq!(&value[loader.range.clone()], loader.path);
        assert_eq!(loader.flag, "--experimental-loader");
        let quoted = "-r \"/a b.js\"";
        assert_eq!(&quoted[node_options(quoted).requires[0].range.clone()], "\"/a b.js\"");
    }

    #[test]
    fn quotes_that_node_does_not_mean_are_told() {
        check("\"--require /a.js\"", &[], &[(QuotedWhole, Some("--require /a.js"))]);
        check(
            "'--require /a.js'",
            &[],
            &[(SingleQuotedWhole, Some("--require /a.js"))],
        );
        check(
            "--require '/a.js'",
            &["'/a.js'"],
            &[(SingleQuotedPath, Some("--require /a.js"))],
        );
        check("--require \"/a.js", &[], &[(UnterminatedQuote, None)]);
        check("--require \"/a.js\\", &[], &[(InvalidEscape, None)]);
    }

    #[test]
    fn missing_parts_are_told() {
        check("--require", &[], &[(MissingArgument, None)]);
        check("--require=", &[], &[(MissingArgument, None)]);
        check("--require --enable-source-maps", &[], &[(MissingArgument, None)]);
        check(
            "/otel/tracing.js",
            &[],
            &[(MissingFlag, Some("--require /otel/tracing.js"))],
        );
        check(
            "--require /a.js /b.js",
            &["/a.js"],
            &[(MissingFlag, Some("--require /a.js --require /b.js"))],
        );
        check("--requrie /a.js", &[], &[(UnknownFlag, Some("--require /a.js"))]);
        check("-require /a.js", &[], &[(UnknownFlag, Some("--require /a.js"))]);
        check("--require tracing.js", &["tracing.js"], &[(BareFileName, None)]);
        check(
            "--require /a.js\n",
            &["/a.js\n"],
            &[(WhiteSpaceInPath, Some("--require /a.js"))],
        );
    }
}
