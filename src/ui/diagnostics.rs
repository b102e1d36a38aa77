//! Diagnostics as text with their source.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::gathered::Gathered;
use super::wrap::{printable, wrapped};
use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::ui::functions_json;

/// How wide a line of source may be where nobody says how wide the terminal is.
const USUAL_WIDTH: usize = 140;
/// Below this, nothing would be left of a line.
const LEAST_WIDTH: usize = 50;
/// What stands beside the text of a note at most.
const BESIDE_NOTES: usize = 14;
/// What stands beside a line of source at most.
const BESIDE_SOURCE: usize = 20;
/// The most places that are shown of one problem.
const MOST_PLACES: usize = 12;
/// The most addresses that are listed where a problem is told once.
const MOST_ADDRESSES: usize = 4;

/// How diagnostics look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Whether to use colours.
    pub(super) colour: bool,
    /// How wide the terminal is; text is left as it is where there is none.
    pub(super) width: Option<usize>,
}

/// A diagnostic as text: summary, source with the span marked, detail, hint.
pub(super) fn render(gathered: &Gathered<'_>, look: Look) -> String {
    let diagnostic = gathered.first;
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = match &diagnostic.address {
        Some(address) => format!("{} ({address})", diagnostic.summary),
        None => diagnostic.summary.clone(),
    };
    let width = look.width.unwrap_or(USUAL_WIDTH).max(LEAST_WIDTH);
    let views = views(diagnostic, width - BESIDE_SOURCE);
    let mut group = Group::with_title(level.primary_title(title));
    for view in &views {
        group = group.element(view.snippet());
    }
    for (level, text) in notes(gathered) {
        let text = match look.width {
            Some(_) => wrapped(&text, width - BESIDE_NOTES),
            None => text,
        };
        group = group.element(level.message(printable(&text).into_owned()));
    }
    let renderer = if look.colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n", renderer.term_width(width).render(&[group]))
}

/// Warnings of one summary as a line.
pub(super) fn brief(gathered: &Gathered<'_>) -> String {
    let Diagnostic { summary, span, .. } = gathered.first;
    let place = span.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
    match gathered.more.len() {
        0 => format!("warning: {summary}{place}"),
        more => format!("warning: {summary}{place} and {more} more"),
    }
}

/// What is said below the source.
fn notes(gathered: &Gathered<'_>) -> Vec<(Level<'static>, String)> {
    let diagnostic = gathered.first;
    let called = diagnostic.function.as_deref().and_then(functions_json::signature_text);
    let values = diagnostic.values.iter();
    let values: Vec<_> = values.map(|it| format!("{} {}", it.reference, it.statement)).collect();
    let all = [
        (Level::NOTE.no_name(), diagnostic.detail.clone()),
        (Level::NOTE, called.map(|it| format!("while calling {it}")).unwrap_or_default()),
        (Level::NOTE, values.join("\n")),
        (Level::NOTE, left_out(diagnostic)),
        (Level::NOTE, elsewhere(gathered)),
        (Level::HELP, diagnostic.hint.clone()),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The places that are not shown.
fn left_out(diagnostic: &Diagnostic) -> String {
    match diagnostic.others.len().saturating_sub(MOST_PLACES) {
        0 => String::new(),
        more => format!("and {more} more places that are not shown"),
    }
}

/// Where else the same problem is.
fn elsewhere(gathered: &Gathered<'_>) -> String {
    let count = gathered.more.len();
    if count == 0 {
        return String::new();
    }
    let own = &gathered.first.address;
    let mut addresses: Vec<&str> = Vec::new();
    for other in gathered.more.iter().filter(|it| it.address != *own) {
        addresses.extend(other.address.as_deref());
    }
    if addresses.len() < count {
        return match count {
            1 => "there is one more problem like this".to_string(),
            _ => format!("there are {count} more problems like this"),
        };
    }
    let listed = addresses.iter().take(MOST_ADDRESSES).copied().collect::<Vec<_>>().join(", ");
    match count.saturating_sub(MOST_ADDRESSES) {
        0 => format!("the same problem with {listed}"),
        more => format!("the same problem with {listed} and {more} more"),
    }
}

/// A marked piece of source.
struct Mark<'d> {
    range: Range<usize>,
    label: &'d str,
    kind: AnnotationKind,
}

/// Places of one file that are shown together.
struct View<'d> {
    source: &'d Arc<Source>,
    marks: Vec<Mark<'d>>,
    /// The first and last column that must be seen.
    columns: (usize, usize),
}

/// The places of a diagnostic, those together that fit into `width` columns.
fn views(diagnostic: &Diagnostic, width: usize) -> Vec<View<'_>> {
    let primary = diagnostic.span.iter().map(|it| (it, "", AnnotationKind::Primary));
    let others = diagnostic.others.iter().take(MOST_PLACES);
    let others = others.map(|(it, how)| (it, how.as_str(), AnnotationKind::Context));
    let mut views: Vec<View<'_>> = Vec::new();
    for (span, label, kind) in primary.chain(others) {
        let range = visible(span, width);
        let columns = columns(&span.source.text, &range, label);
        let mark = Mark { range, label, kind };
        let together = |it: &(usize, usize)| (it.0.min(columns.0), it.1.max(columns.1));
        let fits = |it: &&mut View<'_>| {
            let (first, last) = together(&it.columns);
            Arc::ptr_eq(it.source, &span.source) && last - first <= width
        };
        match views.iter_mut().find(fits) {
            Some(view) => {
                view.columns = together(&view.columns);
                view.marks.push(mark);
            }
            None => views.push(View { source: &span.source, marks: vec![mark], columns }),
        }
    }
    views
}

impl View<'_> {
    fn snippet(&self) -> Snippet<'_, Annotation<'_>> {
        let text = &self.source.text;
        let start = self.marks.iter().map(|it| it.range.start).min().unwrap_or_default();
        let end = self.marks.iter().map(|it| it.range.end).max().unwrap_or_default();
        let start = line_start(text, start);
        let code = text.get(start..line_end(text, end)).unwrap_or_default();
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        let path = self.source.path.to_string_lossy();
        let annotations = self.marks.iter().map(|mark| {
            let range = mark.range.start - start..mark.range.end - start;
            mark.kind.span(range).label(mark.label)
        });
        let path: Cow<'_, str> = Cow::Owned(printable(&path).into_owned());
        Snippet::source(code).line_start(line).path(path).annotations(annotations)
    }
}

/// The span, at most to the end of its first line and no longer than a line can be: a whole block, or
/// a text of thousands of letters, would drown the message.
fn visible(span: &Span, width: usize) -> Range<usize> {
    let text = &span.source.text;
    let start = floor(text, span.range.start);
    let end = floor(text, span.range.end).max(start);
    let piece = text.get(start..end).unwrap_or_default();
    let piece = piece.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let cut = piece.char_indices().nth(width / 2).map_or(piece.len(), |(at, _)| at);
    start..start + cut
}

/// The nearest place before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or_default()
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| at + newline)
}

/// The columns that a marked piece takes with its label.
fn columns(text: &str, range: &Range<usize>, label: &str) -> (usize, usize) {
    let count = |range: Range<usize>| text.get(range).unwrap_or_default().chars().count();
    let first = count(line_start(text, range.start)..range.start);
    (first, first + count(range.clone()) + label.chars().count() + 1)
}

#[cfg(test)]
mod tests;
