//! Carries out one file of tests: its runs in order, then the destruction of all they made.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::address::{ModuleInstance, ModulePath};
use crate::apply::{Applied, Purpose, Reporter, Silent, Stop};
use crate::command::apply::carry_out;
use crate::command::arguments::{LimitArguments, PlanOptions, TestArguments};
use crate::command::planning::make_plan;
use crate::command::stack::{Stack, early_of_run, state_problem};
use crate::command::world;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::ModuleCall;
use crate::language::config::{Configuration, Module};
use crate::language::installed::Installed;
use crate::language::load::{Disk, normalise};
use crate::language::module::{Command, Run, TestFile};
use crate::language::suite::load_run;
use crate::plan::{Evaluation, Mode, Plan, Providers};
use crate::provider::Provider;
use crate::state::{Options, Store};
use crate::ui::Ui;
use crate::ui::suite::{FileReport, RunReport, Status, Verbose};
use crate::value::Value;

use super::clean::{Last, Track};
use super::configure::{Configured, StandIns, configure};
use super::folder::{Folder, Record};
use super::judge::{
    came_early, judge, told_early, without_checks, without_consequences, without_expected,
};
use super::mock::Mocking;
use super::scope::TestScope;
use super::variables::Given;

/// What all files have in common.
pub(super) struct Suite<'a> {
    pub(super) ui: &'a Ui,
    pub(super) arguments: &'a TestArguments,
    pub(super) configuration: &'a Configuration,
    pub(super) given: Given<'a>,
    pub(super) stop: &'a Stop,
    pub(super) record: Record,
}

/// A file of tests being carried out.
pub(super) struct Running<'a> {
    suite: &'a Suite<'a>,
    file: &'a TestFile,
    /// Where states are, and the sandbox.
    pub(super) folder: Folder,
    providers: Vec<Arc<dyn Provider>>,
    /// The states, by the source of the module; empty for the one under test.
    pub(super) tracks: BTreeMap<String, Track>,
    /// How many states were opened.
    states: usize,
    /// The outputs of the runs so far.
    outputs: BTreeMap<String, Value>,
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
pub(super) struct Prepared {
    stack: Stack,
    variables: BTreeMap<String, Value>,
    pub(super) track: String,
    /// What stands for provider configurations.
    pub(super) stand_ins: StandIns,
}

/// Carries out a file of tests.
pub(super) async fn carry_out_file(suite: &Suite<'_>, file: &TestFile) -> FileReport {
    let mut running = Running::begin(suite, file);
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
        let outcome = match &mut running {
            _ if skipped => Outcome { status, diagnostics, verbose },
            Ok(running) => running.run(number, run).await.unwrap_or_else(Outcome::from),
            Err(problems) => Outcome::from(std::mem::take(problems)),
        };
        let Outcome { status, diagnostics, verbose } = outcome;
        let (name, elapsed) = (run.name.clone(), started.elapsed());
        report.runs.push(RunReport { name, status, diagnostics, verbose, elapsed });
    }
    suite.ui.tested(&report);
    if let Ok(running) = running {
        running.clean(&mut report).await;
    }
    suite.ui.cleaned(&report);
    report
}

/// The root of a configuration.
pub(super) fn root(configuration: &Configuration) -> Result<&Module, Diagnostics> {
    let root = configuration.modules.get(&ModulePath::default()).map(|it| &**it);
    root.ok_or_else(|| Diagnostic::error("No configuration", "There is no root module.").into())
}

/// The options of the plan of a run, or of the destruction in the end.
pub(super) fn options(run: Option<&Run>) -> PlanOptions {
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

/// Nobody reads along.
pub(super) fn silent() -> Arc<dyn Reporter> {
    Arc::new(Silent)
}

/// By which a state is known: the source of the module.
fn track_of(call: &ModuleCall) -> String {
    match call.source.starts_with("./") || call.source.starts_with("../") {
        true => format!("./{}", normalise(Path::new(&call.source)).display()),
        false => call.source.clone(),
    }
}

impl<'a> Running<'a> {
    fn begin(suite: &'a Suite<'a>, file: &'a TestFile) -> Result<Running<'a>, Diagnostics> {
        let world = &suite.arguments.world;
        let folder = Folder::make(&file.path, world::world(world), suite.record.clone())?;
        Ok(Running {
            suite,
            file,
            providers: world::providers_on(world, &folder.path.join("sandbox"))?,
            folder,
            tracks: BTreeMap::new(),
            states: 0,
            outputs: BTreeMap::new(),
        })
    }

    /// The configuration that a run is about, with the source by which its state is known.
    fn configuration(&self, run: &Run) -> Result<(String, Configuration), Diagnostics> {
        let Some(call) = &run.module else {
            return Ok((String::new(), self.suite.configuration.clone()));
        };
        let mut modules = Installed::read(Path::new("."), &Disk);
        let Suite { configuration, arguments, .. } = self.suite;
        let early = early_of_run(Some(configuration), &arguments.variables, run);
        match load_run(&self.file.path, run, &early, &Disk, &mut modules) {
            (Some(configuration), problems) if !problems.has_errors() => {
                Ok((track_of(call), configuration))
            }
            (_, problems) => Err(problems),
        }
    }

    /// Opens a state of nothing.
    pub(super) fn open(&mut self) -> Result<Arc<Store>, Diagnostics> {
        let path = self.folder.path.join(format!("{}.tfstate", self.states));
        self.states += 1;
        let world = Some(world::world(&self.suite.arguments.world));
        let options = Options { world, backup: None, ..Options::write(path, "OperationTypeTest") };
        let store = Store::open(&options);
        Ok(Arc::new(store.map_err(|error| state_problem(&error))?))
    }

    /// The state of a module, with what stands for parts of it.
    fn track(
        &mut self,
        source: &str,
        parts: &Configured,
    ) -> Result<(Arc<Store>, StandIns), Diagnostics> {
        if !self.tracks.contains_key(source) {
            let track = Track::new(self.open()?);
            self.tracks.insert(source.to_string(), track);
        }
        let mut stand_ins = StandIns::new();
        let Some(track) = self.tracks.get_mut(source) else { return Err(Diagnostics::new()) };
        track.overrides.extend(parts.overrides.clone());
        stand_ins.extend(track.overrides.clone());
        stand_ins.extend(parts.stand_ins.clone());
        Ok((track.store.clone(), stand_ins))
    }

    fn prepare(&mut self, run: &Run) -> Result<Prepared, Diagnostics> {
        let (track, configuration) = self.configuration(run)?;
        let module = root(&configuration)?;
        let given = &self.suite.given;
        let variables = given.of_run(module, self.file, run, &self.outputs)?;
        let parts = {
            let all = &variables.all;
            let (runs, folder) = (&self.outputs, given.folder);
            let scope = TestScope { variables: all, runs, module: None, folder };
            configure(&configuration, self.file, run, &scope)?
        };
        let (store, stand_ins) = self.track(&track, &parts)?;
        let stack = self.stack(parts.configuration, variables.module, &stand_ins, store)?;
        Ok(Prepared { stack, variables: variables.all, track, stand_ins })
    }

    pub(super) fn stack(
        &self,
        configuration: Configuration,
        variables: BTreeMap<String, Value>,
        stand_ins: &StandIns,
        store: Arc<Store>,
    ) -> Result<Stack, Diagnostics> {
        let mocking = |it: &Arc<dyn Provider>| Mocking::around(it.clone(), stand_ins);
        let providers = Providers(self.providers.iter().map(mocking).collect());
        let variables = (variables, BTreeMap::new());
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
        self.note_real(prepared)?;
        if let Some(track) = self.tracks.get_mut(&prepared.track) {
            track.last = Some(Last {
                number,
                configuration: (*stack.evaluation.configuration).clone(),
                variables: stack.evaluation.variables().clone(),
                stand_ins: prepared.stand_ins.clone(),
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
}

/// Applies a plan.
pub(super) async fn done(
    stack: &Stack,
    plan: Plan,
    stop: Stop,
) -> Result<(Applied, Arc<Evaluation>), Diagnostics> {
    let Stack { store, providers, resolver, .. } = stack;
    let parallelism = options(None).parallelism;
    carry_out(plan, store, providers, resolver, silent(), stop, parallelism).await
}
