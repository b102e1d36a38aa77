//! `terrace validate`

use serde_json::json;

use crate::command::arguments::{ValidateArguments, VariableArguments, WorldArguments};
use crate::command::stack::load_fetched;
use crate::command::{Exit, world};
use crate::diagnostic::Diagnostics;
use crate::plan::{Dependencies, Providers, validate};
use crate::ui::{Ui, diagnostics::to_json};

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ValidateArguments) -> Result<Exit, Diagnostics> {
    let diagnostics = check(&arguments.variables)?;
    let valid = !diagnostics.has_errors();
    if arguments.json {
        let errors = diagnostics.0.iter().filter(|it| it.is_error()).count();
        let json = json!({
            "format_version": "1.0",
            "valid": valid,
            "error_count": errors,
            "warning_count": diagnostics.0.len() - errors,
            "diagnostics": diagnostics.0.iter().map(to_json).collect::<Vec<_>>(),
        });
        ui.data(&format!("{json:#}\n"));
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
