//! Templates: quoted, heredocs, and whole files.
//!
//! The parts are laid out as one flat sequence first, since white space is trimmed and indentation
//! removed by rules that look at neighbours, whatever directive they belong to: a trim marker takes
//! the white space of the one piece of text beside it, where text is cut after each line break.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use hcl_edit::Span as _;
use hcl_edit::expr as syntax;
use hcl_edit::template::{Directive, Element, ForTemplateExpr, Strip, Template};

use super::lower::Lower;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, ExpressionKind, TemplatePart};
use crate::value::Value;

/// What a template is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Quotes, with backslash escapes.
    Quoted,
    /// A heredoc; `<<-` takes common indentation away.
    Heredoc { indented: bool },
    /// A whole file.
    Bare,
}

/// One piece of a template.
enum Token<'t> {
    Text(String),
    Interpolation(&'t syntax::Expression),
    If(&'t syntax::Expression),
    Else,
    EndIf,
    For(&'t ForTemplateExpr),
    EndFor,
}

/// The pieces so far.
struct Tokens<'t, 'a, 'l> {
    lower: &'l mut Lower<'a>,
    flavour: Flavour,
    found: Vec<Token<'t>>,
    /// Whether the last marker ended with `~`.
    trim_next: bool,
}

impl Lower<'_> {
    pub(super) fn template(
        &mut self,
        template: &Template,
        flavour: Flavour,
        span: Span,
    ) -> Expression {
        let mut tokens = Tokens { lower: self, flavour, found: Vec::new(), trim_next: false };
        tokens.template(template);
        let mut found = tokens.found;
        if flavour == (Flavour::Heredoc { indented: true }) {
            remove_indentation(&mut found);
        }
        if let [Token::Interpolation(alone)] = found.as_slice() {
            return self.expression(alone);
        }
        let mut parts = self.parts(&mut found.into_iter().peekable());
        let kind = match parts.as_mut_slice() {
            [] => ExpressionKind::Literal(Value::string("")),
            [TemplatePart::Text(text)] => ExpressionKind::Literal(Value::string(text)),
            _ => ExpressionKind::Template(parts),
        };
        Expression { kind, span }
    }

    /// The parts up to the end of the directive that they stand in.
    fn parts(&mut self, tokens: &mut Peekable<IntoIter<Token<'_>>>) -> Vec<TemplatePart> {
        let mut parts = Vec::new();
        while let Some(token) =
            tokens.next_if(|it| !matches!(it, Token::Else | Token::EndIf | Token::EndFor))
        {
            match token {
                Token::Text(text) => push_text(&mut parts, text),
                Token::Interpolation(inside) => {
                    parts.push(TemplatePart::Interpolation(self.expression(inside)));
                }
                Token::If(condition) => parts.push(self.if_directive(condition, tokens)),
                Token::For(intro) => parts.push(self.for_directive(intro, tokens)),
                Token::Else | Token::EndIf | Token::EndFor => {}
            }
        }
        parts
    }

    fn if_directive(
        &mut self,
        condition: &syntax::Expression,
        tokens: &mut Peekable<IntoIter<Token<'_>>>,
    ) -> TemplatePart {
        let condition = self.expression(condition);
        let then = self.parts(tokens);
        let has_else = tokens.next_if(|it| matches!(it, Token::Else)).is_some();
        let otherwise = if has_else { self.parts(tokens) } else { Vec::new() };
        tokens.next_if(|it| matches!(it, Token::EndIf));
        TemplatePart::If { condition, then, otherwise }
    }

    fn for_directive(
        &mut self,
        intro: &ForTemplateExpr,
        tokens: &mut Peekable<IntoIter<Token<'_>>>,
    ) -> TemplatePart {
        let source = self.expression(&intro.collection_expr);
        let key = intro.key_var.as_ref().map(|name| name.as_str().to_string());
        let value = intro.value_var.as_str().to_string();
        let names: Vec<String> = key.iter().chain([&value]).cloned().collect();
        let body = self.with_names(names, |it| it.parts(tokens));
        tokens.next_if(|it| matches!(it, Token::EndFor));
        TemplatePart::For { key, value, source, body }
    }
}

fn push_text(parts: &mut Vec<TemplatePart>, text: String) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(TemplatePart::Text(before)) => before.push_str(&text),
        _ => parts.push(TemplatePart::Text(text)),
    }
}

impl<'t> Tokens<'t, '_, '_> {
    fn template(&mut self, template: &'t Template) {
        for element in template {
            match element {
                Element::Literal(text) => self.literal(text.span()),
                Element::Interpolation(it) => self.marker(it.strip, Token::Interpolation(&it.expr)),
                Element::Directive(it) => self.directive(it),
            }
        }
    }

    fn directive(&mut self, directive: &'t Directive) {
        match directive {
            Directive::If(it) => {
                self.marker(it.if_expr.strip, Token::If(&it.if_expr.cond_expr));
                self.template(&it.if_expr.template);
                if let Some(otherwise) = &it.else_expr {
                    self.marker(otherwise.strip, Token::Else);
                    self.template(&otherwise.template);
                }
                self.marker(it.endif_expr.strip, Token::EndIf);
            }
            Directive::For(it) => {
                self.marker(it.for_expr.strip, Token::For(&it.for_expr));
                self.template(&it.for_expr.template);
                self.marker(it.endfor_expr.strip, Token::EndFor);
            }
        }
    }

    fn marker(&mut self, strip: Strip, token: Token<'t>) {
        if let (true, Some(Token::Text(before))) = (strip.strip_start(), self.found.last_mut()) {
            before.truncate(before.trim_end().len());
        }
        self.trim_next = strip.strip_end();
        self.found.push(token);
    }

    /// Text, from the source: the parser does not know escapes inside directives, and has removed
    /// indentation its own way.
    fn literal(&mut self, range: Option<Range<usize>>) {
        let span = self.lower.span(range);
        let text = self.lower.text(&span);
        match self.flavour {
            Flavour::Quoted => {
                self.lower.refuse_line_break(&span);
                match unescape(text) {
                    Ok(text) => self.text(text),
                    Err(escape) => self.lower.diagnostics.push(bad_escape(&span, escape)),
                }
            }
            _ => {
                for line in text.split_inclusive('\n') {
                    self.text(line.replace("$${", "${").replace("%%{", "%{"));
                }
            }
        }
    }

    fn text(&mut self, text: String) {
        let trim = std::mem::take(&mut self.trim_next);
        let text = if trim { text.trim_start().to_string() } else { text };
        self.found.push(Token::Text(text));
    }
}

/// Takes away the indentation that all lines of a `<<-` heredoc share. Blank lines neither count
/// nor change, and nor does what follows a line break that was trimmed away.
fn remove_indentation(tokens: &mut [Token<'_>]) {
    let mut shared = usize::MAX;
    let mut starts = Vec::new();
    let mut line_start = true;
    for (at, token) in tokens.iter().enumerate() {
        let text = if let Token::Text(text) = token { text.as_str() } else { "" };
        if std::mem::replace(&mut line_start, text.ends_with('\n')) {
            let content = text.trim_start();
            if !(content.is_empty() && text.ends_with('\n')) {
                shared = shared.min(text.chars().count() - content.chars().count());
                starts.push(at);
            }
        }
    }
    for at in starts {
        if let Some(Token::Text(text)) = tokens.get_mut(at) {
            *text = text.chars().skip(shared).collect();
        }
    }
}

/// The text that a quoted literal stands for, or the range of an escape sequence that is none.
fn unescape(text: &str) -> Result<String, Range<usize>> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (piece, length) = match c {
            '\\' => escape(rest).ok_or(at..at + 1)?,
            '$' if rest.starts_with("$${") => ("${".into(), 3),
            '%' if rest.starts_with("%%{") => ("%{".into(), 3),
            other => (other.into(), other.len_utf8()),
        };
        out.push_str(&piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

/// The text of the escape sequence at the start of `text`, and its length.
fn escape(text: &str) -> Option<(String, usize)> {
    let unicode = |digits: usize| {
        let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
        Some((char::from_u32(code)?.to_string(), 2 + digits))
    };
    let simple = |c: char| Some((c.to_string(), 2));
    match text.chars().nth(1)? {
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        '"' => simple('"'),
        '\\' => simple('\\'),
        'u' => unicode(4),
        'U' => unicode(8),
        _ => None,
    }
}

fn bad_escape(span: &Span, escape: Range<usize>) -> Diagnostic {
    let start = span.range.start;
    let at = Span { source: span.source.clone(), range: start + escape.start..start + escape.end };
    Diagnostic::error("Invalid escape sequence", "A backslash must start an escape sequence.")
        .at(&at)
        .hint(r#"There are \n, \r, \t, \", \\, \uNNNN and \UNNNNNNNN; write \\ for a backslash."#)
}
