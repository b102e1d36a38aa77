//! `import` blocks.

use std::collections::hash_map::Entry;

use super::Reader;
use super::arguments::Arguments;
use super::moved::spelled;
use super::resource::provider_name;
use crate::address::{ConfigAddress, Mode, Target};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Block, Expression, ExpressionKind, Import};
use crate::value::Value;

impl Reader {
    pub(super) fn import(&mut self, block: Block) {
        self.labels(&block, []);
        let mut arguments = Arguments::new("an import block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let to = arguments.required("to");
        let to = to.and_then(|given| {
            let steps = spelled(&given, &|key| Some(key.clone()));
            let found = steps.and_then(|steps| Some((resource(&steps)?, steps)));
            if found.is_none() {
                arguments.diagnostics.push(no_address(&given));
            }
            found
        });
        let provider = arguments.take("provider");
        let provider_span = provider.as_ref().map(|it| it.name_span.clone());
        let in_module = to.as_ref().is_some_and(|(resource, _)| !resource.module.is_root());
        if let (Some(place), true) = (&provider_span, in_module) {
            let detail = "The module decides which provider its resources have.";
            let problem = Diagnostic::error("Unsupported argument", detail).at(place);
            let hint = "Leave `provider` out, and pass it with `providers` in the `module` block.";
            arguments.diagnostics.push(problem.hint(hint));
        }
        let provider = provider.and_then(|it| provider_name(&it.value, arguments.diagnostics));
        let for_each = arguments.take("for_each").map(|it| it.value);
        let id = what(&mut arguments);
        arguments.finish();
        let (Some((resource, to)), Some((id, is_identity))) = (to, id) else { return };
        let import =
            Import { resource, to, id, is_identity, for_each, provider, provider_span, span };
        if let Some(instance) = instance(&import) {
            match self.imported.entry(instance) {
                Entry::Occupied(first) => {
                    let first = first.get();
                    let detail = format!("`{}` is imported already, at {first}.", import.resource);
                    let problem = Diagnostic::error("Duplicate import", detail).at(&import.span);
                    let problem = problem.see(first, "first imported here");
                    return self.diagnostics.push(problem);
                }
                Entry::Vacant(free) => drop(free.insert(import.span.clone())),
            }
        }
        self.module.imports.push(import);
    }
}

/// `id` or `identity`, and whether it is the latter.
fn what(arguments: &mut Arguments<'_>) -> Option<(Expression, bool)> {
    let problem = match (arguments.take("id"), arguments.take("identity")) {
        (Some(id), None) => return Some((id.value, false)),
        (None, Some(identity)) => return Some((identity.value, true)),
        (Some(id), Some(identity)) => {
            let detail = "`id` and `identity` exclude each other.";
            let problem = Diagnostic::error("Invalid combination of arguments", detail);
            let (one, other) = (id.name_span, identity.name_span);
            let in_order = one.range.start < other.range.start;
            problem.at(&if in_order { one.to(&other) } else { other.to(&one) })
        }
        (None, None) => {
            let detail = "An import block has an `id` or an `identity`.";
            Diagnostic::error("Missing required argument", detail).at(&arguments.span)
        }
    };
    arguments.diagnostics.extend(Diagnostics::from(problem));
    None
}

fn no_address(given: &Expression) -> Diagnostic {
    let detail = "`to` is the address of a managed resource; keys may be any expression.";
    let hint = "Write for example `aws_vpc.main` or `module.a[each.key].aws_subnet.b[0]`.";
    Diagnostic::error("Invalid address", detail).hint(hint).at(&given.span)
}

/// The resource and all keys of what an import is about, where they are written out.
pub(super) type Instance = (ConfigAddress, Vec<Value>);

fn instance(import: &Import) -> Option<Instance> {
    let key = |(_, key): &(String, Option<Expression>)| match key.as_ref().map(|it| &it.kind) {
        None => Some(Value::NULL),
        Some(ExpressionKind::Literal(value)) => Some(value.clone()),
        Some(_) => None,
    };
    Some((import.resource.clone(), import.to.iter().map(key).collect::<Option<_>>()?))
}

/// The resource that an address with any keys is about.
fn resource(steps: &[(String, Option<Expression>)]) -> Option<ConfigAddress> {
    // A key may only follow the name of a module or of a resource.
    let names = |at: usize| steps.get(at).is_none_or(|(_, key)| key.is_none());
    let modules = steps.iter().step_by(2).take_while(|(name, _)| name == "module").count();
    let plain = (0..modules).all(|at| names(2 * at)) && names(2 * modules);
    let odd = |it: &Value| it.is_known() && it.as_str().is_none() && it.as_number().is_none();
    let mut keys = steps.iter().filter_map(|(_, key)| key.as_ref());
    let keyed = keys.all(|key| !matches!(&key.kind, ExpressionKind::Literal(value) if odd(value)));
    let without = steps.iter().map(|(name, _)| (name.clone(), None)).collect();
    match Target::from_steps(without) {
        Ok(Target::Resource(it)) if plain && keyed && it.resource.mode == Mode::Managed => {
            Some(it.config())
        }
        _ => None,
    }
}
