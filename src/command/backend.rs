//! What a configuration says of its backend, and what `init` recorded of it. Where it was never
//! initialised, the configuration alone counts.

mod change;
mod given;
mod record;

use std::path::PathBuf;

use crate::command::place::Places;
use crate::command::place::refuse_unknown;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Body, Module};
use crate::language::module::constant;
use crate::language::suggest::did_you_mean;
use crate::state::{Options, Store};

use record::Recorded;

pub(super) use change::{initialise, same_file};

/// The arguments of the backend `local`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The state file of the default workspace.
    pub(super) path: Option<String>,
    /// The folder that holds a folder for each other workspace.
    pub(super) workspace_dir: Option<String>,
}

impl Settings {
    /// What the `backend` block of the root module says, if there is one.
    fn of(root: Option<&Module>) -> Result<Option<Settings>, Diagnostics> {
        refuse_unknown(root)?;
        let Some(backend) = root.and_then(|root| root.backend.as_ref()) else { return Ok(None) };
        let kind = backend.labels.first().map(|(kind, _)| kind.as_str()).unwrap_or_default();
        if kind != "local" {
            let detail = format!("terrace keeps state in a local file so far, not in `{kind}`.");
            let error = Diagnostic::error("Unsupported backend", detail);
            return Err(error
                .hint("Use `backend \"local\"`, or no backend block.")
                .at(&backend.span)
                .into());
        }
        only_known(&backend.body)?;
        let argument = |name| argument(&backend.body, name);
        Ok(Some(Settings { path: argument("path")?, workspace_dir: argument("workspace_dir")? }))
    }

    /// The argument of that name, to be set.
    fn argument(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "path" => Some(&mut self.path),
            "workspace_dir" => Some(&mut self.workspace_dir),
            _ => None,
        }
    }

    /// Where states are with these.
    pub(super) fn places(&self) -> Places {
        let defaults = Places::default();
        Places {
            path: self.path.as_ref().map_or(defaults.path, PathBuf::from),
            folder: self.workspace_dir.as_ref().map_or(defaults.folder, PathBuf::from),
        }
    }
}

/// Refuses arguments that the backend does not have.
fn only_known(body: &Body) -> Result<(), Diagnostics> {
    let mut attributes = body.attributes.iter();
    match attributes.find(|(name, _)| Settings::default().argument(name).is_none()) {
        None => Ok(()),
        Some((name, attribute)) => {
            let hint = match did_you_mean(name, ["path", "workspace_dir"]) {
                near if near.is_empty() => "It has `path` and `workspace_dir`.".to_string(),
                near => near,
            };
            let error = Diagnostic::error("Unsupported argument", no_argument(name)).hint(hint);
            Err(error.at(&attribute.name_span).into())
        }
    }
}

fn no_argument(name: &str) -> String {
    format!("The `local` backend has no argument `{name}`.")
}

/// A text that a `local` backend is given.
fn argument(body: &Body, name: &str) -> Result<Option<String>, Diagnostics> {
    let Some(given) = body.attributes.get(name) else { return Ok(None) };
    let (value, diagnostics) = constant(&given.value, &format!("`{name}`"));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let wrong = |detail: String| {
        let error = Diagnostic::error("Invalid backend configuration", detail);
        Diagnostics::from(error.at(&given.value.span))
    };
    match value.as_ref().filter(|it| !it.is_null()).map(|it| it.as_str()) {
        None => Ok(None),
        Some(Some("")) => Err(wrong(format!("`{name}` is empty."))),
        Some(Some(text)) => Ok(Some(text.to_string())),
        Some(None) => Err(wrong(format!("`{name}` must be a constant string."))),
    }
}

/// The settings in use: those that `init` recorded, as long as the configuration still says the same.
pub(super) fn in_use(root: Option<&Module>) -> Result<Settings, Diagnostics> {
    let configured = Settings::of(root)?;
    match (configured, Recorded::read()?) {
        (None, None) => Ok(Settings::default()),
        (Some(configured), None) => {
            left_behind(&configured)?;
            Ok(configured)
        }
        (Some(configured), Some(recorded)) if recorded.is_of(&configured) => recorded.settings(),
        (configured, Some(recorded)) => Err(changed(&recorded, configured.as_ref()).into()),
    }
}

/// The settings that `init` recorded are not those of the configuration any more.
fn changed(recorded: &Recorded, configured: Option<&Settings>) -> Diagnostic {
    let now = match configured {
        Some(settings) => format!("now the configuration says {}", settings.places()),
        None => "now the configuration has no `backend` block".to_string(),
    };
    let detail = format!("`init` recorded {}; {now}.", recorded.describe());
    let (migrate, leave) = ("terrace init -migrate-state", "terrace init -reconfigure");
    let hint = match recorded.is_local() {
        true => format!(
            "`{migrate}` copies the states to where the configuration says; `{leave}` leaves them \
             where they are, and only takes the new settings."
        ),
        false => format!(
            "States are copied from there with the program that initialised the folder; `{leave}` \
             leaves them where they are, and only takes the new settings."
        ),
    };
    Diagnostic::error("Backend configuration changed", detail).hint(hint)
}

/// Refuses to start with nothing where a state is left at the place that was used before there was a
/// `backend` block.
fn left_behind(configured: &Settings) -> Result<(), Diagnostics> {
    let (before, now) = (Places::default(), configured.places());
    if before == now || now.is_used_besides(&before) {
        return Ok(());
    }
    let workspaces = before.workspaces()?;
    let left = workspaces.iter().map(|workspace| (before.state(workspace), now.state(workspace)));
    let mut left = left.filter(|(old, new)| old != new && old.exists() && has_objects(old));
    let Some((old, _)) = left.next() else { return Ok(()) };
    let detail = format!(
        "{} has objects, and the `backend` block says {now}, where no state is yet.",
        old.display(),
    );
    let error = Diagnostic::error("Backend initialization required", detail);
    Err(error
        .hint(
            "`terrace init` copies the state there when you want it; `terrace init -reconfigure` \
             leaves it where it is, and starts with nothing.",
        )
        .into())
}

/// Whether a state has objects. One that cannot be read is told of by who needs it.
fn has_objects(path: &std::path::Path) -> bool {
    Store::open(&Options::read(path)).is_ok_and(|it| !it.state().resources.is_empty())
}
