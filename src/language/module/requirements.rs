//! `required_providers` and `provider_meta`: what a module says of providers it does not configure.

use super::arguments::Arguments;
use super::resource::{bad_local_name, is_json, provider_name};
use super::settings::no_constraint;
use super::{Reader, constant};
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{
    Attribute, Block, Expression, ExpressionKind, ProviderName, RequiredProvider,
};
use crate::language::validate::normal_source;
use crate::language::version::VersionConstraint;
use crate::value::{Type, convert};

impl Reader {
    pub(super) fn required_providers(&mut self, block: Block) {
        if let Some(first) = &self.required {
            let detail = format!("A module has one such block, and there is one at {first}.");
            let problem = Diagnostic::error("Duplicate required_providers", detail);
            let problem = problem.at(&block.span).see(first, "the first one");
            return self.diagnostics.push(problem.hint("Write all providers in one block."));
        }
        self.required = Some(block.span.clone());
        for inner in &block.body.blocks {
            let detail = "Each provider is an argument here.";
            let hint = format!("Write `{} = {{ source = … }}`.", inner.kind);
            let problem = Diagnostic::error("Unsupported block type", detail).hint(hint);
            self.diagnostics.push(problem.at(&inner.span));
        }
        for (name, attribute) in block.body.attributes {
            self.diagnostics.extend(bad_local_name(&name, &attribute.name_span));
            let provider = self.required_provider(&name, attribute);
            self.twice(&name, &provider);
            self.module.required_providers.insert(name, provider);
        }
    }

    /// Warns of a second name for the same provider.
    fn twice(&mut self, name: &str, provider: &RequiredProvider) {
        let source = normal_source(&provider.source);
        let mut known = self.module.required_providers.iter();
        if let Some((first, other)) = known.find(|it| normal_source(&it.1.source) == source) {
            let detail = format!("`{source}` is called `{first}` already, and `{name}` here.");
            let problem = Diagnostic::warning("Duplicate required provider", detail);
            let problem = problem.at(&provider.span).see(&other.span, "the first name");
            self.diagnostics.push(problem.hint("Use one name for it in this module."));
        }
    }

    fn required_provider(&mut self, name: &str, attribute: Attribute) -> RequiredProvider {
        let mut required = RequiredProvider {
            source: format!("hashicorp/{name}"),
            version: String::new(),
            aliases: Vec::new(),
            span: attribute.name_span,
        };
        let value = attribute.value;
        if let ExpressionKind::Object(entries) = &value.kind {
            for (key, value) in entries {
                let shown = key.span.text().trim_matches('"').to_string();
                self.provider_setting(&mut required, name, (&shown, &key.span), value);
            }
        } else if let Some(version) = alone(&value) {
            self.constraint(&version, &value.span);
            required.version = version;
        } else {
            let detail = "A required provider is described by its source and version.";
            let problem = Diagnostic::error("Invalid required provider", detail);
            let hint = "Write `aws = { source = \"hashicorp/aws\", version = \"~> 6.0\" }`.";
            self.diagnostics.push(problem.at(&value.span).hint(hint));
        }
        required
    }

    fn constraint(&mut self, text: &str, span: &Span) {
        if let Err(part) = VersionConstraint::parse(text) {
            self.diagnostics.push(no_constraint(&part, span));
        }
    }

    fn provider_setting(
        &mut self,
        required: &mut RequiredProvider,
        provider: &str,
        (name, span): (&str, &Span),
        value: &Expression,
    ) {
        match name {
            "source" => {
                let Some(text) = self.required_text(name, value) else { return };
                match source_problem(&text) {
                    Some((detail, hint)) => {
                        let problem = Diagnostic::error("Invalid provider source", detail);
                        self.diagnostics.push(problem.hint(hint).at(&value.span));
                    }
                    // names of hosts and of what they have do not depend on case
                    None => required.source = text.to_lowercase(),
                }
            }
            "version" => {
                let Some(text) = self.required_text(name, value) else { return };
                self.constraint(&text, &value.span);
                required.version = text;
            }
            "configuration_aliases" => required.aliases = self.aliases(provider, value),
            _ => {
                let detail = format!("A required provider has no `{name}`.");
                let hint = "There are `source`, `version` and `configuration_aliases`.";
                let problem = Diagnostic::error("Unsupported argument", detail).hint(hint);
                self.diagnostics.push(problem.at(span));
            }
        }
    }

    fn required_text(&mut self, name: &str, value: &Expression) -> Option<String> {
        let text = self.diagnostics.take(constant(value, &format!("`{name}`")));
        let text = text.as_ref().and_then(|it| it.as_str()).map(str::to_string);
        if text.is_none() {
            let detail = format!("`{name}` must be a text in quotes.");
            let problem = Diagnostic::error("Invalid required provider", detail);
            self.diagnostics.push(problem.at(&value.span));
        }
        text
    }

    fn aliases(&mut self, provider: &str, value: &Expression) -> Vec<ProviderName> {
        let ExpressionKind::Tuple(items) = &value.kind else {
            let detail = "`configuration_aliases` takes a list of names such as `aws.west`.";
            let problem = Diagnostic::error("Invalid required provider", detail);
            self.diagnostics.push(problem.at(&value.span));
            return Vec::new();
        };
        let all = items.iter().filter_map(|it| self.alias(provider, it));
        all.collect()
    }

    fn alias(&mut self, provider: &str, item: &Expression) -> Option<ProviderName> {
        let quoted = matches!(item.kind, ExpressionKind::Literal(_)) && !is_json(&item.span);
        let problem = |detail: String, hint: String| {
            Diagnostic::error("Invalid configuration alias", detail).hint(hint).at(&item.span)
        };
        if quoted {
            let hint = format!("Write for example `{provider}.west`.");
            let detail = "The name of a configuration has no quotes.".to_string();
            self.diagnostics.push(problem(detail, hint));
            return None;
        }
        let name = provider_name(item, &mut self.diagnostics)?;
        if name.name != provider {
            let detail = format!("`{name}` is no configuration of `{provider}`.");
            let alias = name.alias.as_deref().unwrap_or("west");
            self.diagnostics.push(problem(detail, format!("Write `{provider}.{alias}`.")));
            return None;
        }
        Some(name)
    }

    /// Modules tell a provider who they are; it only goes into the name of the user agent.
    pub(super) fn provider_meta(&mut self, block: Block) {
        let title = "a provider_meta block";
        let [(name, _)] = block.labels.as_slice() else {
            let detail = "A `provider_meta` block has one label, the name of a provider.";
            let problem = Diagnostic::error("Wrong block labels", detail).at(&block.span);
            return self.diagnostics.push(problem);
        };
        let name = name.clone();
        self.diagnostics.extend(bad_local_name(&name, &block.span));
        if let Some(first) = self.metas.get(&name) {
            let detail = format!("There is one for `{name}` already, at {first}.");
            let problem = Diagnostic::error("Duplicate provider_meta", detail).at(&block.span);
            self.diagnostics.push(problem.see(first, "the first one"));
        }
        self.metas.insert(name, block.span.clone());
        let mut arguments = Arguments::new(title, block, &mut self.diagnostics);
        for (name, attribute) in arguments.take_rest() {
            let problems = constant(&attribute.value, &format!("`{name}`")).1;
            arguments.diagnostics.extend(problems);
        }
        arguments.finish();
    }
}

/// The version constraint alone, as it was written long ago.
fn alone(value: &Expression) -> Option<String> {
    let (value, _) = constant(value, "");
    let text = value.filter(|it| it.ty().is_primitive() && !it.is_null());
    text.and_then(|it| convert(&it, &Type::String).ok()?.as_str().map(str::to_string))
}

/// What is wrong with the source address of a provider, if anything, and what to write instead.
fn source_problem(source: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = source.split('/').collect();
    let (kind, namespace, host) = match parts.as_slice() {
        [kind] => (*kind, None, None),
        [namespace, kind] => (*kind, Some(*namespace), None),
        [host, namespace, kind] => (*kind, Some(*namespace), Some(*host)),
        _ => ("", None, None),
    };
    let form = || "Write for example `hashicorp/aws` or `registry.example.com/team/aws`.".into();
    if parts.contains(&"") || kind.is_empty() {
        let detail = format!("`{source}` is not of the form `[host/][namespace/]name`.");
        return Some((detail, form()));
    }
    for prefix in ["terraform-provider-", "terraform-", "opentofu-provider-", "opentofu-"] {
        if let Some(rest) = kind.strip_prefix(prefix) {
            let detail = match prefix.contains("provider") {
                true => format!("`{kind}` is the name of a repository, not of a provider."),
                false => format!("The name of a provider does not begin with `{prefix}`."),
            };
            return Some((detail, format!("Write `{rest}`.")));
        }
    }
    let bad = [Some(kind), namespace].into_iter().flatten().find(|it| !is_part(it));
    let bad = bad.or_else(|| host.filter(|it| !is_host(it)));
    bad.map(|part| (format!("`{part}` cannot be part of the source of a provider."), form()))
}

/// Whether a text may be the name or namespace of a provider, of any case.
fn is_part(text: &str) -> bool {
    let inside = |it: char| it.is_alphanumeric() || it == '-';
    !text.is_empty()
        && text.chars().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// Whether a text may be the name of a host, with its port if wanted.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let inside = |it: char| it.is_alphanumeric() || it == '-';
    let label = |it: &str| {
        !it.is_empty() && it.chars().all(inside) && !it.starts_with('-') && !it.ends_with('-')
    };
    name.split('.').all(label) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_names_and_a_host() {
        for good in ["aws", "hashicorp/aws", "a-b/c-d", "Registry.example.com:8443/Team/aws"] {
            assert_eq!(source_problem(good), None, "{good}");
        }
        for wrong in [
            "",
            "a/b/c/d",
            "hashicorp//aws",
            "hashicorp/",
            "hashi corp/aws",
            "hashicorp/a.ws",
            "hashicorp/a_b",
            "hashicorp/-a",
            "a--b/aws",
            "-bad-/hashicorp/aws",
            "example.com:port/hashicorp/aws",
            "hashicorp/terraform-aws",
            "hashicorp/opentofu-provider-aws",
        ] {
            assert!(source_problem(wrong).is_some(), "{wrong}");
        }
    }
}
