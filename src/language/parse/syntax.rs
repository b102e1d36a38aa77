//! What the parser says about a text that it cannot read, in words for people.

use std::sync::Arc;

use hcl_edit::parser::Error;

use super::advice::{Advice, advice, earlier};
use super::scan::{Fault, Line, Scan, lines, scan};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};

/// The most errors that are told of one file.
const MOST: usize = 10;

/// The diagnostics of all syntax errors that can be told apart: each argument or block that has one is
/// blanked out to find those after it. `text` is what was parsed.
pub(super) fn explain_all<T>(
    source: &Arc<Source>,
    text: &str,
    error: Error,
    parse: impl Fn(&str) -> Result<T, Error>,
) -> Diagnostics {
    let mut found = Diagnostics::from(explain(source, 0, &error));
    if scan(text).fault.is_some() {
        return found;
    }
    let mut text = text.to_string();
    let mut at = error.location().offset();
    while found.0.len() < MOST {
        let Some(rest) = without(&text, at) else { break };
        let Err(error) = parse(&rest) else { break };
        if error.location().offset() <= at || scan(&rest).fault.is_some() {
            break;
        }
        found.push(explain(source, 0, &error));
        (text, at) = (rest, error.location().offset());
    }
    found
}

/// The text, of the same length, with blanks for the argument or block around a place.
fn without(text: &str, at: usize) -> Option<String> {
    let lines = lines(text);
    let after = lines.partition_point(|it| it.at <= at);
    let first: Line = *lines.get(after.checked_sub(1)?)?;
    let end = lines.iter().skip(after).find(|it| it.depth <= first.depth);
    let end = end.map_or(text.len(), |it| it.at);
    let blank = |(place, it): (usize, char)| match (first.at..end).contains(&place) && it != '\n' {
        true => " ".repeat(it.len_utf8()),
        false => it.to_string(),
    };
    Some(text.char_indices().map(blank).collect())
}

/// The diagnostic of a syntax error; the parsed text has `offset` bytes before the source's.
pub(super) fn explain(source: &Arc<Source>, offset: usize, error: &Error) -> Diagnostic {
    explain_at(source, error.location().offset().saturating_sub(offset), error)
}

/// What is wrong with the brackets and quotes of a text.
pub(super) fn unsound(source: &Arc<Source>) -> Option<Diagnostic> {
    let text = &source.text;
    let Scan { fault, near, .. } = scan(text);
    let place = |at: usize| Span { source: source.clone(), range: at..at + 1 };
    let near = near.into_iter().filter(|it| text.is_char_boundary(it.0 + 1));
    Some(near.fold(bracket(source, fault?), |all, (at, how)| all.see(&place(at), how)))
}

/// The diagnostic of a syntax error at a place.
pub(super) fn explain_at(source: &Arc<Source>, at: usize, error: &Error) -> Diagnostic {
    if let Some(problem) = unsound(source) {
        return problem;
    }
    let text = &source.text;
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    if error.message().contains("invalid escape sequence") {
        at = text.get(..at).and_then(|before| before.rfind('\\')).unwrap_or(at);
    }
    let rest = text.get(at..).unwrap_or_default();
    let end = at + found(rest).len();
    let place = |range| Span { source: source.clone(), range };
    let problem = match advice(text, at, error.message()) {
        Some(Advice { summary, detail, hint, other }) => {
            let problem = Diagnostic::error(summary, detail).hint(hint);
            match other {
                Some((range, how)) => problem.see(&place(range), how),
                None => problem,
            }
        }
        None => {
            let (summary, detail, hint) = wording(error.message(), rest);
            Diagnostic::error(summary, detail).hint(hint)
        }
    };
    let problem = problem.at(&place(at..end));
    match earlier(text, at).filter(|_| error.message().contains("redefined attribute")) {
        Some(range) => problem.see(&place(range), "first set here"),
        None => problem,
    }
}

/// The same for an expression that is the whole text, which was parsed in parentheses.
pub(super) fn explain_whole(source: &Arc<Source>, error: &Error) -> Diagnostic {
    let problem = explain(source, 1, error);
    match &problem.span {
        Some(span) if problem.detail.ends_with("expected `)`.") && !span.range.is_empty() => {
            let found = describe(span.text());
            let detail = format!("The expression ends before {found}, and nothing may follow it.");
            Diagnostic { summary: "Extra characters after expression".into(), detail, ..problem }
        }
        _ => problem,
    }
}

fn bracket(source: &Arc<Source>, fault: Fault) -> Diagnostic {
    let (Fault::Unclosed(at) | Fault::Unopened(at) | Fault::OpenQuote(at) | Fault::OpenHeredoc(at)) =
        fault;
    let text = source.text.get(at..).unwrap_or_default();
    let length = if text.starts_with("${") || text.starts_with("%{") { 2 } else { 1 };
    let sign = text.get(..length).unwrap_or_default();
    let span = Span { source: source.clone(), range: at..at + sign.len() };
    let (summary, detail, hint) = match fault {
        Fault::Unclosed(_) if sign == "{" => (
            "Unclosed block",
            format!("Nothing closes this `{sign}`."),
            "Add the `}` that is missing.",
        ),
        Fault::Unclosed(_) if sign.len() == 2 => (
            "Unclosed interpolation",
            format!("The text ends before this `{sign}` does."),
            "Add the `}` that is missing; for the signs themselves, write `$${` or `%%{`.",
        ),
        Fault::Unclosed(_) => ("Unclosed bracket", format!("Nothing closes this `{sign}`."), ""),
        Fault::Unopened(_) => {
            ("Invalid syntax", format!("This `{sign}` closes nothing."), "Remove it.")
        }
        Fault::OpenHeredoc(_) => (
            "Unterminated heredoc",
            "The text of this heredoc has no end: its marker alone on a line.".to_string(),
            "",
        ),
        Fault::OpenQuote(_) => (
            "Unterminated string",
            "The line ends before this string does.".to_string(),
            "Use \\n for a line break, or a heredoc (<<EOT) for text of several lines.",
        ),
    };
    Diagnostic::error(summary, detail).at(&span).hint(hint)
}

/// The word or sign that a text starts with.
fn found(text: &str) -> &str {
    let word = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
    match word.unwrap_or(text.len()) {
        0 => text.get(..text.chars().next().map_or(0, char::len_utf8)).unwrap_or_default(),
        end => text.get(..end).unwrap_or_default(),
    }
}

fn describe(text: &str) -> String {
    match found(text) {
        "" => "the end of the file".to_string(),
        "\n" | "\r" => "the end of the line".to_string(),
        word => format!("`{word}`"),
    }
}

fn wording(message: &str, rest: &str) -> (&'static str, String, &'static str) {
    let found = describe(rest);
    if message.contains("redefined attribute") {
        let detail = format!("The argument {found} is set twice in this block.");
        return ("Attribute redefined", detail, "Remove one of them.");
    }
    if message.contains("redefined object key") {
        return ("Duplicate key", format!("The key {found} is set twice in this object."), "");
    }
    if message.contains("nested levels") || message.contains("chained binary operators") {
        return ("Expression too deep", sentence(message), "Split it with local values.");
    }
    if message.contains("newline or eof") {
        let detail = format!("An argument or block must end with its line, but {found} follows.");
        return ("Missing line break", detail, "Put each argument and block on its own line.");
    }
    if message.contains("invalid escape sequence") {
        let detail = "A backslash must start an escape sequence.".to_string();
        let hint =
            r#"There are \n, \r, \t, \", \\, \uNNNN and \UNNNNNNNN; write \\ for a backslash."#;
        return ("Invalid escape sequence", detail, hint);
    }
    if message.contains("invalid expression") {
        return ("Invalid expression", format!("A value should stand here, not {found}."), "");
    }
    if message.contains("invalid structure") || message.contains("invalid block body") {
        let detail = format!(
            "An argument (`name = value`) or a block (`name {{`) was expected, not {found}."
        );
        return ("Invalid syntax", detail, "");
    }
    if message == "unexpected token" {
        return ("Invalid syntax", format!("{} is not expected here.", capital(&found)), "");
    }
    ("Invalid syntax", format!("Found {found}; {}", sentence(message)), "")
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|c| c.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn sentence(message: &str) -> String {
    format!("{}.", message.trim_start_matches("invalid ").replace(';', ":"))
}
