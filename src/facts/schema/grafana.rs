//! Tables about Grafana: instances, sidecars, provisioning files, data sources, dashboards and TraceQL.

use super::{CONFIGURATION, Column, Table, Type, column};

const TEXTS: Type = Type::List(&Type::Text);
const LABELS: Type = Type::Map(&Type::Any);

const OBJECT: Type = Type::Record(&[
    column(
        "kind",
        Type::Text,
        "`ConfigMap`, `Secret`, or the kind of an operator's resource.",
    ),
    column("name", Type::Text, "The name."),
    column(
        "namespace",
        Type::Text,
        "The namespace; unknown when the object names none and none was given.",
    ),
    column("labels", LABELS, "The labels; null when there are none."),
    column("metadata", Type::Any, "The metadata as written."),
    column(
        "key",
        Type::Text,
        "The key that holds the file, and the file's name; null for an operator's resource.",
    ),
]);

const SIDECAR: Type = Type::Record(&[
    column("container", Type::Text, "The name of the container."),
    column("label", Type::Text, "The name of the label that it looks for."),
    column("label_value", Type::Text, "The value that it looks for; null: any."),
    column("namespaces", TEXTS, "The namespaces that it watches; empty: all."),
]);

const ORGANISATION: Type = Type::Record(&[
    column(
        "default_datasources",
        Type::Int,
        "How many data sources at hand are marked as default; unknown when no Grafana is known to get this one.",
    ),
    column("default_names", TEXTS, "Their names."),
    column("tempo", Type::Int, "How many data sources of type `tempo` there are."),
]);

const ENDPOINT: Type = Type::Record(&[
    column("scheme", Type::Text, "`http` or `https`; null when none is written."),
    column("host", Type::Text, "The host."),
    column("port", Type::Int, "The port, that of the scheme when none is written."),
    column(
        "path",
        Type::Text,
        "The path without a slash at the end; empty when none.",
    ),
]);

const GRAFANA_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The object's name."),
    column(
        "kind",
        Type::Text,
        "The object's kind; `Grafana` for one that the operator runs.",
    ),
    column(
        "namespace",
        Type::Text,
        "The namespace; unknown when the object names none and none was given.",
    ),
    column("operator", Type::Bool, "Whether the Grafana operator runs it."),
    column(
        "release",
        Type::Text,
        "The one release; unknown when there may be several.",
    ),
    column(
        "datasource_sidecars",
        Type::Int,
        "How many sidecars copy data sources, init containers included.",
    ),
    column("dashboard_sidecars", Type::Int, "How many sidecars copy dashboards."),
    column("datasources", Type::Int, "How many data sources at hand it gets."),
    column("tempo_datasources", Type::Int, "How many of them are of type `tempo`."),
    column(
        "feature_toggles",
        TEXTS,
        "The feature toggles that its environment turns on.",
    ),
    column("provisioning", Type::Text, "The folder of its provisioning files."),
    column("object", Type::Any, "The object as written."),
    column(
        "container",
        Type::Row("containers"),
        "Its container; null for one that the operator runs.",
    ),
    column(
        "workload",
        Type::Row("workloads"),
        "Its workload; null for one that the operator runs.",
    ),
];

const SIDECAR_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The name of the container."),
    column("content", Type::Text, "`datasources`, `dashboard` or `other`."),
    column(
        "label",
        Type::Text,
        "The name of the label that it looks for; null when none is set, so that it cannot start.",
    ),
    column("label_value", Type::Text, "The value that it looks for; null: any."),
    column(
        "namespaces",
        TEXTS,
        "The namespaces that it watches; empty: all; unknown when it cannot be told.",
    ),
    column("config_maps", Type::Bool, "Whether it copies ConfigMaps."),
    column("secrets", Type::Bool, "Whether it copies Secrets."),
    column("folder", Type::Text, "The folder that it writes to."),
    column("method", Type::Text, "`WATCH`, `SLEEP` or `LIST`."),
    column("init", Type::Bool, "Whether it runs before Grafana only."),
    column("matches", Type::Int, "How many files at hand it copies."),
    column(
        "rights_missing",
        Type::Text,
        "What its service account may not list or watch, in words, with the place of the setting; null when it may all, unknown when that cannot be told.",
    ),
    column(
        "rights_near",
        Type::Text,
        "The role or binding that was perhaps meant to give it, in words; null when there is none.",
    ),
    column("grafana", Type::Row("grafanas"), "The Grafana that it serves."),
    column("container", Type::Row("containers"), "The container."),
];

/// Columns of everything that a Grafana may or may not get.
macro_rules! picked_up_columns {
    ($($more:expr),* $(,)?) => {
        &[
            $($more,)*
            column("picked_up", Type::Bool, "Whether a Grafana at hand gets it; unknown when it cannot be told."),
            column("label_state", Type::Text, "`ok`, `missing`, `other_value` or `no_sidecar`; unknown when no Grafana at hand tells; null where no label is needed."),
            column("near_miss_label", Type::Text, "A label that looks like the one the sidecar looks for; null when none."),
            column("namespace_watched", Type::Bool, "Whether the sidecar watches the namespace; unknown when it cannot be told; null without a sidecar."),
            column("kind_watched", Type::Bool, "Whether the sidecar copies objects of this kind."),
            column("mounted", Type::Bool, "Whether the file is mounted into the Grafana, and no sidecar is needed."),
            column("sidecar", SIDECAR, "The sidecar that copies it, or should; null when there is none."),
            column("config_map", OBJECT, "The object that holds it; null for a plain file."),
            column("grafana", Type::Row("grafanas"), "The Grafana that gets it, or is the likeliest to be meant; null when none is at hand."),
        ]
    };
}

const FILE_COLUMNS: &[Column] = picked_up_columns![
    column("kind", Type::Text, "`ConfigMap`, `Secret` or `File`."),
    column(
        "content",
        Type::Text,
        "`datasources`, `dashboard` or `dashboard_provider`."
    ),
    column(
        "key",
        Type::Text,
        "The key, which becomes the file's name; the name of a plain file."
    ),
    column(
        "extension_ok",
        Type::Bool,
        "Whether Grafana reads files with this ending, of the key or of the name that it is mounted as: `.yaml` and `.yml`, for dashboards `.json`."
    ),
    column(
        "syntax_error",
        Type::Text,
        "What is wrong with the syntax; null when nothing is. Its place is where."
    ),
    column(
        "api_version",
        Type::Any,
        "The `apiVersion` of a provisioning file; null when none is written."
    ),
    column(
        "same_key_count",
        Type::Int,
        "How many objects give the same Grafana a file of this name and content; unknown when it cannot be told."
    ),
    column(
        "folder_annotation",
        Type::Text,
        "The annotation that names a folder for dashboards; null when none."
    ),
    column("providers", TEXTS, "The paths of a dashboard provider file."),
    column("config", Type::Any, "The parsed file; null when it cannot be parsed."),
];

const DATASOURCE_COLUMNS: &[Column] = picked_up_columns![
    column("name", Type::Text, "The name."),
    column("type", Type::Text, "The type, for example `tempo`."),
    column(
        "uid",
        Type::Text,
        "The uid; when none is written, the one that Grafana derives from the name."
    ),
    column("uid_written", Type::Bool, "Whether a uid is written."),
    column(
        "url",
        Type::Text,
        "The URL as Grafana has it; null when none is written."
    ),
    column("endpoint", ENDPOINT, "The parts of the URL; null when none is written."),
    column("access", Type::Text, "`proxy` or `direct`; `proxy` by default."),
    column("is_default", Type::Bool, "Whether it is marked as default."),
    column(
        "keeps_default",
        Type::Bool,
        "Whether it is the one to stay default when several are: Prometheus, else the first."
    ),
    column("org_id", Type::Int, "The organisation, 1 by default."),
    column(
        "version",
        Type::Int,
        "The `version` of the entry; null when none is written."
    ),
    column("json_data", Type::Any, "`jsonData`; null when none is written."),
    column("config", Type::Any, "The data source as written."),
    column(
        "provisioned_by",
        Type::Text,
        "`sidecar`, `mount`, `operator`, `file`, or `none` when no Grafana at hand is known to get it."
    ),
    column(
        "operator_state",
        Type::Text,
        "`ok`, `other_namespace` or `no_instance` for an operator's resource, unknown when it cannot be told; null for others."
    ),
    column("org", ORGANISATION, "What the organisation has in the same Grafana."),
    column(
        "same_uid_count",
        Type::Int,
        "How many data sources of the organisation have this uid, itself included."
    ),
    column(
        "same_name_count",
        Type::Int,
        "How many data sources of the organisation have this name, itself included."
    ),
    column(
        "deleted",
        Type::Bool,
        "Whether `deleteDatasources` of the same file names it."
    ),
    column(
        "tempo_metrics_generator",
        Type::Bool,
        "Whether the Tempo that the URL leads to makes service graphs or span metrics; null when it leads to none that is at hand."
    ),
    column(
        "tempo_service_graphs",
        Type::Bool,
        "Whether the Tempo that the URL leads to makes service graphs; null when it leads to none that is at hand."
    ),
    column(
        "tempo_generator_written",
        Type::Bool,
        "Whether the configuration of that Tempo names a generator or processors at all; null when the URL leads to none that is at hand."
    ),
    column(
        "tempo_traceql_metrics",
        Type::Bool,
        "Whether the Tempo that the URL leads to answers TraceQL metrics of recent data: since 3.0 each does, before that one with the processor local-blocks. Null when it leads to none that is at hand, and before 2.4."
    ),
    column(
        "service_graphs_elsewhere",
        Type::Bool,
        "Whether a Collector at hand makes service graphs; null when the data source leads to no Tempo at hand."
    ),
    column(
        "tempo",
        Type::Row("tempos"),
        "The process of Tempo that answers its queries, of several the query frontend; null when the URL leads to none that is at hand."
    ),
    column(
        "tempo_direct",
        Type::Bool,
        "Whether the Service leads to that process itself, and no gateway stands between; null without one."
    ),
    column(
        "file",
        Type::Row("grafana_files"),
        "The file; null for an operator's resource."
    ),
];

// What references of data sources and of dashboards tell alike.
const FOUND_TYPE: Column = column(
    "found_type",
    Type::Text,
    "The type of what was found; null when nothing was.",
);
const DID_YOU_MEAN: Column = column(
    "did_you_mean",
    Type::Text,
    "The uid that is likely meant; null when none is.",
);
const TARGET: Column = column(
    "target",
    Type::Row("datasources"),
    "The data source that is referred to; null when it is not at hand.",
);

const REFERENCE_COLUMNS: &[Column] = &[
    column(
        "key",
        Type::Text,
        "The block of `jsonData` that refers, for example `tracesToLogsV2`; `correlations` for those.",
    ),
    column("path", Type::Text, "The path of the uid within the data source."),
    column("block", Type::Any, "The block that refers, as written."),
    column("uid", Type::Text, "The uid that it refers to."),
    column(
        "target_type",
        Type::Text,
        "What has to be there: `logs`, `metrics`, `profiles` or `traces`; `any` for a correlation.",
    ),
    column(
        "state",
        Type::Text,
        "`found`, `near_miss` or `absent`; unknown when it cannot be told.",
    ),
    FOUND_TYPE,
    column(
        "type_fits",
        Type::Bool,
        "Whether what was found can be it; null when nothing was.",
    ),
    DID_YOU_MEAN,
    column(
        "candidates",
        Type::Int,
        "How many data sources of the right type the same Grafana has.",
    ),
    column("datasource", Type::Row("datasources"), "The data source that refers."),
    TARGET,
];

const VARIABLE_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The name behind the single `$`, without braces."),
    column("written", Type::Text, "As written, for example `${__value.raw}`."),
    column(
        "key",
        Type::Text,
        "The key of the value that holds it, for example `query`.",
    ),
    column(
        "template",
        Type::Bool,
        "Whether Grafana itself fills it in later, so that `$$` is needed: `__tags`, `__span…`, `__value…`.",
    ),
    column(
        "set",
        Type::Bool,
        "Whether the container sets a variable of this name; unknown when it cannot be told.",
    ),
    column("value", Type::Text, "The whole value."),
    column("datasource", Type::Row("datasources"), "The data source."),
];

const DASHBOARD_COLUMNS: &[Column] = picked_up_columns![
    column("title", Type::Text, "The title; null when there is none."),
    column("uid", Type::Text, "The uid; null when there is none."),
    column("panels", Type::Int, "How many panels there are."),
    column(
        "envelope",
        Type::Bool,
        "Whether it is wrapped as the API takes it, which files must not be."
    ),
    column(
        "inputs",
        TEXTS,
        "The names of inputs of an export that nothing fills in."
    ),
    column(
        "schema_version",
        Type::Int,
        "The `schemaVersion`; null when none is written."
    ),
    column(
        "same_uid_count",
        Type::Int,
        "How many dashboards of the same Grafana have this uid, itself included."
    ),
    column("tempo_queries", Type::Int, "How many queries to Tempo it has."),
    column("config", Type::Any, "The dashboard as written."),
    column(
        "file",
        Type::Row("grafana_files"),
        "The file; null for an operator's resource."
    ),
];

const DASHBOARD_REFERENCE_COLUMNS: &[Column] = &[
    column(
        "uid",
        Type::Text,
        "The uid, or in old dashboards the name, that is referred to.",
    ),
    column("type", Type::Text, "The type as written; null when none is."),
    column(
        "is_name",
        Type::Bool,
        "Whether it is a name, as in dashboards from before Grafana 8.3.",
    ),
    column("uses", TEXTS, "Every place of the panel that names it, this one first."),
    column("place", Type::Text, "`panel`, `target`, `variable` or `annotation`."),
    column(
        "panel",
        Type::Text,
        "The title of the panel, or the name of the variable or annotation.",
    ),
    column("panel_type", Type::Text, "The type of the panel; null elsewhere."),
    column(
        "state",
        Type::Text,
        "`found`, `near_miss`, `absent`, `variable`, `input` (left over from an export) or `builtin`; unknown when it cannot be told.",
    ),
    FOUND_TYPE,
    column(
        "type_fits",
        Type::Bool,
        "Whether the type that was found is the one that is written; null when there is nothing to compare.",
    ),
    DID_YOU_MEAN,
    column(
        "candidates",
        Type::Int,
        "How many data sources of the written type the same Grafana has.",
    ),
    column("dashboard", Type::Row("dashboards"), "The dashboard."),
    TARGET,
];

const TRACEQL_COLUMNS: &[Column] = &[
    column("query", Type::Text, "The query; null when none is written."),
    column("query_type", Type::Text, "The `queryType`; null when none is written."),
    column(
        "query_used",
        Type::Bool,
        "Whether Grafana runs the query as TraceQL: `queryType` is `traceql` or not written.",
    ),
    column(
        "filters",
        Type::Int,
        "How many filters of a `traceqlSearch` are written.",
    ),
    column("table_type", Type::Text, "The `tableType`; null when none is written."),
    column("panel", Type::Text, "The title of the panel."),
    column("panel_type", Type::Text, "The type of the panel."),
    column("empty", Type::Bool, "Whether there is nothing to run."),
    column(
        "trace_id",
        Type::Bool,
        "Whether it is a trace id, or a variable alone that may be one.",
    ),
    column(
        "syntax_error",
        Type::Text,
        "What makes every release refuse the query; null when nothing does; unknown when a variable leaves it open.",
    ),
    column(
        "range_seconds",
        Type::Int,
        "The seconds that it covers when the dashboard is opened, of the panel or the dashboard; null when that is no length, such as a fixed time.",
    ),
    column("metrics", Type::Bool, "Whether it computes a metric."),
    column("functions", TEXTS, "The functions that it calls, in the order written."),
    column(
        "needs_release",
        Type::Text,
        "The first release that accepts all of it; null when every release does.",
    ),
    column(
        "needs_feature",
        Type::Text,
        "What needs that release; null when nothing does.",
    ),
    column("target", Type::Any, "The target as written."),
    column("dashboard", Type::Row("dashboards"), "The dashboard."),
    column(
        "datasource",
        Type::Row("datasources"),
        "The data source that it goes to; null when it is not at hand.",
    ),
];

const PROBLEM_COLUMNS: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "The kind of mistake, for example `single_quotes`, `word_operator`, `quoted_enum`, `promql`.",
    ),
    column("message", Type::Text, "What is wrong, as a clause."),
    column("written", Type::Text, "What stands there."),
    column(
        "replacement",
        Type::Text,
        "What to write instead; null when that is not certain.",
    ),
    column(
        "refused",
        Type::Bool,
        "Whether every release refuses to parse it; others fail when it is run.",
    ),
    column("query", Type::Row("traceql"), "The query."),
];

const ATTRIBUTE_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The name without scope."),
    column("written", Type::Text, "As written."),
    column(
        "scope",
        Type::Text,
        "`none`, `any` (a leading dot), `resource`, `span`, `event`, `link`, `instrumentation` or `parent`.",
    ),
    column(
        "suggestion",
        Type::Text,
        "What to write instead of a name without scope; null for others.",
    ),
    column(
        "intrinsic",
        Type::Text,
        "The field that is likely meant when an attribute has its name, as in `span.duration`; null otherwise.",
    ),
    column("query", Type::Row("traceql"), "The query."),
];

const FEATURE_COLUMNS: &[Column] = &[
    column("feature", Type::Text, "What it is, for example `the function topk`."),
    column("since", Type::Text, "The first release that accepts it."),
    column(
        "supported",
        Type::Bool,
        "Whether the Tempo at hand accepts it; unknown when its release is not known.",
    ),
    column("written", Type::Text, "What stands there."),
    column("query", Type::Row("traceql"), "The query."),
];

const fn table(name: &'static str, row: &'static str, columns: &'static [Column]) -> Table {
    Table {
        name,
        row,
        columns,
        reads: CONFIGURATION,
    }
}

/// The tables.
pub const TABLES: &[Table] = &[
    table("grafanas", "One Grafana.", GRAFANA_COLUMNS),
    table(
        "grafana_sidecars",
        "One container that copies provisioning files for a Grafana.",
        SIDECAR_COLUMNS,
    ),
    table(
        "grafana_files",
        "One key of a ConfigMap or Secret, or one plain file, that is a provisioning file or a dashboard.",
        FILE_COLUMNS,
    ),
    table("datasources", "One provisioned data source.", DATASOURCE_COLUMNS),
    table(
        "datasource_references",
        "One uid of a data source that another data source refers to.",
        REFERENCE_COLUMNS,
    ),
    table(
        "datasource_variables",
        "One `$NAME` in a provisioned value: Grafana puts an environment variable there.",
        VARIABLE_COLUMNS,
    ),
    table("dashboards", "One dashboard.", DASHBOARD_COLUMNS),
    table(
        "dashboard_references",
        "One place of a dashboard that names a data source.",
        DASHBOARD_REFERENCE_COLUMNS,
    ),
    table("traceql", "One target of a panel that goes to Tempo.", TRACEQL_COLUMNS),
    table(
        "traceql_problems",
        "One mistake in a TraceQL query, a missing scope excepted.",
        PROBLEM_COLUMNS,
    ),
    table(
        "traceql_attributes",
        "One attribute in a TraceQL query.",
        ATTRIBUTE_COLUMNS,
    ),
    table(
        "traceql_features",
        "One thing in a TraceQL query that not every release accepts.",
        FEATURE_COLUMNS,
    ),
];
