//! The providers compiled in, by source address and by local name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{InstanceAddress, Mode, ModuleInstance};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Configuration, Expression, Module, Resource};
use crate::language::evaluate::evaluate;
use crate::language::scope::Scope;
use crate::language::suggest::{did_you_mean, nearest};
use crate::language::validate::provider_through;
use crate::plan::ProviderKey;
use crate::plan::evaluation::Evaluation;
use crate::provider::{Connection, DataSourceType, Provider, ProviderFunction, ResourceType};
use crate::schema::Schema;
use crate::value::{Marks, Type, convert};

/// The connections made, by provider configuration.
pub type Connections = BTreeMap<ProviderKey, Arc<dyn Connection>>;

/// The providers compiled in.
#[derive(Clone)]
pub struct Providers(pub Vec<Arc<dyn Provider>>);

const BUILT_IN: &str = "terraform.io/builtin/terraform";

/// The full source address: `hashicorp/aws` becomes `registry.terraform.io/hashicorp/aws`. The
/// registry of OpenTofu serves the same providers and counts as the same.
pub fn full_source(source: &str) -> String {
    let source = source.to_lowercase();
    match source.split('/').collect::<Vec<_>>()[..] {
        [name] => format!("registry.terraform.io/hashicorp/{name}"),
        [namespace, name] => format!("registry.terraform.io/{namespace}/{name}"),
        ["registry.opentofu.org", namespace, name] => {
            format!("registry.terraform.io/{namespace}/{name}")
        }
        _ => source,
    }
}

/// The source address behind a local name in a module.
pub(super) fn source_of(module: &Module, local_name: &str) -> String {
    match module.required_providers.get(local_name) {
        Some(required) => full_source(&required.source),
        None if local_name == "terraform" => BUILT_IN.to_string(),
        None => full_source(local_name),
    }
}

impl Providers {
    /// The provider of a source address.
    pub fn get(&self, source: &str) -> Option<&Arc<dyn Provider>> {
        let source = full_source(source);
        self.0.iter().find(|it| it.source() == source)
    }

    /// The provider of a source address, or what to tell the user.
    pub fn require(&self, source: &str) -> Result<&Arc<dyn Provider>, Diagnostic> {
        self.get(source).ok_or_else(|| {
            let known: Vec<_> = self.0.iter().map(|it| it.source()).collect();
            Diagnostic::error(
                "Provider not available",
                format!("terrace has no provider `{source}` compiled in."),
            )
            .hint(format!("It has {}.", known.join(", ")))
        })
    }

    /// A resource type of a provider.
    pub fn resource(
        &self,
        source: &str,
        kind: &str,
    ) -> Result<&'static dyn ResourceType, Diagnostic> {
        let provider = self.require(source)?;
        let known = || provider.resources().iter().map(|it| it.name());
        provider.resource(kind).ok_or_else(|| unsupported("resource type", kind, known()))
    }

    /// A data source of a provider.
    pub fn data(
        &self,
        source: &str,
        kind: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostic> {
        let provider = self.require(source)?;
        let known = || provider.data_sources().iter().map(|it| it.name());
        provider.data_source(kind).ok_or_else(|| unsupported("data source", kind, known()))
    }

    /// A type of ephemeral resources of a provider.
    pub fn ephemeral(
        &self,
        source: &str,
        kind: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostic> {
        let provider = self.require(source)?;
        let known = || provider.ephemeral_resources().iter().map(|it| it.name());
        let found = provider.ephemeral_resource(kind);
        found.ok_or_else(|| unsupported("ephemeral resource", kind, known()))
    }
}

impl Providers {
    /// The functions of the provider that a module calls by a local name at `span`.
    pub(super) fn functions(
        &self,
        module: &Module,
        name: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        if let Some(required) = module.required_providers.get(name) {
            let provider = self.require(&required.source);
            return provider.map(|it| it.functions()).map_err(|it| Box::new(it.at(span)));
        }
        let detail = format!("`{name}` is not among the `required_providers` of this module.");
        let near = did_you_mean(name, module.required_providers.keys().map(String::as_str));
        let known = self.0.iter().find(|it| it.name() == name).map(|it| it.source());
        let source = known.unwrap_or("NAMESPACE/NAME").trim_start_matches("registry.terraform.io/");
        let hint = match near.is_empty() {
            true => format!("Add `{name} = {{ source = \"{source}\" }}` to them."),
            false => near,
        };
        let problem = Diagnostic::error("Unknown function provider", detail);
        Err(Box::new(problem.hint(hint).at(span)))
    }

    /// The schema of a type, if there is one.
    pub fn schema(&self, source: &str, mode: Mode, kind: &str) -> Option<&'static Schema> {
        let provider = self.get(source)?;
        Some(match mode {
            Mode::Managed => provider.resource(kind)?.schema(),
            Mode::Data => provider.data_source(kind)?.schema(),
            Mode::Ephemeral => provider.ephemeral_resource(kind)?.schema(),
        })
    }
}

fn unsupported(what: &str, kind: &str, known: impl Iterator<Item = &'static str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        format!("Unsupported {what}"),
        format!("terrace does not support the {what} `{kind}` yet."),
    );
    // what all names of a provider begin with makes none of them alike
    let prefix = kind.split_inclusive('_').next().unwrap_or_default();
    let own = kind.strip_prefix(prefix).unwrap_or(kind);
    match nearest(own, known.filter_map(|name| name.strip_prefix(prefix))) {
        Some(name) => diagnostic.hint(format!("Did you mean `{prefix}{name}`?")),
        None => diagnostic.hint("`terrace providers schema -json` lists what is supported."),
    }
}

/// The provider configuration that a resource of a module uses.
pub fn provider_key(
    configuration: &Configuration,
    module: &Module,
    name: &crate::language::config::ProviderName,
) -> ProviderKey {
    let source = source_of(module, &name.name);
    match crate::language::validate::provider_of(configuration, &module.path, name) {
        Some((path, defined)) => {
            ProviderKey { module: path, source, alias: defined.alias, key: None }
        }
        None => ProviderKey {
            module: crate::address::ModulePath::default(),
            source,
            alias: name.alias.clone(),
            key: None,
        },
    }
}

/// The provider configuration that an instance of a resource uses; with `for_each` in its block, the
/// one of the key that the resource, or the call of its module, gives.
pub fn instance_provider(
    evaluation: &Evaluation,
    address: &InstanceAddress,
    resource: &Resource,
) -> Result<ProviderKey, Diagnostics> {
    let configuration = &evaluation.configuration;
    let path = address.resource.module.path();
    let Some(module) = evaluation.module(&path) else {
        let detail = format!("{address} is in no module of the configuration.");
        return Err(Diagnostic::error("Module is missing", detail).into());
    };
    let provider = provider_key(configuration, module, &resource.provider);
    let route = provider_through(configuration, &path, &resource.provider);
    let passed = route.as_ref().and_then(|it| it.passed.zip(Some(it.module.0.len())));
    let (key, scope) = match passed {
        Some((passed, depth)) => {
            let steps = address.resource.module.0.iter().take(depth + 1).cloned().collect();
            (passed.key.as_ref(), evaluation.call_scope(&ModuleInstance(steps)))
        }
        None => {
            let expansion = evaluation.resource_expansion(&address.resource);
            let scope = evaluation.scope(&address.resource.module);
            (resource.provider_key.as_ref(), Some(scope.repeated(&expansion, address.key.as_ref())))
        }
    };
    let (Some(key), Some(scope)) = (key, scope) else { return Ok(provider) };
    let key = chosen(key, &scope).map_err(|problems| {
        Diagnostics::from_iter(problems.into_iter().map(|it| it.about(address)))
    })?;
    Ok(ProviderKey { key: Some(key), ..provider })
}

/// The key that an expression gives.
fn chosen(expression: &Expression, scope: &dyn Scope) -> Result<String, Diagnostics> {
    let (value, problems) = evaluate(expression, scope);
    if problems.has_errors() {
        return Err(problems);
    }
    let marks = value.marks_deep();
    let text = convert(&value, &Type::String).map(|it| it.unmark().0);
    let wrong = match &text {
        _ if marks.contains(Marks::EPHEMERAL) => "is ephemeral".to_string(),
        _ if marks.contains(Marks::SENSITIVE) => "is sensitive".to_string(),
        _ if !value.is_known() => "is not known before the apply".to_string(),
        Ok(text) if text.is_null() => "is null".to_string(),
        Ok(text) => match text.as_str() {
            Some(text) => return Ok(text.to_string()),
            None => "is no text".to_string(),
        },
        Err(error) => format!("is not suitable: {error}"),
    };
    let detail = format!("The key that chooses among the configurations of a provider {wrong}.");
    Err(Diagnostic::error("Invalid provider instance key", detail).at(&expression.span).into())
}

#[cfg(test)]
mod tests {
    use super::unsupported;

    #[test]
    fn only_a_type_that_is_alike_is_suggested() {
        let known = ["aws_vpc", "aws_subnet", "aws_eip"];
        let hint = |kind| unsupported("data source", kind, known.into_iter()).hint;
        assert_eq!(hint("aws_subnt"), "Did you mean `aws_subnet`?");
        assert_eq!(hint("aws_vcp"), "Did you mean `aws_vpc`?");
        for far in ["aws_ami", "aws_elb", "google_vpc", "aws"] {
            assert!(hint(far).contains("lists what is supported"), "{far}");
        }
    }
}
