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

/// Declares a data source of a file, whose content is of a type that is shown or not.
macro_rules! file_source {
    (
        $(#[doc = $doc:literal])*
        $name:ident of $content:ty, made by $make:expr, is $type:literal
    ) => {
        schema! {
            $(#[doc = $doc])*
            pub struct $name {
                /// The content as text; what is not UTF-8 is replaced.
                #[read_only] content: Option<$content>,
                /// The content in Base64.
                #[read_only] content_base64: Option<$content>,
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

        impl $name {
            fn look(self) -> Result<Self> {
                let bytes = contents(&self.filename)?;
                let Digests { md5, sha1, sha256, sha512, base64sha256, base64sha512 } =
                    Digests::of(&bytes);
                Ok($name {
                    content: Some($make(String::from_utf8_lossy(&bytes).into_owned())),
                    content_base64: Some($make(STANDARD.encode(&bytes))),
                    content_base64sha256: base64sha256,
                    content_base64sha512: base64sha512,
                    content_md5: md5,
                    content_sha1: sha1.clone(),
                    content_sha256: sha256,
                    content_sha512: sha512,
                    filename: self.filename,
                    id: sha1,
                })
            }
        }

        impl Source for $name {
            const TYPE: &'static str = $type;

            async fn read(self) -> Result<Self> {
                busy(move || self.look()).await
            }
        }
    };
}

file_source! {
    /// What a file holds.
    FileSource of String, made by std::convert::identity, is "local_file"
}

file_source! {
    /// What a file holds, kept secret.
    SensitiveFileSource of Secret<String>, made by Secret, is "local_sensitive_file"
}
