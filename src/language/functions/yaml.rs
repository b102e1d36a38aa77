//! `yamldecode`: YAML 1.2 with the scalars that OpenTofu reads, some of them from YAML 1.1.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr as _;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::call::{Call, Outcome, text};
use super::encoding::from_base64;
use super::table::{ANY, Function, Parameter, STRING, function, takes};
use super::yaml_write::write;
use crate::value::{Fields, Number, Type, Value, convert};

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "yamldecode",
        "The value that a YAML document stands for.",
        &[takes("src", STRING)],
        ANY,
        decode,
    )
    .nullable(),
    function(
        "yamlencode",
        "A value as a YAML document.",
        &[Parameter::anything("value").whole()],
        STRING,
        |call| text(write(call.value(0))),
    ),
];

/// The most nodes of a document, all aliases resolved.
const MOST_NODES: usize = 1_000_000;
/// How deep lists and mappings can be inside of each other.
const MOST_DEEP: usize = 250;

fn decode(call: &Call<'_>) -> Outcome {
    let mut source = Cow::Borrowed(call.text(0));
    loop {
        let mut decoder = Decoder::new(&source);
        let result = decoder.document();
        match decoder.after_tabs {
            Some(at) => source = Cow::Owned(without_tabs_before(&source, at)),
            None => return Ok(result?),
        }
    }
}

/// The text with blanks for the tabs before a character.
fn without_tabs_before(source: &str, at: usize) -> String {
    let mut characters: Vec<char> = source.chars().collect();
    let before = characters.iter_mut().take(at).rev();
    before.take_while(|it| **it == '\t').for_each(|it| *it = ' ');
    characters.into_iter().collect()
}

struct Decoder<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// The values of anchors, by number, and how many nodes they have; none while the anchor's own
    /// node is being read.
    anchors: HashMap<usize, Option<(Value, usize)>>,
    /// How many nodes there are so far, those that aliases stand for included.
    nodes: usize,
    /// How many lists and mappings this is inside of.
    depth: usize,
    /// How many characters the document has.
    length: usize,
    /// Whether its last line ends with a line break.
    ends_with_break: bool,
    /// The lines, if there are tabs in them.
    lines: Vec<&'a str>,
    /// How many brackets and braces this is inside of.
    flow: usize,
    /// The character before which tabs follow a colon, where the parser takes none.
    after_tabs: Option<usize>,
}

fn at(span: &Span, message: impl std::fmt::Display) -> String {
    format!("on line {}, column {}: {message}", span.start.line(), span.start.col() + 1)
}

fn scan_error(error: &ScanError) -> String {
    let marker = error.marker();
    format!("on line {}, column {}: {}", marker.line(), marker.col() + 1, error.info())
}

type Node<'a> = (Event<'a>, Span);

impl<'a> Decoder<'a> {
    fn new(source: &'a str) -> Decoder<'a> {
        Decoder {
            events: Parser::new_from_str(source),
            anchors: HashMap::new(),
            nodes: 0,
            depth: 0,
            length: source.chars().count(),
            ends_with_break: source.ends_with(['\n', '\r']),
            lines: if source.contains('\t') { source.lines().collect() } else { Vec::new() },
            flow: 0,
            after_tabs: None,
        }
    }

    fn next(&mut self) -> Result<Node<'a>, String> {
        match self.events.next() {
            Some(Ok(node)) => Ok(node),
            Some(Err(error)) => {
                let colon = error.info().starts_with("':' must be followed");
                self.after_tabs = colon.then(|| error.marker().index());
                Err(scan_error(&error))
            }
            None => Err("unexpected end of the YAML document".to_string()),
        }
    }

    fn document(&mut self) -> Result<Value, String> {
        self.next()?;
        let (start, span) = self.next()?;
        if !matches!(start, Event::DocumentStart(_)) {
            return Err(at(&span, "missing start of document"));
        }
        let first = self.next()?;
        let value = self.value(first)?;
        self.next()?;
        match self.next()? {
            (Event::StreamEnd, _) => Ok(value),
            (_, span) => Err(at(&span, "unexpected extra content after value")),
        }
    }

    /// Refuses a tab where it would indent: at the start of a line, and after `-` or `?`.
    fn indented(&self, span: &Span) -> Result<(), String> {
        let line = span.start.line().checked_sub(1).and_then(|line| self.lines.get(line));
        let (Some(line), 0) = (line, self.flow) else { return Ok(()) };
        let before: String = line.chars().take(span.start.col()).collect();
        let code = before.trim_end_matches([' ', '\t']);
        let tab = before.get(code.len()..).is_some_and(|it| it.contains('\t'));
        match tab && (code.is_empty() || code.ends_with(['-', '?'])) && code != "---" {
            true => Err(at(span, "found a tab where blanks must indent")),
            false => Ok(()),
        }
    }

    /// Whether a list or mapping is written in brackets or braces.
    fn is_flow(&self, span: &Span) -> bool {
        let line = span.start.line().checked_sub(1).and_then(|line| self.lines.get(line));
        let first = line.and_then(|line| line.chars().nth(span.start.col()));
        matches!(first, Some('[' | '{'))
    }

    fn value(&mut self, (event, span): Node<'a>) -> Result<Value, String> {
        if !matches!(&event, Event::Scalar(text, ..) if text.is_empty()) {
            self.indented(&span)?;
        }
        let before = self.nodes;
        self.count(1).map_err(|message| at(&span, message))?;
        match event {
            Event::Scalar(source, style, anchor, tag) => {
                let source = self.as_ended(&source, style, &span);
                let value =
                    scalar(source, style, tag.as_deref()).map_err(|message| at(&span, message))?;
                self.anchored(anchor, value, before)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(Some((value, nodes))) => {
                    self.count(nodes).map_err(|message| at(&span, message))?;
                    Ok(value)
                }
                Some(None) => {
                    Err(at(&span, "cannot refer to an anchor from inside its own definition"))
                }
                None => Err(at(&span, "reference to undefined anchor")),
            },
            Event::SequenceStart(anchor, tag) => {
                self.begin(anchor, tag.as_deref(), "seq").map_err(|message| at(&span, message))?;
                let value = self.deeper(&span, Self::sequence)?;
                self.anchored(anchor, value, before)
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(anchor, tag.as_deref(), "map").map_err(|message| at(&span, message))?;
                let value = self.deeper(&span, Self::mapping)?;
                self.anchored(anchor, value, before)
            }
            _ => Err(at(&span, "expected a value")),
        }
    }

    /// The text of a block scalar, which ends without a line break where the document does.
    fn as_ended<'t>(&self, text: &'t str, style: ScalarStyle, span: &Span) -> &'t str {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let last = span.end.index() >= self.length && !self.ends_with_break;
        if block && last { text.strip_suffix('\n').unwrap_or(text) } else { text }
    }

    /// Checks the tag of a collection, and notes that its anchor may not be used yet.
    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, kind: &str) -> Result<(), String> {
        self.anchors.insert(anchor, None);
        match tag {
            Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == kind) => {
                Err(format!("cannot interpret this as {tag}"))
            }
            _ => Ok(()),
        }
    }

    /// Aliases of aliases could make more of a short document than there is memory for.
    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes += nodes;
        let over = self.nodes > MOST_NODES;
        if over { Err("document contains excessive aliasing".to_string()) } else { Ok(()) }
    }

    fn deeper(
        &mut self,
        span: &Span,
        inside: fn(&mut Self) -> Result<Value, String>,
    ) -> Result<Value, String> {
        if self.depth >= MOST_DEEP {
            return Err(at(span, "the document is nested too deeply"));
        }
        let flow = usize::from(self.is_flow(span));
        (self.depth, self.flow) = (self.depth + 1, self.flow + flow);
        let value = inside(self);
        (self.depth, self.flow) = (self.depth - 1, self.flow - flow);
        value
    }

    /// Takes note of the value of an anchor, whose nodes come after the first `before`.
    fn anchored(&mut self, anchor: usize, value: Value, before: usize) -> Result<Value, String> {
        // Nodes without an anchor all have the number 0, which no alias has.
        if anchor != 0 {
            self.anchors.insert(anchor, Some((value.clone(), self.nodes - before)));
        }
        Ok(value)
    }

    fn sequence(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::tuple(items)),
                node => items.push(self.value(node)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<Value, String> {
        let mut fields = Fields::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Object(fields.into()));
            }
            let Event::Scalar(source, style, _, tag) = event else {
                return Err(at(&span, "only strings are allowed as mapping keys"));
            };
            let node = self.next()?;
            let value = self.value(node)?;
            if is_merge(&source, style, tag.as_deref()) {
                merge(&mut fields, &value).map_err(|message| at(&span, message))?;
                continue;
            }
            let key = key(&source, style, tag.as_deref()).map_err(|message| at(&span, message))?;
            fields.insert(key, value);
        }
    }
}

fn key(source: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<String, String> {
    let key = scalar(source, style, tag)?;
    if key.is_null() {
        return Err("mapping key cannot be null".to_string());
    }
    match convert(&key, &Type::String) {
        Ok(Value::String(key)) => Ok(key.to_string()),
        _ => Err("only strings are allowed as mapping keys".to_string()),
    }
}

fn is_merge(source: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    match tag {
        Some(tag) => tag.is_yaml_core_schema() && tag.suffix == "merge",
        None => source == "<<" && style == ScalarStyle::Plain,
    }
}

/// `<<`: the fields of a mapping, or of each mapping in a sequence.
fn merge(fields: &mut Fields, value: &Value) -> Result<(), String> {
    let refused = |value: &Value| format!("cannot merge {} into mapping", value.ty().friendly());
    match (value.fields(), value.items()) {
        (Some(more), _) => {
            fields.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
            Ok(())
        }
        (None, Some(items)) => items.iter().try_for_each(|item| match item.fields() {
            Some(_) => merge(fields, item),
            None => Err(refused(item)),
        }),
        (None, None) => Err(refused(value)),
    }
}

fn scalar(source: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        let plain = style == ScalarStyle::Plain;
        return if plain { plain_scalar(source) } else { Ok(Value::string(source)) };
    };
    if !tag.is_yaml_core_schema() {
        return Err(format!("unsupported tag {:?}", tag.to_string()));
    }
    // As OpenTofu has it, a quoted string that could mean something else stays a string.
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    if quoted && (source.is_empty() || source.starts_with(MEANINGFUL)) {
        return Ok(Value::string(source));
    }
    let unusable = || format!("cannot parse {source:?} as {}", tag.suffix);
    match tag.suffix.as_str() {
        "str" => Ok(Value::string(source)),
        "binary" if from_base64(source).is_some() => Ok(Value::string(source)),
        "bool" => boolean(source).map(Value::Bool).ok_or_else(unusable),
        "int" | "float" => number(source).ok_or_else(unusable),
        "timestamp" => timestamp(source).ok_or_else(unusable),
        "null" => Ok(Value::NULL),
        "binary" => Err(unusable()),
        _ => Err(format!("unsupported tag {:?}", tag.to_string())),
    }
}

/// The characters that scalars other than strings can begin with.
const MEANINGFUL: fn(char) -> bool = |it| it.is_ascii_digit() || "+-.~yYnNtTfFoO".contains(it);

fn plain_scalar(source: &str) -> Result<Value, String> {
    if matches!(source, "" | "~" | "null" | "Null" | "NULL") {
        return Ok(Value::NULL);
    }
    if let Some(truth) = boolean(source) {
        return Ok(Value::Bool(truth));
    }
    match source.trim_start_matches(['+', '-']).to_ascii_lowercase().as_str() {
        ".inf" | ".nan" => return Err(format!("the number {source} is not supported")),
        _ => {}
    }
    if let Some(time) = timestamp(source) {
        return Ok(time);
    }
    Ok(number(source).unwrap_or_else(|| Value::string(source)))
}

fn boolean(source: &str) -> Option<bool> {
    match source {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(false)
        }
        _ => None,
    }
}

/// A decimal number, or a whole one in octal (`0o17`) or hexadecimal (`0x1F`).
fn number(source: &str) -> Option<Value> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = source.strip_prefix(prefix) {
            let plain = digits.chars().all(|it| it.is_digit(radix));
            let number = i64::from_str_radix(digits, radix).ok().filter(|_| plain);
            return number.map(Value::number);
        }
    }
    let unsigned = source.trim_start_matches(['+', '-']);
    let starts = unsigned.starts_with(|it: char| it.is_ascii_digit())
        || unsigned
            .strip_prefix('.')
            .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    let plausible = source.chars().all(|it| it.is_ascii_digit() || "+-.eE".contains(it));
    let number = Number::from_str(source).ok().filter(|_| starts && plausible);
    number.map(Value::Number)
}

/// The forms of a time that YAML allows, as the string of RFC 3339 that the language uses.
fn timestamp(source: &str) -> Option<Value> {
    let (date, rest) = match source.find(['T', 't', ' ']) {
        Some(at) => (source.get(..at)?, source.get(at..)?),
        None => (source, ""),
    };
    let mut parts = date.split('-');
    let year = parts.next().filter(|it| it.len() == 4)?;
    let (month, day) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    if parts.next().is_some() || !year.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let clock = match rest.chars().next() {
        None => "00:00:00Z".to_string(),
        Some(' ') => clock(rest.get(1..)?)? + "Z",
        Some(_) => {
            let rest = rest.get(1..)?;
            let zone = rest.find(['Z', '+', '-'])?;
            clock(rest.get(..zone)?)? + rest.get(zone..)?
        }
    };
    let normal = format!("{year}-{month}-{day}T{clock}");
    super::time::normalise(&normal).map(Value::string)
}

fn two_digits(part: &str) -> Option<String> {
    let number: u8 = part.parse().ok()?;
    (part.len() <= 2).then(|| format!("{number:02}"))
}

/// Hours, minutes and seconds, without the fraction.
fn clock(source: &str) -> Option<String> {
    let (whole, fraction) = source.split_once('.').unwrap_or((source, "0"));
    if !fraction.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let parts: Option<Vec<String>> = whole.split(':').map(two_digits).collect();
    parts.filter(|parts| parts.len() == 3).map(|parts| parts.join(":"))
}
