//! `local_file` and `local_sensitive_file`

use super::{Content, NewFile, PERMISSION, holds, remove};
use crate::provider::Result;
use crate::schema;
use crate::schema::Secret;
use crate::utility::digests::Digests;
use crate::utility::kind::Resource;
use crate::utility::{busy, refused};

const CONTENTS: &[&str] = &["content", "content_base64", "sensitive_content", "source"];
const SECRETS: &[&str] = &["content", "content_base64", "source"];

schema! {
    /// A file with given content.
    pub struct LocalFile {
        /// The content, as text.
        #[force_new] #[exactly_one_of(CONTENTS)] content: Option<String>,
        /// The content in Base64.
        #[force_new] #[exactly_one_of(CONTENTS)] content_base64: Option<String>,
        /// The SHA-256 of the content in Base64.
        #[read_only] content_base64sha256: Option<String>,
        /// The SHA-512 of the content in Base64.
        #[read_only] content_base64sha512: Option<String>,
        /// The MD5 of the content.
        #[read_only] content_md5: Option<String>,
        /// The SHA-1 of the content.
        #[read_only] content_sha1: Option<String>,
        /// The SHA-256 of the content.
        #[read_only] content_sha256: Option<String>,
        /// The SHA-512 of the content.
        #[read_only] content_sha512: Option<String>,
        /// The permissions of folders that are made for it, in octal digits, before the umask.
        #[default("0777")] #[force_new] #[check(PERMISSION)] directory_permission: String,
        /// Its permissions in octal digits, before the umask.
        #[default("0777")] #[force_new] #[check(PERMISSION)] file_permission: String,
        /// Its path; a file that is there already is overwritten.
        #[force_new] filename: String,
        /// The SHA-1 of the content.
        #[read_only] id: Option<String>,
        /// The content, as text that is kept secret.
        #[force_new] #[exactly_one_of(CONTENTS)] #[deprecated("use `local_sensitive_file`")]
        sensitive_content: Option<Secret<String>>,
        /// The path of a file that holds the content.
        #[force_new] #[exactly_one_of(CONTENTS)] source: Option<String>,
    }

    /// A file with given content that is kept secret.
    pub struct LocalSensitiveFile {
        /// The content, as text.
        #[force_new] #[exactly_one_of(SECRETS)] content: Option<Secret<String>>,
        /// The content in Base64.
        #[force_new] #[exactly_one_of(SECRETS)] content_base64: Option<Secret<String>>,
        /// The SHA-256 of the content in Base64.
        #[read_only] content_base64sha256: Option<String>,
        /// The SHA-512 of the content in Base64.
        #[read_only] content_base64sha512: Option<String>,
        /// The MD5 of the content.
        #[read_only] content_md5: Option<String>,
        /// The SHA-1 of the content.
        #[read_only] content_sha1: Option<String>,
        /// The SHA-256 of the content.
        #[read_only] content_sha256: Option<String>,
        /// The SHA-512 of the content.
        #[read_only] content_sha512: Option<String>,
        /// The permissions of folders that are made for it, in octal digits, before the umask.
        #[default("0700")] #[force_new] #[check(PERMISSION)] directory_permission: String,
        /// Its permissions in octal digits, before the umask.
        #[default("0700")] #[force_new] #[check(PERMISSION)] file_permission: String,
        /// Its path; a file that is there already is overwritten.
        #[force_new] filename: String,
        /// The SHA-1 of the content.
        #[read_only] id: Option<String>,
        /// The path of a file that holds the content.
        #[force_new] #[exactly_one_of(SECRETS)] source: Option<String>,
    }
}

/// The one content that is given.
fn only(text: Option<String>, base64: Option<String>, source: Option<String>) -> Result<Content> {
    let text = text.map(Content::Text);
    let given = text.or(base64.map(Content::Base64)).or(source.map(Content::File));
    given.ok_or_else(|| refused("no content is given"))
}

/// Writes the file of an object, whose struct has these digests.
macro_rules! written {
    ($object:ident, $content:expr) => {{
        let file = NewFile {
            path: $object.filename.clone().into(),
            content: $content,
            permission: $object.file_permission.clone(),
            folder_permission: $object.directory_permission.clone(),
        };
        let Digests { md5, sha1, sha256, sha512, base64sha256, base64sha512 } =
            file.write().await?;
        Ok(Self {
            content_base64sha256: base64sha256,
            content_base64sha512: base64sha512,
            content_md5: md5,
            content_sha1: sha1.clone(),
            content_sha256: sha256,
            content_sha512: sha512,
            id: sha1,
            ..$object
        })
    }};
}

/// Whether the file of an object is as it was written; otherwise it counts as gone.
async fn is_there(path: String, id: Option<String>) -> Result<bool> {
    busy(move || holds(&path, id.as_deref().unwrap_or_default())).await
}

impl Resource for LocalFile {
    const TYPE: &'static str = "local_file";

    async fn create(self) -> Result<Self> {
        let secret = self.sensitive_content.clone().map(|it| it.0);
        let text = self.content.clone().or(secret);
        written!(self, only(text, self.content_base64.clone(), self.source.clone())?)
    }

    async fn read(self) -> Result<Option<Self>> {
        let there = is_there(self.filename.clone(), self.id.clone()).await?;
        Ok(Some(self).filter(|_| there))
    }

    async fn delete(self) -> Result {
        busy(move || remove(&self.filename)).await
    }
}

impl Resource for LocalSensitiveFile {
    const TYPE: &'static str = "local_sensitive_file";

    async fn create(self) -> Result<Self> {
        let text = self.content.clone().map(|it| it.0);
        let base64 = self.content_base64.clone().map(|it| it.0);
        written!(self, only(text, base64, self.source.clone())?)
    }

    async fn read(self) -> Result<Option<Self>> {
        let there = is_there(self.filename.clone(), self.id.clone()).await?;
        Ok(Some(self).filter(|_| there))
    }

    async fn delete(self) -> Result {
        busy(move || remove(&self.filename)).await
    }
}
