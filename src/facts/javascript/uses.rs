//! Collects which modules a file loads, what it does with their exports, and which methods it calls on the results.

use std::collections::HashMap;
use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument as AstArgument, BindingPattern, CallExpression, Expression, ImportDeclaration, ImportDeclarationSpecifier,
    StringLiteral, TSModuleReference,
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};

use super::argument::{Argument, Builder};
use super::place::{MAX_ANCESTORS, is_conditional, is_inside_try, is_top_level};
use super::resolve::{Resolved, Resolver, key_text};
use super::{BoundName, ModuleReference, ReferenceKind};

/// One thing that is done with a module's export.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleUse {
    /// The module, as its specifier is written.
    pub module: String,
    /// The name under which the module exports it, whatever it is called in this file. Members below it follow after
    /// dots (`Resource.default`, `resources.Resource`); a leading `default` of interop is dropped; empty is the module
    /// itself.
    pub export: String,
    /// What is done with it.
    pub kind: UseKind,
    /// The whole expression.
    pub span: Range<usize>,
    /// The callee, or the name where it is used.
    pub name_span: Range<usize>,
    /// The arguments of a construction or a call.
    pub arguments: Vec<Argument>,
    /// Whether it runs when the file is loaded, not in a function that is called later.
    pub top_level: bool,
    /// Whether a `try` around it catches what it throws.
    pub inside_try: bool,
    /// Whether it stands in a branch that a test or a caught error leads to, so that it may never run.
    pub conditional: bool,
}

/// What is done with an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseKind {
    /// `new X()`.
    Construct,
    /// `X()`.
    Call,
    /// `m.X`, read as a value.
    Member,
    /// `class Y extends X`.
    Extends,
    /// `X`, passed or read by its name.
    Value,
}

/// One method called on what a use made: `sdk.start()`, `new NodeSDK().start()`.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodCall {
    /// The index in `uses` of the construction or call that made the object.
    pub on: usize,
    /// The method's name.
    pub method: String,
    /// The whole call.
    pub span: Range<usize>,
    /// The method's name where it is called.
    pub method_span: Range<usize>,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// The method called on the result in the same expression (`.start().then(…)`), with its place.
    pub chained: Option<(String, Range<usize>)>,
    /// Whether it runs when the file is loaded, not in a function that is called later.
    pub top_level: bool,
}

/// What `collect` found.
pub(super) struct Found {
    pub(super) modules: Vec<ModuleReference>,
    pub(super) uses: Vec<ModuleUse>,
    pub(super) method_calls: Vec<MethodCall>,
    /// The use that each construction or call is, by its node.
    pub(super) use_of_node: HashMap<NodeId, usize>,
    /// Each use's node.
    pub(super) nodes: Vec<NodeId>,
}

/// A use whose arguments are still to be read, because they may refer to later uses.
struct Draft<'a> {
    module: &'a str,
    export: String,
    kind: UseKind,
    node: NodeId,
    span: Span,
    name_span: Span,
    arguments: &'a [AstArgument<'a>],
}

/// Collects everything in one pass over the nodes, then reads the arguments.
pub(super) fn collect<'a>(resolver: &Resolver<'a, '_>) -> Found {
    let mut modules = Vec::new();
    let mut drafts = Vec::new();
    for (node, visited) in resolver.nodes.iter_enumerated() {
        reference(resolver, node, visited.kind(), &mut modules);
        drafts.extend(draft(resolver, node, visited.kind()));
    }
    modules.sort_by_key(|reference| reference.span.start);
    drafts.sort_by_key(|draft| (draft.span.start, std::cmp::Reverse(draft.span.end)));
    let use_of_node: HashMap<NodeId, usize> = drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| matches!(draft.kind, UseKind::Construct | UseKind::Call))
        .map(|(index, draft)| (draft.node, index))
        .collect();
    let builder = Builder::new(resolver, &use_of_node);
    let uses = drafts
        .iter()
        .map(|draft| ModuleUse {
            module: draft.module.to_owned(),
            export: draft.export.clone(),
            kind: draft.kind,
            span: resolver.range(draft.span),
            name_span: resolver.range(draft.name_span),
            arguments: builder.arguments(draft.arguments),
            top_level: is_top_level(resolver, draft.node),
            inside_try: is_inside_try(resolver, draft.node),
            conditional: is_conditional(resolver, draft.node),
        })
        .collect();
    let method_calls = method_calls(resolver, &use_of_node, &builder);
    let nodes = drafts.iter().map(|draft| draft.node).collect();
    Found {
        modules,
        uses,
        method_calls,
        use_of_node,
        nodes,
    }
}

fn reference<'a>(resolver: &Resolver<'a, '_>, node: NodeId, kind: AstKind<'a>, modules: &mut Vec<ModuleReference>) {
    let mut add = |literal: &StringLiteral, how, bound| {
        modules.push(ModuleReference {
            module: literal.value.to_string(),
            span: inside_quotes(resolver.range(literal.span)),
            how,
            bound,
            inside_try: is_inside_try(resolver, node),
            top_level: is_top_level(resolver, node),
        });
    };
    match kind {
        AstKind::ImportDeclaration(declaration) if !declaration.import_kind.is_type() => {
            if let Some(bound) = imported_names(declaration) {
                add(&declaration.source, ReferenceKind::Import, bound);
            }
        }
        AstKind::ExportFromDeclaration(declaration) if !declaration.export_kind.is_type() => {
            let bound = declaration
                .specifiers
                .iter()
                .map(|specifier| bound_name(specifier.local.name().as_str(), specifier.exported.name().as_str()));
            add(&declaration.source, ReferenceKind::ReExport, bound.collect());
        }
        AstKind::ExportAllDeclaration(declaration) if !declaration.export_kind.is_type() => {
            let exported = declaration.exported.as_ref();
            let bound = exported.map(|exported| bound_name("*", exported.name().as_str()));
            add(
                &declaration.source,
                ReferenceKind::ReExport,
                bound.into_iter().collect(),
            );
        }
        AstKind::TSImportEqualsDeclaration(declaration) if !declaration.import_kind.is_type() => {
            if let TSModuleReference::ExternalModuleReference(reference) = &declaration.module_reference {
                let bound = vec![bound_name("*", declaration.id.name.as_str())];
                add(&reference.expression, ReferenceKind::Require, bound);
            }
        }
        AstKind::ImportExpression(import) => {
            if let Expression::StringLiteral(literal) = &import.source {
                add(literal, ReferenceKind::DynamicImport, names_bound_to(resolver, node));
            }
        }
        AstKind::CallExpression(call) => {
            let Some(AstArgument::StringLiteral(literal)) = call.arguments.first() else {
                return;
            };
            if resolver.required_module(&call.callee, &call.arguments).is_some() {
                add(literal, ReferenceKind::Require, names_bound_to(resolver, node));
            } else if is_require_resolve(resolver, call) {
                add(literal, ReferenceKind::Resolve, Vec::new());
            }
        }
        _ => {}
    }
}

fn is_require_resolve<'a>(resolver: &Resolver<'a, '_>, call: &'a CallExpression<'a>) -> bool {
    match resolver.resolve(&call.callee) {
        Resolved::Global { path, .. } => path == ["require", "resolve"],
        _ => false,
    }
}

fn bound_name(export: &str, local: &str) -> BoundName {
    BoundName {
        export: export.to_owned(),
        local: local.to_owned(),
    }
}

/// Returns the names that an import binds; `None` if all of them are types, so that nothing is loaded.
fn imported_names(declaration: &ImportDeclaration) -> Option<Vec<BoundName>> {
    let Some(specifiers) = &declaration.specifiers else {
        return Some(Vec::new());
    };
    let names: Vec<BoundName> = specifiers
        .iter()
        .filter_map(|specifier| match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(specifier) if specifier.import_kind.is_type() => None,
            ImportDeclarationSpecifier::ImportSpecifier(specifier) => Some(bound_name(
                specifier.imported.name().as_str(),
                specifier.local.name.as_str(),
            )),
            ImportDeclarationSpecifier::ImportDefaultSpecifier(specifier) => {
                Some(bound_name("default", specifier.local.name.as_str()))
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(specifier) => {
                Some(bound_name("*", specifier.local.name.as_str()))
            }
        })
        .collect();
    (specifiers.is_empty() || !names.is_empty()).then_some(names)
}

/// Returns the names that `const … = require('m')` binds, also through `await`, parentheses and one member.
fn names_bound_to(resolver: &Resolver, node: NodeId) -> Vec<BoundName> {
    let mut member = None;
    for kind in resolver.nodes.ancestor_kinds(node).take(8) {
        match kind {
            AstKind::AwaitExpression(_) | AstKind::ParenthesizedExpression(_) | AstKind::TSAsExpression(_) => {}
            AstKind::StaticMemberExpression(expression) if member.is_none() => {
                member = Some(expression.property.name.as_str());
            }
            AstKind::VariableDeclarator(declarator) => {
                return names_of_pattern(&declarator.id, member);
            }
            _ => return Vec::new(),
        }
    }
    Vec::new()
}

fn names_of_pattern(pattern: &BindingPattern, member: Option<&str>) -> Vec<BoundName> {
    match pattern {
        BindingPattern::BindingIdentifier(identifier) => {
            vec![bound_name(member.unwrap_or("*"), identifier.name.as_str())]
        }
        BindingPattern::ObjectPattern(object) if member.is_none_or(|member| member == "default") => object
            .properties
            .iter()
            .filter_map(|property| {
                let local = property.value.get_binding_identifier()?;
                Some(bound_name(key_text(&property.key)?, local.name.as_str()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn inside_quotes(outer: Range<usize>) -> Range<usize> {
    if outer.len() < 2 {
        outer
    } else {
        outer.start + 1..outer.end - 1
    }
}

fn draft<'a>(resolver: &Resolver<'a, '_>, node: NodeId, kind: AstKind<'a>) -> Option<Draft<'a>> {
    let none: &'a [AstArgument<'a>] = &[];
    let (resolved, use_kind, name_span, arguments) = match kind {
        AstKind::NewExpression(expression) => (
            resolver.resolve(&expression.callee),
            UseKind::Construct,
            expression.callee.span(),
            expression.arguments.as_slice(),
        ),
        AstKind::CallExpression(call) => (
            resolver.resolve(&call.callee),
            UseKind::Call,
            call.callee.span(),
            call.arguments.as_slice(),
        ),
        AstKind::Class(class) => {
            let parent = class.heritage_expression()?;
            (resolver.resolve(parent), UseKind::Extends, parent.span(), none)
        }
        AstKind::StaticMemberExpression(member) if is_outermost(resolver, node, member.span) => {
            let resolved = resolver.resolve_property(&member.object, Some(member.property.name.as_str()));
            (resolved, UseKind::Member, member.property.span, none)
        }
        AstKind::ComputedMemberExpression(member) if is_outermost(resolver, node, member.span) => {
            let property = member.static_property_name().map(|name| name.as_str());
            (
                resolver.resolve_property(&member.object, property),
                UseKind::Member,
                member.expression.span(),
                none,
            )
        }
        AstKind::IdentifierReference(identifier) if is_outermost(resolver, node, identifier.span) => {
            let reference = resolver.scoping.get_reference(identifier.reference_id.get()?);
            if !reference.is_read() || reference.is_type() {
                return None;
            }
            (
                resolver.resolve_identifier(identifier),
                UseKind::Value,
                identifier.span,
                none,
            )
        }
        _ => return None,
    };
    let Resolved::Module { module, path } = resolved else {
        return None;
    };
    // A module that is only handed on under a name is no use of an export; its reference says enough.
    if path.is_empty() && matches!(use_kind, UseKind::Value | UseKind::Member) {
        return None;
    }
    Some(Draft {
        module,
        export: path.join("."),
        kind: use_kind,
        node,
        span: kind.span(),
        name_span,
        arguments,
    })
}

/// Whether a name or member is not part of a longer one, and is not what a call, construction or class is a use of.
/// Initialisers of further names are not uses either: those names are followed instead.
fn is_outermost(resolver: &Resolver, node: NodeId, span: Span) -> bool {
    let mut span = span;
    for kind in resolver.nodes.ancestor_kinds(node).take(MAX_ANCESTORS) {
        match kind {
            // The value of `(0, m.X)` is its last expression.
            AstKind::SequenceExpression(sequence)
                if sequence.expressions.last().is_some_and(|last| last.span() == span) => {}
            AstKind::ParenthesizedExpression(_)
            | AstKind::ChainExpression(_)
            | AstKind::TSAsExpression(_)
            | AstKind::TSNonNullExpression(_)
            | AstKind::TSSatisfiesExpression(_)
            | AstKind::TSTypeAssertion(_)
            | AstKind::TSInstantiationExpression(_) => {}
            AstKind::StaticMemberExpression(member) => return member.object.span() != span,
            AstKind::ComputedMemberExpression(member) => {
                return member.object.span() != span || member.static_property_name().is_none();
            }
            AstKind::CallExpression(call) => return call.callee.span() != span,
            AstKind::NewExpression(expression) => return expression.callee.span() != span,
            AstKind::Class(class) => {
                return class.heritage_expression().is_none_or(|parent| parent.span() != span);
            }
            AstKind::VariableDeclarator(declarator) => {
                return declarator.init.as_ref().is_none_or(|init| init.span() != span)
                    || matches!(declarator.id, BindingPattern::ArrayPattern(_));
            }
            _ => return true,
        }
        span = kind.span();
    }
    true
}

fn method_calls<'a>(
    resolver: &Resolver<'a, '_>,
    use_of_node: &HashMap<NodeId, usize>,
    builder: &Builder<'a, '_, '_>,
) -> Vec<MethodCall> {
    let mut calls = Vec::new();
    for (node, visited) in resolver.nodes.iter_enumerated() {
        let AstKind::CallExpression(call) = visited.kind() else {
            continue;
        };
        let Some(member) = call.callee.get_member_expr() else {
            continue;
        };
        let Some((method_span, method)) = member.static_property_info() else {
            continue;
        };
        let Resolved::Expression(made) = resolver.resolve(member.object()) else {
            continue;
        };
        let Some(on) = node_of(made).and_then(|made| use_of_node.get(&made)) else {
            continue;
        };
        calls.push(MethodCall {
            on: *on,
            method: method.to_owned(),
            span: resolver.range(call.span),
            method_span: resolver.range(method_span),
            arguments: builder.arguments(&call.arguments),
            chained: chained(resolver, node),
            top_level: is_top_level(resolver, node),
        });
    }
    calls.sort_by_key(|call| (call.span.start, call.span.end));
    calls
}

/// Returns the node of a construction or call.
pub(super) fn node_of(expression: &Expression) -> Option<NodeId> {
    match expression {
        Expression::NewExpression(expression) => Some(expression.node_id.get()),
        Expression::CallExpression(call) => Some(call.node_id.get()),
        _ => None,
    }
}

fn chained(resolver: &Resolver, node: NodeId) -> Option<(String, Range<usize>)> {
    let mut ancestors = resolver.nodes.ancestor_kinds(node);
    let AstKind::StaticMemberExpression(member) = ancestors.next()? else {
        return None;
    };
    let AstKind::CallExpression(call) = ancestors.next()? else {
        return None;
    };
    (call.callee.span() == member.span)
        .then(|| (member.property.name.to_string(), resolver.range(member.property.span)))
}
