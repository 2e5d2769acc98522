//! An unknown value in every place that an expression can read it.

use super::*;
use crate::checks::compile::compile;
use crate::checks::value::display;
use crate::evidence::Fields;

/// A row with an unknown cell `u`, and known ones of each type.
fn row() -> Arc<Cell> {
    let mut inner = Fields::default();
    inner.insert("known".into(), Cell::from(1_i64));
    inner.insert("unknown".into(), Cell::unknown("nobody knows"));
    let mut fields = Fields::default();
    fields.insert("u".into(), Cell::unknown("nobody knows"));
    fields.insert("t".into(), Cell::from(true));
    fields.insert("f".into(), Cell::from(false));
    fields.insert("n".into(), Cell::from(3_i64));
    fields.insert("s".into(), Cell::from("text"));
    fields.insert("nil".into(), Cell::default());
    fields.insert("m".into(), inner.into());
    fields.insert(
        "l".into(),
        vec![Cell::from(1_i64), Cell::unknown("nobody knows"), Cell::from(3_i64)].into(),
    );
    Arc::new(fields.into())
}

fn show(source: &str) -> String {
    let expression = compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    match evaluate(&expression, &row(), &BTreeMap::new()) {
        Ok(value) => display(&value),
        Err(Failure::Unknown(reason)) => format!("unknown: {reason}"),
        Err(Failure::Broken(message)) => format!("broken: {message}"),
    }
}

const UNKNOWN: &str = "unknown: nobody knows";

#[test]
fn an_unknown_operand_of_every_operator_macro_and_function() {
    let cases = [
        // Decided without the unknown.
        ("self.f && self.u", "false"),
        ("self.u && self.f", "false"),
        ("self.t || self.u", "true"),
        ("self.u || self.t", "true"),
        ("has(self.u)", "true"),
        ("has(self.m.unknown)", "true"),
        ("self.l.exists(x, x == 3)", "true"),
        ("self.l.all(x, x == 3)", "false"),
        ("3 in self.l", "true"),
        ("self.t ? 1 : self.u", "1"),
        // Not decided.
        ("self.t && self.u", UNKNOWN),
        ("self.u && self.t", UNKNOWN),
        ("self.u && self.u", UNKNOWN),
        ("self.f || self.u", UNKNOWN),
        ("self.u || self.f", UNKNOWN),
        ("!self.u", UNKNOWN),
        ("-self.u", UNKNOWN),
        ("self.u ? 1 : 2", UNKNOWN),
        ("self.u == 1", UNKNOWN),
        ("1 == self.u", UNKNOWN),
        ("self.u != 1", UNKNOWN),
        ("self.u < 1", UNKNOWN),
        ("1 <= self.u", UNKNOWN),
        ("self.u > 1", UNKNOWN),
        ("1 >= self.u", UNKNOWN),
        ("self.u + 1", UNKNOWN),
        ("1 - self.u", UNKNOWN),
        ("self.u * 1", UNKNOWN),
        ("self.u / 1", UNKNOWN),
        ("self.u % 1", UNKNOWN),
        ("self.u in [1]", UNKNOWN),
        ("1 in self.u", UNKNOWN),
        ("2 in self.l", UNKNOWN),
        ("self.u.field", UNKNOWN),
        ("self.u.?field", UNKNOWN),
        ("self.m.?unknown.orValue(1)", UNKNOWN),
        ("self.?u.hasValue()", UNKNOWN),
        ("self.u[0]", UNKNOWN),
        ("self.l[1]", UNKNOWN),
        ("self.l[self.u]", UNKNOWN),
        ("self.l == [1, 2, 3]", UNKNOWN),
        ("self.m == {'known': 1, 'unknown': 1}", UNKNOWN),
        ("[self.u]", UNKNOWN),
        ("self.u.all(x, true)", UNKNOWN),
        ("self.u.exists(x, true)", UNKNOWN),
        ("self.u.map(x, x)", UNKNOWN),
        ("self.l.all(x, x < 9)", UNKNOWN),
        ("self.l.exists(x, x == 2)", UNKNOWN),
        ("self.l.exists_one(x, x == 3)", UNKNOWN),
        ("self.l.filter(x, x == 3)", UNKNOWN),
        ("self.l.map(x, x + 1)", UNKNOWN),
        ("self.l.join(',')", UNKNOWN),
        ("size(self.u)", UNKNOWN),
        ("self.u.startsWith('a')", UNKNOWN),
        ("self.s.startsWith(self.u)", UNKNOWN),
        ("go_duration(self.u)", UNKNOWN),
        // The length of a list is known, whatever is in it.
        ("size(self.l)", "3"),
        // The check's own failure wins.
        ("self.u && self.s", "broken: expected true or false, found string"),
        (
            "self.u == self.missing",
            "broken: there is no key `missing`: use `.?missing` or has()",
        ),
        (
            "self.l.all(x, self.missing)",
            "broken: there is no key `missing`: use `.?missing` or has()",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(show(source), expected, "{source}");
    }
}

#[test]
fn every_function_fails_on_an_unknown_argument() {
    for function in crate::checks::functions::FUNCTIONS {
        for source in [
            format!("self.u.{}()", function.name),
            format!("{}(self.u)", function.name),
            format!("self.s.{}(self.u)", function.name),
            format!("{}(self.s, self.u)", function.name),
        ] {
            assert_eq!(show(&source), UNKNOWN, "{source}");
        }
    }
}

#[test]
fn values() {
    let cases = [
        ("self.?nil.hasValue()", "false"),
        ("has(self.nil)", "false"),
        ("self.?absent.orValue('x')", "x"),
        ("self.?absent.?below.orValue(2)", "2"),
        ("self.m.?known.orValue(0)", "1"),
        ("self.n == 3.0", "true"),
        ("go_duration('90s') == duration('1m30s')", "true"),
        ("go_duration(1000000000)", "1s"),
        ("is_duration('5 seconds')", "false"),
        ("quantity('512Mi') == 536870912.0", "true"),
        ("url_host('http://[::1]:4318/v1/traces')", "::1"),
        ("url_port('tempo.tracing:4317')", "4317"),
        ("with_port('https://tempo:3200/x', 4317)", "https://tempo:4317/x"),
        ("url_path('http://h:1')", ""),
        ("['b', 'a', 'b'].unique().sort().join('+')", "a+b"),
        ("'a.b'.split('.').map(p, p + '!').join('')", "a!b!"),
        ("self.l[?9].orValue(0)", "0"),
        ("'512Mi'.matches('^[0-9]+Mi$')", "true"),
        ("type_of(self.m)", "map"),
        ("{'a': 1}.a", "1"),
        ("nothing", "broken: `nothing` is not defined"),
    ];
    for (source, expected) in cases {
        assert_eq!(show(source), expected, "{source}");
    }
}

#[test]
fn time_is_bounded() {
    let list = "[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9]";
    let source = format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c >= 0)))");
    assert_eq!(show(&source), "broken: the expression takes too many steps");
    assert!(show("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replace('', self.s)").contains("text"));
}
