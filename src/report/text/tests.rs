//! The text report as a reader sees it.

use super::super::{escape, samples};
use super::*;
use crate::evidence::{Place, Problem, Stage};
use crate::finding::{LabelledSpot, LogSpot, Outcome, Remedy, Severity, Spot, StageSummary, Undecided};

fn render(report: &Report, verbosity: Verbosity) -> String {
    let options = TextOptions {
        verbosity,
        ..TextOptions::default()
    };
    let mut out = Vec::new();
    text(report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn with(findings: Vec<Finding>) -> Report {
    let errors = findings.len();
    Report {
        counts: Counts {
            errors,
            ..Counts::default()
        },
        findings,
        ..Report::default()
    }
}

fn plain(check: &str) -> Finding {
    let text = samples::text("a.yaml", "a: b\n", "File", false);
    samples::finding(
        check,
        Severity::Error,
        "a message",
        Spot::Text(samples::place(&text, "b")),
    )
}

/// Checks that a report says all of `expected`, in this order.
#[track_caller]
fn check(report: &Report, verbosity: Verbosity, expected: &[&str]) {
    let text = render(report, verbosity);
    let mut rest = text.as_str();
    for part in expected {
        let Some(at) = rest.find(part) else {
            panic!("{part:?} is missing, or not in order, in\n{text}");
        };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_finding_of_the_sketch_is_laid_out_like_a_compiler_error() {
    let report = with(vec![samples::wrong_port()]);
    let expected = "\
error[exporter-port-not-on-service]: exporter otlp_grpc/tempo sends to port
    3100, but Service tracing/tempo only has 3200, 4317
  --> manifests/otel-collector.yaml:14:19
      (ConfigMap monitoring/otel-collector, key relay.yaml)
   |
14 |         endpoint: tempo.tracing.svc.cluster.local:3100
   |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  ::: manifests/tempo.yaml:6:5  (Service monitoring/otel-collector)
   |
 6 | /     - {name: http, port: 3200}
 7 | |     - {name: otlp-grpc, port: 4317}
   | |___________________________________- the Service lists these ports
   = why: A Service forwards only the ports it lists. A connection to any other
          port of its cluster IP is refused or times out, so the exporter
          retries until its queue is full and then drops spans, while the
          receiving side looks healthy.
   = logs: 412 times in monitoring/otel-collector-7d9f4b8c6-x2x4q otc-container
           first 2025-11-25T12:00:01.120Z  logs/otel-collector.log:31
           last  2025-11-25T12:15:00.003Z  logs/otel-collector.log:9120
           > 2025-11-25T12:00:01.120Z info internal/retry_sender.go:126
             Exporting failed. Will retry the request … kind\": \"exporter\",
             \"data_type\": \"traces\", \"name\": \"otlp_grpc/tempo\", \"error\":
             \"connection refused\"}
   = assumed: `latest` means Collector 0.140.0, the newest release known here
   = fix: Use a port that the Service lists (OTLP is 4317 over gRPC, 4318 over
          HTTP), or add the port to the Service.
          this change would do it; read it first:
          @@ -14 +14 @@
          -        endpoint: tempo.tracing.svc.cluster.local:3100
          +        endpoint: tempo.tracing.svc.cluster.local:4317
   = more: `tracedoctor explain exporter-port-not-on-service`

1 error, 0 warnings, 0 notes; checks: 0 clear, 0 not applicable, 0 undecided, 0 broken, 0 suppressed
";
    assert_eq!(render(&report, Verbosity::Normal), expected);
}

#[test]
fn eighty_columns_are_enough_but_for_the_counts() {
    let mut then = samples::everything();
    then.overlay = Some(samples::overlay());
    for (report, verbosity) in [
        (&samples::everything(), Verbosity::Normal),
        (&samples::everything(), Verbosity::Verbose),
        (&then, Verbosity::Normal),
        (&then, Verbosity::Verbose),
    ] {
        let text = render(report, verbosity);
        let counts = text.lines().last().unwrap();
        for line in text.lines().filter(|line| *line != counts) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn colours_are_sent_only_when_wanted() {
    let mut styled = Vec::new();
    let options = TextOptions {
        styled: true,
        ..TextOptions::default()
    };
    text(&samples::everything(), &options, &mut styled).unwrap();
    assert!(styled.contains(&0x1b));
    assert!(!render(&samples::everything(), Verbosity::Verbose).contains('\u{1b}'));
}

#[test]
fn symptoms_are_folded_under_their_cause_and_full_when_asked() {
    let report = samples::everything();
    let folded = [
        "error[exporter-port",
        "= explains: 1 more",
        "warning[tempo-receives-nothing]",
        "at logs/tempo.log:77",
        "error[memory",
    ];
    check(&report, Verbosity::Normal, &folded);
    let full = [
        "error[exporter-port",
        "= explains: tempo-receives-nothing",
        "\nwarning[tempo-receives-nothing]",
        "= caused by: exporter-port",
    ];
    check(&report, Verbosity::Verbose, &full);
    assert!(!render(&report, Verbosity::Normal).contains("\nwarning[tempo"));
}

#[test]
fn findings_that_cause_each_other_or_lost_their_cause_stand_for_themselves() {
    let caused = |check: &str, by: &str| Finding {
        caused_by: Some(format!("fp-{by}")),
        ..plain(check)
    };
    let report = with(vec![
        caused("a", "b"),
        caused("b", "a"),
        caused("c", "gone"),
        caused("d", "d"),
        caused("e", "c"),
    ]);
    assert_eq!(roots(&report.findings), [0, 1, 2, 3, 2]);
}

#[test]
fn equal_findings_on_many_rows_stay_separate() {
    let text = render(&with(vec![plain("same"), plain("same")]), Verbosity::Normal);
    assert_eq!(text.matches("error[same]: a message").count(), 2);
}

#[test]
fn of_many_findings_of_one_check_the_first_is_told_in_full() {
    let numbered = |check: &str, number: usize| Finding {
        fingerprint: format!("fp-{check}-{number}"),
        ..plain(check)
    };
    let many = |count: usize| {
        let mut findings: Vec<Finding> = (0..count).map(|number| numbered("same", number)).collect();
        findings.push(plain("other"));
        findings
    };
    let full = |report: &Report, verbosity| render(report, verbosity).matches("error[same]: a message").count();
    assert_eq!(full(&with(many(3)), Verbosity::Normal), 3);
    assert_eq!(full(&with(many(12)), Verbosity::Normal), 1);
    assert_eq!(full(&with(many(12)), Verbosity::Verbose), 12);
    assert_eq!(full(&with(many(12)), Verbosity::Quiet), 12);
    let short = [
        "error[same]",
        "= again: 11 more findings of this check:",
        "… 3 more",
        "error[other]",
    ];
    check(&with(many(12)), Verbosity::Normal, &short);
    // What explains others is told in full, wherever it stands.
    let mut explained = many(5);
    explained.push(Finding {
        caused_by: Some("fp-same-4".to_owned()),
        ..plain("symptom")
    });
    assert_eq!(full(&with(explained), Verbosity::Normal), 2);
}

#[test]
fn places_near_each_other_share_an_excerpt() {
    let text = samples::text("a.yaml", "a:\n  b: 1\n  c: 2\n  d: 3\n", "File", false);
    let also = |label: &str| LabelledSpot {
        spot: Spot::Text(samples::place(&text, "d: 3")),
        label: label.to_owned(),
    };
    let finding = |label: &str| Finding {
        also: vec![also(label)],
        ..samples::finding("x", Severity::Error, "m", Spot::Text(samples::place(&text, "b: 1")))
    };
    check(
        &with(vec![finding("the other one")]),
        Verbosity::Normal,
        &["2 |   b: 1\n  |   ^^^^\n3 |   c: 2\n4 |   d: 3\n  |   ---- the other one\n"],
    );
    let long = "word ".repeat(30);
    check(
        &with(vec![finding(&long)]),
        Verbosity::Normal,
        &["  |   ----\n  = note: line 4: word word"],
    );
}

#[test]
fn a_log_line_is_its_own_excerpt() {
    let log = Spot::Log(LogSpot {
        file: "pod/ns/name:c".to_owned(),
        line: 7,
        excerpt: "a\tline \u{1b}[31m".to_owned(),
    });
    let report = with(vec![samples::finding("x", Severity::Error, "m", log)]);
    check(
        &report,
        Verbosity::Normal,
        &[" --> pod/ns/name:c:7\n  |\n7 | a line ␛[31m\n  |\n"],
    );
}

#[test]
fn a_finding_in_a_secret_shows_place_and_message_only() {
    let text = samples::text("s.yaml", "password: hunter2\n", "Secret", true);
    let spot = Spot::Text(samples::place(&text, "hunter2"));
    let report = with(vec![samples::finding("x", Severity::Error, "m", spot)]);
    check(
        &report,
        Verbosity::Verbose,
        &["error[x]: m\n --> s.yaml:1:11  (Secret monitoring/otel-collector; its text is not shown)\n  = stage"],
    );
    assert!(!render(&report, Verbosity::Verbose).contains("hunter2"));
}

#[test]
fn a_command_is_neither_wrapped_nor_cut() {
    let command = format!("kubectl apply -f {}", "x".repeat(100));
    let finding = Finding {
        remedy: Remedy {
            command: Some(command.clone()),
            ..Remedy::default()
        },
        ..plain("x")
    };
    check(&with(vec![finding]), Verbosity::Normal, &["= fix: run\n", &command]);
}

/// Puts one hostile text into every field that comes from input.
fn hostile() -> Report {
    let bad = "x\u{1b}[2J\u{202e}\u{9b}\r\nerror[forged]: y\u{7}".to_owned();
    let mut report = samples::everything();
    let content = format!("a: \"{bad}\"\n");
    let text = samples::text(&bad, &content, &bad, false);
    for finding in report.findings.iter_mut().chain(&mut report.hints) {
        let log = LogSpot {
            file: bad.clone(),
            line: 1,
            excerpt: bad.clone(),
        };
        finding.spot = Spot::Text(samples::place(&text, "a: \"x"));
        finding.also = vec![
            LabelledSpot {
                spot: Spot::Log(log),
                label: bad.clone(),
            },
            LabelledSpot {
                spot: finding.spot.clone(),
                label: bad.clone(),
            },
        ];
        for text in [
            &mut finding.check,
            &mut finding.message,
            &mut finding.why,
            &mut finding.remedy.text,
            &mut finding.stage.name,
        ] {
            *text = bad.clone();
        }
        finding.remedy.command = Some(bad.clone());
        finding.remedy.diff = Some(format!("@@\n-{bad}\n+{bad}\n"));
        finding.assumptions = vec![bad.clone()];
        finding.references = vec![bad.clone()];
        for evidence in &mut finding.evidence {
            for text in [&mut evidence.file, &mut evidence.container, &mut evidence.sample] {
                *text = bad.clone();
            }
            evidence.first.time = Some(bad.clone());
        }
    }
    for stage in &mut report.stages {
        for text in [&mut stage.program, &mut stage.file, &mut stage.reference.name] {
            *text = bad.clone();
        }
        stage.image = Some(bad.clone());
        stage.assumptions = vec![bad.clone()];
    }
    for row in &mut report.undecided {
        (row.check, row.reason, row.needs) = (bad.clone(), bad.clone(), Some(bad.clone()));
    }
    report.source.arguments = vec![bad.clone()];
    report.gaps[0].reason = bad.clone();
    report.gaps[0].name = Some(bad.clone());
    report.problems[0] = Problem {
        file: bad.clone(),
        line: 1,
        column: 0,
        message: bad.clone(),
        hint: Some(bad.clone()),
    };
    report.notes[0].message = bad.clone();
    report.broken[0].error = bad.clone();
    report.clear = vec![bad.clone()];
    report.not_applicable = vec![(bad.clone(), bad.clone())];
    let mut overlay = samples::overlay();
    overlay.arguments = vec![bad.clone()];
    overlay.assumed_namespace = Some(bad.clone());
    overlay.objects[0].name = bad.clone();
    overlay.objects[0].file = bad.clone();
    overlay.vanished = report.findings.clone();
    overlay.open = vec![(report.findings[0].clone(), bad.clone())];
    overlay.restarts = vec![(bad.clone(), bad.clone())];
    report.overlay = Some(overlay);
    report.outcome = Some(Outcome {
        exit_code: 4,
        reason: bad,
    });
    report
}

#[test]
fn nothing_from_input_reaches_the_terminal_as_a_command() {
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        let text = render(&hostile(), verbosity);
        for character in text.chars().filter(|character| *character != '\n') {
            assert_eq!(escape::stand_in(character), None, "{character:?} in\n{text}");
        }
        assert!(!text.contains("\nerror[forged]"), "{text}");
    }
}

#[test]
fn what_applying_would_change_stands_around_the_findings() {
    let mut report = with(vec![plain("appears")]);
    report.overlay = Some(samples::overlay());
    let expected = [
        "If new/ were applied: 1 new, 1 changed, 1 the same\n  changed ConfigMap monitoring/otel-collector in",
        "  assumed: objects without a namespace are taken to be in monitoring",
        "would appear:\n\nerror[appears]: a message",
        "would vanish:\n  manifests/otel-collector.yaml:14:19: error[exporter-port-not-on-service]:",
        ", with 1 symptom\n",
        "could not be told before it runs:\n",
        "because it was seen while the pods ran\n",
        "has to be started anew:\n",
        "\n      kubectl rollout restart deployment/otel-collector -n monitoring\n",
        "\n2 findings would vanish, 1 could not be told; would appear:\n1 error, 0 warnings",
    ];
    check(&report, Verbosity::Normal, &expected);
    report.findings.clear();
    check(&report, Verbosity::Normal, &["\nnothing would appear\n\nwould vanish:"]);
    assert!(render(&report, Verbosity::Quiet).contains(": vanishes[exporter-port-not-on-service]: "));
}

#[test]
fn quiet_is_one_line_each_and_the_counts() {
    let text = render(&samples::everything(), Verbosity::Quiet);
    assert_eq!(text.lines().count(), 4 + 1 + 1 + 1 + 1);
    assert!(text.starts_with("manifests/otel-collector.yaml:14:19: error[exporter-port-not-on-service]: exporter"));
}

#[test]
fn a_run_without_errors_ends_with_what_would_decide_most() {
    let mut report = samples::everything();
    report.counts.errors = 0;
    report.findings.clear();
    let warned = "no cause is sure in what could be read; a warning above may be it;";
    check(&report, Verbosity::Normal, &[warned]);
    report.counts.warnings = 0;
    let ending = [
        "undecided: 3 checks",
        "no cause seen in what could be read; what would decide most:\n   2 checks  give `--release tempo=2.3.1`\n",
    ];
    check(&report, Verbosity::Normal, &ending);
    (report.problems, report.gaps, report.broken, report.undecided) = Default::default();
    check(&report, Verbosity::Normal, &["\nno cause seen\n\n0 errors"]);
    report.stages.retain(|one| one.reference.stage != Stage::App);
    let expected = ["\nno cause seen\n  no instrumented application was recognised"];
    check(&report, Verbosity::Normal, &expected);
}

#[test]
fn a_run_that_found_nothing_to_judge_does_not_say_that_all_is_well() {
    let mut report = Report::default();
    assert!(
        render(&report, Verbosity::Normal)
            .starts_with("no tracing stage was found, so nothing was judged\n\n0 errors, ")
    );
    report.outcome = Some(Outcome {
        exit_code: 3,
        reason: "nothing to inspect: searched 3 files".to_owned(),
    });
    check(
        &report,
        Verbosity::Normal,
        &["\n\nnothing to inspect: searched 3 files\n0 errors"],
    );
    assert_eq!(render(&report, Verbosity::Quiet).lines().count(), 2);
}

#[test]
fn long_sections_are_cut_unasked_and_whole_when_asked() {
    let mut report = samples::everything();
    let row = report.undecided[0].clone();
    report.undecided = (0..20)
        .map(|number| Undecided {
            reason: format!("reason {number}"),
            ..row.clone()
        })
        .collect();
    let app = report.stages[0].clone();
    report.stages = (0..20)
        .map(|number| StageSummary {
            reference: samples::stage(Stage::App, &format!("Deployment shop/app-{number}")),
            ..app.clone()
        })
        .collect();
    check(
        &report,
        Verbosity::Normal,
        &["app-5", "… 14 more; `--verbose` lists them", "reason 5", "… 14 more"],
    );
    check(&report, Verbosity::Verbose, &["app-19", "reason 19"]);
}

#[test]
fn a_live_object_is_named_by_path_and_its_key_by_line() {
    use crate::evidence::{Document, Origin, ResourceReference, SourceFile, Text};
    use std::sync::Arc;
    let content = "data:\n  relay: |\n    a:\n      b: x\nspec: {y: z}\n";
    let text = Text {
        content: content.into(),
        origin: Origin::File(Arc::new(SourceFile::live("configmap/tracing/otel", content)), 0),
        resource: Arc::new(ResourceReference {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: Some("tracing".to_owned()),
            name: "otel".to_owned(),
        }),
        key: None,
        secret: false,
    };
    let outer = Arc::new(Document::parse(Arc::new(text)).unwrap());
    let own = outer.place(outer.at(&["spec", "y"]).unwrap(), "spec.y");
    let relay = outer
        .embed(outer.at(&["data", "relay"]).unwrap(), Some("relay"))
        .unwrap();
    let relay = Arc::new(Document::parse(relay).unwrap());
    let inner = relay.place(relay.at(&["a", "b"]).unwrap(), "a.b");
    let of = |place: Place| samples::finding("c", Severity::Error, "m", Spot::Text(Arc::new(place)));
    check(
        &with(vec![of(own), of(inner)]),
        Verbosity::Normal,
        &[
            "--> configmap/tracing/otel spec.y",
            "y: z",
            "--> configmap/tracing/otel:relay:2:6",
            "2 |   b: x",
        ],
    );
}
