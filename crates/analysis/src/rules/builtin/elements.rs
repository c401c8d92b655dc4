//! Rules about single elements.

use osmtracker_osm::{Action, Changeset, Element};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BuiltinRule, evidence};
use crate::{Analysis, ElementChange, Evidence, geodesy::distance_m, rules::Holds};

/// A relation that is a route, before or after, was created, modified or deleted. As in the predecessor of this program.
/// <https://wiki.openstreetmap.org/wiki/Relation:route>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RouteChanged {
    /// Values of the tag `type` that make a relation a route.
    pub types: Vec<String>,
}

/// An address tag of an element that was there before was added, changed or removed, or an element with one deleted.
/// As in the predecessor of this program. <https://wiki.openstreetmap.org/wiki/Key:addr:*>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AddressChanged {
    /// Beginnings of keys that belong to addresses.
    pub prefixes: Vec<String>,
    /// At least so many elements.
    pub elements: u32,
}

/// A way that was there before has a segment longer than this now and had none before: somebody dragged a node by
/// accident. As in osm-compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DraggedWay {
    /// Metres.
    pub segment_m: f64,
}

impl Default for RouteChanged {
    fn default() -> Self {
        Self { types: ["route", "route_master"].map(str::to_owned).to_vec() }
    }
}

impl Default for AddressChanged {
    fn default() -> Self {
        Self { prefixes: vec!["addr:".to_owned()], elements: 1 }
    }
}

impl Default for DraggedWay {
    fn default() -> Self {
        Self { segment_m: 10_000.0 }
    }
}

/// Whatever the metadata says, the elements decide; without changes there are none.
fn undecided(changeset: &Changeset) -> (Holds, Vec<Evidence>) {
    (if changeset.num_changes > 0 { Holds::Maybe } else { Holds::No }, Vec::new())
}

impl RouteChanged {
    fn route<'a>(&self, change: &'a ElementChange) -> Option<&'a str> {
        let sides = [&change.new, &change.old].into_iter().flatten();
        let relations = sides.filter(|element| element.kind() == osmtracker_osm::ElementType::Relation);
        let mut types = relations.filter_map(|element| element.tags.get("type"));
        types.find(|kind| self.types.iter().any(|route| route == kind))
    }
}

impl BuiltinRule for RouteChanged {
    fn rule(&self) -> &'static str {
        "a relation that is a route was changed"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![("types", self.types.join(", "))]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        undecided(changeset)
    }

    fn finish(&self, analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
        let (change, kind) = analysis.elements.iter().find_map(|change| Some((change, self.route(change)?)))?;
        let rule = format!("type={kind}: {}", change.action);
        Some(vec![Evidence { rule, value: Some(change.element_ref().to_string()), threshold: None }])
    }
}

impl AddressChanged {
    fn changed_key<'a>(&self, change: &'a ElementChange) -> Option<&'a str> {
        let keys = change.tag_diff.iter().map(|tag| tag.key.as_str());
        let mut addresses = keys.filter(|key| self.prefixes.iter().any(|prefix| key.starts_with(prefix)));
        (change.action != Action::Create).then(|| addresses.next()).flatten()
    }
}

impl BuiltinRule for AddressChanged {
    fn rule(&self) -> &'static str {
        "address tags of elements that were there before were changed"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![("prefixes", self.prefixes.join(", ")), ("elements", self.elements.to_string())]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        if changeset.num_changes < self.elements { (Holds::No, Vec::new()) } else { undecided(changeset) }
    }

    fn finish(&self, analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
        let mut changed = analysis.elements.iter().filter_map(|change| Some((change, self.changed_key(change)?)));
        let (first, key) = changed.next()?;
        let count = changed.count() + 1;
        if count < self.elements as usize {
            return None;
        }
        let example =
            Evidence { rule: format!("tag {key}"), value: Some(first.element_ref().to_string()), threshold: None };
        Some(vec![
            evidence("elements with changed addresses", count, format_args!("at least {}", self.elements)),
            example,
        ])
    }
}

impl DraggedWay {
    /// The longest segment of a way that is dragged, in metres.
    fn dragged(&self, change: &ElementChange) -> Option<f64> {
        let (old, new) = (change.old.as_ref()?, change.new.as_ref().filter(|new| new.visible)?);
        let longest = longest_segment_m(new)?;
        (longest > self.segment_m && longest_segment_m(old)? <= self.segment_m).then_some(longest)
    }
}

/// Metres; `None` without two neighbouring nodes whose positions are known.
fn longest_segment_m(way: &Element) -> Option<f64> {
    let segments = way.nodes().windows(2).filter_map(|pair| pair[0].position.zip(pair[1].position));
    segments.map(|(a, b)| distance_m(a, b)).reduce(f64::max)
}

impl BuiltinRule for DraggedWay {
    fn rule(&self) -> &'static str {
        "a way has a very long segment that it did not have before"
    }

    fn thresholds(&self) -> Vec<(&'static str, String)> {
        vec![("segment_m", self.segment_m.to_string())]
    }

    fn filter(&self, changeset: &Changeset) -> (Holds, Vec<Evidence>) {
        undecided(changeset)
    }

    fn finish(&self, analysis: &Analysis, _changeset: &Changeset) -> Option<Vec<Evidence>> {
        let ways = analysis.elements.iter().chain(&analysis.moved_ways);
        let (way, metres) = ways.filter_map(|change| Some((change, self.dragged(change)?))).next()?;
        let rule = format!("longest segment of {} in metres", way.element_ref());
        Some(vec![evidence(rule, format_args!("{metres:.0}"), format_args!("more than {}", self.segment_m))])
    }
}
