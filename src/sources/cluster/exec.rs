//! The two commands that may run in a container, when the user asks for it (`--exec`), and no other.
//!
//! `df -P DIRECTORY` on the disks of Tempo: a full one says nothing at any endpoint. The directory comes from the configuration and is one
//! word of an argument list; no shell is involved.

use super::endpoints::Answers;
use super::failure::Failure;
use super::list::Object;
use super::request::{Api, last_cause};
use super::stages::StageWorkload;
use crate::evidence::Gap;
use crate::evidence::answers::{Answer, AnswerName, Answerer, SourceFileName};
use k8s_openapi::api::core::v1::Pod;
use kube::api::AttachParams;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Bytes of output that are kept.
const MOST_BYTES: u64 = 16 << 10;
/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Of a workload with more pods than this, only some are looked at.
const MOST_PODS: usize = 3;

/// One disk to look at.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    namespace: String,
    pod: String,
    container: String,
    path: String,
}

/// Returns the disks to look at in the pods of one workload.
pub(super) fn disks(workload: &StageWorkload, pods: &[Object]) -> Vec<Disk> {
    let running = pods
        .iter()
        .filter(|pod| pod.text(&["status", "phase"]) == Some("Running"))
        .filter_map(|pod| pod.text(&["metadata", "name"]))
        .take(MOST_PODS);
    let of_pod = |pod: &str| -> Vec<Disk> {
        let disk = |(container, path): &(String, String)| Disk {
            namespace: workload.namespace.clone(),
            pod: pod.to_owned(),
            container: container.clone(),
            path: path.clone(),
        };
        workload.disks.iter().map(disk).collect()
    };
    running.flat_map(of_pod).collect()
}

/// Looks at the disks, one after the other; after a refusal at none of that namespace.
pub(super) async fn look(api: &Api, disks: &[Disk]) -> Answers {
    let mut found = Answers::default();
    let mut refused: Vec<&str> = Vec::new();
    for disk in disks {
        if refused.contains(&disk.namespace.as_str()) {
            continue;
        }
        match df(api, disk).await {
            Ok(answer) => found.answers.push(answer),
            Err(failure) => {
                let mut name = Some(format!("{} ({})", disk.pod, disk.container));
                if failure == Failure::Forbidden {
                    refused.push(&disk.namespace);
                    name = None;
                }
                let gap: Gap = failure.gap("create", "pods/exec", Some(&disk.namespace), name.as_deref());
                found.gaps.push(gap);
            }
        }
    }
    found
}

async fn df(api: &Api, disk: &Disk) -> Result<Answer, Failure> {
    let Some(client) = api.streams() else {
        return Err(Failure::Stopped("no command may run"));
    };
    let pods: kube::Api<Pod> = kube::Api::namespaced(client, &disk.namespace);
    let parameters = AttachParams::default()
        .container(disk.container.as_str())
        .stdin(false)
        .stdout(true)
        .stderr(true);
    let command = ["df", "-P", disk.path.as_str()];
    let run = async {
        let mut process = pods
            .exec(&disk.pod, command, &parameters)
            .await
            .map_err(|error| refusal(&error))?;
        let mut output = Vec::new();
        if let Some(stdout) = process.stdout() {
            let read = stdout.take(MOST_BYTES).read_to_end(&mut output).await;
            read.map_err(|error| Failure::BrokenOff(error.to_string()))?;
        }
        let mut said = Vec::new();
        if output.is_empty()
            && let Some(stderr) = process.stderr()
        {
            let _ = stderr.take(MOST_BYTES).read_to_end(&mut said).await;
        }
        process.abort();
        let status = if output.is_empty() { 500 } else { 200 };
        let name = AnswerName {
            port: None,
            container: Some(disk.container.clone()),
            status,
            ..AnswerName::new(
                Answerer::Pod(disk.namespace.clone(), disk.pod.clone()),
                0,
                &format!("/df{}", disk.path),
            )
        };
        output.extend(said);
        Ok(Answer::new(name, SourceFileName::Live, &output))
    };
    match tokio::time::timeout(LONGEST, run).await {
        Ok(answer) => answer,
        Err(_) => Err(Failure::TimedOut(LONGEST)),
    }
}

fn refusal(error: &kube::Error) -> Failure {
    let text = last_cause(error);
    // The server says it in an object, or refuses the stream itself.
    let is_status = matches!(error, kube::Error::Api(status) if status.code == 403);
    match is_status || text.contains("403") {
        true => Failure::Forbidden,
        false => Failure::Connection(text),
    }
}
