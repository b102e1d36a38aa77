//! `terrace workspace`

use std::path::PathBuf;

use clap::Subcommand;

use super::{LockArguments, VariableArguments};

/// `terrace workspace …`
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// List the workspaces; a star marks the one in use.
    List {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        variables: VariableArguments,
    },
    /// Create a workspace and use it from now on.
    New {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// Its name.
        name: String,
        /// Start with a copy of this state file.
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        locking: LockArguments,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        variables: VariableArguments,
    },
    /// Use another workspace from now on.
    Select {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// Its name.
        name: String,
        /// Create it when it is not there.
        #[arg(long)]
        or_create: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        variables: VariableArguments,
    },
    /// Delete a workspace whose state is empty.
    Delete {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
        /// Its name.
        name: String,
        /// Even when its state has objects; they are left as they are, and nobody manages them.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        locking: LockArguments,
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        variables: VariableArguments,
    },
    /// Print the name of the workspace in use.
    Show {
        #[command(flatten)]
        #[allow(missing_docs, reason = "documented at the type")]
        variables: VariableArguments,
    },
}
