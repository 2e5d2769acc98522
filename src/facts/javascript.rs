//! Understands one JavaScript or TypeScript file, typically the `tracing.js` that a workload preloads.
//!
//! Says which modules it loads, what it makes and calls of them, how it sets up tracing, and where its syntax is wrong.
//! Names are resolved by scope and import, never by text: a comment, a string, a shadowed name or another module's
//! export of the same name does not count. It judges nothing, knows no releases, and runs nothing.

use std::ops::Range;

use oxc_allocator::Allocator;
use oxc_semantic::SemanticBuilder;

mod argument;
mod parse;
mod place;
mod resolve;
mod scan;
mod set_up;
#[cfg(test)]
mod tests;
mod uses;

pub use argument::{Argument, ArgumentValue, EnvironmentValue, Property, TemplatePart};
pub use parse::{SyntaxError, SyntaxErrorKind};
pub use set_up::{
    EnvironmentAssignment, Message, NodeSdk, ProcessHandler, Provider, Registration, SetUp, TracerProvider,
};
pub use uses::{MethodCall, ModuleUse, UseKind};

/// The longest text that is analysed, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// The stack of the thread that parses. `scan` bounds the recursion to about four thousand levels; the rest is margin,
/// and pages that are not touched cost nothing.
const STACK_BYTES: usize = 64 << 20;

/// How Node will read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A script with `require`.
    CommonJs,
    /// An ES module.
    Module,
    /// TypeScript, of either module system.
    TypeScript,
    /// CommonJS, or an ES module if the text is only legal as one, as Node 22.7 and later decide for a `.js` file.
    Auto,
}

/// Returns the dialect that a file's name stands for; `.js` is `Auto`, as is any other name.
#[must_use]
pub fn dialect_of(file_name: &str) -> Dialect {
    match file_name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("cjs") => Dialect::CommonJs,
        Some("mjs") => Dialect::Module,
        Some("ts" | "mts" | "cts") => Dialect::TypeScript,
        _ => Dialect::Auto,
    }
}

/// Everything that is understood of one file. All spans are byte ranges of the analysed text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JavaScriptFile {
    /// Why the file was not analysed; everything else is empty then.
    pub skipped: Option<Skipped>,
    /// What keeps the file from being loaded, in the order of the text.
    pub syntax_errors: Vec<SyntaxError>,
    /// Whether parts could not be understood, because of the syntax errors or because there is too much to follow.
    pub incomplete: bool,
    /// The modules that it loads, in the order of the text.
    pub modules: Vec<ModuleReference>,
    /// What it does with their exports, in the order of the text.
    pub uses: Vec<ModuleUse>,
    /// Methods called on what a use made, in the order of the text.
    pub method_calls: Vec<MethodCall>,
    /// How it sets up tracing.
    pub set_up: SetUp,
}

impl JavaScriptFile {
    /// Returns the references to files beside this one (`./…`, `../…`).
    pub fn relative_modules(&self) -> impl Iterator<Item = &ModuleReference> {
        self.modules
            .iter()
            .filter(|reference| reference.module.starts_with('.'))
    }

    /// Returns the uses of one export of one module.
    pub fn uses_of<'f>(&'f self, module: &'f str, export: &'f str) -> impl Iterator<Item = &'f ModuleUse> {
        self.uses
            .iter()
            .filter(move |used| used.module == module && used.export == export)
    }
}

/// Why a file was not analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// It is longer than 1 MiB.
    TooLong,
    /// It nests deeper than any hand-written file.
    TooDeep,
    /// The parser failed; this is our fault, not the file's.
    ParserFailed,
}

/// One place where a module is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleReference {
    /// The specifier as written.
    pub module: String,
    /// The specifier's text, without the quotes.
    pub span: Range<usize>,
    /// How it is named.
    pub how: ReferenceKind,
    /// The names that it is bound to where it is loaded; empty if it is only loaded, or used in place.
    pub bound: Vec<BoundName>,
    /// Whether a failure to load it is caught by a `try` around it.
    pub inside_try: bool,
    /// Whether it is loaded when the file is, not in a function that is called later.
    pub top_level: bool,
}

/// How a module is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// `require('m')`, or TypeScript's `import m = require('m')`.
    Require,
    /// `import … from 'm'`.
    Import,
    /// `import('m')`.
    DynamicImport,
    /// `export … from 'm'`.
    ReExport,
    /// `require.resolve('m')`: looked up, not loaded.
    Resolve,
}

/// One name that a module's export is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundName {
    /// The name under which the module exports it; `*` is the module itself.
    pub export: String,
    /// The name in this file.
    pub local: String,
}

/// Analyses one file. Never fails: what is not understood is left out, and `syntax_errors` says why.
#[must_use]
pub fn analyze(text: &str, dialect: Dialect) -> JavaScriptFile {
    if text.len() > MAX_BYTES {
        return skipped(Skipped::TooLong);
    }
    let scan = scan::scan(text, dialect == Dialect::TypeScript);
    if scan.too_deep {
        return skipped(Skipped::TooDeep);
    }
    // The thread is there for its stack only; the result is the same wherever it runs.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || analyze_scanned(text, dialect, &scan))
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_else(|| skipped(Skipped::ParserFailed))
    })
}

fn skipped(reason: Skipped) -> JavaScriptFile {
    JavaScriptFile {
        skipped: Some(reason),
        ..JavaScriptFile::default()
    }
}

fn analyze_scanned(text: &str, dialect: Dialect, scan: &scan::Scan) -> JavaScriptFile {
    let plan = parse::plan(text, dialect, scan);
    let allocator = Allocator::default();
    let program = parse::parse(&allocator, &plan.text, plan.source_type).program;
    let semantic = SemanticBuilder::new().with_build_nodes(true).build(&program).semantic;
    let resolver = resolve::Resolver::new(text, semantic.nodes(), semantic.scoping());
    let found = uses::collect(&resolver);
    let set_up = set_up::read(&resolver, &found);
    JavaScriptFile {
        skipped: None,
        syntax_errors: plan.errors,
        incomplete: plan.incomplete || resolver.is_exhausted(),
        modules: found.modules,
        uses: found.uses,
        method_calls: found.method_calls,
        set_up,
    }
}
