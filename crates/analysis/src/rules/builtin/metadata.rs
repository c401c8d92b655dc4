//! Rules that the changeset's own tags decide.

use osmtracker_osm::Changeset;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BuiltinRule;
use crate::{Analysis, Evidence, rules::Holds};

/// Neither a `comment` tag nor a blank one.
/// <https://wiki.openstreetmap.org/wiki/Good_changeset_comments>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoComment {}

/// None of the tags that name a source.
/// <https://wiki.openstreetmap.org/wiki/Key:source>; `imagery_used` is what the editor iD writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoSource {
    /// Tags of the changeset that name a source.
    pub keys: Vec<String>,
}

/// `review_requested=yes`, which iD and others offer. As in OSMCha.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewRequested {}

/// No `created_by`. As in OSMCha.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EditorNotDeclared {}

/// A tag that says `yes` to being made by a program, or one of the listed users.
/// <https://wiki.openstreetmap.org/wiki/Automated_Edits_code_of_conduct> asks for `bot=yes` and `mechanical=yes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bot {
    /// Tags of the changeset whose value `yes` says so.
    pub keys: Vec<String>,
    /// Users known to be programs, by their exact names.
    pub users: Vec<String>,
}

impl Default for NoSource {
    fn default() -> Self {
        Self { keys: ["source", "imagery_used"].map(str::to_owned).to_vec() }
    }
}

impl Default for Bot {
    fn default() -> Self {
        Self { keys: ["bot", "mechanical"].map(str::to_owned).to_vec(), users: Vec::new() }
    }
}

fn blank(changeset: &Changeset, key: &str) -> bool {
    changeset.tags.get(key).is_none_or(|value| value.trim().is_empty())
}

/// Metadata decides: `Yes` with evidence or `No`.
fn decided(evidence: Option<Evidence>) -> (Holds, Vec<Evidence>) {
    match evidence {
        Some(evidence) => (Holds::Yes, vec![evidence]),
        None => (Holds::No, Vec::new()),
    }
}

fn without_value(rule: impl Into<String>) -> Evidence {
    Evidence { rule: rule.into(), value: None, threshold: None }
}

fn tag_is_yes(changeset: &Changeset, key: &str) -> Option<Evidence> {
    let value = changeset.tags.get(key).filter(|value| *value == "yes")?;
    Some(Evidence { rule: format!("tag {key}"), value: Some(value.to_owned()), threshold: Some("yes".to_owned()) })
}

macro_rules! decided_by_metadata {
    ($rule:ident, $words:literal, |$self:ident| $thresholds:expr, |$this:ident, $changeset:ident| $evidence:expr) => {
        impl BuiltinRule for $rule {
            fn rule(&self) -> &'static str {
                $words
            }

            fn thresholds(&self) -> Vec<(&'static str, String)> {
                let $self = self;
                $thresholds
            }

            fn filter(&self, $changeset: &Changeset) -> (Holds, Vec<Evidence>) {
                let $this = self;
                decided($evidence)
            }

            fn finish(&self, _analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
                None
            }
        }
    };
}

decided_by_metadata!(NoComment, "the comment is missing or blank", |_rule| Vec::new(), |_rule, changeset| {
    changeset.comment().is_none().then(|| without_value("comment is missing or blank"))
});

decided_by_metadata!(
    NoSource,
    "none of the tags that name a source is there",
    |rule| vec![("keys", rule.keys.join(", "))],
    |rule, changeset| {
        let missing = rule.keys.iter().all(|key| blank(changeset, key));
        missing.then(|| without_value(format!("none of the tags {}", rule.keys.join(", "))))
    }
);

decided_by_metadata!(ReviewRequested, "the author asks for a review", |_rule| Vec::new(), |_rule, changeset| {
    tag_is_yes(changeset, "review_requested")
});

decided_by_metadata!(EditorNotDeclared, "created_by is missing or blank", |_rule| Vec::new(), |_rule, changeset| {
    blank(changeset, "created_by").then(|| without_value("created_by is missing or blank"))
});

decided_by_metadata!(
    Bot,
    "a tag says that a program made it, or its user is known to be one",
    |rule| vec![("keys", rule.keys.join(", ")), ("users", rule.users.join(", "))],
    |rule, changeset| {
        let by_tag = || rule.keys.iter().find_map(|key| tag_is_yes(changeset, key));
        let name = changeset.user.as_ref().map(|user| &*user.name);
        let listed = || rule.users.iter().find(|user| Some(user.as_str()) == name);
        by_tag().or_else(|| {
            listed().map(|user| Evidence { value: Some(user.clone()), ..without_value("user is listed as a bot") })
        })
    }
);
