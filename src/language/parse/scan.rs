//! A look at the brackets, quotes and line breaks of a text, for what the parser cannot say or do:
//! which bracket is not closed, and line breaks where HCL allows them and the parser does not.

use std::ops::Range;

/// What is wrong with the brackets and quotes of a text, and the byte where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A bracket that nothing closes, or that another kind of bracket closes.
    Unclosed(usize),
    /// A bracket that closes nothing.
    Unopened(usize),
    /// A quote whose line ends first.
    OpenQuote(usize),
    /// A heredoc without end.
    OpenHeredoc(usize),
}

/// What a text looks like.
pub(super) struct Scan {
    /// The first fault of its brackets.
    pub(super) fault: Option<Fault>,
    /// Places that have to do with the fault, and what.
    pub(super) near: Vec<(usize, &'static str)>,
    /// The text, of the same length, with blanks for line breaks and comments that mean nothing.
    pub(super) flat: String,
}

pub(super) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner { flat: text.as_bytes().to_vec(), ..Scanner::new(text) };
    let mut fault = None;
    while fault.is_none() && scanner.at < text.len() {
        fault = scanner.step();
    }
    let near = match fault {
        Some(Fault::Unclosed(_)) => vec![(scanner.at.saturating_sub(1), "but this comes first")],
        _ => Vec::new(),
    };
    let fault = fault.or_else(|| scanner.open.last().map(Open::unclosed));
    let suspects = scanner.suspects(fault);
    // Only ASCII is blanked out, so this stays text.
    let flat = String::from_utf8(scanner.flat).unwrap_or_else(|_| text.to_string());
    Scan { fault, near: near.into_iter().chain(suspects).collect(), flat }
}

/// A line of a text, as far as it begins outside of texts and of brackets that may span lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins.
    pub(super) at: usize,
    /// How many braces are open there.
    pub(super) depth: usize,
    /// The innermost of them.
    pub(super) inside: Option<usize>,
}

/// The lines on which arguments and blocks can begin.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut scanner = Scanner::new(text);
    let mut lines = Vec::new();
    let mut next = 0;
    while scanner.at < text.len() {
        if scanner.at >= next {
            let inside = scanner.open.last();
            if scanner.at == next && inside.is_none_or(|it| matches!(it.kind, Kind::Brace)) {
                let inside = inside.map(|it| it.at);
                lines.push(Line { at: next, depth: scanner.open.len(), inside });
            }
            let rest = text.get(next..).unwrap_or_default();
            next += rest.find('\n').map_or(text.len(), |newline| newline + 1);
            continue;
        }
        if scanner.step().is_some() {
            break;
        }
    }
    lines
}

/// Whether a list or the arguments of a call go on where a text ends.
pub(super) fn lists(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    while scanner.at < text.len() && scanner.step().is_none() {}
    matches!(scanner.open.last(), Some(Open { kind: Kind::Loose(b')' | b']'), .. }))
}

/// How long the bracket or quote is that a text starts with, to its end.
pub(super) fn closed(text: &str) -> Option<usize> {
    let mut scanner = Scanner::new(text);
    while scanner.at < text.len() {
        if scanner.step().is_some() {
            return None;
        }
        if scanner.open.is_empty() {
            return Some(scanner.at);
        }
    }
    None
}

/// Something open.
pub(super) struct Open {
    at: usize,
    pub(super) kind: Kind,
}

impl Open {
    fn unclosed(&self) -> Fault {
        match self.kind {
            Kind::Heredoc(_) => Fault::OpenHeredoc(self.at),
            Kind::Quote => Fault::OpenQuote(self.at),
            _ => Fault::Unclosed(self.at),
        }
    }
}

pub(super) enum Kind {
    /// `{` of a block or object: line breaks have a meaning.
    Brace,
    /// `{` of a `for` expression, `(`, `[`, `${` or `%{`, and what closes it.
    Loose(u8),
    /// `"`
    Quote,
    /// A heredoc and where its marker is written.
    Heredoc(Range<usize>),
}

/// A walk over a text.
pub(super) struct Scanner<'t> {
    text: &'t [u8],
    /// Where it is.
    pub(super) at: usize,
    /// What is open there, outermost first.
    pub(super) open: Vec<Open>,
    flat: Vec<u8>,
    /// The first brace whose end is not indented as its beginning, and that end.
    suspect: Option<(usize, usize)>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Scanner<'t> {
        let (open, flat) = (Vec::new(), Vec::new());
        Scanner { text: text.as_bytes(), at: 0, open, flat, suspect: None }
    }

    /// What the indentation says of a bracket that is missing or too much.
    fn suspects(&self, fault: Option<Fault>) -> Vec<(usize, &'static str)> {
        let Some((open, close)) = self.suspect else { return Vec::new() };
        match fault {
            Some(Fault::Unclosed(at)) if at != open => vec![
                (open, "perhaps this is what is not closed"),
                (close, "this closes it, but is indented otherwise"),
            ],
            Some(Fault::Unopened(at)) if at != close => vec![
                (open, "perhaps this is closed too early"),
                (close, "by this, which is indented otherwise"),
            ],
            _ => Vec::new(),
        }
    }

    /// The blanks before the first sign of the line of a place.
    fn indentation(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.iter().rposition(|it| *it == b'\n').map_or(0, |newline| newline + 1);
        let line = self.text.get(start..).unwrap_or_default();
        line.iter().take_while(|it| matches!(it, b' ' | b'\t')).count()
    }

    /// Takes note of a brace that ends on a line of its own, indented otherwise than it begins.
    fn compare(&mut self, open: usize) {
        let own = self.indentation(self.at);
        let before = self.text.get(self.at - own.min(self.at)..self.at).unwrap_or_default();
        let alone = before.iter().all(|it| matches!(it, b' ' | b'\t'))
            && self.at.checked_sub(own + 1).is_none_or(|it| self.text.get(it) == Some(&b'\n'));
        if alone && self.suspect.is_none() && own != self.indentation(open) {
            self.suspect = Some((open, self.at));
        }
    }

    /// The text from here on.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.open.push(Open { at: self.at, kind });
        self.at += length;
    }

    /// The byte before.
    pub(super) fn before(&self) -> Option<u8> {
        self.text.get(self.at.checked_sub(1)?).copied()
    }

    /// Walks over one sign, or to the end of a comment.
    pub(super) fn step(&mut self) -> Option<Fault> {
        match self.open.last() {
            Some(Open { kind: Kind::Quote, at }) => {
                let opened = *at;
                self.quoted(opened)
            }
            Some(Open { kind: Kind::Heredoc(marker), .. }) => {
                let marker = self.text.get(marker.clone()).unwrap_or_default();
                self.heredoc(marker);
                None
            }
            _ => self.code(),
        }
    }

    fn quoted(&mut self, opened: usize) -> Option<Fault> {
        match self.rest() {
            [b'\n', ..] => return Some(self.open_quote(opened)),
            [b'"', ..] => {
                self.open.pop();
                self.at += 1;
            }
            [b'\\', ..] => self.at += 2,
            _ => self.template_text(),
        }
        None
    }

    /// The fault of a line that ends in a quote. One that begins in an interpolation was meant to end
    /// the text around it.
    fn open_quote(&self, opened: usize) -> Fault {
        let mut outer = self.open.iter().rev().skip(1);
        match (outer.next(), outer.next()) {
            (Some(Open { kind: Kind::Loose(b'}'), at }), Some(Open { kind: Kind::Quote, .. })) => {
                Fault::Unclosed(*at)
            }
            _ => Fault::OpenQuote(opened),
        }
    }

    /// One piece of the text of a template.
    fn template_text(&mut self) {
        match self.rest() {
            [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => self.at += 3,
            [b'$' | b'%', b'{', ..] => self.push(Kind::Loose(b'}'), 2),
            _ => self.at += 1,
        }
    }

    fn heredoc(&mut self, marker: &[u8]) {
        let line_start = self.at == 0 || self.text.get(self.at - 1) == Some(&b'\n');
        if !line_start {
            return self.template_text();
        }
        let rest = self.rest();
        let blanks = rest.iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
        let after = rest.get(blanks..).and_then(|it| it.strip_prefix(marker));
        match after.map(|it| it.first()) {
            Some(next) if !next.is_some_and(|it| is_name(*it)) => {
                self.open.pop();
                self.at += blanks + marker.len();
            }
            _ => self.template_text(),
        }
    }

    fn code(&mut self) -> Option<Fault> {
        match self.rest() {
            [b'"', ..] => self.push(Kind::Quote, 1),
            [b'#', ..] | [b'/', b'/', ..] => self.comment(b"\n"),
            [b'/', b'*', ..] => self.comment(b"*/"),
            [b'<', b'<', rest @ ..] => self.heredoc_start(rest),
            [b'(', ..] => self.push(Kind::Loose(b')'), 1),
            [b'[', ..] => self.push(Kind::Loose(b']'), 1),
            [b'{', rest @ ..] => {
                let kind = if starts_for(rest) { Kind::Loose(b'}') } else { Kind::Brace };
                self.push(kind, 1);
            }
            [bracket @ (b')' | b']' | b'}'), ..] => return self.close(*bracket),
            [b'\n', ..] => self.blank(1),
            [digit, ..] if digit.is_ascii_digit() && !self.after_name() => self.number(),
            _ => self.at += 1,
        }
        None
    }

    /// Whether what comes may be part of a name, or follow a dot.
    fn after_name(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        let last = before.iter().rev().find(|it| **it != b'-');
        last.is_some_and(|it| is_name(*it) || *it == b'.')
    }

    /// Skips a number; one that no floating-point number is as large as becomes zero, since the parser
    /// only looks at those.
    fn number(&mut self) {
        let rest = self.rest();
        let digits = |from: usize| {
            let digits = rest.get(from..).unwrap_or_default().iter();
            digits.take_while(|it| it.is_ascii_digit()).count()
        };
        let mut length = digits(0);
        if rest.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if matches!(rest.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            length += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        let place = self.at..self.at + length;
        self.at = place.end;
        let Some([first, point, zeros @ ..]) = self.flat.get_mut(place) else { return };
        let text = rest.get(..length).and_then(|it| str::from_utf8(it).ok()).unwrap_or_default();
        if !zeros.is_empty() && text.parse::<f64>().is_ok_and(f64::is_infinite) {
            (*first, *point) = (b'0', b'.');
            zeros.fill(b'0');
        }
    }

    fn close(&mut self, bracket: u8) -> Option<Fault> {
        let Some(open) = self.open.pop() else { return Some(Fault::Unopened(self.at)) };
        if bracket == b'}' && matches!(open.kind, Kind::Brace) {
            self.compare(open.at);
        }
        let closes = match open.kind {
            Kind::Brace => bracket == b'}',
            Kind::Loose(wanted) => bracket == wanted,
            Kind::Quote | Kind::Heredoc(_) => true,
        };
        self.at += 1;
        (!closes).then_some(Fault::Unclosed(open.at))
    }

    /// Skips `length` bytes, blanking them out where line breaks mean nothing.
    fn blank(&mut self, length: usize) {
        let end = (self.at + length).min(self.text.len());
        if matches!(self.open.last(), Some(Open { kind: Kind::Loose(_), .. }))
            && let Some(range) = self.flat.get_mut(self.at..end)
        {
            range.fill(b' ');
        }
        self.at = end;
    }

    fn comment(&mut self, end: &[u8]) {
        let rest = self.rest();
        let from = end.len().min(rest.len());
        let found = rest.get(from..).and_then(|it| it.windows(end.len()).position(|at| at == end));
        self.blank(found.map_or(rest.len(), |found| from + found + end.len()));
    }

    fn heredoc_start(&mut self, after: &[u8]) {
        let after = after.strip_prefix(b"-").unwrap_or(after);
        let start = self.text.len() - after.len();
        let marker = start..start + after.iter().take_while(|it| is_name(**it)).count();
        let line = self.rest().iter().position(|it| *it == b'\n');
        match line {
            Some(line) if !marker.is_empty() => self.push(Kind::Heredoc(marker), line + 1),
            _ => self.at += 2,
        }
    }
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte >= 0x80
}

/// Whether what follows a `{` makes it a `for` expression.
fn starts_for(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.strip_prefix(b"for").and_then(|it| it.first()).is_some_and(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_that_is_at_fault_is_found() {
        for (text, fault) in [
            ("a { b = [1, (2)] }", None),
            ("a { b = [1, (2] }", Some(Fault::Unclosed(12))),
            ("a {\n# }\n", Some(Fault::Unclosed(2))),
            ("}", Some(Fault::Unopened(0))),
            ("a = \"b${c(\"}\")}\"", None),
            ("a = \"b\n", Some(Fault::OpenQuote(4))),
            ("a = \"$${\"\nb = <<E\n { ${x} %{ if y } \"\n E\n", None),
            ("a = <<E\n ${b}\n", Some(Fault::OpenHeredoc(4))),
            ("a = \"${b\"", Some(Fault::Unclosed(5))),
        ] {
            let found = scan(&format!("{text}\n")).fault;
            assert_eq!(found, fault, "{text}");
        }
    }

    #[test]
    fn indentation_tells_which_brace_is_meant() {
        let text = "a {\n  b = {\n  c {\n  }\n}\nd {\n}\n";
        let found = scan(text);
        assert_eq!(found.fault, Some(Fault::Unclosed(2)));
        let places: Vec<usize> = found.near.iter().map(|it| it.0).collect();
        assert_eq!(places, [10, 22]);
        assert_eq!(scan("a = (1]\n").near, [(6, "but this comes first")]);
    }

    #[test]
    fn lines_know_what_they_are_in() {
        let found = lines("a {\n  b = [\n1\n]\n  c = {\n d = <<E\n x\nE\n }\n}\ne = 1\n");
        let found: Vec<_> = found.iter().map(|it| (it.at, it.depth, it.inside)).collect();
        let (outer, inner) = (Some(2), Some(22));
        let expected = [
            (0, 0, None),
            (4, 1, outer),
            (16, 1, outer),
            (24, 2, inner),
            (38, 2, inner),
            (41, 1, outer),
            (43, 0, None),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn line_breaks_that_mean_nothing_become_blanks() {
        let text = "a = { for k in b :\n k => c # d\n ? 1\n : { x = 1\n }\n}\n";
        let flat = "a = { for k in b :  k => c      ? 1  : { x = 1\n } }\n";
        assert_eq!(scan(text).flat, flat);
    }

    #[test]
    fn numbers_that_are_too_large_for_the_parser_become_zero() {
        let text = "a = [1e999, 1e99, a1e999, -2.5E+999, 1.e9999] # 1e999\nb = \"1e999\"\n";
        let flat = "a = [0.000, 1e99, a1e999, -0.000000, 1.e9999] # 1e999\nb = \"1e999\"\n";
        assert_eq!(scan(text).flat, flat);
    }
}
