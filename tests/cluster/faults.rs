//! What a run makes of a server that is slow, busy, broken or odd: each fault stands in front of the real server.

use crate::fault::{Asked, Fault, Proxy, Rule};
use crate::harness::{Cluster, Output, execute, run_by};
use crate::scenarios::{findings, gaps, json};
use crate::wire::Address;
use serde_json::{Value, json};
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The namespaces of the broken stack.
const BROKEN: [&str; 4] = ["-n", "monitoring", "-n", "rocketchat"];
/// The namespaces of the healthy stack.
const HEALTHY: [&str; 4] = ["-n", "tracing", "-n", "storefront"];

struct Run {
    output: Output,
    asked: Vec<Asked>,
    took: Duration,
}

impl Run {
    fn report(&self) -> Value {
        json(&self.output)
    }

    /// How often a path was asked for that holds a part.
    fn times(&self, part: &str) -> usize {
        self.asked.iter().filter(|(path, ..)| path.contains(part)).count()
    }
}

fn proxy(cluster: &Cluster, rule: Rule) -> Proxy {
    Proxy::start(Address::new(cluster.port, &cluster.path("ca.crt")), rule)
}

fn run(cluster: &Cluster, rule: Rule, arguments: &[&[&str]]) -> Run {
    let proxy = proxy(cluster, rule);
    let kubeconfig = cluster.kubeconfig("admin", &proxy.server);
    let started = Instant::now();
    let output = cluster.doctor_by(&kubeconfig, &arguments.concat());
    Run {
        output,
        took: started.elapsed(),
        asked: proxy.take(),
    }
}

/// What is found without any fault.
fn undisturbed(cluster: &Cluster, scope: &[&str]) -> Vec<String> {
    findings(&json(&cluster.doctor("admin", &[scope, &["-o", "json"]].concat())))
}

/// Gaps but for the logs that the played kubelets do not have.
fn other_gaps(report: &Value) -> Vec<String> {
    gaps(report)
        .into_iter()
        .filter(|gap| !gap.contains("pods/log"))
        .collect()
}

pub(crate) fn a_list_that_hangs(cluster: &Cluster) {
    let hangs: Rule = |path, _| path.contains("/monitoring/services?").then_some(Fault::Hang);
    let run = run(cluster, hangs, &[&BROKEN, &["--timeout", "6s", "-o", "json"]]);
    assert!(run.took < Duration::from_secs(7), "{:?}", run.took);
    let report = run.report();
    let said = gaps(&report);
    assert!(
        said.iter().any(|gap| gap.starts_with("list services monitoring: ")),
        "{said:?}"
    );
    assert!(
        findings(&report)
            .iter()
            .any(|one| one.starts_with("memory-limiter-no-check-interval")),
        "what was read before is judged: {report}"
    );
}

pub(crate) fn all_lists_hang(cluster: &Cluster) {
    let hangs: Rule = |path, _| path.contains("limit=").then_some(Fault::Hang);
    let run = run(cluster, hangs, &[&HEALTHY, &["--timeout", "2s"]]);
    assert!(run.took < Duration::from_millis(3_500), "{:?}", run.took);
    assert_eq!(run.output.code, 4, "{}{}", run.output.stdout, run.output.stderr);
    let nothing: Rule = |_, _| Some(Fault::Hang);
    let run = super::faults::run(cluster, nothing, &[&HEALTHY, &["--timeout", "1s"]]);
    assert_eq!(run.output.code, 5, "{}", run.output.stderr);
    assert!(run.output.stderr.contains("cannot be reached"), "{}", run.output.stderr);
}

pub(crate) fn a_slow_cluster(cluster: &Cluster) {
    let slow: Rule = |path, _| {
        let late = path.contains("/pods") || path.contains("/configmaps");
        late.then_some(Fault::Late(Duration::from_secs(20)))
    };
    let run = run(cluster, slow, &[&HEALTHY, &["--timeout", "5s"]]);
    assert!(run.took < Duration::from_millis(6_500), "{:?}", run.took);
    let Output { code, stdout, stderr } = &run.output;
    assert_eq!(*code, 4, "{stdout}{stderr}");
    assert!(stdout.contains("the time of the run (--timeout) was over"), "{stdout}");
    assert!(stdout.contains("Deployment tracing/otel-gateway"), "{stdout}");
    let allowed = super::faults::run(cluster, slow, &[&HEALTHY, &["--timeout", "2s", "--allow-incomplete"]]);
    assert_eq!(allowed.output.code, 0, "{}", allowed.output.stderr);
}

/// The exact body of a real server.
const EXPIRED: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{"continue":"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTF9"},"status":"Failure","message":"The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.","reason":"Expired","code":410}"#;
const BUSY: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too many requests, please try again later","reason":"TooManyRequests","details":{"retryAfterSeconds":1},"code":429}"#;

pub(crate) fn pages_and_busy_answers(cluster: &Cluster) {
    let expected = undisturbed(cluster, &BROKEN);
    // Real pages of the real server, one of which expires once.
    let expires: Rule = |path, _| {
        static EXPIRED_ONCE: AtomicBool = AtomicBool::new(false);
        let second_page = path.contains("/monitoring/services?") && path.contains("continue=");
        match second_page && !EXPIRED_ONCE.swap(true, Ordering::Relaxed) {
            true => Some(Fault::Answer(410, "", EXPIRED)),
            false => path.contains("limit=500").then_some(Fault::SmallPages),
        }
    };
    let once = run(cluster, expires, &[&BROKEN, &["-o", "json"]]);
    assert_eq!(other_gaps(&once.report()), [""; 0]);
    assert_eq!(findings(&once.report()), expected);
    assert!(
        once.times("/monitoring/services?limit=500&continue=") >= 2,
        "{:?}",
        once.asked
    );
    let busy: Rule = |path, count| {
        let once = path.contains("/monitoring/services?") && count == 1;
        once.then_some(Fault::Answer(429, "Retry-After: 1\r\n", BUSY))
    };
    let busy = run(cluster, busy, &[&BROKEN, &["-o", "json"]]);
    assert_eq!(
        (other_gaps(&busy.report()), findings(&busy.report())),
        (Vec::new(), expected)
    );
    assert_eq!(busy.times("/monitoring/services?"), 2);
    assert!(busy.took >= Duration::from_secs(1), "{:?}", busy.took);
    let never: Rule = |path, _| {
        let services = path.contains("/monitoring/services?");
        services.then_some(Fault::Answer(500, "Retry-After: 0\r\n", "etcdserver: leader changed"))
    };
    let never = run(cluster, never, &[&BROKEN, &["-o", "json"]]);
    assert_eq!(
        other_gaps(&never.report()),
        ["list services monitoring: the API server answered 500: etcdserver: leader changed"]
    );
    assert_eq!(never.times("/monitoring/services?"), 4, "at most three times again");
}

pub(crate) fn answers_in_part(cluster: &Cluster) {
    let expected = undisturbed(cluster, &BROKEN);
    let once: Rule = |path, count| (path.contains("/deployments?") && count == 1).then_some(Fault::CutOff);
    let once = run(cluster, once, &[&BROKEN, &["-o", "json"]]);
    assert_eq!(
        (other_gaps(&once.report()), findings(&once.report())),
        (Vec::new(), expected)
    );
    let always: Rule = |path, _| path.contains("/rocketchat/deployments?").then_some(Fault::CutOff);
    let always = run(cluster, always, &[&BROKEN, &["-o", "json"]]);
    let said = other_gaps(&always.report());
    assert!(
        said[0].starts_with("list deployments rocketchat: the answer broke off"),
        "{said:?}"
    );
    assert_eq!(always.times("/rocketchat/deployments?"), 4);
    let half: Rule = |path, _| path.contains("/rocketchat/deployments?").then_some(Fault::Half);
    let half = run(cluster, half, &[&BROKEN, &["-o", "json"]]);
    let said = other_gaps(&half.report());
    assert!(
        said[0].starts_with("list deployments rocketchat: the answer cannot be read"),
        "{said:?}"
    );
    assert!(
        findings(&half.report())
            .iter()
            .any(|one| one.starts_with("memory-limiter-no-check-interval")),
        "the rest is judged"
    );
}

const UNAUTHORIZED: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#;

pub(crate) fn a_token_that_expires_on_the_way(cluster: &Cluster) {
    let expires: Rule = |path, _| {
        path.contains("/configmaps")
            .then_some(Fault::Answer(401, "", UNAUTHORIZED))
    };
    let run = run(cluster, expires, &[&HEALTHY, &["-o", "json"]]);
    assert_eq!(run.output.code, 4, "{}", run.output.stderr);
    let said = other_gaps(&run.report());
    assert!(
        !said.is_empty()
            && said
                .iter()
                .all(|gap| gap.ends_with("the credentials are not accepted (401)")),
        "{said:?}"
    );
    let paths: std::collections::BTreeSet<&String> = run.asked.iter().map(|(path, ..)| path).collect();
    assert_eq!(paths.len(), run.asked.len(), "nothing is asked twice");
}

/// Values that no release of Kubernetes has yet, and items that are no objects.
fn odd(list: &mut Value) {
    let Some(items) = list["items"].as_array_mut() else {
        return;
    };
    for item in items.iter_mut() {
        item["spec"]["type"] = match item["spec"]["type"].as_str() {
            Some("ClusterIP") | None => item["spec"]["type"].clone(),
            Some(_) => json!("Quantum"),
        };
        item["spec"]["internalTrafficPolicy"] = json!("Sideways");
        item["spec"]["strategy"] = json!({"type": "BlueGreen", "blueGreen": {"x": [1, null]}});
        item["status"]["conditions"] = json!([{"type": "Levitating", "status": "Perhaps"}, 7, null]);
        item["metadata"]["managedFields"] = json!("none");
        item["somethingNew"] = json!({"a": [[], {}, 1.5e300, "\u{0}"]});
    }
    items.extend([
        json!(7),
        json!(null),
        json!([]),
        json!({}),
        json!({"metadata": {"name": ""}}),
        json!({"metadata": {"name": "odd-one", "namespace": "monitoring", "labels": 3}, "spec": {"type": {}, "ports": "all", "selector": [1], "template": 4}}),
        json!({"metadata": {"name": "odd-two", "namespace": "monitoring"}, "spec": null}),
    ]);
}

pub(crate) fn odd_objects(cluster: &Cluster) {
    let expected = undisturbed(cluster, &BROKEN);
    let changed: Rule = |path, _| {
        let listed = ["/services?", "/deployments?", "/statefulsets?", "/daemonsets?"];
        listed
            .iter()
            .any(|part| path.contains(part))
            .then_some(Fault::Changed(odd))
    };
    let run = run(cluster, changed, &[&BROKEN, &["-o", "json"]]);
    let report = run.report();
    assert_eq!(findings(&report), expected);
    assert_eq!(other_gaps(&report), [""; 0]);
    assert_eq!(report["broken"], json!([]));
}

/// A log that comes slowly: what came is judged, and that it is not all is said.
pub(crate) fn a_slow_log(cluster: &Cluster) {
    let said = "Error: failed to build pipelines: failed to create \"memory_limiter\" processor, in pipeline \"traces\": checkInterval must be greater than zero";
    let filler = "2026-11-25T13:00:00.000Z\tinfo\tTracesExporter\t{\"kind\": \"exporter\", \"resource spans\": 1}\n"
        .repeat(4_000);
    let file = cluster.container_log("slow.log", &format!("{said}\n{filler}"));
    cluster.apply(&format!(
        "apiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterLogs\nmetadata: {{name: slow}}\nspec:\n  selector: {{matchNamespaces: [monitoring]}}\n  logs: [{{containers: [otel-collector], logsFile: {file}}}]\n"
    ));
    cluster.wait_for("the log", |cluster| {
        let log = cluster.kubectl(&["logs", "-n", "monitoring", "deployment/otel-collector"]);
        log.stdout.contains("checkInterval")
    });
    let slow: Rule = |path, _| {
        let collector = path.contains("/log?container=otel-collector&");
        collector.then_some(Fault::Slow(4096, Duration::from_millis(700)))
    };
    let run = run(cluster, slow, &[&["-n", "monitoring", "--timeout", "4s", "-o", "json"]]);
    // The whole log would take a minute.
    assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
    let report = run.report();
    assert!(
        gaps(&report)
            .iter()
            .any(|gap| gap.contains("(otel-collector): no answer within 2 s")),
        "{:?} {:?}",
        gaps(&report),
        run.asked
    );
    let found = report["findings"].as_array().unwrap().iter();
    let found = found
        .filter(|one| one["id"] == "memory-limiter-no-check-interval")
        .map(|one| one["evidence"].to_string())
        .collect::<String>();
    assert!(found.contains("checkInterval must be greater than zero"), "{found}");
    let _ = cluster.kubectl(&["delete", "clusterlogs.kwok.x-k8s.io", "slow"]);
}

/// Ctrl-C while a list hangs: what is known is printed, and that it is not all.
pub(crate) fn ctrl_c(cluster: &Cluster) {
    let hangs: Rule = |path, _| path.contains("/pods?").then_some(Fault::Hang);
    let proxy = proxy(cluster, hangs);
    let kubeconfig = cluster.kubeconfig("admin", &proxy.server);
    let mut command = run_by(&kubeconfig, &HEALTHY);
    command
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .env("NO_PROXY", "*");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let mut asked = Vec::new();
    while !asked.iter().any(|(path, ..): &Asked| path.contains("/pods?")) {
        assert!(started.elapsed() < Duration::from_secs(10), "{asked:?}");
        std::thread::sleep(Duration::from_millis(50));
        asked.extend(proxy.take());
    }
    let pressed = Instant::now();
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    let status = child.wait().unwrap();
    assert!(pressed.elapsed() < Duration::from_secs(3), "{:?}", pressed.elapsed());
    assert_eq!(status.code(), Some(4), "{stdout}");
    assert!(
        stdout.contains("stopped by you before it was read") && stdout.contains("Deployment tracing/otel-gateway"),
        "{stdout}"
    );
}

/// Progress is shown to a person at a terminal only, and is gone at the end.
pub(crate) fn progress(cluster: &Cluster) {
    let has_script = Command::new("script")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_script {
        crate::say("    SKIPPED: no `script`, which makes a terminal");
        return;
    }
    let slow: Rule = |path, _| {
        path.contains("/pods?")
            .then_some(Fault::Late(Duration::from_millis(800)))
    };
    let proxy = proxy(cluster, slow);
    let kubeconfig = cluster.kubeconfig("admin", &proxy.server);
    let at_terminal = |tail: &str| {
        let program = assert_cmd::cargo::cargo_bin("tracedoctor");
        let line = format!(
            "{} run --kubeconfig {} -n tracing -n storefront {tail}",
            program.display(),
            kubeconfig.display()
        );
        let mut command = Command::new("script");
        command
            .args(["-qefc", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        execute(command, "").stdout
    };
    let watched = at_terminal("");
    assert!(watched.contains("reading pods ("), "{watched:?}");
    let last = watched.rfind("reading ").unwrap();
    let after = &watched[last..];
    assert!(after.contains("\u{1b}[2K") && after.contains("0 errors"), "{after:?}");
    for unwatched in ["-o json | cat", "> /dev/null"] {
        let text = at_terminal(unwatched);
        assert!(
            !text.contains("reading ") && !text.contains("\u{1b}[2K"),
            "{unwatched}: {text:?}"
        );
    }
    let piped = cluster.doctor("admin", &HEALTHY);
    assert!(!(piped.stdout + &piped.stderr).contains('\u{1b}'));
    assert!(!cluster.doctor("admin", &HEALTHY).stderr.contains("reading "));
}
