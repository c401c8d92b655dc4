//! The rules of this program's predecessor in our terms, on the feed and the regions of a generated world.

use std::{collections::BTreeMap, path::PathBuf};

use geo::{Intersects, MultiPolygon, Point, Rect, coord};
use osmtracker_analysis::{
    Analysis, Area,
    rules::{Holds, Rules, RulesConfig},
};
use osmtracker_osm::{BoundingBox, Changeset, polygon::parse_poly, xml::parse_changesets};

/// `points-bbox` looked at the points of changed elements: that is `touches`. A rule with an empty pattern asks whether
/// the tag is there.
const RULES: &str = r#"
track = [["inside-area"], ["inside-and-adjust"], ["center-inside"]]

[[labels]]
name = "adjustment"
when = "'comment' in changeset.tags && changeset.tags.comment.matches('^Adjustments')"

[[labels]]
name = "address-node-change"
when = """analysis.tag_diff.create.exists(t, t.key == 'osak:identifier')
    || analysis.tag_diff.modify.exists(t, t.key == 'osak:identifier')
    || analysis.tag_diff.delete.exists(t, t.key == 'osak:identifier')"""

[[labels]]
name = "node-name-modified"
when = "analysis.elements.exists(e, e.type == 'node' && e.action == 'modify' && e.tag_diff.exists(t, t.key == 'name'))"

[[labels]]
name = "road"
when = """analysis.elements.exists(e, e.type == 'way' && [e.?old, e.?new].exists(side, side.hasValue()
    && 'highway' in side.value().tags && side.value().tags.highway.matches('residential|service')))"""

[[labels]]
name = "building-deleted"
when = "analysis.elements.exists(e, e.action == 'delete' && has(e.old) && 'building' in e.old.tags && e.old.tags.building == 'yes')"

[[labels]]
name = "and-rule"
when = """'comment' in changeset.tags && changeset.tags.comment.contains('build')
    && analysis.elements.exists(e, e.type == 'way' && e.action == 'create' && 'building' in e.new.tags)"""

[[labels]]
name = "or-rule"
when = "('source' in changeset.tags && changeset.tags.source == 'survey') || ('bot' in changeset.tags && changeset.tags.bot == 'yes')"

[[labels]]
name = "user-a"
when = "changeset.user != null && changeset.user.matches('^[a-f]')"

[[labels]]
name = "route"
when = "analysis.elements.exists(e, e.type == 'relation' && has(e.new) && 'type' in e.new.tags && e.new.tags.type == 'route')"

[[labels]]
name = "inside-area"
area = "country1000"
test = "bbox"

[[labels]]
name = "inside-area-10000"
area = "country10000"
test = "bbox"

[[labels]]
name = "inside-and-adjust"
area = "country1000"
test = "bbox"
when = "'comment' in changeset.tags && changeset.tags.comment.matches('^Adjustments')"

[[labels]]
name = "center-inside"
area = "country1000"
test = "center"

[[labels]]
name = "points-bbox-inside"
area = "country1000"

[[labels]]
name = "inside-multiring"
area = "multiring"
test = "bbox"

[[labels]]
name = "open-flag"
when = "changeset.open"

[[labels]]
name = "has-comments"
when = "changeset.comments_count > 0"
"#;

fn world() -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join("reference-world");
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn region(world: &std::path::Path, name: &str) -> Vec<u8> {
    std::fs::read(world.join(format!("regions/{name}.poly"))).expect("a region")
}

fn feed(world: &std::path::Path, file: &str) -> Vec<Changeset> {
    let path = world.join(format!("replication/changesets/000/000/{file}.osm.gz"));
    let bytes = std::fs::read(path).expect("a file of the feed");
    let mut xml = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut xml).expect("gzip");
    parse_changesets(&xml).expect("a changesets feed")
}

fn rectangle(bounds: BoundingBox) -> Rect<f64> {
    Rect::new(
        coord! { x: bounds.min.lon_degrees(), y: bounds.min.lat_degrees() },
        coord! { x: bounds.max.lon_degrees(), y: bounds.max.lat_degrees() },
    )
}

/// Straight from the definitions; labels that metadata decides.
fn expected(changeset: &Changeset, regions: &BTreeMap<&str, MultiPolygon<f64>>) -> Vec<&'static str> {
    let tag = |key: &str| changeset.tags.get(key).unwrap_or_default();
    let name = changeset.user.as_ref().map_or("", |user| &*user.name);
    let meets = |region: &str| changeset.bounds.is_some_and(|bounds| regions[region].intersects(&rectangle(bounds)));
    let adjusts = tag("comment").starts_with("Adjustments");
    let center = changeset.bounds.map(BoundingBox::center);
    let holds = [
        ("adjustment", adjusts),
        ("or-rule", tag("source") == "survey" || tag("bot") == "yes"),
        ("user-a", name.starts_with(|letter| ('a'..='f').contains(&letter))),
        ("inside-area", meets("country1000")),
        ("inside-area-10000", meets("country10000")),
        ("inside-and-adjust", meets("country1000") && adjusts),
        (
            "center-inside",
            center.is_some_and(|c| regions["country1000"].intersects(&Point::new(c.lon_degrees(), c.lat_degrees()))),
        ),
        ("inside-multiring", meets("multiring")),
        ("open-flag", changeset.open),
        ("has-comments", changeset.comments_count > 0),
    ];
    holds.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}

#[test]
fn the_rules_of_the_predecessor_say_the_same_on_the_reference_world() {
    let Some(world) = world() else { return };
    let names = ["country1000", "country10000", "multiring"];
    let config: RulesConfig = toml::from_str(RULES).unwrap();
    let areas = names.map(|name| (name.to_owned(), Area::from_poly(name, &region(&world, name)).unwrap())).into();
    let rules = Rules::compile(&config, areas).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let regions: BTreeMap<_, _> = names.map(|name| (name, parse_poly(&region(&world, name)).unwrap())).into();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for changeset in ["001", "002", "050"].iter().flat_map(|file| feed(&world, file)) {
        let decision = rules.filter(&changeset);
        assert!(decision.failures.is_empty(), "{}: {:?}", changeset.id, decision.failures);
        let labels: Vec<_> = decision.labels.iter().map(|label| label.name.as_str()).collect();
        let certain: Vec<_> = labels.iter().copied().filter(|label| *label != "points-bbox-inside").collect();
        let expected = expected(&changeset, &regions);
        assert_eq!(certain, expected, "changeset {}", changeset.id);
        let tracked =
            ["inside-area", "inside-and-adjust", "center-inside"].iter().any(|label| expected.contains(label));
        assert_eq!(decision.tracked, Holds::from(tracked), "changeset {}", changeset.id);
        let last = rules.finish(&changeset, &Analysis::default());
        assert_eq!(last.tracked, tracked);
        assert_eq!(last.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), labels);
        labels.into_iter().for_each(|label| *seen.entry(label.to_owned()).or_default() += 1);
    }
    for label in ["adjustment", "user-a", "inside-area", "inside-area-10000", "center-inside", "inside-multiring"] {
        assert!(seen.contains_key(label), "{label} never held: {seen:?}");
    }
    eprintln!("{seen:?}");
}
