//! Which tokens of a line have a blank between them.

use super::token::{Kind, Token};

/// Sets the blanks between the tokens of a piece of a line.
pub(super) fn space(tokens: &mut [Token<'_>]) {
    let (mut before, mut left) = (None, None);
    for token in tokens {
        if let Some(left) = left {
            token.space = usize::from(apart(before, left, token.kind));
        }
        before = left;
        left = Some(token.kind);
    }
}

/// Whether a blank stands between `left`, which follows `before`, and `right`.
fn apart(before: Option<Kind>, left: Kind, right: Kind) -> bool {
    if joined(left, right) {
        return false;
    }
    match (left, right) {
        (Kind::Comma, _) => true,
        _ if in_template(left, right) => false,
        (Kind::In, _) if before.is_some_and(Kind::is_name) => true,
        (left, Kind::OpenBracket) if indexed(left) => false,
        (Kind::Bang, _) => false,
        (Kind::Minus, _) => before.is_some_and(ends_operand),
        (Kind::OpenBrace, right) => right != Kind::CloseBrace,
        (_, Kind::CloseBrace) => true,
        // An object inside of a template keeps its braces apart from the template's.
        (Kind::OpenInterpolation | Kind::OpenDirective, Kind::OpenBrace) => true,
        (Kind::CloseBrace, Kind::CloseTemplate) => true,
        (Kind::CloseTemplate, Kind::OpenInterpolation | Kind::OpenDirective) => false,
        (left, right) => left.depth() <= 0 && right.depth() >= 0,
    }
}

/// Whether nothing ever stands between two tokens.
fn joined(left: Kind, right: Kind) -> bool {
    match (left, right) {
        (_, Kind::Newline | Kind::Dot | Kind::Comma | Kind::Ellipsis) | (Kind::Dot, _) => true,
        (left, Kind::OpenParenthesis | Kind::DoubleColon) => left.is_name(),
        (Kind::DoubleColon, right) => right.is_name(),
        _ => false,
    }
}

/// Whether one of two tokens is text, whose blanks mean something.
fn in_template(left: Kind, right: Kind) -> bool {
    matches!(left, Kind::Text | Kind::OpenQuote | Kind::OpenHeredoc)
        || matches!(right, Kind::Text | Kind::CloseQuote | Kind::CloseHeredoc)
}

/// Whether a `[` after the token is an index.
fn indexed(left: Kind) -> bool {
    left.is_name() || left == Kind::Number || left.depth() < 0
}

/// Whether a minus after the token is a subtraction rather than a sign.
fn ends_operand(before: Kind) -> bool {
    !matches!(
        before,
        Kind::OpenParenthesis
            | Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::Assign
            | Kind::Colon
            | Kind::Comma
            | Kind::Question
            | Kind::Operator
            | Kind::Minus
            | Kind::Bang
    )
}
