//! Names and what follows them: references, attributes, indexes, splats.

use hcl_edit::expr::{self as syntax, TraversalOperator};
use hcl_edit::{Decorated, Ident, Span as _};

use super::lower::Lower;
use crate::address::{Key, Mode, ResourceName};
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::suggest::nearest;
use crate::value::{Number, Value};

/// The most steps of one traversal; beyond it the tree would be too deep to walk.
const STEP_LIMIT: usize = 128;

/// The name that the element of a splat is bound to; no identifier is like it.
const SPLAT_NAME: &str = "*";

const ROOTS: [&str; 10] =
    ["var", "local", "module", "data", "ephemeral", "each", "count", "path", "self", "terraform"];

type Operators<'o> = &'o [Decorated<TraversalOperator>];

/// A reference, and how many operators it takes in.
type Found = Result<(Reference, usize), Box<Diagnostic>>;

impl Lower<'_> {
    /// A name that nothing follows.
    pub(super) fn name(&mut self, name: &Ident, span: Span) -> Expression {
        self.root(name.as_str(), span, &[]).0
    }

    pub(super) fn traversal(&mut self, item: &syntax::Traversal) -> Expression {
        if item.operators.len() > STEP_LIMIT {
            let span = self.span(item.span());
            let detail = format!("At most {STEP_LIMIT} attributes and indexes may follow a value.");
            let problem = Diagnostic::error("Invalid expression", detail).at(&span);
            return Expression { kind: self.invalid(problem), span };
        }
        let span = self.span(item.expr.span());
        let (base, used) = match &item.expr {
            syntax::Expression::Variable(name) => self.root(name.as_str(), span, &item.operators),
            syntax::Expression::Number(_) if exponent(&item.operators).is_some() => {
                let end = item.operators.first().map(|it| self.span(it.span()));
                let whole = end.map_or(span.clone(), |end| span.to(&end));
                (Expression { kind: self.number(&whole), span: whole }, 1)
            }
            other => (self.expression(other), 0),
        };
        self.steps(base, item.operators.get(used..).unwrap_or_default())
    }

    /// `base` with attributes, indexes and splats applied.
    fn steps(&mut self, mut base: Expression, operators: Operators<'_>) -> Expression {
        let mut rest = operators;
        while let Some((operator, after)) = rest.split_first() {
            let span = base.span.to(&self.span(operator.span()));
            rest = after;
            let kind = match operator.value() {
                TraversalOperator::GetAttr(name) => {
                    ExpressionKind::Attribute(Box::new(base), name.as_str().to_string())
                }
                TraversalOperator::Index(key) => {
                    ExpressionKind::Index(Box::new(base), Box::new(self.key(key)))
                }
                TraversalOperator::LegacyIndex(index) => {
                    let key = Value::number(Number::new((*index.value()).into()));
                    let kind = ExpressionKind::Literal(key);
                    let key = Expression { kind, span: self.span(index.span()) };
                    ExpressionKind::Index(Box::new(base), Box::new(key))
                }
                TraversalOperator::FullSplat(_) => {
                    rest = &[];
                    self.splat(base, &span, after)
                }
                TraversalOperator::AttrSplat(_) => {
                    let each = after.iter().take_while(|it| is_attribute(it.value())).count();
                    let (inside, outside) = after.split_at(each);
                    rest = outside;
                    self.splat(base, &span, inside)
                }
            };
            let end = match &kind {
                ExpressionKind::Splat { each, .. } => span.to(&each.span),
                _ => span,
            };
            base = Expression { kind, span: end };
        }
        base
    }

    fn splat(&mut self, source: Expression, span: &Span, each: Operators<'_>) -> ExpressionKind {
        let element = Lower::bound_name(SPLAT_NAME, span.clone());
        let each = Box::new(self.steps(element, each));
        ExpressionKind::Splat { source: Box::new(source), name: SPLAT_NAME.into(), each }
    }

    /// The reference that starts with `name`, and how many of the operators are part of it.
    fn root(&mut self, name: &str, span: Span, operators: Operators<'_>) -> (Expression, usize) {
        if self.raw || self.bound.iter().any(|bound| bound == name) {
            return (Lower::bound_name(name, span), 0);
        }
        match self.reference(name, &span, operators) {
            Ok((reference, used)) => {
                let end = used.checked_sub(1).and_then(|last| operators.get(last));
                let span = end.map_or(span.clone(), |it| span.to(&self.span(it.span())));
                (Expression { kind: ExpressionKind::Reference(reference), span }, used)
            }
            Err(problem) => {
                let end = operators.first().map(|it| self.span(it.span()));
                let span = end.map_or(span.clone(), |end| span.to(&end));
                (Expression { kind: self.invalid(problem.at(&span)), span }, operators.len())
            }
        }
    }

    fn reference(&mut self, name: &str, span: &Span, operators: Operators<'_>) -> Found {
        let after = |what: &str, example: &str| named(name, operators, 0, what, example);
        match name {
            "var" => Ok((Reference::Variable(after("an input variable", "var.name")?), 1)),
            "local" => Ok((Reference::Local(after("a local value", "local.name")?), 1)),
            "module" => {
                let call = after("a module call", "module.name")?;
                let (key, used) = constant_key(operators, 1);
                Ok((Reference::Module(call, key), 1 + used))
            }
            "data" => resource(Mode::Data, operators, "data.aws_vpc.name"),
            "ephemeral" => resource(Mode::Ephemeral, operators, "ephemeral.random_password.name"),
            "resource" => resource(Mode::Managed, operators, "resource.aws_vpc.name"),
            "count" | "each" | "path" | "terraform" | "tofu" => {
                let attribute = after("one of its attributes", example(name))?;
                well_known(name, &attribute).map(|reference| (reference, 1))
            }
            "self" => Ok((Reference::SelfValue, 0)),
            "template" | "lazy" | "arg" => Err(reserved(name)),
            kind => self.managed(kind, span, operators),
        }
    }

    /// `aws_vpc.name`
    fn managed(&mut self, kind: &str, span: &Span, operators: Operators<'_>) -> Found {
        let Some(name) = attribute(operators, 0) else {
            return Err(Box::new(self.unknown_name(kind).at(span)));
        };
        let (key, used) = constant_key(operators, 1);
        let name = ResourceName { mode: Mode::Managed, kind: kind.into(), name: name.into() };
        Ok((Reference::Resource(name, key), 1 + used))
    }

    fn unknown_name(&self, name: &str) -> Diagnostic {
        let names = self.bound.iter().map(String::as_str).filter(|it| *it != SPLAT_NAME);
        let near = nearest(name, names.chain(ROOTS));
        let hint = match near {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!(
                "If text is meant, write \"{name}\" in quotes; for a variable, write `var.{name}`."
            ),
        };
        let detail = format!(
            "`{name}` alone names nothing here. A resource is referred to by its type and its \
             name, such as `aws_vpc.main`."
        );
        Diagnostic::error("Invalid reference", detail).hint(hint)
    }
}

/// The exponent in `1.e3`, in which the parser sees an attribute.
fn exponent(operators: Operators<'_>) -> Option<&str> {
    let digits = attribute(operators, 0)?.strip_prefix(['e', 'E'])?;
    (!digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())).then_some(digits)
}

fn is_attribute(operator: &TraversalOperator) -> bool {
    matches!(operator, TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_))
}

fn attribute<'o>(operators: Operators<'o>, at: usize) -> Option<&'o str> {
    match operators.get(at)?.value() {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        _ => None,
    }
}

fn named(
    root: &str,
    operators: Operators<'_>,
    at: usize,
    what: &str,
    example: &str,
) -> Result<String, Box<Diagnostic>> {
    attribute(operators, at).map(str::to_string).ok_or_else(|| {
        let detail = format!("`{root}` must be followed by a dot and the name of {what}.");
        let hint = format!("Write for example `{example}`.");
        Box::new(Diagnostic::error("Invalid reference", detail).hint(hint))
    })
}

/// A constant instance key, and how many operators it takes.
fn constant_key(operators: Operators<'_>, at: usize) -> (Option<Key>, usize) {
    let key = operators.get(at).and_then(|operator| match operator.value() {
        TraversalOperator::LegacyIndex(index) => usize::try_from(*index.value()).ok(),
        _ => None,
    });
    let key = key.map(Key::Index).or_else(|| match operators.get(at)?.value() {
        TraversalOperator::Index(syntax::Expression::String(name)) => {
            Some(Key::Name(name.value().clone()))
        }
        TraversalOperator::Index(syntax::Expression::Number(number)) => {
            number.value().as_u64().and_then(|it| usize::try_from(it).ok()).map(Key::Index)
        }
        _ => None,
    });
    let used = usize::from(key.is_some());
    (key, used)
}

fn resource(mode: Mode, operators: Operators<'_>, example: &str) -> Found {
    let root = if mode == Mode::Managed { "resource" } else { mode.name() };
    let kind = named(root, operators, 0, "a resource type, then a resource name", example)?;
    let root = format!("{root}.{kind}");
    let name = named(&root, operators, 1, "a resource", example)?;
    let (key, used) = constant_key(operators, 2);
    Ok((Reference::Resource(ResourceName { mode, kind, name }, key), 2 + used))
}

fn example(root: &str) -> &'static str {
    match root {
        "count" => "count.index",
        "each" => "each.key",
        "path" => "path.module",
        _ => "terraform.workspace",
    }
}

fn well_known(root: &str, attribute: &str) -> Result<Reference, Box<Diagnostic>> {
    let known: &[&str] = match root {
        "count" => &["index"],
        "each" => &["key", "value"],
        "path" => &["module", "root", "cwd"],
        _ => &["workspace", "applying"],
    };
    Ok(match (root, attribute) {
        ("count", "index") => Reference::CountIndex,
        ("each", "key") => Reference::EachKey,
        ("each", "value") => Reference::EachValue,
        ("path", "module") => Reference::PathModule,
        ("path", "root") => Reference::PathRoot,
        ("path", "cwd") => Reference::PathWorking,
        ("terraform" | "tofu", "workspace") => Reference::Workspace,
        ("terraform" | "tofu", "applying") => Reference::Applying,
        _ => {
            let choices: Vec<_> = known.iter().map(|it| format!("`{root}.{it}`")).collect();
            let detail = format!("`{root}` has no attribute `{attribute}`.");
            let hint = format!("It has {}.", choices.join(", "));
            return Err(Box::new(Diagnostic::error("Invalid reference", detail).hint(hint)));
        }
    })
}

fn reserved(name: &str) -> Box<Diagnostic> {
    let detail = format!("`{name}` is reserved by the language and cannot start a reference.");
    let hint = format!("For a resource of type `{name}`, write `resource.{name}.…`.");
    Box::new(Diagnostic::error("Invalid reference", detail).hint(hint))
}
