//! Holds the reader to what the parsers of nine releases of Tempo answered, and to the mistakes that people make.

use super::*;

/// The releases that were asked, one for each letter of an answer.
const RELEASES: [(u32, u32, u32); 9] = [
    (2, 3, 0),
    (2, 4, 2),
    (2, 5, 0),
    (2, 6, 1),
    (2, 7, 2),
    (2, 8, 4),
    (2, 9, 5),
    (2, 10, 8),
    (3, 0, 3),
];

/// Which release compiles which query: `+` it does, `-` it does not.
const ANSWERS: [(&str, &str); 120] = [
    ("+++++++++", r#"{}"#),
    ("+++++++++", r#"{ }"#),
    ("---------", r#"{service.name="x"}"#),
    ("---------", r#"{ service.name = "rocket-chat" }"#),
    ("+++++++++", r#"{ resource.service.name = "x" }"#),
    ("+++++++++", r#"{ .service.name = "x" }"#),
    ("+++++++++", r#"{ span.service.name = "x" }"#),
    ("---------", r#"{resource.service.name=rocket}"#),
    ("---------", r#"{resource.service.name='x'}"#),
    ("---------", r#"{resource.service.name=="x"}"#),
    ("+++++++++", r#"{resource.service.name}"#),
    ("---------", r#"resource.service.name="x""#),
    ("---------", r#"{resource.service.name="x""#),
    ("---------", r#"{resource.service.name="x" and span.a="b"}"#),
    ("+++++++++", r#"{resource.service.name="x" && span.a="b"}"#),
    ("---------", r#"{resource.service.name="x", span.a="b"}"#),
    ("+++++++++", r#"{name="x"}"#),
    ("---------", r#"{operation="x"}"#),
    ("+++++++++", r#"{span.http.status_code >= 500}"#),
    ("+++++++++", r#"{span.http.status_code = 500}"#),
    ("---------", r#"{http.status_code = 500}"#),
    ("+++++++++", r#"{status = error}"#),
    ("+--------", r#"{status = "error"}"#),
    ("---------", r#"{status = ERROR}"#),
    ("+++++++++", r#"{span.status = error}"#),
    ("--+++++++", r#"{span:status = error}"#),
    ("+++++++++", r#"{statusMessage = "x"}"#),
    ("+++++++++", r#"{kind = server}"#),
    ("+--------", r#"{kind = "server"}"#),
    ("---------", r#"{kind = SERVER}"#),
    ("+++++++++", r#"{duration > 100ms}"#),
    ("+--------", r#"{duration > "100ms"}"#),
    ("+++++++++", r#"{duration > 100}"#),
    ("+++++++++", r#"{duration > 1.5s}"#),
    ("+++++++++", r#"{traceDuration > 1s}"#),
    ("--+++++++", r#"{trace:duration > 1s}"#),
    ("+++++++++", r#"{rootName = "x"}"#),
    ("+++++++++", r#"{rootServiceName = "x"}"#),
    ("--+++++++", r#"{trace:rootService = "x"}"#),
    ("---------", r#"{trace:rootServiceName = "x"}"#),
    ("--+++++++", r#"{trace:id = "abc"}"#),
    ("---------", r#"{traceID = "abc"}"#),
    ("---------", r#"{traceId = "abc"}"#),
    ("--+++++++", r#"{span:id = "abc"}"#),
    ("-----++++", r#"{span:parentID = "abc"}"#),
    ("-------++", r#"{span:childCount > 1}"#),
    ("+--------", r#"{childCount > 1}"#),
    ("+--------", r#"{parent = nil}"#),
    ("+--------", r#"{parent.foo = "x"}"#),
    ("---++++++", r#"{event:name = "x"}"#),
    ("---++++++", r#"{event.foo = "x"}"#),
    ("---++++++", r#"{event:timeSinceStart > 1ms}"#),
    ("---++++++", r#"{link:traceID = "x"}"#),
    ("---++++++", r#"{link.foo = "x"}"#),
    ("----+++++", r#"{instrumentation:name = "x"}"#),
    ("----+++++", r#"{instrumentation.foo = "x"}"#),
    ("+--------", r#"{resource.service.name =~ "a("}"#),
    ("+++++++++", r#"{resource.service.name =~ "a.*"}"#),
    ("+------++", r#"{span.foo = nil}"#),
    ("+++++++++", r#"{span.foo != nil}"#),
    ("+++++++++", r#"{} >> {}"#),
    ("+++++++++", r#"{} << {}"#),
    ("+++++++++", r#"{} < {}"#),
    ("+++++++++", r#"{} ~ {}"#),
    ("+++++++++", r#"{} !>> {}"#),
    ("--+++++++", r#"{} &>> {}"#),
    ("+++++++++", r#"{} | count() > 2"#),
    ("---------", r#"{} | count()"#),
    ("+++++++++", r#"{} | avg(duration) > 1s"#),
    ("---------", r#"{} | avg(duration)"#),
    ("+++++++++", r#"{} | select(span.foo)"#),
    ("+++++++++", r#"{} | by(resource.service.name)"#),
    ("+++++++++", r#"{} | by(resource.service.name) | count() > 1"#),
    ("+++++++++", r#"{} | coalesce()"#),
    ("-++++++++", r#"{} | rate()"#),
    ("-++++++++", r#"{} | rate() by (resource.service.name)"#),
    ("---------", r#"{} | rate() by (service.name)"#),
    ("-++++++++", r#"{} | rate() by(span.name)"#),
    ("---------", r#"{} | rate(5m)"#),
    ("---------", r#"{} | rate()[5m]"#),
    ("---------", r#"rate({})"#),
    ("---------", r#"rate({}[5m])"#),
    ("---------", r#"rate(count({service.name="x"}[5m]))"#),
    ("---------", r#"sum(rate({}[5m]))"#),
    ("-++++++++", r#"{} | count_over_time()"#),
    ("--+++++++", r#"{} | quantile_over_time(duration, .9)"#),
    (
        "--+++++++",
        r#"{} | quantile_over_time(duration, .99, .9) by (span.http.target)"#,
    ),
    ("--+++++++", r#"{} | quantile_over_time(duration, 0.95)"#),
    ("--+++++++", r#"{} | histogram_over_time(duration)"#),
    ("---++++++", r#"{} | compare({status=error})"#),
    ("----+++++", r#"{} | min_over_time(duration)"#),
    ("----+++++", r#"{} | max_over_time(duration)"#),
    ("----+++++", r#"{} | avg_over_time(duration)"#),
    ("-----++++", r#"{} | sum_over_time(duration)"#),
    ("-----++++", r#"{} | sum_over_time(span.bytes)"#),
    ("-----++++", r#"{} | rate() | topk(10)"#),
    ("-----++++", r#"{} | rate() by (name) | bottomk(3)"#),
    ("--------+", r#"{} | rate() > 5"#),
    ("---------", r#"{} | stddev_over_time(duration)"#),
    ("---------", r#"{} | p99(duration)"#),
    ("-++++++++", r#"{} | rate() with (sample=true)"#),
    ("-++++++++", r#"{} | rate() with (exemplars=true)"#),
    ("-++++++++", r#"{} with (most_recent=true)"#),
    ("+++++++++", r#"{ span."http url" = "x" }"#),
    ("+++++++++", r#"{ span.duration > 1s }"#),
    ("+++++++++", r#"{ span.name = "x" }"#),
    ("+++++++++", r#"{ resource.kind = "x" }"#),
    ("-------++", r#"{ minInt = 1 }"#),
    ("---------", r#"{ trace.duration > 1s }"#),
    ("---------", r#"{ root.name = "x" }"#),
    ("---------", r#"{ service.name =~ ".*" }"#),
    ("+--------", r#"{ .foo =~ 5 }"#),
    ("+++++++++", r#"{ true }"#),
    ("+++++++++", r#"{ status = error || status = unset }"#),
    ("---------", r#"{ status = error OR status = unset }"#),
    ("-++++++++", r#"{ resource.service.name != "" } | rate()"#),
    ("--+++++++", r#"{ nestedSetParent < 0 }"#),
    ("--+++++++", r#"{ nestedSetParent<0 } | rate()"#),
    ("---------", r#"{ isRoot = true }"#),
    ("+++++++++", r#"{ span.http.status_code = "500" }"#),
];

#[test]
fn the_reader_agrees_with_nine_releases() {
    let mut wrong = Vec::new();
    for (answers, query) in ANSWERS {
        let found = analyze(query);
        for ((major, minor, patch), answer) in RELEASES.into_iter().zip(answers.chars()) {
            let release = Version::new(major, minor, patch);
            if found.compiles_in(release) != (answer == '+') {
                wrong.push(format!(
                    "{query} in {release}: {:?} {:?}",
                    found.problems, found.features
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn check(query: &str, kind: ProblemKind, at: &str, replacement: Option<&str>) {
    let found = analyze(query);
    let problem = found.problems.first().unwrap_or_else(|| panic!("{query}: no problem"));
    let written = (
        problem.kind,
        &query[problem.span.clone()],
        problem.replacement.as_deref(),
    );
    assert_eq!(written, (kind, at, replacement), "{query}");
}

#[test]
fn mistakes_that_people_make() {
    use ProblemKind::*;
    check(
        r#"{ service.name = "x" }"#,
        Unscoped,
        "service.name",
        Some("resource.service.name"),
    );
    check(
        r#"{http.status_code=500}"#,
        Unscoped,
        "http.status_code",
        Some("span.http.status_code"),
    );
    check(r#"{ customer-id = 5 }"#, Unscoped, "customer-id", Some(".customer-id"));
    check(r#"{ traceId = "a" }"#, Unscoped, "traceId", Some("trace:id"));
    check(
        r#"{} | rate() by (service.name)"#,
        Unscoped,
        "service.name",
        Some("resource.service.name"),
    );
    check(
        "{resource.service.name=rocket-chat}",
        UnquotedText,
        "rocket-chat",
        Some("\"rocket-chat\""),
    );
    check("{.a='b c'}", SingleQuotes, "'b c'", Some("\"b c\""));
    check(r#"{.a=="b"}"#, DoubleEquals, "==", Some("="));
    check(r#"{.a="b" and .c="d"}"#, WordOperator, "and", Some("&&"));
    check(r#"{.a="b"} OR {.c="d"}"#, WordOperator, "OR", Some("||"));
    check(r#"{.a="b", .c="d"}"#, Comma, ",", Some(" &&"));
    check(r#"{status = "Error"}"#, QuotedEnum, "\"Error\"", Some("error"));
    check(r#"{span:kind = "server"}"#, QuotedEnum, "\"server\"", Some("server"));
    check(r#"{duration > "1s"}"#, QuotedEnum, "\"1s\"", Some("1s"));
    check("{kind = SERVER}", EnumCase, "SERVER", Some("server"));
    check("{} | p99(duration)", UnknownFunction, "p99", None);
    check("{} | count()", UncomparedAggregate, "", None);
    check("{} | rate()[5m]", Range, "[5m]", None);
    check("sum(rate({}[5m]))", Promql, "sum", None);
    check("histogram_quantile(0.9, x)", Promql, "histogram_quantile", None);
    check("rate({})", Promql, "rate", None);
    check("sum(rate(x[5m]))", Promql, "sum", None);
    check("sum(calls_total{a=\"b\"})", Promql, "sum", None);
    check("sum by (x) (rate(y))", Promql, "sum", None);
    check(r#"resource.service.name="x""#, NoBraces, "resource.service.name", None);
    check("rocket-chat", NoBraces, "rocket", None);
    check("{.a=1", Unbalanced, "", None);
    check(r#"{.a="b}"#, Unbalanced, "\"b}", None);
    check("{.a=1}}", Unbalanced, "}", None);
    check("{ .a =~ 5 }", Types, "=~", None);
    check(r#"{ .a =~ "a(" }"#, Regex, "\"a(\"", None);
    check("{ parent.foo = 1 }", Unsupported, "parent.foo", None);
    check(
        r#"{ trace:rootServiceName = "x" }"#,
        UnknownIntrinsic,
        "trace:rootServiceName",
        Some("trace:rootService"),
    );
    check(
        r#"{ resource:service.name = "x" }"#,
        UnknownIntrinsic,
        "resource:service.name",
        Some("resource.service.name"),
    );
    check(
        "{ span:http.status_code >= 500 }",
        UnknownIntrinsic,
        "span:http.status_code",
        Some("span.http.status_code"),
    );
    check("{ span:retries > 1 }", UnknownIntrinsic, "span:retries", None);
    check("{ .x != null }", UnquotedText, "null", Some("nil"));
    check(r#"{ name =~ "(?!x)a" }"#, Regex, "\"(?!x)a\"", None);
    check(r#"{ name =~ "*foo" }"#, Regex, "\"*foo\"", None);
    check(r#"{ name =~ "(a)\\1" }"#, Regex, r#""(a)\\1""#, None);
    check("{} | rate() | select(span.x)", Syntax, "select", None);
    check("{} | rate() | { status = error }", Syntax, "{", None);
}

fn fine(query: &str) {
    let found = analyze(query);
    assert_eq!((&found.problems, &found.unsure), (&Vec::new(), &None), "{query}");
}

#[test]
fn queries_without_a_mistake() {
    for query in [
        r#"{ resource.service.name =~ "${service:regex}" && duration > 500ms }"#,
        r#"{ resource.service.name = "$service" && span.http.status_code >= $code }"#,
        "{ duration > ${minimum}ms } | rate() by (resource.$group)",
        r#"{ resource.service.name = "a" } >> { span.db.system.name = "b" && duration > 50ms }"#,
        "{ resource.service.name =~ [[service]] }",
        "({ .a = 1 } | count() > 2) && ({ .b = 2 })",
        "({ .a = 1 } | count()) > ({ .b = 2 } | count())",
        "{} | avg(duration) + 1s > 2s | by(.x) | select(.y, span:name)",
        "{ .a * 2 > 5 && (.b = `c` || !(.d = true)) }",
        "{ -1 < .a } // a comment",
        "{ span.a.b-c/d = 1e3 }",
        "{} | rate() | topk(5) with (exemplars=true, sample=0.1)",
        "{} | compare({ status = error }, 10)",
        "{ 1h30m < duration }",
        "{} | rate() by (span:${by})",
        "{} | rate() by (trace:$f, event:${x}.y, ${scope}:status)",
        r#"{ ${scope}.http-route = "a" && resource.$[[x]] = 1 && sp${rest} = 2 }"#,
        "{} | rate() | $more",
        "{ span:duration*2 > 1s && span:duration-1ms > 0 }",
        "select(span.x)",
        r#"{ name =~ "(?i)a.*|[*+]x" }"#,
    ] {
        fine(query);
    }
}

#[test]
fn a_variable_that_may_stand_for_anything_makes_no_mistake() {
    for query in [
        "$query",
        "{ $filters",
        "${filter} | rate()",
        "{ $a $b }",
        "{ .x = 1 $more }",
    ] {
        assert_eq!(analyze(query).problems, [], "{query}");
    }
    check(
        "{ service.name = $x }",
        ProblemKind::Unscoped,
        "service.name",
        Some("resource.service.name"),
    );
}

#[test]
fn a_trace_id_and_nothing_are_no_queries() {
    assert!(analyze("4bf92f3577b34da6a3ce929d0e0e4736").trace_id);
    assert!(analyze(" ").empty);
}

#[test]
fn a_metrics_query_names_its_functions_and_the_newest_release_it_needs() {
    let found = analyze("{ kind = server } | rate() by(resource.service.name) | topk(3)");
    assert!(found.metrics);
    let functions = found
        .functions
        .iter()
        .map(|function| (function.name.as_str(), function.stage));
    assert_eq!(functions.collect::<Vec<_>>(), [("rate", 1), ("topk", 2)]);
    assert_eq!(found.newest_feature().unwrap().since, Version::new(2, 8, 0));
}

#[test]
fn hostile_text_ends_in_a_result() {
    for query in [
        "(".repeat(9000),
        "{".repeat(9000),
        "-".repeat(9000),
        format!("{{{}", "!".repeat(9000)),
        "{.é=\"ß".to_owned(),
        "{ a.\"".to_owned(),
        "\u{0}[".to_owned(),
    ] {
        analyze(&query);
    }
    // Every beginning of every query, and every query with a letter taken out.
    for (_, query) in ANSWERS {
        for at in (0..query.len()).filter(|at| query.is_char_boundary(*at)) {
            for problem in analyze(&query[..at]).problems {
                assert!(query[..at].get(problem.span).is_some());
            }
            analyze(&format!("{}{}", &query[..at], query.get(at + 1..).unwrap_or_default()));
        }
    }
}
