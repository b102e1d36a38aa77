//! `a.name` and `a[key]`

use crate::address::Key;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::suggest::did_you_mean;
use crate::value::{Fields, Marks, Number, Type, Value, convert};

use super::{Evaluator, anything};

/// The most attributes that are listed where one is missing.
const LISTED: usize = 12;

/// An error without its place.
type Access = Result<Value, Box<Diagnostic>>;

impl<'a> Evaluator<'a> {
    pub(super) fn attribute(&mut self, source: &'a Expression, name: &str, span: &Span) -> Value {
        if let ExpressionKind::Reference(Reference::Module(call, key)) = &source.kind
            && let Some(answer) = self.scope.output(call, key.as_ref(), name, span)
        {
            return answer.unwrap_or_else(|diagnostic| self.report(*diagnostic));
        }
        if let Some(output) = self.output_of_instance(source, name, span) {
            return output;
        }
        let value = self.expression(source);
        let found = get_attribute(&value, name);
        self.accessed(found, source, span)
    }

    pub(super) fn index(
        &mut self,
        source: &'a Expression,
        key: &'a Expression,
        span: &Span,
    ) -> Value {
        if let ExpressionKind::Literal(name) = &key.kind
            && let Some(name) = name.as_str()
            && let Some(output) = self.output_of_instance(source, name, span)
        {
            return output;
        }
        let value = self.expression(source);
        let key = self.expression(key);
        let found = get_index(&value, &key);
        self.accessed(found, source, span)
    }

    /// One output of the instance of a module that a key chooses: `module.m[each.key].name`. Others
    /// are not looked at, since this does not depend on them.
    fn output_of_instance(
        &mut self,
        instance: &'a Expression,
        name: &str,
        span: &Span,
    ) -> Option<Value> {
        let ExpressionKind::Index(whole, key) = &instance.kind else { return None };
        let ExpressionKind::Reference(Reference::Module(call, None)) = &whole.kind else {
            return None;
        };
        let before = self.diagnostics.0.len();
        let key = match self.expression(key) {
            Value::String(name) => Some(Key::Name(name.to_string())),
            Value::Number(at) => at.as_usize().map(Key::Index),
            _ => None,
        };
        let answer = key.and_then(|key| self.scope.output(call, Some(&key), name, span));
        if answer.is_none() {
            // The key is evaluated once more with the whole.
            self.diagnostics.0.truncate(before);
        }
        Some(answer?.unwrap_or_else(|diagnostic| self.report(*diagnostic)))
    }

    fn accessed(&mut self, found: Access, source: &Expression, span: &Span) -> Value {
        found.unwrap_or_else(|problem| {
            if self.secret > 0 {
                let detail = "Part of a sensitive value cannot be taken this way.";
                return self.fail(&problem.summary, detail, span);
            }
            let text = source.span.text();
            let named = text.len() <= 60 && !text.contains('\n') && source.is_path();
            let detail = if named {
                problem.detail.replacen("This value", &format!("`{text}`"), 1)
            } else {
                problem.detail
            };
            self.report(Diagnostic { detail, ..*problem }.at(span))
        })
    }
}

impl Expression {
    /// Whether it is a reference with attributes and indexes, whose text names it well.
    fn is_path(&self) -> bool {
        match &self.kind {
            ExpressionKind::Reference(Reference::Bound(name)) => name != "*",
            ExpressionKind::Reference(_) => true,
            ExpressionKind::Attribute(source, _) | ExpressionKind::Index(source, _) => {
                source.is_path()
            }
            _ => false,
        }
    }
}

fn problem<T>(summary: &str, detail: impl Into<String>) -> Result<T, Box<Diagnostic>> {
    Err(Box::new(Diagnostic::error(summary, detail)))
}

/// The attribute `name` of an object or map, with the marks of the whole. Errors have no place.
fn get_attribute(value: &Value, name: &str) -> Result<Value, Box<Diagnostic>> {
    let found = match value.bare() {
        Value::Null(_) => problem(
            "Attempt to get attribute from null value",
            format!("This value is null, so it has no attribute {name:?}."),
        ),
        Value::Object(fields) => match fields.get(name) {
            Some(field) => Ok(field.clone()),
            None => no_attribute(name, fields.keys().map(String::as_str)),
        },
        Value::Map(_, fields) => match fields.get(name) {
            Some(field) => Ok(field.clone()),
            None => no_element(name, fields),
        },
        Value::Unknown(unknown) => unknown_attribute(&unknown.ty, name),
        other => no_attributes(&other.ty(), name),
    };
    match found {
        Ok(found) => Ok(found.mark(value.marks())),
        // names can be secret too
        Err(problem) if !value.marks().is_empty() => Err(Box::new(problem.hint(""))),
        other => other,
    }
}

fn unknown_attribute(ty: &Type, name: &str) -> Access {
    match ty {
        Type::Any => Ok(anything()),
        Type::Map(item) => Ok(Value::unknown((**item).clone())),
        Type::Object(object) => match object.attributes.get(name) {
            Some(ty) => Ok(Value::unknown(ty.clone())),
            None => no_attribute(name, object.attributes.keys().map(String::as_str)),
        },
        other => no_attributes(other, name),
    }
}

fn no_attribute<'n>(name: &str, has: impl Iterator<Item = &'n str>) -> Access {
    let has: Vec<&str> = has.collect();
    let detail = format!("This value does not have an attribute named {name:?}.");
    let mut hint = did_you_mean(name, has.iter().copied());
    if hint.is_empty() && !has.is_empty() && has.len() <= LISTED {
        hint = format!("It has {}.", has.join(", "));
    }
    Err(Box::new(Diagnostic::error("Unsupported attribute", detail).hint(hint)))
}

fn no_element(name: &str, fields: &Fields) -> Access {
    let detail = format!("This value is a map without an element {name:?}.");
    let hint = did_you_mean(name, fields.keys().map(String::as_str));
    Err(Box::new(Diagnostic::error("Missing map element", detail).hint(hint)))
}

fn no_attributes(ty: &Type, name: &str) -> Access {
    let detail = format!("This value is a {}, which has no attributes.", ty.friendly());
    let hint = match ty {
        Type::List(_) | Type::Tuple(_) => {
            format!("Name one element, as in `[0].{name}`, or take it of all: `[*].{name}`.")
        }
        Type::Set(_) => format!("Take it of all elements: `[*].{name}`."),
        _ => String::new(),
    };
    Err(Box::new(Diagnostic::error("Unsupported attribute", detail).hint(hint)))
}

/// The element of a collection that `key` names, with the marks of both. Errors have no place.
fn get_index(value: &Value, key: &Value) -> Result<Value, Box<Diagnostic>> {
    let marks = value.marks().union(key.marks());
    if value.is_null() {
        return problem(
            "Attempt to index null value",
            "This value is null, so it has no elements.",
        );
    }
    if key.is_null() {
        return problem("Invalid index", "The key of an element cannot be null.");
    }
    let found = match shape(value.bare()) {
        _ if is_untyped(value) || is_untyped(key) => Ok(anything()),
        Shape::Sequence => sequence_element(value.bare(), key),
        Shape::Map => map_element(value.bare(), key),
        Shape::Object => object_element(value.bare(), key),
        Shape::Set => problem(
            "Invalid index",
            "Elements of a set have neither index nor key; only all of them can be worked with, as \
             in a `for` expression or after `tolist`.",
        ),
        Shape::Other => problem(
            "Invalid index",
            format!("This value is a {}, which has no elements.", value.ty().friendly()),
        ),
    };
    match found {
        // As in OpenTofu, an attribute of an object tells nothing of a secret that chose it.
        Ok(found) if matches!(shape(value.bare()), Shape::Object) => {
            Ok(found.mark(value.marks()).mark(key.marks().without(Marks::SENSITIVE)))
        }
        Ok(found) => Ok(found.mark(marks)),
        Err(problem) if !marks.is_empty() => Err(Box::new(problem.hint(""))),
        other => other,
    }
}

/// How elements of a value are found. It is not the type, which is as large as the value itself.
enum Shape {
    Sequence,
    Map,
    Object,
    Set,
    Other,
}

fn shape(value: &Value) -> Shape {
    match value {
        Value::List(..) | Value::Tuple(_) => Shape::Sequence,
        Value::Map(..) => Shape::Map,
        Value::Object(_) => Shape::Object,
        Value::Set(..) => Shape::Set,
        Value::Unknown(unknown) => match &unknown.ty {
            Type::List(_) | Type::Tuple(_) => Shape::Sequence,
            Type::Map(_) => Shape::Map,
            Type::Object(_) => Shape::Object,
            Type::Set(_) => Shape::Set,
            _ => Shape::Other,
        },
        _ => Shape::Other,
    }
}

/// Whether it is an unknown or null value of no type.
fn is_untyped(value: &Value) -> bool {
    match value.bare() {
        Value::Unknown(unknown) => unknown.ty == Type::Any,
        Value::Null(ty) => *ty == Type::Any,
        _ => false,
    }
}

fn key_as(key: &Value, ty: &Type) -> Access {
    convert(key, ty).or_else(|error| {
        problem("Invalid index", format!("This value has no element with the given key: {error}."))
    })
}

fn sequence_element(value: &Value, key: &Value) -> Access {
    let key = key_as(key, &Type::Number)?;
    let Some(number) = key.as_number() else {
        let item = match value {
            Value::List(item, _) => Some(item),
            Value::Unknown(unknown) => unknown.ty.element(),
            _ => None,
        };
        return Ok(item.map_or_else(anything, |item| Value::unknown(item.clone())));
    };
    if !number.is_whole() {
        let detail = "The index of an element must be a whole number.";
        return Err(Box::new(
            Diagnostic::error("Invalid index", detail).hint("Use `floor` after a division."),
        ));
    }
    if number.is_negative() {
        return problem("Invalid index", "The index of an element cannot be negative.");
    }
    let at = number.as_usize().unwrap_or(usize::MAX);
    match value {
        Value::Unknown(unknown) => match &unknown.ty {
            Type::Tuple(types) => match types.get(at) {
                Some(ty) => Ok(Value::unknown(ty.clone())),
                None => out_of_range(number, &key, types.len()),
            },
            ty => Ok(Value::unknown(ty.element().cloned().unwrap_or(Type::Any))),
        },
        _ => {
            let items = value.items().unwrap_or_default();
            items.get(at).cloned().map_or_else(|| out_of_range(number, &key, items.len()), Ok)
        }
    }
}

fn out_of_range(number: &Number, key: &Value, length: usize) -> Access {
    let index = if key.marks().is_empty() { format!(" {number}") } else { String::new() };
    let detail = match length {
        0 => "This value has no elements.".to_string(),
        1 => format!(
            "This value has only one element, so there is no element with the index{index}."
        ),
        _ => format!(
            "This value has {length} elements, so there is no element with the index{index}."
        ),
    };
    problem("Invalid index", detail)
}

fn map_element(value: &Value, key: &Value) -> Access {
    let key = key_as(key, &Type::String)?;
    let (Some(name), Some(fields)) = (key.as_str(), value.fields()) else {
        let item = match value {
            Value::Map(item, _) => Some(item),
            Value::Unknown(unknown) => unknown.ty.element(),
            _ => None,
        };
        return Ok(Value::unknown(item.cloned().unwrap_or(Type::Any)));
    };
    match fields.get(name) {
        Some(field) => Ok(field.clone()),
        None => no_key(name, &key, fields.keys()),
    }
}

fn object_element(value: &Value, key: &Value) -> Access {
    let number = key.ty() == Type::Number;
    let key = key_as(key, &Type::String)?;
    let Some(name) = key.as_str() else { return Ok(anything()) };
    match value {
        Value::Object(fields) => match fields.get(name) {
            Some(field) => Ok(field.clone()),
            None if number => problem(
                "Invalid index",
                "This value is an object, whose attributes have names, not numbers.",
            ),
            None => no_key(name, &key, fields.keys()),
        },
        // a splat of an empty list looks for the type that way, so what is missing is no mistake yet
        Value::Unknown(unknown) => Ok(unknown_attribute(&unknown.ty, name).unwrap_or(anything())),
        _ => Ok(anything()),
    }
}

fn no_key<'n>(name: &str, key: &Value, has: impl Iterator<Item = &'n String>) -> Access {
    if !key.marks().is_empty() {
        return problem("Invalid index", "This value has no element with the given key.");
    }
    let detail = format!("This value has no element with the key {name:?}.");
    let hint = did_you_mean(name, has.map(String::as_str));
    Err(Box::new(Diagnostic::error("Invalid index", detail).hint(hint)))
}
