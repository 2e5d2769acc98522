//! The two commands that may run in a container, when the user asks for it (`--exec`), and no other.
//!
//! `df -P DIRECTORY` on the disks of Tempo: a full one says nothing at any endpoint. `cat FILE` of a file that a Node program loads first and that no
//! ConfigMap holds: only the container has it. The path comes from the configuration and is one word of an argument list; no shell is involved.

use super::endpoints::Answers;
use super::failure::Failure;
use super::list::{Object, text_at};
use super::request::{Api, last_cause};
use super::stage::{Program, Shown, StageWorkload};
use crate::evidence::Gap;
use crate::evidence::answers::{Answer, AnswerName, Answerer, SourceFileName};
use k8s_openapi::api::core::v1::Pod;
use kube::api::AttachParams;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Of a workload with more pods than this, only some are looked at.
const MOST_PODS: usize = 3;
/// Commands of one run.
const MOST_COMMANDS: usize = 60;
const TOO_MANY: Failure = Failure::Stopped("60 commands were run already, more than that are not");

impl Program {
    fn words(self, path: &str) -> Vec<&str> {
        match self {
            Program::Df => vec!["df", "-P", path],
            Program::Cat => vec!["cat", path],
        }
    }

    /// Bytes of output that are kept.
    fn most_bytes(self) -> usize {
        match self {
            Program::Df => 16 << 10,
            // What is longer is bundled code, and half of a program is not judged.
            Program::Cat => 256 << 10,
        }
    }

    /// The pods of a workload have disks of their own, and all the same files.
    fn most_pods(self) -> usize {
        match self {
            Program::Df => MOST_PODS,
            Program::Cat => 1,
        }
    }

    fn answer_path(self, path: &str) -> String {
        match self {
            Program::Df => format!("/df{path}"),
            Program::Cat => format!("/cat{path}"),
        }
    }
}

/// One command to run.
#[derive(Debug, Clone)]
pub(super) struct Command {
    namespace: String,
    pod: String,
    shown: Shown,
}

/// Returns the commands to run in the pods of one workload.
pub(super) fn commands(workload: &StageWorkload, pods: &[Object]) -> Vec<Command> {
    let running: Vec<&Object> = pods
        .iter()
        .filter(|pod| pod.text(&["status", "phase"]) == Some("Running"))
        .collect();
    let of_one = |shown: &Shown| -> Vec<Command> {
        let able = running.iter().filter(|pod| is_running(pod, &shown.container));
        let names = able.filter_map(|pod| pod.text(&["metadata", "name"]));
        names
            .take(shown.program.most_pods())
            .map(|pod| Command {
                namespace: workload.namespace.clone(),
                pod: pod.to_owned(),
                shown: shown.clone(),
            })
            .collect()
    };
    workload.commands.iter().flat_map(of_one).collect()
}

/// Whether a container of a pod runs, as far as its status says.
fn is_running(pod: &Object, container: &str) -> bool {
    let statuses = pod
        .value
        .get("status")
        .and_then(|status| status.get("containerStatuses"));
    let mut statuses = statuses.and_then(serde_json::Value::as_array).into_iter().flatten();
    let own = statuses.find(|status| text_at(status, &["name"]) == Some(container));
    own.is_none_or(|status| status.get("state").is_none_or(|state| state.get("running").is_some()))
}

/// Runs commands, one after the other; after a refusal none in that namespace.
pub(super) async fn run(api: &Api, commands: &[Command]) -> Answers {
    let mut found = Answers::default();
    let mut refused: Vec<&str> = Vec::new();
    for (count, command) in commands.iter().enumerate() {
        if refused.contains(&command.namespace.as_str()) {
            continue;
        }
        if count >= MOST_COMMANDS {
            found
                .gaps
                .push(TOO_MANY.gap("create", "pods/exec", Some(&command.namespace), None));
            break;
        }
        match run_one(api, command).await {
            Ok(answer) => found.answers.push(answer),
            Err(failure) => {
                let mut name = Some(format!("{} ({})", command.pod, command.shown.container));
                if failure == Failure::Forbidden {
                    refused.push(&command.namespace);
                    name = None;
                }
                let gap: Gap = failure.gap("create", "pods/exec", Some(&command.namespace), name.as_deref());
                found.gaps.push(gap);
            }
        }
    }
    found
}

async fn run_one(api: &Api, command: &Command) -> Result<Answer, Failure> {
    let Some(client) = api.streams() else {
        return Err(Failure::Stopped("no command may run"));
    };
    let Shown {
        program,
        container,
        path,
    } = &command.shown;
    let pods: kube::Api<Pod> = kube::Api::namespaced(client, &command.namespace);
    let parameters = AttachParams::default()
        .container(container.as_str())
        .stdin(false)
        .stdout(true)
        .stderr(true);
    let limit = program.most_bytes();
    let run = async {
        let mut process = pods
            .exec(&command.pod, program.words(path), &parameters)
            .await
            .map_err(|error| refusal(&error))?;
        let mut output = Vec::new();
        if let Some(stdout) = process.stdout() {
            let read = stdout.take(limit as u64 + 1).read_to_end(&mut output).await;
            read.map_err(|error| Failure::BrokenOff(error.to_string()))?;
        }
        let mut said = Vec::new();
        if output.is_empty()
            && let Some(stderr) = process.stderr()
        {
            let _ = stderr.take(limit as u64).read_to_end(&mut said).await;
        }
        process.abort();
        let cut = output.len() > limit;
        output.truncate(limit);
        let name = AnswerName {
            port: None,
            container: Some(container.clone()),
            status: if output.is_empty() { 500 } else { 200 },
            cut,
            ..AnswerName::new(
                Answerer::Pod(command.namespace.clone(), command.pod.clone()),
                0,
                &program.answer_path(path),
            )
        };
        output.extend(said);
        Ok(Answer::new(name, SourceFileName::Live, &output))
    };
    match api.unless_stopped(tokio::time::timeout(LONGEST, run)).await? {
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
