//! What these adapters promise beyond the contracts of their ports.

use std::{fs, time::Duration};

use bytes::Bytes;
use osmtracker_embedded::Milliseconds;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::ports::{ObjectMeta, PortError, PutCondition, Queue, QueueName, SiteStore, Store};

use crate::manual_time::{self, ManualTime};

const LONG: Duration = Duration::from_secs(600);
const META: ObjectMeta = ObjectMeta { content_type: "text/html", cache_control: "no-cache", content_encoding: None };

#[tokio::test]
async fn messages_are_delivered_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let queue = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().sqlite;
    let sent: Vec<_> = (0..30).map(|number| number.to_string()).collect();
    queue.send(QueueName::Publish, sent[..10].to_vec()).await.unwrap();
    queue.send(QueueName::Publish, sent[10..].to_vec()).await.unwrap();
    let early = queue.receive(QueueName::Publish, 4, LONG).await.unwrap();
    queue.extend(&early[2], Duration::ZERO).await.unwrap();
    let bodies = |deliveries: Vec<osmtracker_pipeline::ports::Delivery>| -> Vec<String> {
        deliveries.into_iter().map(|delivery| delivery.body).collect()
    };
    assert_eq!(bodies(early), sent[..4]);
    let later = bodies(queue.receive(QueueName::Publish, 100, LONG).await.unwrap());
    assert_eq!(later[0], "2");
    assert_eq!(later[1..], sent[4..]);
}

#[tokio::test]
async fn visibility_is_kept_to_the_millisecond() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::starting_at(5);
    let queue = manual_time::open(folder.path(), &time, 5).unwrap().sqlite;
    queue.send(QueueName::Filter, vec!["one".to_owned()]).await.unwrap();
    queue.receive(QueueName::Filter, 1, Duration::from_millis(10)).await.unwrap();
    time.advance(Duration::from_millis(9));
    assert!(queue.receive(QueueName::Filter, 1, LONG).await.unwrap().is_empty());
    time.advance(Duration::from_millis(1));
    assert_eq!(queue.receive(QueueName::Filter, 1, LONG).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_age_of_the_oldest_waiting_message_grows() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::starting_at(0);
    let queue = manual_time::open(folder.path(), &time, 5).unwrap().sqlite;
    queue.send(QueueName::Filter, vec!["old".to_owned()]).await.unwrap();
    time.advance(Duration::from_millis(7_900));
    queue.send(QueueName::Filter, vec!["young".to_owned()]).await.unwrap();
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().oldest_seconds, Some(7));
    queue.receive(QueueName::Filter, 1, LONG).await.unwrap();
    time.advance(Duration::from_secs(1));
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().oldest_seconds, Some(1));
    queue.receive(QueueName::Filter, 1, LONG).await.unwrap();
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().oldest_seconds, Some(0));
}

#[tokio::test]
async fn an_old_receipt_touches_nothing_after_a_redelivery() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::starting_at(0);
    let queue = manual_time::open(folder.path(), &time, 5).unwrap().sqlite;
    queue.send(QueueName::Filter, vec!["one".to_owned()]).await.unwrap();
    let first = queue.receive(QueueName::Filter, 1, Duration::from_secs(1)).await.unwrap().remove(0);
    time.advance(Duration::from_secs(2));
    let second = queue.receive(QueueName::Filter, 1, LONG).await.unwrap().remove(0);
    queue.acknowledge(&first).await.unwrap();
    queue.extend(&first, Duration::ZERO).await.unwrap();
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().in_flight, 1);
    queue.acknowledge(&second).await.unwrap();
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().in_flight, 0);
}

#[tokio::test]
async fn a_dead_letter_that_is_acknowledged_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let queue = manual_time::open(folder.path(), &ManualTime::starting_at(0), 1).unwrap().sqlite;
    queue.send(QueueName::Filter, vec!["poison".to_owned()]).await.unwrap();
    queue.receive(QueueName::Filter, 1, Duration::ZERO).await.unwrap();
    let letter = queue.dead_letters(QueueName::Filter, 1).await.unwrap().remove(0);
    queue.acknowledge(&letter).await.unwrap();
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().dead, 0);
}

#[tokio::test]
async fn a_receipt_of_another_adapter_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let queue = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().sqlite;
    queue.send(QueueName::Filter, vec!["one".to_owned()]).await.unwrap();
    let mut delivery = queue.receive(QueueName::Filter, 1, LONG).await.unwrap().remove(0);
    delivery.receipt = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a".to_owned();
    queue.acknowledge(&delivery).await.unwrap();
    queue.extend(&delivery, Duration::ZERO).await.unwrap();
    assert_eq!(queue.depth(QueueName::Filter).await.unwrap().in_flight, 1);
}

#[tokio::test]
async fn more_than_a_hundred_ids_at_once_are_refused_as_in_dynamodb() {
    let folder = tempfile::tempdir().unwrap();
    let store = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().sqlite;
    let ids: Vec<_> = (0..101).map(ChangesetId).collect();
    let refused = store.changesets(&ids).await;
    assert!(matches!(refused, Err(PortError::Permanent { .. })), "{refused:?}");
}

#[tokio::test]
async fn equal_content_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let site = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().site;
    let path = folder.path().join("site/index.html");
    site.put("site/index.html", Bytes::from("page"), META, PutCondition::Always).await.unwrap();
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    site.put("site/index.html", Bytes::from("page"), META, PutCondition::Always).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
    site.put("site/index.html", Bytes::from("else"), META, PutCondition::Always).await.unwrap();
    assert_ne!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
}

#[tokio::test]
async fn folders_that_a_delete_leaves_empty_are_removed_up_to_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let site = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().site;
    for key in ["site/changesets/1/index.html", "site/changesets/2/index.html"] {
        site.put(key, Bytes::from("page"), META, PutCondition::Always).await.unwrap();
    }
    site.delete(&["site/changesets/1/index.html".to_owned()]).await.unwrap();
    assert!(!folder.path().join("site/changesets/1").exists());
    assert!(folder.path().join("site/changesets/2").exists());
    site.delete(&["site/changesets/2/index.html".to_owned()]).await.unwrap();
    assert!(!folder.path().join("site/changesets").exists());
    assert!(folder.path().join("site").exists());
}

#[tokio::test]
async fn private_objects_are_not_below_the_public_folder() {
    let folder = tempfile::tempdir().unwrap();
    let site = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().site;
    site.put("analysis/1.json", Bytes::from("{}"), META, PutCondition::Always).await.unwrap();
    assert_eq!(site.public_folder(), folder.path().join("site"));
    assert_eq!(fs::read(folder.path().join("private/analysis/1.json")).unwrap(), b"{}");
}

#[tokio::test]
async fn public_files_with_an_encoding_are_refused_because_no_server_would_know() {
    let folder = tempfile::tempdir().unwrap();
    let site = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().site;
    let meta = ObjectMeta { content_encoding: Some("gzip"), ..META };
    let refused = site.put("site/x.json", Bytes::from("x"), meta, PutCondition::Always).await;
    assert!(matches!(refused, Err(PortError::Permanent { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_key_cannot_be_a_folder_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let site = manual_time::open(folder.path(), &ManualTime::starting_at(0), 5).unwrap().site;
    site.put("site/a/b", Bytes::from("b"), META, PutCondition::Always).await.unwrap();
    for key in ["site/a", "site/a/b/c", "site/a/b/c/d"] {
        let refused = site.put(key, Bytes::from("x"), META, PutCondition::Always).await;
        assert!(matches!(refused, Err(PortError::Permanent { .. })), "{key}: {refused:?}");
    }
    assert_eq!(fs::read_dir(folder.path().join("site/.incoming")).unwrap().count(), 0);
    assert_eq!(site.list("").await.unwrap(), ["site/a/b"]);
}

#[test]
fn the_clock_gives_the_time_of_day() {
    use osmtracker_pipeline::ports::Clock;
    let clock = osmtracker_embedded::SystemClock::new();
    let seconds = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(clock.now().0.abs_diff(i64::try_from(seconds).unwrap()) <= 1);
    assert!(clock.now_ms().abs_diff(i64::try_from(seconds).unwrap() * 1000) <= 2000);
}
