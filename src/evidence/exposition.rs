//! Reads pages of metrics in the text format of Prometheus and OpenMetrics.
//!
//! One pass, no recursion, bounded: a line that is no series is passed over, whatever it is.

use std::ops::Range;

/// Series of one page that are read.
const MOST_SERIES: usize = 50_000;
/// Labels of one series.
const MOST_LABELS: usize = 40;
/// Bytes of one label's value that are kept.
const MOST_VALUE: usize = 512;

/// What the own telemetry of the programs on a tracing path begins with.
const PREFIXES: [&str; 5] = [
    "otelcol_",
    "tempo_",
    "tempodb_",
    "prometheus_remote_storage_",
    "process_",
];

/// Returns whether a series of this name says something about tracing; buckets of histograms never do.
pub fn is_wanted(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !name.ends_with("_bucket")
}

/// Returns the lines of a page that hold series which are wanted: a tenth of most pages.
pub fn wanted_lines(page: &str) -> String {
    let name = |line: &str| line.find(['{', ' ']).map_or(0, |end| end);
    page.split_inclusive('\n')
        .filter(|line| is_wanted(&line[..name(line)]))
        .collect()
}

/// One series with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Series<'a> {
    /// The name as printed.
    pub name: &'a str,
    /// The labels in the order printed.
    pub labels: Vec<(&'a str, String)>,
    /// The value; may be infinite or not a number.
    pub value: f64,
    /// The bytes of the page that it stands at, without exemplar and line break.
    pub span: Range<usize>,
}

impl Series<'_> {
    /// Returns the value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(label, _)| *label == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Returns the series of a page for which `wanted` is true of the name.
pub fn series<'a>(page: &'a str, wanted: impl Fn(&str) -> bool) -> Vec<Series<'a>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in page.split_inclusive('\n') {
        let offset = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let name_end = line
            .bytes()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.')))
            .unwrap_or(line.len());
        let name = &line[..name_end];
        if name.is_empty() || name.as_bytes()[0].is_ascii_digit() || !wanted(name) {
            continue;
        }
        if let Some(one) = one(line, name, offset) {
            found.push(one);
        }
        if found.len() == MOST_SERIES {
            break;
        }
    }
    found
}

fn one<'a>(line: &'a str, name: &'a str, offset: usize) -> Option<Series<'a>> {
    let mut rest = line[name.len()..].trim_start();
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = self::labels(inside, &mut labels)?.trim_start();
    }
    let word_end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let value: f64 = match &rest[..word_end] {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        word => word.parse().ok()?,
    };
    let end = line.len() - rest.len() + word_end;
    Some(Series {
        name,
        labels,
        value,
        span: offset..offset + end,
    })
}

/// Reads labels up to and with the closing brace; returns what follows.
fn labels<'a>(mut rest: &'a str, labels: &mut Vec<(&'a str, String)>) -> Option<&'a str> {
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after);
        }
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start().strip_prefix('"')?;
        let (value, after) = quoted(after)?;
        if labels.len() < MOST_LABELS {
            labels.push((name.trim().trim_matches('"'), value));
        }
        rest = after;
    }
}

/// Reads a quoted value up to and with its closing quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        let character = match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => '\n',
                other => other,
            },
            other => other,
        };
        if value.len() < MOST_VALUE {
            value.push(character);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, labels, value.
    type Expected<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

    #[track_caller]
    fn check(page: &str, expected: &[Expected<'_>]) {
        let found = series(page, |_| true);
        assert_eq!(found.len(), expected.len(), "{page}");
        for (found, (name, labels, value)) in found.iter().zip(expected) {
            let found_labels: Vec<(&str, &str)> = found.labels.iter().map(|(name, value)| (*name, &**value)).collect();
            assert_eq!(
                (found.name, found_labels, found.value),
                (*name, labels.to_vec(), *value)
            );
        }
    }

    #[test]
    fn series_as_programs_print_them() {
        check(
            "# HELP a Text with \\n and \"quotes\"\n# TYPE a counter\na 5\n",
            &[("a", &[], 5.0)],
        );
        check(
            "otelcol_process_memory_rss{} 2.7082752e+07\r\n",
            &[("otelcol_process_memory_rss", &[], 27_082_752.0)],
        );
        check(
            "x{a=\"b\\\"c\\\\d\\n\",e=\"}\",} 1 1764105600000\n",
            &[("x", &[("a", "b\"c\\d\n"), ("e", "}")], 1.0)],
        );
        check(
            "x_bucket{le=\"+Inf\"} 9 # {trace_id=\"abc\"} 0.4 1764105600.1\n# EOF\n",
            &[("x_bucket", &[("le", "+Inf")], 9.0)],
        );
        check(
            "x +Inf\ny -Inf\n",
            &[("x", &[], f64::INFINITY), ("y", &[], f64::NEG_INFINITY)],
        );
        assert!(series("x NaN", |_| true)[0].value.is_nan());
    }

    #[test]
    fn what_is_no_series_is_passed_over() {
        for page in [
            "",
            "<html><body>502 Bad Gateway</body></html>\n",
            "{\"kind\":\"Status\",\"code\":503}\n",
            "x{a=\"b\n",
            "x{a=b} 1\n",
            "x{a} 1\n",
            "x\n",
            "x one\n",
            "x{a=\"\\",
            "9x 1\n",
            "\u{0}\u{0}\u{fffd}",
            "x{é=\"ü\"}",
        ] {
            check(page, &[]);
        }
    }

    #[test]
    fn of_a_page_the_lines_about_tracing_are_kept() {
        let page =
            "# HELP x y\ngo_goroutines 9\ntempo_x_bucket{le=\"1\"} 2\ntempo_x_count 2\n<html>\n\notelcol_y{a=\"b\"} 1";
        assert_eq!(wanted_lines(page), "tempo_x_count 2\notelcol_y{a=\"b\"} 1");
    }

    #[test]
    fn a_series_knows_where_it_stands() {
        let page = "# é\nx{a=\"1\"} 5 # {t=\"x\"} 1\ny 6\n";
        let found = series(page, |_| true);
        assert_eq!(&page[found[0].span.clone()], "x{a=\"1\"} 5");
        assert_eq!(&page[found[1].span.clone()], "y 6");
        assert_eq!(series(page, |name| name == "y").len(), 1);
    }
}
