//! Diagnostics in Terraform's JSON formats.

use std::ops::Range;

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::format::block_around;
use crate::ui::functions_json;
use crate::ui::gathered::sorted;

/// The result of a check of the configuration, as `validate -json` prints it.
pub fn validation(diagnostics: &Diagnostics) -> Json {
    let errors = diagnostics.0.iter().filter(|it| it.is_error()).count();
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": diagnostics.0.len() - errors,
        "diagnostics": sorted(&diagnostics.0).into_iter().map(to_json).collect::<Vec<_>>(),
    })
}

/// A diagnostic as a line of machine-readable output.
pub(super) fn line(diagnostic: &Diagnostic) -> Json {
    let (level, title) = match diagnostic.is_error() {
        true => ("error", "Error"),
        false => ("warn", "Warning"),
    };
    let message = format!("{title}: {}", diagnostic.summary);
    let fields = json!({ "diagnostic": to_json(diagnostic) });
    super::machine::line(level, "diagnostic", &message, fields)
}

fn to_json(diagnostic: &Diagnostic) -> Json {
    let severity = if diagnostic.is_error() { "error" } else { "warning" };
    let detail = detail(diagnostic);
    let mut json = json!({ "severity": severity, "summary": diagnostic.summary, "detail": detail });
    if let Some(address) = &diagnostic.address {
        json["address"] = json!(address);
    }
    if let Some(span) = &diagnostic.span {
        let span = visible(span);
        json["range"] = range(&span);
        json["snippet"] = snippet(&span);
        let values = diagnostic.values.iter();
        json["snippet"]["values"] = values
            .map(|it| json!({ "traversal": it.reference, "statement": it.statement }))
            .collect();
        if let Some(name) = &diagnostic.function {
            json["snippet"]["function_call"] = functions_json::called(name);
        }
    }
    if !diagnostic.others.is_empty() {
        json["related"] = diagnostic.others.iter().map(related).collect();
    }
    json
}

/// A second place. Readers of the format ignore members that they do not know, as it asks them to.
fn related((span, how): &(Span, String)) -> Json {
    let span = visible(span);
    json!({ "message": how, "range": range(&span), "snippet": snippet(&span) })
}

/// The whole story in sentences, for those who show nothing else.
fn detail(diagnostic: &Diagnostic) -> String {
    let mut parts = vec![diagnostic.detail.clone(), diagnostic.hint.clone()];
    parts.retain(|it| !it.is_empty());
    for (span, how) in &diagnostic.others {
        let place = span.to_string();
        if !parts.iter().any(|it| it.contains(&place)) {
            parts.push(format!("At {place}: {how}."));
        }
    }
    parts.join(" ")
}

fn range(span: &Span) -> Json {
    json!({
        "filename": span.source.path,
        "start": place(span, span.range.start),
        "end": place(span, span.range.end),
    })
}

/// The span with at least one character, within the text.
fn visible(span: &Span) -> Span {
    let text = &span.source.text;
    let start = span.range.start.min(text.len());
    let first = text.get(start..).and_then(|rest| rest.chars().next());
    let least = start + first.map_or(0, char::len_utf8);
    let range = start..span.range.end.min(text.len()).max(least);
    Span { source: span.source.clone(), range }
}

fn place(span: &Span, at: usize) -> Json {
    let (line, column) = Span { source: span.source.clone(), range: at..at }.position();
    json!({ "line": line, "column": column, "byte": at })
}

/// The lines of a span, and where in them it stands.
fn snippet(span: &Span) -> Json {
    let text = &span.source.text;
    let lines = whole_lines(text, &span.range);
    let code = text.get(lines.clone()).unwrap_or_default();
    let offset = |at: usize| at.saturating_sub(lines.start).min(code.len());
    json!({
        "context": block_around(text, span.range.start),
        "code": code,
        "start_line": span.position().0,
        "highlight_start_offset": offset(span.range.start),
        "highlight_end_offset": offset(span.range.end),
        "values": [],
    })
}

/// The range with the rest of its first and last line, without the last line break.
fn whole_lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let before = text.get(..range.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    // A range that ends with a line break does not reach into the next line.
    let last = range.end.saturating_sub(1).max(range.start);
    let end = text.as_bytes().iter().skip(last).position(|byte| *byte == b'\n');
    let end = end.map_or(text.len(), |at| last + at);
    let code = text.get(start..end).unwrap_or_default();
    start..start + code.strip_suffix('\r').unwrap_or(code).len()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::diagnostic::Source;

    fn located(text: &str, range: Range<usize>) -> Json {
        let source = Arc::new(Source { path: PathBuf::from("main.tf"), text: text.to_string() });
        to_json(&Diagnostic::error("Wrong", "It is wrong.").at(&Span { source, range }))
    }

    #[test]
    fn diagnostics_show_their_lines() {
        let text = "a = 1\nresource \"x\" \"y\" {\n  é = 2\n  c = [\n  ]\n}\n";
        let json = located(text, 29..30);
        let place = |line, column, byte| json!({ "line": line, "column": column, "byte": byte });
        let range =
            json!({ "filename": "main.tf", "start": place(3, 4, 29), "end": place(3, 5, 30) });
        assert_eq!(json["range"], range);
        let snippet = json!({
            "context": "resource \"x\" \"y\"",
            "code": "  é = 2",
            "start_line": 3,
            "highlight_start_offset": 4,
            "highlight_end_offset": 5,
            "values": [],
        });
        assert_eq!(json["snippet"], snippet);
    }

    #[test]
    fn columns_are_what_people_see() {
        // a flag, a family, e with an accent of its own: one column each
        let text = "a = \"🇩🇪👨‍👩‍👧e\u{301}\" + b";
        let at = text.find('b').unwrap();
        let json = located(text, at..at + 1);
        let place = |column, byte| json!({ "line": 1, "column": column, "byte": byte });
        assert_eq!(json["range"]["start"], place(13, at));
        assert_eq!(json["range"]["end"], place(14, at + 1));
        assert_eq!(json["snippet"]["highlight_start_offset"], at);
    }

    #[test]
    fn second_places_are_an_additional_member() {
        let text = "variable \"a\" {}\nvariable \"a\" {}\n".to_string();
        let source = Arc::new(Source { path: PathBuf::from("main.tf"), text });
        let span = |range| Span { source: source.clone(), range };
        let problem = Diagnostic::error("Duplicate name", "There are two.").at(&span(16..28));
        let json = to_json(&problem.see(&span(0..12), "first declared here"));
        assert_eq!(json["detail"], "There are two. At main.tf:1:1: first declared here.");
        let related = &json["related"][0];
        assert_eq!(related["message"], "first declared here");
        assert_eq!(related["range"]["end"], json!({ "line": 1, "column": 13, "byte": 12 }));
        assert_eq!(related["snippet"]["code"], "variable \"a\" {}");
        assert_eq!(to_json(&Diagnostic::error("a", "b")).get("related"), None);
    }

    #[test]
    fn places_at_the_edge_are_shown() {
        let open = located("a {\n", 4..4);
        assert_eq!(open["snippet"]["code"], "");
        assert_eq!(open["snippet"]["context"], "a");
        let break_itself = located("a = \r\nb = 1", 4..6);
        assert_eq!(break_itself["snippet"]["code"], "a = ");
        assert_eq!(break_itself["snippet"]["highlight_end_offset"], 4);
        let whole = located("a {\n  b = 1\n}\n", 0..13);
        assert_eq!(whole["snippet"]["code"], "a {\n  b = 1\n}");
        assert_eq!(whole["snippet"]["context"], Json::Null);
    }
}
