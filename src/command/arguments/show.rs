//! The commands that look at things: `show`, `output`, `graph`, `providers`, `version`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::VariableArguments;

/// `terrace show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// A saved plan or a state file; the state of this folder when not given.
    #[arg(conflicts_with_all = ["plan", "state", "config", "module"])]
    pub file: Option<PathBuf>,
    /// Print JSON in Terraform's format.
    #[arg(long)]
    pub json: bool,
    /// Show this saved plan.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["state", "config", "module"])]
    pub plan: Option<PathBuf>,
    /// Show the state; with `=FILE`, the one in that file.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with_all = ["config", "module"])]
    pub state: Option<Option<PathBuf>>,
    /// Show the configuration of this folder. Needs -json.
    #[arg(long, requires = "json", conflicts_with = "module")]
    pub config: bool,
    /// Show the module in a folder, without the modules that it calls. Needs -json.
    #[arg(long, value_name = "FOLDER", requires = "json")]
    pub module: Option<PathBuf>,
    /// Show what is sensitive.
    #[arg(long)]
    pub show_sensitive: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// `terrace output`
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// The output to show; all when not given.
    pub name: Option<String>,
    /// Print JSON; sensitive values included.
    #[arg(long)]
    pub json: bool,
    /// Print a string, number or bool as it is, without quotes.
    #[arg(long, conflicts_with = "json", requires = "name")]
    pub raw: bool,
    /// Show what is sensitive.
    #[arg(long)]
    pub show_sensitive: bool,
    /// Use this state file instead of the one the configuration names.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// `terrace graph`
#[derive(Debug, Args)]
pub struct GraphArguments {
    /// A saved plan: show the steps that apply would run.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Show the order of this work; `apply` needs a saved plan, and is shown when there is one.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<GraphType>,
    /// Accepted for scripts: a configuration with a cycle is refused, naming it.
    #[arg(long)]
    pub draw_cycles: bool,
    /// Accepted for scripts.
    #[arg(long, hide = true)]
    pub verbose: bool,
    /// Accepted for scripts.
    #[arg(long, hide = true, allow_negative_numbers = true)]
    pub module_depth: Option<i64>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// Of which work the order is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphType {
    /// Planning: what is needed comes first.
    Plan,
    /// The same when only refreshing.
    PlanRefreshOnly,
    /// Destroying: what needs others comes first.
    PlanDestroy,
    /// The steps of a saved plan.
    Apply,
}

/// `terrace providers`
#[derive(Debug, Args)]
pub struct ProvidersArguments {
    /// `schema` prints the schemas.
    #[command(subcommand)]
    pub command: Option<ProvidersCommand>,
    /// Accepted for scripts: providers of files of tests are part of terrace too.
    #[arg(long, value_name = "FOLDER", default_value = "tests")]
    pub test_directory: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// `terrace providers schema` and its siblings
#[derive(Debug, Subcommand)]
pub enum ProvidersCommand {
    /// Print the schemas of all providers in Terraform's JSON format.
    Schema {
        /// Print JSON; the only format there is.
        #[arg(long, required = true)]
        json: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        variables: VariableArguments,
    },
    /// Accepted for scripts: providers are part of terrace, so there is nothing to lock.
    Lock(LockedProviders),
    /// Refused: providers are part of terrace, so there is nothing to mirror.
    Mirror(MirroredProviders),
}

/// `terrace providers lock`
#[derive(Debug, Args)]
pub struct LockedProviders {
    /// The providers.
    pub providers: Vec<String>,
    /// For which platforms. Can be repeated.
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Vec<String>,
    /// Where they would be found.
    #[arg(long, value_name = "FOLDER", conflicts_with = "net_mirror")]
    pub fs_mirror: Option<PathBuf>,
    /// Where they would be found.
    #[arg(long, value_name = "ADDRESS")]
    pub net_mirror: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// `terrace providers mirror`
#[derive(Debug, Args)]
pub struct MirroredProviders {
    /// Where they would be put.
    pub folder: PathBuf,
    /// For which platforms. Can be repeated.
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// `terrace version`
#[derive(Debug, Args)]
pub struct VersionArguments {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Accepted, as OpenTofu does.
    #[arg(hide = true)]
    pub ignored: Vec<String>,
}

/// `terrace login` and `terrace logout`
#[derive(Debug, Args)]
pub struct HostArguments {
    /// The host.
    pub host: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}
