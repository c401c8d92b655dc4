//! Bad configurations with exactly what is said about them, precedence, and the example file.

use std::{io, path::Path};

use super::*;

const SQUARE: &str = "square\n1\n 12 55\n 13 55\n 13 56\n 12 56\n 12 55\nEND\nEND\n";

/// The files beside the configuration.
fn files(path: &Path) -> io::Result<Vec<u8>> {
    match path.to_str() {
        Some("conf/areas/square.poly" | "square.poly") => Ok(SQUARE.into()),
        Some("conf/areas/broken.poly") => Ok(SQUARE.replace("END", "").into()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn load_with(text: &str, variables: &[(&str, &str)], overrides: Overrides) -> Result<Config, ConfigErrors> {
    let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let file = Some((Path::new("conf/o.toml"), text));
    Config::load(Sources { file, variables, overrides }, &mut files)
}

fn good(text: &str) -> Config {
    load_with(text, &[], Overrides::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn said(text: &str) -> String {
    load_with(text, &[], Overrides::default()).unwrap_err().to_string()
}

/// Each text gives exactly this message.
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(said(text), expected.trim_start_matches('\n').trim_end(), "\n--- {text}");
    }
}

#[test]
fn unknown_keys_come_with_a_suggestion() {
    check(&[
        (
            "[upstream]\nreplication_uri = \"https://example.org\"\n",
            "
conf/o.toml:2:1: unknown key `replication_uri` in [upstream]; did you mean `replication_url`?
  |
2 | replication_uri = \"https://example.org\"
  | ^^^^^^^^^^^^^^^",
        ),
        (
            "lisetn = \"127.0.0.1:80\"",
            "
conf/o.toml:1:1: unknown key `lisetn`; did you mean `listen`?
  |
1 | lisetn = \"127.0.0.1:80\"
  | ^^^^^^",
        ),
        (
            "log.colour = true",
            "
conf/o.toml:1:5: unknown key `colour` in [log]; known here: format, level
  |
1 | log.colour = true
  |     ^^^^^^",
        ),
        (
            "[[views]]\nname = \"a\"\nlabels = []\n",
            "
conf/o.toml:3:1: unknown key `labels` in [views]; known here: all, any, name, none, title
  |
3 | labels = []
  | ^^^^^^",
        ),
    ]);
}

#[test]
fn values_of_the_wrong_type_or_out_of_range_are_told() {
    check(&[
        (
            "[upstream]\n\tattempts = \"five\" # tries\n",
            "
conf/o.toml:2:13: `attempts` must be a whole number, not text
  |
2 | \tattempts = \"five\" # tries
  | \t           ^^^^^^",
        ),
        (
            "[pipeline]\nhorizon_hours = -1\n",
            "
conf/o.toml:2:17: `horizon_hours` must be from 0 to 1000000, not -1
  |
2 | horizon_hours = -1
  |                 ^^",
        ),
        (
            "serve = 1",
            "
conf/o.toml:1:9: `serve` must be true or false, not a whole number
  |
1 | serve = 1
  |         ^",
        ),
        (
            "upstream = \"https://example.org\"",
            "
conf/o.toml:1:12: `upstream` must be a table, not text
  |
1 | upstream = \"https://example.org\"
  |            ^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "[views]\nname = \"a\"",
            "
conf/o.toml:1:1: `views` must be a list of tables: begin each with [[views]]
  |
1 | [views]
  | ^^^^^^^",
        ),
        (
            "listen = \"8080\"",
            "
conf/o.toml:1:10: `listen` must be an address and a port, such as 127.0.0.1:8080 or [::]:80, not \"8080\"
  |
1 | listen = \"8080\"
  |          ^^^^^^",
        ),
        (
            "contact = \"me\"",
            "
conf/o.toml:1:11: `contact` must be an address of mail or web, not \"me\"
  |
1 | contact = \"me\"
  |           ^^^^",
        ),
        (
            "[upstream]\nsources = [\"adiff\", \"osm_api\"]",
            "
conf/o.toml:2:21: `sources` does not know \"osm_api\"; did you mean `osm-api`?
  |
2 | sources = [\"adiff\", \"osm_api\"]
  |                     ^^^^^^^^^",
        ),
        (
            "[log]\nlevel = \"verbose\"",
            "
conf/o.toml:2:9: `level` is no level; write error, warn, info, debug or trace, perhaps with others for single crates: \
             \"info,osmtracker_upstream=debug\"
  |
2 | level = \"verbose\"
  |         ^^^^^^^^^",
        ),
        (
            "since = \"yesterday\"",
            "
conf/o.toml:1:9: \"yesterday\" is no moment; write it as 2026-11-22T09:00Z, as 2026-11-22 (midnight UTC), or as \
             \"2 hours ago\"
  |
1 | since = \"yesterday\"
  |         ^^^^^^^^^^^",
        ),
        (
            "since = \"2 hours ago\"\nfrom_sequence = 7",
            "
conf/o.toml:1:9: `since` and `from_sequence` cannot both be given; remove one of them
  |
1 | since = \"2 hours ago\"
  |         ^^^^^^^^^^^^^",
        ),
    ]);
}

#[test]
fn addresses_need_a_host_encryption_and_their_placeholder() {
    check(&[
        (
            "[upstream]\napi_url = \"http://\"",
            "
conf/o.toml:2:11: `api_url` must be an address with a host, such as https://example.org/path: \"http://\"
  |
2 | api_url = \"http://\"
  |           ^^^^^^^^^",
        ),
        (
            "[upstream]\napi_url = \"https://example.org/api/0.6/\"",
            "
conf/o.toml:2:11: `api_url` must be without /api/0.6, which is appended
  |
2 | api_url = \"https://example.org/api/0.6/\"
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "[upstream]\nreplication_url = \"http://example.org/replication\"",
            "
conf/o.toml:2:19: `replication_url` must begin with https:// (or set upstream.allow_private = true for a mirror of your \
             own): \"http://example.org/replication\"
  |
2 | replication_url = \"http://example.org/replication\"
  |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "[upstream]\nadiff_url = \"https://example.org/adiff\"",
            "
conf/o.toml:2:13: `adiff_url` must hold {id} once, where the changeset's number goes
  |
2 | adiff_url = \"https://example.org/adiff\"
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "[upstream]\nsources = [\"real-changesets\"]",
            "
conf/o.toml:2:12: the source real-changesets needs upstream.real_changesets_url
  |
2 | sources = [\"real-changesets\"]
  |            ^^^^^^^^^^^^^^^^^",
        ),
    ]);
    assert_eq!(good("[upstream]\napi_url = \"http://127.0.0.1:8900\"").upstream.api_url.port(), Some(8900));
    good("[upstream]\nallow_private = true\napi_url = \"http://mirror.internal\"");
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_place_and_nothing_else() {
    let said = said("area = \"DK\"\nlisten = 127.0.0.1\n[site]\nnonsense = 1\n");
    assert!(said.starts_with("conf/o.toml:2:"), "{said}");
    assert!(said.contains("not valid TOML") && !said.contains("nonsense"), "{said}");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let errors = load_with(
        "serve = 1\n[log]\nformat = \"xml\"\n",
        &[("OSMTRACKER_PIPELINE_MAX_ATTEMPTS", "many")],
        Overrides { api_url: Some("ftp://example.org".into()), ..Overrides::default() },
    )
    .unwrap_err();
    let places: Vec<_> = errors.mistakes.iter().map(|it| it.to_string().lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        places,
        [
            "conf/o.toml:1:9: `serve` must be true or false, not a whole number",
            "conf/o.toml:3:10: `format` does not know \"xml\"; known here: json, text",
            "OSMTRACKER_PIPELINE_MAX_ATTEMPTS: must be a whole number, not \"many\"",
            "--api-url: `api_url` must begin with https://: \"ftp://example.org\"",
        ]
    );
}

#[test]
fn variables_stand_over_the_file_and_flags_over_both() {
    let file = "data = \"from-file\"\n[upstream]\nattempts = 2\napi_url = \"https://file.example.org\"\n";
    let variables = [
        ("OSMTRACKER_DATA_DIR", "from-variable"),
        ("OSMTRACKER_UPSTREAM_ATTEMPTS", "3"),
        ("OSMTRACKER_UPSTREAM_SOURCES", "osm-api, adiff"),
        ("OSMTRACKER_SITE_TITLE", ""),
        ("OSMTRACKER_DATA", "/captures/of/the/tests"),
        ("OSMTRACKER_CONFIG", "o.toml"),
        ("PATH", "/usr/bin"),
    ];
    let config = load_with(file, &variables, Overrides::default()).unwrap();
    assert_eq!(config.data, Path::new("from-variable"), "relative to the working directory");
    assert_eq!(config.upstream.attempts, 3);
    assert_eq!(config.upstream.sources, [SourceName::OsmApi, SourceName::Adiff]);
    assert_eq!(config.upstream.api_url.as_str(), "https://file.example.org/");
    assert_eq!(config.site.title, "osmtracker");
    let flags = Overrides {
        data: Some("from-flag".into()),
        api_url: Some("http://127.0.0.1:8900".into()),
        serve: Some(false),
        ..Overrides::default()
    };
    let config = load_with(file, &variables, flags).unwrap();
    assert_eq!((config.data.to_str(), config.upstream.attempts, config.listen), (Some("from-flag"), 3, None));
    assert_eq!(config.upstream.api_url.as_str(), "http://127.0.0.1:8900/");
    assert_eq!(good(file).data, Path::new("conf/from-file"), "relative to the file");
}

#[test]
fn a_flag_that_says_where_to_begin_hides_the_other_way_in_the_file() {
    let flags = Overrides { since: Some("2026-11-22T09:00Z".into()), ..Overrides::default() };
    let config = load_with("from_sequence = 5", &[], flags).unwrap();
    assert_eq!(config.start, StartFrom::Since("2026-11-22T09:00Z".parse().unwrap()));
    assert_eq!(good("from_sequence = 5").start, StartFrom::Sequence(osmtracker_osm::ChangesetSequence(5)));
}

#[test]
fn variables_that_cannot_be_read_or_that_nobody_knows_are_named() {
    for (name, value, expected) in [
        ("OSMTRACKER_SERVE", "yes", "OSMTRACKER_SERVE: must be true or false, not \"yes\""),
        (
            "OSMTRACKER_LISTEN",
            "nowhere",
            "OSMTRACKER_LISTEN: `listen` must be an address and a port, such as 127.0.0.1:8080 or [::]:80, not \"nowhere\"",
        ),
        (
            "OSMTRACKER_UPSTREAM_API_URI",
            "https://example.org",
            "OSMTRACKER_UPSTREAM_API_URI: no such variable; did you mean `OSMTRACKER_UPSTREAM_API_URL`?",
        ),
        ("OSMTRACKER_XYZZY", "1", "OSMTRACKER_XYZZY: no such variable; unset it"),
        ("OSMTRACKER_UPSTREAM_ATTEMPTS", "0", "OSMTRACKER_UPSTREAM_ATTEMPTS: `attempts` must be from 1 to 20, not 0"),
    ] {
        let errors = load_with("", &[(name, value)], Overrides::default()).unwrap_err();
        assert_eq!(errors.to_string(), expected);
    }
}

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
            "neither `area` nor `track` is set: the changesets of the whole planet are analysed",
            "`contact` is not set: the OSM API blocks those whom it cannot reach",
        ]
    );
    let text = "area = \"DK\"\ntrack = [[\"bot\"]]\ncontact = \"https://example.org\"\nbuiltin.bot = true\n";
    assert_eq!(good(text).warnings, ["`area` is set, but no entry of `track` names its label \"inside\""]);
}

/// The example file, with the lines in use whose mark is one of these.
fn example(marks: &[&str]) -> String {
    let text = include_str!("../../../../osmtracker.example.toml");
    let used = |line: &str| {
        let key = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[');
        let (mark, rest) = match line.strip_prefix("#> ") {
            Some(rest) => ("#> ", rest),
            None => ("#", line.strip_prefix('#').filter(|rest| key(rest)).unwrap_or("")),
        };
        if marks.contains(&mark) && !rest.is_empty() { rest.to_owned() } else { line.to_owned() }
    };
    text.lines().map(used).collect::<Vec<_>>().join("\n")
}

/// Everything but paths and what is not configuration.
fn shape(config: &Config) -> String {
    format!("{config:#?}").replace("conf/", "")
}

#[test]
fn the_example_says_what_holds_when_nothing_is_set() {
    let nothing = shape(&good(""));
    assert_eq!(shape(&good(&example(&[]))), nothing);
    assert_eq!(shape(&good(&example(&["#"]))), nothing);
}

/// The example with everything in use, but for one of the two ways to say where to begin.
fn full_example() -> String {
    let text = example(&["#", "#> "]).replace("areas/copenhagen.poly", "areas/square.poly");
    text.lines().filter(|line| !line.starts_with("from_sequence")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_s_examples_are_valid() {
    let config = good(&full_example());
    assert_eq!(config.start, StartFrom::Since("2 hours ago".parse().unwrap()));
    assert_eq!(config.site.views.len(), 1);
    good("from_sequence = 6640998");
}

#[test]
fn the_example_shows_the_thresholds_that_true_gives() {
    let on: Vec<_> =
        osmtracker_analysis::rules::BuiltinConfig::NAMES.iter().map(|name| format!("{name} = true")).collect();
    let plain = good(&format!("[builtin]\n{}", on.join("\n")));
    let shown = good(&full_example());
    let described = shown.rules.describe().into_iter().filter(|label| plain.rules.describe().contains(label)).count();
    assert_eq!(described, on.len(), "{:#?}", shown.rules.describe());
}

/// Full names of all keys in a tree, those inside lists of tables under the list's name.
fn names(table: &Table, path: &str, into: &mut BTreeSet<String>) {
    for (key, (_, node)) in &table.entries {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match &node.value {
            tree::Value::Table(inner) => names(inner, &path, into),
            tree::Value::List(items) => {
                for item in items {
                    if let tree::Value::Table(inner) = &item.value {
                        names(inner, &path, into);
                    }
                }
            }
            _ => {}
        }
        into.insert(path);
    }
}

#[test]
fn the_example_has_every_key_and_every_variable_is_of_a_key() {
    let text = full_example() + "\n";
    let mut shown = BTreeSet::from(["from_sequence".to_owned()]);
    names(&tree::parse(&text).0, "", &mut shown);
    let file = Some((Path::new("conf/o.toml"), text.as_str()));
    let (_, known) = load(Sources { file, variables: [], overrides: Overrides::default() }, &mut files).unwrap();
    let missing: Vec<_> = known.difference(&shown).collect();
    assert!(missing.is_empty(), "not in osmtracker.example.toml: {missing:?}");
    for name in osmtracker_analysis::rules::BuiltinConfig::NAMES {
        assert!(shown.contains(&format!("builtin.{name}")), "built-in label {name} is not in the example");
        for threshold in builtin::defaults(name).unwrap().keys() {
            assert!(shown.contains(&format!("builtin.{name}.{threshold}")), "{name}.{threshold} is not in the example");
        }
    }
    let groups = ["areas", "lists", "labels", "builtin", "views", "upstream", "site", "pipeline", "log"];
    let nested = ["upstream.wait_for_adiff", "pipeline.concurrency"];
    for key in &known {
        let single = !groups.iter().chain(&nested).any(|group| key == group)
            && !["labels.", "views."].iter().any(|list| key.starts_with(list));
        assert_eq!(single, keys::KEYS.iter().any(|(name, _)| name == key), "variable of {key}");
    }
    assert!(keys::KEYS.iter().all(|(key, _)| known.contains(*key)), "a variable of a key that nobody reads");
}

#[test]
fn every_variable_is_read() {
    let (tree, _) = tree::parse("x = 1");
    assert!(tree.contains("x"));
    for (key, kind) in keys::KEYS {
        let nonsense = match kind {
            keys::Kind::Text => continue,
            keys::Kind::Integer => "-1",
            keys::Kind::Bool => "perhaps",
            keys::Kind::List => "[1]",
            keys::Kind::Toml => "[1]",
        };
        let name = keys::variable(key);
        let errors = load_with("", &[(&name, nonsense)], Overrides::default()).unwrap_err();
        assert!(errors.to_string().starts_with(&format!("{name}: ")), "{key}: {errors}");
    }
}
