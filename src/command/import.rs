//! `terrace import`

use crate::address::InstanceAddress;
use crate::apply::{Connect as _, Purpose, Reporter, Stop};
use crate::command::arguments::ImportArguments;
use crate::command::planning::settle;
use crate::command::stack::{Stack, state_problem};
use crate::command::{Exit, progress};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::suggest::did_you_mean;
use crate::plan::{ProviderKey, imported, instance_provider, object_of};
use crate::provider::ResourceType;
use crate::state::{Done, Place, Record, StoredObject};
use crate::ui::Ui;
use crate::value::Value;

/// Runs the command.
pub(super) async fn run(ui: &Ui, arguments: &ImportArguments) -> Result<Exit, Diagnostics> {
    let address: InstanceAddress = arguments
        .address
        .parse()
        .map_err(|error| Diagnostic::error("Invalid address", format!("{error}.")))?;
    let stack = Stack::open(ui, &arguments.stack, "OperationTypeImport")?;
    let reporter: std::sync::Arc<dyn Reporter> = progress::reporter(ui);
    settle(&stack, Purpose::Look, &reporter, &Stop::default()).await?;
    if stack.store.state().object(&address, None).is_some() {
        let detail = format!("State already has {address}.");
        let error = Diagnostic::error("Already in state", detail);
        return Err(error.hint("`terrace state rm` forgets it first.").into());
    }
    let (provider, kind) = target(&stack, &address)?;
    let value = read(&stack, &address, &provider, kind, &arguments.id).await?;
    keep(&stack, &address, &provider, kind, &value)?;
    ui.status(&format!("Imported {address} [id={}].", arguments.id));
    ui.status("The next plan shows where its configuration differs.");
    Ok(Exit::Success)
}

/// The configuration must have what is imported.
fn target(
    stack: &Stack,
    address: &InstanceAddress,
) -> Result<(ProviderKey, &'static dyn ResourceType), Diagnostics> {
    let configuration = &stack.evaluation.configuration;
    let module = configuration.modules.get(&address.resource.module.path());
    let resource = module.and_then(|module| module.resources.get(&address.resource.resource));
    let Some(resource) = resource else {
        let detail = format!("The configuration has no {}.", address.resource);
        let error = Diagnostic::error("Resource is not in the configuration", detail);
        let known = module.into_iter().flat_map(|it| it.resources.keys());
        let known: Vec<String> = known.map(ToString::to_string).collect();
        let own = address.resource.resource.to_string();
        let hint = match did_you_mean(&own, known.iter().map(String::as_str)) {
            near if near.is_empty() => "Write its `resource` block first.".to_string(),
            near => near,
        };
        return Err(error.hint(hint).into());
    };
    let known =
        stack.evaluation.resource_expansion(&address.resource).keys().contains(&address.key);
    let problems = stack.evaluation.take_problems();
    if problems.has_errors() {
        return Err(problems);
    }
    if !known {
        let detail = format!("{} has no instance {address}.", address.resource);
        return Err(Diagnostic::error("Instance is not in the configuration", detail).into());
    }
    let provider = instance_provider(&stack.evaluation, address, resource)?;
    let kind = stack.providers.resource(&provider.source, &resource.name.kind)?;
    Ok((provider, kind))
}

async fn read(
    stack: &Stack,
    address: &InstanceAddress,
    provider: &ProviderKey,
    kind: &dyn ResourceType,
    id: &str,
) -> Result<Value, Diagnostics> {
    let connection = stack.resolver.connection(provider)?;
    Ok(imported(connection.as_ref(), kind, address, id).await?)
}

fn keep(
    stack: &Stack,
    address: &InstanceAddress,
    provider: &ProviderKey,
    kind: &dyn ResourceType,
    value: &Value,
) -> Result<(), Diagnostics> {
    let config = address.resource.config();
    let dependencies = stack.dependencies.managed(&config.module, &config.resource);
    let object = object_of(kind.schema(), value, dependencies.into_iter().collect());
    let record = Record::Set(Done {
        step: String::new(),
        place: Place::current(address),
        provider: provider.to_string(),
        object: StoredObject(object),
    });
    let noted = stack.store.begin_run().and_then(|_| {
        stack.store.append(record)?;
        stack.store.finish().map(drop)
    });
    noted.map_err(|error| state_problem(&error))
}
