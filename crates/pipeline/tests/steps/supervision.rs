//! What is tried again, and what is not tried for ever.

use std::time::Duration;

use osmtracker_osm::ChangesetSequence;
use osmtracker_pipeline::{
    ChangesetRow, State,
    messages::{AnalyseMessage, FilterMessage, SCHEMA},
    ports::{Clock, Expected, QueueName},
    steps,
};

use crate::world::{World, changeset, node_at};

const THREE_TRIES: &str = "[pipeline]\nhorizon_hours = 0\nmax_attempts = 3\nretry_minutes = 10\n";

/// An analyser takes the row up and is never heard of again.
async fn an_analyser_dies(world: &World, id: u64) {
    let row = world.row(id).await.unwrap();
    let (expected, now) = (Expected::Version(row.version), world.clock.now());
    let taken = ChangesetRow { state: State::Analysing2, version: row.version + 1, due_at: Some(now), ..row };
    world.ports.store.put_changeset(&taken, expected).await.unwrap();
}

#[tokio::test]
async fn what_ends_every_analyser_is_not_tried_for_ever() {
    let world = World::new(THREE_TRIES);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    let mut states = Vec::new();
    for _ in 0..3 {
        an_analyser_dies(&world, 1).await;
        steps::supervise(&world.ports).await.unwrap();
        states.push(world.row(1).await.unwrap().state);
    }
    assert_eq!(states, [State::Reanalysing, State::Reanalysing, State::Quarantined]);
    let row = world.row(1).await.unwrap();
    assert_eq!((row.attempts, row.due_at), (3, None), "nobody looks at it again");
    assert_eq!(row.reason.as_deref(), Some("its analysis did not end in any try"));
}

#[tokio::test]
async fn a_success_forgets_the_leases_that_were_lost_before() {
    let world = World::new(THREE_TRIES);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    for _ in 0..5 {
        an_analyser_dies(&world, 1).await;
        world.settle().await.unwrap();
        let row = world.row(1).await.unwrap();
        assert_eq!((row.state, row.attempts), (State::Done, 0));
    }
}

#[tokio::test]
async fn a_long_analysis_queue_is_not_made_longer() {
    let world = World::new(THREE_TRIES);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    let body = serde_json::to_string(&AnalyseMessage { schema: SCHEMA, id: changeset(1, 0.0, 0.0).id }).unwrap();
    world.ports.queue.send(QueueName::Analysis, vec![body; 300]).await.unwrap();
    an_analyser_dies(&world, 1).await;
    assert_eq!(steps::supervise(&world.ports).await.unwrap().queued, 0);
    let due = world.row(1).await.unwrap().due_at.unwrap();
    assert_eq!(due, world.clock.now().plus(Duration::from_secs(600)), "it is looked at again");
}

#[tokio::test]
async fn a_message_of_a_newer_release_waits_for_that_release() {
    let world = World::new(THREE_TRIES);
    let body = format!(r#"{{"schema":{},"of":"tomorrow"}}"#, SCHEMA + 1);
    assert!(steps::filter(&world.ports, &body).await.unwrap_err().is_transient());
    assert!(steps::analyse(&world.ports, &body).await.unwrap_err().is_transient());
    assert!(steps::read_publish_message(&body).unwrap_err().is_transient());
    let broken = format!(r#"{{"schema":{SCHEMA},"of":"nobody"}}"#);
    assert!(!steps::filter(&world.ports, &broken).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_filter_that_died_before_it_sent_is_made_up_for_although_a_comment_came_meanwhile() {
    let world = World::new(THREE_TRIES);
    let closed = changeset(1, 9.5, 56.0);
    let commented = osmtracker_osm::Changeset { comments_count: 1, ..closed.clone() };
    let message = |first_index, changeset| {
        let sequence = ChangesetSequence(1);
        let changesets = vec![changeset];
        serde_json::to_string(&FilterMessage { schema: SCHEMA, sequence, first_index, changesets }).unwrap()
    };
    let first = steps::filter(&world.ports, &message(0, closed.clone())).await.unwrap();
    assert_eq!(first.to_analyse, 1, "and suppose that this was lost");
    steps::filter(&world.ports, &message(1, commented)).await.unwrap();
    let again = steps::filter(&world.ports, &message(0, closed)).await.unwrap();
    assert_eq!(again.to_analyse, 1);
}

#[tokio::test]
async fn what_gave_up_says_so_on_its_page() {
    let world = World::new("[pipeline]\nhorizon_hours = 0\nmax_attempts = 1\n");
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.settle().await.unwrap();
    let page = world.file("changesets/1/index.html").unwrap();
    assert!(page.contains("The analysis failed in every try and was given up"), "{page}");
    // An analyser that dies instead of failing comes to the same end.
    world.upstream.publish(vec![changeset(2, 9.5, 56.0)]);
    world.upstream.change(2, node_at(2, 9.5, 56.0));
    world.settle().await.unwrap();
    an_analyser_dies(&world, 2).await;
    world.settle().await.unwrap();
    assert!(world.row(2).await.unwrap().given_up);
    assert!(world.file("changesets/2/index.html").unwrap().contains("was given up"));
}

/// The kinds of problems that `status.json` tells.
fn problems(world: &World) -> Vec<String> {
    let status: serde_json::Value = serde_json::from_str(&world.file("status.json").unwrap()).unwrap();
    let problems = status["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().map(|problem| problem["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_wrong_is_told_while_it_is_wrong() {
    let world = World::new(THREE_TRIES);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    assert_eq!(problems(&world), [""; 0], "there is nothing more to read, however old it is");
    world.clock.advance(Duration::from_secs(601));
    world.settle().await.unwrap();
    assert_eq!(problems(&world), ["head_frozen"]);
    world.upstream.publish(Vec::new());
    world.upstream.lose(2);
    world.settle().await.unwrap();
    assert_eq!(problems(&world), ["behind", "sequence_missing"]);
    let metrics = world.file("metrics").unwrap();
    assert!(metrics.contains("osmtracker_problem{kind=\"sequence_missing\"} 1"), "{metrics}");
    // A publication in between says what the supervisor found, and does not look itself.
    steps::publish(&world.ports, &[]).await.unwrap();
    assert_eq!(problems(&world), ["behind", "sequence_missing"]);
    world.upstream.lost.lock().unwrap().clear();
    world.settle().await.unwrap();
    assert_eq!(problems(&world), [""; 0]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_hides_nothing_else() {
    let world = World::new(THREE_TRIES);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0), changeset(2, 9.5, 56.0)]);
    world.settle().await.unwrap();
    let database = rusqlite::Connection::open(world.folder.path().join("osmtracker.sqlite")).unwrap();
    assert_eq!(database.execute("UPDATE changeset SET json = '{]' WHERE id = 1", []).unwrap(), 1);
    world.clock.advance(Duration::from_secs(600));
    let outcome = steps::supervise(&world.ports).await.unwrap();
    assert_eq!(outcome.queued, 1, "the other one is tried again");
    assert!(outcome.observation.is_some(), "those who watch are told");
    let failure = outcome.complete().unwrap_err();
    assert!(!failure.is_transient(), "{failure}");
}
