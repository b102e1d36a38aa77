//! What `removed` blocks name is not in the configuration any more.

use crate::address::{ModulePath, Target};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Module};

pub(super) fn check(configuration: &Configuration, module: &Module) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for removed in &module.removed {
        if still_there(configuration, module, &removed.from) {
            let detail = format!("`{}` is removed here, but still has a block.", removed.from);
            let problem = Diagnostic::error("Removed block still exists", detail);
            let hint = "Remove its block, or this one.";
            diagnostics.push(problem.hint(hint).at(&removed.span));
        }
    }
    diagnostics
}

fn still_there(configuration: &Configuration, module: &Module, from: &Target) -> bool {
    let inner = |path: ModulePath| ModulePath([module.path.0.clone(), path.0].concat());
    match from {
        Target::Module(it) => configuration.module(&inner(it.path())).is_some(),
        Target::Resource(it) => configuration
            .module(&inner(it.module.path()))
            .is_some_and(|module| module.resources.contains_key(&it.resource)),
        Target::Instance(_) => false,
    }
}
