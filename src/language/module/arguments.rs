//! Reading the arguments and nested blocks of a block that terrace itself defines.

use indexmap::IndexMap;

use super::constant::{constant, is_constant};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Attribute, Block, Body, Expression};
use crate::language::suggest::nearest;
use crate::value::{Type, Value, convert};

/// The arguments and blocks of one block, taken out one by one; what is left is unknown.
pub(super) struct Arguments<'d> {
    /// What the block is called in messages, such as "a variable block".
    title: &'static str,
    body: Body,
    /// Where the header stands.
    pub(super) span: Span,
    known: Vec<&'static str>,
    known_blocks: Vec<&'static str>,
    /// Where problems go.
    pub(super) diagnostics: &'d mut Diagnostics,
}

/// A text that must be known before anything is planned.
pub(super) struct EarlyText {
    /// The text, when it is a constant.
    pub(super) text: Option<String>,
    /// Where it stands.
    pub(super) span: Span,
    /// What gives it, when it is no constant.
    pub(super) expression: Option<Expression>,
}

impl<'d> Arguments<'d> {
    pub(super) fn new(
        title: &'static str,
        block: Block,
        diagnostics: &'d mut Diagnostics,
    ) -> Arguments<'d> {
        Arguments {
            title,
            body: block.body,
            span: block.span,
            known: Vec::new(),
            known_blocks: Vec::new(),
            diagnostics,
        }
    }

    /// Where the value of argument `name` stands, if it is given.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.body.attributes.get(name).map(|it| it.value.span.clone())
    }

    /// The argument `name`, if it is given.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Attribute> {
        self.known.push(name);
        self.body.attributes.shift_remove(name)
    }

    /// The expression of argument `name`, which must be given.
    pub(super) fn required(&mut self, name: &'static str) -> Option<Expression> {
        let found = self.take(name).map(|it| it.value);
        if found.is_none() {
            let detail = format!("The argument `{name}` is required in {}.", self.title);
            self.diagnostics
                .push(Diagnostic::error("Missing required argument", detail).at(&self.span));
        }
        found
    }

    /// The argument `name` as a constant of type `ty`, which is not null.
    fn constant(&mut self, name: &'static str, ty: &Type) -> Option<(Value, Span)> {
        let given = self.take(name)?;
        let before = self.diagnostics.0.len();
        let place = given.value.span.clone();
        let found = self.constant_of(name, given, ty);
        if found.is_none() && self.diagnostics.0.len() == before {
            let problem = Diagnostic::error("Unsuitable value", format!("`{name}` is null."));
            self.diagnostics.push(problem.at(&place).hint(format!("Leave `{name}` out.")));
        }
        found
    }

    /// What was given for `name` as a constant of type `ty`; null counts as not given.
    fn constant_of(
        &mut self,
        name: &'static str,
        given: Attribute,
        ty: &Type,
    ) -> Option<(Value, Span)> {
        let value = self.diagnostics.take(constant(&given.value, &format!("`{name}`")))?;
        match convert(&value, ty) {
            Ok(value) if value.is_null() => None,
            Ok(value) => Some((value, given.value.span)),
            Err(error) => {
                let detail = format!("`{name}` is not right: {error}.");
                let problem = Diagnostic::error("Unsuitable value", detail).at(&given.value.span);
                self.diagnostics.push(problem);
                None
            }
        }
    }

    /// The argument `name` as a constant text.
    pub(super) fn text(&mut self, name: &'static str) -> Option<(String, Span)> {
        let (value, span) = self.constant(name, &Type::String)?;
        Some((value.as_str()?.to_string(), span))
    }

    /// What was given for `name` as a constant text; null counts as not given.
    pub(super) fn text_of(
        &mut self,
        name: &'static str,
        given: Attribute,
    ) -> Option<(String, Span)> {
        let (value, span) = self.constant_of(name, given, &Type::String)?;
        Some((value.as_str()?.to_string(), span))
    }

    /// The argument `name` as a text that may depend on variables and local values.
    pub(super) fn early_text(&mut self, name: &'static str) -> Option<EarlyText> {
        let given = self.take(name)?;
        if !is_constant(&given.value) {
            let span = given.value.span.clone();
            return Some(EarlyText { text: None, span, expression: Some(given.value) });
        }
        let (value, span) = self.constant_of(name, given, &Type::String)?;
        Some(EarlyText { text: Some(value.as_str()?.to_string()), span, expression: None })
    }

    /// The argument `name` as a constant bool.
    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.constant(name, &Type::Bool)?.0.as_bool()
    }

    /// The argument `name` as a bool that may depend on other values.
    pub(super) fn flag_expression(&mut self, name: &'static str) -> Option<Expression> {
        let given = self.take(name)?;
        let expression = given.value.clone();
        if is_constant(&given.value) {
            self.constant_of(name, given, &Type::Bool)?;
        }
        Some(expression)
    }

    /// The nested blocks of a kind that has labels.
    pub(super) fn labelled(&mut self, kind: &'static str) -> Vec<Block> {
        self.known_blocks.push(kind);
        self.extract(kind)
    }

    /// The nested blocks of a kind that has no labels.
    pub(super) fn blocks(&mut self, kind: &'static str) -> Vec<Block> {
        let found = self.labelled(kind);
        for (_, label) in found.iter().filter_map(|it| it.labels.first()) {
            let detail = format!("A `{kind}` block has no labels.");
            self.diagnostics.push(Diagnostic::error("Wrong block labels", detail).at(label));
        }
        found
    }

    /// The nested block of a kind of which there may be one.
    pub(super) fn block(&mut self, kind: &'static str) -> Option<Block> {
        let found = self.blocks(kind);
        self.only(found)
    }

    fn extract(&mut self, kind: &str) -> Vec<Block> {
        self.body.blocks.extract_if(.., |it| it.kind == kind).collect()
    }

    /// The first of several blocks of which there may be one.
    pub(super) fn only(&mut self, found: Vec<Block>) -> Option<Block> {
        let mut found = found.into_iter();
        let first = found.next()?;
        for more in found {
            let detail = format!("Only one `{}` block may stand in {}.", more.kind, self.title);
            let problem = Diagnostic::error("Duplicate block", detail).at(&more.span);
            self.diagnostics.push(problem.see(&first.span, "the first one"));
        }
        Some(first)
    }

    /// Puts what stands in the `_` block among the arguments and blocks that have not been taken: they
    /// are not those of the language, whatever they are called.
    pub(super) fn unescape(&mut self) {
        let found = self.extract("_");
        let Some(block) = self.only(found) else { return };
        for (name, attribute) in block.body.attributes {
            if let Some(first) = self.body.attributes.get(&name) {
                let detail = format!("`{name}` is given already, at {}.", first.name_span);
                let problem = Diagnostic::error("Duplicate argument", detail);
                self.diagnostics.push(problem.at(&attribute.name_span));
                continue;
            }
            self.body.attributes.insert(name, attribute);
        }
        self.body.blocks.extend(block.body.blocks);
    }

    /// Refuses blocks of kinds that the language keeps for later.
    pub(super) fn reserved(&mut self, kinds: &[&str]) {
        let found: Vec<Block> = kinds.iter().flat_map(|kind| self.extract(kind)).collect();
        for block in found {
            let detail = format!("There are no `{}` blocks in {}.", block.kind, self.title);
            let problem = Diagnostic::error("Unsupported block type", detail);
            self.diagnostics.push(problem.at(&block.span));
        }
    }

    /// All arguments that have not been taken.
    pub(super) fn take_rest(&mut self) -> IndexMap<String, Attribute> {
        std::mem::take(&mut self.body.attributes)
    }

    /// What has not been taken, as a body of its own.
    pub(super) fn rest(self) -> Body {
        self.body
    }

    /// Reports what has not been taken.
    pub(super) fn finish(self) {
        for (name, attribute) in &self.body.attributes {
            let detail = format!("There is no argument `{name}` in {}.", self.title);
            let hint = self.suggestion(name, "argument");
            let problem = Diagnostic::error("Unsupported argument", detail).hint(hint);
            self.diagnostics.push(problem.at(&attribute.name_span));
        }
        for block in &self.body.blocks {
            let detail = format!("There are no `{}` blocks in {}.", block.kind, self.title);
            let hint = self.suggestion(&block.kind, "block");
            let problem = Diagnostic::error("Unsupported block type", detail).hint(hint);
            self.diagnostics.push(problem.at(&block.span));
        }
    }

    fn suggestion(&self, name: &str, what: &str) -> String {
        let (same, other) = match what {
            "argument" => (&self.known, &self.known_blocks),
            _ => (&self.known_blocks, &self.known),
        };
        if other.contains(&name) {
            return match what {
                "argument" => format!("Write it as a block: `{name} {{ … }}`."),
                _ => format!("Write it as an argument: `{name} = …`."),
            };
        }
        match nearest(name, same.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => String::new(),
        }
    }
}
