//! `terraform` blocks.

use super::Reader;
use super::arguments::Arguments;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::Block;
use crate::language::version::{Version, VersionConstraint};

/// The version of OpenTofu whose language terrace speaks.
pub const LANGUAGE_VERSION: &str = "1.12.0";

impl Reader {
    pub(super) fn settings(&mut self, block: Block) {
        self.labels(&block, []);
        let mut arguments = Arguments::new("a terraform block", block, &mut self.diagnostics);
        if let Some(given) = arguments.take("required_version")
            && is_for_opentofu(&given.name_span)
            && let Some((constraint, span)) = arguments.text_of("required_version", given)
        {
            arguments.diagnostics.extend(unmet(&constraint, &span));
        }
        if let Some(given) = arguments.take("experiments") {
            let detail = "Experiments of the language have no effect in terrace.";
            let problem = Diagnostic::warning("Experiments are ignored", detail);
            arguments.diagnostics.push(problem.at(&given.name_span));
        }
        // What edition of its language Terraform means by this, nobody else can know.
        arguments.take("language");
        let backends = arguments.labelled("backend");
        let clouds = arguments.blocks("cloud");
        let required = arguments.blocks("required_providers");
        let metas = arguments.labelled("provider_meta");
        let encryptions = arguments.blocks("encryption");
        arguments.finish();
        required.into_iter().for_each(|it| self.required_providers(it));
        metas.into_iter().for_each(|it| self.provider_meta(it));
        backends.into_iter().for_each(|it| self.backend(it));
        clouds.into_iter().for_each(|it| self.cloud(it));
        encryptions.into_iter().for_each(|it| self.encryption(it));
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
        Ok(parsed) if parsed.named().any(Version::is_prerelease) => {
            let detail = format!("`{constraint}` names a version that came before a release.");
            let problem = Diagnostic::error("Invalid version constraint", detail).at(span);
            Some(problem.hint("Write the number of the release alone."))
        }
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
