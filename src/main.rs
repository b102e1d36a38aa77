//! The command-line tool.

use std::process::ExitCode;

fn main() -> ExitCode {
    terrace::command::main(std::env::args()).into()
}
