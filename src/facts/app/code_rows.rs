//! Rows about JavaScript: files, syntax errors, and what the files do with modules.

use super::code::{JsFile, initialisation_message, node_sdks, sdk_option, starts_sdk, url_of};
use super::npm::{self, Family};
use super::origin::{Pod, package_installed};
use super::parts::{AppParts, AppRows, at_object, generation_cell};
use super::{AppView, code};
use crate::evidence::{Cell, Stage};
use crate::facts::javascript::{Dialect, ModuleReference, ModuleUse, ReferenceKind, SyntaxErrorKind, UseKind};
use crate::facts::{About, Facts, RowBuilder};
use crate::finding::StageReference;
use crate::topology::app::{AppEnvironment, snake_case};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Adds the rows of all files; returns the rows of the files themselves.
pub(super) fn rows(facts: &mut Facts, parts: &AppParts<'_>, apps: &AppRows) -> Vec<Arc<Cell>> {
    let mut links = Vec::new();
    for file in &parts.understanding.files {
        let app = file
            .app
            .and_then(|index| apps.apps.get(index))
            .map_or_else(Cell::default, Cell::link);
        let view = file.app.and_then(|index| parts.understanding.apps.get(index));
        let about = about_file(parts, file);
        let row = file_row(parts, file, &app).build_at(&about, Some(file.place(0..0)));
        let link = row.cells.clone();
        facts.push("js_files", row);
        let of_file = FileRows {
            parts,
            file,
            view,
            about: &about,
            file_row: Cell::link(&link),
            app,
        };
        of_file.problems(facts);
        for reference in &file.analysis.modules {
            of_file.reference(facts, reference);
        }
        for used in &file.analysis.uses {
            of_file.used(facts, used);
        }
        of_file.calls(facts);
        links.push(link);
    }
    links
}

fn about_file(parts: &AppParts<'_>, file: &JsFile) -> Arc<About> {
    let place = file.place(0..0);
    if let Some((workload, container)) = file.container {
        return parts.about(workload, container, Some(&place));
    }
    let resource = file.source.text.resource.clone();
    let group = resource.api_version.split_once('/').map_or("", |(group, _)| group);
    let owner = [
        group,
        &resource.kind,
        resource.namespace.as_deref().unwrap_or_default(),
        &resource.name,
    ]
    .join("/");
    at_object(
        Arc::new(About {
            stage: StageReference {
                stage: Stage::App,
                name: resource.to_string(),
            },
            resource,
            owner,
            releases: BTreeMap::new(),
            assumptions: Vec::new(),
            container: None,
        }),
        Some(&place),
    )
}

fn file_row(parts: &AppParts<'_>, file: &JsFile, app: &Cell) -> RowBuilder {
    let analysis = &file.analysis;
    let set_up = &analysis.set_up;
    let empty = AppEnvironment::default();
    let environment = file
        .app
        .and_then(|index| parts.understanding.apps.get(index))
        .map_or(&empty, |view| &view.environment);
    let exporter = code::exporter(0, file, environment);
    let url = exporter.as_ref().and_then(|exporter| exporter.url.clone());
    let url = match (url, &exporter) {
        (Some(Ok(url)), Some(exporter)) if file.app.is_some() || exporter.url_variables.is_empty() => Cell::from(url),
        (Some(Ok(_)), _) => Cell::unknown("the environment that the file runs in is not known"),
        (Some(Err(reason)), _) => Cell::unknown(reason),
        (None, _) => Cell::default(),
    };
    let url = match exporter.as_ref().and_then(|exporter| exporter.url_span.clone()) {
        Some(span) => file.cell_at(url, file.inside_quotes(span)),
        None => url,
    };
    let message = initialisation_message(analysis).map(|(text, span)| file.cell_at(text, span));
    let handlers = &set_up.process_handlers;
    let stops = |event: &Option<String>| {
        event
            .as_deref()
            .is_none_or(|event| matches!(event, "SIGTERM" | "SIGINT" | "beforeExit"))
    };
    let is_handled = handlers
        .iter()
        .any(|handler| stops(&handler.event) && !(handler.shutdowns.is_empty() && handler.flushes.is_empty()));
    let exits = handlers
        .iter()
        .filter(|handler| matches!(handler.event.as_deref(), Some("SIGTERM" | "SIGINT")));
    let exits = exits.flat_map(|handler| handler.exits.first()).next();
    let instruments = !set_up.auto_instrumentations.is_empty()
        || !set_up.register_instrumentations.is_empty()
        || sdk_option(analysis, "instrumentations").is_some();
    let sdks = node_sdks(analysis);
    let escapes =
        set_up.node_sdks.iter().any(|sdk| sdk.escapes) || set_up.providers.iter().any(|provider| provider.escapes);
    // The set-up knows packages by their plain names only; of one that is loaded by its path nothing tells who else gets the SDK.
    let escapes = match set_up.node_sdks.len() < sdks.len() && !starts_sdk(analysis) {
        true => Cell::unknown("the SDK is loaded by a path, and is not followed"),
        false => escapes.into(),
    };
    RowBuilder::new("js_files")
        .set("name", file.cell_at(file.name.as_str(), 0..0))
        .set("key", file.key.as_str())
        .set("config_map", file.config_map.clone())
        .set("path", file.path.clone())
        .set("preloaded", file.preloaded.clone())
        .set("app", app.clone())
        .set(
            "container",
            file.container.map_or_else(Cell::default, |(workload, container)| {
                parts.container_link(workload, container)
            }),
        )
        .set("dialect", dialect_word(file.dialect))
        .set(
            "skipped",
            analysis.skipped.map(|reason| snake_case(&format!("{reason:?}"))),
        )
        .set("incomplete", analysis.incomplete || analysis.skipped.is_some())
        .set("syntax_errors", analysis.syntax_errors.len())
        .set("starts_sdk", starts_sdk(analysis))
        .set("constructs_sdk", !sdks.is_empty())
        .set("sdks", sdks.len())
        .set(
            "registers_provider",
            set_up.providers.iter().any(|provider| !provider.registered.is_empty()),
        )
        .set("escapes", escapes)
        .set(
            "has_exporter",
            exporter.is_some()
                || ["traceExporter", "spanProcessors", "spanProcessor"]
                    .iter()
                    .any(|key| sdk_option(analysis, key).is_some()),
        )
        .set("has_instrumentations", instruments)
        .set(
            "exporter_package",
            exporter.as_ref().map(|exporter| exporter.package.as_str()),
        )
        .set("exporter_url", url)
        .set("prints_message", message)
        .set("handles_shutdown", is_handled)
        .set(
            "exits_on_signal",
            match exits {
                Some(span) => file.cell_at(true, span.clone()),
                None => false.into(),
            },
        )
        .set(
            "sets_logger",
            analysis.uses.iter().any(|used| used.export.ends_with("diag.setLogger")),
        )
        .set(
            "module_syntax",
            match &set_up.module_syntax {
                Some(span) => file.cell_at(true, span.clone()),
                None => false.into(),
            },
        )
        .set(
            "top_level_await",
            match &set_up.top_level_await {
                Some(span) => file.cell_at(true, span.clone()),
                None => false.into(),
            },
        )
}

fn dialect_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::CommonJs => "commonjs",
        Dialect::Module => "module",
        Dialect::TypeScript => "typescript",
        Dialect::Auto => "auto",
    }
}

struct FileRows<'a> {
    parts: &'a AppParts<'a>,
    file: &'a JsFile,
    view: Option<&'a AppView>,
    about: &'a Arc<About>,
    file_row: Cell,
    app: Cell,
}

impl FileRows<'_> {
    fn problems(&self, facts: &mut Facts) {
        for error in &self.file.analysis.syntax_errors {
            // Of a comment only the mark at its start is wrong.
            let mark = match error.kind {
                SyntaxErrorKind::HashComment => error.span.start..(error.span.start + 1).min(error.span.end),
                _ => error.span.clone(),
            };
            let place = self.file.place(mark.clone());
            let source = &self.file.source.content;
            let line = source
                .get(..error.span.start)
                .map_or(1, |before| before.matches('\n').count() + 1);
            let end = error.span.start
                + source
                    .get(error.span.start..)
                    .and_then(|rest| rest.find('\n'))
                    .unwrap_or_default();
            let text = source
                .get(error.span.start..end.max(error.span.end))
                .unwrap_or_default();
            let row = RowBuilder::new("js_problems")
                .set(
                    "kind",
                    self.file
                        .cell_at(snake_case(&format!("{:?}", error.kind)), error.span.clone()),
                )
                .set("message", error.message.as_str())
                .set("line", line)
                .set("text", self.file.cell_at(text, error.span.clone()))
                .set(
                    "mark",
                    self.file.cell_at(source.get(mark.clone()).unwrap_or_default(), mark),
                )
                .set("preloaded", self.file.preloaded.clone())
                .set("js_file", self.file_row.clone())
                .set("app", self.app.clone())
                .build_at(self.about, Some(place));
            facts.push("js_problems", row);
        }
    }

    fn reference(&self, facts: &mut Facts, reference: &ModuleReference) {
        let kind = match reference.how {
            ReferenceKind::Require => "require",
            ReferenceKind::Import => "import",
            ReferenceKind::DynamicImport => "dynamic_import",
            ReferenceKind::ReExport => "re_export",
            ReferenceKind::Resolve => "resolve",
        };
        let names: Vec<Cell> = reference
            .bound
            .iter()
            .map(|bound| Cell::from(bound.export.as_str()))
            .collect();
        let row = self
            .row(kind, &reference.module)
            .set(
                "module",
                self.file.cell_at(reference.module.as_str(), reference.span.clone()),
            )
            .set("names", names)
            .set("top_level", reference.top_level)
            .set("guarded", reference.inside_try);
        facts.push(
            "js_uses",
            row.build_at(self.about, Some(self.file.place(reference.span.clone()))),
        );
    }

    fn used(&self, facts: &mut Facts, used: &ModuleUse) {
        let kind = match used.kind {
            UseKind::Construct => "construct",
            UseKind::Call => "call",
            UseKind::Member => "member",
            UseKind::Extends => "extends",
            UseKind::Value => "value",
        };
        let empty = AppEnvironment::default();
        let environment = self.view.map_or(&empty, |view| &view.environment);
        let (url, span, variables) = url_of(used.arguments.first(), environment);
        let url = match url {
            Some(Ok(_)) if self.view.is_none() && !variables.is_empty() => {
                Cell::unknown("the environment that the file runs in is not known")
            }
            Some(Ok(url)) => url.into(),
            Some(Err(reason)) => Cell::unknown(reason),
            None => Cell::default(),
        };
        let url = match span {
            Some(span) => self.file.cell_at(url, self.file.inside_quotes(span)),
            None => url,
        };
        let is_call = matches!(used.kind, UseKind::Construct | UseKind::Call);
        let row = self
            .row(kind, &used.module)
            .set(
                "module",
                self.file.cell_at(used.module.as_str(), used.name_span.clone()),
            )
            .set(
                "export",
                self.file.cell_at(used.export.as_str(), used.name_span.clone()),
            )
            .set("text", self.text(used.span.clone()))
            .set("top_level", used.top_level)
            .set("guarded", used.inside_try)
            .set("conditional", used.conditional)
            .set("url", if is_call { url } else { Cell::default() })
            .set(
                "url_from_env",
                variables.into_iter().map(Cell::from).collect::<Vec<_>>(),
            )
            .set(
                "arguments",
                used.arguments
                    .iter()
                    .map(|argument| self.text(argument.span.clone()))
                    .collect::<Vec<_>>(),
            )
            .set(
                "first_argument",
                used.arguments.first().map(|argument| argument_word(&argument.value)),
            )
            .set("keys", keys(used, self.file));
        facts.push(
            "js_uses",
            row.build_at(self.about, Some(self.file.place(used.name_span.clone()))),
        );
    }

    /// Methods called on what was made: `provider.addSpanProcessor(…)`, `sdk.start().then(…)`.
    fn calls(&self, facts: &mut Facts) {
        for call in &self.file.analysis.method_calls {
            let Some(made) = self.file.analysis.uses.get(call.on) else {
                continue;
            };
            let chained = call
                .chained
                .as_ref()
                .map(|(name, span)| self.file.cell_at(name.as_str(), span.clone()));
            let row = self
                .row("method", &made.module)
                .set(
                    "module",
                    self.file.cell_at(made.module.as_str(), call.method_span.clone()),
                )
                .set(
                    "export",
                    self.file.cell_at(made.export.as_str(), call.method_span.clone()),
                )
                .set(
                    "method",
                    self.file.cell_at(call.method.as_str(), call.method_span.clone()),
                )
                .set("chained", chained)
                .set("text", self.text(call.span.clone()))
                .set("top_level", call.top_level)
                .set("guarded", made.inside_try)
                .set("conditional", made.conditional)
                .set(
                    "arguments",
                    call.arguments
                        .iter()
                        .map(|argument| self.text(argument.span.clone()))
                        .collect::<Vec<_>>(),
                );
            facts.push(
                "js_uses",
                row.build_at(self.about, Some(self.file.place(call.method_span.clone()))),
            );
        }
    }

    fn text(&self, span: std::ops::Range<usize>) -> Cell {
        let text = self.file.source.content.get(span.clone()).unwrap_or_default();
        self.file.cell_at(text, span)
    }

    fn row(&self, kind: &'static str, specifier: &str) -> RowBuilder {
        let (package, subpath) = npm::package_of(specifier);
        let retired = self.parts.npm.retired(package);
        RowBuilder::new("js_uses")
            .set("kind", kind)
            .set("package", package)
            .set("subpath", subpath)
            .set("family", npm::family(package).name())
            .set("retired", retired.map(|retired| retired.reason.as_str()))
            .set(
                "replaced_by",
                retired
                    .map(|retired| retired.replaced_by.as_str())
                    .filter(|name| !name.is_empty()),
            )
            .set("generation", self.generation(package))
            .set(
                "generation_at_least",
                self.view.and_then(|view| view.at_least).map(i64::from),
            )
            .set("package_installed", self.installed(specifier))
            .set("preloaded", self.file.preloaded.clone())
            .set("js_file", self.file_row.clone())
            .set("app", self.app.clone())
    }

    /// The package's own version tells more than that of the SDK.
    fn generation(&self, package: &str) -> Cell {
        let Some(view) = self.view else {
            return Cell::unknown("which packages the file loads is not known");
        };
        let own = self
            .specs(view)
            .find_map(|(name, version)| (name == package).then(|| npm::generation(package, version)))
            .flatten();
        match (own, npm::family(package)) {
            (Some(generation), _) => generation.into(),
            (None, Family::Api | Family::Other | Family::Instrumentation) => Cell::default(),
            (None, _) => generation_cell(view),
        }
    }

    fn specs<'v>(&'v self, view: &'v AppView) -> impl Iterator<Item = (&'v str, &'v str)> {
        let scripts = self
            .parts
            .understanding
            .scripts
            .iter()
            .filter(|script| script.workload == view.app.workload);
        let specs = scripts
            .flat_map(|script| &script.script.installs)
            .flat_map(|install| &install.packages);
        specs.filter_map(|spec| Some((spec.name.as_str(), spec.version.as_deref()?)))
    }

    fn installed(&self, specifier: &str) -> Cell {
        let Some(view) = self.view else {
            return match specifier.contains("@opentelemetry/") {
                true => Cell::unknown("which packages the file sees is not known"),
                false => Cell::default(),
            };
        };
        let scripts = &self.parts.understanding.scripts;
        let first = scripts.partition_point(|script| script.workload < view.app.workload);
        let end = scripts.partition_point(|script| script.workload <= view.app.workload);
        let pod = Pod {
            evidence: self.parts.evidence,
            workload: &self.parts.workloads[view.app.workload],
            scripts: &scripts[first..end],
        };
        package_installed(pod, view.app.container, specifier, self.file.path.as_deref())
    }
}

fn argument_word(value: &crate::facts::javascript::ArgumentValue) -> &'static str {
    use crate::facts::javascript::ArgumentValue as Value;
    match value {
        Value::String(_) | Value::Template(_) => "text",
        Value::Object { .. } => "object",
        Value::Array(_) => "array",
        Value::Use(_) => "made",
        Value::Function => "function",
        Value::Undefined | Value::Null => "nothing",
        Value::Number(_) | Value::Bool(_) => "literal",
        Value::Environment { .. } => "environment",
        Value::Spread(_) | Value::OneOf(_) | Value::Unknown(_) => "other",
    }
}

/// The keys that an object argument has written out, each with its place.
fn keys(used: &ModuleUse, file: &JsFile) -> Vec<Cell> {
    use crate::facts::javascript::ArgumentValue;
    match used.arguments.first().map(|argument| &argument.value) {
        Some(ArgumentValue::Object { properties, .. }) => properties
            .iter()
            .map(|property| file.cell_at(property.key.as_str(), property.key_span.clone()))
            .collect(),
        _ => Vec::new(),
    }
}
