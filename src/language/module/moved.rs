//! `moved` blocks.

use super::Reader;
use super::arguments::Arguments;
use crate::address::{Key, Mode, Target};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Block, Expression, ExpressionKind, Moved, Reference};
use crate::value::Value;

impl Reader {
    pub(super) fn moved(&mut self, block: Block) {
        self.labels(&block, []);
        let mut arguments = Arguments::new("a moved block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let mut address = |name| {
            let given = arguments.required(name)?;
            Some((target(&given, None, arguments.diagnostics)?, given.span))
        };
        let (from, to) = (address("from"), address("to"));
        arguments.finish();
        let (Some((from, from_span)), Some((to, to_span))) = (from, to) else { return };
        if [&from, &to].iter().any(|it| mode(it) == Some(Mode::Ephemeral)) {
            let detail = "An ephemeral resource is in no state, so it is nowhere to be moved from.";
            self.diagnostics.push(Diagnostic::error("Invalid address", detail).at(&span));
            return;
        }
        if is_data(&from) && is_data(&to) {
            // it is read anew, so there is nothing to move
            return;
        }
        let is_module = |it: &Target| matches!(it, Target::Module(_));
        if is_module(&from) != is_module(&to) || is_data(&from) != is_data(&to) {
            let detail = "A module becomes a module, and a resource a resource.";
            let problem = Diagnostic::error("Invalid moved block", detail).at(&span);
            let kind = |it: &Target| match (is_module(it), is_data(it)) {
                (true, _) => "this is a module",
                (false, true) => "this is a data source",
                (false, false) => "this is a resource",
            };
            let problem = problem.see(&from_span, kind(&from)).see(&to_span, kind(&to));
            return self.diagnostics.push(problem);
        }
        self.module.moved.push(Moved { from, to, span });
    }
}

/// The address that an expression spells. A data source is not meant if a reason is given.
pub(super) fn target(
    expression: &Expression,
    no_data: Option<&str>,
    diagnostics: &mut Diagnostics,
) -> Option<Target> {
    let target = address(expression).and_then(|steps| Target::from_steps(steps).ok());
    let problem = match &target {
        None => {
            let detail = "An address consists of names, with constant instance keys in brackets.";
            let hint = "Write for example `aws_vpc.main`, `aws_subnet.a[0]` or `module.a[\"b\"]`.";
            Diagnostic::error("Invalid address", detail).hint(hint)
        }
        Some(found) => match no_data.filter(|_| is_data(found)) {
            Some(reason) => Diagnostic::error("Invalid address", reason),
            None => return target,
        },
    };
    diagnostics.push(problem.at(&expression.span));
    None
}

fn is_data(target: &Target) -> bool {
    mode(target).is_some_and(|it| it != Mode::Managed)
}

/// The mode of the resource that is meant, if it is one.
fn mode(target: &Target) -> Option<Mode> {
    match target {
        Target::Module(_) => None,
        Target::Resource(it) => Some(it.resource.mode),
        Target::Instance(it) => Some(it.resource.resource.mode),
    }
}

/// The names of an address with what their keys give.
pub(super) fn spelled<K>(
    expression: &Expression,
    key: &dyn Fn(&Expression) -> Option<K>,
) -> Option<Vec<(String, Option<K>)>> {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(name)) => Some(vec![(name.clone(), None)]),
        ExpressionKind::Attribute(inside, name) => {
            let mut steps = spelled(inside, key)?;
            steps.push((name.clone(), None));
            Some(steps)
        }
        ExpressionKind::Index(inside, given) => {
            let mut steps = spelled(inside, key)?;
            let last = steps.last_mut().filter(|(_, taken)| taken.is_none())?;
            last.1 = Some(key(given)?);
            Some(steps)
        }
        _ => None,
    }
}

/// The names of an address with their keys, which are constants.
pub(super) fn address(expression: &Expression) -> Option<Vec<(String, Option<Key>)>> {
    spelled(expression, &|key| match &key.kind {
        ExpressionKind::Literal(Value::String(name)) => Some(Key::Name(name.to_string())),
        ExpressionKind::Literal(Value::Number(at)) => at.as_usize().map(Key::Index),
        _ => None,
    })
}
