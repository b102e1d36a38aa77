//! The provider `cloudinit`: user data of several parts.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::bundle::{Bundle, Facts};
use super::kind::{AnyResource, Kind, Resource};
use super::refused;
use super::source::{AnySource, Source, SourceKind};
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

static CONFIG: Kind<CloudinitConfig> = Kind::new();
static SOURCE: SourceKind<CloudinitConfig> = SourceKind::new();

static RESOURCES: &[&dyn AnyResource] = &[&CONFIG];
static SOURCES: &[&dyn AnySource] = &[&SOURCE];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "cloudinit",
        source: "registry.terraform.io/hashicorp/cloudinit",
        version: "2.4.0",
        resources: RESOURCES,
        sources: SOURCES,
        ephemeral: &[],
        functions: &[],
    })
}

const NOT_EMPTY: Check = Check::Length(1, usize::MAX);

schema! {
    /// User data of several parts, as cloud-init reads it.
    pub struct CloudinitConfig {
        /// Whether `rendered` is in Base64.
        #[default(true)] #[force_new] base64_encode: bool,
        /// What separates the parts.
        #[default("MIMEBOUNDARY")] #[force_new] #[check(Check::Length(1, 70))]
        boundary: String,
        /// Whether `rendered` is compressed.
        #[default(true)] #[force_new] gzip: bool,
        /// The CRC-32 of `rendered`.
        #[read_only] id: Option<String>,
        /// The parts, in this order.
        #[required] part: Vec<Part>,
        /// The user data.
        #[read_only] rendered: Option<String>,
    }

    /// A part.
    pub struct Part {
        /// The content.
        #[force_new] content: String,
        /// The MIME type of the content.
        #[default("text/plain")] #[force_new] #[check(NOT_EMPTY)] content_type: String,
        /// The name of the part.
        #[force_new] filename: Option<String>,
        /// How cloud-init merges the part.
        #[force_new] merge_type: Option<String>,
    }
}

impl Part {
    /// The headers, in the order of their names.
    fn headers(&self) -> Vec<(&'static str, String)> {
        let given = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
        let name = given(&self.filename).map(|name| format!("attachment; filename=\"{name}\""));
        let headers = [
            ("Content-Disposition", name),
            ("Content-Transfer-Encoding", Some("7bit".to_string())),
            ("Content-Type", Some(self.content_type.clone())),
            ("Mime-Version", Some("1.0".to_string())),
            ("X-Merge-Type", given(&self.merge_type)),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Whether a boundary is as RFC 2046 allows.
fn is_boundary(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "'()+_,-./:=? ".contains(c);
    (1..=70).contains(&text.len()) && text.chars().all(allowed) && !text.ends_with(' ')
}

impl CloudinitConfig {
    fn message(&self) -> String {
        let boundary = &self.boundary;
        let mut message = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\n");
        message.push_str("MIME-Version: 1.0\r\n\r\n");
        for (at, part) in self.part.iter().enumerate() {
            let start = if at == 0 { "" } else { "\r\n" };
            message.push_str(&format!("{start}--{boundary}\r\n"));
            for (name, value) in part.headers() {
                message.push_str(&format!("{name}: {value}\r\n"));
            }
            message.push_str("\r\n");
            message.push_str(&part.content);
        }
        message.push_str(&format!("\r\n--{boundary}--\r\n"));
        message
    }

    fn render(self) -> Result<CloudinitConfig> {
        if self.gzip && !self.base64_encode {
            let error = refused("what is compressed must be in Base64");
            return Err(error.at(Path::attribute("base64_encode")));
        }
        if !is_boundary(&self.boundary) {
            let error = refused(format!("`{}` cannot separate parts", self.boundary));
            return Err(error.at(Path::attribute("boundary")));
        }
        let message = self.message();
        let rendered = match (self.gzip, self.base64_encode) {
            (true, _) => STANDARD.encode(compressed(message.as_bytes())?),
            (false, true) => STANDARD.encode(message),
            (false, false) => message,
        };
        let id = crc32fast::hash(rendered.as_bytes()).to_string();
        Ok(CloudinitConfig { id: Some(id), rendered: Some(rendered), ..self })
    }
}

/// Compressed as gzip does, without a time, so that the same text gives the same bytes.
fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|error| ProviderError::new(ErrorKind::Internal, error.to_string()))
}

fn problems(configuration: &Value) -> Vec<(Path, String)> {
    let flag = |name| configuration.get(name).as_bool();
    match (
        flag("gzip").or(configuration.get("gzip").is_null().then_some(true)),
        flag("base64_encode"),
    ) {
        (Some(true), Some(false)) => {
            let text = "must be true when `gzip` is".to_string();
            vec![(Path::attribute("base64_encode"), text)]
        }
        _ => Vec::new(),
    }
}

impl Resource for CloudinitConfig {
    const TYPE: &'static str = "cloudinit_config";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        problems(configuration)
    }

    async fn create(self) -> Result<Self> {
        self.render()
    }
}

impl Source for CloudinitConfig {
    const TYPE: &'static str = "cloudinit_config";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        problems(configuration)
    }

    async fn read(self) -> Result<Self> {
        self.render()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::schema::FieldType as _;
    use crate::utility::tests::{Tried, object, text};

    fn part(content: &str, more: &[(&str, &str)]) -> Value {
        let nothing = [("content_type", ""), ("filename", ""), ("merge_type", "")];
        let null = |name| (name, Value::Null(crate::value::Type::String));
        let part = Value::object(nothing.map(|(name, _)| null(name)));
        let part = part.with("content", Value::string(content));
        more.iter().fold(part, |part, (name, value)| part.with(name, Value::string(value)))
    }

    fn given(parts: &[Value], gzip: bool, base64: bool) -> Value {
        let parts = Value::list(Part::shape().ty(), parts.to_vec());
        object([
            ("gzip", Value::Bool(gzip)),
            ("base64_encode", Value::Bool(base64)),
            ("part", parts),
        ])
    }

    #[tokio::test]
    async fn parts_are_written_as_the_provider_writes_them() {
        let parts = [
            part("baz", &[("content_type", "text/x-shellscript")]),
            part("x", &[("filename", "f.sh"), ("merge_type", "list()")]),
        ];
        let read = Tried::data(&SOURCE, &given(&parts, false, false)).await;
        let expected = concat!(
            "Content-Type: multipart/mixed; boundary=\"MIMEBOUNDARY\"\n",
            "MIME-Version: 1.0\r\n\r\n",
            "--MIMEBOUNDARY\r\nContent-Transfer-Encoding: 7bit\r\n",
            "Content-Type: text/x-shellscript\r\nMime-Version: 1.0\r\n\r\nbaz\r\n",
            "--MIMEBOUNDARY\r\nContent-Disposition: attachment; filename=\"f.sh\"\r\n",
            "Content-Transfer-Encoding: 7bit\r\nContent-Type: text/plain\r\n",
            "Mime-Version: 1.0\r\nX-Merge-Type: list()\r\n\r\nx\r\n",
            "--MIMEBOUNDARY--\r\n",
        );
        assert_eq!(text(&read, "rendered"), expected);
        let crc = crc32fast::hash(expected.as_bytes());
        assert_eq!(text(&read, "id"), crc.to_string());
    }

    #[tokio::test]
    async fn what_is_compressed_says_the_same() {
        let parts = [part("heythere", &[])];
        let plain = Tried::data(&SOURCE, &given(&parts, false, true)).await;
        let plain = STANDARD.decode(text(&plain, "rendered")).unwrap();
        let small = Tried::data(&SOURCE, &given(&parts, true, true)).await;
        // Go writes the same header: no time, no name, an unknown system.
        assert!(text(&small, "rendered").starts_with("H4sIAAAAAAAA/"));
        let small = STANDARD.decode(text(&small, "rendered")).unwrap();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
    }

    #[tokio::test]
    async fn the_resource_gives_the_same_and_is_replaced() {
        let tried = Tried::new(&CONFIG);
        let asked = given(&[part("a", &[])], false, false);
        let made = tried.create(&asked).await;
        assert_eq!(tried.replan(&made, &asked), Vec::<String>::new());
        let other = given(&[part("b", &[])], false, false);
        assert_eq!(tried.replan(&made, &other), ["replace part[0].content"]);
        let wrong = given(&[part("b", &[])], true, false);
        assert_eq!(tried.problems(&wrong), ["base64_encode: must be true when `gzip` is"]);
    }

    #[test]
    fn boundaries_are_those_of_mime() {
        assert!(is_boundary("//") && is_boundary("MIMEBOUNDARY"));
        assert!(!is_boundary("") && !is_boundary("a ") && !is_boundary("ä"));
    }
}
