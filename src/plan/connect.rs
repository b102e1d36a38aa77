//! Makes connections from the `provider` blocks of a configuration.

use std::collections::BTreeSet;

use crate::address::ModuleInstance;
use crate::diagnostic::Diagnostics;
use crate::language::body;
use crate::plan::ProviderKey;
use crate::plan::dependencies::{Dependencies, Node};
use crate::plan::evaluation::Evaluation;
use crate::plan::providers::{Connections, Providers, provider_key};
use crate::state::State;

/// Connects every provider configuration that the configuration or the state uses. Those that depend
/// on resources are left out: their arguments are known only while planning.
pub fn connect(
    evaluation: &Evaluation,
    dependencies: &Dependencies,
    providers: &Providers,
    state: &State,
) -> (Connections, Diagnostics) {
    let mut connections = Connections::new();
    let mut diagnostics = Diagnostics::new();
    for key in used(evaluation, state) {
        if providers.get(&key.source).is_none()
            || depends_on_resources(evaluation, dependencies, &key)
        {
            continue;
        }
        match connect_one(evaluation, providers, &key) {
            Ok((connection, warnings)) => {
                diagnostics.extend(warnings);
                connections.insert(key, connection);
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
    (connections, diagnostics)
}

type Connected = (std::sync::Arc<dyn crate::provider::Connection>, Diagnostics);

/// Connects one provider configuration; without a `provider` block it has no arguments.
pub fn connect_one(
    evaluation: &Evaluation,
    providers: &Providers,
    key: &ProviderKey,
) -> Result<Connected, Diagnostics> {
    let provider = providers.require(&key.source)?;
    let schema = provider.schema();
    let called = key.to_string();
    let Some((module, name)) = block_of(evaluation, key) else {
        return Ok((provider.connect(&called, &schema.null_object())?, Diagnostics::new()));
    };
    let Some(block) = evaluation.module(&key.module).and_then(|it| it.providers.get(&name)) else {
        return Ok((provider.connect(&called, &schema.null_object())?, Diagnostics::new()));
    };
    let (configuration, mut problems) =
        body::decode(&block.body, schema, &evaluation.scope(&module));
    problems.extend(evaluation.take_problems());
    if problems.has_errors() {
        return Err(problems);
    }
    let configured = provider.connect(&called, &configuration).map_err(|found| {
        let placed =
            found.into_iter().map(|it| if it.span.is_none() { it.at(&block.span) } else { it });
        Diagnostics(placed.collect())
    })?;
    Ok((configured, problems))
}

/// The module instance and local name of the `provider` block of a key, if there is one.
fn block_of(
    evaluation: &Evaluation,
    key: &ProviderKey,
) -> Option<(ModuleInstance, crate::language::config::ProviderName)> {
    let module = evaluation.module(&key.module)?;
    let of_source = |name: &&crate::language::config::ProviderName| {
        name.alias == key.alias
            && crate::plan::providers::source_of(module, &name.name) == key.source
    };
    let name = module.providers.keys().find(of_source)?.clone();
    Some((evaluation.module_instances(&key.module).into_iter().next()?, name))
}

/// The provider configurations that anything uses.
fn used(evaluation: &Evaluation, state: &State) -> BTreeSet<ProviderKey> {
    let configuration = &evaluation.configuration;
    let modules = configuration.modules.values();
    let of_resources = modules.flat_map(|module| {
        let names = module.resources.values().map(|resource| &resource.provider);
        names.map(|name| provider_key(configuration, module, name)).collect::<Vec<_>>()
    });
    let of_state =
        state.resources.values().filter_map(|it| it.provider.parse::<ProviderKey>().ok());
    let of_state = of_state
        .map(|key| ProviderKey { source: crate::plan::providers::full_source(&key.source), ..key });
    of_resources.chain(of_state).collect()
}

fn depends_on_resources(
    evaluation: &Evaluation,
    dependencies: &Dependencies,
    key: &ProviderKey,
) -> bool {
    let Some((_, name)) = block_of(evaluation, key) else { return false };
    let node = dependencies.dag.position(&Node::Provider(key.module.clone(), name));
    let behind = dependencies.dag.with_dependencies(node);
    behind.iter().any(|at| matches!(dependencies.dag.node(*at), Some(Node::Resource(..))))
}
