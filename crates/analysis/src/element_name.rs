//! A name for an element that tells a reader what it is.

use osmtracker_osm::Tags;

use crate::ElementChange;

/// Keys that say what an element is, most telling first.
const TELLING_KEYS: [&str; 30] = [
    "highway",
    "railway",
    "waterway",
    "aeroway",
    "amenity",
    "shop",
    "tourism",
    "leisure",
    "office",
    "craft",
    "healthcare",
    "historic",
    "public_transport",
    "place",
    "boundary",
    "route",
    "restriction",
    "man_made",
    "power",
    "barrier",
    "natural",
    "landuse",
    "building",
    "building:part",
    "entrance",
    "emergency",
    "addr:housenumber",
    "addr:street",
    "ref",
    "type",
];

/// Keys that say where an edit came from, not what the element is.
const IDLE_KEYS: [&str; 6] = ["created_by", "source", "note", "fixme", "FIXME", "attribution"];

/// Its `name`, else its most telling tag, of the new side or else the old one; `None` when untagged.
pub(crate) fn of(change: &ElementChange) -> Option<String> {
    let sides = [change.after().known(), change.before().known()];
    let tags = &sides.into_iter().flatten().find(|side| !side.tags.is_empty())?.tags;
    if let Some(name) = tags.get("name").filter(|name| !name.trim().is_empty()) {
        return Some(name.to_owned());
    }
    most_telling(tags).map(|(key, value)| format!("{key}={value}"))
}

fn most_telling(tags: &Tags) -> Option<(&str, &str)> {
    let rank = |key: &str| TELLING_KEYS.iter().position(|telling| *telling == key);
    let other = if_idle_last;
    tags.iter().min_by_key(|(key, _)| rank(key).unwrap_or_else(|| other(key)))
}

fn if_idle_last(key: &str) -> usize {
    TELLING_KEYS.len() + usize::from(IDLE_KEYS.contains(&key))
}
