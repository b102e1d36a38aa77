//! Providers that make nothing: what they would decide is given by the test, or made up.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::address::Mode;
use crate::diagnostic::Diagnostics;
use crate::provider::{
    Connection, DataSourceType, ErrorKind, Lease, Observed, Opened, Planned, Provider,
    ProviderError, ProviderFunction, ResourceType, Result, Status, Step,
};
use crate::schema::{Field, Schema, Shape};
use crate::value::{Path, Type, Value, convert};

/// A provider of which some configurations make nothing.
pub(super) struct Mocking {
    inner: Arc<dyn Provider>,
    /// What stands for a provider configuration, by the name that state files have for it.
    stand_ins: BTreeMap<String, Values>,
}

/// What computed attributes are, as objects by kind of block and type.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(pub(super) BTreeMap<(Mode, String), Value>);

impl Mocking {
    /// A provider with stand-ins for some of its configurations.
    pub(super) fn around(
        inner: Arc<dyn Provider>,
        stand_ins: &BTreeMap<String, Values>,
    ) -> Arc<dyn Provider> {
        Arc::new(Mocking { inner, stand_ins: stand_ins.clone() })
    }
}

impl Provider for Mocking {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn source(&self) -> &'static str {
        self.inner.source()
    }

    fn version(&self) -> &'static str {
        self.inner.version()
    }

    fn schema(&self) -> &Schema {
        self.inner.schema()
    }

    fn resources(&self) -> &[&'static dyn ResourceType] {
        self.inner.resources()
    }

    fn data_sources(&self) -> &[&'static dyn DataSourceType] {
        self.inner.data_sources()
    }

    fn ephemeral_resources(&self) -> &[&'static dyn DataSourceType] {
        self.inner.ephemeral_resources()
    }

    fn functions(&self) -> &'static [ProviderFunction] {
        self.inner.functions()
    }

    fn configure(
        &self,
        configuration: &Value,
    ) -> std::result::Result<Arc<dyn Connection>, Diagnostics> {
        self.inner.configure(configuration)
    }

    fn connect(
        &self,
        name: &str,
        configuration: &Value,
    ) -> std::result::Result<Arc<dyn Connection>, Diagnostics> {
        match stand_in(&self.stand_ins, name) {
            Some(values) => {
                let (provider, values) = (self.inner.clone(), values.clone());
                Ok(Arc::new(Mock { provider, values }))
            }
            None => self.inner.connect(name, configuration),
        }
    }
}

/// What stands for a provider configuration; one of several instances has its key behind the name.
pub(super) fn stand_in<'a>(
    stand_ins: &'a BTreeMap<String, Values>,
    name: &str,
) -> Option<&'a Values> {
    let means = |it: &str| {
        let rest = name.strip_prefix(it);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    };
    stand_ins.iter().find(|(it, _)| means(it)).map(|(_, values)| values)
}

/// A connection to nothing: objects are as planned as soon as they are made.
struct Mock {
    provider: Arc<dyn Provider>,
    values: Values,
}

impl Mock {
    fn schema(&self, mode: Mode, kind: &str) -> Result<&Schema> {
        let schema = match mode {
            Mode::Managed => self.provider.resource(kind).map(|it| it.schema()),
            Mode::Data => self.provider.data_source(kind).map(|it| it.schema()),
            Mode::Ephemeral => self.provider.ephemeral_resource(kind).map(|it| it.schema()),
        };
        schema.ok_or_else(|| {
            ProviderError::new(ErrorKind::Internal, format!("there is no type {kind}"))
        })
    }

    /// The value with what the provider would decide.
    fn filled(&self, mode: Mode, kind: &str, configured: &Value, value: &Value) -> Result<Value> {
        let given = self.values.0.get(&(mode, kind.to_string())).unwrap_or(&Value::NULL);
        fill(self.schema(mode, kind)?, kind, configured, value, given)
    }
}

/// The object with what is left open: as given, or made up. `at` is where the object stands.
fn fill(
    schema: &Schema,
    at: &str,
    configured: &Value,
    value: &Value,
    given: &Value,
) -> Result<Value> {
    for name in given.fields().into_iter().flat_map(|fields| fields.keys()) {
        if schema.field(name).is_none() {
            return Err(refused(name, "is given by the test, but the type has no such attribute"));
        }
    }
    let mut filled = value.clone();
    for field in &schema.fields {
        let (name, own) = (field.name, value.get(field.name));
        let at = format!("{at}.{name}");
        let new = one(field, &at, &configured.get(name), own, &given.get(name))?;
        filled = filled.with(name, new);
    }
    Ok(filled)
}

fn one(field: &Field, at: &str, configured: &Value, own: Value, given: &Value) -> Result<Value> {
    let none = configured.items().is_some_and(<[Value]>::is_empty);
    let says_nothing = configured.is_null() || (field.computed && none);
    if let (false, Some(schema)) = (says_nothing, field.shape.block()) {
        return nested(schema, &field.shape, at, configured, own, given);
    }
    let name = field.name;
    match (given.is_null(), field.computed, says_nothing) {
        (false, false, _) => Err(refused(name, "is given by the test, but nothing computes it")),
        (false, true, false) => Err(refused(name, "is given by the test and by the configuration")),
        (false, true, true) => convert(given, &field.shape.ty())
            .map_err(|error| refused(name, &format!("is not as the type has it: {error}"))),
        (true, true, true) if !own.is_known() || own.is_null() => {
            Ok(made_up(&field.shape.ty(), at))
        }
        (true, ..) => Ok(own),
    }
}

/// Nested blocks, each with what is left open in it.
fn nested(
    schema: &Schema,
    shape: &Shape,
    at: &str,
    configured: &Value,
    own: Value,
    given: &Value,
) -> Result<Value> {
    let blocks = (own.bare().items(), configured.bare().items());
    match (shape, blocks) {
        (Shape::Object(_), _) if own.fields().is_some() => {
            fill(schema, at, configured, &own, given)
        }
        (Shape::List(_) | Shape::Set(_), (Some(items), Some(says)))
            if items.len() == says.len() =>
        {
            let each = items.iter().zip(says);
            let filled = each.map(|(own, says)| fill(schema, at, says, own, given));
            let filled = filled.collect::<Result<Vec<Value>>>()?;
            let marks = own.marks();
            let all = match shape {
                Shape::Set(_) => Value::set(schema.ty(), filled),
                _ => Value::list(schema.ty(), filled),
            };
            Ok(all.mark(marks))
        }
        _ => Ok(own),
    }
}

fn refused(name: &str, why: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, format!("`{name}` {why}."))
        .hint("See `mock_provider` and the override blocks of the test.")
}

/// A value of a type: always the same in the same place.
fn made_up(ty: &Type, at: &str) -> Value {
    match ty {
        Type::Bool => Value::from(false),
        Type::Number => Value::number(0_i64),
        Type::String => Value::string(word(at)),
        Type::List(item) => Value::list((**item).clone(), []),
        Type::Set(item) => Value::set((**item).clone(), []),
        Type::Map(item) => Value::map::<String>((**item).clone(), []),
        Type::Object(object) => {
            let fields = object.attributes.iter();
            let made =
                fields.map(|(name, ty)| (name.clone(), made_up(ty, &format!("{at}.{name}"))));
            Value::object(made.collect::<Vec<_>>())
        }
        Type::Tuple(_) | Type::Any => Value::Null(ty.clone()),
    }
}

/// Eight letters.
fn word(at: &str) -> String {
    let digest = Sha256::digest(at.as_bytes());
    digest.iter().take(8).map(|byte| char::from(b'a' + byte % 26)).collect()
}

impl Connection for Mock {
    fn region(&self) -> &str {
        ""
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn verify(&self) -> BoxFuture<'_, Result> {
        ready(Ok(())).boxed()
    }

    fn plan(
        &self,
        _: OffsetDateTime,
        kind: &str,
        _prior: Option<&Value>,
        configuration: &Value,
        proposed: Value,
    ) -> Result<Planned> {
        let value = self.filled(Mode::Managed, kind, configuration, &proposed)?;
        Ok(Planned { value, replace: Vec::<Path>::new() })
    }

    fn read<'a>(
        &'a self,
        _kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        let there = |value| Some(Observed { value, status: Status::Ready });
        ready(Ok(objects.into_iter().map(there).collect())).boxed()
    }

    fn create<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        _step: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        let id = planned.get("id").bare().as_str().map(str::to_string);
        ready(Ok(id.unwrap_or_else(|| word(kind)))).boxed()
    }

    fn find<'a>(
        &'a self,
        _kind: &'a str,
        _planned: &'a Value,
        _step: &'a Step,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        ready(Ok(None)).boxed()
    }

    fn update<'a>(
        &'a self,
        _kind: &'a str,
        _was: &'a Value,
        _planned: &'a Value,
        _step: &'a Step,
    ) -> BoxFuture<'a, Result> {
        ready(Ok(())).boxed()
    }

    fn delete<'a>(
        &'a self,
        _kind: &'a str,
        _was: &'a Value,
        _step: &'a Step,
    ) -> BoxFuture<'a, Result> {
        ready(Ok(())).boxed()
    }

    fn explain<'a>(
        &'a self,
        _kind: &'a str,
        _object: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn import(&self, kind: &str, _id: &str) -> Result<Value> {
        let message = format!("{kind} is made up by a test, and cannot be imported");
        Err(ProviderError::new(ErrorKind::Refused, message))
    }

    fn open<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Opened>> {
        let value = self.filled(Mode::Ephemeral, kind, configuration, configuration);
        ready(value.map(|value| Opened { value, lease: Lease::NONE })).boxed()
    }

    fn read_data<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>> {
        ready(self.filled(Mode::Data, kind, configuration, configuration)).boxed()
    }
}
