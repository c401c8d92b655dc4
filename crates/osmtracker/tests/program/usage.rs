//! Wrong input: exit code 2, one message that names what is wrong and how to mend it, and nothing touched.

use std::{fs, net::TcpListener, path::Path};

use tempfile::TempDir;

use crate::process::{Ended, Running, osmtracker, run};

/// What lies in the folder in which each case is run.
const FILES: [(&str, &str); 14] = [
    ("key.toml", "arae = \"DK\"\n"),
    ("nested.toml", "[upstream]\nretries = 3\n"),
    ("value.toml", "data = 3\n"),
    ("syntax.toml", "area = = 3\n"),
    ("label.toml", "[[labels]]\nwhen = \"true\"\n"),
    ("track.toml", "track = [[\"inside\"]]\n"),
    ("source.toml", "[upstream]\nsources = [\"real-changesets\"]\n"),
    ("rule.toml", "[[labels]]\nname = \"a\"\nwhen = \"changeset.num_change > 3\"\n"),
    ("expression.toml", "[[labels]]\nname = \"a\"\nwhen = \"changeset.id >\"\n"),
    ("area.toml", "area = \"open.poly\"\n"),
    ("open.poly", "town\n1\n 1.0 2.0\n 3.0 4.0\n"),
    ("town.geojson", "{\"type\": \"Point\", \"coordinates\": [1, 2]}"),
    ("a-file", "no folder\n"),
    ("good.toml", "area = \"DK\"\ncontact = \"tests@example.org\"\n"),
];

/// Arguments, and words of the message.
const CASES: &[(&[&str], &[&str])] = &[
    // Nothing to follow.
    (&["run"], &["nothing says what to follow: give --area"]),
    // Keys of the file.
    (&["run", "--config", "key.toml"], &["key.toml:1:1: unknown key `arae`; did you mean `area`?", "1 | arae", "^^^^"]),
    (
        &["run", "--config", "nested.toml"],
        &["nested.toml:2:1: unknown key `retries` in [upstream]; known here: ", "attempts"],
    ),
    (&["run", "--config", "value.toml"], &["value.toml:1:8: `data` must be text"]),
    (&["run", "--config", "syntax.toml"], &["syntax.toml:1:8: not valid TOML"]),
    (&["run", "--config", "label.toml"], &["label.toml:1:1: a label needs a `name`"]),
    (&["run", "--config", "track.toml"], &["track.toml:1:11: there is no label \"inside\""]),
    (&["run", "--config", "source.toml"], &["the source real-changesets needs upstream.real_changesets_url"]),
    (
        &["run", "--config", "rule.toml"],
        &["rule.toml:3:19", "no field \"num_change\"", "did you mean \"num_changes\"?", "^^^^^^^^^^"],
    ),
    (&["run", "--config", "expression.toml"], &["expression.toml:3:", "label \"a\": not an expression"]),
    (&["run", "--config", "absent.toml"], &["cannot read absent.toml: No such file", "check --config"]),
    (&["config", "check", "--config", "key.toml"], &["did you mean `area`?"]),
    (&["analyse", "1", "--config", "key.toml"], &["did you mean `area`?"]),
    // Areas.
    (&["run", "--area", "XQ"], &["--area: \"XQ\" is no country code such as DK"]),
    (
        &["run", "--area", "absent.poly"],
        &["--area: cannot read the area file absent.poly", "name a .poly or GeoJSON file"],
    ),
    (&["run", "--area", "open.poly"], &["--area: the area file open.poly cannot be used: line", "END is missing"]),
    (&["run", "--area", "town.geojson"], &["--area: the area file town.geojson cannot be used: "]),
    (&["run", "--config", "area.toml"], &["area.toml:1:8: the area file open.poly cannot be used"]),
    // Addresses.
    (&["run", "--api-url", "api"], &["--api-url: `api_url` must be an address with a host, such as https://"]),
    (&["run", "--api-url", "ftp://example.org"], &["--api-url: `api_url` must begin with https://"]),
    (
        &["run", "--replication-url", "http://example.org"],
        &["must begin with https://", "upstream.allow_private = true"],
    ),
    (&["run", "--listen", "localhost"], &["--listen: `listen` must be an address and a port, such as 127.0.0.1:8080"]),
    (&["replay", "--listen", "8900", "a-file"], &["invalid value '8900' for '--listen <ADDR>'"]),
    // Where to begin.
    (
        &["run", "--since", "yesterday"],
        &["--since: \"yesterday\" is no moment; write it as 2026-11-22T09:00Z", "\"2 hours ago\""],
    ),
    (&["run", "--from-sequence", "0"], &["--from-sequence: `from_sequence` must be a whole number above 0"]),
    (&["run", "--from-sequence", "many"], &["invalid value 'many' for '--from-sequence <N>'"]),
    (
        &["run", "--since", "1 day", "--from-sequence", "7"],
        &["'--since <TIME>' cannot be used with '--from-sequence <N>'"],
    ),
    (&["run", "--no-serve", "--listen", "127.0.0.1:0"], &["'--no-serve' cannot be used with '--listen <ADDR>'"]),
    // Folders and files.
    (
        &["run", "--area", "DK", "--no-serve", "--data", "a-file/data"],
        &["cannot use a-file/data", "Not a directory", "choose another data folder"],
    ),
    (&["run", "--area", "DK", "--no-serve", "--data", "a-file"], &["cannot use a-file", "choose another data folder"]),
    (&["demo", "--no-serve", "--data", "a-file/data"], &["cannot use a-file/data", "choose another data folder"]),
    (&["replay", "absent.osm.pbf"], &["cannot read absent.osm.pbf: No such file"]),
    (&["replay", "a-file"], &["its name does not end in .osm.pbf, .osm.gz or .osm", "give a full-history"]),
    (&["replay", "."], &["holds none of history.osm.gz", "give a full-history"]),
    // The command line itself.
    (&["run", "--aera", "DK"], &["unexpected argument '--aera'", "'--area'"]),
    (&["follow"], &["unrecognized subcommand 'follow'"]),
    (&["analyse"], &["<ID>"]),
    (&["analyse", "twelve"], &["invalid value 'twelve' for '<ID>'"]),
    (&["run", "--log-level", "loud"], &["--log-level: `level` is no level; write error, warn, info, debug or trace"]),
    (&["run", "--log-format", "xml"], &["--log-format: ", "text", "json"]),
];

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in FILES {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Everything in a folder, with its content.
fn content(folder: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).ok()))
        .collect();
    entries.sort();
    entries
}

#[track_caller]
fn assert_refused(end: Ended, words: &[&str]) {
    let Ended { code, stdout, stderr } = end;
    assert_eq!(code, Some(2), "{stderr}");
    for words in words {
        assert!(stderr.contains(words), "no {words:?} in\n{stderr}");
    }
    let begins = |line: &&str| line.starts_with("osmtracker: ") || line.starts_with("error: ");
    assert_eq!(stderr.lines().filter(begins).count(), 1, "one message:\n{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("ERROR"), "{stderr}");
    assert_eq!(stdout, "", "nothing on stdout");
}

#[test]
fn what_is_wrong_is_named_with_its_fix_and_nothing_is_touched() {
    let folder = folder();
    let before = content(folder.path());
    for (arguments, words) in CASES {
        assert_refused(run(osmtracker(folder.path(), arguments)), words);
        assert_eq!(content(folder.path()), before, "{arguments:?} left something behind");
    }
}

#[test]
fn wrong_variables_are_named() {
    let folder = folder();
    for (name, value, words) in [
        ("OSMTRACKER_SERVE", "perhaps", "OSMTRACKER_SERVE: must be true or false, not \"perhaps\""),
        ("OSMTRACKER_PIPELINE_RETRY_MINUTES", "0", "OSMTRACKER_PIPELINE_RETRY_MINUTES: "),
        ("OSMTRACKER_UPSTREAM_API", "https://x.example", "OSMTRACKER_UPSTREAM_API: no such variable"),
        ("OSMTRACKER_CONFIG", "key.toml", "did you mean `area`?"),
    ] {
        let mut command = osmtracker(folder.path(), &["run", "--area", "DK", "--no-serve"]);
        command.env(name, value);
        assert_refused(run(command), &[words]);
    }
}

#[test]
fn a_good_configuration_is_said_to_be_valid_and_nothing_is_started() {
    let folder = folder();
    let before = content(folder.path());
    let end = run(osmtracker(folder.path(), &["config", "check", "--config", "good.toml"])).expect_code(0);
    assert!(end.stdout.contains("label inside") && end.stdout.contains("DK\n"), "{}", end.stdout);
    assert_eq!(end.stderr, "");
    let end = run(osmtracker(folder.path(), &["config", "check"])).expect_code(0);
    assert!(end.stdout.starts_with("warning: ") && end.stdout.contains("`contact` is not set"), "{}", end.stdout);
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_port_in_use_is_named_before_anything_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder();
    let before = content(folder.path());
    for command in [&["run", "--area", "DK"][..], &["demo"]] {
        let end = run(osmtracker(folder.path(), &[command, &["--listen", &address]].concat()));
        assert_refused(end, &[&format!("cannot listen on {address}"), "choose another with --listen, or --no-serve"]);
    }
    fs::write(folder.path().join("history.osm"), HISTORY).unwrap();
    let end = run(osmtracker(folder.path(), &["replay", "--listen", &address, "history.osm"]));
    assert_refused(end, &[&format!("cannot serve at {address}"), "choose another with --listen"]);
    fs::remove_file(folder.path().join("history.osm")).unwrap();
    assert_eq!(content(folder.path()), before);
}

/// One node.
const HISTORY: &str = r#"<osm version="0.6"><node id="1" version="1" changeset="1" timestamp="2026-01-01T00:00:00Z" uid="1" user="a" lat="1" lon="2"/></osm>"#;

#[test]
fn a_database_that_is_foreign_or_damaged_is_refused_and_left_as_it_is() {
    let folder = folder();
    let good = folder.path().join("good");
    run(osmtracker(folder.path(), &["demo", "--until-caught-up", "--no-serve", "--data", "good"])).expect_code(0);
    let database = fs::read(good.join("osmtracker.sqlite")).unwrap();
    let mut damaged = database.clone();
    damaged[5_000..9_000].fill(0xaa);
    let mut newer = database.clone();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let mut other_program = database.clone();
    other_program[68..72].fill(0);
    let cases: [(&str, &[u8], &[&str]); 6] = [
        (
            "text",
            b"dear diary\n",
            &["text/osmtracker.sqlite is not a database of osmtracker", "to start anew, move it away"],
        ),
        ("other", &other_program, &["other/osmtracker.sqlite is not a database of osmtracker", "another program"]),
        ("short", &database[..77], &["short/osmtracker.sqlite is damaged", "to start anew, move it away"]),
        (
            "half",
            &database[..database.len() / 2],
            &["half/osmtracker.sqlite is damaged", "to start anew, move it away"],
        ),
        ("damaged", &damaged, &["damaged/osmtracker.sqlite is damaged", "to start anew, move it away"]),
        ("newer", &newer, &["newer/osmtracker.sqlite has schema 99", "use a newer osmtracker"]),
    ];
    for (name, bytes, words) in cases {
        let data = folder.path().join(name);
        fs::create_dir(&data).unwrap();
        fs::write(data.join("osmtracker.sqlite"), bytes).unwrap();
        assert_refused(run(osmtracker(folder.path(), &["demo", "--no-serve", "--data", name])), words);
        assert_eq!(fs::read(data.join("osmtracker.sqlite")).unwrap(), bytes, "{name} is as it was, byte for byte");
        assert!(!data.join("site").exists() && !data.join("purpose").exists(), "{name}: nothing was begun");
    }
    let end = run(osmtracker(folder.path(), &["run", "--area", "DK", "--no-serve", "--data", "good"]));
    assert_refused(
        end,
        &["good holds the data of a demo run", "choose another folder with --data, or remove this one"],
    );
}

#[test]
fn a_data_folder_in_use_is_refused_with_the_process_that_uses_it() {
    let folder = folder();
    let running = Running::start(osmtracker(folder.path(), &["demo", "--listen", "127.0.0.1:0", "--data", "data"]));
    running.address();
    for command in [&["run", "--area", "DK"][..], &["demo"]] {
        let end = run(osmtracker(folder.path(), &[command, &["--no-serve", "--data", "data"]].concat()));
        let by = format!("data is in use by process {}", running.id());
        assert_refused(end, &[&by, "stop it or choose another data folder"]);
    }
    running.interrupt();
    running.end().expect_code(0);
}

#[test]
fn help_needs_no_manual() {
    let folder = folder();
    let of_logs: &[&str] = &["--log-level", "--log-format", "--help"];
    let of_local: &[&str] =
        &["--data <DIR>", "./osmtracker-data", "--listen <ADDR>", "127.0.0.1:8080", "--no-serve", "--until-caught-up"];
    let of_run: &[&str] = &[
        "--area <AREA>",
        "ISO country code",
        ".poly",
        "GeoJSON",
        "--config <FILE>",
        "--replication-url",
        "changesets/ and minute/",
        "--api-url",
        "/api/0.6 is appended",
        "--since <TIME>",
        "2 hours ago",
        "--from-sequence <N>",
        "osmtracker run --area DK",
    ];
    let cases: [(&[&str], &[&[&str]]); 7] = [
        (&[], &[of_logs, &["run", "demo", "analyse", "replay", "config"]]),
        (&["run"], &[of_logs, of_local, of_run]),
        (&["demo"], &[of_logs, of_local, &["no network, no account"]]),
        (&["analyse"], &[of_logs, &["<ID>", "--json", "--api-url", "--config"]]),
        (&["replay"], &[of_logs, &["<PATH>", ".osm.pbf", ".osm.gz", "--listen <ADDR>", "127.0.0.1:8900", "--speed"]]),
        (&["config"], &[of_logs, &["check"]]),
        (&["config", "check"], &[of_logs, &["--config <FILE>", "--area"]]),
    ];
    for (command, words) in cases {
        let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let end = run(osmtracker(folder.path(), &arguments)).expect_code(0);
        for word in words.iter().copied().flatten() {
            assert!(end.stdout.contains(word), "{command:?} --help does not mention {word:?}:\n{}", end.stdout);
        }
    }
    let end = run(osmtracker(folder.path(), &["--version"])).expect_code(0);
    assert_eq!(end.stdout, format!("osmtracker {}\n", env!("CARGO_PKG_VERSION")));
}
