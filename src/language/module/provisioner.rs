//! `provisioner` blocks.

use std::sync::Arc;

use super::arguments::Arguments;
use crate::address::{Mode, Target};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{
    Block, Body, Expression, ExpressionKind, Moment, Provisioner, Reference,
};
use crate::language::suggest::nearest;

/// The types that there are.
const KINDS: [&str; 3] = ["local-exec", "file", "remote-exec"];
/// The types that there were.
const GONE: [&str; 4] = ["chef", "habitat", "puppet", "salt-masterless"];

/// The provisioners of a resource, the `connection` block of the resource merged into theirs.
pub(super) fn provisioners(arguments: &mut Arguments<'_>, mode: Mode) -> Vec<Arc<Provisioner>> {
    let blocks = arguments.labelled("provisioner");
    let shared = arguments.blocks("connection");
    if mode != Mode::Managed {
        for block in blocks.iter().chain(&shared) {
            let why = super::resource::nature(mode);
            let detail = format!("{why}, so it has no `{}` block.", block.kind);
            let problem = Diagnostic::error("Unsupported block type", detail).at(&block.span);
            arguments.diagnostics.push(problem);
        }
        return Vec::new();
    }
    let shared = arguments.only(shared).map(|it| it.body);
    let all = blocks.into_iter().filter_map(|it| provisioner(it, arguments.diagnostics));
    let all: Vec<Provisioner> = all.collect();
    let merged = all
        .into_iter()
        .map(|it| Provisioner { connection: merged(shared.as_ref(), it.connection), ..it });
    let merged: Vec<_> = merged.map(Arc::new).collect();
    check_connections(&merged, arguments.diagnostics);
    merged
}

/// The provisioners of a `removed` block.
pub(super) fn of_removed(
    arguments: &mut Arguments<'_>,
    from: Option<&Target>,
    destroy: Option<bool>,
) -> Vec<Arc<Provisioner>> {
    let blocks = arguments.labelled("provisioner");
    let all = blocks.into_iter().filter_map(|it| provisioner(it, arguments.diagnostics));
    let all: Vec<Provisioner> = all.collect();
    let wrong = |detail: &str, span: &Span| Diagnostic::error("Invalid block", detail).at(span);
    for it in all.iter().filter(|it| it.when != Moment::Destroy) {
        let detail = "A provisioner in a `removed` block runs before its objects are destroyed.";
        arguments.diagnostics.push(wrong(detail, &it.span).hint("Set `when = destroy`."));
    }
    let Some(first) = all.first() else { return Vec::new() };
    if matches!(from, Some(Target::Module(_))) {
        let detail = "A `removed` block with provisioners is about a resource, not a module.";
        arguments.diagnostics.push(wrong(detail, &first.span));
    }
    if destroy == Some(false) {
        let detail = "The objects are forgotten, not destroyed, so their provisioners do not run.";
        let warning = Diagnostic::warning("Provisioners without effect", detail);
        arguments.diagnostics.push(warning.at(&first.span));
    }
    let all: Vec<_> = all.into_iter().map(Arc::new).collect();
    check_connections(&all, arguments.diagnostics);
    all
}

/// Checks how provisioners connect, with what they share with their resource.
fn check_connections(provisioners: &[Arc<Provisioner>], diagnostics: &mut Diagnostics) {
    let mut found = Diagnostics::new();
    let destroying = provisioners.iter().filter(|it| it.when == Moment::Destroy);
    destroying.for_each(|it| {
        it.connection.iter().for_each(|body| only_self(body, &it.span, &mut found));
    });
    for problem in found {
        // What several share is told once.
        if !diagnostics.0.contains(&problem) {
            diagnostics.push(problem);
        }
    }
}

/// What two `connection` blocks say together; the inner one counts.
fn merged(shared: Option<&Body>, own: Option<Body>) -> Option<Body> {
    let (Some(shared), Some(own)) = (shared, &own) else { return own.or_else(|| shared.cloned()) };
    let mut both = own.clone();
    for (name, attribute) in &shared.attributes {
        both.attributes.entry(name.clone()).or_insert_with(|| attribute.clone());
    }
    Some(both)
}

fn provisioner(block: Block, diagnostics: &mut Diagnostics) -> Option<Provisioner> {
    let kind = kind(&block, diagnostics)?;
    let mut arguments = Arguments::new("a provisioner", block, diagnostics);
    let span = arguments.span.clone();
    let destroy = keyword(&mut arguments, "when", ["create", "destroy"]).unwrap_or(false);
    let may_fail = keyword(&mut arguments, "on_failure", ["fail", "continue"]).unwrap_or(false);
    let when = if destroy { Moment::Destroy } else { Moment::Create };
    let connection = arguments.block("connection").map(|it| it.body);
    arguments.reserved(&["lifecycle"]);
    arguments.unescape();
    let body = arguments.rest();
    if when == Moment::Destroy {
        only_self(&body, &span, diagnostics);
    }
    Some(Provisioner { kind, when, may_fail, body, connection, span })
}

fn kind(block: &Block, diagnostics: &mut Diagnostics) -> Option<String> {
    let [(kind, span)] = block.labels.as_slice() else {
        let detail = "A `provisioner` block has one label, its type.";
        let problem = Diagnostic::error("Wrong block labels", detail).at(&block.span);
        diagnostics.push(problem.hint("Write `provisioner \"local-exec\" { … }`."));
        return None;
    };
    if KINDS.contains(&kind.as_str()) {
        return Some(kind.clone());
    }
    let detail = format!("There is no provisioner `{kind}`.");
    let hint = match (GONE.contains(&kind.as_str()), nearest(kind, KINDS)) {
        (true, _) => "It was removed from the language long ago; use `local-exec`.".to_string(),
        (false, Some(near)) => format!("Did you mean `{near}`?"),
        (false, None) => format!("There are `{}`.", KINDS.join("`, `")),
    };
    diagnostics.push(Diagnostic::error("Unsupported provisioner", detail).hint(hint).at(span));
    None
}

/// Whether the second of two keywords is given, or the first.
fn keyword(arguments: &mut Arguments<'_>, name: &'static str, allowed: [&str; 2]) -> Option<bool> {
    let given = arguments.take(name)?;
    let word = match &given.value.kind {
        ExpressionKind::Reference(Reference::Bound(word)) => Some(word.as_str()),
        // Quoted, as it was written long ago.
        ExpressionKind::Literal(value) => value.as_str(),
        _ => None,
    };
    if let Some(at) = allowed.iter().position(|it| Some(*it) == word) {
        super::warn_of_quotes("Quoted keyword", &given.value, arguments.diagnostics);
        return Some(at == 1);
    }
    let detail = format!("`{name}` is `{}` or `{}`.", allowed[0], allowed[1]);
    let problem = Diagnostic::error("Invalid keyword", detail).at(&given.value.span);
    arguments.diagnostics.push(problem);
    None
}

/// What runs before an object is destroyed must not need anything else: it may be gone already.
fn only_self(body: &Body, provisioner: &Span, diagnostics: &mut Diagnostics) {
    body.each_expression(&mut |expression: &Expression| {
        for used in expression.uses() {
            let allowed = matches!(
                used.reference,
                Reference::SelfValue
                    | Reference::CountIndex
                    | Reference::EachKey
                    | Reference::PathModule
                    | Reference::PathRoot
                    | Reference::PathWorking
                    | Reference::Workspace
            );
            if !allowed {
                let detail = "What runs before an object is destroyed can only refer to `self`, \
                              `count.index` and `each.key`: all else may be gone by then.";
                let problem =
                    Diagnostic::error("Invalid reference from destroy provisioner", detail);
                let hint = "Keep what it needs in the object itself, such as in `triggers` of a \
                            `null_resource` or `input` of a `terraform_data`.";
                let problem = problem.hint(hint).at(&used.span);
                diagnostics.push(problem.see(provisioner, "this runs before it is destroyed"));
            }
        }
    });
}
