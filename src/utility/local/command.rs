//! `local_command`: what a program of this machine says, read or for the run only.

use crate::provider::{ProviderError, Result};
use crate::schema;
use crate::utility::source::Source;
use crate::utility::{program, refused};
use crate::value::Path;

schema! {
    /// Runs a program, and tells what it says.
    pub struct LocalCommand {
        /// Whether the program may end with another code than 0.
        allow_non_zero_exit_code: Option<bool>,
        /// What the program is called with; those that are null are left out.
        #[null_elements] arguments: Option<Vec<Option<String>>>,
        /// The program: its path, or a name that is looked for in `PATH`.
        command: String,
        /// The code with which the program ends; -1 when a signal ends it.
        #[read_only] exit_code: Option<i64>,
        /// What the program writes to its standard error.
        #[read_only] stderr: Option<String>,
        /// What the program reads from its standard input.
        stdin: Option<String>,
        /// What the program writes to its standard output.
        #[read_only] stdout: Option<String>,
        /// The folder in which the program runs; the current one when not given.
        working_directory: Option<String>,
    }
}

fn failed(message: String) -> ProviderError {
    refused(message).at(Path::attribute("command"))
}

impl Source for LocalCommand {
    const TYPE: &'static str = "local_command";

    async fn read(self) -> Result<Self> {
        let name = &self.command;
        let arguments = self.arguments.iter().flatten().flatten();
        let input = self.stdin.as_deref().unwrap_or_default();
        let folder = self.working_directory.as_deref();
        let output = program::run(name, arguments, folder, input.as_bytes()).await;
        let output = output.map_err(|it| failed(format!("`{name}` cannot be run: {it}")))?;
        let said = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            Some(text).filter(|it| !it.is_empty())
        };
        let (stdout, stderr) = (said(&output.stdout), said(&output.stderr));
        if !output.status.success() && self.allow_non_zero_exit_code != Some(true) {
            let stderr = stderr.unwrap_or_default();
            let text = format!("`{name}` failed ({}). {}", output.status, stderr.trim());
            return Err(failed(text));
        }
        let exit_code = Some(output.status.code().map_or(-1, i64::from));
        Ok(LocalCommand { exit_code, stderr, stdout, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::super::COMMAND;
    use crate::schema::validate::validate;
    use crate::utility::source::AnySource;
    use crate::utility::tests::{Tried, object, text};
    use crate::value::{Number, Type, Value};

    fn asked(script: &str) -> Value {
        let arguments = [Value::string("-c"), Value::Null(Type::String), Value::string(script)];
        object([
            ("command", Value::string("sh")),
            ("arguments", Value::list(Type::String, arguments)),
            ("stdin", Value::string("hello")),
            ("working_directory", Value::string("/")),
        ])
    }

    fn code(read: &Value) -> Option<i64> {
        read.get("exit_code").as_number().and_then(Number::as_i64)
    }

    #[tokio::test]
    async fn a_program_reads_and_says() {
        let given = asked("read -r word; echo \"$word $PWD\"; echo oh >&2");
        let source: &dyn AnySource = &COMMAND;
        let complete = given.fields().into_iter().flatten();
        let complete = complete
            .fold(source.schema().null_object(), |it, (name, value)| it.with(name, value.clone()));
        assert_eq!(validate(source.schema(), &complete), []);
        let read = Tried::data(&COMMAND, &given).await;
        assert_eq!(
            (text(&read, "stdout"), text(&read, "stderr")),
            ("hello /\n".into(), "oh\n".into())
        );
        assert_eq!(code(&read), Some(0));
        let silent = Tried::data(&COMMAND, &asked("true")).await;
        assert!(silent.get("stdout").is_null() && silent.get("stderr").is_null());
    }

    #[tokio::test]
    async fn a_program_may_fail_where_that_is_allowed() {
        let given = asked("echo no >&2; exit 3");
        let error = Tried::try_data(&COMMAND, &given).await.unwrap_err();
        assert!(error.message.contains("no") && error.message.contains('3'), "{error}");
        let allowed = given.with("allow_non_zero_exit_code", Value::Bool(true));
        let read = Tried::data(&COMMAND, &allowed).await;
        assert_eq!((code(&read), text(&read, "stderr")), (Some(3), "no\n".to_string()));
        let killed = asked("kill -9 $$").with("allow_non_zero_exit_code", Value::Bool(true));
        assert_eq!(code(&Tried::data(&COMMAND, &killed).await), Some(-1));
        let missing = allowed.with("command", Value::string("/no/such/program"));
        let error = Tried::try_data(&COMMAND, &missing).await.unwrap_err();
        assert!(error.message.contains("cannot be run"), "{error}");
    }
}
