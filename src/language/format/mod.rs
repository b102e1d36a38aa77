//! The canonical form of configuration files, as `tofu fmt` writes it.
//!
//! The text is cut into tokens; values and labels written in an old way are rewritten; then each
//! line is indented by the brackets open before it, the blanks between tokens are set by what
//! stands on both sides, and `=` and comments of neighbouring lines are put below each other. Line
//! breaks and everything between quotes or in heredocs stay as they are.

mod layout;
mod lexer;
mod outline;
mod rewrite;
mod spacing;
#[cfg(test)]
mod tests;
mod token;

pub use outline::block_around;

use token::Kind;

/// The canonical form of a text without syntax errors.
pub fn format(text: &str) -> String {
    let lexed = lexer::lex(text);
    let mut formatted = layout::lay_out(rewrite::rewrite(lexed.tokens));
    formatted.push_str(&" ".repeat(lexed.trailing));
    formatted
}

/// The text of something without syntax errors, such as an expression, in the layout of the
/// canonical form; nothing in it is rewritten.
pub fn lay_out(text: &str) -> String {
    layout::lay_out(lexer::lex(text).tokens)
}

/// How many brackets and heredocs a text leaves open; none if it closes more than it opens.
pub fn left_open(text: &str) -> usize {
    let lexed = lexer::lex(text);
    let kinds: Vec<Kind> = lexed.tokens.iter().map(|token| token.kind).collect();
    let count = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
    let pairs = [
        (Kind::OpenBrace, Kind::CloseBrace),
        (Kind::OpenBracket, Kind::CloseBracket),
        (Kind::OpenParenthesis, Kind::CloseParenthesis),
    ];
    let open: Option<usize> =
        pairs.iter().map(|(open, close)| count(*open).checked_sub(count(*close))).sum();
    open.map_or(0, |open| open + usize::from(lexed.in_heredoc))
}
