//! A state as text.

use crate::address::Mode;
use crate::diagnostic::Diagnostics;
use crate::plan::{Providers, stored_value};
use crate::state::State;
use crate::ui::value::render;

/// Every object as a block of the language, then the outputs.
pub(super) fn text(
    state: &State,
    providers: &Providers,
    reveal: bool,
) -> Result<String, Diagnostics> {
    let mut text = String::new();
    let mut problems = Diagnostics::new();
    for (address, deposed, object) in state.objects() {
        let value = match stored_value(state, providers, address, deposed) {
            Ok(Some((value, ..))) => value,
            Ok(None) => continue,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let resource = &address.resource.resource;
        let block = if resource.mode == Mode::Data { "data" } else { "resource" };
        let note = match (deposed, object.tainted) {
            (Some(key), _) => format!(" (deposed {key})"),
            (None, true) => " (tainted)".to_string(),
            _ => String::new(),
        };
        let value = if reveal { value.unmark_deep().0 } else { value };
        let body = render(&value, 0);
        text.push_str(&format!(
            "# {address}{note}:\n{block} {:?} {:?} {body}\n\n",
            resource.kind, resource.name
        ));
    }
    if problems.has_errors() {
        return Err(problems);
    }
    if !state.outputs.is_empty() {
        text.push_str("Outputs:\n\n");
    }
    for (name, output) in &state.outputs {
        let value = match output.decode() {
            _ if output.sensitive && !reveal => "(sensitive value)".to_string(),
            Ok(value) if reveal => render(&value.unmark_deep().0, 0),
            Ok(value) => render(&value, 0),
            Err(error) => format!("(unreadable: {error})"),
        };
        text.push_str(&format!("{name} = {value}\n"));
    }
    Ok(text)
}
