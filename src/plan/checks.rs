//! Conditions of the configuration: validations, preconditions and postconditions.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::CheckRule;
use crate::language::evaluate::evaluate;
use crate::language::scope::Scope;
use crate::plan::{CheckResult, CheckStatus};
use crate::value::Marks;

/// Evaluates the conditions of one thing; each that fails is an error.
pub(super) fn check(
    rules: &[CheckRule],
    summary: &str,
    kind: &'static str,
    address: &str,
    scope: &dyn Scope,
) -> (Option<CheckResult>, Diagnostics) {
    if rules.is_empty() {
        return (None, Diagnostics::new());
    }
    let mut result = CheckResult {
        kind,
        address: address.into(),
        status: CheckStatus::Pass,
        problems: Vec::new(),
    };
    let mut diagnostics = Diagnostics::new();
    for rule in rules {
        let (status, problems) = one(rule, summary, scope);
        let messages = problems.0.iter().filter(|it| it.is_error()).map(|it| it.detail.clone());
        result.problems.extend(messages);
        diagnostics.extend(problems.into_iter().map(|it| it.about(address)));
        result.status = worse(result.status, status);
    }
    (Some(result), diagnostics)
}

fn worse(one: CheckStatus, other: CheckStatus) -> CheckStatus {
    match (one, other) {
        (CheckStatus::Fail, _) | (_, CheckStatus::Fail) => CheckStatus::Fail,
        (CheckStatus::Unknown, _) | (_, CheckStatus::Unknown) => CheckStatus::Unknown,
        _ => CheckStatus::Pass,
    }
}

fn one(rule: &CheckRule, summary: &str, scope: &dyn Scope) -> (CheckStatus, Diagnostics) {
    let (condition, problems) = evaluate(&rule.condition, scope);
    if problems.has_errors() {
        return (CheckStatus::Fail, problems);
    }
    if !condition.is_known() {
        return (CheckStatus::Unknown, problems);
    }
    match condition.as_bool() {
        Some(true) => (CheckStatus::Pass, problems),
        Some(false) => (CheckStatus::Fail, failed(rule, summary, scope).into()),
        None => {
            let detail = format!("The condition is {}, not a bool.", condition.ty());
            let error = Diagnostic::error("Invalid condition result", detail);
            (CheckStatus::Fail, error.at(&rule.condition.span).into())
        }
    }
}

fn failed(rule: &CheckRule, summary: &str, scope: &dyn Scope) -> Diagnostic {
    let (message, _) = evaluate(&rule.error_message, scope);
    let hidden = message.marks_deep().contains(Marks::SENSITIVE);
    let text = match message.as_str() {
        Some(_) if hidden => "The error message is sensitive and not shown.",
        Some(text) => text,
        None => "The condition does not hold, and its error message is not known.",
    };
    Diagnostic::error(summary, text).at(&rule.condition.span)
}
