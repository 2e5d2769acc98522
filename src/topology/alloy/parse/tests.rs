//! What the parser accepts and refuses, and that nothing makes it panic.

use super::super::{Block, Expression, Kind, Statement};
use super::parse;
use proptest::prelude::*;
use std::fmt::Write as _;

/// Writes a body down as one line, so that a case fits into one.
fn shown(body: &[Statement]) -> String {
    let statements: Vec<String> = body
        .iter()
        .map(|statement| match statement {
            Statement::Attribute(one) => format!("{}={}", one.name, value(&one.value)),
            Statement::Block(block) => format!("{}{{{}}}", block.id(), shown(&block.body)),
        })
        .collect();
    statements.join(" ")
}

fn value(expression: &Expression) -> String {
    let list = |items: &[Expression]| items.iter().map(value).collect::<Vec<_>>().join(",");
    match &expression.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(one) => one.to_string(),
        Kind::Int(one) => one.to_string(),
        Kind::Float(one) => format!("{one:?}"),
        Kind::Text(one) => format!("{one:?}"),
        Kind::List(items) => format!("[{}]", list(items)),
        Kind::Object(fields) => {
            let mut out = String::new();
            for field in fields {
                let _ = write!(out, "{}:{};", field.name, value(&field.value));
            }
            format!("({out})")
        }
        Kind::Path(parts) => parts.join("."),
        Kind::Call(parts, arguments) => format!("{}({})", parts.join("."), list(arguments)),
        Kind::Sum(items) => format!("sum({})", list(items)),
        Kind::Other(items) => format!("?({})", list(items)),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let got = match parse(text) {
        Ok(body) => shown(&body),
        Err(error) => format!("{}: {}", error.span.start, error.message),
    };
    assert_eq!(got, expected, "{text}");
}

#[test]
fn blocks_attributes_and_labels() {
    check("", "");
    check("logging {\n  level = \"info\"\n}\n", "logging{level=\"info\"}");
    check(
        "otelcol.receiver.otlp \"in\" {\n\tgrpc { endpoint = \"0.0.0.0:4317\" }\n\thttp { }\n}",
        "otelcol.receiver.otlp.in{grpc{endpoint=\"0.0.0.0:4317\"} http{}}",
    );
    check("a \"\" { }", "a{}");
    check("a { b = 1\n\n\n c = 2 }\r\n", "a{b=1 c=2}");
    check("\u{feff}a {}", "a{}");
    check("größe \"x1\" { b_2 = null }", "größe.x1{b_2=null}");
}

#[test]
fn expressions_as_people_write_them() {
    check(
        "a {\n traces = [\n  otelcol.exporter.otlp.a.input,\n  otelcol.exporter.otlp.b.input,\n ]\n}",
        "a{traces=[otelcol.exporter.otlp.a.input,otelcol.exporter.otlp.b.input]}",
    );
    check("a { b = {\n c = 1,\n \"d-e\" = [],\n} }", "a{b=(c:1;d-e:[];)}");
    check(
        "a { b = sys.env(\"X\") + \":4317\" }",
        "a{b=sum(sys.env(\"X\"),\":4317\")}",
    );
    check("a { b = (env(\"X\")) }", "a{b=env(\"X\")}");
    check(
        "a { b = local.file.x.content[0].y }",
        "a{b=?(?(local.file.x.content,0))}",
    );
    check("a { b = -1.5e3 }", "a{b=-1500.0}");
    check("a { b = !c && d == 2 * 3 ^ -1 }", "a{b=?(?(c),d,2,3,-1)}");
    check("a { b = concat([1], c.d)[0] }", "a{b=?(concat([1],c.d),0)}");
    check("a { b = .5 }", "a{b=0.5}");
    check("a { b = json_path(x.y, \".z\")[0] }", "a{b=?(json_path(x.y,\".z\"),0)}");
}

#[test]
fn texts_and_their_escapes() {
    check(r#"a { b = "x\ty\"z\\ \u00e9 \x41 \101" }"#, r#"a{b="x\ty\"z\\ é A A"}"#);
    check("a { b = `raw \"text\"\n\\d+` }", "a{b=\"raw \\\"text\\\"\\n\\\\d+\"}");
    check(r#"a { b = "\d" }"#, "10: unknown escape sequence");
    check("a { b = \"x\n\" }", "8: string literal not terminated");
    check("a { b = 'x' }", "8: illegal single-quoted string; use double quotes");
    check("a { b = `x", "8: string literal not terminated");
    check(
        r#"a { b = "\ud800" }"#,
        "10: escape sequence is invalid Unicode code point",
    );
}

#[test]
fn comments_and_where_statements_end() {
    check(
        "// first\na { b = 1 // c\n  d = 2 /* e */\n /* f */ g = 3 }",
        "a{b=1 d=2 g=3}",
    );
    check("a { b = 1 /* over\n two lines */ d = 2 }", "a{b=1 d=2}");
    check("a { b = 1 /* one line */ d = 2 }", "25: expected TERMINATOR, got IDENT");
    check("a { b = [1, /* c */ 2] }", "a{b=[1,2]}");
    check("a { /* never closed }", "4: block comment not terminated");
    check("a { b =\n 1 }", "a{b=1}");
    check("a { b\n = 1 }", "5: expected block label, got TERMINATOR");
}

#[test]
fn what_alloy_does_not_accept() {
    check("a = 1", "0: unrecognized attribute a");
    check("a { b = 1", "9: expected }, got EOF");
    check("a {\n b = 1\n", "11: expected }, got EOF");
    check("a { b = 1 } }", "12: expected TERMINATOR, got }");
    check("a { }\n}", "6: expected identifier, got }");
    check("a { b = [\n 1\n] }", "12: missing ',' in expression list");
    check("a { b = { c = 1\n} }", "15: missing ',' in field list");
    check("a { b: 1 }", "5: illegal character U+003A ':'");
    check(
        "a \"my-label\" { }",
        "2: expected block label to be a valid identifier, but got \"my-label\"",
    );
    check(
        "a `x` { }",
        "2: expected block label to be a double quoted string, but got \"`x`\"",
    );
    check(
        "a.b = 1",
        "0: attribute names may only consist of a single identifier with no \".\"",
    );
    check(
        "a { client = { endpoint = \"x\", } { } }",
        "33: cannot use a block as an expression",
    );
    check("a { client { endpoint \"x\" } }", "26: expected block body, got }");
    check("a { b = }", "8: expected expression, got }");
    check("{{ .Values.config }}", "0: expected identifier, got {");
    check("receivers:\n  otlp:\n", "9: illegal character U+003A ':'");
    check("a { b = x | y }", "10: missing second | in ||");
}

#[test]
fn what_is_nested_deeply_is_left_alone() {
    for (open, close) in [
        ("a { ", "}"),
        ("a { b = ", ""),
        ("[", "]"),
        ("(", ")"),
        ("-", ""),
        ("{a = ", "}"),
    ] {
        let text = format!("x {{ y = {}1{} }}", open.repeat(100_000), close.repeat(100_000));
        let error = parse(&text).expect_err("too deep");
        assert!(error.is_limit || open.contains('{'), "{open}: {error:?}");
    }
    let blocks = format!("{}{}", "a { ".repeat(5000), "} ".repeat(5000));
    assert!(parse(&blocks).expect_err("too deep").is_limit);
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let body = parse("a { b = f(x.y, [z.w])[i.j]\n c { d = { e = m.n } } }").expect("valid");
    let Some(Statement::Block(block)) = body.first() else {
        panic!("no block");
    };
    let block: &Block = block;
    let mut found = Vec::new();
    block.paths(&mut |parts, _| found.push(parts.join(".")));
    assert_eq!(found, ["x.y", "z.w", "i.j", "m.n"]);
}

#[test]
fn a_long_configuration_is_read_in_one_go() {
    let one = "otelcol.receiver.otlp \"x\" {\n  grpc { endpoint = \"0.0.0.0:4317\" } /* c */ // d\n  output { traces = [a.b.c.input] }\n}\n";
    let text = one.repeat(5000);
    assert_eq!(parse(&text).expect("valid").len(), 5000);
    // Comments in a row are looked through once for each: many of them stay cheap.
    let comments = format!("a {{ b = 1 {} \n}}", "/* c */".repeat(20_000));
    assert!(parse(&comments).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "[a-c.\"`'\\\\{}()\\[\\]=,+\\-!*/|&<>^%0-9eux \n\t\u{feff}é\u{0}]{0,80}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}");
        }
    }

    #[test]
    fn no_damage_makes_it_panic(from in 0usize..200, length in 0usize..20, with in "[\"{}\\[\\]=/*\\\\`\n]{0,3}") {
        let mut text: Vec<char> = "otelcol.receiver.otlp \"x\" {\n  grpc { endpoint = sys.env(\"POD\") + \":4317\" } // c\n  output {\n    traces = [\n      otelcol.exporter.otlp.a.input, /* d */\n    ]\n  }\n}\n".chars().collect();
        let from = from.min(text.len());
        let to = (from + length).min(text.len());
        text.splice(from..to, with.chars());
        let text: String = text.into_iter().collect();
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}");
        }
    }
}
