//! Unpacks archives. Nothing is written outside of the folder that an archive is unpacked into.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use zip::ZipArchive;

use crate::fetch::error::{FetchError, Result};

/// The kinds of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    TarGzip,
    TarXz,
    TarBzip2,
}

impl Kind {
    /// The kind that a name ends with.
    pub(super) fn of_name(name: &str) -> Option<Kind> {
        let name = name.to_lowercase();
        let endings = [
            (Kind::Zip, ["zip", "zip"]),
            (Kind::TarGzip, ["tar.gz", "tgz"]),
            (Kind::TarXz, ["tar.xz", "txz"]),
            (Kind::TarBzip2, ["tar.bz2", "tbz2"]),
            (Kind::Tar, ["tar", "tar"]),
        ];
        let ends = |ending: &str| {
            name.strip_suffix(ending).is_some_and(|stem| stem.is_empty() || stem.ends_with('.'))
        };
        let found = endings.into_iter().find(|(_, names)| names.iter().any(|it| ends(it)));
        found.map(|(kind, _)| kind)
    }

    /// The kind that bytes begin like.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Kind> {
        let kinds: [(Kind, &[u8]); 4] = [
            (Kind::Zip, b"PK\x03\x04"),
            (Kind::TarGzip, b"\x1f\x8b"),
            (Kind::TarXz, b"\xfd7zXZ\x00"),
            (Kind::TarBzip2, b"BZh"),
        ];
        let found = kinds.into_iter().find(|(_, start)| bytes.starts_with(start));
        let tar = || bytes.get(257..262) == Some(b"ustar");
        found.map(|(kind, _)| kind).or_else(|| tar().then_some(Kind::Tar))
    }
}

/// Unpacks an archive into a folder that does not exist yet.
pub(super) fn unpack(bytes: &[u8], kind: Kind, into: &Path) -> Result<()> {
    fs::create_dir_all(into).map_err(|error| FetchError::file(into, &error))?;
    let mut folder = Folder { path: into.to_path_buf(), links: Vec::new() };
    match kind {
        Kind::Zip => folder.zip(bytes)?,
        Kind::Tar => folder.tar(bytes)?,
        Kind::TarGzip => folder.tar(MultiGzDecoder::new(bytes))?,
        Kind::TarXz => folder.tar(XzReader::new(bytes, true))?,
        Kind::TarBzip2 => {
            let error = FetchError::new("terrace cannot unpack bzip2 archives");
            return Err(error.hint("Use .zip, .tar.gz or .tar.xz instead."));
        }
    }
    folder.link()
}

fn damaged(error: impl std::fmt::Display) -> FetchError {
    FetchError::new(format!("the archive cannot be unpacked: {error}"))
}

/// A folder that is being filled. Links come last, so that no file is written through one.
struct Folder {
    path: PathBuf,
    links: Vec<(PathBuf, PathBuf)>,
}

impl Folder {
    fn zip(&mut self, bytes: &[u8]) -> Result<()> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(damaged)?;
            let name = entry.name().map_err(damaged)?.into_owned();
            let Some(path) = inner(Path::new(&name))? else { continue };
            if entry.is_dir() {
                self.folder(&path)?;
            } else if entry.is_symlink() {
                let mut target = String::new();
                entry.read_to_string(&mut target).map_err(damaged)?;
                self.links.push((path, target.into()));
            } else {
                let executable = entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
                self.file(&path, &mut entry, executable)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, reader: impl Read) -> Result<()> {
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let kind = entry.header().entry_type();
            if kind.is_pax_global_extensions() {
                continue;
            }
            let name = entry.path().map_err(damaged)?.into_owned();
            let Some(path) = inner(&name)? else { continue };
            if kind.is_dir() {
                self.folder(&path)?;
            } else if kind.is_file() {
                let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
                self.file(&path, &mut entry, executable)?;
            } else if let (true, Ok(Some(target))) = (kind.is_symlink(), entry.link_name()) {
                self.links.push((path, target.into_owned()));
            } else {
                let detail = format!("the archive has `{}`, which is no file", name.display());
                return Err(FetchError::new(detail));
            }
        }
        Ok(())
    }

    fn folder(&self, path: &Path) -> Result<()> {
        let path = self.path.join(path);
        fs::create_dir_all(&path).map_err(|error| FetchError::file(&path, &error))
    }

    fn file(&self, path: &Path, from: &mut dyn Read, executable: bool) -> Result<()> {
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        let path = self.path.join(path);
        let mut written = || {
            let mut file = fs::File::create(&path)?;
            io::copy(from, &mut file)?;
            let mode = if executable { 0o755 } else { 0o644 };
            file.set_permissions(fs::Permissions::from_mode(mode))
        };
        written().map_err(damaged)
    }

    /// Makes the links, none of which may lead out of the folder.
    fn link(self) -> Result<()> {
        for (path, target) in &self.links {
            let parent = path.parent().unwrap_or(Path::new(""));
            let through = parent.ancestors().any(|it| self.path.join(it).is_symlink());
            if through || target.is_absolute() || inner(&parent.join(target)).is_err() {
                return Err(outside(&target.display().to_string()));
            }
            self.folder(parent)?;
            symlink(target, self.path.join(path)).map_err(damaged)?;
        }
        let root = self.path.canonicalize().map_err(damaged)?;
        for (path, target) in &self.links {
            let real = self.path.join(path).canonicalize();
            if real.is_ok_and(|it| !it.starts_with(&root)) {
                return Err(outside(&target.display().to_string()));
            }
        }
        Ok(())
    }
}

/// The path of an entry without detours; none for the folder itself.
fn inner(name: &Path) -> Result<Option<PathBuf>> {
    let mut path = PathBuf::new();
    for part in name.components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return Err(outside(&name.display().to_string())),
        }
    }
    Ok((!path.as_os_str().is_empty()).then_some(path))
}

fn outside(name: &str) -> FetchError {
    let detail =
        format!("the archive has `{name}`, which leads out of the folder it is unpacked into");
    FetchError::new(detail).titled("Dangerous archive")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;

    fn zipped(entries: &[(&str, &str)], links: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        for (name, target) in links {
            archive.add_symlink(*name, *target, SimpleFileOptions::default()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn unpacked(bytes: &[u8]) -> std::result::Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        let kind = Kind::of_bytes(bytes).unwrap();
        unpack(bytes, kind, &folder.path().join("x")).map_err(|error| error.to_string())?;
        Ok(folder)
    }

    #[test]
    fn kinds_are_told_from_names() {
        assert_eq!(Kind::of_name("/a/b.tar.gz"), Some(Kind::TarGzip));
        assert_eq!(Kind::of_name("tgz"), Some(Kind::TarGzip));
        assert_eq!(Kind::of_name("A.ZIP"), Some(Kind::Zip));
        assert_eq!(Kind::of_name("/gzip"), None);
    }

    #[test]
    fn archives_stay_in_their_folder() {
        let folder = unpacked(&zipped(&[("a/b.tf", "x")], &[("a/c.tf", "../a/b.tf")])).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("x/a/c.tf")).unwrap(), "x");
        for (entries, links) in [
            (vec![("../b", "x")], vec![]),
            (vec![("a/../../b", "x")], vec![]),
            (vec![("/b", "x")], vec![]),
            (vec![], vec![("a", "..")]),
            (vec![], vec![("a", "/etc")]),
            (vec![("d/e/f", "x")], vec![("l", "d/e"), ("l/m", "../.."), ("d/e/m", "../../..")]),
            (vec![("s/f", "x"), ("d/e/f", "x")], vec![("d/e/l", "../../s"), ("m", "d/e/l/../..")]),
        ] {
            let problem = unpacked(&zipped(&entries, &links)).unwrap_err();
            assert!(problem.contains("leads out of the folder"), "{entries:?} {links:?} {problem}");
        }
    }
}
