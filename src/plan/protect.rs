//! `prevent_destroy`

use crate::address::InstanceAddress;
use crate::diagnostic::Diagnostic;
use crate::language::config::Expression;
use crate::language::evaluate::evaluate;
use crate::plan::walk::Planner;
use crate::value::{Marks, Type, convert};

impl Planner<'_> {
    /// Whether the configuration protects an instance. What is wrong with what it says is reported,
    /// whether or not the instance is to be destroyed.
    pub(super) fn protects(&mut self, address: &InstanceAddress, destroyed: bool) -> bool {
        let evaluation = self.evaluation;
        let resource = evaluation.resource(&address.resource);
        let Some(expression) = resource.and_then(|it| it.lifecycle.prevent_destroy.as_ref()) else {
            return false;
        };
        let (value, problems) = evaluate(expression, &evaluation.scope(&address.resource.module));
        let failed = problems.has_errors();
        self.diagnostics.extend(problems.into_iter().map(|it| it.about(address)));
        let (value, marks) = value.unmark();
        if failed {
            return false;
        }
        if let Some(why) = marked(marks) {
            self.diagnostics.push(invalid(why, expression, address));
            return false;
        }
        if !value.is_known() {
            if destroyed {
                let why = "is not known until apply, and must be to plan the end of an object";
                self.diagnostics.push(invalid(why, expression, address));
            }
            return false;
        }
        match convert(&value, &Type::Bool) {
            Ok(flag) => flag.as_bool().unwrap_or(false),
            Err(_) => {
                let why = format!("is {}, not a bool", value.ty());
                self.diagnostics.push(invalid(&why, expression, address));
                false
            }
        }
    }

    /// Takes objects as they are in state, where it may depend on them whether others are protected
    /// and nothing of the configuration is planned.
    pub(super) fn know_what_protects(&mut self) {
        let modules = self.evaluation.configuration.modules.values();
        let mut resources = modules.flat_map(|it| it.resources.values());
        let refers = |it: &Expression| !it.uses().is_empty();
        if !resources.any(|it| it.lifecycle.prevent_destroy.as_ref().is_some_and(refers)) {
            return;
        }
        self.record_prior();
    }
}

/// What is wrong with a value that must not show or last.
fn marked(marks: Marks) -> Option<&'static str> {
    match marks {
        _ if marks.contains(Marks::EPHEMERAL) => Some("is ephemeral, and may change until apply"),
        _ if marks.contains(Marks::SENSITIVE) => Some("is sensitive, and a refusal would show it"),
        _ => None,
    }
}

fn invalid(why: &str, expression: &Expression, address: &InstanceAddress) -> Diagnostic {
    let detail = format!("`prevent_destroy` of {address} {why}.");
    let hint = "Use constants, variables and local values.";
    Diagnostic::error("Invalid prevent_destroy", detail)
        .hint(hint)
        .at(&expression.span)
        .about(address)
}
