//! Marks that travel with values.

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Marks = Marks(0);
    /// The value must not be shown.
    pub const SENSITIVE: Marks = Marks(1);
    /// The value must not be stored in state or plan.
    pub const EPHEMERAL: Marks = Marks(2);

    /// The marks of what is sensitive or ephemeral.
    pub fn of(sensitive: bool, ephemeral: bool) -> Marks {
        let sensitive = if sensitive { Marks::SENSITIVE } else { Marks::NONE };
        sensitive.union(if ephemeral { Marks::EPHEMERAL } else { Marks::NONE })
    }

    /// The marks of both.
    pub fn union(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// These marks without those of `other`.
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether all marks of `other` are among these.
    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is no mark.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
