//! `variable` blocks.

use super::arguments::Arguments;
use super::{Reader, constant, deprecated, insert, rules};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Attribute, Block, CheckRule, Reference, TypeDefaults, Variable};
use crate::language::inputs::convert_input;
use crate::language::overrides;
use crate::language::type_constraint::type_constraint;
use crate::value::{Type, Value};

/// Names that are arguments of `module` blocks already.
const RESERVED: [&str; 10] = [
    "source",
    "version",
    "providers",
    "count",
    "for_each",
    "lifecycle",
    "depends_on",
    "locals",
    "provider",
    "_",
];

impl Reader {
    pub(super) fn variable(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else { return };
        if RESERVED.contains(&name.as_str()) {
            let detail = format!("`{name}` is an argument of `module` blocks already.");
            self.diagnostics.push(Diagnostic::error("Invalid name", detail).at(&block.span));
        }
        let mut arguments = Arguments::new("a variable block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let demands = ["type", "nullable"].into_iter().filter_map(|it| arguments.place(it));
        let demands: Vec<Span> = demands.collect();
        let constraint = arguments.take("type");
        let type_span = constraint.as_ref().map(|it| it.name_span.to(&it.value.span));
        let typed = constraint.is_some();
        let (ty, type_defaults) = match constraint {
            Some(given) => {
                let (ty, defaults, problems) = type_constraint(&given.value);
                arguments.diagnostics.extend(problems);
                (ty, defaults)
            }
            None => (Type::Any, TypeDefaults::default()),
        };
        let default = arguments.take("default");
        let mut variable = Variable {
            ty,
            typed,
            type_span,
            type_defaults,
            default: None,
            description: arguments.text("description").map(|(text, _)| text).unwrap_or_default(),
            sensitive: arguments.flag("sensitive").unwrap_or(false),
            ephemeral: arguments.flag("ephemeral").unwrap_or(false),
            nullable: arguments.flag("nullable").unwrap_or(true),
            deprecated: deprecated(&mut arguments),
            constant: arguments.flag("const"),
            validations: rules(&mut arguments, "validation"),
            span: span.clone(),
        };
        arguments.finish();
        for rule in &variable.validations {
            self.diagnostics.extend(beside_the_point(&name, rule, &span));
        }
        if let Some(default) = default {
            variable.default =
                self.diagnostics.take(default_value(&name, &variable, &default, &demands));
        }
        let shown = format!("variable `{name}`");
        let variables = &mut self.module.variables;
        let problem = insert(variables, name, variable, &shown, &span, |it| &it.span);
        self.diagnostics.extend(problem);
    }
}

fn is_override(source: &Source) -> bool {
    let name = source.path.file_name().and_then(|it| it.to_str());
    name.is_some_and(overrides::is_override)
}

/// A validation must be about its own variable.
fn beside_the_point(name: &str, rule: &CheckRule, declared: &Span) -> Option<Diagnostic> {
    let references = rule.condition.references();
    let own = Reference::Variable(name.to_string());
    let misses = !references.is_empty() && !references.iter().any(|(it, _)| *it == own);
    misses.then(|| {
        let detail = format!("A validation of variable `{name}` must refer to `var.{name}`.");
        let problem = Diagnostic::error("Invalid condition", detail).at(&rule.condition.span);
        problem.see(declared, "the variable")
    })
}

/// The default of a variable, as a value of its type. One that is wrong is reported, where an
/// override file asks for what it is not if one does, and still counts as given.
fn default_value(
    name: &str,
    variable: &Variable,
    default: &Attribute,
    demands: &[Span],
) -> (Option<Value>, Diagnostics) {
    let what = format!("the default of variable `{name}`");
    let (value, mut diagnostics) = constant(&default.value, &what);
    let stand_in = Some(Value::unknown(variable.ty.clone()));
    let Some(value) = value else { return (stand_in, diagnostics) };
    let own = &default.value.span.source;
    let demand = demands.iter().find(|it| it.source != *own && is_override(&it.source));
    let span = demand.unwrap_or(&default.value.span);
    if value.is_null() && !variable.nullable {
        let detail = format!("Variable `{name}` is not nullable, so its default cannot be null.");
        let hint = "Remove `default` if the variable must be given.";
        diagnostics.push(Diagnostic::error("Invalid default", detail).at(span).hint(hint));
        return (stand_in, diagnostics);
    }
    match convert_input(variable, value) {
        Ok(value) => (Some(value), diagnostics),
        Err(error) => {
            let detail = format!(
                "The default of variable `{name}` does not fit its type `{}`: {error}.",
                variable.ty
            );
            let problem = Diagnostic::error("Invalid default", detail).at(span);
            diagnostics.push(problem.see(variable.type_place(), "the type is declared here"));
            (stand_in, diagnostics)
        }
    }
}
