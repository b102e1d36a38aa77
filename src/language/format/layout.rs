//! Lines: their indentation, and what stands below each other in neighbouring ones.

use super::spacing::space;
use super::token::{Kind, Token};

/// How far each open bracket moves a line.
const STEP: usize = 2;

/// A line, in the pieces that are aligned. A heredoc with all its lines is part of one.
#[derive(Default)]
struct Line<'t> {
    /// What comes first.
    lead: Vec<Token<'t>>,
    /// From `=` on, if its value ends on the same line.
    value: Vec<Token<'t>>,
    /// A comment after something else.
    comment: Vec<Token<'t>>,
}

/// The text of tokens in their right places.
pub(super) fn lay_out(tokens: Vec<Token<'_>>) -> String {
    let mut lines = lines(tokens);
    indent(&mut lines);
    for line in &mut lines {
        space(&mut line.lead);
        space(&mut line.value);
    }
    align(&mut lines, |line| &mut line.value, |line| columns(&line.lead));
    align(&mut lines, |line| &mut line.comment, |line| columns(&line.lead) + columns(&line.value));
    let mut text = String::new();
    for token in lines.iter().flat_map(|it| [&it.lead, &it.value, &it.comment]).flatten() {
        text.extend(std::iter::repeat_n(' ', token.space));
        text.push_str(&token.text);
    }
    text
}

fn lines(tokens: Vec<Token<'_>>) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut current = Vec::new();
    for token in tokens {
        let ends_line = token.ends_line();
        current.push(token);
        if ends_line {
            lines.push(Line::new(std::mem::take(&mut current)));
        }
    }
    lines.push(Line::new(current));
    lines
}

impl<'t> Line<'t> {
    fn new(mut lead: Vec<Token<'t>>) -> Line<'t> {
        let comment = match lead.last() {
            Some(last) if last.kind == Kind::Comment && lead.len() > 1 => {
                lead.split_off(lead.len() - 1)
            }
            _ => Vec::new(),
        };
        let assign = lead.iter().skip(1).position(|token| token.kind == Kind::Assign);
        let value = match assign.and_then(|at| lead.get(at + 1..)) {
            Some(value) if depth(value) == 0 => lead.split_off(lead.len() - value.len()),
            _ => Vec::new(),
        };
        Line { lead, value, comment }
    }
}

fn depth(tokens: &[Token<'_>]) -> isize {
    tokens.iter().map(|token| token.kind.depth()).sum()
}

fn columns(tokens: &[Token<'_>]) -> usize {
    tokens.iter().map(Token::columns).sum()
}

/// Indents each line by the lines before it that leave brackets open, however many each leaves.
fn indent(lines: &mut [Line<'_>]) {
    let mut open: Vec<usize> = Vec::new();
    for line in lines {
        // Brackets in a heredoc's templates are not those of the line.
        let code = line.lead.iter().take_while(|token| token.kind != Kind::OpenHeredoc);
        let change: isize = code.map(|token| token.kind.depth()).sum();
        let Some(first) = line.lead.first_mut() else { continue };
        if first.kind == Kind::Newline {
            first.space = 0;
            continue;
        }
        if change < 0 {
            close(&mut open, change.unsigned_abs());
        }
        first.space = STEP * open.len();
        if change > 0 {
            open.push(change.unsigned_abs());
        }
    }
}

/// Closes brackets, the innermost first.
fn close(open: &mut Vec<usize>, mut count: usize) {
    while count > 0 {
        match open.last_mut() {
            None => return,
            Some(last) if *last > count => {
                *last -= count;
                return;
            }
            Some(last) => {
                count -= *last;
                open.pop();
            }
        }
    }
}

/// Puts a piece of neighbouring lines that have it below each other, one blank after the widest of
/// what stands before it.
fn align<'t>(
    lines: &mut [Line<'t>],
    piece: impl for<'l> Fn(&'l mut Line<'t>) -> &'l mut Vec<Token<'t>>,
    width: impl Fn(&Line<'t>) -> usize,
) {
    let mut start = 0;
    while let Some(rest) = lines.get_mut(start..).filter(|rest| !rest.is_empty()) {
        let end = rest.iter_mut().position(|line| piece(line).is_empty());
        let count = end.unwrap_or(rest.len());
        let widths: Vec<usize> = rest.iter().take(count).map(&width).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        for (line, width) in rest.iter_mut().zip(widths) {
            if let Some(first) = piece(line).first_mut() {
                first.space = widest - width + 1;
            }
        }
        start += count + 1;
    }
}
