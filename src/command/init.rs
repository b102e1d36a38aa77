//! `terrace init`

use crate::command::arguments::InitArguments;
use crate::command::{Exit, stack};
use crate::diagnostic::Diagnostics;
use crate::ui::Ui;

/// Runs the command: the configuration must load, with all its modules.
pub(super) fn run(ui: &Ui, arguments: &InitArguments) -> Result<Exit, Diagnostics> {
    let ui = ui.clone().json(arguments.json);
    let configuration = stack::configuration(&ui)?;
    let path = stack::state_path(Some(&configuration), None)?;
    let modules = configuration.modules.len().saturating_sub(1);
    ui.status(&format!(
        "Ready: {modules} module calls found, state in {}. Providers are part of terrace.",
        path.display()
    ));
    Ok(Exit::Success)
}
