//! Resource types of which nobody else keeps anything: how they differ, and what all of them share.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::refused;
use crate::provider::{
    Observed, Phase, Proposal, Recovery, ResourceType, Result, Schedule, Status,
};
use crate::schema::{FieldType, Schema, Shape, schema_of};
use crate::value::{Path, Value};

/// Why an object is unusable of which only the beginning of its creation is known.
const LOST: &str = "the run that chose its values ended before it had kept them";

/// A resource type: a struct declared by `schema!`, and how its values come about.
pub(super) trait Resource: FieldType + Clone + Ord + Send + Sync + 'static {
    /// The name, such as `random_id`.
    const TYPE: &'static str;
    /// How to import one; empty when that is not possible.
    const IMPORT: &'static str = "";
    /// How long its creation may take.
    const TIMEOUT: Duration = Duration::from_mins(20);

    /// Checks a configuration beyond its schema; values may be unknown.
    fn validate(_configuration: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }

    /// Decides computed fields that are known at plan. Pure; values may be unknown.
    fn plan(_proposal: &mut Proposal<'_>) -> Result {
        Ok(())
    }

    /// [`Resource::plan`] of what the time of the plan matters to.
    fn plan_at(proposal: &mut Proposal<'_>, _time: OffsetDateTime) -> Result {
        Self::plan(proposal)
    }

    /// Makes it: chance and the clock decide here and nowhere else.
    fn create(self) -> impl Future<Output = Result<Self>> + Send;

    /// The object as it is now; none when it is gone.
    fn read(self) -> impl Future<Output = Result<Option<Self>>> + Send {
        async { Ok(Some(self)) }
    }

    /// Whether it can be used.
    fn status(&self) -> Status {
        Status::Ready
    }

    /// Takes it away; one that is gone already is a success.
    fn delete(self) -> impl Future<Output = Result> + Send {
        async { Ok(()) }
    }

    /// The object that an import id means.
    fn import(id: &str) -> Result<Self> {
        Err(refused(format!("{} cannot be imported, as `{id}` or otherwise", Self::TYPE)))
    }
}

/// A resource type without its Rust type, as the connection sees it.
pub(super) trait AnyResource: ResourceType {
    /// [`Resource::plan_at`]
    fn plan(&self, proposal: &mut Proposal<'_>, time: OffsetDateTime) -> Result;
    /// [`Resource::create`]
    fn create<'a>(&'a self, planned: &'a Value) -> BoxFuture<'a, Result<String>>;
    /// [`Resource::read`]
    fn read(&self, objects: Vec<Value>) -> BoxFuture<'_, Result<Vec<Option<Observed>>>>;
    /// [`Resource::delete`]
    fn delete<'a>(&'a self, was: &'a Value) -> BoxFuture<'a, Result>;
    /// [`Resource::import`]
    fn import(&self, id: &str) -> Result<Value>;
}

/// The erased resource type of `R`.
pub(super) struct Kind<R> {
    schema: OnceLock<Schema>,
    /// What `create` has made and `read` has not told yet, by what the plan knew of it and its id.
    made: Mutex<BTreeMap<R, Vec<R>>>,
}

impl<R: Resource> Kind<R> {
    /// The erased resource type.
    pub(super) const fn new() -> Kind<R> {
        Kind { schema: OnceLock::new(), made: Mutex::new(BTreeMap::new()) }
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<R, Vec<R>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one of the objects made of a plan: those of equal plans are as good as each other.
    fn take_made(&self, planned: &R) -> Option<R> {
        let mut made = self.made();
        let equals = made.get_mut(planned)?;
        let taken = equals.pop();
        if equals.is_empty() {
            made.remove(planned);
        }
        taken
    }

    async fn make(&self, planned: &Value) -> Result<String> {
        let planned = R::decode(planned)?;
        let made = planned.clone().create().await?;
        let id = made.encode().get("id").as_str().unwrap_or("none").to_string();
        let key = R::decode(&planned.encode().with("id", Value::string(&id)))?;
        self.made().entry(key).or_default().push(made);
        Ok(id)
    }

    async fn look(&self, object: &Value) -> Result<Option<Observed>> {
        let known = R::decode(object)?;
        let now = match self.take_made(&known) {
            Some(made) => Some(made),
            None if self.is_lost(object) => {
                let (value, status) = (object.clone(), Status::Failed(LOST.into()));
                return Ok(Some(Observed { value, status }));
            }
            None => known.clone().read().await?,
        };
        Ok(now.map(|now| Observed { value: self.told(object, &known, &now), status: now.status() }))
    }

    /// Whether nothing is known of an object but its id, although it should have more.
    fn is_lost(&self, object: &Value) -> bool {
        let fields = self.schema().fields.iter();
        // A flag may be known at plan already.
        let chosen = fields.filter(|it| it.read_only && !matches!(it.shape, Shape::Bool));
        let mut chosen = chosen.filter(|it| it.name != "id").peekable();
        chosen.peek().is_some() && chosen.all(|it| object.get(it.name).is_null())
    }

    /// An object as it is now: what has not changed stays as it was written.
    fn told(&self, object: &Value, known: &R, now: &R) -> Value {
        let (known, now) = (known.encode(), now.encode());
        Value::object(self.schema().fields.iter().map(|field| {
            let (before, after) = (known.get(field.name), now.get(field.name));
            (field.name, if before == after { object.get(field.name) } else { after })
        }))
    }
}

impl<R: Resource> ResourceType for Kind<R> {
    fn name(&self) -> &'static str {
        R::TYPE
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(schema_of::<R>)
    }

    /// Making it again harms nobody.
    fn recovery(&self) -> Recovery {
        Recovery::Repeat
    }

    fn timeout(&self, _: Phase) -> Duration {
        R::TIMEOUT
    }

    fn schedule(&self, _: Phase) -> Schedule {
        let (soon, second) = (Duration::from_millis(100), Duration::from_secs(1));
        Schedule { first: Duration::ZERO, interval: soon, longest: second }
    }

    fn batch(&self) -> usize {
        usize::MAX
    }

    fn validate(&self, configuration: &Value) -> Vec<(Path, String)> {
        R::validate(configuration)
    }

    fn import_syntax(&self) -> &'static str {
        if R::IMPORT.is_empty() { "not possible" } else { R::IMPORT }
    }
}

impl<R: Resource> AnyResource for Kind<R> {
    fn plan(&self, proposal: &mut Proposal<'_>, time: OffsetDateTime) -> Result {
        R::plan_at(proposal, time)
    }

    fn create<'a>(&'a self, planned: &'a Value) -> BoxFuture<'a, Result<String>> {
        self.make(planned).boxed()
    }

    fn read(&self, objects: Vec<Value>) -> BoxFuture<'_, Result<Vec<Option<Observed>>>> {
        async move {
            let mut found = Vec::with_capacity(objects.len());
            for object in &objects {
                found.push(self.look(object).await?);
            }
            Ok(found)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, was: &'a Value) -> BoxFuture<'a, Result> {
        async move { R::decode(was)?.delete().await }.boxed()
    }

    fn import(&self, id: &str) -> Result<Value> {
        Ok(R::import(id)?.encode())
    }
}
