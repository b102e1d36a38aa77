//! Resource types without their Rust types: what all of them share.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, looks_like_region};
use crate::aws::retry;
use crate::aws::tags::{self, TagPolicy, Tags};
use crate::duration;
use crate::provider::{Identity, Observed, Phase, Recovery, ResourceType, Result, Schedule, Step};
use crate::schema::{Check, Field, FieldType as _, Schema, Shape, Syntax, schema_of};
use crate::value::{Path, Value};

/// A resource type without its Rust type, as the connection sees it.
pub trait AnyResource: ResourceType {
    /// Whether the service has no regions.
    fn global(&self) -> bool;
    /// [`Resource::plan`], and tags and region; `region` is the provider's, if it is known.
    fn plan(&self, tags: &TagPolicy, region: Option<&str>, proposal: &mut Proposal<'_>) -> Result;
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
        tags: &'a TagPolicy,
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
    facts: OnceLock<Facts>,
    of: PhantomData<fn() -> R>,
}

/// What the struct of a resource type says, worked out once.
struct Facts {
    schema: Schema,
    /// Whether the struct itself has a field `region`.
    own_region: bool,
}

impl<R: Resource> Kind<R> {
    /// The erased resource type.
    #[expect(clippy::new_without_default, reason = "only statics hold kinds")]
    pub const fn new() -> Kind<R> {
        Kind { facts: OnceLock::new(), of: PhantomData }
    }

    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| {
            let mut schema = schema_of::<R>();
            let own_region = schema.field("region").is_some();
            if !R::GLOBAL && !own_region {
                schema.fields.push(shared_region_field().force_new());
            }
            if !R::TIMEOUTS.is_empty() {
                schema.fields.push(timeouts_field(R::TIMEOUTS));
            }
            Facts { schema, own_region }
        })
    }

    /// The fields outside the struct (`region`, `timeouts`), carried over from `from`.
    fn keep_extra(&self, object: &R, from: &Value, region: &str) -> Value {
        let own = object.encode();
        self.schema().fields.iter().fold(own, |own, field| match field.name {
            "region" if !self.facts().own_region => own.with(field.name, Value::string(region)),
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
        if !retry::adopts(&refused.operation, code, &refused.message) {
            return Err(refused);
        }
        planned.find(aws, &step.token).await?.ok_or(refused)
    }
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
        &self.facts().schema
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

    fn identity(&self) -> Option<Identity> {
        Some(R::IDENTITY)
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
            .check(Check::Custom(is_duration))
    });
    let schema = Schema { doc: "How long to wait.", version: 0, fields: fields.collect() };
    let mut field = Field::new::<Value>("timeouts").doc("How long to wait for each operation.");
    field.shape = Shape::Object(schema);
    field.syntax = Syntax::Block;
    field.config_only()
}

fn is_duration(value: &Value) -> std::result::Result<(), String> {
    let written = value.as_str().unwrap_or_default();
    let read = duration::parse(written).map(drop);
    read.ok_or_else(|| "must be a duration such as `30s`, `10m` or `1h30m`".to_string())
}

impl<R: Resource> AnyResource for Kind<R> {
    fn global(&self) -> bool {
        R::GLOBAL
    }

    fn plan(
        &self,
        policy: &TagPolicy,
        region: Option<&str>,
        proposal: &mut Proposal<'_>,
    ) -> Result {
        if !R::GLOBAL && !self.facts().own_region {
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
        policy: &'a TagPolicy,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        async move {
            let mut planned = planned.clone();
            if R::TAGGING.is_some() {
                planned = planned.clone().with("tags_all", policy.created(&planned));
            }
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

#[cfg(test)]
mod tests;
