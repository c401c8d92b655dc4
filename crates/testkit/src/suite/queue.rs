use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use osmtracker_pipeline::{
    messages::MAX_BODY_BYTES,
    ports::{Delivery, PortError, Queue, QueueDepth, QueueName},
};

use super::{Check, PAUSE, TRIES, checks, eventually, run_all};

/// Shorter is not possible with SQS.
const VISIBILITY: Duration = Duration::from_secs(1);
/// After this, a message that was received with [`VISIBILITY`] is visible again.
const PASSED: Duration = Duration::from_millis(1500);
/// Longer than any check takes.
const LONG: Duration = Duration::from_secs(600);

/// Makes queues for [`queue_suite`].
#[async_trait]
pub trait QueueFactory: Send + Sync + 'static {
    /// Empty queues that put a message aside after `max_deliveries`.
    async fn queue(&self, max_deliveries: u32) -> Arc<dyn Queue>;

    /// Lets time pass for the queues; those that live in real time wait.
    async fn advance(&self, by: Duration) {
        tokio::time::sleep(by).await;
    }
}

/// Checks an adapter of [`Queue`].
///
/// # Panics
/// With the names of the checks that failed.
pub async fn queue_suite<F: QueueFactory>(factory: F) {
    run_all("queue", factory, all()).await;
}

fn all<F: QueueFactory>() -> &'static [Check<F>] {
    checks![
        a_sent_message_is_delivered_with_its_body_and_one_attempt,
        any_text_arrives_as_it_was_sent,
        equal_bodies_are_separate_messages,
        many_messages_in_one_call_all_arrive,
        sending_nothing_is_no_error,
        queues_do_not_mix,
        an_empty_queue_answers_none_at_once,
        a_receive_answers_at_most_max,
        a_delivered_message_is_hidden_from_others,
        a_message_comes_again_after_its_visibility,
        a_redelivery_has_the_same_id_another_receipt_and_one_more_attempt,
        an_acknowledged_message_never_comes_again,
        acknowledging_twice_is_no_error,
        acknowledging_late_is_no_error,
        extend_hides_a_message_for_longer,
        extend_by_zero_gives_a_message_back_at_once,
        extend_after_acknowledge_is_no_error_and_brings_nothing_back,
        a_message_delivered_too_often_goes_to_the_dead_letters,
        a_message_put_aside_is_a_dead_letter_at_once_and_comes_back_when_redriven,
        dead_letters_stay_when_they_are_read,
        dead_letters_of_one_queue_are_not_those_of_another,
        redrive_brings_dead_letters_back_with_no_attempts_counted,
        redrive_without_dead_letters_answers_zero,
        the_largest_body_allowed_arrives,
        a_body_over_the_limit_is_refused_for_good,
        concurrent_receivers_share_the_messages,
        depth_follows_waiting_in_flight_and_dead,
    ]
}

async fn a_sent_message_is_delivered_with_its_body_and_one_attempt<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let delivery = receive_one(&*queue, LONG).await;
    assert_eq!((delivery.queue, delivery.body.as_str(), delivery.attempts), (QueueName::Filter, "one", 1));
}

async fn any_text_arrives_as_it_was_sent<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    let body = "{\"name\": \"Kalø 'x'; DROP TABLE message; -- \\u0000 <b>&amp; \u{202e}\u{1f5fa} \n\t\"}";
    send(&*queue, &[body]).await;
    assert_eq!(receive_one(&*queue, LONG).await.body, body);
}

async fn equal_bodies_are_separate_messages<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["same", "same"]).await;
    let deliveries = receive(&*queue, 2, LONG).await;
    assert_ne!(deliveries[0].message_id, deliveries[1].message_id);
    queue.acknowledge(&deliveries[0]).await.expect("acknowledge");
    queue.extend(&deliveries[1], Duration::ZERO).await.expect("extend");
    assert_eq!(receive_one(&*queue, LONG).await.message_id, deliveries[1].message_id);
}

async fn many_messages_in_one_call_all_arrive<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    let sent: BTreeSet<String> = (0..37).map(|number| format!("message {number}")).collect();
    queue.send(QueueName::Filter, sent.iter().cloned().collect()).await.expect("send");
    let received: BTreeSet<String> = receive(&*queue, 37, LONG).await.into_iter().map(|found| found.body).collect();
    assert_eq!(received, sent);
}

async fn sending_nothing_is_no_error<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    queue.send(QueueName::Filter, Vec::new()).await.expect("send");
    assert_none(&*queue, QueueName::Filter).await;
}

async fn queues_do_not_mix<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    queue.send(QueueName::Analysis, vec!["for the analyser".to_owned()]).await.expect("send");
    assert_none(&*queue, QueueName::Filter).await;
    assert_none(&*queue, QueueName::Publish).await;
    let deliveries = receive_from(&*queue, QueueName::Analysis, 1, LONG).await;
    assert_eq!((deliveries[0].queue, deliveries[0].body.as_str()), (QueueName::Analysis, "for the analyser"));
}

async fn an_empty_queue_answers_none_at_once<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    let answer = tokio::time::timeout(Duration::from_secs(2), queue.receive(QueueName::Filter, 10, LONG)).await;
    assert_eq!(answer.expect("an answer at once").expect("receive"), Vec::new());
}

async fn a_receive_answers_at_most_max<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["1", "2", "3", "4", "5"]).await;
    let mut received = 0;
    for _ in 0..TRIES {
        let found = queue.receive(QueueName::Filter, 2, LONG).await.expect("receive").len();
        assert!(found <= 2, "asked for 2, got {found}");
        received += found;
        if received == 5 {
            return;
        }
    }
    panic!("only {received} of 5 messages arrived");
}

async fn a_delivered_message_is_hidden_from_others<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    receive_one(&*queue, LONG).await;
    factory.advance(PASSED).await;
    assert_none(&*queue, QueueName::Filter).await;
}

async fn a_message_comes_again_after_its_visibility<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one", "two"]).await;
    let first = receive(&*queue, 2, VISIBILITY).await;
    assert_none(&*queue, QueueName::Filter).await;
    factory.advance(PASSED).await;
    assert_eq!(ids(&receive(&*queue, 2, LONG).await), ids(&first));
}

async fn a_redelivery_has_the_same_id_another_receipt_and_one_more_attempt<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let first = receive_one(&*queue, VISIBILITY).await;
    factory.advance(PASSED).await;
    let second = receive_one(&*queue, LONG).await;
    assert_eq!((&second.message_id, &second.body, second.attempts), (&first.message_id, &first.body, 2));
    assert_ne!(second.receipt, first.receipt);
}

async fn an_acknowledged_message_never_comes_again<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let delivery = receive_one(&*queue, VISIBILITY).await;
    queue.acknowledge(&delivery).await.expect("acknowledge");
    factory.advance(PASSED).await;
    assert_none(&*queue, QueueName::Filter).await;
}

async fn acknowledging_twice_is_no_error<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one", "two"]).await;
    let deliveries = receive(&*queue, 2, LONG).await;
    queue.acknowledge(&deliveries[0]).await.expect("acknowledge");
    queue.acknowledge(&deliveries[0]).await.expect("acknowledge again");
    queue.extend(&deliveries[1], Duration::ZERO).await.expect("extend");
    assert_eq!(receive_one(&*queue, LONG).await.message_id, deliveries[1].message_id);
}

async fn acknowledging_late_is_no_error<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let first = receive_one(&*queue, VISIBILITY).await;
    factory.advance(PASSED).await;
    let second = receive_one(&*queue, VISIBILITY).await;
    queue.acknowledge(&first).await.expect("late acknowledge");
    queue.acknowledge(&second).await.expect("acknowledge");
    factory.advance(PASSED).await;
    assert_none(&*queue, QueueName::Filter).await;
}

async fn extend_hides_a_message_for_longer<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let delivery = receive_one(&*queue, VISIBILITY).await;
    queue.extend(&delivery, LONG).await.expect("extend");
    factory.advance(PASSED).await;
    assert_none(&*queue, QueueName::Filter).await;
    queue.acknowledge(&delivery).await.expect("acknowledge");
}

async fn extend_by_zero_gives_a_message_back_at_once<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let first = receive_one(&*queue, LONG).await;
    queue.extend(&first, Duration::ZERO).await.expect("extend");
    let second = receive_one(&*queue, LONG).await;
    assert_eq!((second.message_id, second.attempts), (first.message_id, 2));
}

async fn extend_after_acknowledge_is_no_error_and_brings_nothing_back<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["one"]).await;
    let delivery = receive_one(&*queue, LONG).await;
    queue.acknowledge(&delivery).await.expect("acknowledge");
    queue.extend(&delivery, Duration::ZERO).await.expect("extend");
    assert_none(&*queue, QueueName::Filter).await;
}

async fn a_message_delivered_too_often_goes_to_the_dead_letters<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(2).await;
    send(&*queue, &["poison"]).await;
    for attempt in 1..=2 {
        let delivery = receive_one(&*queue, VISIBILITY).await;
        assert_eq!(delivery.attempts, attempt);
        factory.advance(PASSED).await;
    }
    assert_none(&*queue, QueueName::Filter).await;
    eventually(vec!["poison".to_owned()], || dead_bodies(&*queue)).await;
}

async fn a_message_put_aside_is_a_dead_letter_at_once_and_comes_back_when_redriven<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    send(&*queue, &["poison", "fine"]).await;
    for delivery in receive(&*queue, 2, LONG).await {
        if delivery.body == "poison" {
            queue.put_aside(&delivery).await.expect("put aside");
        }
    }
    eventually(vec!["poison".to_owned()], || dead_bodies(&*queue)).await;
    eventually((0, 1, 1), || depth(&*queue)).await;
    assert_eq!(queue.redrive(QueueName::Filter).await.expect("redrive"), 1);
    let again = receive_one(&*queue, LONG).await;
    assert_eq!((again.body.as_str(), again.attempts), ("poison", 1));
}

async fn dead_letters_stay_when_they_are_read<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(1).await;
    kill(&*queue, &["a", "b"]).await;
    for _ in 0..2 {
        eventually(vec!["a".to_owned(), "b".to_owned()], || dead_bodies(&*queue)).await;
    }
    let one = queue.dead_letters(QueueName::Filter, 1).await.expect("dead letters");
    assert!(one.len() <= 1, "asked for 1, got {}", one.len());
}

async fn dead_letters_of_one_queue_are_not_those_of_another<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(1).await;
    kill(&*queue, &["poison"]).await;
    let others = queue.dead_letters(QueueName::Publish, 10).await.expect("dead letters");
    assert_eq!(others, Vec::new());
    assert_eq!(queue.redrive(QueueName::Publish).await.expect("redrive"), 0);
    eventually(vec!["poison".to_owned()], || dead_bodies(&*queue)).await;
}

async fn redrive_brings_dead_letters_back_with_no_attempts_counted<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(1).await;
    kill(&*queue, &["a", "b", "c"]).await;
    assert_eq!(queue.redrive(QueueName::Filter).await.expect("redrive"), 3);
    eventually(Vec::new(), || dead_bodies(&*queue)).await;
    let deliveries = receive(&*queue, 3, LONG).await;
    let seen: BTreeMap<_, _> = deliveries.iter().map(|found| (found.body.as_str(), found.attempts)).collect();
    assert_eq!(seen, BTreeMap::from([("a", 1), ("b", 1), ("c", 1)]));
}

async fn redrive_without_dead_letters_answers_zero<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(3).await;
    send(&*queue, &["alive"]).await;
    assert_eq!(queue.redrive(QueueName::Filter).await.expect("redrive"), 0);
    assert_eq!(receive_one(&*queue, LONG).await.body, "alive");
}

async fn the_largest_body_allowed_arrives<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    let body = "x".repeat(MAX_BODY_BYTES);
    // Many at once: an adapter has to mind the limit of its batches as well.
    queue.send(QueueName::Filter, vec![body.clone(); 12]).await.expect("send");
    assert!(receive(&*queue, 12, LONG).await.iter().all(|delivery| delivery.body == body));
}

async fn a_body_over_the_limit_is_refused_for_good<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    // The limit is in bytes: half as many characters of two bytes, and one more.
    let body = "ø".repeat(MAX_BODY_BYTES / 2 + 1);
    let refused = queue.send(QueueName::Filter, vec![body]).await;
    assert!(matches!(refused, Err(PortError::Permanent { .. })), "{refused:?}");
    assert_none(&*queue, QueueName::Filter).await;
}

async fn concurrent_receivers_share_the_messages<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(5).await;
    let sent: BTreeSet<String> = (0..60).map(|number| number.to_string()).collect();
    queue.send(QueueName::Filter, sent.iter().cloned().collect()).await.expect("send");
    let receivers: Vec<_> = (0..6).map(|_| tokio::spawn(drain(Arc::clone(&queue)))).collect();
    let mut received = Vec::new();
    for receiver in receivers {
        received.extend(receiver.await.expect("a receiver that does not panic"));
    }
    assert_eq!(received.len(), sent.len(), "a message was delivered twice or not at all");
    assert_eq!(received.into_iter().collect::<BTreeSet<_>>(), sent);
}

async fn depth_follows_waiting_in_flight_and_dead<F: QueueFactory>(factory: Arc<F>) {
    let queue = factory.queue(1).await;
    eventually((0, 0, 0), || depth(&*queue)).await;
    kill(&*queue, &["poison"]).await;
    send(&*queue, &["1", "2", "3"]).await;
    eventually((3, 0, 1), || depth(&*queue)).await;
    let taken = receive_one(&*queue, LONG).await;
    eventually((2, 1, 1), || depth(&*queue)).await;
    queue.acknowledge(&taken).await.expect("acknowledge");
    eventually((2, 0, 1), || depth(&*queue)).await;
    queue.redrive(QueueName::Filter).await.expect("redrive");
    eventually((3, 0, 0), || depth(&*queue)).await;
}

async fn send(queue: &dyn Queue, bodies: &[&str]) {
    queue.send(QueueName::Filter, bodies.iter().map(|&body| body.to_owned()).collect()).await.expect("send");
}

/// `count` messages, by as many receives as the adapter needs.
async fn receive_from(queue: &dyn Queue, name: QueueName, count: usize, visibility: Duration) -> Vec<Delivery> {
    let mut received = Vec::new();
    for _ in 0..TRIES {
        received.extend(queue.receive(name, count - received.len(), visibility).await.expect("receive"));
        if received.len() == count {
            return received;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("only {} of {count} messages arrived on the {} queue", received.len(), name.as_str());
}

async fn receive(queue: &dyn Queue, count: usize, visibility: Duration) -> Vec<Delivery> {
    receive_from(queue, QueueName::Filter, count, visibility).await
}

async fn receive_one(queue: &dyn Queue, visibility: Duration) -> Delivery {
    receive(queue, 1, visibility).await.remove(0)
}

async fn assert_none(queue: &dyn Queue, name: QueueName) {
    assert_eq!(queue.receive(name, 10, LONG).await.expect("receive"), Vec::new());
}

/// Makes dead letters on queues that allow one delivery.
async fn kill(queue: &dyn Queue, bodies: &[&str]) {
    send(queue, bodies).await;
    for delivery in receive(queue, bodies.len(), LONG).await {
        queue.extend(&delivery, Duration::ZERO).await.expect("extend");
    }
    assert_none(queue, QueueName::Filter).await;
}

async fn dead_bodies(queue: &dyn Queue) -> Vec<String> {
    let letters = queue.dead_letters(QueueName::Filter, 10).await.expect("dead letters");
    let mut bodies: Vec<_> = letters.into_iter().map(|letter| letter.body).collect();
    bodies.sort();
    bodies
}

async fn drain(queue: Arc<dyn Queue>) -> Vec<String> {
    let mut bodies = Vec::new();
    loop {
        let deliveries = queue.receive(QueueName::Filter, 3, LONG).await.expect("receive");
        if deliveries.is_empty() {
            return bodies;
        }
        for delivery in deliveries {
            queue.acknowledge(&delivery).await.expect("acknowledge");
            bodies.push(delivery.body);
        }
    }
}

async fn depth(queue: &dyn Queue) -> (u64, u64, u64) {
    let QueueDepth { waiting, in_flight, dead, .. } = queue.depth(QueueName::Filter).await.expect("depth");
    (waiting, in_flight, dead)
}

fn ids(deliveries: &[Delivery]) -> BTreeSet<&str> {
    deliveries.iter().map(|delivery| delivery.message_id.as_str()).collect()
}
