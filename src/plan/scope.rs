//! The scope of a module instance.

use std::path::Path;

use crate::address::{Key, ModuleInstance};
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::Reference;
use crate::language::scope::Scope;
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::Expansion;
use crate::provider::ProviderFunction;
use crate::value::{Marks, Value};

/// What expressions in a module instance see.
#[derive(Clone)]
pub struct ModuleScope<'a> {
    evaluation: &'a Evaluation,
    module: ModuleInstance,
    repeated: Option<(Key, Value)>,
    own: Option<Value>,
}

impl<'a> ModuleScope<'a> {
    pub(super) fn new(evaluation: &'a Evaluation, module: ModuleInstance) -> ModuleScope<'a> {
        ModuleScope { evaluation, module, repeated: None, own: None }
    }

    /// The same inside the instance `key` of something repeated.
    pub fn repeated(self, expansion: &Expansion, key: Option<&Key>) -> ModuleScope<'a> {
        let repeated = match (expansion, key) {
            (Expansion::Each(each), Some(Key::Name(name))) => {
                Some((Key::Name(name.clone()), each.get(name).cloned().unwrap_or(Value::NULL)))
            }
            (_, Some(Key::Index(index))) => Some((Key::Index(*index), Value::NULL)),
            _ => None,
        };
        ModuleScope { repeated, ..self }
    }

    /// The same inside the instance `key` of something of which the repetition may be gone.
    pub fn keyed(self, key: Option<&Key>) -> ModuleScope<'a> {
        let repeated = key.map(|key| (key.clone(), Value::NULL));
        ModuleScope { repeated, ..self }
    }

    /// The same with `self`.
    pub fn with_self(self, own: Value) -> ModuleScope<'a> {
        ModuleScope { own: Some(own), ..self }
    }

    fn undeclared(what: &str, name: &str, span: &Span) -> Box<Diagnostic> {
        let detail = format!("There is no {what} `{name}` in this module.");
        Box::new(Diagnostic::error(format!("Reference to undeclared {what}"), detail).at(span))
    }

    fn each(
        &self,
        span: &Span,
        part: impl Fn(&Key, &Value) -> Option<Value>,
    ) -> Result<Value, Box<Diagnostic>> {
        let found = self.repeated.as_ref().and_then(|(key, value)| part(key, value));
        found.ok_or_else(|| {
            let detail =
                format!("`{}` is only known inside a block with that repetition.", span.text());
            Box::new(
                Diagnostic::error("Reference outside of repetition", detail)
                    .hint("Use `each` with `for_each`, and `count.index` with `count`.")
                    .at(span),
            )
        })
    }
}

impl Scope for ModuleScope<'_> {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let at = |path: &Path| Ok(Value::string(path.to_string_lossy()));
        let here = &self.module;
        let missing = |what, name| move || Self::undeclared(what, name, span);
        match reference {
            Reference::Variable(name) => {
                self.evaluation.variable(here, name).ok_or_else(missing("input variable", name))
            }
            Reference::Local(name) => {
                self.evaluation.local(here, name).ok_or_else(missing("local value", name))
            }
            Reference::Module(name, None) => Ok(self.evaluation.call(here, name)),
            Reference::Module(name, Some(key)) => {
                let expansion = self.evaluation.call_expansion(here, name);
                // Without instances, the key chooses an output.
                if let (Expansion::Single, Key::Name(output)) = (&expansion, key)
                    && let Some(value) = self.evaluation.output(&here.child(name, None), output)
                {
                    return Ok(value);
                }
                let key = expansion.key(key);
                expansion.check_key(&format!("module.{name}"), &key, span)?;
                Ok(self.evaluation.outputs(&here.child(name, Some(key))))
            }
            Reference::Resource(name, None) => {
                Ok(self.evaluation.whole(&Evaluation::address(here, name)))
            }
            Reference::Resource(name, Some(key)) => {
                let address = Evaluation::address(here, name);
                let expansion = self.evaluation.resource_expansion(&address);
                let key = expansion.key(key);
                expansion.check_key(&name.to_string(), &key, span)?;
                Ok(self.evaluation.one(&address.instance(Some(key))))
            }
            Reference::CountIndex => self.each(span, |key, _| match key {
                Key::Index(index) => Some(Value::number(*index)),
                Key::Name(_) => None,
            }),
            Reference::EachKey => self.each(span, |key, _| match key {
                Key::Name(name) => Some(Value::string(name)),
                Key::Index(_) => None,
            }),
            Reference::EachValue => self.each(span, |key, value| match key {
                Key::Name(_) => Some(value.clone()),
                Key::Index(_) => None,
            }),
            Reference::PathModule => {
                let module = self.evaluation.module(&here.path());
                at(module.map_or(Path::new("."), |module| &module.folder))
            }
            Reference::PathRoot => at(Path::new(".")),
            Reference::PathWorking => at(&self.evaluation.folder),
            Reference::Workspace => Ok(Value::string(&self.evaluation.workspace)),
            Reference::Applying => Ok(Value::Bool(self.evaluation.applying).mark(Marks::EPHEMERAL)),
            Reference::SelfValue => self.own.clone().ok_or_else(missing("object", "self")),
            Reference::Bound(name) => Err(Self::undeclared("name", name, span)),
        }
    }

    fn output(
        &self,
        call: &str,
        key: Option<&Key>,
        output: &str,
        span: &Span,
    ) -> Option<Result<Value, Box<Diagnostic>>> {
        let expansion = self.evaluation.call_expansion(&self.module, call);
        let key = match (&expansion, key) {
            (Expansion::Single, None) => None,
            (Expansion::Unknown | Expansion::Single | Expansion::Off, _) | (_, None) => {
                return None;
            }
            (_, Some(key)) => Some(expansion.key(key)),
        };
        let what = || format!("module.{call}");
        if let Some(key) = &key
            && let Err(problem) = expansion.check_key(&what(), key, span)
        {
            return Some(Err(problem));
        }
        self.evaluation.output(&self.module.child(call, key), output).map(Ok)
    }

    fn provider_functions(
        &self,
        provider: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        let module = self.evaluation.module(&self.module.path());
        let functions = |it| self.evaluation.providers.functions(it, provider, span);
        module.map_or(Ok(&[]), |module| functions(module))
    }

    fn folder(&self) -> &Path {
        &self.evaluation.folder
    }

    fn pure(&self) -> bool {
        !self.evaluation.applying
    }

    fn plan_time(&self) -> Option<time::OffsetDateTime> {
        let format = &time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::parse(&self.evaluation.timestamp, format).ok()
    }
}
