//! Addresses of modules and resources: `module.a["k"].data.aws_subnet.b[0]`.

mod targets;

use std::fmt;

pub use targets::Targets;

/// What distinguishes an instance among those of one `count` or `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An index of `count`.
    Index(usize),
    /// A key of `for_each`.
    Name(String),
}

/// `[0]` or `["name"]`
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Index(index) => write!(f, "[{index}]"),
            Key::Name(name) => write!(f, "[{}]", quote(name)),
        }
    }
}

/// The name as a string literal of the language.
pub fn quote(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    for c in name.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => out.push(other),
        }
    }
    out.push('"');
    out.replace("${", "$${").replace("%{", "%%{")
}

/// A module as written: the names of the calls that lead to it, none for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(pub Vec<String>);

impl ModulePath {
    /// The module that the call `name` in this module leads to.
    pub fn child(&self, name: &str) -> ModulePath {
        let mut path = self.0.clone();
        path.push(name.to_string());
        ModulePath(path)
    }

    /// Whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

/// `module.a.module.b`; nothing for the root module.
impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.0.iter().map(|name| format!("module.{name}")).collect();
        f.write_str(&steps.join("."))
    }
}

/// One instance of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleInstance(pub Vec<(String, Option<Key>)>);

impl ModuleInstance {
    /// The root module.
    pub const ROOT: ModuleInstance = ModuleInstance(Vec::new());

    /// The instance `key` of the module that the call `name` in this module leads to.
    pub fn child(&self, name: &str, key: Option<Key>) -> ModuleInstance {
        let mut path = self.0.clone();
        path.push((name.to_string(), key));
        ModuleInstance(path)
    }

    /// The module that this is an instance of.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    /// Whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

/// `module.a["k"].module.b`; nothing for the root module.
impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, key)) in self.0.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            write!(f, "{dot}module.{name}")?;
            if let Some(key) = key {
                write!(f, "{key}")?;
            }
        }
        Ok(())
    }
}

/// Whether a resource is managed, only read, or opened for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A `resource` block.
    Managed,
    /// A `data` block.
    Data,
    /// An `ephemeral` block.
    Ephemeral,
}

impl Mode {
    /// As state files and JSON name it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Managed => "managed",
            Mode::Data => "data",
            Mode::Ephemeral => "ephemeral",
        }
    }

    /// What addresses of such resources begin with.
    fn prefix(self) -> &'static str {
        match self {
            Mode::Managed => "",
            Mode::Data => "data.",
            Mode::Ephemeral => "ephemeral.",
        }
    }
}

/// A resource inside its module: `aws_subnet.b` or `data.aws_region.here`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceName {
    /// Which kind of block it has.
    pub mode: Mode,
    /// The type, such as `aws_subnet`.
    pub kind: String,
    /// The name given in the configuration.
    pub name: String,
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}.{}", self.mode.prefix(), self.kind, self.name)
    }
}

/// A resource as written, in a module as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigAddress {
    /// The module.
    pub module: ModulePath,
    /// The resource in it.
    pub resource: ResourceName,
}

impl fmt::Display for ConfigAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.resource)
    }
}

/// A resource in one instance of its module; it may have several instances itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceAddress {
    /// The instance of the module.
    pub module: ModuleInstance,
    /// The resource in it.
    pub resource: ResourceName,
}

impl ResourceAddress {
    /// The resource as written.
    pub fn config(&self) -> ConfigAddress {
        ConfigAddress { module: self.module.path(), resource: self.resource.clone() }
    }

    /// One instance of the resource.
    pub fn instance(&self, key: Option<Key>) -> InstanceAddress {
        InstanceAddress { resource: self.clone(), key }
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.resource)
    }
}

/// One instance of a resource: what state and plan are keyed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceAddress {
    /// The resource.
    pub resource: ResourceAddress,
    /// Which of its instances; none without `count` and `for_each`.
    pub key: Option<Key>,
}

impl fmt::Display for InstanceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.resource)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, "{key}"))
    }
}

/// What a user may name with `-target` or `state mv`: a module, a resource, or an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A module instance, or all instances of a module call when the last key is absent.
    Module(ModuleInstance),
    /// All instances of a resource.
    Resource(ResourceAddress),
    /// One instance.
    Instance(InstanceAddress),
}

impl Target {
    /// Whether the instance is what is named, or is part of it. A module or resource named
    /// without a key stands for all its instances.
    pub fn covers(&self, address: &InstanceAddress) -> bool {
        match self {
            Target::Module(module) => covers_module(module, &address.resource.module),
            Target::Resource(resource) => {
                resource.resource == address.resource.resource
                    && resource.module.0.len() == address.resource.module.0.len()
                    && covers_module(&resource.module, &address.resource.module)
            }
            Target::Instance(instance) => instance == address,
        }
    }
}

fn covers_module(named: &ModuleInstance, module: &ModuleInstance) -> bool {
    named.0.len() <= module.0.len()
        && named.0.iter().zip(&module.0).all(|((name, key), (other, other_key))| {
            name == other && (key.is_none() || key == other_key)
        })
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Module(it) => it.fmt(f),
            Target::Resource(it) => it.fmt(f),
            Target::Instance(it) => it.fmt(f),
        }
    }
}

/// A text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: {reason}")]
pub struct AddressError {
    /// The text.
    pub text: String,
    /// Why not.
    pub reason: String,
}

/// One dotted step of an address, with its key.
type Segment = (String, Option<Key>);

fn segments(text: &str) -> Result<Vec<Segment>, AddressError> {
    let fail = |reason: &str| AddressError { text: text.into(), reason: reason.into() };
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let legal = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(legal) {
            return Err(fail("a name is missing or has an illegal character"));
        }
        let (key, tail) = match tail.strip_prefix('[') {
            Some(inside) => {
                let (key, tail) = key(inside).ok_or_else(|| {
                    fail("an instance key must be a whole number or a quoted string in brackets")
                })?;
                (Some(key), tail)
            }
            None => (None, tail),
        };
        found.push((name.to_string(), key));
        match tail.strip_prefix('.') {
            Some(next) => rest = next,
            None if tail.is_empty() => return Ok(found),
            None => return Err(fail("something unexpected follows an instance key")),
        }
    }
}

/// Reads a key and its closing bracket off the front of `text`.
fn key(text: &str) -> Option<(Key, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let (digits, rest) = text.split_once(']')?;
        return Some((Key::Index(digits.parse().ok()?), rest));
    };
    let mut name = String::new();
    loop {
        let c = rest.chars().next()?;
        rest = rest.get(c.len_utf8()..)?;
        match c {
            '"' => break,
            '\\' => {
                let escaped = rest.chars().next()?;
                rest = rest.get(escaped.len_utf8()..)?;
                name.push(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                });
            }
            other => name.push(other),
        }
    }
    let name = name.replace("$${", "${").replace("%%{", "%{");
    Some((Key::Name(name), rest.strip_prefix(']')?))
}

impl std::str::FromStr for Target {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Target, AddressError> {
        let fail = |reason: &str| AddressError { text: text.into(), reason: reason.into() };
        Target::from_steps(segments(text)?).map_err(fail)
    }
}

impl Target {
    /// The address of these dotted names with their keys; or why they are none.
    pub fn from_steps(steps: Vec<(String, Option<Key>)>) -> Result<Target, &'static str> {
        let mut rest = steps.into_iter().peekable();
        let mut module = ModuleInstance::ROOT;
        while rest.next_if(|(name, _)| name == "module").is_some() {
            let (name, key) = rest.next().ok_or("a module name must follow `module`")?;
            module = module.child(&name, key);
        }
        let mode = match rest.next_if(|(name, _)| ["data", "ephemeral"].contains(&name.as_str())) {
            Some((name, _)) if name == "data" => Mode::Data,
            Some(_) => Mode::Ephemeral,
            None => Mode::Managed,
        };
        let Some((kind, kind_key)) = rest.next() else {
            let named = mode == Mode::Managed && !module.is_root();
            return named.then_some(Target::Module(module)).ok_or("it is incomplete");
        };
        let (name, key) = rest.next().ok_or("a resource needs a type and a name")?;
        if kind_key.is_some() || rest.next().is_some() {
            return Err("a resource is a type, a name and at most one instance key");
        }
        let resource = ResourceAddress { module, resource: ResourceName { mode, kind, name } };
        Ok(match key {
            Some(_) => Target::Instance(resource.instance(key)),
            None => Target::Resource(resource),
        })
    }
}

impl std::str::FromStr for InstanceAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<InstanceAddress, AddressError> {
        match text.parse()? {
            Target::Instance(instance) => Ok(instance),
            Target::Resource(resource) => Ok(resource.instance(None)),
            Target::Module(_) => Err(AddressError {
                text: text.into(),
                reason: "a resource instance is needed, not a module".into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_are_written() {
        for text in [
            "aws_vpc.main",
            "aws_subnet.private[2]",
            "module.a.ephemeral.random_password.b[0]",
            r#"module.a["k.[\"x\"]"].module.b[0].data.aws_region.here"#,
            r#"aws_eip.nat["a$${b}"]"#,
        ] {
            assert_eq!(text.parse::<InstanceAddress>().unwrap().to_string(), text);
        }
        assert_eq!("module.a".parse::<Target>().unwrap().to_string(), "module.a");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "aws_vpc", "aws_vpc.", "aws_vpc.a[", "aws_vpc.a[x]", "a.b.c", "module", "data.a"]
        {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_target_without_key_covers_all_instances() {
        let instance: InstanceAddress = r#"module.a["x"].aws_vpc.b[1]"#.parse().unwrap();
        for covering in
            ["module.a", r#"module.a["x"]"#, "module.a.aws_vpc.b", r#"module.a["x"].aws_vpc.b[1]"#]
        {
            assert!(covering.parse::<Target>().unwrap().covers(&instance), "{covering}");
        }
        for other in ["module.b", r#"module.a["y"]"#, "aws_vpc.b", r#"module.a["x"].aws_vpc.b[0]"#]
        {
            assert!(!other.parse::<Target>().unwrap().covers(&instance), "{other}");
        }
    }
}
