//! Folders of configuration files to a [`Configuration`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::address::ModulePath;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Attribute, Block, Body, Configuration, Module, ModuleCall};
use crate::language::evaluate::evaluate;
use crate::language::installed::{Installed, Modules, Wanted, package_of};
use crate::language::module::read_module;
use crate::language::overrides::{is_override, merged};
use crate::language::parse::{parse_file, parse_json_file};
use crate::language::source::{ModuleSource, shown};
use crate::language::validate::validate;
use crate::language::version::VersionConstraint;
use crate::value::{Type, Value};

mod early;

use early::Frame;
pub use early::Given;

/// Where configuration files come from: the disk, or a saved plan.
pub trait Files {
    /// The names of the files directly in a folder, in any order.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// The text of a file.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// A folder, without the links on the way to it.
    fn real(&self, folder: &Path) -> PathBuf {
        folder.to_path_buf()
    }

    /// The folder in which Terraform and OpenTofu keep what they fetch.
    fn data_folder(&self) -> PathBuf {
        PathBuf::from(".terraform")
    }
}

/// The files on disk, relative to the working directory.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.path().is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn real(&self, folder: &Path) -> PathBuf {
        without_links(folder)
    }

    fn data_folder(&self) -> PathBuf {
        let named = std::env::var_os("TF_DATA_DIR").filter(|it| !it.is_empty());
        PathBuf::from(named.unwrap_or_else(|| ".terraform".into()))
    }
}

/// How many links there may be on the way to a folder.
const MOST_LINKS: usize = 255;

/// The path of a folder with each link on the way replaced by what it leads to; it stays relative
/// unless a link leads to an absolute path.
fn without_links(folder: &Path) -> PathBuf {
    let parts = |path: &Path| -> Vec<PathBuf> {
        path.components().rev().map(|it| PathBuf::from(it.as_os_str())).collect()
    };
    let (mut done, mut left, mut links) = (PathBuf::new(), parts(folder), 0);
    while let Some(part) = left.pop() {
        let next = normalise(&done.join(&part));
        match std::fs::read_link(&next) {
            Ok(target) if links < MOST_LINKS => {
                links += 1;
                left.extend(parts(&target));
            }
            _ => done = next,
        }
    }
    done
}

/// Files held in memory, by their normalised path.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let inside = self.0.keys().filter(|path| {
            path.parent().is_some_and(|parent| normalise(parent) == normalise(folder))
        });
        let names: Vec<String> =
            inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_string())).collect();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Loads the module in the folder `root` with all modules that it calls, and checks what can be
/// checked without evaluating anything. There is no configuration when there are errors.
pub fn load(root: &Path, files: &dyn Files) -> (Option<Configuration>, Diagnostics) {
    load_with(root, files, &|_| BTreeMap::new(), &mut Installed::read(root, files))
}

/// The same with values for the root module's variables, on which the sources of modules may depend,
/// and with a way to find modules that are in no local folder.
pub fn load_with(
    root: &Path,
    files: &dyn Files,
    given: Given<'_>,
    modules: &mut dyn Modules,
) -> (Option<Configuration>, Diagnostics) {
    let mut loader = Loader {
        files,
        modules,
        configuration: Configuration {
            modules: BTreeMap::new(),
            sources: Vec::new(),
            links: BTreeMap::new(),
        },
        folders: BTreeMap::new(),
        diagnostics: Diagnostics::new(),
    };
    let folder = normalise(root);
    if let Some(read) = loader.folder(&folder, None) {
        let frame = Rc::new(Frame::root(read.module.clone(), given));
        loader.module(ModulePath::default(), (folder, None), &mut Vec::new(), &frame);
    }
    let readable = loader.folders.values().all(|it| it.as_ref().is_some_and(|it| it.readable));
    if readable {
        loader.diagnostics.extend(validate(&loader.configuration));
    }
    loader.configuration.sources.extend(loader.modules.manifests());
    let sound = !loader.diagnostics.has_errors();
    (Some(loader.configuration).filter(|_| sound), loader.diagnostics)
}

/// A module by itself, without those that it calls.
pub fn load_alone(folder: &Path, files: &dyn Files) -> (Option<Module>, Diagnostics) {
    let mut loader = Loader {
        files,
        modules: &mut Installed::default(),
        configuration: Configuration {
            modules: BTreeMap::new(),
            sources: Vec::new(),
            links: BTreeMap::new(),
        },
        folders: BTreeMap::new(),
        diagnostics: Diagnostics::new(),
    };
    let module = loader.folder(&normalise(folder), None).map(|it| Module::clone(&it.module));
    (module, loader.diagnostics)
}

/// The root module as its `terraform` blocks alone make it: they say where its state is, whatever is
/// wrong elsewhere. There is none without configuration files, or when one of them cannot be parsed:
/// the blocks may stand in it.
pub fn load_settings(root: &Path, files: &dyn Files) -> (Option<Module>, Diagnostics) {
    let folder = normalise(root);
    let Ok(names) = file_names(files, &folder) else { return (None, Diagnostics::new()) };
    if names.is_empty() {
        return (None, Diagnostics::new());
    }
    let (mut bodies, mut overrides) = (Vec::new(), Vec::new());
    let mut diagnostics = Diagnostics::new();
    for name in names {
        let (_, body, problems) = parsed(files, &folder, &name);
        let Some(mut body) = body.filter(|it| !problems.has_errors() || !it.blocks.is_empty())
        else {
            diagnostics.extend(problems);
            continue;
        };
        body.attributes.clear();
        body.blocks.retain(|block| block.kind == "terraform");
        let inside = |it: &Diagnostic| body.blocks.iter().any(|block| within(it, &block.body.span));
        diagnostics.extend(problems.into_iter().filter(inside));
        if is_override(&name) { &mut overrides } else { &mut bodies }.push(body);
    }
    let bodies = diagnostics.take(merged(bodies, overrides));
    let module = diagnostics.take(read_module(folder, bodies));
    (Some(module).filter(|_| !diagnostics.has_errors()), diagnostics)
}

fn within(problem: &Diagnostic, place: &Span) -> bool {
    problem.span.as_ref().is_some_and(|span| {
        let (inner, outer) = (&span.range, &place.range);
        outer.start <= inner.start && inner.end <= outer.end
    })
}

/// What expressions give in a root module before anything is planned; unknown where they need more.
pub fn early_values(
    root: &Arc<Module>,
    given: Given<'_>,
    expressions: &IndexMap<String, Attribute>,
) -> BTreeMap<String, Value> {
    let frame = Frame::root(root.clone(), given);
    let value = |it: &Attribute| match evaluate(&it.value, &frame) {
        (value, problems) if !problems.has_errors() => value,
        _ => Value::unknown(Type::Any),
    };
    expressions.iter().map(|(name, it)| (name.clone(), value(it))).collect()
}

/// Loads a module that is called from outside of any configuration, with all modules that it calls.
/// Those that are in no local folder are found by their paths, before which `within` stands.
pub fn load_called(
    within: &ModulePath,
    call: &ModuleCall,
    given: Given<'_>,
    files: &dyn Files,
    modules: &mut dyn Modules,
) -> (Option<Configuration>, Diagnostics) {
    let found = wanted(within, call).and_then(|wanted| match &wanted.source {
        ModuleSource::Local(source) => inside(Path::new("."), source, call),
        _ => modules.folder(&wanted),
    });
    match found {
        Ok(folder) => {
            let folder = files.real(&folder);
            let mut modules = Within { path: within.child(&call.name), modules };
            load_with(&folder, files, given, &mut modules)
        }
        Err(problem) => (None, (*problem).into()),
    }
}

/// Modules of a configuration that is itself called.
struct Within<'m> {
    path: ModulePath,
    modules: &'m mut dyn Modules,
}

impl Modules for Within<'_> {
    fn folder(&mut self, wanted: &Wanted<'_>) -> Result<PathBuf, Box<Diagnostic>> {
        let path = ModulePath([self.path.0.as_slice(), &wanted.path.0].concat());
        let (source, version) = (wanted.source.clone(), wanted.version.clone());
        self.modules.folder(&Wanted { path, call: wanted.call, source, version })
    }

    fn manifests(&self) -> Vec<Arc<Source>> {
        self.modules.manifests()
    }
}

/// A folder that has been read.
struct Folder {
    /// The module, with the root's path.
    module: Arc<Module>,
    /// Whether all files could be parsed.
    readable: bool,
}

/// A folder, and where the call that led to it says so.
type Called = (PathBuf, Option<Span>);

struct Loader<'f> {
    files: &'f dyn Files,
    modules: &'f mut dyn Modules,
    configuration: Configuration,
    /// What has been read, so that a module that is called often is read once.
    folders: BTreeMap<PathBuf, Option<Arc<Folder>>>,
    diagnostics: Diagnostics,
}

impl Loader<'_> {
    /// Loads a module and those it calls; `trail` leads to its caller.
    fn module(
        &mut self,
        path: ModulePath,
        (folder, called): Called,
        trail: &mut Vec<Called>,
        frame: &Rc<Frame<'_>>,
    ) {
        let Some(read) = self.folder(&folder, None) else { return };
        let mut module = Module::clone(&read.module);
        module.path = path.clone();
        self.diagnostics.extend(frame.constants());
        trail.push((folder.clone(), called));
        if let Some(backend) = module.backend.as_mut().filter(|_| path.is_root()) {
            self.diagnostics.extend(frame.settle(&mut backend.body));
        }
        for call in module.calls.values_mut() {
            self.early(call, frame);
            let call = &*call;
            let Some(child) = self.find(&path, &folder, call) else { continue };
            if let Some(at) = trail.iter().position(|it| it.0 == child) {
                let cycle = trail.get(at..).unwrap_or_default();
                self.diagnostics.extend([module_cycle(call, cycle)]);
            } else if let Some(read) = self.folder(&child, Some(&call.source_span)) {
                let called = Frame::called(read.module.clone(), frame.clone(), &call.name);
                let child = (child, Some(call.source_span.clone()));
                self.module(path.child(&call.name), child, trail, &Rc::new(called));
            }
        }
        trail.pop();
        self.configuration.modules.insert(path, Arc::new(module));
    }

    /// Evaluates the source and version of a call where they are no constants.
    fn early(&mut self, call: &mut ModuleCall, frame: &Frame<'_>) {
        if let Some(expression) = &call.source_expression {
            let text = self.diagnostics.take(frame.text(expression, "`source`"));
            call.source = text.unwrap_or_default();
        }
        if let Some(expression) = &call.version_expression {
            call.version = self.diagnostics.take(frame.text_or_null(expression, "`version`"));
        }
    }

    /// The folder of the module that a call leads to.
    fn find(&mut self, path: &ModulePath, folder: &Path, call: &ModuleCall) -> Option<PathBuf> {
        if call.source.is_empty() {
            return None;
        }
        let found = wanted(path, call).and_then(|wanted| match &wanted.source {
            ModuleSource::Local(source) => {
                inside(folder, source, call).map(|found| self.real(found))
            }
            _ => self.modules.folder(&wanted),
        });
        match found {
            Ok(found) => Some(found),
            Err(problem) => {
                self.diagnostics.extend([*problem]);
                None
            }
        }
    }

    /// The folder that is meant, which may lie behind a link.
    fn real(&mut self, folder: PathBuf) -> PathBuf {
        let real = self.files.real(&folder);
        if real != folder {
            self.configuration.links.insert(folder, real.clone());
        }
        real
    }

    fn folder(&mut self, folder: &Path, call: Option<&Span>) -> Option<Arc<Folder>> {
        if let Some(read) = self.folders.get(folder) {
            return read.clone();
        }
        let read = match file_names(self.files, folder) {
            // A folder without configuration files is an empty module.
            Ok(names) => {
                let read = self.read(folder, &names);
                if call.is_some() {
                    self.diagnostics.extend(of_no_effect(&read.module));
                }
                Some(Arc::new(read))
            }
            Err(error) => {
                self.diagnostics.push(nothing_there(folder, &error, call));
                None
            }
        };
        self.folders.insert(folder.to_path_buf(), read.clone());
        read
    }

    fn read(&mut self, folder: &Path, names: &[String]) -> Folder {
        let (mut bodies, mut overrides) = (Vec::new(), Vec::new());
        let mut readable = true;
        for name in names {
            let (source, body, problems) = parsed(self.files, folder, name);
            self.configuration.sources.extend(source);
            readable &= !problems.has_errors();
            self.diagnostics.extend(problems);
            if is_override(name) { &mut overrides } else { &mut bodies }.extend(body);
        }
        let bodies = self.diagnostics.take(merged(bodies, overrides));
        let module = self.diagnostics.take(read_module(folder.to_path_buf(), bodies));
        Folder { module: Arc::new(module), readable }
    }
}

/// Warns of what a module that is called says of the state, which is the root module's to say.
fn of_no_effect(module: &Module) -> Vec<Diagnostic> {
    let blocks = [&module.backend, &module.cloud, &module.encryption].into_iter().flatten();
    let warning = |block: &Block| {
        let detail = format!("Only the root module's `{}` block has an effect.", block.kind);
        Diagnostic::warning("Block without effect", detail).at(&block.span)
    };
    blocks.map(warning).collect()
}

/// The names of the configuration files in a folder, sorted.
fn file_names(files: &dyn Files, folder: &Path) -> io::Result<Vec<String>> {
    let mut names = files.list(folder)?;
    names.retain(|it| is_configuration(it));
    names.sort();
    // OpenTofu's own variant of a file stands instead of the other.
    let variants: Vec<String> = names
        .iter()
        .filter_map(|it| Some(it.replace(".tofu", ".tf")).filter(|other| other != it))
        .collect();
    names.retain(|it| !variants.contains(it));
    Ok(names)
}

/// A file of configuration: its text and what stands in it, as far as it can be read.
fn parsed(
    files: &dyn Files,
    folder: &Path,
    name: &str,
) -> (Option<Arc<Source>>, Option<Body>, Diagnostics) {
    let path = normalise(&folder.join(name));
    match files.read(&path) {
        Ok(text) => {
            let source = Arc::new(Source { path, text });
            let (body, problems) = match name.ends_with(".json") {
                true => parse_json_file(source.clone()),
                false => parse_file(source.clone()),
            };
            (Some(source), Some(body), problems)
        }
        Err(error) => {
            let detail = format!("{} cannot be read: {error}.", path.display());
            (None, None, Diagnostic::error("Unreadable file", detail).into())
        }
    }
}

/// Whether a file of this name in the folder of a module is part of it.
pub fn is_configuration(name: &str) -> bool {
    // The copies that editors keep end in `~` or `#`, and so in none of these.
    let endings = [".tf", ".tofu", ".tf.json", ".tofu.json"];
    !name.starts_with('.') && endings.iter().any(|it| name.ends_with(it))
}

fn nothing_there(folder: &Path, error: &io::Error, call: Option<&Span>) -> Diagnostic {
    let shown = folder.display();
    let detail = match error.kind() {
        io::ErrorKind::NotFound => format!("There is no folder `{shown}`."),
        _ => format!("The folder `{shown}` cannot be read: {error}."),
    };
    match call {
        Some(span) => Diagnostic::error("Unreadable module", detail).at(span),
        None => Diagnostic::error("No configuration", detail)
            .hint("Run terrace in the folder of the configuration, or name it with -chdir."),
    }
}

/// What a call asks for.
fn wanted<'c>(path: &ModulePath, call: &'c ModuleCall) -> Result<Wanted<'c>, Box<Diagnostic>> {
    let source = ModuleSource::parse(&call.source).map_err(|error| {
        let detail = format!("`{}` is no address of a module: {error}.", shown(&call.source));
        Box::new(Diagnostic::error("Invalid module source", detail).at(&call.source_span))
    })?;
    let problem = |detail: String, hint: &str| {
        let at = call.version_span.as_ref().unwrap_or(&call.source_span);
        Box::new(Diagnostic::error("Invalid version constraint", detail).at(at).hint(hint))
    };
    let version = match (&call.version, &source) {
        (None, _) => None,
        (Some(text), ModuleSource::Registry(_)) => {
            Some(VersionConstraint::parse(text).map_err(|part| {
                let detail = format!("`{part}` is no version constraint.");
                problem(detail, "Write for example `~> 5.1` or `>= 1.2, < 2.0`.")
            })?)
        }
        (Some(_), ModuleSource::Local(_)) => {
            let detail = "A module in a local folder has no versions.".to_string();
            return Err(problem(detail, "Remove `version`."));
        }
        (Some(_), ModuleSource::Remote(_)) => {
            let detail = "Only modules of a registry have versions.".to_string();
            let hint = "Say which one in the address instead, for git with `?ref=…`.";
            return Err(problem(detail, hint));
        }
    };
    Ok(Wanted { path: path.child(&call.name), call, source, version })
}

/// A local folder, which must not lead out of the package that the caller was fetched with.
fn inside(folder: &Path, source: &str, call: &ModuleCall) -> Result<PathBuf, Box<Diagnostic>> {
    let child = normalise(&folder.join(source));
    match package_of(folder) {
        Some(package) if !child.starts_with(&package) => {
            let detail =
                format!("`{source}` leads out of the package that this module is part of.");
            let problem = Diagnostic::error("Invalid module source", detail);
            Err(Box::new(problem.at(&call.source_span)))
        }
        _ => Ok(child),
    }
}

fn module_cycle(call: &ModuleCall, cycle: &[Called]) -> Diagnostic {
    let folders = cycle.iter().chain(cycle.first()).map(|it| it.0.display().to_string());
    let detail =
        format!("This module would contain itself: {}.", folders.collect::<Vec<_>>().join(" → "));
    let problem = Diagnostic::error("Module cycle", detail).at(&call.source_span);
    let between = cycle.iter().skip(1).filter_map(|(folder, span)| Some((folder, span.as_ref()?)));
    between.fold(problem, |problem, (folder, span)| {
        problem.see(span, format!("`{}` is called here", folder.display()))
    })
}

/// The path without `.` and `..` where that is possible; `.` for the working directory itself.
pub fn normalise(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.last(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            Component::ParentDir if parts.last() == Some(&Component::RootDir) => {}
            other => parts.push(other),
        }
    }
    if parts.is_empty() { PathBuf::from(".") } else { parts.into_iter().collect() }
}

#[cfg(test)]
mod tests;
