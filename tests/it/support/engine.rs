//! A small engine: creates, changes, imports and deletes one object after the other through the seam
//! between the engine and providers, and checks at each step what must hold for every type.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use terrace::aws::AwsProvider;
use terrace::aws::environment::Environment;
use terrace::plan::difference::{difference, misfit, settled};
use terrace::plan::{Action, Difference};
use terrace::provider::{
    Connection, Planned, Provider as _, Recorder, Recovery, ResourceType, Result, Status, Step,
};
use terrace::schema::Shape;
use terrace::value::{Path, Type, Value};
use time::OffsetDateTime;

use super::moto::REGION;

/// Lets all calls through.
struct Quiet;

impl Recorder for Quiet {
    fn before(&self, _operation: &str) -> Result {
        Ok(())
    }

    fn after(&self, _operation: &str, _outcome: std::result::Result<&str, &str>) {}

    fn waiting(&self, _why: &str) {}
}

/// A connection to one AWS.
pub struct Engine {
    provider: AwsProvider,
    connection: Arc<dyn Connection>,
    steps: AtomicU64,
}

impl Engine {
    /// The engine on the AWS that the SDK's clients of a stack reach.
    pub async fn new(sdk: &aws_config::SdkConfig) -> Engine {
        let credentials = sdk.credentials_provider().expect("credentials");
        let provider = AwsProvider::new(Environment {
            http_client: sdk.http_client(),
            credentials: Some(credentials.provide_credentials().await.expect("credentials")),
            ..Environment::default()
        });
        let block = provider.schema().null_object().with("region", Value::string(REGION));
        let endpoints = sdk.endpoint_url().map(|url| {
            let schema = provider.schema().field("endpoints").expect("endpoints");
            let block = schema.shape.block().expect("a block");
            let url = |it: Value, service: &str| it.with(service, Value::string(url));
            let services = block.fields.iter().map(|field| field.name);
            let urls = services.fold(block.null_object(), url);
            Value::set(block.ty(), [urls])
        });
        let block = match endpoints {
            Some(endpoints) => block.with("endpoints", endpoints),
            None => block,
        };
        let connection = provider.configure(&block).unwrap_or_else(|it| panic!("{it:?}"));
        Engine { provider, connection, steps: AtomicU64::new(0) }
    }

    fn kind(&self, name: &str) -> &'static dyn ResourceType {
        self.provider.resource(name).unwrap_or_else(|| panic!("no type {name}"))
    }

    fn step(&self, address: &str) -> Step {
        let number = self.steps.fetch_add(1, Ordering::SeqCst);
        let token = format!("{number:032x}");
        Step { address: address.to_string(), token, recorder: Arc::new(Quiet) }
    }

    fn plan(&self, name: &str, prior: Option<&Value>, configuration: &Value) -> Difference {
        let adjust = |prior: Option<&Value>, proposed: Value| -> Result<Planned> {
            self.connection.plan(OffsetDateTime::now_utc(), name, prior, configuration, proposed)
        };
        let schema = self.kind(name).schema();
        difference(schema, prior, configuration, false, &adjust)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What is planned for an object: what is done, and the fields because of which it is replaced.
    pub fn planned(
        &self,
        name: &str,
        prior: &Value,
        fields: &[(&str, Value)],
    ) -> (Action, Vec<String>) {
        let planned = self.plan(name, Some(prior), &self.configuration(name, fields));
        (planned.action, planned.replace_paths.iter().map(ToString::to_string).collect())
    }

    /// What is wrong with a configuration beyond its schema.
    pub fn refused(&self, name: &str, fields: &[(&str, Value)]) -> Vec<String> {
        let wrong = self.kind(name).validate(&self.configuration(name, fields));
        wrong.into_iter().map(|(path, message)| format!("{path}: {message}")).collect()
    }

    /// The configuration of a type with these fields.
    fn configuration(&self, name: &str, fields: &[(&str, Value)]) -> Value {
        let schema = self.kind(name).schema();
        fields.iter().fold(schema.null_object(), |it, (field, value)| {
            let shape = &schema.field(field).unwrap_or_else(|| panic!("{name}.{field}")).shape;
            it.with(field, fitted(shape, value))
        })
    }

    /// The object as it is, waited for until it is ready; nothing when it is gone.
    pub async fn read(&self, name: &str, object: &Value) -> Option<Value> {
        for _ in 0..100 {
            let read = self.connection.read(name, vec![object.clone()]).await;
            let read = read.unwrap_or_else(|error| panic!("reading {name}: {error}"));
            match read.into_iter().next().flatten() {
                None => return None,
                Some(it) if it.status == Status::Ready => return Some(it.value),
                Some(it) => assert!(!matches!(it.status, Status::Failed(_)), "{:?}", it.status),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{name} never becomes ready")
    }

    /// Objects as they are now, read in one look as by a refresh.
    pub async fn refresh(&self, objects: &[(&str, Value)]) -> Vec<Option<Value>> {
        let mut kinds: Vec<&str> = objects.iter().map(|(kind, _)| *kind).collect();
        kinds.dedup();
        let of = |kind: &str| -> Vec<Value> {
            objects.iter().filter(|(it, _)| *it == kind).map(|(_, it)| it.clone()).collect()
        };
        let counts: Vec<_> = kinds.iter().map(|kind| (*kind, of(kind).len())).collect();
        let look = self.connection.look(&counts);
        let reads = kinds.iter().map(|kind| look.read(kind, of(kind)));
        let found = futures::future::try_join_all(reads).await.expect("a look");
        found.into_iter().flatten().map(|it| it.map(|it| it.value)).collect()
    }

    /// Creates an object; what is planned is what comes, and nothing is planned again.
    pub async fn create(&self, name: &str, fields: &[(&str, Value)]) -> Value {
        let configuration = self.configuration(name, fields);
        assert_eq!(self.kind(name).validate(&configuration), [], "{name}");
        let planned = self.plan(name, None, &configuration).after;
        let step = self.step(name);
        let id = self.connection.create(name, &planned, &step).await;
        let id = id.unwrap_or_else(|error| panic!("creating {name}: {error:?}"));
        let after_a_lost_answer = match self.kind(name).recovery() {
            Recovery::Find => self.connection.find(name, &planned, &step).await.expect("find"),
            Recovery::Repeat => {
                let again = self.connection.create(name, &planned, &step).await;
                Some(again.unwrap_or_else(|error| panic!("creating {name} again: {error:?}")))
            }
        };
        assert_eq!(after_a_lost_answer.as_deref(), Some(&*id), "{name}: after a lost answer");
        let object = planned.known().with("id", Value::string(&id));
        let actual =
            self.read(name, &object).await.unwrap_or_else(|| panic!("{name} {id} is gone"));
        let wanted = settled(self.kind(name).schema(), &planned, &actual);
        self.bring(name, &actual, &wanted, &planned, &configuration).await
    }

    /// Creates an object some of whose fields AWS writes in its own way; nothing is planned again.
    pub async fn read_back(&self, name: &str, fields: &[(&str, Value)]) -> Value {
        let configuration = self.configuration(name, fields);
        assert_eq!(self.kind(name).validate(&configuration), [], "{name}");
        let planned = self.plan(name, None, &configuration).after;
        let id = self.connection.create(name, &planned, &self.step(name)).await;
        let id = id.unwrap_or_else(|error| panic!("creating {name}: {error:?}"));
        let object = planned.known().with("id", Value::string(&id));
        let now = self.read(name, &object).await.unwrap_or_else(|| panic!("{name} {id} is gone"));
        let again = self.plan(name, Some(&now), &configuration);
        assert_eq!(again.after, now, "a second plan of {name} changes something");
        now
    }

    /// Changes an object in place.
    pub async fn change(&self, name: &str, was: &Value, fields: &[(&str, Value)]) -> Value {
        let configuration = self.configuration(name, fields);
        assert_eq!(self.kind(name).validate(&configuration), [], "{name}");
        let planned = self.plan(name, Some(was), &configuration);
        assert_eq!(planned.action, Action::Update, "{name}: {:?}", planned.replace_paths);
        let wanted = settled(self.kind(name).schema(), &planned.after, was);
        self.bring(name, was, &wanted, &planned.after, &configuration).await
    }

    async fn bring(
        &self,
        name: &str,
        was: &Value,
        wanted: &Value,
        planned: &Value,
        configuration: &Value,
    ) -> Value {
        let updated = self.connection.update(name, was, wanted, &self.step(name)).await;
        updated.unwrap_or_else(|error| panic!("updating {name}: {error:?}"));
        let now = self.read(name, wanted).await.unwrap_or_else(|| panic!("{name} is gone"));
        for field in &self.kind(name).schema().fields {
            let (planned, now) = (planned.get(field.name), now.get(field.name));
            let mut at = Path::attribute(field.name);
            let wrong = misfit(&open(&planned), &now, &mut at);
            assert_eq!(wrong, None, "{name}: {planned:?}, but {now:?}");
        }
        let again = self.plan(name, Some(&now), configuration);
        assert_eq!(again.after, now, "a second plan of {name} changes something");
        assert_eq!(again.action, Action::Nothing, "{name}");
        now
    }

    /// Imports an object; it is the same as the one in state, except for fields that AWS never tells.
    pub async fn import(&self, name: &str, id: &str, state: &Value) -> Value {
        let object = self.connection.import(name, id).unwrap_or_else(|error| panic!("{error}"));
        let read = self.read(name, &object).await;
        let read = read.unwrap_or_else(|| panic!("{name} {id} cannot be imported"));
        for field in self.kind(name).schema().fields.iter().filter(|it| !it.config_only) {
            let (state, read) = (state.get(field.name), read.get(field.name));
            assert!(state.is_null() || state == read, "{name}.{}: {state:?} {read:?}", field.name);
        }
        read
    }

    /// Deletes an object that is to be left where it is.
    pub async fn forget(&self, name: &str, object: &Value) {
        let deleted = self.connection.delete(name, object, &self.step(name)).await;
        deleted.unwrap_or_else(|error| panic!("forgetting {name}: {error:?}"));
    }

    /// Deletes an object, twice: the second time it is gone already.
    pub async fn delete(&self, name: &str, object: &Value) {
        for _ in 0..2 {
            let deleted = self.connection.delete(name, object, &self.step(name)).await;
            deleted.unwrap_or_else(|error| panic!("deleting {name}: {error:?}"));
            assert_eq!(self.read(name, object).await, None, "{name} is still there");
        }
    }
}

/// A planned value with everything open that it says nothing about: AWS may answer what it likes.
fn open(planned: &Value) -> Value {
    let all = |items: &[Value]| items.iter().map(open).collect::<Vec<_>>();
    match planned {
        Value::Null(ty) => Value::unknown(ty.clone()),
        Value::List(ty, items) => Value::list(ty.clone(), all(items)),
        Value::Set(ty, items) => Value::set(ty.clone(), all(items)),
        Value::Object(fields) => {
            Value::object(fields.iter().map(|(name, it)| (name.as_str(), open(it))))
        }
        other => other.clone(),
    }
}

/// A value as the language converts it to the type of its field.
fn fitted(shape: &Shape, value: &Value) -> Value {
    let all = |shape: &Shape, value: &Value| -> Vec<Value> {
        value.items().unwrap_or_default().iter().map(|it| fitted(shape, it)).collect()
    };
    match (shape, value) {
        (_, Value::Null(_) | Value::Unknown(_)) => value.clone(),
        (Shape::Set(item), _) => Value::set(item.ty(), all(item, value)),
        (Shape::List(item), _) => Value::list(item.ty(), all(item, value)),
        (Shape::Map(_), _) => {
            let fields = value.fields().cloned().unwrap_or_default();
            Value::map(Type::String, fields)
        }
        (Shape::Object(schema), _) => Value::object(
            schema
                .fields
                .iter()
                .map(|field| (field.name, fitted(&field.shape, &value.get(field.name)))),
        ),
        _ => value.clone(),
    }
}
