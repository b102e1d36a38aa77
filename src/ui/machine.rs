//! Terraform's machine-readable UI: one JSON object per line.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::address::{InstanceAddress, Key};
use crate::apply::{Doing, Event};
use crate::plan::{Change, Counts, Drift, Mode, OutputChange, Plan};
use crate::state::{OutputValue, TERRAFORM_VERSION};
use crate::ui::json::{change_action, drift_action, output_action, reason};

/// The version of the format.
const FORMAT: &str = "1.2";

/// A line: what every one has, and the fields of its kind.
pub(super) fn line(level: &str, kind: &str, message: &str, fields: Json) -> Json {
    let now = time::OffsetDateTime::now_utc();
    let now = now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    let mut line = json!({
        "@level": level, "@message": message, "@module": "terrace.ui", "@timestamp": now,
        "type": kind,
    });
    if let (Json::Object(line), Json::Object(fields)) = (&mut line, fields) {
        line.extend(fields);
    }
    line
}

fn info(kind: &str, message: &str, fields: Json) -> Json {
    line("info", kind, message, fields)
}

/// A line of text, which is of no kind.
pub(super) fn message(text: &str) -> Json {
    let mut line = info("", text, Json::Null);
    if let Json::Object(line) = &mut line {
        line.remove("type");
    }
    line
}

/// An address that state has.
pub(super) fn address(address: &InstanceAddress) -> Json {
    info("resource_address", &address.to_string(), Json::Null)
}

/// The workspaces, and the one in use.
pub(super) fn workspaces(all: &[String], current: &str) -> Json {
    let fields = json!({ "workspaces": all, "current_workspace": current });
    info("workspace_list", "list of workspaces", fields)
}

/// The first line of all.
pub(super) fn version() -> Json {
    let own = env!("CARGO_PKG_VERSION");
    let fields = json!({ "terrace": own, "terraform": TERRAFORM_VERSION, "ui": FORMAT });
    info("version", &format!("terrace {own}"), fields)
}

/// An instance, as hooks and changes name it.
fn resource(address: &InstanceAddress) -> Json {
    let name = &address.resource.resource;
    let key = address.key.as_ref().map(ToString::to_string).unwrap_or_default();
    json!({
        "addr": address.to_string(),
        "module": address.resource.module.to_string(),
        "resource": format!("{name}{key}"),
        "implied_provider": name.kind.split('_').next().unwrap_or_default(),
        "resource_type": name.kind,
        "resource_name": name.name,
        "resource_key": match &address.key {
            None => Json::Null,
            Some(Key::Index(index)) => json!(index),
            Some(Key::Name(name)) => json!(name),
        },
    })
}

/// A plan: drift, changes, their number, and outputs.
pub(super) fn plan(plan: &Plan) -> Vec<Json> {
    let mut lines: Vec<Json> = plan.drift.iter().map(drift).collect();
    lines.extend(plan.changes.iter().filter(|it| it.does_something()).map(change));
    let counts = plan.counts();
    lines.push(summary(&super::plan::counted(counts), "plan", counts));
    let all: Map<String, Json> =
        plan.outputs.iter().map(|(name, it)| (name.clone(), output_change(it))).collect();
    if !all.is_empty() {
        lines.push(outputs(all));
    }
    lines
}

fn drift(drift: &Drift) -> Json {
    let action = drift_action(drift);
    let fields = json!({ "change": { "resource": resource(&drift.address), "action": action } });
    info("resource_drift", &format!("{}: Drift detected ({action})", drift.address), fields)
}

fn change(change: &Change) -> Json {
    let action = change_action(change);
    let mut fields = json!({ "resource": resource(&change.address), "action": action });
    if let Some(previous) = &change.previous {
        fields["previous_resource"] = resource(previous);
    }
    if let Some(reason) = reason(change) {
        fields["reason"] = json!(short(reason));
    }
    if let Some(id) = &change.importing {
        fields["importing"] = json!({ "id": id });
    }
    let message = format!("{}: Plan to {action}", change.address);
    info("planned_change", &message, json!({ "change": fields }))
}

/// A reason as these lines have it.
fn short(reason: &str) -> &str {
    match reason {
        "replace_because_cannot_update" => "cannot_update",
        "replace_because_tainted" => "tainted",
        "replace_by_request" => "requested",
        "replace_by_triggers" => "replace_triggered_by",
        other => other,
    }
}

fn output_change(change: &OutputChange) -> Json {
    let action = output_action(change).replace('-', "");
    json!({ "sensitive": change.sensitive, "action": action })
}

fn outputs(outputs: Map<String, Json>) -> Json {
    let message = format!("Outputs: {}", outputs.len());
    info("outputs", &message, json!({ "outputs": outputs }))
}

fn summary(message: &str, operation: &str, counts: Counts) -> Json {
    let Counts { add, change, destroy, forget, import } = counts;
    let changes = json!({
        "add": add, "change": change, "import": import, "remove": destroy, "forget": forget,
        "operation": operation,
    });
    info("change_summary", message, json!({ "changes": changes }))
}

/// How an apply came out.
pub(super) fn applied(mode: Mode, counts: Counts) -> Json {
    let operation = if mode == Mode::Destroy { "destroy" } else { "apply" };
    summary(&came_out(mode, true, counts), operation, counts)
}

/// `Apply complete! Resources: 1 added, 0 changed, 0 destroyed.`
pub(super) fn came_out(mode: Mode, complete: bool, counts: Counts) -> String {
    let Counts { add, change, destroy, forget, import } = counts;
    let how = if complete { "complete" } else { "incomplete" };
    let what = if mode == Mode::Destroy { "Destroy" } else { "Apply" };
    let some = |count: usize, text: String| if count == 0 { String::new() } else { text };
    let import = some(import, format!("{import} imported, "));
    let forget = some(forget, format!(", {forget} forgotten"));
    let rest = match mode {
        Mode::Destroy => format!("{destroy} destroyed{forget}"),
        _ => format!("{import}{add} added, {change} changed, {destroy} destroyed{forget}"),
    };
    format!("{what} {how}! Resources: {rest}.")
}

/// The outputs after an apply; secrets without their value.
pub(super) fn values(all: &BTreeMap<String, OutputValue>) -> Json {
    let one = |(name, it): (&String, &OutputValue)| {
        let mut json = json!({ "sensitive": it.sensitive, "type": it.ty });
        if !it.sensitive {
            json["value"] = it.value.clone();
        }
        (name.clone(), json)
    };
    outputs(all.iter().map(one).collect())
}

/// What happens while applying; nothing for what Terraform does not tell.
pub(super) fn event(event: &Event) -> Option<Json> {
    if let Some(line) = provisioner(event).or_else(|| refreshing(event)) {
        return Some(line);
    }
    let (kind, place, doing) = match event {
        Event::Started { place, doing, .. } => ("apply_start", place, *doing),
        Event::Finished { place, doing, .. } => ("apply_complete", place, *doing),
        Event::Failed { place, doing, .. } => ("apply_errored", place, *doing),
        Event::Waiting { place, .. } => ("apply_progress", place, Doing::Create),
        _ => return None,
    };
    let ephemeral = matches!(doing, Doing::Open | Doing::Close);
    let kind = match kind {
        "apply_start" if ephemeral => "ephemeral_action_started",
        "apply_complete" if ephemeral => "ephemeral_action_complete",
        kind => kind,
    };
    let mut hook = json!({ "resource": resource(&place.address), "action": hook(doing) });
    let (id, elapsed) = match event {
        Event::Started { id, .. } => (id.as_ref(), None),
        Event::Finished { id, elapsed, .. } => (id.as_ref(), Some(elapsed)),
        Event::Failed { elapsed, .. } => (None, Some(elapsed)),
        _ => (None, None),
    };
    if let Some(id) = id {
        hook["id_key"] = json!("id");
        hook["id_value"] = json!(id);
    }
    if let Some(elapsed) = elapsed {
        hook["elapsed_seconds"] = json!(elapsed.as_secs());
    }
    let (level, message) = match event {
        // Why is told by a diagnostic.
        Event::Failed { error, .. } => ("info", error.clone()),
        Event::Waiting { why, .. } => ("info", why.clone()),
        Event::Finished { .. } => ("info", super::progress::past(doing).to_string()),
        _ => ("info", super::progress::present(doing).to_string()),
    };
    let message = format!("{}: {message}", place.address);
    Some(line(level, kind, &message, json!({ "hook": hook })))
}

/// How an object is looked at.
fn refreshing(event: &Event) -> Option<Json> {
    let (kind, what, place, id) = match event {
        Event::Looking { place, id } => ("refresh_start", "refreshing", place, id),
        Event::Looked { place, id } => ("refresh_complete", "refreshed", place, id),
        _ => return None,
    };
    let mut hook = json!({ "resource": resource(&place.address) });
    if let Some(id) = id {
        hook["id_key"] = json!("id");
        hook["id_value"] = json!(id);
    }
    Some(info(kind, &format!("{}: {what}", place.address), json!({ "hook": hook })))
}

/// What a provisioner does.
fn provisioner(event: &Event) -> Option<Json> {
    let (place, name, said) = match event {
        Event::Provisioning { place, kind } => (place, kind, None),
        Event::ProvisionerSaid { place, kind, line } => (place, kind, Some(line)),
        Event::Provisioned { place, kind, .. } => (place, kind, None),
        _ => return None,
    };
    let mut hook = json!({ "resource": resource(&place.address), "provisioner": name });
    if let Some(said) = said {
        hook["output"] = json!(said);
    }
    let (kind, message) = match (event, said) {
        (_, Some(said)) => ("provision_progress", format!("({name}): {said}")),
        (Event::Provisioned { failed: true, .. }, _) => {
            ("provision_errored", format!("({name}) provisioning errored"))
        }
        (Event::Provisioned { .. }, _) => {
            ("provision_complete", format!("({name}) provisioning complete"))
        }
        _ => ("provision_start", format!("provisioning with `{name}`")),
    };
    let message = format!("{}: {message}", place.address);
    Some(info(kind, &message, json!({ "hook": hook })))
}

/// The action as Terraform names it.
fn hook(doing: Doing) -> &'static str {
    match doing {
        Doing::Create | Doing::Recover => "create",
        Doing::Update => "update",
        Doing::Destroy => "delete",
        Doing::Read => "read",
        Doing::Forget => "remove",
        Doing::Open => "open",
        Doing::Close => "close",
    }
}
