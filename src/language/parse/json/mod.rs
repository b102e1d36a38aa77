//! Configuration in JSON: the same blocks and arguments as in the native syntax, with templates and
//! expressions in strings.

mod reader;
mod text;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Attribute, Block, Body};

use reader::{Item, Kind, Problem, read};
use text::Strings;

/// What is around the blocks of a file of tests.
const TESTS: &str = "tests";

/// Parses a file of configuration in JSON. A file that cannot be parsed gives an empty body.
pub fn parse_json_file(source: Arc<Source>) -> (Body, Diagnostics) {
    parse_json(source, "")
}

/// Parses a file of tests in JSON. A file that cannot be parsed gives an empty body.
pub fn parse_json_tests(source: Arc<Source>) -> (Body, Diagnostics) {
    parse_json(source, TESTS)
}

/// The names in a text that is one object of JSON, with where they are written; of what is given more
/// than once, the last.
pub fn names_of_json(text: &str) -> HashMap<String, Range<usize>> {
    match read(text).map(|it| it.kind) {
        Ok(Kind::Object(entries)) => entries.into_iter().map(|(name, at, _)| (name, at)).collect(),
        _ => HashMap::new(),
    }
}

fn parse_json(source: Arc<Source>, within: &str) -> (Body, Diagnostics) {
    let whole = Span { range: 0..source.text.len(), source: source.clone() };
    let empty = Body { attributes: IndexMap::new(), blocks: Vec::new(), span: whole };
    let mut reader = Reader { source: &source, bound: Vec::new(), diagnostics: Diagnostics::new() };
    match read(&source.text) {
        Ok(item) if matches!(item.kind, Kind::Null) => {
            reader.report("A file is an object, or an array of objects.".into(), &item.range);
            (empty, reader.diagnostics)
        }
        Ok(item) => {
            let body = reader.body(&item, within);
            (Body { span: empty.span, ..body }, reader.diagnostics)
        }
        Err(Problem { what, at }) => {
            let end = source.text.len();
            let range = at.min(end)..(at + 1).min(end);
            let span = Span { source: source.clone(), range };
            (empty, Diagnostic::error("Invalid JSON", what).at(&span).into())
        }
    }
}

/// How many labels a block has; nothing for what is an argument. `within` is the kind of the block
/// around, empty for the file, [`TESTS`] for a file of tests.
fn labels(within: &str, name: &str) -> Option<usize> {
    Some(match (within, name) {
        ("", "resource" | "data" | "ephemeral") | ("check", "data") => 2,
        ("", "provider" | "variable" | "output" | "module" | "check") => 1,
        ("", "terraform" | "language" | "locals" | "moved" | "import" | "removed") => 0,
        ("terraform", "backend" | "provider_meta") => 1,
        ("terraform", "required_providers" | "cloud" | "encryption") => 0,
        ("cloud", "workspaces") | ("language", "compatible_with") => 0,
        ("encryption", "key_provider" | "method") => 2,
        ("encryption", "state" | "plan" | "remote_state_data_sources") => 0,
        ("remote_state_data_sources", "remote_state_data_source") => 1,
        ("remote_state_data_sources", "default") => 0,
        ("state" | "plan" | "default" | "fallback" | "remote_state_data_source", "fallback") => 0,
        ("variable", "validation") | ("output", "precondition") => 0,
        ("provider", "lifecycle" | "locals" | "_") | ("module", "locals" | "_") => 0,
        ("resource" | "data" | "ephemeral", "locals" | "_") => 0,
        ("module", "provider") => 1,
        ("check", "assert") | ("removed", "lifecycle") => 0,
        ("resource" | "data" | "ephemeral", "lifecycle" | "connection") => 0,
        ("resource" | "data" | "ephemeral", "provisioner" | "dynamic") => 1,
        ("provider" | "content", "dynamic") | ("removed", "provisioner") => 1,
        ("lifecycle", "precondition" | "postcondition") | ("module", "lifecycle") => 0,
        ("dynamic", "content") | ("provisioner", "connection" | "lifecycle" | "_") => 0,
        (TESTS, "run" | "provider" | "mock_provider") => 1,
        ("mock_provider", "mock_resource" | "mock_data") => 1,
        (TESTS | "run", "variables") | ("run", "assert" | "module" | "plan_options") => 0,
        (
            TESTS | "run" | "mock_provider",
            "override_resource" | "override_data" | "override_module",
        ) => 0,
        _ => return None,
    })
}

/// A block's labels, and what stands in it.
type Labelled<'i> = (Vec<(String, Span)>, &'i Item);

struct Reader<'s> {
    source: &'s Arc<Source>,
    /// The iterators of the `dynamic` blocks around.
    bound: Vec<String>,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span { source: self.source.clone(), range: range.clone() }
    }

    fn report(&mut self, detail: String, range: &Range<usize>) {
        let problem = Diagnostic::error("Invalid JSON configuration", detail);
        self.diagnostics.push(problem.at(&self.span(range)));
    }

    /// The objects that a value consists of: itself, or its elements.
    fn objects<'i>(&mut self, item: &'i Item, what: &str) -> Vec<&'i Item> {
        match &item.kind {
            Kind::Null => Vec::new(),
            Kind::Object(_) => vec![item],
            Kind::Array(items) => items.iter().flat_map(|it| self.objects(it, what)).collect(),
            _ => {
                self.report(format!("{what} is an object, or an array of objects."), &item.range);
                Vec::new()
            }
        }
    }

    fn body(&mut self, item: &Item, within: &str) -> Body {
        let span = self.span(&item.range);
        let mut body = Body { attributes: IndexMap::new(), blocks: Vec::new(), span };
        let what = if ["", TESTS].contains(&within) { "A file" } else { "A block" };
        for object in self.objects(item, what) {
            let Kind::Object(entries) = &object.kind else { continue };
            // Whoever writes JSON has no comments but this.
            for (name, place, value) in entries.iter().filter(|it| it.0 != "//") {
                match labels(within, name) {
                    Some(count) => self.blocks(&mut body, name, place, (value, count)),
                    None => self.argument(&mut body, within, (name, place, value)),
                }
            }
        }
        body
    }

    fn argument(
        &mut self,
        body: &mut Body,
        within: &str,
        (name, place, value): (&str, &Range<usize>, &Item),
    ) {
        let strings = Strings::of(within, name);
        let value = strings.expression(self.source, value, &self.bound, &mut self.diagnostics);
        let attribute = Attribute { name_span: self.span(place), value };
        if body.attributes.insert(name.to_string(), attribute).is_some() {
            self.report(format!("`{name}` is given twice."), place);
        }
    }

    fn blocks(
        &mut self,
        body: &mut Body,
        kind: &str,
        place: &Range<usize>,
        (value, count): (&Item, usize),
    ) {
        let mut found: Vec<Labelled<'_>> = vec![(Vec::new(), value)];
        for _ in 0..count {
            let outer = std::mem::take(&mut found);
            for (labels, item) in outer {
                let what = format!("What is in `{kind}`");
                for object in self.objects(item, &what) {
                    let Kind::Object(entries) = &object.kind else { continue };
                    for (label, at, inner) in entries.iter().filter(|it| it.0 != "//") {
                        let label = (label.clone(), self.span(at));
                        found.push(([labels.as_slice(), &[label]].concat(), inner));
                    }
                }
            }
        }
        for (labels, item) in found {
            for object in self.objects(item, &format!("A `{kind}` block")) {
                let span = labels.last().map_or_else(|| self.span(place), |it| it.1.clone());
                let iterator = iterator(kind, &labels, object);
                let before = self.bound.len();
                self.bound.extend(iterator);
                let inner = self.body(object, kind);
                self.bound.truncate(before);
                let labels = labels.clone();
                body.blocks.push(Block { kind: kind.to_string(), labels, body: inner, span });
            }
        }
    }
}

/// The name that the content of a `dynamic` block sees each element as.
fn iterator(kind: &str, labels: &[(String, Span)], block: &Item) -> Option<String> {
    let Kind::Object(entries) = &block.kind else { return None };
    let given = entries.iter().find(|it| it.0 == "iterator").map(|it| &it.2.kind);
    match (kind, given) {
        ("dynamic", Some(Kind::String(name))) => Some(name.clone()),
        ("dynamic", _) => labels.first().map(|(label, _)| label.clone()),
        _ => None,
    }
}
