//! What an apply tells while it runs.

use std::time::Duration;

use crate::state::Place;

/// What is being done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doing {
    /// Making it.
    Create,
    /// Changing it.
    Update,
    /// Destroying it.
    Destroy,
    /// Reading a data source.
    Read,
    /// Dropping it from state.
    Forget,
    /// Opening an ephemeral resource.
    Open,
    /// Closing an ephemeral resource.
    Close,
    /// Finding out what became of it in an interrupted run.
    Recover,
}

/// Something that happened, or is happening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Work on an object has started.
    Started {
        /// The object.
        place: Place,
        /// What is done to it.
        doing: Doing,
        /// Its id, when it has one.
        id: Option<String>,
    },
    /// The object now has an id.
    Made {
        /// The object.
        place: Place,
        /// Its id.
        id: String,
    },
    /// Work on an object waits for something.
    Waiting {
        /// The object.
        place: Place,
        /// For what, such as `provisioning` or `waiting for IAM role x to reach ECS`.
        why: String,
    },
    /// It is found out how an object is now.
    Looking {
        /// The object.
        place: Place,
        /// Its id, when it has one.
        id: Option<String>,
    },
    /// It is known how an object is now.
    Looked {
        /// The object.
        place: Place,
        /// Its id; none when it is gone.
        id: Option<String>,
    },
    /// A provisioner of an object starts.
    Provisioning {
        /// The object.
        place: Place,
        /// The type of the provisioner.
        kind: String,
    },
    /// A provisioner of an object has said something.
    ProvisionerSaid {
        /// The object.
        place: Place,
        /// The type of the provisioner.
        kind: String,
        /// What it said, in a line.
        line: String,
    },
    /// A provisioner of an object has ended.
    Provisioned {
        /// The object.
        place: Place,
        /// The type of the provisioner.
        kind: String,
        /// Whether it failed.
        failed: bool,
    },
    /// Work on an object has succeeded.
    Finished {
        /// The object.
        place: Place,
        /// What was done to it.
        doing: Doing,
        /// Its id, when it has one.
        id: Option<String>,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on an object has failed; the diagnostics of the apply say why.
    Failed {
        /// The object.
        place: Place,
        /// What was to be done to it.
        doing: Doing,
        /// What went wrong, in a line.
        error: String,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on an object was broken off because the run is being stopped; it is continued next time.
    Abandoned {
        /// The object.
        place: Place,
        /// What was to be done to it.
        doing: Doing,
    },
    /// Work on an object will not be done, because something it depends on has failed.
    Skipped {
        /// The object.
        place: Place,
        /// What was to be done to it.
        doing: Doing,
        /// What has failed.
        because: String,
    },
    /// The run is being stopped: nothing new is started.
    Stopping,
}

/// Shows events to the user.
pub trait Reporter: Send + Sync {
    /// Takes an event; called from any thread, and must not block.
    fn event(&self, event: Event);
}

/// Shows nothing.
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _event: Event) {}
}
