//! Names of single pods: those that a StatefulSet gives.

use super::{Network, Target};
use crate::topology::workload::{Namespace, same_namespace};

impl Network<'_> {
    /// Returns the end of a name of one pod of a StatefulSet at hand which no pod of it has.
    ///
    /// A pod has a name below the Service that its StatefulSet calls its own, and below no other
    /// (`kubernetes/kubernetes@v1.33.0:pkg/controller/statefulset/stateful_set_utils.go`).
    pub(super) fn absent_pod(&self, pod: &str, service: &str, namespace: &Namespace) -> Option<Target> {
        let (set, ordinal) = pod.rsplit_once('-')?;
        let ordinal: i64 = ordinal.parse().ok()?;
        let mut workloads = self.topology.workloads.iter();
        let set = workloads.find(|one| {
            let reference = &one.reference;
            reference.kind == "StatefulSet"
                && reference.name == set
                && same_namespace(&one.namespace, namespace) == Some(true)
        })?;
        let own = set.object.text_at(&["spec", "serviceName"])?;
        let starts_elsewhere = set.object.path(&["spec", "ordinals"]).is_some();
        let is_beyond = set.replicas.is_some_and(|replicas| ordinal >= replicas && replicas > 0) && !starts_elsewhere;
        let near = match own == service {
            true if is_beyond => None,
            true => return None,
            false => Some(match namespace.name() {
                Some(namespace) => format!("{pod}.{own}.{namespace}"),
                None => format!("{pod}.{own}"),
            }),
        };
        Some(Target::Absent {
            words: format!("pod {pod} of {}", namespace.words("Service", service)),
            near,
        })
    }
}
