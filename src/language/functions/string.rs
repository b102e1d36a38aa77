//! Functions on strings. Characters are grapheme clusters.

use unicode_segmentation::UnicodeSegmentation as _;

use super::call::{Call, Fault, Outcome, check_length, text, texts, truth};
use super::table::{BOOL, Function, NUMBER, Parameter, STRING, Shape, function, takes};
use crate::value::{Type, Value};

const STR: Parameter = takes("str", STRING);
const STRINGS: Shape = Shape::List(&STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function("chomp", "The string without line breaks at its end.", &[STR], STRING, chomp),
    function(
        "endswith",
        "Whether a string ends with a suffix.",
        &[STR, takes("suffix", STRING)],
        BOOL,
        ends_with,
    ),
    function(
        "indent",
        "The string with a number of spaces before each line but the first.",
        &[takes("spaces", NUMBER), STR],
        STRING,
        indent,
    ),
    function(
        "join",
        "The strings of one or more lists, with a separator between them.",
        &[takes("separator", STRING)],
        STRING,
        join,
    )
    .variadic(takes("lists", STRINGS).whole()),
    function("lower", "The string with lower case letters only.", &[STR], STRING, lower),
    function(
        "split",
        "The parts of a string between the occurrences of a separator.",
        &[takes("separator", STRING), STR],
        STRINGS,
        split,
    ),
    function(
        "startswith",
        "Whether a string starts with a prefix.",
        &[STR.unknown(), takes("prefix", STRING)],
        BOOL,
        starts_with,
    ),
    function(
        "strcontains",
        "Whether a string has another one in it.",
        &[STR, takes("substr", STRING)],
        BOOL,
        contains,
    ),
    function("strrev", "The characters of a string in reverse order.", &[STR], STRING, reverse),
    function(
        "substr",
        "A part of a string, from an offset on and at most so long. A negative offset counts from \
         the end, a negative length takes the rest.",
        &[STR, takes("offset", NUMBER), takes("length", NUMBER)],
        STRING,
        substr,
    ),
    function(
        "title",
        "The string with the first letter of each word upper case.",
        &[STR],
        STRING,
        title,
    ),
    function(
        "trim",
        "The string without the given characters at its ends.",
        &[STR, takes("cutset", STRING)],
        STRING,
        trim,
    ),
    function(
        "trimprefix",
        "The string without a prefix, if it has it.",
        &[STR, takes("prefix", STRING)],
        STRING,
        trim_prefix,
    ),
    function(
        "trimspace",
        "The string without white space at its ends.",
        &[STR],
        STRING,
        trim_space,
    ),
    function(
        "trimsuffix",
        "The string without a suffix, if it has it.",
        &[STR, takes("suffix", STRING)],
        STRING,
        trim_suffix,
    ),
    function("upper", "The string with upper case letters only.", &[STR], STRING, upper),
];

/// How many characters a string has.
pub(super) fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

fn chomp(call: &Call<'_>) -> Outcome {
    text(call.text(0).trim_end_matches(['\r', '\n']))
}

fn starts_with(call: &Call<'_>) -> Outcome {
    let prefix = call.text(1);
    let Value::Unknown(unknown) = call.value(0) else {
        return truth(call.text(0).starts_with(prefix));
    };
    if unknown.prefix.starts_with(prefix) {
        return truth(true);
    }
    if unknown.prefix.len() >= prefix.len() || !prefix.starts_with(&unknown.prefix) {
        return truth(false);
    }
    Ok(Value::unknown_not_null(Type::Bool))
}

fn ends_with(call: &Call<'_>) -> Outcome {
    truth(call.text(0).ends_with(call.text(1)))
}

fn contains(call: &Call<'_>) -> Outcome {
    truth(call.text(0).contains(call.text(1)))
}

/// More is a mistake, and could use up the memory.
const MOST_SPACES: usize = 10_000;

fn indent(call: &Call<'_>) -> Outcome {
    let Ok(spaces) = usize::try_from(call.integer(0)?) else {
        return Err(Fault::at(0, "the number of spaces must not be negative"));
    };
    if spaces > MOST_SPACES {
        return Err(Fault::at(0, format!("the number of spaces must not be over {MOST_SPACES}")));
    }
    let lines = call.text(1).matches('\n').count();
    check_length(call.text(1).len().saturating_add(lines.saturating_mul(spaces)))?;
    text(call.text(1).replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn join(call: &Call<'_>) -> Outcome {
    let lists = call.rest(1);
    if lists.is_empty() {
        return Err("at least one list is required".into());
    }
    let mut parts = Vec::new();
    for (list_at, list) in lists.iter().enumerate() {
        for (at, item) in list.items().unwrap_or_default().iter().enumerate() {
            let Some(part) = item.as_str() else {
                let which = match lists.len() {
                    1 => format!("element {at}"),
                    _ => format!("element {at} of list {}", list_at + 1),
                };
                let message = format!("{which} is null; cannot concatenate null values");
                return Err(Fault::at(list_at + 1, message));
            };
            parts.push(part);
        }
    }
    let separators = parts.len().saturating_sub(1).saturating_mul(call.text(0).len());
    check_length(parts.iter().map(|it| it.len()).fold(separators, usize::saturating_add))?;
    text(parts.join(call.text(0)))
}

fn split(call: &Call<'_>) -> Outcome {
    let (separator, whole) = (call.text(0), call.text(1));
    if separator.is_empty() {
        return texts(whole.chars().map(String::from));
    }
    texts(whole.split(separator))
}

fn reverse(call: &Call<'_>) -> Outcome {
    text(call.text(0).graphemes(true).rev().collect::<String>())
}

fn substr(call: &Call<'_>) -> Outcome {
    let (offset, length) = (call.integer(1)?, call.integer(2)?);
    let characters: Vec<&str> = call.text(0).graphemes(true).collect();
    let from_end = |back: i64| characters.len().saturating_sub(clamp(back.saturating_neg()));
    let start = if offset < 0 { from_end(offset) } else { clamp(offset) };
    let rest = characters.get(start..).unwrap_or_default();
    // An offset from the end with no length takes the rest in OpenTofu, and modules rely on it.
    let all = length < 0 || (length == 0 && offset < 0);
    let taken = if all { rest.len() } else { rest.len().min(clamp(length)) };
    text(rest.get(..taken).unwrap_or_default().concat())
}

fn clamp(it: i64) -> usize {
    usize::try_from(it).unwrap_or(0)
}

/// The character in a case, if there is a single one; others stay, as in Go.
fn simple(original: char, mut cased: impl Iterator<Item = char>) -> char {
    match (cased.next(), cased.next()) {
        (Some(one), None) => one,
        _ => original,
    }
}

fn to_upper(it: char) -> char {
    simple(it, it.to_uppercase())
}

fn to_lower(it: char) -> char {
    // The one letter whose full and simple mappings differ.
    if it == 'İ' { 'i' } else { simple(it, it.to_lowercase()) }
}

/// Letters that are two letters in one have a title case of their own.
fn to_title(it: char) -> char {
    match it {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        _ => to_upper(it),
    }
}

fn upper(call: &Call<'_>) -> Outcome {
    text(call.text(0).chars().map(to_upper).collect::<String>())
}

fn lower(call: &Call<'_>) -> Outcome {
    text(call.text(0).chars().map(to_lower).collect::<String>())
}

/// Whether a word may begin after the character.
fn separates(it: char) -> bool {
    match it {
        '_' => false,
        _ if it.is_ascii() => !it.is_ascii_alphanumeric(),
        _ => !it.is_alphanumeric() && it.is_whitespace(),
    }
}

fn title(call: &Call<'_>) -> Outcome {
    let mut before = ' ';
    let titled = call.text(0).chars().map(|it| {
        let titled = if separates(before) { to_title(it) } else { it };
        before = it;
        titled
    });
    text(titled.collect::<String>())
}

fn trim(call: &Call<'_>) -> Outcome {
    let cutset = call.text(1);
    text(call.text(0).trim_matches(|it| cutset.contains(it)))
}

fn trim_prefix(call: &Call<'_>) -> Outcome {
    text(call.text(0).strip_prefix(call.text(1)).unwrap_or(call.text(0)))
}

fn trim_suffix(call: &Call<'_>) -> Outcome {
    text(call.text(0).strip_suffix(call.text(1)).unwrap_or(call.text(0)))
}

fn trim_space(call: &Call<'_>) -> Outcome {
    text(call.text(0).trim())
}
