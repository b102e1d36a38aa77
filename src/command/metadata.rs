//! `terrace metadata`

use crate::command::Exit;
use crate::command::arguments::MetadataCommand;
use crate::diagnostic::Diagnostics;
use crate::ui::{Ui, functions_json};

/// Runs the command.
pub(super) fn run(ui: &Ui, command: &MetadataCommand) -> Result<Exit, Diagnostics> {
    match command {
        MetadataCommand::Functions { .. } => ui.data(&format!("{}\n", functions_json())),
    }
    Ok(Exit::Success)
}
