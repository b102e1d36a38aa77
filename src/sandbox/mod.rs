//! An AWS inside the program, the weather over any AWS, and a record of what is called.

pub mod call;
#[cfg(test)]
mod fake;
pub mod fault;
pub mod trace;
pub mod weather;
