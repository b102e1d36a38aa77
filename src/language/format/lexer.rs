//! Text to tokens.

use hcl_edit::Ident;

use super::token::{Kind, Token};

/// Signs, the longer before those they start with.
const SIGNS: &[(&str, Kind)] = &[
    ("...", Kind::Ellipsis),
    ("::", Kind::DoubleColon),
    ("=>", Kind::Other),
    ("==", Kind::Operator),
    ("!=", Kind::Operator),
    (">=", Kind::Operator),
    ("<=", Kind::Operator),
    ("&&", Kind::Operator),
    ("||", Kind::Operator),
    ("[", Kind::OpenBracket),
    ("]", Kind::CloseBracket),
    ("(", Kind::OpenParenthesis),
    (")", Kind::CloseParenthesis),
    (".", Kind::Dot),
    (",", Kind::Comma),
    ("=", Kind::Assign),
    (":", Kind::Colon),
    ("?", Kind::Question),
    ("!", Kind::Bang),
    ("-", Kind::Minus),
    ("+", Kind::Operator),
    ("*", Kind::Operator),
    ("/", Kind::Operator),
    ("%", Kind::Operator),
    ("<", Kind::Operator),
    (">", Kind::Operator),
];

/// A text in tokens.
pub(super) struct Lexed<'t> {
    pub(super) tokens: Vec<Token<'t>>,
    /// The number of blanks after the last token.
    pub(super) trailing: usize,
    /// Whether the text ends inside of a heredoc.
    pub(super) in_heredoc: bool,
}

/// The tokens of a text. A byte order mark is left out.
pub(super) fn lex(text: &str) -> Lexed<'_> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lexer = Lexer { rest, modes: Vec::new(), tokens: Vec::new(), blanks: 0 };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    let in_heredoc = lexer.modes.iter().any(|mode| matches!(mode, Mode::Heredoc(..)));
    Lexed { tokens: lexer.tokens, trailing: lexer.blanks, in_heredoc }
}

/// What the text at a place is part of.
#[derive(Clone, Copy)]
enum Mode<'t> {
    /// The inside of `${` or `%{`, with so many braces open.
    Template(usize),
    /// Text in quotes.
    Quote,
    /// A heredoc with its marker, and whether a line begins here.
    Heredoc(&'t str, bool),
}

struct Lexer<'t> {
    rest: &'t str,
    modes: Vec<Mode<'t>>,
    tokens: Vec<Token<'t>>,
    blanks: usize,
}

impl<'t> Lexer<'t> {
    fn step(&mut self) {
        match self.modes.last().copied() {
            None | Some(Mode::Template(_)) => self.code(),
            Some(Mode::Quote) => self.quoted(),
            Some(Mode::Heredoc(marker, line_start)) => self.heredoc(marker, line_start),
        }
    }

    /// Cuts `length` bytes off the text.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let space = std::mem::take(&mut self.blanks);
        let token = Token { space, ..Token::new(kind, self.take(length)) };
        self.tokens.push(token);
    }

    fn code(&mut self) {
        match self.rest.as_bytes() {
            [b' ' | b'\t', ..] => {
                self.take(1);
                self.blanks += 1;
            }
            [b'\n', ..] => self.push(Kind::Newline, 1),
            [b'\r', b'\n', ..] => self.push(Kind::Newline, 2),
            [b'#', ..] | [b'/', b'/', ..] => self.push(Kind::Comment, through(self.rest, "\n")),
            [b'/', b'*', ..] => self.push(Kind::Comment, through(self.rest, "*/")),
            [b'"', ..] => {
                self.push(Kind::OpenQuote, 1);
                self.modes.push(Mode::Quote);
            }
            [b'{', ..] => {
                self.push(Kind::OpenBrace, 1);
                if let Some(Mode::Template(depth)) = self.modes.last_mut() {
                    *depth += 1;
                }
            }
            [b'}', ..] => self.close(1),
            [b'~', b'}', ..] => self.close(2),
            [b'0'..=b'9', ..] => self.push(Kind::Number, number(self.rest)),
            [b'<', b'<', ..] if self.open_heredoc() => {}
            _ => self.word_or_sign(),
        }
    }

    fn close(&mut self, length: usize) {
        match self.modes.last_mut() {
            Some(Mode::Template(0)) => {
                self.modes.pop();
                self.push(Kind::CloseTemplate, length);
            }
            Some(Mode::Template(depth)) => {
                *depth -= 1;
                self.push(Kind::CloseBrace, length);
            }
            _ => self.push(Kind::CloseBrace, length),
        }
    }

    fn open_heredoc(&mut self) -> bool {
        let marker = self.rest.get(2..).unwrap_or_default();
        let marker = marker.strip_prefix('-').unwrap_or(marker);
        let (marker, after) = marker.split_at_checked(word(marker)).unwrap_or_default();
        let ends = after.starts_with('\n') || after.starts_with("\r\n");
        if marker.is_empty() || !ends {
            return false;
        }
        self.push(Kind::OpenHeredoc, through(self.rest, "\n"));
        self.modes.push(Mode::Heredoc(marker, true));
        true
    }

    fn word_or_sign(&mut self) {
        let sign = SIGNS.iter().find(|(sign, _)| self.rest.starts_with(sign));
        match (word(self.rest), sign) {
            (0, Some((sign, kind))) => self.push(*kind, sign.len()),
            (0, None) => {
                let length = self.rest.chars().next().map_or(1, char::len_utf8);
                self.push(Kind::Other, length);
            }
            (2, _) if self.rest.starts_with("in") => self.push(Kind::In, 2),
            (length, _) => self.push(Kind::Name, length),
        }
    }

    fn quoted(&mut self) {
        if self.rest.starts_with('"') {
            self.push(Kind::CloseQuote, 1);
            self.modes.pop();
        } else if !self.open_template() {
            self.push(Kind::Text, literal(self.rest, true));
        }
    }

    fn heredoc(&mut self, marker: &'t str, line_start: bool) {
        let line = self.rest.split('\n').next().unwrap_or_default();
        if line_start && line.trim() == marker {
            let line = line.strip_suffix('\r').unwrap_or(line);
            self.push(Kind::CloseHeredoc, line.len());
            self.modes.pop();
            return;
        }
        let text = literal(self.rest, false);
        let ended = self.rest.get(..text).is_some_and(|text| text.ends_with('\n'));
        if let Some(Mode::Heredoc(_, line_start)) = self.modes.last_mut() {
            *line_start = ended;
        }
        if !self.open_template() {
            self.push(Kind::Text, text);
        }
    }

    /// Takes `${` or `%{`, if that is what comes.
    fn open_template(&mut self) -> bool {
        let kind = match self.rest.as_bytes() {
            [b'$', b'{', ..] => Kind::OpenInterpolation,
            [b'%', b'{', ..] => Kind::OpenDirective,
            _ => return false,
        };
        let trims = self.rest.get(2..).is_some_and(|rest| rest.starts_with('~'));
        self.push(kind, if trims { 3 } else { 2 });
        self.modes.push(Mode::Template(0));
        true
    }
}

/// The length of a text up to and including `end`.
fn through(text: &str, end: &str) -> usize {
    // `/*/` does not close itself.
    let start = end.len();
    let found = text.get(start..).and_then(|rest| rest.find(end));
    found.map_or(text.len(), |at| start + at + end.len())
}

/// The length of the identifier that a text starts with.
fn word(text: &str) -> usize {
    let first = |c: char| c == '_' || c.is_ascii_alphabetic() || starts_name(c);
    let later = |c: char| c == '-' || c.is_ascii_digit() || first(c) || continues_name(c);
    let length = text.find(|c| !later(c)).unwrap_or(text.len());
    if text.starts_with(first) { length } else { 0 }
}

fn starts_name(c: char) -> bool {
    !c.is_ascii() && Ident::try_new(c.to_string()).is_ok()
}

fn continues_name(c: char) -> bool {
    !c.is_ascii() && Ident::try_new(format!("a{c}")).is_ok()
}

/// The length of the number that a text starts with. Dots may stand in it, but not at its end.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut end) = (0, 0);
    loop {
        match bytes.get(at..) {
            Some([b'0'..=b'9', ..]) => at += 1,
            Some([b'.', ..]) => {
                at += 1;
                continue;
            }
            Some([b'e' | b'E', b'0'..=b'9', ..]) => at += 2,
            Some([b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..]) => at += 3,
            _ => return end,
        }
        end = at;
    }
}

/// The length of the text up to a template, the closing quote, or past the end of the line.
fn literal(text: &str, quoted: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += match bytes.get(at..).unwrap_or_default() {
            [] => return text.len(),
            [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => 3,
            [b'$' | b'%', b'{', ..] => return at,
            [b'\n', ..] => return at + 1,
            [b'"', ..] if quoted => return at,
            [b'\\', next, ..] if quoted && next.is_ascii() && *next != b'\n' => 2,
            _ => 1,
        };
    }
}
