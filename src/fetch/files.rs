//! Folders and files: hashes of trees, copies, and folders in packages.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use globset::Glob;
use sha2::{Digest as _, Sha256};

use crate::fetch::error::{FetchError, Result};

/// The names in a folder, in order.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let read = || -> io::Result<Vec<String>> {
        let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        let mut names: Vec<String> =
            entries.iter().map(|it| it.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    };
    read().map_err(|error| FetchError::file(folder, &error))
}

/// The hash of all that is in a folder: names, contents, and what may be executed.
pub(super) fn hash(folder: &Path) -> Result<String> {
    let mut lines = Vec::new();
    tree(folder, "", &mut lines).map_err(|error| FetchError::file(folder, &error))?;
    lines.sort();
    Ok(format!("sha256:{}", hex(&Sha256::digest(lines.concat()))))
}

/// A line for each file below a folder. What git keeps beside its files does not count.
fn tree(folder: &Path, inner: &str, lines: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == ".git" {
            continue;
        }
        let (path, kind) = (entry.path(), entry.file_type()?);
        let shown = if inner.is_empty() { name } else { format!("{inner}/{name}") };
        if kind.is_dir() {
            tree(&path, &shown, lines)?;
        } else if kind.is_symlink() {
            lines.push(format!("link {shown}\n{}\n", fs::read_link(&path)?.display()));
        } else {
            let word = if is_executable(&path)? { "run" } else { "file" };
            lines.push(format!("{word} {shown}\n{}\n", hex(&Sha256::digest(fs::read(&path)?))));
        }
    }
    Ok(())
}

fn is_executable(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder that goes away, on the same disk as what is in `parent`.
pub(super) fn temporary(parent: &Path) -> Result<tempfile::TempDir> {
    let made = || {
        fs::create_dir_all(parent)?;
        tempfile::Builder::new().prefix(".fetch-").tempdir_in(parent)
    };
    made().map_err(|error| FetchError::file(parent, &error))
}

/// Moves a fetched folder to its place, instead of what may be there.
pub(super) fn put(from: &Path, to: &Path) -> Result<()> {
    let moved = || {
        if to.exists() {
            fs::remove_dir_all(to)?;
        }
        fs::rename(from, to)
    };
    moved().map_err(|error| FetchError::file(to, &error))
}

/// Copies a folder with all that is in it, except for what git keeps beside its files.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    copy_if(from, to, &|_| true)
}

/// Copies of a folder what has names that are wanted, and not what git keeps beside its files.
pub(super) fn copy_if(from: &Path, to: &Path, wanted: &dyn Fn(&OsStr) -> bool) -> Result<()> {
    copied(from, to, wanted).map_err(|error| FetchError::file(from, &error))
}

fn copied(from: &Path, to: &Path, wanted: &dyn Fn(&OsStr) -> bool) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target, kind) = (entry.path(), to.join(entry.file_name()), entry.file_type()?);
        if entry.file_name() == ".git" || !wanted(&entry.file_name()) {
            continue;
        }
        if kind.is_dir() {
            copied(&path, &target, wanted)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&path)?, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// Writes a file as a whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let written = || {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error).map(drop)
    };
    written().map_err(|error| FetchError::file(path, &error))
}

/// The folder of a module in a package; its names may have wildcards that one folder meets. The
/// package and the result are relative to `root`.
pub(super) fn subdir(root: &Path, package: &Path, subdir: &str) -> Result<PathBuf> {
    let mut folder = package.to_path_buf();
    for part in subdir.split('/').filter(|it| !it.is_empty()) {
        folder.push(match part.contains(['*', '?', '[']) {
            true => only_match(&root.join(&folder), part)?,
            false => part.to_string(),
        });
    }
    let real = |path: &Path| root.join(path).canonicalize();
    let inside =
        matches!((real(&folder), real(package)), (Ok(own), Ok(all)) if own.starts_with(&all));
    if !inside || !root.join(&folder).is_dir() {
        let error = FetchError::new(format!("the package has no folder `{subdir}`"));
        let has = folders(&root.join(package)).unwrap_or_default();
        let hint = match has.is_empty() {
            true => "It has no folders at all.".to_string(),
            false => format!("It has the folders {}.", has.join(", ")),
        };
        return Err(error.titled("Module folder missing").hint(hint));
    }
    Ok(folder)
}

/// The folders at the top of a package, and those in its `modules`.
fn folders(package: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in names(package)?.into_iter().filter(|it| package.join(it).is_dir()) {
        if name == "modules" {
            let inner = package.join(&name);
            found.extend(names(&inner)?.into_iter().map(|it| format!("`{name}/{it}`")));
        } else {
            found.push(format!("`{name}`"));
        }
    }
    Ok(found)
}

fn only_match(folder: &Path, pattern: &str) -> Result<String> {
    let glob = Glob::new(pattern).map_err(FetchError::internal)?.compile_matcher();
    let mut found: Vec<String> =
        names(folder)?.into_iter().filter(|it| glob.is_match(it)).collect();
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (_, others) => {
            let count =
                if others == 0 { "nothing".into() } else { format!("{} names", others + 1) };
            Err(FetchError::new(format!("`{pattern}` fits {count} in the package")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_tree_is_that_of_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("b/.git")).unwrap();
        fs::write(path("a"), "x").unwrap();
        fs::write(path("b/c"), "y").unwrap();
        let first = hash(folder.path()).unwrap();
        fs::write(path("b/.git/config"), "z").unwrap();
        assert_eq!(hash(folder.path()).unwrap(), first);
        let copy_of = tempfile::tempdir().unwrap();
        copy(folder.path(), &copy_of.path().join("copy")).unwrap();
        assert_eq!(hash(&copy_of.path().join("copy")).unwrap(), first);
        fs::write(path("b/c"), "z").unwrap();
        let changed = hash(folder.path()).unwrap();
        assert_ne!(changed, first);
        fs::rename(path("b/c"), path("b/d")).unwrap();
        assert_ne!(hash(folder.path()).unwrap(), changed);
    }

    #[test]
    fn folders_in_packages_are_found() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("p/repo-123/modules/a")).unwrap();
        std::os::unix::fs::symlink("/", root.path().join("p/out")).unwrap();
        let find = |inner: &str| subdir(root.path(), Path::new("p"), inner);
        assert_eq!(find("*-123/modules/a").unwrap(), Path::new("p/repo-123/modules/a"));
        assert_eq!(find("").unwrap(), Path::new("p"));
        for missing in ["modules", "out", "repo-123/x", "x*"] {
            assert!(find(missing).is_err(), "{missing}");
        }
    }
}
