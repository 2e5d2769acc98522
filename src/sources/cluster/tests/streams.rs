//! Logs that come slowly or in parts, and runs that the user ends.

use super::*;
use crate::evidence::logs::Truncation;

const REFUSED: &str = "2026-11-25T13:00:00.1Z error dial tcp: connection refused\n";

#[test]
fn of_a_log_that_breaks_off_what_came_before_counts() {
    let run = run_keeping(target(), |path, _| {
        let current = path.contains("/log?") && !path.contains("previous");
        current.then_some(Reply::Trickle(&[
            REFUSED,
            "2026-11-25T13:00:01.1Z Authorization: Bearer s3cr3t",
            "-t0ken",
        ]))
    });
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(
        gaps(evidence),
        ["get pods/log tracing/otel-collector-1 (main): no answer within 0.3 s"]
    );
    let [part, previous] = &evidence.logs[..] else {
        panic!("{:?}", evidence.logs);
    };
    assert_eq!((part.summary.groups[0].count, part.summary.lines), (1, 2));
    let why = Truncation::ReadFailed("no answer within 0.3 s".to_owned());
    assert_eq!(part.summary.truncated, Some(why));
    assert_eq!(
        part.lines.as_deref().map(|lines| std::str::from_utf8(lines).unwrap()),
        Some(
            "2026-11-25T13:00:00.1Z error dial tcp: connection refused\n2026-11-25T13:00:01.1Z Authorization: Bearer <redacted>"
        )
    );
    assert_eq!(previous.summary.truncated, None);
}

#[test]
fn the_text_of_a_log_is_kept_only_where_it_is_wanted() {
    let run = run(target(), |_, _| None);
    let evidence = run.result.unwrap();
    assert!(evidence.logs.len() == 2 && evidence.logs.iter().all(|log| log.lines.is_none()));
}

#[test]
fn a_log_that_the_server_cuts_is_known_to_be_cut() {
    let mut target = target();
    target.logs = target.logs.map(|window| LogWindow { bytes: 80, ..window });
    let run = run_keeping(target, |path, _| {
        assert!(!path.contains("/log?") || path.contains("limitBytes=80"));
        None
    });
    let log = &run.result.unwrap().logs[0];
    assert_eq!(log.summary.truncated, Some(Truncation::ByteLimit));
    assert_eq!((log.summary.bytes, log.lines.as_ref().map(Vec::len)), (79, Some(79)));
}

#[test]
fn a_log_that_is_asked_for_again_counts_once() {
    let run = run(target(), |path, count| match (path.contains("/log?"), count) {
        (true, 1) => Some(Reply::BrokenOff(REFUSED)),
        (true, _) => Some(Reply::Text(REFUSED)),
        _ => None,
    });
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(gaps(evidence), [""; 0]);
    assert_eq!(evidence.logs[0].summary.groups[0].count, 1);
}

#[test]
fn a_log_that_always_breaks_off_is_a_part_and_a_gap() {
    let run = run(target(), |path, _| {
        path.contains("/log?").then_some(Reply::BrokenOff(REFUSED))
    });
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(
        gaps(evidence)[0],
        "get pods/log tracing/otel-collector-1 (main): the answer broke off: gone"
    );
    let log = &evidence.logs[0].summary;
    assert!(log.groups[0].count == 1 && log.truncated.is_some());
}

#[test]
fn whoever_presses_ctrl_c_is_told_what_is_known() {
    let run = run(target(), |path, _| path.contains("/pods?").then_some(Reply::Interrupt));
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(gaps(evidence), ["list pods tracing: stopped by you before it was read"]);
    assert_eq!(evidence.resources.of_kind("Deployment").count(), 2);
    assert!(run.took < Duration::from_millis(250), "{:?}", run.took);
}

#[test]
fn a_run_that_is_ended_before_anything_came_is_incomplete_and_not_unreachable() {
    for first in ["/apis", "/deployments"] {
        let run = match first {
            "/apis" => run(target(), |_, _| Some(Reply::Interrupt)),
            _ => run(target(), |path, _| path.contains('?').then_some(Reply::Interrupt)),
        };
        let evidence = run.result.unwrap();
        assert!(evidence.resources.is_empty() && !evidence.gaps.is_empty());
        let stopped = |gap: &String| gap.ends_with("stopped by you before it was read");
        assert!(gaps(&evidence).iter().all(stopped), "{first} {:?}", gaps(&evidence));
    }
}
