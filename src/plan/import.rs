//! Objects that `import` blocks bring in: from then on, they are as any in state.

mod identity;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{InstanceAddress, Key, ModuleInstance, ResourceAddress, Target};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Expression, Import, Repetition};
use crate::language::evaluate::evaluate;
use crate::language::scope::Scope;
use crate::plan::ProviderKey;
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::{self, Expansion, expand};
use crate::plan::providers::{Providers, instance_provider};
use crate::plan::resolve::object_of;
use crate::plan::scope::ModuleScope;
use crate::plan::walk::Planner;
use crate::provider::{Connection, ProviderError, ResourceType};
use crate::state::Instance;
use crate::value::{Fields, Marks, Type, Value, convert};
use identity::import_id;

/// One object to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The instance that it becomes.
    pub address: InstanceAddress,
    /// The id; nothing when it is empty, so that nothing is imported.
    pub id: Option<String>,
}

/// The objects that an `import` block asks for.
pub fn wanted(
    import: &Import,
    evaluation: &Evaluation,
    providers: &Providers,
) -> Result<Vec<Wanted>, Diagnostics> {
    let scopes = scopes(import, evaluation)?;
    let one = |scope: &ModuleScope<'_>| -> Result<Wanted, Diagnostics> {
        let address = address(import, scope)?;
        Ok(Wanted { address, id: id(import, scope, providers)? })
    };
    scopes.iter().map(one).collect()
}

fn scopes<'e>(
    import: &Import,
    evaluation: &'e Evaluation,
) -> Result<Vec<ModuleScope<'e>>, Diagnostics> {
    let scope = evaluation.scope(&ModuleInstance::ROOT);
    let Some(each) = &import.for_each else { return Ok(vec![scope]) };
    let (value, problems) = evaluate(each, &scope);
    if problems.has_errors() {
        return Err(problems);
    }
    let expansion = match value.bare() {
        Value::List(_, items) | Value::Tuple(items) if value.marks().is_empty() => {
            let numbered = items.iter().enumerate();
            let fields: Fields = numbered.map(|(at, it)| (at.to_string(), it.clone())).collect();
            Expansion::Each(Arc::new(fields))
        }
        _ => expand(&Repetition::ForEach(each.clone()), &scope)?,
    };
    let keys = expansion.keys().into_iter();
    Ok(keys.map(|key| scope.clone().repeated(&expansion, key.as_ref())).collect())
}

fn invalid<T>(what: &str, detail: String, place: &Expression) -> Result<T, Diagnostics> {
    Err(Diagnostic::error(format!("Invalid {what}"), detail).at(&place.span).into())
}

/// What is wrong with an `import` block, as far as its values are known.
pub(super) fn check(import: &Import, scope: &dyn Scope) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if let Some(each) = &import.for_each {
        let (value, _) = evaluate(each, scope);
        let listed = matches!(value.ty(), Type::List(_) | Type::Tuple(_));
        if !listed || !value.marks().is_empty() {
            diagnostics.extend(expand::check(&Repetition::ForEach(each.clone()), scope));
        }
    }
    let keys = import.to.iter().filter_map(|(_, key)| key.as_ref());
    for key in keys {
        diagnostics.extend(shown("instance key", key, scope).err().unwrap_or_default());
    }
    let what = what(import);
    match shown(what, &import.id, scope) {
        Err(problems) => diagnostics.extend(problems),
        Ok(value) if !import.is_identity => {
            if let Err(error) = convert(&value, &Type::String) {
                let detail = format!("The {what} is not a string: {error}.");
                let problems = invalid::<Value>(what, detail, &import.id);
                diagnostics.extend(problems.err().unwrap_or_default());
            }
        }
        Ok(_) => {}
    }
    diagnostics
}

fn what(import: &Import) -> &'static str {
    if import.is_identity { "import identity" } else { "import id" }
}

/// A value that must be there if it is known, and be shown.
fn shown(what: &str, it: &Expression, scope: &dyn Scope) -> Result<Value, Diagnostics> {
    let (value, problems) = evaluate(it, scope);
    if problems.has_errors() {
        return Err(problems);
    }
    let marks = value.marks_deep();
    let wrong = if marks.contains(Marks::SENSITIVE) {
        "is sensitive, and it would be shown"
    } else if marks.contains(Marks::EPHEMERAL) {
        "is ephemeral, and the plan would have to keep it"
    } else if value.is_null() {
        "is null"
    } else {
        return Ok(value);
    };
    invalid(what, format!("The {what} {wrong}."), it)
}

/// A value that must be there, and be shown.
fn plain(what: &str, it: &Expression, scope: &ModuleScope<'_>) -> Result<Value, Diagnostics> {
    let value = shown(what, it, scope)?;
    if value.is_wholly_known() {
        return Ok(value);
    }
    let wrong = "is not known until apply, and importing is part of planning";
    invalid(what, format!("The {what} {wrong}."), it)
}

fn address(import: &Import, scope: &ModuleScope<'_>) -> Result<InstanceAddress, Diagnostics> {
    let mut steps = Vec::new();
    for (name, key) in &import.to {
        let key = key.as_ref().map(|it| instance_key(it, scope)).transpose()?;
        steps.push((name.clone(), key));
    }
    let resource = match Target::from_steps(steps) {
        Ok(Target::Instance(instance)) => return Ok(instance),
        Ok(Target::Resource(resource)) => Some(resource),
        _ => None,
    };
    resource.map(|it| it.instance(None)).ok_or_else(|| {
        let detail = "`to` is not the address of a resource.";
        Diagnostic::error("Invalid address", detail).at(&import.span).into()
    })
}

fn instance_key(it: &Expression, scope: &ModuleScope<'_>) -> Result<Key, Diagnostics> {
    match plain("instance key", it, scope)? {
        Value::String(name) => Ok(Key::Name(name.to_string())),
        Value::Number(at) if at.as_usize().is_some() => {
            Ok(Key::Index(at.as_usize().unwrap_or_default()))
        }
        other => {
            let detail =
                format!("An instance key is a string or a whole number, not {}.", other.ty());
            invalid("instance key", detail, it)
        }
    }
}

fn id(
    import: &Import,
    scope: &ModuleScope<'_>,
    providers: &Providers,
) -> Result<Option<String>, Diagnostics> {
    let what = what(import);
    let value = plain(what, &import.id, scope)?;
    if import.is_identity {
        let kind = &import.resource.resource.kind;
        let kind = providers.0.iter().find_map(|it| it.resource(kind));
        let none = Fields::new();
        let found = import_id(kind, value.fields().unwrap_or(&none));
        return found.map_err(|detail| {
            let syntax = kind.map(|it| it.import_syntax()).unwrap_or_default();
            let hint = format!("Or use `id`: {syntax}");
            let problem = Diagnostic::error(format!("Invalid {what}"), detail);
            problem.hint(hint).at(&import.id.span).into()
        });
    }
    match crate::value::convert::convert(&value, &crate::value::Type::String) {
        Ok(Value::String(id)) => Ok(Some(id.to_string()).filter(|it| !it.is_empty())),
        _ => invalid(what, format!("The {what} is {}, not a string.", value.ty()), &import.id),
    }
}

/// An object as it is, by its import id.
pub async fn imported(
    connection: &dyn Connection,
    kind: &dyn ResourceType,
    address: &InstanceAddress,
    id: &str,
) -> Result<Value, Diagnostic> {
    let failed = |error: ProviderError| {
        let hint = match error.hint.is_empty() {
            true => format!("Import it as: {}", kind.import_syntax()),
            false => error.hint.clone(),
        };
        Diagnostic::error("Import failed", error.message).hint(hint).about(address)
    };
    connection.verify().await.map_err(failed)?;
    let partial = connection.import(kind.name(), id).map_err(failed)?;
    let found = connection.read(kind.name(), vec![partial]).await.map_err(failed)?;
    found.into_iter().next().flatten().map(|it| it.value).ok_or_else(|| {
        let detail = format!("There is no {} with the id `{id}`.", kind.name());
        let error = Diagnostic::error("Object not found", detail).about(address);
        error.hint(format!("Import it as: {}", kind.import_syntax()))
    })
}

fn import_too_early(provider: &ProviderKey) -> Diagnostic {
    let detail = format!(
        "What configures {provider} depends on objects that this plan makes or changes, so nothing can \
         be read with it yet."
    );
    let hint = "Apply what the provider depends on first, with `-target`.";
    Diagnostic::error("Import is too early", detail).hint(hint)
}

impl Planner<'_> {
    /// Brings in what `import` blocks say of the instances of a resource that are not in state.
    pub(super) async fn import_into(&mut self, resource: &ResourceAddress) {
        let evaluation = self.evaluation;
        for import in evaluation.imports_of(&resource.config()) {
            let found = wanted(import, evaluation, self.request.providers);
            match found {
                Ok(all) => {
                    for one in all.into_iter().filter(|it| it.address.resource == *resource) {
                        self.import_one(import, one).await;
                    }
                }
                Err(problems) => self.diagnostics.extend(problems),
            }
        }
    }

    async fn import_one(&mut self, import: &Import, Wanted { address, id }: Wanted) {
        if !self.covers(&address) {
            return;
        }
        let there = self.request.moves.state.object(&address, None).is_some();
        let expansion = self.evaluation.resource_expansion(&address.resource);
        let Some(id) = id.filter(|_| !there && expansion.has(address.key.as_ref())) else { return };
        if let Some(other) = self.importing.get(&address) {
            let detail = format!("{address} is imported already, from `{other}`.");
            let problem = Diagnostic::error("Duplicate import", detail).at(&import.span);
            let mut blocks = imports(self.evaluation).filter(|it| it.resource == import.resource);
            let other = blocks.find(|it| it.span != import.span);
            return self.diagnostics.push(match other {
                Some(other) => problem.see(&other.span, "the other block for this resource"),
                None => problem,
            });
        }
        let Some(declared) = self.evaluation.resource(&address.resource) else { return };
        let Some(kind) = self.kind_of(&address.resource, declared) else { return };
        let provider = match instance_provider(self.evaluation, &address, declared) {
            Ok(provider) => provider,
            Err(problems) => return self.diagnostics.extend(problems),
        };
        let Some(connection) = self.connection(&provider) else { return };
        if self.is_open(&provider) {
            return self.diagnostics.push(import_too_early(&provider).at(&import.span));
        }
        match imported(connection.as_ref(), kind, &address, &id).await {
            Ok(value) => {
                let config = address.resource.config();
                let on = self.request.dependencies.managed(&config.module, &config.resource);
                let object = object_of(kind.schema(), &value, on.into_iter().collect());
                let provider = provider.to_string();
                let instance = Instance { provider, current: Some(object), ..Instance::default() };
                self.prior.resources_mut().insert(address.clone(), instance);
                self.importing.insert(address, id);
            }
            Err(problem) => self.diagnostics.push(problem.at(&import.span)),
        }
    }

    /// Says which objects would be imported into what the configuration does not have.
    pub(super) fn imports_without_block(&mut self) {
        let evaluation = self.evaluation;
        for import in imports(evaluation) {
            let config = &import.resource;
            let module = evaluation.module(&config.module);
            if module.is_none_or(|it| !it.resources.contains_key(&config.resource)) {
                let hint = "Write its `resource` block, or let `terrace plan \
                            -generate-config-out=FILE` write it.";
                self.diagnostics.push(nowhere(import, &config.to_string()).hint(hint));
                continue;
            }
            let all = wanted(import, evaluation, self.request.providers).unwrap_or_default();
            for Wanted { address, .. } in all {
                let expansion = evaluation.resource_expansion(&address.resource);
                let has = evaluation.has_module(&address.resource.module)
                    && (expansion == Expansion::Unknown || expansion.has(address.key.as_ref()));
                if !has {
                    self.diagnostics.push(nowhere(import, &address.to_string()));
                }
            }
        }
    }
}

fn nowhere(import: &Import, address: &str) -> Diagnostic {
    let detail = format!("The configuration has no {address}, and so nothing to import it to.");
    Diagnostic::error("Import target is not in the configuration", detail).at(&import.span)
}

/// All `import` blocks.
pub fn imports(evaluation: &Evaluation) -> impl Iterator<Item = &Import> {
    let root = evaluation.module(&crate::address::ModulePath::default());
    root.into_iter().flat_map(|it| &it.imports)
}

/// What is being imported, by instance.
pub(super) type Importing = BTreeMap<InstanceAddress, String>;
