//! Label selectors, as the API server understands them (`kubernetes/apimachinery:pkg/labels/selector.go`), over labels of which some may not be at hand.

use super::judged::Judged;
use crate::evidence::Cell;

/// The labels of a pod or namespace, as far as they are known.
#[derive(Debug, Clone)]
pub struct Labels<'a> {
    /// Those at hand.
    cell: Option<&'a Cell>,
    /// A label that the API server sets: key and value.
    fixed: Option<(&'static str, &'a str)>,
    /// Why there may be further labels; `None`: only those that controllers add.
    further: Option<String>,
}

/// Labels that controllers, meshes and platforms put on pods and namespaces: that none is written says nothing.
const ADDED: [&str; 8] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "job-name",
    "controller-uid",
    "topology.kubernetes.io/zone",
];
/// The same by the end of the key's domain.
const ADDED_BY: [&str; 10] = [
    "batch.kubernetes.io",
    "istio.io",
    "linkerd.io",
    "cattle.io",
    "openshift.io",
    "fluxcd.io",
    "argoproj.io",
    "opentelemetry.io",
    "pod-security.kubernetes.io",
    "workload.identity",
];

impl<'a> Labels<'a> {
    /// Returns labels of which all are written.
    pub fn written(cell: &'a Cell) -> Labels<'a> {
        Labels {
            cell: Some(cell),
            fixed: None,
            further: None,
        }
    }

    /// Returns labels beside which others may exist, for this reason.
    pub fn partly(cell: Option<&'a Cell>, reason: String) -> Labels<'a> {
        Labels {
            cell,
            fixed: None,
            further: Some(reason),
        }
    }

    /// Adds a label that the API server sets.
    pub fn with(mut self, key: &'static str, value: &'a str) -> Labels<'a> {
        self.fixed = Some((key, value));
        self
    }

    /// Returns the value of a label, or why it is not known whether it is there.
    pub fn value(&self, key: &str) -> Result<Option<&str>, String> {
        if let Some((_, value)) = self.fixed.filter(|(fixed, _)| *fixed == key) {
            return Ok(Some(value));
        }
        let written = self.cell.and_then(|cell| cell.get(key));
        match (written.map(|cell| (cell.text(), cell.unknown_reason())), &self.further) {
            (Some((Some(text), _)), _) => Ok(Some(text)),
            (Some((None, Some(reason))), _) => Err(reason.to_string()),
            (_, Some(reason)) => Err(reason.clone()),
            (_, None) if is_added(key) => Err(format!("label {key} is not written, and a controller may set it")),
            (_, None) => Ok(None),
        }
    }
}

fn is_added(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let by = |owner: &str| domain == owner || domain.ends_with(&format!(".{owner}"));
    ADDED.contains(&key) || ADDED_BY.iter().any(|owner| by(owner))
}

/// Returns whether a selector takes something with these labels; an empty one takes all.
pub fn selects(selector: &Cell, labels: &Labels<'_>) -> Judged {
    if let Some(reason) = selector.unknown_reason() {
        return Judged::Unknown(reason.to_string());
    }
    let mut result = Judged::Yes;
    for (key, value) in selector.get("matchLabels").and_then(Cell::fields).into_iter().flatten() {
        result = result.and(|| match value.unknown_reason() {
            Some(reason) => Judged::Unknown(reason.to_string()),
            None => compare(labels, key, |found| found.is_some() && found == value.text()),
        });
    }
    for expression in selector.get("matchExpressions").map_or(&[][..], Cell::items) {
        result = result.and(|| expressed(expression, labels));
    }
    result
}

fn expressed(expression: &Cell, labels: &Labels<'_>) -> Judged {
    let (Some(key), Some(operator)) = (expression.text_at(&["key"]), expression.text_at(&["operator"])) else {
        return Judged::Unknown("an expression of the selector has no key or operator".to_owned());
    };
    let values = || expression.get("values").map_or(&[][..], Cell::items).iter();
    let among = |found: Option<&str>| found.is_some() && values().any(|value| value.text() == found);
    match operator {
        "In" => compare(labels, key, among),
        // A key that is absent is not in the list either.
        "NotIn" => compare(labels, key, |found| !among(found)),
        "Exists" => compare(labels, key, |found| found.is_some()),
        "DoesNotExist" => compare(labels, key, |found| found.is_none()),
        other => Judged::Unknown(format!("operator {other} of a selector is not known")),
    }
}

fn compare(labels: &Labels<'_>, key: &str, test: impl Fn(Option<&str>) -> bool) -> Judged {
    match labels.value(key) {
        Ok(found) => test(found).into(),
        Err(reason) => Judged::Unknown(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::workload::tests::evidence_of;

    fn check(selector: &str, labels: &str, expected: Judged) {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {labels}}}\nspec: {selector}\n");
        let evidence = evidence_of(&[("a.yaml", &text)]);
        let pod = evidence.resources.of_kind("Pod").next().unwrap();
        let (selector, labels) = (pod.at(&["spec"]), pod.at(&["metadata", "labels"]));
        let found = selects(
            &selector,
            &Labels::written(&labels).with("kubernetes.io/metadata.name", "shop"),
        );
        assert_eq!(
            std::mem::discriminant(&found),
            std::mem::discriminant(&expected),
            "{selector:?} {found:?}"
        );
    }

    #[test]
    fn labels_and_expressions() {
        use Judged::{No, Unknown, Yes};
        check("{}", "{}", Yes);
        check("{matchLabels: {app: a}}", "{app: a, tier: web}", Yes);
        check("{matchLabels: {app: a}}", "{app: b}", No);
        check("{matchLabels: {app: a}}", "{}", No);
        check("{matchLabels: {app: a, x: y}}", "{app: a}", No);
        check("{matchLabels: {kubernetes.io/metadata.name: shop}}", "{}", Yes);
        check("{matchLabels: {kubernetes.io/metadata.name: cart}}", "{}", No);
        check(
            "{matchExpressions: [{key: app, operator: In, values: [a, b]}]}",
            "{app: b}",
            Yes,
        );
        check(
            "{matchExpressions: [{key: app, operator: In, values: [a, b]}]}",
            "{}",
            No,
        );
        check(
            "{matchExpressions: [{key: app, operator: NotIn, values: [a]}]}",
            "{}",
            Yes,
        );
        check(
            "{matchExpressions: [{key: app, operator: NotIn, values: [a]}]}",
            "{app: a}",
            No,
        );
        check("{matchExpressions: [{key: app, operator: Exists}]}", "{app: a}", Yes);
        check(
            "{matchExpressions: [{key: app, operator: DoesNotExist}]}",
            "{app: a}",
            No,
        );
        check("{matchExpressions: [{key: app, operator: DoesNotExist}]}", "{}", Yes);
        // Both together.
        check(
            "{matchLabels: {app: a}, matchExpressions: [{key: x, operator: Exists}]}",
            "{app: a}",
            No,
        );
        // What a controller adds is not written.
        check("{matchLabels: {pod-template-hash: abc}}", "{}", Unknown(String::new()));
        check(
            "{matchLabels: {security.istio.io/tlsMode: istio}}",
            "{}",
            Unknown(String::new()),
        );
        check("{matchLabels: {security.istio.io/tlsMode: istio, app: a}}", "{}", No);
        check(
            "{matchExpressions: [{key: app, operator: Near}]}",
            "{}",
            Unknown(String::new()),
        );
    }
}
