//! Settings that a component wants of its own accord: one of several must be set, or no two of them.
//!
//! The rules are data. What a component refuses when its configuration is read counts always, what only its making refuses counts where a
//! pipeline uses it. Sources: `open-telemetry/opentelemetry-collector-contrib@v0.161.0` and `@v0.88.0`, the files named beside the rules.

use super::{Maker, texts};
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder};
use crate::releases::ComponentKind;
use crate::topology::collector::Component;

/// How many elements of a list are looked at.
const MOST_ITEMS: usize = 1000;

/// What is wanted of a block.
enum Want {
    /// At least one of these is set; with a variable of the environment that stands in for them.
    One(&'static [&'static str], Option<&'static str>),
    /// No two of these are there.
    NoTwo(&'static [&'static str]),
}

/// Which elements of a list a rule is about: those with one of these words at a key.
struct Only(&'static str, &'static [&'static str]);

struct Rule {
    kind: ComponentKind,
    canonical: &'static str,
    /// The list whose elements are the blocks; `None`: the component itself.
    list: Option<&'static str>,
    only: Option<Only>,
    /// What the component's configuration has to have, that the rule counts.
    only_if: Option<fn(&Cell) -> bool>,
    want: Want,
    /// Whether an empty text counts as set.
    takes_empty: bool,
    /// Whether it is refused also where no pipeline uses the component.
    is_always: bool,
}

/// Returns a rule about the component itself that is looked at when the configuration is read.
const fn of(kind: ComponentKind, canonical: &'static str, want: Want) -> Rule {
    Rule {
        kind,
        canonical,
        list: None,
        only: None,
        only_if: None,
        want,
        takes_empty: false,
        is_always: true,
    }
}

/// Returns a rule about the actions of the processors for attributes (`internal/coreinternal/attraction/attraction.go`).
const fn action(
    canonical: &'static str,
    list: &'static str,
    words: &'static [&'static str],
    keys: &'static [&'static str],
) -> Rule {
    Rule {
        kind: ComponentKind::Processor,
        canonical,
        list: Some(list),
        only: Some(Only("action", words)),
        only_if: None,
        want: Want::One(keys, None),
        takes_empty: true,
        is_always: false,
    }
}

const fn when_used(rule: Rule) -> Rule {
    Rule {
        is_always: false,
        ..rule
    }
}

const fn or_empty(rule: Rule) -> Rule {
    Rule {
        takes_empty: true,
        ..rule
    }
}

/// Returns a rule about how spans are compared, where they are.
const fn match_type(canonical: &'static str, keys: &'static [&'static str], only_if: fn(&Cell) -> bool) -> Rule {
    Rule {
        only_if: Some(only_if),
        ..when_used(of(ComponentKind::Processor, canonical, Want::One(keys, None)))
    }
}

/// Whether a block of properties compares any: attributes that only have to be there are not compared.
pub(super) fn compares(block: Option<&Cell>) -> bool {
    let has_items = |key: &str| {
        block
            .and_then(|block| block.get(key))
            .is_some_and(|list| !list.items().is_empty())
    };
    let has_value = |key: &str| {
        let items = block.and_then(|block| block.get(key)).map_or(&[][..], Cell::items);
        items
            .iter()
            .any(|item| item.get("value").is_some_and(|value| !value.is_null()))
    };
    ["services", "span_names", "libraries"].iter().any(|key| has_items(key))
        || ["attributes", "resources"].iter().any(|key| has_value(key))
}

fn compares_included(config: &Cell) -> bool {
    compares(config.get("include"))
}

fn compares_excluded(config: &Cell) -> bool {
    compares(config.get("exclude"))
}

const INCLUDED: &[&str] = &["include.match_type"];
const EXCLUDED: &[&str] = &["exclude.match_type"];
const SETTERS: &[&str] = &["insert", "update", "upsert"];
const WITH_KEY: &[&str] = &["insert", "update", "upsert", "extract", "convert"];
const VALUES: &[&str] = &["value", "from_attribute", "from_context", "default_value"];
use ComponentKind::{Connector, Exporter, Extension, Processor};

const RULES: [Rule; 29] = [
    // processor/attributesprocessor/config.go, processor/resourceprocessor/config.go
    of(Processor, "attributes", Want::One(&["actions"], None)),
    of(Processor, "resource", Want::One(&["attributes"], None)),
    action("attributes", "actions", SETTERS, VALUES),
    action("attributes", "actions", WITH_KEY, &["key"]),
    action("attributes", "actions", &["delete", "hash"], &["key", "pattern"]),
    action("attributes", "actions", &["extract"], &["pattern"]),
    action("attributes", "actions", &["convert"], &["converted_type"]),
    action("resource", "attributes", SETTERS, VALUES),
    action("resource", "attributes", WITH_KEY, &["key"]),
    action("resource", "attributes", &["delete", "hash"], &["key", "pattern"]),
    action("resource", "attributes", &["extract"], &["pattern"]),
    action("resource", "attributes", &["convert"], &["converted_type"]),
    // processor/spanprocessor/factory.go
    when_used(of(
        Processor,
        "span",
        Want::One(&["name.from_attributes", "name.to_attributes.rules", "status"], None),
    )),
    // internal/filter/filtermatcher/filtermatcher.go, internal/filter/filterset/config.go
    match_type("attributes", INCLUDED, compares_included),
    match_type("attributes", EXCLUDED, compares_excluded),
    match_type("span", INCLUDED, compares_included),
    match_type("span", EXCLUDED, compares_excluded),
    // exporter/zipkinexporter/config.go, @v0.88.0 factory.go
    when_used(of(Exporter, "zipkin", Want::One(&["endpoint"], None))),
    // exporter/azuremonitorexporter/connection_string_parser.go
    when_used(of(
        Exporter,
        "azuremonitor",
        Want::One(
            &["connection_string", "instrumentation_key"],
            Some("APPLICATIONINSIGHTS_CONNECTION_STRING"),
        ),
    )),
    // exporter/datadogexporter/config.go
    when_used(of(Exporter, "datadog", Want::One(&["api.key"], None))),
    // exporter/elasticsearchexporter/config.go
    when_used(of(
        Exporter,
        "elasticsearch",
        Want::One(&["endpoint", "endpoints", "cloudid"], Some("ELASTICSEARCH_URL")),
    )),
    // extension/bearertokenauthextension/config.go
    of(
        Extension,
        "bearertokenauth",
        Want::One(&["token", "tokens", "filename"], None),
    ),
    // extension/oauth2clientauthextension/config.go
    of(Extension, "oauth2client", Want::One(&["token_url"], None)),
    of(
        Extension,
        "oauth2client",
        Want::One(&["client_id", "client_id_file"], None),
    ),
    of(
        Extension,
        "oauth2client",
        Want::One(&["client_secret", "client_secret_file", "grant_type"], None),
    ),
    // extension/basicauthextension/config.go
    or_empty(of(
        Extension,
        "basicauth",
        Want::One(&["htpasswd", "client_auth"], None),
    )),
    of(Extension, "basicauth", Want::NoTwo(&["htpasswd", "client_auth"])),
    // connector/spanmetricsconnector/config.go
    of(
        Connector,
        "span_metrics",
        Want::NoTwo(&["histogram.explicit", "histogram.exponential"]),
    ),
    of(Extension, "bearertokenauth", Want::NoTwo(&["token", "tokens"])),
];

/// Adds the rows.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    for (index, component) in maker.collector.components.iter().enumerate() {
        let rules = RULES
            .iter()
            .filter(|rule| rule.kind == component.kind && rule.canonical == component.canonical);
        for rule in rules {
            judge(facts, maker, index, component, rule);
        }
    }
}

fn judge(facts: &mut Facts, maker: &Maker<'_>, index: usize, component: &Component, rule: &Rule) {
    let is_used = component.kind == ComponentKind::Extension || !component.pipelines.is_empty();
    if !(rule.is_always || is_used) || component.config.unknown_reason().is_some() {
        return;
    }
    if rule.only_if.is_some_and(|only_if| !only_if(&component.config)) {
        return;
    }
    let Some(list) = rule.list else {
        return block(facts, maker, index, rule, &component.config, "");
    };
    let items = component.config.get(list).map_or(&[][..], Cell::items);
    for (number, item) in items.iter().take(MOST_ITEMS).enumerate() {
        let is_meant = rule.only.as_ref().is_none_or(|Only(key, words)| {
            let word = item.get(key).and_then(Cell::text).map(str::to_ascii_lowercase);
            word.is_some_and(|word| words.contains(&word.as_str()))
        });
        if is_meant && item.fields().is_some() {
            block(facts, maker, index, rule, item, &format!("{list}[{number}]"));
        }
    }
}

fn block(facts: &mut Facts, maker: &Maker<'_>, index: usize, rule: &Rule, block: &Cell, path: &str) {
    let find = |key: &&&str| at(block, key);
    let (word, keys, instead) = match &rule.want {
        Want::One(keys, instead) => {
            if keys
                .iter()
                .any(|key| at(block, key).is_some_and(|cell| is_set(cell, rule.takes_empty)))
            {
                return;
            }
            ("missing", *keys, *instead)
        }
        Want::NoTwo(keys) => {
            let there = |key: &&&str| find(key).is_some_and(is_there);
            if keys.iter().filter(there).count() < 2 || keys.iter().any(|key| is_behind_unknown(block, key)) {
                return;
            }
            ("exclusive", *keys, None)
        }
    };
    if keys.iter().any(|key| is_behind_unknown(block, key)) {
        return;
    }
    let variable = instead.map(|name| variable(maker, name));
    if matches!(variable, Some(Variable::Set)) {
        return;
    }
    let refused = match variable {
        Some(Variable::Unknown(reason)) => Cell::unknown(reason),
        _ => Cell::from(true),
    };
    let last = keys
        .iter()
        .rev()
        .find_map(|key| find(&key))
        .filter(|_| word == "exclusive");
    let cell = last.unwrap_or(block).clone();
    let place = cell.key.clone().or_else(|| cell.place.clone());
    let row = RowBuilder::new("setting_faults")
        .set("kind", word)
        .set("keys", texts(keys))
        .set("path", path)
        .set("section", maker.section(Some(index), ""))
        .set("block", cell)
        .set("variable", instead)
        .set("refused", refused)
        .set("component", maker.component_link(Some(index)))
        .set("collector", maker.collector_link());
    facts.push(
        "setting_faults",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}

fn at<'a>(block: &'a Cell, path: &str) -> Option<&'a Cell> {
    path.split('.').try_fold(block, |cell, key| cell.get(key))
}

/// Whether something on the way to a key cannot be told.
fn is_behind_unknown(block: &Cell, path: &str) -> bool {
    let mut cell = Some(block);
    for key in path.split('.') {
        match cell {
            Some(found) if found.unknown_reason().is_some() => return true,
            Some(found) => cell = found.get(key),
            None => return false,
        }
    }
    false
}

fn is_set(cell: &Cell, takes_empty: bool) -> bool {
    let is_empty = match (cell.text(), cell.fields()) {
        (Some(text), _) => text.is_empty(),
        (_, Some(fields)) => fields.is_empty(),
        _ => cell.is_null() || matches!(&cell.value, Value::List(items) if items.is_empty()),
    };
    !is_empty || takes_empty && !cell.is_null()
}

/// Whether an optional block is on.
fn is_there(cell: &Cell) -> bool {
    let is_off = matches!(cell.get("enabled").map(|cell| &cell.value), Some(Value::Bool(false)));
    !cell.is_null() && !is_off
}

enum Variable {
    Set,
    NotSet,
    Unknown(String),
}

fn variable(maker: &Maker<'_>, name: &str) -> Variable {
    let Some((_, container)) = maker.run else {
        return Variable::Unknown(format!("the environment is not at hand, and {name} may be set in it"));
    };
    let has_it = container.variables.iter().any(|variable| variable.name == name);
    match &container.more_variables {
        _ if has_it => Variable::Set,
        Some(reason) => Variable::Unknown(reason.to_string()),
        None => Variable::NotSet,
    }
}
