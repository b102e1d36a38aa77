//! What the engine sees of a provider: schemas, pure planning hooks and calls, all on [`Value`]s.
//!
//! A [`Provider`] is the compiled-in plugin; [`Provider::configure`] makes a [`Connection`] from one
//! `provider` block. Configuring is offline; the first call finds out whether credentials work.

mod function;
mod open;

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, ready};
use time::OffsetDateTime;

use crate::diagnostic::Diagnostics;
use crate::schema::{DecodeError, Schema};
use crate::value::{Path, Value};

pub use function::{FunctionCall, FunctionFault, FunctionParameter, ProviderFunction, Syntax};
pub use open::{Lease, Opened, Openings};

/// Why a call to a provider failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// How the engine should take it.
    pub kind: ErrorKind,
    /// The service and operation, such as `ecs:CreateService`; empty when no call was made.
    pub operation: String,
    /// The error code of the service, when it answered with one.
    pub code: Option<String>,
    /// What happened, in words.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// The request id of the answer, for the service's support.
    pub request_id: Option<String>,
    /// The argument that is to blame, when it is known.
    pub path: Option<Path>,
}

/// How the engine should take a [`ProviderError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The service refused; trying again changes nothing.
    Refused,
    /// The object is not there.
    NotFound,
    /// It is not known whether the call took effect: no answer came.
    Unknown,
    /// There are no usable credentials.
    Credentials,
    /// The endpoint cannot be reached; the call was certainly not executed.
    Unreachable,
    /// The fact could not be journaled, so the call was not made.
    Journal,
    /// The run is being stopped, so the call was not made.
    Stopped,
    /// A value did not have the shape it should have: a defect of terrace.
    Internal,
}

/// What came of a call to a provider.
pub type Result<T = ()> = std::result::Result<T, ProviderError>;

impl ProviderError {
    /// An error of a kind, with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> ProviderError {
        ProviderError {
            kind,
            operation: String::new(),
            code: None,
            message: message.into(),
            hint: String::new(),
            request_id: None,
            path: None,
        }
    }

    /// The same, with what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> ProviderError {
        ProviderError { hint: hint.into(), ..self }
    }

    /// The same, at an argument.
    pub fn at(self, path: Path) -> ProviderError {
        ProviderError { path: Some(path), ..self }
    }
}

impl From<DecodeError> for ProviderError {
    fn from(error: DecodeError) -> ProviderError {
        let path = Path::attribute(&error.path);
        ProviderError::new(ErrorKind::Internal, error.to_string()).at(path)
    }
}

/// A provider compiled into terrace.
pub trait Provider: Send + Sync {
    /// The local name that configurations use by default, such as `aws`.
    fn name(&self) -> &'static str;
    /// The source address, such as `registry.terraform.io/hashicorp/aws`.
    fn source(&self) -> &'static str;
    /// The version of the provider whose names and shapes this one follows.
    fn version(&self) -> &'static str;
    /// The arguments of a `provider` block.
    fn schema(&self) -> &Schema;
    /// All resource types, by name.
    fn resources(&self) -> &[&'static dyn ResourceType];
    /// All data sources, by name.
    fn data_sources(&self) -> &[&'static dyn DataSourceType];
    /// All types of ephemeral resources, by name.
    fn ephemeral_resources(&self) -> &[&'static dyn DataSourceType] {
        &[]
    }
    /// The functions it gives to the language, in order of their names.
    fn functions(&self) -> &'static [ProviderFunction] {
        &[]
    }
    /// Makes a connection from a `provider` block (an object of [`Provider::schema`]). What depends on
    /// objects that are still to be made is unknown while planning; such a connection only plans.
    fn configure(
        &self,
        configuration: &Value,
    ) -> std::result::Result<Arc<dyn Connection>, Diagnostics>;

    /// [`Provider::configure`], for the provider configuration that state files call `name`.
    fn connect(
        &self,
        _name: &str,
        configuration: &Value,
    ) -> std::result::Result<Arc<dyn Connection>, Diagnostics> {
        self.configure(configuration)
    }

    /// The resource type of that name.
    fn resource(&self, name: &str) -> Option<&'static dyn ResourceType> {
        self.resources().iter().find(|it| it.name() == name).copied()
    }

    /// The data source of that name.
    fn data_source(&self, name: &str) -> Option<&'static dyn DataSourceType> {
        self.data_sources().iter().find(|it| it.name() == name).copied()
    }

    /// The type of ephemeral resources of that name.
    fn ephemeral_resource(&self, name: &str) -> Option<&'static dyn DataSourceType> {
        self.ephemeral_resources().iter().find(|it| it.name() == name).copied()
    }
}

/// The constant facts of a resource type.
pub trait ResourceType: Send + Sync {
    /// The name, such as `aws_subnet`.
    fn name(&self) -> &'static str;
    /// All its fields, `id`, `region`, `tags_all` and `timeouts` included where it has them.
    fn schema(&self) -> &Schema;
    /// What to do when it is not known whether its create call took effect.
    fn recovery(&self) -> Recovery;
    /// How long to wait for each phase unless the configuration's `timeouts` say otherwise.
    fn timeout(&self, phase: Phase) -> Duration;
    /// How to wait for each phase.
    fn schedule(&self, phase: Phase) -> Schedule;
    /// The most objects that one plural read takes; larger groups are split by the connection.
    fn batch(&self) -> usize;
    /// Checks a configuration beyond its schema, unknown values included. Pure.
    fn validate(&self, configuration: &Value) -> Vec<(Path, String)>;
    /// Whether a replacement is made before the old object is destroyed unless the configuration
    /// says otherwise.
    fn create_before_destroy(&self) -> bool {
        false
    }
    /// Names how to import one, such as `VPC-ID` or `cluster-name/service-name`.
    fn import_syntax(&self) -> &'static str;
    /// Which attributes identify an object in an `import` block; nothing when only its import id does.
    fn identity(&self) -> Option<Identity> {
        None
    }
    /// What an object of another type is as one of this type, when it can become one without being
    /// made anew.
    fn take_over(&self, _kind: &str, _object: &Value) -> Option<Value> {
        None
    }
}

/// Which attributes identify an object, and how its import id is made of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity {
    /// What stands between the parts in the import id.
    pub separator: &'static str,
    /// The parts, each given by one attribute of these; nothing when one attribute is the whole id.
    pub parts: &'static [&'static [&'static str]],
}

impl Identity {
    /// One attribute is the whole id.
    pub const WHOLE: Identity = Identity { separator: "", parts: &[] };
}

/// The constant facts of a data source, or of a type of ephemeral resources.
pub trait DataSourceType: Send + Sync {
    /// The name, such as `aws_availability_zones`.
    fn name(&self) -> &'static str;
    /// All its fields.
    fn schema(&self) -> &Schema;
    /// Checks a configuration beyond its schema, unknown values included. Pure.
    fn validate(&self, configuration: &Value) -> Vec<(Path, String)>;
    /// What expressions see of an object that was read; state keeps it as it was read, with what
    /// is secret in it marked.
    fn evaluated(&self, read: Value) -> Value {
        read
    }
}

/// What to do when it is not known whether a create call took effect
/// (the classes of AWS create calls are listed in `state/README.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The same call with the same token or key has the same effect: make it again.
    Repeat,
    /// Look for the object that carries the step's token (a tag, or a token AWS tells on read);
    /// found: it is ours; not found: make the call again.
    Find,
}

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// After a create call.
    Create,
    /// After update calls.
    Update,
    /// After a delete call.
    Delete,
}

/// How often to look whether something has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How long it usually takes at the least: no look before.
    pub first: Duration,
    /// How long to wait between looks at the start; doubles up to `longest`.
    pub interval: Duration,
    /// The longest wait between looks.
    pub longest: Duration,
}

/// Whether the provider has finished with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Finished.
    Ready,
    /// Not finished, but others can already refer to it; and what it still waits for.
    Usable(String),
    /// Not finished; and what it waits for.
    Pending(String),
    /// It will never finish; and why.
    Failed(String),
}

/// An object as it is now, and whether the provider has finished with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The object.
    pub value: Value,
    /// Whether the provider has finished with it.
    pub status: Status,
}

/// One step of an apply, as the provider sees it: it makes calls only inside a step.
#[derive(Clone)]
pub struct Step {
    /// The address of the instance, for the journal.
    pub address: String,
    /// The client token of this step: 32 hexadecimal digits from lineage, address and attempt.
    pub token: String,
    /// Journals each call and says whether it may be made.
    pub recorder: Arc<dyn Recorder>,
}

/// Journals the mutating calls of a step.
pub trait Recorder: Send + Sync {
    /// Called before a mutating call is sent; when it fails, the call is not made.
    fn before(&self, operation: &str) -> Result;
    /// Called with the outcome: `Ok` with the request id, or the error code or text.
    fn after(&self, operation: &str, outcome: std::result::Result<&str, &str>);
    /// Says that a call is delayed, and why: `waiting for IAM role x to reach ECS`.
    fn waiting(&self, why: &str);
    /// Called when a try of any call is sent.
    fn sent(&self) {}
    /// Called when a try that was sent has come to its end.
    fn answered(&self) {}
    /// Called when a call will be tried again after a while: until then it needs no slot.
    fn pausing(&self, _pause: Duration) {}
}

/// What a provider makes of a proposed change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The value planned; may have unknowns.
    pub value: Value,
    /// The fields because of which the object must be replaced, besides those of the schema.
    pub replace: Vec<Path>,
}

/// What the `plan` of a resource type sees and adjusts.
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

    /// Replaces the object because of a field.
    pub fn replace_because(&mut self, name: &str) {
        self.replace.push(Path::attribute(name));
    }
}

/// A look at objects of several types, in which types may share answers.
///
/// What changes after it began need not show in it: it is for one refresh, and never kept over a
/// change.
pub trait Look: Send + Sync {
    /// [`Connection::read`], in this look.
    fn read<'a>(
        &'a self,
        kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>>;
}

/// A look in which nothing is shared.
struct Alone<'c, C: ?Sized>(&'c C);

impl<C: Connection + ?Sized> Look for Alone<'_, C> {
    fn read<'a>(
        &'a self,
        kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        self.0.read(kind, objects)
    }
}

/// One configured provider. `kind` is always the name of one of its resource types.
///
/// Calls retry by the provider's error table; they do not wait for an object to settle.
pub trait Connection: Send + Sync {
    /// The region of calls that name none; empty for providers without regions.
    fn region(&self) -> &str;

    /// Whether what it makes is there at once, so that the first look need not wait.
    fn is_instant(&self) -> bool {
        false
    }

    /// Checks credentials and account before the first use.
    fn verify(&self) -> BoxFuture<'_, Result>;

    /// Adjusts a proposal: merges default tags, decides computed values that are known at plan,
    /// and adds conditional reasons to replace. Pure.
    ///
    /// `time` is when the plan was made, also when apply asks again. `prior` is the object as it
    /// is, if there is one; `configuration` has null where the user says nothing.
    fn plan(
        &self,
        time: OffsetDateTime,
        kind: &str,
        prior: Option<&Value>,
        configuration: &Value,
        proposed: Value,
    ) -> Result<Planned>;

    /// Reads objects in as few calls as possible. Each is given as last known (at least what
    /// [`Connection::import`] gives), and comes back as it is now, or `None` when it is gone.
    /// Fields the service never tells keep the value given.
    fn read<'a>(
        &'a self,
        kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>>;

    /// Begins a look at objects of several types; `counts` says how many of which. By itself, each
    /// type is read on its own.
    fn look(&self, _counts: &[(&str, usize)]) -> Box<dyn Look + '_> {
        Box::new(Alone(self))
    }

    /// Creates an object from a wholly known plan (computed fields excepted) and returns its id.
    /// The engine journals the id, waits until the object is usable, and calls `update` for what
    /// the create call could not set.
    fn create<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>>;

    /// Looks for the object of an earlier `create` of the same step whose outcome is not known.
    fn find<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<Option<String>>>;

    /// Brings the object from `was` to `planned`.
    fn update<'a>(
        &'a self,
        kind: &'a str,
        was: &'a Value,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result>;

    /// Deletes the object; one that is gone already is a success.
    fn delete<'a>(&'a self, kind: &'a str, was: &'a Value, step: &'a Step)
    -> BoxFuture<'a, Result>;

    /// More about why an object failed or does not finish, such as the reasons of stopped tasks.
    fn explain<'a>(
        &'a self,
        kind: &'a str,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<String>>>;

    /// The object that an import id means, as far as the id tells: enough for `read`.
    fn import(&self, kind: &str, id: &str) -> Result<Value>;

    /// Reads a data source.
    fn read_data<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>>;

    /// Opens an ephemeral resource.
    fn open<'a>(&'a self, kind: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Opened>> {
        let text = format!("there is no ephemeral resource `{kind}`");
        Box::pin(ready(Err(ProviderError::new(ErrorKind::Internal, text))))
    }

    /// Renews what was opened.
    fn renew<'a>(&'a self, _kind: &'a str, private: &'a Value) -> BoxFuture<'a, Result<Lease>> {
        let lease = Lease { private: private.clone(), renew_in: None };
        Box::pin(ready(Ok(lease)))
    }

    /// Closes what was opened.
    fn close<'a>(&'a self, _kind: &'a str, _private: &'a Value) -> BoxFuture<'a, Result> {
        Box::pin(ready(Ok(())))
    }
}
