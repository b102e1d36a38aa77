//! Functions on files and paths. Relative paths are resolved against the folder of the run.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use super::call::{Call, Fault, Outcome, text, truth};
use super::encoding::to_base64;
use super::table::{ANY, BOOL, Function, Parameter, STRING, Shape, function, takes};
use crate::diagnostic::Source;
use crate::value::{Fields, Type, Value};

const PATH: Parameter = takes("path", STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function("abspath", "A path as an absolute one.", &[PATH], STRING, absolute),
    function("basename", "The last part of a path.", &[PATH], STRING, base_name),
    function("dirname", "A path without its last part.", &[PATH], STRING, folder_name),
    function("file", "The text of a file.", &[PATH], STRING, file),
    function("filebase64", "The bytes of a file in Base64.", &[PATH], STRING, |call| {
        text(to_base64(&read_distributed(call, 0)?))
    }),
    function("fileexists", "Whether there is a file at a path.", &[PATH], BOOL, exists),
    function(
        "fileset",
        "The paths of the files in a folder that match a pattern, relative to the folder.",
        &[PATH, takes("pattern", STRING)],
        Shape::Set(&STRING),
        file_set,
    ),
    function(
        "pathexpand",
        "A path with the user's home folder in place of a leading `~`.",
        &[PATH],
        STRING,
        expand,
    ),
    function(
        "templatefile",
        "What the template in a file gives with the given variables.",
        &[PATH, takes("vars", ANY)],
        ANY,
        template_file,
    )
    .nullable(),
    function(
        "templatestring",
        "What a template gives with the given variables.",
        &[takes("data", STRING), takes("vars", ANY).marked()],
        ANY,
        template_string,
    )
    .nullable(),
];

/// How many template files may be rendered inside each other.
const TEMPLATE_DEPTH: usize = 100;

fn with_home(path: &str) -> Result<PathBuf, String> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(PathBuf::from(path)) };
    if !(rest.is_empty() || rest.starts_with('/')) {
        return Err("cannot expand user-specific home dir".to_string());
    }
    let home = std::env::home_dir().ok_or("the home folder is not known")?;
    let rest = rest.trim_start_matches('/');
    Ok(if rest.is_empty() { home } else { home.join(rest) })
}

/// The path without `.` and `..` where that needs no look at the disk; `.` when nothing is left.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match (part, clean.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                clean.pop();
            }
            _ => clean.push(part),
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

fn resolve(call: &Call<'_>, index: usize) -> Result<PathBuf, Fault> {
    Ok(clean(&call.context.folder.join(with_home(call.text(index))?)))
}

fn show_path(path: &Path) -> Outcome {
    text(path.to_string_lossy())
}

fn absolute(call: &Call<'_>) -> Outcome {
    let path = call.context.folder.join(call.text(0));
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    show_path(&clean(&path))
}

fn base_name(call: &Call<'_>) -> Outcome {
    match call.text(0).trim_end_matches('/') {
        "" if call.text(0).is_empty() => text("."),
        "" => text("/"),
        path => text(path.rsplit('/').next().unwrap_or(path)),
    }
}

fn folder_name(call: &Call<'_>) -> Outcome {
    let (folder, _) = call.text(0).rsplit_once('/').unwrap_or_default();
    let rooted = folder.is_empty() && call.text(0).starts_with('/');
    show_path(&clean(Path::new(if rooted { "/" } else { folder })))
}

fn expand(call: &Call<'_>) -> Outcome {
    show_path(&with_home(call.text(0))?)
}

/// The bytes of the file that an argument names.
pub(super) fn read(call: &Call<'_>, index: usize) -> Result<Vec<u8>, Fault> {
    let failed = |error: std::io::Error| format!("{}: {error}", call.show(index)).into();
    std::fs::read(resolve(call, index)?).map_err(failed)
}

/// The same, with advice when there is no such file.
fn read_distributed(call: &Call<'_>, index: usize) -> Result<Vec<u8>, Fault> {
    std::fs::read(resolve(call, index)?).map_err(|error| {
        let shown = call.show(index);
        Fault::at(index, match error.kind() {
            ErrorKind::NotFound => format!(
                "no file exists at {shown}; this function works only with files that are part of \
                 the configuration, so if this file is made by a resource, use an attribute of \
                 that resource instead"
            ),
            _ => format!("failed to read file {shown}: {error}"),
        })
    })
}

fn read_text(call: &Call<'_>, index: usize) -> Result<String, Fault> {
    String::from_utf8(read_distributed(call, index)?).map_err(|_| {
        let shown = call.show(index);
        let advice = "use filebase64 for its bytes, or a function such as filesha256 for its hash";
        format!("contents of {shown} are not valid UTF-8; {advice}").into()
    })
}

fn file(call: &Call<'_>) -> Outcome {
    text(read_text(call, 0)?)
}

fn exists(call: &Call<'_>) -> Outcome {
    let shown = call.show(0);
    match std::fs::metadata(resolve(call, 0)?) {
        Ok(found) if found.is_file() => truth(true),
        Ok(found) if found.is_dir() => Err(format!("{shown} is a directory, not a file").into()),
        Ok(_) => Err(format!("{shown} is not a regular file").into()),
        Err(error) if error.kind() == ErrorKind::NotFound => truth(false),
        Err(error) => Err(format!("failed to look at {shown}: {error}").into()),
    }
}

fn has_wildcard(part: Component<'_>) -> bool {
    part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\'])
}

fn file_set(call: &Call<'_>) -> Outcome {
    let folder = clean(&call.context.folder.join(call.text(0)));
    let whole = clean(&folder.join(call.text(1)));
    let fixed: PathBuf = whole.components().take_while(|part| !has_wildcard(*part)).collect();
    let pattern: PathBuf = whole.components().skip(fixed.components().count()).collect();
    let fixed = clean(&fixed);
    if pattern.as_os_str().is_empty() {
        let found = whole.is_file().then(|| relative(&folder, &whole)).flatten();
        return Ok(Value::set(Type::String, found.map(Value::string)));
    }
    let depth = pattern.components().count();
    let pattern = pattern.to_string_lossy();
    let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
    let glob =
        glob.map_err(|error| format!("failed to glob pattern {}: {}", call.show(1), error.kind()))?;
    let depth = if pattern.contains("**") { usize::MAX } else { depth };
    let mut files = Vec::new();
    collect_files(&fixed, depth, &mut files)
        .map_err(|error| format!("failed to list the files in {}: {error}", call.show(0)))?;
    let matcher = glob.compile_matcher();
    let matching = files
        .iter()
        .filter(|file| file.strip_prefix(&fixed).is_ok_and(|inside| matcher.is_match(inside)))
        .filter_map(|file| relative(&folder, file));
    Ok(Value::set(Type::String, matching.map(Value::string).collect::<Vec<_>>()))
}

/// All files in a folder, so many levels deep; a folder that is not there has none.
fn collect_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(());
        }
        other => other?,
    };
    for entry in entries {
        let path = entry?.path();
        // Follows links; one that leads nowhere or in a circle is no file.
        let Ok(found) = std::fs::metadata(&path) else { continue };
        if found.is_file() {
            files.push(path);
        } else if found.is_dir() && depth > 1 && !leads_back(&path) {
            collect_files(&path, depth - 1, files)?;
        }
    }
    Ok(())
}

/// Whether a folder is a link to one that it stands in.
fn leads_back(path: &Path) -> bool {
    let link = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    link && match (std::fs::canonicalize(path), path.parent().map(std::fs::canonicalize)) {
        (Ok(target), Some(Ok(parent))) => parent.starts_with(target),
        _ => true,
    }
}

/// `file` as seen from `folder`, with `/` between the parts.
fn relative(folder: &Path, file: &Path) -> Option<String> {
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let is_step = |part: &Component<'_>| *part != Component::CurDir;
    let up = folder.components().skip(shared).filter(is_step).map(|_| "..".to_string());
    let down = file.components().skip(shared).filter(is_step);
    let down = down.map(|part| part.as_os_str().to_str().map(str::to_string));
    let parts: Option<Vec<String>> = up.map(Some).chain(down).collect();
    parts.map(|parts| parts.join("/"))
}

fn template_file(call: &Call<'_>) -> Outcome {
    let variables = variables(call)?;
    if call.context.depth >= TEMPLATE_DEPTH {
        let shown = call.show(0);
        return Err(format!("maximum recursion depth {TEMPLATE_DEPTH} reached in {shown}").into());
    }
    let source = Source { path: PathBuf::from(call.text(0)), text: read_text(call, 0)? };
    Ok((call.context.render)(Arc::new(source), variables)?)
}

fn template_string(call: &Call<'_>) -> Outcome {
    let source = Source { path: PathBuf::from("template"), text: call.text(0).to_string() };
    let rendered = (call.context.render)(Arc::new(source), variables(call)?)?;
    // What the template does not use tells nothing of the result.
    Ok(rendered.mark(call.value(1).marks()))
}

/// The variables of a template, all of which must have names that a template can use.
fn variables<'a>(call: &'a Call<'_>) -> Result<&'a Fields, Fault> {
    let Some(variables) = call.value(1).fields() else {
        return Err(Fault::at(1, "invalid vars value: must be a map"));
    };
    match variables.keys().find(|name| !is_identifier(name)) {
        None => Ok(variables),
        Some(name) => Err(Fault::at(
            1,
            format!(
                "invalid template variable name {name:?}: must start with a letter, followed by \
                 zero or more letters, digits, and underscores"
            ),
        )),
    }
}

fn is_identifier(name: &str) -> bool {
    let letter = |it: char| it.is_alphabetic() || it == '_';
    name.starts_with(letter) && name.chars().all(|it| it.is_alphanumeric() || "_-".contains(it))
}
