//! Who a process is to the cloud that keeps its blocks: keys, or the identity of its service account.

use super::Owner;
use crate::evidence::{Cell, Resource};
use crate::topology::workload::{namespace_of, same_namespace};

/// A cloud: the backend, the annotation of service accounts, and what its variables begin with.
struct Cloud {
    backend: &'static str,
    annotation: &'static str,
    variables: &'static [&'static str],
    keys: &'static [&'static str],
}

/// `aws/amazon-eks-pod-identity-webhook@v0.6.0:README.md`, `Azure/azure-workload-identity@v1.5.0:docs/book/src/topics/service-account-labels-and-annotations.md`,
/// and for Google `cloud.google.com/kubernetes-engine/docs/how-to/workload-identity`.
const CLOUDS: [Cloud; 3] = [
    Cloud {
        backend: "s3",
        annotation: "eks.amazonaws.com/role-arn",
        variables: &["AWS_", "MINIO_"],
        keys: &["access_key", "secret_key"],
    },
    Cloud {
        backend: "gcs",
        annotation: "iam.gke.io/gcp-service-account",
        variables: &["GOOGLE_"],
        keys: &[],
    },
    Cloud {
        backend: "azure",
        annotation: "azure.workload.identity/client-id",
        variables: &["AZURE_"],
        keys: &["storage_account_key", "use_managed_identity"],
    },
];

/// The label of pods that the webhook of Azure looks for.
const AZURE_LABEL: &str = "azure.workload.identity/use";

/// Returns why the process does not get the identity that is meant for it, as a clause with the place of the account; null when it does, or nothing shows
/// that one is meant.
pub(super) fn missing(owner: &Owner<'_>) -> Cell {
    let settings = owner.tempo.settings();
    let backend = settings.at(&["storage", "trace", "backend"]);
    let (Some(workload), Some(container)) = (owner.workload, owner.container) else {
        return Cell::default();
    };
    let Some(cloud) = CLOUDS.iter().find(|cloud| backend.text() == Some(cloud.backend)) else {
        return Cell::default();
    };
    let is_given = |key: &&&str| {
        let cell = settings.at(&["storage", "trace", cloud.backend, key]);
        cell.text() != Some("") && !cell.is_null() && !matches!(cell.value, crate::evidence::Value::Bool(false))
    };
    let by_variable = || {
        let mut names = container.variables.iter().map(|variable| variable.name.as_str());
        names.any(|name| cloud.variables.iter().any(|start| name.starts_with(start)))
    };
    // A store in the cluster knows no identity of the cloud.
    let endpoint = settings.at(&["storage", "trace", cloud.backend, "endpoint"]);
    let is_of_cloud = endpoint
        .text()
        .is_none_or(|host| host.contains("amazonaws.com") || host.contains("googleapis.com"));
    if cloud.keys.iter().any(|key| is_given(&key))
        || by_variable()
        || container.more_variables.is_some()
        || !is_of_cloud
    {
        return Cell::default();
    }
    let accounts: Vec<&Resource> = owner
        .parts
        .evidence
        .resources
        .of_kind("ServiceAccount")
        .filter(|one| {
            same_namespace(&workload.namespace, &namespace_of(owner.parts.evidence, &one.reference)) == Some(true)
        })
        .collect();
    let identity = |one: &Resource| one.at(&["metadata", "annotations", cloud.annotation]);
    let written = ["serviceAccountName", "serviceAccount"];
    let written = written
        .into_iter()
        .find_map(|key| workload.pod.get(key))
        .filter(|cell| !cell.is_null());
    let own = match written {
        Some(cell) => match cell.text() {
            Some(name) => name,
            None => return Cell::default(),
        },
        None => "default",
    };
    let is_own = |one: &&Resource| one.reference.name == own;
    match accounts.iter().copied().find(is_own) {
        Some(account) if !identity(account).is_null() => match cloud.backend {
            "azure" => without_label(owner, account),
            _ => Cell::default(),
        },
        // The account is at hand without an identity, or is the one that each namespace has.
        found if found.is_some() || own == "default" => {
            let meant = accounts
                .iter()
                .find(|one| !identity(one).is_null() && names_tempo(&one.reference.name, owner));
            match meant {
                Some(meant) => {
                    let name = &meant.reference.name;
                    let clause = format!("its pods run as service account {own}, and the identity is that of {name}");
                    Cell::from(clause).at(&identity(meant))
                }
                None => Cell::default(),
            }
        }
        _ => Cell::default(),
    }
}

/// Whether an account is called as the workload, its release, or Tempo is.
fn names_tempo(account: &str, owner: &Owner<'_>) -> bool {
    let workload = owner.workload.map_or("", |workload| workload.reference.name.as_str());
    account.contains("tempo") || workload.starts_with(account) || account.starts_with(workload)
}

/// Azure's webhook gives the token only to pods with its label.
fn without_label(owner: &Owner<'_>, account: &Resource) -> Cell {
    let federated = owner
        .tempo
        .settings()
        .at(&["storage", "trace", "azure", "use_federated_token"]);
    let label = owner.workload.and_then(|workload| workload.pod_labels.get(AZURE_LABEL));
    let is_labelled = label.is_some_and(|label| label.text() == Some("true") || label.unknown_reason().is_some());
    if is_labelled || !matches!(federated.value, crate::evidence::Value::Bool(true)) {
        return Cell::default();
    }
    let clause = format!("its pods have no label {AZURE_LABEL}: \"true\", so that nothing gives them the token");
    let annotation = account.at(&["metadata", "annotations", "azure.workload.identity/client-id"]);
    Cell::from(clause).at(&annotation)
}
