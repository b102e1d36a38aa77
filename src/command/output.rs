//! `terrace output`

use serde_json::{Map, Value as Json, json};

use crate::command::Exit;
use crate::command::arguments::OutputArguments;
use crate::command::place::state_path;
use crate::command::stack::{settings, state_problem};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::suggest::did_you_mean;
use crate::state::{Options, OutputValue, Store};
use crate::ui::Ui;
use crate::value::{Marks, Value};

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &OutputArguments) -> Result<Exit, Diagnostics> {
    let path = match &arguments.state {
        Some(path) => path.clone(),
        None => state_path(settings(ui, &arguments.variables)?.as_ref(), None)?,
    };
    let store = Store::open(&Options::read(path)).map_err(|error| state_problem(&error))?;
    let state = store.state();
    let Some(name) = &arguments.name else {
        let json = || Ok(format!("{:#}\n", all_json(&state.outputs)));
        let text = || all_text(ui, &state.outputs, arguments.show_sensitive);
        ui.document(arguments.json, text, json)?;
        return Ok(Exit::Success);
    };
    let Some(output) = state.outputs.get(name) else {
        let names: Vec<_> = state.outputs.keys().map(String::as_str).collect();
        let detail = match names.is_empty() {
            true => format!("State has no output `{name}`, nor any other."),
            false => format!("State has no output `{name}`. It has: {}.", names.join(", ")),
        };
        let error = Diagnostic::error("Output not found", detail);
        let hint = match did_you_mean(name, names) {
            near if near.is_empty() => "Outputs get into state with the next apply.".to_string(),
            near => near,
        };
        return Err(error.hint(hint).into());
    };
    let json = || Ok(format!("{}\n", output.value));
    ui.document(arguments.json, || one(ui, arguments, name, output), json)?;
    Ok(Exit::Success)
}

fn one(
    ui: &Ui,
    arguments: &OutputArguments,
    name: &str,
    output: &OutputValue,
) -> Result<String, Diagnostics> {
    if !arguments.raw {
        // who asks for it by name may see it
        let (value, _) = decode(name, output)?.unmark_deep();
        return Ok(format!("{}\n", ui.value(&value)));
    }
    match &output.value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => Ok(output.value.to_string()),
        _ => {
            let detail = format!("Output `{name}` is not a string, number or bool.");
            Err(Diagnostic::error("Unsupported value for raw output", detail)
                .hint("Use -json.")
                .into())
        }
    }
}

fn decode(name: &str, output: &OutputValue) -> Result<Value, Diagnostics> {
    output.decode().map_err(|error| {
        let detail = format!("State has output `{name}` in a wrong shape: {error}.");
        Diagnostic::error("State is damaged", detail).into()
    })
}

fn all_json(outputs: &std::collections::BTreeMap<String, OutputValue>) -> Json {
    let entry = |(name, it): (&String, &OutputValue)| {
        let json = json!({ "sensitive": it.sensitive, "type": it.ty, "value": it.value });
        (name.clone(), json)
    };
    Json::Object(outputs.iter().map(entry).collect::<Map<_, _>>())
}

fn all_text(
    ui: &Ui,
    outputs: &std::collections::BTreeMap<String, OutputValue>,
    reveal: bool,
) -> Result<String, Diagnostics> {
    let mut text = String::new();
    for (name, output) in outputs {
        let value = decode(name, output)?;
        let value = match reveal {
            true => value.unmark_deep().0,
            false if output.sensitive => value.mark(Marks::SENSITIVE),
            false => value,
        };
        text.push_str(&format!("{name} = {}\n", ui.value(&value)));
    }
    if outputs.is_empty() {
        ui.status("State has no outputs.");
    }
    Ok(text)
}
