//! Which kinds of operators the server has.

use super::collect::Collector;
use super::failure::{ClusterError, Failure};
use super::list::{Served, text_at};
use super::plan;
use super::request::{Accept, STOPPED_BY_USER};
use futures::future::join_all;
use serde_json::Value;

impl Collector<'_> {
    /// Asks which kinds of operators are served: of one that is not, the server would say "forbidden".
    pub(super) async fn operators(&mut self) -> Result<Vec<Served>, ClusterError> {
        let groups = match self.api.get("/apis", Accept::Json).await {
            Ok(bytes) => serde_json::from_slice::<Value>(&bytes).unwrap_or_default(),
            Err(Failure::Forbidden | Failure::NotFound | Failure::Refused(..)) => {
                self.evidence
                    .gaps
                    .push(Failure::Forbidden.gap("get", "apis", None, None));
                return Ok(Vec::new());
            }
            Err(failure @ Failure::Stopped(STOPPED_BY_USER)) => {
                self.evidence.gaps.push(failure.gap("get", "apis", None, None));
                return Ok(Vec::new());
            }
            Err(failure) => return Err(self.unreachable(&failure)),
        };
        let versions = |group: &str| -> Vec<String> {
            let groups = groups
                .get("groups")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            let found = groups.iter().find(|one| text_at(one, &["name"]) == Some(group));
            let versions = found
                .and_then(|one| one.get("versions")?.as_array())
                .map_or(&[][..], Vec::as_slice);
            versions
                .iter()
                .filter_map(|one| Some(text_at(one, &["groupVersion"])?.to_owned()))
                .collect()
        };
        self.has_metrics = versions(plan::METRICS).contains(&plan::pod_metrics().api_version);
        let policies = plan::OTHER_POLICIES
            .iter()
            .filter_map(|&(group, resource, kind, is_namespaced)| {
                let version = versions(group).into_iter().next()?;
                Some((Served::new(&version, resource, kind), is_namespaced))
            });
        self.other_policies = policies.collect();
        let mut names: Vec<&str> = plan::OPERATORS.iter().map(|(group, ..)| *group).collect();
        names.dedup();
        let wanted: Vec<String> = names.into_iter().flat_map(versions).collect();
        let api = self.api;
        let answers = join_all(
            wanted
                .iter()
                .map(|version| async move { (version, api.get(&format!("/apis/{version}"), Accept::Json).await) }),
        )
        .await;
        let mut served: Vec<Served> = Vec::new();
        let mut gaps = Vec::new();
        for (version, answer) in answers {
            let bytes = match answer {
                Ok(bytes) => bytes,
                Err(failure) => {
                    gaps.push(failure.gap("get", &format!("apis/{version}"), None, None));
                    continue;
                }
            };
            let resources = serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
            let resources = resources
                .get("resources")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            for (group, resource, kind) in plan::OPERATORS {
                let is_group = version.split_once('/').is_some_and(|(name, _)| name == group);
                let is_there = resources.iter().any(|one| text_at(one, &["name"]) == Some(resource));
                // Versions come with the preferred one first.
                if is_group && is_there && !served.iter().any(|one| one.kind == kind) {
                    served.push(Served::new(version, resource, kind));
                }
            }
        }
        self.has_linkerd = served.iter().any(|kind| kind.kind == "Server");
        if gaps.is_empty() {
            // Of a kind that is not served there is nothing anywhere.
            let kinds = plan::OPERATORS.iter().map(|(.., kind)| *kind);
            let absent = kinds.filter(|kind| !served.iter().any(|one| one.kind == *kind));
            self.evidence.completeness.everywhere.extend(absent.map(str::to_owned));
        }
        self.evidence.gaps.extend(gaps);
        Ok(served)
    }
}
