//! Bad configurations with exactly what is said about them, and precedence.

mod example;
mod notify;
mod rules;
mod search;

use std::{io, path::Path};

use super::*;

const SQUARE: &str = "square\n1\n 12 55\n 13 55\n 13 56\n 12 56\n 12 55\nEND\nEND\n";

/// The files beside the configuration.
fn files(path: &Path) -> io::Result<Vec<u8>> {
    match path.to_str() {
        Some("conf/areas/square.poly" | "square.poly") => Ok(SQUARE.into()),
        Some("conf/search-ca.pem") => Ok("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n".into()),
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
conf/o.toml:3:1: unknown key `labels` in [views]; known here: all, any, details, name, none, title
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
            "site.basemap = \"https://tiles.example.org/{z}/{x}/{y}.png\"",
            "
conf/o.toml:1:16: tiles need a `basemap_attribution`, which says whose map it is
  |
1 | site.basemap = \"https://tiles.example.org/{z}/{x}/{y}.png\"
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
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
