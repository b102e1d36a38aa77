//! What the integration tests share.

pub mod engine;
pub mod moto;
pub mod stack;
pub mod terrace;
