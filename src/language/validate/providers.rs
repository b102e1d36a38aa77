//! Which provider configuration a module's name for one stands for.

mod keys;

use crate::address::{Mode, ModulePath};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{
    Configuration, Import, Module, ModuleCall, PassedProvider, ProviderBlock, ProviderName,
};
use keys::Chosen;

/// The block that configures what module `module` calls `name`: its own, or the one that a caller
/// passes or is inherited from. `None` when there is no block, so the provider's empty configuration
/// is meant.
pub fn provider_of(
    configuration: &Configuration,
    module: &ModulePath,
    name: &ProviderName,
) -> Option<(ModulePath, ProviderName)> {
    provider_through(configuration, module, name).map(|it| (it.module, it.name))
}

/// The block that configures a provider, and how a module gets there.
pub struct Route<'c> {
    /// The module that has the block.
    pub module: ModulePath,
    /// The local name of the provider there.
    pub name: ProviderName,
    /// How the call in that module passes it, when it does.
    pub passed: Option<&'c PassedProvider>,
}

/// As [`provider_of`], with the last call on the way.
pub fn provider_through<'c>(
    configuration: &'c Configuration,
    module: &ModulePath,
    name: &ProviderName,
) -> Option<Route<'c>> {
    let mut path = module.clone();
    let mut name = name.clone();
    let mut through = None;
    loop {
        let here = configuration.module(&path)?;
        let block = here.providers.get(&name);
        let Some((above, call)) = caller(configuration, &path) else {
            return block.map(|_| Route { module: path, name, passed: through });
        };
        let passed = call.providers.iter().find(|it| it.inner == name);
        match (passed, block) {
            (Some(passed), _) => {
                name = passed.outer.clone();
                through = Some(passed);
            }
            (None, Some(_)) => return Some(Route { module: path, name, passed: through }),
            (None, None) if name.alias.is_some() => return None,
            (None, None) => {
                through = None;
                let source = source_in(here, &name.name);
                name.name = local_name(above, &source).unwrap_or(name.name);
            }
        }
        path.0.pop();
    }
}

/// The source address, such as `hashicorp/aws`, of what module `module` calls `name`.
pub fn provider_source(configuration: &Configuration, module: &ModulePath, name: &str) -> String {
    match configuration.module(module) {
        Some(module) => source_in(module, name),
        None => format!("hashicorp/{name}"),
    }
}

fn source_in(module: &Module, name: &str) -> String {
    let required = module.required_providers.get(name);
    required.map_or_else(|| format!("hashicorp/{name}"), |it| normal_source(&it.source))
}

/// The source address of a provider without what needs not be said.
pub fn normal_source(source: &str) -> String {
    match source.split('/').collect::<Vec<_>>().as_slice() {
        ["registry.terraform.io" | "registry.opentofu.org", rest @ ..] => rest.join("/"),
        [name] => format!("hashicorp/{name}"),
        _ => source.to_string(),
    }
}

/// What a module calls the provider with a source address, when it says so.
fn local_name(module: &Module, source: &str) -> Option<String> {
    let mut names = module.required_providers.keys();
    names.find(|name| source_in(module, name) == source).cloned()
}

/// The module that calls the one at a path, and the call.
fn caller<'c>(
    configuration: &'c Configuration,
    path: &ModulePath,
) -> Option<(&'c Module, &'c ModuleCall)> {
    let (name, above) = path.0.split_last()?;
    let module = configuration.module(&ModulePath(above.to_vec()))?;
    Some((module, module.calls.get(name)?))
}

/// Whether a block only says that a caller passes the configuration, as it was written long ago.
pub(super) fn is_proxy(block: &ProviderBlock) -> bool {
    block.body.attributes.is_empty() && block.body.blocks.is_empty() && block.for_each.is_none()
}

pub(super) fn check(configuration: &Configuration, module: &Module) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for resource in module.resources.values() {
        let span = resource.provider_span.as_ref().unwrap_or(&resource.span);
        if !is_declared(module, &resource.provider) {
            diagnostics.push(undeclared(module, &resource.provider, span));
        }
        let chosen = Chosen {
            name: &resource.provider,
            key: resource.provider_key.as_ref(),
            repetition: &resource.repetition,
            span,
        };
        diagnostics.extend(keys::check(module, &chosen, resource.name.mode == Mode::Managed));
    }
    for provider in module.providers.values() {
        diagnostics.extend(keys::check_each(module, provider));
    }
    module.imports.iter().for_each(|it| diagnostics.extend(imported(module, it)));
    for call in module.calls.values() {
        let child = configuration.module(&module.path.child(&call.name));
        for passed in &call.providers {
            let PassedProvider { inner, outer, key, span } = passed;
            let chosen =
                Chosen { name: outer, key: key.as_ref(), repetition: &call.repetition, span };
            diagnostics.extend(keys::check(module, &chosen, true));
            if !is_declared(module, outer) {
                diagnostics.push(undeclared(module, outer, span));
            }
            if child.is_some_and(|child| !is_declared(child, inner)) {
                let detail = format!("Module `{}` does not expect `{inner}`.", call.name);
                let hint =
                    format!("Add `configuration_aliases = [{inner}]` to its `required_providers`.");
                let problem = Diagnostic::error("Undeclared provider configuration", detail);
                let problem = problem.hint(hint).at(span);
                let required = child.and_then(|it| it.required_providers.get(&inner.name));
                diagnostics.push(match required {
                    Some(it) => problem.see(&it.span, "the module expects only this"),
                    None => problem.see(&call.source_span, "the module that is called"),
                });
            }
            diagnostics.extend(child.and_then(|child| unfit(module, child, passed)));
        }
        if let Some(child) = child {
            diagnostics.extend(not_passed(call, child));
        }
    }
    diagnostics
}

/// What is wrong with a configuration that is passed to a module that knows the name.
fn unfit(module: &Module, child: &Module, passed: &PassedProvider) -> Option<Diagnostic> {
    let PassedProvider { inner, outer, span, .. } = passed;
    let problem =
        |detail: String| Diagnostic::error("Unsuitable provider configuration", detail).at(span);
    if let Some(own) = child.providers.get(inner).filter(|it| !is_proxy(it)) {
        let detail = format!("The module configures `{inner}` itself, at {}.", own.span);
        return Some(problem(detail).hint("Remove one of the two configurations."));
    }
    let (wanted, given) = (source_in(child, &inner.name), source_in(module, &outer.name));
    (wanted != given).then(|| {
        let detail = format!(
            "For the module, `{inner}` is a configuration of `{wanted}`, and `{outer}` here is one \
             of `{given}`."
        );
        problem(detail)
    })
}

/// An import block may say again which provider a resource has, and nothing else.
fn imported(module: &Module, import: &Import) -> Option<Diagnostic> {
    let resource = module.resources.get(&import.resource.resource);
    let resource = resource.filter(|_| import.resource.module.is_root())?;
    let (given, place) = import.provider.as_ref().zip(import.provider_span.as_ref())?;
    let agrees = resource.provider_span.is_some() && *given == resource.provider;
    (!agrees).then(|| {
        let detail = format!("The block of `{}` says which provider it has.", resource.name);
        let problem = Diagnostic::error("Unsupported argument", detail).at(place);
        problem.see(&resource.span, "the resource").hint("Leave `provider` out here.")
    })
}

/// Whether a module may use a name: default configurations are always there.
fn is_declared(module: &Module, name: &ProviderName) -> bool {
    name.alias.is_none()
        || module.providers.contains_key(name)
        || module.required_providers.values().any(|it| it.aliases.contains(name))
}

fn undeclared(module: &Module, name: &ProviderName, span: &Span) -> Diagnostic {
    let detail = format!("There is no provider configuration `{name}` in this module.");
    let known: Vec<String> = module
        .providers
        .keys()
        .chain(module.required_providers.values().flat_map(|it| &it.aliases))
        .filter(|it| it.alias.is_some())
        .map(|it| format!("`{it}`"))
        .collect();
    let alias = name.alias.as_deref().unwrap_or_default();
    let hint = match known.is_empty() {
        true => format!("Add a `provider \"{}\"` block with `alias = \"{alias}\"`.", name.name),
        false => format!("There is {}.", known.join(", ")),
    };
    let problem = Diagnostic::error("Undeclared provider configuration", detail);
    let others = module.providers.iter().filter(|(it, _)| it.name == name.name);
    let see = |problem: Diagnostic, (_, it): (_, &ProviderBlock)| {
        problem.see(&it.span, "a configuration that there is")
    };
    others.fold(problem.hint(hint).at(span), see)
}

fn not_passed(call: &ModuleCall, child: &Module) -> Option<Diagnostic> {
    let required = child.required_providers.values();
    let aliases = required.flat_map(|it| it.aliases.iter().map(|alias| (alias, &it.span)));
    let missing = aliases
        .filter(|(alias, _)| !call.providers.iter().any(|it| it.inner == **alias))
        .filter(|(alias, _)| child.providers.get(*alias).is_none_or(is_proxy))
        .map(|(alias, span)| (format!("`{alias}`"), span));
    let (missing, mut places): (Vec<String>, Vec<&Span>) = missing.unzip();
    places.dedup();
    (!missing.is_empty()).then(|| {
        let detail = format!(
            "Module `{}` must be given the provider configuration {}.",
            call.name,
            missing.join(", ")
        );
        let problem = Diagnostic::error("Missing provider configuration", detail)
            .at(&call.span)
            .hint("Pass it with `providers = { name_in_module = name_here }`.");
        places.into_iter().fold(problem, |problem, it| problem.see(it, "required by this"))
    })
}
