//! The facts that a journal holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value as Json};

use super::{Object, OutputValue, file};
use crate::address::InstanceAddress;

/// A fact. The text of a record is one line of JSON: its kind, and what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A command that may change something has started.
    Run(Run),
    /// A step is about to make calls.
    Begun(Box<Begun>),
    /// A mutating call is about to be sent.
    Call {
        /// The step.
        step: String,
        /// The service and operation.
        operation: String,
    },
    /// A mutating call has an outcome.
    Called(Called),
    /// An object exists.
    Made {
        /// The step that made it.
        step: String,
        /// Its id.
        id: String,
    },
    /// A step has finished, and this is the object.
    Done(Done),
    /// A step has failed.
    Failed(Failed),
    /// The object of the step is gone.
    Deleted {
        /// The step.
        step: String,
    },
    /// The step of an earlier run needs nothing more: nothing came of it.
    Dropped {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// An object as it is: read, imported, or made without calls.
    Set(Done),
    /// The current object of an instance was given up and is now deposed.
    Deposed {
        /// The instance.
        #[serde(with = "text")]
        address: InstanceAddress,
        /// The key of the deposed object.
        key: String,
    },
    /// An object is no longer managed.
    Removed(Place),
    /// The objects of an instance have a new address.
    Moved {
        /// The address they had.
        #[serde(with = "text")]
        from: InstanceAddress,
        /// The address they have.
        #[serde(with = "text")]
        to: InstanceAddress,
        /// What the current one is there, when it is of another type now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        becomes: Option<Box<Done>>,
    },
    /// The outputs of the root module: all of them.
    Outputs(#[serde(with = "outputs")] BTreeMap<String, OutputValue>),
    /// The results of checks, as the state file has them.
    Checks(Json),
    /// A snapshot with everything so far is about to take the place of the last one.
    Compacting(Compacting),
    /// The run has ended by itself.
    Finished {
        /// The run.
        run: String,
    },
}

/// A command that may change something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its name: unique.
    pub run: String,
    /// The version of terrace.
    pub version: String,
    /// When it started, as RFC 3339 says.
    pub started: String,
    /// The lineage of the state.
    pub lineage: String,
    /// The serial of the snapshot it started from.
    pub serial: u64,
}

/// Where an object is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The instance.
    #[serde(with = "text")]
    pub address: InstanceAddress,
    /// The key of a deposed object; none for the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<String>,
}

impl Place {
    /// The place of the current object of an instance.
    pub fn current(address: &InstanceAddress) -> Place {
        Place { address: address.clone(), deposed: None }
    }
}

/// `aws_vpc.main` or `aws_vpc.main (deposed 0011aabb)`
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)?;
        self.deposed.as_ref().map_or(Ok(()), |key| write!(f, " (deposed {key})"))
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes an object.
    Create,
    /// Changes an object.
    Update,
    /// Destroys an object.
    Delete,
}

/// A step is about to make calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// The step: unique within the journal.
    pub step: String,
    /// Where its object is, or will be.
    pub place: Place,
    /// What it does.
    pub action: Action,
    /// The resource type.
    pub kind: String,
    /// The provider, as the state file names it.
    pub provider: String,
    /// The client token of its create call.
    pub token: String,
    /// The key under which the object that is there is kept once a new one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposes: Option<String>,
    /// The object as planned, with what apply has made known; for a deletion, as last known.
    pub object: StoredObject,
}

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Called {
    /// The step.
    pub step: String,
    /// The service and operation.
    pub operation: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded; the request id.
    Ok(String),
    /// It failed, or no answer came; the error.
    Error(String),
}

/// An object as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The step that finished; empty for facts without a step.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// Where the object is.
    pub place: Place,
    /// The provider, as the state file names it.
    pub provider: String,
    /// The whole object.
    pub object: StoredObject,
}

/// A step has failed: it is known how things stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// The step.
    pub step: String,
    /// What went wrong.
    pub error: String,
    /// Whether the object that was made must be replaced.
    pub tainted: bool,
    /// The object as last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<StoredObject>,
}

/// A snapshot is about to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compacting {
    /// Its serial.
    pub serial: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
}

impl Record {
    /// The step that the record is about.
    pub fn step(&self) -> Option<&str> {
        match self {
            Record::Begun(it) => Some(&it.step),
            Record::Called(it) => Some(&it.step),
            Record::Done(it) => Some(&it.step),
            Record::Failed(it) => Some(&it.step),
            Record::Call { step, .. }
            | Record::Made { step, .. }
            | Record::Deleted { step }
            | Record::Dropped { step, .. } => Some(step),
            _ => None,
        }
    }
}

/// An object as the journal writes it: as an instance in the state file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredObject(pub Object);

impl Serialize for StoredObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        file::object_to_json(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StoredObject, D::Error> {
        let json = Json::deserialize(deserializer)?;
        file::object_from_json(json).map(StoredObject).map_err(D::Error::custom)
    }
}

/// Addresses as their text.
mod text {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        address: &InstanceAddress,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(address)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<InstanceAddress, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Outputs as the state file has them.
mod outputs {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        outputs: &BTreeMap<String, OutputValue>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(outputs.iter().map(|(name, it)| (name, file::output_to_json(it))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, OutputValue>, D::Error> {
        let fields = Map::deserialize(deserializer)?;
        let output = |(name, json)| Ok((name, file::output_from_json(json)?));
        fields.into_iter().map(output).collect::<Result<_, String>>().map_err(D::Error::custom)
    }
}
