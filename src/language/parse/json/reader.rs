//! JSON with places: what each value is, and where it stands.

use std::ops::Range;

/// A value and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    /// Without its escapes.
    String(String),
    Array(Vec<Item>),
    /// Names with their places.
    Object(Vec<(String, Range<usize>, Item)>),
}

/// What is wrong with a text, and where.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) what: String,
    pub(super) at: usize,
}

/// The deepest nesting that is read.
const DEPTH: usize = 128;

/// Reads a text that is one JSON value.
pub(super) fn read(text: &str) -> Result<Item, Problem> {
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader = Reader { text, at, depth: 0 };
    let item = reader.value()?;
    reader.blank();
    match reader.peek() {
        None => Ok(item),
        Some(_) => reader.fail("Something follows the end of the value."),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn fail<T>(&self, what: &str) -> Result<T, Problem> {
        Err(Problem { what: what.to_string(), at: self.at })
    }

    /// Takes a character, after blanks.
    fn takes(&mut self, wanted: char) -> bool {
        self.blank();
        let there = self.peek() == Some(wanted);
        self.at += if there { wanted.len_utf8() } else { 0 };
        there
    }

    fn value(&mut self) -> Result<Item, Problem> {
        self.blank();
        self.depth += 1;
        if self.depth > DEPTH {
            return self.fail("The value is nested too deeply.");
        }
        let start = self.at;
        let kind = match self.peek() {
            Some('{') => self.object()?,
            Some('[') => self.array()?,
            Some('"') => Kind::String(self.string()?),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number()?,
            _ => self.word()?,
        };
        self.depth -= 1;
        Ok(Item { kind, range: start..self.at })
    }

    fn word(&mut self) -> Result<Kind, Problem> {
        let words =
            [("null", Kind::Null), ("true", Kind::Bool(true)), ("false", Kind::Bool(false))];
        for (word, kind) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        self.fail("A JSON value is expected here.")
    }

    fn number(&mut self) -> Result<Kind, Problem> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let rest = self.rest();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or_default().to_string();
        if serde_json::from_str::<serde_json::Number>(&number).is_err() {
            return self.fail("This is not a JSON number.");
        }
        self.at += end;
        Ok(Kind::Number(number))
    }

    fn string(&mut self) -> Result<String, Problem> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((end, _)) = end else { return self.fail("The string does not end.") };
        match serde_json::from_str(rest.get(..=end).unwrap_or_default()) {
            Ok(text) => {
                self.at += end + 1;
                Ok(text)
            }
            Err(_) => self.fail("This is not a JSON string."),
        }
    }

    fn array(&mut self) -> Result<Kind, Problem> {
        self.takes('[');
        let mut items = Vec::new();
        if self.takes(']') {
            return Ok(Kind::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.takes(']') {
                return Ok(Kind::Array(items));
            }
            if !self.takes(',') {
                return self.fail("A comma or `]` is expected here.");
            }
        }
    }

    fn object(&mut self) -> Result<Kind, Problem> {
        self.takes('{');
        let mut entries = Vec::new();
        if self.takes('}') {
            return Ok(Kind::Object(entries));
        }
        loop {
            self.blank();
            if self.peek() != Some('"') {
                return self.fail("A name in quotes is expected here.");
            }
            let start = self.at;
            let name = self.string()?;
            let place = start..self.at;
            if !self.takes(':') {
                return self.fail("A colon is expected here.");
            }
            entries.push((name, place, self.value()?));
            if self.takes('}') {
                return Ok(Kind::Object(entries));
            }
            if !self.takes(',') {
                return self.fail("A comma or `}` is expected here.");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_places() {
        let item = read(" {\"a\\n\": [1e2, null, \"\\u00e9\"]} ").unwrap();
        assert_eq!(item.range, 1..31);
        let Kind::Object(entries) = item.kind else { panic!() };
        assert_eq!((entries[0].0.as_str(), entries[0].1.clone()), ("a\n", 2..7));
        let Kind::Array(items) = &entries[0].2.kind else { panic!() };
        assert_eq!(items[0], Item { kind: Kind::Number("1e2".into()), range: 10..13 });
        assert_eq!(items[2].kind, Kind::String("é".into()));
    }

    #[test]
    fn mistakes_are_told_where_they_are() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("{\"a\" 1}", 5),
            ("[1 2]", 3),
            ("\"a", 0),
            ("01", 0),
            ("{} x", 3),
            ("{'a': 1}", 1),
        ] {
            assert_eq!(read(text).unwrap_err().at, at, "{text}");
        }
    }
}
