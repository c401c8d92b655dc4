//! Digests: at most one message in so many minutes, which tells everything that matched.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use osmtracker_analysis::LabelMatch;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::{
    ChangesetRow,
    config::NotifyTarget,
    ports::{DeliveryError, Expected, Letter, Messenger, QueueName, Receipt},
    steps::Ports,
};
use osmtracker_testkit::receiver::{Receiver, Reply};
use serde_json::Value;

use crate::{
    dying::Death,
    notifications::{From, edit, reconfigure, target, told_with, world},
    world::World,
};

const DIGEST: &str = "digest_minutes = 10";

/// Lets minutes pass, one by one.
async fn pass(world: &World, minutes: u32) {
    for _ in 0..minutes {
        world.clock.advance(Duration::from_secs(60));
        world.settle().await.unwrap();
    }
}

fn documents(receiver: &Receiver) -> Vec<Value> {
    receiver.distinct().iter().map(|received| serde_json::from_str(&received.body).unwrap()).collect()
}

fn ids(document: &Value) -> Vec<u64> {
    document["changesets"].as_array().unwrap().iter().map(|changeset| changeset["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn what_matches_within_the_time_is_one_message_lowest_id_first() {
    let (world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    world.upstream.publish(vec![edit(&world, 63), edit(&world, 61)]);
    pass(&world, 5).await;
    world.upstream.publish(vec![edit(&world, 62)]);
    pass(&world, 4).await;
    assert_eq!(receiver.received().len(), 0, "it gathers for ten minutes");
    pass(&world, 2).await;
    let sent = documents(&receiver);
    assert_eq!((sent.len(), ids(&sent[0])), (1, vec![61, 62, 63]));
    assert_eq!((&sent[0]["purpose"], &sent[0]["more"]), (&Value::from("digest"), &Value::from(0)));
    pass(&world, 30).await;
    assert_eq!(receiver.received().len(), 1, "nothing matched, nothing is sent");
}

#[tokio::test]
async fn messages_are_at_least_so_many_minutes_apart_and_tell_each_changeset_once() {
    let (world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    let (mut told, mut times) = (Vec::new(), Vec::new());
    for minute in 0..60 {
        if minute < 45 {
            // The one before is published again, by a comment.
            let mut commented = edit(&world, 61 + minute / 2);
            commented.comments_count = u32::try_from(minute % 3).unwrap();
            world.upstream.publish(vec![edit(&world, 61 + minute), commented]);
        }
        pass(&world, 1).await;
        let sent = documents(&receiver);
        if sent.len() > times.len() {
            times.push(minute);
            told.extend(ids(sent.last().unwrap()));
        }
    }
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 10), "{times:?}");
    told.sort_unstable();
    assert_eq!(told, (61..106).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_digest_that_fails_is_sent_again_as_it_was_and_what_comes_meanwhile_is_in_the_next() {
    let (world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    world.upstream.publish(vec![edit(&world, 61)]);
    receiver.next([Reply::status(503), Reply::nothing(), Reply::status(502)]);
    pass(&world, 11).await;
    assert_eq!((receiver.received().len(), receiver.shown().len()), (1, 0));
    world.upstream.publish(vec![edit(&world, 62)]);
    pass(&world, 40).await;
    let received = receiver.received();
    assert!(received[..4].iter().all(|one| one.key() == received[0].key() && one.body == received[0].body));
    let sent = documents(&receiver);
    assert_eq!(sent.iter().map(ids).collect::<Vec<_>>(), [vec![61], vec![62]]);
}

#[tokio::test]
async fn what_was_refused_is_told_when_the_target_was_mended() {
    let (world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    receiver.always(Reply::status(410));
    world.upstream.publish(vec![edit(&world, 61)]);
    pass(&world, 13).await;
    let dead = world.ports.queue.depth(QueueName::Notify).await.unwrap().dead;
    assert_eq!((receiver.received().len(), dead), (1, 1));
    receiver.always(Reply::status(200));
    world.upstream.publish(vec![edit(&world, 62)]);
    pass(&world, 12).await;
    let sent = documents(&receiver);
    assert_eq!((sent.len(), ids(&sent[0])), (1, vec![61, 62]));
}

#[tokio::test]
async fn changesets_without_end_are_counted_when_there_is_no_room_to_name_them() {
    let (world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    world.upstream.publish((61..181).map(|id| edit(&world, id)).collect());
    pass(&world, 12).await;
    let sent = documents(&receiver);
    assert_eq!((sent.len(), ids(&sent[0]).len(), &sent[0]["more"]), (1, 100, &Value::from(20)));
    pass(&world, 30).await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn what_was_gathered_is_told_when_the_target_is_no_digest_any_more() {
    let (mut world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    world.upstream.publish(vec![edit(&world, 61)]);
    pass(&world, 3).await;
    assert_eq!(receiver.received().len(), 0);
    let single = target(&world, &receiver, "ops", "webhook", "");
    reconfigure(&mut world, &single);
    world.upstream.publish(vec![edit(&world, 62)]);
    pass(&world, 2).await;
    let mut sent: Vec<_> = documents(&receiver).iter().map(ids).collect();
    sent.sort();
    assert_eq!(sent, [[61], [62]]);
    pass(&world, 20).await;
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test]
async fn a_digest_of_a_target_that_takes_nothing_is_held_back_and_comes_once() {
    let (mut world, receiver) = world("webhook", DIGEST).await;
    let both = target(&world, &receiver, "ops", "webhook", DIGEST) + &target(&world, &receiver, "one", "webhook", "");
    reconfigure(&mut world, &both);
    world.settle().await.unwrap();
    receiver.always(Reply::status(503));
    world.upstream.publish(vec![edit(&world, 61), edit(&world, 62)]);
    pass(&world, 45).await;
    receiver.always(Reply::status(200));
    pass(&world, 90).await;
    let shown = receiver.shown();
    let digests: Vec<Value> = shown
        .iter()
        .filter(|received| received.target == "/ops")
        .map(|received| serde_json::from_str(&received.body).unwrap())
        .collect();
    assert_eq!(digests.iter().map(ids).collect::<Vec<_>>(), [[61, 62]]);
    assert_eq!(shown.len(), 3, "and two to the other");
    assert_eq!(world.ports.queue.depth(QueueName::Notify).await.unwrap().waiting, 0);
}

/// A messenger while whose work changesets lose and get their labels.
struct Meanwhile {
    inner: Arc<dyn Messenger>,
    ports: Ports,
    /// Which has its labels afterwards, and which has them no more.
    gets: u64,
    loses: u64,
}

impl Meanwhile {
    async fn label(&self, id: u64, labels: Vec<LabelMatch>) {
        let row = self.ports.store.changesets(&[ChangesetId(id)]).await.unwrap().pop().unwrap();
        let version = row.version;
        let relabelled = ChangesetRow { labels, version: version + 1, ..row };
        self.ports.store.put_changeset(&relabelled, Expected::Version(version)).await.unwrap();
    }
}

#[async_trait]
impl Messenger for Meanwhile {
    async fn deliver(&self, target: &NotifyTarget, letter: &Letter) -> Result<Receipt, DeliveryError> {
        let lost = self.ports.store.changesets(&[ChangesetId(self.loses)]).await.unwrap().pop().unwrap().labels;
        let receipt = self.inner.deliver(target, letter).await;
        self.label(self.gets, lost).await;
        self.label(self.loses, Vec::new()).await;
        receipt
    }
}

#[tokio::test]
async fn what_a_digest_did_not_tell_is_told_later_and_what_it_told_is_not() {
    let (mut world, receiver) = world("webhook", DIGEST).await;
    world.settle().await.unwrap();
    world.upstream.publish(vec![edit(&world, 61), edit(&world, 62)]);
    pass(&world, 3).await;
    let inner = world.messenger.clone();
    let meanwhile = Meanwhile { inner: inner.clone(), ports: world.ports.clone(), gets: 62, loses: 61 };
    // When the digest is sent, 62 matches nothing; afterwards it does, and 61 does not.
    meanwhile.label(62, Vec::new()).await;
    world.messenger = Arc::new(meanwhile);
    pass(&world, 10).await;
    world.messenger = inner;
    assert_eq!(documents(&receiver).iter().map(ids).collect::<Vec<_>>(), [[61]]);
    // Both are published again, by comments.
    for id in [61, 62] {
        let mut commented = edit(&world, id);
        commented.comments_count = 1;
        world.upstream.publish(vec![commented]);
    }
    pass(&world, 25).await;
    assert_eq!(documents(&receiver).iter().map(ids).collect::<Vec<_>>(), [[61], [62]]);
}

#[tokio::test]
async fn dying_at_any_call_a_receiver_that_knows_keys_has_each_changeset_in_one_digest() {
    let (_, _, calls) = told_with("webhook", DIGEST, From::TheQueue, Death::Never).await;
    for call in 0..calls {
        for death in [Death::Before(call), Death::After(call)] {
            let (receiver, _, _) = told_with("webhook", DIGEST, From::TheQueue, death).await;
            let mut told: Vec<u64> = documents(&receiver).iter().flat_map(ids).collect();
            told.sort_unstable();
            assert_eq!(told, [61, 63], "{death:?}");
        }
    }
}

#[tokio::test]
async fn dying_at_any_call_a_chat_has_no_changeset_in_two_digests() {
    let (_, _, calls) = told_with("discord", DIGEST, From::TheQueue, Death::Never).await;
    let mut lost = 0;
    for call in 0..calls {
        for death in [Death::Before(call), Death::After(call)] {
            let (receiver, _, _) = told_with("discord", DIGEST, From::TheQueue, death).await;
            let shown: String = receiver.shown().into_iter().map(|received| received.body).collect();
            let times = |id: u64| shown.matches(&format!("[Changeset {id}]")).count();
            assert!(times(61) <= 1 && times(63) <= 1, "{death:?}: {shown}");
            lost += u32::from(times(61) + times(63) < 2);
        }
    }
    assert_eq!(lost, 2, "noted as being sent, or about to be sent, and then dead");
}
