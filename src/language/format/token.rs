//! Tokens of the language, as far as formatting tells them apart.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Newline,
    /// A comment; one to the end of its line includes the line break.
    Comment,
    /// An identifier other than `in`.
    Name,
    /// `in`, which may be a keyword.
    In,
    Number,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParenthesis,
    CloseParenthesis,
    OpenQuote,
    CloseQuote,
    /// `<<EOT` with the line break.
    OpenHeredoc,
    /// The line with the marker, without its line break.
    CloseHeredoc,
    /// Literal text in quotes or in a heredoc.
    Text,
    /// `${`
    OpenInterpolation,
    /// `%{`
    OpenDirective,
    /// What closes `${` and `%{`.
    CloseTemplate,
    Assign,
    Comma,
    Dot,
    Ellipsis,
    Colon,
    DoubleColon,
    Question,
    Bang,
    Minus,
    /// An operator between two operands, other than a minus.
    Operator,
    Other,
}

impl Kind {
    /// By how much it changes the number of open brackets.
    pub(super) fn depth(self) -> isize {
        match self {
            Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::OpenParenthesis
            | Kind::OpenInterpolation
            | Kind::OpenDirective => 1,
            Kind::CloseBrace
            | Kind::CloseBracket
            | Kind::CloseParenthesis
            | Kind::CloseTemplate => -1,
            _ => 0,
        }
    }

    /// Whether it is an identifier.
    pub(super) fn is_name(self) -> bool {
        matches!(self, Kind::Name | Kind::In)
    }
}

/// A piece of text, and the blanks before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'t, str>,
    pub(super) space: usize,
}

impl<'t> Token<'t> {
    /// A token without blanks before it.
    pub(super) fn new(kind: Kind, text: impl Into<Cow<'t, str>>) -> Token<'t> {
        Token { kind, text: text.into(), space: 0 }
    }

    /// Whether the next token stands on another line.
    pub(super) fn ends_line(&self) -> bool {
        match self.kind {
            Kind::Newline => true,
            Kind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }

    /// How many columns it takes, with the blanks before it.
    pub(super) fn columns(&self) -> usize {
        self.space + self.text.graphemes(true).count()
    }
}
