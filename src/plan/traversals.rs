//! Attributes that a resource cannot have, where evaluating would not tell: `try` hides the error, and
//! the rest of `false && …` is not evaluated.

use crate::diagnostic::Diagnostics;
use crate::language::config::{
    BinaryOperator, Body, CheckRule, Configuration, Expression, ExpressionKind, Module, Reference,
    Repetition, Resource, TemplatePart,
};
use crate::language::evaluate::evaluate;
use crate::plan::providers::Providers;
use crate::plan::validate::Unknowns;

/// What is asked in vain of resources anywhere in a configuration.
pub(super) fn traversals(configuration: &Configuration, providers: &Providers) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in configuration.modules.values() {
        let scope = Unknowns::new(configuration, providers, module);
        let mut search = Search { scope, diagnostics: Diagnostics::new() };
        search.module(module);
        diagnostics.extend(search.diagnostics);
    }
    diagnostics
}

/// What is asked in vain of resources in one expression of a module.
pub fn traversals_in(
    configuration: &Configuration,
    providers: &Providers,
    module: &Module,
    expression: &Expression,
) -> Diagnostics {
    let scope = Unknowns::new(configuration, providers, module);
    let mut search = Search { scope, diagnostics: Diagnostics::new() };
    search.expression(expression, false);
    search.diagnostics
}

struct Search<'a> {
    scope: Unknowns<'a>,
    diagnostics: Diagnostics,
}

impl Search<'_> {
    fn module(&mut self, module: &Module) {
        module.variables.values().for_each(|it| self.rules(&it.validations));
        module.locals.values().for_each(|it| self.expression(&it.value, false));
        module.providers.values().for_each(|it| self.body(&it.body));
        for call in module.calls.values() {
            self.repetition(&call.repetition);
            call.inputs.values().for_each(|it| self.expression(&it.value, false));
        }
        for output in module.outputs.values() {
            self.expression(&output.value, false);
            self.rules(&output.preconditions);
        }
        module.resources.values().for_each(|it| self.resource(it));
        module.checks.values().for_each(|it| self.rules(&it.asserts));
    }

    fn resource(&mut self, resource: &Resource) {
        self.repetition(&resource.repetition);
        self.body(&resource.body);
        self.rules(&resource.lifecycle.preconditions);
        self.rules(&resource.lifecycle.postconditions);
        for provisioner in &resource.provisioners {
            self.body(&provisioner.body);
            provisioner.connection.iter().for_each(|it| self.body(it));
        }
    }

    fn repetition(&mut self, repetition: &Repetition) {
        match repetition {
            Repetition::Single => {}
            Repetition::Count(it) | Repetition::ForEach(it) | Repetition::Enabled(it) => {
                self.expression(it, false);
            }
        }
    }

    fn rules(&mut self, rules: &[CheckRule]) {
        for rule in rules {
            self.expression(&rule.condition, false);
            self.expression(&rule.error_message, false);
        }
    }

    fn body(&mut self, body: &Body) {
        body.each_expression(&mut |it| self.expression(it, false));
    }

    /// Looks into an expression; `hidden` where evaluating would not tell what is wrong with it.
    fn expression(&mut self, expression: &Expression, hidden: bool) {
        if hidden && is_traversal(expression) {
            return self.diagnostics.extend(evaluate(expression, &self.scope).1);
        }
        match &expression.kind {
            ExpressionKind::For(it) => {
                self.expression(&it.source, hidden);
                let inside = [it.key.as_ref(), Some(&it.value), it.condition.as_ref()];
                inside.into_iter().flatten().for_each(|it| self.expression(it, true));
            }
            ExpressionKind::Binary(BinaryOperator::And | BinaryOperator::Or, first, second) => {
                self.expression(first, hidden);
                self.expression(second, true);
            }
            kind => {
                let hides = match kind {
                    ExpressionKind::Call(call) => call.forgives(),
                    ExpressionKind::Template(parts) => parts.iter().any(is_directive),
                    _ => false,
                };
                expression.each_child(&mut |it| self.expression(it, hidden || hides));
            }
        }
    }
}

fn is_directive(part: &TemplatePart) -> bool {
    matches!(part, TemplatePart::If { .. } | TemplatePart::For { .. })
}

/// Whether it takes something of a resource by constants only.
fn is_traversal(expression: &Expression) -> bool {
    let of_resource = |it: &Expression| {
        matches!(it.kind, ExpressionKind::Reference(Reference::Resource(..))) || is_traversal(it)
    };
    match &expression.kind {
        ExpressionKind::Attribute(inside, _) => of_resource(inside),
        ExpressionKind::Index(inside, key) => {
            matches!(key.kind, ExpressionKind::Literal(_)) && of_resource(inside)
        }
        _ => false,
    }
}
