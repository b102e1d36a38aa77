//! The commands that work with a state and nothing else.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{StateArguments, VariableArguments};

/// Where the state is, which may depend on variables.
#[derive(Clone, Debug, Default, Args)]
pub struct StateAccess {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub state: StateArguments,
    /// Accepted for scripts: states are in files.
    #[arg(long, hide = true)]
    pub ignore_remote_version: bool,
}

/// `terrace state …`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List the addresses of what state has.
    List {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// Only these resources or modules.
        addresses: Vec<String>,
        /// Only objects with this id.
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
    /// Show one object as state has it.
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// The address of an instance.
        address: String,
        /// Show what is sensitive.
        #[arg(long)]
        show_sensitive: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
    /// Give objects another address, without touching them.
    Mv {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// What to move: an instance, a resource or a module.
        from: String,
        /// Its new address.
        to: String,
        /// Only show what would be moved.
        #[arg(long)]
        dry_run: bool,
        /// With -state-out: keep that state as it was in this file.
        #[arg(long, value_name = "FILE")]
        backup_out: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
    /// Forget objects, leaving them as they are.
    Rm {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// What to forget: instances, resources or modules.
        #[arg(required = true)]
        addresses: Vec<String>,
        /// Only show what would be forgotten.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
    /// Have another provider manage the objects of one.
    ReplaceProvider {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// The source of the provider that state has, such as `hashicorp/aws`.
        from: String,
        /// The source of the other.
        to: String,
        /// Do not ask for approval.
        #[arg(long)]
        auto_approve: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
    /// Print the state file.
    Pull {
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
    /// Replace the state by a file, or by standard input for `-`.
    Push {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// The file.
        file: PathBuf,
        /// Even when its lineage is another, or its serial is older.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        access: StateAccess,
    },
}

/// `terrace taint` and `terrace untaint`
#[derive(Debug, Args)]
pub struct TaintArguments {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    /// The instance, such as `aws_instance.web[0]`.
    pub address: String,
    /// Succeed also when state has no such instance.
    #[arg(long)]
    pub allow_missing: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub access: StateAccess,
}

/// `terrace force-unlock`
#[derive(Debug, Args)]
pub struct ForceUnlockArguments {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    /// The id of the lock, as the error says it.
    pub id: String,
    /// Do not ask.
    #[arg(long)]
    pub force: bool,
    /// Use this state file instead of the one the configuration names.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}
