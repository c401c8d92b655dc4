use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use osmtracker_embedded::{Embedded, Flush, Options};
use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    config::Config,
    messages::{PublishAction, PublishItem, PublishMessage, SCHEMA},
    metrics::Metrics,
    ports::{Delivery, PortError, QueueName},
    steps::{self, Owner, Ports, StepError},
};
use osmtracker_upstream::Upstream;
use tempfile::TempDir;

use super::{Batch, Undone, pause, pause_after};
use crate::{
    SystemClock,
    lambda::{Deadline, gather::Gathering},
};

const LONG: Duration = Duration::from_secs(600);

fn world(config: &str) -> (TempDir, Ports) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { flush: Flush::ByKernel, ..Options::default() };
    let embedded = Embedded::open(folder.path(), &options).unwrap();
    let (config, metrics) = (Arc::new(Config::parse(config).unwrap()), Metrics::new());
    let upstream = Upstream::new(&config, metrics.clone(), 1).unwrap();
    let ports = Ports {
        clock: Arc::new(SystemClock),
        queue: embedded.sqlite.clone(),
        store: embedded.sqlite,
        site: embedded.site,
        feed: upstream.feed,
        sources: upstream.sources,
        metadata: upstream.metadata,
        metrics,
        config,
        owner: Owner::Shared("test".to_owned()),
    };
    (folder, ports)
}

fn in_time(left: Duration) -> Deadline {
    Deadline { at: tokio::time::Instant::now() + left, moment: Timestamp(i64::MAX) }
}

async fn delivered(ports: &Ports, queue: QueueName, bodies: &[&str]) -> Vec<Delivery> {
    ports.queue.send(queue, bodies.iter().map(|body| (*body).to_owned()).collect()).await.unwrap();
    ports.queue.receive(queue, bodies.len(), LONG).await.unwrap()
}

async fn visible(ports: &Ports, queue: QueueName) -> Vec<String> {
    ports.queue.receive(queue, 100, LONG).await.unwrap().into_iter().map(|delivery| delivery.body).collect()
}

async fn aside(ports: &Ports, queue: QueueName) -> Vec<String> {
    ports.queue.dead_letters(queue, 100).await.unwrap().into_iter().map(|delivery| delivery.body).collect()
}

fn failures(batch: Batch<'_>) -> Vec<String> {
    batch.response().batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

fn transient() -> StepError {
    PortError::Transient { what: "try".to_owned(), source: "for now".into() }.into()
}

fn permanent() -> StepError {
    PortError::Permanent { what: "try".to_owned(), source: "for good".into() }.into()
}

fn items(ids: &[u64]) -> Vec<PublishItem> {
    ids.iter().map(|&id| PublishItem { id: ChangesetId(id), action: PublishAction::Update }).collect()
}

fn message(ids: &[u64]) -> String {
    serde_json::to_string(&PublishMessage { schema: SCHEMA, items: items(ids) }).unwrap()
}

#[test]
fn pauses_grow_up_to_a_limit() {
    let pauses = [1, 2, 3, 7, 8, 1_000].map(|attempts| pause_after(attempts).as_secs());
    assert_eq!(pauses, [5, 10, 20, 320, 600, 600]);
}

#[test]
fn a_step_that_knows_when_is_waited_for_so_long() {
    let error = |after| StepError::Later { what: String::new(), after, source: "busy".into() };
    let delivery = Delivery {
        queue: QueueName::Notify,
        message_id: String::new(),
        receipt: String::new(),
        body: String::new(),
        attempts: 9,
    };
    for seconds in [5, 3_600] {
        let after = Duration::from_secs(seconds);
        assert_eq!(pause(&delivery, &Undone::Step(error(after))), after);
    }
}

#[tokio::test]
async fn a_message_is_not_begun_with_less_time_than_it_may_take() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Notify, &["a message that is sent"]).await;
    let batch = Batch::new(&ports, in_time(Duration::from_secs(25)), &given);
    let mut batch = batch.beginning_with(Duration::from_secs(30));
    batch.work_on(&given[0], async { panic!("begun") }).await;
    assert_eq!(failures(batch), [given[0].message_id.clone()]);
}

#[tokio::test]
async fn a_message_whose_step_fails_comes_again_alone_and_one_that_always_will_is_put_aside() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Filter, &["fine", "later", "never"]).await;
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    for delivery in &given {
        let result = match delivery.body.as_str() {
            "fine" => Ok(()),
            "later" => Err(transient()),
            _ => Err(permanent()),
        };
        batch.work_on(delivery, async { result }).await;
    }
    assert_eq!(failures(batch), [given[1].message_id.clone()]);
    assert_eq!(visible(&ports, QueueName::Filter).await, Vec::<String>::new(), "it comes after a pause");
    assert_eq!(aside(&ports, QueueName::Filter).await, ["never"]);
}

#[tokio::test]
async fn what_the_time_does_not_suffice_for_is_given_back() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Analysis, &["long", "not begun"]).await;
    let mut batch = Batch::new(&ports, in_time(Duration::from_millis(200)), &given);
    batch.least_to_begin = Duration::from_millis(20);
    for delivery in &given {
        let step = async {
            assert_eq!(delivery.body, "long", "there is no time to begin another");
            std::future::pending().await
        };
        batch.work_on(delivery, step).await;
    }
    assert_eq!(failures(batch).len(), 2);
    assert_eq!(visible(&ports, QueueName::Analysis).await, ["long", "not begun"]);
}

#[tokio::test]
async fn all_that_waits_is_published_together_and_acknowledged() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Publish, &[&message(&[1]), &message(&[2])]).await;
    ports.queue.send(QueueName::Publish, vec![message(&[3]), message(&[4, 1])]).await.unwrap();
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let published = Mutex::new(Vec::new());
    batch
        .work_together(given, async |items: &[PublishItem]| {
            published.lock().unwrap().push(items.to_vec());
            Ok(())
        })
        .await;
    assert_eq!(failures(batch), Vec::<String>::new());
    assert_eq!(published.into_inner().unwrap(), [items(&[1, 2, 3, 4, 1])]);
    let depth = ports.queue.depth(QueueName::Publish).await.unwrap();
    assert_eq!((depth.waiting, depth.in_flight), (0, 2), "what was given is acknowledged by the answer alone");
}

#[tokio::test]
async fn what_was_taken_up_is_never_reported() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Publish, &[&message(&[1])]).await;
    ports.queue.send(QueueName::Publish, vec!["no message".to_owned(), message(&[2])]).await.unwrap();
    let id = given[0].message_id.clone();
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    batch.work_together(given, async |_: &[PublishItem]| Err(transient())).await;
    assert_eq!(failures(batch), [id]);
    assert_eq!(aside(&ports, QueueName::Publish).await, ["no message"]);
}

#[tokio::test]
async fn a_backlog_is_published_in_parts() {
    let (_folder, ports) = world("");
    let many: Vec<_> = (0..400).collect();
    let given = delivered(&ports, QueueName::Publish, &[&message(&many)]).await;
    ports.queue.send(QueueName::Publish, vec![message(&many); 5]).await.unwrap();
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let published = Mutex::new(0);
    batch
        .work_together(given, async |items: &[PublishItem]| {
            *published.lock().unwrap() += items.len();
            Ok(())
        })
        .await;
    assert_eq!((failures(batch).len(), *published.lock().unwrap()), (0, 1_200));
    assert_eq!(visible(&ports, QueueName::Publish).await.len(), 3, "the rest comes in the next run");
}

#[tokio::test]
async fn a_message_that_spoils_the_whole_is_found_and_the_others_are_published() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Publish, &[&message(&[1]), "no message", &message(&[666])]).await;
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let published = Mutex::new(Vec::new());
    batch
        .work_together(given, async |items: &[PublishItem]| {
            if items.iter().any(|item| item.id == ChangesetId(666)) {
                return Err(permanent());
            }
            published.lock().unwrap().extend_from_slice(items);
            Ok(())
        })
        .await;
    assert_eq!(failures(batch), Vec::<String>::new());
    assert_eq!(published.into_inner().unwrap(), items(&[1]));
    assert_eq!(aside(&ports, QueueName::Publish).await, ["no message".to_owned(), message(&[666])]);
}

#[tokio::test]
async fn a_publisher_waits_for_another_and_takes_nothing_up_before() {
    let (_folder, ports) = world("");
    let another = Ports { owner: Owner::Shared("another".to_owned()), ..ports.clone() };
    steps::reserve_publication(&another).await.unwrap();
    let given = delivered(&ports, QueueName::Publish, &[&message(&[1])]).await;
    ports.queue.send(QueueName::Publish, vec![message(&[2])]).await.unwrap();
    let no_time = Duration::from_millis(700);
    let mut batch = Batch::new(&ports, in_time(no_time), &given);
    batch.least_to_begin = Duration::from_millis(100);
    batch.work_together(given.clone(), async |_: &[PublishItem]| panic!("another is at work")).await;
    assert_eq!(failures(batch).len(), 1);
    assert_eq!(ports.queue.depth(QueueName::Publish).await.unwrap().waiting, 1, "the other message is left alone");
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        steps::give_publication_up(&another).await.unwrap();
    });
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let published = Mutex::new(Vec::new());
    batch
        .work_together(given, async |items: &[PublishItem]| {
            published.lock().unwrap().push(items.to_vec());
            Ok(())
        })
        .await;
    assert_eq!(published.into_inner().unwrap(), [items(&[1, 2])]);
}

#[tokio::test]
async fn what_fails_is_not_tried_again_at_once() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Publish, &[&message(&[1])]).await;
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let tries = Mutex::new(0);
    let fails = async |_: &[PublishItem]| {
        *tries.lock().unwrap() += 1;
        Err(transient())
    };
    batch.work_together(given, fails).await;
    assert_eq!((failures(batch).len(), *tries.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn a_publisher_that_finds_nothing_to_publish_lets_others() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Publish, &["no message"]).await;
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    batch.work_together(given, async |_: &[PublishItem]| panic!("there is nothing")).await;
    let another = Ports { owner: Owner::Shared("another".to_owned()), ..ports.clone() };
    steps::reserve_publication(&another).await.unwrap();
}

#[tokio::test]
async fn before_its_time_everything_is_put_off() {
    let (_folder, ports) = world("[pipeline]\npublish_seconds = 60\n");
    steps::publish(&ports, &[]).await.unwrap();
    let given = delivered(&ports, QueueName::Publish, &[&message(&[1]), &message(&[2])]).await;
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let publish = async |_: &[PublishItem]| panic!("it is not time");
    batch.work_together(given, publish).await;
    assert_eq!(failures(batch).len(), 2);
    assert_eq!(visible(&ports, QueueName::Publish).await, Vec::<String>::new(), "hidden until it is time");
}

#[tokio::test]
async fn what_steps_send_to_the_publisher_goes_out_once_and_together() {
    let (_folder, ports) = world("");
    let gathering = Arc::new(Gathering::new(ports.queue.clone()));
    let gathered = Ports { queue: gathering.clone(), ..ports.clone() };
    for ids in [&[1, 2][..], &[2, 3], &[1]] {
        gathered.queue.send(QueueName::Publish, vec![message(ids)]).await.unwrap();
    }
    let drop = PublishItem { id: ChangesetId(2), action: PublishAction::Drop };
    let dropped = serde_json::to_string(&PublishMessage { schema: SCHEMA, items: vec![drop] }).unwrap();
    gathered.queue.send(QueueName::Publish, vec![dropped, message(&[2])]).await.unwrap();
    gathered.queue.send(QueueName::Analysis, vec!["at once".to_owned()]).await.unwrap();
    assert_eq!(visible(&ports, QueueName::Analysis).await, ["at once"]);
    assert_eq!(visible(&ports, QueueName::Publish).await, Vec::<String>::new());
    gathering.flush().await.unwrap();
    gathering.flush().await.unwrap();
    let sent = visible(&ports, QueueName::Publish).await;
    let [one, three] = items(&[1, 3])[..] else { unreachable!() };
    let expected = [one, drop, three];
    assert_eq!(sent.iter().map(|body| steps::read_publish_message(body).unwrap()).collect::<Vec<_>>(), [expected]);
}

#[tokio::test]
async fn when_what_follows_cannot_be_sent_nothing_is_done() {
    let (_folder, ports) = world("");
    let given = delivered(&ports, QueueName::Filter, &["one", "two"]).await;
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    for delivery in &given {
        batch.work_on(delivery, async { Ok(()) }).await;
    }
    batch.nothing_is_done(&given).await;
    assert_eq!(failures(batch).len(), 2);
}

#[tokio::test]
async fn what_was_put_off_waits_a_moment_for_what_was_put_off_with_it() {
    let (_folder, ports) = world("");
    let first = delivered(&ports, QueueName::Publish, &[&message(&[1])]).await;
    ports.queue.extend(&first[0], Duration::ZERO).await.unwrap();
    let given = ports.queue.receive(QueueName::Publish, 1, LONG).await.unwrap();
    assert_eq!(given[0].attempts, 2);
    let later = ports.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        later.queue.send(QueueName::Publish, vec![message(&[2])]).await.unwrap();
    });
    let mut batch = Batch::new(&ports, in_time(LONG), &given);
    let published = Mutex::new(Vec::new());
    batch
        .work_together(given, async |items: &[PublishItem]| {
            published.lock().unwrap().push(items.to_vec());
            Ok(())
        })
        .await;
    assert_eq!(published.into_inner().unwrap(), [items(&[1, 2])]);
}
