//! Who owns an object, and whether it runs only once on purpose.

use super::Namespace;
use super::identity::{namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Resource, Value};

/// How far owners are followed: Pod, ReplicaSet, Deployment, an operator's resource, and some to spare.
const LONGEST: usize = 8;

/// The owner that an object names as its controller.
struct Named {
    group: String,
    kind: String,
    name: String,
}

/// Returns the controller of an object, else its first owner.
fn controller(object: &Cell) -> Option<Named> {
    let owners = object.path(&["metadata", "ownerReferences"])?.items();
    let is_controller =
        |owner: &&Cell| matches!(owner.get("controller").map(|cell| &cell.value), Some(Value::Bool(true)));
    let owner = owners.iter().find(is_controller).or(owners.first())?;
    let api_version = owner.text_at(&["apiVersion"]).unwrap_or_default();
    Some(Named {
        group: api_version.split_once('/').map_or("", |(group, _)| group).to_owned(),
        kind: owner.text_at(&["kind"])?.to_owned(),
        name: owner.text_at(&["name"])?.to_owned(),
    })
}

fn at_hand<'a>(evidence: &'a Evidence, owner: &Named, namespace: &Namespace) -> Option<&'a Resource> {
    evidence.resources.named(&owner.kind, &owner.name).find(|resource| {
        resource.group() == owner.group
            && same_namespace(namespace, &namespace_of(evidence, &resource.reference)) == Some(true)
    })
}

/// Returns whether the object that controls this one is at hand.
pub(super) fn is_owned_by_one_at_hand(evidence: &Evidence, object: &Cell, namespace: &Namespace) -> bool {
    controller(object).is_some_and(|owner| at_hand(evidence, &owner, namespace).is_some())
}

/// Returns kind and name of what controls an object, the nearest first; a ReplicaSet or Job whose owner is not at hand gives it by its name.
pub fn controllers(evidence: &Evidence, resource: &Resource, object: &Cell) -> Vec<(String, String)> {
    let namespace = namespace_of(evidence, &resource.reference);
    let hash = label(object, "pod-template-hash");
    let mut chain = Vec::new();
    let mut next = controller(object);
    for _ in 0..LONGEST {
        let Some(owner) = next.take() else {
            break;
        };
        chain.push((owner.kind.clone(), owner.name.clone()));
        next = match at_hand(evidence, &owner, &namespace) {
            Some(found) => controller(&found.cell()),
            None => {
                let above = without_suffix(owner, hash.as_deref());
                chain.push((above.kind, above.name));
                None
            }
        };
    }
    chain.dedup();
    chain
}

/// Returns group/kind/namespace/name of the top owner, generated suffixes cut; an unknown namespace is empty.
pub fn top_owner(evidence: &Evidence, resource: &Resource, object: &Cell) -> String {
    let namespace = namespace_of(evidence, &resource.reference);
    let mut top = Named {
        group: resource.group().to_owned(),
        kind: resource.kind().to_owned(),
        name: resource.reference.name.clone(),
    };
    let mut hash = label(object, "pod-template-hash");
    let mut next = controller(object);
    for _ in 0..LONGEST {
        let Some(owner) = next.take() else {
            break;
        };
        let found = at_hand(evidence, &owner, &namespace).map(Resource::cell);
        if let Some(found) = &found {
            hash = label(found, "pod-template-hash").or(hash);
            next = controller(found);
        }
        top = owner;
    }
    let top = without_suffix(top, hash.as_deref());
    format!(
        "{}/{}/{}/{}",
        top.group,
        top.kind,
        namespace.name().unwrap_or_default(),
        top.name
    )
}

fn label(object: &Cell, name: &str) -> Option<String> {
    object.text_at(&["metadata", "labels", name]).map(str::to_owned)
}

/// Cuts what a controller adds to names: a rollout must not change who the owner is.
fn without_suffix(owner: Named, hash: Option<&str>) -> Named {
    let cut = |suffix: &str| owner.name.strip_suffix(suffix)?.strip_suffix('-').map(str::to_owned);
    let renamed = match owner.kind.as_str() {
        "ReplicaSet" => hash.and_then(cut).map(|name| ("apps", "Deployment", name)),
        // A CronJob names its Jobs by the minute of their schedule (`kubernetes/kubernetes:pkg/controller/cronjob/utils.go`).
        "Job" => owner
            .name
            .rsplit_once('-')
            .filter(|(_, minute)| minute.len() == 8 && minute.bytes().all(|b| b.is_ascii_digit()))
            .map(|(name, _)| ("batch", "CronJob", name.to_owned())),
        _ => None,
    };
    match renamed {
        Some((group, kind, name)) => Named {
            group: group.to_owned(),
            kind: kind.to_owned(),
            name,
        },
        None => owner,
    }
}

/// Returns whether an object runs only once on purpose: a Helm test hook, a completed Job, a pod that has ended well.
pub(super) fn is_passing(object: &Cell, pod_annotations: &Cell) -> bool {
    let hook = object
        .path(&["metadata", "annotations"])
        .into_iter()
        .chain([pod_annotations])
        .find_map(|annotations| annotations.text_at(&["helm.sh/hook"]));
    let is_test = hook.is_some_and(|hook| hook.split(',').any(|word| word.trim().starts_with("test")));
    let conditions = object.path(&["status", "conditions"]).map_or(&[][..], Cell::items);
    let is_complete = object.text_at(&["kind"]) == Some("Job")
        && conditions.iter().any(|condition| {
            matches!(condition.text_at(&["type"]), Some("Complete" | "SuccessCriteriaMet"))
                && condition.text_at(&["status"]) == Some("True")
        });
    let has_ended =
        object.text_at(&["kind"]) == Some("Pod") && object.text_at(&["status", "phase"]) == Some("Succeeded");
    is_test || is_complete || has_ended
}
