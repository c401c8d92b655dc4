//! `analyse` and `replay`, the one asking the other.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{
    answer::get,
    process::{Running, osmtracker, run},
};

/// A shop that changes hands and moves, on a street that is bent by a node and gets a name; an empty id between.
const HISTORY: &str = r#"<osm version="0.6">
<node id="1" version="1" changeset="11" timestamp="2026-01-01T10:00:00Z" uid="1" user="ann" lat="55.0" lon="12.0"/>
<node id="2" version="1" changeset="11" timestamp="2026-01-01T10:00:00Z" uid="1" user="ann" lat="55.0" lon="12.01"/>
<node id="2" version="2" changeset="12" timestamp="2026-01-02T10:00:00Z" uid="2" user="bob &lt;b&gt;" lat="55.001" lon="12.01"/>
<node id="3" version="1" changeset="11" timestamp="2026-01-01T10:00:00Z" uid="1" user="ann" lat="55.0" lon="12.005"><tag k="shop" v="bakery"/></node>
<node id="3" version="2" changeset="12" timestamp="2026-01-02T10:00:01Z" uid="2" user="bob &lt;b&gt;" lat="55.0" lon="12.005"><tag k="shop" v="cafe"/></node>
<way id="1" version="1" changeset="11" timestamp="2026-01-01T10:00:00Z" uid="1" user="ann"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="1" version="2" changeset="12" timestamp="2026-01-02T10:00:02Z" uid="2" user="bob &lt;b&gt;"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="name" v="Havnegade"/></way>
</osm>
"#;

/// A replay of it, in a process of its own.
struct Served {
    folder: tempfile::TempDir,
    replay: Running,
    api: String,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("history.osm"), HISTORY).unwrap();
        let replay = Running::start(osmtracker(folder.path(), &["replay", "--listen", "127.0.0.1:0", "history.osm"]));
        replay.wait_for_words("--from-sequence ", 1, 0);
        let text = replay.stderr();
        let line = text.lines().find(|line| line.starts_with("api ")).unwrap();
        let api = line["api ".len()..].trim().to_owned();
        Self { folder, replay, api }
    }

    fn analyse(&self, id: &str, more: &[&str]) -> Command {
        let arguments = [&["analyse", id, "--api-url", &self.api, "--contact", "tests@example.org"], more].concat();
        let mut command = osmtracker(self.folder.path(), &arguments);
        command.env("OSMTRACKER_UPSTREAM_SOURCES", "osm-api");
        command
    }
}

#[test]
fn replay_serves_a_history_until_it_is_interrupted() {
    let served = Served::new();
    let address = served.api.strip_prefix("http://").unwrap().parse().unwrap();
    for (path, words) in [
        ("/replication/changesets/state.yaml", "sequence: "),
        ("/replication/minute/state.txt", "sequenceNumber="),
        ("/api/0.6/node/3/1", "bakery"),
        ("/api/0.6/changeset/12?include_discussion=true", "bob &lt;b&gt;"),
        ("/api/0.6/changeset/12/download", "Havnegade"),
    ] {
        let answer = get(address, path);
        assert!(answer.status == 200 && answer.text().contains(words), "{path}: {answer:?}");
    }
    let said = served.replay.stderr();
    assert!(
        said.contains("follow it with") && said.contains("osmtracker run --area planet --replication-url http://"),
        "{said}"
    );
    served.replay.interrupt();
    served.replay.end().expect_code(0);
}

#[test]
fn what_replay_says_to_follow_it_with_works_as_it_is() {
    let served = Served::new();
    let said = served.replay.stderr();
    let line = said.lines().find(|line| line.contains("osmtracker run")).unwrap().trim().to_owned();
    let binary = Path::new(env!("CARGO_BIN_EXE_osmtracker"));
    let line = format!("{line} --data followed --no-serve --until-caught-up --contact tests@example.org");
    let mut shell = Command::new("sh");
    let path = std::env::join_paths([binary.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    shell.args(["-c", &line]).current_dir(served.folder.path()).env("PATH", path);
    let end = run(shell).expect_code(0);
    assert_eq!(end.numbers()[1], 2, "{}", end.stderr);
}

#[test]
fn a_changeset_is_told_in_a_few_lines_or_as_the_document_of_its_page() {
    let served = Served::new();
    let text = run(served.analyse("12", &[])).expect_code(0).stdout;
    for words in [
        "changeset 12 by bob <b> at 2026-01-02T10:00:02Z\n",
        "comment          none\n",
        "±2 nodes, ±1 way\n",
        "+ name=Havnegade\n",
        "shop: bakery → cafe\n",
        "1 node moved\n",
        "earlier work of ann ×3\n",
        "source of data   osm-api\n",
    ] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    let document = run(served.analyse("12", &["--json"])).expect_code(0).stdout;
    let json: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        (&json["schema"], &json["changeset"]["id"], &json["state"]),
        (&1.into(), &12.into(), &"analysed".into())
    );
    let modified = &json["summary"]["modify"];
    assert_eq!((&modified["node"], &modified["way"], &modified["relation"]), (&2.into(), &1.into(), &0.into()));
    let authors = serde_json::json!([{"uid": 1, "user": "ann", "elements": 3}]);
    assert_eq!(json["affected_users"], authors);
    assert!(json["gaps"].as_array().is_none_or(Vec::is_empty), "{document}");

    let first = served.replay.stderr();
    let first = first.rsplit("--from-sequence ").next().unwrap().trim().to_owned();
    let replication = format!("{}/replication", served.api);
    let arguments = [
        "run",
        "--area",
        "planet",
        "--replication-url",
        &replication,
        "--api-url",
        &served.api,
        "--from-sequence",
        &first,
    ];
    let more = ["--data", "data", "--no-serve", "--until-caught-up", "--contact", "tests@example.org"];
    let mut command = osmtracker(served.folder.path(), &[&arguments[..], &more].concat());
    command.env("OSMTRACKER_UPSTREAM_SOURCES", "osm-api").env("OSMTRACKER_PIPELINE_HORIZON_HOURS", "0");
    run(command).expect_code(0);
    let published = fs::read_to_string(served.folder.path().join("data/site/changesets/12/analysis.json")).unwrap();
    assert_eq!(document, published, "the document is the published one");
}

#[test]
fn labels_of_the_configuration_are_told_with_their_reasons() {
    let served = Served::new();
    fs::write(served.folder.path().join("labels.toml"), "[builtin]\nno-comment = true\nno-source = true\n").unwrap();
    let text = run(served.analyse("12", &["--config", "labels.toml"])).expect_code(0).stdout;
    assert!(text.contains("label            no-comment: ") && text.contains("label            no-source: "), "{text}");
}

#[test]
fn what_is_not_there_is_said() {
    let served = Served::new();
    let end = run(served.analyse("99", &[])).expect_code(2);
    assert!(end.stderr.contains("there is no changeset 99") && end.stdout.is_empty(), "{}", end.stderr);
    served.replay.interrupt();
    let (api, folder) = (served.api.clone(), served.folder);
    served.replay.end().expect_code(0);
    let mut command =
        osmtracker(folder.path(), &["analyse", "12", "--api-url", &api, "--contact", "tests@example.org"]);
    command.env("OSMTRACKER_UPSTREAM_SOURCES", "osm-api").env("OSMTRACKER_UPSTREAM_ATTEMPTS", "1");
    let end = run(command).expect_code(1);
    assert!(end.stderr.starts_with("osmtracker: changeset 12 could not be had: "), "{}", end.stderr);
    assert!(end.stderr.contains("the connection failed") && end.stdout.is_empty(), "{}", end.stderr);
}
