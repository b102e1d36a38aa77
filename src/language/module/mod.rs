//! Blocks to a [`Module`].

mod arguments;
mod call;
mod check;
mod constant;
mod import;
mod language;
mod moved;
mod provisioner;
mod removed;
mod repetition;
mod requirements;
mod resource;
mod settings;
mod storage;
mod test_file;
mod variable;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::address::ModulePath;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{
    Block, Body, CheckRule, Expression, ExpressionKind, Local, Module, Output, ProviderBlock,
    ProviderName, Reference,
};
use crate::language::parse::parse_expression;
use crate::language::suggest::nearest;
use crate::language::version::VersionConstraint;

use arguments::Arguments;
pub(crate) use constant::constant;
pub use settings::LANGUAGE_VERSION;
pub use test_file::{Command, Expected, Mock, Overridden, Override, Run, TestFile, read_tests};

const BLOCKS: [&str; 14] = [
    "terraform",
    "language",
    "provider",
    "variable",
    "locals",
    "output",
    "resource",
    "data",
    "module",
    "moved",
    "import",
    "removed",
    "check",
    "ephemeral",
];

/// Reads the files of one folder, already parsed and in the order of their names, as a module. Its
/// path is the root's.
pub fn read_module(folder: PathBuf, files: Vec<Body>) -> (Module, Diagnostics) {
    let module = Module {
        path: ModulePath::default(),
        folder,
        variables: IndexMap::new(),
        locals: IndexMap::new(),
        outputs: IndexMap::new(),
        resources: IndexMap::new(),
        calls: IndexMap::new(),
        providers: IndexMap::new(),
        required_providers: IndexMap::new(),
        backend: None,
        cloud: None,
        encryption: None,
        moved: Vec::new(),
        removed: Vec::new(),
        imports: Vec::new(),
        checks: IndexMap::new(),
    };
    let (required, metas, imported) = (None, IndexMap::new(), HashMap::new());
    let diagnostics = Diagnostics::new();
    let mut reader = Reader { module, required, metas, imported, diagnostics };
    for file in files {
        reader.file(file);
    }
    reader.one_place();
    (reader.module, reader.diagnostics)
}

struct Reader {
    module: Module,
    /// Where the `required_providers` block stands.
    required: Option<Span>,
    /// Where the `provider_meta` block of each provider stands.
    metas: IndexMap<String, Span>,
    /// Where the instances are imported that are so far.
    imported: HashMap<import::Instance, Span>,
    diagnostics: Diagnostics,
}

impl Reader {
    fn file(&mut self, file: Body) {
        for (name, attribute) in &file.attributes {
            let detail = format!("Only blocks may stand here, and `{name}` is an argument.");
            let hint = "Values of variables go into a .tfvars file, named values into `locals`.";
            let problem = Diagnostic::error("Unsupported argument", detail).hint(hint);
            self.diagnostics.push(problem.at(&attribute.name_span));
        }
        for block in file.blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: Block) {
        match block.kind.as_str() {
            "terraform" => self.settings(block),
            "language" => self.language(block),
            "provider" => self.provider(block),
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "resource" | "data" | "ephemeral" => self.resource(block, None),
            "module" => self.call(block),
            "moved" => self.moved(block),
            "removed" => self.removed(block),
            "check" => self.check(block),
            "import" => self.import(block),
            kind => {
                let hint = nearest(kind, BLOCKS).map(|it| format!("Did you mean `{it}`?"));
                let detail = format!("There are no `{kind}` blocks in a configuration.");
                let problem = Diagnostic::error("Unsupported block type", detail).at(&block.span);
                self.diagnostics.push(problem.hint(hint.unwrap_or_default()));
            }
        }
    }

    /// The labels of a block, when there are as many as there should be and they are names.
    fn labels<const N: usize>(&mut self, block: &Block, what: [&str; N]) -> Option<[String; N]> {
        if block.labels.len() != N {
            let wanted = match N {
                0 => "no labels".to_string(),
                1 => format!("one label, its {}", what.join("")),
                _ => format!("{N} labels, its {}", what.join(" and its ")),
            };
            let found = block.labels.len();
            let detail = format!("A `{}` block has {wanted}; here are {found}.", block.kind);
            self.diagnostics.push(Diagnostic::error("Wrong block labels", detail).at(&block.span));
            return None;
        }
        let mut good = true;
        for (label, span) in &block.labels {
            good &= self.check_name(label, span);
        }
        let labels: Vec<String> = block.labels.iter().map(|(label, _)| label.clone()).collect();
        labels.try_into().ok().filter(|_| good)
    }

    fn check_name(&mut self, name: &str, span: &Span) -> bool {
        let problem = bad_name(name, span);
        let good = problem.is_none();
        self.diagnostics.extend(problem);
        good
    }

    fn locals(&mut self, block: Block) {
        self.labels(&block, []);
        for inner in &block.body.blocks {
            let detail = "`locals` holds arguments only.".to_string();
            let hint = format!("For an object, write `{} = {{ … }}`.", inner.kind);
            let problem = Diagnostic::error("Unsupported block type", detail).hint(hint);
            self.diagnostics.push(problem.at(&inner.span));
        }
        for (name, attribute) in block.body.attributes {
            self.check_name(&name, &attribute.name_span);
            let local = Local { value: attribute.value, span: attribute.name_span };
            let span = local.span.clone();
            let shown = format!("local value `{name}`");
            let problem =
                insert(&mut self.module.locals, name, local, &shown, &span, |it| &it.span);
            self.diagnostics.extend(problem);
        }
    }

    fn output(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else { return };
        let mut arguments = Arguments::new("an output block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let output = Output {
            value: arguments.required("value").unwrap_or_else(|| unknown(&span)),
            description: arguments.text("description").map(|(text, _)| text).unwrap_or_default(),
            sensitive: arguments.flag("sensitive").unwrap_or(false),
            ephemeral: arguments.flag("ephemeral").unwrap_or(false),
            deprecated: deprecated(&mut arguments),
            depends_on: depends_on(&mut arguments),
            preconditions: rules(&mut arguments, "precondition"),
            span: span.clone(),
        };
        arguments.finish();
        let shown = format!("output `{name}`");
        let problem = insert(&mut self.module.outputs, name, output, &shown, &span, |it| &it.span);
        self.diagnostics.extend(problem);
    }

    fn provider(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else { return };
        let mut arguments = Arguments::new("a provider block", block, &mut self.diagnostics);
        let span = arguments.span.clone();
        let (alias, for_each) = several(&mut arguments);
        let version = arguments.take("version");
        if let Some((version, span)) = version.and_then(|it| arguments.text_of("version", it)) {
            if let Err(part) = VersionConstraint::parse(&version) {
                arguments.diagnostics.push(settings::no_constraint(&part, &span));
            }
            let detail = "The version of a provider is part of terrace; this has no effect.";
            let hint = "State the version that the configuration needs in `required_providers`.";
            let problem = Diagnostic::warning("Version in a provider block", detail).hint(hint);
            arguments.diagnostics.push(problem.at(&span));
        }
        for name in ["count", "depends_on", "source"] {
            if let Some(given) = arguments.take(name) {
                let detail = format!("A provider block has no argument `{name}`.");
                let problem = Diagnostic::error("Unsupported argument", detail);
                arguments.diagnostics.push(problem.at(&given.name_span));
            }
        }
        arguments.reserved(&["lifecycle", "locals"]);
        arguments.unescape();
        let body = arguments.rest();
        self.diagnostics.extend(resource::bad_local_name(&name, &span));
        let name = ProviderName { name, alias: alias.map(|(alias, _)| alias) };
        let shown = format!("provider configuration `{name}`");
        let provider = ProviderBlock { for_each, body, span: span.clone() };
        let providers = &mut self.module.providers;
        let mut problem = insert(providers, name.clone(), provider, &shown, &span, |it| &it.span);
        if let (Some(problem), None) = (&mut problem, &name.alias) {
            problem.hint = "Give the second one an `alias`.".into();
        }
        self.diagnostics.extend(problem);
    }
}

/// `alias` and `for_each` of a provider configuration.
fn several(arguments: &mut Arguments<'_>) -> (Option<(String, Span)>, Option<Expression>) {
    let alias = arguments.text("alias");
    if let Some((alias, span)) = &alias {
        arguments.diagnostics.extend(bad_name(alias, span));
    }
    let for_each = arguments.take("for_each").map(|it| it.value);
    if let (Some(each), None) = (&for_each, &alias) {
        let detail = "Only a provider configuration with an alias can have `for_each`.";
        let problem = Diagnostic::error("Missing alias", detail).at(&each.span);
        arguments.diagnostics.push(problem.hint("Add for example `alias = \"by_region\"`."));
    }
    (alias, for_each)
}

/// Adds an item, or says that there is one of this name already.
fn insert<K: std::hash::Hash + Eq, T>(
    items: &mut IndexMap<K, T>,
    name: K,
    item: T,
    shown: &str,
    span: &Span,
    place: impl Fn(&T) -> &Span,
) -> Option<Diagnostic> {
    match items.entry(name) {
        Entry::Vacant(free) => {
            free.insert(item);
            None
        }
        Entry::Occupied(taken) => {
            let first = place(taken.get());
            let article = if shown.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let detail = format!("There already is {article} {shown}, at {first}.");
            let problem = Diagnostic::error("Duplicate name", detail).at(span);
            Some(problem.see(first, "first declared here"))
        }
    }
}

/// Whether a text is a name in the language.
pub(super) fn is_name(text: &str) -> bool {
    let mut rest = text.chars();
    rest.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && rest.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// What is wrong with a name, if anything.
fn bad_name(name: &str, span: &Span) -> Option<Diagnostic> {
    (!is_name(name)).then(|| {
        let detail = format!(
            "`{name}` is not a name: a name starts with a letter or underscore and goes on with \
             letters, digits, underscores and dashes."
        );
        Diagnostic::error("Invalid name", detail).at(span)
    })
}

/// What stands for an expression that is missing, which is an error elsewhere.
fn unknown(span: &Span) -> Expression {
    let value = crate::value::Value::unknown(crate::value::Type::Any);
    Expression { kind: ExpressionKind::Literal(value), span: span.clone() }
}

/// `deprecated`: what to say instead of an empty text is missing.
fn deprecated(arguments: &mut Arguments<'_>) -> Option<String> {
    let (text, span) = arguments.text("deprecated")?;
    if text.trim().is_empty() {
        let detail = "`deprecated` must say what to use instead.";
        arguments.diagnostics.push(Diagnostic::error("Invalid deprecated", detail).at(&span));
    }
    Some(text)
}

/// A reference in quotes, as it was written long ago.
fn quoted_reference(item: &Expression, diagnostics: &mut Diagnostics) -> Option<Reference> {
    let ExpressionKind::Literal(value) = &item.kind else { return None };
    let text = value.as_str()?.to_string();
    let source = Source { path: item.span.source.path.clone(), text };
    let ExpressionKind::Reference(reference) = parse_expression(source.into()).0?.kind else {
        return None;
    };
    let detail = "References are written without quotes today.";
    let problem = Diagnostic::warning("Quoted reference", detail).at(&item.span);
    diagnostics.push(problem.hint("Remove the quotes."));
    Some(reference)
}

/// Warns of a name or keyword in quotes, as it was written long ago.
fn warn_of_quotes(summary: &str, item: &Expression, diagnostics: &mut Diagnostics) {
    let quoted = matches!(item.kind, ExpressionKind::Literal(_)) && !resource::is_json(&item.span);
    if quoted && item.span.text().starts_with('"') {
        let detail = "Names and keywords are written without quotes today.";
        let problem = Diagnostic::warning(summary, detail).at(&item.span);
        diagnostics.push(problem.hint("Remove the quotes."));
    }
}

/// `depends_on`
fn depends_on(arguments: &mut Arguments<'_>) -> Vec<(Reference, Span)> {
    let Some(given) = arguments.take("depends_on") else { return Vec::new() };
    let ExpressionKind::Tuple(items) = given.value.kind else {
        let detail = "`depends_on` takes a list of references.";
        let problem = Diagnostic::error("Invalid depends_on", detail).at(&given.value.span);
        arguments.diagnostics.push(problem.hint("Write `depends_on = [aws_vpc.main]`."));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        if let Some(reference) = quoted_reference(&item, arguments.diagnostics) {
            found.push((reference, item.span));
            continue;
        }
        match item.kind {
            ExpressionKind::Reference(reference) => found.push((reference, item.span)),
            ExpressionKind::Literal(ref value) if !value.is_known() => {}
            ExpressionKind::Attribute(whole, _)
                if matches!(whole.kind, ExpressionKind::Reference(Reference::Module(..))) =>
            {
                // An output is there when its module is.
                if let ExpressionKind::Reference(reference) = whole.kind {
                    found.push((reference, item.span));
                }
            }
            _ => {
                let detail = "An entry of `depends_on` is a resource, data source or module.";
                let mut problem = Diagnostic::error("Invalid depends_on", detail).at(&item.span);
                if let ExpressionKind::Attribute(whole, _) = &item.kind {
                    problem.hint = format!("Depend on the whole: `{}`.", whole.span.text());
                } else if let ExpressionKind::Literal(value) = &item.kind {
                    let text = value.as_str().unwrap_or_default();
                    problem.hint = format!("Write it without quotes: `{text}`.");
                }
                arguments.diagnostics.push(problem);
            }
        }
    }
    found
}

/// Whether an expression refers to nothing and is not the stand-in for what is reported elsewhere.
fn is_constant(expression: &Expression) -> bool {
    let reported = matches!(&expression.kind, ExpressionKind::Literal(value) if !value.is_known());
    !reported && expression.references().is_empty()
}

/// `validation`, `precondition` or `postcondition` blocks.
fn rules(arguments: &mut Arguments<'_>, kind: &'static str) -> Vec<CheckRule> {
    let mut rules = Vec::new();
    for block in arguments.blocks(kind) {
        let mut inner = Arguments::new("a condition", block, arguments.diagnostics);
        let span = inner.span.clone();
        let condition = inner.required("condition");
        let error_message = inner.required("error_message");
        if let Some(condition) = condition.as_ref().filter(|it| is_constant(it)) {
            let detail = "The condition refers to nothing, so it would not check anything.";
            let problem = Diagnostic::error("Invalid condition", detail).at(&condition.span);
            inner.diagnostics.push(problem);
        }
        inner.finish();
        if let (Some(condition), Some(error_message)) = (condition, error_message) {
            rules.push(CheckRule { condition, error_message, span });
        }
    }
    rules
}
