//! The providers compiled in, by source address and by local name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Mode;
use crate::diagnostic::Diagnostic;
use crate::language::config::{Configuration, Module};
use crate::language::suggest::nearest;
use crate::plan::ProviderKey;
use crate::provider::{Connection, DataSourceType, Provider, ResourceType};
use crate::schema::Schema;

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
}

impl Providers {
    /// The schema of a type, if there is one.
    pub fn schema(&self, source: &str, mode: Mode, kind: &str) -> Option<&'static Schema> {
        let provider = self.get(source)?;
        Some(match mode {
            Mode::Managed => provider.resource(kind)?.schema(),
            Mode::Data => provider.data_source(kind)?.schema(),
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
        Some((path, defined)) => ProviderKey { module: path, source, alias: defined.alias },
        None => ProviderKey {
            module: crate::address::ModulePath::default(),
            source,
            alias: name.alias.clone(),
        },
    }
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
