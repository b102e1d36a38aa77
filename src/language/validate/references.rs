//! References lead to what is declared, and stand where they mean something.

use crate::address::{Key, Mode, ModulePath, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{
    Body, CheckRule, Configuration, Expression, ExpressionKind, Module, Reference, Repetition,
    Resource,
};
use crate::language::reference::Use;
use crate::language::suggest::nearest;

/// What an expression may refer to besides what the module declares.
#[derive(Clone, Copy, Default)]
struct Place {
    count: bool,
    each: bool,
    own: bool,
}

impl Place {
    fn inside(repetition: &Repetition) -> Place {
        Place {
            count: matches!(repetition, Repetition::Count(_)),
            each: matches!(repetition, Repetition::ForEach(_)),
            own: false,
        }
    }
}

pub(super) fn check(configuration: &Configuration, module: &Module) -> Diagnostics {
    let mut checker =
        Checker { configuration, module, inside: None, own: None, diagnostics: Diagnostics::new() };
    checker.module();
    checker.diagnostics
}

/// What is wrong with the references of an expression that stands outside of all blocks of a module.
pub fn check_expression(
    configuration: &Configuration,
    module: &Module,
    expression: &Expression,
) -> Diagnostics {
    let mut checker =
        Checker { configuration, module, inside: None, own: None, diagnostics: Diagnostics::new() };
    checker.expression(expression, Place::default());
    checker.diagnostics
}

struct Checker<'c> {
    configuration: &'c Configuration,
    module: &'c Module,
    /// The `check` block that is being looked at.
    inside: Option<&'c str>,
    /// The resource that is being looked at, which may not refer to itself.
    own: Option<&'c ResourceName>,
    diagnostics: Diagnostics,
}

impl<'c> Checker<'c> {
    fn module(&mut self) {
        let module = self.module;
        let nowhere = Place::default();
        for variable in module.variables.values() {
            self.rules(&variable.validations, nowhere);
        }
        for (name, local) in &module.locals {
            self.expression(&local.value, nowhere);
            self.needs_itself(name, &local.value);
        }
        for provider in module.providers.values() {
            let each = provider.for_each.is_some();
            self.body(&provider.body, Place { each, ..nowhere });
            provider.for_each.iter().for_each(|it| self.expression(it, nowhere));
        }
        for resource in module.resources.values() {
            self.resource(resource);
        }
        for call in module.calls.values() {
            self.repetition(&call.repetition);
            let place = Place::inside(&call.repetition);
            call.inputs.values().for_each(|it| self.expression(&it.value, place));
            let keys = call.providers.iter().filter_map(|it| it.key.as_ref());
            keys.for_each(|it| self.expression(it, place));
            self.depends_on(&call.depends_on);
        }
        for output in module.outputs.values() {
            if output.ephemeral && module.path.is_root() {
                let detail =
                    "An output of the root module cannot be ephemeral: it is kept in state.";
                let hint = "Use `ephemeralasnull` to show what there is without ephemeral parts.";
                self.report("Invalid output", detail.into(), hint.into(), &output.span);
            }
            self.expression(&output.value, nowhere);
            if let ExpressionKind::Reference(Reference::Module(name, _)) = &output.value.kind {
                self.deprecated_outputs(name, &output.value.span);
            }
            self.rules(&output.preconditions, nowhere);
            self.depends_on(&output.depends_on);
        }
        for import in &module.imports {
            let place = Place { each: import.for_each.is_some(), ..nowhere };
            self.expression(&import.id, place);
            import
                .to
                .iter()
                .filter_map(|it| it.1.as_ref())
                .for_each(|it| self.expression(it, place));
            import.for_each.iter().for_each(|it| self.expression(it, nowhere));
            if !module.path.is_root() {
                let detail = "Only the root module imports objects, also into modules.".to_string();
                let hint = "Move the block there.".to_string();
                self.report("Import block in a module", detail, hint, &import.span);
            }
        }
        for (name, check) in &module.checks {
            self.inside = Some(name);
            self.rules(&check.asserts, nowhere);
            self.inside = None;
        }
    }

    fn resource(&mut self, resource: &'c Resource) {
        self.own = Some(&resource.name);
        self.repetition(&resource.repetition);
        let place = Place::inside(&resource.repetition);
        self.body(&resource.body, place);
        resource.provider_key.iter().for_each(|it| self.expression(it, place));
        self.rules(&resource.lifecycle.preconditions, place);
        for trigger in &resource.lifecycle.replace_triggered_by {
            self.expression(trigger, place);
        }
        let protection = resource.lifecycle.prevent_destroy.iter();
        protection.for_each(|it| self.expression(it, Place::default()));
        self.depends_on(&resource.depends_on);
        let place = Place { own: true, ..place };
        self.rules(&resource.lifecycle.postconditions, place);
        self.own = None;
        for provisioner in &resource.provisioners {
            self.body(&provisioner.body, place);
            provisioner.connection.iter().for_each(|it| self.body(it, place));
        }
    }

    fn needs_itself(&mut self, name: &str, value: &Expression) {
        let is_own = |it: &Reference| matches!(it, Reference::Local(other) if other == name);
        for (_, span) in value.references().into_iter().filter(|(it, _)| is_own(it)) {
            let detail = format!("The value of `local.{name}` depends on `local.{name}` itself.");
            self.report("Dependency cycle", detail, String::new(), &span);
        }
    }

    fn repetition(&mut self, repetition: &Repetition) {
        match repetition {
            Repetition::Single => {}
            Repetition::Count(it) | Repetition::ForEach(it) | Repetition::Enabled(it) => {
                self.expression(it, Place::default());
            }
        }
    }

    fn rules(&mut self, rules: &[CheckRule], place: Place) {
        for rule in rules {
            self.expression(&rule.condition, place);
            self.expression(&rule.error_message, place);
        }
    }

    fn body(&mut self, body: &Body, place: Place) {
        body.uses().iter().for_each(|it| self.check(it, place));
    }

    fn expression(&mut self, expression: &Expression, place: Place) {
        expression.uses().iter().for_each(|it| self.check(it, place));
    }

    fn depends_on(&mut self, targets: &[(Reference, Span)]) {
        for (reference, span) in targets {
            let target = Use::whole(reference.clone(), span.clone());
            match reference {
                Reference::Resource(..)
                | Reference::Module(..)
                | Reference::Variable(_)
                | Reference::Local(_) => self.check(&target, Place::default()),
                _ => {
                    let detail = "An entry of `depends_on` is a resource, data source or module.";
                    self.report("Invalid depends_on", detail.into(), String::new(), span);
                }
            }
        }
    }

    fn report(&mut self, summary: &str, detail: String, hint: String, span: &Span) {
        self.report_with(summary, detail, hint, span, None);
    }

    /// The same with a second place, and what it has to do with the problem.
    fn report_with(
        &mut self,
        summary: &str,
        detail: String,
        hint: String,
        span: &Span,
        other: Option<(&Span, String)>,
    ) {
        let problem = Diagnostic::error(summary, detail).hint(hint).at(span);
        self.diagnostics.push(match other {
            Some((place, how)) => problem.see(place, how),
            None => problem,
        });
    }

    fn check(&mut self, used: &Use, place: Place) {
        match &used.reference {
            Reference::Resource(name, _) if self.own == Some(name) => {
                let detail = format!("The configuration of `{name}` refers to `{name}` itself.");
                let own = self.module.resources.get(name).map(|it| &it.span);
                let own = own.map(|it| (it, "in this block".to_string()));
                let hint = match place.own {
                    true => "Use `self`.",
                    false => "Put what several arguments share into a local value.",
                };
                self.report_with("Self-referential block", detail, hint.into(), &used.span, own);
            }
            Reference::Variable(name) if !self.module.variables.contains_key(name) => {
                self.undeclared_variable(name, &used.span);
            }
            Reference::Local(name) if !self.module.locals.contains_key(name) => {
                self.undeclared_local(name, &used.span);
            }
            Reference::Module(name, key) => self.call(name, key.as_ref(), used),
            Reference::Resource(name, key) => self.resource_use(name, key.as_ref(), used),
            Reference::CountIndex if !place.count => {
                let detail = "`count.index` exists only where `count` is set.".to_string();
                let hint = if place.each { "With `for_each`, use `each.key`." } else { "" };
                self.report("Invalid reference", detail, hint.into(), &used.span);
            }
            Reference::EachKey | Reference::EachValue if !place.each => {
                let detail = "`each` exists only where `for_each` is set.".to_string();
                let hint = if place.count { "With `count`, use `count.index`." } else { "" };
                self.report("Invalid reference", detail, hint.into(), &used.span);
            }
            Reference::SelfValue if !place.own => {
                let detail = "`self` exists only in postconditions and provisioners.".to_string();
                let hint = "Elsewhere, refer to the resource by its type and name.";
                self.report("Invalid reference", detail, hint.into(), &used.span);
            }
            _ => {}
        }
    }

    fn undeclared_variable(&mut self, name: &str, span: &Span) {
        let detail = format!("There is no variable `{name}` in this module.");
        let (variables, locals) = (&self.module.variables, &self.module.locals);
        let near = nearest(name, variables.keys().map(String::as_str));
        let near = near.and_then(|it| Some((it, variables.get(it)?)));
        let (hint, other) = match (locals.get(name), near) {
            (Some(local), _) => (format!("Did you mean `local.{name}`?"), Some(&local.span)),
            (None, Some((it, near))) => (format!("Did you mean `var.{it}`?"), Some(&near.span)),
            (None, None) => (format!("Declare it with a `variable \"{name}\"` block."), None),
        };
        let other = match other {
            Some(span) => Some((span, SIMILAR.to_string())),
            None => self.elsewhere(|it| it.variables.get(name).map(|it| &it.span), "variable"),
        };
        self.report_with("Undeclared variable", detail, hint, span, other);
    }

    fn undeclared_local(&mut self, name: &str, span: &Span) {
        let detail = format!("There is no local value `{name}` in this module.");
        let (variables, locals) = (&self.module.variables, &self.module.locals);
        let near = nearest(name, locals.keys().map(String::as_str));
        let near = near.and_then(|it| Some((it, locals.get(it)?)));
        let (hint, other) = match (variables.get(name), near) {
            (Some(own), _) => (format!("Did you mean `var.{name}`?"), Some(&own.span)),
            (None, Some((it, near))) => (format!("Did you mean `local.{it}`?"), Some(&near.span)),
            (None, None) => (format!("Declare it: `locals {{ {name} = … }}`."), None),
        };
        let other = match other {
            Some(span) => Some((span, SIMILAR.to_string())),
            None => self.elsewhere(|it| it.locals.get(name).map(|it| &it.span), "local value"),
        };
        self.report_with("Undeclared local value", detail, hint, span, other);
    }

    /// What another module declares under the name that is missing here: the one that calls this one
    /// first, then those that this one calls, which do not share their names.
    fn elsewhere(
        &self,
        find: impl Fn(&'c Module) -> Option<&'c Span>,
        what: &str,
    ) -> Option<(&'c Span, String)> {
        let configuration = self.configuration;
        let path = &self.module.path;
        let parent = path.0.split_last().map(|(_, above)| ModulePath(above.to_vec()));
        let children = self.module.calls.keys().map(|it| path.child(it));
        let others = parent.into_iter().chain(children).filter_map(|it| configuration.module(&it));
        let found = others.filter_map(|it| Some((find(it)?, it))).next()?;
        let place = match found.1.path.is_root() {
            true => "the root module".to_string(),
            false => format!("`{}`", found.1.path),
        };
        Some((found.0, format!("{place} has this {what}, which is not seen here")))
    }

    fn call(&mut self, name: &str, key: Option<&Key>, used: &Use) {
        let Some(call) = self.module.calls.get(name) else {
            let detail = format!("There is no module call `{name}` in this module.");
            let calls = &self.module.calls;
            let near = nearest(name, calls.keys().map(String::as_str));
            let hint = near.map(|it| format!("Did you mean `module.{it}`?")).unwrap_or_default();
            let near = near.and_then(|it| calls.get(it));
            let near = near.map(|it| (&it.span, SIMILAR.to_string()));
            return self.report_with("Undeclared module", detail, hint, &used.span, near);
        };
        let single = matches!(call.repetition, Repetition::Single | Repetition::Enabled(_));
        match key {
            Some(_) if used.bracketed => {
                let detail = "After the key of an instance of a module comes a dot and an output.";
                let hint = format!("Write `{}.name`.", used.span.text());
                self.report("Invalid reference", detail.into(), hint, &used.span);
            }
            // Without instances, the key chooses an output.
            Some(Key::Name(output)) if single => self.output(name, Some(output), used),
            _ => {
                let shown = format!("module.{name}");
                if used.tried || self.instance(&shown, (&call.repetition, &call.span), key, used) {
                    self.output(name, used.attribute.as_deref(), used);
                }
            }
        }
    }

    fn output(&mut self, name: &str, output: Option<&str>, used: &Use) {
        let child = self.configuration.module(&self.module.path.child(name));
        let (Some(child), Some(output)) = (child, output) else { return };
        if let Some(declared) = child.outputs.get(output) {
            if let Some(why) = &declared.deprecated {
                let detail = format!("Output `{output}` of `{name}` is deprecated: {why}");
                let warning = Diagnostic::warning("Deprecated output", detail).at(&used.span);
                self.diagnostics.push(warning.see(&declared.span, "declared deprecated here"));
            }
            return;
        }
        if used.tried {
            return;
        }
        let detail = format!("Module `{name}` has no output `{output}`.");
        let near = nearest(output, child.outputs.keys().map(String::as_str));
        let mut hint = near.map(|it| format!("Did you mean `{it}`?")).unwrap_or_default();
        let mut other = near.and_then(|it| child.outputs.get(it)).map(|it| &it.span);
        let mut how = SIMILAR.to_string();
        if other.is_none()
            && let Some((found, what)) = inside(child, output)
        {
            how = format!("the module has this {what}; only outputs can be seen outside");
            other = Some(found);
        }
        if hint.is_empty() && child.outputs.len() <= 8 {
            let known: Vec<_> = child.outputs.keys().map(|it| format!("`{it}`")).collect();
            hint = match known.is_empty() {
                true => "It has no outputs.".to_string(),
                false => format!("It has {}.", known.join(", ")),
            };
        }
        let other = other.map(|it| (it, how));
        self.report_with("Undeclared output", detail, hint, &used.span, other);
    }

    /// Warns of a whole module that has deprecated outputs.
    fn deprecated_outputs(&mut self, name: &str, span: &Span) {
        let Some(child) = self.configuration.module(&self.module.path.child(name)) else { return };
        for (output, declared) in &child.outputs {
            if let Some(why) = &declared.deprecated {
                let detail = format!("Output `{output}` of `{name}` is deprecated: {why}");
                let warning = Diagnostic::warning("Deprecated output", detail).at(span);
                self.diagnostics.push(warning.see(&declared.span, "declared deprecated here"));
            }
        }
    }

    fn resource_use(&mut self, name: &ResourceName, key: Option<&Key>, used: &Use) {
        match self.module.resources.get(name) {
            Some(resource)
                if resource.check.is_some() && resource.check.as_deref() != self.inside =>
            {
                let check = resource.check.as_deref().unwrap_or_default();
                let detail = format!("`{name}` stands in check `{check}`, and only that sees it.");
                let hint = "Write a `data` block outside of the `check` block.".to_string();
                let other = Some((&resource.span, "declared here".to_string()));
                self.report_with("Reference to scoped resource", detail, hint, &used.span, other);
            }
            Some(resource) => {
                let shown = name.to_string();
                if self.instance(&shown, (&resource.repetition, &resource.span), key, used)
                    && used.bracketed
                {
                    self.bracketed(&shown, &resource.repetition, key, used);
                }
            }
            None => {
                let what = match name.mode {
                    Mode::Managed => "resource",
                    Mode::Data => "data source",
                    Mode::Ephemeral => "ephemeral resource",
                };
                let detail = format!("There is no {what} `{name}` in this module.");
                let (hint, other) = match self.resource_like(name) {
                    Some((shown, other)) => (format!("Did you mean `{shown}`?"), other),
                    None => (String::new(), None),
                };
                let other = match other {
                    Some(span) => Some((span, SIMILAR.to_string())),
                    None => self.elsewhere(|it| it.resources.get(name).map(|it| &it.span), what),
                };
                self.report_with("Undeclared resource", detail, hint, &used.span, other);
            }
        }
    }

    /// What may have been meant instead of a resource, and where it is declared.
    fn resource_like(&self, name: &ResourceName) -> Option<(String, Option<&'c Span>)> {
        let resources = &self.module.resources;
        for mode in [Mode::Managed, Mode::Data, Mode::Ephemeral] {
            let other = ResourceName { mode, ..name.clone() };
            if let Some(found) = resources.get(&other) {
                return Some((other.to_string(), Some(&found.span)));
            }
        }
        let roots = ["var", "local", "module", "data", "each", "count", "path", "self"];
        if name.mode == Mode::Managed
            && let Some(root) = nearest(&name.kind, roots)
        {
            return Some((format!("{root}.{}", name.name), None));
        }
        let known: Vec<String> = resources.keys().map(ResourceName::to_string).collect();
        let near = nearest(&name.to_string(), known.iter().map(String::as_str))?;
        let found = resources.iter().find(|(it, _)| it.to_string() == near);
        Some((near.to_string(), found.map(|(_, it)| &it.span)))
    }

    /// What is wrong with a constant in brackets after a resource or the key of one of its instances.
    fn bracketed(&mut self, shown: &str, repetition: &Repetition, key: Option<&Key>, used: &Use) {
        let repeated = matches!(repetition, Repetition::Count(_) | Repetition::ForEach(_));
        let (summary, detail) = match (key, &used.attribute) {
            (None, _) if !repeated => {
                let detail = format!("`{shown}` has neither `count` nor `for_each`, so no index.");
                ("Invalid instance", detail)
            }
            (None, None) => {
                ("Invalid index key", "The key of an instance is a whole number or text.".into())
            }
            (None, Some(_)) => return,
            (Some(_), _) => {
                let detail = "An attribute of an instance is taken with a dot, not with brackets.";
                ("Invalid index operation", detail.into())
            }
        };
        self.report(summary, detail, String::new(), &used.span);
    }

    /// Checks that a key is given where, and only where, there are several instances.
    fn instance(
        &mut self,
        shown: &str,
        (repetition, declared): (&'c Repetition, &'c Span),
        key: Option<&Key>,
        used: &Use,
    ) -> bool {
        let (detail, hint) = match (repetition, key, &used.attribute) {
            (Repetition::Single | Repetition::Enabled(_), Some(_), _) => {
                let detail = format!("`{shown}` has neither `count` nor `for_each`, so no index.");
                (detail, format!("Write `{shown}`."))
            }
            (Repetition::Count(_), None, Some(name)) => {
                let detail = format!("`{shown}` has `count`, so it is a list of instances.");
                (detail, format!("Write `{shown}[0].{name}` for one, `{shown}[*].{name}` for all."))
            }
            (Repetition::ForEach(_), None, Some(name)) => {
                let detail = format!("`{shown}` has `for_each`, so it is a map of instances.");
                (detail, format!("Write `{shown}[\"key\"].{name}` or `{shown}[each.key].{name}`."))
            }
            _ => return true,
        };
        let other = match repetition {
            Repetition::Single => (declared, "declared without `count` and `for_each`"),
            Repetition::Count(it) => (&it.span, "its `count`"),
            Repetition::ForEach(it) => (&it.span, "its `for_each`"),
            Repetition::Enabled(it) => (&it.span, "it is there once or not at all"),
        };
        let other = Some((other.0, other.1.to_string()));
        self.report_with("Invalid instance", detail, hint, &used.span, other);
        false
    }
}

/// What is said of a declaration whose name is like the one that is missing.
const SIMILAR: &str = "this has a similar name";

/// What a module has of a name without showing it outside.
fn inside<'c>(module: &'c Module, name: &str) -> Option<(&'c Span, &'static str)> {
    let variable = module.variables.get(name).map(|it| (&it.span, "variable"));
    let local = module.locals.get(name).map(|it| (&it.span, "local value"));
    let resource = || module.resources.values().find(|it| it.name.name == name);
    variable.or(local).or_else(|| resource().map(|it| (&it.span, "resource")))
}
