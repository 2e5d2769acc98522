//! What an application is, and what its set-up gets wrong.

use super::CONTAINER;
use crate::facts::schema::{Column, Type, column};

/// Where and how an application sends its spans.
const TRACES: &[Column] = &[
    column(
        "protocol",
        Type::Text,
        "`grpc`, `http/protobuf` or `http/json`; unknown when the SDK does not start with what it is given.",
    ),
    column(
        "protocol_from",
        Type::Text,
        "The variable that decides the protocol, `default`, or `code`.",
    ),
    column(
        "url",
        Type::Text,
        "The whole URL as the exporter will use it; for gRPC without a path.",
    ),
    column(
        "url_from",
        Type::Text,
        "The variable that decides the URL, `default`, or `code`.",
    ),
    column("host", Type::Text, "The host that spans go to."),
    column(
        "port",
        Type::Int,
        "The port that spans go to; null when the value tells none.",
    ),
    column("path", Type::Text, "The path that is requested; empty for gRPC."),
    column("scheme", Type::Text, "`http` or `https`; null when the URL has none."),
    column("tls", Type::Bool, "Whether the connection is encrypted."),
    column("exporters", Type::List(&Type::Text), "The exporters of spans in force."),
    column(
        "exporters_from",
        Type::Text,
        "The variable that names the exporters, `default`, or `code`.",
    ),
    column("disabled", Type::Bool, "Whether the SDK is switched off."),
    column(
        "sampler",
        Type::Text,
        "The sampler in snake case, for example `parent_based_always_on`.",
    ),
    column(
        "sampler_ratio",
        Type::Float,
        "The share of new traces that is recorded, 0 to 1; null where the sampler has none.",
    ),
];

pub(super) const APPS: &[Column] = &[
    column("name", Type::Text, "The container's name."),
    column("index", Type::Int, "The number of the application in this run, from 0."),
    CONTAINER,
    column("workload", Type::Row("workloads"), "The workload."),
    column(
        "language",
        Type::Text,
        "`nodejs`, `java`, `python`, `dotnet`, `go`, `ruby`, `php` or `rust`; unknown when nothing tells.",
    ),
    column(
        "instrumentation",
        Type::Text,
        "`node_preload`, `java_agent`, `python_wrapper`, `python_path`, `dot_net_profiler`, `go_agent`, `rocket_chat`, `operator_annotation`, `library` (variables only) or `script` (only a script shows it).",
    ),
    column(
        "shown_by",
        Type::Any,
        "The variable, argument, annotation or package that shows it.",
    ),
    column(
        "generation",
        Type::Int,
        "The generation of the SDK for Node.js (1, 2, 3) by the versions that are installed, or the major version of the Java agent; unknown when nothing tells.",
    ),
    column(
        "generation_at_least",
        Type::Int,
        "The lowest generation that is possible; null when nothing tells.",
    ),
    column(
        "generations",
        Type::List(&Type::Int),
        "The generations of all packages that are installed with a version, sorted.",
    ),
    column("service_name", Type::Text, "`service.name` as it will be reported."),
    column(
        "service_name_from",
        Type::Text,
        "`service_name` (OTEL_SERVICE_NAME), `resource_attributes`, `code`, or `default` (`unknown_service…`); unknown when code that is not at hand may set it.",
    ),
    column(
        "service_name_overwritten",
        Type::Text,
        "Another name that is set as well and does not hold; null when there is none.",
    ),
    column("traces", Type::Record(TRACES), "Where and how spans are sent."),
    column(
        "endpoint_set",
        Type::Bool,
        "Whether a variable or code names the endpoint of spans, so that the default (localhost) does not hold.",
    ),
    column("localhost_endpoint", Type::Bool, "Whether spans go to the pod itself."),
    column(
        "sidecar_collector",
        Type::Bool,
        "Whether a container of the pod, or one that the operator adds, can take spans on localhost.",
    ),
    column(
        "operator_injected",
        Type::Bool,
        "Whether the OpenTelemetry operator is asked to instrument it.",
    ),
    column(
        "instrumentation_resource",
        Type::Text,
        "The `Instrumentation` that is used, in words; null when none is or can be.",
    ),
    column(
        "own_exporter",
        Type::Text,
        "The variable of a framework's own exporter; null when there is none.",
    ),
    column(
        "node_options",
        Type::Text,
        "The value of NODE_OPTIONS; null when it is not set.",
    ),
    column(
        "env",
        Type::Map(&Type::Any),
        "The variables of OpenTelemetry and the runtime that the process sees; values of headers are never shown.",
    ),
    column(
        "node_preloads",
        Type::List(&Type::Text),
        "What the runtime is told to load first.",
    ),
    column(
        "preload_state",
        Type::Text,
        "`missing` when any of them is missing, else `unknown` or `found`; null when there is none.",
    ),
    column(
        "initialisation_message",
        Type::Text,
        "The text that a preloaded file prints in any case once the SDK has started; null when it prints none.",
    ),
    column(
        "initialisation_line",
        Type::Text,
        "`seen` or `absent` in the log of the container; unknown when the log need not show it; null without such a text or a log.",
    ),
    column(
        "initialisation_log",
        Type::Text,
        "The log that decides that; null when there is none.",
    ),
    column(
        "log_level_variable",
        Type::Text,
        "The value of OTEL_LOG_LEVEL; null when it is not set.",
    ),
    column(
        "log_level",
        Type::Text,
        "What the SDK logs of its own troubles: `silent`, `error`, `warn`, `info` or `debug`.",
    ),
    column("propagators", Type::List(&Type::Text), "The propagators in force."),
    column(
        "sdk_set_ups",
        Type::Int,
        "How many things start an SDK in this process: preloaded files, operator, native tracing.",
    ),
    column(
        "node_too_old",
        Type::Text,
        "The image whose Node is older than the SDK wants that is loaded; null when it is not, and when the image or the packages do not tell their release.",
    ),
    column(
        "node_major",
        Type::Int,
        "The first number of the release of Node in the image; null when the image does not tell.",
    ),
    column(
        "runs_set_up",
        Type::Bool,
        "Whether its program is a file at hand that starts an SDK, as of a sidecar that can only trace itself.",
    ),
];

pub(super) const SDK_PROBLEMS: &[Column] = &[
    column(
        "variable",
        Type::Text,
        "The variable; `url` for what code gives to an exporter.",
    ),
    column(
        "kind",
        Type::Text,
        "The kind of fault in snake case, for example `doubled_path`, `grpc_port_for_http`, `missing_equals`, `drops_everything`.",
    ),
    column(
        "area",
        Type::Text,
        "`endpoint`, `protocol`, `resource_attributes`, `sampler`, `exporters`, `propagators`, `headers`, `timeout`, `compression`, `batch`, `log_level`, `disabled`, `name`, `switches`, `node_options`, `java_tool_options` or `unexpanded`.",
    ),
    column(
        "value",
        Type::Text,
        "The whole value, with the place where it is written; unknown for headers.",
    ),
    column(
        "part",
        Type::Text,
        "The part of the value that is wrong; its place is that of the finding.",
    ),
    column(
        "suggestion",
        Type::Text,
        "The whole corrected value, or for `name` the right name or the pair to add; null when no one answer is right.",
    ),
    column(
        "effect",
        Type::Text,
        "What the SDK does: `not_started`, `breaks`, `ignored`, `works`, or `unknown` when releases differ.",
    ),
    column(
        "signal",
        Type::Text,
        "`traces`, `metrics` or `logs`; null when it is about none of them.",
    ),
    column(
        "in_code",
        Type::Bool,
        "Whether it is about what code gives to the exporter.",
    ),
    column(
        "url_variables",
        Type::List(&Type::Text),
        "The variables that the url in code is made of.",
    ),
    column(
        "written",
        Type::Text,
        "What a person would change: the value of the first variable that the code's url is made of, the wrong part of a literal url, or the variable's value.",
    ),
    column(
        "url_value",
        Type::Text,
        "The value of the first of them, with the place where it is written; null when there is none.",
    ),
    column(
        "shared_with",
        Type::List(&Type::Text),
        "The workloads, in words, that have the same value from the same place, and for which it is not wrong in this way: a change of it would change what they do.",
    ),
    column(
        "read_by_code",
        Type::Bool,
        "Whether a JavaScript file of the application reads the variable itself.",
    ),
    column("protocol", Type::Text, "The protocol of spans."),
    column("port", Type::Int, "The port that spans go to."),
    column("path", Type::Text, "The path that is requested."),
    column("app", Type::Row("apps"), "The application."),
    CONTAINER,
];

pub(super) const APP_ANNOTATIONS: &[Column] = &[
    column("annotation", Type::Text, "The whole name; its place is the entry."),
    column("value", Type::Any, "The value."),
    column(
        "level",
        Type::Text,
        "`pod_template`, `workload` or `namespace`; `label` for a label of the pod that is called like an annotation.",
    ),
    column(
        "on_pod_template",
        Type::Bool,
        "Whether the pod template has an annotation of this name.",
    ),
    column(
        "injects",
        Type::Text,
        "What is to be injected: `nodejs`, `java`, `sdk`, …; null for other annotations.",
    ),
    column(
        "asks",
        Type::Bool,
        "Whether the value asks for something, so is neither empty nor `false`.",
    ),
    column("sidecar", Type::Bool, "Whether it is about a Collector as a sidecar."),
    column(
        "sidecar_state",
        Type::Text,
        "`found`, or `refused` when the operator finds no one Collector of mode sidecar; null when the annotation of the pod template asks for none.",
    ),
    column("sidecar_reason", Type::Text, "Why it is refused, as a clause."),
    column(
        "instrumentation",
        Type::Text,
        "`found`, or `refused` when the `Instrumentation` does not exist or cannot be told apart from others; null when nothing is injected by it.",
    ),
    column(
        "instrumentation_reason",
        Type::Text,
        "Why it is refused or unknown, as a clause.",
    ),
    column(
        "containers",
        Type::Int,
        "How many containers the pod has, init containers aside.",
    ),
    column(
        "names_containers",
        Type::Bool,
        "Whether an annotation of the pod template names the containers.",
    ),
    column(
        "known",
        Type::Bool,
        "Whether the operator reads an annotation of this name; null where it is not about instrumentation.",
    ),
    column(
        "in_force",
        Type::Bool,
        "Whether it has a part in what is injected: its injection is asked for, and no other value of pod or namespace holds instead.",
    ),
    column(
        "names",
        Type::List(&Type::Text),
        "The names of containers that it lists; empty for other annotations.",
    ),
    column(
        "missing_containers",
        Type::List(&Type::Text),
        "Those of `names` that no container of the pod has.",
    ),
    column(
        "container_names",
        Type::List(&Type::Text),
        "The names of the containers of the pod, init containers aside.",
    ),
    column(
        "switched_off",
        Type::Text,
        "What switches the injection off in the operator, as a clause; null when nothing does.",
    ),
    column(
        "variable_from_elsewhere",
        Type::Text,
        "The variable with `valueFrom` for which the operator leaves the container out; null when there is none.",
    ),
    column(
        "target_set",
        Type::Bool,
        "Whether anything names the program that the agent for Go watches; null for other languages.",
    ),
    column(
        "musl_image",
        Type::Text,
        "The image of a container that is built with musl by its tag, where files for glibc are copied; null otherwise.",
    ),
    column(
        "other_program",
        Type::Text,
        "The image of the container that is chosen, where it is that of a proxy, a store or another program which the agent is not for; null otherwise.",
    ),
    column(
        "memory_of_agent",
        Type::Any,
        "The memory limit that the `Instrumentation` gives the container which copies the agent, or runs it for Go, as it is written; null when it gives none.",
    ),
    column(
        "mark_of_injection",
        Type::Text,
        "The variable of the pod template for which the operator takes the pod for one that it has changed already; null when there is none, and where the template has an agent of its own.",
    ),
    column("workload", Type::Row("workloads"), "The workload."),
];
