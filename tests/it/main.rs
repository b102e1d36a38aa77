//! The one integration test binary: the program, and the worlds it is tried on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "what is shared is public to the other modules")]
#![allow(dead_code, reason = "not every helper has a user at any time")]

mod backends;
mod balancing;
mod blocks;
mod command_line;
mod commands;
mod community;
mod containers;
mod ephemeral;
mod explained;
mod format;
mod functions;
mod identity;
mod kept;
mod late_providers;
mod lifecycle;
mod machine;
mod modules;
mod network;
mod order;
mod places;
mod planning;
mod provisioners;
mod references;
mod refused;
mod registry;
mod run_modules;
mod runs;
mod several_providers;
mod sources;
mod stack;
mod strict;
mod support;
mod targets;
mod testing;
mod told;
mod utility;
mod validated;
mod variables;
mod wire;
mod workspaces;
mod worlds;
