//! What is said of a function in the table.

use super::call::{Call, Outcome};
use crate::value::{Type, Value};

/// A function of the language.
#[derive(Clone, Copy)]
pub struct Function {
    /// The name it is called by.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub description: &'static str,
    /// The parameters that must be given.
    pub parameters: &'static [Parameter],
    /// The parameter that takes all further arguments, if there may be any.
    pub variadic: Option<Parameter>,
    /// The type of the result.
    pub returns: Returns,
    /// Whether the result may be null.
    pub nullable: bool,
    /// Whether equal arguments always give the same result.
    pub pure: bool,
    pub(super) body: fn(&Call<'_>) -> Outcome,
}

/// A parameter of a function.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// The type that arguments are converted to.
    pub shape: Shape,
    /// Whether the argument may be null.
    pub null: bool,
    /// How much of the argument must be known for the function to be called.
    pub knowledge: Knowledge,
    /// Whether the function sees the marks of the argument and deals with them itself.
    pub marked: bool,
    /// Whether the function is called although not even the type of the argument is known.
    pub dynamic: bool,
}

/// How much of an argument must be known for a function to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// The function deals with unknown arguments itself.
    Nothing,
    /// The argument itself, but not what is in it.
    Itself,
    /// The argument and everything in it.
    Whole,
}

/// A type, in a form that constants can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Shape {
    Any,
    Bool,
    Number,
    String,
    List(&'static Shape),
    Set(&'static Shape),
    Map(&'static Shape),
}

impl Shape {
    /// The type of this shape.
    pub fn ty(self) -> Type {
        match self {
            Shape::Any => Type::Any,
            Shape::Bool => Type::Bool,
            Shape::Number => Type::Number,
            Shape::String => Type::String,
            Shape::List(item) => Type::list(item.ty()),
            Shape::Set(item) => Type::set(item.ty()),
            Shape::Map(item) => Type::map(item.ty()),
        }
    }
}

/// The type of a function's result.
#[derive(Clone, Copy)]
pub enum Returns {
    /// Always the same.
    Always(Shape),
    /// Depends on the arguments, which need not be known.
    Rule(fn(&[Value]) -> Result<Type, super::call::Fault>),
}

pub(super) const ANY: Shape = Shape::Any;
pub(super) const BOOL: Shape = Shape::Bool;
pub(super) const NUMBER: Shape = Shape::Number;
pub(super) const STRING: Shape = Shape::String;

/// A parameter that takes `shape`.
pub(super) const fn takes(name: &'static str, shape: Shape) -> Parameter {
    let knowledge = Knowledge::Itself;
    Parameter { name, shape, null: false, knowledge, marked: false, dynamic: false }
}

impl Parameter {
    /// The same, but the argument may be null.
    pub(super) const fn null(self) -> Parameter {
        Parameter { null: true, ..self }
    }

    /// The same, but everything in the argument must be known.
    pub(super) const fn whole(self) -> Parameter {
        Parameter { knowledge: Knowledge::Whole, ..self }
    }

    /// The same, but the argument may be unknown.
    pub(super) const fn unknown(self) -> Parameter {
        Parameter { knowledge: Knowledge::Nothing, ..self }
    }

    /// The same, but the function sees marks.
    pub(super) const fn marked(self) -> Parameter {
        Parameter { marked: true, ..self }
    }

    /// The same, but the type of the argument need not be known.
    pub(super) const fn dynamic(self) -> Parameter {
        Parameter { dynamic: true, ..self }
    }

    /// A parameter that takes whatever there is.
    pub(super) const fn anything(name: &'static str) -> Parameter {
        takes(name, ANY).null().unknown().dynamic()
    }
}

/// A function that always returns the same type, never null.
pub(super) const fn function(
    name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    returns: Shape,
    body: fn(&Call<'_>) -> Outcome,
) -> Function {
    let returns = Returns::Always(returns);
    let (variadic, nullable, pure) = (None, false, true);
    Function { name, description, parameters, variadic, returns, nullable, pure, body }
}

impl Function {
    /// The same, with a parameter that takes all further arguments.
    pub(super) const fn variadic(self, parameter: Parameter) -> Function {
        Function { variadic: Some(parameter), ..self }
    }

    /// The same, with a rule for the type of the result.
    pub(super) const fn rule(
        self,
        rule: fn(&[Value]) -> Result<Type, super::call::Fault>,
    ) -> Function {
        Function { returns: Returns::Rule(rule), ..self }
    }

    /// The same, but the result differs each time.
    pub(super) const fn impure(self) -> Function {
        Function { pure: false, ..self }
    }

    /// The same, but the result may be null.
    pub(super) const fn nullable(self) -> Function {
        Function { nullable: true, ..self }
    }

    /// The parameter that the argument at `index` is for.
    pub fn parameter(&self, index: usize) -> Option<&Parameter> {
        self.parameters.get(index).or(self.variadic.as_ref())
    }
}
