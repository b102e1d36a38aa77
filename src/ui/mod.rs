//! All that is written to the terminal: data to stdout, everything else to stderr.

mod configuration_json;
mod diagnostic_json;
pub mod diagnostics;
mod difference;
mod functions_json;
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

use std::io::{IsTerminal as _, Write as _};

use serde_json::Value as Json;

pub use diagnostic_json::validation;
pub use functions_json::functions_json;
pub use schema_json::schema_json;

use crate::apply::{Applied, Doing};
use crate::diagnostic::Diagnostics;
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
}

impl Ui {
    /// What fits the terminal, the flag `-no-color`, and the variable `NO_COLOR`.
    pub fn new(no_color: bool) -> Ui {
        let live = std::io::stderr().is_terminal();
        let wanted = !no_color && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
        let colour = wanted && live && std::io::stdout().is_terminal();
        Ui { colour, live, json: false, reveal: false }
    }

    /// The same, writing JSON lines.
    pub fn json(self, json: bool) -> Ui {
        Ui { json, colour: self.colour && !json, live: self.live && !json, ..self }
    }

    /// The same, showing what is sensitive if `reveal` is true.
    pub fn revealing(self, reveal: bool) -> Ui {
        Ui { reveal, ..self }
    }

    /// Writes what was asked for. A reader that has gone away is not an error.
    pub fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        drop(written);
    }

    /// Says which program it is, to those who read JSON lines.
    pub fn begin(&self) {
        if self.json {
            self.data(&format!("{}\n", machine::version()));
        }
    }

    /// Writes a line about what is going on.
    pub fn status(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let written = writeln!(out, "{text}");
        drop(written);
    }

    /// Writes a line about what is going on, for those who read JSON lines as well.
    pub fn note(&self, text: &str) {
        match self.json {
            true => self.data(&format!("{}\n", machine::line("info", "log", text, Json::Null))),
            false => self.status(text),
        }
    }

    /// Writes diagnostics, each with its source.
    pub fn diagnostics(&self, diagnostics: &Diagnostics) {
        for diagnostic in &diagnostics.0 {
            if self.json {
                self.data(&format!("{}\n", diagnostic_json::line(diagnostic)));
            } else {
                self.status(&diagnostics::render(diagnostic, self.colour));
            }
        }
    }

    /// Shows a plan.
    pub fn plan(&self, plan: &Plan, providers: &Providers) {
        if self.json {
            machine::plan(plan).iter().for_each(|line| self.data(&format!("{line}\n")));
        } else {
            self.data(&self.plan_text(plan, providers));
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
        if self.json {
            self.data(&format!("{}\n", machine::applied(mode, counts)));
            if applied.complete {
                self.data(&format!("{}\n", machine::values(&applied.state.outputs)));
            }
            return;
        }
        self.status(&format!("\n{}", machine::came_out(mode, applied.complete, counts)));
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
