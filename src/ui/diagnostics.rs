//! Diagnostics as text with their source.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::ui::functions_json;

/// A diagnostic as text: summary, source with the span marked, detail, hint.
pub(super) fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = match &diagnostic.address {
        Some(address) => format!("{} ({address})", diagnostic.summary),
        None => diagnostic.summary.clone(),
    };
    let path = diagnostic.span.as_ref().map(|span| span.source.path.display().to_string());
    let mut group = match (&diagnostic.span, &path) {
        (Some(span), Some(path)) => {
            let near = diagnostic.others.iter().filter(|(it, _)| it.source == span.source);
            let lines = Lines::around(span, near.clone().map(|(it, _)| it));
            let snippet = Snippet::source(lines.text)
                .line_start(lines.number)
                .path(path)
                .annotation(AnnotationKind::Primary.span(lines.visible(span)).label(""));
            let near = near.map(|(it, how)| {
                AnnotationKind::Context.span(lines.visible(it)).label(how.as_str())
            });
            let title = level.primary_title(&title);
            let group = Group::with_title(title).element(snippet.annotations(near));
            let far = diagnostic.others.iter().filter(|(it, _)| it.source != span.source);
            far.fold(group, |group, (it, how)| group.element(elsewhere(it, how)))
        }
        _ => Group::with_title(level.primary_title(&title)),
    };
    if !diagnostic.detail.is_empty() {
        group = group.element(Level::NOTE.no_name().message(&diagnostic.detail));
    }
    let called = diagnostic.function.as_deref().and_then(functions_json::signature_text);
    if let Some(signature) = called {
        group = group.element(Level::NOTE.message(format!("while calling {signature}")));
    }
    if !diagnostic.values.is_empty() {
        let values = diagnostic.values.iter();
        let lines: Vec<_> = values.map(|it| format!("{} {}", it.reference, it.statement)).collect();
        group = group.element(Level::NOTE.message(lines.join("\n")));
    }
    if !diagnostic.hint.is_empty() {
        group = group.element(Level::HELP.message(&diagnostic.hint));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n", renderer.render(&[group]))
}

/// A place in another file.
fn elsewhere<'d>(span: &'d Span, how: &'d str) -> Snippet<'d, Annotation<'d>> {
    let lines = Lines::around(span, []);
    Snippet::source(lines.text)
        .line_start(lines.number)
        .path(span.source.path.display().to_string())
        .annotation(AnnotationKind::Context.span(lines.visible(span)).label(how))
}

/// The lines of a file that are shown: more would only be looked through, for each diagnostic anew.
struct Lines<'d> {
    text: &'d str,
    /// Where they begin, in bytes.
    start: usize,
    /// The number of the first.
    number: usize,
}

impl<'d> Lines<'d> {
    fn around(span: &'d Span, others: impl IntoIterator<Item = &'d Span>) -> Lines<'d> {
        let whole = span.source.text.as_str();
        let shown = visible(span);
        let all = others
            .into_iter()
            .map(visible)
            .fold(shown, |all, it| all.start.min(it.start)..all.end.max(it.end));
        let before = whole.get(..all.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = whole.get(all.end..).unwrap_or_default();
        let end = all.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        match whole.get(start..end) {
            Some(text) if !text.is_empty() => {
                let lines = before.bytes().filter(|it| *it == b'\n').count();
                Lines { text, start, number: lines + 1 }
            }
            _ => Lines { text: whole, start: 0, number: 1 },
        }
    }

    fn visible(&self, span: &Span) -> std::ops::Range<usize> {
        let shown = visible(span);
        shown.start.saturating_sub(self.start)..shown.end.saturating_sub(self.start)
    }
}

/// The span, at most to the end of its first line: a whole block would drown the message.
fn visible(span: &Span) -> std::ops::Range<usize> {
    let text = &span.source.text;
    let start = span.range.start.min(text.len());
    let end = span.range.end.clamp(start, text.len());
    let line = text.get(start..end).and_then(|it| it.find('\n')).map_or(end, |at| start + at);
    start..line.max(start)
}
