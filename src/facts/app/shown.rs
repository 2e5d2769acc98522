//! Files that a container showed when it was asked for them: what `cat` printed, where no ConfigMap holds the text.

use super::Understanding;
use super::code::has_script_name;
use super::origin::{Origin, Pod, SourceText, State};
use crate::evidence::answers::{CAT, file_shown};
use crate::topology::workload::{VolumeSource, Workload, absolute_path, mount_over, workload_of_pod};

/// Paths below which a file is no program: they hold credentials, or what the system shows of itself.
const NEVER: [&str; 5] = ["/proc/", "/sys/", "/dev/", "/run/secrets/", "/var/run/secrets/"];

/// Adds the text that a container of the pod's workload showed, where nothing else has it.
pub(super) fn with_shown(pod: Pod<'_>, container_index: usize, path: &str, origin: Origin) -> Origin {
    let container = &pod.workload.containers[container_index];
    if origin.text.is_some() || origin.state == State::Missing {
        return origin;
    }
    let Some(path) = absolute_path(container, path) else {
        return origin;
    };
    let workload = std::slice::from_ref(pod.workload);
    let mut shown: Vec<_> = pod
        .evidence
        .answers
        .iter()
        .filter(|answer| file_shown(&answer.name) == Some(path.as_str()))
        .filter(|answer| answer.name.container.as_deref() == Some(container.name.as_str()))
        .filter(|answer| {
            let of = answer.name.pod();
            of.is_some_and(|(namespace, name)| workload_of_pod(pod.evidence, workload, namespace, name).is_some())
        })
        .collect();
    // By name: a run and its bundle have them in another order.
    shown.sort_by_key(|answer| answer.name.file());
    match shown.first() {
        Some(first) => Origin {
            state: State::Found,
            reason: format!("container {} showed it", container.name),
            text: Some(SourceText::whole(first.text.clone())),
            ..origin
        },
        None => origin,
    }
}

/// One file of a container that is loaded first and whose text is not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The index of the workload.
    pub workload: usize,
    /// The container's name.
    pub container: String,
    /// The absolute path.
    pub path: String,
}

/// Returns the files that a Node program loads first and that no object at hand holds, so that only the container can show them.
pub fn unseen(understanding: &Understanding, workloads: &[Workload]) -> Vec<Unseen> {
    let mut found = Vec::new();
    for view in &understanding.apps {
        let Some(workload) = workloads.get(view.app.workload) else {
            continue;
        };
        let Some(container) = workload.containers.get(view.app.container) else {
            continue;
        };
        let hidden = view.preloads.iter().filter(|preload| {
            preload.runtime == "node"
                && !preload.module
                && preload.file.is_none()
                && preload.origin.state != State::Missing
        });
        for preload in hidden {
            let path = preload.path.strip_prefix("file://").unwrap_or(&preload.path);
            let Some(path) = absolute_path(container, path).filter(|path| may_be_shown(path)) else {
                continue;
            };
            let volume = mount_over(container, &path).map(|(mount, _)| container.mounts[mount].volume);
            let is_kept_back = match volume {
                // What is mounted there cannot be told, or may be a credential.
                Some(volume) => volume
                    .and_then(|index| workload.volumes.get(index))
                    .is_none_or(|volume| !holds_programs(&volume.source)),
                None => false,
            };
            let one = Unseen {
                workload: view.app.workload,
                container: container.name.clone(),
                path,
            };
            if !is_kept_back && !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

fn may_be_shown(path: &str) -> bool {
    has_script_name(path)
        && path.starts_with('/')
        && path.len() + CAT.len() < 512
        && !path.split('/').any(|part| part == "node_modules")
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && !NEVER.iter().any(|folder| path.starts_with(folder))
}

/// Whether a volume is a place for programs: no Secret, and nothing that may hold one.
fn holds_programs(source: &VolumeSource) -> bool {
    match source {
        VolumeSource::EmptyDir | VolumeSource::PersistentVolumeClaim(_) | VolumeSource::HostPath(_) => true,
        VolumeSource::Other(kind) => ["image", "nfs", "ephemeral"].contains(&kind.as_str()),
        VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts_of;
    use super::super::understand;
    use super::*;
    use crate::evidence::answers::{Answer, AnswerName, SourceFileName};
    use crate::topology::app::apps;
    use crate::topology::workload::tests::{deployment, evidence_of, workloads_of};

    fn container(path: &str, mounts: &str) -> String {
        format!(
            "image: registry.example.com/web:1\ncommand: [node, server.js]\nenv: [{{name: NODE_OPTIONS, value: '--require {path}'}}, {{name: OTEL_SERVICE_NAME, value: web}}]\nvolumeMounts: [{mounts}]"
        )
    }

    #[track_caller]
    fn check(path: &str, mounts: &str, volumes: &str, expected: bool) {
        let evidence = evidence_of(&[("a.yaml", &deployment(&container(path, mounts), volumes))]);
        let workloads = workloads_of(&evidence);
        let understanding = understand(&evidence, &workloads, apps(&evidence, &workloads));
        let found = unseen(&understanding, &workloads);
        let wanted = Unseen {
            workload: 0,
            container: "main".to_owned(),
            path: path.trim_start_matches("file://").to_owned(),
        };
        assert_eq!(found, if expected { vec![wanted] } else { Vec::new() }, "{path}");
    }

    #[test]
    fn only_a_program_that_nothing_else_shows_is_asked_for() {
        let none = ("{name: v, mountPath: /elsewhere}", "- {name: v, emptyDir: {}}");
        for (path, expected) in [
            ("/app/tracing.js", true),
            ("file:///app/tracing.mjs", true),
            ("/app/tracing.cjs", true),
            // Neither names a program, or not surely this one.
            ("/etc/shadow", false),
            ("./tracing.js", false),
            ("@acme/tracing", false),
            ("/app/node_modules/@acme/tracing/index.js", false),
            ("/proc/self/x.js", false),
            ("/run/secrets/x.js", false),
        ] {
            check(path, none.0, none.1, expected);
        }
        let at = "{name: v, mountPath: /app}";
        for (volume, expected) in [
            // Nothing writes it there: that it is missing is known.
            ("- {name: v, emptyDir: {}}", false),
            ("- {name: v, persistentVolumeClaim: {claimName: c}}", true),
            ("- {name: v, image: {reference: x}}", true),
            ("- {name: v, secret: {secretName: s}}", false),
            ("- {name: v, configMap: {name: c}}", false),
            ("- {name: v, csi: {driver: secrets-store.csi.k8s.io}}", false),
            ("- {name: v, projected: {sources: [{secret: {name: s}}]}}", false),
            ("- {name: other, emptyDir: {}}", false),
        ] {
            check("/app/tracing.js", at, volume, expected);
        }
    }

    #[track_caller]
    fn check_shown(file: &str, body: &str, expected: Option<&str>) {
        let pod = container("/app/tracing.js", "{name: v, mountPath: /app}");
        let mut evidence = evidence_of(&[(
            "a.yaml",
            &deployment(&pod, "- {name: v, persistentVolumeClaim: {claimName: c}}"),
        )]);
        let name = AnswerName::of_file(file).unwrap();
        evidence
            .answers
            .push(Answer::new(name, SourceFileName::Live, body.as_bytes()));
        let facts = facts_of(&evidence);
        let files = facts.rows("js_files");
        let started = files
            .first()
            .map(|row| super::super::tests::words(row.cells.get("starts_sdk").unwrap()));
        assert_eq!(started.as_deref(), expected, "{file}");
    }

    #[test]
    fn what_a_container_showed_is_read_as_a_file_of_its_own() {
        let code = "const { NodeSDK } = require('@opentelemetry/sdk-node');\nnew NodeSDK({ headers: { authorization: 'Bearer abcdef123456' } }).start();\n";
        let at = |pod: &str, rest: &str| format!("endpoints/otel_{pod}/exec/{rest}");
        check_shown(
            &at("app-7d9c5f6b8-x2x8k", "main/cat/app/tracing.js"),
            code,
            Some("true"),
        );
        check_shown(
            &at("app-7d9c5f6b8-x2x8k", "main/cat/app/tracing.js"),
            "x();",
            Some("false"),
        );
        for other in [
            at("other-7d9c5f6b8-x2x8k", "main/cat/app/tracing.js"),
            at("app-7d9c5f6b8-x2x8k", "sidecar/cat/app/tracing.js"),
            at("app-7d9c5f6b8-x2x8k", "main/cat/app/other.js"),
            at("app-7d9c5f6b8-x2x8k", "main/cat/app/tracing.js.500"),
            at("app-7d9c5f6b8-x2x8k", "main/cat/app/tracing.js.cut"),
            at("app-7d9c5f6b8-x2x8k", "main/df/app/tracing.js"),
        ] {
            check_shown(&other, code, None);
        }
        let name = AnswerName::of_file("endpoints/n_p/exec/main/cat/app/tracing.js").unwrap();
        let answer = Answer::new(name, SourceFileName::Live, code.as_bytes());
        assert!(
            answer.body().contains(".start()") && !answer.body().contains("abcdef123456"),
            "{}",
            answer.body()
        );
        assert!(Answer::is_of(&answer.text));
    }
}
