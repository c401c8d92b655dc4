//! Areas, labels, built-in labels, views.

use std::collections::BTreeSet;

use super::{check, good, said};

#[test]
fn areas_that_cannot_be_read_are_told_once_and_labels_that_use_them_are_not() {
    check(&[
        (
            "[areas]\nhere = \"areas/nowhere.poly\"\n[[labels]]\nname = \"a\"\narea = \"here\"\n",
            "
conf/o.toml:2:8: cannot read the area file conf/areas/nowhere.poly: entity not found; name a .poly or GeoJSON file, or an \
             ISO code such as DK
  |
2 | here = \"areas/nowhere.poly\"
  |        ^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "area = \"areas/broken.poly\"",
            "
conf/o.toml:1:8: the area file conf/areas/broken.poly cannot be used: line 9 (byte 46): END is missing for \
             the ring that begins in line 2
  |
1 | area = \"areas/broken.poly\"
  |        ^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "area = \"DX\"",
            "
conf/o.toml:1:8: \"DX\" is no country code such as DK, nor a subdivision such as US-TX; did you mean AX?
  |
1 | area = \"DX\"
  |        ^^^^",
        ),
        (
            "area = \"DK\"\nareas.area = \"SE\"\n",
            "
conf/o.toml:1:8: `area` stands for an area of that name, which [areas] has too; rename that one
  |
1 | area = \"DK\"
  |        ^^^^",
        ),
        (
            "[areas]\nhere = \"DK\"\n[[labels]]\nname = \"a\"\narea = \"her\"\n",
            "
conf/o.toml:5:8: label \"a\": there is no area \"her\", nor a country with this code; did you mean \"here\"?
  |
5 | area = \"her\"
  |        ^^^^^",
        ),
    ]);
}

#[test]
fn a_mistake_in_an_expression_has_its_caret_inside_a_text_of_several_lines() {
    // What is said about expressions is the analysis crate's own; here it is where.
    for (when, place, lines) in [
        (
            "'''\nchangeset.num_changes > 10\n  && changeset.usr == \"x\"\n'''",
            "conf/o.toml:5:16: label \"big\": ",
            "  |\n5 |   && changeset.usr == \"x\"\n  |                ^^^",
        ),
        (
            "\"changeset.tags[\\\"a\\\"] == chngeset.id\"",
            "conf/o.toml:3:34: label \"big\": ",
            "  |\n3 | when = \"changeset.tags[\\\"a\\\"] == chngeset.id\"\n  |                                  ^^^^^^^^",
        ),
        ("\"\"\"\n  changeset.open\n  or true\"\"\"", "conf/o.toml:5:", ""),
    ] {
        let said = said(&format!("[[labels]]\nname = \"big\"\nwhen = {when}\n"));
        let (first, rest) = said.split_once('\n').unwrap();
        assert!(first.starts_with(place), "{said}");
        assert!(lines.is_empty() || rest == lines, "{said}");
    }
}

#[test]
fn names_of_labels_must_be_unique_and_known() {
    check(&[
        (
            "area = \"DK\"\n[[labels]]\nname = \"inside\"\nwhen = \"true\"\n",
            "
conf/o.toml:3:8: label \"inside\": two labels have this name
  |
3 | name = \"inside\"
  |        ^^^^^^^^",
        ),
        (
            "track = [[\"insid\"]]\narea = \"DK\"\n",
            "
conf/o.toml:1:11: there is no label \"insid\"; did you mean \"inside\"?
  |
1 | track = [[\"insid\"]]
  |           ^^^^^^^",
        ),
        (
            "track = [\"inside\"]\n",
            "
conf/o.toml:1:10: an entry of `track` must be a list of labels, such as [\"inside\"], not text
  |
1 | track = [\"inside\"]
  |          ^^^^^^^^",
        ),
        (
            "[[labels]]\nwhen = \"true\"\n",
            "
conf/o.toml:1:1: a label needs a `name`
  |
1 | [[labels]]
  | ^^^^^^^^^^",
        ),
        (
            "[builtin]\nno-coment = true\n",
            "
conf/o.toml:2:1: there is no built-in label `no-coment`; did you mean `no-comment`?
  |
2 | no-coment = true
  | ^^^^^^^^^",
        ),
        (
            "[builtin]\nmass-modification = { share = \"most\", modfied = 5 }\n",
            "
conf/o.toml:2:31: `share` must be a number, not text
  |
2 | mass-modification = { share = \"most\", modfied = 5 }
  |                               ^^^^^^
conf/o.toml:2:39: `mass-modification` has no threshold `modfied`; did you mean `modified`?
  |
2 | mass-modification = { share = \"most\", modfied = 5 }
  |                                       ^^^^^^^",
        ),
        (
            "[builtin]\nbot = 3\n",
            "
conf/o.toml:2:7: `bot` must be true, false or a table of thresholds, not a whole number
  |
2 | bot = 3
  |       ^",
        ),
        (
            "[[views]]\nname = \"Big One\"\nany = [\"bot\"]\n[builtin]\nno-source = true\nbot = false\n",
            "
conf/o.toml:2:8: \"Big One\" cannot be the name of a view: 1 to 64 characters a-z, 0-9 and -, and not index
  |
2 | name = \"Big One\"
  |        ^^^^^^^^^
conf/o.toml:3:8: there is no label \"bot\"; known here: no-source
  |
3 | any = [\"bot\"]
  |        ^^^^^",
        ),
    ]);
}

#[test]
fn an_area_alone_is_a_label_that_is_tracked() {
    let config = good("area = \"areas/square.poly\"\n[builtin]\nbot = true\n");
    let names: Vec<_> = config.site.labels.iter().map(|label| label.name.as_str()).collect();
    assert_eq!(names, ["inside", "bot"]);
    assert_eq!(config.site.area.as_deref(), Some("square"));
    let inside = BTreeSet::from(["inside".to_owned()]);
    assert_eq!((&config.site.places, &config.site.common), (&inside, &inside), "it flags nothing, and all have it");
    let changeset = |lon: i32| osmtracker_osm::Changeset {
        id: osmtracker_osm::ChangesetId(1),
        created_at: osmtracker_osm::Timestamp(0),
        closed_at: None,
        open: false,
        user: None,
        bounds: Some(osmtracker_osm::BoundingBox::of(osmtracker_osm::Coordinate { lon, lat: 555_000_000 })),
        num_changes: 1,
        comments_count: 0,
        tags: osmtracker_osm::Tags::new(),
        discussion: Vec::new(),
    };
    let tracked = |lon| config.rules.filter(&changeset(lon)).tracked;
    use osmtracker_analysis::rules::Holds;
    assert_eq!((tracked(125_000_000), tracked(525_000_000)), (Holds::Yes, Holds::No));
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    assert_eq!(
        good("").warnings,
        [
            "neither `area` nor `track` says what to follow",
            "`contact` is not set: the OSM API blocks those whom it cannot reach",
        ]
    );
    let text = "area = \"DK\"\ntrack = [[\"bot\"]]\ncontact = \"https://example.org\"\nbuiltin.bot = true\n";
    assert_eq!(good(text).warnings, ["`area` is set, but no entry of `track` names its label \"inside\""]);
}

#[test]
fn the_summary_says_what_the_configuration_comes_to() {
    let text = "area = \"DK\"\nserve = false\n[builtin]\ndragged-way = true\n[[views]]\nname = \"all\"\n";
    assert_eq!(
        good(text).summary(),
        "label inside (Inside the area): a changed element touches DK\n\
         label dragged-way (Dragged way): a way has a very long segment that it did not have before (segment_m 10000)\n\
         view all (all)\n\
         feed https://planet.openstreetmap.org/replication, changes from adiff, then osm-api\n\
         data in osmtracker-data, site not served"
    );
}

#[test]
fn what_only_says_where_flags_nothing_and_what_each_way_to_be_tracked_needs_is_common() {
    let config = good(
        "track = [[\"near\", \"big\"], [\"near\", \"bot\"]]\n[areas]\ntown = \"areas/square.poly\"\n[builtin]\nbot = true\n\
         [[labels]]\nname = \"near\"\narea = \"town\"\n[[labels]]\nname = \"big\"\nwhen = \"changeset.num_changes > 9\"\n\
         [[labels]]\nname = \"big-here\"\narea = \"town\"\nwhen = \"changeset.num_changes > 9\"\n",
    );
    let near = BTreeSet::from(["near".to_owned()]);
    assert_eq!((&config.site.places, &config.site.common), (&near, &near));
    assert!(good("area = \"planet\"\n").site.common.is_empty());
}
