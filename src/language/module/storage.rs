//! Where and how a configuration has its state kept: `backend`, `cloud` and `encryption` blocks.

use super::Reader;
use super::arguments::Arguments;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::Block;

impl Reader {
    pub(super) fn backend(&mut self, block: Block) {
        if self.labels(&block, ["type"]).is_none() {
            return;
        }
        match &self.module.backend {
            None => self.module.backend = Some(block),
            Some(first) => self.diagnostics.push(second("a backend", first, &block)),
        }
    }

    pub(super) fn cloud(&mut self, block: Block) {
        match &self.module.cloud {
            None => self.module.cloud = Some(block),
            Some(first) => self.diagnostics.push(second("a `cloud` block", first, &block)),
        }
    }

    /// State is kept in one place.
    pub(super) fn one_place(&mut self) {
        if let (Some(backend), Some(cloud)) = (&self.module.backend, &self.module.cloud) {
            let detail = format!(
                "State is kept by a backend or in a cloud, and there is a `cloud` block at {}.",
                cloud.span
            );
            let problem = Diagnostic::error("Both a backend and a cloud", detail);
            let problem = problem.at(&backend.span).see(&cloud.span, "the `cloud` block");
            self.diagnostics.push(problem.hint("Remove one of them."));
        }
    }

    pub(super) fn encryption(&mut self, block: Block) {
        if let Some(first) = &self.module.encryption {
            return self.diagnostics.push(second("an `encryption` block", first, &block));
        }
        self.module.encryption = Some(block.clone());
        let title = "an encryption block";
        let mut arguments = Arguments::new(title, block, &mut self.diagnostics);
        for kind in ["key_provider", "method"] {
            let found = distinct(&mut arguments, kind, ["type", "name"]);
            found.into_iter().for_each(|it| method(it, arguments.diagnostics));
        }
        for kind in ["state", "plan"] {
            if let Some(block) = arguments.block(kind) {
                target(block, true, arguments.diagnostics);
            }
        }
        if let Some(block) = arguments.block("remote_state_data_sources") {
            remote(block, arguments.diagnostics);
        }
        arguments.finish();
    }
}

fn second(what: &str, first: &Block, block: &Block) -> Diagnostic {
    let detail = format!("There already is {what}, at {}.", first.span);
    let problem = Diagnostic::error("Duplicate block", detail).at(&block.span);
    problem.see(&first.span, "the first one")
}

/// The blocks of a kind with the labels that they should have, of which no two are the same.
fn distinct<const N: usize>(
    arguments: &mut Arguments<'_>,
    kind: &'static str,
    labels: [&str; N],
) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    for block in arguments.labelled(kind) {
        let names = |it: &Block| it.labels.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
        if block.labels.len() != N {
            let detail = format!("A `{kind}` block has these labels: its {}.", labels.join(", "));
            let problem = Diagnostic::error("Wrong block labels", detail).at(&block.span);
            arguments.diagnostics.push(problem);
        } else if let Some(first) = found.iter().find(|it| names(it) == names(&block)) {
            let problem = second(&format!("a `{kind}` of this name"), first, &block);
            arguments.diagnostics.push(problem);
        } else {
            found.push(block);
        }
    }
    found
}

/// A way to encrypt, or to get keys for it. Which there are and what they take is not known here.
fn method(block: Block, diagnostics: &mut Diagnostics) {
    for (label, span) in &block.labels {
        let good = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
        if label.is_empty() || !label.chars().all(good) {
            let detail = format!("`{label}` is not made of letters, digits, `_` and `-` alone.");
            diagnostics.push(Diagnostic::error("Invalid name", detail).at(span));
        }
    }
    if block.kind == "key_provider" {
        let mut arguments = Arguments::new("a key provider", block, diagnostics);
        arguments.text("encrypted_metadata_alias");
    }
}

/// What is encrypted, with what.
fn target(block: Block, enforceable: bool, diagnostics: &mut Diagnostics) {
    let mut arguments = Arguments::new("an encryption target", block, diagnostics);
    arguments.take("method");
    if enforceable {
        arguments.flag("enforced");
    }
    if let Some(fallback) = arguments.block("fallback") {
        target(fallback, false, arguments.diagnostics);
    }
    arguments.finish();
}

fn remote(block: Block, diagnostics: &mut Diagnostics) {
    let mut arguments = Arguments::new("an encryption target", block, diagnostics);
    if let Some(block) = arguments.block("default") {
        target(block, false, arguments.diagnostics);
    }
    for block in distinct(&mut arguments, "remote_state_data_source", ["name"]) {
        target(block, false, arguments.diagnostics);
    }
    arguments.finish();
}
