//! The stack in the current folder: its configuration, state, and the world it is applied to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::ModulePath;
use crate::command::arguments::{StackArguments, StateArguments, VariableArguments};
use crate::command::deprecation::limited;
use crate::command::place::{state_path, workspace};
use crate::command::plan::unsettled;
use crate::command::resolver::Resolver;
use crate::command::world;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::fetch;
use crate::language::config::{Configuration, Module, Variable};
use crate::language::inputs::{
    InputArgument, InputSource, InputValue, finish_inputs, finish_variable, missing_inputs,
    read_inputs,
};
use crate::language::installed::{Installed, Modules};
use crate::language::load::{
    Disk, Files, early_values, is_configuration, load_settings, load_with,
};
use crate::language::module::Run;
use crate::plan::{Dependencies, Evaluation, Mode, Plan, Providers};
use crate::state::{Options, StateError, Store, is_interrupted};
use crate::ui::Ui;
use crate::value::Value;

/// What all commands on a stack work with.
pub(super) struct Stack {
    pub(super) ui: Ui,
    pub(super) evaluation: Arc<Evaluation>,
    pub(super) dependencies: Dependencies,
    pub(super) providers: Providers,
    pub(super) store: Arc<Store>,
    pub(super) resolver: Arc<Resolver>,
}

/// What the root module of the current folder says of its state, whatever is wrong elsewhere.
pub(super) fn settings(
    ui: &Ui,
    variables: &VariableArguments,
) -> Result<Option<Module>, Diagnostics> {
    let (module, diagnostics) = load_settings(Path::new("."), &Disk);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let backend = module.as_ref().and_then(|it| it.backend.as_ref());
    if backend.is_some_and(|it| !it.body.references().is_empty()) {
        // What the backend depends on may stand anywhere.
        let all = configuration_with(ui, variables)?.modules;
        return Ok(all.get(&ModulePath::default()).map(|it| Module::clone(it)));
    }
    ui.diagnostics(&diagnostics);
    Ok(module)
}

/// The configuration of the current folder with values for variables, on which the sources of
/// modules may depend. Warnings are shown.
pub(super) fn configuration_with(
    ui: &Ui,
    variables: &VariableArguments,
) -> Result<Configuration, Diagnostics> {
    shown(ui, load_fetched(variables))
}

/// The configuration of the current folder with the modules that have been fetched, which must be
/// what the lock file says.
pub(super) fn load_fetched(variables: &VariableArguments) -> (Option<Configuration>, Diagnostics) {
    load_fetched_from(variables, &Disk)
}

fn load_fetched_from(
    variables: &VariableArguments,
    files: &dyn Files,
) -> (Option<Configuration>, Diagnostics) {
    let changed = fetch::verify(Path::new("."));
    if changed.has_errors() {
        return (None, changed);
    }
    load_from(variables, files, &mut Installed::read(Path::new("."), &Disk))
}

/// The configuration of the current folder with modules as they are found.
pub(super) fn load_here(
    variables: &VariableArguments,
    modules: &mut dyn Modules,
) -> (Option<Configuration>, Diagnostics) {
    load_from(variables, &Disk, modules)
}

fn load_from(
    variables: &VariableArguments,
    files: &dyn Files,
    modules: &mut dyn Modules,
) -> (Option<Configuration>, Diagnostics) {
    load_with(Path::new("."), files, &|root| given(root, variables), modules)
}

/// The values given for the variables of the root module, as they are.
fn given(root: &Module, variables: &VariableArguments) -> BTreeMap<String, Value> {
    let (values, _) = read_inputs(root, &Disk, std::env::vars(), &variables.given());
    values.into_iter().map(|(name, it)| (name, it.value)).collect()
}

/// What a run of a test gives to the module that it runs, as far as it is known before the run.
pub(super) fn early_of_run(
    configuration: Option<&Configuration>,
    variables: &VariableArguments,
    run: &Run,
) -> BTreeMap<String, Value> {
    let root = configuration.and_then(|it| it.module(&ModulePath::default()));
    let given = |root: &Module| given(root, variables);
    root.map(|root| early_values(root, &given, &run.variables)).unwrap_or_default()
}

/// What was loaded, with its warnings shown.
pub(super) fn shown(
    ui: &Ui,
    (configuration, diagnostics): (Option<Configuration>, Diagnostics),
) -> Result<Configuration, Diagnostics> {
    match configuration {
        Some(configuration) if !diagnostics.has_errors() => {
            ui.diagnostics(&diagnostics);
            Ok(configuration)
        }
        _ => Err(diagnostics),
    }
}

/// How to open the state.
pub(super) fn store_options(
    path: PathBuf,
    arguments: &StateArguments,
    operation: &str,
) -> Result<Options, Diagnostics> {
    let lock_timeout =
        crate::duration::parse(&arguments.locking.lock_timeout).ok_or_else(|| {
            let detail = format!("`{}` is not a duration.", arguments.locking.lock_timeout);
            Diagnostic::error("Invalid -lock-timeout", detail).hint("Write it as `30s` or `5m`.")
        })?;
    let written = arguments.state_out.clone().unwrap_or_else(|| path.clone());
    let from = Some(path).filter(|path| *path != written);
    if let Some(from) = from.as_ref().filter(|it| is_interrupted(it)) {
        let detail = format!("{} cannot be taken into another file", from.display());
        return Err(unsettled(&detail).into());
    }
    let default = Options::write(written, operation);
    let backup = match &arguments.backup {
        None => default.backup.clone(),
        Some(path) => Some(path.clone()).filter(|it| it.as_os_str() != "-"),
    };
    Ok(Options { lock: arguments.locking.lock, lock_timeout, backup, from, ..default })
}

/// What is wrong with the state, for the user.
pub(super) fn state_problem(error: &StateError) -> Diagnostics {
    Diagnostic::error(error.summary(), sentence(&error.to_string())).hint(error.hint()).into()
}

/// What is wrong with a file that was named to be read as a state, which has no backup of its own.
pub(super) fn file_problem(error: &StateError, hint: &str) -> Diagnostics {
    match error {
        StateError::NotState { .. } | StateError::Invalid { .. } => {
            Diagnostic::error(error.summary(), sentence(&error.to_string())).hint(hint).into()
        }
        _ => state_problem(error),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().collect::<String>()).unwrap_or_default();
    let dot = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{dot}", letters.as_str())
}

impl Stack {
    /// Loads the stack and opens its state.
    pub(super) fn open(
        ui: &Ui,
        arguments: &StackArguments,
        operation: &str,
    ) -> Result<Stack, Diagnostics> {
        Stack::open_with(ui, arguments, operation, &Disk)
    }

    /// Loads the stack from these files, and opens its state.
    pub(super) fn open_with(
        ui: &Ui,
        arguments: &StackArguments,
        operation: &str,
        files: &dyn Files,
    ) -> Result<Stack, Diagnostics> {
        let StackArguments { variables, state, world, deprecation } = arguments;
        let loaded = load_fetched_from(variables, files);
        let configuration = shown(ui, limited(loaded, *deprecation))?;
        let (variables, given) = inputs(ui, &configuration, variables)?;
        let path = state_path(configuration.root(), state.state.as_ref())?;
        let options = store_options(path, state, operation)?;
        let store = Store::open(&Options { world: Some(world::world(world)), ..options });
        let store = Arc::new(store.map_err(|error| state_problem(&error))?);
        for note in store.notes() {
            ui.status(&format!("Note: {note}."));
        }
        let providers = Providers(world::providers(world)?);
        Stack::of(ui, configuration, (variables, given), providers, store)
    }

    /// Refuses to make a plan without configuration: it would destroy everything in state.
    pub(super) fn must_be_configured(&self, mode: Mode) -> Result<(), Diagnostics> {
        let sources = &self.evaluation.configuration.sources;
        let name = |it: &Source| it.path.file_name().map(|it| it.to_string_lossy().into_owned());
        let configured = |it: &Source| name(it).is_some_and(|it| is_configuration(&it));
        if mode != Mode::Normal || sources.iter().any(|it| configured(it)) {
            return Ok(());
        }
        let detail =
            "There are no .tf files in this folder, and a plan would destroy all there is.";
        let hint = "Run terrace in the folder of the configuration, or name it with -chdir. To destroy \
                    everything, use `terrace destroy` or `terrace plan -destroy`.";
        Err(Diagnostic::error("No configuration", detail).hint(hint).into())
    }

    /// A stack of these parts.
    pub(super) fn of(
        ui: &Ui,
        configuration: Configuration,
        (variables, given): (BTreeMap<String, Value>, Places),
        providers: Providers,
        store: Arc<Store>,
    ) -> Result<Stack, Diagnostics> {
        let dependencies = Dependencies::find(&configuration)?;
        let mut evaluation = Evaluation::new(
            Arc::new(configuration),
            &providers,
            variables,
            &workspace()?,
            working_folder()?,
            &super::now(),
        );
        evaluation.given = given;
        let evaluation = Arc::new(evaluation);
        let resolver = Arc::new(Resolver::new(evaluation.clone(), providers.clone()));
        Ok(Stack { ui: ui.clone(), evaluation, dependencies, providers, store, resolver })
    }
}

/// The current folder.
pub(super) fn working_folder() -> Result<PathBuf, Diagnostics> {
    std::env::current_dir().map_err(|error| {
        Diagnostic::error("Current folder cannot be used", sentence(&error.to_string())).into()
    })
}

/// Where the values of variables are given.
pub(super) type Places = BTreeMap<String, Span>;

/// The values of the root module's variables; those that are missing are asked for.
fn inputs(
    ui: &Ui,
    configuration: &Configuration,
    arguments: &VariableArguments,
) -> Result<(BTreeMap<String, Value>, Places), Diagnostics> {
    let Some(root) = configuration.modules.get(&ModulePath::default()) else {
        return Ok(Default::default());
    };
    let (values, mut diagnostics) = read_or_ask(ui, root, arguments, &|_| true);
    let (finished, problems) = finish_inputs(root, &values);
    diagnostics.extend(problems);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    ui.diagnostics(&diagnostics);
    let places = values.into_iter().map(|(name, it)| (name, it.span)).collect();
    Ok((finished, places))
}

/// The values given for the root module's variables; those that are missing and wanted are asked for.
fn read_or_ask(
    ui: &Ui,
    root: &Module,
    arguments: &VariableArguments,
    wanted: &dyn Fn(&Variable) -> bool,
) -> (BTreeMap<String, InputValue>, Diagnostics) {
    let mut given = arguments.given();
    // what is not Unicode cannot be meant for us
    let environment = || {
        let text = |it: std::ffi::OsString| it.into_string().ok();
        std::env::vars_os().filter_map(move |(name, value)| Some((text(name)?, text(value)?)))
    };
    let (values, diagnostics) = read_inputs(root, &Disk, environment(), &given);
    let mut missing = missing_inputs(root, &values);
    missing.retain(|(_, variable)| wanted(variable));
    missing.sort_by_key(|(name, _)| *name);
    let can_ask = arguments.may_ask() && ui.can_ask();
    if diagnostics.has_errors() || missing.is_empty() || !can_ask {
        return (values, diagnostics);
    }
    for (name, variable) in &missing {
        let question = format!("var.{name}\n  {}\n  Enter a value: ", variable.description);
        let answer = match variable.marks().is_empty() {
            false => ui.ask_secret(&question),
            true => ui.ask(&question),
        };
        let Some(answer) = answer else { break };
        given.push(InputArgument::Variable(format!("{name}={answer}")));
    }
    read_inputs(root, &Disk, environment(), &given)
}

/// The values of the ephemeral variables of a saved plan, which does not keep them. Others keep the
/// value that they had when the plan was made.
pub(super) fn inputs_again(
    ui: &Ui,
    plan: &Plan,
    arguments: &VariableArguments,
) -> Result<BTreeMap<String, Value>, Diagnostics> {
    let root = plan.configuration.modules.get(&crate::address::ModulePath::default());
    let idle = arguments.given().is_empty() && plan.ephemeral_variables().next().is_none();
    let Some(root) = root.filter(|_| !idle) else { return Ok(Default::default()) };
    let (values, mut diagnostics) = read_or_ask(ui, root, arguments, &|it| it.ephemeral);
    let mut finished = BTreeMap::new();
    for (name, variable) in &root.variables {
        let given = values.get(name);
        let by_argument = given.is_some_and(|it| it.source == InputSource::Argument);
        if variable.ephemeral && given.is_none() && variable.default.is_none() {
            diagnostics.push(not_given_again(name, variable));
        } else if variable.ephemeral || by_argument {
            let span = given.map_or(&variable.span, |it| &it.span);
            let value = given.map(|it| it.value.clone());
            let value = diagnostics.take(finish_variable(name, variable, value, span));
            if variable.ephemeral {
                finished.insert(name.clone(), value);
            } else if plan.variables.get(name) != Some(&value) {
                let detail = format!("The saved plan was made with another value for `{name}`.");
                let problem = Diagnostic::error("Variable differs from the saved plan", detail);
                diagnostics.push(problem.hint("Leave it out, or make a new plan."));
            }
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(finished) }
}

fn not_given_again(name: &str, variable: &Variable) -> Diagnostic {
    let detail = format!(
        "Variable `{name}` is ephemeral, so the saved plan does not have its value: it must be given \
         when planning and again when applying."
    );
    let problem = Diagnostic::error("No value for required variable", detail);
    problem.at(&variable.span).hint(format!("Give it with -var {name}=… or as TF_VAR_{name}."))
}
