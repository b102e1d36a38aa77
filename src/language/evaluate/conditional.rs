//! `condition ? a : b`

use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::Expression;
use crate::value::{Fields, Marks, Type, Unknown, Value, convert, unify};

use super::{Evaluator, anything};

/// What a condition comes to.
pub(super) enum Decision {
    /// It is true or false.
    Known(bool),
    /// It is not known.
    Unknown,
    /// It is neither, which has been reported.
    Invalid,
}

impl<'a> Evaluator<'a> {
    pub(super) fn conditional(
        &mut self,
        condition: &'a Expression,
        then: &'a Expression,
        otherwise: &'a Expression,
        span: &Span,
    ) -> Value {
        // both sides are evaluated, for their types; errors count only on the side that is taken
        let start = self.diagnostics.0.len();
        let then_value = self.expression(then);
        let then_problems = self.diagnostics.0.split_off(start);
        let else_value = self.expression(otherwise);
        let else_problems = self.diagnostics.0.split_off(start);
        let Some(ty) = result_type(&then_value, &else_value) else {
            let secret = !then_value.marks_deep().union(else_value.marks_deep()).is_empty();
            let difference = match secret || self.secret > 0 {
                true => "They differ, how is not shown, since they are sensitive".to_string(),
                false => difference(&then_value.ty(), &else_value.ty()),
            };
            let detail = format!("Both results of a condition must have one type. {difference}.");
            let problem = Diagnostic::error("Inconsistent conditional result types", detail);
            let problem = problem.at(span);
            if secret || self.secret > 0 {
                return self.report(problem);
            }
            let typed = |value: &Value| format!("this is {}", value.ty().friendly());
            let problem = problem.see(&then.span, typed(&then_value));
            return self.report(problem.see(&otherwise.span, typed(&else_value)));
        };
        let condition_value = self.expression(condition);
        let (decision, condition_marks) = self.decide(condition_value, &condition.span);
        let ((then_value, then_marks), (else_value, else_marks)) =
            (then_value.unmark(), else_value.unmark());
        let result = match decision {
            Decision::Known(true) => {
                self.diagnostics.extend(then_problems);
                self.branch(then_value, &ty, &then.span)
            }
            Decision::Known(false) => {
                self.diagnostics.extend(else_problems);
                self.branch(else_value, &ty, &otherwise.span)
            }
            Decision::Unknown => undecided(&then_value, &else_value, ty),
            Decision::Invalid => Value::unknown(ty),
        };
        result.mark(condition_marks.union(then_marks).union(else_marks))
    }

    /// Whether a condition holds, and the marks of it.
    pub(super) fn decide(&mut self, condition: Value, span: &Span) -> (Decision, Marks) {
        let (condition, marks) = condition.unmark();
        if condition.is_null() {
            let detail = "The condition is null. It must be true or false.";
            self.fail("Null condition", detail, span);
            return (Decision::Invalid, marks);
        }
        let decision = match convert(&condition, &Type::Bool) {
            Ok(Value::Bool(it)) => Decision::Known(it),
            Ok(_) => Decision::Unknown,
            Err(error) => {
                let detail = format!("A condition must be true or false: {error}.");
                self.fail("Incorrect condition type", detail, span);
                Decision::Invalid
            }
        };
        (decision, marks)
    }

    fn branch(&mut self, value: Value, ty: &Type, span: &Span) -> Value {
        convert(&value, ty).unwrap_or_else(|error| {
            let detail = format!("This result does not have the type of the other one: {error}.");
            self.fail("Inconsistent conditional result types", detail, span);
            Value::unknown(ty.clone())
        })
    }
}

/// The type that both results can have.
fn result_type(then: &Value, otherwise: &Value) -> Option<Type> {
    match (then.bare(), otherwise.bare()) {
        (Value::Null(Type::Any), other) | (other, Value::Null(Type::Any)) => Some(other.ty()),
        (then, otherwise) => {
            let types = [then.ty(), otherwise.ty()];
            if types.contains(&Type::Any) { Some(Type::Any) } else { unify(&types) }
        }
    }
}

/// What can be said of the result while the condition is not known.
fn undecided(then: &Value, otherwise: &Value, ty: Type) -> Value {
    if then.is_null() && otherwise.is_null() {
        return Value::Null(ty);
    }
    if ty == Type::Any {
        return anything();
    }
    let not_null = certainly_not_null(then) && certainly_not_null(otherwise);
    let (mut length_min, mut length_max) = (0, None);
    if ty.element().is_some() && then.ty() == otherwise.ty() {
        let ((then_min, then_max), (else_min, else_max)) = (lengths(then), lengths(otherwise));
        length_min = then_min.min(else_min);
        length_max = then_max.zip(else_max).map(|(then, otherwise)| then.max(otherwise));
    }
    let unknown = Unknown { ty, not_null, prefix: String::new(), length_min, length_max };
    Value::Unknown(unknown.into())
}

/// Whether the value is not null and will not be.
pub(super) fn certainly_not_null(value: &Value) -> bool {
    match value {
        Value::Null(_) => false,
        Value::Unknown(unknown) => unknown.not_null,
        _ => true,
    }
}

/// The fewest and most elements of a collection.
fn lengths(value: &Value) -> (usize, Option<usize>) {
    if let Value::Unknown(unknown) = value {
        return (unknown.length_min, unknown.length_max);
    }
    let length = value.items().map(<[Value]>::len).or_else(|| value.fields().map(Fields::len));
    match (value, length) {
        // unknown elements of a set may turn out to be the same
        (Value::Set(..), Some(length)) if !value.is_wholly_known() => (length.min(1), Some(length)),
        (_, length) => (length.unwrap_or(0), length),
    }
}

/// How two types differ, in a sentence without its period.
fn difference(then: &Type, otherwise: &Type) -> String {
    match (then, otherwise) {
        (Type::Object(first), Type::Object(second)) => {
            for (name, ty) in &first.attributes {
                match second.attributes.get(name) {
                    None => {
                        return format!("Only the first one has the attribute {name:?}");
                    }
                    Some(other) if other != ty => {
                        return format!(
                            "Their attributes {name:?} differ: {}",
                            lower_first(&difference(ty, other))
                        );
                    }
                    Some(_) => {}
                }
            }
            let more = second.attributes.keys().find(|name| !first.attributes.contains_key(*name));
            let name = more.cloned().unwrap_or_default();
            format!("Only the second one has the attribute {name:?}")
        }
        (Type::Tuple(first), Type::Tuple(second)) if first.len() != second.len() => {
            format!("The first one has {} elements, the second one {}", first.len(), second.len())
        }
        (Type::Tuple(first), Type::Tuple(second)) => {
            let pairs = first.iter().zip(second.iter()).enumerate();
            let apart = pairs.into_iter().find(|(_, (first, second))| first != second);
            apart.map_or_else(String::new, |(at, (first, second))| {
                format!("Their elements {at} differ: {}", lower_first(&difference(first, second)))
            })
        }
        _ if then.friendly() == otherwise.friendly() => "They differ deep inside".to_string(),
        _ => {
            format!("The first one is {}, the second one {}", then.friendly(), otherwise.friendly())
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}
