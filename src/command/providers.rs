//! `terrace providers`

use std::collections::BTreeSet;

use crate::command::Exit;
use crate::command::arguments::{ProvidersArguments, ProvidersCommand, WorldArguments};
use crate::command::stack::configuration;
use crate::command::world;
use crate::diagnostic::Diagnostics;
use crate::plan::{Providers, provider_key};
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ProvidersArguments) -> Result<Exit, Diagnostics> {
    let providers = Providers(world::providers(&WorldArguments::default())?);
    if let Some(ProvidersCommand::Schema { .. }) = arguments.command {
        ui.data(&format!("{:#}\n", crate::ui::schema_json(&providers)));
        return Ok(Exit::Success);
    }
    let configuration = configuration(ui)?;
    let mut used = BTreeSet::new();
    for module in configuration.modules.values() {
        for resource in module.resources.values() {
            used.insert(provider_key(&configuration, module, &resource.provider).source);
        }
    }
    for source in used {
        let version = providers.get(&source).map_or("not available", |it| it.version());
        ui.data(&format!("provider[{source}] {version}\n"));
    }
    Ok(Exit::Success)
}
