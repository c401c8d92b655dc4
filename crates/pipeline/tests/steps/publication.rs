//! When lists are written, and what the supervisor tells of many processes.

use std::time::Duration;

use osmtracker_pipeline::{
    metrics::{BASE_OWNER, Event, EventAction, Metrics, to_row},
    ports::{Clock, QueueName},
    steps,
};

use crate::world::{World, changeset, node_at};

const EVERY_MINUTE: &str = "[pipeline]\nhorizon_hours = 0\npublish_seconds = 60\n";

#[tokio::test]
async fn a_publication_waits_until_its_interval_has_passed() {
    let world = World::new(EVERY_MINUTE);
    let wait = async || steps::time_to_publication(&world.ports).await.unwrap().as_secs();
    assert_eq!(wait().await, 0, "nothing was published yet");
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    assert_eq!(wait().await, 60);
    world.clock.advance(Duration::from_secs(45));
    assert_eq!(wait().await, 15);
    world.clock.advance(Duration::from_secs(45));
    assert_eq!(wait().await, 0);
}

#[tokio::test]
async fn without_an_interval_nothing_waits() {
    let world = World::new("[pipeline]\nhorizon_hours = 0\n");
    world.settle().await.unwrap();
    steps::publish(&world.ports, &[]).await.unwrap();
    assert_eq!(steps::time_to_publication(&world.ports).await.unwrap(), Duration::ZERO);
}

#[tokio::test]
async fn a_publication_that_is_asked_for_writes_the_lists_although_nothing_changed() {
    let world = World::new(EVERY_MINUTE);
    steps::ask_for_publication(&world.ports).await.unwrap();
    assert!(world.file("index.html").is_none());
    let delivery = world.ports.queue.receive(QueueName::Publish, 1, Duration::from_secs(60)).await.unwrap().remove(0);
    let items = steps::read_publish_message(&delivery.body).unwrap();
    assert!(items.is_empty());
    steps::publish(&world.ports, &items).await.unwrap();
    assert!(world.file("index.html").is_some());
}

#[tokio::test]
async fn the_status_is_written_now_and_then_while_nothing_is_published() {
    let world = World::new("[pipeline]\nstatus_seconds = 300\nmetrics = false\n");
    let supervised = async || {
        steps::supervise(&world.ports).await.unwrap();
        world.file("status.json").unwrap()
    };
    let first = supervised().await;
    world.clock.advance(Duration::from_secs(299));
    assert_eq!(supervised().await, first);
    world.clock.advance(Duration::from_secs(1));
    assert_ne!(supervised().await, first);
    assert!(world.file("metrics").is_none());
}

fn counted(events: u64) -> Metrics {
    let metrics = Metrics::new();
    metrics.events(Event::Filter, EventAction::In, events);
    metrics
}

#[tokio::test]
async fn the_exposition_adds_up_what_processes_stored_and_never_falls() {
    let world = World::new(EVERY_MINUTE);
    let (store, now) = (&world.ports.store, world.clock.now());
    for (owner, events) in [("filter#a", 3), ("filter#b", 4)] {
        store.put_metrics(&to_row(&counted(events), owner, 1, now)).await.unwrap();
    }
    let line = "osmtracker_events{event=\"filter\",action=\"in\"} 7\n";
    steps::supervise(&world.ports).await.unwrap();
    assert!(world.file("metrics").unwrap().contains(line));
    world.clock.advance(Duration::from_secs(2 * 3_600));
    steps::supervise(&world.ports).await.unwrap();
    assert!(world.file("metrics").unwrap().contains(line));
    let rows = store.metrics().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.owner.as_str()).collect::<Vec<_>>(), [BASE_OWNER], "both are folded");
}
