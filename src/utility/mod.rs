//! Providers that call nobody.

pub mod terraform;
