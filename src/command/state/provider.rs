//! `terrace state replace-provider`

use super::{note, open};
use crate::command::Exit;
use crate::command::arguments::StateAccess;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{ProviderKey, full_source};
use crate::state::{Done, Place, Record, State, StoredObject};
use crate::ui::Ui;

/// Has another provider manage the objects of one, in state only.
pub(super) fn replace(
    ui: &Ui,
    (from, to): (&str, &str),
    auto_approve: bool,
    access: &StateAccess,
) -> Result<Exit, Diagnostics> {
    let (from, to) = (source(from)?, source(to)?);
    let store = open(ui, access, true)?;
    let records = records(&store.state(), &from, &to);
    let mut told: Vec<String> = records
        .iter()
        .filter_map(|record| match record {
            Record::Set(done) => Some(done.place.address.resource.to_string()),
            _ => None,
        })
        .collect();
    told.dedup();
    if told.is_empty() {
        ui.status("State has nothing of that provider.");
        return Ok(Exit::Success);
    }
    ui.status(&format!("{from} becomes {to} for:\n  {}", told.join("\n  ")));
    if !auto_approve {
        approve(ui, access)?;
    }
    note(&store, records)?;
    ui.status("The provider is replaced in state.");
    Ok(Exit::Success)
}

fn approve(ui: &Ui, access: &StateAccess) -> Result<(), Diagnostics> {
    let can_ask = access.variables.may_ask() && ui.can_ask();
    match can_ask.then(|| ui.ask("Only `yes` is taken: ")).flatten().as_deref() {
        Some("yes") => Ok(()),
        None => {
            let detail = "Approval is needed, and there is nobody to ask.";
            Err(Diagnostic::error("Nobody to ask", detail).hint("Add -auto-approve.").into())
        }
        Some(_) => Err(Diagnostic::error("Cancelled", "Nothing was changed.").into()),
    }
}

/// The objects as the other provider has them.
fn records(state: &State, from: &str, to: &str) -> Vec<Record> {
    let of = |(address, deposed, object): (&_, Option<&str>, &crate::state::Object)| {
        let instance = state.resources.get(address)?;
        let key: ProviderKey = instance.provider.parse().ok()?;
        if !is_meant(from, &key.source) {
            return None;
        }
        let source = if to.matches('/').count() < 2 { full_source(to) } else { to.to_string() };
        let provider = ProviderKey { source, ..key }.to_string();
        let place = Place { address: address.clone(), deposed: deposed.map(str::to_string) };
        let object = StoredObject(object.clone());
        Some(Record::Set(Done { step: String::new(), place, provider, object }))
    };
    state.objects().filter_map(of).collect()
}

/// Whether a provider of the state is meant. Without a host, both registries are.
fn is_meant(from: &str, source: &str) -> bool {
    from == source || from.matches('/').count() < 2 && full_source(from) == full_source(source)
}

/// The source of a provider as it was written, once it is known to be one.
fn source(text: &str) -> Result<String, Diagnostics> {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
    };
    if text.split('/').all(part) && text.matches('/').count() <= 2 {
        return Ok(text.to_lowercase());
    }
    let detail = format!("`{text}` is not the source of a provider.");
    let error = Diagnostic::error("Invalid provider source", detail);
    Err(error.hint("Write it as `hashicorp/aws`, with a host before it if need be.").into())
}
