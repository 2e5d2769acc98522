//! What programs are asked, through the API server's proxy of pods, and with GET only: readiness, release, counters, rings, and of a Prometheus which
//! metrics of spans it has.
//!
//! Only stages are asked, only on paths that are documented to change nothing, and only on ports that their configuration names. A refusal
//! is one gap of its namespace, and nothing more is asked there.

use super::failure::Failure;
use super::list::{Object, encode, text_at};
use super::logs;
use super::request::{Api, Asked, http_date};
use super::stage::{Question, StageWorkload};
use crate::evidence::answers::{Answer, AnswerName, Answerer, SourceFileName};
use crate::evidence::{Gap, Note, exposition};
use crate::topology::store::requested;
use futures::future::join_all;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Of a workload with more pods than this, only some are asked.
const MOST_PODS: usize = 3;
/// Bytes of one page before what does not matter is left out.
const MOST_BYTES: usize = 8 << 20;
/// How long one program may take.
const LONGEST: Duration = Duration::from_secs(5);

/// One question to one pod.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    namespace: String,
    pod: String,
    question: Question,
}

/// Returns what is asked of the pods of one workload, and a note when some are left out.
pub(super) fn wanted(workload: &StageWorkload, pods: &[Object]) -> (Vec<Wanted>, Option<Note>) {
    if workload.questions.is_empty() {
        return (Vec::new(), None);
    }
    let is_running = |pod: &&Value| text_at(pod, &["status", "phase"]).is_none_or(|phase| phase == "Running");
    let mut running: Vec<&Value> = pods.iter().map(|pod| &pod.value).filter(is_running).collect();
    logs::sickest_first(&mut running);
    let all = running.len();
    running.truncate(MOST_PODS);
    let names: Vec<&str> = running
        .iter()
        .filter_map(|pod| text_at(pod, &["metadata", "name"]))
        .collect();
    let note = (all > MOST_PODS).then(|| Note {
        file: workload.words.clone(),
        message: format!(
            "the endpoints of {MOST_PODS} of its {all} running pods were asked, the least healthy ones: {}",
            names.join(", ")
        ),
    });
    let of_pod = |pod: &&str| {
        let pod = (*pod).to_owned();
        workload.questions.iter().map(move |question| Wanted {
            namespace: workload.namespace.clone(),
            pod: pod.clone(),
            question: question.clone(),
        })
    };
    (names.iter().flat_map(of_pod).collect(), note)
}

impl Wanted {
    /// The path at the API server.
    fn request(&self) -> String {
        let scheme = if self.question.tls { "https:" } else { "" };
        format!(
            "/api/v1/namespaces/{}/pods/{scheme}{}:{}/proxy{}",
            encode(&self.namespace),
            encode(&self.pod),
            self.question.port,
            requested(&self.question.path)
        )
    }

    fn gap(&self, failure: &Failure) -> Gap {
        match failure {
            Failure::Forbidden => failure.gap("get", "pods/proxy", Some(&self.namespace), None),
            failure => {
                let name = format!("{}:{}", self.pod, self.question.port);
                failure.gap("get", "pods/proxy", Some(&self.namespace), Some(&name))
            }
        }
    }
}

/// What came of asking.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) answers: Vec<Answer>,
    pub(super) gaps: Vec<Gap>,
}

/// Asks every pod, one namespace beside the other; counters a second time after `observe`.
pub(super) async fn ask(api: &Api, wanted: Vec<Wanted>, observe: Option<Duration>) -> Answers {
    let mut namespaces: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for one in wanted {
        namespaces.entry(one.namespace.clone()).or_default().push(one);
    }
    let mut found = Answers::default();
    let mut counters = Vec::new();
    for (answered, gaps) in join_all(namespaces.into_values().map(|wanted| in_namespace(api, wanted))).await {
        found.gaps.extend(gaps);
        for (one, answer) in answered {
            if one.question.path == "/metrics" && answer.name.status == 200 {
                counters.push(one);
            }
            found.answers.push(answer);
        }
    }
    let Some(observe) = observe.filter(|_| !counters.is_empty()) else {
        return found;
    };
    if let Err(failure) = api.wait(observe).await {
        found
            .gaps
            .push(failure.gap("get", "pods/proxy", None, Some("the second reading of counters")));
        return found;
    }
    let after = u32::try_from(observe.as_secs().max(1)).unwrap_or(u32::MAX);
    let again = join_all(
        counters
            .iter()
            .map(|one| async move { (one, one_answer(api, one, Some(after)).await) }),
    );
    for (one, answer) in again.await {
        match answer {
            Ok(answer) if answer.name.status == 200 => found.answers.push(answer),
            Ok(_) => {}
            Err(failure) => found.gaps.push(one.gap(&failure)),
        }
    }
    found
}

/// Asks the pods of one namespace: the first question alone, so that a refusal is met once.
async fn in_namespace(api: &Api, mut wanted: Vec<Wanted>) -> (Vec<(Wanted, Answer)>, Vec<Gap>) {
    let mut answered = Vec::new();
    let mut gaps = Vec::new();
    // A port that did not answer once is not asked for the rest.
    let mut silent: BTreeSet<(String, u16)> = BTreeSet::new();
    let mut rounds: Vec<Vec<Wanted>> = Vec::new();
    if !wanted.is_empty() {
        let rest = wanted.split_off(1);
        rounds.push(wanted);
        let mut firsts = Vec::new();
        let mut others = Vec::new();
        let mut seen: BTreeSet<(String, u16)> = rounds[0].iter().map(port_of).collect();
        for one in rest {
            match seen.insert(port_of(&one)) {
                true => firsts.push(one),
                false => others.push(one),
            }
        }
        rounds.extend([firsts, others]);
    }
    for round in rounds {
        let round: Vec<Wanted> = round
            .into_iter()
            .filter(|one| !silent.contains(&port_of(one)))
            .collect();
        let answers = join_all(round.iter().map(|one| one_answer(api, one, None))).await;
        for (one, answer) in round.into_iter().zip(answers) {
            match answer {
                Ok(answer) => answered.push((one, answer)),
                Err(failure) => {
                    silent.insert(port_of(&one));
                    let gap = one.gap(&failure);
                    if !gaps.contains(&gap) {
                        gaps.push(gap);
                    }
                    if failure == Failure::Forbidden {
                        return (answered, gaps);
                    }
                }
            }
        }
    }
    (answered, gaps)
}

fn port_of(one: &Wanted) -> (String, u16) {
    (one.pod.clone(), one.question.port)
}

async fn one_answer(api: &Api, one: &Wanted, after: Option<u32>) -> Result<Answer, Failure> {
    let asked = api.ask(&one.request(), MOST_BYTES, LONGEST).await?;
    let of = Answerer::Pod(one.namespace.clone(), one.pod.clone());
    Ok(answer(of, &one.question, asked, after))
}

/// Makes an answer of what came: of a page of metrics only what is about tracing.
pub(super) fn answer(of: Answerer, question: &Question, asked: Asked, after: Option<u32>) -> Answer {
    let cut = asked.body.len() > MOST_BYTES;
    let date = asked.date.as_deref().and_then(http_date);
    let name = AnswerName {
        status: asked.status,
        after,
        time: date.map(|date| date.milliseconds.div_euclid(1000)),
        cut,
        ..AnswerName::new(of, question.port, &question.path)
    };
    if question.path == "/metrics" && asked.status == 200 {
        let page = String::from_utf8_lossy(&asked.body);
        return Answer::new(name, SourceFileName::Live, exposition::wanted_lines(&page).as_bytes());
    }
    Answer::new(name, SourceFileName::Live, &asked.body)
}

#[cfg(test)]
mod tests;
