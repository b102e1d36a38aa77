//! What terrace knows of the objects it manages: the model, Terraform's state file, and the journal
//! in which a running apply notes each fact before it goes on.
//!
//! The state of a stack is the last snapshot (`terraform.tfstate`) with the journal beside it folded
//! in. [`Store`] keeps both; nothing else writes them.

pub mod attributes;
mod behind;
mod error;
pub mod file;
mod fold;
#[cfg(test)]
mod format_tests;
mod journal;
mod lock;
#[cfg(test)]
pub(crate) mod memory;
mod record;
mod store;
mod vault;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

pub use attributes::{AttributeError, decode, encode};
pub use behind::{bequeathed, through};
pub use error::StateError;
pub use file::{TERRAFORM_VERSION, parse, print};
pub use fold::{Folded, Pending, deposed_key, fold};
pub use journal::{Journal, Tail, read as read_journal};
pub use lock::{Lock, LockInfo};
pub use record::{
    Action, Begun, Called, Compacting, Done, Failed, Outcome, Place, Record, Run, StoredObject,
};
pub use store::{Options, Store};
pub use vault::{Vault, is_interrupted};
pub use world::World;

use crate::address::{ConfigAddress, InstanceAddress, ResourceAddress};
use crate::value::json::{from_json_typed, to_json_typed, type_from_json, type_to_json};
use crate::value::{ConvertError, Marks, Path, Value};

/// The objects of a stack, and what it gave out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Says which states are versions of one another; empty until the first snapshot.
    pub lineage: String,
    /// Counts the snapshots of a lineage.
    pub serial: u64,
    /// The version of Terraform that the file says wrote it.
    pub terraform_version: String,
    /// The outputs of the root module.
    pub outputs: BTreeMap<String, OutputValue>,
    /// The objects, by the instance they belong to. Copies of a state share them until one changes.
    pub resources: Arc<BTreeMap<InstanceAddress, Instance>>,
    /// The results of checks, as in the file.
    pub check_results: Json,
    /// Members of the file that terrace does not know.
    pub other: Map<String, Json>,
}

/// An output of the root module.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputValue {
    /// The value.
    pub value: Json,
    /// Its type, as `cty` writes types in JSON.
    pub ty: Json,
    /// Whether it must not be shown.
    pub sensitive: bool,
    /// Members that terrace does not know.
    pub other: Map<String, Json>,
}

/// The objects of one resource instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// The provider as the file names it, such as
    /// `provider["registry.terraform.io/hashicorp/aws"].alias`.
    pub provider: String,
    /// The object in use; absent while only deposed ones are left.
    pub current: Option<Object>,
    /// Objects that were replaced and are still to be destroyed, by an eight-digit key.
    pub deposed: BTreeMap<String, Object>,
}

/// One object that exists, as last known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// The attributes, as the provider's schema version has them.
    pub attributes: Map<String, Json>,
    /// The version of the schema that the attributes follow.
    pub schema_version: u64,
    /// The attributes that must not be shown.
    pub sensitive_paths: Vec<Path>,
    /// What the provider keeps for itself.
    pub private: Option<Json>,
    /// The resources that it directly depends on.
    pub dependencies: Vec<ConfigAddress>,
    /// Whether its successor is made before it is destroyed.
    pub create_before_destroy: bool,
    /// Whether it is forgotten where it would be destroyed.
    pub skip_destroy: bool,
    /// Whether the next plan must replace it.
    pub tainted: bool,
    /// Made, but not seen finished: only its id and what was planned are known. Kept in the
    /// journal, not in the file.
    pub creating: bool,
    /// The provider's identity of the object, with its version.
    pub identity: Option<Json>,
    /// Members that terrace does not know.
    pub other: Map<String, Json>,
}

impl Object {
    /// The `id` attribute.
    pub fn id(&self) -> Option<&str> {
        self.attributes.get("id").and_then(Json::as_str)
    }
}

impl Instance {
    /// Whether no object is left.
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.deposed.is_empty()
    }

    /// The current object, or the deposed one of that key.
    pub fn object(&self, deposed: Option<&str>) -> Option<&Object> {
        deposed.map_or(self.current.as_ref(), |key| self.deposed.get(key))
    }
}

impl OutputValue {
    /// The output of a wholly known value; marks of the value make it sensitive.
    pub fn new(value: &Value, sensitive: bool) -> OutputValue {
        let sensitive = sensitive || value.marks_deep().contains(Marks::SENSITIVE);
        let value = value.known();
        let ty = value.ty();
        let json = to_json_typed(&value, &ty).unwrap_or_default();
        OutputValue { value: json, ty: type_to_json(&ty), sensitive, other: Map::new() }
    }

    /// The value, marked when it must not be shown.
    pub fn decode(&self) -> Result<Value, ConvertError> {
        let ty = type_from_json(&self.ty)
            .map_err(|error| ConvertError { path: Path::default(), message: error.0 })?;
        let value = from_json_typed(&self.value, &ty)?.value;
        Ok(if self.sensitive { value.mark(Marks::SENSITIVE) } else { value })
    }
}

impl State {
    /// A state of nothing, of a lineage of its own.
    pub fn new(lineage: impl Into<String>) -> State {
        State { lineage: lineage.into(), ..State::default() }
    }

    /// The objects, to be changed.
    pub fn resources_mut(&mut self) -> &mut BTreeMap<InstanceAddress, Instance> {
        Arc::make_mut(&mut self.resources)
    }

    /// Whether it holds neither objects nor outputs.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty()
    }

    /// The current object of an instance, or its deposed one of that key.
    pub fn object(&self, address: &InstanceAddress, deposed: Option<&str>) -> Option<&Object> {
        self.resources.get(address)?.object(deposed)
    }

    /// Puts an object in its place and returns what was there.
    pub fn set(
        &mut self,
        address: &InstanceAddress,
        deposed: Option<&str>,
        provider: &str,
        object: Object,
    ) -> Option<Object> {
        let instance = self.resources_mut().entry(address.clone()).or_default();
        instance.provider = provider.to_string();
        match deposed {
            Some(key) => instance.deposed.insert(key.to_string(), object),
            None => instance.current.replace(object),
        }
    }

    /// Notes whether the current object of an instance is forgotten where it would be destroyed.
    pub fn note_skip_destroy(&mut self, address: &InstanceAddress, skip: bool) {
        if self.object(address, None).is_none_or(|it| it.skip_destroy == skip) {
            return;
        }
        let instance = self.resources_mut().get_mut(address);
        if let Some(object) = instance.and_then(|it| it.current.as_mut()) {
            object.skip_destroy = skip;
        }
    }

    /// Takes an object out, and its instance with the last one.
    pub fn remove(&mut self, address: &InstanceAddress, deposed: Option<&str>) -> Option<Object> {
        self.object(address, deposed)?;
        let resources = self.resources_mut();
        let instance = resources.get_mut(address)?;
        let object = match deposed {
            Some(key) => instance.deposed.remove(key),
            None => instance.current.take(),
        };
        if instance.is_empty() {
            resources.remove(address);
        }
        object
    }

    /// Gives the objects of an instance a new address; what was there is replaced.
    pub fn rename(&mut self, from: &InstanceAddress, to: &InstanceAddress) {
        if let Some(instance) = self.resources_mut().remove(from) {
            self.resources_mut().insert(to.clone(), instance);
        }
    }

    /// Makes the current object of an instance a deposed one.
    pub fn depose(&mut self, address: &InstanceAddress, key: &str) {
        if let Some(instance) = self.resources_mut().get_mut(address)
            && let Some(object) = instance.current.take()
        {
            instance.deposed.insert(key.to_string(), object);
        }
    }

    /// All objects with their addresses and deposed keys, in order.
    pub fn objects(&self) -> impl Iterator<Item = (&InstanceAddress, Option<&str>, &Object)> {
        self.resources.iter().flat_map(|(address, instance)| {
            let current = instance.current.iter().map(move |it| (address, None, it));
            let deposed = instance.deposed.iter();
            current.chain(deposed.map(move |(key, it)| (address, Some(key.as_str()), it)))
        })
    }

    /// The instances of a resource, in the order of their keys.
    pub fn instances_of<'a>(
        &'a self,
        resource: &'a ResourceAddress,
    ) -> impl Iterator<Item = (&'a InstanceAddress, &'a Instance)> {
        let first = resource.instance(None);
        self.resources.range(first..).take_while(move |(address, _)| address.resource == *resource)
    }

    /// Whether both hold the same, whatever their lineage and serial.
    pub fn same_content(&self, other: &State) -> bool {
        (Arc::ptr_eq(&self.resources, &other.resources) || self.resources == other.resources)
            && self.outputs == other.outputs
            && self.check_results == other.check_results
    }
}

#[cfg(test)]
mod tests;
