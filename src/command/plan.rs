//! `terrace plan`

use std::path::Path;
use std::sync::Arc;

use crate::apply::{Purpose, Reporter, Stop};
use crate::command::arguments::{PlanArguments, PlanOptions};
use crate::command::generate::generated;
use crate::command::planning::make_plan;
use crate::command::stack::Stack;
use crate::command::wanted::check;
use crate::command::{Exit, progress, world};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Mode, Plan, file};
use crate::ui::Ui;

const OPERATION: &str = "OperationTypePlan";

/// What is asked for.
pub(super) fn mode(options: &PlanOptions) -> Mode {
    match options {
        PlanOptions { destroy: true, .. } => Mode::Destroy,
        PlanOptions { refresh_only: true, .. } => Mode::RefreshOnly,
        _ => Mode::Normal,
    }
}

/// Runs the command.
pub(super) async fn run(ui: &Ui, arguments: &PlanArguments) -> Result<Exit, Diagnostics> {
    let ui = &ui.clone().revealing(arguments.view.show_sensitive);
    check(&arguments.options, false)?;
    let stack = Stack::open(ui, &arguments.stack, OPERATION)?;
    let stack = match &arguments.generate_config_out {
        Some(out) => generated(stack, &arguments.stack, OPERATION, out).await?,
        None => stack,
    };
    let reporter: Arc<dyn Reporter> = progress::reporter(ui);
    let mode = mode(&arguments.options);
    stack.must_be_configured(mode)?;
    let stop = Stop::default();
    let mut plan =
        make_plan(&stack, &arguments.options, mode, Purpose::Look, &reporter, &stop).await?;
    plan.world = world::world(&arguments.stack.world);
    ui.plan(&plan, &stack.providers);
    if plan.diagnostics.has_errors() {
        return Err(plan.diagnostics);
    }
    ui.diagnostics(&plan.diagnostics);
    if let Some(out) = &arguments.out {
        if stack.store.with(|folded| !folded.unresolved.is_empty()) {
            return Err(unsettled("A plan that is saved now could not be applied").into());
        }
        save(&plan, out)?;
        ui.status(&format!(
            "\nThe plan is saved in {0}. To apply it: terrace apply {0}",
            out.display()
        ));
    }
    Ok(if arguments.detailed_exitcode && plan.changes_anything() {
        Exit::Changes
    } else {
        Exit::Success
    })
}

/// Work of an interrupted run is left that only an apply can settle.
pub(super) fn unsettled(because: &str) -> Diagnostic {
    let detail = format!("{because}: an interrupted run is not settled yet, which takes an apply.");
    Diagnostic::error("Interrupted run not settled", detail).hint(
        "Run `terrace apply`, or `terrace apply -refresh-only` to settle it and change nothing \
         else; then make a new plan.",
    )
}

fn save(plan: &Plan, out: &Path) -> Result<(), Diagnostics> {
    let failed = |error: &dyn std::fmt::Display| {
        let detail = format!("{} cannot be written: {error}.", out.display());
        Diagnostics::from(Diagnostic::error("Plan cannot be saved", detail))
    };
    let bytes = file::save(plan, Path::new(".")).map_err(|error| failed(&error))?;
    super::write_private(out, &bytes).map_err(|error| failed(&error))
}
