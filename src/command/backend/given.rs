//! What `-backend-config` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Settings, argument, no_argument, only_known};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::language::parse::parse_values;

/// The settings with what is given on the command line; none when nothing is. An empty text alone says
/// that nothing is given any more.
pub(super) fn with_given(
    configured: &Settings,
    given: &[String],
) -> Result<Option<Settings>, Diagnostics> {
    let mut settings = configured.clone();
    if given.is_empty() {
        return Ok(None);
    }
    if matches!(given, [only] if only.is_empty()) {
        return Ok(Some(settings));
    }
    for item in given {
        match item.split_once('=') {
            Some((name, value)) => set(&mut settings, name, value)?,
            None => set_all(&mut settings, item)?,
        }
    }
    Ok(Some(settings))
}

fn invalid(detail: String) -> Diagnostics {
    Diagnostic::error("Invalid -backend-config", detail).into()
}

fn set(settings: &mut Settings, name: &str, value: &str) -> Result<(), Diagnostics> {
    let place = settings.argument(name).ok_or_else(|| invalid(no_argument(name)))?;
    if value.is_empty() {
        return Err(invalid(format!("`{name}` is empty.")));
    }
    *place = Some(value.to_string());
    Ok(())
}

/// Sets what a file says.
fn set_all(settings: &mut Settings, file: &str) -> Result<(), Diagnostics> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let hint = "Write an argument of the backend as `name=value`.";
        let detail = format!("The file {file} cannot be read: {error}.");
        Diagnostics::from(Diagnostic::error("Invalid -backend-config", detail).hint(hint))
    })?;
    if file.ends_with(".json") {
        let texts: BTreeMap<String, String> = serde_json::from_str(&text)
            .map_err(|error| invalid(format!("{file} is no JSON object of texts: {error}.")))?;
        return texts.iter().try_for_each(|(name, value)| set(settings, name, value));
    }
    let (body, problems) = parse_values(Arc::new(Source { path: file.into(), text }));
    if problems.has_errors() {
        return Err(problems);
    }
    if let Some(block) = body.blocks.first() {
        let detail = format!("The `local` backend has no block `{}`.", block.kind);
        return Err(Diagnostic::error("Invalid -backend-config", detail).at(&block.span).into());
    }
    only_known(&body)?;
    for name in ["path", "workspace_dir"] {
        if let (Some(said), Some(place)) = (argument(&body, name)?, settings.argument(name)) {
            *place = Some(said);
        }
    }
    Ok(())
}
