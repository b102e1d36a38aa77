//! `terrace sandbox`

use std::collections::BTreeMap;

use serde_json::json;

use crate::command::Exit;
use crate::command::arguments::SandboxCommand;
use crate::command::world::{sandbox_folder, unusable};
use crate::diagnostic::Diagnostics;
use crate::sandbox::{Item, Sandbox};
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, command: &SandboxCommand) -> Result<Exit, Diagnostics> {
    match command {
        SandboxCommand::List { json } => list(ui, *json),
        SandboxCommand::Reset => {
            if sandbox_folder().exists() {
                Sandbox::reset(&sandbox_folder()).map_err(|error| unusable(&error))?;
            }
            ui.status("The sandbox is empty.");
            Ok(Exit::Success)
        }
    }
}

fn list(ui: &Ui, json: bool) -> Result<Exit, Diagnostics> {
    let items = match sandbox_folder().exists() {
        true => contents()?,
        false => Vec::new(),
    };
    if json {
        let rows = items.iter().map(|it| {
            json!({
                "kind": it.kind, "region": it.region, "id": it.id, "name": it.name,
                "default": it.made_by_aws,
            })
        });
        ui.data(&format!("{:#}\n", json!(rows.collect::<Vec<_>>())));
        return Ok(Exit::Success);
    }
    let (defaults, own): (Vec<_>, Vec<_>) = items.iter().partition(|it| it.made_by_aws);
    for it in &own {
        ui.data(&format!("{}  {}  {}  {}\n", it.kind, it.region, it.id, it.name));
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    own.iter().for_each(|it| *kinds.entry(it.kind).or_default() += 1);
    ui.status(&format!(
        "{} objects of {} kinds, and {} that AWS makes by itself.",
        own.len(),
        kinds.len(),
        defaults.len()
    ));
    Ok(Exit::Success)
}

fn contents() -> Result<Vec<Item>, Diagnostics> {
    let sandbox = Sandbox::open(&sandbox_folder()).map_err(|error| unusable(&error))?;
    Ok(sandbox.contents().map_err(|error| unusable(&error))?)
}
