//! What the integration tests share.

pub mod moto;
pub mod terrace;
