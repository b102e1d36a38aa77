//! Module calls give the inputs that the modules declare.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Module, ModuleCall, Repetition};
use crate::language::suggest::nearest;

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
                let problem = Diagnostic::error("Unsupported argument", detail);
                diagnostics.push(like(name, child, problem.at(&input.name_span), call));
            }
            Some(variable) => {
                if let Some(why) = &variable.deprecated {
                    let detail =
                        format!("Variable `{name}` of `{}` is deprecated: {why}", call.name);
                    let problem = Diagnostic::warning("Deprecated variable", detail);
                    let problem = problem.at(&input.name_span);
                    diagnostics.push(problem.see(&variable.span, "declared deprecated here"));
                }
            }
        }
    }
    let missing = child
        .variables
        .iter()
        .filter(|(name, it)| it.default.is_none() && !call.inputs.contains_key(*name));
    let (missing, places): (Vec<String>, Vec<_>) =
        missing.map(|(name, it)| (format!("`{name}`"), &it.span)).unzip();
    if !missing.is_empty() {
        let detail = format!(
            "Module `{}` must be given {}, which {} no default.",
            call.name,
            missing.join(", "),
            if missing.len() == 1 { "has" } else { "have" }
        );
        let problem = Diagnostic::error("Missing required argument", detail).at(&call.span);
        let required = |problem: Diagnostic, place| problem.see(place, "required by this variable");
        diagnostics.push(places.into_iter().fold(problem, required));
    }
}

/// The most variables of a module that are listed where one is missing.
const LISTED: usize = 8;

/// The problem with what the module has instead of a variable.
fn like(name: &str, child: &Module, problem: Diagnostic, call: &ModuleCall) -> Diagnostic {
    let near = nearest(name, child.variables.keys().map(String::as_str));
    if let Some((near, variable)) = near.and_then(|it| Some((it, child.variables.get(it)?))) {
        let problem = problem.hint(format!("Did you mean `{near}`?"));
        return problem.see(&variable.span, "this has a similar name");
    }
    let problem = problem.see(&call.source_span, "the module that is called");
    let known: Vec<_> = child.variables.keys().map(|it| format!("`{it}`")).collect();
    match known.len() {
        0 => problem.hint("It has no variables."),
        1..=LISTED => problem.hint(format!("It has {}.", known.join(", "))),
        _ => problem,
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
        let problem = problem.see(&own.span, "the configuration of the module's own");
        diagnostics.push(problem.hint("Configure the provider here and pass it with `providers`."));
    }
}
