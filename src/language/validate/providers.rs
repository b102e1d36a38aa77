//! Which provider configuration a module's name for one stands for.

use crate::address::ModulePath;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Configuration, Module, ModuleCall, ProviderBlock, ProviderName};

/// The block that configures what module `module` calls `name`: its own, or the one that a caller
/// passes or is inherited from. `None` when there is no block, so the provider's empty configuration
/// is meant.
pub fn provider_of(
    configuration: &Configuration,
    module: &ModulePath,
    name: &ProviderName,
) -> Option<(ModulePath, ProviderName)> {
    let mut path = module.clone();
    let mut name = name.clone();
    loop {
        let here = configuration.module(&path)?;
        let block = here.providers.get(&name);
        let Some((above, call)) = caller(configuration, &path) else {
            return block.map(|_| (path, name));
        };
        let passed = call.providers.iter().find(|(inner, ..)| *inner == name);
        match (passed, block) {
            (Some((_, outer, _)), _) => name = outer.clone(),
            (None, Some(_)) => return Some((path, name)),
            (None, None) if name.alias.is_some() => return None,
            (None, None) => {
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
    let source = module.required_providers.get(name).map(|it| it.source.as_str());
    let source = source.map(|it| match it.split('/').collect::<Vec<_>>().as_slice() {
        ["registry.terraform.io" | "registry.opentofu.org", rest @ ..] => rest.join("/"),
        [name] => format!("hashicorp/{name}"),
        _ => it.to_string(),
    });
    source.unwrap_or_else(|| format!("hashicorp/{name}"))
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
    block.body.attributes.is_empty() && block.body.blocks.is_empty()
}

pub(super) fn check(configuration: &Configuration, module: &Module) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for resource in module.resources.values() {
        if !is_declared(module, &resource.provider) {
            diagnostics.push(undeclared(module, &resource.provider, &resource.span));
        }
    }
    for call in module.calls.values() {
        let child = configuration.module(&module.path.child(&call.name));
        for (inner, outer, span) in &call.providers {
            if !is_declared(module, outer) {
                diagnostics.push(undeclared(module, outer, span));
            }
            if child.is_some_and(|child| !is_declared(child, inner)) {
                let detail = format!("Module `{}` does not expect `{inner}`.", call.name);
                let hint =
                    format!("Add `configuration_aliases = [{inner}]` to its `required_providers`.");
                let problem = Diagnostic::error("Undeclared provider configuration", detail);
                diagnostics.push(problem.hint(hint).at(span));
            }
        }
        if let Some(child) = child {
            diagnostics.extend(not_passed(call, child));
        }
    }
    diagnostics
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
    Diagnostic::error("Undeclared provider configuration", detail).hint(hint).at(span)
}

fn not_passed(call: &ModuleCall, child: &Module) -> Option<Diagnostic> {
    let aliases = child.required_providers.values().flat_map(|it| &it.aliases);
    let missing: Vec<String> = aliases
        .filter(|alias| !call.providers.iter().any(|(inner, ..)| inner == *alias))
        .filter(|alias| child.providers.get(*alias).is_none_or(is_proxy))
        .map(|it| format!("`{it}`"))
        .collect();
    (!missing.is_empty()).then(|| {
        let detail = format!(
            "Module `{}` must be given the provider configuration {}.",
            call.name,
            missing.join(", ")
        );
        Diagnostic::error("Missing provider configuration", detail)
            .at(&call.span)
            .hint("Pass it with `providers = { name_in_module = name_here }`.")
    })
}
