//! What can be checked of a whole configuration without evaluating anything.

mod calls;
mod providers;
mod references;
mod removed;

#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostics;
use crate::language::config::Configuration;

pub use providers::{Route, normal_source, provider_of, provider_source, provider_through};
pub use references::check_expression;

/// Checks every module: references, inputs of module calls, provider configurations.
pub fn validate(configuration: &Configuration) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in configuration.modules.values() {
        diagnostics.extend(references::check(configuration, module));
        diagnostics.extend(calls::check(configuration, module));
        diagnostics.extend(providers::check(configuration, module));
        diagnostics.extend(removed::check(configuration, module));
    }
    diagnostics
}
