//! Whether the lines that a check looks for can be those of a container at all.

use crate::checks::file::LogLine;
use crate::evidence::Stage;
use crate::facts::About;
use crate::releases::Cover;

/// Returns whether a log pattern can concern a container at all: its stage, where that is known, and its releases.
pub(super) fn concerns(line: &LogLine, about: &About) -> bool {
    let stage = about.stage.stage;
    let is_stage =
        stage == Stage::Cluster || line.stages.is_empty() || line.stages.iter().any(|name| name == stage.name());
    let is_of_others = stage == Stage::Cluster && line.stages.iter().all(|name| name == "tempo");
    is_stage
        && !(is_of_others && !line.stages.is_empty() && runs_kin_of_tempo(about))
        && line.applies.iter().all(|(program, range)| {
            let span = about.releases.get(program.as_str());
            span.is_none_or(|span| range.covers(span) != Cover::None)
        })
}

/// Whether a container that nobody knows is named after a program that shares Tempo's foundation, and so its words: rings, gossip, object stores.
fn runs_kin_of_tempo(about: &About) -> bool {
    const KIN: [&str; 6] = ["loki", "mimir", "pyroscope", "phlare", "cortex", "thanos"];
    let container = about.container.as_ref();
    let names = [
        container.map_or("", |one| one.container.as_str()),
        container.map_or("", |one| one.workload.as_str()),
        about.stage.name.rsplit('/').next().unwrap_or_default(),
    ];
    let mut words = names
        .iter()
        .flat_map(|name| name.split(|c: char| !c.is_ascii_alphanumeric()));
    let has = |word: &str| words.clone().any(|one| one.eq_ignore_ascii_case(word));
    !has("tempo") && words.any(|word| KIN.iter().any(|kin| word.eq_ignore_ascii_case(kin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::ResourceReference;
    use crate::facts::ContainerKey;
    use crate::finding::StageReference;
    use std::sync::Arc;

    fn check(stage: &str, container: &str, workload: &str, expected: bool) {
        let about = About {
            stage: StageReference {
                stage: Stage::Cluster,
                name: stage.to_owned(),
            },
            resource: Arc::new(ResourceReference {
                api_version: String::new(),
                kind: "File".to_owned(),
                namespace: None,
                name: String::new(),
            }),
            owner: String::new(),
            releases: Default::default(),
            assumptions: Vec::new(),
            container: Some(ContainerKey {
                namespace: None,
                workload: workload.to_owned(),
                container: container.to_owned(),
            }),
        };
        assert_eq!(runs_kin_of_tempo(&about), expected, "{stage} {container} {workload}");
    }

    #[test]
    fn programs_with_the_same_words_are_told_apart() {
        check("StatefulSet logs/loki", "loki", "loki", true);
        check("metrics/mimir-ingester-0", "ingester", "mimir-ingester", true);
        check("cases/loki-move/out.log", "", "", false);
        check("StatefulSet obs/loki-stack-tempo", "main", "loki-stack-tempo", false);
        check("Deployment shop/web", "web", "web", false);
    }
}
