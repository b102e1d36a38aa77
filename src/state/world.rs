//! The worlds that objects can be in.

use std::fmt;

use uuid::Uuid;

/// What the lineages of states begin with whose objects are in the sandbox.
const SANDBOX: &str = "sandbox-";

/// Where the objects of a stack are.
///
/// The lineage of a state says which it is, since every program that writes the file keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum World {
    /// AWS, or an endpoint in its place.
    #[default]
    Aws,
    /// The sandbox of the stack's folder.
    Sandbox,
}

impl World {
    /// The world that a text names, as [`fmt::Display`] writes it.
    pub fn parse(text: &str) -> Option<World> {
        [World::Aws, World::Sandbox].into_iter().find(|world| world.to_string() == text)
    }

    /// The world that the objects of a state with this lineage are in.
    pub fn of(lineage: &str) -> World {
        if lineage.starts_with(SANDBOX) { World::Sandbox } else { World::Aws }
    }

    /// A new lineage.
    pub fn lineage(self) -> String {
        let unique = Uuid::new_v4();
        match self {
            World::Aws => unique.to_string(),
            World::Sandbox => format!("{SANDBOX}{unique}"),
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            World::Aws => "aws",
            World::Sandbox => "sandbox",
        })
    }
}
