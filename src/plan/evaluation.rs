//! Evaluates a configuration against what is known of its instances: while planning, and again while
//! applying, when more is known.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::address::{
    ConfigAddress, InstanceAddress, Key, ModuleInstance, ModulePath, ResourceAddress, ResourceName,
};
use crate::diagnostic::{Diagnostics, Span};
use crate::language::config::{Configuration, Expression, Import, Module, Repetition, Resource};
use crate::language::evaluate::evaluate;
use crate::language::inputs::finish_variable;
use crate::plan::ephemeral;
use crate::plan::expand::{Expansion, expand};
use crate::plan::import::imports;
use crate::plan::memory::{Memory, Reads, Watch};
use crate::plan::origin::{Sought, traced};
use crate::plan::providers::Providers;
use crate::plan::removed::Removals;
use crate::plan::scope::ModuleScope;
use crate::plan::validate::Unknowns;
use crate::value::{Type, Value};

/// What can be remembered of a module instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    /// An input variable.
    Variable(String),
    /// A local value.
    Local(String),
    /// An output.
    Output(String),
}

type Instances = BTreeMap<Option<Key>, (Value, bool)>;

/// A configuration, its variables, and what is known of its instances so far.
pub struct Evaluation {
    /// The configuration.
    pub configuration: Arc<Configuration>,
    /// The workspace.
    pub workspace: String,
    /// The working directory.
    pub folder: PathBuf,
    /// When the plan was made, RFC 3339.
    pub timestamp: String,
    /// The providers compiled in, for their functions.
    pub providers: Providers,
    /// Whether functions such as `timestamp` and `uuid` give values; planning must not.
    pub applying: bool,
    /// Whether nothing will be planned, so that instances of which nothing is noted stay unknown.
    pub looking: bool,
    /// Where the values of the root module's variables are given.
    pub given: BTreeMap<String, Span>,
    variables: BTreeMap<String, Value>,
    instances: Mutex<HashMap<ResourceAddress, Instances>>,
    wholes: Mutex<HashMap<ResourceAddress, Value>>,
    /// The resources of which only those instances are there that are noted: a limited plan leaves out
    /// others that the configuration has.
    limited: Mutex<HashSet<ResourceAddress>>,
    /// Whether that is so of all resources.
    pub(super) all_limited: bool,
    expansions: Mutex<HashMap<String, Memory<Expansion>>>,
    memo: Mutex<HashMap<(ModuleInstance, Name), Memory<Value>>>,
    problems: Mutex<Diagnostics>,
    watch: Mutex<Watch>,
    /// The `check` blocks whose data source could not be read, and why.
    failures: Mutex<BTreeMap<String, String>>,
    /// The variables, by the resources that need them, whose validations could not be evaluated
    /// while planning.
    pub(super) unchecked: BTreeMap<ConfigAddress, Vec<(ModulePath, String)>>,
    /// What came of those validations, by variable and instance of its module.
    validated: Mutex<BTreeMap<(ModuleInstance, String), Diagnostics>>,
    removals: OnceLock<Removals>,
    /// The numbers of the `import` blocks of each resource.
    imports: OnceLock<HashMap<ConfigAddress, Vec<usize>>>,
}

/// A lock whose holder panicked is as good as any: values are replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Evaluation {
    /// When the plan was made; long ago if that cannot be told.
    pub fn time(&self) -> OffsetDateTime {
        OffsetDateTime::parse(&self.timestamp, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// An evaluation in which no instance is known yet. `variables` are those of the root module,
    /// converted and marked.
    pub fn new(
        configuration: Arc<Configuration>,
        providers: &Providers,
        variables: BTreeMap<String, Value>,
        workspace: &str,
        folder: PathBuf,
        timestamp: &str,
    ) -> Evaluation {
        Evaluation {
            configuration,
            providers: providers.clone(),
            workspace: workspace.to_string(),
            folder,
            timestamp: timestamp.to_string(),
            applying: false,
            looking: false,
            given: BTreeMap::new(),
            variables,
            instances: Mutex::default(),
            wholes: Mutex::default(),
            limited: Mutex::default(),
            all_limited: false,
            expansions: Mutex::default(),
            memo: Mutex::default(),
            problems: Mutex::default(),
            watch: Mutex::default(),
            failures: Mutex::default(),
            unchecked: BTreeMap::new(),
            validated: Mutex::default(),
            removals: OnceLock::new(),
            imports: OnceLock::new(),
        }
    }

    /// What `removed` blocks say.
    pub(super) fn removals(&self) -> &Removals {
        self.removals.get_or_init(|| Removals::of(&self.configuration))
    }

    /// What came of the validations of a variable that were open while planning; they are made once.
    /// The check gives nothing when it cannot be made yet.
    pub(super) fn validated(
        &self,
        module: &ModuleInstance,
        name: &str,
        check: impl FnOnce() -> (bool, Diagnostics),
    ) -> Diagnostics {
        let key = (module.clone(), name.to_string());
        if let Some(known) = lock(&self.validated).get(&key) {
            return known.clone();
        }
        let (made, problems) = check();
        if made {
            lock(&self.validated).insert(key, problems.clone());
        }
        problems
    }

    /// The input variables of the root module.
    pub fn variables(&self) -> &BTreeMap<String, Value> {
        &self.variables
    }

    /// Takes note of an instance as it is, for good.
    pub fn record(&self, address: &InstanceAddress, value: Value) {
        self.put(address, value, true);
    }

    /// Takes note of an instance as it is planned; `record` will follow.
    pub fn expect(&self, address: &InstanceAddress, value: Value) {
        self.put(address, value, false);
    }

    fn put(&self, address: &InstanceAddress, value: Value, ready: bool) {
        lock(&self.wholes).remove(&address.resource);
        let ready = lock(&self.watch).note(&address.resource) && ready;
        let mut instances = lock(&self.instances);
        let of_resource = instances.entry(address.resource.clone()).or_default();
        of_resource.insert(address.key.clone(), (value, ready));
    }

    /// Takes the instances of a resource that are noted for all that there are.
    pub(super) fn limit(&self, address: &ResourceAddress) {
        lock(&self.wholes).remove(address);
        lock(&self.watch).note(address);
        lock(&self.limited).insert(address.clone());
    }

    fn is_limited(&self, address: &ResourceAddress) -> bool {
        self.all_limited || lock(&self.limited).contains(address)
    }

    /// The instances of a resource that are noted, as an expansion of its kind.
    fn noted(&self, expansion: Expansion, address: &ResourceAddress) -> Expansion {
        let instances = lock(&self.instances);
        let keys = instances.get(address).into_iter().flatten().filter_map(|(key, _)| key.as_ref());
        match expansion {
            Expansion::Count(_) => {
                let ends = keys.filter_map(|key| match key {
                    Key::Index(index) => Some(index + 1),
                    Key::Name(_) => None,
                });
                Expansion::Count(ends.max().unwrap_or_default())
            }
            Expansion::Each(_) => {
                let named = keys.filter_map(|key| match key {
                    Key::Name(name) => Some((name.clone(), Value::NULL)),
                    Key::Index(_) => None,
                });
                Expansion::Each(Arc::new(named.collect()))
            }
            other => other,
        }
    }

    /// The value of an instance, if it is noted.
    pub fn instance(&self, address: &InstanceAddress) -> Option<Value> {
        let instances = lock(&self.instances);
        instances.get(&address.resource)?.get(&address.key).map(|(value, _)| value.clone())
    }

    /// Takes note that the data source of a `check` block could not be read.
    pub fn note_failure(&self, check: &str, why: String) {
        lock(&self.failures).insert(check.to_string(), why);
    }

    /// Why the data source of a `check` block could not be read, if it could not.
    pub fn failure(&self, check: &str) -> Option<String> {
        lock(&self.failures).get(check).cloned()
    }

    /// What was wrong with values evaluated on the way, once.
    pub fn take_problems(&self) -> Diagnostics {
        std::mem::take(&mut *lock(&self.problems))
    }

    /// Takes note that an instance of a resource cannot be planned, for an error that is told: what
    /// follows from that is not told again.
    pub(super) fn fail(&self, address: &ResourceAddress) {
        lock(&self.watch).fail(address);
    }

    /// Evaluates, and tells what was read that is not final.
    pub(super) fn watched<T>(&self, make: impl FnOnce() -> T) -> (T, Reads) {
        lock(&self.watch).begin();
        let made = make();
        (made, lock(&self.watch).end())
    }

    /// Whether something was read that cannot be planned.
    pub(super) fn has_failed(&self, reads: &Reads) -> bool {
        lock(&self.watch).has_failed(reads)
    }

    /// Marks what is being evaluated as not final, because a resource is not.
    fn not_ready(&self, address: &ResourceAddress) -> Value {
        lock(&self.watch).read(address);
        Value::unknown(Type::Any)
    }

    /// The module of an instance of it.
    pub fn module(&self, path: &ModulePath) -> Option<&Arc<Module>> {
        self.configuration.modules.get(path)
    }

    /// The scope of a module instance, outside any repetition.
    pub fn scope<'a>(&'a self, module: &ModuleInstance) -> ModuleScope<'a> {
        ModuleScope::new(self, module.clone())
    }

    /// All instances of a module, in order; those whose expansion failed are left out.
    pub fn module_instances(&self, path: &ModulePath) -> Vec<ModuleInstance> {
        let Some((name, parent)) = path.0.split_last() else { return vec![ModuleInstance::ROOT] };
        let parents = self.module_instances(&ModulePath(parent.to_vec()));
        let children = |parent: &ModuleInstance| {
            let keys = self.call_expansion(parent, name).keys();
            keys.into_iter().map(|key| parent.child(name, key)).collect::<Vec<_>>()
        };
        parents.iter().flat_map(children).collect()
    }

    /// Whether there is an instance of a module.
    pub fn has_module(&self, module: &ModuleInstance) -> bool {
        let Some(((name, key), parent)) = module.0.split_last() else { return true };
        let parent = ModuleInstance(parent.to_vec());
        self.has_module(&parent) && self.call_expansion(&parent, name).has(key.as_ref())
    }

    /// The `import` blocks of a resource.
    pub(super) fn imports_of(&self, resource: &ConfigAddress) -> impl Iterator<Item = &Import> {
        let by_resource = self.imports.get_or_init(|| {
            let mut by_resource: HashMap<ConfigAddress, Vec<usize>> = HashMap::new();
            for (at, import) in imports(self).enumerate() {
                by_resource.entry(import.resource.clone()).or_default().push(at);
            }
            by_resource
        });
        let module = self.module(&ModulePath::default());
        let found = by_resource.get(resource).into_iter().flatten();
        found.filter_map(move |at| module?.imports.get(*at))
    }

    /// How often a module call is repeated in an instance of its parent.
    pub fn call_expansion(&self, parent: &ModuleInstance, name: &str) -> Expansion {
        let call = self.module(&parent.path()).and_then(|module| module.calls.get(name));
        let Some(call) = call else { return Expansion::Unknown };
        self.expansion(format!("{parent}/module.{name}"), || self.expand(&call.repetition, parent))
    }

    /// How often a resource is repeated in an instance of its module.
    pub fn resource_expansion(&self, address: &ResourceAddress) -> Expansion {
        let Some(resource) = self.resource(address) else { return Expansion::Unknown };
        self.expansion(address.to_string(), || self.expand(&resource.repetition, &address.module))
    }

    /// Expands something in a module instance; problems tell where what is wrong comes from.
    fn expand(
        &self,
        repetition: &Repetition,
        module: &ModuleInstance,
    ) -> Result<Expansion, Diagnostics> {
        let scope = self.scope(module);
        let problems = match expand(repetition, &scope) {
            Ok(expansion) => return Ok(expansion),
            Err(problems) => problems,
        };
        let Some(expression) = repetition.expression() else { return Err(problems) };
        let (value, failed) = evaluate(expression, &scope);
        let Some(sought) = Sought::in_value(&value).filter(|_| !failed.has_errors()) else {
            return Err(problems);
        };
        let trace = |it| traced(it, sought, (self, module), expression, &scope);
        Err(problems.into_iter().map(trace).collect())
    }

    /// The resource as written.
    pub fn resource(&self, address: &ResourceAddress) -> Option<&Resource> {
        self.module(&address.module.path())?.resources.get(&address.resource)
    }

    fn expansion(
        &self,
        key: String,
        make: impl FnOnce() -> Result<Expansion, Diagnostics>,
    ) -> Expansion {
        let known = lock(&self.watch).recall(lock(&self.expansions).get(&key));
        if let Some(known) = known {
            return known;
        }
        let (made, reads) = self.watched(make);
        let expansion = made.unwrap_or_else(|problems| {
            if reads.is_empty() {
                lock(&self.problems).extend(problems);
            }
            Expansion::Unknown
        });
        if let Some(memory) = Memory::of(expansion.clone(), reads) {
            lock(&self.expansions).insert(key, memory);
        }
        expansion
    }

    /// Remembers a value for as long as what it was made from stays as it is. Asking for a value while
    /// it is being made gives an unknown one.
    fn remember(&self, module: &ModuleInstance, name: Name, make: impl FnOnce() -> Value) -> Value {
        let key = (module.clone(), name);
        let known = lock(&self.memo).get(&key).cloned();
        if matches!(known, Some(Memory::Making)) {
            lock(&self.watch).meet();
            return Value::unknown(Type::Any);
        }
        if let Some(known) = lock(&self.watch).recall(known.as_ref()) {
            return known;
        }
        lock(&self.memo).insert(key.clone(), Memory::Making);
        let (value, reads) = self.watched(make);
        match Memory::of(value.clone(), reads) {
            Some(memory) => lock(&self.memo).insert(key, memory),
            None => lock(&self.memo).remove(&key),
        };
        value
    }

    /// Evaluates an expression; what is wrong with it is kept for [`Evaluation::take_problems`].
    fn evaluate_noting(&self, expression: &Expression, scope: &ModuleScope<'_>) -> Value {
        let (value, problems) = evaluate(expression, scope);
        lock(&self.problems).extend(problems);
        value
    }

    /// The value of an input variable of a module instance.
    pub fn variable(&self, module: &ModuleInstance, name: &str) -> Option<Value> {
        if module.is_root() {
            return self.variables.get(name).cloned();
        }
        let variable = self.module(&module.path())?.variables.get(name)?.clone();
        Some(self.remember(module, Name::Variable(name.to_string()), || {
            let (given, span) = self.input(module, name).unzip();
            let span = span.unwrap_or_else(|| variable.span.clone());
            if let Err(problem) = ephemeral::input(name, &variable, given.as_ref(), &span) {
                lock(&self.problems).push(*problem);
                return Value::unknown(variable.ty.clone());
            }
            let (value, problems) = finish_variable(name, &variable, given, &span);
            lock(&self.problems).extend(problems);
            value
        }))
    }

    /// What the call of a module instance gives for one of its variables.
    fn input(&self, module: &ModuleInstance, name: &str) -> Option<(Value, Span)> {
        let (input, _) = self.input_expression(module, name)?;
        let value = self.evaluate_noting(input, &self.call_scope(module)?);
        Some((value, input.span.clone()))
    }

    /// The expression that gives it, and the module instance that the call stands in.
    pub(super) fn input_expression(
        &self,
        module: &ModuleInstance,
        name: &str,
    ) -> Option<(&Expression, ModuleInstance)> {
        let ((call_name, _), parent) = module.0.split_last()?;
        let parent = ModuleInstance(parent.to_vec());
        let call = self.module(&parent.path())?.calls.get(call_name)?;
        Some((&call.inputs.get(name)?.value, parent))
    }

    /// Where the value of a variable is given, or else where the variable is declared, and in words
    /// which of both it is. The text of a secret must not be shown.
    pub(super) fn place_of(&self, module: &ModuleInstance, name: &str) -> Option<(Span, String)> {
        let variable = self.module(&module.path())?.variables.get(name)?;
        let given = match module.is_root() {
            true => self.given.get(name).cloned(),
            false => self.input_expression(module, name).map(|(input, _)| input.span.clone()),
        };
        Some(match given.filter(|_| variable.marks().is_empty()) {
            Some(span) => (span, "the value is given here".to_string()),
            None => (variable.span.clone(), "the variable is declared here".to_string()),
        })
    }

    /// The scope in which the arguments of the call of a module instance are evaluated.
    pub fn call_scope(&self, module: &ModuleInstance) -> Option<ModuleScope<'_>> {
        let (name, key) = module.0.last()?;
        let parent = ModuleInstance(module.0.get(..module.0.len() - 1)?.to_vec());
        let expansion = self.call_expansion(&parent, name);
        Some(self.scope(&parent).repeated(&expansion, key.as_ref()))
    }

    /// The value of a local.
    pub fn local(&self, module: &ModuleInstance, name: &str) -> Option<Value> {
        let local = self.module(&module.path())?.locals.get(name)?;
        Some(self.remember(module, Name::Local(name.to_string()), || {
            self.evaluate_noting(&local.value, &self.scope(module))
        }))
    }

    /// The value of an output.
    pub fn output(&self, module: &ModuleInstance, name: &str) -> Option<Value> {
        let output = self.module(&module.path())?.outputs.get(name)?;
        Some(self.remember(module, Name::Output(name.to_string()), || {
            let value = self.evaluate_noting(&output.value, &self.scope(module));
            if let Err(problem) = ephemeral::output(output, &value) {
                lock(&self.problems).push(*problem);
                return Value::unknown(Type::Any);
            }
            value.mark(output.marks())
        }))
    }

    /// All outputs of a module instance.
    pub fn outputs(&self, module: &ModuleInstance) -> Value {
        let Some(declared) = self.module(&module.path()) else { return Value::unknown(Type::Any) };
        let value =
            |name: &String| (name.clone(), self.output(module, name).unwrap_or(Value::NULL));
        Value::object(declared.outputs.keys().map(value).collect::<Vec<_>>())
    }

    /// A module call: the outputs of its only instance, or of all by index or key.
    pub fn call(&self, parent: &ModuleInstance, name: &str) -> Value {
        let outputs = |key: Option<Key>| self.outputs(&parent.child(name, key));
        self.call_expansion(parent, name).collect(outputs)
    }

    /// A resource: the value of its only instance, or of all by index or key.
    pub fn whole(&self, address: &ResourceAddress) -> Value {
        if let Some(whole) = lock(&self.wholes).get(address) {
            return whole.clone();
        }
        let limited = |expansion| match self.is_limited(address) {
            true => self.noted(expansion, address),
            false => expansion,
        };
        let (whole, reads) = self.watched(|| match limited(self.resource_expansion(address)) {
            Expansion::Unknown => self.not_ready(address),
            expansion => expansion.collect(|key| self.one(&address.instance(key))),
        });
        if reads.is_empty() {
            lock(&self.wholes).insert(address.clone(), whole.clone());
        }
        whole
    }

    /// What is known of an instance by its type.
    fn unseen(&self, address: &ResourceAddress) -> Value {
        let Some(module) = self.module(&address.module.path()) else {
            return Value::unknown(Type::Any);
        };
        let (configuration, providers) = (&self.configuration, &self.providers);
        Unknowns::new(configuration, providers, module).unseen(&address.resource)
    }

    /// An instance of a resource; unknown while nothing is noted of it.
    pub fn one(&self, address: &InstanceAddress) -> Value {
        let instances = lock(&self.instances);
        let noted = instances.get(&address.resource).and_then(|all| all.get(&address.key));
        match noted.cloned() {
            Some((value, true)) => value,
            Some((value, false)) => {
                self.not_ready(&address.resource);
                value
            }
            None if self.looking => {
                drop(instances);
                self.unseen(&address.resource)
            }
            None => self.not_ready(&address.resource),
        }
    }

    /// The address of a resource in a module instance.
    pub fn address(module: &ModuleInstance, resource: &ResourceName) -> ResourceAddress {
        ResourceAddress { module: module.clone(), resource: resource.clone() }
    }
}
