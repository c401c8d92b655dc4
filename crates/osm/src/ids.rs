use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! number_newtype {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

number_newtype! {
    /// The id of a changeset, positive.
    ChangesetId(u64)
}
number_newtype! {
    /// The id of an element, unique within its [`ElementType`]. Negative ids are placeholders that only editors use.
    ElementId(i64)
}
number_newtype! {
    /// The version of an element: 1 at its creation, one more at each change, without gaps.
    Version(u32)
}
number_newtype! {
    /// The id of a user account. It stays when the user is renamed.
    UserId(u64)
}
number_newtype! {
    /// The number of a file of the changesets feed, as in the file's own name (`006/641/018.osm.gz` is 6641018).
    ///
    /// The `sequence` inside `state.yaml` and `NNN.state.txt` is one less than the name of the data file it was
    /// written with (since 2008004). Here the number always names the file.
    ChangesetSequence(u64)
}
number_newtype! {
    /// The number of a file of the minute feed, as in the file's own name and in its state.
    MinuteSequence(u64)
}

impl ChangesetSequence {
    /// The sequence of the file that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl MinuteSequence {
    /// The sequence of the file that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The three kinds of elements of the OSM data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ElementType {
    /// A point.
    Node,
    /// An ordered list of nodes.
    Way,
    /// An ordered list of members with roles.
    Relation,
}

impl ElementType {
    /// All types in the order that osmChange files use.
    pub const ALL: [Self; 3] = [Self::Node, Self::Way, Self::Relation];

    /// `node`, `way` or `relation`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Way => "way",
            Self::Relation => "relation",
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names one element: its type and id. Displayed as in the URLs of osm.org: `way/4711`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ElementRef {
    /// The type.
    #[serde(rename = "type")]
    pub kind: ElementType,
    /// The id within the type.
    pub id: ElementId,
}

impl fmt::Display for ElementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}
