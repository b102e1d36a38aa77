//! Runs a command of the user, line by line of what it says, and leaves nothing of it behind when the
//! run is being stopped.

use std::io::{BufRead as _, BufReader, PipeReader, Read as _};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{Receiver, channel};

use super::Stop;
use crate::plan::LocalCommand;

/// How long a command may take to end after it was interrupted.
const GRACE: Duration = Duration::from_secs(3);
/// How long it may do so before it is asked to terminate, as one that was started in the background
/// of a script does not hear of interrupts.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(10);
/// How long what it left behind may still say something.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How much of the end of what it said is kept for the message of a failure.
const KEPT: usize = 8 * 1024;

/// The longest line, in bytes; what is longer comes in parts.
const LINE: u64 = 16 * 1024;
/// How many lines a command may be ahead of who tells them.
const AHEAD: usize = 64;

/// How a command came out.
pub(super) struct Came {
    pub(super) status: ExitStatus,
    /// The end of what it said.
    pub(super) said: String,
    /// Whether it was interrupted.
    pub(super) interrupted: bool,
}

/// The processes of a command: a group of their own, so that all of them can be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Processes(Pid);

impl Processes {
    fn of(child: &Child) -> std::io::Result<Processes> {
        let pid = child.id().and_then(|it| i32::try_from(it).ok()).and_then(Pid::from_raw);
        pid.map(Processes).ok_or_else(|| std::io::Error::other("it has no process id"))
    }

    fn signal(self, signal: Signal) {
        // What has ended by itself needs no signal.
        let _ = kill_process_group(self.0, signal);
    }

    /// Ends them whatever they do.
    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
    }

    /// Whether the command itself has ended. It is not waited for: until it is, no other process can
    /// get its id.
    fn is_over(self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.0), options), Ok(None))
    }

    /// Interrupts the command, then asks it to terminate, and kills what has not ended in time.
    async fn end(self) {
        let begin = Instant::now();
        self.signal(Signal::INT);
        self.over_by(begin + PATIENCE).await;
        if !self.is_over() {
            self.signal(Signal::TERM);
        }
        self.over_by(begin + GRACE).await;
        // What it started in the background may be there still.
        self.kill();
    }

    /// Waits for the end of the command, but not for ever.
    async fn over_by(self, given_up: Instant) {
        while !self.is_over() && Instant::now() < given_up {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Runs a command to its end. When the run is being stopped it is interrupted, and killed if it does
/// not end soon.
pub(super) async fn run(
    command: &LocalCommand,
    stop: &Stop,
    tell: impl FnMut(&str),
) -> std::io::Result<Came> {
    let (mut child, reader) = start(command)?;
    let processes = Processes::of(&child)?;
    let registered = stop.register(processes);
    let mut output = Output { lines: lines(reader), said: Vec::new(), tell };
    let ended = tokio::select! {
        biased;
        () = stop.requested() => None,
        status = output.until_end(&mut child) => Some(status),
    };
    let interrupted = ended.is_none();
    if interrupted {
        tokio::select! {
            () = processes.end() => {}
            // What cannot say its last words cannot end.
            () = output.forever() => {}
        }
    }
    drop(registered);
    let status = match ended {
        Some(status) => status?,
        None => child.wait().await?,
    };
    // Who has left the group may speak on; it is heard no more.
    let _ = tokio::time::timeout(LAST_WORDS, output.all()).await;
    let said = String::from_utf8_lossy(&output.said).trim().to_string();
    Ok(Came { status, said, interrupted })
}

fn start(command: &LocalCommand) -> std::io::Result<(Child, PipeReader)> {
    let (reader, writer) = std::io::pipe()?;
    let mut words = command.words.iter();
    let mut process = Command::new(words.next().map(String::as_str).unwrap_or_default());
    process.args(words).envs(&command.environment).kill_on_drop(true).process_group(0);
    process.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    if let Some(folder) = &command.folder {
        process.current_dir(folder);
    }
    // The pipe ends with the processes that have it, so the description must not outlive this.
    Ok((process.spawn()?, reader))
}

/// What comes out of a pipe, in lines; a thread of its own waits for it, and for who takes them.
fn lines(reader: PipeReader) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel(AHEAD);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        loop {
            let read = (&mut reader).take(LINE).read_until(b'\n', &mut line);
            if !matches!(read, Ok(1..)) {
                break;
            }
            let rest = line.split_off(line.len() - unfinished(&line));
            if sender.blocking_send(std::mem::replace(&mut line, rest)).is_err() {
                return;
            }
        }
        if !line.is_empty() {
            // Nobody listens any more when this fails.
            let _ = sender.blocking_send(line);
        }
    });
    receiver
}

/// How many bytes at the end are the beginning of a character.
fn unfinished(text: &[u8]) -> usize {
    let last = text.utf8_chunks().last().map_or(&[][..], |it| it.invalid());
    match std::str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => last.len(),
        _ => 0,
    }
}

/// What a command says.
struct Output<T> {
    lines: Receiver<Vec<u8>>,
    /// The end of what was said.
    said: Vec<u8>,
    tell: T,
}

impl<T: FnMut(&str)> Output<T> {
    /// Tells all, until nobody can say anything any more.
    async fn all(&mut self) {
        while let Some(line) = self.lines.recv().await {
            self.take(&line);
        }
    }

    async fn forever(&mut self) {
        self.all().await;
        std::future::pending().await
    }

    async fn until_end(&mut self, child: &mut Child) -> std::io::Result<ExitStatus> {
        self.all().await;
        child.wait().await
    }

    fn take(&mut self, line: &[u8]) {
        self.said.extend_from_slice(line);
        let surplus = self.said.len().saturating_sub(KEPT);
        self.said.drain(..surplus);
        for part in String::from_utf8_lossy(line).split(['\n', '\r']) {
            let part = part.trim_end();
            if !part.is_empty() {
                (self.tell)(part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn command(text: &str) -> LocalCommand {
        LocalCommand {
            words: ["/bin/sh", "-c", text].map(str::to_string).to_vec(),
            environment: Default::default(),
            folder: None,
            quiet: false,
            hidden: None,
        }
    }

    /// Runs a command that is told to stop at the first line that it says.
    async fn stopped(text: &str) -> Came {
        let stop = Stop::default();
        let command = command(text);
        let came = run(&command, &stop, |_| stop.request());
        tokio::time::timeout(Duration::from_secs(60), came).await.unwrap().unwrap()
    }

    /// Whether it was a signal that it could have heeded which ended a command.
    fn heeded(came: &Came) -> bool {
        let heeded = [Signal::INT, Signal::TERM].map(|it| Some(it.as_raw()));
        came.interrupted && heeded.contains(&came.status.signal())
    }

    #[tokio::test]
    async fn a_talkative_command_is_told_to_stop() {
        let came = stopped("while :; do echo and on and on; done").await;
        assert!(heeded(&came), "{:?}", came.status);
    }

    #[tokio::test]
    async fn what_heeds_no_interrupt_is_killed_while_it_talks() {
        let came = stopped("trap '' INT TERM; while :; do echo and on; done").await;
        assert!(came.interrupted);
        assert_eq!(came.status.signal(), Some(Signal::KILL.as_raw()));
    }

    #[tokio::test]
    async fn who_has_left_and_speaks_on_is_not_heard_for_ever() {
        let text = "setsid sh -c 'trap \"\" INT; while :; do echo on; sleep 0.01; done' & wait";
        let came = stopped(text).await;
        assert!(heeded(&came), "{:?}", came.status);
    }

    #[tokio::test]
    async fn last_words_are_heard_however_many() {
        let text = "trap 'yes word | head -c 1000000; echo; echo done; exit 3' INT TERM; echo; echo go; \
                    while :; do sleep 0.01; done";
        let came = stopped(text).await;
        assert_eq!(came.status.code(), Some(3));
        assert!(came.said.ends_with("done"), "{}", came.said.len());
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_parts() {
        let mut parts = Vec::new();
        let text = "printf x; yes é | head -n 100000 | tr -d '\\n'";
        let tell = |part: &str| parts.push(part.to_string());
        let came = run(&command(text), &Stop::default(), tell).await.unwrap();
        assert!(came.status.success() && !came.interrupted);
        assert!(came.said.len() <= KEPT);
        assert!(parts.len() > 1 && parts.iter().all(|it| it.len() as u64 <= LINE + 3));
        assert_eq!(parts.concat(), format!("x{}", "é".repeat(100_000)));
    }
}
