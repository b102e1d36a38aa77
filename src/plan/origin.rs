//! Where a value that is not known yet, or that is secret, comes from.

use std::collections::BTreeSet;

use crate::address::ModuleInstance;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::evaluate::{evaluate, paths};
use crate::language::scope::Scope;
use crate::plan::evaluation::Evaluation;
use crate::value::{Marks, Value};

/// The most places that are told.
const MOST: usize = 4;
/// Functions whose results are known only when the plan is applied.
const LATE: [&str; 3] = ["bcrypt", "timestamp", "uuid"];

/// What a value is that its origin is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// It, or part of it, is not known.
    Unknown,
    /// It, or part of it, is sensitive.
    Sensitive,
    /// It, or part of it, is ephemeral.
    Ephemeral,
}

impl Sought {
    /// What may be wrong with a value that must be known and be no secret.
    pub(super) fn in_value(value: &Value) -> Option<Sought> {
        let all = [Sought::Ephemeral, Sought::Sensitive, Sought::Unknown];
        all.into_iter().find(|it| it.fits(value))
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Sought::Unknown => !value.is_wholly_known(),
            Sought::Sensitive => value.marks_deep().contains(Marks::SENSITIVE),
            Sought::Ephemeral => value.marks_deep().contains(Marks::EPHEMERAL),
        }
    }

    /// What is said of a reference that it comes from.
    fn told(self, reference: &str) -> String {
        match self {
            Sought::Unknown => format!("`{reference}` is known only after apply"),
            Sought::Sensitive => format!("`{reference}` is sensitive"),
            Sought::Ephemeral => format!("`{reference}` is ephemeral"),
        }
    }
}

/// The problem with the places that such a value of an expression comes from. `scope` is that of the
/// expression, which stands in `module`.
pub(super) fn traced(
    problem: Diagnostic,
    sought: Sought,
    (evaluation, module): (&Evaluation, &ModuleInstance),
    expression: &Expression,
    scope: &dyn Scope,
) -> Diagnostic {
    let mut tracer = Tracer { evaluation, sought, seen: BTreeSet::new(), found: Vec::new() };
    tracer.expression(module, expression, scope);
    let known = problem.span.clone();
    let new = tracer.found.into_iter().filter(|(span, _)| Some(span) != known.as_ref());
    new.take(MOST).fold(problem, |problem, (span, how)| problem.see(&span, how))
}

struct Tracer<'a> {
    evaluation: &'a Evaluation,
    sought: Sought,
    seen: BTreeSet<(ModuleInstance, String)>,
    found: Vec<(Span, String)>,
}

impl Tracer<'_> {
    fn add(&mut self, span: &Span, how: impl Into<String>) {
        if !self.found.iter().any(|(known, _)| known == span) {
            self.found.push((span.clone(), how.into()));
        }
    }

    fn expression(&mut self, module: &ModuleInstance, expression: &Expression, scope: &dyn Scope) {
        self.calls(expression);
        for path in paths(expression) {
            let (value, problems) = evaluate(path, scope);
            let text: String = path.span.text().split_whitespace().collect();
            let fits = self.sought.fits(&value) && !problems.has_errors();
            if fits && self.found.len() < MOST && self.seen.insert((module.clone(), text.clone())) {
                self.path(module, path, &text);
            }
        }
    }

    /// Functions that make such values of others.
    fn calls(&mut self, expression: &Expression) {
        if let ExpressionKind::Call(call) = &expression.kind {
            let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
            match self.sought {
                Sought::Unknown if LATE.contains(&name) => {
                    self.add(&call.name_span, format!("`{name}` gives its result only at apply"));
                }
                Sought::Sensitive if name == "sensitive" => {
                    self.add(&call.name_span, "made sensitive here");
                }
                _ => {}
            }
        }
        expression.each_child(&mut |it| self.calls(it));
    }

    /// Follows a reference with what is taken of it.
    fn path(&mut self, module: &ModuleInstance, path: &Expression, text: &str) {
        let (reference, output) = root_of(path);
        match reference {
            Some(Reference::Local(name)) => {
                let found = self.evaluation.module(&module.path());
                let Some(local) = found.and_then(|it| it.locals.get(name)) else { return };
                self.expression(module, &local.value, &self.evaluation.scope(module));
            }
            Some(Reference::Variable(name)) => self.variable(module, name),
            Some(Reference::Module(name, _)) => match output {
                Some(output) => self.output(module, name, output),
                None => self.add(&path.span, self.sought.told(text)),
            },
            _ => self.add(&path.span, self.sought.told(text)),
        }
    }

    fn variable(&mut self, module: &ModuleInstance, name: &str) {
        let evaluation = self.evaluation;
        let declaring = evaluation.module(&module.path());
        let Some(variable) = declaring.and_then(|it| it.variables.get(name)) else { return };
        match self.sought {
            Sought::Sensitive if variable.sensitive => {
                return self.add(&variable.span, "declared sensitive here");
            }
            Sought::Ephemeral if variable.ephemeral => {
                return self.add(&variable.span, "declared ephemeral here");
            }
            _ => {}
        }
        if let (Some((input, parent)), Some(scope)) =
            (evaluation.input_expression(module, name), evaluation.call_scope(module))
        {
            self.expression(&parent, input, &scope);
        }
    }

    /// Follows an output of the first instance of a call.
    fn output(&mut self, module: &ModuleInstance, call: &str, name: &str) {
        let evaluation = self.evaluation;
        let keys = evaluation.call_expansion(module, call).keys();
        let Some(key) = keys.into_iter().next() else { return };
        let child = module.child(call, key);
        let declaring = evaluation.module(&child.path());
        let Some(output) = declaring.and_then(|it| it.outputs.get(name)) else { return };
        match self.sought {
            Sought::Sensitive if output.sensitive => {
                self.add(&output.span, "declared sensitive here");
            }
            Sought::Ephemeral if output.ephemeral => {
                self.add(&output.span, "declared ephemeral here");
            }
            _ => self.expression(&child, &output.value, &evaluation.scope(&child)),
        }
    }
}

/// What a path begins with, and the first attribute that is taken of it.
fn root_of(path: &Expression) -> (Option<&Reference>, Option<&str>) {
    match &path.kind {
        ExpressionKind::Reference(reference) => (Some(reference), None),
        ExpressionKind::Attribute(inside, name) => {
            let (reference, attribute) = root_of(inside);
            (reference, attribute.or(Some(name)))
        }
        ExpressionKind::Index(inside, _) => root_of(inside),
        _ => (None, None),
    }
}
