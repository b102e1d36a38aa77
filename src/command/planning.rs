//! From a stack to a plan: settles what earlier runs left, refreshes, and plans.

use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::address::{InstanceAddress, Target, Targets};
use crate::apply::{Purpose, Reporter, Stop, recover};
use crate::command::arguments::PlanOptions;
use crate::command::stack::{Stack, state_problem};
use crate::command::wanted::Wanted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::suggest::did_you_mean;
use crate::plan::moves::{moved, statements};
use crate::plan::{
    Connections, Limits, Mode, Plan, ProviderKey, Refresher, Request, connect, out_of_sight, plan,
};
use crate::provider::{Connection, Openings, ProviderError};
use crate::refresh::refresh;
use crate::state::State;

/// Makes the plan that the options ask for. Its diagnostics may have errors.
pub(super) async fn make_plan(
    stack: &Stack,
    options: &PlanOptions,
    mode: Mode,
    purpose: Purpose,
    reporter: &Arc<dyn Reporter>,
    stop: &Stop,
) -> Result<Plan, Diagnostics> {
    let wanted = Wanted::of(options)?;
    let before = stack.store.state();
    let connections = connected(stack, &before)?;
    let unresolved = stack.store.with(|folded| !folded.unresolved.is_empty());
    if options.refresh || unresolved {
        verify(&connections).await?;
    }
    settle(stack, purpose, reporter, stop).await?;
    let stored = stack.store.state();
    let configuration = &stack.evaluation.configuration;
    let moves = moved(&stored, configuration, &statements(configuration), &stack.providers);
    let prior = match options.refresh {
        true => {
            let reporter = reporter.as_ref();
            let look = refreshed(stack, &moves.state, &connections, options, reporter, &wanted);
            unless_stopped(stop, look).await?
        }
        false => moves.state.clone(),
    };
    let open = Openings::default();
    let late = Late { stack, options, reporter: reporter.as_ref(), wanted: &wanted };
    let request = Request {
        open: &open,
        refresher: options.refresh.then_some(&late as &dyn Refresher),
        evaluation: &stack.evaluation,
        dependencies: &stack.dependencies,
        providers: &stack.providers,
        connections,
        stored: &stored,
        moves: &moves,
        prior: &prior,
        mode,
        targets: wanted.targets.clone(),
        excludes: wanted.excludes.clone(),
        replace: wanted.replace.clone(),
    };
    let planned = unless_stopped(stop, async { Ok(plan(&request).await) }).await;
    let unclosed = open.close_all().await;
    let mut plan = planned?;
    let unclosed = unclosed.iter().map(|(address, error)| not_closed(address, error));
    plan.diagnostics.extend(unclosed);
    let limits = limits(&plan, &request);
    plan.diagnostics.extend(limits);
    Ok(plan)
}

/// Looks, until the command is being stopped: what only reads can be broken off at any time.
async fn unless_stopped<T>(
    stop: &Stop,
    look: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    tokio::select! {
        biased;
        found = look => found,
        () = stop.requested() => Err(Diagnostic::error("Stopped", "Nothing was planned.").into()),
    }
}

/// Warnings about `-target`, `-exclude` and `-replace`: what they leave out, and those that name nothing.
fn limits(plan: &Plan, request: &Request<'_>) -> Diagnostics {
    let mut warnings = Diagnostics::new();
    let flag = if request.targets.is_empty() { "-exclude" } else { "-target" };
    if !(request.targets.is_empty() && request.excludes.is_empty()) {
        let detail = format!(
            "`{flag}` limits this plan: what it leaves out may differ from the configuration, and \
             outputs may be missing."
        );
        warnings.push(Diagnostic::warning("Plan is incomplete", detail));
    }
    let mut unmatched = |flag: &str, target: String, found: bool| {
        if !found {
            let detail = format!("`-{flag}={target}` names nothing that is planned or in state.");
            let warning = Diagnostic::warning("Nothing is named so", detail);
            warnings.push(warning.hint(meant(&target, request)));
        }
    };
    let all = Targets::from_iter(&request.targets);
    let found: HashSet<Target> =
        plan.changes.iter().flat_map(|it| all.covering(&it.address)).collect();
    for target in &request.targets {
        unmatched("target", target.to_string(), found.contains(target));
    }
    let planned: HashSet<_> = plan.changes.iter().map(|it| &it.address).collect();
    for address in &request.replace {
        unmatched("replace", address.to_string(), planned.contains(address));
    }
    warnings
}

/// What may be meant by an address that names nothing.
fn meant(address: &str, request: &Request<'_>) -> String {
    let modules = &request.evaluation.configuration.modules;
    let resources = modules.values().flat_map(|module| {
        let dot = if module.path.is_root() { "" } else { "." };
        module.resources.keys().map(move |name| format!("{}{dot}{name}", module.path))
    });
    let instances = request.prior.resources.keys().map(ToString::to_string);
    let known: Vec<String> = resources.chain(instances).collect();
    did_you_mean(address, known.iter().map(String::as_str))
}

fn connected(stack: &Stack, state: &State) -> Result<Connections, Diagnostics> {
    let (connections, diagnostics) =
        connect(&stack.evaluation, &stack.dependencies, &stack.providers, state);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    stack.ui.diagnostics(&diagnostics);
    stack.resolver.add(connections.clone());
    Ok(connections)
}

fn not_closed(address: &str, error: &ProviderError) -> Diagnostic {
    let detail = format!("{address} was opened and could not be closed: {}.", error.message);
    Diagnostic::error("Ephemeral resource not closed", detail).hint(&error.hint)
}

/// Finds out early whether credentials work.
async fn verify(connections: &Connections) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::new();
    for (key, connection) in connections {
        if let Err(error) = connection.verify().await {
            problems.extend([unverified(&key.to_string(), &error)]);
        }
    }
    if problems.has_errors() { Err(problems) } else { Ok(()) }
}

fn unverified(provider: &str, error: &ProviderError) -> Diagnostic {
    Diagnostic::error("Provider cannot be used", format!("{provider}: {}", error.message))
        .hint(&error.hint)
}

/// Settles what an interrupted run left.
pub(super) async fn settle(
    stack: &Stack,
    purpose: Purpose,
    reporter: &Arc<dyn Reporter>,
    stop: &Stop,
) -> Result<(), Diagnostics> {
    if stack.store.with(|folded| folded.unresolved.is_empty()) {
        return Ok(());
    }
    let recovered = recover(stack.resolver.as_ref(), &stack.store, reporter, stop, purpose).await;
    for note in &recovered.notes {
        stack.ui.status(note);
    }
    if recovered.diagnostics.has_errors() {
        return Err(recovered.diagnostics);
    }
    stack.ui.diagnostics(&recovered.diagnostics);
    stack.store.finish().map(drop).map_err(|error| state_problem(&error))
}

/// Refreshes what belongs to providers that are connected only on the way.
struct Late<'a> {
    stack: &'a Stack,
    options: &'a PlanOptions,
    reporter: &'a dyn Reporter,
    wanted: &'a Wanted,
}

impl Refresher for Late<'_> {
    fn refresh<'a>(
        &'a self,
        state: &'a State,
        provider: &'a ProviderKey,
        connection: Arc<dyn Connection>,
    ) -> BoxFuture<'a, (State, Diagnostics)> {
        let Late { stack, options, reporter, wanted } = *self;
        async move {
            let limits = Limits::of(&stack.dependencies, &wanted.targets, &wanted.excludes);
            let looked_at = |address: &InstanceAddress| limits.covers(&stack.dependencies, address);
            let connections = Connections::from([(provider.clone(), connection)]);
            let parallelism = options.parallelism;
            refresh(state, &stack.providers, &connections, parallelism, reporter, &looked_at).await
        }
        .boxed()
    }
}

async fn refreshed(
    stack: &Stack,
    stored: &State,
    connections: &Connections,
    options: &PlanOptions,
    reporter: &dyn Reporter,
    wanted: &Wanted,
) -> Result<State, Diagnostics> {
    let limits = Limits::of(&stack.dependencies, &wanted.targets, &wanted.excludes);
    let looked_at = |address: &InstanceAddress| limits.covers(&stack.dependencies, address);
    let only = options.refresh_only;
    let mut problems = out_of_sight(&stack.evaluation, stored, &looked_at, only);
    let (prior, diagnostics) =
        refresh(stored, &stack.providers, connections, options.parallelism, reporter, &looked_at)
            .await;
    problems.extend(diagnostics);
    if problems.has_errors() {
        return Err(problems);
    }
    stack.ui.diagnostics(&problems);
    Ok(prior)
}
