//! Shows what an apply is doing: one live line per object on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::apply::{Doing, Event, Reporter};
use crate::state::Place;
use crate::ui::Ui;

/// Shows events.
pub struct Progress {
    ui: Ui,
    live: MultiProgress,
    lines: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Progress {
    /// Live lines on a terminal, plain lines elsewhere, JSON lines with `-json`.
    pub fn new(ui: &Ui) -> Progress {
        Progress { ui: ui.clone(), live: MultiProgress::new(), lines: Mutex::default() }
    }

    fn say(&self, text: &str) {
        if self.ui.live {
            // a terminal that has gone away is not worth a word
            drop(self.live.println(text));
        } else {
            self.ui.status(text);
        }
    }

    fn start(&self, place: &Place, doing: Doing) {
        let text = format!("{place}: {} …", present(doing));
        if !self.ui.live {
            return self.ui.status(&text);
        }
        let line = self.live.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            line.set_style(style);
        }
        line.set_message(text);
        line.enable_steady_tick(Duration::from_millis(200));
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).insert(place.to_string(), line);
    }

    fn waiting(&self, place: &Place, why: &str) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.get(&place.to_string()) {
            Some(line) => line.set_message(format!("{place}: {why}")),
            None => self.ui.status(&format!("{place}: {why}")),
        }
    }

    fn end(&self, place: &Place, text: &str) {
        let line =
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).remove(&place.to_string());
        if let Some(line) = line {
            line.finish_and_clear();
        }
        self.say(text);
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Started { place, doing, .. } => self.start(place, *doing),
            Event::Made { .. } => {}
            Event::Waiting { place, why } => self.waiting(place, why),
            Event::Finished { place, doing, id, elapsed } => {
                let id = id.as_ref().map(|id| format!(" [id={id}]")).unwrap_or_default();
                let text = format!("{place}: {} after {}{id}", past(*doing), seconds(*elapsed));
                self.end(place, &text);
            }
            Event::Failed { place, doing, error, elapsed } => {
                let text = format!(
                    "{place}: {} failed after {}: {error}",
                    noun(*doing),
                    seconds(*elapsed)
                );
                self.end(place, &text);
            }
            Event::Abandoned { place, doing } => {
                self.end(place, &format!("{place}: {} left for the next run", noun(*doing)));
            }
            Event::Skipped { place, doing, because } => {
                self.say(&format!("{place}: {} skipped, because {because} failed", noun(*doing)));
            }
            Event::Stopping => {}
        }
    }
}

impl Reporter for Progress {
    fn event(&self, event: Event) {
        if self.ui.json {
            if let Some(line) = super::machine::event(&event) {
                self.ui.data(&format!("{line}\n"));
            }
            return;
        }
        self.show(&event);
    }
}

pub(super) fn present(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "creating",
        Doing::Update => "updating",
        Doing::Destroy => "destroying",
        Doing::Read => "reading",
        Doing::Forget => "forgetting",
        Doing::Recover => "finding out what became of it",
    }
}

pub(super) fn past(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "created",
        Doing::Update => "updated",
        Doing::Destroy => "destroyed",
        Doing::Read => "read",
        Doing::Forget => "forgotten",
        Doing::Recover => "settled",
    }
}

fn noun(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "creation",
        Doing::Update => "update",
        Doing::Destroy => "destruction",
        Doing::Read => "reading",
        Doing::Forget => "forgetting",
        Doing::Recover => "settling",
    }
}

fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0 => format!("{} ms", elapsed.as_millis()),
        seconds if seconds < 60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
