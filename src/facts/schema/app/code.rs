//! The code that sets tracing up: files that are loaded first, and what is written in them.

use super::CONTAINER;
use crate::facts::schema::{Column, Type, column};

// Columns that the tables about code share, each with the same meaning.
const PRELOADED: Column = column(
    "preloaded",
    Type::Bool,
    "Whether a runtime loads the file first: true, or unknown.",
);
const JS_FILE: Column = column("js_file", Type::Row("js_files"), "The file.");
const OF_APP: Column = column(
    "app",
    Type::Row("apps"),
    "The application; null when none is seen to have the file.",
);

pub(super) const PRELOADS: &[Column] = &[
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
        "copy_fails",
        Type::Bool,
        "Whether a script should copy it there from where it is not, and nothing in the script hides that the copy fails.",
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

pub(super) const JS_FILES: &[Column] = &[
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

pub(super) const JS_PROBLEMS: &[Column] = &[
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
    PRELOADED,
    JS_FILE,
    OF_APP,
];

pub(super) const JS_USES: &[Column] = &[
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
    PRELOADED,
    JS_FILE,
    OF_APP,
];
