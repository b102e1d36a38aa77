//! What expressions and bodies refer to.

use crate::diagnostic::Span;
use crate::language::config::{Body, Expression, ExpressionKind, Reference, TemplatePart};

/// A reference in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What is referred to; never a [`Reference::Bound`] name.
    pub reference: Reference,
    /// The attribute or constant key that is taken of it at once, such as the output of a module.
    pub attribute: Option<String>,
    /// Where the reference stands, without the attribute.
    pub span: Span,
}

impl Expression {
    /// The references in the expression in source order, without names that it binds itself.
    pub fn references(&self) -> Vec<(Reference, Span)> {
        self.uses().into_iter().map(|it| (it.reference, it.span)).collect()
    }

    /// The references in the expression, with what is taken of each.
    pub fn uses(&self) -> Vec<Use> {
        let mut found = Vec::new();
        collect(self, None, &mut found);
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
        self.each_expression(&mut |it| collect(it, None, &mut found));
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

/// Finds references, knowing the attribute that is taken of the expression at once.
fn collect(expression: &Expression, attribute: Option<&str>, found: &mut Vec<Use>) {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(_)) => {}
        ExpressionKind::Reference(reference) => found.push(Use {
            reference: reference.clone(),
            attribute: attribute.map(str::to_string),
            span: expression.span.clone(),
        }),
        ExpressionKind::Attribute(inside, name) => collect(inside, Some(name), found),
        ExpressionKind::Index(inside, key) => {
            let constant = match &key.kind {
                ExpressionKind::Literal(value) => value.as_str(),
                _ => None,
            };
            collect(inside, constant, found);
            collect(key, None, found);
        }
        _ => expression.each_child(&mut |it| collect(it, None, found)),
    }
}
