//! Functions that encode and decode: JSON, Base64, character sets, gzip, URLs, CSV.

use std::io::{Read as _, Write as _};
use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;
use flate2::read::GzDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::call::{Call, Fault, Outcome, text};
use super::table::{ANY, Function, Parameter, STRING, function, takes};
use crate::value::json::{from_json, to_json};
use crate::value::{Fields, Number, Type, Unknown, Value};

const STR: Parameter = takes("str", STRING);
const ENCODING: Parameter = takes("encoding", STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "base64decode",
        "The text that a Base64 string stands for.",
        &[STR],
        STRING,
        base64_decode,
    ),
    function("base64encode", "A string in Base64.", &[STR], STRING, base64_encode),
    function("base64gunzip", "The text of a gzip file in Base64.", &[STR], STRING, base64_gunzip),
    function("base64gzip", "A string as a gzip file in Base64.", &[STR], STRING, base64_gzip),
    function(
        "csvdecode",
        "The rows of a text in CSV as objects, whose attributes the first row names.",
        &[STR],
        ANY,
        csv_decode,
    ),
    function("jsondecode", "The value that a JSON text stands for.", &[STR], ANY, json_decode)
        .nullable()
        .rule(json_type),
    function("jsonencode", "A value as JSON.", &[Parameter::anything("val")], STRING, json_encode),
    function(
        "textdecodebase64",
        "The text that a Base64 string stands for in a character encoding.",
        &[takes("source", STRING), ENCODING],
        STRING,
        text_decode,
    ),
    function(
        "textencodebase64",
        "A string in a character encoding and then in Base64.",
        &[takes("string", STRING), ENCODING],
        STRING,
        text_encode,
    ),
    function("urldecode", "The text that a part of a URL stands for.", &[STR], STRING, url_decode),
    function("urlencode", "A string as a part of a URL.", &[STR], STRING, url_encode),
];

/// Bytes in Base64 of the standard alphabet.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a Base64 text; line breaks in it do not matter.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|it| !matches!(it, '\r' | '\n')).collect();
    STANDARD.decode(text).ok()
}

/// A known value as JSON, written as Go does: `<`, `>`, `&` and the line separators of Unicode are
/// escaped, so that the text can stand in HTML.
pub(super) fn json_text(value: &Value) -> Result<String, String> {
    let json = to_json(value).map_err(|error| error.to_string())?;
    let plain = serde_json::to_string(&json).map_err(|error| error.to_string())?;
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return Ok(plain);
    }
    let mut escaped = String::with_capacity(plain.len());
    for it in plain.chars() {
        match it {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(it)));
            }
            _ => escaped.push(it),
        }
    }
    Ok(escaped)
}

fn json_encode(call: &Call<'_>) -> Outcome {
    let value = call.value(0);
    if value.is_wholly_known() {
        return text(json_text(value)?);
    }
    let certain = !matches!(value, Value::Unknown(unknown) if !unknown.not_null);
    let prefix = match value.ty() {
        Type::String if certain => "\"",
        Type::Object(_) | Type::Map(_) if certain => "{",
        Type::Tuple(_) | Type::List(_) | Type::Set(_) if certain => "[",
        _ => "",
    };
    let (ty, prefix) = (Type::String, prefix.to_string());
    let unknown = Unknown { ty, not_null: true, prefix, length_min: 0, length_max: None };
    Ok(Value::Unknown(unknown.into()))
}

fn json_decode(call: &Call<'_>) -> Outcome {
    let json: serde_json::Value =
        serde_json::from_str(call.text(0)).map_err(|error| format!("invalid JSON: {error}"))?;
    match huge_number(&json) {
        Some(number) => Err(format!("the number {number} is out of range").into()),
        None => Ok(from_json(&json)),
    }
}

/// A number in JSON that is too large or too small.
fn huge_number(json: &serde_json::Value) -> Option<&str> {
    match json {
        serde_json::Value::Number(it) => {
            let text = it.as_str();
            Number::from_str(text).is_err().then_some(text)
        }
        serde_json::Value::Array(items) => items.iter().find_map(huge_number),
        serde_json::Value::Object(fields) => fields.values().find_map(huge_number),
        _ => None,
    }
}

/// What the known beginning of a JSON text says about the type of the value.
fn json_type(arguments: &[Value]) -> Result<Type, Fault> {
    let Some(Value::Unknown(unknown)) = arguments.first() else { return Ok(Type::Any) };
    match unknown.prefix.trim_start().chars().next() {
        None | Some('{' | '[' | 'n') => Ok(Type::Any),
        Some('"') => Ok(Type::String),
        Some('t' | 'f') => Ok(Type::Bool),
        Some('-' | '.' | '0'..='9') => Ok(Type::Number),
        Some(other) => {
            let message = format!("a JSON document cannot begin with the character {other:?}");
            Err(Fault::at(0, message))
        }
    }
}

fn base64_encode(call: &Call<'_>) -> Outcome {
    text(to_base64(call.text(0).as_bytes()))
}

fn decoded(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    from_base64(call.text(0))
        .ok_or_else(|| format!("failed to decode base64 data {}", call.show(0)).into())
}

fn base64_decode(call: &Call<'_>) -> Outcome {
    match String::from_utf8(decoded(call)?) {
        Ok(decoded) => text(decoded),
        Err(_) => Err("the result of decoding the provided string is not valid UTF-8".into()),
    }
}

/// A gzip file (RFC 1952) as OpenTofu makes it: no name, time or system, the data flushed, and an
/// empty stored block at the end.
fn base64_gzip(call: &Call<'_>) -> Outcome {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const LAST_BLOCK: [u8; 5] = [1, 0, 0, 0xff, 0xff];
    let plain = call.text(0).as_bytes();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    let failed = |error: std::io::Error| format!("the string cannot be compressed: {error}");
    deflate.write_all(plain).map_err(failed)?;
    deflate.flush().map_err(failed)?;
    let mut checksum = Crc::new();
    checksum.update(plain);
    let end = [checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()];
    let parts = [HEADER.as_slice(), deflate.get_ref(), &LAST_BLOCK, end.as_flattened()];
    text(to_base64(&parts.concat()))
}

fn base64_gunzip(call: &Call<'_>) -> Outcome {
    let compressed = decoded(call)?;
    let mut plain = String::new();
    match GzDecoder::new(compressed.as_slice()).read_to_string(&mut plain) {
        Ok(_) => text(plain),
        Err(error) => Err(format!("failed to gunzip bytestream: {error}").into()),
    }
}

fn url_encode(call: &Call<'_>) -> Outcome {
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    text(utf8_percent_encode(call.text(0), ESCAPED).to_string().replace("%20", "+"))
}

fn url_decode(call: &Call<'_>) -> Outcome {
    let encoded = call.text(0);
    for (at, _) in encoded.match_indices('%') {
        let digits = encoded.get(at + 1..at + 3).unwrap_or_default();
        if digits.len() < 2 || !digits.chars().all(|it| it.is_ascii_hexdigit()) {
            let escape: String = encoded.get(at..).unwrap_or_default().chars().take(3).collect();
            return Err(format!("failed to decode URL: invalid URL escape {escape:?}").into());
        }
    }
    let spaced = encoded.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => text(decoded),
        Err(_) => Err("failed to decode URL: the result is not valid UTF-8".into()),
    }
}

/// A character encoding by its IANA name.
enum Charset {
    Ascii,
    Latin1,
    /// UTF-16; whether it is little-endian, and whether a byte order mark comes first.
    Utf16 {
        little: bool,
        mark: bool,
    },
    Other(&'static Encoding),
}

impl Charset {
    fn find(name: &str) -> Option<Charset> {
        Some(match name.to_ascii_lowercase().as_str() {
            "us-ascii" | "ascii" | "us" | "iso646-us" | "ansi_x3.4-1968" => Charset::Ascii,
            "iso-8859-1" | "iso_8859-1" | "iso_8859-1:1987" | "latin1" | "l1" => Charset::Latin1,
            "utf-16" => Charset::Utf16 { little: false, mark: true },
            "utf-16be" => Charset::Utf16 { little: false, mark: false },
            "utf-16le" => Charset::Utf16 { little: true, mark: false },
            other => Charset::Other(Encoding::for_label_no_replacement(other.as_bytes())?),
        })
    }

    /// The bytes of a text, if all of its characters are in the encoding.
    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        match self {
            Charset::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Charset::Latin1 => text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect(),
            Charset::Utf16 { little, mark } => {
                let first = mark.then_some(0xfeff);
                let units = first.into_iter().chain(text.encode_utf16());
                let bytes =
                    |unit: u16| if *little { unit.to_le_bytes() } else { unit.to_be_bytes() };
                Some(units.flat_map(bytes).collect())
            }
            Charset::Other(encoding) => {
                let (bytes, _, replaced) = encoding.encode(text);
                (!replaced).then(|| bytes.into_owned())
            }
        }
    }

    /// The text of bytes, if they are valid in the encoding.
    fn decode(&self, bytes: &[u8]) -> Option<String> {
        match self {
            Charset::Ascii => bytes.is_ascii().then(|| String::from_utf8_lossy(bytes).into_owned()),
            Charset::Latin1 => Some(bytes.iter().copied().map(char::from).collect()),
            Charset::Utf16 { little, mark } => decode_utf16(bytes, *little, *mark),
            Charset::Other(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
                Some(text.into_owned())
            }
        }
    }
}

fn decode_utf16(bytes: &[u8], little: bool, mark: bool) -> Option<String> {
    let (little, bytes) = match bytes {
        [0xff, 0xfe, rest @ ..] if mark => (true, rest),
        [0xfe, 0xff, rest @ ..] if mark => (false, rest),
        _ => (little, bytes),
    };
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let unit = |pair: &[u8; 2]| {
        if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }
    };
    String::from_utf16(&units.iter().map(unit).collect::<Vec<_>>()).ok()
}

fn charset(call: &Call<'_>) -> Result<Charset, Fault> {
    Charset::find(call.text(1)).ok_or_else(|| {
        Fault::at(1, format!("{} is not a supported IANA encoding name or alias", call.show(1)))
    })
}

fn text_encode(call: &Call<'_>) -> Outcome {
    match charset(call)?.encode(call.text(0)) {
        Some(bytes) => text(to_base64(&bytes)),
        None => Err(Fault::at(
            0,
            format!(
                "the given string contains characters that cannot be represented in {}",
                call.text(1)
            ),
        )),
    }
}

fn text_decode(call: &Call<'_>) -> Outcome {
    let charset = charset(call)?;
    let Some(bytes) = from_base64(call.text(0)) else {
        return Err(Fault::at(0, "the given value is not valid Base64"));
    };
    match charset.decode(&bytes).filter(|it| !it.contains(char::REPLACEMENT_CHARACTER)) {
        Some(decoded) => text(decoded),
        None => Err(Fault::at(
            0,
            format!("the given string contains symbols that are not defined for {}", call.text(1)),
        )),
    }
}

fn csv_error(error: &csv::Error) -> Fault {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { .. } => {
            format!("CSV parse error on line {line}: wrong number of fields").into()
        }
        _ => format!("CSV parse error on line {line}: {error}").into(),
    }
}

/// Whether a quote stands where it means nothing, or is never closed, and on which line. The reader
/// itself takes such text as it can.
fn misplaced_quote(text: &str) -> Option<(usize, &'static str)> {
    let (mut line, mut quoted, mut field_start) = (1, false, true);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => drop(rest.next()),
            '"' if quoted => {
                quoted = false;
                if !matches!(rest.peek(), None | Some(',' | '\n' | '\r')) {
                    return Some((line, "extraneous or missing quote in a quoted field"));
                }
            }
            '"' if field_start => (quoted, field_start) = (true, false),
            '"' => return Some((line, "a quote in a field without quotes")),
            _ if quoted => {}
            other => field_start = matches!(other, ',' | '\n' | '\r'),
        }
    }
    quoted.then_some((line, "a quoted field does not end"))
}

fn csv_decode(call: &Call<'_>) -> Outcome {
    if let Some((line, problem)) = misplaced_quote(call.text(0)) {
        return Err(format!("CSV parse error on line {line}: {problem}").into());
    }
    let mut reader = csv::Reader::from_reader(call.text(0).as_bytes());
    let headers = reader.headers().map_err(|error| csv_error(&error))?.clone();
    if headers.is_empty() {
        return Err("missing header line".into());
    }
    let names: Vec<String> = headers.iter().map(Value::nfc).collect();
    let twice =
        names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|it| it == *name));
    if let Some((_, name)) = twice {
        return Err(format!("duplicate column name {name:?}").into());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(&error))?;
        let fields: Fields = names.iter().cloned().zip(record.iter().map(Value::string)).collect();
        rows.push(Value::Object(fields.into()));
    }
    let row = Type::object(names.into_iter().map(|name| (name, Type::String)));
    Ok(Value::list(row, rows))
}
