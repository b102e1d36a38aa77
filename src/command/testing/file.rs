//! Carries out one file of tests: its runs in order, then the destruction of all they made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tempfile::TempDir;

use crate::address::{ModuleInstance, ModulePath};
use crate::apply::{Applied, Purpose, Reporter, Silent, Stop};
use crate::command::apply::carry_out;
use crate::command::arguments::{LimitArguments, PlanOptions, TestArguments};
use crate::command::planning::make_plan;
use crate::command::stack::{Stack, state_problem};
use crate::command::world;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Module};
use crate::language::installed::Installed;
use crate::language::load::Disk;
use crate::language::module::{Command, Run, TestFile};
use crate::language::suite::load_run;
use crate::plan::{Evaluation, Mode, Plan, Providers};
use crate::provider::Provider;
use crate::state::{Options, State, Store, print};
use crate::ui::Ui;
use crate::ui::suite::{FileReport, Left, RunReport, Status, Verbose};
use crate::value::Value;

use super::configure::configure;
use super::judge::{
    came_early, judge, told_early, without_checks, without_consequences, without_expected,
};
use super::mock::{Mocking, Values};
use super::scope::TestScope;
use super::variables::Given;

/// Where the state of what a file left behind is kept.
const LEFT: &str = "errored_test.tfstate";

/// What all files have in common.
pub(super) struct Suite<'a> {
    pub(super) ui: &'a Ui,
    pub(super) arguments: &'a TestArguments,
    pub(super) configuration: &'a Configuration,
    pub(super) given: Given<'a>,
    pub(super) stop: &'a Stop,
}

/// A file of tests being carried out.
struct Running<'a> {
    suite: &'a Suite<'a>,
    file: &'a TestFile,
    /// Where states are, and the sandbox.
    folder: TempDir,
    providers: Vec<Arc<dyn Provider>>,
    /// What stands for provider configurations, in this run and in those before.
    stand_ins: BTreeMap<String, Values>,
    /// The states, by the source of the module; empty for the one under test.
    tracks: BTreeMap<String, Track>,
    /// The outputs of the runs so far.
    outputs: BTreeMap<String, Value>,
}

/// The state of a module, and the run that changed it last.
struct Track {
    store: Arc<Store>,
    last: Option<Last>,
}

/// What is needed to destroy what a run made.
struct Last {
    number: usize,
    configuration: Configuration,
    variables: BTreeMap<String, Value>,
}

/// What came of a run.
struct Outcome {
    status: Status,
    diagnostics: Diagnostics,
    verbose: Option<Verbose>,
}

impl From<Diagnostics> for Outcome {
    fn from(diagnostics: Diagnostics) -> Outcome {
        Outcome { status: Status::Error, diagnostics, verbose: None }
    }
}

/// A run prepared: the stack, and the variables that its assertions see besides those of the module.
struct Prepared {
    stack: Stack,
    variables: BTreeMap<String, Value>,
    track: String,
}

/// Carries out a file of tests.
pub(super) async fn carry_out_file(
    suite: &Suite<'_>,
    file: &TestFile,
) -> Result<FileReport, Diagnostics> {
    let folder = tempfile::tempdir().map_err(|error| {
        let detail = format!("No temporary folder can be made: {error}.");
        Diagnostic::error("Tests cannot be run", detail)
    })?;
    let providers = world::providers_on(&suite.arguments.world, &folder.path().join("sandbox"))?;
    let mut running = Running {
        suite,
        file,
        folder,
        providers,
        stand_ins: BTreeMap::new(),
        tracks: BTreeMap::new(),
        outputs: BTreeMap::new(),
    };
    let mut report = FileReport {
        path: file.path.display().to_string(),
        runs: Vec::new(),
        cleanup: Diagnostics::new(),
        left: Vec::new(),
    };
    for (number, run) in file.runs.iter().enumerate() {
        let skipped = report.status() == Status::Error || suite.stop.is_requested();
        let (status, diagnostics, verbose) = (Status::Skip, Diagnostics::new(), None);
        let started = Instant::now();
        let outcome = match skipped {
            true => Outcome { status, diagnostics, verbose },
            false => running.run(number, run).await.unwrap_or_else(Outcome::from),
        };
        let Outcome { status, diagnostics, verbose } = outcome;
        let (name, elapsed) = (run.name.clone(), started.elapsed());
        report.runs.push(RunReport { name, status, diagnostics, verbose, elapsed });
    }
    suite.ui.tested(&report);
    running.clean(&mut report).await;
    suite.ui.cleaned(&report);
    Ok(report)
}

/// The root of a configuration.
pub(super) fn root(configuration: &Configuration) -> Result<&Module, Diagnostics> {
    let root = configuration.modules.get(&ModulePath::default()).map(|it| &**it);
    root.ok_or_else(|| Diagnostic::error("No configuration", "There is no root module.").into())
}

fn options(run: Option<&Run>) -> PlanOptions {
    PlanOptions {
        destroy: run.is_none(),
        refresh_only: run.is_some_and(|run| run.refresh_only),
        refresh: run.is_none_or(|run| run.refresh),
        limits: LimitArguments {
            target: run.map(|run| run.targets.clone()).unwrap_or_default(),
            ..LimitArguments::default()
        },
        replace: run.map(|run| run.replace.clone()).unwrap_or_default(),
        parallelism: 10,
    }
}

fn silent() -> Arc<dyn Reporter> {
    Arc::new(Silent)
}

impl Running<'_> {
    /// The configuration that a run is about, with the source by which its state is known.
    fn configuration(&self, run: &Run) -> Result<(String, Configuration), Diagnostics> {
        let Some(call) = &run.module else {
            return Ok((String::new(), self.suite.configuration.clone()));
        };
        let mut modules = Installed::read(Path::new("."), &Disk);
        match load_run(&self.file.path, call, &Disk, &mut modules) {
            (Some(configuration), problems) if !problems.has_errors() => {
                Ok((call.source.clone(), configuration))
            }
            (_, problems) => Err(problems),
        }
    }

    fn track(&mut self, source: &str) -> Result<Arc<Store>, Diagnostics> {
        if let Some(track) = self.tracks.get(source) {
            return Ok(track.store.clone());
        }
        let path = self.folder.path().join(format!("{}.tfstate", self.tracks.len()));
        let world = Some(world::world(&self.suite.arguments.world));
        let options = Options { world, ..Options::write(path, "OperationTypeTest") };
        let store = Store::open(&options);
        let store = Arc::new(store.map_err(|error| state_problem(&error))?);
        self.tracks.insert(source.to_string(), Track { store: store.clone(), last: None });
        Ok(store)
    }

    fn prepare(&mut self, run: &Run) -> Result<Prepared, Diagnostics> {
        let (track, configuration) = self.configuration(run)?;
        let module = root(&configuration)?;
        let given = &self.suite.given;
        let variables = given.of_run(module, self.file, run, &self.outputs)?;
        let (configuration, stand_ins) = {
            let all = &variables.all;
            let (runs, folder) = (&self.outputs, given.folder);
            let scope = TestScope { variables: all, runs, module: None, folder };
            configure(&configuration, self.file, run, &scope)?
        };
        self.stand_ins.extend(stand_ins);
        let store = self.track(&track)?;
        let stack = self.stack(configuration, variables.module, store)?;
        Ok(Prepared { stack, variables: variables.all, track })
    }

    fn stack(
        &self,
        configuration: Configuration,
        variables: BTreeMap<String, Value>,
        store: Arc<Store>,
    ) -> Result<Stack, Diagnostics> {
        let mocking = |it: &Arc<dyn Provider>| Mocking::around(it.clone(), &self.stand_ins);
        let providers = Providers(self.providers.iter().map(mocking).collect());
        Stack::of(self.suite.ui, configuration, variables, providers, store)
    }

    async fn run(&mut self, number: usize, run: &Run) -> Result<Outcome, Diagnostics> {
        let prepared = self.prepare(run)?;
        let mode = if run.refresh_only { Mode::RefreshOnly } else { Mode::Normal };
        let (stack, stop) = (&prepared.stack, self.suite.stop);
        let (options, reporter) = (options(Some(run)), silent());
        let plan = make_plan(stack, &options, mode, Purpose::Change, &reporter, stop);
        let mut plan = plan.await?;
        let told = std::mem::take(&mut plan.diagnostics);
        match run.command {
            Command::Plan => self.planned(run, &prepared, &plan, told),
            Command::Apply => self.applied(number, run, &prepared, plan, told).await,
        }
    }

    fn planned(
        &mut self,
        run: &Run,
        prepared: &Prepared,
        plan: &Plan,
        told: Diagnostics,
    ) -> Result<Outcome, Diagnostics> {
        let Stack { evaluation, dependencies, .. } = &prepared.stack;
        let told = without_consequences(&run.expected, evaluation, dependencies, told);
        let told = without_expected(&run.expected, evaluation, told);
        if told.has_errors() {
            return Err(told);
        }
        let verbose = match self.suite.arguments.verbose {
            true => Some(self.suite.ui.verbose_plan(plan, &prepared.stack.providers)?),
            false => None,
        };
        Ok(self.judged(run, prepared, &prepared.stack.evaluation, told, verbose))
    }

    async fn applied(
        &mut self,
        number: usize,
        run: &Run,
        prepared: &Prepared,
        plan: Plan,
        told: Diagnostics,
    ) -> Result<Outcome, Diagnostics> {
        let stack = &prepared.stack;
        if came_early(&run.expected, &stack.evaluation, &stack.dependencies, &told) {
            return self.planned(run, prepared, &plan, told);
        }
        if told.has_errors() {
            return Err(told_early(&run.expected, &stack.evaluation, told));
        }
        if let Some(track) = self.tracks.get_mut(&prepared.track) {
            track.last = Some(Last {
                number,
                configuration: (*stack.evaluation.configuration).clone(),
                variables: stack.evaluation.variables().clone(),
            });
        }
        let (applied, evaluation) = done(stack, plan, self.suite.stop.clone()).await?;
        let mut told = without_checks(&stack.evaluation, told);
        told.extend(without_expected(&run.expected, &evaluation, applied.diagnostics));
        if told.has_errors() {
            return Err(told);
        }
        if !applied.complete {
            let detail = "The run was stopped before all was done.";
            told.push(Diagnostic::error("Run not finished", detail));
            return Err(told);
        }
        let verbose = match self.suite.arguments.verbose {
            true => Some(self.suite.ui.verbose_state(&applied.state, &stack.providers)?),
            false => None,
        };
        Ok(self.judged(run, prepared, &evaluation, told, verbose))
    }

    fn judged(
        &mut self,
        run: &Run,
        prepared: &Prepared,
        evaluation: &Evaluation,
        mut diagnostics: Diagnostics,
        verbose: Option<Verbose>,
    ) -> Outcome {
        let scope = TestScope {
            variables: &prepared.variables,
            runs: &self.outputs,
            module: Some(evaluation),
            folder: self.suite.given.folder,
        };
        let (status, told) = judge(self.suite.ui, &run.asserts, &scope);
        diagnostics.extend(told);
        let outputs = evaluation.outputs(&ModuleInstance::ROOT);
        self.outputs.insert(run.name.clone(), outputs);
        Outcome { status, diagnostics, verbose }
    }

    /// Destroys what the runs made: what was made last first.
    async fn clean(&mut self, report: &mut FileReport) {
        let mut order: Vec<(usize, String)> = Vec::new();
        for (source, track) in &self.tracks {
            order.extend(track.last.as_ref().map(|last| (last.number, source.clone())));
        }
        order.sort_by(|a, b| b.cmp(a));
        for (_, source) in order {
            let Some(Track { store, last: Some(last) }) = self.tracks.remove(&source) else {
                continue;
            };
            let (configuration, variables) = (last.configuration, last.variables);
            let stack = self.stack(configuration, variables, store.clone());
            let destroyed = match stack {
                Ok(stack) => destroy(&stack).await,
                Err(problems) => Err(problems),
            };
            report.cleanup.extend(destroyed.err().unwrap_or_default());
            let state = store.state();
            let left = left(&state);
            if !left.is_empty() {
                report.left.extend(left);
                report.cleanup.extend(keep(&state).err().unwrap_or_default());
            }
        }
    }
}

/// The objects of a state that somebody has to destroy.
fn left(state: &State) -> Vec<Left> {
    let managed = |address: &crate::address::InstanceAddress| {
        address.resource.resource.mode == crate::address::Mode::Managed
    };
    let objects = state.objects().filter(|(address, ..)| managed(address));
    let told = objects.map(|(address, deposed, object)| Left {
        address: address.to_string(),
        deposed: deposed.map(ToString::to_string),
        id: object.id().map(ToString::to_string),
    });
    told.collect()
}

/// Keeps a state of what is left, beside those that are there already.
fn keep(state: &State) -> Result<(), Diagnostics> {
    let numbered = (2..).map(|number| PathBuf::from(format!("{LEFT}.{number}")));
    let mut paths = [PathBuf::from(LEFT)].into_iter().chain(numbered);
    let Some(path) = paths.find(|path| !path.exists()) else { return Ok(()) };
    crate::command::write_private(&path, &print(state)).map_err(|error| {
        let detail = format!("{} cannot be written: {error}.", path.display());
        Diagnostic::error("State of what is left cannot be kept", detail)
    })?;
    let detail = format!("The state of what is left is in {}.", path.display());
    let problem = Diagnostic::error("Test left objects behind", detail);
    Err(problem.hint("Destroy them by hand, or with `terrace destroy -state` of that file.").into())
}

async fn done(
    stack: &Stack,
    plan: Plan,
    stop: Stop,
) -> Result<(Applied, Arc<Evaluation>), Diagnostics> {
    let Stack { store, providers, resolver, .. } = stack;
    let parallelism = options(None).parallelism;
    carry_out(plan, store, providers, resolver, silent(), stop, parallelism).await
}

async fn destroy(stack: &Stack) -> Result<(), Diagnostics> {
    let stop = Stop::default();
    let options = options(None);
    let plan = make_plan(stack, &options, Mode::Destroy, Purpose::Change, &silent(), &stop).await?;
    if plan.diagnostics.has_errors() {
        return Err(plan.diagnostics);
    }
    let (applied, _) = done(stack, plan, stop).await?;
    if applied.diagnostics.has_errors() { Err(applied.diagnostics) } else { Ok(()) }
}
