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
            let snippet = Snippet::source(&span.source.text)
                .path(path)
                .annotation(AnnotationKind::Primary.span(visible(span)).label(""));
            let near = diagnostic.others.iter().filter(|(it, _)| it.source == span.source);
            let near =
                near.map(|(it, how)| AnnotationKind::Context.span(visible(it)).label(how.as_str()));
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
    Snippet::source(&span.source.text)
        .path(span.source.path.display().to_string())
        .annotation(AnnotationKind::Context.span(visible(span)).label(how))
}

/// The span, at most to the end of its first line: a whole block would drown the message.
fn visible(span: &Span) -> std::ops::Range<usize> {
    let text = &span.source.text;
    let start = span.range.start.min(text.len());
    let end = span.range.end.clamp(start, text.len());
    let line = text.get(start..end).and_then(|it| it.find('\n')).map_or(end, |at| start + at);
    start..line.max(start)
}
