//! Who is told of what, how often, and what happens when a receiver does not take it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use osmtracker_notify::signature;
use osmtracker_osm::{Changeset, Comment};
use osmtracker_pipeline::{
    config::{Config, NotifyTarget},
    ports::{DeliveryError, Letter, Messenger, QueueName, Receipt, Secret},
    steps::{self, Owner, Pauses, Ports},
};
use osmtracker_testkit::receiver::{Receiver, Reply};

use crate::{
    dying::{Death, Fate, mortal},
    world::{START, World, changeset, node_at},
};

pub(crate) const KEY: &str = "a key for tests";

/// A world in which changesets of Denmark without a source are told, and what takes the messages.
pub(crate) async fn world(format: &str, more: &str) -> (World, Receiver) {
    let receiver = Receiver::start().await.unwrap();
    let mut world = World::new("");
    let text = target(&world, &receiver, "ops", format, more);
    reconfigure(&mut world, &text);
    (world, receiver)
}

/// A target of this format at the receiver.
pub(crate) fn target(world: &World, receiver: &Receiver, name: &str, format: &str, more: &str) -> String {
    let secret = |file: &str, text: &str| {
        let path = world.folder.path().join(format!("{name}-{file}"));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let address = secret("address", &receiver.url(name));
    let key = match format {
        "webhook" => format!("key_file = {:?}\n", secret("key", KEY)),
        "matrix" => format!("key_file = {:?}\nroom = \"!room:example.org\"\n", secret("key", KEY)),
        _ => String::new(),
    };
    format!(
        "[[notify]]\nname = {name:?}\nlabels = [\"no-source\"]\nformat = {format:?}\ntarget_file = {address:?}\n\
        allow_private = true\n{key}{more}\n"
    )
}

pub(crate) fn reconfigure(world: &mut World, targets: &str) {
    let text = format!(
        "area = \"DK\"\n[builtin]\nno-source = true\nbot = true\n[site]\nbase_url = \"https://example.org/dk/\"\n{targets}"
    );
    let config = Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    world.ports = Ports { config: Arc::new(config), ..world.ports.clone() };
}

/// A changeset of Denmark that ends after the target's time has begun, when `id` is over 60.
pub(crate) fn edit(world: &World, id: u64) -> Changeset {
    world.upstream.change(id, node_at(id, 9.5, 56.0));
    changeset(id, 9.5, 56.0)
}

fn sourced(mut changeset: Changeset) -> Changeset {
    changeset.tags = [("comment", "with a source"), ("source", "survey")].into_iter().collect();
    changeset
}

fn commented(changeset: &Changeset, text: &str) -> Changeset {
    let count = changeset.comments_count + 1;
    let comment = Comment { id: Some(count.into()), date: START, user: None, text: text.to_owned() };
    let mut discussion = changeset.discussion.clone();
    discussion.push(comment);
    Changeset { comments_count: count, discussion, ..changeset.clone() }
}

async fn pass(world: &World, time: Duration) {
    world.clock.advance(time);
    world.settle().await.unwrap();
}

async fn dead(world: &World) -> usize {
    world.ports.queue.dead_letters(QueueName::Notify, 100).await.unwrap().len()
}

fn counted(world: &World, kind: &str, result: &str) -> u64 {
    let series = format!("osmtracker_notifications_total{{kind=\"{kind}\",result=\"{result}\"}}");
    world.ports.metrics.snapshot().counter(&series)
}

#[tokio::test]
async fn a_changeset_that_matches_is_told_once_however_often_it_is_published() {
    let (world, receiver) = world("webhook", "").await;
    world.settle().await.unwrap();
    let edited = edit(&world, 61);
    world.upstream.publish(vec![edited.clone(), sourced(edit(&world, 62))]);
    world.settle().await.unwrap();
    for text in ["why?", "because"] {
        world.upstream.publish(vec![commented(&edited, text)]);
        world.settle().await.unwrap();
    }
    let received = receiver.received();
    assert_eq!(received.len(), 1, "{received:?}");
    let document: serde_json::Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!(document["purpose"], "changeset");
    assert_eq!(document["changesets"][0]["id"], 61);
    assert_eq!(document["changesets"][0]["url"], "https://example.org/dk/changesets/61/index.html");
    assert_eq!(document["changesets"][0]["osm_url"], "https://www.openstreetmap.org/changeset/61");
    assert_eq!(counted(&world, "webhook", "sent"), 1);
    assert!(world.file("changesets/61/index.html").is_some(), "the page that it links to");
}

#[tokio::test]
async fn one_that_comes_to_match_later_is_told_then_and_once() {
    let (world, receiver) = world("webhook", "").await;
    world.settle().await.unwrap();
    let plain = sourced(edit(&world, 61));
    world.upstream.publish(vec![plain.clone()]);
    world.settle().await.unwrap();
    assert_eq!(receiver.received().len(), 0);
    // Its author takes the source away, and somebody asks about it, twice.
    let mut relabelled = commented(&plain, "where is the source?");
    relabelled.tags = [("comment", "no source")].into_iter().collect();
    world.upstream.publish(vec![relabelled.clone()]);
    world.settle().await.unwrap();
    world.upstream.publish(vec![commented(&relabelled, "hello?")]);
    world.settle().await.unwrap();
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn neither_a_fresh_deployment_nor_a_new_target_sends_what_ended_before_it() {
    let (mut world, receiver) = world("webhook", "").await;
    world.upstream.publish(vec![edit(&world, 1), edit(&world, 59)]);
    world.settle().await.unwrap();
    assert_eq!(receiver.received().len(), 0, "a backlog of a fresh deployment");
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    assert_eq!(receiver.received().len(), 1);

    world.clock.advance(Duration::from_secs(600));
    let both = target(&world, &receiver, "ops", "webhook", "") + &target(&world, &receiver, "new", "webhook", "");
    reconfigure(&mut world, &both);
    world.settle().await.unwrap();
    let old = edit(&world, 61);
    world.upstream.publish(vec![commented(&old, "published again"), edit(&world, 71)]);
    world.settle().await.unwrap();
    let told: Vec<_> = receiver.received().into_iter().map(|received| received.target).collect();
    assert_eq!(told, ["/ops", "/ops", "/new"], "71 to both, 61 to the old one alone");
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_for_a_day_and_then_the_message_is_put_aside() {
    let (world, receiver) = world("slack", "").await;
    world.settle().await.unwrap();
    receiver.always(Reply::status(503));
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    assert_eq!(receiver.received().len(), 1);
    let mut tries = Vec::new();
    for minute in (5..=26 * 60).step_by(5) {
        pass(&world, Duration::from_secs(300)).await;
        let seen = receiver.received().len();
        if tries.last().is_none_or(|(_, last)| *last < seen) {
            tries.push((minute, seen));
        }
        if dead(&world).await > 0 {
            assert!((24 * 60..=24 * 60 + 20).contains(&minute), "given up after {minute} minutes");
            break;
        }
    }
    assert_eq!(dead(&world).await, 1);
    let total = receiver.received().len();
    assert!((90..110).contains(&total), "{total} tries in a day: {tries:?}");
    assert_eq!(counted(&world, "slack", "given_up"), 1);
    assert_eq!(counted(&world, "slack", "failed"), total as u64 - 1);

    // An operator mends it and has it tried again.
    receiver.always(Reply::status(200));
    world.ports.queue.redrive(QueueName::Notify).await.unwrap();
    world.settle().await.unwrap();
    pass(&world, Duration::from_secs(16 * 60)).await;
    assert_eq!((receiver.shown().len(), dead(&world).await), (1, 0));
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let (world, receiver) = world("discord", "").await;
    world.settle().await.unwrap();
    receiver.next([Reply::status(429).header("retry-after", "1800")]);
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    for _ in 0..29 {
        pass(&world, Duration::from_secs(60)).await;
    }
    assert_eq!(receiver.received().len(), 1, "not before half an hour has passed");
    pass(&world, Duration::from_secs(61)).await;
    assert_eq!((receiver.received().len(), receiver.shown().len()), (2, 1));
}

#[tokio::test]
async fn a_refusal_is_put_aside_at_once_and_says_why() {
    let (world, receiver) = world("slack", "").await;
    world.settle().await.unwrap();
    receiver.always(Reply::status(404).body("no_service"));
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    assert_eq!((receiver.received().len(), dead(&world).await), (1, 1));
    let letter = world.ports.queue.dead_letters(QueueName::Notify, 1).await.unwrap().pop().unwrap();
    let error = world.notify(&letter.body).await.unwrap_err();
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(error.to_string(), "notify ops");
    let expected = "it answers with status 404 (no_service); check its address, and whether it was removed";
    assert_eq!(reason, expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (world, receiver) = world("slack", "").await;
    world.settle().await.unwrap();
    let elsewhere = Receiver::start().await.unwrap();
    receiver.always(Reply::status(307).header("location", elsewhere.url("inside")));
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    assert_eq!((receiver.received().len(), elsewhere.received().len(), dead(&world).await), (1, 0, 1));
}

#[tokio::test]
async fn a_target_that_does_not_answer_keeps_no_other_waiting() {
    let (mut world, receiver) = world("slack", "").await;
    let broken = Receiver::start().await.unwrap();
    broken.always(Reply::nothing());
    let both = target(&world, &broken, "broken", "slack", "") + &target(&world, &receiver, "ops", "slack", "");
    reconfigure(&mut world, &both);
    world.settle().await.unwrap();
    world.upstream.publish((61..91).map(|id| edit(&world, id)).collect());
    world.settle().await.unwrap();
    assert_eq!((receiver.shown().len(), broken.received().len()), (30, 1), "all others are held back");
    pass(&world, Duration::from_secs(6)).await;
    assert_eq!(broken.received().len(), 2, "one goes ahead");
    // Nothing is tried for what is held back, and nothing is wrong with it.
    assert_eq!(counted(&world, "slack", "failed"), 2);
    broken.always(Reply::status(200));
    for _ in 0..4 {
        pass(&world, Duration::from_secs(30)).await;
    }
    assert_eq!((broken.shown().len(), dead(&world).await), (30, 0), "each once, soon after it was mended");
}

#[tokio::test]
async fn one_that_takes_so_many_at_a_time_gets_all_however_old_they_are() {
    let (world, receiver) = world("slack", "").await;
    world.settle().await.unwrap();
    receiver.always(Reply::status(404));
    world.upstream.publish((61..91).map(|id| edit(&world, id)).collect());
    world.settle().await.unwrap();
    assert_eq!((receiver.received().len(), dead(&world).await), (30, 30));
    // Mended after days; and it takes three at a time.
    world.clock.advance(Duration::from_secs(3 * 86_400));
    world.ports.queue.redrive(QueueName::Notify).await.unwrap();
    receiver.always(Reply::status(200));
    for _ in 0..30 {
        receiver.next([200, 200, 200, 429].map(|status| Reply::status(status).header("retry-after", "1")));
        pass(&world, Duration::from_secs(2)).await;
    }
    assert_eq!((receiver.shown().len(), dead(&world).await), (30, 0));
}

#[tokio::test]
async fn what_was_held_back_for_a_day_is_put_aside_too_and_has_another_day_when_it_is_redriven() {
    let (world, receiver) = world("slack", "").await;
    world.settle().await.unwrap();
    receiver.always(Reply::status(503));
    world.upstream.publish((61..64).map(|id| edit(&world, id)).collect());
    world.settle().await.unwrap();
    for _ in 0..26 * 12 {
        pass(&world, Duration::from_secs(300)).await;
    }
    assert_eq!(dead(&world).await, 3);
    assert!(receiver.received().len() < 110, "{} tries of all together", receiver.received().len());
    world.ports.queue.redrive(QueueName::Notify).await.unwrap();
    for _ in 0..23 {
        pass(&world, Duration::from_secs(3_600)).await;
    }
    assert_eq!(dead(&world).await, 0);
    receiver.always(Reply::status(200));
    for _ in 0..3 {
        pass(&world, Duration::from_secs(3_600)).await;
    }
    assert_eq!((receiver.shown().len(), dead(&world).await), (3, 0));
}

#[tokio::test]
async fn what_no_longer_matches_or_has_no_target_any_more_is_not_told() {
    let (mut world, receiver) = world("slack", "").await;
    world.settle().await.unwrap();
    receiver.always(Reply::status(503));
    let edited = edit(&world, 61);
    world.upstream.publish(vec![edited.clone(), edit(&world, 62)]);
    world.settle().await.unwrap();
    receiver.always(Reply::status(200));
    world.upstream.publish(vec![sourced(commented(&edited, "here it is"))]);
    pass(&world, Duration::from_secs(60)).await;
    assert_eq!(receiver.shown().len(), 1, "62 alone");
    assert!(receiver.shown()[0].body.contains("Changeset 62"));

    receiver.always(Reply::status(503));
    world.upstream.publish(vec![edit(&world, 63)]);
    world.settle().await.unwrap();
    reconfigure(&mut world, "");
    receiver.always(Reply::status(200));
    pass(&world, Duration::from_secs(60)).await;
    assert_eq!(receiver.shown().len(), 1);
    assert_eq!(world.ports.queue.depth(QueueName::Notify).await.unwrap().waiting, 0, "its message is done");
}

#[tokio::test]
async fn a_webhook_is_signed_so_that_its_receiver_can_check_it() {
    let (world, receiver) = world("webhook", "").await;
    world.settle().await.unwrap();
    receiver.next([Reply::status(500)]);
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    pass(&world, Duration::from_secs(30)).await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    for request in &received {
        let header = |name: &str| request.headers[name].clone();
        let at = header("webhook-timestamp").parse().unwrap();
        let expected = signature(&Secret::new(KEY), &header("webhook-id"), at, &request.body);
        assert_eq!(header("webhook-signature"), expected);
        assert_eq!(header("content-type"), "application/json");
        assert!(header("user-agent").starts_with("osmtracker/"));
    }
    assert_eq!(received[0].headers["webhook-id"], received[1].headers["webhook-id"], "the same message");
    assert_ne!(received[0].headers["webhook-timestamp"], received[1].headers["webhook-timestamp"]);
    let document: serde_json::Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!(document["key"], received[0].headers["webhook-id"]);
}

#[tokio::test]
async fn a_room_gets_the_same_transaction_in_each_try() {
    let (world, receiver) = world("matrix", "").await;
    world.settle().await.unwrap();
    receiver.next([Reply::nothing()]);
    world.upstream.publish(vec![edit(&world, 61)]);
    world.settle().await.unwrap();
    pass(&world, Duration::from_secs(30)).await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!((&received[0].method, &received[0].target), (&"PUT".to_owned(), &received[1].target));
    assert!(
        received[0].target.starts_with("/ops/_matrix/client/v3/rooms/!room:example.org/send/m.room.message/ops-"),
        "{}",
        received[0].target
    );
    assert_eq!(received[0].headers["authorization"], format!("Bearer {KEY}"));
}

#[tokio::test]
async fn an_address_that_is_private_or_plain_is_refused_without_permission() {
    let (mut world, receiver) = world("slack", "").await;
    for address in [receiver.url("x"), "https://127.0.0.1/x".to_owned(), "https://localhost/x".to_owned()] {
        let text = target(&world, &receiver, "ops", "slack", "").replace("allow_private = true\n", "");
        std::fs::write(world.folder.path().join("ops-address"), &address).unwrap();
        reconfigure(&mut world, &text);
        let config = world.ports.config.clone();
        let sent = steps::send_sample(&config.site, &config.notify[0], &*world.messenger, START).await;
        let error = sent.unwrap_err();
        assert!(matches!(error, DeliveryError::Permanent { .. }), "{address}: {error:?}");
        assert!(error.to_string().starts_with("its address is not used: "), "{error}");
    }
    assert_eq!(receiver.received().len(), 0);
}

/// A messenger that is a call like any other of those at which a process dies.
struct MortalMessenger {
    inner: Arc<dyn Messenger>,
    fate: Arc<Fate>,
}

#[async_trait]
impl Messenger for MortalMessenger {
    async fn deliver(&self, target: &NotifyTarget, letter: &Letter) -> Result<Receipt, DeliveryError> {
        let met = self.fate.meet(async { Ok(self.inner.deliver(target, letter).await) }).await;
        met.unwrap_or_else(|died| {
            Err(DeliveryError::Transient { what: died.to_string(), retry_after: None, source: None })
        })
    }
}

/// Where the process that dies begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// With the feed: it filters, analyses, publishes and tells.
    TheFeed,
    /// With what is to be told.
    TheQueue,
}

/// Three changesets, of which two are told, through a process that dies so and one that goes on. Answers the receiver, and
/// the calls of the first.
pub(crate) async fn told_with(format: &str, more: &str, from: From, death: Death) -> (Receiver, World, usize) {
    let (mut world, receiver) = world(format, more).await;
    world.settle().await.unwrap();
    world.upstream.publish(vec![edit(&world, 61), sourced(edit(&world, 62)), edit(&world, 63)]);
    if from == From::TheQueue {
        world.notifies = false;
        world.settle().await.unwrap();
        world.notifies = true;
    }
    let whole = (world.ports.clone(), world.messenger.clone());
    let (ports, fate) = mortal(&whole.0, death, "first");
    (world.ports, world.messenger) = (ports, Arc::new(MortalMessenger { inner: whole.1.clone(), fate: fate.clone() }));
    let ended = world.settle().await;
    world.clock.advance(Duration::from_secs(20 * 60));
    let ended = ended.and(world.settle().await);
    if death == Death::Never {
        ended.unwrap();
    }
    let calls = fate.calls.load(std::sync::atomic::Ordering::SeqCst);
    world.ports = Ports { owner: Owner::Alone("second".to_owned()), ..whole.0 };
    (world.messenger, world.pauses) = (whole.1, Pauses::default());
    for _ in 0..5 {
        pass(&world, Duration::from_secs(20 * 60)).await;
    }
    (receiver, world, calls)
}

#[tokio::test]
async fn dying_at_any_call_a_receiver_that_knows_keys_has_each_message_once() {
    let (_, _, calls) = told_with("webhook", "", From::TheFeed, Death::Never).await;
    for call in 0..calls {
        for death in [Death::Before(call), Death::After(call)] {
            let (receiver, world, _) = told_with("webhook", "", From::TheFeed, death).await;
            let told = receiver.distinct();
            assert_eq!(told.len(), 2, "{death:?}: {told:?}");
            assert_eq!(dead(&world).await, 0, "{death:?}");
        }
    }
}

/// A chat knows no keys. Between the moment at which a message is noted as being sent and the one at which it is noted as
/// sent, nobody can know whether it was: by default it then counts as sent. At every other call, exactly one arrives.
#[tokio::test]
async fn dying_at_any_call_a_chat_has_each_message_once_and_at_most_one_is_unsure() {
    let (_, _, calls) = told_with("slack", "", From::TheQueue, Death::Never).await;
    let mut unsure = 0;
    for call in 0..calls {
        for death in [Death::Before(call), Death::After(call)] {
            let (receiver, world, _) = told_with("slack", "", From::TheQueue, death).await;
            let (shown, skipped) = (receiver.shown().len() as u64, counted(&world, "slack", "unsure"));
            let is_lost = shown == 1 && skipped == 1;
            assert!(shown == 2 || is_lost, "{death:?}: {shown} shown, {skipped} unsure");
            unsure += u32::from(is_lost);
        }
    }
    // Of two messages, each: noted as being sent, or about to be sent, and then dead.
    assert_eq!(unsure, 4, "the window is exactly as wide as documented");
}

#[tokio::test]
async fn with_repeat_a_chat_misses_nothing_and_may_have_one_twice() {
    let (_, _, calls) = told_with("slack", "if_unsure = \"repeat\"", From::TheQueue, Death::Never).await;
    let mut twice = 0;
    for call in 0..calls {
        for death in [Death::Before(call), Death::After(call)] {
            let (receiver, _, _) = told_with("slack", "if_unsure = \"repeat\"", From::TheQueue, death).await;
            let shown = receiver.shown().len();
            assert!(shown == 2 || shown == 3, "{death:?}: {shown}");
            twice += u32::from(shown == 3);
        }
    }
    assert_eq!(twice, 4, "sent, or about to be noted as sent, and then dead, of two messages");
}
