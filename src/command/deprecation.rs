//! Which deprecated variables and outputs of modules are told.

use std::path::Path;

use crate::command::arguments::Deprecation;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Configuration, Module, ModuleCall};
use crate::language::load::normalise;
use crate::language::source::is_local;

/// Leaves out the warnings that are not wanted.
pub(super) fn limited(
    (configuration, diagnostics): (Option<Configuration>, Diagnostics),
    level: Deprecation,
) -> (Option<Configuration>, Diagnostics) {
    let wanted = |problem: &Diagnostic| match (level, &configuration) {
        (Deprecation::All, _) | (_, None) => true,
        (_, Some(configuration)) => is_wanted(configuration, level, problem),
    };
    let diagnostics = diagnostics.into_iter().filter(wanted).collect();
    (configuration, diagnostics)
}

fn is_wanted(configuration: &Configuration, level: Deprecation, problem: &Diagnostic) -> bool {
    let Some(span) = problem.span.as_ref().filter(|_| !problem.is_error()) else { return true };
    let folder = normalise(span.source.path.parent().unwrap_or(Path::new("")));
    let modules = configuration.modules.values().filter(|it| it.folder == folder);
    let mut calls = modules.filter_map(|module| match problem.summary.as_str() {
        "Deprecated variable" => call_with(module, span),
        "Deprecated output" => call_named(module, span.text()),
        _ => None,
    });
    calls.next().is_none_or(|call| level == Deprecation::Local && is_local(&call.source))
}

/// The call that gives a variable there.
fn call_with<'m>(module: &'m Module, span: &Span) -> Option<&'m ModuleCall> {
    module.calls.values().find(|call| call.inputs.values().any(|it| it.name_span == *span))
}

/// The call that `module.name.output` is about.
fn call_named<'m>(module: &'m Module, reference: &str) -> Option<&'m ModuleCall> {
    let name = reference.strip_prefix("module.")?.split(['.', '[']).next()?;
    module.calls.get(name.trim())
}
