//! A provider for tests, with a world of its own that outlives runs.
//!
//! The name of an object says how it behaves: `slow-…` takes a minute, `usable-…` can be referred to
//! before it is ready, `bad-…` fails and takes half a minute to go, `refused-…` is refused, `lost-…`
//! loses the answer of its first create call, `stuck-…` cannot be deleted, `clinging-…` fails to go,
//! `lagging-…` is refused again and again until there is a `key`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::provider::{
    Connection, DataSourceType, ErrorKind, Lease, Observed, Opened, Phase, Planned, ProviderError,
    Recovery, ResourceType, Result, Schedule, Status, Step,
};
use crate::schema::{Field, Schema};
use crate::value::{Number, Path, Type, Value};

/// An object of the fake world.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) value: Value,
    pub(super) token: String,
    pub(super) made: Instant,
    deleted: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) things: BTreeMap<String, Thing>,
    /// Every call with the name of its object, in order.
    pub(super) calls: Vec<String>,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
    /// How many objects each read asked for.
    pub(super) reads: Vec<usize>,
    lost: BTreeSet<String>,
    count: usize,
    /// How create calls are refused, if they are.
    pub(super) refuse: Option<ErrorKind>,
    /// Whether update calls take effect and are refused nevertheless.
    pub(super) refuse_updates: bool,
    /// Whether nothing can be read.
    pub(super) blind: bool,
    /// At which mutating call the process is killed: before it is sent, or after its effect.
    pub(super) kill_at: Option<(usize, bool)>,
    pub(super) mutations: usize,
    pub(super) killed: bool,
}

/// A connection to the fake world.
#[derive(Clone, Default)]
pub(super) struct Fake(pub(super) Arc<Mutex<World>>);

pub(super) struct FakeType {
    name: &'static str,
    recovery: Recovery,
    schema: OnceLock<Schema>,
}

/// The type of what is opened: it wants to be renewed every twenty seconds.
pub(super) struct OpenedType(OnceLock<Schema>);

pub(super) static OPENED: OpenedType = OpenedType(OnceLock::new());

impl DataSourceType for OpenedType {
    fn name(&self) -> &'static str {
        "fake_open"
    }
    fn schema(&self) -> &Schema {
        self.0.get_or_init(make_schema)
    }
    fn validate(&self, _configuration: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }
}

pub(super) static FOUND: FakeType =
    FakeType { name: "fake_found", recovery: Recovery::Find, schema: OnceLock::new() };
pub(super) static REPEATED: FakeType =
    FakeType { name: "fake_repeated", recovery: Recovery::Repeat, schema: OnceLock::new() };

fn make_schema() -> Schema {
    let fields = vec![
        Field::new::<Option<String>>("id").read_only::<Option<String>>(),
        Field::new::<String>("name"),
        Field::new::<Option<i64>>("size"),
        Field::new::<Option<String>>("kind").force_new(),
        Field::new::<Option<String>>("upstream"),
        Field::new::<Option<i64>>("version").volatile::<Option<i64>>(),
        // what is made with a size is open, and shut when it is complete
        Field::new::<Option<bool>>("open").computed::<Option<bool>>(),
        Field::new::<Option<String>>("secret").write_only(),
    ];
    Schema { doc: "A fake.", version: 1, fields }
}

impl ResourceType for FakeType {
    fn name(&self) -> &'static str {
        self.name
    }
    fn schema(&self) -> &Schema {
        self.schema.get_or_init(make_schema)
    }
    fn recovery(&self) -> Recovery {
        self.recovery
    }
    fn timeout(&self, _phase: Phase) -> Duration {
        Duration::from_secs(600)
    }
    fn schedule(&self, _phase: Phase) -> Schedule {
        let second = Duration::from_secs(1);
        Schedule { first: Duration::ZERO, interval: second, longest: 8 * second }
    }
    fn batch(&self) -> usize {
        100
    }
    fn validate(&self, _configuration: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }
    fn import_syntax(&self) -> &'static str {
        "id"
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).as_str().unwrap_or_default().to_string()
}

impl Fake {
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// A mutating call: journaled, in flight for a second, and perhaps the last thing that happens.
    async fn mutate(
        &self,
        step: &Step,
        operation: &str,
        name: &str,
        effect: impl FnOnce(&mut World) -> Result<String>,
    ) -> Result<String> {
        step.recorder.before(operation)?;
        step.recorder.sent();
        let kill = self.with(|world| {
            world.calls.push(format!("{operation} {name}"));
            world.mutations += 1;
            world.in_flight += 1;
            world.most_in_flight = world.most_in_flight.max(world.in_flight);
            world.kill_at.filter(|(at, _)| *at == world.mutations).map(|(_, after)| after)
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        if kill == Some(false) {
            self.with(|world| world.killed = true);
            return std::future::pending().await;
        }
        let result = self.with(|world| {
            world.in_flight -= 1;
            effect(world)
        });
        if kill == Some(true) {
            self.with(|world| world.killed = true);
            return std::future::pending().await;
        }
        step.recorder.answered();
        let outcome = result.as_ref().map(|_| "request").map_err(|error| error.message.clone());
        step.recorder.after(operation, outcome.as_ref().map(|it| *it).map_err(String::as_str));
        result
    }

    /// A create call that is made again until what it waits for is there, after another that succeeds.
    async fn lag(&self, kind: &str, planned: &Value, step: &Step, name: &str) -> Result<String> {
        self.mutate(step, "fake:Prepare", name, |_| Ok(String::new())).await?;
        for _ in 0..10 {
            let effect = |world: &mut World| match world.has("key") {
                true => world.make(kind, planned, &step.token),
                false => Err(ProviderError::new(ErrorKind::Refused, "there is no key")),
            };
            match self.mutate(step, "fake:Create", name, effect).await {
                Err(error) if error.kind == ErrorKind::Refused => {
                    step.recorder.pausing(PAUSE);
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
        Err(ProviderError::new(ErrorKind::Refused, "no key came"))
    }
}

/// Between the tries of what lags.
const PAUSE: Duration = Duration::from_secs(20);
/// How long what is being deleted still reads as before, and how long it takes to go.
const LINGERS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));

impl World {
    fn has(&self, name: &str) -> bool {
        self.things.values().any(|thing| text(&thing.value, "name") == name)
    }

    fn make(&mut self, kind: &str, planned: &Value, token: &str) -> Result<String> {
        let name = text(planned, "name");
        if let Some(kind) = self.refuse {
            return Err(ProviderError::new(kind, "not now"));
        }
        if name.starts_with("refused") {
            return Err(ProviderError::new(ErrorKind::Refused, "no such thing"));
        }
        let same = self.things.iter().find(|(_, it)| it.token == token);
        let id = match same {
            Some((id, _)) => {
                assert_eq!(kind, REPEATED.name, "a second object with the same token");
                id.clone()
            }
            None => {
                self.count += 1;
                let id = format!("{name}#{}", self.count);
                // The create call cannot set the size.
                let value = planned.clone().with("id", Value::from(id.clone()));
                let value =
                    value.with("size", Value::Null(Type::Number)).with("version", Value::from(1));
                let value = self.hear(value);
                let open = !planned.get("size").is_null();
                let value = value.with("open", Value::Bool(open));
                let token = token.to_string();
                let (made, deleted) = (Instant::now(), None);
                self.things.insert(id.clone(), Thing { value, token, made, deleted });
                id
            }
        };
        if name.starts_with("lost") && self.lost.insert(name) {
            return Err(ProviderError::new(ErrorKind::Unknown, "no answer came"));
        }
        Ok(id)
    }

    /// Takes note of what is written and cannot be read.
    fn hear(&mut self, value: Value) -> Value {
        let secret = text(&value, "secret");
        if !secret.is_empty() {
            self.calls.push(format!("secret {secret}"));
        }
        value.with("secret", Value::Null(Type::String))
    }

    fn observe(&self, object: &Value) -> Option<Observed> {
        let thing = self.things.get(&text(object, "id"))?;
        let going = |since: &Duration| thing.deleted.is_some_and(|at| at.elapsed() >= *since);
        let name = text(&thing.value, "name");
        let old = thing.made.elapsed() >= Duration::from_secs(60);
        let status = match name.split('-').next() {
            Some("slow") if !old => Status::Pending("in preparation".into()),
            Some("usable") if !old => Status::Usable("being finished".into()),
            Some(_) if going(&LINGERS.0) && name.starts_with("bad") => {
                Status::Pending("being deleted".into())
            }
            Some("clinging") if going(&LINGERS.0) => Status::Failed("it clings".into()),
            Some("bad") => Status::Failed("it broke".into()),
            _ => Status::Ready,
        };
        Some(Observed { value: thing.value.clone(), status })
    }
}

impl Connection for Fake {
    fn region(&self) -> &str {
        ""
    }

    fn verify(&self) -> BoxFuture<'_, Result> {
        async { Ok(()) }.boxed()
    }

    fn plan(
        &self,
        _: OffsetDateTime,
        _: &str,
        _: Option<&Value>,
        _: &Value,
        proposed: Value,
    ) -> Result<Planned> {
        Ok(Planned { value: proposed, replace: Vec::new() })
    }

    fn read<'a>(
        &'a self,
        _kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        let found = self.with(|world| {
            world.reads.push(objects.len());
            let gone = |thing: &mut Thing| {
                let bad = text(&thing.value, "name").starts_with("bad");
                bad && thing.deleted.is_some_and(|at| at.elapsed() >= LINGERS.1)
            };
            world.things.retain(|_, thing| !gone(thing));
            if world.blind {
                return Err(ProviderError::new(ErrorKind::Refused, "nothing can be seen"));
            }
            Ok(objects.iter().map(|object| world.observe(object)).collect())
        });
        async { found }.boxed()
    }

    fn create<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        let name = text(planned, "name");
        let effect = |world: &mut World| world.make(kind, planned, &step.token);
        async move {
            match name.starts_with("lagging") {
                true => self.lag(kind, planned, step, &name).await,
                false => self.mutate(step, "fake:Create", &name, effect).await,
            }
        }
        .boxed()
    }

    fn find<'a>(
        &'a self,
        _kind: &'a str,
        _planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        let found = self.with(|world| {
            let ours = world.things.iter().find(|(_, thing)| thing.token == step.token);
            ours.map(|(id, _)| id.clone())
        });
        async { Ok(found) }.boxed()
    }

    fn update<'a>(
        &'a self,
        _kind: &'a str,
        was: &'a Value,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result> {
        let id = text(was, "id");
        let effect = |world: &mut World| {
            let planned = world.hear(planned.clone());
            let thing = world.things.get_mut(&text(was, "id"));
            let gone = || ProviderError::new(ErrorKind::NotFound, "gone");
            let thing = thing.ok_or_else(gone)?;
            let version = thing.value.get("version").as_number().and_then(Number::as_i64);
            let value = planned.with("id", was.get("id"));
            thing.value = value.with("version", Value::from(version.unwrap_or(0) + 1));
            match world.refuse_updates {
                true => Err(ProviderError::new(ErrorKind::Refused, "not all of it")),
                false => Ok(String::new()),
            }
        };
        async move { self.mutate(step, "fake:Update", &id, effect).await.map(drop) }.boxed()
    }

    fn delete<'a>(
        &'a self,
        _kind: &'a str,
        was: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result> {
        let id = text(was, "id");
        let effect = |world: &mut World| {
            let id = text(was, "id");
            if id.starts_with("stuck") {
                return Err(ProviderError::new(ErrorKind::Refused, "it is in use"));
            }
            match world.things.get_mut(&id) {
                Some(thing) if id.starts_with("bad") || id.starts_with("clinging") => {
                    thing.deleted = Some(Instant::now());
                }
                _ => drop(world.things.remove(&id)),
            }
            Ok(String::new())
        };
        async move { self.mutate(step, "fake:Delete", &id, effect).await.map(drop) }.boxed()
    }

    fn explain<'a>(
        &'a self,
        _kind: &'a str,
        _object: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        async { Ok(vec!["the fuse blew".to_string()]) }.boxed()
    }

    fn import(&self, _kind: &str, id: &str) -> Result<Value> {
        Ok(FOUND.schema().null_object().with("id", Value::from(id)))
    }

    fn open<'a>(
        &'a self,
        _kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Opened>> {
        self.with(|world| world.calls.push("open".to_string()));
        let value = configuration.clone().with("id", Value::from("key#0"));
        let lease = Lease { private: Value::from(1), renew_in: Some(PAUSE) };
        async { Ok(Opened { value, lease }) }.boxed()
    }

    fn renew<'a>(&'a self, _kind: &'a str, private: &'a Value) -> BoxFuture<'a, Result<Lease>> {
        let count = private.as_number().and_then(Number::as_i64).unwrap();
        self.with(|world| world.calls.push(format!("renew {count}")));
        let lease = Lease { private: Value::from(count + 1), renew_in: Some(PAUSE) };
        async { Ok(lease) }.boxed()
    }

    fn close<'a>(&'a self, _kind: &'a str, private: &'a Value) -> BoxFuture<'a, Result> {
        let count = private.as_number().and_then(Number::as_i64).unwrap();
        let result = self.with(|world| {
            world.calls.push(format!("close {count}"));
            match world.refuse_updates {
                true => Err(ProviderError::new(ErrorKind::Refused, "it is jammed")),
                false => Ok(()),
            }
        });
        async { result }.boxed()
    }

    fn read_data<'a>(
        &'a self,
        _kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>> {
        let value = configuration.clone().with("id", Value::from("data"));
        async { Ok(value) }.boxed()
    }
}
