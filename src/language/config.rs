//! A configuration as data: the tree of modules, their blocks, and expressions with references
//! resolved. What `parse` and `load` make, and what evaluation and planning read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::address::{ConfigAddress, Key, ModulePath, ResourceName, Target};
use crate::diagnostic::{Source, Span};
use crate::value::{Marks, Type, Value};

/// An expression and where it stands.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExpressionKind {
    /// A literal.
    Literal(Value),
    /// A template of several parts, or of one that is not a lone interpolation.
    Template(Vec<TemplatePart>),
    /// A reference to something outside the expression, or to a name bound inside it.
    Reference(Reference),
    /// `a.name`
    Attribute(Box<Expression>, String),
    /// `a[b]`
    Index(Box<Expression>, Box<Expression>),
    /// `a.*.…` or `a[*].…`: the source, and what is applied to each element, which it sees as
    /// [`Reference::Bound`] of the given name.
    Splat {
        /// What is iterated over.
        source: Box<Expression>,
        /// The name that each element is bound to.
        name: String,
        /// What is taken of each element.
        each: Box<Expression>,
    },
    /// `-a` or `!a`
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b` and the like.
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `a ? b : c`
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `f(a, b...)`
    Call(Call),
    /// `[a, b]`
    Tuple(Vec<Expression>),
    /// `{ a = b }`
    Object(Vec<(Expression, Expression)>),
    /// `[for …]` or `{for …}`
    For(Box<For>),
    /// `(a)`
    Parentheses(Box<Expression>),
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text as it is, trimming done.
    Text(String),
    /// `${…}`
    Interpolation(Expression),
    /// `%{ if … }…%{ else }…%{ endif }`
    If {
        /// What decides.
        condition: Expression,
        /// What is rendered when it is true.
        then: Vec<TemplatePart>,
        /// What is rendered when it is not.
        otherwise: Vec<TemplatePart>,
    },
    /// `%{ for … in … }…%{ endfor }`
    For {
        /// The name of the key or index, if it is named.
        key: Option<String>,
        /// The name of the element.
        value: String,
        /// What is iterated over.
        source: Expression,
        /// What is rendered for each element.
        body: Vec<TemplatePart>,
    },
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name, with its namespace if it has one.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The arguments.
    pub arguments: Vec<Expression>,
    /// Whether the last argument is expanded (`...`).
    pub expand: bool,
}

/// A `for` expression.
#[derive(Clone, Debug)]
pub struct For {
    /// The name of the key or index, if it is named.
    pub key_name: Option<String>,
    /// The name of the element.
    pub value_name: String,
    /// What is iterated over.
    pub source: Expression,
    /// For objects, the key of the result.
    pub key: Option<Expression>,
    /// The element of the result.
    pub value: Expression,
    /// Whether values of equal keys are grouped (`...`).
    pub group: bool,
    /// The `if` clause.
    pub condition: Option<Expression>,
}

/// `-` and `!`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Operators between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// What an expression refers to. Attributes and indexes that follow are separate expressions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `var.name`
    Variable(String),
    /// `local.name`
    Local(String),
    /// `module.name`: the outputs of a call, of all its instances or of the one with a constant key.
    Module(String, Option<Key>),
    /// `aws_vpc.name` or `data.aws_vpc.name`: all instances, or the one with a constant key.
    Resource(ResourceName, Option<Key>),
    /// `count.index`
    CountIndex,
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `path.module`
    PathModule,
    /// `path.root`
    PathRoot,
    /// `path.cwd`
    PathWorking,
    /// `terraform.workspace` or `tofu.workspace`
    Workspace,
    /// `terraform.applying` or `tofu.applying`
    Applying,
    /// `self`
    SelfValue,
    /// A name bound by `for`, a splat, a `dynamic` block or a template file.
    Bound(String),
}

/// A block body: arguments and nested blocks in source order.
#[derive(Clone, Debug)]
pub struct Body {
    /// The arguments.
    pub attributes: IndexMap<String, Attribute>,
    /// The nested blocks, `dynamic` ones included.
    pub blocks: Vec<Block>,
    /// Where the body stands.
    pub span: Span,
}

/// `name = value`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Where the name stands.
    pub name_span: Span,
    /// The value.
    pub value: Expression,
}

/// A nested block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The type; `dynamic` for dynamic blocks.
    pub kind: String,
    /// The labels.
    pub labels: Vec<(String, Span)>,
    /// The body.
    pub body: Body,
    /// Where the header stands.
    pub span: Span,
}

/// A whole configuration: the root module and all modules it calls.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The modules, by path; the root's path is empty. Parents come before children.
    pub modules: BTreeMap<ModulePath, Arc<Module>>,
    /// Every file read, by the path it was read from, for diagnostics and saved plans.
    pub sources: Vec<Arc<Source>>,
    /// The folders of modules that lie behind links, by the path that a call names.
    pub links: BTreeMap<PathBuf, PathBuf>,
}

impl Configuration {
    /// The root module.
    pub fn root(&self) -> Option<&Module> {
        self.modules.get(&ModulePath::default()).map(|it| &**it)
    }

    /// The module at a path.
    pub fn module(&self, path: &ModulePath) -> Option<&Arc<Module>> {
        self.modules.get(path)
    }
}

/// One module as written.
#[derive(Clone, Debug)]
pub struct Module {
    /// The calls that lead to it.
    pub path: ModulePath,
    /// Its folder, relative to the working directory (`.` for the root as usual).
    pub folder: PathBuf,
    /// `variable` blocks.
    pub variables: IndexMap<String, Variable>,
    /// `locals`.
    pub locals: IndexMap<String, Local>,
    /// `output` blocks.
    pub outputs: IndexMap<String, Output>,
    /// `resource` and `data` blocks.
    pub resources: IndexMap<ResourceName, Resource>,
    /// `module` blocks.
    pub calls: IndexMap<String, ModuleCall>,
    /// `provider` blocks, by local name and alias.
    pub providers: IndexMap<ProviderName, ProviderBlock>,
    /// `required_providers`: the source address of each local name, such as `hashicorp/aws`.
    pub required_providers: IndexMap<String, RequiredProvider>,
    /// The `backend` block; only the root's counts.
    pub backend: Option<Block>,
    /// The `cloud` block; only the root's counts.
    pub cloud: Option<Block>,
    /// The `encryption` block; only the root's counts.
    pub encryption: Option<Block>,
    /// `moved` blocks.
    pub moved: Vec<Moved>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `import` blocks; only the root module has any.
    pub imports: Vec<Import>,
    /// `check` blocks; their data sources stand among the resources.
    pub checks: IndexMap<String, Check>,
}

/// A `removed` block.
#[derive(Clone, Debug)]
pub struct Removed {
    /// The module or resource that the configuration had, without keys, relative to the module that
    /// the block stands in.
    pub from: Target,
    /// Whether its objects are destroyed, not only forgotten.
    pub destroy: bool,
    /// `provisioner` blocks, which run before its objects are destroyed.
    pub provisioners: Vec<Arc<Provisioner>>,
    /// Where the header stands.
    pub span: Span,
}

/// An `import` block.
#[derive(Clone, Debug)]
pub struct Import {
    /// The resource that its objects belong to.
    pub resource: ConfigAddress,
    /// The steps of the address of an instance as written, with the expressions of their keys.
    pub to: Vec<(String, Option<Expression>)>,
    /// What is imported: an id, or the attributes that identify an object.
    pub id: Expression,
    /// Whether the attributes are given instead of an id.
    pub is_identity: bool,
    /// `for_each`
    pub for_each: Option<Expression>,
    /// `provider`, for a resource whose configuration is generated.
    pub provider: Option<ProviderName>,
    /// Where `provider` stands.
    pub provider_span: Option<Span>,
    /// Where the header stands.
    pub span: Span,
}

/// A `check` block.
#[derive(Clone, Debug)]
pub struct Check {
    /// The data source in it, which only it sees.
    pub source: Option<ResourceName>,
    /// `assert` blocks.
    pub asserts: Vec<CheckRule>,
    /// Where the header stands.
    pub span: Span,
}

/// A `moved` block: both addresses are relative to the module it stands in.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The address that something had.
    pub from: Target,
    /// The address that it has.
    pub to: Target,
    /// Where the header stands.
    pub span: Span,
}

/// The local name of a provider configuration: `aws` or `aws.west`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName {
    /// The local name of the provider.
    pub name: String,
    /// The alias, if it is not the default configuration.
    pub alias: Option<String>,
}

impl std::fmt::Display for ProviderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let alias = self.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
        write!(f, "{}{alias}", self.name)
    }
}

/// An entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// The source address as written; `hashicorp/<name>` when not given.
    pub source: String,
    /// The version constraint as written; empty when not given.
    pub version: String,
    /// `configuration_aliases`
    pub aliases: Vec<ProviderName>,
    /// Where it stands.
    pub span: Span,
}

/// A `provider` block.
#[derive(Clone, Debug)]
pub struct ProviderBlock {
    /// `for_each`: one configuration for each element.
    pub for_each: Option<Expression>,
    /// Its arguments, without `alias`, `for_each` and `version`.
    pub body: Body,
    /// Where the header stands.
    pub span: Span,
}

/// A `variable` block.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The type constraint; [`Type::Any`] when not given.
    pub ty: Type,
    /// Whether a type constraint is given.
    pub typed: bool,
    /// Where it stands.
    pub type_span: Option<Span>,
    /// The defaults of optional attributes inside the type.
    pub type_defaults: TypeDefaults,
    /// The default, converted to the type; none when the variable must be given.
    pub default: Option<Value>,
    /// `description`
    pub description: String,
    /// `sensitive`
    pub sensitive: bool,
    /// `ephemeral`
    pub ephemeral: bool,
    /// `nullable`
    pub nullable: bool,
    /// `deprecated`: what to say to a caller that sets the variable.
    pub deprecated: Option<String>,
    /// `const`: whether the value must be known, or must not be used, before anything is planned.
    pub constant: Option<bool>,
    /// `validation` blocks.
    pub validations: Vec<CheckRule>,
    /// Where the header stands.
    pub span: Span,
}

/// The defaults of the optional attributes inside a type constraint.
#[derive(Clone, Debug, Default)]
pub struct TypeDefaults {
    /// The defaults of this object's own attributes.
    pub values: BTreeMap<String, Value>,
    /// The defaults inside each attribute of an object or element of a tuple (its index as text);
    /// inside all elements of a list, set or map under the empty name.
    pub children: BTreeMap<String, TypeDefaults>,
}

/// A condition with its message: `validation`, `precondition`, `postcondition`, `assert`.
#[derive(Clone, Debug)]
pub struct CheckRule {
    /// What must be true.
    pub condition: Expression,
    /// What to say when it is not.
    pub error_message: Expression,
    /// Where the header stands.
    pub span: Span,
}

/// One local value.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its expression.
    pub value: Expression,
    /// Where the name stands.
    pub span: Span,
}

/// An `output` block.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its expression.
    pub value: Expression,
    /// `description`
    pub description: String,
    /// `sensitive`
    pub sensitive: bool,
    /// `ephemeral`
    pub ephemeral: bool,
    /// `deprecated`: what to say to whoever refers to the output.
    pub deprecated: Option<String>,
    /// `depends_on`
    pub depends_on: Vec<(Reference, Span)>,
    /// `precondition` blocks.
    pub preconditions: Vec<CheckRule>,
    /// Where the header stands.
    pub span: Span,
}

impl Output {
    /// The marks that its value has because of how it is declared.
    pub fn marks(&self) -> Marks {
        Marks::of(self.sensitive, self.ephemeral)
    }
}

impl Variable {
    /// Where its type is said, or else the variable.
    pub fn type_place(&self) -> &Span {
        self.type_span.as_ref().unwrap_or(&self.span)
    }

    /// The marks that its value has because of how it is declared.
    pub fn marks(&self) -> Marks {
        Marks::of(self.sensitive, self.ephemeral)
    }
}

/// How many instances a resource or module has.
#[derive(Clone, Debug)]
pub enum Repetition {
    /// One, without a key.
    Single,
    /// `count`
    Count(Expression),
    /// `for_each`
    ForEach(Expression),
    /// `enabled` in `lifecycle`: one without a key, or none.
    Enabled(Expression),
}

impl Repetition {
    /// The expression that decides it.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Repetition::Single => None,
            Repetition::Count(it) | Repetition::ForEach(it) | Repetition::Enabled(it) => Some(it),
        }
    }
}

/// A `resource` or `data` block.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What it is called.
    pub name: ResourceName,
    /// `count` or `for_each`
    pub repetition: Repetition,
    /// `provider`, or the default configuration of the type's provider.
    pub provider: ProviderName,
    /// Which of several configurations of that name: `each.key` in `aws.by_region[each.key]`.
    pub provider_key: Option<Expression>,
    /// Where `provider` stands, if it is given.
    pub provider_span: Option<Span>,
    /// `depends_on`
    pub depends_on: Vec<(Reference, Span)>,
    /// `lifecycle`
    pub lifecycle: Lifecycle,
    /// `provisioner` blocks.
    pub provisioners: Vec<Arc<Provisioner>>,
    /// The arguments of the type itself.
    pub body: Body,
    /// The `check` block that it stands in, and that alone sees it.
    pub check: Option<String>,
    /// Where the header stands.
    pub span: Span,
}

/// When a provisioner runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the object is made.
    Create,
    /// Before the object is destroyed.
    Destroy,
}

/// A `provisioner` block.
#[derive(Clone, Debug)]
pub struct Provisioner {
    /// Its type, such as `local-exec`.
    pub kind: String,
    /// `when`
    pub when: Moment,
    /// `on_failure = continue`
    pub may_fail: bool,
    /// The arguments of its type.
    pub body: Body,
    /// Its `connection` block, merged into that of the resource.
    pub connection: Option<Body>,
    /// Where the header stands.
    pub span: Span,
}

/// A `lifecycle` block.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// `create_before_destroy`, when given.
    pub create_before_destroy: Option<bool>,
    /// `prevent_destroy`, when given.
    pub prevent_destroy: Option<Expression>,
    /// `destroy = false`: objects are forgotten where they would be destroyed.
    pub skip_destroy: bool,
    /// `ignore_changes`
    pub ignore_changes: IgnoreChanges,
    /// `replace_triggered_by`
    pub replace_triggered_by: Vec<Expression>,
    /// `precondition` blocks.
    pub preconditions: Vec<CheckRule>,
    /// `postcondition` blocks.
    pub postconditions: Vec<CheckRule>,
}

/// `ignore_changes`
#[derive(Clone, Debug, Default)]
pub enum IgnoreChanges {
    /// Nothing is ignored.
    #[default]
    None,
    /// `all`
    All,
    /// These paths: attribute names, map keys, indexes.
    Paths(Vec<(crate::value::Path, Span)>),
}

/// A provider configuration that a module call passes.
#[derive(Clone, Debug)]
pub struct PassedProvider {
    /// The name in the child.
    pub inner: ProviderName,
    /// The name in the module that calls.
    pub outer: ProviderName,
    /// Which of several configurations of that name.
    pub key: Option<Expression>,
    /// Where it stands.
    pub span: Span,
}

/// A `module` block.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    /// The name of the call.
    pub name: String,
    /// `source`; empty while it is not known.
    pub source: String,
    /// Where the source stands.
    pub source_span: Span,
    /// What gives the source, when it depends on variables or local values.
    pub source_expression: Option<Expression>,
    /// `version`; none while it is not known.
    pub version: Option<String>,
    /// Where the version stands.
    pub version_span: Option<Span>,
    /// What gives the version, when it depends on variables or local values.
    pub version_expression: Option<Expression>,
    /// `count` or `for_each`
    pub repetition: Repetition,
    /// `providers`
    pub providers: Vec<PassedProvider>,
    /// `depends_on`
    pub depends_on: Vec<(Reference, Span)>,
    /// The input variables.
    pub inputs: IndexMap<String, Attribute>,
    /// Where the header stands.
    pub span: Span,
}
