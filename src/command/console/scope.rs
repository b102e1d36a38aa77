//! What expressions at the console see.

use std::path::Path;

use crate::address::Key;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::Reference;
use crate::language::scope::Scope;
use crate::plan::ModuleScope;
use crate::provider::ProviderFunction;
use crate::value::{Marks, Value};

/// The scope of the root module, with what only the console has.
pub(super) struct ConsoleScope<'a>(pub(super) ModuleScope<'a>);

impl Scope for ConsoleScope<'_> {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        match reference {
            // Nothing is applied, although functions give values as if it were.
            Reference::Applying => Ok(Value::Bool(false).mark(Marks::EPHEMERAL)),
            _ => self.0.get(reference, span),
        }
    }

    fn output(
        &self,
        call: &str,
        key: Option<&Key>,
        output: &str,
        span: &Span,
    ) -> Option<Result<Value, Box<Diagnostic>>> {
        self.0.output(call, key, output, span)
    }

    fn provider_functions(
        &self,
        provider: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        self.0.provider_functions(provider, span)
    }

    fn pure(&self) -> bool {
        self.0.pure()
    }

    fn plan_time(&self) -> Option<time::OffsetDateTime> {
        self.0.plan_time()
    }

    fn console(&self) -> bool {
        true
    }

    fn folder(&self) -> &Path {
        self.0.folder()
    }
}
