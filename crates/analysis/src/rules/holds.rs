/// Whether a rule holds, as far as one can tell. Ordered: a conjunction is the minimum, a disjunction the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// It does not, and analysis will not change that.
    No,
    /// Analysis has to tell.
    Maybe,
    /// It does, and analysis will not change that.
    Yes,
}

impl Holds {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
