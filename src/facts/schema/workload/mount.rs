//! Columns of the tables about volumes and mounts.

use super::super::{Column, Type, column};

const TEXTS: Type = Type::List(&Type::Text);

pub(super) const VOLUME_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The volume's name."),
    column(
        "source",
        Type::Text,
        "`config_map` or `secret`, also as a part of a projected volume.",
    ),
    column("source_name", Type::Text, "The object's name."),
    column(
        "source_state",
        Type::Text,
        "`found` or `absent`; unknown when it cannot be told.",
    ),
    column(
        "near_miss",
        Type::Text,
        "The object that a name which finds nothing may mean; null when none.",
    ),
    column("optional", Type::Bool, "Whether the pod starts without it."),
    column("workload", Type::Row("workloads"), "The workload."),
];

pub(super) const VOLUME_ITEM_COLUMNS: &[Column] = &[
    column("key", Type::Text, "The key that becomes a file."),
    column("path", Type::Text, "The file in the volume."),
    column(
        "exists",
        Type::Bool,
        "Whether the object has the key; unknown when it cannot be told.",
    ),
    column(
        "keys",
        TEXTS,
        "The keys that the object has; unknown when they cannot be told.",
    ),
    column("source", Type::Text, "`config_map` or `secret`."),
    column("source_name", Type::Text, "The object's name."),
    column("optional", Type::Bool, "Whether the pod starts without the key."),
    column("volume", Type::Text, "The volume's name."),
    column("workload", Type::Row("workloads"), "The workload."),
];

const OTHER_MOUNT: Type = Type::Record(&[
    column("container", Type::Text, "The container's name."),
    column("path", Type::Text, "Where that one sees the volume."),
    column(
        "sub_path",
        Type::Text,
        "The part of the volume that it sees; null: all.",
    ),
    column("init", Type::Bool, "Whether that container is an init container."),
    column("read_only", Type::Bool, "Whether that mount is read-only."),
]);

const OUTER_MOUNT: Type = Type::Record(&[
    column("path", Type::Text, "The path of the outer mount."),
    column("volume", Type::Text, "Its volume."),
    column("source", Type::Text, "What is behind it, as in the column `source`."),
    column(
        "read_only",
        Type::Bool,
        "Whether it is read-only: the runtime cannot make the mount point in it.",
    ),
    column(
        "has_mount_point",
        Type::Bool,
        "Whether it has a file or directory at the inner path already; unknown when it is filled at run time.",
    ),
]);

pub(super) const MOUNT_COLUMNS: &[Column] = &[
    column(
        "path",
        Type::Text,
        "Where the container sees it, without a trailing slash.",
    ),
    column(
        "sub_path",
        Type::Text,
        "The part of the volume; null: all; unknown when an expression cannot be told.",
    ),
    column(
        "read_only",
        Type::Bool,
        "Whether it is read-only, as written or by what it is.",
    ),
    column(
        "writable",
        Type::Bool,
        "Whether somebody may write there; unknown when the volume's kind does not tell.",
    ),
    column(
        "writable_for_user",
        Type::Bool,
        "Whether the container's own user may; unknown unless it is certain.",
    ),
    column("volume", Type::Text, "The volume's name."),
    column("volume_exists", Type::Bool, "Whether the pod has the volume."),
    column(
        "source",
        Type::Text,
        "`config_map`, `secret`, `empty_dir`, `persistent_volume_claim`, `host_path`, `projected` or `other`; null when the pod has no such volume.",
    ),
    column(
        "source_kind",
        Type::Text,
        "The key of the volume in the pod spec, for example `configMap` or `csi`.",
    ),
    column(
        "source_name",
        Type::Text,
        "The name of the object or the path of the node; null for others.",
    ),
    column(
        "source_state",
        Type::Text,
        "`found` or `absent`; unknown when it cannot be told; null where there is no object.",
    ),
    column(
        "files",
        TEXTS,
        "The paths below the mount of the files that are there before any container runs; unknown when they cannot be told.",
    ),
    column("paths", TEXTS, "The same as absolute paths."),
    column(
        "sub_path_exists",
        Type::Bool,
        "Whether the volume has the sub path; null without one; unknown when it is filled at run time.",
    ),
    column(
        "sub_path_is_file",
        Type::Bool,
        "Whether the sub path is a file; null without one; unknown when it is filled at run time.",
    ),
    column(
        "other_containers",
        TEXTS,
        "The names of other containers that mount the same volume.",
    ),
    column("other_mounts", Type::List(&OTHER_MOUNT), "Their mounts of it."),
    column(
        "outer",
        OUTER_MOUNT,
        "The mount of the same container that this one lies in; null when none.",
    ),
    column(
        "same_path",
        Type::Bool,
        "Whether an earlier mount of the container has the same path: the API server refuses that.",
    ),
    column(
        "hides_program",
        Type::Text,
        "The file that the container starts, where this mount of a ConfigMap or Secret lies over the directory that has it in the image; null when it does not, or that is not known.",
    ),
    column(
        "size_limit",
        Type::Int,
        "Bytes that an empty directory may hold; null when not limited.",
    ),
    column("in_memory", Type::Bool, "Whether an empty directory is in memory."),
    column(
        "default_mode",
        Type::Int,
        "The mode of files that is written for the volume; null: 0644.",
    ),
    column("container", Type::Row("containers"), "The container."),
    column("workload", Type::Row("workloads"), "The workload."),
];
