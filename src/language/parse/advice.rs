//! What a mistake in the syntax was probably meant to be.

use std::ops::Range;

use super::scan::{closed, lines, lists};
use crate::language::module::is_name;

/// What to say of a mistake that is often made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) summary: &'static str,
    pub(super) detail: String,
    pub(super) hint: String,
    /// Another place, and what it has to do with it.
    pub(super) other: Option<(Range<usize>, &'static str)>,
}

/// A place where the parser cannot go on.
struct Place<'t> {
    text: &'t str,
    at: usize,
    /// The line up to the place.
    before: &'t str,
    /// All that follows.
    rest: &'t str,
    /// What the parser says.
    message: &'t str,
}

type Rule = fn(&Place<'_>) -> Option<Advice>;

const RULES: [Rule; 15] = [
    quotes,
    signs,
    comment,
    interpolation,
    equality,
    colon,
    block_with_equals,
    without_equals,
    quoted_name,
    dotted_name,
    comma_after_argument,
    missing_comma,
    words,
    halves,
    one_line,
];

/// What to say of the mistake at a place, if it is one of those that are often made.
pub(super) fn advice(text: &str, at: usize, message: &str) -> Option<Advice> {
    let rest = text.get(at..)?;
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let place = Place { text, at, before: text.get(line..at)?, rest, message };
    RULES.iter().find_map(|rule| rule(&place))
}

/// Where an argument of the name at a place was set before, in the same block.
pub(super) fn earlier(text: &str, at: usize) -> Option<Range<usize>> {
    let name = word(text.get(at..)?);
    let lines = lines(text);
    let own = lines.iter().rfind(|it| it.at <= at)?;
    let inside = lines.iter().filter(|it| it.inside == own.inside && it.depth == own.depth);
    inside.filter(|it| it.at < own.at).find_map(|line| {
        let rest = text.get(line.at..)?;
        let start = line.at + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let found = word(text.get(start..)?);
        let after = text.get(start + found.len()..)?.trim_start_matches([' ', '\t']);
        let argument = after.starts_with('=') && !after.starts_with("==");
        (argument && !name.is_empty() && found == name).then(|| start..start + found.len())
    })
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

impl Place<'_> {
    fn says(&self, words: &str) -> bool {
        self.message.contains(words)
    }

    /// What follows on the line.
    fn line(&self) -> &str {
        self.rest.lines().next().unwrap_or_default().trim_end()
    }

    /// The name that stands alone before the place.
    fn name(&self) -> Option<&str> {
        Some(self.before.trim()).filter(|it| is_name(it))
    }

    /// Whether an argument or a block was to begin here.
    fn begins(&self) -> bool {
        let begins = ["invalid structure", "invalid block body", "newline or", "unexpected token"];
        begins.iter().any(|it| self.says(it))
    }
}

fn say(summary: &'static str, detail: &str, hint: impl Into<String>) -> Option<Advice> {
    Some(Advice { summary, detail: detail.to_string(), hint: hint.into(), other: None })
}

fn quotes(place: &Place<'_>) -> Option<Advice> {
    let first = place.rest.chars().next()?;
    match first {
        '\'' | '`' => {
            let detail = "Text stands in double quotes.";
            let inner = place.line().get(1..).and_then(|it| it.split_once(first));
            let inner = inner.map(|it| it.0).filter(|it| !it.contains(['"', '\\', '$', '%']));
            say("Invalid quotes", detail, format!("Write `\"{}\"`.", inner.unwrap_or("…")))
        }
        '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '«' | '»' => {
            let detail = "These quotes are those of printed text, as word processors make them.";
            say("Invalid quotes", detail, "Write straight ones: `\"`.")
        }
        _ => None,
    }
}

fn signs(place: &Place<'_>) -> Option<Advice> {
    let detail = |what: &str| format!("This sign only looks like {what}.");
    match place.rest.chars().next()? {
        '–' | '—' | '−' | '‐' | '‑' => {
            say("Invalid character", &detail("a minus"), "Write `-`.")
        }
        '＝' | '﹦' => say("Invalid character", &detail("an equals sign"), "Write `=`."),
        '×' | '∗' => say("Invalid character", &detail("an asterisk"), "Write `*`."),
        '≤' => say("Invalid character", "This sign is not an operator.", "Write `<=`."),
        '≥' => say("Invalid character", "This sign is not an operator.", "Write `>=`."),
        '≠' => say("Invalid character", "This sign is not an operator.", "Write `!=`."),
        ';' => {
            let hint = "Remove it: each argument stands on a line of its own, and in lists and \
                        objects, commas separate.";
            say("Invalid character", "Semicolons separate nothing here.", hint)
        }
        _ => None,
    }
}

fn comment(place: &Place<'_>) -> Option<Advice> {
    if !place.rest.starts_with("/*") {
        return None;
    }
    say("Unterminated comment", "Nothing closes this comment.", "Write `*/` where it ends.")
}

fn interpolation(place: &Place<'_>) -> Option<Advice> {
    let inside = place.rest.strip_prefix("${")?;
    if place.before.trim().is_empty() && !place.says("invalid expression") {
        let detail = "Only arguments and blocks may stand here, not a value alone.";
        return say("Invalid syntax", detail, "Name it: `locals { name = … }`.");
    }
    let length = closed(place.rest.get(1..)?)?;
    let inner = inside.get(..length.checked_sub(2)?)?.trim();
    let inner = Some(inner).filter(|it| !it.contains('\n')).unwrap_or("…");
    let detail = "`${` and `}` stand around a value only inside of a text in quotes.";
    say("Invalid expression", detail, format!("Write `{inner}`."))
}

fn equality(place: &Place<'_>) -> Option<Advice> {
    let rest = place.rest.strip_prefix('=')?;
    let set = place.before.strip_suffix('=').map(str::trim).filter(|it| is_name(it));
    if let Some(name) = set {
        let detail = "`==` compares two values; one `=` sets an argument.";
        return say("Invalid expression", detail, format!("Write `{name} = …`."));
    }
    if rest.starts_with('>') {
        let detail = "`=>` stands only in `{ for … : key => value }`.";
        return say("Invalid syntax", detail, "In an object, write `key = value`.");
    }
    if !place.says("newline or") {
        return None;
    }
    let detail = "One `=` sets an argument, and one is there already.";
    say("Missing line break", detail, "To compare two values, write `==`.")
}

fn colon(place: &Place<'_>) -> Option<Advice> {
    let value = place.rest.strip_prefix(':')?;
    let name = place.name().filter(|_| place.begins())?;
    let value = value.lines().next().unwrap_or_default().trim();
    let detail = "An argument is set with `=`.";
    say("Invalid syntax", detail, format!("Write `{name} = {value}`."))
}

fn block_with_equals(place: &Place<'_>) -> Option<Advice> {
    let detail = "A block has no `=` before its `{`; arguments have no labels.";
    if place.says("expected `{`") && place.rest.starts_with('=') {
        return say("Invalid block definition", detail, "Remove the `=`.");
    }
    let (name, label) = place.before.split_once('=')?;
    let label = label.trim();
    let quoted = label.len() > 1 && label.starts_with('"') && label.ends_with('"');
    if !place.rest.starts_with('{') || !quoted || !is_name(name.trim()) {
        return None;
    }
    say("Invalid block definition", detail, format!("Write `{} {label} {{`.", name.trim()))
}

fn without_equals(place: &Place<'_>) -> Option<Advice> {
    let detail = "This is neither an argument, which has an `=`, nor a block, which has a `{`.";
    if place.says("expected `{`") && place.line().is_empty() {
        let (name, label) = place.before.trim().split_once(' ')?;
        let hint = format!("For an argument, write `{name} = {}`.", label.trim());
        return say("Invalid syntax", detail, hint);
    }
    let starts = |c: char| c.is_ascii_digit() || "[(-!".contains(c);
    let name = place.name().filter(|_| place.begins() && place.rest.starts_with(starts))?;
    say("Invalid syntax", detail, format!("Write `{name} = {}`.", place.line()))
}

fn quoted_name(place: &Place<'_>) -> Option<Advice> {
    let begins = place.begins() && place.before.trim().is_empty();
    let (name, _) = place.rest.strip_prefix('"').filter(|_| begins)?.split_once('"')?;
    let name = Some(name).filter(|it| is_name(it)).unwrap_or("name");
    let detail = "The name of an argument stands without quotes.";
    say("Invalid argument name", detail, format!("Write `{name} = …`."))
}

fn dotted_name(place: &Place<'_>) -> Option<Advice> {
    let inner = word(place.rest.strip_prefix('.')?);
    let name = place.name().filter(|_| place.begins() && is_name(inner))?;
    let detail = "An argument has a name without dots.";
    let hint = format!("Write `{name} = {{ {inner} = … }}`, or `{name} {{ … }}` if it is a block.");
    say("Invalid argument name", detail, hint)
}

fn comma_after_argument(place: &Place<'_>) -> Option<Advice> {
    if !place.rest.starts_with(',') || !place.begins() {
        return None;
    }
    let detail = "Line breaks separate arguments, not commas.";
    say("Missing line break", detail, "Remove it, and put each argument on a line of its own.")
}

fn missing_comma(place: &Place<'_>) -> Option<Advice> {
    let closers = ["expected `]`", "expected `)`", "expected `,`"];
    let first = place.rest.chars().next()?;
    let begins = first.is_alphanumeric() || "\"[{(-!<_".contains(first);
    let before = place.text.get(..place.at)?.trim_end();
    let last = before.chars().next_back()?;
    let ended = last.is_alphanumeric() || "\"]})_".contains(last);
    if !closers.iter().any(|it| place.says(it)) || !begins || !ended || !lists(before) {
        return None;
    }
    let end = before.len();
    let advice = say(
        "Missing comma",
        "Commas separate the elements of a list and the arguments of a function.",
        "Write a comma between them.",
    )?;
    Some(Advice { other: Some((end - last.len_utf8()..end, "after this")), ..advice })
}

fn words(place: &Place<'_>) -> Option<Advice> {
    if !place.says("newline or") {
        return None;
    }
    let operator = match word(place.rest) {
        "and" => "&&",
        "or" => "||",
        _ if place.before.trim_end().ends_with(" not") => "!",
        _ => return None,
    };
    let detail = "The operators between true and false are signs, not words.";
    say("Invalid operator", detail, format!("Write `{operator}`."))
}

/// What is begun and not ended.
fn halves(place: &Place<'_>) -> Option<Advice> {
    if place.says("expected `:`") {
        let detail = "A condition has two results: `condition ? first : second`.";
        return say("Missing result", detail, "Write `: null` if there is nothing else.");
    }
    if place.says("traversal operator") && place.rest.starts_with('"') {
        let detail = "A name must follow the dot.";
        return say("Invalid syntax", detail, r#"To join texts, write `"${first}${second}"`."#);
    }
    let ends = place.line().is_empty() || place.line().starts_with('#');
    let name = place.before.trim_end().strip_suffix('=').map(str::trim)?;
    if !place.says("invalid expression") || !ends || !is_name(name) {
        return None;
    }
    let detail = "A value should stand here, but the line ends.";
    say("Invalid expression", detail, format!("Give a value; `{name} = null` sets nothing."))
}

/// A block that begins with an argument on its first line, or ends on the line of its last.
fn one_line(place: &Place<'_>) -> Option<Advice> {
    if place.rest.starts_with('}') && place.says("newline or") {
        let detail = "An argument ends with its line, and `}` follows.";
        return say("Missing line break", detail, "Put the `}` on the next line.");
    }
    let (_, inside) = place.before.split_once('{')?;
    let (name, _) = inside.split_once('=')?;
    if !place.line().is_empty() || !place.begins() || !is_name(name.trim()) {
        return None;
    }
    let detail = "A block with an argument on its first line must end on that line.";
    let hint = format!("Put `{} = …` on a line of its own.", name.trim());
    say("Missing line break", detail, hint)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diagnostic::{Diagnostic, Source};
    use crate::language::parse::syntax_problems;

    fn problems(text: &str) -> Vec<Diagnostic> {
        syntax_problems(&Arc::new(Source { path: "main.tf".into(), text: text.into() })).0
    }

    fn told(text: &str) -> String {
        let found = problems(&format!("{text}\n"));
        let one = |it: &Diagnostic| {
            let others: Vec<_> =
                it.others.iter().map(|(it, how)| format!(" [{it} {how}]")).collect();
            let place = it.span.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{place} {}: {}{}", it.summary, it.hint, others.concat())
        };
        found.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_was_meant_is_said() {
        for (text, hint) in [
            ("a = 'b'", "1:5 Invalid quotes: Write `\"b\"`."),
            ("a = “b”", "1:5 Invalid quotes: Write straight ones: `\"`."),
            ("a = 2 – 1", "1:7 Invalid character: Write `-`."),
            ("a = ${var.b}", "1:5 Invalid expression: Write `var.b`."),
            ("${var.b}", "1:1 Invalid syntax: Name it: `locals { name = … }`."),
            ("a == 1", "1:4 Invalid expression: Write `a = …`."),
            ("a = b.c = 1", "1:9 Missing line break: To compare two values, write `==`."),
            ("a: 1", "1:2 Invalid syntax: Write `a = 1`."),
            ("a \"b\" = {\n}", "1:7 Invalid block definition: Remove the `=`."),
            ("a = \"b\" {\n}", "1:9 Invalid block definition: Write `a \"b\" {`."),
            ("a \"b\"", "1:6 Invalid syntax: For an argument, write `a = \"b\"`."),
            ("a 5", "1:3 Invalid syntax: Write `a = 5`."),
            ("\"a\" = 1", "1:1 Invalid argument name: Write `a = …`."),
            ("a = true and b.c", "1:10 Invalid operator: Write `&&`."),
            ("a = not true", "1:9 Invalid operator: Write `!`."),
            ("a = true ? 1", "1:13 Missing result: Write `: null` if there is nothing else."),
            ("a =", "1:4 Invalid expression: Give a value; `a = null` sets nothing."),
            ("a {\n b = 1 }", "2:8 Missing line break: Put the `}` on the next line."),
            ("a { b = 1\n}", "1:10 Missing line break: Put `b = …` on a line of its own."),
            ("/* a", "1:1 Unterminated comment: Write `*/` where it ends."),
        ] {
            assert_eq!(told(text), format!("main.tf:{hint}"), "{text}");
        }
    }

    #[test]
    fn second_places_are_shown() {
        let comma = "Missing comma: Write a comma between them. [main.tf:";
        assert_eq!(told("a = [1 2]"), format!("main.tf:1:8 {comma}1:6 after this]"));
        assert_eq!(told("a = [\n\"b\"\n\"c\"]"), format!("main.tf:3:1 {comma}2:3 after this]"));
        let twice =
            "main.tf:4:1 Attribute redefined: Remove one of them. [main.tf:2:1 first set here]";
        assert_eq!(told("b {\na = 1\n c = { a = 2 }\na = 3\n}"), twice);
        let brackets = told("a = (1, [2)");
        assert!(brackets.ends_with("[main.tf:1:11 but this comes first]"), "{brackets}");
    }

    #[test]
    fn all_arguments_with_a_mistake_are_found() {
        let text = "a {\n  b =\n  c = { d: 'x' }\n  e = [\n    1\n    2\n  ]\n  f = 1\n}\n\ng 5\n";
        let places: Vec<String> =
            problems(text).iter().flat_map(|it| &it.span).map(ToString::to_string).collect();
        assert_eq!(places, ["main.tf:2:6", "main.tf:3:12", "main.tf:6:5", "main.tf:11:3"]);
    }
}
