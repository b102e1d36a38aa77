//! `terrace apply`, `terrace destroy` and `terrace refresh`

use std::path::Path;
use std::sync::Arc;

use crate::apply::{Applied, Doing, Purpose, Reporter, Stop, Surroundings, Task, apply};
use crate::command::arguments::{ApplyArguments, RefreshArguments};
use crate::command::place::Places;
use crate::command::plan::{mode, unsettled};
use crate::command::planning::make_plan;
use crate::command::resolver::Resolver;
use crate::command::stack::{Stack, inputs_again, state_problem, store_options, working_folder};
use crate::command::wanted::check;
use crate::command::{Exit, progress, stop_on_interrupt, world};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Evaluation, Mode, Plan, Providers, evaluation_of, file};
use crate::state::{Options, Store};
use crate::ui::Ui;

/// Runs `apply`, or `destroy`.
pub(super) async fn run(
    ui: &Ui,
    arguments: &ApplyArguments,
    destroy: bool,
) -> Result<Exit, Diagnostics> {
    let ui = &ui.clone().revealing(arguments.view.show_sensitive);
    check(&arguments.options, destroy)?;
    if let Some(saved) = &arguments.plan {
        if destroy {
            return Err(not_a_destroy(saved));
        }
        return saved_plan(ui, arguments, saved).await;
    }
    if ui.json && !arguments.auto_approve {
        let error =
            Diagnostic::error("Nobody to ask", "With -json, apply cannot ask for approval.");
        return Err(error.hint("Add -auto-approve, or apply a saved plan.").into());
    }
    let stack = Stack::open(ui, &arguments.stack, "OperationTypeApply")?;
    let mode = if destroy { Mode::Destroy } else { mode(&arguments.options) };
    stack.must_be_configured(mode)?;
    let reporter: Arc<dyn Reporter> = progress::reporter(ui);
    let stop = stop_on_interrupt(ui);
    let plan =
        make_plan(&stack, &arguments.options, mode, Purpose::Change, &reporter, &stop).await?;
    ui.plan(&plan, &stack.providers);
    if plan.diagnostics.has_errors() {
        return Err(plan.diagnostics);
    }
    ui.diagnostics(&plan.diagnostics);
    if plan.changes_anything() && !arguments.auto_approve {
        approve(ui, arguments, mode)?;
    }
    execute(ui, plan, &stack.store, &stack.providers, &stack.resolver, reporter, stop, arguments)
        .await
}

/// A saved plan says itself what it does: `destroy` would only hide that.
fn not_a_destroy(saved: &Path) -> Diagnostics {
    let detail = "`terrace destroy` makes its own plan, so it takes no saved one.";
    let hint = format!("If it was made with `plan -destroy`: terrace apply {}", saved.display());
    Diagnostic::error("Destroy cannot be called with a plan file", detail).hint(hint).into()
}

fn approve(ui: &Ui, arguments: &ApplyArguments, mode: Mode) -> Result<(), Diagnostics> {
    let nobody = || {
        let detail = "Approval is needed, and there is nobody to ask.";
        Diagnostics::from(Diagnostic::error("Nobody to ask", detail).hint("Add -auto-approve."))
    };
    if !arguments.stack.variables.may_ask() || !ui.can_ask() {
        return Err(nobody());
    }
    let question = match mode {
        Mode::Destroy => "\nDestroy all of this? There is no way back. Only `yes` is taken: ",
        Mode::RefreshOnly => "\nBring the state to what is there? Only `yes` is taken: ",
        Mode::Normal => "\nDo all of this? Only `yes` is taken: ",
    };
    match ui.ask(question).as_deref() {
        Some("yes") => Ok(()),
        None => Err(nobody()),
        Some(_) => Err(Diagnostic::error("Apply cancelled", "Nothing was changed.").into()),
    }
}

/// Applies a saved plan, unless state has moved on since.
async fn saved_plan(
    ui: &Ui,
    arguments: &ApplyArguments,
    saved: &Path,
) -> Result<Exit, Diagnostics> {
    let bytes = std::fs::read(saved).map_err(|error| {
        let detail = format!("{} cannot be read: {error}.", saved.display());
        Diagnostic::error("Saved plan cannot be read", detail)
    })?;
    let (mut plan, _) = file::read(&bytes, saved).map_err(|error| {
        Diagnostic::error("Saved plan cannot be used", format!("{error}."))
            .hint("Make a new one with `terrace plan -out`.")
    })?;
    let path = match &arguments.stack.state.state {
        Some(given) => given.clone(),
        None => Places::of(plan.configuration.root())?.state(&plan.workspace),
    };
    let world = world::of_plan(&arguments.stack.world, plan.world)?;
    let options = store_options(path, &arguments.stack.state, "OperationTypeApply")?;
    let store = Store::open(&Options { world: Some(plan.world), ..options });
    let store = Arc::new(store.map_err(|error| state_problem(&error))?);
    unmoved(&store, &plan)?;
    plan.variables.extend(inputs_again(ui, &plan, &arguments.stack.variables)?);
    let providers = Providers(world::providers(&world)?);
    let (evaluation, problems) = evaluation_of(&plan, &providers, working_folder()?);
    if problems.has_errors() {
        return Err(problems);
    }
    let resolver = Arc::new(Resolver::new(Arc::new(evaluation), providers.clone()));
    let reporter: Arc<dyn Reporter> = progress::reporter(ui);
    let stop = stop_on_interrupt(ui);
    execute(ui, plan, &store, &providers, &resolver, reporter, stop, arguments).await
}

fn unmoved(store: &Store, plan: &Plan) -> Result<(), Diagnostics> {
    let state = store.state();
    if store.with(|folded| !folded.unresolved.is_empty()) {
        return Err(unsettled("The saved plan cannot be applied").into());
    }
    let same = state.lineage == plan.stored.lineage && state.serial == plan.stored.serial;
    if same && state.same_content(&plan.stored) {
        return Ok(());
    }
    let detail = format!(
        "The plan was made for serial {} of lineage {}; state is at serial {} of lineage {}.",
        plan.stored.serial,
        name(&plan.stored.lineage),
        state.serial,
        name(&state.lineage)
    );
    let error = Diagnostic::error("Saved plan is stale", detail);
    Err(error.hint("State has moved on since. Make a new plan with `terrace plan -out`.").into())
}

fn name(lineage: &str) -> &str {
    if lineage.is_empty() { "(none yet)" } else { lineage }
}

#[expect(clippy::too_many_arguments, reason = "the two ways to apply share nothing but these")]
async fn execute(
    ui: &Ui,
    plan: Plan,
    store: &Arc<Store>,
    providers: &Providers,
    resolver: &Arc<Resolver>,
    reporter: Arc<dyn Reporter>,
    stop: Stop,
    arguments: &ApplyArguments,
) -> Result<Exit, Diagnostics> {
    let parallelism = arguments.options.parallelism;
    let (mode, import, stopped) = (plan.mode, plan.counts().import, stop.clone());
    let (mut applied, _) =
        carry_out(plan, store, providers, resolver, reporter, stop, parallelism).await?;
    let forgotten = applied.done.get(&Doing::Forget).copied().unwrap_or(0);
    let told = mode == Mode::Destroy && forgotten > 0 && !arguments.suppress_forget_errors;
    if told && applied.complete && !applied.diagnostics.has_errors() {
        applied.diagnostics.push(left_behind(forgotten));
    }
    finished(ui, &applied, mode, import, &stopped)
}

/// Does what a plan says; and what is known of the configuration then.
pub(super) async fn carry_out(
    plan: Plan,
    store: &Arc<Store>,
    providers: &Providers,
    resolver: &Arc<Resolver>,
    reporter: Arc<dyn Reporter>,
    stop: Stop,
    parallelism: usize,
) -> Result<(Applied, Arc<Evaluation>), Diagnostics> {
    let (evaluation, problems) = evaluation_of(&plan, providers, working_folder()?);
    if problems.has_errors() {
        return Err(problems);
    }
    let evaluation = Arc::new(evaluation);
    let resolve = Arc::new(resolver.with(evaluation.clone()));
    let store = store.clone();
    let surroundings = Surroundings { resolve, store, reporter, stop, parallelism };
    let task = Task {
        changes: plan.changes,
        schedule: plan.schedule,
        outputs: plan.outputs,
        moves: plan.moves,
        prior: plan.prior,
    };
    Ok((apply(task, &surroundings).await, evaluation))
}

/// Scripts take the success of a destroy to mean that nothing is left.
fn left_behind(forgotten: usize) -> Diagnostic {
    let detail = format!(
        "{forgotten} objects were forgotten, not destroyed, as the configuration says: they are still \
         there, and may cost money."
    );
    let error = Diagnostic::error("Destroyed, but objects are left behind", detail);
    error.hint("-suppress-forget-errors makes this no error.")
}

fn finished(
    ui: &Ui,
    applied: &Applied,
    mode: Mode,
    import: usize,
    stop: &Stop,
) -> Result<Exit, Diagnostics> {
    let failed = applied.diagnostics.has_errors();
    if !applied.complete && stop.is_requested() {
        ui.status("\nStopped. What was done is in state; the next apply goes on from here.");
    }
    ui.applied(applied, mode, import);
    if failed {
        return Err(applied.diagnostics.clone());
    }
    ui.diagnostics(&applied.diagnostics);
    Ok(if applied.complete { Exit::Success } else { Exit::Failure })
}

/// Runs `refresh`: an apply that only brings state to what is there.
pub(super) async fn refresh(ui: &Ui, arguments: &RefreshArguments) -> Result<Exit, Diagnostics> {
    let apply = ApplyArguments {
        plan: None,
        options: crate::command::arguments::PlanOptions {
            destroy: false,
            refresh_only: true,
            refresh: true,
            limits: arguments.limits.clone(),
            replace: Vec::new(),
            parallelism: arguments.parallelism,
        },
        stack: arguments.stack.clone(),
        view: arguments.view.clone(),
        suppress_forget_errors: false,
        auto_approve: true,
        json: arguments.json,
    };
    run(ui, &apply, false).await
}
