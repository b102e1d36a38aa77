//! What tests of apply stand on: a small configuration, a planner for it, and runs that may die.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::fake::{FOUND, Fake, OPENED, REPEATED};
use super::*;
use crate::address::Mode;
use crate::plan::Work;
use crate::plan::difference::{propose_new, propose_update};
use crate::provider::Planned;
use crate::state::decode;
use crate::state::memory::Disk;

/// One resource of the test configuration.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) address: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) size: Option<i64>,
    pub(super) upstream: Option<&'static str>,
    pub(super) create_first: bool,
}

pub(super) fn item(address: &'static str, name: &'static str) -> Item {
    Item { address, name, kind: "k", size: None, upstream: None, create_first: false }
}

impl Item {
    pub(super) fn after(self, upstream: &'static str) -> Item {
        Item { upstream: Some(upstream), ..self }
    }
    pub(super) fn size(self, size: i64) -> Item {
        Item { size: Some(size), ..self }
    }
    pub(super) fn kind(self, kind: &'static str) -> Item {
        Item { kind, ..self }
    }
    pub(super) fn create_first(self) -> Item {
        Item { create_first: true, ..self }
    }
    fn address(&self) -> InstanceAddress {
        self.address.parse().unwrap()
    }
}

fn secret() -> Value {
    Value::from("sesame").mark(crate::value::Marks::EPHEMERAL)
}

pub(super) fn key() -> ProviderKey {
    r#"provider["registry.terraform.io/test/fake"]"#.parse().unwrap()
}

/// Evaluates the test configuration.
pub(super) struct Bench {
    items: Vec<Item>,
    fake: Fake,
    values: Mutex<BTreeMap<InstanceAddress, Value>>,
    /// Said instead of what the configuration says, to break the promise of the plan.
    pub(super) broken: Option<&'static str>,
}

impl Bench {
    fn item(&self, address: &InstanceAddress) -> &Item {
        self.items.iter().find(|it| it.address() == *address).unwrap()
    }

    fn configuration(&self, item: &Item) -> Value {
        let text = |it: Option<&str>| it.map_or(Value::NULL, Value::from);
        let upstream = item.upstream.map(|upstream| {
            let values = self.values.lock().unwrap();
            let address: InstanceAddress = upstream.parse().unwrap();
            let value = values.get(&address).map(|it| it.get("id"));
            value.unwrap_or_else(|| Value::unknown(crate::value::Type::String))
        });
        FOUND
            .schema()
            .null_object()
            .with("name", text(Some(self.broken.unwrap_or(item.name))))
            .with("kind", text(Some(item.kind)))
            .with("size", item.size.map_or(Value::NULL, Value::from))
            .with("upstream", upstream.unwrap_or(Value::NULL))
            .with("secret", if item.kind == "sealed" { secret() } else { Value::NULL })
    }

    fn planned(&self, item: &Item, before: &Value, new: bool) -> (Value, Value) {
        let configuration = self.configuration(item);
        let adjust = |_: Option<&Value>, value: Value| {
            let value = if new { value.with("open", Value::Bool(false)) } else { value };
            Ok(Planned { value, replace: Vec::new() })
        };
        let schema = FOUND.schema();
        let planned = match new {
            true => propose_new(schema, &configuration, &adjust),
            false => propose_update(schema, before, &configuration, &adjust),
        };
        (configuration, planned.unwrap())
    }
}

impl Connect for Bench {
    fn connection(&self, _: &ProviderKey) -> Result<Arc<dyn Connection>, Diagnostics> {
        Ok(Arc::new(self.fake.clone()))
    }

    fn resource_type(
        &self,
        _: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn ResourceType, Diagnostics> {
        let found: &'static dyn ResourceType =
            if kind == FOUND.name() { &FOUND } else { &REPEATED };
        Ok(found)
    }

    fn data_source_type(
        &self,
        _: &ProviderKey,
        _: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostics> {
        Err(Diagnostic::error("none", "").into())
    }

    fn ephemeral_type(
        &self,
        _: &ProviderKey,
        _: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostics> {
        Ok(&OPENED)
    }
}

impl Resolve for Bench {
    fn propose(&self, change: &Change) -> Result<(Value, Value), Diagnostics> {
        let item = self.item(&change.address);
        Ok(self.planned(item, &change.before, change.action != Action::Update))
    }

    fn data(&self, _: &Change) -> Result<Value, Diagnostics> {
        Err(Diagnostic::error("none", "").into())
    }

    fn provisioners(&self, _: &Change, _: Moment) -> Vec<Arc<Provisioner>> {
        Vec::new()
    }

    fn provision(
        &self,
        _: &Change,
        _: &Provisioner,
        _: &Value,
    ) -> Result<LocalCommand, Diagnostics> {
        Err(Diagnostic::error("none", "").into())
    }

    fn ephemeral(&self, _: &Change) -> Result<Value, Diagnostics> {
        Ok(OPENED.schema().null_object())
    }

    fn record(&self, address: &InstanceAddress, value: Value) {
        self.values.lock().unwrap().insert(address.clone(), value.unmark_deep().0);
    }

    fn before(&self, _: &Change, _: Doing) -> Diagnostics {
        Diagnostics::new()
    }

    fn after(&self, _: &Change, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn output(&self, name: &str, _: &BTreeSet<ConfigAddress>) -> (Option<Value>, Diagnostics) {
        let values = self.values.lock().unwrap();
        (values.get(&name.parse().unwrap()).map(|it| it.get("id")), Diagnostics::new())
    }

    fn checks(&self, _: &State) -> (Json, Diagnostics) {
        (Json::Null, Diagnostics::new())
    }

    fn span(&self, _: &Change, _: Option<&Path>) -> Option<Span> {
        None
    }
}

/// A world, a disk, and what happened.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) fake: Fake,
    pub(super) disk: Disk,
    pub(super) stop: Stop,
    pub(super) events: Arc<Mutex<Vec<Event>>>,
    pub(super) parallelism: usize,
    pub(super) broken: Option<&'static str>,
}

struct Log(Arc<Mutex<Vec<Event>>>);

impl Reporter for Log {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Stage {
    pub(super) fn new() -> Stage {
        Stage {
            fake: Fake::default(),
            disk: Disk::new(),
            stop: Stop::default(),
            events: Arc::default(),
            parallelism: 10,
            broken: None,
        }
    }

    /// The same world and disk in a new process.
    pub(super) fn restarted(&self) -> Stage {
        self.disk.restart();
        self.fake.with(|world| {
            world.kill_at = None;
            world.killed = false;
            world.in_flight = 0;
        });
        Stage { stop: Stop::default(), events: Arc::default(), ..self.clone() }
    }

    /// One command: recover, plan, apply. Without anything to do, `None`.
    pub(super) async fn apply(&self, items: &[Item]) -> Option<Applied> {
        let store = Arc::new(Store::on(Box::new(self.disk.clone())).unwrap());
        let reporter: Arc<dyn Reporter> = Arc::new(Log(self.events.clone()));
        let bench = |items: &[Item]| Bench {
            items: items.to_vec(),
            fake: self.fake.clone(),
            values: Mutex::default(),
            broken: None,
        };
        let connect = bench(items);
        let recovered = recover(&connect, &store, &reporter, &self.stop, Purpose::Change).await;
        if recovered.diagnostics.has_errors() {
            let state = store.finish().unwrap();
            let diagnostics = recovered.diagnostics;
            return Some(Applied { diagnostics, done: BTreeMap::new(), complete: false, state });
        }
        let task = plan(&connect, items, &self.fake, &store.state());
        if task.changes.iter().all(|it| it.action == Action::Nothing) {
            store.finish().unwrap();
            return None;
        }
        let resolve = Arc::new(Bench { broken: self.broken, ..bench(items) });
        let surroundings = Surroundings {
            resolve,
            store,
            reporter,
            stop: self.stop.clone(),
            parallelism: self.parallelism,
        };
        Some(apply(task, &surroundings).await)
    }

    /// What a command finds out of what an earlier one left.
    pub(super) async fn recover(&self, purpose: Purpose) -> Vec<String> {
        let store = Arc::new(Store::on(Box::new(self.disk.clone())).unwrap());
        let reporter: Arc<dyn Reporter> = Arc::new(Log(self.events.clone()));
        let connect = Bench {
            items: Vec::new(),
            fake: self.fake.clone(),
            values: Mutex::default(),
            broken: None,
        };
        let recovered = recover(&connect, &store, &reporter, &self.stop, purpose).await;
        store.finish().unwrap();
        recovered.notes
    }

    pub(super) fn state(&self) -> State {
        Store::on(Box::new(self.disk.clone())).unwrap().state()
    }

    /// The names of what is in the world.
    pub(super) fn names(&self) -> Vec<String> {
        let name =
            |thing: &super::fake::Thing| thing.value.get("name").as_str().unwrap().to_string();
        let mut names: Vec<_> = self.fake.with(|world| world.things.values().map(name).collect());
        names.sort();
        names
    }

    /// Checks that everything is as its plan wanted it.
    pub(super) fn check_complete(&self) {
        let shut = |it: &super::fake::Thing| it.value.get("open") == Value::Bool(false);
        assert!(self.fake.with(|world| world.things.values().all(shut)));
    }

    /// Checks that state and world hold the same objects.
    pub(super) fn check_nothing_lost(&self) {
        let state = self.state();
        let mut known: Vec<_> = state.objects().filter_map(|(_, _, it)| it.id()).collect();
        known.sort();
        let there: Vec<_> = self.fake.with(|world| world.things.keys().cloned().collect());
        assert_eq!(known, there);
    }
}

/// A planner for the test configuration.
fn plan(bench: &Bench, items: &[Item], fake: &Fake, stored: &State) -> Task {
    let mut prior = stored.clone();
    let gone = |object: &crate::state::Object| {
        let id = object.id().unwrap_or_default();
        fake.with(|world| !world.things.contains_key(id))
    };
    for (address, key, object) in stored.objects() {
        if gone(object) {
            prior.remove(address, key);
        }
    }
    let mut task = Task { prior, ..Task::default() };
    for (address, _, object) in task.prior.objects().filter(|(_, key, _)| key.is_none()) {
        bench.record(address, decode(FOUND.schema(), object).unwrap());
    }
    for item in items {
        let change = plan_item(bench, item, &task.prior);
        let (before, after) = (change.before.clone(), change.after.clone());
        let known = if change.action == Action::Nothing { before } else { after };
        if change.action != Action::Open {
            bench.record(&change.address, known);
        }
        task.changes.push(change);
    }
    let gone: Vec<_> = task
        .prior
        .objects()
        .filter(|(address, key, _)| {
            key.is_some() || !items.iter().any(|it| it.address() == **address)
        })
        .map(|(address, key, object)| {
            let before = decode(FOUND.schema(), object).unwrap();
            Change {
                deposed: key.map(str::to_string),
                before,
                after: Value::NULL,
                dependencies: object.dependencies.clone(),
                ..change_of(address.clone(), Action::Delete)
            }
        })
        .collect();
    task.changes.extend(gone);
    task.schedule = schedule(&task.changes, items);
    for item in items {
        let change =
            OutputChange { before: Value::NULL, after: Value::from("?"), sensitive: false };
        task.outputs.insert(item.address.to_string(), change);
    }
    task
}

fn change_of(address: InstanceAddress, action: Action) -> Change {
    Change::new(address, key(), action)
}

fn plan_item(bench: &Bench, item: &Item, prior: &State) -> Change {
    let address = item.address();
    let object = prior.object(&address, None);
    let before = object.map(|it| decode(FOUND.schema(), it).unwrap()).unwrap_or(Value::NULL);
    let upstream = item.upstream.map(|it| it.parse::<InstanceAddress>().unwrap().resource.config());
    if address.resource.resource.mode == Mode::Ephemeral {
        return change_of(address, Action::Open);
    }
    let (_, kept) = bench.planned(item, &before, false);
    let same = |name: &str| before.get(name) == kept.get(name);
    let action = match object {
        None => Action::Create,
        Some(object) if object.tainted || !same("kind") => {
            if item.create_first {
                Action::CreateThenDestroy
            } else {
                Action::DestroyThenCreate
            }
        }
        Some(_) if ["name", "size", "upstream"].into_iter().all(same) => Action::Nothing,
        Some(_) => Action::Update,
    };
    let (configuration, after) = match action {
        Action::Nothing => (Value::NULL, before.clone()),
        _ => bench.planned(item, &before, action != Action::Update),
    };
    Change {
        before,
        after,
        configuration,
        dependencies: upstream.into_iter().collect(),
        create_before_destroy: item.create_first,
        ..change_of(address, action)
    }
}

fn schedule(changes: &[Change], items: &[Item]) -> Schedule {
    let mut work = Vec::new();
    for (number, change) in changes.iter().enumerate() {
        if change.action != Action::Delete {
            work.push(Work::Make(number));
        }
        if change.action.destroys() {
            work.push(Work::Destroy(number));
        }
        if change.action == Action::Open {
            work.push(Work::Close(number));
        }
    }
    let depends =
        |one: &Change, other: &Change| one.dependencies.contains(&other.address.resource.config());
    let before = |later: &Work, earlier: &Work| match (later, earlier) {
        (Work::Make(n), Work::Destroy(m)) if n == m => {
            changes[*n].action == Action::DestroyThenCreate
        }
        (Work::Destroy(n), Work::Make(m)) if n == m => {
            changes[*n].action == Action::CreateThenDestroy
        }
        (Work::Close(n), Work::Make(m)) => n == m || depends(&changes[*m], &changes[*n]),
        (Work::Make(n), Work::Make(m)) => depends(&changes[*n], &changes[*m]),
        (Work::Destroy(n), Work::Destroy(m)) if n != m => depends(&changes[*m], &changes[*n]),
        (Work::Destroy(n), Work::Make(m)) if n != m => {
            changes[*n].action == Action::CreateThenDestroy && depends(&changes[*m], &changes[*n])
        }
        _ => false,
    };
    let after = work
        .iter()
        .map(|later| {
            let earlier = work.iter().enumerate().filter(|(_, earlier)| before(later, earlier));
            earlier.map(|(at, _)| at).collect()
        })
        .collect();
    assert!(items.len() <= changes.len());
    Schedule { work, after }
}
