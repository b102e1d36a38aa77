//! The contract of a resource type, and what all of them share.

use std::future::Future;
use std::time::Duration;

use crate::aws::client::Aws;
pub use crate::aws::kind::{AnyResource, Kind};
use crate::aws::tags::Tagging;
pub use crate::provider::Proposal;
use crate::provider::{
    ErrorKind, Identity, Phase, ProviderError, Recovery, Result, Schedule, Status, Step,
};
use crate::schema::{FieldType, schema_of};
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
    /// The attributes that may stand for that name.
    const IDENTITY: Identity = Identity::WHOLE;

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

    /// The object an import id means, as far as the id tells; the rest has its defaults.
    fn import(id: &str) -> Result<Self> {
        let blank = Self::blank().encode().with("id", Value::string(id));
        let value = schema_of::<Self>().fields.iter().fold(blank, |value, field| {
            let default = field.default.clone();
            default.into_iter().fold(value, |value, default| value.with(field.name, default))
        });
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

impl Proposal<'_> {
    /// Plans the region that the configuration names, or the provider's. While that is not known, an
    /// object stays where it is.
    pub(super) fn set_region(&mut self, provider: Option<&str>) {
        if self.configuration.get("region").is_null() {
            match (provider, self.prior) {
                (Some(provider), _) => self.set("region", Value::string(provider)),
                (None, Some(prior)) => self.set("region", prior.get("region")),
                (None, None) => self.set("region", unknown_string()),
            }
        }
        let was = self.prior.map(|prior| prior.get("region"));
        if was.is_some_and(|was| was.as_str().is_some()) && self.changes("region") {
            self.replace_because("region");
        }
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
