//! Rows about rights: what a component asks the API server for, and whether its service account may.
//!
//! Everything is understood in `topology::permission`; here it gets the shape that checks read.

use super::collector::CollectorRows;
use super::{About, Facts, RowBuilder};
use crate::evidence::{Cell, Evidence, Value};
use crate::topology::Topology;
use crate::topology::permission::{Account, Allowed, Asking, Need, Rights, asking};
use crate::topology::policy::Judged;
use crate::topology::workload::{Found, Workload, find};
use std::sync::Arc;

/// Adds a row for each resource that a component reads.
pub fn rows(facts: &mut Facts, evidence: &Evidence, topology: &Topology, collectors: &CollectorRows) {
    let rights = Rights::new(evidence);
    for asking in asking(topology) {
        let allowed: Vec<Allowed> = asking
            .needs
            .iter()
            .map(|need| rights.allowed(asking.workload, need, &asking.needs))
            .collect();
        let missing = missing(&asking.needs, &allowed);
        for ((need, allowed), missing) in asking.needs.iter().zip(allowed).zip(missing) {
            let row = row(evidence, allowed, &asking, need, collectors).set("missing", missing);
            let place = need.because.place.clone().or_else(|| need.because.key.clone());
            let about = about(collectors, &asking, place.as_deref());
            facts.push("permissions", row.build_at(&about, place));
        }
    }
}

/// Returns, for the first resource that may not be read, all that may not: they are one fault. Where it cannot be told, neither can this.
fn missing(needs: &[Need], allowed: &[Allowed]) -> Vec<Cell> {
    let is_denied = |one: &&Allowed| one.allowed == Judged::No;
    let denied = needs.iter().zip(allowed).filter(|(_, one)| is_denied(one));
    let mut all: Vec<Cell> = denied.map(|(need, _)| Cell::from(need.words())).collect();
    let cells = allowed.iter().map(|one| match &one.allowed {
        Judged::No => match std::mem::take(&mut all) {
            all if all.is_empty() => Cell::default(),
            all => all.into(),
        },
        Judged::Yes => Cell::default(),
        Judged::Unknown(reason) => Cell::unknown(reason.as_str()),
    });
    cells.collect()
}

fn about(collectors: &CollectorRows, asking: &Asking<'_>, place: Option<&crate::evidence::Place>) -> Arc<About> {
    let about = &collectors.abouts[asking.collector];
    match place {
        Some(place) if place.text.resource != about.resource => Arc::new(About {
            resource: place.text.resource.clone(),
            ..(**about).clone()
        }),
        _ => about.clone(),
    }
}

fn row(
    evidence: &Evidence,
    allowed: Allowed,
    asking: &Asking<'_>,
    need: &Need,
    collectors: &CollectorRows,
) -> RowBuilder {
    let account = Account::of(asking.workload);
    let verbs: Vec<Cell> = need.verbs.iter().map(|verb| Cell::from(*verb)).collect();
    let scope = match &need.namespace {
        None => Cell::default(),
        Some(namespace) => match namespace.name() {
            Some(name) => name.into(),
            None => Cell::unknown("the namespace of the pods is not given"),
        },
    };
    let written = ["serviceAccountName", "serviceAccount"];
    let written = written.into_iter().find_map(|key| asking.workload.pod.get(key));
    let account_cell = Cell::from(account.words());
    RowBuilder::new("permissions")
        .set("resource", need.words())
        .set("verbs", verbs)
        .set("scope", scope)
        .set("because", need.because.clone())
        .set("account", account_cell.at(written.unwrap_or(&asking.workload.pod)))
        .set(
            "allowed",
            match &allowed.allowed {
                Judged::Yes => Cell::from(true),
                Judged::No => false.into(),
                Judged::Unknown(reason) => Cell::unknown(reason.as_str()),
            },
        )
        .set("near", allowed.near)
        .set("token", token(evidence, asking.workload, &account))
        .set(
            "component",
            Cell::link(&collectors.components[asking.collector][asking.component]),
        )
        .set("collector", Cell::link(&collectors.collectors[asking.collector]))
}

/// Whether the pods get the token of their account: the pod decides before the account does.
fn token(evidence: &Evidence, workload: &Workload, account: &Account) -> Cell {
    const KEY: &str = "automountServiceAccountToken";
    let has_own = workload.volumes.iter().any(|volume| {
        let parts = volume.cell.path(&["projected", "sources"]).map_or(&[][..], Cell::items);
        parts.iter().any(|part| part.get("serviceAccountToken").is_some())
    });
    if has_own {
        return true.into();
    }
    let written = workload.pod.get(KEY).filter(|cell| !cell.is_null()).cloned();
    let of_account = || match find(evidence, "ServiceAccount", &account.namespace, &account.name, None) {
        Found::Object(resource) => Some(resource.at(&[KEY])).filter(|cell| !cell.is_null()),
        Found::Absent(_) | Found::Unknown(_) => None,
    };
    match written.or_else(of_account) {
        Some(cell) => match cell.value {
            Value::Bool(mounted) => Cell::from(mounted).at(&cell),
            _ => cell,
        },
        None => true.into(),
    }
}
