//! Scripts of containers: what they run, install, write and copy.

use super::{CONDITIONAL, CONTAINER, ERRORS_DISCARDED, FAILURE_HIDDEN, INIT, SCRIPT, SERVED_APP};
use crate::facts::schema::{Column, Type, column};

pub(super) const SCRIPTS: &[Column] = &[
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

pub(super) const SCRIPT_PROBLEMS: &[Column] = &[
    column("message", Type::Text, "What is wrong."),
    column("text", Type::Text, "What stands there."),
    SCRIPT,
    CONTAINER,
];

pub(super) const COMMANDS: &[Column] = &[
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

pub(super) const PACKAGES: &[Column] = &[
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

pub(super) const INSTALLS: &[Column] = &[
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
        "preload_missing",
        Type::Text,
        "For an init container: the file in NODE_OPTIONS that is not there when a program of Node starts here; null when it may be.",
    ),
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

pub(super) const SCRIPT_WRITES: &[Column] = &[
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

pub(super) const SCRIPT_COPIES: &[Column] = &[
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
