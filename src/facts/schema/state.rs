//! Tables about what runs now: containers, pods, warnings, rollouts, endpoints, memory, and the age of configurations.

use super::{Column, Read, Table, Type, WORKLOADS, column};

const TEXTS: Type = Type::List(&Type::Text);

const fn list(resource: &'static str) -> Read {
    Read { verb: "list", resource }
}

const PODS: &[Read] = &[list("pods")];
const EVENTS: &[Read] = &[list("pods"), list("events")];
const CLAIMS: &[Read] = &[
    list("pods"),
    Read {
        verb: "get",
        resource: "persistentvolumeclaims",
    },
    list("events"),
];
const ENDPOINTS: &[Read] = &[list("services"), list("endpointslices")];
const METRICS: &[Read] = &[list("pods"), list("pods.metrics.k8s.io")];
const CONFIG_AGES: &[Read] = &[
    list("pods"),
    Read {
        verb: "get",
        resource: "configmaps",
    },
];

const STAGE: Column = column("stage", Type::Text, "The stage of the workload.");
const WORKLOAD: Column = column("workload", Type::Row("workloads"), "The workload.");
const CONTAINER: Column = column("container", Type::Row("containers"), "The container.");

const CONTAINER_STATE_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The container's name."),
    column(
        "init",
        Type::Bool,
        "Whether it has to end before the others start; a native sidecar does not.",
    ),
    STAGE,
    column("pod", Type::Text, "The pod that is worst off, of equal ones the first."),
    column(
        "pods",
        Type::Int,
        "How many pods of the workload are at hand; those that are being deleted or have ended do not count.",
    ),
    column(
        "affected",
        Type::Int,
        "In how many of them the container is in the same state.",
    ),
    column(
        "fault",
        Type::Text,
        "What keeps it from running: `image` (it cannot be pulled), `not_created` (the container cannot be made or started), `out_of_memory`, `ends` (it ends again and again), `init_fails` (an init container that ends with an error); null when nothing does.",
    ),
    column(
        "state",
        Type::Text,
        "`waiting`, `running` or `terminated`; null when the kubelet has not said.",
    ),
    column("ready", Type::Bool, "Whether it is ready."),
    column("restarts", Type::Int, "How often the pod has restarted it."),
    column(
        "waiting_reason",
        Type::Text,
        "Why it waits, for example `CrashLoopBackOff`; null when it does not.",
    ),
    column(
        "waiting_message",
        Type::Text,
        "What the kubelet says of it; null when it says nothing.",
    ),
    column(
        "exit_code",
        Type::Int,
        "The exit code of its last end; null when it never ended.",
    ),
    column(
        "exit_reason",
        Type::Text,
        "The reason of its last end, for example `OOMKilled`; null when it never ended.",
    ),
    column(
        "exit_message",
        Type::Text,
        "What the kubelet or the program left about its last end; null when nothing.",
    ),
    column(
        "ended",
        Type::Text,
        "Its last end in words, for example `exit code 137 (OOMKilled)`; null when it never ended.",
    ),
    column(
        "recurs",
        Type::Bool,
        "Whether the container ends so often, counted from the start of its pod, that another end is due: five times at least, and not longer ago than three times the usual time between two ends (at least an hour).",
    ),
    column(
        "ended_ago",
        Type::Int,
        "Seconds since its last end; null when it never ended; unknown when the time of the evidence is not known.",
    ),
    column(
        "running_for",
        Type::Int,
        "Seconds since it was started; 0 when it does not run; unknown when the time of the evidence is not known.",
    ),
    column(
        "failing_probe",
        Type::Text,
        "`liveness`, `readiness` or `startup`, when events say that it fails now; null otherwise.",
    ),
    column("image", Type::Text, "The image as the kubelet has it."),
    column(
        "status",
        Type::Any,
        "The container's status as the kubelet wrote it: `at: status.state.waiting.reason`.",
    ),
    CONTAINER,
    WORKLOAD,
];

const POD_STATE_COLUMNS: &[Column] = &[
    column("pod", Type::Text, "The first of the pods that are in this state."),
    column("pods", Type::Int, "How many pods of the workload are in it."),
    column("ready_pods", Type::Int, "How many pods of the workload are ready."),
    STAGE,
    column(
        "phase",
        Type::Text,
        "`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.",
    ),
    column(
        "reason",
        Type::Text,
        "Why, for example `Evicted` or `NodeLost`; null when nothing is said.",
    ),
    column("message", Type::Text, "What is said of it; null when nothing is."),
    column(
        "unschedulable",
        Type::Bool,
        "Whether the scheduler has found no node for it.",
    ),
    column(
        "waiting_for",
        Type::Int,
        "Seconds for which it has had no node; null when it has one or the time of the evidence is not known.",
    ),
    column(
        "scheduling_message",
        Type::Text,
        "What the scheduler says; null unless `unschedulable`.",
    ),
    column(
        "claims",
        TEXTS,
        "The PersistentVolumeClaims at hand that it names and that are not bound.",
    ),
    column("node", Type::Text, "The node; null when it has none."),
    column("node_lost", Type::Bool, "Whether the node does not report any more."),
    column(
        "overdue",
        Type::Int,
        "Seconds since it should have been gone; null when it is not being deleted, its node is lost, or the time of the evidence is not known.",
    ),
    column("finalizers", TEXTS, "What has to be done before it may go."),
    column("status", Type::Any, "The pod's status as written."),
    column("metadata", Type::Any, "The pod's metadata as written."),
    WORKLOAD,
];

const POD_WARNING_COLUMNS: &[Column] = &[
    column(
        "reason",
        Type::Text,
        "The reason, for example `Unhealthy`, `FailedMount`, `FailedCreate`.",
    ),
    column("message", Type::Text, "What the cluster says."),
    column("count", Type::Int, "How often it was said."),
    column(
        "seconds",
        Type::Int,
        "Seconds from the first time to the last; 0 when the times are not known.",
    ),
    column(
        "since_start",
        Type::Int,
        "Seconds from the start of the container to the last time; null when it does not run or the times are not known.",
    ),
    column(
        "now",
        Type::Bool,
        "Whether it concerns the present state: the container is not ready and has not been restarted since, the pod has not started yet, pods are missing.",
    ),
    column(
        "probe",
        Type::Text,
        "`liveness`, `readiness` or `startup`; null for other reasons.",
    ),
    column(
        "container",
        Type::Text,
        "The container's name; null when it is about none.",
    ),
    column("pod", Type::Text, "The pod; null when it is about the workload."),
    column("pods", Type::Int, "Of how many pods it is said."),
    column("ready_pods", Type::Int, "How many pods of the workload are ready."),
    STAGE,
    WORKLOAD,
];

const ROLLOUT_COLUMNS: &[Column] = &[
    column(
        "desired",
        Type::Int,
        "How many pods are wanted; null when the status does not tell.",
    ),
    column("ready", Type::Int, "How many are ready."),
    column(
        "updated",
        Type::Int,
        "How many are of the newest revision; null when the status does not tell.",
    ),
    column(
        "observed",
        Type::Bool,
        "Whether the controller has seen the newest specification.",
    ),
    column(
        "stuck",
        Type::Bool,
        "Whether the newest revision does not come up: its deadline has passed, or its pods fail while older ones serve.",
    ),
    column(
        "deadline_exceeded",
        Type::Bool,
        "Whether the deadline of the rollout has passed.",
    ),
    column(
        "old_ready",
        Type::Int,
        "How many ready pods are of an older revision; unknown when no pod is at hand.",
    ),
    column(
        "failing",
        Type::Text,
        "A pod of the newest revision that fails; null when none does.",
    ),
    column(
        "status",
        Type::Any,
        "The status as written: `at: status.readyReplicas`.",
    ),
    STAGE,
    WORKLOAD,
];

const SERVICE_ENDPOINT_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The Service's name."),
    column("ready", Type::Int, "How many endpoints are ready."),
    column("not_ready", Type::Int, "How many are not."),
    column("basis", Type::Text, "`endpoint_slices` or `pods`: what tells."),
    column(
        "blocked",
        Type::Bool,
        "Whether nobody takes what is sent to it, for more than a moment: it has endpoints and none is ready, it waits for that, and each pod behind it fails or finds no node.",
    ),
    STAGE,
    column("service", Type::Row("services"), "The Service."),
];

const CONTAINER_MEMORY_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The container's name."),
    column("pod", Type::Text, "The pod that uses the most."),
    column("used", Type::Int, "Bytes that the container uses there."),
    column("limit", Type::Int, "The limit in bytes; null when there is none."),
    column(
        "percent",
        Type::Int,
        "What is used, in percent of the limit; null without one.",
    ),
    STAGE,
    column("usage", Type::Any, "The usage as measured: `at: usage.memory`."),
    CONTAINER,
    WORKLOAD,
];

const CONFIG_AGE_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The ConfigMap's name."),
    column("kind", Type::Text, "`collector` or `tempo`: whose configuration it is."),
    column("pod", Type::Text, "The pod that runs longest."),
    column("started_at", Type::Text, "When the container there started."),
    column("changed_at", Type::Text, "When the ConfigMap was changed last."),
    column(
        "seconds",
        Type::Int,
        "How many seconds the change came after the start; not above 0: before it; unknown when it may concern something else than the configuration.",
    ),
    column("old_pods", Type::Int, "How many pods started before the change."),
    column("pods", Type::Int, "How many pods run."),
    column("rolling", Type::Bool, "Whether the pods are being replaced."),
    column("data", Type::Any, "The data of the ConfigMap."),
    STAGE,
    CONTAINER,
    WORKLOAD,
];

const CLAIM_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The claim's name."),
    column("claims", Type::Int, "How many claims of the workload it stands for."),
    column("phase", Type::Text, "`Pending` or `Lost`."),
    column(
        "storage_class",
        Type::Text,
        "The StorageClass that it asks for; null: none is written and the cluster had no default when it looked; empty: none is wanted.",
    ),
    column(
        "volume_name",
        Type::Text,
        "The volume that it names; null when it names none.",
    ),
    column("size", Type::Text, "The size that it asks for, as written."),
    column(
        "reason",
        Type::Text,
        "What was said of it last: `FailedBinding`, `ProvisioningFailed`, `ExternalProvisioning`, `WaitForFirstConsumer`, `WaitForPodScheduled`, `ClaimLost`, `ClaimMisbound` or `VolumeMismatch`; null when nothing was, or its events are not at hand.",
    ),
    column("message", Type::Text, "The words of it; null without a reason."),
    column("count", Type::Int, "How often that was said."),
    column(
        "seconds",
        Type::Int,
        "Seconds from the first time to the last; 0 when the times are not known.",
    ),
    column("pod", Type::Text, "The pod that waits for it."),
    column(
        "lasting",
        Type::Bool,
        "Whether that pod has had no node for three minutes; true also when the time of the evidence is not known.",
    ),
    column(
        "waiting_for",
        Type::Int,
        "Seconds for which that pod has had no node; null when the time of the evidence is not known.",
    ),
    column("ready_pods", Type::Int, "How many pods of the workload are ready."),
    column("claim", Type::Any, "The claim as written."),
    STAGE,
    WORKLOAD,
];

const UNCHANGED_POD_COLUMNS: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`instrumentation` or `sidecar`: what the operator was to add.",
    ),
    column(
        "annotation",
        Type::Text,
        "The annotation of the pod, or of its namespace, that asks for it.",
    ),
    column("value", Type::Text, "The value of the annotation."),
    column(
        "pod",
        Type::Text,
        "The pod that was made last of those that ask and have nothing of it.",
    ),
    column(
        "pods",
        Type::Int,
        "How many pods of the workload there are of this kind.",
    ),
    column("asking", Type::Int, "How many pods of the workload ask for it."),
    column("created_at", Type::Text, "When that pod was made."),
    column(
        "instrumentation",
        Type::Text,
        "The `Instrumentation` that the annotation means, in words; null when it is not known, and for a sidecar.",
    ),
    column(
        "instrumentation_created_at",
        Type::Text,
        "When that was made; null when it is not known.",
    ),
    column(
        "older",
        Type::Bool,
        "Whether the pod was made before that `Instrumentation`; null for a sidecar.",
    ),
    column("metadata", Type::Any, "The metadata of that pod as written."),
    STAGE,
    WORKLOAD,
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "container_states",
        row: "One container of a stage's workload, init ones too, as its pod that is worst off shows it.",
        columns: CONTAINER_STATE_COLUMNS,
        reads: PODS,
    },
    Table {
        name: "pod_states",
        row: "One state that pods of a stage's workload are in.",
        columns: POD_STATE_COLUMNS,
        reads: PODS,
    },
    Table {
        name: "claims",
        row: "One PersistentVolumeClaim that is not bound and that a pod of a stage without a node names; those of one workload of which the same is said stand for one another.",
        columns: CLAIM_COLUMNS,
        reads: CLAIMS,
    },
    Table {
        name: "pod_warnings",
        row: "One warning that the cluster gives of a stage's workload or its pods: an event, or a condition that repeats it.",
        columns: POD_WARNING_COLUMNS,
        reads: EVENTS,
    },
    Table {
        name: "rollouts",
        row: "One workload of a stage that has a status.",
        columns: ROLLOUT_COLUMNS,
        reads: WORKLOADS,
    },
    Table {
        name: "unchanged_pods",
        row: "One thing that the OpenTelemetry operator was to add to pods of a stage's workload when they were made, and that pods do not have.",
        columns: UNCHANGED_POD_COLUMNS,
        reads: PODS,
    },
    Table {
        name: "service_endpoints",
        row: "One Service of a stage whose endpoints are known.",
        columns: SERVICE_ENDPOINT_COLUMNS,
        reads: ENDPOINTS,
    },
    Table {
        name: "container_memory",
        row: "One container of a stage whose memory was measured.",
        columns: CONTAINER_MEMORY_COLUMNS,
        reads: METRICS,
    },
    Table {
        name: "config_ages",
        row: "One ConfigMap that holds the configuration of a running Collector or Tempo, with the time of its last change.",
        columns: CONFIG_AGE_COLUMNS,
        reads: CONFIG_AGES,
    },
];
