//! Rewrites what has a newer form: templates that are nothing but one expression, types in quotes or
//! without element type, labels without quotes.

use std::collections::VecDeque;

use super::token::{Kind, Token};

/// The tokens with values and labels in their canonical form.
pub(super) fn rewrite(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let output = Vec::with_capacity(tokens.len());
    let mut rewriter = Rewriter { input: tokens.into(), output, blocks: Vec::new() };
    while let Some(token) = rewriter.input.pop_front() {
        rewriter.item(token);
    }
    rewriter.output
}

struct Rewriter<'t> {
    input: VecDeque<Token<'t>>,
    output: Vec<Token<'t>>,
    /// The types of the blocks around, from the outermost.
    blocks: Vec<String>,
}

impl<'t> Rewriter<'t> {
    /// What a body has next: an argument or the head of a block, or what stands between them.
    fn item(&mut self, token: Token<'t>) {
        let name = token.kind.is_name().then(|| token.text.to_string());
        if token.kind == Kind::CloseBrace {
            self.blocks.pop();
        }
        self.output.push(token);
        let Some(name) = name else { return };
        let next = self.input.iter().find(|token| token.kind != Kind::Comment);
        if next.is_some_and(|next| next.kind == Kind::Assign) {
            self.argument(&name);
        } else {
            self.block(name);
        }
    }

    /// Takes the tokens up to the first that is wanted.
    fn until(&mut self, wanted: impl Fn(&Token<'t>) -> bool) -> Vec<Token<'t>> {
        let count = self.input.iter().position(wanted).unwrap_or(self.input.len());
        self.input.drain(..count).collect()
    }

    fn argument(&mut self, name: &str) {
        let before = self.until(|token| token.kind == Kind::Assign);
        self.output.extend(before);
        self.output.extend(self.input.pop_front());
        let comments = self.until(|token| token.kind != Kind::Comment);
        self.output.extend(comments);
        let mut value = self.value();
        let end = value.iter().rposition(|token| token.kind != Kind::Comment);
        let comments = value.split_off(end.map_or(0, |end| end + 1));
        let is_type = name == "type" && self.blocks == ["variable"];
        self.output.extend(if is_type { typed(value) } else { unwrapped(value) });
        self.output.extend(comments);
    }

    /// The tokens of a value: up to the end of the line or of the block, outside of brackets.
    fn value(&mut self) -> Vec<Token<'t>> {
        let mut depth = 0;
        let ends = |token: &Token<'t>| {
            depth += token.kind.depth();
            depth < 0 || (depth == 0 && token.ends_line())
        };
        let count = self.input.iter().position(ends).unwrap_or(self.input.len());
        self.input.drain(..count).collect()
    }

    fn block(&mut self, name: String) {
        let mut head = self.until(|token| token.kind == Kind::OpenBrace);
        let is_label = |token: &Token<'t>| token.kind.is_name() || token.kind == Kind::CloseQuote;
        let end = head.iter().rposition(is_label).map_or(0, |at| at + 1);
        let after = head.split_off(end);
        self.output.extend(head.into_iter().flat_map(quoted_label));
        self.output.extend(after);
        self.output.extend(self.input.pop_front());
        self.blocks.push(name);
    }
}

/// A token of the labels of a block; comments among them go.
fn quoted_label(token: Token<'_>) -> Vec<Token<'_>> {
    match token.kind {
        Kind::Comment => Vec::new(),
        kind if kind.is_name() => vec![
            Token::new(Kind::OpenQuote, "\""),
            Token::new(Kind::Text, token.text),
            Token::new(Kind::CloseQuote, "\""),
        ],
        _ => vec![token],
    }
}

/// What is inside of a template that is nothing but one interpolation; other values as they are.
fn unwrapped(mut value: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let [first, second, inside @ .., last_but_one, last] = value.as_slice() else { return value };
    let kinds = [first.kind, second.kind, last_but_one.kind, last.kind];
    let wrapped = [Kind::OpenQuote, Kind::OpenInterpolation, Kind::CloseTemplate, Kind::CloseQuote];
    if kinds != wrapped || inside.is_empty() || !is_one_expression(inside) {
        return value;
    }
    value.drain(..2);
    value.truncate(value.len() - 2);
    let start = value.iter().take_while(|token| token.kind == Kind::Newline).count();
    value.drain(..start);
    let end = value.iter().rposition(|token| token.kind != Kind::Newline);
    value.truncate(end.map_or(0, |end| end + 1));
    if needs_parentheses(&value) {
        value.insert(0, Token::new(Kind::OpenParenthesis, "("));
        value.push(Token::new(Kind::CloseParenthesis, ")"));
    }
    value
}

/// Whether the inside of a template is not rather the end of one and the start of another.
fn is_one_expression(inside: &[Token<'_>]) -> bool {
    let mut quotes = 0_usize;
    for token in inside {
        match token.kind {
            Kind::OpenQuote => quotes += 1,
            Kind::CloseQuote => match quotes.checked_sub(1) {
                Some(less) => quotes = less,
                None => return false,
            },
            Kind::OpenInterpolation | Kind::OpenDirective | Kind::CloseTemplate if quotes == 0 => {
                return false;
            }
            _ => {}
        }
    }
    true
}

/// Whether an expression goes over several lines, which it may only do in brackets.
fn needs_parentheses(value: &[Token<'_>]) -> bool {
    let breaks = |token: &Token<'_>| token.kind == Kind::Newline;
    let inner_comment =
        value.split_last().is_some_and(|(_, before)| before.iter().any(Token::ends_line));
    let enclosed = value.first().is_some_and(|it| it.kind == Kind::OpenParenthesis)
        && value.last().is_some_and(|it| it.kind == Kind::CloseParenthesis);
    (value.iter().any(breaks) || inner_comment) && !enclosed
}

/// A type in its newer form: without quotes, and with the type of elements.
fn typed(value: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let texts: Vec<&str> = value.iter().map(|token| token.text.as_ref()).collect();
    let (name, of) = match texts.as_slice() {
        [name @ ("list" | "map" | "set")] => (*name, Some("any")),
        ["\"", "string", "\""] => ("string", None),
        ["\"", name @ ("list" | "map"), "\""] => (*name, Some("string")),
        _ => return value,
    };
    let name = Token::new(Kind::Name, name.to_string());
    let Some(of) = of else { return vec![name] };
    vec![
        name,
        Token::new(Kind::OpenParenthesis, "("),
        Token::new(Kind::Name, of),
        Token::new(Kind::CloseParenthesis, ")"),
    ]
}
