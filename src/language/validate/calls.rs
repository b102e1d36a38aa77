//! Module calls give the inputs that the modules declare.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Module, ModuleCall, Repetition};
use crate::language::suggest::did_you_mean;

pub(super) fn check(configuration: &Configuration, module: &Module) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for call in module.calls.values() {
        if let Some(child) = configuration.module(&module.path.child(&call.name)) {
            inputs(call, child, &mut diagnostics);
            own_providers(call, child, &mut diagnostics);
        }
    }
    diagnostics
}

fn inputs(call: &ModuleCall, child: &Module, diagnostics: &mut Diagnostics) {
    for (name, input) in &call.inputs {
        match child.variables.get(name) {
            None => {
                let detail = format!("Module `{}` has no variable `{name}`.", call.name);
                let hint = did_you_mean(name, child.variables.keys().map(String::as_str));
                let problem = Diagnostic::error("Unsupported argument", detail).hint(hint);
                diagnostics.push(problem.at(&input.name_span));
            }
            Some(variable) => {
                if let Some(why) = &variable.deprecated {
                    let detail =
                        format!("Variable `{name}` of `{}` is deprecated: {why}", call.name);
                    let problem = Diagnostic::warning("Deprecated variable", detail);
                    diagnostics.push(problem.at(&input.name_span));
                }
            }
        }
    }
    let missing: Vec<String> = child
        .variables
        .iter()
        .filter(|(name, it)| it.default.is_none() && !call.inputs.contains_key(*name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !missing.is_empty() {
        let detail = format!(
            "Module `{}` must be given {}, which {} no default.",
            call.name,
            missing.join(", "),
            if missing.len() == 1 { "has" } else { "have" }
        );
        diagnostics.push(Diagnostic::error("Missing required argument", detail).at(&call.span));
    }
}

/// A module with provider configurations of its own cannot be repeated: they would not outlive it.
fn own_providers(call: &ModuleCall, child: &Module, diagnostics: &mut Diagnostics) {
    let (what, place) = match &call.repetition {
        Repetition::Count(it) => ("count", &it.span),
        Repetition::ForEach(it) => ("for_each", &it.span),
        Repetition::Enabled(it) => ("enabled", &it.span),
        Repetition::Single => match call.depends_on.first() {
            Some((_, span)) => ("depends_on", span),
            None => return,
        },
    };
    let own = child.providers.values().find(|it| !super::providers::is_proxy(it));
    if let Some(own) = own {
        let detail = format!(
            "Module `{}` has a provider configuration of its own, at {}, so it cannot have `{what}`.",
            call.name, own.span
        );
        let problem = Diagnostic::error("Module with own providers", detail).at(place);
        diagnostics.push(problem.hint("Configure the provider here and pass it with `providers`."));
    }
}
