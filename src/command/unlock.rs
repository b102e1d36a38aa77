//! `terrace force-unlock`

use crate::command::Exit;
use crate::command::arguments::ForceUnlockArguments;
use crate::command::place::state_path;
use crate::command::stack::{settings, state_problem};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::Lock;
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ForceUnlockArguments) -> Result<Exit, Diagnostics> {
    let path = match &arguments.state {
        Some(path) => path.clone(),
        None => state_path(settings(ui, &arguments.variables)?.as_ref(), None)?,
    };
    if !arguments.force {
        if !ui.can_ask() {
            let error = Diagnostic::error("Nobody to ask", "Removing a lock needs approval.");
            return Err(error.hint("Add -force.").into());
        }
        let question = format!(
            "Remove the lock {} of {}? If its holder is still at work, state may be lost. Only `yes` is taken: ",
            arguments.id,
            path.display()
        );
        if ui.ask(&question).as_deref() != Some("yes") {
            return Err(Diagnostic::error("Unlock cancelled", "The lock is still there.").into());
        }
    }
    let removed = Lock::force(&path, &arguments.id).map_err(|error| state_problem(&error))?;
    ui.status(&format!("The lock of {} is removed.", removed.who));
    Ok(Exit::Success)
}
