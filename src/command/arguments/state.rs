//! `terrace state`

use std::path::PathBuf;

use clap::Subcommand;

use super::StateArguments;

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
        state: StateArguments,
    },
    /// Show one object as state has it.
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// The address of an instance.
        address: String,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        state: StateArguments,
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
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        state: StateArguments,
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
        state: StateArguments,
    },
    /// Print the state file.
    Pull {
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        state: StateArguments,
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
        state: StateArguments,
    },
}
