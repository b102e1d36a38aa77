//! The one integration test binary: the program, and the worlds it is tried on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(dead_code, reason = "not every helper has a user at any time")]

mod modules;
mod network;
mod support;
mod worlds;
