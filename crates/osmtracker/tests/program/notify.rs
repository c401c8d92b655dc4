//! `osmtracker notify test`: a sample, and what came back.

use osmtracker_testkit::receiver::{Receiver, Reply};
use tempfile::TempDir;

use crate::process::{Ended, osmtracker, run};

const SECRET: &str = "a-token-that-nobody-sees";

/// A folder with a configuration whose target is the receiver.
fn folder(receiver: &Receiver) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = "[[notify]]\nname = \"ops\"\nviews = [\"index\"]\nformat = \"slack\"\n\
        target_variable = \"OSMTRACKER_SECRET_CHAT\"\nallow_private = true\n";
    std::fs::write(folder.path().join("o.toml"), config).unwrap();
    std::fs::write(folder.path().join("address"), receiver.url(SECRET)).unwrap();
    folder
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
