//! Laws: what is written is read back; what is cut is an error; nothing makes a reader panic.

use std::io::BufReader;

use osmtracker_osm::{
    Action, AugmentedAction, BoundingBox, Changeset, ChangesetId, Comment, Coordinate, Element, ElementData, ElementId,
    ElementType, Member, MemberGeometry, Tags, Timestamp, User, UserId, Version, WayNode,
    xml::{
        ChangesetDialect, parse_augmented_diff, parse_changesets, parse_elements, parse_osm_change,
        read_augmented_diff, repair_control_characters, write_augmented_diff, write_changesets, write_elements,
        write_osm_change,
    },
};
use proptest::{collection::vec, option, prelude::*};

/// Text that XML can carry, with all that needs escaping.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec!['&', '<', '>', '"', '\'', '\n', '\t', '\r', ' ', ']', 'é', '😀', ';', '#']);
    let any = any::<char>().prop_filter(
        "allowed in XML",
        |c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'),
    );
    vec(prop_oneof![2 => special, 1 => any, 2 => prop::char::range('a', 'z')], 0..12).prop_map(String::from_iter)
}

fn tags() -> impl Strategy<Value = Tags> {
    vec((text(), text()), 0..4).prop_map(Tags::from_iter)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000).prop_map(Timestamp)
}

/// An author that a document can express: one with an account or a name.
fn user() -> impl Strategy<Value = User> {
    let account = option::of(1..=i64::MAX as u64);
    (account, text())
        .prop_filter("somebody", |(uid, name)| uid.is_some() || !name.is_empty())
        .prop_map(|(uid, name)| User { uid: uid.map(UserId), name: name.into() })
}

fn coordinate() -> impl Strategy<Value = Coordinate> {
    (-1_800_000_000_i32..=1_800_000_000, -900_000_000_i32..=900_000_000).prop_map(|(lon, lat)| Coordinate { lon, lat })
}

fn id() -> impl Strategy<Value = ElementId> {
    any::<i64>().prop_map(ElementId)
}

fn member() -> impl Strategy<Value = Member> {
    let node = option::of(coordinate().prop_map(MemberGeometry::Node));
    let way = option::of(vec(option::of(coordinate()), 1..4).prop_map(MemberGeometry::Way));
    let geometry = prop_oneof![
        node.prop_map(|geometry| (ElementType::Node, geometry)),
        way.prop_map(|geometry| (ElementType::Way, geometry)),
        Just((ElementType::Relation, None)),
    ];
    (geometry, id(), text()).prop_map(|((kind, geometry), id, role)| Member { kind, id, role: role.into(), geometry })
}

fn data() -> impl Strategy<Value = ElementData> {
    let nodes = vec((id(), option::of(coordinate())), 0..4);
    prop_oneof![
        option::of(coordinate()).prop_map(|position| ElementData::Node { position }),
        nodes.prop_map(|nodes| ElementData::Way {
            nodes: nodes.into_iter().map(|(id, position)| WayNode { id, position }).collect()
        }),
        vec(member(), 0..4).prop_map(|members| ElementData::Relation { members }),
    ]
}

fn element() -> impl Strategy<Value = Element> {
    let changeset = option::of((1..=i64::MAX as u64).prop_map(ChangesetId));
    (id(), any::<u32>(), any::<bool>(), changeset, option::of(timestamp()), option::of(user()), tags(), data())
        .prop_map(|(id, version, visible, changeset, timestamp, user, tags, data)| Element {
            id,
            version: Version(version),
            visible,
            changeset,
            timestamp,
            user,
            tags,
            data,
        })
}

fn action() -> impl Strategy<Value = Action> {
    prop::sample::select(Action::ALL.to_vec())
}

fn changeset() -> impl Strategy<Value = Changeset> {
    let comment = (option::of(any::<u64>()), timestamp(), option::of(user()), text())
        .prop_map(|(id, date, user, text)| Comment { id, date, user, text });
    let bounds = option::of(vec(coordinate(), 1..3).prop_map(|corners| BoundingBox::around(corners).unwrap()));
    let times = (timestamp(), option::of(timestamp()));
    (any::<u64>(), times, option::of(user()), bounds, any::<(u32, u32)>(), tags(), vec(comment, 0..3)).prop_map(
        |(id, (created_at, closed_at), user, bounds, (num_changes, comments_count), tags, discussion)| Changeset {
            id: ChangesetId(id),
            created_at,
            closed_at,
            open: closed_at.is_none(),
            user,
            bounds,
            num_changes,
            comments_count,
            tags,
            discussion,
        },
    )
}

proptest! {
    #[test]
    fn augmented_diffs_are_read_back(
        actions in vec((action(), option::of(element()), option::of(element())), 0..4)
    ) {
        let actions: Vec<_> =
            actions.into_iter().map(|(action, old, new)| AugmentedAction { action, old, new }).collect();
        let (mut xml, mut again) = (Vec::new(), Vec::new());
        write_augmented_diff(&mut xml, &actions).unwrap();
        write_augmented_diff(&mut again, &actions).unwrap();
        prop_assert_eq!(&xml, &again);
        prop_assert_eq!(&parse_augmented_diff(&xml).unwrap().actions, &actions);

        let mut in_pieces = Vec::new();
        read_augmented_diff(BufReader::with_capacity(3, &xml[..]), |action| in_pieces.push(action)).unwrap();
        prop_assert_eq!(in_pieces, actions);
    }

    #[test]
    fn osm_change_is_read_back(changes in vec((action(), element()), 0..4)) {
        let mut changes = changes;
        for (action, element) in &mut changes {
            element.visible &= *action != Action::Delete;
        }
        let mut xml = Vec::new();
        write_osm_change(&mut xml, changes.iter().map(|(action, element)| (*action, element))).unwrap();
        prop_assert_eq!(parse_osm_change(&xml).unwrap().changes, changes);
    }

    #[test]
    fn elements_are_read_back(elements in vec(element(), 0..4)) {
        let mut xml = Vec::new();
        write_elements(&mut xml, &elements).unwrap();
        prop_assert_eq!(parse_elements(&xml).unwrap(), elements);
    }

    #[test]
    fn changesets_are_read_back_in_both_dialects(changesets in vec(changeset(), 0..3)) {
        for dialect in [ChangesetDialect::Feed, ChangesetDialect::Api] {
            let mut xml = Vec::new();
            write_changesets(&mut xml, dialect, &changesets).unwrap();
            prop_assert_eq!(&parse_changesets(&xml).unwrap(), &changesets);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn random_markup_never_panics(parts in vec(prop::sample::select(PARTS.to_vec()), 0..40)) {
        let document = parts.concat();
        read_all(document.as_bytes());
        read_all(format!("<osm>{document}</osm>").as_bytes());
        read_all(format!("<osmChange><create>{document}</create></osmChange>").as_bytes());
    }

    #[test]
    fn a_repaired_document_needs_no_repair(bytes in vec(prop_oneof![any::<u8>(), Just(b'&'), Just(b'#'), Just(b'1'), Just(b';')], 0..60)) {
        if let Some((repaired, count)) = repair_control_characters(&bytes) {
            prop_assert!(count > 0);
            prop_assert_eq!(repair_control_characters(&repaired), None);
        }
    }
}

const PARTS: &[&str] = &[
    "<",
    ">",
    "/",
    "=",
    "\"",
    "'",
    "&",
    ";",
    "#",
    "x",
    " ",
    "\n",
    "!",
    "?",
    "--",
    "[CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<osm>",
    "</osm>",
    "<node",
    " id=\"1\"",
    " lat=\"1\"",
    " lon=\"1\"",
    "/>",
    "<way id=\"1\">",
    "</way>",
    "<nd ref=\"1\"/>",
    "<tag k=\"a\" v=\"b\"/>",
    "<changeset id=\"1\" created_at=\"2017-01-01T00:00:00Z\">",
    "<discussion>",
    "<comment date=\"2017-01-01T00:00:00Z\">",
    "<text>",
    "</text>",
    "&amp;",
    "&#11;",
    "é",
    "\u{b}",
    "<action type=\"modify\">",
    "<old>",
    "</old>",
    "<error>",
    "<!DOCTYPE x>",
    "\u{feff}",
];

fn read_all(document: &[u8]) {
    let _ = parse_changesets(document);
    let _ = parse_osm_change(document);
    let _ = parse_elements(document);
    let _ = parse_augmented_diff(document);
    let _ = repair_control_characters(document);
}

const SMALL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- é -->\n<osm version=\"0.6\">\n \
    <action type=\"modify\"><old><way id=\"1\" version=\"1\" user=\"ä &amp; ö\"><nd ref=\"1\" lat=\"1\" lon='2'/>\
    <tag k=\"a\" v=\"b&#10;\"></tag></way></old><new><way id=\"1\" version=\"2\"/></new></action>\n\
    <changeset id=\"1\" created_at=\"2017-01-01T00:00:00Z\"><discussion><comment date=\"2017-01-01T00:00:00Z\">\
    <text> a &lt; b <![CDATA[c]]> </text></comment></discussion></changeset>\n<node id=\"3\"/></osm>";

#[test]
fn a_document_cut_at_any_byte_is_an_error() {
    let document = SMALL.as_bytes();
    assert_eq!(parse_augmented_diff(document).unwrap().actions.len(), 1);
    assert_eq!(parse_changesets(document).unwrap()[0].discussion[0].text, " a < b c ");
    assert_eq!(parse_elements(document).unwrap().len(), 1);
    for end in 0..document.len() {
        let cut = &document[..end];
        assert!(parse_augmented_diff(cut).is_err(), "cut at {end}");
        assert!(parse_changesets(cut).is_err(), "cut at {end}");
        assert!(parse_elements(cut).is_err(), "cut at {end}");
    }
    let change = b"<osmChange><create><node id=\"1\"/></create><delete/></osmChange>";
    assert!((0..change.len()).all(|end| parse_osm_change(&change[..end]).is_err()));
    assert_eq!(parse_osm_change(change).unwrap().changes.len(), 1);
}

#[test]
fn one_changed_byte_never_panics() {
    for at in 0..SMALL.len() {
        for byte in [0, b'<', b'>', b'"', b'&', b' ', 0xff] {
            let mut document = SMALL.as_bytes().to_vec();
            document[at] = byte;
            read_all(&document);
        }
    }
}

#[test]
fn hostile_text_cannot_leave_its_place() {
    let name = "\"/><script>alert(1)</script><!-- ]]> &amp; \u{0}\u{b}\u{ffff}";
    let node = Element {
        id: ElementId(1),
        version: Version(1),
        visible: true,
        changeset: None,
        timestamp: None,
        user: Some(User { uid: None, name: name.into() }),
        tags: [(name, name)].into_iter().collect(),
        data: ElementData::Node { position: None },
    };
    let mut xml = Vec::new();
    write_elements(&mut xml, [&node]).unwrap();
    let text = String::from_utf8(xml).unwrap();
    assert!(!text.contains("<script"), "{text}");
    let read = parse_elements(text.as_bytes()).unwrap().remove(0);
    let expected = name.replace(['\u{0}', '\u{b}', '\u{ffff}'], "\u{fffd}");
    assert_eq!(read.tags.get(&expected), Some(expected.as_str()));
}
