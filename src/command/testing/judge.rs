//! What came of a run: its assertions, and the failures it expects.

use crate::address::{InstanceAddress, ModulePath};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::config::{CheckRule, Expression, ExpressionKind, Reference};
use crate::language::evaluate::evaluate;
use crate::language::module::Expected;
use crate::language::scope::Scope;
use crate::plan::{Dependencies, Evaluation, Node};
use crate::ui::Ui;
use crate::ui::suite::Status;
use crate::value::{Marks, Type, Value, convert};

/// What diagnostics of failed conditions are called.
const CONDITIONS: [&str; 5] = [
    "Invalid value for variable",
    "Resource precondition failed",
    "Resource postcondition failed",
    "Module output value precondition failed",
    "Check block assertion failed",
];

/// The diagnostics without the failures that are expected, and with those that are missing. What a
/// `check` block warns of is an error in a test.
pub(super) fn without_expected(
    expected: &[Expected],
    evaluation: &Evaluation,
    found: Diagnostics,
) -> Diagnostics {
    let mut met = vec![false; expected.len()];
    let mut rest = Diagnostics::new();
    for diagnostic in found {
        let failed = failed(&diagnostic, evaluation);
        let mut known = false;
        for (expected, met) in expected.iter().zip(&mut met) {
            if failed.as_deref().is_some_and(|it| names(&expected.address, it)) {
                (known, *met) = (true, true);
            }
        }
        let severity = if failed.is_some() { Severity::Error } else { diagnostic.severity };
        if !known {
            rest.push(Diagnostic { severity, ..diagnostic });
        }
    }
    for (missing, _) in expected.iter().zip(&met).filter(|(_, met)| !**met) {
        let detail = format!("No condition of `{}` failed, and one should.", missing.address);
        rest.push(Diagnostic::error("Missing expected failure", detail).at(&missing.span));
    }
    rest
}

/// The address of that of which a condition failed, if that is what is told.
fn failed(diagnostic: &Diagnostic, evaluation: &Evaluation) -> Option<String> {
    let about = diagnostic.address.as_ref()?;
    if CONDITIONS.contains(&diagnostic.summary.as_str()) {
        return Some(about.clone());
    }
    // What went wrong with the data source of a check is a warning, and a failure of that check.
    let address: InstanceAddress = about.parse().ok()?;
    let check = evaluation.resource(&address.resource)?.check.as_ref()?;
    let module = &address.resource.module;
    let dot = if module.is_root() { "" } else { "." };
    let check = format!("{module}{dot}check.{check}");
    evaluation.failure(&check).map(|_| check)
}

/// Whether an address is meant by one that is expected: without key, any of the instances.
fn names(expected: &str, address: &str) -> bool {
    let rest = address.strip_prefix(expected);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// The expected failures that are among the diagnostics.
fn met<'e>(
    expected: &'e [Expected],
    evaluation: &Evaluation,
    found: &Diagnostics,
) -> Vec<&'e Expected> {
    let failed: Vec<String> = found.0.iter().filter_map(|it| failed(it, evaluation)).collect();
    let is_met = |it: &&Expected| failed.iter().any(|failed| names(&it.address, failed));
    expected.iter().filter(is_met).collect()
}

/// The diagnostics without what follows from expected failures: errors of what depends on what failed,
/// at which OpenTofu would not even look.
pub(super) fn without_consequences(
    expected: &[Expected],
    evaluation: &Evaluation,
    dependencies: &Dependencies,
    found: Diagnostics,
) -> Diagnostics {
    let dag = &dependencies.dag;
    let position = |address: &str| node_at(address).and_then(|node| dag.position(&node));
    let met = met(expected, evaluation, &found);
    let behind = dag.with_dependants(met.iter().filter_map(|it| position(&it.address)));
    let follows = |it: &Diagnostic| {
        let failed = failed(it, evaluation);
        let own = failed.is_some_and(|failed| met.iter().any(|met| names(&met.address, &failed)));
        let at = it.address.as_deref().and_then(position);
        !own && it.is_error() && at.is_some_and(|at| behind.contains(&at))
    };
    Diagnostics::from_iter(found.into_iter().filter(|it| !follows(it)))
}

/// What a diagnostic is about.
fn node_at(address: &str) -> Option<Node> {
    if let Some(name) = address.strip_prefix("var.") {
        return Some(Node::Variable(ModulePath::default(), name.to_string()));
    }
    if let Some(name) = address.strip_prefix("output.") {
        return Some(Node::Output(ModulePath::default(), name.to_string()));
    }
    let address: InstanceAddress = address.parse().ok()?;
    Some(Node::Resource(address.resource.module.path(), address.resource.resource))
}

/// Whether a plan fails in nothing but postconditions that are expected to: what they are about was
/// known before it was applied.
pub(super) fn came_early(
    expected: &[Expected],
    evaluation: &Evaluation,
    dependencies: &Dependencies,
    found: &Diagnostics,
) -> bool {
    let found = without_consequences(expected, evaluation, dependencies, found.clone());
    let early = |it: &Diagnostic| {
        let about = it.address.as_deref();
        it.summary == "Resource postcondition failed"
            && expected.iter().any(|one| about.is_some_and(|about| names(&one.address, about)))
    };
    found.has_errors() && found.0.iter().filter(|it| it.is_error()).all(early)
}

/// What made the plan of an apply fail; an expected failure there comes too early.
pub(super) fn told_early(
    expected: &[Expected],
    evaluation: &Evaluation,
    mut found: Diagnostics,
) -> Diagnostics {
    if let Some(early) = met(expected, evaluation, &found).first() {
        let detail =
            format!("`{}` failed as expected, but before anything was applied.", early.address);
        let problem = Diagnostic::warning("Expected failure came too early", detail);
        found.push(problem.hint("Use `command = plan` in this run.").at(&early.span));
    }
    found
}

/// The diagnostics of a plan without the failures of checks, which the apply tells again.
pub(super) fn without_checks(evaluation: &Evaluation, found: Diagnostics) -> Diagnostics {
    let of_check = |it: &Diagnostic| !it.is_error() && failed(it, evaluation).is_some();
    Diagnostics::from_iter(found.into_iter().filter(|it| !of_check(it)))
}

/// How the assertions come out, and what there is to tell.
pub(super) fn judge(ui: &Ui, rules: &[CheckRule], scope: &dyn Scope) -> (Status, Diagnostics) {
    let mut status = Status::Pass;
    let mut diagnostics = Diagnostics::new();
    for rule in rules {
        let (one, problems) = judge_one(ui, rule, scope);
        status = status.max(one);
        diagnostics.extend(problems);
    }
    (status, diagnostics)
}

fn judge_one(ui: &Ui, rule: &CheckRule, scope: &dyn Scope) -> (Status, Diagnostics) {
    let (condition, mut problems) = evaluate(&rule.condition, scope);
    if problems.has_errors() {
        return (Status::Error, problems);
    }
    let span = &rule.condition.span;
    let mut undecided = |detail: &str, hint: &str| {
        let problem = Diagnostic::error("Assertion cannot be decided", detail).at(span);
        problems.push(problem.hint(hint));
        (Status::Error, std::mem::take(&mut problems))
    };
    if !condition.is_known() {
        let hint = "Use `command = apply`, or assert something that is known when planning.";
        return undecided("It is not known before apply whether the condition holds.", hint);
    }
    match convert(condition.bare(), &Type::Bool).ok().as_ref().map(|it| it.as_bool()) {
        Some(Some(true)) => (Status::Pass, problems),
        Some(Some(false)) => {
            problems.push(unfulfilled(ui, rule, scope));
            (Status::Fail, problems)
        }
        _ => undecided("The condition is neither true nor false.", ""),
    }
}

fn unfulfilled(ui: &Ui, rule: &CheckRule, scope: &dyn Scope) -> Diagnostic {
    let (message, _) = evaluate(&rule.error_message, scope);
    let text = convert(message.bare(), &Type::String).unwrap_or(Value::NULL);
    let text = match text.as_str() {
        None if message.is_null() => "The condition does not hold, and its error message is null.",
        Some(_) if message.marks_deep().contains(Marks::SENSITIVE) => {
            "The error message is sensitive and not shown."
        }
        Some(text) => text.trim(),
        None => "The condition does not hold, and its error message is not known.",
    };
    let mut values = Vec::new();
    collect(ui, &rule.condition, scope, &mut values);
    let problem = Diagnostic::error("Test assertion failed", text).at(&rule.condition.span);
    problem.hint(values.join("\n"))
}

/// The longest text of a value that is told with a failure.
const LONGEST: usize = 200;

/// What the condition refers to, with its values.
fn collect(ui: &Ui, expression: &Expression, scope: &dyn Scope, values: &mut Vec<String>) {
    if !leads_outside(expression) {
        return expression.each_child(&mut |it| collect(ui, it, scope, values));
    }
    let (value, problems) = evaluate(expression, scope);
    let text = ui.value(&value);
    let line = format!("{} is {text}", expression.span.text());
    if !problems.has_errors() && text.len() <= LONGEST && !values.contains(&line) {
        values.push(line);
    }
}

/// Whether an expression is a reference with attributes and constant keys.
fn leads_outside(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Reference(reference) => !matches!(reference, Reference::Bound(_)),
        ExpressionKind::Attribute(inside, _) => leads_outside(inside),
        ExpressionKind::Index(inside, key) => {
            matches!(key.kind, ExpressionKind::Literal(_)) && leads_outside(inside)
        }
        _ => false,
    }
}
