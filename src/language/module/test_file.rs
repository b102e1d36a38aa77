//! Files of tests: `*.tftest.hcl`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use indexmap::IndexMap;

use super::arguments::Arguments;
use super::moved::address;
use super::resource::provider_name;
use super::{constant, is_name, read_module, rules, several};
use crate::address::{Key, Mode, ModulePath, ResourceName, Target};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{
    Attribute, Block, Body, CheckRule, Expression, ExpressionKind, ModuleCall, ProviderBlock,
    ProviderName, Reference,
};

/// A file of tests.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// Its path, relative to the working directory.
    pub path: PathBuf,
    /// The variables of all its runs.
    pub variables: IndexMap<String, Attribute>,
    /// Its `provider` blocks.
    pub providers: IndexMap<ProviderName, ProviderBlock>,
    /// Its `mock_provider` blocks.
    pub mocks: IndexMap<ProviderName, Mock>,
    /// What is not made in any of its runs.
    pub overrides: Vec<Override>,
    /// Its runs, in order.
    pub runs: Vec<Run>,
}

/// A `mock_provider` block.
#[derive(Clone, Debug)]
pub struct Mock {
    /// The block that it puts in place of the module's: nothing but `for_each`.
    pub block: ProviderBlock,
    /// What computed attributes of a type are, as an object.
    pub defaults: BTreeMap<(Mode, String), Attribute>,
    /// What this provider does not make.
    pub overrides: Vec<Override>,
}

/// Something that a test does not make, with what it is instead.
#[derive(Clone, Debug)]
pub struct Override {
    /// What is not made.
    pub target: Overridden,
    /// What its computed attributes, or its outputs, are; an object.
    pub values: Option<Attribute>,
    /// Where the header stands.
    pub span: Span,
}

/// What can be overridden.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Overridden {
    /// A resource or data source, all its instances.
    Resource(ModulePath, ResourceName),
    /// A module, all its instances.
    Module(ModulePath),
}

impl std::fmt::Display for Overridden {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Overridden::Module(path) => write!(formatter, "{path}"),
            Overridden::Resource(path, name) if path.0.is_empty() => write!(formatter, "{name}"),
            Overridden::Resource(path, name) => write!(formatter, "{path}.{name}"),
        }
    }
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// It plans.
    Plan,
    /// It plans and applies.
    Apply,
}

/// A thing with conditions of which one must fail.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Its address, such as `var.name`; a resource without key means all its instances.
    pub address: String,
    /// Where it is named.
    pub span: Span,
}

/// A `run` block.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// What it does.
    pub command: Command,
    /// Whether it only brings state to what is there.
    pub refresh_only: bool,
    /// Whether it looks how objects are.
    pub refresh: bool,
    /// The addresses that it is limited to, as written.
    pub targets: Vec<String>,
    /// The addresses that it replaces, as written.
    pub replace: Vec<String>,
    /// Its variables.
    pub variables: IndexMap<String, Attribute>,
    /// The module that it runs instead of the one under test; the call has the run's name.
    pub module: Option<ModuleCall>,
    /// The provider configurations it gives: the name in the module, and the name in the file.
    pub providers: Vec<(ProviderName, ProviderName, Span)>,
    /// Its assertions.
    pub asserts: Vec<CheckRule>,
    /// What must fail.
    pub expected: Vec<Expected>,
    /// What it does not make.
    pub overrides: Vec<Override>,
    /// Where the header stands.
    pub span: Span,
}

/// Reads a file of tests.
pub fn read_tests(path: PathBuf, body: Body) -> (TestFile, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let (own, rest): (Vec<Block>, Vec<Block>) =
        body.blocks.into_iter().partition(|block| block.kind == "provider");
    let providers = Body { attributes: IndexMap::new(), blocks: own, span: body.span.clone() };
    let providers = diagnostics.take(read_module(PathBuf::from("."), vec![providers])).providers;
    let header = Span { range: body.span.range.start..body.span.range.start, ..body.span.clone() };
    let rest = Block {
        kind: String::new(),
        labels: Vec::new(),
        body: Body { attributes: body.attributes, blocks: rest, span: body.span },
        span: header,
    };
    let mut arguments = Arguments::new("a file of tests", rest, &mut diagnostics);
    let variables = variables(&mut arguments);
    let overrides = overrides(&mut arguments);
    let mocks = mocks(&mut arguments);
    let mut runs: Vec<Run> = Vec::new();
    for block in arguments.labelled("run") {
        let Some(run) = run(block, arguments.diagnostics) else { continue };
        if let Some(first) = runs.iter().find(|it| it.name == run.name) {
            let detail = format!("There already is a run `{}` in this file.", run.name);
            let hint = "`run` references mean the last one before them.";
            let problem = Diagnostic::warning("Duplicate name", detail).at(&run.span);
            let problem = problem.see(&first.span, "first declared here");
            arguments.diagnostics.push(problem.hint(hint));
        }
        runs.push(run);
    }
    arguments.finish();
    (TestFile { path, variables, providers, mocks, overrides, runs }, diagnostics)
}

/// The one label of a block, which is a name.
fn label(block: &Block, diagnostics: &mut Diagnostics) -> Option<String> {
    let problem = match block.labels.as_slice() {
        [(name, _)] if is_name(name) => return Some(name.clone()),
        [(name, span)] => {
            let detail = format!("`{name}` is not a name: letters, digits, `_` and `-` make one.");
            Diagnostic::error("Invalid name", detail).at(span)
        }
        labels => {
            let found = labels.len();
            let detail = format!("A `{}` block has one label; here are {found}.", block.kind);
            Diagnostic::error("Wrong block labels", detail).at(&block.span)
        }
    };
    diagnostics.push(problem);
    None
}

/// The arguments of the `variables` block.
fn variables(arguments: &mut Arguments<'_>) -> IndexMap<String, Attribute> {
    let Some(block) = arguments.block("variables") else { return IndexMap::new() };
    let mut inner = Arguments::new("a variables block", block, arguments.diagnostics);
    let variables = inner.take_rest();
    inner.finish();
    variables
}

fn overrides(arguments: &mut Arguments<'_>) -> Vec<Override> {
    let mut found: Vec<Override> = Vec::new();
    for kind in ["override_resource", "override_data", "override_module"] {
        for block in arguments.blocks(kind) {
            let Some(one) = one_override(block, arguments.diagnostics) else { continue };
            if let Some(first) = found.iter().find(|it| it.target == one.target) {
                let detail = "Here is a second override for the same target.";
                let problem = Diagnostic::error("Duplicate override", detail).at(&one.span);
                arguments.diagnostics.push(problem.see(&first.span, "the first one"));
                continue;
            }
            found.push(one);
        }
    }
    found
}

/// An argument whose value is an object.
fn object(arguments: &mut Arguments<'_>, name: &'static str) -> Option<Attribute> {
    let given = arguments.take(name)?;
    let value = constant(&given.value, name).0;
    if value.is_some_and(|it| it.fields().is_none()) {
        let problem = Diagnostic::error("Object required", format!("`{name}` is an object."));
        let hint = format!("Write `{name} = {{ … }}`.");
        arguments.diagnostics.push(problem.at(&given.value.span).hint(hint));
    }
    Some(given)
}

fn one_override(block: Block, diagnostics: &mut Diagnostics) -> Option<Override> {
    let kind = block.kind.clone();
    let mut arguments = Arguments::new("an override block", block, diagnostics);
    let span = arguments.span.clone();
    let target = arguments.required("target");
    let values =
        object(&mut arguments, if kind == "override_module" { "outputs" } else { "values" });
    arguments.finish();
    let target = target?;
    let found = address(&target).and_then(|steps| Target::from_steps(steps).ok());
    let target = match (found, kind.as_str()) {
        (Some(Target::Module(it)), "override_module") if it.0.iter().all(|it| it.1.is_none()) => {
            Overridden::Module(it.path())
        }
        (Some(Target::Resource(it)), "override_resource" | "override_data")
            if it.module.0.iter().all(|it| it.1.is_none())
                && (it.resource.mode == Mode::Data) == (kind == "override_data") =>
        {
            Overridden::Resource(it.module.path(), it.resource)
        }
        _ => {
            let example = match kind.as_str() {
                "override_module" => "module.network",
                "override_data" => "data.aws_ami.main",
                _ => "aws_vpc.main",
            };
            let detail = format!("The target of `{kind}` is named as a whole, without keys.");
            let problem = Diagnostic::error("Invalid target", detail).at(&target.span);
            diagnostics.push(problem.hint(format!("Write for example `target = {example}`.")));
            return None;
        }
    };
    Some(Override { target, values, span })
}

fn mocks(arguments: &mut Arguments<'_>) -> IndexMap<ProviderName, Mock> {
    let mut mocks = IndexMap::new();
    for block in arguments.labelled("mock_provider") {
        let span = block.span.clone();
        let Some((name, mock)) = mock(block, arguments.diagnostics) else { continue };
        if mocks.contains_key(&name) {
            let detail = format!("There already is a `mock_provider` block for `{name}`.");
            arguments.diagnostics.push(Diagnostic::error("Duplicate mock", detail).at(&span));
            continue;
        }
        mocks.insert(name, mock);
    }
    mocks
}

fn mock(block: Block, diagnostics: &mut Diagnostics) -> Option<(ProviderName, Mock)> {
    let name = label(&block, diagnostics)?;
    let mut arguments = Arguments::new("a mock_provider block", block, diagnostics);
    let span = arguments.span.clone();
    let (alias, for_each) = several(&mut arguments);
    let overrides = overrides(&mut arguments);
    let mut defaults = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (kind, mode) in [("mock_resource", Mode::Managed), ("mock_data", Mode::Data)] {
        for block in arguments.labelled(kind) {
            let Some(name) = label(&block, arguments.diagnostics) else { continue };
            let mut inner = Arguments::new("a mock block", block, arguments.diagnostics);
            let given = object(&mut inner, "defaults");
            let span = inner.span.clone();
            inner.finish();
            if !seen.insert((mode, name.clone())) {
                let detail = format!("There already is a `{kind}` block for `{name}`.");
                arguments.diagnostics.push(Diagnostic::error("Duplicate mock", detail).at(&span));
            }
            defaults.extend(given.map(|it| ((mode, name), it)));
        }
    }
    arguments.finish();
    let body = Body { attributes: IndexMap::new(), blocks: Vec::new(), span: span.clone() };
    let block = ProviderBlock { for_each, body, span };
    let name = ProviderName { name, alias: alias.map(|(alias, _)| alias) };
    Some((name, Mock { block, defaults, overrides }))
}

fn run(block: Block, diagnostics: &mut Diagnostics) -> Option<Run> {
    let name = label(&block, diagnostics)?;
    let mut arguments = Arguments::new("a run block", block, diagnostics);
    let mut run = Run {
        module: module(&name, &mut arguments),
        name,
        command: command(&mut arguments),
        refresh_only: false,
        refresh: true,
        targets: Vec::new(),
        replace: Vec::new(),
        variables: variables(&mut arguments),
        providers: providers(&mut arguments),
        asserts: rules(&mut arguments, "assert"),
        expected: expected(&mut arguments),
        overrides: overrides(&mut arguments),
        span: arguments.span.clone(),
    };
    if let Some(block) = arguments.block("plan_options") {
        plan_options(block, &mut run, arguments.diagnostics);
    }
    arguments.finish();
    Some(run)
}

/// The word that an argument without quotes is.
fn word(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(word)) => Some(word),
        _ => None,
    }
}

fn command(arguments: &mut Arguments<'_>) -> Command {
    let Some(given) = arguments.take("command") else { return Command::Apply };
    match word(&given.value) {
        Some("plan") => Command::Plan,
        Some("apply") => Command::Apply,
        _ => {
            let detail = "`command` is `plan` or `apply`, without quotes.";
            let problem = Diagnostic::error("Invalid command", detail).at(&given.value.span);
            arguments.diagnostics.push(problem);
            Command::Apply
        }
    }
}

fn plan_options(block: Block, run: &mut Run, diagnostics: &mut Diagnostics) {
    let mut arguments = Arguments::new("a plan_options block", block, diagnostics);
    if let Some(given) = arguments.take("mode") {
        match word(&given.value) {
            Some("normal") => {}
            Some("refresh-only") => run.refresh_only = true,
            _ => {
                let detail = "`mode` is `normal` or `refresh-only`, without quotes.";
                let problem = Diagnostic::error("Invalid mode", detail).at(&given.value.span);
                arguments.diagnostics.push(problem);
            }
        }
    }
    let place = arguments.place("refresh");
    run.refresh = arguments.flag("refresh").unwrap_or(true);
    if let (true, false, Some(place)) = (run.refresh_only, run.refresh, place) {
        let detail = "`refresh-only` looks how objects are, so `refresh` cannot be false.";
        let problem = Diagnostic::error("Invalid combination of arguments", detail).at(&place);
        arguments.diagnostics.push(problem.hint("Remove one of them."));
    }
    run.targets = list(&mut arguments, "target").iter().map(written).collect();
    run.replace = list(&mut arguments, "replace").iter().map(written).collect();
    arguments.finish();
}

/// The entries of an argument that is a list.
fn list(arguments: &mut Arguments<'_>, name: &'static str) -> Vec<Expression> {
    match arguments.take(name).map(|it| it.value) {
        None => Vec::new(),
        Some(Expression { kind: ExpressionKind::Tuple(items), .. }) => items,
        Some(other) => {
            let detail = format!("`{name}` takes a list of addresses.");
            let problem = Diagnostic::error("List required", detail).at(&other.span);
            arguments.diagnostics.push(problem.hint("Write it in brackets: `[ … ]`."));
            Vec::new()
        }
    }
}

fn written(expression: &Expression) -> String {
    expression.span.text().split_whitespace().collect()
}

/// The module that is run.
fn module(run: &str, arguments: &mut Arguments<'_>) -> Option<ModuleCall> {
    let mut block = arguments.block("module")?;
    block.labels = vec![(run.to_string(), block.span.clone())];
    let body = Body { span: block.span.clone(), attributes: IndexMap::new(), blocks: vec![block] };
    let read = arguments.diagnostics.take(read_module(PathBuf::from("."), vec![body]));
    let (_, call) = read.calls.into_iter().next()?;
    for (name, given) in &call.inputs {
        let detail = format!("`{name}` is no argument of the module block of a run.");
        let problem = Diagnostic::error("Unsupported argument", detail).at(&given.name_span);
        let hint = "Give `source` and `version` here, and variables in a `variables` block.";
        arguments.diagnostics.push(problem.hint(hint));
    }
    Some(call)
}

fn providers(arguments: &mut Arguments<'_>) -> Vec<(ProviderName, ProviderName, Span)> {
    let Some(given) = arguments.take("providers") else { return Vec::new() };
    let ExpressionKind::Object(entries) = &given.value.kind else {
        let detail = "`providers` takes a map from the module's names to the names in this file.";
        let problem = Diagnostic::error("Invalid providers", detail).at(&given.value.span);
        arguments.diagnostics.push(problem.hint("Write `providers = { aws = aws.west }`."));
        return Vec::new();
    };
    let mut found: Vec<(ProviderName, ProviderName, Span)> = Vec::new();
    for (key, value) in entries {
        let inner = provider_name(key, arguments.diagnostics);
        let outer = provider_name(value, arguments.diagnostics);
        let (Some(inner), Some(outer)) = (inner, outer) else { continue };
        if found.iter().any(|(name, ..)| *name == inner) {
            let detail = format!("`{inner}` is given twice.");
            let problem = Diagnostic::error("Invalid providers", detail).at(&key.span);
            arguments.diagnostics.push(problem);
            continue;
        }
        found.push((inner, outer, key.span.to(&value.span)));
    }
    found
}

fn expected(arguments: &mut Arguments<'_>) -> Vec<Expected> {
    let mut found = Vec::new();
    for item in list(arguments, "expect_failures") {
        let text = written(&item);
        if !address(&item).is_some_and(|steps| can_fail(&steps, &text)) {
            let detail = "What is expected to fail is a variable, an output, a resource, a data \
                          source or a check of the module that is run.";
            let problem = Diagnostic::error("Invalid expect_failures", detail).at(&item.span);
            let hint = "Write for example `var.name`, `output.url` or `aws_vpc.main`.";
            arguments.diagnostics.push(problem.hint(hint));
            continue;
        }
        found.push(Expected { address: text, span: item.span });
    }
    found
}

/// Names that begin no address of a resource.
const NO_RESOURCES: [&str; 11] = [
    "var",
    "output",
    "check",
    "local",
    "path",
    "terraform",
    "tofu",
    "count",
    "each",
    "self",
    "run",
];

fn can_fail(steps: &[(String, Option<Key>)], address: &str) -> bool {
    match steps {
        [(root, None), (_, None)] if ["var", "output", "check"].contains(&root.as_str()) => true,
        [(root, _), ..] if NO_RESOURCES.contains(&root.as_str()) => false,
        _ => match address.parse() {
            Ok(Target::Resource(it)) => it.module.is_root(),
            Ok(Target::Instance(it)) => it.resource.module.is_root(),
            _ => false,
        },
    }
}
