//! `terrace test`

use std::path::PathBuf;

use clap::Args;

use super::{VariableArguments, WorldArguments};

/// `terrace test`
#[derive(Debug, Args)]
pub struct TestArguments {
    /// Run only this file. Can be repeated.
    #[arg(long, value_name = "FILE")]
    pub filter: Vec<PathBuf>,
    /// Look for files of tests in this folder too.
    #[arg(long, value_name = "FOLDER", default_value = "tests")]
    pub test_directory: PathBuf,
    /// Accepted, as OpenTofu does.
    #[arg(hide = true)]
    pub ignored: Vec<String>,
    /// Show the plan or the state of each run.
    #[arg(long)]
    pub verbose: bool,
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    /// Also write a report in the format of JUnit to this file.
    #[arg(long, value_name = "FILE")]
    pub junit_xml: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub world: WorldArguments,
}
