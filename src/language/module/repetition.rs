//! `count`, `for_each` and `enabled`: what says how many instances there are.

use super::arguments::Arguments;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::Repetition;

/// All that is said, of which there may be one.
pub(super) struct Repeats(Vec<(&'static str, Span, Repetition)>);

impl Repeats {
    /// The arguments of a block.
    pub(super) fn of(arguments: &mut Arguments<'_>) -> Repeats {
        let mut repeats = Repeats(Vec::new());
        repeats.take(arguments, "count", Repetition::Count);
        repeats.take(arguments, "for_each", Repetition::ForEach);
        repeats
    }

    /// The argument of its `lifecycle` block.
    pub(super) fn enabled(&mut self, lifecycle: &mut Arguments<'_>) {
        self.take(lifecycle, "enabled", Repetition::Enabled);
    }

    fn take(
        &mut self,
        arguments: &mut Arguments<'_>,
        name: &'static str,
        repetition: impl FnOnce(crate::language::config::Expression) -> Repetition,
    ) {
        let given = arguments.take(name);
        self.0.extend(given.map(|it| (name, it.name_span, repetition(it.value))));
    }

    /// The one that counts; more are reported at all of them together.
    pub(super) fn only_one(mut self, diagnostics: &mut Diagnostics) -> Repetition {
        self.0.sort_by_key(|(_, span, _)| span.range.start);
        if let [(_, first, _), .., (_, last, _)] = self.0.as_slice() {
            let names: Vec<_> = self.0.iter().map(|(name, ..)| format!("`{name}`")).collect();
            let detail = format!("{} exclude each other.", names.join(" and "));
            let place = if first.source == last.source { first.to(last) } else { last.clone() };
            let problem = Diagnostic::error("Invalid combination of arguments", detail);
            diagnostics.push(problem.at(&place).hint("Leave one of them."));
        }
        self.0.pop().map_or(Repetition::Single, |(_, _, repetition)| repetition)
    }
}
