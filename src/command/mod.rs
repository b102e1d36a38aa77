//! The commands: each reads its arguments, calls what does the work, and says what came of it.

mod apply;
pub mod arguments;
mod backend;
mod console;
mod deprecation;
mod fmt;
mod generate;
mod graph;
mod import;
mod init;
mod login;
mod metadata;
mod output;
mod place;
mod plan;
mod planning;
mod progress;
mod providers;
mod resolver;
mod sandbox;
mod show;
mod stack;
mod state;
mod taint;
mod testing;
mod unlock;
mod validate;
mod version;
mod wanted;
mod words;
mod workspace;
mod world;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use clap::error::ErrorKind as ClapKind;

use tokio::signal::unix::{SignalKind, signal};

use crate::apply::Stop;
use crate::command::arguments::{Arguments, Command, Form};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ui::Ui;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well: 0.
    Success,
    /// Something failed: 1.
    Failure,
    /// All went well and there are changes, with `-detailed-exitcode`: 2.
    Changes,
    /// Files could not be formatted: 2.
    Unreadable,
    /// Files are not in canonical form: 3.
    Unformatted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        match exit {
            Exit::Success => ExitCode::SUCCESS,
            Exit::Failure => ExitCode::from(1),
            Exit::Changes | Exit::Unreadable => ExitCode::from(2),
            Exit::Unformatted => ExitCode::from(3),
        }
    }
}

/// Runs what the command line says.
pub fn main(arguments: impl Iterator<Item = String>) -> Exit {
    let environment = |name: &str| std::env::var(name).ok();
    let words = match words::prepared(arguments, &environment) {
        Ok(words) => words,
        Err(problems) => {
            Ui::new(false).diagnostics(&problems);
            return Exit::Failure;
        }
    };
    let parsed = match Arguments::try_parse_from(words) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    let form = parsed.command.form();
    let mut ui = parsed.ui().json(form == Form::Lines(true));
    let entered = parsed.chdir.as_ref().map_or(Ok(()), |folder| enter(folder, "Invalid -chdir"));
    let outcome = entered.and_then(|()| {
        ui = into(&ui, form, parsed.json_into.as_deref())?;
        run(&ui, parsed.command)
    });
    outcome.unwrap_or_else(|problems| {
        ui.diagnostics(&problems);
        Exit::Failure
    })
}

/// The same with a file for JSON besides, if one is named.
fn into(ui: &Ui, form: Form, file: Option<&Path>) -> Result<Ui, Diagnostics> {
    let refused = |detail: String| Diagnostic::error("Invalid -json-into", detail);
    let ui = match (form, file) {
        (_, None) => ui.clone(),
        (Form::Text, Some(_)) => {
            return Err(refused("This command tells nothing in JSON.".into()).into());
        }
        (Form::Lines(true) | Form::Document(true), Some(_)) => {
            let detail = "With -json, JSON is printed already: the two exclude each other.";
            return Err(refused(detail.into()).into());
        }
        (_, Some(path)) => {
            let ui = ui.clone().json_into(path, form == Form::Lines(false));
            ui.map_err(|error| refused(format!("{} cannot be written: {error}.", path.display())))?
        }
    };
    if let Form::Lines(_) = form {
        ui.begin();
    }
    Ok(ui)
}

/// Help goes to stdout and succeeds; a mistake goes to stderr and fails.
fn usage(error: &clap::Error) -> Exit {
    let ui = Ui::new(false);
    let text = error.render().to_string();
    match error.kind() {
        ClapKind::DisplayHelp | ClapKind::DisplayVersion => {
            ui.data(&text);
            Exit::Success
        }
        _ => {
            ui.status(text.trim_end());
            Exit::Failure
        }
    }
}

/// Works in another folder from here on.
fn enter(folder: &std::path::Path, summary: &str) -> Result<(), Diagnostics> {
    std::env::set_current_dir(folder).map_err(|error| {
        let detail = format!("{} cannot be entered: {error}.", folder.display());
        Diagnostic::error(summary, detail).into()
    })
}

fn run(ui: &Ui, command: Command) -> Result<Exit, Diagnostics> {
    match command {
        Command::Init(arguments) => init::run(ui, &arguments),
        Command::Get(arguments) => init::get(ui, &arguments),
        Command::Validate(arguments) => validate::run(ui, &arguments),
        Command::Plan(arguments) => wait(plan::run(ui, &arguments)),
        Command::Apply(arguments) => wait(apply::run(ui, &arguments, false)),
        Command::Destroy(arguments) => wait(apply::run(ui, &arguments, true)),
        Command::Refresh(arguments) => wait(apply::refresh(ui, &arguments)),
        Command::Show(arguments) => show::run(ui, &arguments),
        Command::Output(arguments) => output::run(ui, &arguments),
        Command::State(command) => state::run(ui, &command),
        Command::Taint(arguments) => taint::run(ui, &arguments, true),
        Command::Untaint(arguments) => taint::run(ui, &arguments, false),
        Command::Import(arguments) => wait(import::run(ui, &arguments)),
        Command::Graph(arguments) => graph::run(ui, &arguments),
        Command::ForceUnlock(arguments) => unlock::run(ui, &arguments),
        Command::Fmt(arguments) => fmt::run(ui, &arguments),
        Command::Console(arguments) => console::run(ui, &arguments),
        Command::Metadata(command) => metadata::run(ui, &command),
        Command::Providers(arguments) => providers::run(ui, &arguments),
        Command::Version(arguments) => version::run(ui, &arguments),
        Command::Test(arguments) => wait(testing::run(ui, &arguments)),
        Command::Workspace(command) => workspace::run(ui, &command),
        Command::Login(arguments) => login::login(&arguments),
        Command::Logout(arguments) => login::logout(&arguments),
        Command::Sandbox(command) => sandbox::run(ui, &command),
    }
}

/// Runs what waits for AWS.
fn wait<T>(work: impl Future<Output = Result<T, Diagnostics>>) -> Result<T, Diagnostics> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Diagnostic::error("terrace cannot start", format!("No threads can be made: {error}."))
    })?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

/// Asks the run to stop at the first interrupt, hangup or request to end; at a second interrupt or
/// request, leaves at once. A terminal that goes away may say so twice.
fn stop_on_interrupt(ui: &Ui) -> Stop {
    let first = "\nStopping: calls under way are finished, nothing new is started.";
    stop_with_words(ui, first, || None)
}

/// The same with what is said at the first interrupt, and at the second.
fn stop_with_words(
    ui: &Ui,
    first: &'static str,
    last: impl Fn() -> Option<String> + Send + 'static,
) -> Stop {
    let stop = Stop::default();
    let (asked, ui) = (stop.clone(), ui.clone());
    tokio::spawn(async move {
        let heard = tokio::select! {
            heard = interrupted() => heard,
            heard = hung_up() => heard,
        };
        if heard.is_err() {
            return;
        }
        ui.status(first);
        asked.request();
        if interrupted().await.is_ok() {
            asked.end_children();
            last().iter().for_each(|words| ui.status(words));
            std::process::exit(1);
        }
    });
    stop
}

/// Waits for the user's interrupt, or for the signal with which CI systems end a job.
async fn interrupted() -> std::io::Result<()> {
    let mut end = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = end.recv() => Ok(()),
        _ = quit.recv() => Ok(()),
    }
}

/// Waits for the terminal to go away, unless `nohup` has seen to it that this is of no importance.
async fn hung_up() -> std::io::Result<()> {
    if !heeds_hangup() {
        return std::future::pending().await;
    }
    signal(SignalKind::hangup())?.recv().await;
    Ok(())
}

/// Whether a hangup would end terrace. To listen for it where that is not known would undo `nohup`.
fn heeds_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|it| it.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    // The first signal of the mask is SIGHUP.
    ignored.is_some_and(|it| it & 1 == 0)
}

/// Now, RFC 3339 in UTC.
fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

/// Writes a file that only its owner can read: plans and states may hold secrets.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let options =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
