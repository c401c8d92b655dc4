//! Hand-made changesets with everything that a page can show.

use std::collections::BTreeMap;

use osmtracker_analysis::{
    ActionCounts, AffectedUser, Analysis, Digest, ElementChange, Evidence, Extent, GeometryChange, LabelMatch, Length,
    MemberChange, Mileage, MovedNode, Note, Summary, TagChange, TagChangeCount, TagCount, TagDiff, TypeCounts,
};
use osmtracker_osm::{
    Action, BoundingBox, Changeset, ChangesetId, Comment, Coordinate, Element, ElementData, ElementId, ElementRef,
    ElementType, Gap, GapKind, Member, MemberGeometry, Tags, Timestamp, User, UserId, Version, WayNode,
};
use osmtracker_pages::{Details, Entry, LabelText, Progress, Site, View};

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn at(lon: f64, lat: f64) -> Coordinate {
    Coordinate::from_degrees(lon, lat).unwrap()
}

pub(crate) fn user(uid: u64, name: &str) -> Option<User> {
    Some(User { uid: Some(UserId(uid)), name: name.into() })
}

pub(crate) fn site() -> Site {
    Site {
        title: "Island watch".to_owned(),
        area: Some("Niue".to_owned()),
        base_url: Some("https://example.org/niue/".to_owned()),
        notice: None,
        views: vec![View {
            name: "suspicious".to_owned(),
            title: "To be looked at".to_owned(),
            any: vec!["mass-deletion".to_owned(), "no-comment".to_owned()],
            all: Vec::new(),
            none: vec!["bot".to_owned()],
            details: Details::On,
        }],
        labels: vec![
            LabelText {
                name: "mass-deletion".to_owned(),
                title: "Mass deletion".to_owned(),
                rule: "More than 70 % of the changes and more than 30 are deletions, or more than 1,000 are."
                    .to_owned(),
            },
            LabelText {
                name: "no-comment".to_owned(),
                title: "No comment".to_owned(),
                rule: "The changeset has no comment, or a blank one.".to_owned(),
            },
            LabelText {
                name: "bot".to_owned(),
                title: "Bot".to_owned(),
                rule: "changeset.tags.bot == \"yes\"".to_owned(),
            },
        ],
        version: "0.0.0".to_owned(),
        ..Site::default()
    }
}

pub(crate) fn index() -> View {
    View::index()
}

fn tag(key: &str, value: &str, count: u32) -> TagCount {
    TagCount { key: key.to_owned(), value: value.to_owned(), count }
}

pub(crate) fn changeset(id: u64, tags: &[(&str, &str)]) -> Changeset {
    Changeset {
        id: ChangesetId(id),
        created_at: time("2026-11-22T09:12:31Z"),
        closed_at: Some(time("2026-11-22T09:38:43Z")),
        open: false,
        user: user(4711, "Tværstien"),
        bounds: Some(BoundingBox { min: at(-169.93, -19.08), max: at(-169.85, -19.02) }),
        num_changes: 171,
        comments_count: 0,
        tags: tags.iter().copied().collect(),
        discussion: Vec::new(),
    }
}

/// An analysed changeset with all that a row can have.
pub(crate) fn rich_entry() -> Entry {
    let tags = [
        ("comment", "Houses and tracks around Alofi"),
        ("created_by", "JOSM/1.5 (19230 en)"),
        ("source", "https://example.org/imagery?layer=1"),
        ("hashtags", "#niue;#roads"),
    ];
    let mut changeset = changeset(137_003_062, &tags);
    changeset.comments_count = 3;
    changeset.discussion = vec![
        Comment {
            id: Some(1),
            date: time("2026-11-22T10:00:00Z"),
            user: user(99, "reviewer"),
            text: "Welcome!\nWhere do the houses come from?".to_owned(),
        },
        Comment {
            id: Some(2),
            date: time("2026-11-22T11:30:00Z"),
            user: user(4711, "Tværstien"),
            text: "مرحبا، من الصور الجوية".to_owned(),
        },
    ];
    let analysis = analysis();
    Entry {
        changeset,
        progress: Progress::Analysed,
        labels: vec![
            LabelMatch {
                name: "mass-deletion".to_owned(),
                evidence: vec![Evidence {
                    rule: "deleted / all".to_owned(),
                    value: Some("0.71".to_owned()),
                    threshold: Some("0.7".to_owned()),
                }],
            },
            LabelMatch { name: "inside".to_owned(), evidence: Vec::new() },
        ],
        digest: Some(digest(&analysis)),
        source: Some("adiff".to_owned()),
    }
}

/// What a list keeps of an analysis, cut as short as a digest may be.
pub(crate) fn digest(analysis: &Analysis) -> Digest {
    let mut tag_diff = analysis.tag_diff.clone();
    let more = tag_diff.create.len().saturating_sub(Digest::TAGS);
    tag_diff.create.truncate(Digest::TAGS);
    Digest {
        summary: analysis.summary,
        tag_diff,
        tag_diff_more: u32::try_from(more).unwrap(),
        unchanged_tags: analysis.unchanged_tags.clone(),
        unchanged_tags_more: 0,
        affected_users: analysis.affected_users.clone(),
        affected_users_more: 2,
        mileage_m: analysis.mileage_m.clone(),
        moved_nodes: u32::try_from(analysis.moved_nodes.len()).unwrap(),
        extent: analysis.extent,
        gaps: u32::try_from(analysis.gaps.len()).unwrap(),
        notes: 9,
    }
}

/// An entry without analysis.
pub(crate) fn bare_entry(id: u64, progress: Progress, closed_at: Option<&str>) -> Entry {
    let mut changeset = changeset(id, &[("created_by", "iD 2.30.4")]);
    changeset.closed_at = closed_at.map(time);
    changeset.open = closed_at.is_none();
    changeset.user = None;
    changeset.num_changes = 12_000;
    Entry { changeset, progress, labels: Vec::new(), digest: None, source: None }
}

/// The entries of most tests, newest first.
pub(crate) fn entries() -> Vec<Entry> {
    let mut entries = vec![
        rich_entry(),
        bare_entry(137_003_100, Progress::Pending, Some("2026-11-22T08:01:00Z")),
        bare_entry(137_003_101, Progress::Open, None),
        bare_entry(
            137_003_102,
            Progress::Quarantined { reason: "the augmented diff ends early".to_owned(), given_up: false },
            Some("2026-11-21T23:59:59Z"),
        ),
        empty_entry(),
        bare_entry(
            137_003_104,
            Progress::Quarantined { reason: "the augmented diff ends early".to_owned(), given_up: true },
            Some("2026-11-21T23:10:00Z"),
        ),
    ];
    entries.sort_by(Entry::newest_first);
    entries
}

/// Analysed, and nothing in it.
fn empty_entry() -> Entry {
    let mut changeset = changeset(137_003_103, &[("comment", "   ")]);
    changeset.bounds = None;
    changeset.num_changes = 0;
    Entry {
        changeset,
        progress: Progress::Analysed,
        labels: Vec::new(),
        digest: Some(Digest::default()),
        source: Some("osm-api".to_owned()),
    }
}

fn element(id: i64, version: u32, tags: &[(&str, &str)], data: ElementData) -> Element {
    Element {
        id: ElementId(id),
        version: Version(version),
        visible: true,
        changeset: Some(ChangesetId(137_003_062)),
        timestamp: Some(time("2019-05-04T03:02:01Z")),
        user: user(7, "earlier mapper"),
        tags: tags.iter().copied().collect(),
        data,
    }
}

fn node(id: i64, version: u32, tags: &[(&str, &str)], lon: f64, lat: f64) -> Element {
    element(id, version, tags, ElementData::Node { position: Some(at(lon, lat)) })
}

fn way(id: i64, version: u32, tags: &[(&str, &str)], nodes: &[(i64, f64, f64)]) -> Element {
    let nodes = nodes.iter().map(|&(id, lon, lat)| WayNode { id: ElementId(id), position: Some(at(lon, lat)) });
    element(id, version, tags, ElementData::Way { nodes: nodes.collect() })
}

fn gone(mut element: Element) -> Element {
    element.visible = false;
    element.version.0 += 1;
    element.tags = Tags::new();
    element.data = match element.data {
        ElementData::Node { .. } => ElementData::Node { position: None },
        ElementData::Way { .. } => ElementData::Way { nodes: Vec::new() },
        ElementData::Relation { .. } => ElementData::Relation { members: Vec::new() },
    };
    element
}

fn change(action: Action, old: Option<Element>, new: Option<Element>) -> ElementChange {
    let side = new.as_ref().or(old.as_ref()).unwrap();
    ElementChange {
        kind: side.kind(),
        id: side.id,
        action,
        label: None,
        steps: Vec::new(),
        tag_diff: Vec::new(),
        geometry: None,
        notes: Vec::new(),
        old,
        new,
    }
}

fn tag_change(key: &str, old: Option<&str>, new: Option<&str>) -> TagChange {
    TagChange { key: key.to_owned(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

fn nodes() -> Vec<ElementChange> {
    let moved = GeometryChange::Moved { distance_m: 14.237 };
    let tree = [("natural", "tree")];
    vec![
        change(Action::Create, None, Some(node(1, 1, &[], -169.92, -19.05))),
        change(Action::Create, None, Some(node(2, 1, &[], -169.91, -19.05))),
        ElementChange {
            geometry: Some(moved.clone()),
            ..change(Action::Modify, Some(node(3, 4, &[], -169.9, -19.06)), Some(node(3, 5, &[], -169.9, -19.0601)))
        },
        change(Action::Delete, Some(node(4, 2, &[], -169.89, -19.06)), Some(gone(node(4, 2, &[], 0.0, 0.0)))),
        ElementChange {
            label: Some("natural=tree".to_owned()),
            steps: vec![Version(3), Version(4)],
            geometry: Some(moved),
            tag_diff: vec![tag_change("species", None, Some("Cocos nucifera"))],
            ..change(
                Action::Modify,
                Some(node(5, 2, &tree, -169.9, -19.05)),
                Some(node(5, 4, &[("natural", "tree"), ("species", "Cocos nucifera")], -169.9, -19.0499)),
            )
        },
    ]
}

fn ways() -> Vec<ElementChange> {
    let line = [(1, -169.92, -19.05), (2, -169.91, -19.05), (3, -169.9, -19.0601)];
    let before = [(3, -169.9, -19.06), (4, -169.89, -19.06)];
    let road = [("highway", "residential"), ("name", "Tværstien"), ("surface", "gravel")];
    vec![
        ElementChange {
            label: Some("building=yes".to_owned()),
            tag_diff: vec![tag_change("building", None, Some("yes"))],
            ..change(Action::Create, None, Some(way(10, 1, &[("building", "yes")], &line[..2])))
        },
        ElementChange {
            label: Some("Tværstien".to_owned()),
            tag_diff: vec![
                tag_change("highway", Some("track"), Some("residential")),
                tag_change("name", None, Some("Tværstien")),
                tag_change("access", Some("yes"), None),
            ],
            geometry: Some(GeometryChange::Nodes { added: 2, removed: 1 }),
            notes: vec![
                Note::NodesAdded { nodes: vec![ElementId(1), ElementId(2)] },
                Note::NodesRemoved { nodes: vec![ElementId(4)] },
                Note::SplitInto { ways: vec![ElementId(10)] },
                Note::Reversed,
            ],
            ..change(
                Action::Modify,
                Some(way(11, 7, &[("highway", "track"), ("surface", "gravel"), ("access", "yes")], &before)),
                Some(way(11, 8, &road, &line)),
            )
        },
        ElementChange {
            label: Some("highway=path".to_owned()),
            tag_diff: vec![tag_change("highway", Some("path"), None)],
            ..change(
                Action::Delete,
                Some(way(12, 3, &[("highway", "path")], &before)),
                Some(gone(way(12, 3, &[], &[]))),
            )
        },
    ]
}

fn relations() -> Vec<ElementChange> {
    let member = |id: i64, role: &str| Member {
        kind: ElementType::Way,
        id: ElementId(id),
        role: role.into(),
        geometry: Some(MemberGeometry::Way(vec![
            Some(at(-169.92, -19.05)),
            Some(at(-169.91, -19.05)),
            None,
            Some(at(-169.9, -19.06)),
        ])),
    };
    let relation = |version, members| {
        element(20, version, &[("type", "route"), ("route", "bus")], ElementData::Relation { members })
    };
    let member_change = |id, old: Option<&str>, new: Option<&str>| MemberChange {
        kind: ElementType::Way,
        id: ElementId(id),
        old_role: old.map(str::to_owned),
        new_role: new.map(str::to_owned),
    };
    vec![ElementChange {
        label: Some("route=bus".to_owned()),
        geometry: Some(GeometryChange::Members),
        notes: vec![
            Note::MembersAdded { members: vec![member_change(10, None, Some("platform"))] },
            Note::MembersRemoved { members: vec![member_change(12, Some(""), None)] },
            Note::RolesChanged { members: vec![member_change(11, Some(""), Some("forward"))] },
            Note::MembersReordered,
        ],
        ..change(
            Action::Modify,
            Some(relation(1, vec![member(13, ""), member(11, ""), member(12, "")])),
            Some(relation(2, vec![member(13, ""), member(10, "platform"), member(11, "forward")])),
        )
    }]
}

/// An analysis with each kind of change, note and gap.
pub(crate) fn analysis() -> Analysis {
    let moved_way = ElementChange {
        label: Some("waterway=stream".to_owned()),
        geometry: Some(GeometryChange::Reshaped { moved: 1 }),
        ..change(
            Action::Modify,
            Some(way(13, 2, &[("waterway", "stream")], &[(3, -169.9, -19.06), (9, -169.95, -19.06)])),
            Some(way(13, 2, &[("waterway", "stream")], &[(3, -169.9, -19.0601), (9, -169.95, -19.06)])),
        )
    };
    let extent = Some(BoundingBox { min: at(-169.95, -19.0601), max: at(-169.89, -19.0499) });
    let mut create = vec![tag("building", "yes", 124), tag("source", "Bing", 3)];
    create.extend((0..12).map(|n| tag("addr:housenumber", &n.to_string(), 1)));
    Analysis {
        summary: Summary {
            create: TypeCounts { node: 2, way: 1, relation: 0 },
            modify: TypeCounts { node: 2, way: 1, relation: 1 },
            delete: TypeCounts { node: 1, way: 1, relation: 0 },
            untagged_nodes: ActionCounts { create: 2, modify: 1, delete: 1 },
        },
        tag_diff: TagDiff {
            create,
            modify: vec![TagChangeCount {
                key: "highway".to_owned(),
                old: "track".to_owned(),
                new: "residential".to_owned(),
                count: 2,
            }],
            delete: vec![tag("access", "yes", 2), tag("highway", "path", 1)],
        },
        unchanged_tags: vec![tag("surface", "gravel", 3)],
        elements: [nodes(), ways(), relations()].concat(),
        moved_ways: vec![moved_way],
        moved_nodes: vec![
            MovedNode { id: ElementId(3), from: at(-169.9, -19.06), to: at(-169.9, -19.0601), distance_m: 14.237 },
            MovedNode { id: ElementId(5), from: at(-169.9, -19.05), to: at(-169.9, -19.0499), distance_m: 11.1 },
        ],
        affected_users: vec![
            AffectedUser { uid: Some(UserId(7)), user: Some("earlier mapper".to_owned()), elements: 5 },
            AffectedUser { uid: None, user: None, elements: 1 },
        ],
        mileage_m: mileage(),
        extent: Extent { old: extent, new: extent },
        labels: Vec::new(),
        gaps: vec![
            Gap {
                kind: GapKind::Redacted,
                element: Some(ElementRef { kind: ElementType::Way, id: ElementId(14) }),
                version: Some(Version(2)),
                detail: "version 2 was redacted".to_owned(),
            },
            Gap {
                kind: GapKind::Truncated,
                element: None,
                version: None,
                detail: "2,000 elements over the limit were left out".to_owned(),
            },
        ],
    }
}

fn mileage() -> Mileage {
    let residential = Length { created: 0.0, deleted: 0.0, changed: 1240.4 };
    let path = Length { created: 0.0, deleted: 312.0, changed: 0.0 };
    let highway = BTreeMap::from([("residential".to_owned(), residential), ("path".to_owned(), path)]);
    Mileage {
        total: Length { created: 41.0, deleted: 312.0, changed: 1240.4 },
        by_type: BTreeMap::from([("highway".to_owned(), highway)]),
    }
}
