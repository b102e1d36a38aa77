//! The providers, and the AWS they talk to: the real one, an endpoint, or the sandbox.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aws::AwsProvider;
use crate::aws::environment::Environment;
use crate::command::arguments::WorldArguments;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{ErrorKind, Provider, ProviderError};
use crate::sandbox::Sandbox;
use crate::sandbox::trace::Trace;
use crate::sandbox::weather::Weather;
use crate::state::{Options, OutputValue, Store, World};
use crate::value::Fields;

/// Where the sandbox of the current folder is kept.
pub(super) fn sandbox_folder() -> PathBuf {
    Path::new(".terrace").join("sandbox")
}

/// All providers, talking to the world the command asks for.
pub(super) fn providers(arguments: &WorldArguments) -> Result<Vec<Arc<dyn Provider>>, Diagnostics> {
    providers_on(arguments, &sandbox_folder())
}

/// The same, with the sandbox in another folder.
pub(super) fn providers_on(
    arguments: &WorldArguments,
    sandbox: &Path,
) -> Result<Vec<Arc<dyn Provider>>, Diagnostics> {
    let environment = environment(arguments, sandbox)?;
    let aws: Arc<dyn Provider> = Arc::new(AwsProvider::new(environment));
    Ok(std::iter::once(aws).chain(crate::utility::providers(stored_outputs)).collect())
}

/// The outputs in a state file, the sensitive ones marked; none when there is no state.
fn stored_outputs(path: &Path) -> crate::provider::Result<Option<Fields>> {
    let refused = |text: String| ProviderError::new(ErrorKind::Refused, text);
    let store = Store::open(&Options::read(path)).map_err(|error| {
        let hint = error.hint();
        refused(error.to_string()).hint(hint)
    })?;
    let state = store.state();
    if state.lineage.is_empty() && state.is_empty() {
        return Ok(None);
    }
    let output = |(name, output): (&String, &OutputValue)| {
        let value = output.decode().map_err(|error| {
            refused(format!("the output `{name}` in {} cannot be read: {error}", path.display()))
        })?;
        Ok((name.clone(), value))
    };
    state.outputs.iter().map(output).collect::<crate::provider::Result<Fields>>().map(Some)
}

/// Whether the command works with the sandbox.
fn is_sandbox(arguments: &WorldArguments) -> bool {
    arguments.sandbox || std::env::var("TERRACE_SANDBOX").is_ok_and(|it| it == "1")
}

/// The world that the command works with.
pub(super) fn world(arguments: &WorldArguments) -> World {
    if is_sandbox(arguments) { World::Sandbox } else { World::Aws }
}

/// The arguments for applying a plan: it is carried out in the world that it was made for.
pub(super) fn of_plan(
    arguments: &WorldArguments,
    world: World,
) -> Result<WorldArguments, Diagnostic> {
    let sandbox = world == World::Sandbox;
    if is_sandbox(arguments) && !sandbox {
        let detail = "The plan was made for AWS, and is now to be applied in the sandbox.";
        let error = Diagnostic::error("Plan for another world", detail);
        return Err(error.hint("Make a new one with `terrace plan -sandbox -out`."));
    }
    Ok(WorldArguments { sandbox, ..arguments.clone() })
}

fn environment(arguments: &WorldArguments, folder: &Path) -> Result<Environment, Diagnostics> {
    let mut environment = Environment::default();
    if is_sandbox(arguments) {
        let sandbox = Sandbox::open(folder).map_err(|error| unusable(&error))?;
        environment.http_client = Some(sandbox.http_client());
        environment.credentials = Some(Sandbox::credentials());
        environment.region = Some("us-east-1".into());
        environment.sandbox = true;
    }
    let weather = weather()?;
    let trace = arguments.trace.as_deref().map(trace).transpose()?;
    if weather.is_some() || trace.is_some() {
        environment.wrap = Some(Arc::new(move |client| {
            let client = weather.as_ref().map_or(client.clone(), |it| it.wrap(client));
            trace.as_ref().map_or(client.clone(), |it| it.wrap(client))
        }));
    }
    Ok(environment)
}

pub(super) fn unusable(error: &dyn std::error::Error) -> Diagnostic {
    let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    Diagnostic::error("Sandbox cannot be used", format!("{error}{cause}."))
        .hint("`terrace sandbox reset` empties it.")
}

fn weather() -> Result<Option<Weather>, Diagnostics> {
    let Ok(text) = std::env::var("TERRACE_WEATHER") else { return Ok(None) };
    let weather = Weather::parse(&text);
    let problem = |error: &dyn std::error::Error| {
        Diagnostic::error("Invalid TERRACE_WEATHER", format!("{error}."))
    };
    weather.map(Some).map_err(|error| problem(&error).into())
}

fn trace(path: &Path) -> Result<Trace, Diagnostics> {
    Trace::create(path).map_err(|error| {
        let detail = format!("{} cannot be written: {error}.", path.display());
        Diagnostic::error("Trace cannot be written", detail).into()
    })
}
