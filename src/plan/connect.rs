//! Makes connections from the `provider` blocks of a configuration.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{InstanceAddress, Key, Mode, ModuleInstance};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::body;
use crate::language::config::{ProviderBlock, Repetition};
use crate::plan::ProviderKey;
use crate::plan::dependencies::{Dependencies, Node};
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::{Expansion, expand};
use crate::plan::providers::{Connections, Providers, full_source, provider_key};
use crate::plan::scope::ModuleScope;
use crate::provider::Connection;
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
        // What nothing needs any more may be gone; who does need it will say so, and
        // [`out_of_sight`] says who cannot be looked at.
        if providers.get(&key.source).is_none()
            || present(evaluation, &key).is_err()
            || depends_on_resources(evaluation, dependencies, &key)
        {
            continue;
        }
        match connect_one(evaluation, providers, &key) {
            // Planning says what it cannot look at because of that.
            Ok(made) if !made.known => {}
            Ok(made) => {
                diagnostics.extend(made.warnings);
                connections.insert(key, made.connection);
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
    (connections, diagnostics)
}

/// A provider configuration that is connected.
pub struct Connected {
    /// The connection.
    pub connection: Arc<dyn Connection>,
    /// Whether all its arguments are known. Else it can plan, and not ask the provider anything.
    pub known: bool,
    /// What there is to say about the arguments.
    pub warnings: Diagnostics,
}

/// Connects one provider configuration; without a `provider` block it has no arguments.
pub fn connect_one(
    evaluation: &Evaluation,
    providers: &Providers,
    key: &ProviderKey,
) -> Result<Connected, Diagnostics> {
    let provider = providers.require(&key.source)?;
    let schema = provider.schema();
    let called = key.to_string();
    let bare = || {
        let connection = provider.connect(&called, &schema.null_object())?;
        Ok(Connected { connection, known: true, warnings: Diagnostics::new() })
    };
    let Some((module, name)) = block_of(evaluation, key) else {
        if key.key.is_some() {
            return Err(not_present(key).into());
        }
        return bare();
    };
    let Some(block) = evaluation.module(&key.module).and_then(|it| it.providers.get(&name)) else {
        return bare();
    };
    let scope = scope_of(evaluation, &module, block, key)?;
    let (configuration, mut problems) = body::decode(&block.body, schema, &scope);
    problems.extend(evaluation.take_problems());
    if problems.has_errors() {
        return Err(problems);
    }
    let connection = provider.connect(&called, &configuration).map_err(|found| {
        let placed =
            found.into_iter().map(|it| if it.span.is_none() { it.at(&block.span) } else { it });
        Diagnostics::from_iter(placed)
    })?;
    Ok(Connected { connection, known: configuration.is_wholly_known(), warnings: problems })
}

/// The scope of the arguments of a `provider` block; with `for_each`, of those for one key.
fn scope_of<'e>(
    evaluation: &'e Evaluation,
    module: &ModuleInstance,
    block: &ProviderBlock,
    key: &ProviderKey,
) -> Result<ModuleScope<'e>, Diagnostics> {
    let scope = evaluation.scope(module);
    let expansion = match &block.for_each {
        Some(each) => expand(&Repetition::ForEach(each.clone()), &scope)?,
        None => Expansion::Single,
    };
    let name = key.key.clone().map(Key::Name);
    if expansion.has(name.as_ref()) {
        return Ok(scope.repeated(&expansion, name.as_ref()));
    }
    Err(not_present(key).at(&block.span).into())
}

fn not_present(key: &ProviderKey) -> Diagnostic {
    let detail = format!(
        "There is no {key}, which is needed: its element is not, or not any more, in the `for_each` \
         of the provider."
    );
    let hint = "What a provider configuration has made can only be destroyed with it. Put the element \
                back, destroy what belongs to it, and then take it out.";
    Diagnostic::error("Provider instance not present", detail).hint(hint)
}

/// Whether a provider configuration that is one of several is still there.
pub(super) fn present(evaluation: &Evaluation, key: &ProviderKey) -> Result<(), Diagnostics> {
    if key.key.is_none() {
        return Ok(());
    }
    let block = block_of(evaluation, key).and_then(|(module, name)| {
        let block = evaluation.module(&key.module)?.providers.get(&name)?;
        Some((module, block))
    });
    let (module, block) = block.ok_or_else(|| not_present(key))?;
    scope_of(evaluation, &module, block, key).map(drop)
}

/// Reports the objects that cannot be looked at because the one of several provider configurations
/// that state names for them is gone. Those that the configuration has with another are only warned
/// of, for they are not lost; the others can be found by nobody.
pub fn out_of_sight(
    evaluation: &Evaluation,
    state: &State,
    wanted: &dyn Fn(&InstanceAddress) -> bool,
    error: bool,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (address, instance) in state.resources.iter() {
        let Ok(key) = instance.provider.parse::<ProviderKey>() else { continue };
        let key = ProviderKey { source: full_source(&key.source), ..key };
        if address.resource.resource.mode == Mode::Data || key.key.is_none() || !wanted(address) {
            continue;
        }
        let Err(problems) = present(evaluation, &key) else { continue };
        let severity = match has(evaluation, address) || !error {
            true => Severity::Warning,
            false => Severity::Error,
        };
        for problem in problems {
            let detail = format!("It is not refreshed. {}", problem.detail);
            diagnostics.push(Diagnostic { severity, detail, ..problem }.about(address));
        }
    }
    diagnostics
}

/// Whether the configuration has an instance.
fn has(evaluation: &Evaluation, address: &InstanceAddress) -> bool {
    let resource = &address.resource;
    evaluation.resource(resource).is_some()
        && evaluation.has_module(&resource.module)
        && evaluation.resource_expansion(resource).has(address.key.as_ref())
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

/// The provider configurations that anything uses; of several, those that state names: the others
/// are connected when it is known which are needed.
fn used(evaluation: &Evaluation, state: &State) -> BTreeSet<ProviderKey> {
    let configuration = &evaluation.configuration;
    let modules = configuration.modules.values();
    let of_resources = modules.flat_map(|module| {
        let names = module.resources.values().map(|resource| &resource.provider);
        names.map(|name| provider_key(configuration, module, name)).collect::<Vec<_>>()
    });
    let of_state =
        state.resources.values().filter_map(|it| it.provider.parse::<ProviderKey>().ok());
    let several = |key: &ProviderKey| {
        let block = block_of(evaluation, key);
        let module = evaluation.module(&key.module);
        let block = block.zip(module).and_then(|((_, name), it)| it.providers.get(&name));
        block.is_some_and(|it| it.for_each.is_some()) && key.key.is_none()
    };
    let of_resources = of_resources.filter(|key| !several(key));
    let of_state = of_state.map(|key| ProviderKey { source: full_source(&key.source), ..key });
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
