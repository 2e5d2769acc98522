//! Tables about instrumented applications, their code and the scripts that install their packages.

use super::{CONFIGURATION, Column, Table, Type, column};

// Columns that several tables have, each with the same meaning.
const SERVED_APP: Column = column(
    "app",
    Type::Row("apps"),
    "The application that the script serves; null when there is none.",
);
const FAILURE_HIDDEN: Column = column(
    "failure_hidden",
    Type::Text,
    "How a failure stays unseen; null when it does not.",
);
const SCRIPT: Column = column("script", Type::Row("scripts"), "The script.");
const CONTAINER: Column = column("container", Type::Row("containers"), "The container.");
const CONDITIONAL: Column = column(
    "conditional",
    Type::Bool,
    "Whether it does not run in every run of the script.",
);
const ERRORS_DISCARDED: Column = column("errors_discarded", Type::Bool, "Whether its errors go to `/dev/null`.");
const INIT: Column = column("init", Type::Bool, "Whether an init container does it.");

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

const APPS: &[Column] = &[
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
        "runs_set_up",
        Type::Bool,
        "Whether its program is a file at hand that starts an SDK, as of a sidecar that can only trace itself.",
    ),
];

const SDK_PROBLEMS: &[Column] = &[
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
        "`endpoint`, `protocol`, `resource_attributes`, `sampler`, `exporters`, `propagators`, `headers`, `timeout`, `compression`, `batch`, `log_level`, `disabled`, `name`, `node_options`, `java_tool_options` or `unexpanded`.",
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

const PRELOADS: &[Column] = &[
    column("runtime", Type::Text, "`node` or `java`."),
    column(
        "flag",
        Type::Text,
        "The flag as written: `--require`, `-r`, `--import`, `--loader`, `--experimental-loader` or `-javaagent`.",
    ),
    column(
        "path",
        Type::Text,
        "The path or module, with its place in the variable or argument.",
    ),
    column("from", Type::Text, "The variable that names it, or `command`."),
    column("state", Type::Text, "`found`, `missing` or `unknown`."),
    column("reason", Type::Text, "Why, as a clause."),
    column(
        "source",
        Type::Text,
        "Where it comes from: `config_map`, `copied` (by a script from a ConfigMap), `written` (by a script), `module`, `volume` or `image`.",
    ),
    column(
        "module",
        Type::Bool,
        "Whether it is a module that is looked for among packages.",
    ),
    column("package", Type::Text, "The package of a module; null for a path."),
    column(
        "init_container",
        Type::Text,
        "The name of the container that writes it, or should; null when none is seen to.",
    ),
    column("written_by", Type::Row("containers"), "That container."),
    column(
        "written_as",
        Type::Text,
        "The path under which that container writes it.",
    ),
    column(
        "not_shared",
        Type::Bool,
        "Whether that container writes it to a place that the application does not share.",
    ),
    column(
        "mounted_as_directory",
        Type::Bool,
        "Whether a ConfigMap that has the file is mounted without `subPath` at its very path, so that a directory is there.",
    ),
    column(
        "starts_sdk",
        Type::Bool,
        "Whether the file starts an SDK; null when its text is not at hand.",
    ),
    column(
        "module_syntax",
        Type::Bool,
        "Whether the file has syntax of ES modules; null when its text is not at hand.",
    ),
    column(
        "top_level_await",
        Type::Bool,
        "Whether the file awaits outside functions; null when its text is not at hand.",
    ),
    column("value", Type::Text, "The whole variable or argument."),
    column(
        "endpoint",
        Type::Text,
        "The value that decides the endpoint; null when no variable does.",
    ),
    column(
        "js_file",
        Type::Row("js_files"),
        "The file; null when its text is not at hand.",
    ),
    column("app", Type::Row("apps"), "The application."),
    CONTAINER,
];

const JS_FILES: &[Column] = &[
    column(
        "name",
        Type::Text,
        "The path in the container that loads it, else the key or the file's name.",
    ),
    column("key", Type::Text, "The key of the ConfigMap, or the file's name."),
    column(
        "config_map",
        Type::Text,
        "The ConfigMap in words; null for a file of its own or one that a script writes.",
    ),
    column(
        "path",
        Type::Text,
        "The path in the container; null when no container is seen to have it.",
    ),
    column(
        "preloaded",
        Type::Bool,
        "Whether a runtime loads it first: true, or unknown.",
    ),
    column(
        "app",
        Type::Row("apps"),
        "The application; null when none is seen to have it.",
    ),
    column(
        "container",
        Type::Row("containers"),
        "The container; null when none is seen to have it.",
    ),
    column("dialect", Type::Text, "`commonjs`, `module`, `typescript` or `auto`."),
    column(
        "skipped",
        Type::Text,
        "Why it was not analysed: `too_long`, `too_deep` or `parser_failed`; null when it was.",
    ),
    column("incomplete", Type::Bool, "Whether parts of it could not be understood."),
    column("syntax_errors", Type::Int, "How many syntax errors it has."),
    column(
        "starts_sdk",
        Type::Bool,
        "Whether it starts an SDK or registers a provider.",
    ),
    column("constructs_sdk", Type::Bool, "Whether it makes a `NodeSDK`."),
    column("sdks", Type::Int, "How many `NodeSDK`s it makes."),
    column(
        "registers_provider",
        Type::Bool,
        "Whether it makes a tracer provider the global one.",
    ),
    column(
        "escapes",
        Type::Bool,
        "Whether SDK or provider are handed to code that is not followed, which may start them.",
    ),
    column("has_exporter", Type::Bool, "Whether it gives the SDK an exporter."),
    column(
        "has_instrumentations",
        Type::Bool,
        "Whether it gives the SDK instrumentations.",
    ),
    column(
        "exporter_package",
        Type::Text,
        "The package of the exporter that it makes; null when it makes none, or several.",
    ),
    column(
        "exporter_url",
        Type::Text,
        "The url that it gives to the exporter, with the container's environment filled in; null when it gives none.",
    ),
    column(
        "prints_message",
        Type::Text,
        "The text that it prints once the SDK has started; null when it prints none as it stands.",
    ),
    column(
        "handles_shutdown",
        Type::Bool,
        "Whether it shuts the SDK down, or flushes it, on a signal or before the process ends.",
    ),
    column(
        "exits_on_signal",
        Type::Bool,
        "Whether a handler of SIGTERM or SIGINT ends the process.",
    ),
    column("sets_logger", Type::Bool, "Whether it gives the SDK a logger."),
    column("module_syntax", Type::Bool, "Whether it has syntax of ES modules."),
    column("top_level_await", Type::Bool, "Whether it awaits outside functions."),
];

const JS_PROBLEMS: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`hash_comment`, `import_in_common_js`, `await_in_common_js`, `unclosed_bracket`, `unterminated`, `invalid_character`, `duplicate_name` or `other`.",
    ),
    column("message", Type::Text, "What is wrong, one short sentence."),
    column("line", Type::Int, "The line within the file, from 1."),
    column("text", Type::Text, "The rest of that line."),
    column(
        "mark",
        Type::Text,
        "Exactly what is wrong, for example `#`; its place is that of the finding.",
    ),
    column(
        "preloaded",
        Type::Bool,
        "Whether a runtime loads the file first: true, or unknown.",
    ),
    column("js_file", Type::Row("js_files"), "The file."),
    column(
        "app",
        Type::Row("apps"),
        "The application; null when none is seen to have the file.",
    ),
];

const JS_USES: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`require`, `import`, `dynamic_import`, `re_export`, `resolve`; `construct`, `call`, `member`, `extends`, `value`; `method`.",
    ),
    column(
        "module",
        Type::Text,
        "The specifier as written; its place is the specifier, or for a use the name.",
    ),
    column(
        "package",
        Type::Text,
        "The package that it names, whatever directory stands before it.",
    ),
    column(
        "subpath",
        Type::Text,
        "The path within the package; empty for the package itself.",
    ),
    column(
        "export",
        Type::Text,
        "The name under which the module exports what is used, members after dots (`Resource.default`); null for a module that is only named.",
    ),
    column(
        "names",
        Type::List(&Type::Text),
        "The exported names that are bound where the module is loaded; `*` is the module itself.",
    ),
    column("method", Type::Text, "The method of a `method` row; null otherwise."),
    column(
        "chained",
        Type::Text,
        "The method called on the result in the same expression (`then` in `sdk.start().then(…)`); null when there is none.",
    ),
    column("text", Type::Text, "The whole expression."),
    column("top_level", Type::Bool, "Whether it runs when the file is loaded."),
    column(
        "guarded",
        Type::Bool,
        "Whether a `try` around it catches what it throws.",
    ),
    column(
        "conditional",
        Type::Bool,
        "Whether it stands in a branch that a test or a caught error leads to (`if`, `?:`, `||`, `try`), so that it may never run; null for a module that is loaded.",
    ),
    column(
        "family",
        Type::Text,
        "`sdk`, `experimental`, `contrib`, `instrumentation`, `api` or `other`.",
    ),
    column(
        "retired",
        Type::Text,
        "Why the package must not be used any more: `renamed`, `split`, `merged`, `unsupported` or `never_existed`; null when it may be.",
    ),
    column(
        "replaced_by",
        Type::Text,
        "The package to use instead; null when there is none.",
    ),
    column(
        "generation",
        Type::Int,
        "The generation of the SDK that the package has in the container; null for packages without one.",
    ),
    column(
        "generation_at_least",
        Type::Int,
        "The lowest generation that is possible; null when nothing tells.",
    ),
    column(
        "package_installed",
        Type::Bool,
        "Whether a script installs the package where the file finds it; null for what is no package of OpenTelemetry.",
    ),
    column(
        "url",
        Type::Text,
        "The `url` in the first argument, with the environment filled in; null when there is none.",
    ),
    column(
        "url_from_env",
        Type::List(&Type::Text),
        "The variables that `url` is made of.",
    ),
    column("arguments", Type::List(&Type::Text), "The arguments as written."),
    column(
        "first_argument",
        Type::Text,
        "What the first argument is: `text`, `object`, `array`, `made` (another use), `function`, `nothing`, `literal`, `environment` or `other`; null when there is none.",
    ),
    column(
        "keys",
        Type::List(&Type::Text),
        "The keys of an object that is the first argument.",
    ),
    column(
        "preloaded",
        Type::Bool,
        "Whether a runtime loads the file first: true, or unknown.",
    ),
    column("js_file", Type::Row("js_files"), "The file."),
    column(
        "app",
        Type::Row("apps"),
        "The application; null when none is seen to have the file.",
    ),
];

const SCRIPTS: &[Column] = &[
    column("name", Type::Text, "`command`, `args`, or the path of the file."),
    column(
        "kind",
        Type::Text,
        "`inline`, `file`, or `command` for a program that is started without a shell.",
    ),
    column(
        "shell",
        Type::Text,
        "The shell that runs it, for example `sh`; null when none is named.",
    ),
    column("init", Type::Bool, "Whether an init container runs it."),
    column(
        "skipped",
        Type::Text,
        "Why it was not read: `too_large`, `not_shell`, `binary` or `too_complex`; null when it was.",
    ),
    column("incomplete", Type::Bool, "Whether it was not read to its end."),
    column(
        "errexit",
        Type::Bool,
        "Whether `set -e` holds when the first command runs.",
    ),
    column(
        "pipefail",
        Type::Bool,
        "Whether `pipefail` is switched on; its place is the command that does so.",
    ),
    column("carriage_returns", Type::Bool, "Whether its lines end in CR LF."),
    column("commands", Type::Int, "How many commands it runs."),
    column("installs", Type::Int, "How many installations it makes."),
    column(
        "shebang",
        Type::Text,
        "Its first line without `#!`; null when it has none.",
    ),
    column("mentions_tracing", Type::Bool, "Whether it mentions OpenTelemetry."),
    column("user", Type::Int, "The number of the user that runs it."),
    column("home", Type::Text, "HOME as the script gets it."),
    CONTAINER,
    column("workload", Type::Row("workloads"), "The workload."),
];

const SCRIPT_PROBLEMS: &[Column] = &[
    column("message", Type::Text, "What is wrong."),
    column("text", Type::Text, "What stands there."),
    SCRIPT,
    CONTAINER,
];

const COMMANDS: &[Column] = &[
    column("name", Type::Text, "The program without directories."),
    column(
        "words",
        Type::List(&Type::Text),
        "The program and its arguments as it receives them.",
    ),
    column("text", Type::Text, "The command as written."),
    column(
        "failure_hidden",
        Type::Text,
        "How a failure stays unseen: `or_true`, `or_else`, `and_list`, `not_last`, `exits_zero`, `pipeline`, `condition`, `negated`, `background`, `substitution` or `trap`; null when it does not.",
    ),
    column("errexit", Type::Bool, "Whether `set -e` holds."),
    ERRORS_DISCARDED,
    CONDITIONAL,
    column("unreachable", Type::Bool, "Whether it follows an `exit` or `exec`."),
    column("working_directory", Type::Text, "Where it runs."),
    column("init", Type::Bool, "Whether an init container runs it."),
    SCRIPT,
    CONTAINER,
    SERVED_APP,
];

const PACKAGES: &[Column] = &[
    column(
        "manager",
        Type::Text,
        "`npm`, `npx`, `yarn`, `pnpm`, `pip`, `uv`, `open_telemetry_bootstrap`, `apk`, `apt`, `yum`, `go` or `gem`.",
    ),
    column("name", Type::Text, "The name."),
    column("version", Type::Text, "The version as written; null when none is."),
    column(
        "pinned",
        Type::Text,
        "`exact`, `range`, `tag` (such as `latest`), `none` or `unknown`.",
    ),
    column("source", Type::Text, "`registry`, `file`, `git` or `url`."),
    column(
        "text",
        Type::Text,
        "The word that names it, or name and version of an entry of `package.json`; its place is that of the finding.",
    ),
    column("command", Type::Text, "The whole command."),
    column(
        "from_manifest",
        Type::Bool,
        "Whether the command installs what a file lists.",
    ),
    column("opentelemetry", Type::Bool, "Whether it is a package of OpenTelemetry."),
    column(
        "family",
        Type::Text,
        "`sdk`, `experimental`, `contrib`, `instrumentation`, `api` or `other`.",
    ),
    column(
        "generation",
        Type::Int,
        "The generation of the SDK that this version belongs to; null for packages without one.",
    ),
    column(
        "generation_at_least",
        Type::Int,
        "The lowest generation that is possible; null when nothing tells.",
    ),
    column(
        "retired",
        Type::Text,
        "Why it must not be used any more: `renamed`, `split`, `merged`, `unsupported` or `never_existed`; null when it may be.",
    ),
    column(
        "replaced_by",
        Type::Text,
        "The package to use instead; null when there is none.",
    ),
    column(
        "last",
        Type::Text,
        "The last release of a package that must not be used any more.",
    ),
    column(
        "failure_hidden",
        Type::Text,
        "How a failure of the command stays unseen; null when it does not.",
    ),
    column("init", Type::Bool, "Whether an init container installs it."),
    SCRIPT,
    CONTAINER,
    SERVED_APP,
];

const INSTALLS: &[Column] = &[
    column("manager", Type::Text, "The package manager, as in `packages`."),
    column("text", Type::Text, "The command as written."),
    column("packages", Type::List(&Type::Text), "The packages that it names."),
    column(
        "opentelemetry",
        Type::Bool,
        "Whether packages of OpenTelemetry are among them, or among those that its `package.json` lists.",
    ),
    column("otel_packages", Type::List(&Type::Text), "Those packages."),
    column(
        "unpinned",
        Type::List(&Type::Text),
        "The packages of the SDK that it names, or that its `package.json` lists, without a version or by a tag, as written.",
    ),
    column(
        "first_unpinned",
        Type::Text,
        "The first of them, with its place; null when there is none.",
    ),
    column(
        "generations",
        Type::List(&Type::Int),
        "The generations of the SDK that its versions belong to, sorted.",
    ),
    column("mixed", Type::Bool, "Whether these are several."),
    column(
        "all_pinned",
        Type::Bool,
        "Whether each package of a registry has one version.",
    ),
    column("from_manifest", Type::Bool, "Whether it installs what a file lists."),
    column(
        "incomplete",
        Type::Bool,
        "Whether it may name packages that are not known.",
    ),
    column(
        "cache_directory",
        Type::Text,
        "Where it keeps downloads; null when it keeps none.",
    ),
    column(
        "cache_from",
        Type::Text,
        "What decides that: `flag`, `script:NAME`, `variable:NAME`, `npm_config` or `home`.",
    ),
    column(
        "cache_writable",
        Type::Bool,
        "Whether the user may write there; null when it keeps none.",
    ),
    column("cache_reason", Type::Text, "Why, as a clause."),
    column("home", Type::Text, "HOME as it gets it."),
    column("home_writable", Type::Bool, "Whether the user may write there."),
    column("directory", Type::Text, "Where it installs to."),
    column(
        "at_root",
        Type::Bool,
        "Whether that is `/`, where npm refuses to install.",
    ),
    column("directory_writable", Type::Bool, "Whether the user may write there."),
    column("directory_reason", Type::Text, "Why, as a clause."),
    column("global", Type::Bool, "Whether it installs for the whole image (`-g`)."),
    FAILURE_HIDDEN,
    column(
        "script_start",
        Type::Text,
        "The first line of the script below `#!`; null where `set -e` before it would not show the failure, or the script does not stand in the file as it is.",
    ),
    column(
        "script_start_with_errexit",
        Type::Text,
        "That line with `set -e` before it; null where there is none.",
    ),
    ERRORS_DISCARDED,
    CONDITIONAL,
    column("legacy_peer_deps", Type::Bool, "Whether `--legacy-peer-deps` is given."),
    column("force", Type::Bool, "Whether `--force` is given."),
    column("offline", Type::Bool, "Whether it may not ask the registry."),
    column("registry", Type::Text, "The registry that is named; null when none is."),
    column("user", Type::Int, "The number of the user."),
    column(
        "memory_limit",
        Type::Int,
        "The memory limit of the container in bytes; null when there is none.",
    ),
    column("init", Type::Bool, "Whether an init container runs it."),
    SCRIPT,
    CONTAINER,
    SERVED_APP,
];

const SCRIPT_WRITES: &[Column] = &[
    column("path", Type::Text, "The path."),
    column(
        "kind",
        Type::Text,
        "`file`, `append`, `directory`, `copy`, `download`, `permissions` or `remove`.",
    ),
    column(
        "command",
        Type::Text,
        "The program that does it; null for a redirection of a block.",
    ),
    column("text", Type::Text, "The whole command."),
    column("writable", Type::Bool, "Whether the user may do so."),
    column(
        "read_only",
        Type::Bool,
        "Whether the path lies in a mount or on a root file system that is read-only.",
    ),
    column("reason", Type::Text, "Why, as a clause."),
    column(
        "source",
        Type::Text,
        "What the path lies in: `config_map`, `secret`, `projected`, `empty_dir`, `persistent_volume_claim`, `host_path`, `other` or `image`.",
    ),
    column(
        "mount_path",
        Type::Text,
        "The mount that it lies in; null for the root file system.",
    ),
    column(
        "volume",
        Type::Text,
        "The volume that it lies in; null for the root file system.",
    ),
    column(
        "sees",
        Type::List(&Type::Text),
        "The other containers of the pod that see the path through a shared volume.",
    ),
    FAILURE_HIDDEN,
    INIT,
    SCRIPT,
    CONTAINER,
    SERVED_APP,
];

const SCRIPT_COPIES: &[Column] = &[
    column("from", Type::Text, "Where it comes from; may hold wildcards."),
    column("to", Type::Text, "The destination as given."),
    column("kind", Type::Text, "`copy`, `move` or `link`."),
    column(
        "source_state",
        Type::Text,
        "`found`, or `missing` when a mounted object has no such file.",
    ),
    column(
        "source_reason",
        Type::Text,
        "Why it is missing or unknown, as a clause.",
    ),
    column(
        "sees",
        Type::List(&Type::Text),
        "The other containers of the pod that see the destination through a shared volume.",
    ),
    FAILURE_HIDDEN,
    INIT,
    SCRIPT,
    CONTAINER,
    SERVED_APP,
];

const APP_ANNOTATIONS: &[Column] = &[
    column("annotation", Type::Text, "The whole name; its place is the entry."),
    column("value", Type::Text, "The value."),
    column("level", Type::Text, "`pod_template`, `workload` or `namespace`."),
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
    column("workload", Type::Row("workloads"), "The workload."),
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "apps",
        row: "One container that sends spans, or is meant to.",
        columns: APPS,
        reads: CONFIGURATION,
    },
    Table {
        name: "sdk_problems",
        row: "One thing that is wrong with one variable, or with the url that code gives to an exporter.",
        columns: SDK_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "preloads",
        row: "One file or module that the runtime is told to load before the program.",
        columns: PRELOADS,
        reads: CONFIGURATION,
    },
    Table {
        name: "js_files",
        row: "One JavaScript or TypeScript file that has to do with tracing.",
        columns: JS_FILES,
        reads: CONFIGURATION,
    },
    Table {
        name: "js_problems",
        row: "One syntax error of a JavaScript file: Node refuses the whole file.",
        columns: JS_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "js_uses",
        row: "One module that a JavaScript file names, one use of a module's export, or one method called on what was made.",
        columns: JS_USES,
        reads: CONFIGURATION,
    },
    Table {
        name: "scripts",
        row: "One script, or one command without a shell, that a container of a traced workload runs.",
        columns: SCRIPTS,
        reads: CONFIGURATION,
    },
    Table {
        name: "script_problems",
        row: "One place of a script that is no valid shell syntax.",
        columns: SCRIPT_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "commands",
        row: "One command of a script.",
        columns: COMMANDS,
        reads: CONFIGURATION,
    },
    Table {
        name: "packages",
        row: "One package that a script installs.",
        columns: PACKAGES,
        reads: CONFIGURATION,
    },
    Table {
        name: "installs",
        row: "One installation: one call of a package manager.",
        columns: INSTALLS,
        reads: CONFIGURATION,
    },
    Table {
        name: "script_writes",
        row: "One path that a script changes.",
        columns: SCRIPT_WRITES,
        reads: CONFIGURATION,
    },
    Table {
        name: "script_copies",
        row: "One file or directory that a script puts at another path.",
        columns: SCRIPT_COPIES,
        reads: CONFIGURATION,
    },
    Table {
        name: "app_annotations",
        row: "One annotation that the OpenTelemetry operator reads, or is meant to.",
        columns: APP_ANNOTATIONS,
        reads: CONFIGURATION,
    },
];
