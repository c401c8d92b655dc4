//! A search index beside the program: it follows the table through outages and `kill -9`.

use std::{collections::BTreeMap, path::Path, process::Command};

use osmtracker_pipeline::ChangesetRow;
use osmtracker_search::Document;
use osmtracker_testkit::{replay::Replay, search::SearchServer};
use serde_json::Value;

use crate::{
    admin::order,
    process::{PATIENCE, Running, eventually, follow, run},
    world::{ALL, minutes},
};

/// A command of the program that knows of the index.
fn with_index(mut command: Command, server: &SearchServer) -> Command {
    command.env("OSMTRACKER_SEARCH_URL", server.url());
    command
}

fn start(replay: &Replay, folder: &Path, server: &SearchServer) -> Running {
    Running::start(with_index(follow(replay, folder, "d", &["--listen", "127.0.0.1:0"]), server))
}

/// The documents that there should be, by id.
fn expected(replay: &Replay, folder: &Path) -> BTreeMap<String, Value> {
    let listed =
        run(order(replay, folder, &["admin", "changesets", "list", "--json", "--limit", "500"])).expect_code(0);
    let rows: Vec<ChangesetRow> = serde_json::from_str(&listed.stdout).unwrap();
    let documents =
        rows.iter().filter_map(|row| Some((row.id().to_string(), serde_json::to_value(Document::of(row)?).unwrap())));
    documents.collect()
}

fn held(server: &SearchServer) -> BTreeMap<String, Value> {
    server.documents("osmtracker").into_iter().map(|(id, (_, document))| (id, document)).collect()
}

/// Waits until `files` of the feed are read, nothing is left to do, and the index equals the table.
#[track_caller]
fn expect_equal(program: &Running, replay: &Replay, folder: &Path, server: &SearchServer) {
    let is_equal = || {
        let is_read = program.metric("osmtracker_minutely_diff_latest_seqno")
            >= program.metric("osmtracker_minutely_diff_head_seqno");
        let expected = expected(replay, folder);
        (is_read && expected.len() > 2 && expected == held(server)).then_some(())
    };
    if eventually(PATIENCE, is_equal).is_none() {
        assert_eq!(held(server), expected(replay, folder), "{}", program.stderr());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_follows_the_table_through_outages_and_sudden_death() {
    let (replay, folder) = (minutes(3).await, tempfile::tempdir().unwrap());
    let server = SearchServer::start().await.unwrap();
    server.set_down(true);
    let program = start(&replay, folder.path(), &server);
    eventually(PATIENCE, || (program.in_state("DONE") > 2).then_some(())).expect("the rest works without the index");
    server.set_down(false);
    expect_equal(&program, &replay, folder.path(), &server);

    program.signal("-KILL");
    drop(program.end());
    replay.advance(usize::try_from(ALL).unwrap() - 3);
    let program = start(&replay, folder.path(), &server);
    expect_equal(&program, &replay, folder.path(), &server);

    let id = held(&server).into_keys().next().unwrap();
    run(order(&replay, folder.path(), &["admin", "changesets", "drop", &id, "--yes"])).expect_code(0);
    eventually(PATIENCE, || (!held(&server).contains_key(&id)).then_some(())).expect("the dropped one is not found");
    assert!(program.metric("osmtracker_search_documents_total{result=\"deleted\"}") >= Some(1));
    program.interrupt();
    program.end().expect_code(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_rebuilds_the_index() {
    let (replay, folder) = (minutes(3).await, tempfile::tempdir().unwrap());
    let without = run(follow(&replay, folder.path(), "d", &["--until-caught-up", "--no-serve"])).expect_code(0);
    let order = |arguments: &[&str]| order(&replay, folder.path(), arguments);
    let refused = run(order(&["admin", "search", "reindex", "--yes"])).expect_code(2);
    assert!(refused.stderr.contains("set search.url"), "{}", refused.stderr);

    let server = SearchServer::start().await.unwrap();
    server.wants("Basic ZWxhc3RpYzpnZWhlaW0=");
    std::fs::write(folder.path().join("secret"), "elastic:geheim\n").unwrap();
    let reindex = |more: &[&str]| {
        let arguments = [&["admin", "search", "reindex", "--credentials-file", "secret"], more].concat();
        run(with_index(order(&arguments), &server))
    };
    let open = reindex(&["--yes"]);
    assert!(open.code == Some(1) && open.stderr.contains("chmod 600"), "{} {}", open.stderr, without.stderr);
    close(&folder.path().join("secret"));
    let asked = reindex(&[]).expect_code(2);
    assert!(asked.stderr.contains("add --yes to do it"), "{}", asked.stderr);
    let dry = reindex(&["--dry-run"]).expect_code(0);
    assert!(
        dry.stdout.starts_with("would write ") && dry.stdout.contains("into the index osmtracker at"),
        "{}",
        dry.stdout
    );
    assert!(held(&server).is_empty());

    let done: Value = serde_json::from_str(&reindex(&["--yes", "--json"]).expect_code(0).stdout).unwrap();
    let expected = expected(&replay, folder.path());
    assert_eq!((done["indexed"].as_u64(), held(&server)), (Some(expected.len() as u64), expected));
}

#[cfg(unix)]
fn close(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
