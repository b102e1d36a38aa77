//! Runs a command of the user, line by line of what it says, and leaves nothing of it behind when the
//! run is being stopped.

use std::io::{BufRead as _, BufReader, IsTerminal as _, PipeReader};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Stop;
use crate::plan::LocalCommand;

/// How long a command may take to end after it was interrupted.
const GRACE: Duration = Duration::from_secs(3);
/// How long what it left behind may still say something.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How much of the end of what it said is kept for the message of a failure.
const KEPT: usize = 8 * 1024;

/// How a command came out.
pub(super) struct Came {
    pub(super) status: ExitStatus,
    /// The end of what it said.
    pub(super) said: String,
    /// Whether it was interrupted.
    pub(super) interrupted: bool,
}

/// Processes that end together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processes {
    /// A group of their own.
    Group(Pid),
    /// One, in the group of terrace: the terminal interrupts it with terrace, and lets it ask there.
    One(Pid),
}

impl Processes {
    fn of(child: &Child, grouped: bool) -> Option<Processes> {
        let pid = Pid::from_raw(i32::try_from(child.id()?).ok()?)?;
        Some(if grouped { Processes::Group(pid) } else { Processes::One(pid) })
    }

    fn interrupt(self) {
        if let Processes::Group(group) = self {
            // What has ended by itself needs no signal.
            let _ = kill_process_group(group, Signal::INT);
        }
    }

    /// Ends them whatever they do.
    pub(super) fn kill(self) {
        // What has ended by itself needs no signal.
        let _ = match self {
            Processes::Group(group) => kill_process_group(group, Signal::KILL),
            Processes::One(process) => kill_process(process, Signal::KILL),
        };
    }
}

/// Runs a command to its end. When the run is being stopped it is interrupted, and killed if it does
/// not end soon.
pub(super) async fn run(
    command: &LocalCommand,
    stop: &Stop,
    mut tell: impl FnMut(&str),
) -> std::io::Result<Came> {
    let grouped = !std::io::stdin().is_terminal();
    let (mut child, reader) = start(command, grouped)?;
    let processes = Processes::of(&child, grouped);
    let _registered = processes.map(|it| stop.register(it));
    let mut lines = lines(reader);
    let mut said = Vec::new();
    let mut interrupted = false;
    let status = loop {
        tokio::select! {
            biased;
            line = lines.recv() => match line {
                Some(line) => take(&line, &mut said, &mut tell),
                // Nobody can say anything any more; what is left is the end of the command itself.
                None => tokio::select! {
                    status = child.wait() => break status?,
                    () = stop.requested() => {
                        interrupted = true;
                        break end(&mut child, processes).await?;
                    }
                },
            },
            () = stop.requested() => {
                interrupted = true;
                break end(&mut child, processes).await?;
            }
        }
    };
    while let Ok(Some(line)) = tokio::time::timeout(LAST_WORDS, lines.recv()).await {
        take(&line, &mut said, &mut tell);
    }
    let said = String::from_utf8_lossy(&said).trim().to_string();
    Ok(Came { status, said, interrupted })
}

fn start(command: &LocalCommand, grouped: bool) -> std::io::Result<(Child, PipeReader)> {
    let (reader, writer) = std::io::pipe()?;
    let mut words = command.words.iter();
    let mut process = Command::new(words.next().map(String::as_str).unwrap_or_default());
    process.args(words).envs(&command.environment).kill_on_drop(true);
    process.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    if let Some(folder) = &command.folder {
        process.current_dir(folder);
    }
    if grouped {
        process.process_group(0);
    }
    // The pipe ends with the processes that have it, so the description must not outlive this.
    Ok((process.spawn()?, reader))
}

/// Interrupts a command, and kills what has not ended in time.
async fn end(child: &mut Child, processes: Option<Processes>) -> std::io::Result<ExitStatus> {
    processes.iter().for_each(|it| it.interrupt());
    let ended = tokio::time::timeout(GRACE, child.wait()).await;
    // What the command started in the background does not hear of an interrupt.
    processes.iter().for_each(|it| it.kill());
    match ended {
        Ok(status) => status,
        Err(_) => child.wait().await,
    }
}

/// What comes out of a pipe, in lines; a thread of its own waits for it.
fn lines(reader: PipeReader) -> UnboundedReceiver<Vec<u8>> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        loop {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line);
            if !matches!(read, Ok(1..)) || sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn take(line: &[u8], said: &mut Vec<u8>, tell: &mut impl FnMut(&str)) {
    said.extend_from_slice(line);
    let surplus = said.len().saturating_sub(KEPT);
    said.drain(..surplus);
    for part in String::from_utf8_lossy(line).split(['\n', '\r']) {
        let part = part.trim_end();
        if !part.is_empty() {
            tell(part);
        }
    }
}
