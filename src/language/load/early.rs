//! Texts that must be known before anything is planned, such as the sources of modules. They may
//! depend on variables and local values as long as those are known by then.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Attribute, Body, Expression, ExpressionKind, Module, Reference};
use crate::language::evaluate::evaluate;
use crate::language::inputs::finish_variable;
use crate::language::scope::Scope;
use crate::value::{Type, Value, convert};

/// The values given for the root module's variables.
pub type Given<'g> = &'g dyn Fn(&Module) -> BTreeMap<String, Value>;

/// A module whose expressions are evaluated early.
pub(super) struct Frame<'g> {
    module: Arc<Module>,
    inputs: Inputs<'g>,
    /// The local values under evaluation, which must not need themselves.
    pending: RefCell<Vec<String>>,
}

enum Inputs<'g> {
    Root(Given<'g>),
    /// The caller, and the name of the call.
    Call(Rc<Frame<'g>>, String),
}

impl<'g> Frame<'g> {
    pub(super) fn root(module: Arc<Module>, given: Given<'g>) -> Frame<'g> {
        Frame { module, inputs: Inputs::Root(given), pending: RefCell::default() }
    }

    pub(super) fn called(module: Arc<Module>, parent: Rc<Frame<'g>>, call: &str) -> Frame<'g> {
        let inputs = Inputs::Call(parent, call.to_string());
        Frame { module, inputs, pending: RefCell::default() }
    }

    /// Puts the values of the arguments of a block, and of the blocks in it, in place of what gives
    /// them.
    pub(super) fn settle(&self, body: &mut Body) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (name, attribute) in &mut body.attributes {
            if attribute.value.references().is_empty() {
                continue;
            }
            let (value, problems) = evaluate(&attribute.value, self);
            let failed = problems.has_errors();
            diagnostics.extend(problems);
            if !failed && !value.marks_deep().is_empty() {
                let detail = format!(
                    "`{name}` must not depend on sensitive or ephemeral values: it is kept."
                );
                let problem = Diagnostic::error("Unsuitable value", detail);
                diagnostics.push(problem.at(&attribute.value.span));
            } else {
                attribute.value.kind = ExpressionKind::Literal(value);
            }
        }
        body.blocks.iter_mut().for_each(|it| diagnostics.extend(self.settle(&mut it.body)));
        diagnostics
    }

    /// The text that an expression gives.
    pub(super) fn text(
        &self,
        expression: &Expression,
        what: &str,
    ) -> (Option<String>, Diagnostics) {
        let (value, mut diagnostics) = evaluate(expression, self);
        if diagnostics.has_errors() {
            return (None, diagnostics);
        }
        let secret = !value.marks_deep().is_empty();
        let text = convert(&value, &Type::String).ok().filter(|_| !secret);
        let text = text.as_ref().and_then(Value::as_str).map(str::to_string);
        if text.is_none() {
            let detail = match secret {
                true => format!("{what} must not depend on sensitive or ephemeral values."),
                false => format!("{what} must be a text that is known before anything is planned."),
            };
            let problem = Diagnostic::error("Unsuitable value", detail);
            diagnostics.push(problem.at(&expression.span));
        }
        (text, diagnostics)
    }

    /// The text that an expression gives, if it is not null.
    pub(super) fn text_or_null(
        &self,
        expression: &Expression,
        what: &str,
    ) -> (Option<String>, Diagnostics) {
        let (value, diagnostics) = evaluate(expression, self);
        match value.is_null() && !diagnostics.has_errors() {
            true => (None, diagnostics),
            false => self.text(expression, what),
        }
    }

    /// What a call in this module gives for a variable.
    fn input(&self, call: &str, name: &str) -> Option<&Attribute> {
        self.module.calls.get(call)?.inputs.get(name)
    }

    fn variable(&self, name: &str, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let Some(variable) = self.module.variables.get(name) else {
            let detail = format!("There is no variable `{name}` in this module.");
            return Err(Box::new(Diagnostic::error("Unknown variable", detail).at(span)));
        };
        if variable.constant == Some(false) {
            let detail = format!("Variable `{name}` is declared with `const = false`.");
            let problem = Diagnostic::error("Value not known early enough", detail).at(span);
            return Err(Box::new(problem.see(&variable.span, "declared here")));
        }
        let (given, place) = match &self.inputs {
            Inputs::Root(given) => (given(&self.module).remove(name), span.clone()),
            Inputs::Call(parent, call) => match parent.input(call, name) {
                Some(input) => {
                    let value = first_error(evaluate(&input.value, parent.as_ref()))?;
                    (Some(value), input.value.span.clone())
                }
                None => (None, span.clone()),
            },
        };
        if given.is_none() && variable.default.is_none() {
            let detail = format!("Variable `{name}` must be known here, and has no value.");
            let problem = Diagnostic::error("No value for required variable", detail).at(span);
            let hint = format!("Give it with -var {name}=… already when modules are fetched.");
            return Err(Box::new(problem.hint(hint)));
        }
        first_error(finish_variable(name, variable, given, &place))
    }

    /// What is wrong with the values of variables that must be known before anything is planned.
    pub(super) fn constants(&self) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (name, variable) in &self.module.variables {
            if variable.constant == Some(true)
                && let Err(problem) = self.variable(name, &variable.span)
            {
                diagnostics.push(*problem);
            }
        }
        diagnostics
    }

    fn local(&self, name: &str, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let Some(local) = self.module.locals.get(name) else {
            let detail = format!("There is no local value `{name}` in this module.");
            return Err(Box::new(Diagnostic::error("Unknown local value", detail).at(span)));
        };
        if self.pending.borrow().iter().any(|it| it == name) {
            let detail = format!("The local value `{name}` depends on itself.");
            let problem = Diagnostic::error("Dependency cycle", detail).at(span);
            return Err(Box::new(problem.see(&local.span, "declared here")));
        }
        self.pending.borrow_mut().push(name.to_string());
        let value = first_error(evaluate(&local.value, self));
        self.pending.borrow_mut().pop();
        value
    }
}

fn first_error((value, diagnostics): (Value, Diagnostics)) -> Result<Value, Box<Diagnostic>> {
    diagnostics.into_iter().find(Diagnostic::is_error).map_or(Ok(value), |it| Err(Box::new(it)))
}

impl Scope for Frame<'_> {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        match reference {
            Reference::Variable(name) => self.variable(name, span),
            Reference::Local(name) => self.local(name, span),
            Reference::PathModule => Ok(Value::string(self.module.folder.display().to_string())),
            Reference::PathRoot => Ok(Value::string(".")),
            Reference::Workspace => Ok(Value::string("default")),
            _ => {
                let detail = "Only variables, local values, `path.module`, `path.root` and \
                              `terraform.workspace` are known before anything is planned.";
                let problem = Diagnostic::error("Value not known early enough", detail).at(span);
                Err(Box::new(problem))
            }
        }
    }

    fn folder(&self) -> &Path {
        Path::new(".")
    }
}
