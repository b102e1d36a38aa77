//! `terrace validate`

use crate::command::arguments::{ValidateArguments, VariableArguments, WorldArguments};
use crate::command::stack::load_fetched;
use crate::command::{Exit, world};
use crate::diagnostic::Diagnostics;
use crate::plan::{Dependencies, Providers, validate};
use crate::ui::{Ui, validation};

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ValidateArguments) -> Result<Exit, Diagnostics> {
    let diagnostics = check(&arguments.variables).unwrap_or_else(|problems| problems);
    let valid = !diagnostics.has_errors();
    if arguments.json {
        ui.data(&format!("{:#}\n", validation(&diagnostics)));
    } else {
        ui.diagnostics(&diagnostics);
        if valid {
            ui.data("Success! The configuration is valid.\n");
        }
    }
    Ok(if valid { Exit::Success } else { Exit::Failure })
}

fn check(variables: &VariableArguments) -> Result<Diagnostics, Diagnostics> {
    let (configuration, mut diagnostics) = load_fetched(variables);
    let Some(configuration) = configuration else { return Ok(diagnostics) };
    if let Err(cycle) = Dependencies::find(&configuration) {
        diagnostics.push(cycle);
        return Ok(diagnostics);
    }
    let providers = Providers(world::providers(&WorldArguments::default())?);
    diagnostics.extend(validate(&configuration, &providers));
    Ok(diagnostics)
}
