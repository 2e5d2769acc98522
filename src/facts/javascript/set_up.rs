//! Reads how a file sets up tracing: the SDKs and providers that it makes and starts, what it says, what it handles.

use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::SimpleAssignmentTarget;
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::argument::{Argument, ArgumentValue, Builder, Property};
use runtime::Reading;

mod runtime;

pub use runtime::{EnvironmentAssignment, Message, ProcessHandler};

use super::resolve::{Resolved, Resolver};
use super::uses::{Found, MethodCall, ModuleUse, UseKind};

/// How many SDKs, providers, starts and handlers are looked at; no file that is meant to work has more.
const MAX_OF_A_KIND: usize = 64;

/// What a file does to set up tracing. Indexes are those of `uses` and `method_calls`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetUp {
    /// The `NodeSDK`s that it makes.
    pub node_sdks: Vec<NodeSdk>,
    /// The tracer providers that it makes.
    pub providers: Vec<Provider>,
    /// Calls of `getNodeAutoInstrumentations`, in `uses`.
    pub auto_instrumentations: Vec<usize>,
    /// Calls of `registerInstrumentations`, in `uses`.
    pub register_instrumentations: Vec<usize>,
    /// Calls of `diag.setLogger`, in `uses`.
    pub diagnostic_loggers: Vec<usize>,
    /// Environment variables that it sets itself.
    pub environment: Vec<EnvironmentAssignment>,
    /// What it prints.
    pub messages: Vec<Message>,
    /// What it does on signals and process events.
    pub process_handlers: Vec<ProcessHandler>,
    /// The first statement or expression that only an ES module may have.
    pub module_syntax: Option<Range<usize>>,
    /// The first `await` outside functions.
    pub top_level_await: Option<Range<usize>>,
}

/// One `new NodeSDK(…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSdk {
    /// The construction, in `uses`.
    pub made: usize,
    /// The first argument.
    pub options: Option<Argument>,
    /// The calls of `.start()` on it, in `method_calls`.
    pub starts: Vec<usize>,
    /// The calls of `.shutdown()` on it, in `method_calls`.
    pub shutdowns: Vec<usize>,
    /// Whether it is handed to code that is not followed (exported, returned, stored), which may start it.
    pub escapes: bool,
}

impl NodeSdk {
    /// Returns an option that is written out (`traceExporter`, `spanProcessors`, `instrumentations`, `resource`,
    /// `serviceName`, `sampler`, `autoDetectResources`, …).
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&Property> {
        self.options.as_ref()?.property(key)
    }

    /// Whether all options are written out, so that one that is not there is not given.
    #[must_use]
    pub fn options_are_known(&self) -> bool {
        options_are_known(self.options.as_ref())
    }
}

/// One tracer provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// The construction, in `uses`.
    pub made: usize,
    /// Its class.
    pub class: TracerProvider,
    /// The first argument.
    pub options: Option<Argument>,
    /// How it becomes the global provider.
    pub registered: Vec<Registration>,
    /// The calls of `.addSpanProcessor()` on it, in `method_calls`; the method is gone in SDK 2.
    /// (open-telemetry/opentelemetry-js@v2.0.0:doc/upgrade-to-2.x.md)
    pub added_processors: Vec<usize>,
    /// Whether it is handed to code that is not followed, which may register it.
    pub escapes: bool,
}

impl Provider {
    /// Returns an option that is written out (`spanProcessors`, `resource`, `sampler`, …).
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&Property> {
        self.options.as_ref()?.property(key)
    }

    /// Whether all options are written out, so that one that is not there is not given.
    #[must_use]
    pub fn options_are_known(&self) -> bool {
        options_are_known(self.options.as_ref())
    }
}

/// The classes of tracer providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracerProvider {
    /// `NodeTracerProvider`.
    Node,
    /// `BasicTracerProvider`.
    Basic,
    /// `WebTracerProvider`.
    Web,
}

/// How a provider becomes the global one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// `provider.register()`, in `method_calls`.
    Register(usize),
    /// `trace.setGlobalTracerProvider(provider)`, in `uses`.
    SetGlobal(usize),
}

/// Reads the set-up from what was collected.
pub(super) fn read(resolver: &Resolver, found: &Found) -> SetUp {
    let mut set_up = SetUp::default();
    for (index, used) in found.uses.iter().enumerate() {
        if !package_name(&used.module).starts_with("@opentelemetry/") {
            continue;
        }
        let name = used.export.rsplit('.').next().unwrap_or_default();
        match (used.kind, name) {
            (UseKind::Construct, _) if set_up.node_sdks.len() + set_up.providers.len() >= MAX_OF_A_KIND => {}
            (UseKind::Construct, "NodeSDK") => set_up.node_sdks.push(node_sdk(resolver, found, index, used)),
            (UseKind::Construct, "NodeTracerProvider") => {
                set_up
                    .providers
                    .push(provider(resolver, found, index, TracerProvider::Node));
            }
            (UseKind::Construct, "BasicTracerProvider") => {
                set_up
                    .providers
                    .push(provider(resolver, found, index, TracerProvider::Basic));
            }
            (UseKind::Construct, "WebTracerProvider") => {
                set_up
                    .providers
                    .push(provider(resolver, found, index, TracerProvider::Web));
            }
            (UseKind::Call, "getNodeAutoInstrumentations") => set_up.auto_instrumentations.push(index),
            (UseKind::Call, "registerInstrumentations") => set_up.register_instrumentations.push(index),
            (UseKind::Call, "setLogger") if used.export == "diag.setLogger" => set_up.diagnostic_loggers.push(index),
            _ => {}
        }
    }
    let starts = starts(&set_up, found);
    let builder = Builder::new(resolver, &found.use_of_node);
    let reading = Reading::new(resolver, &builder, &starts);
    for (node, visited) in resolver.nodes.iter_enumerated() {
        match visited.kind() {
            AstKind::CallExpression(call) => reading.read_call(&mut set_up, node, call),
            AstKind::AssignmentExpression(assignment) => {
                set_up
                    .environment
                    .extend(reading.environment_assignment(node, assignment));
            }
            kind => read_module_syntax(&mut set_up, resolver, node, kind),
        }
    }
    set_up.environment.sort_by_key(|assignment| assignment.span.start);
    set_up.messages.sort_by_key(|message| message.span.start);
    set_up.process_handlers.sort_by_key(|handler| handler.span.start);
    set_up
}

fn options_are_known(options: Option<&Argument>) -> bool {
    options.is_none_or(|options| {
        matches!(
            options.value,
            ArgumentValue::Object { rest: false, .. } | ArgumentValue::Undefined
        )
    })
}

fn calls_of(found: &Found, made: usize, method: &str) -> Vec<usize> {
    let is_call = |call: &MethodCall| call.on == made && call.method == method;
    found
        .method_calls
        .iter()
        .enumerate()
        .filter(|(_, call)| is_call(call))
        .map(|(index, _)| index)
        .collect()
}

fn node_sdk(resolver: &Resolver, found: &Found, made: usize, used: &ModuleUse) -> NodeSdk {
    NodeSdk {
        made,
        options: used.arguments.first().cloned(),
        starts: calls_of(found, made, "start"),
        shutdowns: calls_of(found, made, "shutdown"),
        escapes: escapes(resolver, found.nodes[made]),
    }
}

fn provider(resolver: &Resolver, found: &Found, made: usize, class: TracerProvider) -> Provider {
    let mut registered: Vec<Registration> = calls_of(found, made, "register")
        .into_iter()
        .map(Registration::Register)
        .collect();
    let is_this = |argument: &Argument| argument.value == ArgumentValue::Use(made);
    for (index, used) in found.uses.iter().enumerate() {
        if used.kind == UseKind::Call
            && used.export.ends_with("setGlobalTracerProvider")
            && used.arguments.first().is_some_and(is_this)
        {
            registered.push(Registration::SetGlobal(index));
        }
    }
    Provider {
        made,
        class,
        options: found.uses[made].arguments.first().cloned(),
        registered,
        added_processors: calls_of(found, made, "addSpanProcessor"),
        escapes: escapes(resolver, found.nodes[made]),
    }
}

/// Whether what a node makes reaches code that is not followed.
fn escapes(resolver: &Resolver, node: NodeId) -> bool {
    let mut span = resolver.nodes.kind(node).span();
    for kind in resolver.nodes.ancestor_kinds(node).take(16) {
        match kind {
            AstKind::ParenthesizedExpression(_)
            | AstKind::AwaitExpression(_)
            | AstKind::TSAsExpression(_)
            | AstKind::TSNonNullExpression(_) => span = kind.span(),
            AstKind::ExpressionStatement(_) => return false,
            AstKind::StaticMemberExpression(member) => return member.object.span() != span,
            AstKind::VariableDeclarator(declarator) => {
                let Some(name) = declarator.id.get_binding_identifier() else {
                    return true;
                };
                return name
                    .symbol_id
                    .get()
                    .is_none_or(|symbol| symbol_escapes(resolver, symbol));
            }
            AstKind::AssignmentExpression(assignment) => {
                let Some(SimpleAssignmentTarget::AssignmentTargetIdentifier(name)) =
                    assignment.left.as_simple_assignment_target()
                else {
                    return true;
                };
                return resolver.symbol_of(name).is_none_or(|symbol| {
                    matches!(resolver.resolve_identifier(name), Resolved::Unknown) || symbol_escapes(resolver, symbol)
                });
            }
            _ => return true,
        }
    }
    true
}

/// Whether a name is used in any way but to call or read its members, or to test it.
fn symbol_escapes(resolver: &Resolver, symbol: SymbolId) -> bool {
    let declaration = resolver.scoping.symbol_declaration(symbol);
    let exported = resolver
        .nodes
        .ancestor_kinds(declaration)
        .take(3)
        .any(|kind| matches!(kind, AstKind::ExportDeclaration(_) | AstKind::ExportNamedDeclaration(_)));
    exported
        || resolver.scoping.get_resolved_references(symbol).any(|reference| {
            let node = reference.node_id();
            let span = resolver.nodes.kind(node).span();
            match resolver.nodes.parent_kind(node) {
                AstKind::StaticMemberExpression(member) => member.object.span() != span,
                AstKind::IfStatement(_) | AstKind::UnaryExpression(_) => false,
                AstKind::AssignmentExpression(assignment) => assignment.left.span() != span,
                _ => true,
            }
        })
}

fn starts(set_up: &SetUp, found: &Found) -> Vec<Range<usize>> {
    let sdks = set_up
        .node_sdks
        .iter()
        .flat_map(|sdk| &sdk.starts)
        .map(|call| &found.method_calls[*call].span);
    let providers = set_up
        .providers
        .iter()
        .flat_map(|provider| &provider.registered)
        .map(|how| match how {
            Registration::Register(call) => &found.method_calls[*call].span,
            Registration::SetGlobal(index) => &found.uses[*index].span,
        });
    sdks.chain(providers).take(MAX_OF_A_KIND).cloned().collect()
}

fn read_module_syntax(set_up: &mut SetUp, resolver: &Resolver, node: NodeId, kind: AstKind) {
    let earlier =
        |place: &Option<Range<usize>>, span: &Range<usize>| place.as_ref().is_none_or(|known| span.start < known.start);
    let span = resolver.range(kind.span());
    let is_module_syntax =
        matches!(kind, AstKind::ImportMeta(_)) || (kind.is_module_declaration() && !is_type_script_only(kind));
    if is_module_syntax && earlier(&set_up.module_syntax, &span) {
        set_up.module_syntax = Some(span);
        return;
    }
    let awaits = match kind {
        AstKind::AwaitExpression(_) => true,
        AstKind::ForOfStatement(statement) => statement.r#await,
        _ => false,
    };
    if awaits && earlier(&set_up.top_level_await, &span) && !is_inside_function(resolver, node) {
        set_up.top_level_await = Some(span);
    }
}

fn is_type_script_only(kind: AstKind) -> bool {
    matches!(
        kind,
        AstKind::TSExportAssignment(_) | AstKind::TSNamespaceExportDeclaration(_)
    )
}

/// Whether a node is in any function, also one that is called where it stands.
fn is_inside_function(resolver: &Resolver, node: NodeId) -> bool {
    resolver
        .nodes
        .ancestor_kinds(node)
        .any(|kind| matches!(kind, AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)))
}

/// Returns what follows the last `node_modules/` of a module that is loaded by its path, else the module as written.
fn package_name(module: &str) -> &str {
    module.rsplit_once("node_modules/").map_or(module, |(_, name)| name)
}
