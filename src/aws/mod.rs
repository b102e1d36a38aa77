//! The AWS provider: names, shapes and defaults of the AWS provider 6.x.

pub mod client;
pub mod resource;
pub mod tags;
