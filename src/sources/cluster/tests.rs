//! An API server made of a function: what is asked, what is made of faults, and that nothing else is asked.

mod guards;
mod quiet;
mod streams;

use super::collect::{Scope, collect};
use super::progress::Progress;
use super::request::Api;
use super::{ClusterError, ClusterErrorKind, LogWindow, Needs, Target, requests};
use crate::evidence::Evidence;
use crate::evidence::logs::{LogPattern, LogScanner};
use crate::evidence::redact::Redactor;
use crate::sources::{LogSearch, Options, bundle};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use kube::client::Body;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the server answers.
#[derive(Debug, Clone)]
enum Reply {
    Json(Value),
    Text(&'static str),
    Status(u16),
    /// A status, and after how many seconds to ask again.
    After(u16, &'static str),
    /// No answer at all.
    Hang,
    /// Half of an answer.
    Cut,
    /// These pieces, and then nothing more.
    Trickle(&'static [&'static str]),
    /// This piece, and then the connection is gone.
    BrokenOff(&'static str),
    /// No answer; the user presses Ctrl-C instead.
    Interrupt,
}

type Piece = Result<Frame<Bytes>, std::io::Error>;

fn whole(bytes: Vec<u8>) -> StreamBody<BoxStream<'static, Piece>> {
    StreamBody::new(futures::stream::iter([Ok(Frame::data(Bytes::from(bytes)))]).boxed())
}

fn piece_of(text: &'static str) -> Piece {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

/// Answers a path when it is asked for the n-th time; `None`: as a healthy small cluster would.
type Answers = fn(&str, usize) -> Option<Reply>;

struct Run {
    result: Result<Evidence, ClusterError>,
    asked: Vec<String>,
    took: Duration,
}

fn run(target: Target, answers: Answers) -> Run {
    run_needing(target, answers, &["configmaps", "pods/log"])
}

fn run_needing(target: Target, answers: Answers, resources: &[&str]) -> Run {
    run_with(target, answers, resources, &Options::default())
}

/// Keeps the lines of logs, as a capture does.
fn run_keeping(target: Target, answers: Answers) -> Run {
    let options = Options {
        keep_logs: true,
        ..Options::default()
    };
    run_with(target, answers, &["configmaps", "pods/log"], &options)
}

fn run_with(target: Target, answers: Answers, resources: &[&str], options: &Options) -> Run {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let record = asked.clone();
    let counts: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let stopping = Arc::new(stop);
    let service = tower::service_fn(move |request: Request<Body>| {
        let path = request.uri().to_string();
        assert_eq!(request.method(), http::Method::GET);
        assert!(
            request.headers()[http::header::USER_AGENT]
                .to_str()
                .unwrap()
                .starts_with("tracedoctor/")
        );
        let metadata_only = request.headers()[http::header::ACCEPT]
            .to_str()
            .unwrap()
            .contains("PartialObject");
        assert!(
            metadata_only || !path.contains("configmaps?"),
            "a list of whole ConfigMaps: {path}"
        );
        record.lock().unwrap().push(path.clone());
        let count = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(path.clone()).or_default();
            *count += 1;
            *count
        };
        let reply = answers(&path, count).unwrap_or_else(|| healthy(&path));
        let stop = stopping.clone();
        async move {
            let response = |status: u16, body: Vec<u8>| Response::builder().status(status).body(whole(body)).unwrap();
            Ok::<_, tower::BoxError>(match reply {
                Reply::Json(value) => response(200, value.to_string().into_bytes()),
                Reply::Text(text) => response(200, text.as_bytes().to_vec()),
                Reply::Status(status) => response(status, json!({"message": "because"}).to_string().into_bytes()),
                Reply::After(status, seconds) => {
                    let builder = Response::builder().status(status).header("Retry-After", seconds);
                    builder.body(whole(Vec::new())).unwrap()
                }
                Reply::Hang => std::future::pending().await,
                Reply::Trickle(pieces) => {
                    let pieces = futures::stream::iter(pieces.iter().map(|piece| piece_of(piece)));
                    let endless = pieces.chain(futures::stream::pending());
                    Response::new(StreamBody::new(endless.boxed()))
                }
                Reply::BrokenOff(piece) => {
                    let pieces = [piece_of(piece), Err(std::io::Error::other("gone"))];
                    Response::new(StreamBody::new(futures::stream::iter(pieces).boxed()))
                }
                Reply::Interrupt => {
                    stop.send_replace(true);
                    std::future::pending().await
                }
                Reply::Cut => response(200, b"{\"items\":[{\"metadata\":{\"name\"".to_vec()),
            })
        }
    });
    let scanner = LogScanner::new(&[LogPattern {
        id: "refused".to_owned(),
        regex: "connection refused".to_owned(),
    }])
    .unwrap();
    let needs = Needs {
        tables: crate::releases::tests::tables(),
        search: &LogSearch::patterns(&scanner),
        resources,
        overlay: None,
        progress: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let started = Instant::now();
    let result = runtime.block_on(async {
        let client = kube::Client::new(service, "default");
        let progress = Progress::default();
        let api = Api::new(client, target.timeout, target.request_timeout, stopped, progress);
        let scope = Scope {
            target: &target,
            cluster: "test (https://test)".to_owned(),
            own_namespace: "tracing".to_owned(),
        };
        collect(&api, &scope, options, &needs).await
    });
    let asked = asked.lock().unwrap().clone();
    Run {
        result,
        asked,
        took: started.elapsed(),
    }
}

fn target() -> Target {
    Target {
        timeout: Duration::from_secs(20),
        request_timeout: Duration::from_millis(300),
        ..Target::default()
    }
}

fn in_namespaces(names: &[&str]) -> Target {
    Target {
        namespaces: names.iter().map(|name| (*name).to_owned()).collect(),
        ..target()
    }
}

/// A cluster with one Collector in the namespace `tracing`, and one program that has nothing to do with it.
fn healthy(path: &str) -> Reply {
    let deployment = |name: &str, image: &str, volumes: Value| {
        json!({
            "metadata": {"name": name, "namespace": "tracing"},
            "spec": {
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "main", "image": image}], "volumes": volumes}
                }
            }
        })
    };
    let (resource, query) = path.split_once('?').unwrap_or((path, ""));
    let list = |items: Value| Reply::Json(json!({"kind": "List", "metadata": {}, "items": items}));
    let tail = resource.rsplit('/').next().unwrap_or_default();
    match (resource, tail) {
        ("/apis", _) => Reply::Json(json!({"groups": [{"name": "apps", "versions": [{"groupVersion": "apps/v1"}]}]})),
        (_, "deployments") if resource.contains("/namespaces/") && !resource.contains("/tracing/") => list(json!([])),
        (_, "deployments") => list(json!([
            deployment(
                "otel-collector",
                "otel/opentelemetry-collector-contrib:0.110.0",
                json!([{"name": "c", "configMap": {"name": "otel-config"}}])
            ),
            deployment(
                "web",
                "httpd:2.4",
                json!([{"name": "c", "configMap": {"name": "web-config"}}])
            ),
        ])),
        (_, "services" | "statefulsets" | "daemonsets") => list(json!([])),
        (_, "configmaps") => list(json!([
            {"metadata": {"name": "otel-config", "namespace": "tracing"}},
            {"metadata": {"name": "web-config", "namespace": "tracing"}},
            {"metadata": {"name": "tempo-datasource", "namespace": "tracing", "labels": {"grafana_datasource": "1"}}},
        ])),
        (_, "otel-config" | "tempo-datasource") => Reply::Json(json!({
            "metadata": {"name": tail, "namespace": "tracing", "managedFields": [
                {"time": "2026-11-25T13:00:00Z", "fieldsV1": {"f:data": {"f:relay": {}}}},
                {"time": "2026-11-25T14:00:00Z", "fieldsV1": {"f:metadata": {}}},
            ]},
            "data": {"relay": "receivers:\n  otlp:\n"}
        })),
        (_, "pods") => {
            assert_eq!(query, "limit=500&labelSelector=app%3Dotel-collector");
            list(json!([{
                "metadata": {"name": "otel-collector-1", "namespace": "tracing"},
                "spec": {"containers": [{"name": "main"}]},
                "status": {"containerStatuses": [{"name": "main", "ready": true, "restartCount": 1, "state": {"running": {}}}]}
            }]))
        }
        (_, "log") => Reply::Text(
            "2026-11-25T13:00:00.1Z error dial tcp: connection refused\n2026-11-25T13:00:01.1Z info ready\n",
        ),
        (_, "tracing") => Reply::Json(json!({"metadata": {"name": "tracing"}})),
        _ => Reply::Status(404),
    }
}

fn gaps(evidence: &Evidence) -> Vec<String> {
    let gaps = evidence.gaps.iter();
    gaps.map(|gap| {
        let place = [gap.namespace.as_deref(), gap.name.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("/");
        format!("{} {} {place}: {}", gap.verb, gap.resource, gap.reason)
    })
    .collect()
}

fn times(run: &Run, part: &str) -> usize {
    run.asked.iter().filter(|path| path.contains(part)).count()
}

#[test]
fn only_what_belongs_to_a_stage_is_read() {
    let run = run(target(), |_, _| None);
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(gaps(evidence), [""; 0]);
    let names: Vec<&str> = evidence
        .resources
        .iter()
        .map(|one| one.reference.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "otel-collector",
            "web",
            "otel-config",
            "tempo-datasource",
            "otel-collector-1"
        ]
    );
    let log = &evidence.logs[0];
    assert_eq!(
        (log.file.as_str(), log.summary.groups[0].count),
        ("pod/tracing/otel-collector-1:main", 1)
    );
    assert!(evidence.logs[1].previous && evidence.logs.len() == 2);
    assert_eq!(times(&run, "web-config") + times(&run, "secrets"), 0);
    assert_eq!(run.asked.len(), 11, "{:#?}", run.asked);
    // Nothing is asked that a dry run would not have said.
    let said = requests(&target(), &["configmaps", "pods/log"]).join("\n");
    for path in &run.asked {
        let resource = path.split('?').next().unwrap().rsplit('/').next().unwrap();
        let known = ["otel-config", "tempo-datasource"].contains(&resource) || said.contains(resource);
        assert!(known, "{path}");
    }
    // A key of a live object is a text of its own: lines count within it.
    let config = evidence.resources.named("ConfigMap", "otel-config").next().unwrap();
    let key = config.document.at(&["data", "relay"]).unwrap();
    let text = config.document.embed(key, Some("relay")).unwrap();
    assert_eq!(text.file().name, "configmap/tracing/otel-config:relay");
    assert_eq!(text.file().line_column(text.outer(11..15).1.start), (2, 1));
    assert!(!config.document.text.content.contains("managedFields"));
    let covers = |kind, namespace| evidence.completeness.covers(kind, Some(namespace));
    assert!(
        covers("Deployment", "anywhere")
            && covers("ConfigMap", "tracing")
            && !covers("ConfigMap", "shop")
            && !covers("Pod", "tracing")
    );
}

#[test]
fn acceptance_06_a_denied_kind_is_a_gap_and_asked_once() {
    let denied = run(target(), |path, _| {
        path.contains("configmaps").then_some(Reply::Status(403))
    });
    let evidence = denied.result.as_ref().unwrap();
    assert_eq!(
        gaps(evidence),
        [
            "get configmaps tracing/otel-config: forbidden",
            "list configmaps tracing: forbidden",
        ]
    );
    assert_eq!(times(&denied, "configmaps?"), 1);
    assert!(!evidence.completeness.covers("ConfigMap", Some("tracing")));
    let logs = run(target(), |path, _| path.contains("/log?").then_some(Reply::Status(403)));
    assert_eq!(gaps(logs.result.as_ref().unwrap()), ["get pods/log tracing: forbidden"]);
}

#[test]
fn acceptance_07_nothing_may_be_listed_is_no_silence() {
    let run = run(target(), |path, _| (path != "/apis").then_some(Reply::Status(403)));
    let error = run.result.unwrap_err();
    assert_eq!(error.kind, ClusterErrorKind::Unreachable);
    assert_eq!(error.message, "test (https://test) lets this account list nothing");
}

#[test]
fn credentials_that_expired_are_said_and_not_tried_again() {
    let run = run(target(), |_, _| Some(Reply::Status(401)));
    assert_eq!(
        run.result.unwrap_err().message,
        "test (https://test) does not accept the credentials (401)"
    );
    assert_eq!(run.asked, ["/apis"]);
}

#[test]
fn an_account_of_one_namespace_sees_that_one() {
    let only_own: Answers = |path, _| {
        let allowed = path.starts_with("/apis") && !path.contains("/apps/") || path.contains("/namespaces/tracing/");
        (!allowed).then_some(Reply::Status(403))
    };
    let own = run(target(), only_own);
    let evidence = own.result.as_ref().unwrap();
    assert_eq!(
        gaps(evidence),
        ["list namespaces : forbidden; only the context's namespace tracing was looked in, name others with -n"]
    );
    assert_eq!(evidence.resources.len(), 5);
    assert!(
        evidence.completeness.covers("Deployment", Some("tracing"))
            && !evidence.completeness.covers("Deployment", Some("shop"))
    );
    let named = run(in_namespaces(&["tracing", "shop"]), only_own);
    let evidence = named.result.as_ref().unwrap();
    assert_eq!(times(&named, "/apis/apps/v1/deployments"), 0);
    assert_eq!(evidence.gaps.len(), 4, "{:?}", gaps(evidence));
    assert_eq!(evidence.resources.len(), 5);
}

#[test]
fn an_unknown_namespace_is_told_from_an_empty_one() {
    let unknown = run(in_namespaces(&["nowhere"]), |_, _| None).result.unwrap_err();
    assert_eq!(
        (unknown.kind, unknown.message.as_str()),
        (
            ClusterErrorKind::Nothing,
            "there is no namespace `nowhere` in test (https://test)"
        )
    );
    let empty = run(in_namespaces(&["empty"]), |path, _| {
        path.ends_with("/namespaces/empty")
            .then(|| Reply::Json(json!({"metadata": {"name": "empty"}})))
    });
    assert!(empty.result.unwrap().resources.is_empty());
}

#[test]
fn acceptance_10_a_list_that_expires_between_pages_is_begun_anew_once() {
    let once = run(target(), |path, count| {
        let page = |name: &str, next: &str| {
            Reply::Json(
                json!({"metadata": {"continue": next}, "items": [{"metadata": {"name": name, "namespace": "tracing"}}]}),
            )
        };
        match (path.contains("/services"), path.contains("continue"), count) {
            (true, false, _) => Some(page("a", "t o")),
            (true, true, 1) => Some(Reply::Status(410)),
            (true, true, _) => Some(page("b", "")),
            _ => None,
        }
    });
    let evidence = once.result.as_ref().unwrap();
    assert_eq!(evidence.resources.of_kind("Service").count(), 2, "each once");
    assert_eq!((times(&once, "/services"), gaps(evidence).len()), (4, 0));
    let twice = run(target(), |path, _| {
        match (path.contains("/services"), path.contains("continue")) {
            (true, false) => Some(Reply::Json(
                json!({"metadata": {"continue": "t"}, "items": [{"metadata": {"name": "a", "namespace": "tracing"}}]}),
            )),
            (true, true) => Some(Reply::Status(410)),
            _ => None,
        }
    });
    let evidence = twice.result.as_ref().unwrap();
    assert_eq!(
        gaps(evidence),
        ["list services : the list changed while it was read, twice (410)"]
    );
    assert_eq!(evidence.resources.of_kind("Service").count(), 1, "what came is kept");
    assert!(!evidence.completeness.covers("Service", Some("n")));
}

#[test]
fn acceptance_10_a_busy_server_is_asked_again_when_it_says() {
    let busy = run(target(), |path, count| {
        (path.contains("/services") && count == 1).then_some(Reply::After(429, "1"))
    });
    assert_eq!(
        (times(&busy, "/services"), gaps(busy.result.as_ref().unwrap()).len()),
        (2, 0)
    );
    assert!(busy.took >= Duration::from_secs(1), "{:?}", busy.took);
    let patient = Target {
        timeout: Duration::from_secs(2),
        ..target()
    };
    let never = run(patient, |path, _| {
        path.contains("/services").then_some(Reply::After(503, "3600"))
    });
    assert_eq!(
        gaps(never.result.as_ref().unwrap()),
        ["list services : the API server answered 503"]
    );
    assert_eq!(times(&never, "/services"), 1, "it would take longer than the run may");
}

#[test]
fn a_server_that_fails_is_asked_three_times_more() {
    let fails = run(target(), |path, _| {
        path.contains("/services").then_some(Reply::After(500, "0"))
    });
    assert_eq!(
        gaps(fails.result.as_ref().unwrap()),
        ["list services : the API server answered 500"]
    );
    assert_eq!(times(&fails, "/services"), 4);
}

#[test]
fn acceptance_09_a_list_that_hangs_or_breaks_off_stops_no_other() {
    let hangs = run(target(), |path, _| {
        path.contains("/statefulsets").then_some(Reply::Hang)
    });
    assert_eq!(
        gaps(hangs.result.as_ref().unwrap()),
        ["list statefulsets : no answer within 0.3 s"]
    );
    assert_eq!(hangs.result.as_ref().unwrap().resources.len(), 5);
    let cut = run(target(), |path, _| path.contains("/statefulsets").then_some(Reply::Cut));
    let gaps = gaps(cut.result.as_ref().unwrap());
    assert!(
        gaps[0].starts_with("list statefulsets : the answer cannot be read"),
        "{gaps:?}"
    );
}

#[test]
fn acceptance_37_the_time_of_the_run_is_kept() {
    let short = Target {
        timeout: Duration::from_millis(500),
        request_timeout: Duration::from_secs(15),
        ..target()
    };
    let slow = run(short.clone(), |path, _| {
        (path.contains("/pods") || path.contains("/services")).then_some(Reply::Hang)
    });
    let evidence = slow.result.as_ref().unwrap();
    assert!(slow.took < Duration::from_millis(1500), "{:?}", slow.took);
    assert!(
        gaps(evidence)
            .iter()
            .any(|gap| gap == "list services : the time of the run (--timeout) was over"),
        "{:?}",
        gaps(evidence)
    );
    assert_eq!(
        evidence.resources.of_kind("Deployment").count(),
        2,
        "what was read is kept"
    );
    let all = run(short, |_, _| Some(Reply::Hang));
    let error = all.result.unwrap_err();
    assert_eq!(
        error.message,
        "test (https://test) cannot be reached: the time of the run (--timeout) was over"
    );
}

#[test]
fn an_empty_cluster_is_no_error() {
    let run = run(target(), |path, _| {
        path.contains('?').then(|| Reply::Json(json!({"items": []})))
    });
    let evidence = run.result.unwrap();
    assert!(evidence.resources.is_empty() && evidence.gaps.is_empty());
    assert_eq!(evidence.source, ["test (https://test), all namespaces"]);
}

#[test]
fn acceptance_13_operators_are_asked_for_only_where_discovery_has_them() {
    let run = run(target(), |path, _| match path.split('?').next().unwrap_or_default() {
        "/apis" => Some(Reply::Json(
            json!({"groups": [{"name": "opentelemetry.io", "versions": [
            {"groupVersion": "opentelemetry.io/v1beta1"}, {"groupVersion": "opentelemetry.io/v1alpha1"}]}]}),
        )),
        "/apis/opentelemetry.io/v1beta1" => Some(Reply::Json(
            json!({"resources": [{"name": "opentelemetrycollectors"}, {"name": "opentelemetrycollectors/status"}]}),
        )),
        "/apis/opentelemetry.io/v1alpha1" => Some(Reply::Json(
            json!({"resources": [{"name": "opentelemetrycollectors"}, {"name": "instrumentations"}]}),
        )),
        "/apis/opentelemetry.io/v1beta1/opentelemetrycollectors"
        | "/apis/opentelemetry.io/v1beta1/namespaces/tracing/opentelemetrycollectors" => Some(Reply::Status(403)),
        "/api/v1/namespaces" => Some(Reply::Json(json!({"items": [{"metadata": {"name": "tracing"}}]}))),
        "/apis/opentelemetry.io/v1alpha1/instrumentations" => Some(Reply::Json(json!({"items": []}))),
        _ => None,
    });
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(
        times(&run, "tempostacks") + times(&run, "v1alpha1/opentelemetrycollectors"),
        0
    );
    assert!(
        gaps(evidence)
            .iter()
            .any(|gap| gap == "list opentelemetrycollectors tracing: forbidden"),
        "{:?}",
        gaps(evidence)
    );
    assert!(evidence.completeness.covers("Instrumentation", Some("x")));
}

/// A cluster whose Collector is not ready, and in which something measures pods.
fn unwell(path: &str) -> Option<Reply> {
    let list = |items: Value| Some(Reply::Json(json!({"metadata": {}, "items": items})));
    let metadata = json!({"name": "otel-collector-1", "namespace": "tracing", "uid": "u"});
    match path.split('?').next().unwrap_or_default() {
        "/apis" => Some(Reply::Json(json!({"groups": [
            {"name": "metrics.k8s.io", "versions": [{"groupVersion": "metrics.k8s.io/v1beta1"}]}]}))),
        "/api/v1/namespaces/tracing/pods" => list(json!([{
            "metadata": metadata,
            "spec": {"containers": [{"name": "main"}]},
            "status": {"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": []}
        }])),
        "/api/v1/namespaces/tracing/events" => list(json!([{
            "metadata": {"name": "e", "namespace": "tracing"}, "involvedObject": {"kind": "Pod", "name": "otel-collector-1", "uid": "u"}}])),
        "/apis/metrics.k8s.io/v1beta1/namespaces/tracing/pods" => {
            list(json!([{"metadata": metadata, "containers": []}]))
        }
        _ => None,
    }
}

const STATES: [&str; 3] = ["configmaps", "events", "pods.metrics.k8s.io"];

#[test]
fn events_are_asked_for_what_is_not_well_and_measurements_where_something_measures() {
    let sick = run_needing(target(), |path, _| unwell(path), &STATES);
    let evidence = sick.result.as_ref().unwrap();
    assert_eq!(gaps(evidence), [""; 0]);
    assert_eq!(evidence.resources.of_kind("Event").count(), 1);
    assert_eq!(evidence.resources.of_kind("PodMetrics").count(), 1);
    let asked: Vec<&String> = sick.asked.iter().filter(|path| path.contains("/events")).collect();
    let fields =
        "type%3DWarning%2CinvolvedObject.kind%3DPod%2CinvolvedObject.name%3Dotel-collector-1%2CinvolvedObject.uid%3Du";
    assert_eq!(
        asked,
        [&format!(
            "/api/v1/namespaces/tracing/events?limit=500&fieldSelector={fields}"
        )]
    );
    // Without something that measures, and with no check that needs events, neither is asked for.
    let plain = run(target(), |path, _| unwell(path).filter(|_| path != "/apis"));
    assert_eq!(times(&plain, "/events") + times(&plain, "metrics.k8s.io"), 0);
    let said = requests(&target(), &STATES).join("\n");
    assert!(said.contains("/events?") && said.contains("/metrics.k8s.io/"), "{said}");
}

#[test]
fn acceptance_06_denied_events_and_measurements_are_gaps() {
    let denied: Answers = |path, _| {
        let is_state = path.contains("/events") || path.contains("/metrics.k8s.io/");
        if is_state {
            Some(Reply::Status(403))
        } else {
            unwell(path)
        }
    };
    let denied = run_needing(target(), denied, &STATES);
    assert_eq!(
        gaps(denied.result.as_ref().unwrap()),
        [
            "list events tracing: forbidden",
            "list pods.metrics.k8s.io tracing: forbidden"
        ]
    );
    assert_eq!((times(&denied, "/events"), times(&denied, "/metrics.k8s.io/")), (1, 1));
}

#[test]
fn a_dry_run_names_every_kind_and_no_secret() {
    let lines = requests(
        &in_namespaces(&["a", "b"]),
        &["configmaps", "networkpolicies", "endpointslices"],
    );
    let text = lines.join("\n");
    for part in [
        "/apis/apps/v1/namespaces/b/daemonsets",
        "metadata only",
        "previous=true",
        "networkpolicies",
        "sinceSeconds=3600&tailLines=5000",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("secrets") && !text.contains("/namespaces/a/serviceaccounts"));
    let window = LogWindow {
        since: Duration::from_millis(1),
        ..LogWindow::default()
    };
    assert!(window.query().contains("sinceSeconds=1&"));
}

/// What could not be read is the same to a run on the bundle: gaps, what is complete, what does not exist, the objects themselves.
#[test]
fn a_bundle_keeps_what_could_not_be_read() {
    let answers: [Answers; 4] = [
        |_, _| None,
        |path, _| path.contains("/services").then_some(Reply::Status(403)),
        |path, _| path.contains("/configmaps/otel-config").then_some(Reply::Status(404)),
        |path, _| path.contains("/pods").then_some(Reply::Status(500)),
    ];
    for answers in answers {
        let evidence = run(target(), answers).result.unwrap();
        let mut bytes = Vec::new();
        bundle::write(&evidence, &Redactor::keyed([7; 32]), &mut bytes).unwrap();
        let scanner = LogScanner::new(&[]).unwrap();
        let search = LogSearch::patterns(&scanner);
        let again = bundle::open(Path::new("-"), &Options::default(), &search, bytes.as_slice()).unwrap();
        assert_eq!(
            (again.taken_from, &again.source),
            (evidence.taken_from, &evidence.source)
        );
        assert_eq!(gaps(&again), gaps(&evidence));
        assert_eq!(again.notes, evidence.notes);
        assert_eq!(again.passed_over, evidence.passed_over);
        assert_eq!(
            format!("{:?}", again.completeness),
            format!("{:?}", evidence.completeness)
        );
        let texts = |evidence: &Evidence| {
            let texts = evidence.resources.iter().map(|one| {
                let text = &one.document.text;
                format!("{} {} {}", one.reference, text.file().name, text.content)
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(texts(&again), texts(&evidence));
    }
}
