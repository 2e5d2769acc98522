//! The configuration file that only the image of Tempo could have.

use crate::evidence::Evidence;
use crate::topology::workload::{
    Container, ImageFiles, Missing, Mount, Purpose, VolumeSource, Whereabouts, Workload, find_file,
};

/// Returns why a file is not there that no volume has: the published image has its program, and no configuration
/// (`grafana/tempo@v2.4.1`, `@v2.8.2`, `@v3.0.3:cmd/tempo/Dockerfile`). A shell could write one before the program starts.
pub(super) fn missing(evidence: &Evidence, workload: &Workload, container: &Container, path: &str) -> Option<Missing> {
    let image = container.image_reference.as_ref()?;
    let is_published = image.repository == "grafana/tempo" && image.is_on_docker_hub();
    let command = container.command.as_deref().unwrap_or_default();
    let is_own_program = command.iter().all(|word| word.text() == Some("/tempo"));
    // A template without labels or files is none: a part that is laid over another one, which may mount the file.
    let has_labels = workload.pod_labels.fields().is_some_and(|labels| !labels.is_empty());
    let is_of_files = |mount: &Mount| {
        let volume = mount.volume.map(|volume| &workload.volumes[volume].source);
        matches!(
            volume,
            Some(VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_))
        )
    };
    let is_whole = (has_labels || workload.reference.kind == "Pod") && container.mounts.iter().any(is_of_files);
    if !is_published || !is_own_program || !is_whole {
        return None;
    }
    let run = (workload, container);
    match find_file(evidence, run, path, Purpose::Settings, ImageFiles::ProgramOnly) {
        Whereabouts::Absent(missing) => Some(missing),
        _ => None,
    }
}
