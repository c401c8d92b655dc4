//! GeoJSON documents (RFC 7946): where changesets lie, and what one of them changed.

use std::collections::BTreeMap;

use osmtracker_analysis::{Analysis, ElementChange, GeometryChange, MovedNode};
use osmtracker_osm::{
    Action, BoundingBox, ChangesetId, Element, ElementId, ElementType, Member, Tags, Timestamp, Version,
    feature::{Feature, FeatureCollection, FeatureCollectionType, FeatureType, Geometry},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Entry, SCHEMA, Site, View, documents::to_json, keys};

/// The whole of `bounds.geojson`.
pub(crate) type BoundsDocument<'a> = FeatureCollection<BoundsProperties<'a>, BoundsHead<'a>>;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BoundsHead<'a> {
    /// Name of the view.
    view: &'a str,
}

/// A changeset's box.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BoundsProperties<'a> {
    /// The changeset.
    changeset: ChangesetId,
    /// Its page, from the site's root.
    page: String,
    /// What the box is around: `extent` (what really changed) or `changeset` (the box that OpenStreetMap gives).
    of: &'static str,
    /// Its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    /// Its author's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    /// When it was closed, or opened while it is open.
    time: Timestamp,
    /// Names of its labels.
    labels: Vec<&'a str>,
    /// Changes in it, as OpenStreetMap counts them.
    num_changes: u32,
}

/// Writes `bounds.geojson` of a view: a box for each entry that has one, in the order given.
///
/// The box is around what really changed where that is known, else the changeset's own. A box without extent is a point.
#[must_use]
pub fn bounds_geojson(_site: &Site, view: &View, entries: &[Entry]) -> String {
    let boxes: Vec<_> = entries.iter().filter_map(|entry| Some((entry, box_of(entry)?))).collect();
    let bbox = boxes.iter().map(|(_, (bounds, _))| *bounds).reduce(BoundingBox::union);
    to_json(&BoundsDocument {
        kind: FeatureCollectionType::FeatureCollection,
        schema: SCHEMA,
        head: BoundsHead { view: &view.name },
        bbox,
        features: boxes.into_iter().map(|(entry, (bounds, of))| bounds_feature(entry, bounds, of)).collect(),
    })
}

/// The box of an entry and what it is around.
pub(crate) fn box_of(entry: &Entry) -> Option<(BoundingBox, &'static str)> {
    let extent = entry.digest.as_ref().and_then(|digest| union(digest.extent.old, digest.extent.new));
    extent.map(|bounds| (bounds, "extent")).or(entry.changeset.bounds.map(|bounds| (bounds, "changeset")))
}

fn union(a: Option<BoundingBox>, b: Option<BoundingBox>) -> Option<BoundingBox> {
    a.into_iter().chain(b).reduce(BoundingBox::union)
}

fn bounds_feature<'a>(entry: &'a Entry, bounds: BoundingBox, of: &'static str) -> Feature<BoundsProperties<'a>> {
    Feature {
        kind: FeatureType::Feature,
        id: format!("changeset/{}", entry.id()),
        geometry: Geometry::of_box(bounds),
        properties: BoundsProperties {
            changeset: entry.id(),
            page: keys::changeset_page(entry.id()),
            of,
            user: entry.changeset.user.as_ref().map(|user| &*user.name),
            comment: entry.changeset.comment(),
            time: entry.time(),
            labels: entry.labels.iter().map(|label| &*label.name).collect(),
            num_changes: entry.changeset.num_changes,
        },
    }
}

/// The whole of `diff.geojson`.
pub(crate) type DiffDocument<'a> = FeatureCollection<DiffProperties<'a>, DiffHead>;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DiffHead {
    /// The changeset.
    changeset: ChangesetId,
}

/// What a feature of a diff shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A node or way that the changeset changed, or a way that moved with its nodes.
    Element,
    /// A line from where a node stood to where it stands.
    Move,
    /// A member of a relation that the changeset changed.
    Member,
}

/// Which side of the change a feature stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Side {
    /// Before the changeset.
    Old,
    /// After it.
    New,
    /// On both: the geometry is the same before and after.
    Both,
}

/// What happened to a member of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum MemberState {
    Added,
    Removed,
    Kept,
}

/// Properties of a feature of a diff. Which are there depends on `kind`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DiffProperties<'a> {
    /// What it shows.
    kind: Kind,
    /// What was done to the element, or to the relation for a member. A way that moved with its nodes is a `modify`.
    action: Action,
    /// Which side it stands on; absent for a `move`.
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
    /// Type of the element or member.
    #[serde(rename = "type")]
    element_type: ElementType,
    /// Its id.
    id: ElementId,
    /// The version of this side, for elements whose source tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    /// Name of the element for a reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// Tags of this side, of the new one when it stands for both.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    /// Whether its tags changed; absent when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tags_changed: bool,
    /// Whether its geometry changed; absent when not, and for created and deleted elements.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    geometry_changed: bool,
    /// Whether the element itself has no new version: it moved because its nodes did; absent when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    via_nodes: bool,
    /// Metres that a node moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_m: Option<f64>,
    /// The relation that a member belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    relation: Option<ElementId>,
    /// Role of a member on this side.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    /// What happened to a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<MemberState>,
}

/// Writes `diff.geojson` of a changeset: elements of both sides, moves of nodes, members of relations.
///
/// Ways are lines, closed or not; a line is cut where a node's position is not known. What has no known place is left out.
#[must_use]
pub fn diff_geojson(id: ChangesetId, analysis: &Analysis) -> String {
    let mut features = Vec::new();
    for change in &analysis.elements {
        features.extend(element_features(change, Cause::Itself));
        member_features(change, &mut features);
    }
    for change in &analysis.moved_ways {
        features.extend(element_features(change, Cause::ItsNodes));
    }
    features.extend(analysis.moved_nodes.iter().map(move_feature));
    to_json(&DiffDocument {
        kind: FeatureCollectionType::FeatureCollection,
        schema: SCHEMA,
        head: DiffHead { changeset: id },
        bbox: union(analysis.extent.old, analysis.extent.new),
        features,
    })
}

/// Why an element is in a diff.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Itself,
    ItsNodes,
}

fn element_features(change: &ElementChange, cause: Cause) -> Vec<Feature<DiffProperties<'_>>> {
    let (old, new) = (change.old.as_ref(), change.new.as_ref());
    let geometry = |side: Option<&Element>| side.filter(|element| element.visible).and_then(Geometry::of_element);
    let sides = match (geometry(old), geometry(new)) {
        (Some(before), Some(after)) if before == after => [None, Some((Side::Both, new, after))],
        (before, after) => [before.map(|line| (Side::Old, old, line)), after.map(|line| (Side::New, new, line))],
    };
    let feature_of = |(side, element, geometry)| side_feature(change, cause, side, element, geometry);
    sides.into_iter().flatten().map(feature_of).collect()
}

fn side_feature<'a>(
    change: &'a ElementChange,
    cause: Cause,
    side: Side,
    element: Option<&'a Element>,
    geometry: Geometry,
) -> Feature<DiffProperties<'a>> {
    let properties = DiffProperties {
        side: Some(side),
        version: element.map(|element| element.version).filter(|version| version.0 > 0),
        tags: element.map(|element| &element.tags).filter(|tags| !tags.is_empty()),
        via_nodes: cause == Cause::ItsNodes,
        ..properties_of(change)
    };
    feature(format!("{}/{}", change.element_ref(), name(side)), geometry, properties)
}

fn properties_of(change: &ElementChange) -> DiffProperties<'_> {
    let modified = change.action == Action::Modify;
    DiffProperties {
        label: change.label.as_deref(),
        tags_changed: modified && !change.tag_diff.is_empty(),
        geometry_changed: modified && change.geometry.is_some(),
        distance_m: match change.geometry {
            Some(GeometryChange::Moved { distance_m }) => Some(round(distance_m)),
            _ => None,
        },
        ..bare(Kind::Element, change.action, change.kind, change.id)
    }
}

fn bare<'a>(kind: Kind, action: Action, element_type: ElementType, id: ElementId) -> DiffProperties<'a> {
    DiffProperties {
        kind,
        action,
        side: None,
        element_type,
        id,
        version: None,
        label: None,
        tags: None,
        tags_changed: false,
        geometry_changed: false,
        via_nodes: false,
        distance_m: None,
        relation: None,
        role: None,
        member: None,
    }
}

fn move_feature<'a>(node: &MovedNode) -> Feature<DiffProperties<'a>> {
    let properties = DiffProperties {
        distance_m: Some(round(node.distance_m)),
        ..bare(Kind::Move, Action::Modify, ElementType::Node, node.id)
    };
    feature(format!("node/{}/move", node.id), Geometry::LineString(vec![node.from, node.to]), properties)
}

/// What makes a member the same on both sides.
type MemberKey<'a> = (ElementType, ElementId, &'a str);

fn member_key(member: &Member) -> MemberKey<'_> {
    (member.kind, member.id, &member.role)
}

fn member_features<'a>(change: &'a ElementChange, features: &mut Vec<Feature<DiffProperties<'a>>>) {
    let members = |side: &'a Option<Element>| side.as_ref().map_or(&[][..], Element::members);
    let (old, new) = (members(&change.old), members(&change.new));
    let by_key = |side: &'a [Member]| -> BTreeMap<_, _> { side.iter().map(|m| (member_key(m), &m.geometry)).collect() };
    let (old_by_key, new_by_key) = (by_key(old), by_key(new));
    for (at, member) in old.iter().enumerate() {
        match new_by_key.get(&member_key(member)) {
            None => features.extend(member_feature(change, Side::Old, at, member, MemberState::Removed)),
            Some(geometry) if **geometry == member.geometry => {}
            Some(_) => features.extend(member_feature(change, Side::Old, at, member, MemberState::Kept)),
        }
    }
    for (at, member) in new.iter().enumerate() {
        let (side, state) = match old_by_key.get(&member_key(member)) {
            None => (Side::New, MemberState::Added),
            Some(geometry) if **geometry == member.geometry => (Side::Both, MemberState::Kept),
            Some(_) => (Side::New, MemberState::Kept),
        };
        features.extend(member_feature(change, side, at, member, state));
    }
}

/// `at` is the member's place in its list: an element may be a member twice.
fn member_feature<'a>(
    change: &ElementChange,
    side: Side,
    at: usize,
    member: &'a Member,
    state: MemberState,
) -> Option<Feature<DiffProperties<'a>>> {
    let properties = DiffProperties {
        side: Some(side),
        relation: Some(change.id),
        role: Some(&member.role),
        member: Some(state),
        ..bare(Kind::Member, change.action, member.kind, member.id)
    };
    let id = format!("{}/{}/member/{at}", change.element_ref(), name(side));
    Some(feature(id, Geometry::of_member(member)?, properties))
}

fn feature<P>(id: String, geometry: Geometry, properties: P) -> Feature<P> {
    Feature { kind: FeatureType::Feature, id, geometry, properties }
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Old => "old",
        Side::New => "new",
        Side::Both => "both",
    }
}

/// Centimetres are finer than any survey in the database.
fn round(metres: f64) -> f64 {
    (metres * 100.0).round() / 100.0
}
