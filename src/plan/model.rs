//! The plan as data: what is printed, saved, shown as JSON, and run by apply.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::{ConfigAddress, InstanceAddress, Key, ModulePath, quote};
use crate::diagnostic::Diagnostics;
use crate::language::config::{Configuration, Variable};
use crate::plan::dependencies::Read;
use crate::state::{State, World};
use crate::value::{Path, Value};

/// Which configuration of which provider: as state files name it, such as
/// `provider["registry.terraform.io/hashicorp/aws"].west`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderKey {
    /// The module that has the `provider` block.
    pub module: ModulePath,
    /// The source address, such as `registry.terraform.io/hashicorp/aws`.
    pub source: String,
    /// The alias, if it is not the default configuration.
    pub alias: Option<String>,
    /// Which of several, when the block has `for_each`.
    pub key: Option<String>,
}

impl fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}provider[{:?}]", self.module, self.source)?;
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, ".{alias}"))?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, "[{}]", quote(key)))
    }
}

impl std::str::FromStr for ProviderKey {
    type Err = String;

    fn from_str(text: &str) -> Result<ProviderKey, String> {
        let fail = || format!("`{text}` is not a provider address");
        let (prefix, rest) = text.split_once("provider[\"").ok_or_else(fail)?;
        let (source, rest) = rest.split_once("\"]").ok_or_else(fail)?;
        let steps = prefix.split('.').filter(|step| !step.is_empty() && *step != "module");
        let module = ModulePath(steps.map(str::to_string).collect());
        let (rest, key) = match rest.split_once('[') {
            Some((rest, key)) => {
                // A key is written as that of an instance.
                let address: InstanceAddress = format!("a.b[{key}").parse().map_err(|_| fail())?;
                let Some(Key::Name(key)) = address.key else { return Err(fail()) };
                (rest, Some(key))
            }
            None => (rest, None),
        };
        let alias = rest.strip_prefix('.').map(str::to_string);
        Ok(ProviderKey { module, source: source.to_string(), alias, key })
    }
}

/// What a command was asked to plan.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Bring the world to the configuration.
    #[default]
    Normal,
    /// Destroy everything in state.
    Destroy,
    /// Only bring state to the world.
    RefreshOnly,
}

/// What is done to one instance.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Make a new object.
    Create,
    /// Read a data source at apply.
    Read,
    /// Open an ephemeral resource, and close it when it is not needed any more.
    Open,
    /// Change the object.
    Update,
    /// Destroy the object, then make a new one.
    DestroyThenCreate,
    /// Make a new object, then destroy the old one.
    CreateThenDestroy,
    /// Drop the object from state, leaving it in the world, then make a new one.
    ForgetThenCreate,
    /// Destroy the object.
    Delete,
    /// Drop the object from state, leaving it in the world.
    Forget,
}

impl Action {
    /// Whether an object is replaced by another.
    pub fn replaces(self) -> bool {
        use Action::{CreateThenDestroy, DestroyThenCreate, ForgetThenCreate};
        matches!(self, DestroyThenCreate | CreateThenDestroy | ForgetThenCreate)
    }

    /// Whether an object is destroyed.
    pub fn destroys(self) -> bool {
        use Action::{CreateThenDestroy, Delete, DestroyThenCreate};
        matches!(self, DestroyThenCreate | CreateThenDestroy | Delete)
    }

    /// Whether an object leaves state, destroyed or not.
    pub fn ends(self) -> bool {
        self.replaces() || matches!(self, Action::Delete | Action::Forget)
    }
}

/// Why an action was chosen, where it is not plain from the values.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Plain.
    None,
    /// Arguments that cannot be changed in place do change.
    CannotUpdate,
    /// An earlier create did not finish.
    Tainted,
    /// The command asked for it (`-replace`).
    Requested,
    /// `replace_triggered_by`
    Triggered,
    /// The object is gone, or was never made.
    Missing,
    /// The resource is no longer in the configuration.
    NoResource,
    /// Its module is no longer in the configuration, or has fewer instances.
    NoModule,
    /// The instance's `count` index is beyond the count now.
    CountIndex,
    /// The instance's key is not in `for_each` now.
    EachKey,
    /// The resource is not enabled now.
    Disabled,
    /// The resource had no `count` or `for_each` before, or has none now.
    WrongRepetition,
    /// A data source's arguments are not known yet.
    ConfigUnknown,
    /// What configures a data source's provider is not known yet.
    ProviderUnknown,
    /// A data source depends on something that changes.
    DependencyPending,
    /// A data source of a `check` block is read again after everything else.
    CheckNested,
    /// An object left over from a replacement.
    Deposed,
    /// The configuration has `destroy = false`.
    KeptByConfiguration,
    /// The configuration had `destroy = false` when it was applied last.
    KeptByState,
}

/// What is planned for one instance, or for one deposed object of it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The instance.
    pub address: InstanceAddress,
    /// The address that its object had before it was moved.
    pub previous: Option<InstanceAddress>,
    /// The id by which its object is imported, when it was not in state.
    pub importing: Option<String>,
    /// The key of the deposed object this is about.
    pub deposed: Option<String>,
    /// The provider configuration that does it.
    pub provider: ProviderKey,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The object as it is (refreshed), or null.
    pub before: Value,
    /// The object as planned, with unknowns and marks, or null.
    pub after: Value,
    /// What the user says: null where nothing. For a data source, its arguments.
    pub configuration: Value,
    /// The paths because of which the object is replaced.
    pub replace_paths: Vec<Path>,
    /// The managed resources it directly depends on: recorded in state with the object.
    pub dependencies: Vec<ConfigAddress>,
    /// The managed resources that the object in state is recorded to depend on.
    pub prior_dependencies: Vec<ConfigAddress>,
    /// Whether a replacement of it is made before the old object is destroyed.
    pub create_before_destroy: bool,
    /// Whether the object is forgotten where it would be destroyed: recorded in state with it.
    pub skip_destroy: bool,
}

impl Change {
    /// A change of an object of which nothing else is known.
    pub fn new(address: InstanceAddress, provider: ProviderKey, action: Action) -> Change {
        Change {
            address,
            previous: None,
            importing: None,
            deposed: None,
            provider,
            action,
            reason: Reason::None,
            before: Value::NULL,
            after: Value::NULL,
            configuration: Value::NULL,
            replace_paths: Vec::new(),
            dependencies: Vec::new(),
            prior_dependencies: Vec::new(),
            create_before_destroy: false,
            skip_destroy: false,
        }
    }

    /// Whether anything comes of it: something is done to the object, it has another address, or it
    /// is imported.
    pub fn does_something(&self) -> bool {
        !matches!(self.action, Action::Nothing | Action::Open)
            || self.previous.is_some()
            || self.importing.is_some()
    }
}

/// A difference between state and world, found by refreshing.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The instance.
    pub address: InstanceAddress,
    /// As state had it.
    pub before: Value,
    /// As it is; null when it is gone.
    pub after: Value,
    /// The attributes whose difference matters: the configuration sets them, or something that
    /// changes reads them. All that differ when a plan only refreshes.
    pub relevant: Vec<String>,
}

impl Drift {
    /// Whether it is to be told.
    pub fn is_relevant(&self) -> bool {
        self.after.is_null() || !self.relevant.is_empty()
    }
}

/// What becomes of an output of the root module.
#[derive(Clone, Debug)]
pub struct OutputChange {
    /// As state had it; null when it had none.
    pub before: Value,
    /// As planned; null when it is removed.
    pub after: Value,
    /// Whether it is declared sensitive.
    pub sensitive: bool,
}

impl OutputChange {
    /// Whether it becomes another value, or becomes sensitive or ceases to be; a null is as good as
    /// none. State does not tell which parts of a value are sensitive, so those do not count.
    pub fn changes(&self) -> bool {
        let same = self.before.marks() == self.after.marks()
            && self.before.unmark_deep().0 == self.after.unmark_deep().0;
        let absent = self.before.is_null() && self.after.is_null();
        !same && !absent
    }
}

/// One piece of work in the graph that apply runs.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Create, update, or make the new object of change number n; read its data source.
    Make(usize),
    /// Destroy the (old) object of change number n, or forget it.
    Destroy(usize),
    /// Close the ephemeral resource of change number n.
    Close(usize),
    /// Nothing: stands between all instances of a resource and all that depends on them.
    Join,
}

/// The graph that apply runs: work, and for each piece the pieces that must be done before.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Schedule {
    /// The work, in source order.
    pub work: Vec<Work>,
    /// For each piece of work, the positions of those before it.
    pub after: Vec<Vec<usize>>,
}

/// How a condition of the configuration came out.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStatus {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It will be known at apply.
    Unknown,
}

impl CheckStatus {
    /// As state files and JSON plans name it.
    pub fn name(self) -> &'static str {
        match self {
            CheckStatus::Pass => "pass",
            CheckStatus::Fail => "fail",
            CheckStatus::Unknown => "unknown",
        }
    }
}

/// The conditions of one resource, output, variable or `check` block.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// What has the conditions, as in the JSON plan: `resource`, `output_value`, `var`, `check`.
    pub kind: &'static str,
    /// Its address in the configuration, without keys.
    pub config: String,
    /// Its address.
    pub address: String,
    /// How they came out together.
    pub status: CheckStatus,
    /// The messages of those that failed.
    pub problems: Vec<String>,
}

/// What is to be done, and all that is needed to do it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub mode: Mode,
    /// The configuration the plan was made from.
    pub configuration: Configuration,
    /// The input variables of the root module, converted and marked.
    pub variables: BTreeMap<String, Value>,
    /// The workspace.
    pub workspace: String,
    /// The state the plan is made against: as it was stored, before refreshing.
    pub stored: State,
    /// What is moved to another address before all else, one after another.
    pub moves: Vec<(InstanceAddress, InstanceAddress)>,
    /// The state after moving and refreshing.
    pub prior: State,
    /// All instances of the configuration and of state, in source order; those without change too.
    pub changes: Vec<Change>,
    /// The graph that apply runs.
    pub schedule: Schedule,
    /// Differences between state and world.
    pub drift: Vec<Drift>,
    /// What the changes read of resources.
    pub reads: BTreeSet<Read>,
    /// The outputs of the root module.
    pub outputs: BTreeMap<String, OutputChange>,
    /// The conditions evaluated.
    pub checks: Vec<CheckResult>,
    /// The targets, when the plan covers only those.
    pub targets: Vec<crate::address::Target>,
    /// What the plan leaves as it is, with all that depends on it.
    pub excludes: Vec<crate::address::Target>,
    /// When it was made, RFC 3339: what `plantimestamp` gives.
    pub timestamp: String,
    /// Where the objects are: a plan is applied nowhere else.
    pub world: World,
    /// Warnings, and errors when it cannot be applied.
    pub diagnostics: Diagnostics,
}

impl Plan {
    /// Whether applying it would change anything: objects, outputs, or what state knows.
    pub fn changes_anything(&self) -> bool {
        let does = |it: &Change| {
            !matches!(it.action, Action::Nothing | Action::Open) || it.importing.is_some()
        };
        self.changes.iter().any(does)
            || self.outputs.values().any(OutputChange::changes)
            || !self.moves.is_empty()
            || (self.mode == Mode::RefreshOnly && !self.drift.is_empty())
    }

    /// The ephemeral variables of the root module, which a saved plan does not keep.
    pub fn ephemeral_variables(&self) -> impl Iterator<Item = (&String, &Variable)> {
        let root = self.configuration.modules.get(&ModulePath::default());
        let variables = root.into_iter().flat_map(|it| &it.variables);
        variables.filter(|(_, it)| it.ephemeral)
    }

    /// How many objects are added, changed and destroyed.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            counts.import += usize::from(change.importing.is_some());
            match change.action {
                Action::Create => counts.add += 1,
                Action::Update => counts.change += 1,
                Action::Delete => counts.destroy += 1,
                Action::Forget => counts.forget += 1,
                Action::ForgetThenCreate => {
                    counts.add += 1;
                    counts.forget += 1;
                }
                action if action.replaces() => {
                    counts.add += 1;
                    counts.destroy += 1;
                }
                _ => {}
            }
        }
        counts
    }
}

/// How many objects a plan touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Made, replacements included.
    pub add: usize,
    /// Changed in place.
    pub change: usize,
    /// Destroyed, replacements included.
    pub destroy: usize,
    /// Dropped from state.
    pub forget: usize,
    /// Taken into state.
    pub import: usize,
}
