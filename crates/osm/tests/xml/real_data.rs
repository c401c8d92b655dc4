//! Every file of the real data, against an independent count of its tags and against what is known of it.

use std::{collections::BTreeMap, io::Read};

use osmtracker_osm::{
    AugmentedAction, Changeset, ChangesetId, Element, ElementData, ElementType, MemberGeometry, gzip,
    real_changesets::parse_real_changesets_minute,
    xml::{
        Limits, parse_augmented_diff, parse_changesets, parse_elements, parse_osm_change, read_changesets,
        read_elements_within, read_osm_change, repair_control_characters,
    },
};

use crate::data::{find, load, read, walk};

/// What a document holds, counted in its elements or in its text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    nodes: usize,
    ways: usize,
    relations: usize,
    tags: usize,
    nds: usize,
    members: usize,
}

impl Counts {
    fn of_text(xml: &[u8]) -> Self {
        let count = |tag: &str| memchr::memmem::find_iter(xml, tag).count();
        Self {
            nodes: count("<node "),
            ways: count("<way "),
            relations: count("<relation "),
            tags: count("<tag "),
            nds: count("<nd ") + count("<nd/>"),
            members: count("<member "),
        }
    }

    fn add(&mut self, element: &Element) {
        self.tags += element.tags.len();
        match &element.data {
            ElementData::Node { .. } => self.nodes += 1,
            ElementData::Way { nodes } => {
                self.ways += 1;
                self.nds += nodes.len();
            }
            ElementData::Relation { members } => {
                self.relations += 1;
                self.members += members.len();
                for member in members {
                    if let Some(MemberGeometry::Way(line)) = &member.geometry {
                        self.nds += line.len();
                    }
                }
            }
        }
    }

    fn of<'a>(elements: impl IntoIterator<Item = &'a Element>) -> Self {
        let mut counts = Self::default();
        elements.into_iter().for_each(|element| counts.add(element));
        counts
    }
}

fn sides(actions: &[AugmentedAction]) -> impl Iterator<Item = &Element> {
    actions.iter().flat_map(|action| action.old.iter().chain(&action.new))
}

#[test]
fn every_osm_change_is_read_whole() {
    let folders = ["api06", "minute-replication", "recorded-upstream", "e2e-niue"];
    for path in folders.iter().flat_map(|folder| walk(folder, &[".osc", ".osc.gz"])) {
        let xml = read(&path);
        let change = parse_osm_change(&xml).unwrap_or_else(|error| panic!("{}", error.in_file(path.to_string_lossy())));
        let counts = Counts::of(change.changes.iter().map(|(_, element)| element));
        assert_eq!(counts, Counts::of_text(&xml), "{}", path.display());
        assert!(change.changes.iter().all(|(_, element)| element.version.0 > 0), "{}", path.display());
    }
}

#[test]
fn every_augmented_diff_is_read_whole() {
    for path in walk("adiff", &[".adiff", ".adiff.gz", ".xml"]) {
        let xml = read(&path);
        let change =
            parse_augmented_diff(&xml).unwrap_or_else(|error| panic!("{}", error.in_file(path.to_string_lossy())));
        assert_eq!(Counts::of(sides(&change.actions)), Counts::of_text(&xml), "{}", path.display());
        assert!(change.actions.iter().all(|action| action.new.is_some()), "{}", path.display());
    }
}

#[test]
fn every_element_list_is_read_whole() {
    let folders = ["history", "e2e-niue", "api06"];
    let endings = [".osm", ".history.xml", ".full.xml", "multi-fetch-nodes.xml", "-ways.xml", "-relations.xml"];
    let mut paths: Vec<_> = folders.iter().flat_map(|folder| walk(folder, &endings)).collect();
    paths.extend(find("recorded-upstream/history.osm.gz"));
    for path in paths {
        let xml = read(&path);
        let elements = parse_elements(&xml).unwrap_or_else(|error| panic!("{}", error.in_file(path.to_string_lossy())));
        assert_eq!(Counts::of(&elements), Counts::of_text(&xml), "{}", path.display());
        assert!(!elements.is_empty(), "{}", path.display());
    }
}

#[test]
fn every_changesets_document_is_read_whole() {
    let mut paths = walk("changeset-replication", &[".osm", ".osm.gz"]);
    paths.extend(walk("recorded-upstream/replication/changesets", &[".osm.gz"]));
    paths.extend(walk("reference-world/replication", &[".osm.gz"]));
    paths.extend(walk("recorded-upstream/api", &[".xml"]));
    paths.extend(walk("api06", &[".changeset.xml", "changesets-query.xml", "-with-discussion.xml"]));
    for path in paths {
        let mut xml = read(&path);
        if let Some((repaired, _)) = repair_control_characters(&xml) {
            xml = repaired;
        }
        let changesets =
            parse_changesets(&xml).unwrap_or_else(|error| panic!("{}", error.in_file(path.to_string_lossy())));
        let count = |tag: &str| memchr::memmem::find_iter(&xml, tag).count();
        assert_eq!(changesets.len(), count("<changeset "), "{}", path.display());
        assert_eq!(changesets.iter().map(|c| c.tags.len()).sum::<usize>(), count("<tag "), "{}", path.display());
        let comments = changesets.iter().map(|c| c.discussion.len()).sum::<usize>();
        assert_eq!(comments, count("<comment "), "{}", path.display());
        assert_eq!(changesets.iter().filter(|c| c.bounds.is_some()).count(), count("min_lat="), "{}", path.display());
    }
}

#[test]
fn a_full_history_file_is_streamed() {
    let Some(path) = find("reference-world/full-history.osm.gz") else { return };
    let file = std::fs::File::open(path).unwrap();
    let mut versions = 0;
    read_elements_within(gzip::gunzip(file, u64::MAX), Limits::FILE, |_| versions += 1).unwrap();
    assert_eq!(versions, 83_275, "as many as an independent count of the tags gives");
}

#[test]
fn broken_answers_are_errors_and_an_empty_list_is_none() {
    for path in walk("api06-errors", &[".xml"]) {
        let bytes = read(&path);
        let (changes, elements) = (parse_osm_change(&bytes), parse_elements(&bytes));
        if path.ends_with("test_node_get_invalid_response.xml") {
            assert!(changes.is_err());
            assert_eq!(elements.unwrap(), []);
            continue;
        }
        let error = changes.unwrap_err().in_file("answer.xml").to_string();
        assert_eq!(error, "answer.xml: at byte 39: the document ends before its root element");
        assert!(elements.is_err());
    }
    // Users are no elements, and none are made of them.
    if let Some(users) = load("api06/users.xml") {
        assert_eq!(parse_elements(&users).unwrap(), []);
    }
}

#[test]
fn known_files_hold_what_is_known_of_them() {
    let changesets = |path: &str| load(path).map(|xml| parse_changesets(&xml).unwrap());
    for (path, count, open) in [("changeset-replication/245.osm.gz", 25, 3), ("changeset-replication/011.osm.gz", 7, 2)]
    {
        let Some(changesets) = changesets(path) else { return };
        assert_eq!(changesets.len(), count, "{path}");
        assert_eq!(changesets.iter().filter(|c| c.open).count(), open, "{path}");
        assert!(changesets.iter().all(|c| c.open == c.closed_at.is_none()), "{path}");
    }
    let changeset = &changesets("api06/137595351.changeset-with-discussion.xml").unwrap()[0];
    assert_eq!((changeset.comments_count, changeset.discussion.len(), changeset.num_changes), (4, 4, 1));

    for (path, count) in [
        ("minute-replication/minute_871.osc", 194),
        // 2,563 elements, one of them in two versions.
        ("minute-replication/612.osc.gz", 2_564),
        ("minute-replication/example-test.osc", 641),
    ] {
        assert_eq!(parse_osm_change(&load(path).unwrap()).unwrap().changes.len(), count, "{path}");
    }
    for (path, count) in [
        ("adiff/2360001.adiff.gz", 1_275),
        ("adiff/2360002.adiff", 780),
        ("adiff/2360005.adiff", 604),
        ("adiff/annotated_diff.xml", 1_094),
    ] {
        assert_eq!(parse_augmented_diff(&load(path).unwrap()).unwrap().actions.len(), count, "{path}");
    }
    for (path, count) in [
        ("api06/node-35308286.history.xml", 17),
        ("api06/way-13073736.history.xml", 27),
        ("api06/relation-40581.history.xml", 62),
        ("recorded-upstream/history.osm.gz", 37_802),
    ] {
        assert_eq!(parse_elements(&load(path).unwrap()).unwrap().len(), count, "{path}");
    }
}

#[test]
fn metadata_and_download_of_a_changeset_agree() {
    for path in walk("api06", &[".download.osc"]) {
        let metadata = path.to_string_lossy().replace(".download.osc", ".changeset.xml");
        let Ok(metadata) = std::fs::read(metadata) else { continue };
        let changeset = &parse_changesets(&metadata).unwrap()[0];
        let change = parse_osm_change(&read(&path)).unwrap();
        assert_eq!(change.changes.len(), changeset.num_changes as usize, "{}", path.display());
        let bounds = changeset.bounds.unwrap();
        for (_, element) in &change.changes {
            assert_eq!(element.changeset, Some(changeset.id));
            assert_eq!(element.user, changeset.user);
            if let Some(position) = element.position() {
                assert_eq!(bounds.including(position), bounds, "{} lies in the box", element.element_ref());
            }
        }
    }
}

#[test]
fn the_overpass_dialect_gives_the_same_as_the_json_made_from_it() {
    for sequence in [2_360_001, 2_360_002, 2_360_005] {
        let Some(json) = load(&format!("real-changesets/{sequence}.json.gz")) else { return };
        let xml = load(&format!("adiff/{sequence}.adiff")).or_else(|| load(&format!("adiff/{sequence}.adiff.gz")));
        let mut by_changeset: BTreeMap<ChangesetId, Vec<AugmentedAction>> = BTreeMap::new();
        for action in parse_augmented_diff(&xml.unwrap()).unwrap().actions {
            let changeset = action.new.as_ref().unwrap().changeset.unwrap();
            by_changeset.entry(changeset).or_default().push(action);
        }
        let minute = parse_real_changesets_minute(&json).unwrap();
        assert_eq!(minute.len(), by_changeset.len());
        for (changeset, change) in minute {
            let read = &by_changeset[&changeset];
            assert_eq!(read.len(), change.actions.len(), "{changeset}");
            for (xml, json) in read.iter().zip(&change.actions) {
                assert_eq!(xml, json, "{changeset}");
            }
        }
    }
}

#[test]
fn the_tag_changes_that_another_program_found_are_there() {
    for path in walk("adiff", &[".expected.json"]) {
        let expected: BTreeMap<String, Vec<String>> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let xml = std::fs::read(path.to_string_lossy().replace(".expected.json", ".adiff")).unwrap();
        let actions = parse_augmented_diff(&xml).unwrap().actions;
        for (key, values) in &expected {
            for value in values {
                let found = sides(&actions).any(|element| element.tags.iter().any(|tag| tag == (&**key, &**value)));
                assert!(found, "{}: {key}={value}", path.display());
            }
        }
    }
}

#[test]
fn the_feed_and_the_api_agree_on_each_recorded_changeset() {
    let mut feed: BTreeMap<ChangesetId, Changeset> = BTreeMap::new();
    for path in walk("recorded-upstream/replication/changesets", &[".osm.gz"]) {
        let file = std::fs::File::open(path).unwrap();
        read_changesets(gzip::gunzip(file, 1 << 20), |changeset| {
            feed.insert(changeset.id, changeset);
        })
        .unwrap();
    }
    if feed.is_empty() {
        return;
    }
    assert_eq!(feed.len(), 51);
    let mut repaired = 0;
    for path in walk("recorded-upstream/api/changeset", &[".xml"]) {
        let mut xml = read(&path);
        if let Err(error) = parse_changesets(&xml) {
            assert!(error.is_control_character(), "{}", error.in_file(path.to_string_lossy()));
            let (mended, count) = repair_control_characters(&xml).unwrap();
            assert_eq!(count, 1);
            repaired += 1;
            xml = mended;
        }
        let api = parse_changesets(&xml).unwrap().remove(0);
        let feed = &feed[&api.id];
        assert_eq!((&api.tags, api.created_at, api.bounds), (&feed.tags, feed.created_at, feed.bounds), "{}", api.id);
        if !feed.open {
            assert_eq!((api.num_changes, api.closed_at), (feed.num_changes, feed.closed_at), "{}", api.id);
        }
        if repaired == 1 && api.discussion.iter().any(|comment| comment.text.contains('\u{fffd}')) {
            let (comment, in_feed) = (&api.discussion[0], &feed.discussion[0]);
            assert_eq!(comment.text.replace('\u{fffd}', "?"), in_feed.text);
            assert!(comment.text.starts_with("Please explain <this> & that\nsecond line"), "{:?}", comment.text);
        }
    }
    assert_eq!(repaired, 1, "one answer has a raw control character");
}

#[test]
fn a_recorded_download_is_the_history_of_its_changeset() {
    let Some(history) = load("recorded-upstream/history.osm.gz") else { return };
    let mut versions = BTreeMap::new();
    for element in parse_elements(&history).unwrap() {
        versions.insert((element.element_ref(), element.version), element);
    }
    let mut compared = 0;
    for path in walk("recorded-upstream/api/changeset", &[".download.osc.gz"]) {
        read_osm_change(gzip::gunzip(std::fs::File::open(path).unwrap(), 1 << 30), |_, element| {
            let known = versions.get(&(element.element_ref(), element.version));
            // Deleted nodes have a position in history files; user names are those of different moments.
            let same = |known: &&Element| {
                let same_place = known.kind() == ElementType::Node && !known.visible || known.data == element.data;
                same_place && known.tags == element.tags && known.visible == element.visible
            };
            assert!(known.is_some_and(|known| same(&known)), "{} v{}", element.element_ref(), element.version);
            compared += 1;
        })
        .unwrap();
    }
    assert!(compared > 20_000, "{compared}");
}

#[test]
fn a_feed_file_cut_at_any_byte_is_an_error() {
    let Some(path) = find("changeset-replication/245.osm.gz") else { return };
    let stored = std::fs::read(path).unwrap();
    for end in 0..stored.len() {
        assert!(read_changesets(gzip::gunzip(&stored[..end], 1 << 20), |_| {}).is_err(), "cut at {end}");
    }
    let mut xml = Vec::new();
    gzip::gunzip(&stored[..], 1 << 20).read_to_end(&mut xml).unwrap();
    let last = xml.iter().rposition(|&byte| byte == b'>').unwrap();
    for end in (0..=last).step_by(7) {
        assert!(parse_changesets(&xml[..end]).is_err(), "cut at {end}");
    }
}
