//! From configuration, state and schemas to a plan: pure but for reads through the provider.

mod model;

pub use model::{
    Action, Change, CheckResult, CheckStatus, Counts, Drift, Mode, OutputChange, Plan, ProviderKey,
    Reason, Schedule, Work,
};
