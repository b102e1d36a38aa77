//! What is wrong, where, and what to do about it.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation as _;

/// A file of configuration and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as shown to the user: relative to the working directory.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// A piece of a [`Source`], in bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes of it.
    pub range: Range<usize>,
}

impl Span {
    /// The line and column (both from 1, columns in what people see as one character) where the span
    /// begins.
    pub fn position(&self) -> (usize, usize) {
        let at = self.range.start.min(self.source.text.len());
        let before = self.source.text.get(..at).unwrap_or(&self.source.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|it| *it == b'\n').count() + 1;
        let before = before.get(line_start..).unwrap_or_default();
        let columns = match before.is_ascii() {
            true => before.len(),
            false => before.graphemes(true).count(),
        };
        (line, columns + 1)
    }

    /// The text of the span.
    pub fn text(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }

    /// From the start of this span to the end of `other`, which is in the same file.
    pub fn to(&self, other: &Span) -> Span {
        Span { source: self.source.clone(), range: self.range.start..other.range.end }
    }
}

/// `main.tf:3:7`
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(f, "{}:{line}:{column}", self.source.path.display())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a diagnostic stops the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The command fails.
    Error,
    /// The command goes on.
    Warning,
}

/// What a reference in a failing expression stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The reference as written, such as `var.size`.
    pub reference: String,
    /// What it stands for, such as `is 3`; never a secret.
    pub statement: String,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the command.
    pub severity: Severity,
    /// What is wrong, in a few words without a final period: `Unsupported argument`.
    pub summary: String,
    /// The whole story in sentences: what was found and what was expected; may be empty.
    pub detail: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// The place in the configuration.
    pub span: Option<Span>,
    /// Other places that have to do with it, and how: `first declared here`.
    pub others: Vec<(Span, String)>,
    /// The resource instance concerned, such as `module.a.aws_subnet.b[0]`.
    pub address: Option<String>,
    /// What the references in the failing expression stand for.
    pub values: Arc<[Shown]>,
    /// The function that the failing expression calls, as written.
    pub function: Option<Arc<str>>,
}

impl Diagnostic {
    /// An error without place or hint.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            hint: String::new(),
            span: None,
            others: Vec::new(),
            address: None,
            values: Arc::default(),
            function: None,
        }
    }

    /// A warning without place or hint.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(summary, detail) }
    }

    /// The same, at a place.
    pub fn at(self, span: &Span) -> Diagnostic {
        Diagnostic { span: Some(span.clone()), ..self }
    }

    /// The same, with another place that has to do with it.
    pub fn see(mut self, span: &Span, how: impl Into<String>) -> Diagnostic {
        self.others.push((span.clone(), how.into()));
        self
    }

    /// The same, with what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: hint.into(), ..self }
    }

    /// The same, about a resource instance.
    pub fn about(self, address: impl fmt::Display) -> Diagnostic {
        Diagnostic { address: Some(address.to_string()), ..self }
    }

    /// Whether both say the same, whatever the values were.
    fn repeats(&self, other: &Diagnostic) -> bool {
        self.span == other.span
            && self.detail == other.detail
            && self.summary == other.summary
            && self.hint == other.hint
            && self.address == other.address
            && self.severity == other.severity
    }

    /// The same number for diagnostics that say the same.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let place = self.span.as_ref().map(|it| (&it.source.path, &it.range));
        (place, &self.detail, &self.summary, &self.hint, &self.address).hash(&mut hasher);
        hasher.finish()
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// All that is to be told, in the order it was found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>, Said);

impl PartialEq for Diagnostics {
    fn eq(&self, other: &Diagnostics) -> bool {
        self.0 == other.0
    }
}

impl Eq for Diagnostics {}

/// How much is to be told until it is looked up instead of read through.
const MUCH: usize = 32;

/// Where what has been said stands, by a digest of it. What is taken away later leaves its entry here,
/// so what is found has to be compared.
#[derive(Clone, Debug, Default)]
struct Said {
    places: HashMap<u64, usize>,
    /// How many diagnostics are in it.
    until: usize,
}

impl Diagnostics {
    /// Nothing to tell.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of `more`, without what has been said already.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in more {
            if !self.says(&diagnostic) {
                self.0.push(diagnostic);
            }
        }
    }

    fn says(&mut self, diagnostic: &Diagnostic) -> bool {
        if self.0.len() < MUCH {
            return self.0.iter().any(|it| it.repeats(diagnostic));
        }
        if self.1.until > self.0.len() {
            self.1 = Said::default();
        }
        for (at, it) in self.0.iter().enumerate().skip(self.1.until) {
            self.1.places.insert(it.digest(), at);
        }
        self.1.until = self.0.len();
        let place = self.1.places.get(&diagnostic.digest());
        place.and_then(|at| self.0.get(*at)).is_some_and(|it| it.repeats(diagnostic))
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the value out of `(value, diagnostics)`, keeping the diagnostics here.
    pub fn take<T>(&mut self, (value, more): (T, Diagnostics)) -> T {
        self.extend(more);
        value
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics::from(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(diagnostics: Vec<Diagnostic>) -> Diagnostics {
        Diagnostics(diagnostics, Said::default())
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Diagnostics {
        Diagnostics::from(Vec::from_iter(diagnostics))
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What an error says, with its causes.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(it) = cause {
        let text = it.to_string();
        if !texts.iter().any(|before| before.contains(&text)) {
            texts.push(text);
        }
        cause = it.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice_however_much_there_is() {
        let said = |at: usize| Diagnostic::error("Wrong", format!("Number {at}."));
        let mut all = Diagnostics::new();
        for at in 0..2 * MUCH {
            all.extend([said(at), said(at / 2)]);
        }
        assert_eq!(all.0.len(), 2 * MUCH);
        assert!(all.0.iter().enumerate().all(|(at, it)| *it == said(at)));
        all.0.truncate(MUCH);
        all.extend((0..3 * MUCH).map(said));
        assert_eq!(all.0.len(), 3 * MUCH);
        assert_eq!(all, (0..3 * MUCH).map(said).collect());
    }
}
