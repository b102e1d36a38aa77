//! The data sources `local_file` and `local_sensitive_file`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::contents;
use crate::provider::Result;
use crate::schema;
use crate::schema::Secret;
use crate::utility::busy;
use crate::utility::digests::Digests;
use crate::utility::source::Source;

schema! {
    /// What a file holds.
    pub struct FileSource {
        /// The content as text; what is not UTF-8 is replaced.
        #[read_only] content: Option<String>,
        /// The content in Base64.
        #[read_only] content_base64: Option<String>,
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
        /// The path of the file.
        filename: String,
        /// The SHA-1 of the content.
        #[read_only] id: Option<String>,
    }

    /// What a file holds, kept secret.
    pub struct SensitiveFileSource {
        /// The content as text; what is not UTF-8 is replaced.
        #[read_only] content: Option<Secret<String>>,
        /// The content in Base64.
        #[read_only] content_base64: Option<Secret<String>>,
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
        /// The path of the file.
        filename: String,
        /// The SHA-1 of the content.
        #[read_only] id: Option<String>,
    }
}

async fn look(path: String) -> Result<(String, String, Digests)> {
    busy(move || {
        let content = contents(&path)?;
        let text = String::from_utf8_lossy(&content).into_owned();
        Ok((text, STANDARD.encode(&content), Digests::of(&content)))
    })
    .await
}

impl Source for FileSource {
    const TYPE: &'static str = "local_file";

    async fn read(self) -> Result<Self> {
        let (text, base64, digests) = look(self.filename.clone()).await?;
        Ok(FileSource {
            content: Some(text),
            content_base64: Some(base64),
            content_base64sha256: digests.base64sha256,
            content_base64sha512: digests.base64sha512,
            content_md5: digests.md5,
            content_sha1: digests.sha1.clone(),
            content_sha256: digests.sha256,
            content_sha512: digests.sha512,
            filename: self.filename,
            id: digests.sha1,
        })
    }
}

impl Source for SensitiveFileSource {
    const TYPE: &'static str = "local_sensitive_file";

    async fn read(self) -> Result<Self> {
        let (text, base64, digests) = look(self.filename.clone()).await?;
        Ok(SensitiveFileSource {
            content: Some(Secret(text)),
            content_base64: Some(Secret(base64)),
            content_base64sha256: digests.base64sha256,
            content_base64sha512: digests.base64sha512,
            content_md5: digests.md5,
            content_sha1: digests.sha1.clone(),
            content_sha256: digests.sha256,
            content_sha512: digests.sha512,
            filename: self.filename,
            id: digests.sha1,
        })
    }
}
