//! What operators order, beside a pipeline that works.

use std::time::Duration;

use osmtracker_osm::{ChangesetId, ChangesetSequence, Comment, Timestamp};
use osmtracker_pipeline::{
    State,
    admin::{self, AdminError, Fault, Selection},
    ports::{Clock, QueueName},
};

use crate::world::{START, World, changeset, node_at};

const CONFIG: &str = "[pipeline]\nhorizon_hours = 0\nmax_attempts = 1\nrefresh_meta_minutes = 30\n";

/// Three changesets in as many files: the first two are analysed, the third cannot be.
async fn three() -> World {
    let world = World::new(CONFIG);
    for id in 1..=3 {
        world.upstream.publish(vec![changeset(id, 9.5, 56.0)]);
    }
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.upstream.change(2, node_at(2, 9.5, 56.0));
    world.settle().await.unwrap();
    world
}

fn ids(rows: &[osmtracker_pipeline::ChangesetRow]) -> Vec<u64> {
    rows.iter().map(|row| row.id().0).collect()
}

async fn selected(world: &World, selection: Selection) -> Vec<u64> {
    let mut found = ids(&admin::list(&world.ports, &selection).await.unwrap());
    found.sort_unstable();
    found
}

#[tokio::test]
async fn rows_are_found_by_state_label_and_age() {
    let world = three().await;
    let all = Selection::default;
    assert_eq!(selected(&world, all()).await, [1, 2, 3]);
    assert_eq!(selected(&world, Selection { states: vec![State::Quarantined], ..all() }).await, [3]);
    assert_eq!(selected(&world, Selection { labels: vec!["no-such-label".to_owned()], ..all() }).await, [0; 0]);
    assert_eq!(selected(&world, Selection { limit: Some(2), ..all() }).await.len(), 2);
    world.clock.advance(Duration::from_secs(3_600));
    let hour = Some(Duration::from_secs(3_600));
    assert_eq!(selected(&world, Selection { older_than: hour, ..all() }).await, [1, 2, 3]);
    assert_eq!(selected(&world, Selection { newer_than: Some(Duration::from_secs(60)), ..all() }).await, [0; 0]);
}

#[tokio::test]
async fn a_changeset_that_was_given_up_is_analysed_when_an_operator_asks_for_it() {
    let world = three().await;
    let row = world.row(3).await.unwrap();
    assert!(row.given_up && row.state == State::Quarantined);
    assert!(world.file("changesets/3/index.html").unwrap().contains("was given up"));
    world.upstream.change(3, node_at(3, 9.5, 56.0));
    let ordered = admin::reanalyse(&world.ports, &[ChangesetId(3), ChangesetId(99)]).await.unwrap();
    assert_eq!(ordered, [ChangesetId(3)], "there is no row of the other");
    world.settle().await.unwrap();
    let row = world.row(3).await.unwrap();
    assert_eq!((row.state, row.attempts, row.given_up), (State::Done, 0, false));
    assert!(row.history.iter().any(|step| step.reason.as_deref() == Some("an operator asked for it")));
}

#[tokio::test]
async fn what_is_dropped_leaves_site_and_table() {
    let world = three().await;
    admin::drop_changesets(&world.ports, &[ChangesetId(1)]).await.unwrap();
    world.settle().await.unwrap();
    assert!(world.row(1).await.is_none());
    assert!(world.file("changesets/1/index.html").is_none());
    assert!(!world.file("index.html").unwrap().contains("edit 1"));
    assert_eq!(admin::verify(&world.ports).await.unwrap().faults, []);
}

#[tokio::test]
async fn queues_tell_what_was_put_aside() {
    let world = three().await;
    world.ports.queue.send(QueueName::Filter, vec!["no JSON".to_owned()]).await.unwrap();
    let delivery = world.ports.queue.receive(QueueName::Filter, 1, Duration::from_secs(60)).await.unwrap().remove(0);
    world.ports.queue.put_aside(&delivery).await.unwrap();
    let reports = admin::queues(&world.ports, 5).await.unwrap();
    assert_eq!((reports[0].queue, reports[0].dead, reports[0].waiting), ("filter", 1, 0));
    assert_eq!(reports[0].dead_letters[0].body, "no JSON");
    assert!(reports[1..].iter().all(|report| report.dead == 0 && report.dead_letters.is_empty()));
}

#[tokio::test]
async fn files_that_are_lost_upstream_are_left_out_when_an_operator_says_so() {
    let world = three().await;
    // File 4 will never come; file 5 is the head, and tells of a comment on changeset 1 that only the API knows of now.
    let mut commented = changeset(1, 9.5, 56.0);
    commented.comments_count = 1;
    commented.discussion = vec![Comment { id: Some(1), date: START, user: None, text: "why?".to_owned() }];
    world.upstream.metadata.lock().unwrap().insert(ChangesetId(1), commented);
    world.upstream.publish(Vec::new());
    world.upstream.lose(4);
    world.upstream.publish(vec![changeset(5, 9.5, 56.0)]);
    world.upstream.change(5, node_at(5, 9.5, 56.0));
    world.settle().await.unwrap();
    assert_eq!(world.ports.store.cursor().await.unwrap().unwrap().sequence, ChangesetSequence(3));

    let refused = |result: Result<admin::Skip, AdminError>| match result {
        Err(AdminError::Refused(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(refused(admin::plan_skip(&world.ports, ChangesetSequence(3)).await).contains("use `admin backfill`"));
    assert!(refused(admin::plan_skip(&world.ports, ChangesetSequence(6)).await).contains("not published yet"));
    let plan = admin::plan_skip(&world.ports, ChangesetSequence(4)).await.unwrap();
    assert_eq!(plan.to_refresh.len(), 2, "the two that are analysed");
    admin::skip(&world.ports, &plan).await.unwrap();
    assert!(matches!(admin::skip(&world.ports, &plan).await, Err(AdminError::Refused(_))), "the plan is outdated");

    world.settle().await.unwrap();
    let cursor = world.ports.store.cursor().await.unwrap().unwrap();
    assert_eq!((cursor.sequence, cursor.skipped.len()), (ChangesetSequence(5), 1));
    assert_eq!(world.row(5).await.unwrap().state, State::Done);
    assert!(!world.file("changesets/1/index.html").unwrap().contains("why?"), "it is not time yet");

    world.clock.advance(Duration::from_secs(30 * 60));
    world.settle().await.unwrap();
    assert!(world.file("changesets/1/index.html").unwrap().contains("why?"));
    let row = world.row(1).await.unwrap();
    assert_eq!((row.state, row.due_at), (State::Done, None), "it is not asked for again");
    assert_eq!(
        world.row(2).await.unwrap().due_at.map(|at| at > world.clock.now()),
        Some(true),
        "the API did not know it"
    );
}

#[tokio::test]
async fn backfill_finds_what_a_changed_rule_keeps_and_changes_nothing_else() {
    let world = three().await;
    admin::drop_changesets(&world.ports, &[ChangesetId(2)]).await.unwrap();
    world.settle().await.unwrap();
    let before = world.row(1).await.unwrap();
    let plan = admin::plan_backfill(&world.ports, Timestamp(0), world.clock.now()).await.unwrap();
    assert_eq!(plan.files(), 1, "as far as the fake feed knows the times of its files");
    let plan = admin::BackfillPlan { last: ChangesetSequence(3), ..plan };
    let mut told = Vec::new();
    let done = admin::backfill(&world.ports, plan, 600, |done| told.push(done.files)).await.unwrap();
    assert_eq!((done.files, done.changesets, told), (3, 3, vec![1, 2, 3]));
    world.settle().await.unwrap();
    assert_eq!(world.row(2).await.unwrap().state, State::Done);
    assert_eq!(world.row(1).await.unwrap().version, before.version, "what is known stays as it is");
}

#[tokio::test]
async fn a_site_with_faults_is_found_out_and_rebuilt() {
    let world = three().await;
    let report = admin::verify(&world.ports).await.unwrap();
    assert_eq!(report.faults, []);
    assert!(report.pages >= 6 && report.links > 50, "{report:?}");
    let site = world.folder.path().join("site");
    std::fs::remove_dir_all(site.join("changesets/1")).unwrap();
    std::fs::create_dir_all(site.join("changesets/4711")).unwrap();
    std::fs::write(site.join("changesets/4711/index.html"), "<a href=\"../../\">home</a>").unwrap();
    let faults = admin::verify(&world.ports).await.unwrap().faults;
    assert!(faults.contains(&Fault::NoPage { changeset: ChangesetId(1) }), "{faults:?}");
    assert!(faults.contains(&Fault::Orphan { key: "changesets/4711/index.html".to_owned() }));
    let broken = |fault: &Fault| matches!(fault, Fault::BrokenLink { page, .. } if page == "index.html");
    assert!(faults.iter().any(broken), "the list refers to the page that is gone");

    assert_eq!(admin::rebuild(&world.ports).await.unwrap(), 3);
    admin::drop_changesets(&world.ports, &[ChangesetId(4711)]).await.unwrap();
    world.settle().await.unwrap();
    assert_eq!(admin::verify(&world.ports).await.unwrap().faults, []);
}

#[tokio::test]
async fn orders_go_through_the_steps_and_may_be_given_twice() {
    let world = three().await;
    for _ in 0..2 {
        admin::reanalyse(&world.ports, &[ChangesetId(1)]).await.unwrap();
        admin::rebuild(&world.ports).await.unwrap();
    }
    world.settle().await.unwrap();
    assert_eq!(world.row(1).await.unwrap().state, State::Done);
    assert_eq!(admin::verify(&world.ports).await.unwrap().faults, []);
}
