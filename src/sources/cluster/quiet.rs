//! Namespaces in which nothing speaks of tracing: what is in them is kept as text and parsed only when something elsewhere names them.
//!
//! Most of a cluster has nothing to do with tracing, and all of it has to be listed to know that. Who sends to another namespace writes its name
//! (`otel-collector.observability`), or the address of a Service in it: a namespace that no text names and that speaks of nothing itself is on no way
//! of a span. Such a namespace counts as not looked at, so that nothing is said of what it lacks.

use super::list::text_at;
use super::yaml;
use crate::evidence::SourceFile;
use crate::evidence::redact::Redactor;
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

/// What stands in every object that any stage could be: names of programs, their variables, their ports. It matches more than that.
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)otel|telemetry|otlp|tempo|jaeger|zipkin|opencensus|trac[ei]|span|grafana|datasource|mimir|loki|collector|alloy|instrument|distributor|rocket|beyla|odigos|_options|agent|coreclr|dotnet_|\b(?:4317|4318|9411|1425[0-9]|14268|683[12]|5567[89]|5568[01]|3100|3200)\b",
    )
    .expect("a pattern that a test compiles")
});

/// An object as a text to point at.
#[derive(Debug)]
pub(super) struct Held {
    namespace: String,
    object: String,
    /// What the user may call it: `deployment/shop/web`.
    name: String,
    text: String,
    /// The addresses of a Service.
    addresses: Vec<String>,
}

impl Held {
    /// Lays an object out; credentials in it are replaced.
    pub(super) fn of(item: &Value, redactor: &Redactor) -> Held {
        let text = |keys: &[&str]| text_at(item, keys).unwrap_or_default();
        let kind = text(&["kind"]).to_ascii_lowercase();
        let object = text(&["metadata", "name"]).to_owned();
        let namespace = text(&["metadata", "namespace"]).to_owned();
        let name = match namespace.as_str() {
            "" => format!("{kind}/{object}"),
            namespace => format!("{kind}/{namespace}/{object}"),
        };
        let addresses = item.get("spec").and_then(|spec| spec.get("clusterIPs")?.as_array());
        let addresses = addresses.into_iter().flatten().filter_map(Value::as_str);
        let addresses = addresses.filter(|address| *address != "None").map(str::to_owned);
        let addresses = addresses.collect();
        let mut redacted = item.clone();
        redactor.object(&mut redacted);
        Held {
            namespace,
            object,
            name,
            text: yaml::document(&redacted),
            addresses,
        }
    }

    /// Returns the text with its name.
    pub(super) fn into_file(self) -> SourceFile {
        SourceFile::live(self.name, &self.text)
    }

    pub(super) fn is_a(&self, kind: &str) -> bool {
        let own = self.name.split_once('/').map_or("", |(own, _)| own);
        own.eq_ignore_ascii_case(kind)
    }

    /// Whether anything in it but the name of its namespace may have to do with tracing.
    fn speaks(&self) -> bool {
        match SPEAKS.is_match(&self.namespace) {
            // That a program runs in a namespace called `tracing` says nothing about it.
            true => SPEAKS.is_match(&without_namespace(&self.text, &self.namespace)),
            false => SPEAKS.is_match(&self.text),
        }
    }
}

/// Whether a name is that of a workload, or begins with it as those of its pods do.
pub(super) fn is_of(name: &str, workload: &str) -> bool {
    name.strip_prefix(workload)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Returns the text of an object without the lines that name its namespace.
pub(super) fn without_namespace(text: &str, namespace: &str) -> String {
    text.replace(&format!("namespace: {namespace}\n"), "")
}

/// What was listed in namespaces that speak of nothing, by namespace.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    namespaces: BTreeMap<String, Vec<Held>>,
}

impl Quiet {
    /// Parts what was listed: the objects of the annotated namespaces, and of those in which one speaks of tracing or is the workload that is asked
    /// about, or of its pod, in the order given, and the rest. An object of an operator always speaks: its kind does.
    pub(super) fn part(listed: Vec<Held>, wanted: Option<&str>, annotated: &BTreeSet<String>) -> (Vec<Held>, Quiet) {
        let is_wanted = |held: &Held| wanted.is_some_and(|name| is_of(name, &held.object));
        let speaks = |held: &&Held| held.namespace.is_empty() || is_wanted(held) || held.speaks();
        let heard: BTreeSet<String> = listed
            .iter()
            .filter(speaks)
            .map(|held| held.namespace.clone())
            .chain(annotated.iter().cloned())
            .collect();
        let mut quiet = Quiet::default();
        let mut kept = Vec::new();
        for held in listed {
            match heard.contains(&held.namespace) {
                true => kept.push(held),
                false => quiet.namespaces.entry(held.namespace.clone()).or_default().push(held),
            }
        }
        (kept, quiet)
    }

    /// Takes out the objects of the namespaces that one of the texts names.
    pub(super) fn named_in<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Vec<Held> {
        if self.namespaces.is_empty() {
            return Vec::new();
        }
        let mut of_word: HashMap<&str, &str> = HashMap::new();
        for (namespace, objects) in &self.namespaces {
            let addresses = objects.iter().flat_map(|held| &held.addresses);
            of_word.extend(addresses.map(|address| (address.as_str(), namespace.as_str())));
            of_word.insert(namespace, namespace);
        }
        let mut named: BTreeSet<String> = BTreeSet::new();
        for text in texts {
            for word in words(text) {
                named.extend(of_word.get(word).map(|namespace| (*namespace).to_owned()));
            }
        }
        let taken = named.iter().filter_map(|namespace| self.namespaces.remove(namespace));
        taken.flatten().collect()
    }

    /// Returns the namespaces that nothing named, with the number of their objects.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&String, usize)> {
        self.namespaces
            .iter()
            .map(|(namespace, objects)| (namespace, objects.len()))
    }
}

/// Returns what may be a name or an address in a text: labels as DNS has them, and whole addresses.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let address = move |c: char| label(c) || c == '.' || c == ':';
    let labels = text.split(move |c| !label(c));
    let addresses = text.split(move |c| !address(c)).flat_map(|word| {
        // `10.0.0.1:4317` has a port, and an address of version 6 has colons itself.
        let without_port = word.rsplit_once(':').map(|(host, _)| host);
        std::iter::once(word).chain(without_port)
    });
    labels
        .chain(addresses)
        .map(|word| word.trim_matches(['.', ':']))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn held(namespace: &str, name: &str, spec: Value) -> Held {
        let item = json!({"kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec});
        Held::of(&item, &Redactor::default())
    }

    fn names(held: Vec<Held>) -> Vec<String> {
        held.into_iter().map(|held| held.into_file().name).collect()
    }

    #[test]
    fn a_namespace_is_heard_when_one_object_in_it_speaks() {
        let listed = vec![
            held("shop", "web", json!({"env": [{"name": "OTEL_SERVICE_NAME"}]})),
            held("shop", "cache", json!({})),
            held("books", "web", json!({"image": "nginx"})),
            held("tracing", "backup", json!({"image": "restic"})),
            held("", "otel", json!({})),
        ];
        let (kept, quiet) = Quiet::part(listed, None, &BTreeSet::new());
        assert_eq!(names(kept), ["service/shop/web", "service/shop/cache", "service/otel"]);
        let rest: Vec<_> = quiet.rest().map(|(name, count)| (name.as_str(), count)).collect();
        assert_eq!(rest, [("books", 1), ("tracing", 1)]);
        let listed = vec![held("books", "web", json!({})), held("games", "web", json!({}))];
        let annotated = BTreeSet::from(["games".to_owned(), "toys".to_owned()]);
        assert_eq!(names(Quiet::part(listed, None, &annotated).0), ["service/games/web"]);
        for wanted in ["web", "web-7d9f-x2x"] {
            let listed = vec![held("books", "web", json!({})), held("games", "web2", json!({}))];
            assert_eq!(
                names(Quiet::part(listed, Some(wanted), &BTreeSet::new()).0),
                ["service/books/web"]
            );
        }
    }

    #[test]
    fn a_namespace_is_read_when_a_text_names_it_or_an_address_in_it() {
        let check = |text: &str, expected: &[&str]| {
            let listed = vec![
                held("books", "web", json!({"clusterIPs": ["10.0.7.1", "fd00::7"]})),
                held("books-2", "web", json!({"clusterIPs": ["None"]})),
            ];
            let (_, mut quiet) = Quiet::part(listed, None, &BTreeSet::new());
            assert_eq!(names(quiet.named_in(std::iter::once(text))), expected, "{text}");
            assert_eq!(names(quiet.named_in(std::iter::once(text))), [""; 0], "{text}");
        };
        for text in [
            "http://web.books:4317",
            "web.books.svc.cluster.local.",
            "namespace: books\n",
            "endpoint: 10.0.7.1:4317",
            "http://10.0.7.1/v1/traces",
            "http://[fd00::7]:4317",
            "see 10.0.7.1.",
        ] {
            check(text, &["service/books/web"]);
        }
        for text in [
            "",
            "None",
            "http://web.bookshop:4317",
            "10.0.7.11:4317",
            "110.0.7.1",
            "book",
        ] {
            check(text, &[]);
        }
        check("k8s resolver: web.books-2", &["service/books-2/web"]);
    }
}
