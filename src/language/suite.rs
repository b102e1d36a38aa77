//! Finds the files of tests of a module, and reads them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::ModulePath;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::language::config::Configuration;
use crate::language::installed::Modules;
use crate::language::load::{Files, load_called, normalise};
use crate::language::module::{Run, TestFile, read_tests};
use crate::language::parse::{parse_json_tests, parse_tests};
use crate::value::Value;

/// What the names of files of tests end with. Of two that differ only in that, OpenTofu's own counts.
const ENDINGS: [(&str, &str); 2] =
    [(".tofutest.hcl", ".tftest.hcl"), (".tofutest.json", ".tftest.json")];

/// The files of tests in a module's folder and in the folder of tests below it, by path.
pub fn load_tests(
    root: &Path,
    directory: &Path,
    files: &dyn Files,
) -> (Vec<TestFile>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut paths = Vec::new();
    let mut folders = vec![normalise(root), normalise(&root.join(directory))];
    folders.dedup();
    for folder in folders {
        match files.list(&folder) {
            Ok(names) => paths.extend(tests(&names).map(|name| normalise(&folder.join(name)))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let detail = format!("{} cannot be read: {error}.", folder.display());
                diagnostics.push(Diagnostic::error("Unreadable folder", detail));
            }
        }
    }
    paths.sort();
    let found = paths.into_iter().filter_map(|path| read(path, files, &mut diagnostics));
    (found.collect(), diagnostics)
}

/// The names among these that are files of tests.
fn tests(names: &[String]) -> impl Iterator<Item = &String> {
    names.iter().filter(|name| {
        let hidden = name.starts_with('.');
        let own = ENDINGS.iter().any(|(own, _)| name.ends_with(own));
        let other = ENDINGS.iter().any(|(own, other)| {
            let stem = name.strip_suffix(other);
            stem.is_some_and(|stem| !names.contains(&format!("{stem}{own}")))
        });
        !hidden && (own || other)
    })
}

fn read(path: PathBuf, files: &dyn Files, diagnostics: &mut Diagnostics) -> Option<TestFile> {
    let text = files.read(&path).map_err(|error| {
        let detail = format!("{} cannot be read: {error}.", path.display());
        diagnostics.push(Diagnostic::error("Unreadable file", detail));
    });
    let source = Arc::new(Source { path: path.clone(), text: text.ok()? });
    let json = path.extension().is_some_and(|it| it == "json");
    let body = diagnostics.take(if json { parse_json_tests(source) } else { parse_tests(source) });
    Some(diagnostics.take(read_tests(path, body)))
}

/// The configuration of the module that a run of a file of tests is about. It is found where OpenTofu
/// looks for it, in case that it is in no local folder. The sources of the modules that it calls may
/// depend on variables that the run gives, as far as those are known `early`.
pub fn load_run(
    file: &Path,
    run: &Run,
    early: &BTreeMap<String, Value>,
    files: &dyn Files,
    modules: &mut dyn Modules,
) -> (Option<Configuration>, Diagnostics) {
    let Some(call) = &run.module else { return (None, Diagnostics::new()) };
    if call.source.is_empty() {
        let detail = "The source of a module that is run is written out.";
        let problem = Diagnostic::error("Invalid module source", detail).at(&call.source_span);
        return (None, problem.into());
    }
    let folders = file.parent().into_iter().flat_map(Path::components);
    let folders = folders.map(|it| it.as_os_str().to_string_lossy().into_owned());
    let name = file.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.strip_suffix(".tftest.hcl").unwrap_or(&name).to_string();
    let path = std::iter::once("test".to_string()).chain(folders).chain([stem]);
    load_called(&ModulePath(path.collect()), call, &|_| early.clone(), files, modules)
}
