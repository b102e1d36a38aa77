//! `module` blocks.

use super::arguments::{Arguments, EarlyText};
use super::repetition::Repeats;
use super::resource::{provider_name, provider_reference};
use super::{Reader, depends_on, insert};
use crate::diagnostic::Diagnostic;
use crate::language::config::{Block, Expression, ExpressionKind, ModuleCall, PassedProvider};
use crate::language::source::is_local;

impl Reader {
    pub(super) fn call(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else { return };
        let mut arguments = Arguments::new("a module block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let source = source(&mut arguments);
        let version = arguments.early_text("version");
        let local = source.as_ref().and_then(|it| it.text.as_deref()).is_some_and(is_local);
        if let (Some(version), true) = (&version, local)
            && version.text.is_some()
        {
            let detail = "A module in a local folder has no versions.";
            let problem = Diagnostic::error("Invalid version constraint", detail);
            let mut problem = problem.at(&version.span).hint("Remove `version`.");
            if let Some(source) = &source {
                problem = problem.see(&source.span, "a local folder");
            }
            arguments.diagnostics.push(problem);
        }
        let mut repeats = Repeats::of(&mut arguments);
        if let Some(block) = arguments.block("lifecycle") {
            let title = "a lifecycle block of a module";
            let mut inner = Arguments::new(title, block, arguments.diagnostics);
            repeats.enabled(&mut inner);
            inner.finish();
        }
        let providers = arguments.take("providers").map(|it| it.value);
        let providers = providers.map(|it| providers_map(it, &mut arguments)).unwrap_or_default();
        let depends_on = depends_on(&mut arguments);
        let repetition = repeats.only_one(arguments.diagnostics);
        arguments.reserved(&["locals", "provider"]);
        arguments.unescape();
        let inputs = arguments.take_rest();
        arguments.finish();
        let call = ModuleCall {
            name: name.clone(),
            source: source.as_ref().and_then(|it| it.text.clone()).unwrap_or_default(),
            source_span: source.as_ref().map_or_else(|| span.clone(), |it| it.span.clone()),
            source_expression: source.and_then(|it| it.expression),
            version: version.as_ref().and_then(|it| it.text.clone()),
            version_span: version.as_ref().map(|it| it.span.clone()),
            version_expression: version.and_then(|it| it.expression),
            repetition,
            providers,
            depends_on,
            inputs,
            span: span.clone(),
        };
        let shown = format!("module call `{name}`");
        let problem = insert(&mut self.module.calls, name, call, &shown, &span, |it| &it.span);
        self.diagnostics.extend(problem);
    }
}

fn source(arguments: &mut Arguments<'_>) -> Option<EarlyText> {
    let before = arguments.diagnostics.0.len();
    let given = arguments.place("source");
    let found = arguments.early_text("source");
    if found.is_none() && arguments.diagnostics.0.len() == before {
        let detail = "The argument `source` is required in a module block.";
        let place = given.unwrap_or_else(|| arguments.span.clone());
        let problem = Diagnostic::error("Missing required argument", detail).at(&place);
        arguments.diagnostics.push(problem.hint("Write `source = \"./modules/name\"`."));
    }
    found
}

/// `providers`: the configurations that the child gets, by its own names.
fn providers_map(given: Expression, arguments: &mut Arguments<'_>) -> Vec<PassedProvider> {
    let ExpressionKind::Object(entries) = given.kind else {
        let detail = "`providers` takes a map from the module's names to the names here.";
        let problem = Diagnostic::error("Invalid providers", detail).at(&given.span);
        arguments.diagnostics.push(problem.hint("Write `providers = { aws = aws.west }`."));
        return Vec::new();
    };
    let mut found: Vec<PassedProvider> = Vec::new();
    for (name, value) in &entries {
        if matches!(name.kind, ExpressionKind::Index(..)) {
            let detail = "On the left stands the module's own name, which has no key.";
            let problem = Diagnostic::error("Invalid providers", detail).at(&name.span);
            arguments.diagnostics.push(problem);
            continue;
        }
        let inner = provider_name(name, arguments.diagnostics);
        let outer = provider_reference(value, arguments.diagnostics);
        let (Some(inner), Some((outer, key))) = (inner, outer) else { continue };
        if let Some(first) = found.iter().find(|before| before.inner == inner) {
            let detail = format!("`{inner}` is given twice.");
            let problem = Diagnostic::error("Invalid providers", detail).at(&name.span);
            arguments.diagnostics.push(problem.see(&first.span, "first given here"));
            continue;
        }
        found.push(PassedProvider { inner, outer, key, span: name.span.to(&value.span) });
    }
    found
}
