//! Configurations of Alloy that are given as files, without what runs them.
//!
//! `alloy run FOLDER` joins the files of a folder (`grafana/alloy@v1.10.2:internal/alloycli/cmd_run.go`), and a folder may as well hold several
//! configurations. They are taken as one where one of them names what another has, and each by itself otherwise.

use super::super::reference::Surroundings;
use super::super::{Collector, Origin};
use super::command::Enabled;
use super::{ALLOY, FaultKind, Known, Understood, read};
use crate::evidence::{Evidence, Text};
use crate::releases::{ReleaseSpan, Tables};
use std::collections::BTreeMap;
use std::sync::Arc;

/// More files of one folder than a configuration is split into: they are not tried as one.
const MOST_FILES: usize = 50;

/// Returns the Collectors that plain files of Alloy are.
pub(in super::super) fn of_files(tables: &Tables, evidence: &Evidence, texts: &[Arc<Text>]) -> Vec<Collector> {
    let around = Surroundings { evidence, run: None };
    let mut folders: BTreeMap<&str, Vec<Arc<Text>>> = BTreeMap::new();
    for text in texts {
        let name = text.resource.name.as_str();
        let folder = name.rfind(['/', '\\']).map_or("", |end| &name[..end]);
        folders.entry(folder).or_default().push(text.clone());
    }
    let mut found = Vec::new();
    for texts in folders.into_values() {
        let alone: Vec<Understood> = texts
            .iter()
            .map(|text| understood(tables, std::slice::from_ref(text), around))
            .collect();
        match joined(tables, &texts, &alone, around) {
            Some(whole) => found.push(collector(&texts[0], whole, around)),
            None => found.extend(texts.iter().zip(alone).map(|(text, one)| collector(text, one, around))),
        }
    }
    // What has nothing of traces is another's configuration.
    found.retain(|collector| {
        let has_faults = collector.alloy.as_ref().is_some_and(|alloy| !alloy.faults.is_empty());
        has_faults || collector.unknown.is_some() || !collector.components.is_empty()
    });
    found
}

/// Returns the files of a folder as one configuration, where that answers what one of them alone leaves open.
fn joined(tables: &Tables, texts: &[Arc<Text>], alone: &[Understood], around: Surroundings<'_>) -> Option<Understood> {
    let faults = |one: &Understood, kind: FaultKind| one.alloy.faults.iter().filter(|fault| fault.kind == kind).count();
    let all = |kind: FaultKind| alone.iter().map(|one| faults(one, kind)).sum::<usize>();
    if texts.len() < 2 || texts.len() > MOST_FILES || all(FaultKind::Reference) == 0 {
        return None;
    }
    let whole = understood(tables, texts, around);
    let is_better = faults(&whole, FaultKind::Reference) < all(FaultKind::Reference)
        && faults(&whole, FaultKind::Duplicate) == all(FaultKind::Duplicate);
    is_better.then_some(whole)
}

fn understood(tables: &Tables, texts: &[Arc<Text>], around: Surroundings<'_>) -> Understood {
    let is_river = texts.iter().all(|text| text.resource.name.ends_with(".river"));
    let program = match is_river {
        true => "Grafana Agent",
        false => ALLOY,
    };
    let release = ReleaseSpan::unknown("no image at hand runs the configuration");
    let understood = Understood::new(program, release, None, None);
    read(tables, understood, &Enabled::default(), texts, around)
}

fn collector(text: &Text, understood: Understood, around: Surroundings<'_>) -> Collector {
    let known = Known {
        name: text.resource.to_string(),
        reference: text.resource.clone(),
        owner: format!("/{}//{}", text.resource.kind, text.resource.name),
        origin: Origin::PlainFile,
        run: None,
        mode: None,
        image: None,
        assumptions: Vec::new(),
    };
    known.with(understood, around)
}
