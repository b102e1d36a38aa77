//! How much one evaluation may do and make. A mistake in a configuration must not use up the memory, or
//! go on forever; what is meant is far from these limits.

use std::cell::Cell;
use std::rc::Rc;

use super::{Evaluator, anything};
use crate::diagnostic::Span;
use crate::language::config::{Expression, ExpressionKind};
use crate::value::{Fields, LARGEST_VALUE, LONGEST_TEXT, MOST_ELEMENTS, Value};

/// How often all loops of one evaluation may go round together.
const MOST_ROUNDS: usize = 100_000_000;

/// What rendering a template file counts, in rounds of a loop.
pub(super) const RENDERING: usize = 1000;

/// What has been spent.
#[derive(Clone, Default)]
pub(super) struct Budget {
    /// The rounds of loops so far, those in template files included.
    rounds: Rc<Cell<usize>>,
    /// The size of what the loops that are going on have made so far.
    made: usize,
    /// Whether there was too much, so that no loop goes on.
    exceeded: bool,
}

impl Budget {
    /// The budget of a template file that is rendered meanwhile.
    pub(super) fn of_template(&self) -> Budget {
        Budget { rounds: self.rounds.clone(), ..Budget::default() }
    }
}

const TOO_LARGE: &str = "Value too large";

fn too_long() -> String {
    format!("This makes a text of more than {} MiB.", LONGEST_TEXT >> 20)
}

fn too_large() -> String {
    format!("This makes a value of more than {} MiB.", LARGEST_VALUE >> 20)
}

impl<'a> Evaluator<'a> {
    /// What loops inside of `inside` make is made anew: what counts is what comes of it.
    pub(super) fn in_loop<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.budget.made;
        let result = inside(self);
        self.budget.made = before;
        result
    }

    /// Counts what a loop has made in a round.
    pub(super) fn has_made(&mut self, value: &Value) {
        let left = LARGEST_VALUE.saturating_sub(self.budget.made);
        self.budget.made += value.size(left);
    }

    /// Whether a loop at a place may go round once more. If not, that is reported.
    pub(super) fn goes_round(&mut self, count: usize, span: &Span) -> bool {
        let rounds = self.budget.rounds.get().saturating_add(count);
        self.budget.rounds.set(rounds);
        if self.budget.exceeded {
            return false;
        }
        let detail = if self.budget.made >= LARGEST_VALUE {
            too_large()
        } else if rounds > MOST_ROUNDS {
            format!("The loops of this expression go round more than {MOST_ROUNDS} times.")
        } else {
            return true;
        };
        self.exceed(TOO_LARGE, detail, span);
        false
    }

    fn exceed(&mut self, summary: &str, detail: String, span: &Span) {
        self.budget.exceeded = true;
        self.fail(summary, detail, span);
    }

    /// Whether a text may be so long. If not, that is reported.
    pub(super) fn may_be_long(&mut self, length: usize, span: &Span) -> bool {
        if length > LONGEST_TEXT && !self.budget.exceeded {
            self.exceed(TOO_LARGE, too_long(), span);
        }
        length <= LONGEST_TEXT
    }

    /// Whether an argument that is written out is too large, which is then reported: what has a name
    /// was looked at when it got it.
    pub(super) fn is_too_large(&mut self, value: &Value, written: &Expression) -> bool {
        let collection =
            matches!(written.kind, ExpressionKind::Tuple(_) | ExpressionKind::Object(_));
        let large = collection && value.is_too_large();
        if large {
            self.exceed(TOO_LARGE, too_large(), &written.span);
        }
        large
    }

    /// The result of a whole expression, unless it is too large.
    pub(super) fn whole(&mut self, value: Value, expression: &Expression) -> Value {
        let composed = matches!(
            expression.kind,
            ExpressionKind::Tuple(_)
                | ExpressionKind::Object(_)
                | ExpressionKind::Call(_)
                | ExpressionKind::Conditional(..)
                | ExpressionKind::Parentheses(_)
        );
        if self.budget.exceeded || !composed || !value.is_too_large() {
            return value;
        }
        self.exceed(TOO_LARGE, too_large(), &expression.span);
        anything()
    }

    /// The result of a call, unless it is too large at first sight.
    pub(super) fn called(&mut self, result: Value, span: &Span) -> Value {
        let count = result.items().map(<[Value]>::len).or(result.fields().map(Fields::len));
        let large = count.is_some_and(|it| it > MOST_ELEMENTS);
        if large && !self.budget.exceeded {
            self.exceed(TOO_LARGE, too_large(), span);
        }
        let length = result.as_str().map_or(0, str::len);
        if self.may_be_long(length, span) && !large { result } else { anything() }
    }

    /// What `inside` gives, with a budget that is not exceeded afterwards if it was not before.
    pub(super) fn with_budget_kept<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.budget.exceeded;
        let result = inside(self);
        self.budget.exceeded = before;
        result
    }
}
