//! Programs of this machine.

use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Runs a program in a folder, or in the current one, with an input, and gives what it says.
pub(super) async fn run(
    program: &str,
    arguments: impl Iterator<Item = &String>,
    folder: Option<&str>,
    input: &[u8],
) -> std::io::Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(folder) = folder.filter(|it| !it.is_empty()) {
        command.current_dir(folder);
    }
    let mut running = command.spawn()?;
    let pipe = running.stdin.take();
    let telling = async move {
        if let Some(mut pipe) = pipe {
            // A program that does not read what it is told is free not to.
            let _ = pipe.write_all(input).await;
        }
    };
    let (output, ()) = futures::join!(running.wait_with_output(), telling);
    output
}
