//! Diagnostics as text with their source.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity, Span};

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
        (Some(span), Some(path)) => Group::with_title(level.primary_title(&title)).element(
            Snippet::source(&span.source.text)
                .path(path)
                .annotation(AnnotationKind::Primary.span(visible(span)).label("")),
        ),
        _ => Group::with_title(level.primary_title(&title)),
    };
    if !diagnostic.detail.is_empty() {
        group = group.element(Level::NOTE.no_name().message(&diagnostic.detail));
    }
    if !diagnostic.hint.is_empty() {
        group = group.element(Level::HELP.message(&diagnostic.hint));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n", renderer.render(&[group]))
}

/// The span, at most to the end of its first line: a whole block would drown the message.
fn visible(span: &Span) -> std::ops::Range<usize> {
    let text = &span.source.text;
    let start = span.range.start.min(text.len());
    let end = span.range.end.clamp(start, text.len());
    let line = text.get(start..end).and_then(|it| it.find('\n')).map_or(end, |at| start + at);
    start..line.max(start)
}
