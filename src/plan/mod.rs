//! From configuration, state and schemas to a plan: pure but for reads through the provider.

mod behind;
mod checks;
mod connect;
mod data;
mod dependencies;
pub mod difference;
mod drift;
mod ephemeral;
mod evaluation;
mod expand;
pub mod file;
mod ignored;
mod import;
mod late;
mod limits;
mod managed;
mod memory;
mod model;
pub mod moves;
mod opening;
mod order;
mod origin;
mod orphans;
mod protect;
mod providers;
mod provision;
mod reconcile;
mod removed;
mod resolve;
mod scope;
mod stored;
mod traversals;
mod trigger;
mod validate;
mod walk;

pub use checks::{check_all, faults, kept_checks, stored_checks};
pub use connect::{connect, connect_one, out_of_sight};
pub use data::unread;
pub use dependencies::{Dependencies, Node, Read};
pub use difference::{Difference, difference, misfit};
pub use evaluation::Evaluation;
pub use expand::Expansion;
pub use import::{Wanted, imported, imports, wanted};
pub use late::Refresher;
pub use limits::Limits;
pub use model::{
    Action, Change, CheckResult, CheckStatus, Counts, Drift, Mode, OutputChange, Plan, ProviderKey,
    Reason, Schedule, Work,
};
pub use orphans::stored_value;
pub use providers::{Connections, Providers, full_source, instance_provider, provider_key};
pub use provision::{LocalCommand, local_command, provisioners};
pub use reconcile::reconcile;
pub use resolve::{
    evaluation_of, object_of, output, postconditions, preconditions, resolve, resolve_data,
    resolve_ephemeral,
};
pub use scope::ModuleScope;
pub use traversals::traversals_in;
pub use validate::validate;
pub use walk::{Request, plan};
