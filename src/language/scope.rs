//! What evaluation asks of its surroundings.

use std::path::Path;

use crate::address::Key;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::Reference;
use crate::provider::ProviderFunction;
use crate::value::Value;

/// Answers references. Implemented by whoever evaluates: for a module instance while planning or
/// applying, for a variable's validation, for the console.
pub trait Scope {
    /// The value of a reference that stands at `span`; never asked for
    /// [`Reference::Bound`] names, which the evaluator binds itself.
    ///
    /// The error says what is wrong with the reference; the evaluator adds nothing to it.
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>>;

    /// One output of a module call, of the instance with `key` if there is one, without evaluating
    /// the others: what `module.name.output` and `module.name[key].output` ask for first. `None`
    /// when the scope has no shortcut; then the whole of the module is asked for by `get`.
    fn output(
        &self,
        _call: &str,
        _key: Option<&Key>,
        _output: &str,
        _span: &Span,
    ) -> Option<Result<Value, Box<Diagnostic>>> {
        None
    }

    /// The functions of the provider that goes by a local name; the name of the call stands at `span`.
    fn provider_functions(
        &self,
        _provider: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        let detail = "Functions of providers cannot be called here.";
        Err(Box::new(Diagnostic::error("Function not available", detail).at(span)))
    }

    /// Whether functions that answer differently each time (`timestamp`, `uuid`, `bcrypt`) give
    /// unknown values, as they must until apply.
    fn pure(&self) -> bool {
        true
    }

    /// The time of the run, which is what `plantimestamp` says; none while validating.
    fn plan_time(&self) -> Option<time::OffsetDateTime> {
        None
    }

    /// Whether this is the console, which alone has the function `type`.
    fn console(&self) -> bool {
        false
    }

    /// The folder that functions such as `file` and `templatefile` resolve relative paths against:
    /// the working directory.
    fn folder(&self) -> &Path;
}
