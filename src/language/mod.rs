//! The configuration language: text to values.
//!
//! Knows neither state nor plan: what a reference to a resource amounts to is asked of a
//! [`Scope`](scope::Scope), and the schemas of providers are given as arguments.

pub mod body;
pub mod config;
pub mod defaults;
pub mod evaluate;
pub mod format;
pub mod functions;
pub mod generate;
pub mod inputs;
pub mod installed;
pub mod load;
pub mod module;
mod overrides;
pub mod parse;
pub mod reference;
pub mod scope;
pub mod source;
pub mod suggest;
pub mod suite;
pub mod type_constraint;
pub mod validate;
pub mod version;
