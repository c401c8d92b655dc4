//! Notifications as a receiver sees them: samples, and a program that is killed while it sends.

use std::path::Path;

use osmtracker_embedded::SystemClock;
use osmtracker_pipeline::ports::Clock;
use osmtracker_testkit::{
    receiver::{Received, Receiver, Reply},
    replay::{Pace, Replay, ReplayOptions, serve},
    synth::{self, SynthOptions},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Ended, PATIENCE, Running, eventually, follow, osmtracker, run};

const SECRET: &str = "a-token-that-nobody-sees";

/// A folder with a configuration whose target is the receiver.
fn folder(receiver: &Receiver) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    configure(&folder, receiver);
    folder
}

fn configure(folder: &TempDir, receiver: &Receiver) {
    let config = "[[notify]]\nname = \"ops\"\nviews = [\"index\"]\nformat = \"slack\"\n\
        target_variable = \"OSMTRACKER_SECRET_CHAT\"\nallow_private = true\n";
    std::fs::write(folder.path().join("o.toml"), config).unwrap();
    std::fs::write(folder.path().join("address"), receiver.url(SECRET)).unwrap();
}

async fn test(folder: &TempDir, name: &str) -> Ended {
    let mut command = osmtracker(folder.path(), &["notify", "test", name, "--config", "o.toml"]);
    command.env("OSMTRACKER_SECRET_CHAT", std::fs::read_to_string(folder.path().join("address")).unwrap());
    tokio::task::spawn_blocking(move || run(command)).await.unwrap()
}

#[tokio::test]
async fn a_sample_is_sent_and_the_answer_said() {
    let receiver = Receiver::start().await.unwrap();
    let folder = folder(&receiver);
    let ended = test(&folder, "ops").await.expect_code(0);
    assert_eq!(ended.stdout, "sent a sample to ops (slack): it answers with status 200\n");
    let received = receiver.received();
    assert_eq!((received.len(), received[0].target.as_str()), (1, format!("/{SECRET}").as_str()));
    assert!(received[0].body.contains("this is a test of the target ops"), "{}", received[0].body);
    assert!(!folder.path().join("osmtracker-data").exists(), "nothing is touched");
}

#[tokio::test]
async fn what_the_receiver_has_against_it_is_said_without_the_secret() {
    let receiver = Receiver::start().await.unwrap();
    let folder = folder(&receiver);
    receiver.always(Reply::status(403).body("invalid_token"));
    let ended = test(&folder, "ops").await.expect_code(1);
    let expected = "it answers with status 403 (invalid_token); check its address, and whether it was revoked";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    drop(receiver);
    let gone = test(&folder, "ops").await.expect_code(1);
    assert!(gone.stderr.contains("it cannot be connected to"), "{}", gone.stderr);
    for said in [ended, gone] {
        assert!(!said.stderr.contains(SECRET) && !said.stdout.contains(SECRET), "{said:?}");
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_is_named_beside_those_that_are() {
    let receiver = Receiver::start().await.unwrap();
    let ended = test(&folder(&receiver), "opps").await.expect_code(2);
    assert!(ended.stderr.contains("there is no target \"opps\": the targets are ops"), "{}", ended.stderr);
}

/// Ids of the changesets that were told, in all messages.
fn told(receiver: &Receiver) -> Vec<u64> {
    let id = |received: &Received| {
        let (_, rest) = received.body.split_once("|Changeset ").unwrap();
        rest.split_once('>').unwrap().0.parse().unwrap()
    };
    let mut ids: Vec<u64> = receiver.received().iter().map(id).collect();
    ids.sort_unstable();
    ids
}

/// Ids of the changesets that the site shows as analysed.
fn analysed(data: &Path) -> Vec<u64> {
    let feed = std::fs::read_to_string(data.join("site/views/index/recent.json")).unwrap();
    let feed: Value = serde_json::from_str(&feed).unwrap();
    let entries = feed["items"].as_array().unwrap().iter().map(|item| &item["_osmtracker"]);
    let mut ids: Vec<u64> = entries
        .filter(|entry| entry["state"] == "analysed")
        .map(|entry| entry["changeset"]["id"].as_u64().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_stopped_waits_for_the_answers_to_what_it_sent() {
    let (receiver, folder) = (Receiver::start().await.unwrap(), tempfile::tempdir().unwrap());
    configure(&folder, &receiver);
    let replay = edits_of_the_next_hour().await;
    let program = || {
        let more = ["--config", "o.toml", "--listen", "127.0.0.1:0"];
        let mut command = follow(&replay, folder.path(), "data", &more);
        command.env("OSMTRACKER_SECRET_CHAT", receiver.url(SECRET));
        command
    };
    receiver.always(Reply::held());
    let running = Running::start(program());
    let held = || receiver.received().iter().filter(|received| received.status.is_none()).count();
    eventually(PATIENCE, || (held() == 4).then_some(())).unwrap();
    running.signal("-TERM");
    let ended = running.end().expect_code(0);
    assert_eq!(ended.stderr.matches("it did not answer in time").count(), 4, "{}", ended.stderr);
    receiver.always(Reply::status(200));
    let running = Running::start(program());
    let all = || {
        let (told, analysed) = (told(&receiver), analysed(&folder.path().join("data")));
        let mut distinct = told.clone();
        distinct.dedup();
        (distinct.len() > 5 && distinct == analysed).then_some(told)
    };
    let told = eventually(PATIENCE, all).expect("everything is told");
    assert!(!running.stderr().contains("a notifier ended in the middle"), "{}", running.stderr());
    assert!(told.len() > 4, "{told:?}");
}

/// Editing that ends after a target that is seen now.
async fn edits_of_the_next_hour() -> Replay {
    // What ended before the target was seen would not be told.
    let start = SystemClock::new().now().plus_seconds(3_600);
    let options =
        SynthOptions { start, minutes: 4, changesets_per_minute: 4.0, elements: 1..=30, ..SynthOptions::default() };
    let pace = ReplayOptions { pace: Pace::Instant, ..ReplayOptions::default() };
    serve(synth::upstream(&options), pace).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_has_one_message_a_changeset_although_the_program_is_killed_while_it_sends() {
    let (receiver, folder) = (Receiver::start().await.unwrap(), tempfile::tempdir().unwrap());
    configure(&folder, &receiver);
    let replay = edits_of_the_next_hour().await;
    let program = |more: &[&str]| {
        let mut command = follow(&replay, folder.path(), "data", &[&["--config", "o.toml"], more].concat());
        command.env("OSMTRACKER_SECRET_CHAT", receiver.url(SECRET));
        command
    };
    receiver.next([Reply::status(200)]);
    receiver.always(Reply::held());
    let running = Running::start(program(&["--listen", "127.0.0.1:0"]));
    // Each of its four senders waits for an answer: no message is on its way and not yet here.
    let held = || receiver.received().iter().filter(|received| received.status.is_none()).count();
    eventually(PATIENCE, || (held() == 4).then_some(())).unwrap();
    running.signal("-KILL");
    drop(running);
    receiver.always(Reply::status(200));
    let ended = run(program(&["--until-caught-up", "--no-serve"])).expect_code(0);
    assert!(ended.stderr.contains("a notifier ended in the middle"), "{}", ended.stderr);
    let analysed = analysed(&folder.path().join("data"));
    assert!(analysed.len() > 5, "{analysed:?}");
    assert_eq!(told(&receiver), analysed);
}
