//! Rules about how much was created, modified and deleted.

use osmtracker_osm::{Action, Changeset, ElementType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BuiltinRule, evidence};
use crate::{Analysis, Evidence, Summary, rules::Holds};

/// Much was created and little else, with a program that is made for that; or very much with any. As in OSMCha.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PossibleImport {
    /// Created elements as a part of all must be more than this, 0 to 1.
    pub share: f64,
    /// Created elements must be more than this.
    pub created: u32,
    /// With more created elements than this the editor does not matter.
    pub created_any_editor: u32,
    /// Editors that are made for large changes: words that `created_by` holds, in lower case.
    pub powerful_editors: Vec<String>,
}

/// Much was modified and little else. As in OSMCha.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MassModification {
    /// Modified elements as a part of all must be more than this, 0 to 1.
    pub share: f64,
    /// Modified elements must be more than this.
    pub modified: u32,
}

/// Much was deleted and little else, or very much at all. As in OSMCha.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MassDeletion {
    /// Deleted elements as a part of all must be more than this, 0 to 1.
    pub share: f64,
    /// Deleted elements must be more than this.
    pub deleted: u32,
    /// With more deleted elements than this their share does not matter.
    pub deleted_any_share: u32,
}

/// More was deleted than created and modified, by type. As in WhoDidIt; there, relations are compared with created ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ManyDeletions {
    /// Nodes deleted must be more than nodes modified and created and this.
    pub nodes: u32,
    /// Ways deleted must be more than ways modified and created and this.
    pub ways: u32,
    /// Relations deleted must be more than relations created and this.
    pub relations: u32,
}

impl Default for PossibleImport {
    fn default() -> Self {
        let editors = ["josm", "level0", "merkaartor", "qgis", "arcgis", "upload.py", "osmapi"];
        Self {
            share: 0.7,
            created: 200,
            created_any_editor: 1_000,
            powerful_editors: editors.map(str::to_owned).to_vec(),
        }
    }
}

impl Default for MassModification {
    fn default() -> Self {
        Self { share: 0.7, modified: 200 }
    }
}

impl Default for MassDeletion {
    fn default() -> Self {
        Self { share: 0.7, deleted: 30, deleted_any_share: 1_000 }
    }
}

impl Default for ManyDeletions {
    fn default() -> Self {
        Self { nodes: 10, ways: 5, relations: 2 }
    }
}

/// A changeset with so few changes cannot pass a threshold that an absolute number of elements must pass.
fn possible(changeset: &Changeset, threshold: u32) -> (Holds, Vec<Evidence>) {
    (if changeset.num_changes > threshold { Holds::Maybe } else { Holds::No }, Vec::new())
}

/// The number of elements of an action when it is more than `threshold`, as evidence.
fn more_than(summary: &Summary, action: Action, threshold: u32) -> Option<Evidence> {
    let count = summary.of(action).total();
    (count > threshold).then(|| evidence(format!("elements: {action}"), count, format_args!("more than {threshold}")))
}

/// The share of an action when it is more than `threshold`, as evidence.
fn share_over(summary: &Summary, action: Action, threshold: f64) -> Option<Evidence> {
    let share = f64::from(summary.of(action).total()) / f64::from(summary.total().max(1));
    let rule = format!("{action} / all");
    (share > threshold).then(|| evidence(rule, format_args!("{share:.2}"), format_args!("more than {threshold}")))
}

impl PossibleImport {
    fn powerful_editor(&self, changeset: &Changeset) -> Option<Evidence> {
        let editor = changeset.tags.get("created_by")?;
        let lower = editor.to_lowercase();
        let word = self.powerful_editors.iter().find(|word| lower.contains(word.as_str()))?;
        Some(evidence("editor", editor, word))
    }
}

impl BuiltinRule for PossibleImport {
    fn rule(&self) -> &'static str {
        "most changes create elements, and there are many with an editor made for that, or very many"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![
            ("share", self.share.to_string()),
            ("created", self.created.to_string()),
            ("created_any_editor", self.created_any_editor.to_string()),
            ("powerful_editors", self.powerful_editors.join(", ")),
        ]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        possible(changeset, self.created)
    }

    fn finish(&self, analysis: &Analysis, changeset: &Changeset) -> Option<Vec<Evidence>> {
        let summary = &analysis.summary;
        let share = share_over(summary, Action::Create, self.share)?;
        let created = more_than(summary, Action::Create, self.created)?;
        let very_many = || more_than(summary, Action::Create, self.created_any_editor);
        match self.powerful_editor(changeset) {
            Some(editor) => Some(vec![share, created, editor]),
            None => very_many().map(|very_many| vec![share, very_many]),
        }
    }
}

impl BuiltinRule for MassModification {
    fn rule(&self) -> &'static str {
        "most changes modify elements, and there are many"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![("share", self.share.to_string()), ("modified", self.modified.to_string())]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        possible(changeset, self.modified)
    }

    fn finish(&self, analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
        let share = share_over(&analysis.summary, Action::Modify, self.share)?;
        Some(vec![share, more_than(&analysis.summary, Action::Modify, self.modified)?])
    }
}

impl BuiltinRule for MassDeletion {
    fn rule(&self) -> &'static str {
        "most changes delete elements, and there are many; or very many are deleted"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![
            ("share", self.share.to_string()),
            ("deleted", self.deleted.to_string()),
            ("deleted_any_share", self.deleted_any_share.to_string()),
        ]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        possible(changeset, self.deleted.min(self.deleted_any_share))
    }

    fn finish(&self, analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
        let summary = &analysis.summary;
        if let Some(very_many) = more_than(summary, Action::Delete, self.deleted_any_share) {
            return Some(vec![very_many]);
        }
        let share = share_over(summary, Action::Delete, self.share)?;
        Some(vec![share, more_than(summary, Action::Delete, self.deleted)?])
    }
}

impl BuiltinRule for ManyDeletions {
    fn rule(&self) -> &'static str {
        "more elements of a type are deleted than created and modified"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![
            ("nodes", self.nodes.to_string()),
            ("ways", self.ways.to_string()),
            ("relations", self.relations.to_string()),
        ]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        possible(changeset, self.nodes.min(self.ways).min(self.relations))
    }

    fn finish(&self, analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
        let summary = &analysis.summary;
        let limit = |kind: ElementType| match kind {
            ElementType::Node => summary.modify.node + summary.create.node + self.nodes,
            ElementType::Way => summary.modify.way + summary.create.way + self.ways,
            ElementType::Relation => summary.create.relation + self.relations,
        };
        let found = ElementType::ALL.into_iter().filter_map(|kind| {
            let (deleted, limit) = (summary.delete.of(kind), limit(kind));
            let rule = format!("{kind}s deleted");
            (deleted > limit).then(|| evidence(rule, deleted, format_args!("more than {limit}")))
        });
        let found: Vec<_> = found.collect();
        (!found.is_empty()).then_some(found)
    }
}
