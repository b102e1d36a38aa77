//! Function calls.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Call, Expression};
use crate::language::functions::{self, CallContext, FunctionError};
use crate::language::parse::parse_template;
use crate::language::scope::Scope;
use crate::language::suggest::did_you_mean;
use crate::provider::ProviderFunction;
use crate::value::{Fields, Marks, Type, Value};

use super::budget::{Budget, RENDERING};
use super::{Evaluator, anything};

/// An argument and the expression it comes from.
type Argument<'a> = (Value, &'a Expression);

impl<'a> Evaluator<'a> {
    pub(super) fn call(&mut self, call: &'a Call, span: &Span) -> Value {
        match call.name.strip_prefix("core::").unwrap_or(&call.name) {
            "try" => self.call_try(call, span),
            "can" => self.call_can(call, span),
            _ => self.call_function(call, span),
        }
    }

    fn call_function(&mut self, call: &'a Call, span: &Span) -> Value {
        let before = self.diagnostics.0.len();
        let mut arguments = Vec::with_capacity(call.arguments.len());
        let plain = call.arguments.len() - usize::from(call.expand).min(call.arguments.len());
        for expression in call.arguments.iter().take(plain) {
            arguments.push((self.expression(expression), expression));
        }
        let mut expanded = true;
        for expression in call.arguments.iter().skip(plain) {
            expanded = self.expand(expression, &mut arguments);
        }
        if !expanded || self.diagnostics.0.len() > before {
            return anything();
        }
        if arguments.iter().any(|(value, written)| self.is_too_large(value, written)) {
            return anything();
        }
        let (values, expressions): (Vec<Value>, Vec<&Expression>) = arguments.into_iter().unzip();
        let (scope, depth) = (self.scope, self.depth);
        let template = ["templatefile", "templatestring"].iter().any(|it| call.name.ends_with(it));
        let secret = template && values.iter().any(|it| !it.marks_deep().is_empty());
        let secret = secret || self.secret > 0;
        let budget = self.budget.of_template();
        let render = |source, names: &Fields| {
            render(scope, (depth + 1, budget.clone(), secret), source, names)
        };
        let context = CallContext {
            folder: scope.folder(),
            pure: scope.pure(),
            plan_time: scope.plan_time(),
            console: scope.console(),
            depth,
            render: &render,
        };
        if call.name.starts_with("provider::") {
            return self.call_provided(call, span, &values, &expressions, &context);
        }
        let result = functions::call(&call.name, values, &context).unwrap_or_else(|error| {
            let argument = error.argument.and_then(|at| expressions.get(at));
            let unknown = functions::find(&call.name).is_none();
            let place = if unknown { &call.name_span } else { span };
            self.call_failed(&call.name, error, argument.map_or(place, |it| &it.span))
        });
        self.called(result, span)
    }

    /// Calls a function of a provider: `provider::NAME::FUNCTION`, with an alias before the function if
    /// need be.
    fn call_provided(
        &mut self,
        call: &Call,
        span: &Span,
        values: &[Value],
        expressions: &[&Expression],
        context: &CallContext<'_>,
    ) -> Value {
        let function = match self.provided(call) {
            Ok(function) => function,
            Err(problem) => return self.report(*problem),
        };
        functions::call_provided(&call.name, function, values, context).unwrap_or_else(|error| {
            let argument = error.argument.and_then(|at| expressions.get(at));
            self.call_failed(&call.name, error, argument.map_or(span, |it| &it.span))
        })
    }

    fn provided(&self, call: &Call) -> Result<&'static ProviderFunction, Box<Diagnostic>> {
        let place = &call.name_span;
        let parts: Vec<&str> = call.name.split("::").skip(1).collect();
        let ([provider, name] | [provider, _, name]) = parts[..] else {
            let detail = format!("`{}` is not the name of a function.", call.name);
            let hint = "Write provider::NAME::FUNCTION, or provider::NAME::ALIAS::FUNCTION.";
            let problem = Diagnostic::error("Call to unknown function", detail).hint(hint);
            return Err(Box::new(problem.at(place)));
        };
        let functions = self.scope.provider_functions(provider, place)?;
        functions.iter().find(|it| it.name == name).ok_or_else(|| {
            let detail = format!("The provider `{provider}` has no function `{name}`.");
            let names = || functions.iter().map(|it| it.name);
            let known = match did_you_mean(name, names()) {
                near if !near.is_empty() => near,
                _ if functions.is_empty() => "It has no functions.".to_string(),
                _ => format!("It has `{}`.", names().collect::<Vec<_>>().join("`, `")),
            };
            let problem = Diagnostic::error("Function not found in provider", detail);
            Box::new(problem.hint(known).at(place))
        })
    }

    fn call_failed(&mut self, name: &str, error: FunctionError, span: &Span) -> Value {
        let FunctionError { summary, mut message, .. } = error;
        if self.secret > 0 {
            message = "What is wrong would show part of a sensitive value.".to_string();
        }
        let function = Some(name.into());
        self.report(Diagnostic { function, ..Diagnostic::error(summary, message).at(span) })
    }

    /// Takes the elements of an argument before `...` as arguments; whether that was possible.
    fn expand(&mut self, expression: &'a Expression, arguments: &mut Vec<Argument<'a>>) -> bool {
        let (value, marks) = self.expression(expression).unmark();
        let summary = "Invalid expanding argument value";
        if value.is_null() {
            let detail = "The value before `...` cannot be null.";
            self.fail(summary, detail, &expression.span);
            return false;
        }
        match value.ty() {
            Type::Any => false,
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
                let Some(items) = value.items() else { return false };
                arguments.extend(items.iter().map(|it| (it.clone().mark(marks), expression)));
                true
            }
            other => {
                let detail = format!(
                    "The value before `...` must be a list, set or tuple, not {}.",
                    other.friendly()
                );
                self.fail(summary, detail, &expression.span);
                false
            }
        }
    }

    /// What `inside` evaluates to, and what is wrong with it, which is not reported.
    pub(super) fn attempt(&mut self, inside: &'a Expression) -> (Value, Vec<Diagnostic>) {
        let reported = std::mem::take(&mut self.diagnostics);
        self.attempts += 1;
        let value = self.with_budget_kept(|me| me.expression(inside));
        self.attempts -= 1;
        let problems = std::mem::replace(&mut self.diagnostics, reported).0;
        (value, problems)
    }

    /// What the last argument gives when it is expanded, which must go well; none if it does not.
    fn expanded(&mut self, call: &'a Call) -> Option<Vec<Value>> {
        let mut arguments = Vec::new();
        if let Some(last) = call.arguments.last().filter(|_| call.expand) {
            let before = self.diagnostics.0.len();
            let possible = self.expand(last, &mut arguments);
            if !possible || self.diagnostics.0.len() > before {
                return None;
            }
        }
        Some(arguments.into_iter().map(|(value, _)| value).collect())
    }

    /// The first argument that evaluates. While it is not wholly known, it may yet fail, and then
    /// another argument of another type would be taken.
    fn call_try(&mut self, call: &'a Call, span: &Span) -> Value {
        let Some(expanded) = self.expanded(call) else { return anything() };
        let mut problems = Vec::new();
        let lazy = call.arguments.len() - usize::from(call.expand);
        for argument in call.arguments.iter().take(lazy) {
            let (value, more) = self.attempt(argument);
            if !more.iter().any(Diagnostic::is_error) {
                return certain(value);
            }
            problems.extend(more);
        }
        if let Some(value) = expanded.into_iter().next() {
            return certain(value);
        }
        let list = problems.iter().map(|it| {
            let place = it.span.as_ref().map(|span| format!(" ({span})")).unwrap_or_default();
            format!("\n- {}{place}: {}", it.summary, it.detail)
        });
        let detail = match problems.is_empty() {
            true => "Function \"try\" needs at least one argument.".to_string(),
            false => {
                format!("No argument of \"try\" could be evaluated:{}", list.collect::<String>())
            }
        };
        self.fail("Error in function call", detail, span)
    }

    /// Whether the argument evaluates.
    fn call_can(&mut self, call: &'a Call, span: &Span) -> Value {
        let Some(expanded) = self.expanded(call) else { return anything() };
        let lazy = call.arguments.len() - usize::from(call.expand);
        let (value, problems) = match (lazy, expanded.as_slice(), call.arguments.first()) {
            (1, [], Some(argument)) => self.attempt(argument),
            (0, [value], _) => (value.clone(), Vec::new()),
            _ => return self.call_function(call, span),
        };
        // Whether it can be evaluated says nothing of the value itself.
        let kept = value.marks_deep().without(Marks::SENSITIVE.union(Marks::EPHEMERAL));
        let result = if problems.iter().any(Diagnostic::is_error) {
            Value::Bool(false)
        } else if value.is_wholly_known() {
            Value::Bool(true)
        } else {
            Value::unknown_not_null(Type::Bool)
        };
        result.mark(kept)
    }
}

/// What `try` gives for a value that evaluates.
fn certain(value: Value) -> Value {
    if value.is_wholly_known() { value } else { anything().mark(value.marks_deep()) }
}

/// Renders a template file in which only `names` are bound.
fn render(
    scope: &dyn Scope,
    (depth, budget, secret): (usize, Budget, bool),
    source: Arc<Source>,
    names: &Fields,
) -> Result<Value, String> {
    let start = Span { range: 0..0, source: source.clone() };
    let mut evaluator =
        Evaluator { depth, budget, secret: usize::from(secret), ..Evaluator::new(scope) };
    if !evaluator.goes_round(RENDERING, &start) {
        return Err(explain(evaluator.diagnostics));
    }
    let (expression, diagnostics) = parse_template(source);
    let Some(expression) = expression else { return Err(explain(diagnostics)) };
    evaluator.bound = names.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let value = evaluator.expression(&expression);
    if evaluator.diagnostics.has_errors() {
        return Err(explain(evaluator.diagnostics));
    }
    Ok(value)
}

/// The errors of a template as one sentence without its final period.
fn explain(diagnostics: Diagnostics) -> String {
    let errors = diagnostics.into_iter().filter(Diagnostic::is_error).map(|it| {
        let place = it.span.as_ref().map(|span| format!("{span}: ")).unwrap_or_default();
        format!("{place}{}", it.detail.trim_end_matches('.'))
    });
    errors.collect::<Vec<_>>().join("; ")
}
