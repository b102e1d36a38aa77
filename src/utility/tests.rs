//! Tries a resource type as the engine does: plan, create, read, plan again.

use time::OffsetDateTime;

use super::kind::AnyResource;
use super::source::AnySource;
use crate::plan::Action;
use crate::plan::difference::{Difference, difference};
use crate::provider::{Planned, Proposal, ProviderError, Result, Status};
use crate::value::Value;

/// A resource type being tried.
pub(super) struct Tried(&'static dyn AnyResource);

/// An object of these fields.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::object(fields)
}

/// The text of a field.
pub(super) fn text(value: &Value, name: &str) -> String {
    value.get(name).as_str().unwrap_or_else(|| panic!("{name} of {value:?}")).to_string()
}

impl Tried {
    pub(super) fn new(kind: &'static dyn AnyResource) -> Tried {
        Tried(kind)
    }

    /// Reads a data source.
    pub(super) async fn data(source: &'static dyn AnySource, given: &Value) -> Value {
        Tried::try_data(source, given).await.unwrap()
    }

    /// Reads a data source, which may fail.
    pub(super) async fn try_data(source: &'static dyn AnySource, given: &Value) -> Result<Value> {
        let as_is =
            |_: Option<&Value>, proposed| Ok(Planned { value: proposed, replace: Vec::new() });
        let configuration = complete(source.schema().null_object(), given);
        let asked = crate::plan::difference::propose_new(source.schema(), &configuration, &as_is)?;
        source.read(&asked.known(), &Value::NULL).await
    }

    fn difference(&self, prior: Option<&Value>, given: &Value) -> Result<Difference> {
        let configuration = complete(self.0.schema().null_object(), given);
        let adjust = |prior: Option<&Value>, value: Value| {
            let configuration = &configuration;
            let mut proposal = Proposal { prior, configuration, value, replace: Vec::new() };
            self.0.plan(&mut proposal, OffsetDateTime::now_utc())?;
            Ok(Planned { value: proposal.value, replace: proposal.replace })
        };
        difference(self.0.schema(), prior, &configuration, false, &adjust)
    }

    /// What is planned for a new object.
    pub(super) fn plan(&self, given: &Value) -> Value {
        self.try_plan(given).unwrap()
    }

    /// What is planned for a new object, which may be refused.
    pub(super) fn try_plan(&self, given: &Value) -> Result<Value> {
        Ok(self.difference(None, given)?.after)
    }

    /// What is planned for an object.
    pub(super) fn plan_from(&self, prior: &Value, given: &Value) -> Value {
        self.difference(Some(prior), given).unwrap().after
    }

    /// Creates an object; what comes of it must fit the plan.
    pub(super) async fn create(&self, given: &Value) -> Value {
        self.try_create(given).await.unwrap()
    }

    /// Creates an object, which may fail.
    pub(super) async fn try_create(&self, given: &Value) -> Result<Value> {
        let planned = self.plan(given);
        let id = self.0.create(&planned).await?;
        let object = planned.known().with("id", Value::string(id));
        let found = self.0.read(vec![object]).await?.remove(0).expect("it is there");
        assert_eq!(found.status, Status::Ready);
        let misfit =
            crate::plan::difference::misfit(&planned, &found.value, &mut Default::default());
        assert_eq!(misfit, None, "{planned:?} {found:?}");
        Ok(found.value)
    }

    /// The object as it is now.
    pub(super) async fn read(&self, object: &Value) -> Value {
        self.look(object).await.expect("it is there")
    }

    /// The object as it is now, if it is.
    pub(super) async fn look(&self, object: &Value) -> Option<Value> {
        self.0.read(vec![object.clone()]).await.unwrap().remove(0).map(|it| it.value)
    }

    /// What a plan would do: `replace` with the fields that ask for it, `update`, or nothing.
    pub(super) fn replan(&self, object: &Value, given: &Value) -> Vec<String> {
        let found = self.difference(Some(object), given).unwrap();
        match found.action {
            Action::Nothing => Vec::new(),
            Action::Update => vec!["update".into()],
            _ => found.replace_paths.iter().map(|path| format!("replace {path}")).collect(),
        }
    }

    /// Imports an object.
    pub(super) async fn import(&self, id: &str) -> std::result::Result<Value, ProviderError> {
        let partial = self.0.import(id)?;
        Ok(self.read(&partial).await)
    }

    /// What validation says.
    pub(super) fn problems(&self, given: &Value) -> Vec<String> {
        let configuration = complete(self.0.schema().null_object(), given);
        let problems = self.0.validate(&configuration);
        problems.into_iter().map(|(path, text)| format!("{path}: {text}")).collect()
    }

    pub(super) async fn delete(&self, object: &Value) {
        self.0.delete(object).await.unwrap();
    }
}

fn complete(nothing: Value, given: &Value) -> Value {
    let fields = given.fields().expect("an object");
    fields.iter().fold(nothing, |all, (name, value)| all.with(name, value.clone()))
}
