//! Functions on regular expressions, in the syntax and with the meaning of RE2.

use ::regex::{Captures, Regex};

use super::call::{Call, Fault, Outcome, check_length, text};
use super::table::{ANY, Function, Parameter, STRING, Shape, function, takes};
use crate::value::{Type, Value};

const PATTERN: Parameter = takes("pattern", STRING);
const TEXT: Parameter = takes("string", STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "regex",
        "What the first match of a regular expression captures; an error when there is none.",
        &[PATTERN, TEXT],
        ANY,
        regex,
    )
    .rule(result_of),
    function(
        "regexall",
        "What each match of a regular expression captures, as a list.",
        &[PATTERN, TEXT],
        Shape::List(&ANY),
        regex_all,
    )
    .rule(|arguments| Ok(Type::list(result_of(arguments)?))),
    function(
        "replace",
        "The string with each occurrence of another replaced. What stands between two slashes is a \
         regular expression, whose captures the replacement names as `$1` or `${name}`.",
        &[takes("str", STRING), takes("substr", STRING), takes("replace", STRING)],
        STRING,
        replace,
    ),
];

fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&translate(pattern)).map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or(&error);
        let reason = reason.trim().trim_start_matches("error: ");
        format!("invalid regexp pattern: {reason} in {pattern}")
    })
}

fn compile_argument(call: &Call<'_>) -> Result<(Regex, Captured), Fault> {
    let pattern = compile(call.text(0)).map_err(|message| Fault::at(0, message))?;
    let captured = Captured::by(&pattern).map_err(|message| Fault::at(0, message))?;
    Ok((pattern, captured))
}

/// What a match gives.
enum Captured {
    /// The text of the whole match.
    Whole,
    /// A tuple with the text of each group.
    Groups,
    /// An object with the text of each group.
    Names(Vec<String>),
}

impl Captured {
    fn by(pattern: &Regex) -> Result<Captured, String> {
        let names: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
        let named: Vec<String> = names.iter().flatten().map(|name| name.to_string()).collect();
        match (named.len(), names.len() - named.len()) {
            (0, 0) => Ok(Captured::Whole),
            (0, _) => Ok(Captured::Groups),
            (_, 0) => Ok(Captured::Names(named)),
            _ => Err("invalid regexp pattern: cannot mix both named and unnamed capture groups"
                .to_string()),
        }
    }

    fn ty(&self, pattern: &Regex) -> Type {
        match self {
            Captured::Whole => Type::String,
            Captured::Groups => Type::tuple_of((1..pattern.captures_len()).map(|_| Type::String)),
            Captured::Names(names) => {
                Type::object(names.iter().map(|name| (name.clone(), Type::String)))
            }
        }
    }

    fn value(&self, captures: &Captures<'_>) -> Value {
        let group = |found: Option<::regex::Match<'_>>| {
            found.map_or(Value::Null(Type::String), |found| Value::string(found.as_str()))
        };
        match self {
            Captured::Whole => group(captures.get(0)),
            Captured::Groups => Value::tuple(captures.iter().skip(1).map(group)),
            Captured::Names(names) => {
                Value::object(names.iter().map(|name| (name.clone(), group(captures.name(name)))))
            }
        }
    }
}

fn result_of(arguments: &[Value]) -> Result<Type, Fault> {
    let Some(pattern) = arguments.first().and_then(Value::as_str) else { return Ok(Type::Any) };
    let pattern = compile(pattern).map_err(|message| Fault::at(0, message))?;
    let captured = Captured::by(&pattern).map_err(|message| Fault::at(0, message))?;
    Ok(captured.ty(&pattern))
}

fn regex(call: &Call<'_>) -> Outcome {
    let (pattern, captured) = compile_argument(call)?;
    match pattern.captures(call.text(1)) {
        Some(captures) => Ok(captured.value(&captures)),
        None => Err("pattern did not match any part of the given string".into()),
    }
}

fn regex_all(call: &Call<'_>) -> Outcome {
    let (pattern, captured) = compile_argument(call)?;
    let matches = pattern.captures_iter(call.text(1)).map(|captures| captured.value(&captures));
    Ok(Value::list(captured.ty(&pattern), matches))
}

fn replace(call: &Call<'_>) -> Outcome {
    let (whole, search, replacement) = (call.text(0), call.text(1), call.text(2));
    let pattern = search.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(pattern) = pattern else {
        let count = whole.matches(search).count();
        check_length(whole.len().saturating_add(count.saturating_mul(replacement.len())))?;
        return text(whole.replace(search, replacement));
    };
    let (mut out, mut end) = (String::new(), 0);
    let groups = replacement.matches('$').count();
    for captures in compile(pattern)?.captures_iter(whole) {
        let Some(found) = captures.get(0) else { continue };
        out.push_str(whole.get(end..found.start()).unwrap_or_default());
        let more = groups.saturating_mul(found.len()).saturating_add(replacement.len());
        check_length(out.len().saturating_add(more))?;
        captures.expand(replacement, &mut out);
        end = found.end();
    }
    out.push_str(whole.get(end..).unwrap_or_default());
    text(out)
}

/// The pattern in the syntax of the `regex` crate, which differs from RE2: its `\d`, `\w`, `\s` and
/// `\b` know all of Unicode, classes nest, and a brace that begins no repetition is an error.
/// RE2: <https://github.com/google/re2/wiki/Syntax>.
fn translate(pattern: &str) -> String {
    let mut translation = Translation { rest: pattern, out: String::new(), class: None };
    while translation.step() {}
    translation.out
}

struct Translation<'a> {
    rest: &'a str,
    out: String,
    /// Inside a class: how much of the output there was when it began.
    class: Option<usize>,
}

impl Translation<'_> {
    fn step(&mut self) -> bool {
        let mut characters = self.rest.chars();
        let Some(next) = characters.next() else { return false };
        self.rest = characters.as_str();
        match (next, self.class) {
            ('\\', _) => self.escape(),
            ('[', None) => self.begin_class(),
            ('{', None) if !begins_repetition(self.rest) => self.out.push_str("\\{"),
            (_, None) => self.out.push(next),
            (_, Some(began)) => self.in_class(next, began),
        }
        true
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                self.out.push_str(prefix);
                true
            }
            None => false,
        }
    }

    fn begin_class(&mut self) {
        self.out.push('[');
        self.take("^");
        self.class = Some(self.out.len());
    }

    fn in_class(&mut self, next: char, began: usize) {
        let first = self.out.len() == began;
        match next {
            ']' if !first => {
                self.class = None;
                self.out.push(']');
            }
            '[' if self.rest.starts_with(':') => {
                let end = self.rest.find(":]").map_or(0, |at| at + 2);
                let (name, rest) = self.rest.split_at(end);
                self.out.push('[');
                self.out.push_str(name);
                self.rest = rest;
            }
            '-' if first => self.out.push_str("\\-"),
            // The end of a range; two dashes would be a difference of classes.
            '-' if self.out.ends_with('-') && !self.out.ends_with("\\-") => {
                self.out.push_str("\\-");
            }
            '[' | ']' | '&' | '~' => self.out.extend(['\\', next]),
            _ => self.out.push(next),
        }
    }

    fn escape(&mut self) {
        let mut characters = self.rest.chars();
        let Some(next) = characters.next() else { return self.out.push('\\') };
        self.rest = characters.as_str();
        let set = match next.to_ascii_lowercase() {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => "\\t\\n\\x0C\\r ",
            _ => return self.escape_other(next),
        };
        match (next.is_ascii_uppercase(), self.class) {
            (true, _) => self.out.extend(["[^", set, "]"]),
            (false, None) => self.out.extend(["[", set, "]"]),
            (false, Some(_)) => self.out.push_str(set),
        }
    }

    fn escape_other(&mut self, next: char) {
        match next {
            'b' | 'B' if self.class.is_none() => {
                self.out.extend(["(?-u:\\", next.encode_utf8(&mut [0; 4]), ")"])
            }
            'Q' => {
                let (literal, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.out.push_str(&::regex::escape(literal));
                self.rest = rest;
            }
            '<' | '>' => self.out.push(next),
            '0'..='7' => self.octal(next),
            _ => self.out.extend(['\\', next]),
        }
    }

    /// `\123` is a character by its octal code; a single digit but 0 would be a back-reference,
    /// which is left to be refused.
    fn octal(&mut self, first: char) {
        let more = self.rest.chars().take(2).take_while(|it| it.is_digit(8)).count();
        let (digits, rest) = self.rest.split_at(more);
        if first != '0' && digits.is_empty() {
            return self.out.extend(['\\', first]);
        }
        let code = u32::from_str_radix(&format!("{first}{digits}"), 8).unwrap_or_default();
        self.out.push_str(&format!("\\x{{{code:x}}}"));
        self.rest = rest;
    }
}

fn begins_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.chars().all(|it| it.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn patterns_mean_what_they_mean_in_re2() {
        let cases = [
            (r"\w+", "é_a", Some("_a")),
            (r"\d", "٣4", Some("4")),
            (r"[^\W]+", "-ab", Some("ab")),
            (r"[[a]+", "x[a[", Some("[a[")),
            (r"[]a]+", "]a", Some("]a")),
            (r"[^]a]+", "]ab", Some("b")),
            (r"[a&&b]+", "&&a", Some("&&a")),
            (r"[--/]+", "a-./", Some("-./")),
            (r"[[:alpha:]_]+", "1a_", Some("a_")),
            (r"\bfoo\b", "éfoo", Some("foo")),
            (r"o\B", "fo foo", Some("o")),
            (r"${x}", "a${x}", None),
            (r"\$\{(x)}", "a${x}", Some("${x}")),
            (r"a{,2}", "a{,2}", Some("a{,2}")),
            (r"a{2}", "aaa", Some("aa")),
            (r"\Q.*\E+", "a.**", Some(".**")),
            (r"\x41\101", "AA", Some("AA")),
            (r"\s", "a\u{a0} ", Some(" ")),
            (r"(?i)ABC", "xabc", Some("abc")),
            (r"a|ab", "ab", Some("a")),
            (r"\<\>", "<>", Some("<>")),
        ];
        for (pattern, text, expected) in cases {
            let compiled = ::regex::Regex::new(&translate(pattern)).unwrap();
            assert_eq!(compiled.find(text).map(|it| it.as_str()), expected, "{pattern}");
        }
        for pattern in ["(", "(?=a)", "[z-a]", "*a", r"(a)\1", r"\Z"] {
            assert!(::regex::Regex::new(&translate(pattern)).is_err(), "{pattern}");
        }
    }
}
