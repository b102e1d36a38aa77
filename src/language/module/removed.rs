//! `removed` blocks.

use super::Reader;
use super::arguments::Arguments;
use super::moved::target;
use super::provisioner::of_removed;
use crate::address::{ModuleInstance, Target};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Block, Removed};

impl Reader {
    pub(super) fn removed(&mut self, block: Block) {
        self.labels(&block, []);
        let mut arguments = Arguments::new("a removed block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let no_data = "A data source is only read; without its block it is dropped from state.";
        let from = arguments.required("from").and_then(|given| {
            let from = target(&given, Some(no_data), arguments.diagnostics)?;
            without_keys(from, &given.span, arguments.diagnostics)
        });
        let lifecycle = arguments.block("lifecycle");
        let destroy = lifecycle.and_then(|it| destroy(it, &mut arguments));
        let provisioners = of_removed(&mut arguments, from.as_ref(), destroy);
        if destroy.is_none() && from.is_some() {
            let detail = "Without `destroy`, the objects are left as they are, and forgotten. Other \
                          programs of this language may ask for `lifecycle`.";
            let hint = "Say so with `lifecycle { destroy = false }`, or destroy them with `true`.";
            let problem = Diagnostic::warning("Removed without lifecycle", detail).hint(hint);
            arguments.diagnostics.push(problem.at(&span));
        }
        arguments.finish();
        let Some(from) = from else { return };
        let destroy = destroy.unwrap_or(false);
        self.module.removed.push(Removed { from, destroy, provisioners, span });
    }
}

/// `lifecycle { destroy = … }`
fn destroy(block: Block, outer: &mut Arguments<'_>) -> Option<bool> {
    let mut arguments = Arguments::new("a lifecycle block", block, outer.diagnostics);
    let destroy = arguments.flag("destroy");
    arguments.finish();
    destroy
}

/// All instances are removed together.
fn without_keys(from: Target, span: &Span, diagnostics: &mut Diagnostics) -> Option<Target> {
    let keyed = |module: &ModuleInstance| module.0.iter().any(|(_, key)| key.is_some());
    let bad = match &from {
        Target::Module(module) => keyed(module),
        Target::Resource(resource) => keyed(&resource.module),
        Target::Instance(_) => true,
    };
    if !bad {
        return Some(from);
    }
    let detail = "A whole resource or module is removed, so the address has no instance keys.";
    let problem = Diagnostic::error("Invalid address", detail).at(span);
    diagnostics.push(problem.hint("Write for example `aws_vpc.main` or `module.network`."));
    None
}
