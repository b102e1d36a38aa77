//! `terrace console`

mod scope;

use std::io::{BufRead as _, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::{ModuleInstance, ModulePath};
use crate::apply::{Purpose, Stop};
use crate::command::arguments::{
    ConsoleArguments, LimitArguments, PlanOptions, StackArguments, VariableArguments,
};
use crate::command::place::{state_path, workspace};
use crate::command::planning::make_plan;
use crate::command::stack::{
    Stack, configuration_with, state_problem, store_options, working_folder,
};
use crate::command::world::providers;
use crate::command::{Exit, progress};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::language::config::{Configuration, Expression, ExpressionKind};
use crate::language::evaluate::evaluate;
use crate::language::format::left_open;
use crate::language::inputs::{
    InputSource, InputValue, finish_inputs, missing_inputs, read_inputs,
};
use crate::language::load::{Disk, Files as _, Memory, is_configuration, load};
use crate::language::parse::parse_expression;
use crate::language::validate::check_expression;
use crate::plan::{Evaluation, Mode, Providers, faults, stored_value, traversals_in};
use crate::state::{State, Store};
use crate::ui::Ui;
use crate::ui::prompt::{Answer, Prompt};
use crate::value::render::render;
use crate::value::{Type, Value};

use scope::ConsoleScope;

const HELP: &str = "\
Type an expression to see its value: `1 + 2`, `var.name`, `aws_vpc.main.id`, `cidrsubnet(...)`.
Resources have the values that state has. `type(...)` shows the type of a value.
An expression goes on over the next lines while brackets are open or a line ends with `\\`.
`exit`, Control-C or Control-D ends the console.";

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ConsoleArguments) -> Result<Exit, Diagnostics> {
    // The state stays locked while there are questions.
    let (evaluation, _store) = match arguments.plan {
        true => super::wait(planned(ui, arguments))?,
        false => stored(ui, arguments)?,
    };
    let console = Console { ui, evaluation };
    Ok(match ui.prompt() {
        Some(prompt) => console.converse(prompt),
        None => console.read(),
    })
}

/// What expressions are evaluated against, and the state that it was read from.
type Known = (Arc<Evaluation>, Arc<Store>);

/// An evaluation against a plan that is made now.
async fn planned(ui: &Ui, arguments: &ConsoleArguments) -> Result<Known, Diagnostics> {
    let stack = Stack::open(ui, &arguments.stack, "OperationTypePlan")?;
    let options = PlanOptions {
        destroy: false,
        refresh_only: false,
        refresh: true,
        limits: LimitArguments::default(),
        replace: Vec::new(),
        parallelism: 10,
    };
    let reporter = progress::reporter(ui);
    let stop = Stop::default();
    let plan = make_plan(&stack, &options, Mode::Normal, Purpose::Look, &reporter, &stop).await?;
    if plan.diagnostics.has_errors() {
        return Err(plan.diagnostics);
    }
    ui.diagnostics(&plan.diagnostics);
    Ok((stack.evaluation.clone(), stack.store.clone()))
}

/// An evaluation against the state as it is.
fn stored(ui: &Ui, arguments: &ConsoleArguments) -> Result<Known, Diagnostics> {
    let StackArguments { variables, state, world, .. } = &arguments.stack;
    let configuration = configuration_or_none(ui, variables)?;
    let variables = values(ui, &configuration, variables)?;
    let path = state_path(configuration.root(), state.state.as_ref())?;
    let options = store_options(path, state, "OperationTypeConsole")?;
    let store = Store::open(&options).map_err(|error| state_problem(&error))?;
    let (configuration, folder) = (Arc::new(configuration), working_folder()?);
    let providers = Providers(providers(world)?);
    let now = super::now();
    let mut evaluation =
        Evaluation::new(configuration, &providers, variables, &workspace()?, folder, &now);
    // Functions such as `timestamp` give values, although nothing is applied.
    evaluation.applying = true;
    evaluation.looking = true;
    ui.diagnostics(&record(&evaluation, &store.state(), &providers));
    tell(ui, &faults(&evaluation));
    Ok((Arc::new(evaluation), Arc::new(store)))
}

/// Shows what is wrong with the values of the configuration, which does not keep others from being
/// looked at.
fn tell(ui: &Ui, problems: &Diagnostics) {
    ui.diagnostics(problems);
    if problems.has_errors() {
        let detail = "Because of these problems, some expressions have other values than expected.";
        ui.diagnostics(&Diagnostic::warning("Configuration has problems", detail).into());
    }
}

/// The configuration of the current folder; an empty one if it has no configuration files.
fn configuration_or_none(
    ui: &Ui,
    variables: &VariableArguments,
) -> Result<Configuration, Diagnostics> {
    let names = Disk.list(Path::new(".")).unwrap_or_default();
    if names.iter().any(|name| is_configuration(name)) {
        return configuration_with(ui, variables);
    }
    let nothing = Memory([(PathBuf::from("main.tf"), String::new())].into());
    let (configuration, diagnostics) = load(Path::new("."), &nothing);
    configuration.ok_or(diagnostics)
}

/// The values of the root module's variables; those without one are unknown.
fn values(
    ui: &Ui,
    configuration: &Configuration,
    arguments: &VariableArguments,
) -> Result<std::collections::BTreeMap<String, Value>, Diagnostics> {
    let Some(root) = configuration.modules.get(&ModulePath::default()) else {
        return Ok(Default::default());
    };
    // What is not Unicode cannot be meant for us.
    let text = |it: std::ffi::OsString| it.into_string().ok();
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?)));
    let (mut values, mut diagnostics) = read_inputs(root, &Disk, environment, &arguments.given());
    for (name, variable) in missing_inputs(root, &values) {
        let (value, span) = (Value::unknown(Type::Any), variable.span.clone());
        let input = InputValue { value, source: InputSource::Argument, span };
        values.insert(name.to_string(), input);
    }
    let finished = diagnostics.take(finish_inputs(root, &values));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    ui.diagnostics(&diagnostics);
    Ok(finished)
}

/// Takes note of what state has.
fn record(evaluation: &Evaluation, state: &State, providers: &Providers) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for address in state.resources.keys() {
        match stored_value(state, providers, address, None) {
            Ok(Some((value, _, _))) => evaluation.record(address, value),
            Ok(None) => {}
            Err(problem) => diagnostics.push(problem),
        }
    }
    diagnostics
}

struct Console<'u> {
    ui: &'u Ui,
    evaluation: Arc<Evaluation>,
}

/// What becomes of a command.
enum Outcome {
    Shown,
    Failed,
    Exit,
}

impl Console<'_> {
    /// Evaluates what standard input has. Mistakes do not end it, but count in the end.
    fn read(&self) -> Exit {
        let mut pending = Pending::default();
        let mut exit = Exit::Success;
        let lines = std::io::stdin().lock().split(b'\n');
        for (at, line) in lines.enumerate() {
            let (line, problem) = match line {
                Ok(line) => text(line, at == 0),
                Err(error) => (String::new(), Some(error)),
            };
            pending.problems.extend(problem.map(|error| unreadable(&error, at + 1)));
            if pending.add(&line) > 0 {
                continue;
            }
            match self.piped(&mut pending) {
                Outcome::Shown => {}
                Outcome::Failed => exit = Exit::Failure,
                Outcome::Exit => return exit,
            }
        }
        match pending.is_empty() || matches!(self.piped(&mut pending), Outcome::Shown) {
            true => exit,
            false => Exit::Failure,
        }
    }

    /// Runs a command of which all lines could be read.
    fn piped(&self, pending: &mut Pending) -> Outcome {
        let problems = std::mem::take(&mut pending.problems);
        let command = pending.take();
        if problems.is_empty() {
            return self.command(&command);
        }
        self.ui.diagnostics(&problems);
        Outcome::Failed
    }

    /// Asks for expressions at a terminal.
    fn converse(&self, mut prompt: Prompt) -> Exit {
        let mut pending = Pending::default();
        let mut open = 0;
        loop {
            let sign = if open == 0 { "> ".to_string() } else { format!("{} ", ".".repeat(open)) };
            match prompt.ask(&sign) {
                Answer::Line(line) => open = pending.add(&line),
                Answer::Interrupted if pending.lines.is_empty() => return Exit::Success,
                Answer::Interrupted => (pending, open) = (Pending::default(), 0),
                Answer::Dropped => {}
                Answer::Ended => return Exit::Success,
            }
            let complete = open == 0 && !pending.lines.is_empty();
            if complete && matches!(self.command(&pending.take()), Outcome::Exit) {
                return Exit::Success;
            }
        }
    }

    fn command(&self, text: &str) -> Outcome {
        let shown = match text.trim() {
            "" => String::new(),
            "exit" => return Outcome::Exit,
            "help" => HELP.to_string(),
            text => match self.value(text) {
                Ok(shown) => shown,
                Err(problems) => {
                    self.ui.diagnostics(&problems);
                    return Outcome::Failed;
                }
            },
        };
        self.ui.data(&format!("{shown}\n"));
        Outcome::Shown
    }

    /// The value of an expression, as text.
    fn value(&self, text: &str) -> Result<String, Diagnostics> {
        let path = PathBuf::from("<console-input>");
        let source = Arc::new(Source { path, text: text.to_string() });
        let (expression, mut diagnostics) = parse_expression(source);
        let Some(expression) = expression else { return Err(diagnostics) };
        let configuration = &self.evaluation.configuration;
        if let Some(root) = configuration.modules.get(&ModulePath::default()) {
            diagnostics.extend(check_expression(configuration, root, &expression));
            let providers = &self.evaluation.providers;
            diagnostics.extend(traversals_in(configuration, providers, root, &expression));
        }
        let asked = type_call(&expression);
        diagnostics.extend(misused_types(asked.unwrap_or(&expression)));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let scope = ConsoleScope(self.evaluation.scope(&ModuleInstance::ROOT));
        let value = diagnostics.take(evaluate(&expression, &scope));
        diagnostics.extend(self.evaluation.take_problems());
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        self.ui.diagnostics(&diagnostics);
        match value.bare().as_str() {
            Some(ty) if asked.is_some() => Ok(ty.to_string()),
            _ => Ok(render(&value)),
        }
    }
}

fn is_type_call(expression: &Expression) -> bool {
    let name = |it: &str| matches!(it, "type" | "core::type");
    matches!(&expression.kind, ExpressionKind::Call(call) if name(&call.name))
}

/// The argument of the call of `type` that the expression is, if it is one.
fn type_call(expression: &Expression) -> Option<&Expression> {
    match &expression.kind {
        ExpressionKind::Parentheses(inside) => type_call(inside),
        ExpressionKind::Call(call) if is_type_call(expression) => call.arguments.first(),
        _ => None,
    }
}

/// Calls of `type` as a part of something: what it says is to be read, not to be computed with.
fn misused_types(expression: &Expression) -> Diagnostics {
    let mut found = Diagnostics::new();
    if is_type_call(expression) {
        let detail = "`type` shows a type, and its result cannot be part of an expression.";
        found.push(Diagnostic::error("Invalid use of type function", detail).at(&expression.span));
    }
    expression.each_child(&mut |it| found.extend(misused_types(it)));
    found
}

/// The text of a line, of which the first one may begin with a byte order mark, and what is wrong
/// with it.
fn text(mut line: Vec<u8>, first: bool) -> (String, Option<std::io::Error>) {
    if line.ends_with(b"\r") {
        line.pop();
    }
    let text = String::from_utf8_lossy(&line);
    let problem = match std::str::from_utf8(&line) {
        Ok(_) => None,
        Err(_) => Some(std::io::Error::new(ErrorKind::InvalidData, "it is not UTF-8")),
    };
    let marked = text.strip_prefix('\u{feff}').filter(|_| first);
    (marked.unwrap_or(&text).to_string(), problem)
}

fn unreadable(error: &std::io::Error, line: usize) -> Diagnostic {
    let summary = match error.kind() {
        ErrorKind::InvalidData => "Invalid character encoding",
        _ => "Input cannot be read",
    };
    Diagnostic::error(summary, format!("Line {line} of the input cannot be read: {error}."))
}

/// The lines of a command that is not complete.
#[derive(Default)]
struct Pending {
    lines: Vec<String>,
    continued: bool,
    /// What was wrong with lines of it.
    problems: Diagnostics,
}

impl Pending {
    /// Adds a line, and says how much is open after it.
    fn add(&mut self, line: &str) -> usize {
        let line = line.trim();
        let continued = line.strip_suffix('\\').filter(|rest| !rest.ends_with('\\'));
        self.continued = continued.is_some();
        let line = continued.unwrap_or(line);
        if !line.is_empty() || self.lines.is_empty() || self.in_text() {
            self.lines.push(line.to_string());
        }
        left_open(&self.text()) + usize::from(self.continued)
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.problems.is_empty()
    }

    /// Whether an empty line would be part of a text.
    fn in_text(&self) -> bool {
        left_open(&self.text()) > 0
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn take(&mut self) -> String {
        let lines = std::mem::take(self).lines;
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> (usize, String) {
        let mut pending = Pending::default();
        let open = lines.iter().map(|line| pending.add(line)).last().unwrap();
        (open, pending.take())
    }

    #[test]
    fn commands_go_on_while_something_is_open() {
        assert_eq!(after(&["({"]).0, 2);
        assert_eq!(after(&["({", "a = \"}\" })"]).0, 0);
        assert_eq!(after(&["[1,", "", "2]"]), (0, "[1,\n\n2]".to_string()));
        assert_eq!(after(&["1 + \\"]).0, 1);
        assert_eq!(after(&["1 + \\", "2"]), (0, "1 + \n2".to_string()));
        assert_eq!(after(&["1)"]).0, 0);
        assert_eq!(after(&["<<E", "(", "E"]), (0, "<<E\n(\nE".to_string()));
        assert_eq!(after(&["<<E", "("]).0, 1);
        assert_eq!(after(&["  "]), (0, String::new()));
    }
}
