//! The commands: each reads its arguments, calls what does the work, and says what came of it.

pub mod arguments;
