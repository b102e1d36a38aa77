//! Operators.

use crate::diagnostic::Span;
use crate::language::config::{BinaryOperator, Expression, UnaryOperator};
use crate::value::{Number, Type, Value, convert};

use super::Evaluator;

/// The value of an operand: none when it has none, which has been reported.
type Operand = Option<Value>;

impl<'a> Evaluator<'a> {
    pub(super) fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &'a Expression,
        span: &Span,
    ) -> Value {
        let ty = match operator {
            UnaryOperator::Negate => Type::Number,
            UnaryOperator::Not => Type::Bool,
        };
        let value = self.expression(operand);
        let Some(value) = self.operand(value, &ty, "the operand", &operand.span) else {
            return Value::unknown(ty);
        };
        let (value, marks) = value.unmark();
        let result = match value {
            Value::Null(_) => {
                self.null_operand(span);
                Value::unknown(ty)
            }
            Value::Number(number) => Value::Number(number.negate()),
            Value::Bool(it) => Value::Bool(!it),
            _ => Value::unknown_not_null(ty),
        };
        result.mark(marks)
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &'a Expression,
        right: &'a Expression,
        span: &Span,
    ) -> Value {
        match operator {
            BinaryOperator::And => self.logical(left, right, false, span),
            BinaryOperator::Or => self.logical(left, right, true, span),
            BinaryOperator::Equal => self.equality(left, right, false),
            BinaryOperator::NotEqual => self.equality(left, right, true),
            _ => self.arithmetic(operator, left, right, span),
        }
    }

    /// An operand as a value of type `ty`; it may be null.
    fn operand(&mut self, value: Value, ty: &Type, which: &str, span: &Span) -> Operand {
        match convert(&value, ty) {
            Ok(value) => Some(value),
            Err(error) => {
                let detail = format!("The value of {which} is not suitable: {error}.");
                self.fail("Invalid operand", detail, span);
                None
            }
        }
    }

    fn null_operand(&mut self, span: &Span) {
        let detail = "An operand is null. Operators other than == and != need values.";
        self.fail("Operation failed", detail, span);
    }

    fn equality(&mut self, left: &'a Expression, right: &'a Expression, negate: bool) -> Value {
        let (left, right) = (self.expression(left), self.expression(right));
        let (equal, marks) = left.equals(&right).unmark();
        match equal {
            Value::Bool(it) => Value::Bool(it != negate),
            other => other,
        }
        .mark(marks)
    }

    /// `&&` and `||`: a side that is `decisive` decides, whatever is wrong with the other one.
    fn logical(
        &mut self,
        left: &'a Expression,
        right: &'a Expression,
        decisive: bool,
        span: &Span,
    ) -> Value {
        let before = self.diagnostics.0.len();
        let left_value = self.expression(left);
        let between = self.diagnostics.0.len();
        let right_value = self.expression(right);
        let after = self.diagnostics.0.len();
        // what is not a bool yet may turn out not to be convertible to one, which would be an error
        let sides = [(&left_value, between > before), (&right_value, after > between)];
        let is_open = |(value, failed): &(&Value, bool)| {
            !failed && !value.is_known() && value.ty() != Type::Bool
        };
        let open = self.attempts > 0 && sides.iter().any(is_open);
        let left_value = self.operand(left_value, &Type::Bool, "the left operand", &left.span);
        let right_value = self.operand(right_value, &Type::Bool, "the right operand", &right.span);
        let (Some(left_value), Some(right_value)) = (left_value, right_value) else {
            return Value::unknown(Type::Bool);
        };
        let ((left, left_marks), (right, right_marks)) =
            (left_value.unmark(), right_value.unmark());
        let (left_failed, right_failed) = (between > before, after > between);
        let result = match (truth(&left), truth(&right)) {
            _ if open => {
                self.diagnostics.0.truncate(before);
                Value::unknown_not_null(Type::Bool)
            }
            (Some(it), _) if it == decisive && !left_failed => {
                self.diagnostics.0.truncate(between);
                Value::Bool(decisive)
            }
            (_, Some(it)) if it == decisive && !right_failed => {
                self.diagnostics.0.drain(before..between);
                Value::Bool(decisive)
            }
            (None, None) if !left_failed => {
                self.diagnostics.0.truncate(between);
                Value::unknown_not_null(Type::Bool)
            }
            (Some(_), Some(_)) if left.is_null() || right.is_null() => {
                self.null_operand(span);
                Value::unknown(Type::Bool)
            }
            (Some(left), Some(right)) => Value::Bool(left && right || decisive && (left || right)),
            (None, None) => {
                // the other side may yet decide
                self.perhaps(before);
                Value::unknown_not_null(Type::Bool)
            }
            _ => Value::unknown_not_null(Type::Bool),
        };
        result.mark(left_marks.union(right_marks))
    }

    fn arithmetic(
        &mut self,
        operator: BinaryOperator,
        left: &'a Expression,
        right: &'a Expression,
        span: &Span,
    ) -> Value {
        let (left_value, right_value) = (self.expression(left), self.expression(right));
        let left = self.operand(left_value, &Type::Number, "the left operand", &left.span);
        let right = self.operand(right_value, &Type::Number, "the right operand", &right.span);
        let ty = result_type(operator);
        let (Some(left), Some(right)) = (left, right) else { return Value::unknown(ty) };
        let ((left, left_marks), (right, right_marks)) = (left.unmark(), right.unmark());
        let result = match (&left, &right) {
            (Value::Number(left), Value::Number(right)) => {
                self.compute(operator, left, right, span)
            }
            (Value::Null(_), _) | (_, Value::Null(_)) => {
                self.null_operand(span);
                Value::unknown(ty)
            }
            _ => Value::unknown_not_null(ty),
        };
        result.mark(left_marks.union(right_marks))
    }

    fn compute(
        &mut self,
        operator: BinaryOperator,
        left: &Number,
        right: &Number,
        span: &Span,
    ) -> Value {
        let result = match operator {
            BinaryOperator::Less => Value::Bool(left < right),
            BinaryOperator::LessOrEqual => Value::Bool(left <= right),
            BinaryOperator::Greater => Value::Bool(left > right),
            BinaryOperator::GreaterOrEqual => Value::Bool(left >= right),
            BinaryOperator::Add => Value::Number(left.add(right)),
            BinaryOperator::Subtract => Value::Number(left.subtract(right)),
            BinaryOperator::Multiply => Value::Number(left.multiply(right)),
            BinaryOperator::Modulo => Value::Number(left.remainder(right)),
            _ => left.divide(right).map_or_else(
                || {
                    self.fail("Division by zero", "A number cannot be divided by zero.", span);
                    Value::unknown(Type::Number)
                },
                Value::Number,
            ),
        };
        if result.as_number().is_some_and(|it| !it.is_in_range()) {
            let detail = "The result is a number too large, or too close to zero, to go on with.";
            self.fail("Operation failed", detail, span);
            return Value::unknown(Type::Number);
        }
        result
    }
}

fn result_type(operator: BinaryOperator) -> Type {
    match operator {
        BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual => Type::Bool,
        _ => Type::Number,
    }
}

/// The truth of an operand of `&&` or `||`, if it is known. Null is as good as false, as in OpenTofu,
/// unless it would have to decide.
fn truth(value: &Value) -> Option<bool> {
    if value.is_null() { Some(false) } else { value.as_bool() }
}
