//! What expressions in a file of tests see.

use std::collections::BTreeMap;
use std::path::Path;

use crate::address::{Key, Mode, ModuleInstance, ResourceName};
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::evaluate::evaluate;
use crate::language::scope::Scope;
use crate::language::suggest::did_you_mean;
use crate::plan::Evaluation;
use crate::provider::ProviderFunction;
use crate::value::Value;

/// Variables, the outputs of earlier runs, and for assertions the module that was run.
pub(super) struct TestScope<'a> {
    /// The variables that the file and the run add to those of the module.
    pub(super) variables: &'a BTreeMap<String, Value>,
    /// The outputs of the runs so far, by their names.
    pub(super) runs: &'a BTreeMap<String, Value>,
    /// The module, once it was run.
    pub(super) module: Option<&'a Evaluation>,
    /// The working folder.
    pub(super) folder: &'a Path,
}

fn undeclared(what: &str, name: &str, hint: &str, span: &Span) -> Box<Diagnostic> {
    let detail = format!("There is no {what} `{name}` here.");
    Box::new(Diagnostic::error(format!("Unknown {what}"), detail).hint(hint).at(span))
}

impl TestScope<'_> {
    fn variable(&self, name: &str, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let of_module = self.module.and_then(|it| it.variables().get(name));
        let found = of_module.or_else(|| self.variables.get(name)).cloned();
        found.ok_or_else(|| {
            let known = self.variables.keys().map(String::as_str);
            undeclared("variable", name, &did_you_mean(name, known), span)
        })
    }

    fn run(&self, name: &str, key: Option<&Key>, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let Some(outputs) = self.runs.get(name) else {
            let hint =
                "Only runs that come before in the file, and were carried out, have outputs.";
            return Err(undeclared("run", name, hint, span));
        };
        self.part(outputs.clone(), key, span)
    }

    /// What a constant key after a name picks out of its value.
    fn part(&self, whole: Value, key: Option<&Key>, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let key = match key {
            None => return Ok(whole),
            Some(Key::Index(at)) => Value::number(*at),
            Some(Key::Name(name)) => Value::string(name),
        };
        let literal = |value| {
            let kind = ExpressionKind::Literal(value);
            Box::new(Expression { kind, span: span.clone() })
        };
        let kind = ExpressionKind::Index(literal(whole), literal(key));
        let (value, problems) = evaluate(&Expression { kind, span: span.clone() }, self);
        match problems.into_iter().find(Diagnostic::is_error) {
            Some(problem) => Err(Box::new(problem)),
            None => Ok(value),
        }
    }

    fn output_value(
        &self,
        name: &str,
        key: Option<&Key>,
        span: &Span,
    ) -> Result<Value, Box<Diagnostic>> {
        let value = self.module.and_then(|it| it.output(&ModuleInstance::ROOT, name));
        self.part(value.ok_or_else(|| undeclared("output", name, "", span))?, key, span)
    }
}

/// Checks that the module has what a reference names.
fn declared(
    module: &Evaluation,
    reference: &Reference,
    span: &Span,
) -> Result<(), Box<Diagnostic>> {
    let Some(root) = module.configuration.root() else { return Ok(()) };
    match reference {
        Reference::Resource(name, _) if !root.resources.contains_key(name) => {
            Err(undeclared("resource", &name.to_string(), "", span))
        }
        Reference::Module(name, _) if !root.calls.contains_key(name) => {
            Err(undeclared("module", name, "", span))
        }
        _ => Ok(()),
    }
}

/// The name of something that the language has in tests only: `output.name` or `run.name`.
fn only_here<'n>(name: &'n ResourceName, root: &str) -> Option<&'n str> {
    (name.mode == Mode::Managed && name.kind == root).then_some(name.name.as_str())
}

impl Scope for TestScope<'_> {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        if let Reference::Variable(name) = reference {
            return self.variable(name, span);
        }
        if let Reference::Resource(name, key) = reference {
            if let Some(run) = only_here(name, "run") {
                return self.run(run, key.as_ref(), span);
            }
            if let Some(output) = only_here(name, "output") {
                return self.output_value(output, key.as_ref(), span);
            }
        }
        match self.module {
            Some(module) => {
                declared(module, reference, span)?;
                module.scope(&ModuleInstance::ROOT).get(reference, span)
            }
            None => {
                let detail = format!("`{}` is not known before the run.", span.text());
                let problem = Diagnostic::error("Invalid reference", detail).at(span);
                let hint = "Variables (`var.name`) and outputs of earlier runs \
                            (`run.name.output`) are.";
                Err(Box::new(problem.hint(hint)))
            }
        }
    }

    fn output(
        &self,
        call: &str,
        key: Option<&Key>,
        output: &str,
        span: &Span,
    ) -> Option<Result<Value, Box<Diagnostic>>> {
        self.module?.scope(&ModuleInstance::ROOT).output(call, key, output, span)
    }

    fn provider_functions(
        &self,
        provider: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        match self.module {
            Some(module) => module.scope(&ModuleInstance::ROOT).provider_functions(provider, span),
            None => {
                let detail = "Functions of providers cannot be called before the run.";
                Err(Box::new(Diagnostic::error("Function not available", detail).at(span)))
            }
        }
    }

    fn pure(&self) -> bool {
        false
    }

    fn plan_time(&self) -> Option<time::OffsetDateTime> {
        self.module?.scope(&ModuleInstance::ROOT).plan_time()
    }

    fn folder(&self) -> &Path {
        self.folder
    }
}
