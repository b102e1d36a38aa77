//! Provider configurations with `for_each`, and the keys that choose among them.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{
    Expression, Module, ProviderBlock, ProviderName, Reference, Repetition,
};

/// How a resource or a module call chooses a provider configuration.
pub(super) struct Chosen<'c> {
    pub(super) name: &'c ProviderName,
    pub(super) key: Option<&'c Expression>,
    pub(super) repetition: &'c Repetition,
    pub(super) span: &'c Span,
}

/// Checks that a key is given where, and only where, there are several configurations; and that they
/// outlive what they make, when that can be told.
pub(super) fn check(module: &Module, chosen: &Chosen<'_>, lasts: bool) -> Option<Diagnostic> {
    let block = module.providers.get(chosen.name);
    let each = block.and_then(|it| it.for_each.as_ref());
    let problem = |detail: String, span: &Span| {
        Some(Diagnostic::error("Invalid provider configuration", detail).at(span))
    };
    match (chosen.key, each) {
        (None, None) => None,
        (None, Some(_)) => {
            let detail = format!("`{}` has `for_each`, so it is several.", chosen.name);
            let hint = format!("Choose one: `{}[each.key]`.", chosen.name);
            problem(detail, chosen.span).map(|it| with_block(it.hint(hint), block))
        }
        (Some(key), None) => {
            let detail = match (&chosen.name.alias, block) {
                (None, _) => {
                    "Only a configuration with an alias can have `for_each` and keys.".into()
                }
                (Some(_), Some(_)) => format!("`{}` has no `for_each`, so no keys.", chosen.name),
                (Some(_), None) => {
                    format!("This module has no block of `{}` with `for_each`.", chosen.name)
                }
            };
            problem(detail, &key.span).map(|it| with_block(it, block))
        }
        (Some(_), Some(each)) if lasts => same_elements(chosen.repetition, each),
        (Some(_), Some(_)) => None,
    }
}

/// Warns when a provider configuration goes together with what needs it to be destroyed.
fn same_elements(repetition: &Repetition, provider: &Expression) -> Option<Diagnostic> {
    let Repetition::ForEach(own) = repetition else { return None };
    if own.references().is_empty() || squeezed(own) != squeezed(provider) {
        return None;
    }
    let detail = "The provider configuration has the same `for_each`. When an element goes, the \
                  configuration goes with it, and what it has made cannot be destroyed any more.";
    let hint = "Let the provider's `for_each` have more elements than this one: take elements out \
                here first, apply, and then there.";
    let warning = Diagnostic::warning("Provider goes with its resources", detail).hint(hint);
    Some(warning.at(&own.span).see(&provider.span, "the `for_each` of the provider"))
}

fn with_block(problem: Diagnostic, block: Option<&ProviderBlock>) -> Diagnostic {
    match block {
        Some(block) => problem.see(&block.span, "the provider is configured here"),
        None => problem,
    }
}

/// The text of an expression without what means nothing.
fn squeezed(expression: &Expression) -> String {
    let text: String = expression.span.text().split_whitespace().collect();
    let mut text = text.as_str();
    while let Some(inner) = text.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        text = inner;
    }
    text.to_string()
}

/// What decides how many configurations there are must be known before anything is planned.
pub(super) fn check_each(module: &Module, provider: &ProviderBlock) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Some(each) = &provider.for_each else { return found };
    let mut seen = BTreeSet::new();
    let own = each.references().into_iter().map(|(reference, span)| (reference, span, None));
    let mut queue: Vec<(Reference, Span, Option<Span>)> = own.collect();
    while let Some((reference, span, inside)) = queue.pop() {
        match reference {
            Reference::Local(name) => {
                let value = module.locals.get(&name).map(|it| &it.value);
                let inner = value.filter(|_| seen.insert(name)).map(Expression::references);
                // What is wrong with a local value is told where the provider uses it.
                let inner = inner.into_iter().flatten();
                let inner = inner.map(|(it, place)| (it, span.clone(), Some(place)));
                queue.extend(inner);
            }
            Reference::Resource(..) | Reference::Module(..) => {
                let detail = "`for_each` of a provider can only depend on variables and local \
                              values: it must be known before anything is planned.";
                let problem = Diagnostic::error("Value not known early enough", detail);
                let problem = problem.at(&span);
                found.push(match inside {
                    Some(inside) => problem.see(&inside, "which depends on this"),
                    None => problem,
                });
            }
            _ => {}
        }
    }
    found
}
