//! The way of one workload's spans, station by station, for a terminal or a program, ending with the first break.

use super::map::{Hop, State, verdict};
use super::{TextOptions, escape, json, text};
use crate::finding::Finding;
use serde::Serialize;
use std::fmt::Write as _;

/// The version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// What is known of the way.
#[derive(Debug, Clone)]
pub struct Why {
    /// The workload that it begins at, for example `Deployment shop/cart`.
    pub workload: String,
    /// The stations and connections, each branch to its end or its first break.
    pub steps: Vec<Step>,
    /// What breaks first.
    pub first_break: Option<Finding>,
    /// What could not be seen, as sentences.
    pub unseen: Vec<String>,
}

/// A station or a connection.
#[derive(Debug, Clone)]
pub struct Step {
    /// How many branches it is away from the beginning.
    pub depth: usize,
    /// What it is.
    pub what: What,
}

/// What a step is.
#[derive(Debug, Clone)]
pub enum What {
    /// Something that runs.
    Station(Station),
    /// One connection.
    Hop(Hop),
}

/// Something that runs on the way.
#[derive(Debug, Clone, Serialize)]
pub struct Station {
    /// `app`, `collector`, `tempo` or `grafana`.
    pub stage: String,
    /// For example `Deployment tracing/otel-gateway`.
    pub name: String,
    /// What can be said of it.
    pub state: State,
    /// Why, as a clause.
    pub reason: Option<String>,
    /// The ids of the checks that found something in it.
    pub findings: Vec<String>,
}

/// Returns the way for a terminal.
pub fn text_of(why: &Why, options: &TextOptions) -> String {
    let mut out = String::new();
    for Step { depth, what } in &why.steps {
        let indent = "  ".repeat(*depth);
        match what {
            What::Station(station) => {
                let _ = writeln!(out, "{indent}{}  {}", station.stage, escape::line(&station.name));
                if let Some(line) = of_station(station) {
                    let _ = writeln!(out, "{indent}  {}", escape::line(&line));
                }
            }
            What::Hop(hop) => {
                let over = hop
                    .protocol
                    .as_ref()
                    .map_or_else(String::new, |protocol| format!(" over {protocol}"));
                let endpoint = hop.endpoint.as_deref().unwrap_or("an endpoint that cannot be told");
                let line = format!("-> {}: {}{over} to {endpoint}", hop.name, hop.signal);
                let _ = writeln!(out, "{indent}{}", escape::line(&line));
                let _ = writeln!(out, "{indent}   {}", escape::line(&verdict(hop)));
            }
        }
    }
    match &why.first_break {
        Some(finding) => {
            out.push_str("\nthe first break:\n");
            out.push_str(&text::alone(finding, options));
        }
        None => out.push_str("\nnothing on the path is wrong as far as can be seen\n"),
    }
    if !why.unseen.is_empty() {
        out.push_str("\nnot seen:\n");
        for line in &why.unseen {
            let _ = writeln!(out, "  {}", escape::line(line));
        }
    }
    out
}

fn of_station(station: &Station) -> Option<String> {
    let word = station.state.word();
    let ids = station.findings.join(", ");
    match (station.state, &station.reason) {
        (State::Configured, None) => None,
        (State::Broken, Some(reason)) => Some(format!("{word} [{ids}] {reason}")),
        (_, Some(reason)) => Some(format!("{word}: {reason}")),
        (_, None) => Some(word.to_owned()),
    }
}

/// Returns the way as JSON; findings have the shape that they have in the report of `run`.
pub fn json_of(why: &Why) -> String {
    #[derive(Serialize)]
    struct Document<'a, F: Serialize> {
        schema_version: u32,
        workload: &'a str,
        steps: Vec<Of<'a>>,
        first_break: Option<F>,
        unseen: &'a [String],
    }
    #[derive(Serialize)]
    struct Of<'a> {
        depth: usize,
        #[serde(flatten)]
        what: Either<'a>,
    }
    #[derive(Serialize)]
    #[serde(tag = "step", rename_all = "snake_case")]
    enum Either<'a> {
        Station(&'a Station),
        Hop(&'a Hop),
    }
    let steps = why.steps.iter().map(|step| Of {
        depth: step.depth,
        what: match &step.what {
            What::Station(station) => Either::Station(station),
            What::Hop(hop) => Either::Hop(hop),
        },
    });
    json::document(&Document {
        schema_version: SCHEMA_VERSION,
        workload: &why.workload,
        steps: steps.collect(),
        first_break: why.first_break.as_ref().map(json::finding),
        unseen: &why.unseen,
    })
}
