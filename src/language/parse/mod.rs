//! Text to expression trees: `hcl-edit` finds the structure, and one pass over it resolves
//! references, takes numbers and template text from the source as written, and keeps spans.

mod advice;
mod context;
mod json;
mod keys;
mod lower;
mod pieces;
mod scan;
mod syntax;
mod template;
mod traversal;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use hcl_edit::parser::Error;
use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Body, Expression};

pub use json::{names_of_json, parse_json_file, parse_json_tests};

use context::Context;
use keys::parse_with_repeated_keys;
use lower::Lower;
use pieces::Pieces;
use template::Flavour;

/// Parses a file of configuration. A file that cannot be parsed gives an empty body.
pub fn parse_file(source: Arc<Source>) -> (Body, Diagnostics) {
    parse_body(source, Context::File)
}

/// Parses a file of variable values: only `name = value` pairs.
pub fn parse_values(source: Arc<Source>) -> (Body, Diagnostics) {
    parse_body(source, Context::Plain)
}

/// What is wrong with the syntax of a file of configuration, whatever it means.
pub fn syntax_problems(source: &Arc<Source>) -> Diagnostics {
    let text = padded(&source.text);
    let pieces = match pieces(&text, source) {
        Ok(pieces) => pieces,
        Err(problem) => return (*problem).into(),
    };
    if let Err(error) = read_body(&pieces) {
        return syntax::explain_all(source, &pieces.outline(), error, body_of);
    }
    let objects = pieces.places().filter_map(|at| pieces.of_object(at));
    let mut found = objects.flatten().filter_map(|(start, text)| {
        let error = read_expression(&text).err()?;
        let at = error.location().offset().saturating_sub(pieces::OPENING.len());
        Some(syntax::explain_at(source, start + at, &error))
    });
    found.next().map_or_else(Diagnostics::new, Diagnostics::from)
}

/// The large objects of a text; an error if its brackets do not match.
fn pieces<'t>(text: &'t str, source: &Arc<Source>) -> Result<Pieces<'t>, Box<Diagnostic>> {
    match Pieces::of(text) {
        Some(pieces) => Ok(pieces),
        None => match syntax::unsound(source) {
            Some(problem) => Err(Box::new(problem)),
            None => Ok(Pieces::none(text)),
        },
    }
}

fn read_body(pieces: &Pieces<'_>) -> Result<hcl_edit::structure::Body, Error> {
    body_of(&pieces.outline())
}

fn read_expression(text: &str) -> Result<hcl_edit::expr::Expression, Error> {
    let parse = |text: &str| parse_with_repeated_keys(text, hcl_edit::parser::parse_expr);
    retried(text, parse)
}

/// Parses a file of tests.
pub fn parse_tests(source: Arc<Source>) -> (Body, Diagnostics) {
    parse_body(source, Context::Tests)
}

fn parse_body(source: Arc<Source>, context: Context) -> (Body, Diagnostics) {
    let whole = Span { range: 0..source.text.len(), source: source.clone() };
    let empty = Body { attributes: IndexMap::new(), blocks: Vec::new(), span: whole.clone() };
    let text = padded(&source.text);
    let pieces = match pieces(&text, &source) {
        Ok(pieces) => pieces,
        Err(problem) => return (empty, (*problem).into()),
    };
    match read_body(&pieces) {
        Ok(body) => {
            let mut lower = Lower { pieces: Some(&pieces), ..Lower::new(&source, 0) };
            let body = lower.body(&body, context, whole);
            (body, lower.diagnostics)
        }
        Err(error) => (empty, syntax::explain_all(&source, &pieces.outline(), error, body_of)),
    }
}

/// The syntax tree of a file.
fn body_of(text: &str) -> Result<hcl_edit::structure::Body, Error> {
    retried(text, |text| parse_with_repeated_keys(text, hcl_edit::parser::parse_body))
}

/// The text as the parser likes it, at the same places: blanks for a byte order mark, which is not
/// configuration, and a line break at the end, since the parser points past what is missing only
/// when something follows.
fn padded(text: &str) -> Cow<'_, str> {
    match (text.strip_prefix('\u{feff}'), text.ends_with('\n')) {
        (None, true) => Cow::Borrowed(text),
        (None, false) => Cow::Owned(format!("{text}\n")),
        (Some(rest), _) => Cow::Owned(format!("   {rest}\n")),
    }
}

/// What the parser makes of a text; if it fails, of the text without line breaks in the places where
/// the language ignores them and the parser does not.
fn retried<T, E>(text: &str, parser: impl Fn(&str) -> Result<T, E>) -> Result<T, E> {
    parser(text).or_else(|error| {
        let flat = scan::scan(text).flat;
        if flat == text { Err(error) } else { parser(&flat).map_err(|_| error) }
    })
}

/// Parses an expression that is the whole text, as in `-var` values and the console.
pub fn parse_expression(source: Arc<Source>) -> (Option<Expression>, Diagnostics) {
    // In parentheses, line breaks and comments may stand anywhere; spans are moved back by the one.
    let text = format!("({}\n)", source.text);
    let whole = 0..text.len();
    let pieces = match pieces(&text, &source) {
        Ok(pieces) => pieces,
        Err(problem) => return (None, (*problem).into()),
    };
    let parsed = match read_expression(&pieces.outline()) {
        Ok(parsed) => parsed,
        Err(error) => return (None, syntax::explain_whole(&source, &error).into()),
    };
    match parsed {
        hcl_edit::expr::Expression::Parenthesis(inside)
            if hcl_edit::Span::span(&*inside) == Some(whole) =>
        {
            let mut lower = Lower { pieces: Some(&pieces), ..Lower::new(&source, 1) };
            let expression = lower.expression(inside.inner());
            (Some(expression).filter(|_| !lower.diagnostics.has_errors()), lower.diagnostics)
        }
        _ => {
            let at = Span { range: 0..source.text.len(), source };
            let problem = Diagnostic::error("Invalid expression", "This is not one expression.");
            (None, problem.at(&at).into())
        }
    }
}

/// Parses a template file. Names in it are [`Reference::Bound`]: whoever renders it gives them.
///
/// [`Reference::Bound`]: crate::language::config::Reference::Bound
pub fn parse_template(source: Arc<Source>) -> (Option<Expression>, Diagnostics) {
    match hcl_edit::parser::parse_template(&source.text) {
        Ok(parsed) => {
            let mut lower = Lower::new(&source, 0);
            lower.raw = true;
            let whole = lower.span(Some(0..source.text.len()));
            let expression = lower.template(&parsed, Flavour::Bare, whole);
            (Some(expression).filter(|_| !lower.diagnostics.has_errors()), lower.diagnostics)
        }
        Err(error) => (None, syntax::explain(&source, 0, &error).into()),
    }
}

#[cfg(test)]
mod tests;
