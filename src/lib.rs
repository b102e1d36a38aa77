//! # terrace
//!
//! Provisions ECS and EKS stacks from Terraform-language HCL: text becomes values, values a
//! dependency graph, the graph a plan that is compared with saved state, and the plan AWS calls.
//!
//! Modules stand in layer order: each uses only those above it. `aws`, `utility` and `sandbox` hang on
//! [`provider`] and what is above it; only `command` names them.
//!
//! Invariants:
//! - `value` to `plan` have no network, clock or randomness: the same inputs give the same plan.
//!   Data sources are read through [`provider`].
//! - [`language`] knows neither state nor plan.
//! - Only [`fetch`] gets modules from elsewhere, and only `command` asks it to.
//! - Unknown values never reach AWS code: planning works on schemas and values, apply decodes wholly
//!   known values into Rust types.
//! - The plan holds the graph that apply runs. Apply decides nothing new: it fills in unknowns and
//!   checks that they fit.
//! - Every mutating AWS call is journaled before it is sent; its id is journaled right after, before
//!   any waiting.
//! - Only `ui` writes to the terminal: data on stdout, the rest on stderr, readable without colour.
//! - Parsing and evaluation return `(T, Diagnostics)` and report everything wrong at once; `Result` is
//!   for what meets the outside world.

// vocabulary: plain data, no I/O
pub mod value;

pub mod address;
pub mod diagnostic;
pub mod duration;
pub mod schema;

pub mod provider;

// language: text to values
pub mod language;

// modules from elsewhere, for the language to read
pub mod fetch;

// core: decisions, pure
pub mod graph;
pub mod state;

pub mod plan;

// execution
pub mod apply;
pub mod refresh;

// providers
pub mod aws;
pub mod sandbox;
pub mod utility;

// front
pub mod command;
pub mod ui;
