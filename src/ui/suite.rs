//! How tests came out: as text and as JSON lines.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Plan, Providers};
use crate::state::State;
use crate::ui::style::{Label, paint};
use crate::ui::{Ui, diagnostic_json, json, machine};

/// How a run or a file came out, from better to worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It was not run, because of what was wrong before it.
    Skip,
    /// All is as asserted.
    Pass,
    /// Something is not as asserted.
    Fail,
    /// It could not be carried out.
    Error,
}

/// One run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Its name.
    pub name: String,
    /// How it came out.
    pub status: Status,
    /// What there is to tell.
    pub diagnostics: Diagnostics,
    /// The plan or the state, when that is wanted.
    pub verbose: Option<Verbose>,
    /// How long it took.
    pub elapsed: Duration,
}

/// One file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Its path.
    pub path: String,
    /// Its runs.
    pub runs: Vec<RunReport>,
    /// What went wrong when what it had made was destroyed.
    pub cleanup: Diagnostics,
    /// What it left behind.
    pub left: Vec<Left>,
}

/// The plan or the state of a run.
#[derive(Clone, Debug)]
pub struct Verbose {
    /// For people.
    text: String,
    /// For programs: what it is, and its JSON.
    json: Option<(&'static str, Json)>,
}

/// An object that somebody has to destroy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The address of its instance.
    pub address: String,
    /// Its key, if it was replaced.
    pub deposed: Option<String>,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Whether it is not known what came of the last call about it.
    pub unsure: bool,
}

impl Left {
    pub(super) fn text(&self) -> String {
        let deposed = self.deposed.as_ref().map(|key| format!(" (deposed {key})"));
        let id = self.id.as_ref().map(|id| format!(" [id={id}]"));
        let unsure = if self.unsure { " (it is not known what came of the last call)" } else { "" };
        let (deposed, id) = (deposed.unwrap_or_default(), id.unwrap_or_default());
        format!("{}{deposed}{id}{unsure}", self.address)
    }

    fn json(&self) -> Json {
        let mut json = json!({ "instance": self.address });
        if let Some(key) = &self.deposed {
            json["deposed_key"] = json!(key);
        }
        json
    }
}

impl FileReport {
    /// How the file came out, cleaning up aside.
    pub fn status(&self) -> Status {
        self.runs.iter().map(|run| run.status).max().unwrap_or(Status::Pass).max(Status::Pass)
    }

    /// Whether all is well, cleaning up included.
    pub fn is_good(&self) -> bool {
        self.status() == Status::Pass && !self.cleanup.has_errors() && self.left.is_empty()
    }
}

impl Status {
    /// As people read it.
    fn word(self) -> &'static str {
        match self {
            Status::Skip => "skip",
            Status::Pass => "pass",
            Status::Fail | Status::Error => "fail",
        }
    }

    /// As programs read it.
    fn name(self) -> &'static str {
        if self == Status::Error { "error" } else { self.word() }
    }

    fn label(self) -> Label {
        match self {
            Status::Skip => Label::Faint,
            Status::Pass => Label::Add,
            Status::Fail | Status::Error => Label::Destroy,
        }
    }
}

/// How many runs came out how: passed, failed, not carried out, skipped.
pub(super) fn counts(files: &[FileReport]) -> [usize; 4] {
    let runs = || files.iter().flat_map(|file| &file.runs);
    [Status::Pass, Status::Fail, Status::Error, Status::Skip]
        .map(|status| runs().filter(|run| run.status == status).count())
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl Ui {
    /// Says which tests there are, to those who read JSON lines. A test is a file and its runs.
    pub fn suite(&self, files: &[(String, Vec<String>)]) {
        if !self.has_lines() {
            return;
        }
        let runs = files.iter().map(|(_, runs)| runs.len()).sum();
        let text =
            format!("Found {} and {}", plural(files.len(), "file"), plural(runs, "run block"));
        let all: Map<String, Json> =
            files.iter().map(|(path, runs)| (path.clone(), json!(runs))).collect();
        self.event("test_abstract", &text, json!({ "test_abstract": all }));
    }

    /// A plan, as a run of a test shows it.
    pub fn verbose_plan(&self, plan: &Plan, providers: &Providers) -> Result<Verbose, Diagnostics> {
        let json = || json::plan(plan, providers).map(|it| ("plan", it));
        let text = self.plan_text(plan, providers);
        Ok(Verbose { text, json: self.has_lines().then(json).transpose()? })
    }

    /// A state, as a run of a test shows it.
    pub fn verbose_state(
        &self,
        state: &State,
        providers: &Providers,
    ) -> Result<Verbose, Diagnostics> {
        let json = || json::state(state, providers).map(|it| ("state", it));
        let text = self.state(state, providers)?;
        Ok(Verbose { text, json: self.has_lines().then(json).transpose()? })
    }

    fn event(&self, kind: &str, text: &str, fields: Json) {
        self.line(&machine::line("info", kind, text, fields));
    }

    /// Says how a file came out, and its runs.
    pub fn tested(&self, file: &FileReport) {
        let status = file.status();
        let text = format!("{}... {}", file.path, status.word());
        let fields = json!({ "path": file.path, "status": status.name() });
        let fields = json!({ "@testfile": file.path, "test_file": fields });
        self.event("test_file", &text, fields);
        file.runs.iter().for_each(|run| self.run_event(file, run));
        if self.json {
            return;
        }
        self.data(&format!("{}... {}\n", file.path, self.painted(status)));
        for run in &file.runs {
            self.data(&format!("  run {:?}... {}\n", run.name, self.painted(run.status)));
            if let Some(verbose) = &run.verbose {
                self.data(&format!("\n{}\n\n", verbose.text.trim()));
            }
            self.explain(&run.diagnostics);
        }
    }

    fn painted(&self, status: Status) -> String {
        paint(status.word(), status.label(), self.colour)
    }

    fn run_event(&self, file: &FileReport, run: &RunReport) {
        let text = format!("  {:?}... {}", run.name, run.status.word());
        let fields = json!({ "path": file.path, "run": run.name, "status": run.status.name() });
        let fields = json!({ "@testfile": file.path, "@testrun": run.name, "test_run": fields });
        self.event("test_run", &text, fields);
        if let Some((what, json)) = run.verbose.as_ref().and_then(|it| it.json.as_ref()) {
            let mut fields = json!({ "@testfile": file.path, "@testrun": run.name });
            let kind = format!("test_{what}");
            fields[&kind] = json.clone();
            self.event(&kind, &format!("-verbose flag enabled, printing {what}"), fields);
        }
        for diagnostic in &run.diagnostics.0 {
            let place = json!({ "@testfile": file.path, "@testrun": run.name });
            self.placed(diagnostic, place);
        }
    }

    /// A diagnostic with where in the tests it came up.
    fn placed(&self, diagnostic: &Diagnostic, place: Json) {
        let mut line = diagnostic_json::line(diagnostic);
        if let (Json::Object(line), Json::Object(place)) = (&mut line, place) {
            line.extend(place);
        }
        self.line(&line);
    }

    /// Says what went wrong when what the tests of a file had made was destroyed.
    pub fn cleaned(&self, file: &FileReport) {
        if file.cleanup.is_empty() && file.left.is_empty() {
            return;
        }
        self.cleanup_events(file);
        if file.cleanup.has_errors() {
            self.say(&format!("\nWhat {} made could not all be destroyed.", file.path));
        }
        self.explain(&file.cleanup);
        if !file.left.is_empty() {
            self.say(&format!("What is left of {}:", file.path));
            file.left.iter().for_each(|it| self.say(&format!("  - {}", it.text())));
        }
    }

    fn cleanup_events(&self, file: &FileReport) {
        if !file.left.is_empty() {
            let left: Vec<Json> = file.left.iter().map(Left::json).collect();
            let text = format!("Not all that {} made is destroyed", file.path);
            let fields = json!({ "failed_resources": left });
            let fields = json!({ "@testfile": file.path, "test_cleanup": fields });
            self.line(&machine::line("error", "test_cleanup", &text, fields));
        }
        for diagnostic in &file.cleanup.0 {
            self.placed(diagnostic, json!({ "@testfile": file.path }));
        }
    }

    /// Says how all came out together.
    pub fn suite_result(&self, files: &[FileReport]) {
        let [passed, failed, errored, skipped] = counts(files);
        let good = files.iter().all(FileReport::is_good);
        let (word, label) =
            if good { ("Success!", Label::Add) } else { ("Failure!", Label::Destroy) };
        let skips = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        let numbers = format!("{passed} passed, {} failed{skips}.", failed + errored);
        let worst = files.iter().map(FileReport::status).max().unwrap_or(Status::Pass);
        let status = if good { worst } else { worst.max(Status::Fail) };
        let summary = json!({
            "status": status.name(), "passed": passed, "failed": failed, "errored": errored,
            "skipped": skipped,
        });
        self.event(
            "test_summary",
            &format!("{word} {numbers}"),
            json!({ "test_summary": summary }),
        );
        if !self.json {
            self.data(&format!("\n{} {numbers}\n", paint(word, label, self.colour)));
        }
    }
}
