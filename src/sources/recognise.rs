//! Tells by content what a file is that is not a Kubernetes object.
//!
//! Only what is certain is named. What is recognised as something else comes with what the user can do to have it judged; for all the
//! rest nothing is guessed.

use crate::evidence::document::NodeValue;
use crate::evidence::{Document, NodeId, PlainKind};
use regex::Regex;
use std::sync::LazyLock;

/// What a document without a kind is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recognised {
    /// A file that is judged.
    Plain(PlainKind),
    /// Something that is not judged: what it is, and how to have it judged.
    Other(&'static str),
    /// Nothing that is known here.
    Unknown,
}

/// The words that something about tracing, in any of its programs and languages, cannot do without.
static MATTERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)otel|telemetry|otlp|tempo|jaeger|zipkin|opencensus|trace|tracing|span|receivers|exporters|pipelines|grafana|datasource|dashboard|overrides|node_options|java_tool_options|javaagent|pythonpath|dotnet|coreclr|npm|yarn|pnpm|node|\.[mc]?js|\.sh\b|#!/|binarydata|prometheus|remote_write|alloy|memberlist|schemaversion|distributor|corefile|clusterdomain|dnsdomain",
    )
});

/// The words that make a file about tracing worth a note.
static TRACING: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)otel|opentelemetry|otlp|\btempo\b|jaeger|zipkin|tracing"));

/// The words of a Helm template that nothing else has.
static HELM: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"\{\{-?\s*(?:\$?\.(?:Values|Release|Chart|Capabilities|Template|Files)\b|include\s+"|tpl\s|toYaml\s)"#)
});

/// The control words of a Go template.
static CONTROL: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\{\{-?\s*(?:if|else|end|range|with|define|block|include|template|\.|\$|/\*)"));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern that a test compiles")
}

/// Returns whether a ConfigMap, or a file without a kind, could have to do with anything that is judged.
pub(super) fn could_matter(text: &str) -> bool {
    MATTERS.is_match(text)
}

/// Returns whether a text speaks of tracing.
pub(super) fn speaks_of_tracing(text: &str) -> bool {
    TRACING.is_match(text)
}

/// Returns whether a text that does not parse is clearly a template.
pub(super) fn is_broken_template(file: &str, text: &str) -> bool {
    let in_chart = file.starts_with("templates/") || file.contains("/templates/");
    text.contains("{{") && (in_chart || HELM.is_match(text) || CONTROL.is_match(text))
}

/// Returns whether a text that parses is a Helm template all the same: with placeholders that are not part of an embedded text or a comment.
pub(super) fn is_template(document: &Document) -> bool {
    let text = &document.text.content;
    if memchr::memmem::find(text.as_bytes(), b"{{").is_none() {
        return false;
    }
    let placeholders: Vec<usize> = HELM.find_iter(text).map(|found| found.start()).collect();
    if placeholders.is_empty() {
        return false;
    }
    let mut hidden = Vec::new();
    embedded_texts(document, document.root(), &mut hidden);
    hidden.sort_by_key(|span| span.start);
    placeholders.into_iter().any(|at| {
        let before = hidden.partition_point(|span: &std::ops::Range<usize>| span.start <= at);
        let in_scalar = before.checked_sub(1).is_some_and(|index| at < hidden[index].end);
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let in_comment = text[line..at].trim_start().starts_with('#');
        !in_scalar && !in_comment
    })
}

fn embedded_texts(document: &Document, id: NodeId, spans: &mut Vec<std::ops::Range<usize>>) {
    use crate::evidence::document::ScalarStyle::{Folded, Literal};
    let node = document.raw(id);
    match &node.value {
        // A text of several lines that is written in quotes is the same as a block.
        NodeValue::Scalar(text, style) => {
            if matches!(style, Literal | Folded) || text.contains('\n') {
                spans.push(node.span.clone());
            }
        }
        NodeValue::Alias(_) => {}
        NodeValue::Sequence(items) => items.iter().for_each(|&item| embedded_texts(document, item, spans)),
        NodeValue::Mapping(entries) => entries
            .iter()
            .for_each(|&(_, value)| embedded_texts(document, value, spans)),
    }
}

/// Tells what a document without a kind is.
pub(super) fn recognise(document: &Document, file: &str) -> Recognised {
    let root = document.root();
    if !document.is_mapping(root) {
        return Recognised::Unknown;
    }
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let view = View { document };
    if base == "Chart.yaml" && view.has(&["name"]) && view.has(&["version"]) {
        return Recognised::Other("a Helm chart, not rendered: `helm template CHART | tracedoctor run -`");
    }
    if matches!(base, "kustomization.yaml" | "kustomization.yml") {
        return Recognised::Other(KUSTOMIZATION);
    }
    if view.is_compose() {
        return Recognised::Other(
            "a Docker Compose file, not judged: only Kubernetes objects and the configurations themselves are",
        );
    }
    let values = base.starts_with("values") || base.ends_with("values.yaml") || base.ends_with("values.yml");
    if view.map(&["service", "pipelines"]) && view.has_senders_and_receivers() {
        return Recognised::Plain(PlainKind::Collector);
    }
    if values {
        return Recognised::Other(VALUES);
    }
    if view.is_dashboard() {
        return Recognised::Plain(PlainKind::GrafanaDashboard);
    }
    if view.is_datasources() {
        return Recognised::Plain(PlainKind::GrafanaDatasources);
    }
    if view.is_tempo() {
        return Recognised::Plain(PlainKind::Tempo);
    }
    if view.is_tempo_overrides() {
        return Recognised::Plain(PlainKind::TempoOverrides);
    }
    if view.is_values() || view.is_values_of_tempo() {
        return Recognised::Other(VALUES);
    }
    if view.items_have(&["releases"], &["chart"]) {
        return Recognised::Other("a helmfile, not rendered: `helmfile template | tracedoctor run -`");
    }
    if view.items_have(&["groups"], &["rules"]) {
        return Recognised::Other("rules of alerts or recordings, not judged");
    }
    if view.is_part_of_collector() {
        return Recognised::Other(
            "looks like a part of a Collector configuration, not judged alone: it has no `service.pipelines` with receivers and exporters; give the merged file, or the ConfigMaps with the workload",
        );
    }
    if view.list(&["scrape_configs"]) || view.has(&["rule_files"]) {
        return Recognised::Other("a Prometheus configuration, not judged");
    }
    if view.has(&["schema_config"]) && view.has(&["storage_config"]) || view.has(&["limits_config"]) {
        return Recognised::Other("a Loki configuration, not judged");
    }
    Recognised::Unknown
}

/// What to do about a kustomization.
pub(super) const KUSTOMIZATION: &str = "a kustomization, not built: `kustomize build FOLDER | tracedoctor run -`";

const VALUES: &str = "looks like Helm values, not judged: render the chart with them, `helm template CHART -f VALUES | tracedoctor run -`";

struct View<'d> {
    document: &'d Document,
}

impl View<'_> {
    fn has(&self, path: &[&str]) -> bool {
        self.document.at(path).is_some()
    }

    fn map(&self, path: &[&str]) -> bool {
        self.document
            .at(path)
            .is_some_and(|node| self.document.is_mapping(node))
    }

    fn list(&self, path: &[&str]) -> bool {
        let sequence = |node| matches!(self.document.node(node).value, NodeValue::Sequence(_));
        self.document.at(path).is_some_and(sequence)
    }

    fn keys(&self, path: &[&str]) -> Vec<&str> {
        let entries = self.document.at(path).map(|node| self.document.entries(node));
        entries.unwrap_or_default().into_iter().map(|(key, ..)| key).collect()
    }

    fn has_senders_and_receivers(&self) -> bool {
        let either = |section| self.map(&[section]) || self.map(&["connectors"]);
        either("receivers") && either("exporters")
    }

    fn is_part_of_collector(&self) -> bool {
        const SECTIONS: [&str; 6] = [
            "receivers",
            "processors",
            "exporters",
            "connectors",
            "extensions",
            "service",
        ];
        let keys = self.keys(&[]);
        let known = keys.iter().all(|key| SECTIONS.contains(key));
        known && SECTIONS.iter().any(|section| self.map(&[section]))
    }

    fn is_tempo(&self) -> bool {
        // Words of the charts' values, which have `storage.trace` at the same place.
        const CHART: [&str; 14] = [
            "replicas",
            "image",
            "global",
            "traces",
            "gateway",
            "minio",
            "config",
            "tempo",
            "memcached",
            "metaMonitoring",
            "serviceAccount",
            "nameOverride",
            "fullnameOverride",
            "tempoQuery",
        ];
        let keys = self.keys(&[]);
        let chart = keys
            .iter()
            .any(|key| CHART.contains(key) || key.contains(|c: char| c.is_ascii_uppercase()))
            || self.has(&["distributor", "replicas"])
            || self.has(&["ingester", "replicas"]);
        !chart && (self.map(&["distributor", "receivers"]) || self.map(&["storage", "trace"]))
    }

    fn is_tempo_overrides(&self) -> bool {
        // Loki and Mimir have files of the same shape; a key that only Tempo has tells them apart
        // (grafana/tempo@v2.8.2:modules/overrides/config.go and config_legacy.go).
        const TEMPO: [&str; 12] = [
            "ingestion",
            "read",
            "forwarders",
            "metrics_generator",
            "cost_attribution",
            "storage",
            "global",
            "compaction",
            "max_traces_per_user",
            "max_bytes_per_trace",
            "ingestion_rate_limit_bytes",
            "ingestion_burst_size_bytes",
        ];
        if self.keys(&[]) != ["overrides"] || self.has(&["overrides", "defaults"]) {
            return false;
        }
        self.keys(&["overrides"]).iter().any(|tenant| {
            let keys = self.keys(&["overrides", tenant]);
            keys.iter()
                .any(|key| TEMPO.contains(key) || key.starts_with("metrics_generator_"))
        })
    }

    fn is_datasources(&self) -> bool {
        let Some(list) = self.document.at(&["datasources"]) else {
            return self.list(&["deleteDatasources"]);
        };
        let typed = |&item: &NodeId| self.document.get(item, "type").is_some();
        self.document.items(list).iter().any(typed) || (self.has(&["apiVersion"]) && self.list(&["datasources"]))
    }

    fn is_dashboard(&self) -> bool {
        self.has(&["schemaVersion"]) && (self.list(&["panels"]) || self.list(&["rows"]))
    }

    fn is_compose(&self) -> bool {
        let Some(services) = self.document.at(&["services"]) else {
            return false;
        };
        let built = |node| {
            ["image", "build"]
                .iter()
                .any(|key| self.document.get(node, key).is_some())
        };
        !self.has(&["apiVersion"]) && self.document.entries(services).iter().any(|&(.., node)| built(node))
    }

    /// Whether a list has an item with one of these keys.
    fn items_have(&self, path: &[&str], keys: &[&str]) -> bool {
        let items = self.document.at(path).map_or(&[][..], |list| self.document.items(list));
        let has = |&item: &NodeId| keys.iter().any(|key| self.document.get(item, key).is_some());
        items.iter().any(has)
    }

    /// Whether it has sections that only the charts of Tempo have.
    fn is_values_of_tempo(&self) -> bool {
        const PATHS: [&[&str]; 8] = [
            &["ingester", "replicas"],
            &["distributor", "replicas"],
            &["querier", "replicas"],
            &["metricsGenerator", "enabled"],
            &["traces", "otlp"],
            &["tempo", "receivers"],
            &["tempo", "storage"],
            &["tempo", "metricsGenerator"],
        ];
        PATHS.iter().any(|path| self.has(path))
    }

    fn is_values(&self) -> bool {
        const WORDS: [&str; 18] = [
            "image",
            "replicaCount",
            "nameOverride",
            "fullnameOverride",
            "resources",
            "nodeSelector",
            "tolerations",
            "affinity",
            "podAnnotations",
            "serviceAccount",
            "imagePullSecrets",
            "ingress",
            "podSecurityContext",
            "securityContext",
            "global",
            "extraEnv",
            "replicas",
            "tempo",
        ];
        let keys = self.keys(&[]);
        let words = keys.iter().filter(|key| WORDS.contains(key)).count();
        words >= 2 || self.has(&["image", "repository"])
    }
}
