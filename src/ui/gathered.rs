//! Diagnostics in the order in which they are told, and those that say the same told once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity, Span};

/// The most diagnostics of one summary at one place that are told of the same thing, or of nothing in
/// particular.
const MOST_ALIKE: usize = 3;

/// Which diagnostics are told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gathering {
    /// None.
    Never,
    /// The same problem of several instances at one place.
    #[default]
    Place,
    /// All of one summary, wherever they are.
    Summary,
}

/// Diagnostics that say the same.
#[derive(Debug)]
pub(super) struct Gathered<'d> {
    /// The one that is told.
    pub(super) first: &'d Diagnostic,
    /// The others.
    pub(super) more: Vec<&'d Diagnostic>,
}

/// Warnings before errors, which are what the eye should end at; of each kind those without a place
/// first, and the others by file and place.
pub(super) fn sorted(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by(|one, other| {
        let severity = other.severity.cmp(&one.severity);
        severity.then_with(|| place(one).cmp(&place(other)))
    });
    sorted
}

/// Files of outer folders come before those of inner ones.
fn place(diagnostic: &Diagnostic) -> Option<(usize, &std::path::Path, usize, usize)> {
    let Span { source, range } = diagnostic.span.as_ref()?;
    Some((source.path.components().count(), &source.path, range.start, range.end))
}

/// Where and what, as far as it makes diagnostics alike.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind<'d> {
    severity: Severity,
    summary: &'d str,
    place: Option<(usize, usize, usize)>,
}

/// The diagnostics in their order, those together that say the same.
pub(super) fn gather(
    diagnostics: Vec<&Diagnostic>,
    how: impl Fn(Severity) -> Gathering,
) -> Vec<Gathered<'_>> {
    let mut found: Vec<Gathered<'_>> = Vec::new();
    let mut told: HashMap<(Kind<'_>, usize), usize> = HashMap::new();
    let mut counts: HashMap<(Kind<'_>, Option<&str>), usize> = HashMap::new();
    for diagnostic in diagnostics {
        let how = how(diagnostic.severity);
        let Some(kind) = kind(diagnostic, how) else {
            found.push(Gathered { first: diagnostic, more: Vec::new() });
            continue;
        };
        // Several problems of one instance differ; each is the same as that of the other instances.
        let count = counts.entry((kind.clone(), diagnostic.address.as_deref())).or_default();
        let at = if how == Gathering::Summary { 0 } else { (*count).min(MOST_ALIKE - 1) };
        *count += 1;
        match told.get(&(kind.clone(), at)).and_then(|at| found.get_mut(*at)) {
            Some(gathered) => gathered.more.push(diagnostic),
            None => {
                told.insert((kind, at), found.len());
                found.push(Gathered { first: diagnostic, more: Vec::new() });
            }
        }
    }
    found
}

fn kind(diagnostic: &Diagnostic, how: Gathering) -> Option<Kind<'_>> {
    let span = diagnostic.span.as_ref().filter(|_| how != Gathering::Never)?;
    let place = (Arc::as_ptr(&span.source) as usize, span.range.start, span.range.end);
    Some(Kind {
        severity: diagnostic.severity,
        summary: &diagnostic.summary,
        place: Some(place).filter(|_| how == Gathering::Place),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    fn span(path: &str, range: std::ops::Range<usize>) -> Span {
        let source = Arc::new(Source { path: path.into(), text: "a = b\n".repeat(9) });
        Span { source, range }
    }

    fn told(diagnostics: &[Diagnostic], how: Gathering) -> Vec<String> {
        let gathered = gather(sorted(diagnostics), |_| how);
        let shown = |it: &Gathered<'_>| format!("{} +{}", it.first.detail, it.more.len());
        gathered.iter().map(shown).collect()
    }

    #[test]
    fn warnings_come_first_and_then_places_count() {
        let error = |text: &str| Diagnostic::error("E", text);
        let diagnostics = [
            error("z").at(&span("z.tf", 0..1)),
            error("inner").at(&span("a/a.tf", 0..1)),
            error("b").at(&span("b.tf", 6..7)),
            error("a").at(&span("b.tf", 2..3)),
            error("nowhere"),
            Diagnostic::warning("W", "warning").at(&span("z.tf", 9..10)),
        ];
        let order = ["warning", "nowhere", "a", "b", "z", "inner"];
        assert_eq!(told(&diagnostics, Gathering::Never), order.map(|it| format!("{it} +0")));
    }

    #[test]
    fn the_same_problem_of_many_instances_is_told_once() {
        let place = span("main.tf", 4..5);
        let problem = |text: String| Diagnostic::error("Wrong", text).at(&place);
        let mut diagnostics = Vec::new();
        for at in 0..1000 {
            for part in ["one", "other"] {
                diagnostics.push(problem(format!("{part} {at}")).about(format!("x.y[{at}]")));
            }
        }
        assert_eq!(told(&diagnostics, Gathering::Place), ["one 0 +999", "other 0 +999"]);
        assert_eq!(told(&diagnostics, Gathering::Never).len(), 2000);
        diagnostics.push(problem("elsewhere".into()).at(&span("main.tf", 6..7)));
        assert_eq!(told(&diagnostics, Gathering::Summary), ["one 0 +2000"]);
        assert_eq!(told(&diagnostics, Gathering::Place).len(), 3);
    }

    #[test]
    fn what_is_about_nothing_in_particular_is_told_a_few_times() {
        let place = span("main.tf", 4..5);
        let problem = |at: i32| Diagnostic::error("Wrong", format!("{at}")).at(&place);
        let diagnostics: Vec<_> = (0..9).map(problem).collect();
        assert_eq!(told(&diagnostics, Gathering::Place), ["0 +0", "1 +0", "2 +6"]);
    }
}
