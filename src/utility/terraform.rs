//! The provider `terraform.io/builtin/terraform`: the resource type `terraform_data` and the data
//! source `terraform_remote_state`.

mod functions;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use time::OffsetDateTime;

use super::remote_state::{self, ReadOutputs, RemoteStateType};
use crate::diagnostic::Diagnostics;
use crate::provider::{
    Connection, DataSourceType, Observed, Phase, Planned, Provider, ProviderFunction, Recovery,
    ResourceType, Result, Schedule, Status, Step,
};
use crate::schema;
use crate::schema::{Schema, schema_of};
use crate::value::{Path, Value};

schema! {
    /// Keeps a value in the state, and is replaced when others change.
    pub struct TerraformData {
        /// A number of its own.
        #[read_only] id: Option<String>,
        /// Any value.
        input: Value,
        /// The value of `input`.
        #[read_only] output: Option<Value>,
        /// Any value; a change replaces the resource.
        #[force_new] triggers_replace: Value,
    }
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(schema_of::<TerraformData>);
static NOTHING: Schema = Schema { doc: "Takes no arguments.", version: 0, fields: Vec::new() };

/// The provider.
#[derive(Debug)]
pub struct TerraformProvider {
    /// How the states of other stacks are read.
    pub read_outputs: ReadOutputs,
}

/// The resource type `terraform_data`.
#[derive(Debug)]
pub struct TerraformDataType;

impl Provider for TerraformProvider {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn source(&self) -> &'static str {
        "terraform.io/builtin/terraform"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn schema(&self) -> &Schema {
        &NOTHING
    }

    fn resources(&self) -> &[&'static dyn ResourceType] {
        &[&TerraformDataType]
    }

    fn data_sources(&self) -> &[&'static dyn DataSourceType] {
        &[&RemoteStateType]
    }

    fn functions(&self) -> &'static [ProviderFunction] {
        functions::FUNCTIONS
    }

    fn configure(&self, _: &Value) -> std::result::Result<Arc<dyn Connection>, Diagnostics> {
        Ok(Arc::new(TerraformConnection { read_outputs: self.read_outputs }))
    }
}

impl ResourceType for TerraformDataType {
    fn name(&self) -> &'static str {
        "terraform_data"
    }

    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn recovery(&self) -> Recovery {
        Recovery::Repeat
    }

    fn timeout(&self, _: Phase) -> Duration {
        Duration::from_secs(60)
    }

    fn schedule(&self, _: Phase) -> Schedule {
        let soon = Duration::from_millis(100);
        Schedule { first: Duration::ZERO, interval: soon, longest: soon }
    }

    fn batch(&self) -> usize {
        usize::MAX
    }

    fn validate(&self, _: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }

    fn import_syntax(&self) -> &'static str {
        "id"
    }

    /// The triggers of a `null_resource` replace it as before.
    fn take_over(&self, kind: &str, object: &Value) -> Option<Value> {
        let triggers = || match object.get("triggers").unmark() {
            (Value::Map(_, fields), marks) => Value::Object(fields).mark(marks),
            _ => Value::NULL,
        };
        (kind == "null_resource").then(|| {
            let value = SCHEMA.null_object().with("id", object.get("id"));
            value.with("triggers_replace", triggers())
        })
    }
}

struct TerraformConnection {
    read_outputs: ReadOutputs,
}

fn with_output(value: Value) -> Value {
    let input = value.get("input");
    value.with("output", input)
}

impl Connection for TerraformConnection {
    fn region(&self) -> &str {
        ""
    }

    fn verify(&self) -> BoxFuture<'_, Result> {
        ready(Ok(())).boxed()
    }

    fn plan(
        &self,
        _: OffsetDateTime,
        _: &str,
        _: Option<&Value>,
        _: &Value,
        proposed: Value,
    ) -> Result<Planned> {
        Ok(Planned { value: with_output(proposed), replace: Vec::new() })
    }

    fn read<'a>(
        &'a self,
        _: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        let observe = |object| Observed { value: with_output(object), status: Status::Ready };
        ready(Ok(objects.into_iter().map(observe).map(Some).collect())).boxed()
    }

    fn create<'a>(
        &'a self,
        _: &'a str,
        _: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        ready(Ok(id_of(&step.token))).boxed()
    }

    fn find<'a>(
        &'a self,
        _: &'a str,
        _: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        ready(Ok(Some(id_of(&step.token)))).boxed()
    }

    fn update<'a>(
        &'a self,
        _: &'a str,
        _: &'a Value,
        _: &'a Value,
        _: &'a Step,
    ) -> BoxFuture<'a, Result> {
        ready(Ok(())).boxed()
    }

    fn delete<'a>(&'a self, _: &'a str, _: &'a Value, _: &'a Step) -> BoxFuture<'a, Result> {
        ready(Ok(())).boxed()
    }

    fn explain<'a>(&'a self, _: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Vec<String>>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn import(&self, _: &str, id: &str) -> Result<Value> {
        Ok(SCHEMA.null_object().with("id", Value::string(id)))
    }

    fn read_data<'a>(&'a self, _: &'a str, given: &'a Value) -> BoxFuture<'a, Result<Value>> {
        remote_state::read(given, self.read_outputs).boxed()
    }
}

/// A UUID of the token of a step: the same step, tried again, has the same.
fn id_of(token: &str) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, token.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    const CONNECTION: TerraformConnection = TerraformConnection { read_outputs: |_| Ok(None) };

    #[test]
    fn the_output_is_the_input_known_or_not() {
        let plan = |input: Value| {
            let proposed = SCHEMA.null_object().with("input", input);
            let time = OffsetDateTime::UNIX_EPOCH;
            let planned = CONNECTION.plan(time, "terraform_data", None, &Value::NULL, proposed);
            planned.unwrap().value
        };
        assert_eq!(plan(Value::string("x")).get("output"), Value::string("x"));
        assert!(plan(Value::NULL).get("output").is_null());
        let unknown = Value::unknown(Type::String);
        assert_eq!(plan(unknown.clone()).get("output"), unknown);
    }

    #[test]
    fn a_null_resource_keeps_its_id_and_triggers() {
        let triggers = |value| Value::object([("id", Value::string("7")), ("triggers", value)]);
        let map = Value::map(Type::String, [("a", Value::string("b"))]);
        let taken = TerraformDataType.take_over("null_resource", &triggers(map)).unwrap();
        assert_eq!(taken.get("id"), Value::string("7"));
        let object = Value::object([("a", Value::string("b"))]);
        assert_eq!(taken.get("triggers_replace"), object);
        let none = Value::Null(Type::map(Type::String));
        let taken = TerraformDataType.take_over("null_resource", &triggers(none)).unwrap();
        assert!(taken.get("triggers_replace").is_null());
        assert!(TerraformDataType.take_over("time_sleep", &Value::NULL).is_none());
    }

    #[test]
    fn the_id_belongs_to_the_step() {
        assert_eq!(id_of("a").len(), 36);
        assert_eq!(id_of("a"), id_of("a"));
        assert_ne!(id_of("a"), id_of("b"));
    }

    #[tokio::test]
    async fn what_is_read_is_what_was_made() {
        let made =
            SCHEMA.null_object().with("id", Value::string("1")).with("input", Value::string("x"));
        let read = CONNECTION.read("terraform_data", vec![made.clone()]).await.unwrap();
        let value = made.with("output", Value::string("x"));
        assert_eq!(read, [Some(Observed { value, status: Status::Ready })]);
    }
}
