//! All that is written to the terminal: data to stdout, everything else to stderr.

mod diagnostics;

use std::io::{IsTerminal as _, Write as _};

use crate::diagnostic::Diagnostics;

/// Where and how to write.
#[derive(Clone, Debug)]
pub struct Ui {
    /// Whether to use colours on stderr and stdout.
    pub colour: bool,
    /// Whether stderr is a terminal, so that lines can be rewritten.
    pub live: bool,
    /// Whether everything is written as JSON lines to stdout.
    pub json: bool,
}

impl Ui {
    /// What fits the terminal, the flag `-no-color`, and the variable `NO_COLOR`.
    pub fn new(no_color: bool) -> Ui {
        let live = std::io::stderr().is_terminal();
        let wanted = !no_color && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
        Ui { colour: wanted && live && std::io::stdout().is_terminal(), live, json: false }
    }

    /// The same, writing JSON lines.
    pub fn json(self, json: bool) -> Ui {
        Ui { json, colour: self.colour && !json, live: self.live && !json }
    }

    /// Writes what was asked for. A reader that has gone away is not an error.
    pub fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        drop(written);
    }

    /// Writes a line about what is going on.
    pub fn status(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let written = writeln!(out, "{text}");
        drop(written);
    }

    /// Writes diagnostics, each with its source.
    pub fn diagnostics(&self, diagnostics: &Diagnostics) {
        for diagnostic in &diagnostics.0 {
            if self.json {
                self.data(&format!("{}\n", diagnostics::json_line(diagnostic)));
            } else {
                self.status(&diagnostics::render(diagnostic, self.colour));
            }
        }
    }
}
