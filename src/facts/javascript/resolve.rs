//! Follows names to what they stand for: a module's export, a global, or the expression that made the value.
//!
//! Only bindings that are written once are followed. Whatever else happens is `Resolved::Unknown`, never a guess.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty, BindingPattern, ChainElement,
    Expression, IdentifierReference, MemberExpression, ObjectExpression, ObjectPropertyKind, PropertyKey,
    TSModuleReference,
};
use oxc_semantic::{AstNodes, NodeId, Scoping, SymbolId};
use oxc_span::{GetSpan, Span};

use super::parse::range;

/// How many steps one name may be followed.
const MAX_DEPTH: usize = 48;
/// How many steps all names of one file may take together; bounds files made to be slow.
const MAX_STEPS: usize = 4_000_000;

/// What a name or an expression stands for.
#[derive(Debug, Clone)]
pub(super) enum Resolved<'a> {
    /// The export of a module that the path leads to; an empty path is the module itself.
    Module { module: &'a str, path: Vec<&'a str> },
    /// A global and the path below it (`process`, `env`, `X`), with the value that a pattern gives it when undefined.
    Global {
        path: Vec<&'a str>,
        default: Option<&'a Expression<'a>>,
    },
    /// The expression that makes the value.
    Expression(&'a Expression<'a>),
    /// Not known.
    Unknown,
}

/// Resolves names in one parsed file.
pub(super) struct Resolver<'a, 's> {
    /// The analysed text, without what was appended to close its brackets.
    pub(super) text: &'s str,
    pub(super) nodes: &'s AstNodes<'a>,
    pub(super) scoping: &'s Scoping,
    symbols: RefCell<HashMap<SymbolId, Resolved<'a>>>,
    steps: Cell<usize>,
}

impl<'a, 's> Resolver<'a, 's> {
    pub(super) fn new(text: &'s str, nodes: &'s AstNodes<'a>, scoping: &'s Scoping) -> Self {
        Resolver {
            text,
            nodes,
            scoping,
            symbols: RefCell::default(),
            steps: Cell::new(0),
        }
    }

    /// Converts a span of the parser to one of the analysed text.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let whole = range(span);
        let end = whole.end.min(self.text.len());
        whole.start.min(end)..end
    }

    /// Says what an expression stands for.
    pub(super) fn resolve(&self, expression: &'a Expression<'a>) -> Resolved<'a> {
        self.resolve_at(expression, 0)
    }

    /// Says what a name stands for.
    pub(super) fn resolve_identifier(&self, identifier: &IdentifierReference<'a>) -> Resolved<'a> {
        self.identifier_at(identifier, 0)
    }

    /// Says what a member expression stands for.
    pub(super) fn resolve_member(&self, member: &'a MemberExpression<'a>) -> Resolved<'a> {
        self.member_at(member.object(), member.static_property_name(), 0)
    }

    /// Says what the property of an object stands for.
    pub(super) fn resolve_property(&self, object: &'a Expression<'a>, property: Option<&'a str>) -> Resolved<'a> {
        self.member_at(object, property, 0)
    }

    /// Returns the symbol that a name is bound to.
    pub(super) fn symbol_of(&self, identifier: &IdentifierReference<'a>) -> Option<SymbolId> {
        self.scoping.get_reference(identifier.reference_id.get()?).symbol_id()
    }

    /// Returns the module that a call loads with `require`, or with a function made by `createRequire`.
    pub(super) fn required_module(&self, callee: &'a Expression<'a>, arguments: &'a [Argument<'a>]) -> Option<&'a str> {
        self.required_at(callee, arguments, 0)
    }

    fn is_require(&self, callee: &'a Expression<'a>, depth: usize) -> bool {
        match self.resolve_at(callee, depth + 1) {
            Resolved::Global { path, .. } => {
                matches!(path.as_slice(), ["require"] | ["module", "require"])
            }
            Resolved::Expression(Expression::CallExpression(call)) if depth < MAX_DEPTH => {
                matches!(
                    self.resolve_at(&call.callee, depth + 1),
                    Resolved::Module { module: "module" | "node:module", path } if path.last() == Some(&"createRequire")
                )
            }
            _ => false,
        }
    }

    /// Whether so much was asked that some answers were not looked for.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() >= MAX_STEPS
    }

    fn spend(&self, depth: usize) -> bool {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        depth < MAX_DEPTH && steps < MAX_STEPS
    }

    fn resolve_at(&self, expression: &'a Expression<'a>, depth: usize) -> Resolved<'a> {
        if !self.spend(depth) {
            return Resolved::Unknown;
        }
        let next = depth + 1;
        match expression {
            Expression::ParenthesizedExpression(inner) => self.resolve_at(&inner.expression, next),
            Expression::TSAsExpression(inner) => self.resolve_at(&inner.expression, next),
            Expression::TSSatisfiesExpression(inner) => self.resolve_at(&inner.expression, next),
            Expression::TSTypeAssertion(inner) => self.resolve_at(&inner.expression, next),
            Expression::TSNonNullExpression(inner) => self.resolve_at(&inner.expression, next),
            Expression::TSInstantiationExpression(inner) => self.resolve_at(&inner.expression, next),
            Expression::AwaitExpression(inner) => self.resolve_at(&inner.argument, next),
            Expression::SequenceExpression(sequence) => sequence
                .expressions
                .last()
                .map_or(Resolved::Unknown, |last| self.resolve_at(last, next)),
            Expression::AssignmentExpression(assignment) if assignment.operator.is_assign() => {
                self.resolve_at(&assignment.right, next)
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::StaticMemberExpression(member) => {
                    self.member_at(&member.object, Some(member.property.name.as_str()), next)
                }
                _ => Resolved::Expression(expression),
            },
            Expression::Identifier(identifier) => self.identifier_at(identifier, next),
            Expression::ImportExpression(import) => match &import.source {
                Expression::StringLiteral(literal) => module(literal.value.as_str()),
                _ => Resolved::Unknown,
            },
            Expression::CallExpression(call) => {
                if let Some(required) = self.required_at(&call.callee, &call.arguments, next) {
                    return module(required);
                }
                match interop_argument(&call.callee, &call.arguments) {
                    Some(argument) => match self.resolve_at(argument, next) {
                        Resolved::Module { module, path } => Resolved::Module { module, path },
                        _ => Resolved::Expression(expression),
                    },
                    None => Resolved::Expression(expression),
                }
            }
            _ => match expression.as_member_expression() {
                Some(member) => self.member_at(member.object(), member.static_property_name(), next),
                None => Resolved::Expression(expression),
            },
        }
    }

    fn required_at(&self, callee: &'a Expression<'a>, arguments: &'a [Argument<'a>], depth: usize) -> Option<&'a str> {
        let Argument::StringLiteral(literal) = arguments.first()? else {
            return None;
        };
        self.is_require(callee, depth).then_some(literal.value.as_str())
    }

    fn member_at(&self, object: &'a Expression<'a>, property: Option<&'a str>, depth: usize) -> Resolved<'a> {
        let Some(property) = property else {
            return Resolved::Unknown;
        };
        if !self.spend(depth) {
            return Resolved::Unknown;
        }
        let object = self.resolve_at(object, depth + 1);
        self.step(object, property, depth + 1)
    }

    /// Takes one property of what is already resolved.
    fn step(&self, object: Resolved<'a>, property: &'a str, depth: usize) -> Resolved<'a> {
        match object {
            Resolved::Module { module, mut path } => {
                // The interop of Babel, TypeScript and Node puts a CommonJS module behind `default`.
                if matches!(path.as_slice(), ["default"]) {
                    path.clear();
                }
                path.push(property);
                if matches!(module, "process" | "node:process") {
                    path.insert(0, "process");
                    return Resolved::Global { path, default: None };
                }
                Resolved::Module { module, path }
            }
            Resolved::Global { mut path, .. } => {
                if matches!(path.as_slice(), ["globalThis" | "global"]) {
                    path.clear();
                }
                path.push(property);
                Resolved::Global { path, default: None }
            }
            Resolved::Expression(Expression::ObjectExpression(object)) => self
                .property_of(object, property)
                .map_or(Resolved::Unknown, |value| self.resolve_at(value, depth + 1)),
            Resolved::Expression(_) | Resolved::Unknown => Resolved::Unknown,
        }
    }

    /// Returns the value of a property, unless a spread or a computed key may override it.
    fn property_of(&self, object: &'a ObjectExpression<'a>, name: &str) -> Option<&'a Expression<'a>> {
        for property in object.properties.iter().rev() {
            if !self.spend(0) {
                return None;
            }
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                return None;
            };
            let key = property.key.static_name()?;
            if key == name {
                return Some(&property.value);
            }
        }
        None
    }

    fn identifier_at(&self, identifier: &IdentifierReference<'a>, depth: usize) -> Resolved<'a> {
        match self.symbol_of(identifier) {
            Some(symbol) => self.symbol_at(symbol, depth),
            None => Resolved::Global {
                path: vec![identifier.name.as_str()],
                default: None,
            },
        }
    }

    fn symbol_at(&self, symbol: SymbolId, depth: usize) -> Resolved<'a> {
        if let Some(known) = self.symbols.borrow().get(&symbol) {
            return known.clone();
        }
        if !self.spend(depth) {
            return Resolved::Unknown;
        }
        // A name that is defined by itself is unknown while it is being followed.
        self.symbols.borrow_mut().insert(symbol, Resolved::Unknown);
        let resolved = self.declaration(symbol, depth + 1);
        self.symbols.borrow_mut().insert(symbol, resolved.clone());
        resolved
    }

    fn declaration(&self, symbol: SymbolId, depth: usize) -> Resolved<'a> {
        if !self.scoping.symbol_redeclarations(symbol).is_empty() {
            return Resolved::Unknown;
        }
        let node = self.scoping.symbol_declaration(symbol);
        match self.nodes.kind(node) {
            AstKind::ImportSpecifier(specifier) => self.imported(node, specifier.imported.name().as_str()),
            AstKind::ImportDefaultSpecifier(_) => self.imported(node, "default"),
            AstKind::ImportNamespaceSpecifier(_) => match self.import_source(node) {
                Some(source) => module(source),
                None => Resolved::Unknown,
            },
            AstKind::TSImportEqualsDeclaration(declaration) => match &declaration.module_reference {
                TSModuleReference::ExternalModuleReference(reference) => module(reference.expression.value.as_str()),
                _ => Resolved::Unknown,
            },
            AstKind::VariableDeclarator(declarator) => match &declarator.init {
                Some(_) if self.scoping.symbol_is_mutated(symbol) => Resolved::Unknown,
                Some(Expression::ObjectExpression(_) | Expression::ArrayExpression(_)) if self.is_modified(symbol) => {
                    Resolved::Unknown
                }
                Some(init) => match self.path_in_pattern(&declarator.id, symbol) {
                    Some(found) => self.walk(init, found, depth),
                    None => Resolved::Unknown,
                },
                None => self.single_assignment(symbol, depth),
            },
            _ => Resolved::Unknown,
        }
    }

    fn walk(&self, from: &'a Expression<'a>, found: PatternPath<'a>, depth: usize) -> Resolved<'a> {
        let mut value = self.resolve_at(from, depth);
        for key in found.keys {
            value = self.step(value, key, depth);
        }
        if let Resolved::Global { default, .. } = &mut value {
            *default = found.default;
        }
        value
    }

    fn imported(&self, node: NodeId, export: &'a str) -> Resolved<'a> {
        match self.import_source(node) {
            Some("process" | "node:process") if export == "default" => Resolved::Global {
                path: vec!["process"],
                default: None,
            },
            Some("process" | "node:process") => Resolved::Global {
                path: vec!["process", export],
                default: None,
            },
            Some(module) => Resolved::Module {
                module,
                path: vec![export],
            },
            None => Resolved::Unknown,
        }
    }

    fn import_source(&self, specifier: NodeId) -> Option<&'a str> {
        match self.nodes.parent_kind(specifier) {
            AstKind::ImportDeclaration(declaration) => Some(declaration.source.value.as_str()),
            _ => None,
        }
    }

    /// `let sdk; try { sdk = new NodeSDK() } …`: a declaration without value that is written exactly once.
    fn single_assignment(&self, symbol: SymbolId, depth: usize) -> Resolved<'a> {
        let mut writes = self
            .scoping
            .get_resolved_references(symbol)
            .filter(|reference| reference.is_write());
        let (Some(write), None) = (writes.next(), writes.next()) else {
            return Resolved::Unknown;
        };
        let node = write.node_id();
        for (_, kind) in (0..6).zip(self.nodes.ancestor_kinds(node)) {
            match kind {
                AstKind::AssignmentExpression(assignment) if assignment.operator.is_assign() => {
                    return match path_in_target(&assignment.left, self.nodes.kind(node)) {
                        Some(found) => self.walk(&assignment.right, found, depth),
                        None => Resolved::Unknown,
                    };
                }
                AstKind::AssignmentTargetPropertyIdentifier(_)
                | AstKind::AssignmentTargetPropertyProperty(_)
                | AstKind::AssignmentTargetWithDefault(_)
                | AstKind::ObjectAssignmentTarget(_) => {}
                _ => return Resolved::Unknown,
            }
        }
        Resolved::Unknown
    }

    /// Finds a name in a pattern.
    fn path_in_pattern(&self, pattern: &'a BindingPattern<'a>, symbol: SymbolId) -> Option<PatternPath<'a>> {
        match pattern {
            BindingPattern::BindingIdentifier(identifier) => {
                (identifier.symbol_id.get() == Some(symbol)).then(|| PatternPath {
                    keys: Vec::new(),
                    default: None,
                })
            }
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    if !self.spend(0) {
                        return None;
                    }
                    let Some(mut found) = self.path_in_pattern(&property.value, symbol) else {
                        continue;
                    };
                    found.keys.insert(0, key_text(&property.key)?);
                    return Some(found);
                }
                // The rest of a module is the module, as far as what is asked of it.
                self.path_in_pattern(&object.rest.as_ref()?.argument, symbol)
            }
            BindingPattern::AssignmentPattern(assignment) => {
                let mut found = self.path_in_pattern(&assignment.left, symbol)?;
                found.default = Some(&assignment.right);
                Some(found)
            }
            BindingPattern::ArrayPattern(_) => None,
        }
    }

    /// Whether an object or array that a name is bound to is changed after it was written down (`options.url = …`).
    fn is_modified(&self, symbol: SymbolId) -> bool {
        self.scoping
            .get_resolved_references(symbol)
            .any(|reference| self.modifies(reference.node_id()))
    }

    fn modifies(&self, node: NodeId) -> bool {
        let mut node = node;
        let mut property = None;
        for _ in 0..MAX_DEPTH {
            if !self.spend(0) {
                return true;
            }
            let parent = self.nodes.parent_id(node);
            let span = self.nodes.kind(node).span();
            match self.nodes.kind(parent) {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {
                    property = Some(member.property.name.as_str());
                }
                AstKind::ComputedMemberExpression(member) if member.object.span() == span => property = None,
                AstKind::AssignmentExpression(assignment) => return assignment.left.span() == span,
                AstKind::UpdateExpression(_) => return true,
                AstKind::UnaryExpression(unary) => return unary.operator.is_delete(),
                AstKind::CallExpression(call) => {
                    let changes = matches!(property, Some("push" | "unshift" | "splice" | "pop" | "shift"));
                    let assigned = call.arguments.first().is_some_and(|argument| argument.span() == span)
                        && call.callee.is_specific_member_access("Object", "assign");
                    return assigned || (changes && call.callee.span() == span);
                }
                _ => return false,
            }
            node = parent;
        }
        true
    }
}

fn module(name: &str) -> Resolved<'_> {
    if matches!(name, "process" | "node:process") {
        return Resolved::Global {
            path: vec!["process"],
            default: None,
        };
    }
    Resolved::Module {
        module: name,
        path: Vec::new(),
    }
}

/// The helpers that compilers wrap around `require`; all of them pass the module's exports through.
fn interop_argument<'a>(callee: &'a Expression<'a>, arguments: &'a [Argument<'a>]) -> Option<&'a Expression<'a>> {
    let name = match callee {
        Expression::Identifier(identifier) => identifier.name.as_str(),
        _ => callee.get_member_expr()?.static_property_name()?,
    };
    matches!(
        name,
        "__importStar"
            | "__importDefault"
            | "__toESM"
            | "_interopRequireDefault"
            | "_interopRequireWildcard"
            | "_interop_require_default"
            | "_interop_require_wildcard"
    )
    .then(|| arguments.first()?.as_expression())
    .flatten()
}

/// The keys that lead to a name in a pattern, outermost first.
struct PatternPath<'a> {
    keys: Vec<&'a str>,
    default: Option<&'a Expression<'a>>,
}

/// Returns the text of a key that is written out.
pub(super) fn key_text<'a>(key: &'a PropertyKey<'a>) -> Option<&'a str> {
    match key {
        PropertyKey::StaticIdentifier(identifier) => Some(identifier.name.as_str()),
        PropertyKey::StringLiteral(literal) => Some(literal.value.as_str()),
        _ => None,
    }
}

fn path_in_target<'a>(target: &'a AssignmentTarget<'a>, written: AstKind<'a>) -> Option<PatternPath<'a>> {
    let AstKind::IdentifierReference(written) = written else {
        return None;
    };
    let is_written = |identifier: &IdentifierReference| identifier.node_id.get() == written.node_id.get();
    let object = match target {
        AssignmentTarget::AssignmentTargetIdentifier(identifier) => {
            return is_written(identifier).then(|| PatternPath {
                keys: Vec::new(),
                default: None,
            });
        }
        AssignmentTarget::ObjectAssignmentTarget(object) => object,
        _ => return None,
    };
    object.properties.iter().find_map(|property| match property {
        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => {
            is_written(&property.binding).then(|| PatternPath {
                keys: vec![property.binding.name.as_str()],
                default: property.init.as_ref(),
            })
        }
        AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => match &property.binding {
            AssignmentTargetMaybeDefault::AssignmentTargetIdentifier(identifier) if is_written(identifier) => {
                Some(PatternPath {
                    keys: vec![key_text(&property.name)?],
                    default: None,
                })
            }
            _ => None,
        },
    })
}
