//! Type constraints: `list(object({ name = string, port = optional(number, 80) }))`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Call, Expression, ExpressionKind, Reference, TypeDefaults};
use crate::language::defaults::apply_defaults;
use crate::language::module::constant;
use crate::language::suggest::nearest;
use crate::value::{ObjectType, Type, Value, convert};

const NAMES: [&str; 9] =
    ["string", "number", "bool", "any", "list", "set", "map", "object", "tuple"];

/// The type that an expression describes, and the defaults of its optional attributes. The names in
/// the expression must not have been resolved.
pub fn type_constraint(expression: &Expression) -> (Type, TypeDefaults, Diagnostics) {
    let mut reader = Reader { diagnostics: Diagnostics::new() };
    let (ty, defaults) = reader.read(expression);
    (ty, defaults, reader.diagnostics)
}

struct Reader {
    diagnostics: Diagnostics,
}

type Typed = (Type, TypeDefaults);

fn plain(ty: Type) -> Typed {
    (ty, TypeDefaults::default())
}

impl Reader {
    fn read(&mut self, expression: &Expression) -> Typed {
        match &expression.kind {
            ExpressionKind::Reference(Reference::Bound(name)) => {
                plain(self.name(name, &expression.span))
            }
            ExpressionKind::Call(call) => self.call(call, &expression.span),
            ExpressionKind::Parentheses(inside) => self.read(inside),
            ExpressionKind::Literal(value) if value.as_str().is_some() => {
                let hint = format!("Write `{}`.", value.as_str().unwrap_or_default());
                self.fail(&expression.span, "A type is written without quotes.", hint)
            }
            _ => {
                let detail = "A type is one of string, number, bool and any, or list(…), set(…), \
                              map(…), object({…}) or tuple([…]) of types.";
                self.fail(&expression.span, detail, String::new())
            }
        }
    }

    fn fail(&mut self, span: &Span, detail: impl Into<String>, hint: String) -> Typed {
        let problem = Diagnostic::error("Invalid type", detail).hint(hint).at(span);
        self.diagnostics.push(problem);
        plain(Type::Any)
    }

    fn name(&mut self, name: &str, span: &Span) -> Type {
        match name {
            "string" => Type::String,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "any" => Type::Any,
            // Shorthands from before types had arguments.
            "list" => Type::list(Type::Any),
            "map" => Type::map(Type::Any),
            "set" | "object" | "tuple" => {
                let detail = format!("`{name}` needs to be told what is in it.");
                let example = match name {
                    "set" => "set(string)",
                    "object" => "object({ name = string })",
                    _ => "tuple([string, number])",
                };
                self.fail(span, detail, format!("Write for example `{example}`.")).0
            }
            _ => self.fail(span, format!("There is no type `{name}`."), suggestion(name)).0,
        }
    }

    fn call(&mut self, call: &Call, span: &Span) -> Typed {
        let name = call.name.as_str();
        let argument = match call.arguments.as_slice() {
            [argument] if !call.expand => argument,
            _ if NAMES.contains(&name) && !["string", "number", "bool", "any"].contains(&name) => {
                return self.fail(span, format!("`{name}` takes one argument."), String::new());
            }
            _ if name == "optional" => return self.misplaced_optional(call),
            _ => return self.unknown_call(call),
        };
        match name {
            "list" | "set" | "map" => {
                let (item, inside) = self.read(argument);
                let ty = match name {
                    "list" => Type::list(item),
                    "set" => Type::set(item),
                    _ => Type::map(item),
                };
                (ty, children([(String::new(), inside)]))
            }
            "object" => self.object(argument),
            "tuple" => self.tuple(argument),
            "optional" => self.misplaced_optional(call),
            _ => self.unknown_call(call),
        }
    }

    fn misplaced_optional(&mut self, call: &Call) -> Typed {
        let detail = "`optional` can only stand around the type of an attribute of an object.";
        self.fail(&call.name_span, detail, String::new())
    }

    fn unknown_call(&mut self, call: &Call) -> Typed {
        let name = call.name.as_str();
        match name {
            "string" | "number" | "bool" | "any" => {
                let detail = format!("`{name}` takes no arguments.");
                self.fail(&call.name_span, detail, format!("Write `{name}`."))
            }
            _ => self.fail(
                &call.name_span,
                format!("There is no type `{name}(…)`."),
                suggestion(name),
            ),
        }
    }

    fn tuple(&mut self, argument: &Expression) -> Typed {
        let ExpressionKind::Tuple(items) = &argument.kind else {
            let detail = "`tuple` takes a list of types in brackets.";
            return self.fail(&argument.span, detail, "Write `tuple([string])`.".into());
        };
        let (types, inside): (Vec<Type>, Vec<TypeDefaults>) =
            items.iter().map(|it| self.read(it)).unzip();
        let numbered = inside.into_iter().enumerate().map(|(at, it)| (at.to_string(), it));
        (Type::Tuple(Arc::new(types)), children(numbered))
    }

    fn object(&mut self, argument: &Expression) -> Typed {
        let ExpressionKind::Object(entries) = &argument.kind else {
            let detail = "`object` takes attribute names with their types in braces.";
            return self.fail(&argument.span, detail, "Write `object({ name = string })`.".into());
        };
        let mut attributes = BTreeMap::new();
        let mut optional = BTreeSet::new();
        let mut defaults = TypeDefaults::default();
        for (key, value) in entries {
            let name = match &key.kind {
                ExpressionKind::Literal(name) if name.as_str().is_some() => name.as_str(),
                _ => None,
            };
            let Some(name) = name.map(str::to_string) else {
                self.fail(&key.span, "An attribute name must be written as it is.", String::new());
                continue;
            };
            let (ty, inside) = match &value.kind {
                ExpressionKind::Call(call) if call.name == "optional" => {
                    optional.insert(name.clone());
                    self.optional(call, &value.span, &name, &mut defaults)
                }
                _ => self.read(value),
            };
            keep_child(&mut defaults, name.clone(), inside);
            if attributes.insert(name.clone(), ty).is_some() {
                self.fail(&key.span, format!("`{name}` is given twice."), String::new());
            }
        }
        (Type::Object(Arc::new(ObjectType { attributes, optional })), defaults)
    }

    /// The type inside `optional(type, default)`; the default goes to those of the object.
    fn optional(
        &mut self,
        call: &Call,
        span: &Span,
        name: &str,
        defaults: &mut TypeDefaults,
    ) -> Typed {
        let (ty, default) = match call.arguments.as_slice() {
            [ty] => (ty, None),
            [ty, default] => (ty, Some(default)),
            _ => {
                let detail = "`optional` takes a type and, if wanted, a default.";
                return self.fail(span, detail, String::new());
            }
        };
        let (ty, inside) = self.read(ty);
        if let Some(default) = default {
            let what = format!("the default of `{name}`");
            let value = self.diagnostics.take(constant(default, &what)).unwrap_or(Value::NULL);
            match convert(&apply_defaults(value, &inside), &ty) {
                Ok(value) => drop(defaults.values.insert(name.to_string(), value)),
                Err(error) => {
                    let detail = format!("The default of `{name}` does not fit its type: {error}.");
                    self.fail(&default.span, detail, String::new());
                }
            }
        }
        (ty, inside)
    }
}

fn suggestion(name: &str) -> String {
    match nearest(name, NAMES) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("There are {}.", NAMES.join(", ")),
    }
}

fn is_empty(defaults: &TypeDefaults) -> bool {
    defaults.values.is_empty() && defaults.children.is_empty()
}

fn keep_child(defaults: &mut TypeDefaults, name: String, child: TypeDefaults) {
    if !is_empty(&child) {
        defaults.children.insert(name, child);
    }
}

fn children(inside: impl IntoIterator<Item = (String, TypeDefaults)>) -> TypeDefaults {
    let mut defaults = TypeDefaults::default();
    inside.into_iter().for_each(|(name, child)| keep_child(&mut defaults, name, child));
    defaults
}
