//! The provider `external`: what a program of this machine says.

use std::collections::BTreeMap;

use super::bundle::{Bundle, Facts};
use super::source::{AnySource, Source, SourceKind};
use super::{program, refused};
use crate::provider::{ProviderError, Result};
use crate::schema;
use crate::value::Path;

static SOURCE: SourceKind<External> = SourceKind::new();
static SOURCES: &[&dyn AnySource] = &[&SOURCE];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "external",
        source: "registry.terraform.io/hashicorp/external",
        version: "2.4.0",
        resources: &[],
        sources: SOURCES,
        ephemeral: &[],
        functions: &[],
    })
}

schema! {
    /// Runs a program that is asked in JSON on its standard input, and answers in JSON.
    pub struct External {
        /// Always `-`.
        #[read_only] id: Option<String>,
        /// The program and its arguments.
        #[required] program: Vec<String>,
        /// What the program is asked.
        query: Option<BTreeMap<String, String>>,
        /// What the program answers.
        #[read_only] result: Option<BTreeMap<String, String>>,
        /// The folder in which the program runs; the current one when not given.
        working_dir: Option<String>,
    }
}

fn failed(message: impl Into<String>) -> ProviderError {
    refused(message).at(Path::attribute("program"))
}

impl External {
    /// What the program writes when it is asked.
    async fn ask(&self) -> Result<Vec<u8>> {
        let mut words = self.program.iter().filter(|it| !it.is_empty());
        let name = words.next().ok_or_else(|| failed("no program is named"))?;
        let broken = |error: std::io::Error| failed(format!("`{name}` cannot be run: {error}"));
        let query = serde_json::to_vec(&self.query.clone().unwrap_or_default())
            .map_err(|error| failed(error.to_string()))?;
        let folder = self.working_dir.as_deref();
        let output = program::run(name, words, folder, &query).await.map_err(broken)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(failed(format!("`{name}` failed ({}). {}", output.status, said.trim())))
    }
}

impl Source for External {
    const TYPE: &'static str = "external";

    async fn read(self) -> Result<Self> {
        let answer = self.ask().await?;
        let result: Option<BTreeMap<String, Option<String>>> = serde_json::from_slice(&answer)
            .map_err(|error| {
                failed(format!("the answer is not a JSON object of strings: {error}"))
            })?;
        // What is null counts as empty, as for the provider.
        let texts = result.unwrap_or_default().into_iter();
        let result = texts.map(|(name, text)| (name, text.unwrap_or_default())).collect();
        Ok(External { id: Some("-".to_string()), result: Some(result), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::utility::tests::{Tried, object, text};
    use crate::value::{Type, Value};

    fn asked(script: &str) -> Value {
        let program = ["sh", "-c", script].map(Value::string);
        let query = Value::map(Type::String, [("a", Value::string("1"))]);
        object([
            ("program", Value::list(Type::String, program)),
            ("query", query),
            ("working_dir", Value::string("/")),
        ])
    }

    #[tokio::test]
    async fn a_program_is_asked_and_answers() {
        let script = r#"read -r query; [ "$query" = '{"a":"1"}' ] || exit 2
            printf '{"folder":"%s"}' "$PWD""#;
        let read = Tried::data(&SOURCE, &asked(script)).await;
        assert_eq!(text(&read.get("result"), "folder"), "/");
        assert_eq!(text(&read, "id"), "-");
        let echoed = Tried::data(&SOURCE, &asked("cat")).await;
        assert_eq!(text(&echoed.get("result"), "a"), "1");
        let empty = Tried::data(&SOURCE, &asked("echo '{\"a\": null}'")).await;
        assert_eq!(text(&empty.get("result"), "a"), "");
    }

    #[tokio::test]
    async fn a_program_that_fails_is_quoted() {
        let fails = |script: &'static str| async move {
            Tried::try_data(&SOURCE, &asked(script)).await.unwrap_err().message
        };
        assert!(fails("echo no >&2; exit 3").await.contains("no"));
        assert!(fails("echo '{\"a\": 1}'").await.contains("JSON object of strings"));
        let missing =
            object([("program", Value::list(Type::String, [Value::string("/no/such/program")]))]);
        let error = Tried::try_data(&SOURCE, &missing).await.unwrap_err();
        assert!(error.message.contains("cannot be run"), "{error}");
    }
}
