//! All that is written to the terminal: data to stdout, everything else to stderr.

mod configuration_json;
mod diagnostic_json;
pub mod diagnostics;
mod difference;
mod functions_json;
mod gathered;
mod json;
mod junit;
mod machine;
mod plan;
pub mod progress;
pub mod prompt;
mod schema_json;
mod state;
mod style;
pub mod suite;
#[cfg(test)]
mod tests;
mod value;
mod wrap;

use std::fs::{File, Permissions};
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

pub use diagnostic_json::validation;
pub use functions_json::functions_json;
pub use gathered::Gathering;
pub use schema_json::schema_json;

use crate::address::InstanceAddress;
use crate::apply::{Applied, Doing};
use crate::diagnostic::{Diagnostics, Severity};
use crate::language::config::Configuration;
use crate::plan::{Counts, Mode, Plan, Providers};
use crate::state::State;
use crate::value::Value;

/// Where and how to write.
#[derive(Clone, Debug)]
pub struct Ui {
    /// Whether to use colours on stderr and stdout.
    pub colour: bool,
    /// Whether stderr is a terminal, so that lines can be rewritten.
    pub live: bool,
    /// Whether everything is written as JSON lines to stdout.
    pub json: bool,
    /// Whether what is sensitive is shown to people; JSON has its own ways.
    pub reveal: bool,
    /// A file that gets JSON besides, and whether it gets lines or documents.
    pub into: Option<(Arc<Mutex<File>>, bool)>,
    /// How wide the terminal is, if that is known.
    pub width: Option<usize>,
    /// Which errors are told once.
    pub errors: Gathering,
    /// Which warnings are told once.
    pub warnings: Gathering,
    /// Whether warnings take a line each where there are no errors.
    pub compact: bool,
}

impl Ui {
    /// What fits the terminal, the flag `-no-color`, and the variable `NO_COLOR`.
    pub fn new(no_color: bool) -> Ui {
        let live = std::io::stderr().is_terminal();
        let wanted = !no_color && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
        Ui {
            colour: wanted && live && std::io::stdout().is_terminal(),
            live,
            json: false,
            reveal: false,
            into: None,
            width: width(live),
            errors: Gathering::default(),
            warnings: Gathering::default(),
            compact: false,
        }
    }

    /// The same, writing JSON lines.
    pub fn json(self, json: bool) -> Ui {
        Ui { json, colour: self.colour && !json, live: self.live && !json, ..self }
    }

    /// The same, showing what is sensitive if `reveal` is true.
    pub fn revealing(self, reveal: bool) -> Ui {
        Ui { reveal, ..self }
    }

    /// The same, writing JSON to a new file besides: lines, or else documents. It may hold what only
    /// its owner may read.
    pub fn json_into(self, path: &Path, lines: bool) -> std::io::Result<Ui> {
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        if file.metadata()?.is_file() {
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        Ok(Ui { into: Some((Arc::new(Mutex::new(file)), lines)), ..self })
    }

    /// Writes what was asked for. A reader that has gone away is not an error.
    pub fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        drop(written);
    }

    /// Whether anybody reads JSON lines.
    fn has_lines(&self) -> bool {
        self.json || matches!(self.into, Some((_, true)))
    }

    /// Writes to the file that gets JSON. That it cannot be written is no reason to stop.
    fn write_into(&self, text: &str, lines: bool) {
        if let Some((file, _)) = self.into.as_ref().filter(|it| it.1 == lines) {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let written = file.write_all(text.as_bytes());
            drop(written);
        }
    }

    /// Writes what was asked for, as text or as JSON.
    pub fn document(
        &self,
        json: bool,
        text: impl FnOnce() -> Result<String, Diagnostics>,
        document: impl Fn() -> Result<String, Diagnostics>,
    ) -> Result<(), Diagnostics> {
        if matches!(self.into, Some((_, false))) {
            self.write_into(&document()?, false);
        }
        self.data(&if json { document()? } else { text()? });
        Ok(())
    }

    /// Writes a line for those who read JSON. A reader that has gone away is not an error.
    fn line(&self, line: &Json) {
        if self.json {
            self.data(&format!("{line}\n"));
        }
        self.write_into(&format!("{line}\n"), true);
    }

    /// Says which program it is, to those who read JSON lines.
    pub fn begin(&self) {
        self.line(&machine::version());
    }

    /// Writes a line about what is going on.
    pub fn status(&self, text: &str) {
        self.line(&machine::message(text.trim()));
        self.say(text);
    }

    /// The same for those only who do not read JSON.
    fn say(&self, text: &str) {
        if !self.json {
            let mut out = std::io::stderr().lock();
            let written = writeln!(out, "{text}");
            drop(written);
        }
    }

    /// Writes diagnostics, each with its source.
    pub fn diagnostics(&self, diagnostics: &Diagnostics) {
        let sorted = gathered::sorted(&diagnostics.0);
        sorted.into_iter().for_each(|it| self.line(&diagnostic_json::line(it)));
        self.explain(diagnostics);
    }

    /// The same for those only who do not read JSON.
    fn explain(&self, diagnostics: &Diagnostics) {
        if self.json {
            return;
        }
        let brief = self.compact && !diagnostics.has_errors();
        let sorted = gathered::sorted(&diagnostics.0);
        let gathered = gathered::gather(sorted, |severity| match severity {
            Severity::Error => self.errors,
            Severity::Warning if brief => Gathering::Summary,
            Severity::Warning => self.warnings,
        });
        let look = diagnostics::Look { colour: self.colour, width: self.width };
        for one in &gathered {
            self.say(&match brief {
                true => diagnostics::brief(one),
                false => diagnostics::render(one, look),
            });
        }
    }

    /// Shows a plan.
    pub fn plan(&self, plan: &Plan, providers: &Providers) {
        if self.has_lines() {
            machine::plan(plan).iter().for_each(|line| self.line(line));
        }
        if !self.json {
            self.data(&self.plan_text(plan, providers));
        }
    }

    /// Shows an address that state has.
    pub fn address(&self, address: &InstanceAddress) {
        self.line(&machine::address(address));
        if !self.json {
            self.data(&format!("{address}\n"));
        }
    }

    /// Shows the workspaces; a star marks the one in use.
    pub fn workspaces(&self, all: &[String], current: &str) {
        self.line(&machine::workspaces(all, current));
        if !self.json {
            let mark = |name: &String| if name == current { "*" } else { " " };
            let lines: String = all.iter().map(|name| format!("{} {name}\n", mark(name))).collect();
            self.data(&format!("{lines}\n"));
        }
    }

    /// A plan as text.
    pub fn plan_text(&self, plan: &Plan, providers: &Providers) -> String {
        match self.reveal {
            true => plan::text(&plan::revealed(plan), providers, self.colour),
            false => plan::text(plan, providers, self.colour),
        }
    }

    /// A configuration in Terraform's JSON format.
    pub fn configuration_json(&self, of: &Configuration, providers: &Providers) -> String {
        format!("{}\n", configuration_json::configuration(of, providers))
    }

    /// A plan in Terraform's JSON format.
    pub fn plan_json(&self, plan: &Plan, providers: &Providers) -> Result<String, Diagnostics> {
        Ok(format!("{}\n", json::plan(plan, providers)?))
    }

    /// A state as text.
    pub fn state(&self, state: &State, providers: &Providers) -> Result<String, Diagnostics> {
        state::text(state, providers, self.reveal)
    }

    /// A state in Terraform's JSON format.
    pub fn state_json(&self, state: &State, providers: &Providers) -> Result<String, Diagnostics> {
        Ok(format!("{}\n", json::state(state, providers)?))
    }

    /// A value as the language writes it.
    pub fn value(&self, value: &Value) -> String {
        value::render(value, 0)
    }

    /// Says how an apply came out, with the outputs. `import` objects were imported.
    pub fn applied(&self, applied: &Applied, mode: Mode, import: usize) {
        let count = |doing| applied.done.get(&doing).copied().unwrap_or(0);
        let counts = Counts {
            add: count(Doing::Create),
            change: count(Doing::Update),
            destroy: count(Doing::Destroy),
            forget: count(Doing::Forget),
            import,
        };
        self.line(&machine::applied(mode, counts));
        if applied.complete {
            self.line(&machine::values(&applied.state.outputs));
        }
        if self.json {
            return;
        }
        self.say(&format!("\n{}", machine::came_out(mode, applied.complete, counts)));
        if applied.complete && mode != Mode::Destroy {
            self.outputs(&applied.state);
        }
    }

    fn outputs(&self, state: &State) {
        if state.outputs.is_empty() {
            return;
        }
        let mut text = "\nOutputs:\n\n".to_string();
        for (name, output) in &state.outputs {
            let value = match output.decode() {
                _ if output.sensitive && !self.reveal => "(sensitive value)".to_string(),
                Ok(value) if self.reveal => value::render(&value.unmark_deep().0, 0),
                Ok(value) => value::render(&value, 0),
                Err(error) => format!("(unreadable: {error})"),
            };
            text.push_str(&format!("{name} = {value}\n"));
        }
        self.data(&text);
    }

    /// Whether to ask at all: not where a program reads what is written.
    pub fn can_ask(&self) -> bool {
        !self.json
    }

    /// Asks, and gives the line answered, from the terminal or what else the input is; none when
    /// it has ended.
    pub fn ask(&self, question: &str) -> Option<String> {
        let mut out = std::io::stderr().lock();
        out.write_all(question.as_bytes()).and_then(|()| out.flush()).ok()?;
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim_end().to_string())
    }

    /// The same for an answer that nobody should see: a terminal does not show it.
    pub fn ask_secret(&self, question: &str) -> Option<String> {
        use std::io::IsTerminal as _;
        if !std::io::stdin().is_terminal() {
            return self.ask(question);
        }
        rpassword::prompt_password(question).ok().map(|answer| answer.trim_end().to_string())
    }
}

/// How wide the terminal is: the variable `COLUMNS` says it, or the terminal itself.
fn width(live: bool) -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|it| it.trim().parse().ok());
    let asked = || console::Term::stderr().size_checked().map(|(_, columns)| columns.into());
    said.or_else(|| asked().filter(|_| live)).filter(|it| *it > 0)
}
