//! `terrace version`

use std::collections::BTreeMap;

use serde_json::json;

use crate::command::arguments::{VersionArguments, WorldArguments};
use crate::command::{Exit, world};
use crate::diagnostic::Diagnostics;
use crate::state::TERRAFORM_VERSION;
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &VersionArguments) -> Result<Exit, Diagnostics> {
    let own = env!("CARGO_PKG_VERSION");
    if arguments.json {
        let platform = format!("{}_{}", std::env::consts::OS, architecture());
        let selected: BTreeMap<_, _> = world::providers(&WorldArguments::default())?
            .iter()
            .map(|it| (it.source().to_string(), it.version().to_string()))
            .collect();
        let json = json!({
            "terrace_version": own,
            "terraform_version": TERRAFORM_VERSION,
            "platform": platform,
            "provider_selections": selected,
        });
        ui.data(&format!("{json:#}\n"));
    } else {
        ui.data(&format!(
            "terrace {own} (the language and state of Terraform {TERRAFORM_VERSION})\n"
        ));
    }
    Ok(Exit::Success)
}

/// The processor, as Go and so Terraform name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
