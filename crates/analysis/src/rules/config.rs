use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::builtin::BuiltinConfig;

/// Everything that decides which labels a changeset gets and whether it is tracked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Labels with their rules, in the order in which they are shown.
    pub labels: Vec<LabelConfig>,
    /// Built-in labels that are switched on.
    pub builtin: BuiltinConfig,
    /// Which changesets are tracked: those for which all labels of any entry hold. Empty: all are.
    pub track: Vec<Vec<String>>,
    /// Named lists of text that expressions can look things up in: `changeset.user in lists.watched`.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// A label and when a changeset gets it: when the area test and the expression both hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelConfig {
    /// Its name in `track`, in addresses and in feeds: letters, digits, `-` and `_`.
    pub name: String,
    /// What readers see instead of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name of an area, or a country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// How the changeset must lie to that area. Default: `touches`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<AreaTest>,
    /// An expression in CEL over `changeset`, `lists` and, after analysis, `analysis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// How a changeset must lie to an area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AreaTest {
    /// The changeset's box has a position in common with the area. Decided by the filter.
    Bbox,
    /// The centre of the changeset's box is in the area. Decided by the filter.
    Center,
    /// The changeset's box is in the area altogether. Decided by the filter.
    Within,
    /// The old or new geometry of a changed element has a position in common with the area. Decided after analysis,
    /// unless the changeset's box already shows it: a box outside the area cannot touch it, one inside must.
    #[default]
    Touches,
}

impl AreaTest {
    /// As in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bbox => "bbox",
            Self::Center => "center",
            Self::Within => "within",
            Self::Touches => "touches",
        }
    }
}
