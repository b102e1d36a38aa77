//! `for` expressions and splats.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, For};
use crate::value::{Fields, Marks, Type, Unknown, Value, convert};

use super::conditional::certainly_not_null;
use super::{Evaluator, anything};

/// What a `for` expression has made so far.
struct Made {
    items: Vec<Value>,
    fields: Fields,
    groups: BTreeMap<String, Vec<Value>>,
    /// The marks of the source and of all that decided which elements there are.
    marks: Marks,
    /// Whether it is known which elements there are.
    known: bool,
}

impl Made {
    fn new(marks: Marks) -> Made {
        let (items, fields, groups) = (Vec::new(), Fields::new(), BTreeMap::new());
        Made { items, fields, groups, marks, known: true }
    }
}

/// The elements of a collection as `for` sees them, with their keys; none when it has no elements.
pub(crate) fn elements(value: &Value) -> Option<Vec<(Value, Value)>> {
    match value.bare() {
        Value::List(_, items) | Value::Tuple(items) => {
            let pair = |(at, item): (usize, &Value)| (Value::number(at), item.clone());
            Some(items.iter().enumerate().map(pair).collect())
        }
        Value::Set(_, items) => Some(items.iter().map(|it| (it.clone(), it.clone())).collect()),
        Value::Map(_, fields) | Value::Object(fields) => {
            let pair = |(key, item): (&String, &Value)| (Value::from(key.as_str()), item.clone());
            Some(fields.iter().map(pair).collect())
        }
        _ => None,
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn for_loop(&mut self, it: &'a For) -> Value {
        let (source, marks) = self.expression(&it.source).unmark();
        let Some(elements) = self.iterable(&source, "a `for` expression", &it.source.span) else {
            let mut made = Made::new(marks);
            let before = self.diagnostics.0.len();
            self.judge_condition(it, &mut made);
            if source.is_null() || source.ty() == Type::Any || source.ty().is_primitive() {
                self.diagnostics.0.truncate(before);
            }
            return anything().mark(made.marks);
        };
        let mut made = Made::new(marks);
        if elements.is_empty() {
            self.judge_condition(it, &mut made);
            made.marks = marks;
        }
        self.looking_into(marks, |me| me.in_loop(|inside| inside.rounds(it, elements, &mut made)));
        let result = if !made.known {
            anything()
        } else if it.key.is_none() {
            Value::tuple(made.items)
        } else if it.group {
            Value::object(made.groups.into_iter().map(|(key, items)| (key, Value::tuple(items))))
        } else {
            Value::object(made.fields)
        };
        result.mark(made.marks)
    }

    fn rounds(&mut self, it: &'a For, elements: Vec<(Value, Value)>, made: &mut Made) {
        let place = &it.value.span;
        for (key, value) in elements {
            if !self.goes_round(1, place) {
                break;
            }
            let names = it.key_name.as_deref().map(|name| (name, key)).into_iter();
            let names = names.chain([(it.value_name.as_str(), value)]);
            self.with(names, |inside| inside.for_element(it, made));
        }
        made.known &= self.goes_round(0, place);
    }

    /// The elements of what is iterated over; none when they are not known or it has none, which
    /// is then reported.
    pub(super) fn iterable(
        &mut self,
        source: &Value,
        what: &str,
        span: &Span,
    ) -> Option<Vec<(Value, Value)>> {
        if source.is_null() {
            let detail = format!("A null value cannot be the source of {what}.");
            self.fail("Iteration over null value", detail, span);
            return None;
        }
        let ty = source.ty();
        if ty.is_primitive() {
            let detail = format!("A {} cannot be the source of {what}.", ty.friendly());
            self.fail("Iteration over non-iterable value", detail, span);
            return None;
        }
        elements(source)
    }

    /// Reports what is wrong with the `if` clause although there are no elements.
    fn judge_condition(&mut self, it: &'a For, made: &mut Made) {
        let Some(condition) = &it.condition else { return };
        let before = self.diagnostics.0.len();
        let names = it.key_name.iter().chain([&it.value_name]);
        let names: Vec<_> = names.map(|name| (name.as_str(), anything())).collect();
        self.with(names, |inside| inside.included(condition, made));
        made.known = self.diagnostics.0.len() == before;
    }

    fn for_element(&mut self, it: &'a For, made: &mut Made) {
        if let Some(condition) = &it.condition
            && !self.included(condition, made)
        {
            return;
        }
        let Some(key) = &it.key else {
            let value = self.in_loop(|me| me.expression(&it.value));
            self.has_made(&value);
            made.items.push(value);
            return;
        };
        let key_value = self.expression(key);
        made.marks = made.marks.union(key_value.marks());
        let Some(name) = self.for_key(&key_value, key) else {
            made.known = false;
            return;
        };
        let value = self.in_loop(|me| me.expression(&it.value));
        self.has_made(&value);
        if it.group {
            return made.groups.entry(name).or_default().push(value);
        }
        match made.fields.entry(name) {
            Entry::Vacant(free) => drop(free.insert(value)),
            Entry::Occupied(taken) => self.duplicate_key(taken.key(), &key_value, key),
        }
    }

    /// Whether the `if` clause lets the element in.
    fn included(&mut self, condition: &'a Expression, made: &mut Made) -> bool {
        let (value, marks) = self.expression(condition).unmark();
        made.marks = made.marks.union(marks);
        let problem = match convert(&value, &Type::Bool) {
            Ok(Value::Bool(it)) => return it,
            Ok(Value::Null(_)) => "it is null".to_string(),
            Ok(_) => {
                made.known = false;
                return false;
            }
            Err(error) => error.to_string(),
        };
        made.known = false;
        let detail = format!("The `if` clause must be true or false: {problem}.");
        self.fail("Invalid 'for' condition", detail, &condition.span);
        false
    }

    fn for_key(&mut self, value: &Value, key: &Expression) -> Option<String> {
        let problem = match convert(value.bare(), &Type::String) {
            Ok(Value::Null(_)) => "it is null".to_string(),
            Ok(name) => return name.as_str().map(str::to_string),
            Err(error) => error.to_string(),
        };
        let detail = format!("The key of an element must be a string: {problem}.");
        self.fail("Invalid object key", detail, &key.span);
        None
    }

    fn duplicate_key(&mut self, name: &str, value: &Value, key: &Expression) {
        let which = if value.marks().is_empty() && self.secret == 0 {
            format!(" {name:?}")
        } else {
            String::new()
        };
        let detail = format!("Two elements have the same key{which}.");
        let hint = "Write `...` after the value to gather the values of each key in a list.";
        let problem = Diagnostic::error("Duplicate object key", detail);
        self.report(problem.at(&key.span).hint(hint));
    }

    pub(super) fn splat(
        &mut self,
        source: &'a Expression,
        name: &'a str,
        each: &'a Expression,
        span: &Span,
    ) -> Value {
        let (value, marks) = self.expression(source).unmark();
        let ty = value.ty();
        let sequence = matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_));
        let before = self.diagnostics.0.len();
        let result = match &value {
            Value::Null(_) if sequence => {
                let detail = "A splat expression cannot be applied to a null list, set or tuple.";
                self.fail("Splat of null value", detail, span)
            }
            Value::Null(_) => Value::tuple([]),
            Value::Unknown(_) if ty == Type::Any => anything(),
            Value::Unknown(unknown) if sequence => self.unknown_splat(unknown, name, each),
            Value::Unknown(_) if !certainly_not_null(&value) => {
                // evaluated for its errors: whether there is one element or none is not known
                let before = self.diagnostics.0.len();
                self.with([(name, value.mark(marks))], |inside| inside.expression(each));
                self.perhaps(before);
                anything()
            }
            Value::List(item, items) | Value::Set(item, items) => {
                self.looking_into(marks, |inside| inside.list_splat(items, item, name, each, span))
            }
            Value::Tuple(items) => self.looking_into(marks, |inside| {
                let mut element =
                    |it: &Value| inside.with([(name, it.clone())], |me| me.expression(each));
                Value::tuple(items.iter().map(&mut element))
            }),
            _ => {
                let element = [(name, value.mark(marks))];
                Value::tuple([self.with(element, |inside| inside.expression(each))])
            }
        };
        let failed = self.diagnostics.0.len() > before;
        if failed { Value::unknown(result.ty()) } else { result }.mark(marks)
    }

    fn unknown_splat(&mut self, source: &Unknown, name: &'a str, each: &'a Expression) -> Value {
        let before = self.diagnostics.0.len();
        let mut element = |ty: &Type| {
            self.with([(name, Value::unknown(ty.clone()))], |inside| inside.expression(each)).ty()
        };
        let (ty, length_min, length_max) = match &source.ty {
            Type::Tuple(types) => (Type::tuple_of(types.iter().map(element)), 0, None),
            other => {
                let item = element(other.element().unwrap_or(&Type::Any));
                (Type::list(item), source.length_min, source.length_max)
            }
        };
        self.perhaps(before);
        let unknown = Unknown { ty, not_null: true, prefix: String::new(), length_min, length_max };
        Value::Unknown(unknown.into())
    }

    fn list_splat(
        &mut self,
        items: &[Value],
        item: &Type,
        name: &'a str,
        each: &'a Expression,
        span: &Span,
    ) -> Value {
        let mut element = |it: Value| self.with([(name, it)], |inside| inside.expression(each));
        if items.is_empty() {
            return Value::list(element(Value::unknown(item.clone())).ty(), []);
        }
        let results: Vec<Value> = items.iter().map(|it| element(it.clone())).collect();
        let types: BTreeSet<Type> = results.iter().map(Value::ty).collect();
        let mut types = types.into_iter().filter(|ty| *ty != Type::Any);
        match (types.next(), types.next()) {
            (None, _) => Value::list(Type::Any, results),
            (Some(ty), None) => {
                let typed = |it: &Value| convert(it, &ty).unwrap_or_else(|_| it.clone());
                Value::list(ty.clone(), results.iter().map(typed))
            }
            (Some(_), Some(_)) => {
                let detail =
                    "The results for the elements differ in type, so there is no list of them.";
                let hint = "A `for` expression can make a tuple of them.";
                let problem = Diagnostic::error("Invalid nested splat expressions", detail);
                self.report(problem.at(span).hint(hint))
            }
        }
    }
}
