//! The one integration test binary: the program, and the worlds it is tried on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "nothing is outside of a test binary")]
#![allow(dead_code, reason = "not every helper has a user at any time")]

mod modules;
mod network;
mod stack;
mod support;
mod worlds;
