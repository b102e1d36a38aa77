//! The provider `archive`: files packed into one.

mod pack;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bundle::{Bundle, Facts};
use super::digests::Digests;
use super::kind::{AnyResource, Kind, Resource};
use super::source::{AnySource, Source, SourceKind};
use super::{busy, refused};
use crate::provider::Result;
use crate::schema;
use crate::schema::Check;
use pack::{Entry, entries_of_file, entries_of_folder};

static FILE: Kind<ArchiveFile> = Kind::new();
static SOURCE: SourceKind<ArchiveFile> = SourceKind::new();

static RESOURCES: &[&dyn AnyResource] = &[&FILE];
static SOURCES: &[&dyn AnySource] = &[&SOURCE];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "archive",
        source: "registry.terraform.io/hashicorp/archive",
        version: "2.8.0",
        resources: RESOURCES,
        sources: SOURCES,
        ephemeral: &[],
        functions: &[],
    })
}

const FROM: &[&str] = &["source", "source_content_filename", "source_dir", "source_file"];
const ONE: &[&str] = &["source_dir", "source_file"];

schema! {
    /// An archive of texts, a file or a folder.
    pub struct ArchiveFile {
        /// Whether links to folders are left out.
        exclude_symlink_directories: Option<bool>,
        /// Patterns of files and folders of `source_dir` to leave out.
        #[force_new]
        #[conflicts_with(&["source_content", "source_content_filename", "source_file"])]
        excludes: Option<BTreeSet<String>>,
        /// The SHA-1 of the archive.
        #[read_only] id: Option<String>,
        /// The SHA-256 of the archive in Base64.
        #[read_only] output_base64sha256: Option<String>,
        /// The SHA-512 of the archive in Base64.
        #[read_only] output_base64sha512: Option<String>,
        /// The permissions of all files in the archive, in octal digits.
        #[force_new] #[check(Check::Pattern("^[0-7]{3,4}$", "three or four octal digits"))]
        output_file_mode: Option<String>,
        /// The MD5 of the archive.
        #[read_only] output_md5: Option<String>,
        /// The path of the archive.
        #[force_new] output_path: String,
        /// The SHA-1 of the archive.
        #[read_only] output_sha: Option<String>,
        /// The SHA-256 of the archive.
        #[read_only] output_sha256: Option<String>,
        /// The SHA-512 of the archive.
        #[read_only] output_sha512: Option<String>,
        /// How many bytes the archive has.
        #[read_only] output_size: Option<i64>,
        /// Texts to pack.
        #[at_least_one_of(FROM)] #[conflicts_with(&["source_content", "source_dir", "source_file"])]
        source: BTreeSet<SourceText>,
        /// A text to pack.
        #[force_new] #[conflicts_with(ONE)] source_content: Option<String>,
        /// The name of the text in the archive.
        #[force_new] #[at_least_one_of(FROM)] #[conflicts_with(ONE)]
        source_content_filename: Option<String>,
        /// A folder to pack.
        #[force_new] #[at_least_one_of(FROM)] #[conflicts_with(&["source_file"])]
        source_dir: Option<String>,
        /// A file to pack.
        #[force_new] #[at_least_one_of(FROM)] #[conflicts_with(&["source_dir"])]
        source_file: Option<String>,
        /// The kind of archive.
        #[force_new] #[name("type")] #[one_of(&["zip", "tar.gz"])] kind: String,
    }

    /// A text to pack.
    pub struct SourceText {
        /// The text.
        #[force_new] content: String,
        /// Its name in the archive.
        #[force_new] filename: String,
    }
}

impl ArchiveFile {
    fn entries(&self) -> Result<Vec<Entry>> {
        let text = |name: &str, text: &str| Entry::text(name, text);
        if let Some(folder) = &self.source_dir {
            let excludes = self.excludes.clone().unwrap_or_default();
            let links = !self.exclude_symlink_directories.unwrap_or(false);
            return entries_of_folder(Path::new(folder), &excludes, links);
        }
        if let Some(file) = &self.source_file {
            return entries_of_file(Path::new(file));
        }
        if let Some(name) = &self.source_content_filename {
            return Ok(vec![text(name, self.source_content.as_deref().unwrap_or_default())]);
        }
        // Of texts of the same name the last counts.
        let named = self.source.iter().map(|it| (&it.filename, &it.content));
        let named: BTreeMap<_, _> = named.collect();
        Ok(named.into_iter().map(|(name, content)| text(name, content)).collect())
    }

    fn write(self) -> Result<ArchiveFile> {
        let mode = self.output_file_mode.as_deref().filter(|it| !it.is_empty());
        let mode = mode.map(|it| u32::from_str_radix(it, 8)).transpose();
        let mode = mode.map_err(|_| refused("`output_file_mode` must be octal digits"))?;
        let entries = self.entries()?;
        let packed = match self.kind.as_str() {
            "tar.gz" => pack::tar_gz(&entries, mode),
            _ => pack::zip(&entries, mode),
        }?;
        let path = Path::new(&self.output_path);
        let failed = |error: std::io::Error| {
            refused(format!("{} cannot be written: {error}", path.display()))
        };
        if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(path, &packed).map_err(failed)?;
        let digests = Digests::of(&packed);
        Ok(ArchiveFile {
            id: digests.sha1.clone(),
            output_base64sha256: digests.base64sha256,
            output_base64sha512: digests.base64sha512,
            output_md5: digests.md5,
            output_sha: digests.sha1,
            output_sha256: digests.sha256,
            output_sha512: digests.sha512,
            output_size: i64::try_from(packed.len()).ok(),
            ..self
        })
    }
}

impl Resource for ArchiveFile {
    const TYPE: &'static str = "archive_file";

    async fn create(self) -> Result<Self> {
        busy(move || self.write()).await
    }

    /// Packs again: the archive follows what it is made of.
    async fn read(self) -> Result<Option<Self>> {
        busy(move || self.write()).await.map(Some)
    }
}

impl Source for ArchiveFile {
    const TYPE: &'static str = "archive_file";

    async fn read(self) -> Result<Self> {
        busy(move || self.write()).await
    }
}

#[cfg(test)]
mod tests;
