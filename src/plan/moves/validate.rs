//! What is wrong with statements, given which instances there are.

use std::collections::BTreeMap;

use super::statement::{Kind, Statement};
use super::types::can_become;
use crate::address::{InstanceAddress, ModuleInstance, ResourceAddress, Target};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::plan::{Evaluation, Providers};

/// What an address is matched with, and where that is said.
type Said<'s> = BTreeMap<(bool, Target), (Target, &'s Statement)>;

/// Reports statements that make no sense alone or together. Circles are told only when nothing else
/// is wrong, since they often come of something simpler.
pub(in crate::plan) fn validate(
    statements: &[Statement],
    evaluation: &Evaluation,
    providers: &Providers,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let (mut sources, mut destinations) = (Said::new(), Said::new());
    for statement in statements {
        for module in evaluation.module_instances(&statement.declared) {
            let (from, to) = (within(&module, &statement.from), within(&module, &statement.to));
            if from == to {
                let detail = format!("{from} is moved to where it is already.");
                diagnostics.push(problem("Redundant move statement", detail, statement));
                continue;
            }
            if let Some(block) = exists(&from, statement.kind, evaluation) {
                let detail = format!("{from} is said to be {to} now, but it is still declared.");
                let problem = problem("Moved object still exists", detail, statement);
                let problem = problem.see(&block, "still declared here");
                diagnostics.push(problem.hint(format!("Declare it as {to} only.")));
            }
            diagnostics.extend(twice(&mut sources, &from, &to, statement, Side::From));
            diagnostics.extend(twice(&mut destinations, &to, &from, statement, Side::To));
            diagnostics.extend(other_type(&from, &to, statement, providers));
        }
    }
    if !diagnostics.has_errors()
        && let Err(circle) = super::order(statements)
    {
        diagnostics.push(circular(statements, &circle));
    }
    diagnostics
}

fn problem(summary: &str, detail: String, statement: &Statement) -> Diagnostic {
    let diagnostic = Diagnostic::error(summary, detail);
    statement.span.as_ref().map_or(diagnostic.clone(), |span| diagnostic.at(span))
}

/// An address of a statement, seen from the root module.
fn within(outer: &ModuleInstance, target: &Target) -> Target {
    let module = |inner: &ModuleInstance| ModuleInstance([&outer.0[..], &inner.0[..]].concat());
    let resource = |it: &ResourceAddress| ResourceAddress {
        module: module(&it.module),
        resource: it.resource.clone(),
    };
    match target {
        Target::Module(it) => Target::Module(module(it)),
        Target::Resource(it) => Target::Resource(resource(it)),
        Target::Instance(it) => Target::Instance(InstanceAddress {
            resource: resource(&it.resource),
            key: it.key.clone(),
        }),
    }
}

/// Where the configuration has what is said to have moved away, if it has.
fn exists(target: &Target, kind: Kind, evaluation: &Evaluation) -> Option<Span> {
    let there = |module: &ModuleInstance| evaluation.has_module(module);
    match target {
        Target::Module(module) => {
            let ((name, _), parent) = module.0.split_last()?;
            let parent = ModuleInstance(parent.to_vec());
            let call = evaluation.module(&parent.path())?.calls.get(name)?;
            let there = if kind == Kind::Call { there(&parent) } else { there(module) };
            there.then(|| call.span.clone())
        }
        Target::Resource(it) => {
            let resource = evaluation.resource(it)?;
            there(&it.module).then(|| resource.span.clone())
        }
        Target::Instance(it) => {
            let resource = evaluation.resource(&it.resource)?;
            let has = || evaluation.resource_expansion(&it.resource).has(it.key.as_ref());
            (there(&it.resource.module) && has()).then(|| resource.span.clone())
        }
    }
}

/// Which side of statements is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    From,
    To,
}

fn twice<'s>(
    said: &mut Said<'s>,
    address: &Target,
    matched: &Target,
    statement: &'s Statement,
    side: Side,
) -> Option<Diagnostic> {
    let key = (statement.kind == Kind::Call, address.clone());
    let (other, first) = said.entry(key).or_insert((matched.clone(), statement));
    if other == matched {
        return None;
    }
    let place = first.span.as_ref().map(Span::to_string).unwrap_or_default();
    let detail = match side {
        Side::From => format!(
            "{address} is moved to {matched} here, and to {other} at {place}. It can go to one \
             place only."
        ),
        Side::To => format!(
            "{matched} is moved to {address} here, and so is {other} at {place}. There is room for \
             one only."
        ),
    };
    let problem = problem("Ambiguous move statements", detail, statement);
    Some(match &first.span {
        Some(place) => problem.see(place, "the other of the two"),
        None => problem,
    })
}

fn other_type(
    from: &Target,
    to: &Target,
    statement: &Statement,
    providers: &Providers,
) -> Option<Diagnostic> {
    let resource = |target: &Target| match target {
        Target::Module(_) => None,
        Target::Resource(it) => Some(it.resource.clone()),
        Target::Instance(it) => Some(it.resource.resource.clone()),
    };
    let (one, other) = (resource(from)?, resource(to)?);
    if one.kind == other.kind || can_become(providers, &one.kind, &other.kind) {
        return None;
    }
    let detail = format!("{from} cannot become {to}, which is of another type.");
    Some(problem("Resource type mismatch", detail, statement))
}

fn circular(statements: &[Statement], circle: &[usize]) -> Diagnostic {
    let members: Vec<&Statement> = circle.iter().filter_map(|at| statements.get(*at)).collect();
    let mut lines: Vec<String> =
        members.iter().map(|it| format!("{} to {}", it.from, it.to)).collect();
    lines.sort();
    let detail = format!("These moves go round in a circle: {}.", lines.join("; "));
    let diagnostic = Diagnostic::error("Cyclic dependency in move statements", detail)
        .hint("A chain of moves ends with an address that no other statement moves away.");
    let mut places = members.iter().filter_map(|it| Some((it, it.span.as_ref()?)));
    let Some((_, first)) = places.next() else { return diagnostic };
    places.fold(diagnostic.at(first), |diagnostic, (it, span)| {
        diagnostic.see(span, format!("{} to {}", it.from, it.to))
    })
}
