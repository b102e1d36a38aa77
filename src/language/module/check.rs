//! `check` blocks.

use super::arguments::Arguments;
use super::{Reader, insert, rules};
use crate::address::{Mode, ResourceName};
use crate::diagnostic::Diagnostic;
use crate::language::config::{Block, Check};

impl Reader {
    pub(super) fn check(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else { return };
        let checks_anything = block.body.blocks.iter().any(|it| it.kind == "assert");
        let mut arguments = Arguments::new("a check block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let sources = arguments.labelled("data");
        if let [first, second, ..] = sources.as_slice() {
            let detail = "A `check` block has at most one data source.";
            let problem = Diagnostic::error("Duplicate block", detail).at(&second.span);
            let problem = problem.see(&first.span, "the first one");
            arguments.diagnostics.push(problem.hint("Write a `check` block for each."));
        }
        let asserts = rules(&mut arguments, "assert");
        if !checks_anything {
            let detail = "A `check` block has at least one `assert` block.";
            let problem = Diagnostic::error("Missing required block", detail).at(&span);
            arguments.diagnostics.push(problem);
        }
        arguments.finish();
        let source = sources.into_iter().next().and_then(|it| self.source_of_check(it, &name));
        let check = Check { source, asserts, span: span.clone() };
        let shown = format!("check `{name}`");
        let checks = &mut self.module.checks;
        let problem = insert(checks, name, check, &shown, &span, |it| &it.span);
        self.diagnostics.extend(problem);
    }

    fn source_of_check(&mut self, block: Block, check: &str) -> Option<ResourceName> {
        let labels: Vec<String> = block.labels.iter().map(|(label, _)| label.clone()).collect();
        self.resource(block, Some(check));
        let [kind, name] = <[String; 2]>::try_from(labels).ok()?;
        Some(ResourceName { mode: Mode::Data, kind, name })
    }
}
