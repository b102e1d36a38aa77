//! `resource` and `data` blocks.

use super::arguments::Arguments;
use super::provisioner::provisioners;
use super::repetition::Repeats;
use super::{Reader, depends_on, insert, rules};
use crate::address::{Mode, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{
    Attribute, Block, Expression, ExpressionKind, IgnoreChanges, Lifecycle, ProviderName,
    Reference, Resource,
};
use crate::value::{Path, Step, Value};

impl Reader {
    /// Reads a resource, or a data source, in a `check` block if one is named.
    pub(super) fn resource(&mut self, block: Block, check: Option<&str>) {
        let Some([kind, name]) = self.labels(&block, ["type", "name"]) else { return };
        let (mode, title) = match block.kind.as_str() {
            "data" => (Mode::Data, "a data block"),
            "ephemeral" => (Mode::Ephemeral, "an ephemeral block"),
            _ => (Mode::Managed, "a resource block"),
        };
        let mut arguments = Arguments::new(title, block, &mut self.diagnostics);
        let span = arguments.span.clone();
        if check.is_some() {
            refuse_repetition(&mut arguments);
        }
        let default = kind.split('_').next().unwrap_or(&kind);
        let default = ProviderName { name: default.to_string(), alias: None };
        let name = ResourceName { mode, kind, name };
        let mut repeats = Repeats::of(&mut arguments);
        let provider_span = arguments.place("provider");
        let provider = arguments.take("provider").map(|it| it.value);
        let provider = provider.and_then(|it| provider_reference(&it, arguments.diagnostics));
        let (provider, provider_key) = provider.unwrap_or((default, None));
        let depends_on = depends_on(&mut arguments);
        let lifecycle = arguments.block("lifecycle");
        let lifecycle = lifecycle.map(|it| lifecycle_of(it, mode, &mut repeats, &mut arguments));
        let provisioners = provisioners(&mut arguments, mode);
        arguments.reserved(&["locals"]);
        arguments.unescape();
        let repetition = repeats.only_one(arguments.diagnostics);
        let resource = Resource {
            repetition,
            provider,
            provider_key,
            provider_span,
            depends_on,
            lifecycle: lifecycle.unwrap_or_default(),
            provisioners,
            body: arguments.rest(),
            check: check.map(str::to_string),
            span: span.clone(),
            name: name.clone(),
        };
        let shown = format!("resource `{name}`");
        let resources = &mut self.module.resources;
        let problem = insert(resources, name, resource, &shown, &span, |it| &it.span);
        self.diagnostics.extend(problem);
    }
}

/// `aws`, `aws.west` or `aws.by_region[each.key]`: the name, and the key.
pub(super) fn provider_reference(
    expression: &Expression,
    diagnostics: &mut Diagnostics,
) -> Option<(ProviderName, Option<Expression>)> {
    let ExpressionKind::Index(inside, key) = &expression.kind else {
        return Some((provider_name(expression, diagnostics)?, None));
    };
    Some((provider_name(inside, diagnostics)?, Some((**key).clone())))
}

/// `aws` or `aws.west`, as it is written.
pub(super) fn provider_name(
    expression: &Expression,
    diagnostics: &mut Diagnostics,
) -> Option<ProviderName> {
    let name = read_provider_name(expression);
    if name.is_none() {
        let detail = "A provider configuration is named `aws`, or `aws.west` with an alias.";
        let mut problem = Diagnostic::error("Invalid provider reference", detail);
        if let ExpressionKind::Literal(value) = &expression.kind {
            let text = value.as_str().unwrap_or_default();
            problem.hint = format!("Write it without quotes: `{text}`.");
        }
        diagnostics.push(problem.at(&expression.span));
    }
    if let Some(name) = &name {
        super::warn_of_quotes("Quoted reference", expression, diagnostics);
        diagnostics.extend(bad_local_name(&name.name, &expression.span));
    }
    name
}

/// Whether a place is in a file of JSON, where all names are strings.
pub(super) fn is_json(span: &Span) -> bool {
    span.source.path.extension().is_some_and(|it| it == "json")
}

/// What is wrong with the name that a module has for a provider, if anything.
pub(super) fn bad_local_name(name: &str, span: &Span) -> Option<Diagnostic> {
    let part = |it: char| it.is_alphanumeric() && it.to_lowercase().eq([it]) || it == '-';
    let ends = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    let good = name.chars().all(part) && !ends;
    (!good && !name.is_empty()).then(|| {
        let detail = format!(
            "`{name}` cannot be the name of a provider, which has only lowercase letters, digits \
             and, inside, single dashes."
        );
        Diagnostic::error("Invalid provider name", detail).at(span)
    })
}

fn read_provider_name(expression: &Expression) -> Option<ProviderName> {
    match &expression.kind {
        ExpressionKind::Attribute(inside, alias) => {
            Some(ProviderName { name: word(inside)?, alias: Some(alias.clone()) })
        }
        // The key of a `providers` map.
        ExpressionKind::Literal(value) if value.as_str().is_some() => {
            let text = value.as_str()?;
            let (name, alias) = match text.split_once('.') {
                Some((name, alias)) => (name, Some(alias.to_string())),
                None => (text, None),
            };
            super::is_name(name).then(|| ProviderName { name: name.to_string(), alias })
        }
        _ => Some(ProviderName { name: word(expression)?, alias: None }),
    }
}

/// A word that stands for itself. There is a provider `null`.
fn word(expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(name)) => Some(name.clone()),
        ExpressionKind::Literal(Value::Null(_)) => Some("null".to_string()),
        _ => None,
    }
}

/// What makes data sources and ephemeral resources different from resources.
pub(super) fn nature(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "A resource is made and kept",
        Mode::Data => "A data source is only read",
        Mode::Ephemeral => "An ephemeral resource is opened anew each time",
    }
}

/// A data source in a `check` block is there once, and the block is its condition.
fn refuse_repetition(arguments: &mut Arguments<'_>) {
    let detail = |name: &str| format!("A data source in a `check` block cannot have `{name}`.");
    for name in ["count", "for_each"] {
        if let Some(given) = arguments.take(name) {
            let problem = Diagnostic::error("Unsupported argument", detail(name));
            arguments.diagnostics.push(problem.at(&given.name_span));
        }
    }
    for block in arguments.blocks("lifecycle") {
        let problem = Diagnostic::error("Unsupported block type", detail("lifecycle"));
        let hint = "Write its conditions as `assert` blocks.";
        arguments.diagnostics.push(problem.hint(hint).at(&block.span));
    }
}

fn lifecycle_of(
    block: Block,
    mode: Mode,
    repeats: &mut Repeats,
    outer: &mut Arguments<'_>,
) -> Lifecycle {
    let mut arguments = Arguments::new("a lifecycle block", block, outer.diagnostics);
    repeats.enabled(&mut arguments);
    let mut lifecycle = Lifecycle {
        preconditions: rules(&mut arguments, "precondition"),
        postconditions: rules(&mut arguments, "postcondition"),
        ..Lifecycle::default()
    };
    if mode != Mode::Managed {
        for name in [
            "create_before_destroy",
            "destroy",
            "prevent_destroy",
            "ignore_changes",
            "replace_triggered_by",
        ] {
            if let Some(given) = arguments.take(name) {
                let detail = format!("{}, so it cannot have `{name}`.", nature(mode));
                let problem = Diagnostic::error("Unsupported argument", detail);
                arguments.diagnostics.push(problem.at(&given.name_span));
            }
        }
    } else {
        lifecycle.create_before_destroy = arguments.flag("create_before_destroy");
        lifecycle.prevent_destroy = arguments.flag_expression("prevent_destroy");
        lifecycle.skip_destroy = arguments.flag("destroy") == Some(false);
        if let Some(given) = arguments.take("ignore_changes") {
            lifecycle.ignore_changes = ignore_changes(given.value, &mut arguments);
        }
        if let Some(given) = arguments.take("replace_triggered_by") {
            lifecycle.replace_triggered_by = replace_triggered_by(given, &mut arguments);
        }
    }
    arguments.finish();
    lifecycle
}

fn ignore_changes(given: Expression, arguments: &mut Arguments<'_>) -> IgnoreChanges {
    let items = match given.kind {
        ExpressionKind::Reference(Reference::Bound(name)) if name == "all" => {
            return IgnoreChanges::All;
        }
        ExpressionKind::Tuple(items) => items,
        _ => {
            let detail = "`ignore_changes` takes a list of arguments, or `all`.";
            let problem = Diagnostic::error("Invalid ignore_changes", detail).at(&given.span);
            arguments.diagnostics.push(problem.hint("Write `ignore_changes = [tags]`."));
            return IgnoreChanges::None;
        }
    };
    let mut paths = Vec::new();
    for item in items {
        match steps(&item) {
            Some(steps) => {
                super::warn_of_quotes("Quoted reference", &item, arguments.diagnostics);
                paths.push((Path(steps), item.span));
            }
            None => {
                let detail = "An entry of `ignore_changes` is an argument of this resource, with \
                              constant keys and indexes after it if wanted.";
                let problem = Diagnostic::error("Invalid ignore_changes", detail).at(&item.span);
                let hint =
                    "Write for example `tags`, `tags[\"Owner\"]` or `ingress[0].cidr_blocks`.";
                arguments.diagnostics.push(problem.hint(hint));
            }
        }
    }
    IgnoreChanges::Paths(paths)
}

/// The path that an expression of names and constant keys spells.
fn steps(expression: &Expression) -> Option<Vec<Step>> {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(name)) => {
            Some(vec![Step::Attribute(name.clone())])
        }
        ExpressionKind::Attribute(inside, name) => {
            let mut found = steps(inside)?;
            found.push(Step::Attribute(name.clone()));
            Some(found)
        }
        ExpressionKind::Index(inside, key) => {
            let ExpressionKind::Literal(key) = &key.kind else { return None };
            let step = match key {
                Value::String(key) => Step::Key(key.to_string()),
                Value::Number(at) => Step::Index(at.as_usize()?),
                _ => return None,
            };
            let mut found = steps(inside)?;
            found.push(step);
            Some(found)
        }
        // Quoted, as it was written long ago.
        ExpressionKind::Literal(value) => {
            let name = value.as_str().filter(|it| super::is_name(it))?;
            Some(vec![Step::Attribute(name.to_string())])
        }
        _ => None,
    }
}

fn replace_triggered_by(given: Attribute, arguments: &mut Arguments<'_>) -> Vec<Expression> {
    let ExpressionKind::Tuple(items) = given.value.kind else {
        let detail = "`replace_triggered_by` takes a list of references to resources.";
        let problem = Diagnostic::error("Invalid replace_triggered_by", detail);
        let hint = "Write `replace_triggered_by = [aws_ecs_service.web]`.";
        arguments.diagnostics.push(problem.at(&given.value.span).hint(hint));
        return Vec::new();
    };
    for item in &items {
        if !leads_to_resource(item) || !keys_are_own(item) {
            let detail = "An entry of `replace_triggered_by` is a managed resource of this module, \
                          an instance of it, or one of its attributes.";
            let problem = Diagnostic::error("Invalid replace_triggered_by", detail).at(&item.span);
            let hint = "In brackets may stand constants, `count.index` and `each.key`.";
            arguments.diagnostics.push(problem.hint(hint));
        }
    }
    items
}

/// Whether keys in brackets depend on nothing but which instance this is.
fn keys_are_own(expression: &Expression) -> bool {
    let mut triggers = 0;
    let known = expression.references().into_iter().all(|(reference, _)| match reference {
        Reference::Resource(..) => {
            triggers += 1;
            triggers == 1
        }
        Reference::CountIndex | Reference::EachKey => true,
        _ => false,
    });
    known || matches!(&expression.kind, ExpressionKind::Literal(value) if !value.is_known())
}

fn leads_to_resource(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Resource(name, _)) => name.mode == Mode::Managed,
        ExpressionKind::Attribute(inside, _) | ExpressionKind::Index(inside, _) => {
            leads_to_resource(inside)
        }
        // The stand-in for what is reported elsewhere.
        ExpressionKind::Literal(value) => !value.is_known(),
        _ => false,
    }
}
