//! `language` blocks: which version and edition of the language a module is written for.

use super::arguments::Arguments;
use super::settings::{no_constraint, unmet};
use super::{Reader, constant};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Block, Expression, ExpressionKind, Reference};
use crate::language::version::VersionConstraint;

/// The only edition that there is.
const EDITION: &str = "tofu2024";
/// The last version before `compatible_with` could be said.
const BEFORE: &str = "1.11.0";

impl Reader {
    pub(super) fn language(&mut self, block: Block) {
        self.labels(&block, []);
        let mut arguments = Arguments::new("a language block", block, &mut self.diagnostics);
        if let Some(given) = arguments.take("edition") {
            arguments.diagnostics.extend(unknown_edition(&given.value));
        }
        if let Some(given) = arguments.take("experiments") {
            arguments.diagnostics.extend(experiments(&given.value));
        }
        // what else stands there is for other software
        let mut about = arguments.blocks("compatible_with");
        about.retain(|it| it.body.attributes.contains_key("opentofu"));
        for block in &about {
            let given = block.body.attributes.get("opentofu");
            let problems = given.map(|it| incompatible(&it.value));
            arguments.diagnostics.extend(problems.unwrap_or_default());
        }
        arguments.only(about);
        arguments.finish();
    }
}

fn unknown_edition(given: &Expression) -> Option<Diagnostic> {
    let problem = |summary: &str, detail: String| {
        let hint = format!("There is only `{EDITION}`, which needs not be said.");
        Some(Diagnostic::error(summary, detail).at(&given.span).hint(hint))
    };
    match &given.kind {
        ExpressionKind::Reference(Reference::Bound(name)) if name == EDITION => None,
        ExpressionKind::Reference(Reference::Bound(name)) => {
            problem("Unsupported language edition", format!("There is no edition `{name}`."))
        }
        _ => problem("Invalid language edition", "An edition is a name without quotes.".into()),
    }
}

fn experiments(given: &Expression) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    match &given.kind {
        ExpressionKind::Tuple(items) => {
            for item in items {
                let detail = format!("There is no experiment `{}`.", item.span.text());
                let problem = Diagnostic::error("Unknown experiment", detail);
                diagnostics.push(problem.at(&item.span));
            }
        }
        _ => {
            let detail = "`experiments` takes a list of names.";
            diagnostics.push(Diagnostic::error("Unknown experiment", detail).at(&given.span));
        }
    }
    diagnostics
}

fn incompatible(given: &Expression) -> Diagnostics {
    let (value, mut diagnostics) = constant(given, "`opentofu`");
    let text = value.as_ref().and_then(|it| it.as_str()).unwrap_or_default();
    match VersionConstraint::parse(text) {
        _ if diagnostics.has_errors() => {}
        Ok(parsed) if parsed.allows(BEFORE) => {
            let detail = format!("OpenTofu {BEFORE} does not know `compatible_with` blocks.");
            let problem = Diagnostic::warning("Ineffective version constraint", detail);
            diagnostics.push(problem.at(&given.span).hint("Write for example `>= 1.12`."));
            diagnostics.extend(unmet(text, &given.span));
        }
        Ok(_) => diagnostics.extend(unmet(text, &given.span)),
        Err(part) => diagnostics.push(no_constraint(&part, &given.span)),
    }
    diagnostics
}
