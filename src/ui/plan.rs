//! A plan as text: what is destroyed or replaced first in importance, then the rest, with reasons.

use crate::address::quote;
use crate::plan::{Action, Change, Counts, Drift, Mode, Plan, Providers, Reason};
use crate::schema::Schema;
use crate::ui::difference::{body, compared, output};
use crate::ui::style::{Label, paint};
use crate::value::Value;

/// The whole plan as text.
pub(super) fn text(plan: &Plan, providers: &Providers, colour: bool) -> String {
    let mut text = String::new();
    text.push_str(&drift(plan, providers, colour));
    let changes: Vec<&Change> = plan.changes.iter().filter(|it| it.does_something()).collect();
    text.push_str(&only_moved(plan, colour));
    for change in &changes {
        text.push_str(&one(change, schema(change, providers), colour));
    }
    text.push_str(&outputs(plan, colour));
    text.push_str(&warning(&changes, colour));
    text.push_str(&summary(plan, colour));
    text
}

/// The plan with nothing sensitive in what is shown of it.
pub(super) fn revealed(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let bare = |value: &mut Value| *value = value.unmark_deep().0;
    let values = plan.changes.iter_mut().flat_map(|it| [&mut it.before, &mut it.after]);
    let drifted = plan.drift.iter_mut().flat_map(|it| [&mut it.before, &mut it.after]);
    values.chain(drifted).for_each(bare);
    for output in plan.outputs.values_mut() {
        bare(&mut output.before);
        bare(&mut output.after);
        output.sensitive = false;
    }
    plan
}

fn schema(change: &Change, providers: &Providers) -> Option<&'static Schema> {
    let name = &change.address.resource.resource;
    providers.schema(&change.provider.source, name.mode, &name.kind)
}

fn one(change: &Change, schema: Option<&Schema>, colour: bool) -> String {
    let (label, symbol, verb) = words(change.action);
    let deposed =
        change.deposed.as_ref().map(|key| format!(" (deposed {key})")).unwrap_or_default();
    let verb = match (&change.previous, change.action) {
        (Some(previous), Action::Nothing) => format!("has moved from {previous}"),
        (Some(previous), _) => format!("(moved from {previous}) {verb}"),
        (None, _) => verb.to_string(),
    };
    let verb = match (&change.importing, change.action) {
        (Some(id), Action::Nothing) => format!("will be imported from {}", quote(id)),
        (Some(id), _) => format!("(imported from {}) {verb}", quote(id)),
        (None, _) => verb,
    };
    let title = format!("{}{deposed} {verb}", change.address);
    let title = paint(&title, Label::Strong, colour);
    let why = reason(change).map(|why| format!("\n      because {why}")).unwrap_or_default();
    let (symbol, body) = (paint(symbol, label, colour), body(change, schema, colour));
    format!("{symbol} {title}{why}\n{body}\n")
}

fn words(action: Action) -> (Label, &'static str, &'static str) {
    match action {
        Action::Nothing => (Label::Faint, "   ", "stays as it is"),
        Action::Create => (Label::Add, "  +", "will be created"),
        Action::Read => (Label::Faint, " <=", "will be read during apply"),
        Action::Open => (Label::Faint, " <=", "will be opened during apply"),
        Action::Update => (Label::Change, "  ~", "will be updated in place"),
        Action::DestroyThenCreate => (Label::Destroy, "-/+", "must be replaced (destroyed first)"),
        Action::ForgetThenCreate => {
            (Label::Change, "./+", "must be replaced (the old object is forgotten, not destroyed)")
        }
        Action::CreateThenDestroy => (Label::Destroy, "+/-", "must be replaced (created first)"),
        Action::Delete => (Label::Destroy, "  -", "will be destroyed"),
        Action::Forget => (Label::Faint, "  .", "will be forgotten, not destroyed"),
    }
}

/// Why it is done, where that is not plain.
fn reason(change: &Change) -> Option<String> {
    let key = change.address.key.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(match change.reason {
        Reason::None => return None,
        Reason::CannotUpdate => {
            let paths: Vec<String> =
                change.replace_paths.iter().map(|path| format!("`{path}`")).collect();
            format!("{} cannot be changed in place", paths.join(" and "))
        }
        Reason::Tainted => "an earlier apply did not finish making it".into(),
        Reason::Requested => "-replace asks for it".into(),
        Reason::Triggered => "something in replace_triggered_by changes".into(),
        Reason::Missing => "it is in state, but no longer exists".into(),
        Reason::NoResource => "it is no longer in the configuration".into(),
        Reason::NoModule => {
            "its module, or that instance of it, is no longer in the configuration".into()
        }
        Reason::CountIndex => format!("index {key} is beyond the count"),
        Reason::EachKey => format!("key {key} is not in for_each"),
        Reason::Disabled => "it is not enabled".into(),
        Reason::WrongRepetition => "its count or for_each is no longer of that kind".into(),
        Reason::ProviderUnknown => "what configures its provider is not known yet".into(),
        Reason::ConfigUnknown => "some of its arguments are not known yet".into(),
        Reason::DependencyPending => "it depends on something that changes".into(),
        Reason::CheckNested => "its check looks again when all else is done".into(),
        Reason::Deposed => "an earlier replacement left it behind".into(),
        Reason::KeptByConfiguration => "`destroy` is false in the configuration".into(),
        Reason::KeptByState => "`destroy` was false in the configuration that had it".into(),
    })
}

/// What a plan that only refreshes moves.
fn only_moved(plan: &Plan, colour: bool) -> String {
    if plan.mode != Mode::RefreshOnly || plan.moves.is_empty() {
        return String::new();
    }
    let symbol = paint("  ~", Label::Change, colour);
    let moved =
        plan.moves.iter().map(|(from, to)| format!("{symbol} {to} has moved from {from}\n"));
    format!("{}\n", moved.collect::<String>())
}

/// What has changed outside of terrace.
fn drift(plan: &Plan, providers: &Providers, colour: bool) -> String {
    let drift: Vec<&Drift> = plan.drift.iter().filter(|it| it.is_relevant()).collect();
    if drift.is_empty() {
        return String::new();
    }
    let mut text = paint("Changed outside of terrace since the last apply:", Label::Strong, colour);
    text.push_str("\n\n");
    for it in drift {
        let change = plan.changes.iter().find(|change| change.address == it.address);
        let schema = change.and_then(|change| schema(change, providers));
        text.push_str(&drifted(it, schema, colour));
    }
    text
}

fn drifted(drift: &Drift, schema: Option<&Schema>, colour: bool) -> String {
    if drift.after.is_null() {
        return format!("{} {} is gone\n\n", paint("  -", Label::Destroy, colour), drift.address);
    }
    let symbol = paint("  ~", Label::Change, colour);
    let relevant =
        |it: &Value| Value::object(drift.relevant.iter().map(|name| (name.clone(), it.get(name))));
    format!(
        "{symbol} {} is different\n{}\n",
        drift.address,
        compared(&relevant(&drift.before), &relevant(&drift.after), schema, colour)
    )
}

fn outputs(plan: &Plan, colour: bool) -> String {
    let changed: Vec<_> = plan.outputs.iter().filter(|(_, it)| it.changes()).collect();
    if changed.is_empty() {
        return String::new();
    }
    let width = changed.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{}\n", paint("Outputs:", Label::Strong, colour));
    for (name, it) in changed {
        text.push_str(&output(name, width, it, colour));
    }
    text.push('\n');
    text
}

/// What nobody should overlook: clusters and other things that take everything with them.
fn warning(changes: &[&Change], colour: bool) -> String {
    const GRAVE: [&str; 2] = ["aws_ecs_cluster", "aws_eks_cluster"];
    let grave = changes.iter().filter(|change| {
        change.action.destroys() && GRAVE.contains(&change.address.resource.resource.kind.as_str())
    });
    let lines = grave.map(|change| {
        let verb = if change.action.replaces() { "replaces" } else { "destroys" };
        let line = format!("! This {verb} a cluster: {}\n", change.address);
        paint(&line, Label::Destroy, colour)
    });
    lines.collect()
}

fn summary(plan: &Plan, colour: bool) -> String {
    if plan.diagnostics.has_errors() {
        return String::new();
    }
    if !plan.changes_anything() {
        let text = match plan.mode {
            Mode::Destroy => "Nothing to destroy: state is empty.",
            _ => "No changes. The infrastructure matches the configuration.",
        };
        return format!("{}\n", paint(text, Label::Strong, colour));
    }
    paint(&format!("{}\n", counted(plan.counts())), Label::Strong, colour)
}

/// `Plan: 1 to add, 0 to change, 0 to destroy.`
pub(super) fn counted(counts: Counts) -> String {
    let Counts { add, change, destroy, forget, import } = counts;
    let some = |count: usize, text: String| if count == 0 { String::new() } else { text };
    let import = some(import, format!("{import} to import, "));
    let forget = some(forget, format!(", {forget} to forget"));
    format!("Plan: {import}{add} to add, {change} to change, {destroy} to destroy{forget}.")
}
