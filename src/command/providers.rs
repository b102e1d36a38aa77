//! `terrace providers`

use std::collections::{BTreeMap, BTreeSet};

use crate::address::ModulePath;
use crate::command::Exit;
use crate::command::arguments::{ProvidersArguments, ProvidersCommand, WorldArguments};
use crate::command::place::state_path;
use crate::command::stack::{configuration_with, state_problem};
use crate::command::world;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Module};
use crate::plan::{ProviderKey, Providers, full_source, provider_key};
use crate::state::{Options, State, Store};
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ProvidersArguments) -> Result<Exit, Diagnostics> {
    let providers = Providers(world::providers(&WorldArguments::default())?);
    match &arguments.command {
        Some(ProvidersCommand::Schema { .. }) => {
            ui.data(&format!("{:#}\n", crate::ui::schema_json(&providers)));
            return Ok(Exit::Success);
        }
        Some(ProvidersCommand::Lock(_)) => {
            ui.status("Providers are part of terrace: there is nothing to lock.");
            return Ok(Exit::Success);
        }
        Some(ProvidersCommand::Mirror(mirrored)) => {
            let folder = mirrored.folder.display();
            let detail = format!("Providers are part of terrace: nothing was put into {folder}.");
            let error = Diagnostic::error("Providers cannot be mirrored", detail);
            return Err(error.hint("Leave the command out: terrace downloads no provider.").into());
        }
        None => {}
    }
    let configuration = configuration_with(ui, &arguments.variables)?;
    let path = state_path(configuration.root(), None)?;
    let store = Store::open(&Options::read(path)).map_err(|error| state_problem(&error))?;
    let mut text = "\nProviders required by configuration:\n.\n".to_string();
    branches(&configuration, &ModulePath::default(), "", &providers, &mut text);
    let used = sources_in(&store.state());
    if !used.is_empty() {
        text.push_str("\nProviders required by state:\n\n");
        used.iter().for_each(|it| text.push_str(&format!("    {}\n", shown(it, "", &providers))));
    }
    ui.data(&format!("{text}\n"));
    Ok(Exit::Success)
}

/// The providers of a module and the modules that it calls, as the branches of a tree.
fn branches(
    configuration: &Configuration,
    path: &ModulePath,
    indent: &str,
    providers: &Providers,
    text: &mut String,
) {
    let Some(module) = configuration.module(path) else { return };
    let own = required(configuration, module);
    let mut lines: Vec<(String, Option<&String>)> =
        own.iter().map(|(source, version)| (shown(source, version, providers), None)).collect();
    lines.extend(module.calls.keys().map(|name| (format!("module.{name}"), Some(name))));
    let last = lines.len().saturating_sub(1);
    for (at, (line, call)) in lines.iter().enumerate() {
        let (sign, below) =
            if at == last { ("└── ", "    ") } else { ("├── ", "│   ") };
        text.push_str(&format!("{indent}{sign}{line}\n"));
        if let Some(name) = call {
            let indent = format!("{indent}{below}");
            branches(configuration, &path.child(name), &indent, providers, text);
        }
    }
}

/// The sources of the providers that a module names or whose resources it has, with the versions that
/// it wants.
fn required(configuration: &Configuration, module: &Module) -> BTreeMap<String, String> {
    let named = module.required_providers.values();
    let mut found: BTreeMap<String, String> =
        named.map(|it| (full_source(&it.source), it.version.clone())).collect();
    for resource in module.resources.values() {
        let source = provider_key(configuration, module, &resource.provider).source;
        found.entry(source).or_default();
    }
    found
}

fn sources_in(state: &State) -> BTreeSet<String> {
    let keys = state.resources.values().filter_map(|it| it.provider.parse::<ProviderKey>().ok());
    keys.map(|it| full_source(&it.source)).collect()
}

fn shown(source: &str, version: &str, providers: &Providers) -> String {
    let space = if version.is_empty() { "" } else { " " };
    let missing = if providers.get(source).is_none() { " (not part of terrace)" } else { "" };
    format!("provider[{source}]{space}{version}{missing}")
}
