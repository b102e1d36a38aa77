//! `terrace taint` and `terrace untaint`

use crate::address::{InstanceAddress, Mode};
use crate::command::Exit;
use crate::command::arguments::TaintArguments;
use crate::command::state::{invalid, like, note, open};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{Done, Instance, Object, Place, Record, State, StoredObject};
use crate::ui::Ui;

/// Marks an object as to be replaced, or takes the mark away.
pub(super) fn run(ui: &Ui, arguments: &TaintArguments, taint: bool) -> Result<Exit, Diagnostics> {
    let address: InstanceAddress = arguments.address.parse().map_err(|error| invalid(&error))?;
    if address.resource.resource.mode != Mode::Managed {
        let detail = format!("`{address}` is only read, so it is never replaced.");
        return Err(Diagnostic::error("Invalid address", detail).into());
    }
    let store = open(ui, &arguments.access, true)?;
    let folded = store.folded();
    if folded.unresolved.values().any(|it| it.begun.place.address == address) {
        let detail = format!("It is not known what an interrupted run has done to {address}.");
        let problem = Diagnostic::error("Interrupted run not settled", detail);
        return Err(problem.hint("`terrace apply` finds out.").into());
    }
    let Some(instance) = folded.state.resources.get(&address) else {
        if arguments.allow_missing {
            ui.diagnostics(&tolerated(&address).into());
            return Ok(Exit::Success);
        }
        return Err(missing(&address, &folded.state).into());
    };
    let object = current(&address, instance)?;
    if !taint && !object.tainted {
        let detail = format!("{address} is not tainted, so it cannot be untainted.");
        return Err(Diagnostic::error("Not tainted", detail).into());
    }
    if object.tainted != taint {
        let object = StoredObject(Object { tainted: taint, ..object.clone() });
        let (place, provider) = (Place::current(&address), instance.provider.clone());
        note(&store, vec![Record::Set(Done { step: String::new(), place, provider, object })])?;
    }
    ui.status(&match taint {
        true => format!("{address} is tainted: the next apply replaces it."),
        false => format!("{address} is not tainted any more."),
    });
    Ok(Exit::Success)
}

fn current<'i>(
    address: &InstanceAddress,
    instance: &'i Instance,
) -> Result<&'i Object, Diagnostic> {
    instance.current.as_ref().ok_or_else(|| {
        let detail = format!("{address} has no object but those that a replacement left behind.");
        let problem = Diagnostic::error("No such instance", detail);
        problem.hint("`terrace apply` completes the replacement.")
    })
}

fn missing(address: &InstanceAddress, state: &State) -> Diagnostic {
    let detail = format!("State has no `{address}`.");
    let hint = "`terrace state list` shows what it has; a new resource gets there with an apply.";
    let hint = like(&address.to_string(), state).unwrap_or_else(|| hint.to_string());
    Diagnostic::error("No such instance", detail).hint(hint)
}

fn tolerated(address: &InstanceAddress) -> Diagnostic {
    let detail = format!("State has no `{address}`, which `-allow-missing` lets pass.");
    Diagnostic::warning("No such instance", detail)
}
