//! The older JSON source: every file of the real data, and what must be refused.

use std::{io::Read as _, path::PathBuf};

use osmtracker_osm::{
    Action, Coordinate, ElementRef, ElementType, MemberGeometry, Version,
    real_changesets::{parse_real_changeset, parse_real_changesets_minute},
};

fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn bytes(path: &str) -> Option<Vec<u8>> {
    let path = data(path)?;
    let stored = std::fs::read(&path).expect("a readable file");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut inflated = Vec::new();
        flate2::read::MultiGzDecoder::new(stored.as_slice()).read_to_end(&mut inflated).expect("whole gzip");
        return Some(inflated);
    }
    Some(stored)
}

#[test]
fn a_changeset_with_metadata_is_read() {
    let Some(bytes) = bytes("real-changesets/46700150.json") else { return };
    let (changeset, change) = parse_real_changeset(&bytes).unwrap();
    let changeset = changeset.unwrap();
    assert_eq!(changeset.id.0, 46_700_150);
    assert!(!changeset.open);
    assert_eq!(changeset.num_changes, 1);
    assert_eq!(changeset.comment(), Some("Fix with Osmose"));
    assert_eq!(changeset.bounds.unwrap().min, Coordinate { lon: -76_846_717, lat: 335_335_375 });
    let [action] = change.actions.as_slice() else { panic!("one action") };
    let (old, new) = (action.old.as_ref().unwrap(), action.new.as_ref().unwrap());
    assert_eq!((action.action, old.version, new.version), (Action::Modify, Version(1), Version(2)));
    assert_eq!(old.tags.iter().next(), Some(("name", "لساسفة")), "tags keep their order");
    assert_eq!(old.user.as_ref().unwrap().name.as_ref(), "zakaria f");
}

#[test]
fn the_fixtures_of_each_action_are_read() {
    for (name, kind, action) in [
        ("node-create", ElementType::Node, Action::Create),
        ("node-modify", ElementType::Node, Action::Modify),
        ("node-delete", ElementType::Node, Action::Delete),
        ("way-create", ElementType::Way, Action::Create),
        ("way-modify", ElementType::Way, Action::Modify),
        ("way-delete", ElementType::Way, Action::Delete),
        ("relation-create", ElementType::Relation, Action::Create),
        ("relation-modify", ElementType::Relation, Action::Modify),
    ] {
        let Some(bytes) = bytes(&format!("real-changesets/{name}.json")) else { return };
        let (metadata, change) = parse_real_changeset(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(metadata.is_none());
        let [step] = change.actions.as_slice() else { panic!("{name}: one action") };
        assert_eq!((step.element_ref().unwrap().kind, step.action), (kind, action), "{name}");
        assert_eq!(step.old.is_some(), action != Action::Create, "{name}");
        assert_eq!(step.new.as_ref().unwrap().visible, action != Action::Delete, "{name}");
    }
}

#[test]
fn members_of_relations_have_their_geometry() {
    let Some(bytes) = bytes("real-changesets/relation-modify.json") else { return };
    let (_, change) = parse_real_changeset(&bytes).unwrap();
    let members = change.actions[0].new.as_ref().unwrap().members();
    assert_eq!(members.len(), 107);
    let count = |test: fn(&MemberGeometry) -> bool| {
        members.iter().filter_map(|m| m.geometry.as_ref()).filter(|g| test(g)).count()
    };
    assert_eq!(count(|geometry| matches!(geometry, MemberGeometry::Node(_))), 22);
    assert_eq!(count(|geometry| matches!(geometry, MemberGeometry::Way(line) if !line.is_empty())), 85);
}

#[test]
fn minutes_keyed_by_changeset_are_read() {
    for (name, changesets, elements) in [("2360001", 34, 1_275), ("2360002", 21, 780), ("2360005", 8, 604)] {
        let Some(bytes) = bytes(&format!("real-changesets/{name}.json.gz")) else { return };
        let minute = parse_real_changesets_minute(&bytes).unwrap();
        assert_eq!(minute.len(), changesets, "{name}");
        assert_eq!(minute.iter().map(|(_, change)| change.actions.len()).sum::<usize>(), elements, "{name}");
    }
}

#[test]
fn what_is_broken_is_refused_with_place_and_reason() {
    let error = |text: &str| parse_real_changeset(text.as_bytes()).unwrap_err().to_string();
    let element = |more: &str| format!(r#"{{"elements":[{{"type":"node","id":"1","action":"create"{more}}}]}}"#);
    assert!(parse_real_changeset(element("").as_bytes()).is_ok());
    assert!(error(&element(r#","version":"x""#)).contains("node/1: version is no number: \"x\""));
    assert!(error(&element(r#","lat":"91","lon":"0""#)).contains("node/1: position out of range"));
    assert!(error(&element(r#","lat":"91""#)).contains("node/1: a position with lon or lat alone"));
    assert!(error(&element(r#","timestamp":"soon""#)).contains("not a date and time"));
    assert!(error(r#"{"elements":[{"type":"node","id":"1"}]}"#).contains("the action is missing"));
    assert!(
        error(r#"{"elements":[{"type":"area","id":"1","action":"create"}]}"#).starts_with("byte 26: unknown variant")
    );
    assert!(error("<Error><Code>AccessDenied</Code></Error>").starts_with("byte 0:"));
    let whole = element("");
    for end in 0..whole.len() {
        parse_real_changeset(&whole.as_bytes()[..end]).expect_err("cut off");
    }
}

#[test]
fn an_element_is_named_by_type_and_id() {
    let json = r#"[{"type":"way","id":"7","action":"delete","visible":"false","nodes":[],"old":{"type":"way","id":"7","nodes":[{"ref":"1"},{"ref":"2","lat":"1","lon":"2"}]}}]"#;
    let (_, change) = parse_real_changeset(json.as_bytes()).unwrap();
    let action = &change.actions[0];
    assert_eq!(action.element_ref(), Some(ElementRef { kind: ElementType::Way, id: osmtracker_osm::ElementId(7) }));
    let nodes = action.old.as_ref().unwrap().nodes();
    assert_eq!(nodes[0].position, None);
    assert_eq!(nodes[1].position, Coordinate::from_degrees(2.0, 1.0));
}
