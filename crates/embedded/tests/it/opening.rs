//! What happens at the start: locks, checks, and what a process before left behind.

use std::{fs, path::Path, time::Duration};

use osmtracker_embedded::{Embedded, EmbeddedError, Options, Sqlite};
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::ports::{Queue, QueueName, Store};

use crate::manual_time::{self, ManualTime};

const LONG: Duration = Duration::from_secs(600);

fn refused(folder: &Path) -> EmbeddedError {
    match Embedded::open(folder, &Options::default()) {
        Ok(_) => panic!("{} was opened", folder.display()),
        Err(error) => error,
    }
}

fn assert_says(error: &EmbeddedError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn a_folder_in_use_is_refused_until_all_adapters_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let first = Embedded::open(folder.path(), &Options::default()).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, EmbeddedError::InUse { process: Some(id), .. } if id == std::process::id()), "{error:?}");
    assert_says(&error, &[folder.path().to_str().unwrap(), "is another osmtracker running?"]);
    let Embedded { sqlite, site } = first;
    drop(sqlite);
    refused(folder.path());
    drop(site);
    Embedded::open(folder.path(), &Options::default()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = refused(&path);
        assert!(matches!(error, EmbeddedError::Unusable { .. }), "{error:?}");
        assert_says(&error, &[path.to_str().unwrap(), "make it writable or choose another data folder"]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}

#[test]
fn files_that_are_no_database_of_ours_are_refused_and_left_alone() {
    let other = tempfile::NamedTempFile::new().unwrap();
    rusqlite::Connection::open(other.path()).unwrap().execute_batch("CREATE TABLE photos (id)").unwrap();
    for (content, reason) in [
        (b"my diary, precious".to_vec(), "not a SQLite file"),
        (vec![0; 8192], "not a SQLite file"),
        (fs::read(other.path()).unwrap(), "a SQLite file of another program"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("osmtracker.sqlite");
        fs::write(&path, &content).unwrap();
        let error = refused(folder.path());
        assert!(matches!(error, EmbeddedError::Foreign { .. }), "{error:?}");
        assert_says(&error, &[path.to_str().unwrap(), reason, "to start anew, move it away"]);
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_damaged_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("osmtracker.sqlite");
    drop(Embedded::open(folder.path(), &Options::default()).unwrap());
    let sound = fs::read(&path).unwrap();
    let mut overwritten = sound.clone();
    overwritten[4096..12_288].fill(0x5a);
    let mut schema = sound.clone();
    schema[100..200].fill(0xff);
    for damaged in
        [overwritten, schema, sound[..sound.len() / 2].to_vec(), sound[..50].to_vec(), sound[..4000].to_vec()]
    {
        fs::write(&path, &damaged).unwrap();
        let error = refused(folder.path());
        assert!(matches!(error, EmbeddedError::Damaged { .. }), "{error:?}");
        assert_says(&error, &[path.to_str().unwrap(), "is damaged", "to start anew, move it away"]);
        assert!(fs::read(&path).unwrap() == damaged, "the damaged file was changed");
    }
    fs::remove_file(&path).unwrap();
    Embedded::open(folder.path(), &Options::default()).unwrap();
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("osmtracker.sqlite");
    drop(Embedded::open(folder.path(), &Options::default()).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, EmbeddedError::TooNew { found: 99, .. }), "{error:?}");
}

#[test]
fn objects_that_a_killed_process_was_writing_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    drop(Embedded::open(folder.path(), &Options::default()).unwrap());
    let left = ["site", "private"].map(|root| folder.path().join(root).join(".incoming").join("17"));
    for path in &left {
        fs::write(path, "half an obj").unwrap();
    }
    let _embedded = Embedded::open(folder.path(), &Options::default()).unwrap();
    assert!(left.iter().all(|path| !path.exists()));
}

#[tokio::test]
async fn what_the_process_before_had_received_is_visible_at_once_and_no_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::starting_at(1_000_000);
    let before = manual_time::open(folder.path(), &time, 2).unwrap().sqlite;
    before.send(QueueName::Filter, vec!["one".to_owned()]).await.unwrap();
    let first = before.receive(QueueName::Filter, 1, LONG).await.unwrap().remove(0);
    drop(before);
    let after = manual_time::open(folder.path(), &time, 2).unwrap().sqlite;
    let second = after.receive(QueueName::Filter, 1, LONG).await.unwrap().remove(0);
    assert_eq!((second.message_id, second.attempts), (first.message_id.clone(), 1));
    assert_ne!(second.receipt, first.receipt);
}

#[tokio::test]
async fn an_attempt_that_was_given_back_still_counts_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::starting_at(1_000_000);
    let before = manual_time::open(folder.path(), &time, 5).unwrap().sqlite;
    before.send(QueueName::Filter, vec!["one".to_owned()]).await.unwrap();
    let first = before.receive(QueueName::Filter, 1, LONG).await.unwrap().remove(0);
    before.extend(&first, Duration::ZERO).await.unwrap();
    drop(before);
    let after = manual_time::open(folder.path(), &time, 5).unwrap().sqlite;
    assert_eq!(after.receive(QueueName::Filter, 1, LONG).await.unwrap()[0].attempts, 2);
}

#[tokio::test]
async fn a_message_that_kills_the_process_each_time_ends_among_the_dead_letters() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::starting_at(1_000_000);
    let sender = manual_time::open(folder.path(), &time, 2).unwrap().sqlite;
    sender.send(QueueName::Filter, vec!["killer".to_owned()]).await.unwrap();
    drop(sender);
    let spared = Sqlite::INTERRUPTIONS - 3;
    rusqlite::Connection::open(folder.path().join("osmtracker.sqlite"))
        .unwrap()
        .execute("UPDATE message SET interruptions = ?1", [spared])
        .unwrap();
    let mut deliveries = spared;
    loop {
        let sqlite = manual_time::open(folder.path(), &time, 2).unwrap().sqlite;
        if sqlite.receive(QueueName::Filter, 1, LONG).await.unwrap().is_empty() {
            assert_eq!(sqlite.dead_letters(QueueName::Filter, 1).await.unwrap()[0].body, "killer");
            break;
        }
        deliveries += 1;
    }
    assert_eq!(deliveries, Sqlite::INTERRUPTIONS + 2);
}

#[tokio::test]
async fn messages_are_delivered_after_a_restart_with_an_earlier_time() {
    let folder = tempfile::tempdir().unwrap();
    let before = manual_time::open(folder.path(), &ManualTime::starting_at(1_000_000), 5).unwrap().sqlite;
    before.send(QueueName::Filter, vec!["one".to_owned()]).await.unwrap();
    drop(before);
    let after = manual_time::open(folder.path(), &ManualTime::starting_at(400_000), 5).unwrap().sqlite;
    assert_eq!(after.depth(QueueName::Filter).await.unwrap().oldest_seconds, Some(0));
    assert_eq!(after.receive(QueueName::Filter, 1, LONG).await.unwrap().len(), 1);
}

#[tokio::test]
async fn leases_of_the_process_before_are_free() {
    let folder = tempfile::tempdir().unwrap();
    let before = Embedded::open(folder.path(), &Options::default()).unwrap();
    assert!(before.sqlite.take_lease("download", "a", Timestamp(100), Timestamp(1000)).await.unwrap());
    drop(before);
    let after = Embedded::open(folder.path(), &Options::default()).unwrap();
    assert!(after.sqlite.take_lease("download", "b", Timestamp(101), Timestamp(1000)).await.unwrap());
}
