//! The blocks of a file, whether its syntax is right or not.

use super::lexer::lex;
use super::token::{Kind, Token};

/// The head of the outermost block that holds a byte of a file and begins before it:
/// `resource "aws_vpc" "a"`.
pub fn block_around(text: &str, at: usize) -> Option<String> {
    let mut item = Item::default();
    let mut place = text.len() - text.trim_start_matches('\u{feff}').len();
    for token in &lex(text).tokens {
        let start = place + token.space;
        place = start + token.text.len();
        let was_open = item.depth > 0;
        item.add(token, start);
        if was_open && item.depth == 0 && item.is_block && (item.start + 1..=place).contains(&at) {
            return Some(item.head);
        }
    }
    // The block that nothing closes.
    (item.depth > 0 && item.is_block && item.start < at).then_some(item.head)
}

/// An argument or block at the top level of a file, as far as it has been read.
#[derive(Default)]
struct Item {
    /// The first word of a line and the labels after it.
    head: String,
    /// Where it begins.
    start: usize,
    /// How many brackets are open.
    depth: isize,
    /// Whether a brace was opened after the head.
    is_block: bool,
    /// Whether `=` follows the head.
    is_argument: bool,
}

impl Item {
    fn add(&mut self, token: &Token<'_>, start: usize) {
        let before = self.depth;
        self.depth = (before + token.kind.depth()).max(0);
        if before > 0 {
            return;
        }
        match token.kind {
            _ if token.ends_line() => *self = Item::default(),
            Kind::Assign => self.is_argument = true,
            Kind::OpenBrace => self.is_block = !self.head.is_empty() && !self.is_argument,
            kind if kind.is_name() && self.head.is_empty() => {
                self.head = token.text.to_string();
                self.start = start;
            }
            kind if kind.is_name() || kind == Kind::Text => {
                self.head.push_str(&format!(" \"{}\"", token.text));
            }
            _ => {}
        }
    }
}
