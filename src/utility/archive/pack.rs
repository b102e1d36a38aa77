//! Finds what to pack, and packs it.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tar::{Builder, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::provider::Result;
use crate::utility::refused;

/// The permissions of texts, which have none of their own.
const TEXT: u32 = 0o644;

/// A file of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path in the archive.
    pub(super) name: String,
    content: Vec<u8>,
    mode: u32,
}

impl Entry {
    /// A text.
    pub(super) fn text(name: &str, text: &str) -> Entry {
        Entry { name: name.to_string(), content: text.as_bytes().to_vec(), mode: TEXT }
    }

    fn file(name: String, path: &Path) -> Result<Entry> {
        let failed = |error| unreadable(path, &error);
        let content = std::fs::read(path).map_err(failed)?;
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        Ok(Entry { name, content, mode })
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> crate::provider::ProviderError {
    refused(format!("{} cannot be read: {error}", path.display()))
}

/// A file by its own name.
pub(super) fn entries_of_file(path: &Path) -> Result<Vec<Entry>> {
    let name = path.file_name().and_then(|it| it.to_str());
    let name = name.ok_or_else(|| refused(format!("{} names no file", path.display())))?;
    Ok(vec![Entry::file(name.to_string(), path)?])
}

/// All files of a folder but those excluded, in the order of their paths.
pub(super) fn entries_of_folder(
    folder: &Path,
    excludes: &BTreeSet<String>,
    links: bool,
) -> Result<Vec<Entry>> {
    let mut walk = Walk { excludes: patterns(excludes)?, links, above: Vec::new() };
    let mut entries = Vec::new();
    walk.folder(folder, "", &mut entries)?;
    match entries.is_empty() {
        true => Err(refused(format!("{} has nothing to pack", folder.display()))),
        false => Ok(entries),
    }
}

fn patterns(excludes: &BTreeSet<String>) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in excludes.iter().filter(|it| !it.is_empty()) {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|error| refused(format!("`{pattern}`: {error}")))?);
    }
    set.build().map_err(|error| refused(error.to_string()))
}

struct Walk {
    excludes: GlobSet,
    /// Whether links to folders are followed.
    links: bool,
    /// The folders around the one that is looked at: links may lead back to them.
    above: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, inside: &str, all: &mut Vec<Entry>) -> Result {
        let real = folder.canonicalize().map_err(|error| unreadable(folder, &error))?;
        if self.above.contains(&real) {
            let text = format!("{} leads back to a folder around it: a circle", folder.display());
            return Err(refused(text));
        }
        self.above.push(real);
        for path in sorted(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            if !self.excludes.is_match(&name) {
                self.path(&path, name, all)?;
            }
        }
        self.above.pop();
        Ok(())
    }

    fn path(&mut self, path: &Path, name: String, all: &mut Vec<Entry>) -> Result {
        let failed = |error: std::io::Error| unreadable(path, &error);
        if !path.metadata().map_err(failed)?.is_dir() {
            all.push(Entry::file(name, path)?);
            return Ok(());
        }
        match path.is_symlink() && !self.links {
            true => Ok(()),
            false => self.folder(path, &name, all),
        }
    }
}

/// What is in a folder, in order.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = std::fs::read_dir(folder).and_then(|it| it.collect::<std::io::Result<Vec<_>>>());
    let found = found.map_err(|error| unreadable(folder, &error))?;
    let mut paths: Vec<PathBuf> = found.into_iter().map(|it| it.path()).collect();
    paths.sort();
    Ok(paths)
}

/// A zip archive. The same entries give the same bytes: it tells no times.
pub(super) fn zip(entries: &[Entry], mode: Option<u32>) -> Result<Vec<u8>> {
    let failed = |error: zip::result::ZipError| refused(format!("cannot be packed: {error}"));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(mode.unwrap_or(entry.mode));
        writer.start_file(entry.name.as_str(), options).map_err(failed)?;
        writer.write_all(&entry.content).map_err(|error| failed(error.into()))?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}

/// A tar archive in gzip, which tells no times either.
pub(super) fn tar_gz(entries: &[Entry], mode: Option<u32>) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| refused(format!("cannot be packed: {error}"));
    let mut writer = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for entry in entries {
        let mut header = Header::new_gnu();
        header.set_size(entry.content.len() as u64);
        header.set_mode(mode.unwrap_or(entry.mode));
        writer.append_data(&mut header, &entry.name, entry.content.as_slice()).map_err(failed)?;
    }
    writer.into_inner().and_then(GzEncoder::finish).map_err(failed)
}
