//! From the cells of a check file to a [`Check`]: each part with its errors at their places.

use super::{Also, Case, Check, CheckError, EFFECTS, Example, Expectation, LogLine, Reading, said};
use crate::checks::compile::CompileError;
use crate::checks::compiled::Compiled;
use crate::checks::lint::{Names, lint};
use crate::checks::template::Template;
use crate::evidence::logs::{LogPattern, Timestamp, parse_timestamp};
use crate::evidence::{Cell, Document, Origin, Place, ResourceReference, Schema, SourceFile, Text, Value};
use crate::facts::schema;
use crate::finding::Severity;
use crate::releases::{VersionRange, nearest};
use std::collections::BTreeMap;
use std::sync::Arc;

const KEYS: &[&str] = &[
    "id",
    "title",
    "severity",
    "cases",
    "why",
    "symptoms",
    "applies",
    "each",
    "variables",
    "when",
    "message",
    "log_message",
    "at",
    "also",
    "logs",
    "effect",
    "symptom_of",
    "remedy",
    "references",
    "examples",
];

/// Reads one file, and gathers all that is wrong with it.
pub(super) struct Reader {
    pub(super) file: Arc<SourceFile>,
    pub(super) reading: Reading,
    pub(super) errors: Vec<CheckError>,
}

impl Reader {
    pub(super) fn error_at(&self, place: Option<&Place>, message: String) -> CheckError {
        let (line, column) = place.map_or((0, 0), Place::line_column);
        CheckError {
            file: self.file.name.clone(),
            line,
            column,
            message,
        }
    }

    pub(super) fn error(&mut self, cell: &Cell, message: impl Into<String>) {
        let place = cell.place.as_deref().or(cell.key.as_deref());
        let error = self.error_at(place, message.into());
        self.errors.push(error);
    }

    /// Notes an error at an offset within the text of a cell.
    fn error_within(&mut self, cell: &Cell, offset: usize, message: impl Into<String>) {
        let Some(text) = cell.embed(None) else {
            return self.error(cell, message);
        };
        let (file, range) = text.outer(offset..offset);
        let (line, column) = file.line_column(range.start);
        self.errors.push(CheckError {
            file: self.file.name.clone(),
            line,
            column,
            message: message.into(),
        });
    }

    pub(super) fn root(&mut self) -> Option<Cell> {
        let text = Arc::new(Text {
            content: self.file.content.clone(),
            origin: Origin::File(self.file.clone(), 0),
            resource: Arc::new(ResourceReference {
                api_version: String::new(),
                kind: "File".to_owned(),
                namespace: None,
                name: self.file.name.clone(),
            }),
            key: None,
            secret: false,
        });
        match Document::parse(text) {
            Ok(document) => {
                let document = Arc::new(document);
                for (_, later) in document.duplicate_keys() {
                    let place = document.place(later, "");
                    let key = document.text_of(later).unwrap_or_default();
                    let error = self.error_at(Some(&place), format!("key `{key}` stands twice"));
                    self.errors.push(error);
                }
                Some(Cell::from_node(&document, document.root(), Schema::Configuration, ""))
            }
            Err(error) => {
                let (line, column) = self.file.line_column(error.offset);
                self.errors.push(CheckError {
                    file: self.file.name.clone(),
                    line,
                    column,
                    message: error.message,
                });
                None
            }
        }
    }

    pub(super) fn check(&mut self, root: &Cell) -> Option<Check> {
        if root.fields().is_none() {
            self.error(root, "a check file is a mapping");
            return None;
        }
        self.known_keys(root, KEYS);
        let (folder, stem) = super::folder_and_stem(&self.file.name);
        let id = self.required_text(root, "id")?;
        if id != stem {
            let cell = root.get("id").cloned().unwrap_or_default();
            self.error(&cell, format!("the id must be the file's stem, `{stem}`"));
        }
        let (each, names) = self.table(root);
        let names = Names {
            table: each,
            variables: &names,
        };
        let when = root.get("when").and_then(|cell| self.expression(cell, &names));
        let logs = self.logs(root, &id, &folder);
        if when.is_none() && logs.is_empty() && self.errors.is_empty() {
            self.error(root, "a check needs `when`, or `logs`, or both");
        }
        let severity = self.severity(root, "severity");
        let cases = self.cases(root, &names);
        if severity.is_none() && cases.is_empty() {
            self.error(root, "a check needs `severity` or `cases`");
        }
        let message = self.required_template(root, "message", &names);
        let of_logs = Names {
            table: "logs",
            variables: &BTreeMap::new(),
        };
        let log_message = root.get("log_message").map(|cell| self.template(cell, &of_logs));
        if let Some(cell) = root.get("log_message").filter(|_| logs.is_empty() || each == "logs") {
            self.error(cell, "`log_message` is for a check with both `when` and `logs`");
        }
        let at = root.get("at").and_then(|cell| self.path(cell, &names));
        let also = self.also(root, &names);
        let remedy = root.get("remedy").cloned().unwrap_or_default();
        self.known_keys(&remedy, &["text", "command", "edit"]);
        let remedy_text = self.required_template(&remedy, "text", &names);
        let remedy_command = remedy.get("command").map(|cell| self.template(cell, &names));
        let edit = remedy.get("edit").and_then(|cell| self.edit(cell, &names));
        let effect = self.effect(root.get("effect"));
        let symptom_of = self.text_list(root, "symptom_of");
        for symptom in &symptom_of {
            self.known_effect(root.get("symptom_of").unwrap_or(root), symptom);
        }
        let examples = self.examples(root);
        Some(Check {
            id,
            folder,
            file: self.file.clone(),
            title: self.required_text(root, "title").unwrap_or_default(),
            severity: severity
                .or_else(|| cases.first().map(|case| case.severity))
                .unwrap_or(Severity::Note),
            cases,
            why: self.required_text(root, "why").unwrap_or_default(),
            symptoms: self.text_list(root, "symptoms"),
            applies: self.applies(root),
            each,
            variables: names.variables.clone(),
            when,
            message,
            log_message,
            at,
            also,
            logs,
            effect,
            symptom_of,
            remedy_text,
            remedy_command,
            edit,
            references: self.text_list(root, "references"),
            examples,
        })
    }

    pub(super) fn known_keys(&mut self, cell: &Cell, known: &[&str]) {
        let Some(fields) = cell.fields() else {
            return;
        };
        for (key, value) in fields {
            if !known.contains(&&**key) {
                let hint = nearest(key, known.iter().copied())
                    .map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
                let error = self.error_at(value.key.as_deref(), format!("there is no key `{key}` here{hint}"));
                self.errors.push(error);
            }
        }
    }

    fn required_text(&mut self, cell: &Cell, key: &str) -> Option<String> {
        match cell.get(key) {
            Some(found) if found.text().is_some_and(|text| !text.trim().is_empty()) => {
                found.text().map(|text| text.trim().to_owned())
            }
            Some(found) => {
                self.error(found, format!("`{key}` must be a text"));
                None
            }
            None => {
                self.error(cell, format!("`{key}` is missing"));
                None
            }
        }
    }

    fn text_list(&mut self, cell: &Cell, key: &str) -> Vec<String> {
        let Some(found) = cell.get(key) else {
            return Vec::new();
        };
        if let Some(text) = found.text() {
            return vec![text.trim().to_owned()];
        }
        let mut texts = Vec::new();
        for item in found.items() {
            match item.text() {
                Some(text) => texts.push(text.trim().to_owned()),
                None => self.error(item, "must be a text"),
            }
        }
        texts
    }

    /// Returns the table of `each` and the compiled variables.
    fn table(&mut self, root: &Cell) -> (&'static str, BTreeMap<String, Compiled>) {
        let each = match root.get("each") {
            Some(cell) => match cell.text().and_then(schema::table) {
                Some(table) => table.name,
                None => {
                    let written = cell.text().unwrap_or_default();
                    let hint = nearest(written, schema::tables().map(|table| table.name))
                        .map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
                    self.error(cell, format!("there is no table `{written}`{hint}"));
                    ""
                }
            },
            None => {
                if root.get("when").is_some() {
                    self.error(root, "`each` is missing: which table does `when` read?");
                }
                super::LOGS
            }
        };
        let mut variables = BTreeMap::new();
        let cells = root.get("variables").cloned().unwrap_or_default();
        for (name, cell) in cells.fields().into_iter().flatten() {
            match cell.text().map(|source| self.compile(source)) {
                Some(Ok(expression)) => {
                    variables.insert(name.to_string(), expression);
                }
                Some(Err(error)) => self.error_within(cell, error.offset, error.message),
                None => self.error(cell, "must be an expression"),
            }
        }
        let names = Names {
            table: each,
            variables: &variables,
        };
        for (name, cell) in cells.fields().into_iter().flatten() {
            if let Some(expression) = variables.get(&**name) {
                self.lint(cell, 0, expression, &names);
            }
        }
        (each, variables)
    }

    fn compile(&self, source: &str) -> Result<Compiled, CompileError> {
        match self.reading {
            Reading::Whole => Compiled::now(source),
            Reading::Proven => Ok(Compiled::later(source)),
        }
    }

    /// Walks an expression against the schema, notes what is wrong, and returns its type.
    fn lint(&mut self, cell: &Cell, offset: usize, expression: &Compiled, names: &Names<'_>) -> schema::Type {
        if self.reading == Reading::Proven {
            return schema::Type::Any;
        }
        let (found, errors) = lint(expression, names);
        for error in errors {
            self.error_within(cell, offset + error.span.start, error.message);
        }
        found
    }

    /// Compiles and walks an expression that must be true or false.
    pub(super) fn expression(&mut self, cell: &Cell, names: &Names<'_>) -> Option<Compiled> {
        let source = match &cell.value {
            Value::Text(text) => text.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => {
                self.error(cell, "must be an expression");
                return None;
            }
        };
        match self.compile(&source) {
            Ok(expression) => {
                let found = self.lint(cell, 0, &expression, names);
                if !matches!(found, schema::Type::Bool | schema::Type::Any) {
                    self.error(cell, "must be true or false");
                }
                Some(expression)
            }
            Err(error) => {
                self.error_within(cell, error.offset, error.message);
                None
            }
        }
    }

    /// Compiles a path: a selection that begins with a column, `self.` optional.
    pub(super) fn path(&mut self, cell: &Cell, names: &Names<'_>) -> Option<Compiled> {
        let Some(source) = cell.text() else {
            self.error(cell, "must be a path such as `config.endpoint`");
            return None;
        };
        let written = source.trim_start();
        let offset = source.len() - written.len();
        let own = written == "self" || written.starts_with("self.") || written.starts_with("self[");
        let prefixed = if own {
            written.to_owned()
        } else {
            format!("self.{written}")
        };
        let shift = prefixed.len() - written.len();
        match self.compile(&prefixed) {
            Ok(expression) => {
                let errors = match self.reading {
                    Reading::Whole => lint(&expression, names).1,
                    Reading::Proven => Vec::new(),
                };
                for error in errors {
                    let at = offset + error.span.start.saturating_sub(shift);
                    self.error_within(cell, at, error.message);
                }
                Some(expression)
            }
            Err(error) => {
                self.error_within(cell, offset + error.offset.saturating_sub(shift), error.message);
                None
            }
        }
    }

    pub(super) fn template(&mut self, cell: &Cell, names: &Names<'_>) -> Template {
        let Some(source) = cell.text() else {
            self.error(cell, "must be a text");
            return Template::default();
        };
        match Template::compile(source.trim_end(), |source| self.compile(source)) {
            Ok(template) => {
                for (expression, offset) in template.expressions() {
                    self.lint(cell, offset, expression, names);
                }
                template
            }
            Err(error) => {
                self.error_within(cell, error.offset, error.message);
                Template::default()
            }
        }
    }

    pub(super) fn required_template(&mut self, cell: &Cell, key: &str, names: &Names<'_>) -> Template {
        match cell.get(key) {
            Some(found) => self.template(found, names),
            None => {
                self.error(cell, format!("`{key}` is missing"));
                Template::default()
            }
        }
    }

    fn severity(&mut self, cell: &Cell, key: &str) -> Option<Severity> {
        let found = cell.get(key)?;
        let severity = found.text().and_then(Severity::parse);
        if severity.is_none() {
            self.error(found, "must be error, warning, note or hint");
        }
        severity
    }

    fn applies(&mut self, cell: &Cell) -> BTreeMap<String, VersionRange> {
        let mut ranges = BTreeMap::new();
        let Some(found) = cell.get("applies") else {
            return ranges;
        };
        for (program, range) in found.fields().into_iter().flatten() {
            let text = match &range.value {
                Value::Text(text) => text.to_string(),
                Value::Float(number) => number.to_string(),
                _ => String::new(),
            };
            match VersionRange::parse(&text) {
                Ok(parsed) => {
                    ranges.insert(program.to_string(), parsed);
                }
                Err(error) => self.error_within(range, error.column.saturating_sub(1), error.to_string()),
            }
        }
        ranges
    }

    fn cases(&mut self, root: &Cell, names: &Names<'_>) -> Vec<Case> {
        let mut cases = Vec::new();
        for cell in root.get("cases").map_or(&[][..], Cell::items) {
            self.known_keys(cell, &["applies", "when", "severity", "message"]);
            let Some(severity) = self.severity(cell, "severity") else {
                self.error(cell, "a case needs `severity`");
                continue;
            };
            cases.push(Case {
                applies: self.applies(cell),
                when: cell.get("when").and_then(|when| self.expression(when, names)),
                severity,
                message: cell.get("message").map(|message| self.template(message, names)),
            });
        }
        cases
    }

    fn also(&mut self, root: &Cell, names: &Names<'_>) -> Vec<Also> {
        let Some(found) = root.get("also") else {
            return Vec::new();
        };
        let single = [found.clone()];
        let items = if found.fields().is_some() {
            &single[..]
        } else {
            found.items()
        };
        let mut also = Vec::new();
        for cell in items {
            self.known_keys(cell, &["at", "label"]);
            let label = self.required_template(cell, "label", names);
            match cell.get("at").map(|at| self.path(at, names)) {
                Some(Some(at)) => also.push(Also { at, label }),
                Some(None) => {}
                None => self.error(cell, "`at` is missing"),
            }
        }
        also
    }

    fn logs(&mut self, root: &Cell, id: &str, folder: &str) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for cell in root.get("logs").map_or(&[][..], Cell::items) {
            self.known_keys(cell, &["pattern", "applies", "stages", "sample", "near_miss"]);
            let mut stages = self.text_list(cell, "stages");
            let named = ["app", "collector", "tempo", "grafana"];
            if let Some(other) = stages.iter().find(|stage| !named.contains(&stage.as_str())) {
                let message = format!("there is no stage `{other}`: use one of {}", named.join(", "));
                self.error(cell, message);
            }
            if stages.is_empty() && named.contains(&folder) {
                stages.push(folder.to_owned());
            }
            let Some(regex) = self.required_text(cell, "pattern") else {
                continue;
            };
            let regex = match stages.as_slice() {
                [stage] if stage == "app" => said::by_program(&regex),
                _ => regex,
            };
            lines.push(LogLine {
                pattern: LogPattern {
                    id: format!("{id}#{}", lines.len()),
                    regex,
                },
                applies: self.applies(cell),
                stages,
                samples: self.text_list(cell, "sample"),
                near_misses: self.text_list(cell, "near_miss"),
                place: cell.get("pattern").and_then(|pattern| pattern.place.clone()),
            });
        }
        lines
    }

    fn effect(&mut self, cell: Option<&Cell>) -> Option<String> {
        let cell = cell?;
        let effect = cell.text().unwrap_or_default().to_owned();
        self.known_effect(cell, &effect);
        Some(effect)
    }

    fn known_effect(&mut self, cell: &Cell, effect: &str) {
        if !EFFECTS.iter().any(|(known, _)| *known == effect) {
            let known: Vec<&str> = EFFECTS.iter().map(|(known, _)| *known).collect();
            self.error(
                cell,
                format!("`{effect}` is not an effect: use one of {}", known.join(", ")),
            );
        }
    }

    fn examples(&mut self, root: &Cell) -> Vec<Example> {
        let cell = root.get("examples").cloned().unwrap_or_default();
        self.known_keys(&cell, &["bad", "good", "undecided"]);
        let groups = [
            ("bad", Expectation::Bad),
            ("good", Expectation::Good),
            ("undecided", Expectation::Undecided),
        ];
        let mut examples = Vec::new();
        for (key, expectation) in groups {
            for item in cell.get(key).map_or(&[][..], Cell::items) {
                if let Some(example) = self.example(item, expectation) {
                    examples.push(example);
                }
            }
        }
        examples
    }

    fn time(&mut self, item: &Cell, key: &str) -> Option<Timestamp> {
        let cell = item.get(key)?;
        let time = cell.text().and_then(|text| parse_timestamp(text.as_bytes(), None));
        if time.is_none() {
            self.error(cell, "a time is a text such as \"2026-01-05T08:00:00Z\"");
        }
        time
    }

    fn example(&mut self, item: &Cell, expectation: Expectation) -> Option<Example> {
        self.known_keys(
            item,
            &[
                "name",
                "files",
                "release",
                "distribution",
                "namespace",
                "complete",
                "taken_at",
                "severity",
            ],
        );
        let name = self.required_text(item, "name")?;
        let mut files = Vec::new();
        for (file, content) in item.get("files").and_then(Cell::fields).into_iter().flatten() {
            match content.text() {
                Some(content) => files.push((file.to_string(), content.to_owned())),
                None => self.error(content, "a file is a text: write it with `|`"),
            }
        }
        let mut releases = BTreeMap::new();
        for (program, release) in item.get("release").and_then(Cell::fields).into_iter().flatten() {
            match release.text() {
                Some(release) => {
                    releases.insert(program.to_string(), release.to_owned());
                }
                None => self.error(release, "a release is a text: put it in quotes"),
            }
        }
        Some(Example {
            expectation,
            name,
            files,
            releases,
            distribution: item.text_at(&["distribution"]).map(str::to_owned),
            namespace: item.text_at(&["namespace"]).map(str::to_owned),
            taken_at: self.time(item, "taken_at"),
            complete: matches!(item.get("complete").map(|cell| &cell.value), Some(Value::Bool(true))),
            severity: self.severity(item, "severity"),
            place: item.place.clone(),
        })
    }
}
