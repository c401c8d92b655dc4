//! Labels with rules of their own, switched on by name: `no-comment = true`, or a table of thresholds.
//!
//! Thresholds are those that OSMCha, WhoDidIt and osm-compare have used for years; every one can be changed.

mod elements;
mod metadata;
mod volume;

use std::marker::PhantomData;

use osmtracker_osm::Changeset;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Holds;
use crate::{Analysis, Evidence};

pub use elements::{AddressChanged, DraggedWay, RouteChanged};
pub use metadata::{Bot, EditorNotDeclared, NoComment, NoSource, ReviewRequested};
pub use volume::{ManyDeletions, MassDeletion, MassModification, PossibleImport};

/// A rule of this crate's own.
pub(crate) trait BuiltinRule: Send + Sync {
    /// The rule in words, for readers.
    fn rule(&self) -> &'static str;

    /// Its thresholds: name and value.
    fn thresholds(&self) -> Vec<(&'static str, String)>;

    /// What the filter can tell from metadata. `Yes` comes with evidence.
    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>);

    /// Why the label holds, once the analysis is there; only asked when the filter said `Maybe`.
    fn finish(&self, analysis: &Analysis, changeset: &Changeset) -> Option<Vec<Evidence>>;
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $field:ident: $rule:ident = $name:literal, $title:literal;)*) => {
        /// Which built-in labels are on, and their thresholds. Everything is off by default.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct BuiltinConfig {
            $($(#[$doc])* pub $field: Switch<$rule>,)*
        }

        impl BuiltinConfig {
            /// Names of all built-in labels.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The rules that are on, with name and title.
            pub(crate) fn rules(&self) -> Vec<(&'static str, &'static str, Box<dyn BuiltinRule>)> {
                let mut rules: Vec<(&'static str, &'static str, Box<dyn BuiltinRule>)> = Vec::new();
                $(if let Switch::On(rule) = &self.$field {
                    rules.push(($name, $title, Box::new(rule.clone())));
                })*
                rules
            }
        }
    };
}

builtins! {
    /// The changeset has no comment.
    no_comment: NoComment = "no-comment", "No comment";
    /// The changeset names no source.
    no_source: NoSource = "no-source", "No source";
    /// The author asks for a review.
    review_requested: ReviewRequested = "review-requested", "Review requested";
    /// Much was created, little else.
    possible_import: PossibleImport = "possible-import", "Possible import";
    /// Much was modified, little else.
    mass_modification: MassModification = "mass-modification", "Mass modification";
    /// Much was deleted, little else.
    mass_deletion: MassDeletion = "mass-deletion", "Mass deletion";
    /// The changeset does not say with which program it was made.
    editor_not_declared: EditorNotDeclared = "editor-not-declared", "Editor not declared";
    /// A route was changed.
    route_changed: RouteChanged = "route-changed", "Route changed";
    /// An address that was there was changed.
    address_changed: AddressChanged = "address-changed", "Address changed";
    /// A way has a segment that is far longer than before.
    dragged_way: DraggedWay = "dragged-way", "Dragged way";
    /// More was deleted than created and modified.
    many_deletions: ManyDeletions = "many-deletions", "Many deletions";
    /// The changeset says that a program made it.
    bot: Bot = "bot", "Bot";
}

/// A built-in label: off, or on with its thresholds. In files `false`, `true` (defaults) or a table of thresholds.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Switch<T> {
    /// The label is not given.
    #[default]
    Off,
    /// The label is given under these conditions.
    On(T),
}

impl<T: Default> From<bool> for Switch<T> {
    fn from(on: bool) -> Self {
        if on { Self::On(T::default()) } else { Self::Off }
    }
}

impl<T: Serialize> Serialize for Switch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::On(thresholds) => thresholds.serialize(serializer),
        }
    }
}

impl<'de, T: Default + Deserialize<'de>> Deserialize<'de> for Switch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);

        impl<'de, T: Default + Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = Switch<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false or a table of thresholds")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
                Ok(on.into())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Switch::On)
            }
        }

        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Switch<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Switch_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let thresholds = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [{ "type": "boolean" }, thresholds] })
    }
}

pub(crate) fn evidence(rule: impl Into<String>, value: impl ToString, threshold: impl ToString) -> Evidence {
    Evidence { rule: rule.into(), value: Some(value.to_string()), threshold: Some(threshold.to_string()) }
}
