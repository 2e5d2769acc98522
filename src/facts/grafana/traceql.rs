//! Rows about TraceQL queries in panels.

use super::{GrafanaParts, GrafanaRows, texts};
use crate::evidence::{Cell, Place, Text};
use crate::facts::{About, Facts, RowBuilder};
use crate::releases::Version;
use crate::topology::grafana::PanelQuery;
use crate::topology::traceql::{Feature, ProblemKind, Query, Scope, analyze, intrinsic_of, suggestion};
use std::ops::Range;
use std::sync::Arc;

/// Adds the rows of one target; `datasource` is what its uid leads to.
pub(super) fn rows(
    facts: &mut Facts,
    parts: &GrafanaParts<'_>,
    rows: &GrafanaRows,
    panel: &PanelQuery,
    datasource: Option<usize>,
    dashboard: &Arc<Cell>,
    about: &Arc<About>,
) {
    let written = |key: &str| panel.target.get(key).cloned().unwrap_or_default();
    let query_cell = written("query");
    let kind = written("queryType");
    let of_tempo = panel.datasource_type.text() == Some("tempo")
        || datasource.is_some_and(|index| parts.grafanas.datasources[index].kind.text() == Some("tempo"));
    // A target of another program that happens to have a query; or one of which nothing is known.
    let is_used = matches!(kind.text(), Some("traceql")) || kind.is_null() && of_tempo;
    if !is_used && !of_tempo && kind.is_null() {
        return;
    }
    let text = query_cell.text().unwrap_or_default();
    let query = if is_used {
        analyze(text)
    } else {
        Query {
            empty: text.trim().is_empty(),
            ..Query::default()
        }
    };
    let embedded = query_cell.embed(None);
    let at = |span: Range<usize>| {
        let place = embedded.as_ref().map(|text| Arc::new(place_of(text, span)));
        Cell {
            place: place.or_else(|| query_cell.place.clone()),
            key: query_cell.key.clone(),
            ..Cell::default()
        }
    };
    let newest = query.newest_feature();
    let row = RowBuilder::new("traceql")
        .set("query", query_cell.clone())
        .set("query_type", kind)
        .set("query_used", is_used)
        .set(
            "filters",
            panel.target.get("filters").map_or(0, |filters| filters.items().len()),
        )
        .set("table_type", written("tableType"))
        .set("panel", panel.title.clone())
        .set("panel_type", panel.panel_type.clone())
        .set("empty", query.empty)
        .set("trace_id", query.trace_id || is_variable_alone(&query, text))
        .set("syntax_error", syntax_error(&query, &at))
        .set("range_seconds", panel.range_seconds.clone())
        .set("metrics", Cell::from(query.metrics).at(&query_cell))
        .set(
            "functions",
            texts(query.functions.iter().map(|function| function.name.as_str())),
        )
        .set(
            "needs_release",
            newest.map(|feature| Cell::from(feature.since.to_string()).at(&at(feature.span.clone()))),
        )
        .set(
            "needs_feature",
            newest.map(|feature| Cell::from(feature.name.as_str()).at(&at(feature.span.clone()))),
        )
        .set("target", panel.target.clone())
        .set("dashboard", Cell::link(dashboard))
        .set(
            "datasource",
            datasource.and_then(|index| rows.datasources.get(index)).map(Cell::link),
        )
        .build_at(about, query_cell.place.clone().or_else(|| panel.target.place.clone()));
    let link = row.cells.clone();
    facts.push("traceql", row);
    for problem in query
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Unscoped)
    {
        let here = at(problem.span.clone());
        let row = RowBuilder::new("traceql_problems")
            .set("kind", problem.kind.word())
            .set("message", Cell::from(problem.message.as_str()).at(&here))
            .set("written", Cell::from(&text[problem.span.clone()]).at(&here))
            .set("replacement", problem.replacement.as_deref().map(Cell::from))
            .set("refused", problem.kind.is_syntax())
            .set("query", Cell::link(&link));
        facts.push("traceql_problems", row.build_at(about, here.place));
    }
    for attribute in &query.attributes {
        let here = at(attribute.span.clone());
        let is_missing = attribute.scope == Scope::Missing;
        let is_scoped = matches!(attribute.scope, Scope::Span | Scope::Resource);
        let row = RowBuilder::new("traceql_attributes")
            .set("name", Cell::from(attribute.name.as_str()).at(&here))
            .set("written", Cell::from(&text[attribute.span.clone()]).at(&here))
            .set("scope", Cell::from(attribute.scope.word()).at(&here))
            .set("suggestion", is_missing.then(|| suggestion(&attribute.name)))
            .set("intrinsic", is_scoped.then(|| intrinsic_of(&attribute.name)).flatten())
            .set("query", Cell::link(&link));
        facts.push("traceql_attributes", row.build_at(about, here.place));
    }
    for feature in &query.features {
        let here = at(feature.span.clone());
        let row = RowBuilder::new("traceql_features")
            .set("feature", Cell::from(feature.name.as_str()).at(&here))
            .set("since", feature.since.to_string())
            .set("supported", supported(parts, feature))
            .set("written", Cell::from(&text[feature.span.clone()]).at(&here))
            .set("query", Cell::link(&link));
        facts.push("traceql_features", row.build_at(about, here.place));
    }
}

fn place_of(text: &Arc<Text>, span: Range<usize>) -> Place {
    // Of an end of the query, the last letter is shown.
    let start = if span.is_empty() && span.start == text.content.len() {
        span.start.saturating_sub(1)
    } else {
        span.start
    };
    let start = crate::evidence::text::floor_char_boundary(&text.content, start);
    Place::in_text(text, start..span.end.max(start))
}

fn is_variable_alone(query: &Query, text: &str) -> bool {
    let trimmed = text.trim();
    query
        .variables
        .first()
        .is_some_and(|(_, span)| text.get(span.clone()) == Some(trimmed))
}

fn syntax_error(query: &Query, at: &dyn Fn(Range<usize>) -> Cell) -> Cell {
    match (query.syntax_error(), &query.unsure) {
        (Some(problem), _) => Cell::from(problem.message.as_str()).at(&at(problem.span.clone())),
        (None, Some(reason)) => Cell::unknown(reason.as_str()),
        (None, None) => Cell::default(),
    }
}

fn supported(parts: &GrafanaParts<'_>, feature: &Feature) -> Cell {
    let Some(span) = parts.tempo_span else {
        return Cell::unknown("it is not known which Tempo answers the query");
    };
    let last_without = |low: Option<Version>| low.is_some_and(|low| low >= feature.since);
    if last_without(span.low) {
        return true.into();
    }
    match span.high {
        Some(high) if high < feature.since => false.into(),
        _ => Cell::unknown("the release of the Tempo is not known well enough"),
    }
}
