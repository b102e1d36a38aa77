//! `terraform` blocks.

use super::arguments::Arguments;
use super::resource::{bad_local_name, provider_name};
use super::{Reader, constant};
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Attribute, Block, ExpressionKind, ProviderName, RequiredProvider};
use crate::language::version::VersionConstraint;

/// The version of OpenTofu whose language terrace speaks.
pub const LANGUAGE_VERSION: &str = "1.12.0";

impl Reader {
    pub(super) fn settings(&mut self, block: Block) {
        self.labels(&block, []);
        let mut arguments = Arguments::new("a terraform block", block, &mut self.diagnostics);
        if let Some((constraint, span)) = arguments.text("required_version")
            && is_for_opentofu(&span)
        {
            arguments.diagnostics.extend(unmet(&constraint, &span));
        }
        if let Some(given) = arguments.take("experiments") {
            let detail = "Experiments of the language have no effect in terrace.";
            let problem = Diagnostic::warning("Experiments are ignored", detail);
            arguments.diagnostics.push(problem.at(&given.name_span));
        }
        let backends = arguments.blocks("backend");
        let required = arguments.blocks("required_providers");
        for (kind, detail) in [
            ("cloud", "terrace does not keep state in HCP Terraform."),
            ("encryption", "terrace does not encrypt state and plans itself yet."),
        ] {
            for block in arguments.blocks(kind) {
                let problem = Diagnostic::error("Unsupported block type", detail).at(&block.span);
                let hint = if kind == "cloud" { "Use a `backend` block." } else { "" };
                arguments.diagnostics.push(problem.hint(hint));
            }
        }
        // Modules tell a provider who they are; it only goes into the name of the user agent.
        arguments.blocks("provider_meta");
        arguments.finish();
        required.into_iter().for_each(|it| self.required_providers(it));
        backends.into_iter().for_each(|it| self.backend(it));
    }

    fn backend(&mut self, block: Block) {
        if self.labels(&block, ["type"]).is_none() {
            return;
        }
        match &self.module.backend {
            None => self.module.backend = Some(block),
            Some(first) => {
                let detail = format!("There already is a backend, at {}.", first.span);
                self.diagnostics
                    .push(Diagnostic::error("Duplicate backend", detail).at(&block.span));
            }
        }
    }

    fn required_providers(&mut self, block: Block) {
        self.labels(&block, []);
        for inner in &block.body.blocks {
            let detail = "Each provider is an argument here.";
            let hint = format!("Write `{} = {{ source = … }}`.", inner.kind);
            let problem = Diagnostic::error("Unsupported block type", detail).hint(hint);
            self.diagnostics.push(problem.at(&inner.span));
        }
        for (name, attribute) in block.body.attributes.clone() {
            self.diagnostics.extend(bad_local_name(&name, &attribute.name_span));
            if let Some(first) = self.module.required_providers.get(&name) {
                let detail = format!("`{name}` is required already, at {}.", first.span);
                let problem = Diagnostic::error("Duplicate required provider", detail);
                self.diagnostics.push(problem.at(&attribute.name_span));
                continue;
            }
            let provider = self.required_provider(&name, attribute);
            self.module.required_providers.insert(name, provider);
        }
    }

    fn required_provider(&mut self, name: &str, attribute: Attribute) -> RequiredProvider {
        let mut required = RequiredProvider {
            source: format!("hashicorp/{name}"),
            version: String::new(),
            aliases: Vec::new(),
            span: attribute.name_span,
        };
        match attribute.value.kind {
            // The constraint alone, as it was written long ago.
            ExpressionKind::Literal(value) if value.as_str().is_some() => {
                required.version = value.as_str().unwrap_or_default().to_string();
            }
            ExpressionKind::Object(entries) => {
                for (key, value) in entries {
                    let shown = key.span.text().trim_matches('"').to_string();
                    self.provider_setting(&mut required, &shown, &key.span, &value);
                }
            }
            _ => {
                let detail = "A required provider is described by its source and version.";
                let problem = Diagnostic::error("Invalid required provider", detail);
                let hint = "Write `aws = { source = \"hashicorp/aws\", version = \"~> 6.0\" }`.";
                self.diagnostics.push(problem.at(&attribute.value.span).hint(hint));
            }
        }
        let kind = required.source.rsplit('/').next().unwrap_or_default();
        if let Some(rest) = kind.strip_prefix("terraform-provider-") {
            let detail = format!("`{kind}` is the name of a repository, not of a provider.");
            let problem = Diagnostic::error("Invalid provider source", detail);
            let hint = format!("Write `{rest}`.");
            self.diagnostics.push(problem.at(&attribute.value.span).hint(hint));
        }
        if let Err(part) = VersionConstraint::parse(&required.version)
            && !required.version.is_empty()
        {
            self.diagnostics.push(no_constraint(&part, &attribute.value.span));
        }
        required
    }

    fn provider_setting(
        &mut self,
        required: &mut RequiredProvider,
        name: &str,
        span: &Span,
        value: &crate::language::config::Expression,
    ) {
        match name {
            "source" | "version" => {
                let text = self.diagnostics.take(constant(value, &format!("`{name}`")));
                let Some(text) = text.as_ref().and_then(|it| it.as_str()) else {
                    let detail = format!("`{name}` must be a text in quotes.");
                    let problem = Diagnostic::error("Invalid required provider", detail);
                    return self.diagnostics.push(problem.at(&value.span));
                };
                let field =
                    if name == "source" { &mut required.source } else { &mut required.version };
                *field = text.to_string();
            }
            "configuration_aliases" => required.aliases = self.aliases(value),
            _ => {
                let detail = format!("A required provider has no `{name}`.");
                let hint = "There are `source`, `version` and `configuration_aliases`.";
                let problem = Diagnostic::error("Unsupported argument", detail).hint(hint);
                self.diagnostics.push(problem.at(span));
            }
        }
    }

    fn aliases(&mut self, value: &crate::language::config::Expression) -> Vec<ProviderName> {
        let ExpressionKind::Tuple(items) = &value.kind else {
            let detail = "`configuration_aliases` takes a list of names such as `aws.west`.";
            let problem = Diagnostic::error("Invalid required provider", detail);
            self.diagnostics.push(problem.at(&value.span));
            return Vec::new();
        };
        items.iter().filter_map(|it| provider_name(it, &mut self.diagnostics)).collect()
    }
}

/// Whether a file is meant for OpenTofu alone. In other files `required_version` tells the version of
/// Terraform, which says nothing of OpenTofu.
fn is_for_opentofu(span: &Span) -> bool {
    let name = span.source.path.to_string_lossy();
    name.ends_with(".tofu") || name.ends_with(".tofu.json")
}

/// What is wrong with the version of the language that is asked for, if anything.
pub(super) fn unmet(constraint: &str, span: &Span) -> Option<Diagnostic> {
    match VersionConstraint::parse(constraint) {
        Ok(parsed) if parsed.allows(LANGUAGE_VERSION) => None,
        Ok(_) => {
            let detail = format!(
                "This configuration asks for version `{constraint}`, and terrace speaks the \
                 language of OpenTofu {LANGUAGE_VERSION}."
            );
            Some(Diagnostic::error("Unsupported version", detail).at(span))
        }
        Err(part) => Some(no_constraint(&part, span)),
    }
}

pub(super) fn no_constraint(part: &str, span: &Span) -> Diagnostic {
    let detail = format!("`{part}` is not a version constraint.");
    Diagnostic::error("Invalid version constraint", detail)
        .at(span)
        .hint("Write for example `>= 1.5` or `~> 6.0`; a comma separates several.")
}
