//! Asking pods through a server made of a function.

use super::super::progress::Progress;
use super::*;
use http::{Request, Response};
use kube::client::Body;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Status and body of a path that is asked for the n-th time; `None`: no answer.
type Reply = fn(&str, usize) -> Option<(u16, Vec<u8>)>;

fn asked(names: &[(&str, &str, u16, &str)], observe: Option<Duration>, reply: Reply) -> (Answers, Vec<String>) {
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let record = log.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        assert_eq!(request.method(), http::Method::GET);
        let path = request.uri().to_string();
        let count = {
            let mut log = record.lock().unwrap();
            log.push(path.clone());
            log.iter().filter(|one| **one == path).count()
        };
        let reply = reply(&path, count);
        async move {
            let Some((status, body)) = reply else {
                return std::future::pending().await;
            };
            let builder = Response::builder()
                .status(status)
                .header("Date", "Wed, 25 Nov 2026 21:40:45 GMT");
            Ok::<_, tower::BoxError>(builder.body(Body::from(body)).unwrap())
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let wanted = names.iter().map(|(namespace, pod, port, path)| Wanted {
        namespace: (*namespace).to_owned(),
        pod: (*pod).to_owned(),
        question: Question {
            port: *port,
            path: (*path).to_owned(),
            tls: false,
        },
    });
    let found = runtime.block_on(async {
        let client = kube::Client::new(service, "default");
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let api = Api::new(
            client,
            Duration::from_secs(20),
            Duration::from_millis(200),
            stopped,
            Progress::new(None),
        );
        ask(&api, wanted.collect(), observe).await
    });
    let log = log.lock().unwrap().clone();
    (found, log)
}

fn status(code: u16, reason: &str) -> Option<(u16, Vec<u8>)> {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "code": code});
    Some((code, body.to_string().into_bytes()))
}

fn names(answers: &Answers) -> Vec<String> {
    answers.answers.iter().map(|answer| answer.name.file()).collect()
}

fn gaps(answers: &Answers) -> Vec<String> {
    let gaps = answers.gaps.iter();
    gaps.map(|gap| {
        format!(
            "{} {}: {}",
            gap.namespace.as_deref().unwrap_or_default(),
            gap.name.as_deref().unwrap_or_default(),
            gap.reason
        )
    })
    .collect()
}

const TEMPO: [(&str, &str, u16, &str); 4] = [
    ("a", "tempo-0", 3200, "/metrics"),
    ("a", "tempo-0", 3200, "/ready"),
    ("a", "otel-1", 8888, "/metrics"),
    ("b", "otel-2", 8888, "/metrics"),
];

#[test]
fn acceptance_06_a_refusal_is_met_once_in_a_namespace() {
    let (found, log) = asked(&TEMPO, None, |path, _| match path.contains("/namespaces/a/") {
        true => status(403, "pods \"tempo-0\" is forbidden: cannot get resource \"pods/proxy\""),
        false => Some((200, b"otelcol_x 1\ngo_x 1\n".to_vec())),
    });
    assert_eq!(gaps(&found), ["a : forbidden"]);
    assert_eq!(names(&found), ["endpoints/b_otel-2/8888/metrics.at-1795642845"]);
    assert_eq!(found.answers[0].body(), "otelcol_x 1\n");
    assert_eq!(log.len(), 2, "{log:?}");
}

#[test]
fn what_the_program_says_is_told_from_what_the_server_says() {
    let (found, log) = asked(&TEMPO, None, |path, _| match path {
        _ if path.contains("8888") => status(
            503,
            "error trying to reach service: dial tcp 10.0.0.1:8888: connect: connection refused",
        ),
        _ if path.ends_with("/ready") => Some((503, b"Ingester not ready".to_vec())),
        _ => Some((404, b"404 page not found\n".to_vec())),
    });
    assert_eq!(
        names(&found),
        [
            "endpoints/a_tempo-0/3200/metrics.404.at-1795642845",
            "endpoints/a_tempo-0/3200/ready.503.at-1795642845"
        ]
    );
    assert_eq!(found.gaps.len(), 2);
    assert!(gaps(&found)[0].starts_with("a otel-1:8888: the API server answered 503: error trying to reach service"));
    assert_eq!(log.len(), 4, "no answer is asked for again");
}

#[test]
fn a_program_that_hangs_stops_no_other_and_is_not_asked_on() {
    let started = Instant::now();
    let (found, log) = asked(&TEMPO, None, |path, _| match path.contains("tempo-0") {
        true => None,
        false => Some((200, Vec::new())),
    });
    assert_eq!(gaps(&found), ["a tempo-0:3200: no answer within 0.2 s"]);
    assert_eq!((found.answers.len(), log.len()), (2, 3));
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[test]
fn counters_are_read_twice_when_asked_for() {
    let wanted = [("a", "otel-1", 8888, "/metrics"), ("a", "otel-1", 13133, "/")];
    let (found, log) = asked(&wanted, Some(Duration::from_secs(1)), |path, count| {
        match path.ends_with("/metrics") {
            true => Some((200, format!("otelcol_x {count}\n").into_bytes())),
            false => Some((200, b"{}".to_vec())),
        }
    });
    assert_eq!(
        names(&found),
        [
            "endpoints/a_otel-1/8888/metrics.at-1795642845",
            "endpoints/a_otel-1/13133/index.at-1795642845",
            "endpoints/a_otel-1/8888/metrics.after-1s.at-1795642845"
        ]
    );
    assert_eq!((found.answers[2].body(), log.len()), ("otelcol_x 2\n", 3));
}

#[test]
fn a_hostile_body_is_bounded() {
    let (found, _) = asked(&TEMPO[..2], None, |path, _| match path.ends_with("/metrics") {
        true => Some((200, b"otelcol_x 1\n".repeat(1 << 20))),
        false => Some((200, vec![0xff; 9 << 20])),
    });
    for answer in &found.answers {
        assert!(answer.name.cut && answer.body().len() <= 3 * crate::evidence::answers::MOST_BYTES);
    }
}

#[test]
fn a_few_running_pods_are_asked() {
    let workload = StageWorkload {
        namespace: "n".to_owned(),
        words: "deployment/n/w".to_owned(),
        selector: "a=b".to_owned(),
        has_logs: true,
        questions: vec![Question {
            port: 8888,
            path: "/metrics".to_owned(),
            tls: true,
        }],
        commands: Vec::new(),
        short: None,
    };
    let pod = |name: &str, phase: &str, restarts: u64| json!({"metadata": {"name": name, "namespace": "n"}, "status": {"phase": phase, "containerStatuses": [{"name": "c", "restartCount": restarts, "ready": true}]}});
    let pods = [
        pod("a", "Running", 0),
        pod("b", "Pending", 9),
        pod("c", "Running", 0),
        pod("d", "Running", 2),
        pod("e", "Running", 0),
    ];
    let pods = pods.map(Object::of);
    let (wanted, note) = wanted(&workload, &pods);
    let paths: Vec<String> = wanted.iter().map(Wanted::request).collect();
    assert_eq!(
        paths,
        ["d", "a", "c"].map(|pod| format!("/api/v1/namespaces/n/pods/https:{pod}:8888/proxy/metrics"))
    );
    assert!(note.unwrap().message.ends_with("the least healthy ones: d, a, c"));
}
