//! The syntax tree of `hcl-edit` to our own.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr as syntax;
use hcl_edit::structure;
use indexmap::IndexMap;

use super::context::Context;
use super::keys::parse_with_repeated_keys;
use super::pieces::{OPENING, Pieces};
use super::read_expression;
use super::syntax::explain_at;
use super::template::Flavour;
use super::words::Words;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{
    Attribute, BinaryOperator, Block, Body, Call, Expression, ExpressionKind, For, Reference,
    UnaryOperator,
};
use crate::value::{Number, Type, Value};

/// One pass over one text.
pub(super) struct Lower<'a> {
    pub(super) source: &'a Arc<Source>,
    /// How many bytes the parsed text has before the source's.
    pub(super) offset: usize,
    /// The same of the text that [`Lower::pieces`] are of.
    pub(super) shift: usize,
    /// Where the source's text that is parsed begins.
    pub(super) start: usize,
    /// The text, if it is written with escapes.
    pub(super) words: Option<&'a Words<'a>>,
    /// The objects that are read in pieces.
    pub(super) pieces: Option<&'a Pieces<'a>>,
    /// What is wrong so far.
    pub(super) diagnostics: Diagnostics,
    /// The names bound around the current expression, innermost last.
    pub(super) bound: Vec<String>,
    /// Whether names are taken as they are written instead of as references.
    pub(super) raw: bool,
    /// Whether keys in brackets are references all the same, as in the address of an import.
    pub(super) live_keys: bool,
}

impl<'a> Lower<'a> {
    pub(super) fn new(source: &'a Arc<Source>, offset: usize) -> Lower<'a> {
        let diagnostics = Diagnostics::new();
        let (words, pieces, bound) = (None, None, Vec::new());
        let (shift, start, raw, live_keys) = (offset, 0, false, false);
        Lower { source, offset, shift, start, words, pieces, diagnostics, bound, raw, live_keys }
    }

    /// The place of a range of the parsed text.
    pub(super) fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        let end = self.source.text.len();
        let place = |at: usize| {
            let at = at.saturating_sub(self.offset) + self.start;
            self.words.map_or(at, |words| words.place(at)).min(end)
        };
        Span { source: self.source.clone(), range: place(range.start)..place(range.end) }
    }

    /// The text of a span, for as long as the source lives.
    pub(super) fn text(&self, span: &Span) -> &'a str {
        match self.words {
            Some(words) => words.said(span.range.clone()),
            None => self.source.text.get(span.range.clone()).unwrap_or_default(),
        }
    }

    /// Reports an error and stands in for the expression that has it.
    pub(super) fn invalid(&mut self, problem: Diagnostic) -> ExpressionKind {
        self.diagnostics.push(problem);
        ExpressionKind::Literal(Value::unknown(Type::Any))
    }

    /// What `inside` makes while `names` are bound.
    pub(super) fn with_names<T>(
        &mut self,
        names: impl IntoIterator<Item = String>,
        inside: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.bound.len();
        self.bound.extend(names);
        let made = inside(self);
        self.bound.truncate(before);
        made
    }

    pub(super) fn body(&mut self, body: &structure::Body, context: Context, span: Span) -> Body {
        let mut lowered = Body { attributes: IndexMap::new(), blocks: Vec::new(), span };
        for item in body {
            match item {
                structure::Structure::Attribute(item) => {
                    let name = item.key.as_str();
                    self.live_keys = context.has_live_keys();
                    let attribute = self.attribute(item, context.is_raw(name));
                    self.live_keys = false;
                    lowered.attributes.insert(name.to_string(), attribute);
                }
                structure::Structure::Block(item) => lowered.blocks.push(self.block(item, context)),
            }
        }
        lowered
    }

    fn attribute(&mut self, item: &structure::Attribute, raw: bool) -> Attribute {
        let before = std::mem::replace(&mut self.raw, raw);
        let value = self.expression(&item.value);
        self.raw = before;
        Attribute { name_span: self.span(item.key.span()), value }
    }

    fn block(&mut self, item: &structure::Block, context: Context) -> Block {
        let kind = item.ident.as_str().to_string();
        let start = self.span(item.ident.span());
        let labels: Vec<(String, Span)> = item
            .labels
            .iter()
            .map(|label| (label.as_str().to_string(), self.span(label.span())))
            .collect();
        let span = labels.last().map_or_else(|| start.clone(), |(_, last)| start.to(last));
        let whole = self.span(item.span());
        let dynamic = kind == "dynamic" && !matches!(context, Context::File | Context::Raw);
        let body = if dynamic {
            self.dynamic(item, labels.first().map(|(name, _)| name.as_str()), whole)
        } else {
            self.body(&item.body, context.of_block(&kind), whole)
        };
        Block { kind, labels, body, span }
    }

    /// The body of a `dynamic` block: its iterator is bound in `content` and `labels`.
    fn dynamic(&mut self, item: &structure::Block, label: Option<&str>, span: Span) -> Body {
        let mut lowered = Body { attributes: IndexMap::new(), blocks: Vec::new(), span };
        let attribute = item.body.get_attribute("iterator");
        let given = attribute.and_then(|it| it.value.as_variable());
        if let (Some(attribute), None) = (attribute, given) {
            let detail = "`iterator` takes a name, written without quotes.";
            let problem = Diagnostic::error("Invalid iterator", detail);
            self.diagnostics.push(problem.at(&self.span(attribute.value.span())));
        }
        let iterator = given.map(|name| name.as_str()).or(label).unwrap_or_default().to_string();
        for part in &item.body {
            match part {
                structure::Structure::Attribute(part) => {
                    let name = part.key.as_str();
                    let names = (name == "labels").then(|| iterator.clone());
                    let attribute =
                        self.with_names(names, |it| it.attribute(part, name == "iterator"));
                    lowered.attributes.insert(name.to_string(), attribute);
                }
                structure::Structure::Block(part) => {
                    let names = (part.ident.as_str() == "content").then(|| iterator.clone());
                    let block = self.with_names(names, |it| it.block(part, Context::Plain));
                    lowered.blocks.push(block);
                }
            }
        }
        lowered
    }

    /// The key of an index.
    pub(super) fn key(&mut self, item: &syntax::Expression) -> Expression {
        let raw = self.raw && !self.live_keys;
        let before = std::mem::replace(&mut self.raw, raw);
        let key = self.expression(item);
        self.raw = before;
        key
    }

    pub(super) fn expression(&mut self, item: &syntax::Expression) -> Expression {
        let span = self.span(item.span());
        let kind = match item {
            syntax::Expression::Null(_) => ExpressionKind::Literal(Value::NULL),
            syntax::Expression::Bool(it) => ExpressionKind::Literal(Value::Bool(*it.value())),
            syntax::Expression::Number(_) => self.number(&span),
            syntax::Expression::String(it) => self.string(it.value(), &span),
            syntax::Expression::Array(items) => {
                ExpressionKind::Tuple(items.iter().map(|it| self.expression(it)).collect())
            }
            syntax::Expression::Object(items) => self.object(items, &span),
            syntax::Expression::StringTemplate(it) => {
                return self.template(it, Flavour::Quoted, span);
            }
            syntax::Expression::HeredocTemplate(it) => {
                let indented = self.text(&span).starts_with("<<-");
                return self.template(&it.template, Flavour::Heredoc { indented }, span);
            }
            syntax::Expression::Parenthesis(it) => {
                ExpressionKind::Parentheses(Box::new(self.expression(it.inner())))
            }
            syntax::Expression::Variable(name) => return self.name(name, span),
            syntax::Expression::Traversal(it) => return self.traversal(it),
            syntax::Expression::Conditional(it) => ExpressionKind::Conditional(
                Box::new(self.expression(&it.cond_expr)),
                Box::new(self.expression(&it.true_expr)),
                Box::new(self.expression(&it.false_expr)),
            ),
            syntax::Expression::FuncCall(it) => ExpressionKind::Call(self.call(it)),
            syntax::Expression::UnaryOp(it) => {
                let operator = match it.operator.value() {
                    syntax::UnaryOperator::Neg => UnaryOperator::Negate,
                    syntax::UnaryOperator::Not => UnaryOperator::Not,
                };
                ExpressionKind::Unary(operator, Box::new(self.expression(&it.expr)))
            }
            syntax::Expression::BinaryOp(it) => ExpressionKind::Binary(
                operator(*it.operator.value()),
                Box::new(self.expression(&it.lhs_expr)),
                Box::new(self.expression(&it.rhs_expr)),
            ),
            syntax::Expression::ForExpr(it) => ExpressionKind::For(Box::new(self.for_loop(it))),
        };
        Expression { kind, span }
    }

    /// A number as it is written, since the parser has rounded it.
    pub(super) fn number(&mut self, span: &Span) -> ExpressionKind {
        let text = self.text(span);
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.trim_start_matches(|c: char| !c.is_ascii_digit())),
            None => (false, text),
        };
        // `1.e3` is a number, although nothing stands between the point and the exponent.
        let digits = digits.replacen(".e", "e", 1).replacen(".E", "E", 1);
        let signed = if negative { format!("-{digits}") } else { digits };
        match signed.parse::<Number>() {
            Ok(number) => ExpressionKind::Literal(Value::Number(number)),
            Err(_) => {
                let number = if text.len() > 60 { "This number" } else { &format!("`{text}`") };
                let detail = format!("{number} is out of range.");
                self.invalid(Diagnostic::error("Invalid number", detail).at(span))
            }
        }
    }

    fn string(&mut self, text: &str, span: &Span) -> ExpressionKind {
        self.refuse_line_break(span);
        ExpressionKind::Literal(Value::string(text))
    }

    /// Reports a line break inside quotes.
    pub(super) fn refuse_line_break(&mut self, span: &Span) {
        let Some(at) = self.text(span).find('\n') else { return };
        let line = span.range.start..span.range.start + at;
        let problem = Diagnostic::error(
            "Invalid multi-line string",
            "A quoted string must end on the line where it starts.",
        );
        self.diagnostics.push(
            problem
                .at(&Span { source: span.source.clone(), range: line })
                .hint("Use \\n for a line break, or a heredoc (<<EOT) for text of several lines."),
        );
    }

    fn object(&mut self, items: &syntax::Object, span: &Span) -> ExpressionKind {
        let pieces = self.pieces.filter(|_| items.is_empty());
        let at = span.range.start + self.shift;
        if let Some(pieces) = pieces.and_then(|it| it.of_object(at)) {
            return self.large_object(pieces);
        }
        ExpressionKind::Object(items.iter().map(|(key, value)| self.entry(key, value)).collect())
    }

    /// An object whose entries are read in pieces.
    fn large_object(&mut self, pieces: impl Iterator<Item = (usize, String)>) -> ExpressionKind {
        let mut entries = Vec::new();
        let around = (self.offset, self.start);
        for (start, text) in pieces {
            (self.offset, self.start) = (OPENING.len(), start.saturating_sub(self.shift));
            match read_expression(&text) {
                Ok(syntax::Expression::Object(items)) => {
                    let items = items.iter().skip(1);
                    entries.extend(items.map(|(key, value)| self.entry(key, value)));
                }
                Ok(_) => {}
                Err(error) => {
                    let at = self.span(Some(error.location().offset()..0)).range.start;
                    self.diagnostics.push(explain_at(self.source, at, &error));
                    break;
                }
            }
        }
        (self.offset, self.start) = around;
        ExpressionKind::Object(entries)
    }

    fn entry(
        &mut self,
        key: &syntax::ObjectKey,
        value: &syntax::ObjectValue,
    ) -> (Expression, Expression) {
        (self.object_key(key), self.expression(value.expr()))
    }

    fn object_key(&mut self, key: &syntax::ObjectKey) -> Expression {
        let span = self.span(key.span());
        match key {
            syntax::ObjectKey::Ident(_) => self.written_key(span),
            syntax::ObjectKey::Expression(syntax::Expression::String(it)) => {
                let written =
                    self.text(&span).strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                let plain = written.filter(|it| !it.contains(['\\', '$', '%']));
                let kind = self.string(plain.unwrap_or(it.value()), &span);
                Expression { kind, span }
            }
            syntax::ObjectKey::Expression(syntax::Expression::Traversal(_)) if !self.raw => {
                let problem = Diagnostic::error(
                    "Ambiguous attribute key",
                    "A key with dots or brackets could be a reference or a text.",
                );
                let hint = format!(
                    "Write `({})` for the value of the reference, or put the key in quotes.",
                    self.text(&span)
                );
                Expression { kind: self.invalid(problem.at(&span).hint(hint)), span }
            }
            // without parentheses it is a name like any other
            syntax::ObjectKey::Expression(syntax::Expression::Null(_)) => {
                Expression { kind: ExpressionKind::Literal(Value::from("null")), span }
            }
            syntax::ObjectKey::Expression(key) => self.expression(key),
        }
    }

    /// A key as it is written: a repeated one has got another name for the parser.
    fn written_key(&mut self, span: Span) -> Expression {
        let text = self.text(&span);
        if !text.starts_with(['"', '(']) {
            return Expression { kind: ExpressionKind::Literal(Value::string(text)), span };
        }
        let parsed = parse_with_repeated_keys(text, hcl_edit::parser::parse_expr);
        let Ok(parsed) = parsed else {
            let problem = Diagnostic::error("Invalid key", "This cannot be the key of an object.");
            return Expression { kind: self.invalid(problem.at(&span)), span };
        };
        let before = (self.offset, self.start);
        let start = self.words.map_or(span.range.start, |words| words.back(span.range.start));
        (self.offset, self.start) = (0, start);
        let key = self.expression(&parsed);
        (self.offset, self.start) = before;
        key
    }

    fn call(&mut self, item: &syntax::FuncCall) -> Call {
        let names = item.name.namespace.iter().chain(std::iter::once(&item.name.name));
        let name = names.map(|name| name.as_str()).collect::<Vec<_>>().join("::");
        let end = self.span(item.name.name.span());
        let first = item.name.namespace.first();
        let name_span = first.map_or(end.clone(), |first| self.span(first.span()).to(&end));
        let arguments = item.args.iter().map(|it| self.expression(it)).collect();
        Call { name, name_span, arguments, expand: item.args.expand_final() }
    }

    fn for_loop(&mut self, item: &syntax::ForExpr) -> For {
        let source = self.expression(&item.intro.collection_expr);
        let key_name = item.intro.key_var.as_ref().map(|name| name.as_str().to_string());
        let value_name = item.intro.value_var.as_str().to_string();
        let names: Vec<String> = key_name.iter().chain([&value_name]).cloned().collect();
        self.with_names(names, |it| For {
            key: item.key_expr.as_ref().map(|key| it.expression(key)),
            value: it.expression(&item.value_expr),
            condition: item.cond.as_ref().map(|condition| it.expression(&condition.expr)),
            group: item.grouping,
            source,
            key_name,
            value_name,
        })
    }

    /// An expression that is a bound name.
    pub(super) fn bound_name(name: &str, span: Span) -> Expression {
        let kind = ExpressionKind::Reference(Reference::Bound(name.to_string()));
        Expression { kind, span }
    }
}

fn operator(operator: syntax::BinaryOperator) -> BinaryOperator {
    match operator {
        syntax::BinaryOperator::Or => BinaryOperator::Or,
        syntax::BinaryOperator::And => BinaryOperator::And,
        syntax::BinaryOperator::Eq => BinaryOperator::Equal,
        syntax::BinaryOperator::NotEq => BinaryOperator::NotEqual,
        syntax::BinaryOperator::Less => BinaryOperator::Less,
        syntax::BinaryOperator::LessEq => BinaryOperator::LessOrEqual,
        syntax::BinaryOperator::Greater => BinaryOperator::Greater,
        syntax::BinaryOperator::GreaterEq => BinaryOperator::GreaterOrEqual,
        syntax::BinaryOperator::Plus => BinaryOperator::Add,
        syntax::BinaryOperator::Minus => BinaryOperator::Subtract,
        syntax::BinaryOperator::Mul => BinaryOperator::Multiply,
        syntax::BinaryOperator::Div => BinaryOperator::Divide,
        syntax::BinaryOperator::Mod => BinaryOperator::Modulo,
    }
}
