//! The data source `terraform_remote_state`: the outputs of another stack.

use std::path::{Path as FilePath, PathBuf};
use std::sync::LazyLock;

use super::{busy, refused};
use crate::provider::{DataSourceType, Result};
use crate::schema;
use crate::schema::{Schema, schema_of};
use crate::value::{Fields, Path, Value};

/// Reads the outputs in a state file, the sensitive ones marked; none when there is no state.
pub type ReadOutputs = fn(&FilePath) -> Result<Option<Fields>>;

schema! {
    /// The outputs of another stack, from its state.
    pub struct RemoteState {
        /// Where the state is kept; `local` for a file.
        backend: String,
        /// The arguments of the backend.
        config: Value,
        /// Values for outputs that the state does not have.
        defaults: Value,
        /// All outputs by name.
        #[read_only] outputs: Option<Value>,
        /// The workspace; the default one if none is given.
        workspace: Option<String>,
    }
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(schema_of::<RemoteState>);

/// The data source.
#[derive(Debug)]
pub(super) struct RemoteStateType;

impl DataSourceType for RemoteStateType {
    fn name(&self) -> &'static str {
        "terraform_remote_state"
    }

    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn validate(&self, configuration: &Value) -> Vec<(Path, String)> {
        let backend = configuration.get("backend");
        let other = backend.as_str().filter(|it| *it != "local").map(|backend| {
            let text = format!(
                "states of the backend `{backend}` cannot be read; those of `local` can, which \
                 keeps states in files"
            );
            (Path::attribute("backend"), text)
        });
        if other.is_some() {
            return other.into_iter().collect();
        }
        let no_object = |name: &&str| {
            let value = configuration.get(name);
            value.is_known() && !value.is_null() && value.fields().is_none()
        };
        let wrong = ["config", "defaults"].into_iter().filter(no_object);
        let wrong = wrong.map(|name| (Path::attribute(name), "must be an object".to_string()));
        wrong.chain(unheard_of(&configuration.get("config"))).collect()
    }

    /// OpenTofu takes all outputs for open, and configurations count on it: they repeat over them.
    fn evaluated(&self, read: Value) -> Value {
        let (outputs, _) = read.get("outputs").unmark_deep();
        read.with("outputs", outputs)
    }
}

/// Arguments that the backend `local` does not have, and values that they cannot have.
fn unheard_of(config: &Value) -> Vec<(Path, String)> {
    let none = Fields::new();
    let given = config.fields().unwrap_or(&none).iter();
    let problem = |(name, value): (&String, &Value)| match name.as_str() {
        "path" | "workspace_dir" => {
            let fits = value.is_null() || !value.is_known() || value.as_str().is_some();
            (!fits).then(|| format!("`{name}` must be a string"))
        }
        _ => Some(format!("the backend `local` has no argument `{name}`")),
    };
    given.filter_map(problem).map(|text| (Path::attribute("config"), text)).collect()
}

/// Reads the outputs of a configuration.
pub(super) async fn read(configuration: &Value, outputs: ReadOutputs) -> Result<Value> {
    if let Some((path, text)) = RemoteStateType.validate(configuration).into_iter().next() {
        return Err(refused(text).at(path));
    }
    let path = place(configuration);
    let file = path.clone();
    let at_config = Path::attribute("config");
    let found = busy(move || outputs(&file)).await.map_err(|error| error.at(at_config.clone()))?;
    let missing = || refused(format!("there is no state at {}", path.display())).at(at_config);
    let found = found.ok_or_else(missing)?;
    let mut all = configuration.get("defaults").fields().cloned().unwrap_or_default();
    all.extend(found);
    Ok(configuration.clone().with("outputs", Value::object::<String>(all)))
}

/// The file of the workspace's state.
fn place(configuration: &Value) -> PathBuf {
    let config = configuration.get("config");
    let text = |name: &str, default: &str| {
        let given = config.fields().and_then(|it| it.get(name)?.as_str().map(str::to_string));
        PathBuf::from(given.filter(|it| !it.is_empty()).unwrap_or_else(|| default.to_string()))
    };
    match configuration.get("workspace").as_str() {
        None | Some("default") => text("path", "terraform.tfstate"),
        Some(name) => {
            text("workspace_dir", "terraform.tfstate.d").join(name).join("terraform.tfstate")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::utility::tests::object;
    use crate::value::Marks;

    fn secret() -> Value {
        Value::string("x").mark(Marks::SENSITIVE)
    }

    fn outputs(path: &FilePath) -> Result<Option<Fields>> {
        let all = [("path".to_string(), Value::string(path.to_str().unwrap_or_default()))];
        let all = all.into_iter().chain([("secret".to_string(), secret())]).collect();
        Ok(Some(all).filter(|_| path != FilePath::new("none")))
    }

    fn given<const N: usize>(fields: [(&str, Value); N]) -> Value {
        let local = SCHEMA.null_object().with("backend", Value::string("local"));
        fields.into_iter().fold(local, |all, (name, value)| all.with(name, value))
    }

    async fn path(configuration: &Value) -> String {
        let read = read(configuration, outputs).await.unwrap().get("outputs");
        assert_eq!(read.get("secret"), secret());
        read.get("path").as_str().unwrap().to_string()
    }

    #[tokio::test]
    async fn workspaces_have_files_of_their_own() {
        let config = ("config", object([("path", Value::string("a"))]));
        assert_eq!(path(&given([])).await, "terraform.tfstate");
        assert_eq!(path(&given([config.clone()])).await, "a");
        let workspace = ("workspace", Value::string("w"));
        let expected = "terraform.tfstate.d/w/terraform.tfstate";
        assert_eq!(path(&given([config, workspace.clone()])).await, expected);
        let folder = ("config", object([("workspace_dir", Value::string("d"))]));
        assert_eq!(path(&given([folder, workspace])).await, "d/w/terraform.tfstate");
    }

    #[tokio::test]
    async fn outputs_count_before_defaults_and_a_state_is_needed() {
        let defaults = object([("path", Value::NULL), ("more", Value::string("y"))]);
        let config = object([("path", Value::string("none"))]);
        let given = given([("defaults", defaults)]);
        let read = super::read(&given, outputs).await.unwrap().get("outputs");
        assert_eq!(read.get("path").as_str(), Some("terraform.tfstate"));
        assert_eq!(read.get("more").as_str(), Some("y"));
        let error = super::read(&given.with("config", config), outputs).await.unwrap_err();
        assert_eq!(error.message, "there is no state at none");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let problems = |configuration: &Value| {
            let problems = RemoteStateType.validate(configuration).into_iter();
            problems.map(|(path, text)| format!("{path}: {text}")).collect::<Vec<_>>()
        };
        let config = |name: &str, value: Value| given([("config", object([(name, value)]))]);
        assert_eq!(problems(&config("path", Value::string("a"))), Vec::<String>::new());
        let wrong = problems(&config("path", Value::Bool(true)));
        assert_eq!(wrong, ["config: `path` must be a string"]);
        let wrong = problems(&config("bucket", Value::string("a")));
        assert_eq!(wrong, ["config: the backend `local` has no argument `bucket`"]);
        let wrong = problems(&given([("defaults", Value::Bool(true))]));
        assert_eq!(wrong, ["defaults: must be an object"]);
        let wrong = problems(&given([("backend", Value::string("s3"))]));
        assert!(wrong[0].starts_with("backend: states of the backend `s3`"), "{wrong:?}");
    }
}
