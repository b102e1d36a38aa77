//! The provider `null`: objects that are nothing but their triggers.

use std::collections::BTreeMap;

use rand::RngExt as _;

use super::bundle::{Bundle, Facts};
use super::kind::{AnyResource, Kind, Resource};
use super::random::same_entries;
use super::source::{AnySource, Source, SourceKind};
use crate::provider::Result;
use crate::schema;

static RESOURCE: Kind<NullResource> = Kind::new();
static SOURCE: SourceKind<NullDataSource> = SourceKind::new();

static RESOURCES: &[&dyn AnyResource] = &[&RESOURCE];
static SOURCES: &[&dyn AnySource] = &[&SOURCE];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "null",
        source: "registry.terraform.io/hashicorp/null",
        version: "3.3.1",
        resources: RESOURCES,
        sources: SOURCES,
        ephemeral: &[],
        functions: &[],
    })
}

schema! {
    /// Does nothing, and is replaced when its triggers change.
    pub struct NullResource {
        /// A number chosen when it is created.
        #[read_only] id: Option<String>,
        /// Any values; a change replaces the resource.
        #[force_new] #[equivalent(same_entries)] triggers: Option<BTreeMap<String, String>>,
    }

    /// Gives back what it is given.
    pub struct NullDataSource {
        /// A text, `default` when not given.
        #[computed] has_computed_default: Option<String>,
        /// Always `static`.
        #[read_only] #[deprecated("it says nothing")] id: Option<String>,
        /// Any values.
        inputs: Option<BTreeMap<String, String>>,
        /// The values of `inputs`.
        #[read_only] outputs: Option<BTreeMap<String, String>>,
        /// A number chosen each time it is read.
        #[read_only] random: Option<String>,
    }
}

fn number() -> String {
    rand::rng().random_range(0..i64::MAX).to_string()
}

impl Resource for NullResource {
    const TYPE: &'static str = "null_resource";

    async fn create(self) -> Result<Self> {
        Ok(NullResource { id: Some(number()), ..self })
    }
}

impl Source for NullDataSource {
    const TYPE: &'static str = "null_data_source";

    async fn read(self) -> Result<Self> {
        Ok(NullDataSource {
            has_computed_default: self.has_computed_default.or_else(|| Some("default".into())),
            id: Some("static".into()),
            outputs: self.inputs.clone(),
            random: Some(number()),
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::utility::tests::{Tried, object, text};
    use crate::value::{Type, Value};

    #[tokio::test]
    async fn changed_triggers_replace_it() {
        let triggers = |value: &str| {
            object([("triggers", Value::map(Type::String, [("a", Value::string(value))]))])
        };
        let tried = Tried::new(&RESOURCE);
        let made = tried.create(&triggers("1")).await;
        assert!(made.get("id").as_str().unwrap().parse::<u64>().is_ok());
        assert_eq!(tried.replan(&made, &triggers("1")), Vec::<String>::new());
        assert_eq!(tried.replan(&made, &triggers("2")), ["replace triggers"]);
        assert_eq!(tried.read(&made).await, made);
    }

    #[tokio::test]
    async fn the_data_source_gives_back_its_inputs() {
        let inputs = Value::map(Type::String, [("a", Value::string("1"))]);
        let read = Tried::data(&SOURCE, &object([("inputs", inputs.clone())])).await;
        assert_eq!(read.get("outputs"), inputs);
        assert_eq!(text(&read, "has_computed_default"), "default");
    }
}
