//! Shares of capacity providers, of clusters and of services.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::CapacityProviderStrategyItem;

use crate::provider::Result;
use crate::schema;
use crate::schema::Check;

schema! {
    /// Share of a capacity provider.
    pub struct Strategy {
        /// Tasks that run on it before weights count.
        #[default(0)] #[check(Check::Between(0, 100000))] base: i64,
        /// Name of the provider.
        capacity_provider: String,
        /// Its share.
        #[default(0)] #[check(Check::Between(0, 1000))] weight: i64,
    }
}

/// Shares as the service takes them.
pub(super) fn to_sdk(shares: &BTreeSet<Strategy>) -> Result<Vec<CapacityProviderStrategyItem>> {
    let made = shares.iter().map(|it| {
        CapacityProviderStrategyItem::builder()
            .capacity_provider(&it.capacity_provider)
            .base(i32::try_from(it.base).unwrap_or_default())
            .weight(i32::try_from(it.weight).unwrap_or_default())
            .build()
    });
    Ok(made.collect::<std::result::Result<_, _>>()?)
}

/// A share as it is told.
pub(super) fn from_sdk(it: &CapacityProviderStrategyItem) -> Strategy {
    Strategy {
        base: i64::from(it.base),
        capacity_provider: it.capacity_provider.clone(),
        weight: i64::from(it.weight),
    }
}
