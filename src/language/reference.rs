//! What expressions and bodies refer to.

use crate::diagnostic::Span;
use crate::language::config::{Body, Call, Expression, ExpressionKind, Reference, TemplatePart};
use crate::value::Value;

/// A reference in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What is referred to; never a [`Reference::Bound`] name.
    pub reference: Reference,
    /// The attribute or constant key that is taken of it at once, such as the output of a module.
    pub attribute: Option<String>,
    /// The attribute that is taken of the elements of what is referred to, of the one that a key
    /// chooses or, of a resource, of all: `module.m[each.key].name`, `aws_vpc.v[*].name`.
    pub of_element: Option<String>,
    /// Whether what is taken at once is taken with brackets around a constant.
    pub bracketed: bool,
    /// Whether it stands in an argument of `try` or `can`, which may fail.
    pub tried: bool,
    /// Where the reference stands, without the attribute.
    pub span: Span,
}

impl Use {
    /// All of what is referred to.
    pub fn whole(reference: Reference, span: Span) -> Use {
        let (attribute, of_element) = (None, None);
        Use { reference, attribute, of_element, bracketed: false, tried: false, span }
    }
}

impl Expression {
    /// The references in the expression in source order, without names that it binds itself.
    pub fn references(&self) -> Vec<(Reference, Span)> {
        self.uses().into_iter().map(|it| (it.reference, it.span)).collect()
    }

    /// The references in the expression, with what is taken of each.
    pub fn uses(&self) -> Vec<Use> {
        let mut found = Vec::new();
        collect(self, Taken::default(), &mut found);
        found
    }

    /// Calls `visit` with each expression directly inside this one, in source order.
    pub fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expression)) {
        match &self.kind {
            ExpressionKind::Literal(_) | ExpressionKind::Reference(_) => {}
            ExpressionKind::Template(parts) => each_in_template(parts, visit),
            ExpressionKind::Attribute(inside, _)
            | ExpressionKind::Unary(_, inside)
            | ExpressionKind::Parentheses(inside) => visit(inside),
            ExpressionKind::Index(first, second)
            | ExpressionKind::Binary(_, first, second)
            | ExpressionKind::Splat { source: first, each: second, .. } => {
                visit(first);
                visit(second);
            }
            ExpressionKind::Conditional(condition, then, otherwise) => {
                [condition, then, otherwise].into_iter().for_each(|it| visit(it));
            }
            ExpressionKind::Call(call) => call.arguments.iter().for_each(visit),
            ExpressionKind::Tuple(items) => items.iter().for_each(visit),
            ExpressionKind::Object(entries) => {
                entries.iter().flat_map(|(key, value)| [key, value]).for_each(visit);
            }
            ExpressionKind::For(it) => {
                let first = [Some(&it.source), it.key.as_ref(), Some(&it.value)];
                first.into_iter().chain([it.condition.as_ref()]).flatten().for_each(visit);
            }
        }
    }
}

impl Body {
    /// The references in all arguments and nested blocks, in source order of each body.
    pub fn references(&self) -> Vec<(Reference, Span)> {
        self.uses().into_iter().map(|it| (it.reference, it.span)).collect()
    }

    /// The references in all arguments and nested blocks, with what is taken of each.
    pub fn uses(&self) -> Vec<Use> {
        let mut found = Vec::new();
        self.each_expression(&mut |it| collect(it, Taken::default(), &mut found));
        found
    }

    /// Calls `visit` with the value of each argument, those of nested blocks included.
    pub fn each_expression<'e>(&'e self, visit: &mut dyn FnMut(&'e Expression)) {
        self.attributes.values().for_each(|it| visit(&it.value));
        self.blocks.iter().for_each(|it| it.body.each_expression(visit));
    }
}

fn each_in_template<'e>(parts: &'e [TemplatePart], visit: &mut dyn FnMut(&'e Expression)) {
    for part in parts {
        match part {
            TemplatePart::Text(_) => {}
            TemplatePart::Interpolation(inside) => visit(inside),
            TemplatePart::If { condition, then, otherwise } => {
                visit(condition);
                each_in_template(then, visit);
                each_in_template(otherwise, visit);
            }
            TemplatePart::For { source, body, .. } => {
                visit(source);
                each_in_template(body, visit);
            }
        }
    }
}

impl Call {
    /// Whether an argument may fail, since it is `try` or `can`.
    pub fn forgives(&self) -> bool {
        matches!(self.name.strip_prefix("core::").unwrap_or(&self.name), "try" | "can")
    }
}

/// What is taken of an expression at once.
#[derive(Clone, Copy, Default)]
struct Taken<'e> {
    attribute: Option<&'e str>,
    of_element: Option<&'e str>,
    bracketed: bool,
    tried: bool,
}

/// Finds references, knowing what is taken of the expression at once.
fn collect<'e>(expression: &'e Expression, taken: Taken<'e>, found: &mut Vec<Use>) {
    let tried = taken.tried;
    let nothing = Taken { tried, ..Taken::default() };
    match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(_)) => {}
        ExpressionKind::Reference(reference) => found.push(Use {
            reference: reference.clone(),
            attribute: taken.attribute.map(str::to_string),
            of_element: taken.of_element.map(str::to_string),
            bracketed: taken.bracketed,
            tried: taken.tried,
            span: expression.span.clone(),
        }),
        ExpressionKind::Attribute(inside, name) => {
            collect(inside, Taken { attribute: Some(name), ..nothing }, found);
        }
        ExpressionKind::Index(inside, key) => {
            let (constant, bracketed) = match &key.kind {
                // `-1` is computed.
                ExpressionKind::Literal(Value::Number(it)) => (None, !it.is_negative()),
                ExpressionKind::Literal(value) => (value.as_str(), true),
                _ => (None, false),
            };
            let of_element = taken.attribute.filter(|_| constant.is_none());
            let within = Taken { attribute: constant, of_element, bracketed, tried };
            collect(inside, within, found);
            collect(key, nothing, found);
        }
        ExpressionKind::Splat { source, name, each } => {
            // All outputs of a module are evaluated before one is taken of each instance.
            let is_module = matches!(source.kind, ExpressionKind::Reference(Reference::Module(..)));
            let of_element = first_of(each, name).filter(|_| !is_module);
            collect(source, Taken { of_element, ..nothing }, found);
            collect(each, nothing, found);
        }
        ExpressionKind::Call(call) if call.forgives() => {
            let tried = Taken { tried: true, ..nothing };
            call.arguments.iter().for_each(|it| collect(it, tried, found));
        }
        _ => expression.each_child(&mut |it| collect(it, nothing, found)),
    }
}

/// The attribute that an expression first takes of a bound name.
fn first_of<'e>(expression: &'e Expression, bound: &str) -> Option<&'e str> {
    match &expression.kind {
        ExpressionKind::Attribute(inside, name) => match &inside.kind {
            ExpressionKind::Reference(Reference::Bound(it)) if it == bound => Some(name),
            _ => first_of(inside, bound),
        },
        ExpressionKind::Index(inside, _) => first_of(inside, bound),
        _ => None,
    }
}
