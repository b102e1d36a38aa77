//! How problems are told.

use clap::{ArgAction, Args};

use crate::command::arguments::Arguments;
use crate::ui::{Gathering, Ui};

/// How problems are told.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct TellingArguments {
    /// Tell each warning in one line where there are no errors.
    #[arg(long, global = true)]
    pub compact_warnings: bool,
    /// Tell warnings of one kind once, wherever they are; with `=false`, each by itself. Without it,
    /// the same warning of several instances is told once.
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, action = ArgAction::Set, default_missing_value = "true", value_name = "BOOL")]
    pub consolidate_warnings: Option<bool>,
    /// The same for errors.
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, action = ArgAction::Set, default_missing_value = "true", value_name = "BOOL")]
    pub consolidate_errors: Option<bool>,
}

impl Arguments {
    /// What writes to the terminal as the flags say.
    pub fn ui(&self) -> Ui {
        let gathering = |said: Option<bool>| match said {
            None => Gathering::default(),
            Some(true) => Gathering::Summary,
            Some(false) => Gathering::Never,
        };
        let mut ui = Ui::new(self.no_color);
        ui.errors = gathering(self.telling.consolidate_errors);
        ui.warnings = gathering(self.telling.consolidate_warnings);
        ui.compact = self.telling.compact_warnings;
        ui
    }
}
