//! Copies of whole modules, for `init -from-module`.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use super::{Fetcher, files};
use crate::address::ModulePath;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::fetch::error::FetchError;
use crate::language::config::{ModuleCall, Repetition};
use crate::language::installed::{Modules as _, Wanted};
use crate::language::source::{ModuleSource, shown};

impl Fetcher<'_> {
    /// Copies the files of a module into the root folder.
    pub fn copy(&mut self, address: &str) -> Result<(), Box<Diagnostic>> {
        let call = call(address);
        let source = ModuleSource::parse(address).map_err(|error| {
            let detail = format!("`{}` is no address of a module: {error}.", shown(address));
            Box::new(Diagnostic::error("Invalid -from-module", detail))
        })?;
        let folder = match &source {
            ModuleSource::Local(path) => self.root.join(path),
            _ => {
                let path = ModulePath::default().child(&call.name);
                self.folder(&Wanted { path, call: &call, source, version: None })?
            }
        };
        let copied = apart(&folder, &self.root)
            .and_then(|()| files::copy_if(&folder, &self.root, &is_of_module));
        copied.map_err(|error| Box::new(error.plain()))
    }
}

/// Whether a file belongs to a module, and not to the objects that somebody has made with it: a copy of
/// a state would be a second owner of them.
fn is_of_module(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let kept = name.contains(".tfstate") || name.ends_with(".journal");
    !kept && name != ".terraform" && name != ".terrace"
}

/// A folder is not copied into itself.
fn apart(folder: &Path, root: &Path) -> Result<(), FetchError> {
    let real = |path: &Path| path.canonicalize().map_err(|error| FetchError::file(path, &error));
    match real(root)?.starts_with(real(folder)?) {
        true => Err(FetchError::new("the module is a folder around the one it would be copied to")),
        false => Ok(()),
    }
}

/// A call of the module, as nothing calls it.
fn call(address: &str) -> ModuleCall {
    let source = Arc::new(Source { path: "-from-module".into(), text: shown(address) });
    let span = Span { range: 0..source.text.len(), source };
    ModuleCall {
        name: "from-module".into(),
        source: address.to_string(),
        source_span: span.clone(),
        source_expression: None,
        version: None,
        version_span: None,
        version_expression: None,
        repetition: Repetition::Single,
        providers: Vec::new(),
        depends_on: Vec::new(),
        inputs: Default::default(),
        span,
    }
}
