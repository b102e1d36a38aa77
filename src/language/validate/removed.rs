//! What `removed` blocks name is not in the configuration any more.

use crate::address::{ModulePath, Target};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Configuration, Module};

pub(super) fn check(configuration: &Configuration, module: &Module) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for removed in &module.removed {
        if let Some(block) = still_there(configuration, module, &removed.from) {
            let detail = format!("`{}` is removed here, but still has a block.", removed.from);
            let problem = Diagnostic::error("Removed block still exists", detail);
            let hint = "Remove its block, or this one.";
            let problem = problem.hint(hint).at(&removed.span);
            diagnostics.push(problem.see(block, "its block"));
        }
    }
    diagnostics
}

/// Where the block of what is removed stands, if there is one.
fn still_there<'c>(
    configuration: &'c Configuration,
    module: &Module,
    from: &Target,
) -> Option<&'c Span> {
    let inner = |path: ModulePath| ModulePath([module.path.0.clone(), path.0].concat());
    match from {
        Target::Module(it) => {
            let path = inner(it.path());
            let (name, above) = path.0.split_last()?;
            configuration.module(&path)?;
            let calling = configuration.module(&ModulePath(above.to_vec()))?;
            calling.calls.get(name).map(|it| &it.span)
        }
        Target::Resource(it) => {
            let module = configuration.module(&inner(it.module.path()))?;
            module.resources.get(&it.resource).map(|it| &it.span)
        }
        Target::Instance(_) => None,
    }
}
