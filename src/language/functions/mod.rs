//! The functions of the configuration language.
//!
//! One table, [`functions`], says everything there is to say about each function; the evaluator
//! calls through [`call`], and documentation, suggestions and metadata read the same table.
//! Names, parameters and results are those of OpenTofu 1.12.

mod call;
mod collection;
mod conversion;
mod encoding;
mod file;
mod float;
mod format;
mod hash;
mod network;
mod number;
mod provided;
mod regex;
mod rsa;
mod sequence;
mod set;
mod string;
mod table;
mod time;
mod yaml;
mod yaml_write;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use ::time::OffsetDateTime;

use crate::diagnostic::Source;
use crate::value::{Fields, Value};

pub use call::call;
pub use provided::call_provided;
pub use table::{Function, Knowledge, Parameter, Returns, Shape};

/// What a function may know besides its arguments.
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    /// The folder that relative paths are resolved against.
    pub folder: &'a Path,
    /// Whether functions that answer differently each time give unknown values, as while planning.
    pub pure: bool,
    /// The time of the run, which is what `plantimestamp` says; none while validating.
    pub plan_time: Option<OffsetDateTime>,
    /// Whether this is the console, which alone has the function `type`.
    pub console: bool,
    /// How many `templatefile` calls this call stands inside of.
    pub depth: usize,
    /// Renders a template. Calls in it get a context with `depth` one higher. The error is a whole
    /// sentence without a final period.
    pub render: &'a Render<'a>,
}

/// Renders a template in which only the given names are bound.
pub type Render<'a> = dyn Fn(Arc<Source>, &Fields) -> Result<Value, String> + 'a;

/// Why a call failed, in words that stand on their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The argument that is to blame, if a single one is.
    pub argument: Option<usize>,
    /// What is wrong in a few words: `Invalid function argument`.
    pub summary: &'static str,
    /// The whole story in sentences.
    pub message: String,
}

static TABLE: LazyLock<HashMap<&'static str, Function>> = LazyLock::new(|| {
    let all = [
        collection::FUNCTIONS,
        conversion::FUNCTIONS,
        encoding::FUNCTIONS,
        file::FUNCTIONS,
        format::FUNCTIONS,
        hash::FUNCTIONS,
        network::FUNCTIONS,
        number::FUNCTIONS,
        regex::FUNCTIONS,
        rsa::FUNCTIONS,
        sequence::FUNCTIONS,
        set::FUNCTIONS,
        string::FUNCTIONS,
        time::FUNCTIONS,
        yaml::FUNCTIONS,
    ];
    all.into_iter().flatten().map(|function| (function.name, *function)).collect()
});

/// The function called `name`, which may begin with `core::`.
pub fn find(name: &str) -> Option<&'static Function> {
    TABLE.get(name.strip_prefix("core::").unwrap_or(name))
}

/// All functions, in order of their names.
pub fn functions() -> Vec<&'static Function> {
    let mut all: Vec<_> = TABLE.values().collect();
    all.sort_by_key(|function| function.name);
    all
}

/// The names of all functions, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    functions().into_iter().map(|function| function.name)
}

#[cfg(test)]
mod tests;
