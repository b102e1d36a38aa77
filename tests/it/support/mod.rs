//! What the integration tests share.

pub mod census;
pub mod engine;
pub mod host;
pub mod moto;
pub mod stack;
pub mod terrace;
