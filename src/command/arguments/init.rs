//! `terrace init` and `terrace get`

use std::path::PathBuf;

use clap::Args;

use super::{LockArguments, VariableArguments};

/// `terrace init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    /// Fetch the newest modules that fit, whatever the lock file says.
    #[arg(long)]
    pub upgrade: bool,
    /// Fetch modules that are missing. `-get=false` uses those that have been fetched.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub get: bool,
    /// Look for files of tests in this folder too, to fetch the modules that they run.
    #[arg(long, value_name = "FOLDER", default_value = "tests")]
    pub test_directory: PathBuf,
    /// `readonly` fails rather than change the lock file.
    #[arg(long, value_name = "MODE", value_parser = ["readonly"], conflicts_with = "upgrade")]
    pub lockfile: Option<String>,
    /// Copy this module into the folder first, which must be empty.
    #[arg(long, value_name = "SOURCE")]
    pub from_module: Option<String>,
    /// Accepted for scripts: providers are part of terrace. Can be repeated.
    #[arg(long, value_name = "FOLDER")]
    pub plugin_dir: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub backend: BackendArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// Where the state is to be kept from now on.
#[derive(Clone, Debug, Args)]
pub struct BackendArguments {
    /// Take what the configuration says of the backend. `-backend=false` leaves what an earlier
    /// `init` recorded.
    #[arg(long, alias = "cloud", default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub backend: bool,
    /// An argument of the backend, as `path=there.tfstate`, or a file of such. Can be repeated.
    #[arg(long, value_name = "NAME=VALUE|FILE")]
    pub backend_config: Vec<String>,
    /// Take changed settings, and leave states where they are.
    #[arg(long, conflicts_with = "migrate_state")]
    pub reconfigure: bool,
    /// Take changed settings, and copy states to where these say.
    #[arg(long)]
    pub migrate_state: bool,
    /// The same without asking.
    #[arg(long)]
    pub force_copy: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub locking: LockArguments,
    /// Accepted for scripts: states are in files.
    #[arg(long, hide = true)]
    pub ignore_remote_version: bool,
}

/// `terrace get`
#[derive(Debug, Args)]
pub struct GetArguments {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    /// Fetch the newest modules that fit, whatever the lock file says.
    #[arg(long, alias = "upgrade")]
    pub update: bool,
    /// Look for files of tests in this folder too, to fetch the modules that they run.
    #[arg(long, value_name = "FOLDER", default_value = "tests")]
    pub test_directory: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}
