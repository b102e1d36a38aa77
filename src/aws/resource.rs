//! The contract of a resource type, and what all of them share.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::aws::client::Aws;
use crate::aws::retry;
use crate::aws::tags::{self, TagPolicy, Tagging, Tags};
use crate::provider::{
    ErrorKind, Observed, Phase, ProviderError, Recovery, ResourceType, Result, Schedule, Status,
    Step,
};
use crate::schema::{Check, Field, FieldType, Schema, Shape, Syntax, schema_of};
use crate::value::{Path, Type, Value};

/// A resource type: a struct declared by `schema!` with an `id: Option<String>`, and how AWS keeps it.
///
/// The engine waits, tags, retries, journals, imports and times out, once for all types.
pub trait Resource: FieldType + Clone + PartialEq + Send + Sync + 'static {
    /// The name, such as `aws_subnet`.
    const TYPE: &'static str;
    /// Whether the service has no regions, and the type no `region` argument.
    const GLOBAL: bool = false;
    /// The most objects one `read` takes.
    const BATCH: usize = 100;
    /// What to do when it is not known whether `create` took effect.
    const RECOVERY: Recovery = Recovery::Find;
    /// How its tags are changed, when it has `tags` and `tags_all`.
    const TAGGING: Option<Tagging> = None;
    /// The entries of its `timeouts` block, with their defaults in minutes.
    const TIMEOUTS: &'static [(Phase, u64)] = &[];
    /// How to wait for it.
    const SCHEDULE: Schedule = Schedule {
        first: Duration::ZERO,
        interval: Duration::from_millis(500),
        longest: Duration::from_secs(5),
    };
    /// Whether a replacement is made before the old object is destroyed unless the configuration
    /// says otherwise.
    const CREATE_BEFORE_DESTROY: bool = false;
    /// How to name one for import.
    const IMPORT: &'static str = "id";

    /// Creates the object and returns its id, without waiting. `self` has every field the plan
    /// knows; `tags_all` has all tags to be set. The engine then reads the object and calls
    /// `update` for whatever the create call could not set.
    fn create(&self, aws: &Aws, step: &Step) -> impl Future<Output = Result<String>> + Send;

    /// Reads objects, as last known, in as few calls as possible: as they are now, or `None` when
    /// gone, in the same order. Fields that AWS does not tell keep what is given. At most
    /// [`Resource::BATCH`] objects are given.
    ///
    /// Fills `tags_all` with all tags, and leaves `tags` alone.
    fn read(
        aws: &Aws,
        objects: Vec<Self>,
    ) -> impl Future<Output = Result<Vec<Option<Self>>>> + Send;

    /// Brings the object from `was` to `self`; tags are not its business.
    fn update(&self, _aws: &Aws, _was: &Self) -> impl Future<Output = Result> + Send {
        async { Ok(()) }
    }

    /// Deletes the object as last known; one that is already gone is a success.
    fn delete(&self, aws: &Aws) -> impl Future<Output = Result> + Send;

    /// Whether AWS has finished with the object just read, `#[hidden]` fields included.
    fn status(&self) -> Status {
        Status::Ready
    }

    /// Looks for the object that a `create` with this token made, if it did.
    fn find(
        &self,
        _aws: &Aws,
        _token: &str,
    ) -> impl Future<Output = Result<Option<String>>> + Send {
        async { Ok(None) }
    }

    /// What `Tagging` calls the object: its id, ARN or name.
    fn tag_target(&self) -> String {
        self.encode().get("id").as_str().unwrap_or_default().to_string()
    }

    /// The object an import id means, as far as the id tells.
    fn import(id: &str) -> Result<Self> {
        let value = Self::blank().encode().with("id", Value::string(id));
        Ok(Self::decode(&value)?)
    }

    /// Reasons why the object failed or does not finish.
    fn explain(&self, _aws: &Aws) -> impl Future<Output = Result<Vec<String>>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Adjusts a proposal: decides computed fields known at plan, adds reasons to replace. Pure;
    /// values may be unknown.
    fn plan(_proposal: &mut Proposal<'_>) -> Result {
        Ok(())
    }

    /// Checks a configuration beyond its schema; values may be unknown.
    fn validate(_configuration: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }
}

/// What `plan` of a resource type sees and adjusts.
pub struct Proposal<'a> {
    /// The object as it is, if there is one.
    pub prior: Option<&'a Value>,
    /// What the user says; null where nothing.
    pub configuration: &'a Value,
    /// What is planned.
    pub value: Value,
    /// Fields because of which the object must be replaced, besides those of the schema.
    pub replace: Vec<Path>,
}

impl Proposal<'_> {
    /// Plans `value` for a field.
    pub fn set(&mut self, name: &str, value: Value) {
        self.value = std::mem::replace(&mut self.value, Value::NULL).with(name, value);
    }

    /// Whether a field is planned to differ from what it is; unknown counts as different.
    pub fn changes(&self, name: &str) -> bool {
        self.prior.is_some_and(|prior| prior.get(name) != self.value.get(name))
    }

    /// Plans the region that the configuration names, or the provider's.
    fn set_region(&mut self, provider: &str) {
        if self.configuration.get("region").is_null() {
            self.set("region", Value::string(provider));
        }
        let was = self.prior.map(|prior| prior.get("region"));
        if was.is_some_and(|was| was.as_str().is_some()) && self.changes("region") {
            self.replace_because("region");
        }
    }

    /// Replaces the object because of a field.
    pub fn replace_because(&mut self, name: &str) {
        self.replace.push(Path::attribute(name));
    }
}

/// A resource type without its Rust type, as the connection sees it.
pub trait AnyResource: ResourceType {
    /// Whether the service has no regions.
    fn global(&self) -> bool;
    /// [`Resource::plan`], and tags and region; `region` is the provider's.
    fn plan(&self, tags: &TagPolicy, region: &str, proposal: &mut Proposal<'_>) -> Result;
    /// [`Resource::read`], batched, and tags.
    fn read<'a>(
        &'a self,
        aws: &'a Aws,
        tags: &'a TagPolicy,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>>;
    /// [`Resource::create`], with the tag that finds the object again where it needs one.
    fn create<'a>(
        &'a self,
        aws: &'a Aws,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>>;
    /// [`Resource::find`]
    fn find<'a>(
        &'a self,
        aws: &'a Aws,
        planned: &'a Value,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>>>;
    /// [`Resource::update`], and tags.
    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        was: &'a Value,
        planned: &'a Value,
    ) -> BoxFuture<'a, Result>;
    /// [`Resource::delete`]
    fn delete<'a>(&'a self, aws: &'a Aws, was: &'a Value) -> BoxFuture<'a, Result>;
    /// [`Resource::explain`]
    fn explain<'a>(&'a self, aws: &'a Aws, object: &'a Value)
    -> BoxFuture<'a, Result<Vec<String>>>;
    /// [`Resource::import`]; the id may end in `@` and a region other than `region`, the provider's.
    fn import(&self, id: &str, region: &str) -> Result<Value>;
    /// This, as the engine sees it.
    fn as_type(&'static self) -> &'static dyn ResourceType;
}

/// The erased resource type of `R`.
pub struct Kind<R> {
    schema: OnceLock<Schema>,
    of: PhantomData<fn() -> R>,
}

impl<R: Resource> Kind<R> {
    /// The erased resource type.
    #[expect(clippy::new_without_default, reason = "only statics hold kinds")]
    pub const fn new() -> Kind<R> {
        Kind { schema: OnceLock::new(), of: PhantomData }
    }

    /// The fields outside the struct (`region`, `timeouts`), carried over from `from`.
    fn keep_extra(&self, object: &R, from: &Value, region: &str) -> Value {
        let own = object.encode();
        self.schema().fields.iter().fold(own, |own, field| match field.name {
            "region" if !struct_has::<R>(field.name) => own.with(field.name, Value::string(region)),
            "timeouts" => own.with(field.name, from.get(field.name)),
            _ => own,
        })
    }

    async fn read_chunk(
        &self,
        aws: &Aws,
        policy: &TagPolicy,
        chunk: &[Value],
    ) -> Result<Vec<Option<Observed>>> {
        let known: Vec<R> = chunk.iter().map(R::decode).collect::<std::result::Result<_, _>>()?;
        let found = R::read(aws, known).await?;
        let finish = |(prior, now): (&Value, Option<R>)| {
            let object = now?;
            let now = self.keep_extra(&object, prior, &aws.region);
            let now = keep_config_only(self.schema(), prior, now);
            let value = if R::TAGGING.is_some() { policy.after_read(prior, now) } else { now };
            Some(Observed { value, status: object.status() })
        };
        Ok(chunk.iter().zip(found).map(finish).collect())
    }

    /// Creates the object. When AWS says that it exists already, an earlier try may have made it.
    async fn create_or_find(&self, aws: &Aws, planned: &R, step: &Step) -> Result<String> {
        let refused = match planned.create(aws, step).await {
            Err(error) => error,
            made => return made,
        };
        let code = refused.code.as_deref().unwrap_or_default();
        if !retry::adopts(&refused.operation, code) {
            return Err(refused);
        }
        planned.find(aws, &step.token).await?.ok_or(refused)
    }
}

/// Whether the struct itself declares the field.
fn struct_has<R: Resource>(name: &str) -> bool {
    schema_of::<R>().field(name).is_some()
}

/// What AWS never tells keeps its last value, in nested blocks at the same position too.
fn keep_config_only(schema: &Schema, prior: &Value, now: Value) -> Value {
    schema.fields.iter().fold(now, |now, field| {
        let (before, after) = (prior.get(field.name), now.get(field.name));
        let kept = match (field.config_only, field.shape.block()) {
            (true, _) => before,
            (false, Some(block)) => keep_in_blocks(block, &before, after),
            (false, None) => return now,
        };
        now.with(field.name, kept)
    })
}

fn keep_in_blocks(schema: &Schema, prior: &Value, now: Value) -> Value {
    let (Value::List(ty, items), Some(before)) = (&now, prior.items()) else { return now };
    let kept = items.iter().enumerate().map(|(at, item)| match before.get(at) {
        Some(before) => keep_config_only(schema, before, item.clone()),
        None => item.clone(),
    });
    Value::list(ty.clone(), kept)
}

impl<R: Resource> ResourceType for Kind<R> {
    fn name(&self) -> &'static str {
        R::TYPE
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let mut schema = schema_of::<R>();
            if !R::GLOBAL && schema.field("region").is_none() {
                schema.fields.push(shared_region_field().force_new());
            }
            if !R::TIMEOUTS.is_empty() {
                schema.fields.push(timeouts_field(R::TIMEOUTS));
            }
            schema
        })
    }

    fn recovery(&self) -> Recovery {
        R::RECOVERY
    }

    fn timeout(&self, phase: Phase) -> Duration {
        let given = R::TIMEOUTS.iter().find(|(it, _)| *it == phase);
        Duration::from_secs(60 * given.map_or(20, |(_, minutes)| *minutes))
    }

    fn schedule(&self, _phase: Phase) -> Schedule {
        R::SCHEDULE
    }

    fn batch(&self) -> usize {
        R::BATCH
    }

    fn validate(&self, configuration: &Value) -> Vec<(Path, String)> {
        R::validate(configuration)
    }

    fn create_before_destroy(&self) -> bool {
        R::CREATE_BEFORE_DESTROY
    }

    fn import_syntax(&self) -> &'static str {
        R::IMPORT
    }
}

/// The `region` argument that every regional type has.
pub fn shared_region_field() -> Field {
    Field::new::<Option<String>>("region")
        .doc("The region of the object; the provider's when not given.")
        .computed::<Option<String>>()
}

/// The `timeouts` block: `create = "30m"` and so on. Written once, stored as an object.
fn timeouts_field(phases: &[(Phase, u64)]) -> Field {
    let name = |phase: Phase| match phase {
        Phase::Create => "create",
        Phase::Update => "update",
        Phase::Delete => "delete",
    };
    let fields = phases.iter().map(|(phase, _)| {
        Field::new::<Option<String>>(name(*phase))
            .doc("A duration such as `30s`, `10m` or `1h30m`.")
            .check(Check::Pattern(
                r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$",
                "a duration such as `30s`, `10m` or `1h30m`",
            ))
    });
    let schema = Schema { doc: "How long to wait.", version: 0, fields: fields.collect() };
    let mut field = Field::new::<Value>("timeouts").doc("How long to wait for each operation.");
    field.shape = Shape::Object(schema);
    field.syntax = Syntax::Block;
    field.config_only()
}

impl<R: Resource> AnyResource for Kind<R> {
    fn global(&self) -> bool {
        R::GLOBAL
    }

    fn plan(&self, policy: &TagPolicy, region: &str, proposal: &mut Proposal<'_>) -> Result {
        if !R::GLOBAL && !struct_has::<R>("region") {
            proposal.set_region(region);
        }
        if R::TAGGING.is_some() {
            let planned = policy.planned(&proposal.configuration.get("tags"));
            proposal.set("tags_all", planned);
        }
        R::plan(proposal)
    }

    fn read<'a>(
        &'a self,
        aws: &'a Aws,
        tags: &'a TagPolicy,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        async move {
            let mut found = Vec::with_capacity(objects.len());
            for chunk in objects.chunks(R::BATCH) {
                found.extend(self.read_chunk(aws, tags, chunk).await?);
            }
            Ok(found)
        }
        .boxed()
    }

    fn create<'a>(
        &'a self,
        aws: &'a Aws,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        async move {
            let mut planned = planned.clone();
            if R::RECOVERY == Recovery::Find && R::TAGGING.is_some() {
                let all = tags::with_token(&planned.get("tags_all"), &step.token);
                planned = planned.with("tags_all", all);
            }
            self.create_or_find(aws, &R::decode(&planned)?, step).await
        }
        .boxed()
    }

    fn find<'a>(
        &'a self,
        aws: &'a Aws,
        planned: &'a Value,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        async move { R::decode(planned)?.find(aws, token).await }.boxed()
    }

    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        was: &'a Value,
        planned: &'a Value,
    ) -> BoxFuture<'a, Result> {
        async move {
            let (before, after) = (R::decode(was)?, R::decode(planned)?);
            if let Some(tagging) = R::TAGGING {
                let (old, new) =
                    (Tags::decode(&was.get("tags_all"))?, Tags::decode(&planned.get("tags_all"))?);
                tags::change(aws, tagging, &before.tag_target(), &old, &new).await?;
            }
            after.update(aws, &before).await
        }
        .boxed()
    }

    fn delete<'a>(&'a self, aws: &'a Aws, was: &'a Value) -> BoxFuture<'a, Result> {
        async move { R::decode(was)?.delete(aws).await }.boxed()
    }

    fn explain<'a>(
        &'a self,
        aws: &'a Aws,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        async move { R::decode(object)?.explain(aws).await }.boxed()
    }

    fn import(&self, id: &str, region: &str) -> Result<Value> {
        let (id, region) = match id.rsplit_once('@') {
            Some((id, named)) if !R::GLOBAL && looks_like_region(named) => (id, named),
            _ => (id, region),
        };
        let value = R::import(id)?.encode();
        let value = match self.schema().field("region") {
            Some(_) => value.with("region", Value::string(region)),
            None => value,
        };
        let missing = self.schema().fields.iter().filter(|field| value.get(field.name).is_null());
        let nulls: Vec<_> = missing.map(|field| (field.name, field.absent())).collect();
        Ok(nulls.into_iter().fold(value, |value, (name, null)| value.with(name, null)))
    }

    fn as_type(&'static self) -> &'static dyn ResourceType {
        self
    }
}

/// Whether a text looks like `eu-central-1`.
pub fn looks_like_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.chars().all(|it| it.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2
                && words.iter().all(word)
                && !number.is_empty()
                && number.chars().all(|it| it.is_ascii_digit())
        }
        None => false,
    }
}

impl From<crate::schema::DecodeError> for ProviderError {
    fn from(error: crate::schema::DecodeError) -> ProviderError {
        let path = Path::attribute(&error.path);
        ProviderError::new(ErrorKind::Internal, error.to_string()).at(path)
    }
}

/// AWS answered without something that it always tells.
pub fn missing(what: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Internal, format!("AWS answered without `{what}`"))
}

/// Turns an answer that the object is gone into success; `codes` are the error codes that say so.
pub fn gone_is_fine<T>(
    result: std::result::Result<T, impl Into<ProviderError>>,
    codes: &[&str],
) -> Result {
    match result.map_err(Into::into) {
        Err(error) if error.code.as_deref().is_some_and(|code| codes.contains(&code)) => Ok(()),
        other => other.map(drop),
    }
}

/// Puts what was found back into the order of what was asked for, matched by a key.
pub fn align<R, T, K: PartialEq>(
    asked: Vec<R>,
    found: &[T],
    key_asked: impl Fn(&R) -> K,
    key_found: impl Fn(&T) -> K,
    merge: impl Fn(R, &T) -> Option<R>,
) -> Vec<Option<R>> {
    let find = |one: R| {
        let key = key_asked(&one);
        let it = found.iter().find(|it| key_found(it) == key)?;
        merge(one, it)
    };
    asked.into_iter().map(find).collect()
}

/// A string that is wholly known in a value: for `plan` and `validate`.
pub fn known_string(value: &Value, name: &str) -> Option<String> {
    value.get(name).as_str().map(str::to_string)
}

/// An unknown string, for `plan`.
pub fn unknown_string() -> Value {
    Value::unknown(Type::String)
}
