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
    /// What each object was last said to wait for.
    told: Mutex<BTreeMap<String, String>>,
}

impl Progress {
    /// Live lines on a terminal, plain lines elsewhere, JSON lines with `-json`.
    pub fn new(ui: &Ui) -> Progress {
        let (lines, told) = (Mutex::default(), Mutex::default());
        Progress { ui: ui.clone(), live: MultiProgress::new(), lines, told }
    }

    fn say(&self, text: &str) {
        if self.ui.live {
            // a terminal that has gone away is not worth a word
            drop(self.live.println(text));
        } else {
            self.ui.say(text);
        }
    }

    fn start(&self, place: &Place, doing: Doing) {
        let text = format!("{place}: {} …", present(doing));
        if !self.ui.live {
            return self.ui.say(&text);
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
            None => self.ui.say(&format!("{place}: {why}")),
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

    /// Whether an event says what was said of the object just before.
    fn is_old(&self, event: &Event) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Waiting { place, why } => {
                told.insert(place.to_string(), why.clone()).is_some_and(|last| last == *why)
            }
            Event::Finished { place, .. }
            | Event::Failed { place, .. }
            | Event::Abandoned { place, .. } => {
                told.remove(&place.to_string());
                false
            }
            _ => false,
        }
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Started { place, doing, .. } => self.start(place, *doing),
            Event::Made { .. } => {}
            Event::Waiting { place, why } => self.waiting(place, why),
            Event::Provisioning { place, kind } => {
                self.say(&format!("{place}: provisioning with `{kind}` …"));
            }
            Event::ProvisionerSaid { place, kind, line } => {
                self.say(&format!("{place} ({kind}): {line}"));
            }
            Event::Provisioned { place, kind, failed: true } => {
                self.say(&format!("{place}: provisioning with `{kind}` failed"));
            }
            Event::Looking { .. } | Event::Looked { .. } | Event::Provisioned { .. } => {}
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
        if self.is_old(&event) {
            return;
        }
        if self.ui.has_lines() {
            super::machine::event(&event).iter().for_each(|line| self.ui.line(line));
        }
        if !self.ui.json {
            self.show(&event);
        }
    }
}

pub(super) fn present(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "creating",
        Doing::Update => "updating",
        Doing::Destroy => "destroying",
        Doing::Read => "reading",
        Doing::Forget => "forgetting",
        Doing::Open => "opening",
        Doing::Close => "closing",
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
        Doing::Open => "opened",
        Doing::Close => "closed",
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
        Doing::Open => "opening",
        Doing::Close => "closing",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_until_it_changes_or_the_work_is_over() {
        let progress = Progress::new(&Ui { live: false, ..Ui::new(true) });
        let place = |name: &str| Place { address: name.parse().unwrap(), deposed: None };
        let waiting = |name: &str, why: &str| {
            progress.is_old(&Event::Waiting { place: place(name), why: why.into() })
        };
        assert!(!waiting("aws_vpc.a", "x") && waiting("aws_vpc.a", "x"));
        assert!(!waiting("aws_vpc.b", "x") && !waiting("aws_vpc.a", "y"));
        assert!(!waiting("aws_vpc.a", "x"));
        let over = Event::Abandoned { place: place("aws_vpc.a"), doing: Doing::Create };
        assert!(!progress.is_old(&over) && !waiting("aws_vpc.a", "x"));
    }
}
