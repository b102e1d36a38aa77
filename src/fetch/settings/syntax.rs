//! The syntax of the command line configuration: the first version of HCL, or JSON. Both give JSON,
//! where the labels of a block are keys.

use serde_json::{Map, Value as Json};

type Result<T> = std::result::Result<T, String>;

/// What a file says.
pub(super) fn parse(text: &str) -> Result<Json> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    Reader { text, at: 0 }.object(false).map(Json::Object)
}

/// The items of an object, or of several in a list.
pub(super) fn items(json: &Json) -> Vec<(&String, &Json)> {
    match json {
        Json::Object(object) => object.iter().collect(),
        Json::Array(all) => all.iter().flat_map(items).collect(),
        _ => Vec::new(),
    }
}

/// What stands under a key, in an object or in several in a list.
pub(super) fn under<'j>(json: &'j Json, key: &str) -> Vec<&'j Json> {
    items(json).into_iter().filter(|(name, _)| *name == key).map(|(_, it)| it).collect()
}

#[derive(Debug)]
enum Token {
    /// A name, number or truth.
    Word(String),
    /// Text in quotes.
    Text(String),
    Sign(char),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Leaves out space and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            let comment = match trimmed {
                it if it.starts_with('#') || it.starts_with("//") => it.find('\n'),
                it if it.starts_with("/*") => it.find("*/").map(|end| end + 2),
                _ => Some(0),
            };
            let skipped = rest.len() - trimmed.len() + comment.unwrap_or(trimmed.len());
            self.at += skipped;
            if skipped == 0 {
                return;
            }
        }
    }

    fn token(&mut self) -> Result<Option<Token>> {
        self.skip();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let is_word = |c: char| c.is_alphanumeric() || "_-.+".contains(c);
        let (token, length) = match first {
            '"' => {
                let length = quoted(rest).ok_or_else(|| self.problem("a text has no end"))?;
                let text = rest.get(..length).unwrap_or_default();
                let text =
                    serde_json::from_str(text).map_err(|it| self.problem(&it.to_string()))?;
                (Token::Text(text), length)
            }
            '=' | ':' | '{' | '}' | '[' | ']' | ',' => (Token::Sign(first), 1),
            c if is_word(c) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Token::Word(rest.get(..length).unwrap_or_default().to_string()), length)
            }
            c => return Err(self.problem(&format!("`{c}` is not expected"))),
        };
        self.at += length;
        Ok(Some(token))
    }

    fn problem(&self, what: &str) -> String {
        let before = self.text.get(..self.at).unwrap_or_default();
        format!("line {}: {what}", before.matches('\n').count() + 1)
    }

    fn unexpected(&self, token: Option<Token>) -> String {
        self.problem(&match token {
            None => "the file ends too early".to_string(),
            Some(Token::Word(word) | Token::Text(word)) => format!("`{word}` is not expected"),
            Some(Token::Sign(sign)) => format!("`{sign}` is not expected"),
        })
    }

    /// The items up to the closing brace, or the end of the file.
    fn object(&mut self, closed: bool) -> Result<Map<String, Json>> {
        let mut object = Map::new();
        loop {
            match self.token()? {
                None if !closed => return Ok(object),
                Some(Token::Sign('}')) if closed => return Ok(object),
                Some(Token::Sign(',')) => {}
                Some(Token::Word(key) | Token::Text(key)) => {
                    let value = self.item()?;
                    add(&mut object, key, value);
                }
                other => return Err(self.unexpected(other)),
            }
        }
    }

    /// What follows a key: more keys, which are labels, and then the value or the body.
    fn item(&mut self) -> Result<Json> {
        match self.token()? {
            Some(Token::Word(label) | Token::Text(label)) => {
                let inner = self.item()?;
                Ok(Json::Object(Map::from_iter([(label, inner)])))
            }
            Some(Token::Sign('=' | ':')) => self.value(),
            Some(Token::Sign('{')) => self.object(true).map(Json::Object),
            other => Err(self.unexpected(other)),
        }
    }

    fn value(&mut self) -> Result<Json> {
        match self.token()? {
            Some(Token::Text(text)) => Ok(Json::String(text)),
            Some(Token::Word(word)) => {
                Ok(serde_json::from_str(&word).unwrap_or(Json::String(word)))
            }
            Some(Token::Sign('{')) => self.object(true).map(Json::Object),
            Some(Token::Sign('[')) => self.list(),
            other => Err(self.unexpected(other)),
        }
    }

    fn list(&mut self) -> Result<Json> {
        let mut list = Vec::new();
        loop {
            self.skip();
            match self.rest().chars().next() {
                Some(sign @ (']' | ',')) => {
                    self.at += 1;
                    if sign == ']' {
                        return Ok(Json::Array(list));
                    }
                }
                _ => list.push(self.value()?),
            }
        }
    }
}

/// The length of the text in quotes at the beginning.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

/// Adds an item; what stands under the same key already is kept beside it.
fn add(object: &mut Map<String, Json>, key: String, value: Json) {
    match (object.get_mut(&key), value) {
        (Some(Json::Object(there)), Json::Object(more)) => {
            more.into_iter().for_each(|(key, value)| add(there, key, value));
        }
        (_, value) => drop(object.insert(key, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lists_and_quoted_keys_are_read() {
        let text = "# a\nplugin_cache_dir = \"a\\\"b\" // c\nprovider_installation {\n  /* x\n */\n  \
                    dev_overrides {\n    \"hashicorp/aws\" = \"/x\"\n  }\n  filesystem_mirror {\n    \
                    path = \"/y\"\n  include = [\"a/*\", \"b\",]\n  }\n  direct {}\n}\n\
                    host \"a.io\" { services { modules.v1 = \"m\" } }\nhost \"a.io\" {\n  \
                    services = { \"providers.v1\" = \"p\", n = 1 }\n}\ndisable_checkpoint = true\n";
        let json = parse(text).unwrap();
        assert_eq!(json["plugin_cache_dir"], "a\"b");
        assert_eq!(json["provider_installation"]["dev_overrides"]["hashicorp/aws"], "/x");
        assert_eq!(json["provider_installation"]["filesystem_mirror"]["include"][1], "b");
        let services = &json["host"]["a.io"]["services"];
        assert_eq!(
            (&services["modules.v1"], &services["providers.v1"]),
            (&"m".into(), &"p".into())
        );
        assert_eq!(json["disable_checkpoint"], true);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, problem) in [
            ("a = \n}", "line 2: `}` is not expected"),
            ("a {\n b = 1", "line 2: the file ends too early"),
            ("\na = \"x", "line 2: a text has no end"),
            ("a = @", "line 1: `@` is not expected"),
            ("a = [", "line 1: the file ends too early"),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem, "{text}");
        }
    }
}
