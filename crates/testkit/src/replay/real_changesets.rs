//! The older source, "real-changesets" JSON of schema 1: every value is text, a change is its new version with the
//! old one inside.

use osmtracker_osm::{
    Action, AugmentedChange, Changeset, Coordinate, Element, ElementData, Member, MemberGeometry, Tags, WayNode,
};
use serde_json::{Map, Value, json};

/// The document of a changeset; without metadata where those are only recorded.
pub(super) fn document(metadata: Option<Changeset>, change: &AugmentedChange) -> String {
    let elements: Vec<Value> = change
        .actions
        .iter()
        .filter_map(|action| {
            let mut new = element(action.new.as_ref()?, action.action);
            if let Some(old) = &action.old {
                new.insert("old".to_owned(), element(old, action.action).into());
            }
            Some(new.into())
        })
        .collect();
    json!({ "metadata": metadata.as_ref().map_or_else(|| json!({}), about), "elements": elements }).to_string()
}

fn about(changeset: &Changeset) -> Value {
    let mut about = Map::new();
    let mut put = |key: &str, value: String| about.insert(key.to_owned(), value.into());
    put("id", changeset.id.to_string());
    put("created_at", changeset.created_at.to_string());
    changeset.closed_at.map(|closed_at| put("closed_at", closed_at.to_string()));
    put("open", changeset.open.to_string());
    put("num_changes", changeset.num_changes.to_string());
    if let Some(user) = &changeset.user {
        put("user", user.name.to_string());
        user.uid.map(|uid| put("uid", uid.to_string()));
    }
    if let Some(bounds) = changeset.bounds {
        put("min_lat", degrees(bounds.min.lat));
        put("max_lat", degrees(bounds.max.lat));
        put("min_lon", degrees(bounds.min.lon));
        put("max_lon", degrees(bounds.max.lon));
    }
    put("comments_count", changeset.comments_count.to_string());
    let tags: Vec<Value> = changeset.tags.iter().map(|(k, v)| json!({ "k": k, "v": v })).collect();
    about.insert("tag".to_owned(), tags.into());
    about.into()
}

fn element(version: &Element, action: Action) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: String| object.insert(key.to_owned(), value.into());
    put("id", version.id.to_string());
    if !version.visible {
        put("visible", "false".to_owned());
    } else if let Some(position) = version.position() {
        put("lat", degrees(position.lat));
        put("lon", degrees(position.lon));
    }
    put("version", version.version.to_string());
    version.timestamp.map(|timestamp| put("timestamp", timestamp.to_string()));
    version.changeset.map(|changeset| put("changeset", changeset.to_string()));
    if let Some(user) = &version.user {
        user.uid.map(|uid| put("uid", uid.to_string()));
        put("user", user.name.to_string());
    }
    put("action", action.to_string());
    put("type", version.kind().to_string());
    object.insert("tags".to_owned(), tags(&version.tags));
    match &version.data {
        ElementData::Node { .. } => {}
        ElementData::Way { nodes } => {
            object.insert("nodes".to_owned(), nodes.iter().map(way_node).collect::<Vec<_>>().into());
        }
        ElementData::Relation { members } => {
            object.insert("members".to_owned(), members.iter().map(member).collect::<Vec<_>>().into());
        }
    }
    object
}

fn tags(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect::<Map<_, _>>().into()
}

fn way_node(node: &WayNode) -> Value {
    let mut object = node.position.map_or_else(Map::new, position);
    object.insert("ref".to_owned(), node.id.to_string().into());
    object.into()
}

fn member(member: &Member) -> Value {
    let mut object = match &member.geometry {
        Some(MemberGeometry::Node(at)) => position(*at),
        Some(MemberGeometry::Way(line)) => {
            let line: Vec<Value> = line.iter().flatten().map(|at| position(*at).into()).collect();
            Map::from_iter([("nodes".to_owned(), line.into())])
        }
        None => Map::new(),
    };
    object.insert("type".to_owned(), member.kind.as_str().into());
    object.insert("ref".to_owned(), member.id.to_string().into());
    object.insert("role".to_owned(), member.role.as_ref().into());
    object.into()
}

fn position(at: Coordinate) -> Map<String, Value> {
    Map::from_iter([("lat".to_owned(), degrees(at.lat).into()), ("lon".to_owned(), degrees(at.lon).into())])
}

fn degrees(value: i32) -> String {
    (f64::from(value) / Coordinate::SCALE).to_string()
}
