//! Rows about what runs, as checks see them.

use crate::evidence::logs::parse_timestamp;
use crate::evidence::{Cell, Value};
use crate::facts::schema::Type;
use crate::facts::{Facts, app, build, schema};
use crate::releases::tests::tables;
use crate::topology;
use crate::topology::workload::tests::evidence_of;

const GATEWAY: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: tracing}
spec:
  replicas: 2
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec: {containers: [{name: otc, image: 'otel/opentelemetry-collector-contrib:0.128.0', resources: {limits: {memory: 1Gi}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: tracing}
spec: {selector: {app: gateway}, ports: [{port: 4317}]}
---
";

/// A pod of the Deployment: its name, its revision, and the status of its container.
fn pod(name: &str, hash: &str, status: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: tracing, labels: {{pod-template-hash: {hash}}}, creationTimestamp: '2026-01-0{}T08:00:00Z', \
         ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: gateway-{hash}, controller: true}}]}}\nspec: {{nodeName: one, containers: [{{name: otc}}]}}\n\
         status: {{phase: Running, conditions: [{{type: Ready, status: '{}'}}], containerStatuses: [{{name: otc, {status}}}]}}\n---\n",
        hash.len(),
        if status.contains("ready: true") {
            "True"
        } else {
            "False"
        }
    )
}

fn facts(text: &str, taken_at: Option<&str>) -> Facts {
    let mut evidence = evidence_of(&[("a.yaml", text)]);
    evidence.taken_at = taken_at.and_then(|time| parse_timestamp(time.as_bytes(), None));
    let topology = topology::build(&evidence, tables());
    build(&evidence, tables(), &app::NpmTable::default(), topology).0
}

fn words(cell: &Cell) -> String {
    match &cell.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Text(value) => value.to_string(),
        Value::Unknown(reason) => format!("?{reason}"),
        _ => "…".to_owned(),
    }
}

fn check(facts: &Facts, table: &str, column: &str, expected: &str) {
    let row = &facts.rows(table)[0];
    assert_eq!(words(row.cells.get(column).unwrap()), expected, "{table}.{column}");
}

const WELL: &str = "ready: true, restartCount: 0, state: {running: {startedAt: '2026-01-05T08:00:00Z'}}";

#[test]
fn the_pod_that_is_worst_off_tells_of_a_container() {
    let bad = "ready: false, restartCount: 7, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 139, reason: Error}}";
    let text = [GATEWAY, &pod("a", "x", WELL), &pod("b", "x", bad), &pod("c", "x", bad)].concat();
    let facts = facts(&text, None);
    assert_eq!(facts.rows("container_states").len(), 1);
    for (column, expected) in [
        ("pod", "b"),
        ("pods", "3"),
        ("affected", "2"),
        ("fault", "ends"),
        ("restarts", "7"),
        ("ended", "exit code 139 (SIGSEGV, a crash)"),
        ("ended_ago", "?it is not written when the container ended"),
        ("stage", "collector"),
    ] {
        check(&facts, "container_states", column, expected);
    }
}

#[test]
fn what_keeps_a_container_from_running() {
    let check = |status: &str, expected: &str| {
        let text = [GATEWAY, &pod("a", "x", &format!("ready: false, {status}"))].concat();
        check(&facts(&text, None), "container_states", "fault", expected);
    };
    let waiting = |reason: &str| format!("restartCount: 0, state: {{waiting: {{reason: {reason}}}}}");
    check(&waiting("ContainerCreating"), "null");
    check(&waiting("PodInitializing"), "null");
    check(&waiting("ErrImagePull"), "image");
    check(&waiting("InvalidImageName"), "image");
    check(&waiting("CreateContainerConfigError"), "not_created");
    check(&waiting("SomethingNew"), "null");
    check(&waiting("CrashLoopBackOff"), "ends");
    let ended = |count: i64, code: i64, reason: &str| {
        format!("restartCount: {count}, state: {{terminated: {{exitCode: {code}, reason: {reason}}}}}")
    };
    check(&ended(0, 1, "Error"), "null");
    check(&ended(2, 1, "Error"), "ends");
    check(&ended(2, 0, "Completed"), "null");
    check(&ended(0, 137, "OOMKilled"), "out_of_memory");
    check(&ended(0, 128, "StartError"), "not_created");
    check("restartCount: 3, state: {running: {}}", "null");
    check("restartCount: 3", "null");
}

#[test]
fn a_pod_belongs_to_its_owner_and_to_no_other() {
    let bad = "ready: false, restartCount: 7, state: {waiting: {reason: CrashLoopBackOff}}";
    let other = pod("gateway-b", "x", bad).replace("namespace: tracing", "namespace: staging");
    let orphan = pod("gateway-c", "x", bad).replace("ReplicaSet", "Job");
    let facts = facts(&[GATEWAY, &pod("a", "x", WELL), &other, &orphan].concat(), None);
    check(&facts, "container_states", "pod", "a");
    check(&facts, "container_states", "pods", "1");
}

#[test]
fn a_rollout_is_stuck_when_new_pods_fail_while_old_ones_serve() {
    let status = GATEWAY.replace(
        "---\napiVersion: v1\nkind: Service",
        "status: {readyReplicas: 1, updatedReplicas: 1, observedGeneration: 3}\n---\napiVersion: v1\nkind: Service",
    );
    let new = |status: &str| pod("b", "yy", status);
    let failing = "ready: false, restartCount: 1, state: {waiting: {reason: ImagePullBackOff}}";
    let starting = "ready: false, restartCount: 0, state: {waiting: {reason: ContainerCreating}}";
    let stuck = facts(&[&*status, &pod("a", "x", WELL), &new(failing)].concat(), None);
    check(&stuck, "rollouts", "stuck", "true");
    check(&stuck, "rollouts", "failing", "b");
    check(&stuck, "rollouts", "old_ready", "1");
    let rolling = facts(&[&*status, &pod("a", "x", WELL), &new(starting)].concat(), None);
    check(&rolling, "rollouts", "stuck", "false");
    assert!(
        facts(GATEWAY, None).rows("rollouts").is_empty(),
        "manifests have no status"
    );
}

#[test]
fn ends_are_dated_where_the_time_is_known() {
    let again = "ready: true, restartCount: 1, state: {running: {startedAt: '2026-01-05T08:00:00Z'}}, lastState: {terminated: {exitCode: 1, finishedAt: '2026-01-05T07:59:00Z'}}";
    let text = [GATEWAY, &pod("a", "x", again)].concat();
    check(
        &facts(&text, Some("2026-01-05T09:00:00Z")),
        "container_states",
        "ended_ago",
        "3660",
    );
    check(
        &facts(&text, Some("2026-01-05T09:00:00Z")),
        "container_states",
        "running_for",
        "3600",
    );
    let unknown = "?it is not known when the files were written";
    check(&facts(&text, None), "container_states", "ended_ago", unknown);
}

#[test]
fn what_ends_often_recurs_until_it_has_been_well_for_long() {
    let check = |count: i64, ended: &str, later: &str, taken_at: Option<&str>, expected: &str, assumes: usize| {
        let status = format!(
            "ready: true, restartCount: {count}, state: {{running: {{startedAt: '{ended}'}}}}, lastState: {{terminated: {{exitCode: 137, reason: OOMKilled, finishedAt: '{ended}'}}}}"
        );
        let mut text = [
            GATEWAY,
            &pod("a", "x", &status).replace("2026-01-01T08", "2026-01-05T00"),
        ]
        .concat();
        if !later.is_empty() {
            text += &format!(
                "apiVersion: v1\nkind: Event\nmetadata: {{name: e, namespace: other}}\ninvolvedObject: {{kind: Node, name: n}}\nlastTimestamp: '{later}'\n---\n"
            );
        }
        let facts = facts(&text, taken_at);
        let row = &facts.rows("container_states")[0];
        assert_eq!(
            words(row.cells.get("recurs").unwrap()),
            expected,
            "{count} {ended} {later} {taken_at:?}"
        );
        assert_eq!(
            row.about.assumptions.len(),
            assumes,
            "{count} {ended} {later} {taken_at:?}"
        );
    };
    check(10, "2026-01-05T10:00:00Z", "", None, "true", 1);
    check(10, "2026-01-05T10:00:00Z", "", Some("2026-01-05T12:00:00Z"), "true", 0);
    check(10, "2026-01-05T10:00:00Z", "", Some("2026-01-05T14:00:00Z"), "false", 0);
    check(10, "2026-01-05T10:00:00Z", "2026-01-05T12:00:00Z", None, "true", 1);
    check(10, "2026-01-05T10:00:00Z", "2026-01-09T12:00:00Z", None, "false", 0);
    check(4, "2026-01-05T10:00:00Z", "", None, "false", 0);
    check(10, "soon", "", None, "false", 0);
}

#[test]
fn events_belong_to_the_object_of_the_uid_or_where_none_is_written_of_the_name() {
    let check = |of_pod: &str, of_event: &str, expected: &str| {
        let failing = "ready: false, restartCount: 0, state: {running: {startedAt: '2026-01-05T08:00:00Z'}}";
        let text = format!(
            "{GATEWAY}{}apiVersion: v1\nkind: Event\nmetadata: {{name: e, namespace: tracing}}\ninvolvedObject: {{kind: Pod, namespace: tracing, name: a, fieldPath: 'spec.containers{{otc}}'{of_event}}}\nreason: Unhealthy\nmessage: 'Readiness probe failed: x'\nlastTimestamp: '2026-01-05T08:30:00Z'\n---\n",
            pod("a", "x", failing).replace("metadata: {", &format!("metadata: {{{of_pod}"))
        );
        self::check(&facts(&text, None), "container_states", "failing_probe", expected);
    };
    check("uid: u, ", ", uid: u", "readiness");
    check("uid: u, ", ", uid: other", "null");
    check("", ", uid: u", "readiness");
    check("uid: u, ", "", "readiness");
    check("", "", "readiness");
}

#[test]
fn endpoints_count_each_pod_once() {
    let slice = |name: &str, ready: bool| {
        format!(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: {name}, namespace: tracing, labels: {{kubernetes.io/service-name: gateway}}}}\n\
             endpoints: [{{addresses: [10.0.0.1], conditions: {{ready: {ready}}}, targetRef: {{kind: Pod, name: a}}}}, {{addresses: [10.0.0.2], conditions: {{ready: false}}, targetRef: {{kind: Pod, name: b}}}}]\n---\n"
        )
    };
    let facts = facts(&[GATEWAY, &slice("v4", false), &slice("v6", true)].concat(), None);
    check(&facts, "service_endpoints", "ready", "1");
    check(&facts, "service_endpoints", "not_ready", "1");
    check(&facts, "service_endpoints", "blocked", "false");
}

#[test]
fn what_only_the_pods_have_is_judged_too() {
    let check = |spec: &str, status: &str, expected: &str| {
        let text = pod("a", "x", WELL)
            .replace(
                "containers: [{name: otc}]",
                &format!("containers: [{{name: otc}}], {spec}"),
            )
            .replace("containerStatuses:", &format!("{status}, containerStatuses:"));
        let facts = facts(&format!("{GATEWAY}{text}"), None);
        let rows: Vec<String> = facts.rows("container_states")[1..]
            .iter()
            .map(|row| {
                let of = |column: &str| words(row.cells.get(column).unwrap());
                format!("{} {} {}", of("name"), of("init"), of("fault"))
            })
            .collect();
        assert_eq!(rows, [expected]);
    };
    let loops = "restartCount: 9, ready: false, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1}}";
    let no_image = "restartCount: 0, ready: false, state: {waiting: {reason: ImagePullBackOff}}";
    check(
        "initContainers: [{name: proxy, restartPolicy: Always}]",
        &format!("initContainerStatuses: [{{name: proxy, {loops}}}]"),
        "proxy false ends",
    );
    check(
        "initContainers: [{name: inject}]",
        &format!("initContainerStatuses: [{{name: inject, {no_image}}}]"),
        "inject true image",
    );
    check(
        "initContainers: [{name: inject}]",
        "initContainerStatuses: [{name: inject, restartCount: 0, ready: true, state: {terminated: {exitCode: 0}}}]",
        "inject true null",
    );
}

#[test]
fn a_pod_that_is_not_ready_for_days_blocks_its_service() {
    let check = |since: &str, newest: &str, expected: &str| {
        let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: g, namespace: tracing, labels: {kubernetes.io/service-name: gateway}}\n\
             endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}, targetRef: {kind: Pod, name: a}}]\n---\n";
        let waits = format!("ready: false, restartCount: 0, state: {{running: {{startedAt: '{since}'}}}}");
        let sick = pod("a", "x", &waits).replace(
            "status: 'False'",
            &format!("status: 'False', lastTransitionTime: '{since}'"),
        );
        // Another workload tells how late it was.
        let other = GATEWAY.split("---").next().unwrap().replace("gateway", "other");
        let well = pod("b", "x", WELL).replace("gateway-x", "other-x").replace(
            "status: 'True'",
            &format!("status: 'True', lastTransitionTime: '{newest}'"),
        );
        let facts = facts(&[GATEWAY, &sick, slice, &other, "---\n", &well].concat(), None);
        self::check(&facts, "service_endpoints", "blocked", expected);
    };
    check("2026-01-03T08:00:00Z", "2026-01-06T08:00:00Z", "true");
    check("2026-01-06T07:58:00Z", "2026-01-06T08:00:00Z", "false");
}

#[test]
fn odd_objects_break_nothing() {
    let odd = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: tracing, ownerReferences: 7}\nspec: {containers: [{name: otc, image: 'grafana/tempo:2.8.2'}]}\nstatus: {conditions: {}, containerStatuses: [7, {name: otc, restartCount: x, state: []}]}\n---\n\
               apiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: tracing}\ninvolvedObject: [1]\n---\napiVersion: v1\nkind: Event\nmetadata: {name: f, namespace: tracing}\n\
               involvedObject: {kind: Pod, namespace: tracing, name: a}\nreason: 7\ncount: many\nlastTimestamp: yesterday\n---\n\
               apiVersion: metrics.k8s.io/v1beta1\nkind: PodMetrics\nmetadata: {name: a, namespace: tracing}\ncontainers: {otc: 1}\n---\n\
               apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, namespace: tracing, labels: {kubernetes.io/service-name: gateway}}\nendpoints: [7]\n---\n";
    let facts = facts(&[GATEWAY, odd].concat(), Some("2026-01-05T09:00:00Z"));
    check(&facts, "container_states", "fault", "null");
}

#[test]
fn every_cell_fits_the_schema() {
    let bad = "ready: false, restartCount: 7, image: x, state: {waiting: {reason: CrashLoopBackOff, message: m}}, lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: '2026-01-05T08:00:00Z'}}";
    let text = [GATEWAY, &pod("a", "x", bad), &pod("b", "x", WELL)].concat();
    let facts = facts(&text, Some("2026-01-05T09:00:00Z"));
    for table in schema::state::TABLES {
        for row in facts.rows(table.name) {
            for (column, cell) in row.cells.fields().unwrap() {
                let kind = table.column(column).unwrap().kind;
                let fits = matches!(
                    (&cell.value, kind),
                    (Value::Null | Value::Unknown(_), _)
                        | (_, Type::Any | Type::List(_))
                        | (Value::Text(_), Type::Text)
                        | (Value::Int(_), Type::Int)
                        | (Value::Bool(_), Type::Bool)
                        | (Value::Link(_), Type::Row(_))
                );
                assert!(fits, "{}.{column}: {}", table.name, words(cell));
            }
        }
    }
}

#[test]
fn claims_that_pods_wait_for_say_why_they_are_not_bound() {
    let pod = |index: usize, volumes: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: gateway-7d9c5f6b8-{index}, namespace: tracing, labels: {{pod-template-hash: 7d9c5f6b8}}, ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: gateway-7d9c5f6b8, controller: true}}]}}\nspec: {{containers: [{{name: otc}}], volumes: [{volumes}]}}\nstatus: {{phase: Pending, conditions: [{{type: PodScheduled, status: 'False', reason: Unschedulable, message: x, lastTransitionTime: '2026-01-05T08:00:00Z'}}]}}\n---\n"
        )
    };
    let claim = |name: &str, uid: &str, spec: &str, phase: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: {name}, namespace: tracing, uid: {uid}}}\nspec: {{{spec}}}\nstatus: {{phase: {phase}}}\n---\n"
        )
    };
    let event = |name: &str, uid: &str, reason: &str, last: &str| {
        format!(
            "apiVersion: v1\nkind: Event\nmetadata: {{name: {name}-{reason}-{last}, namespace: tracing}}\ninvolvedObject: {{kind: PersistentVolumeClaim, namespace: tracing, name: {name}, uid: {uid}}}\nreason: {reason}\nmessage: about {reason}\ncount: 3\nfirstTimestamp: '2026-01-05T08:00:00Z'\nlastTimestamp: '2026-01-05T08:0{last}:00Z'\n---\n"
        )
    };
    let named = |name: &str| format!("{{name: v, persistentVolumeClaim: {{claimName: {name}}}}}");
    let check = |text: &str, taken_at: Option<&str>, expected: &[&str]| {
        let facts = facts(&format!("{GATEWAY}{text}"), taken_at);
        let columns = [
            "name",
            "claims",
            "phase",
            "storage_class",
            "reason",
            "seconds",
            "lasting",
        ];
        let rows: Vec<String> = facts
            .rows("claims")
            .iter()
            .map(|row| columns.map(|column| words(row.cells.get(column).unwrap())).join(" "))
            .collect();
        assert_eq!(rows, expected);
    };
    // The last word counts, of this claim and not of one that had its name before, and only what is said of binding.
    let open = [
        pod(1, &named("a")),
        claim("a", "u", "storageClassName: fast", "Pending"),
        event("a", "u", "WaitForFirstConsumer", "1"),
        event("a", "u", "ProvisioningFailed", "2"),
        event("a", "u", "Resizing", "4"),
        event("a", "old", "ClaimLost", "5"),
    ]
    .concat();
    check(
        &open,
        Some("2026-01-05T08:02:59Z"),
        &["a 1 Pending fast ProvisioningFailed 120 false"],
    );
    check(
        &open,
        Some("2026-01-05T08:03:00Z"),
        &["a 1 Pending fast ProvisioningFailed 120 true"],
    );
    check(&open, None, &["a 1 Pending fast ProvisioningFailed 120 true"]);
    // Bound ones, those that no pod waits for, and those that are not at hand have no row; an ephemeral volume has its claim.
    let others = [
        pod(1, &format!("{}, {{name: scratch, ephemeral: {{}}}}", named("bound"))),
        pod(2, &named("nowhere")),
        claim("bound", "u", "", "Bound"),
        claim("idle", "u", "", "Pending"),
        claim("gateway-7d9c5f6b8-1-scratch", "u", "", "Lost"),
    ]
    .concat();
    check(&others, None, &["gateway-7d9c5f6b8-1-scratch 1 Lost null null 0 true"]);
    // Of several claims with the same trouble one stands for all.
    let several: String = (1..4)
        .map(|index| {
            let name = format!("data-{index}");
            [
                pod(index, &named(&name)),
                claim(&name, &name, "", "Pending"),
                event(&name, &name, "FailedBinding", "1"),
            ]
            .concat()
        })
        .collect();
    check(&several, None, &["data-1 3 Pending null FailedBinding 60 true"]);
}
