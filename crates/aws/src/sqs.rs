use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{
        DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
        SendMessageBatchRequestEntry,
    },
};
use futures_util::future::try_join_all;
use osmtracker_pipeline::{
    messages::MAX_BODY_BYTES,
    ports::{Delivery, PortError, Queue, QueueDepth, QueueName},
    with_causes,
};

use crate::{
    deployment::QueueUrls,
    error::{failure, permanent},
};

/// Messages in one request.
const BATCH: usize = 10;

/// Bytes of all bodies in one request. AWS takes 1 MiB since August 2025; other implementations stay at this.
const BATCH_BYTES: usize = 256 * 1024;

/// Requests under way at a time when many messages are sent.
const SENDS: usize = 4;

/// Longest visibility.
const MAX_VISIBILITY: Duration = Duration::from_secs(43_200);

/// How long dead letters are hidden while they are moved.
const WHILE_MOVED: i32 = 60;

/// Receives without anything new after which all dead letters were seen: a receive answers some of them only.
const QUIET_RECEIVES: usize = 3;

/// The queues in SQS, each with its dead letters. Standard queues: order is not kept and a message may come twice.
///
/// How many deliveries a message gets, and so when it goes to the dead letters, is the queue's redrive policy. SQS does
/// not tell the age of its oldest message ([`QueueDepth::oldest_seconds`] is `None`): CloudWatch has it as
/// `ApproximateAgeOfOldestMessage`.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    queues: BTreeMap<QueueName, QueueUrls>,
}

impl Sqs {
    /// Queues at these addresses, which must be there.
    #[must_use]
    pub fn new(client: Client, queues: BTreeMap<QueueName, QueueUrls>) -> Self {
        Self { client, queues }
    }

    fn urls(&self, queue: QueueName) -> Result<&QueueUrls, PortError> {
        let name = queue.as_str();
        self.queues.get(&queue).ok_or_else(|| permanent(format!("find the {name} queue"), "it has no address here"))
    }

    async fn send_batch(&self, url: &str, bodies: &[Cow<'_, str>]) -> Result<(), PortError> {
        let what = || format!("send to {url}");
        let entry = |(index, body): (usize, &Cow<'_, str>)| {
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body.as_ref()).build()
        };
        let entries = bodies.iter().enumerate().map(entry).collect::<Result<_, _>>();
        let entries = entries.map_err(|error| permanent(what(), error))?;
        let answer = self.client.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
        let answer = answer.map_err(|error| failure(what(), error))?;
        let Some(failed) = answer.failed().first() else { return Ok(()) };
        let source = format!("{}: {}", failed.code(), failed.message().unwrap_or_default());
        if failed.sender_fault() {
            Err(permanent(what(), source))
        } else {
            Err(PortError::Transient { what: what(), source: source.into() })
        }
    }

    async fn receive_some(&self, url: &str, max: usize, visibility: i32) -> Result<Vec<Message>, PortError> {
        let answer = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(max.clamp(1, BATCH)).expect("at most ten"))
            .visibility_timeout(visibility)
            .wait_time_seconds(0)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await;
        let answer = answer.map_err(|error| failure(format!("receive from {url}"), error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    async fn measure(&self, url: &str) -> Result<[u64; 2], PortError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.client.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let answer = request.send().await.map_err(|error| failure(format!("measure {url}"), error))?;
        let number = |name| answer.attributes()?.get(name)?.parse().ok();
        Ok(names.each_ref().map(|name| number(name).unwrap_or(0)))
    }

    /// Moves what one receive answers from the dead letters to their queue.
    async fn move_back(&self, urls: &QueueUrls) -> Result<u64, PortError> {
        let letters = self.receive_some(&urls.dead, BATCH, WHILE_MOVED).await?;
        if letters.is_empty() {
            return Ok(0);
        }
        let bodies: Vec<_> = letters.iter().map(|letter| Cow::from(letter.body().unwrap_or_default())).collect();
        for bodies in batches(&bodies) {
            self.send_batch(&urls.main, bodies).await?;
        }
        let entry = |(index, letter): (usize, &Message)| {
            let receipt = letter.receipt_handle().unwrap_or_default();
            DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build()
        };
        let what = || format!("remove dead letters of {}", urls.dead);
        let entries = letters.iter().enumerate().map(entry).collect::<Result<_, _>>();
        let entries = entries.map_err(|error| permanent(what(), error))?;
        let request = self.client.delete_message_batch().queue_url(&urls.dead).set_entries(Some(entries));
        let answer = request.send().await.map_err(|error| failure(what(), error))?;
        match answer.failed().first() {
            None => Ok(letters.len() as u64),
            Some(failed) => Err(PortError::Transient { what: what(), source: failed.code().to_owned().into() }),
        }
    }
}

#[async_trait]
impl Queue for Sqs {
    async fn send(&self, queue: QueueName, bodies: Vec<String>) -> Result<(), PortError> {
        let url = &self.urls(queue)?.main;
        let bodies: Vec<_> = bodies.iter().map(|body| sendable(body)).collect();
        if let Some(body) = bodies.iter().find(|body| body.len() > MAX_BODY_BYTES) {
            let reason = format!("a body has {} bytes, at most {MAX_BODY_BYTES} are allowed", body.len());
            return Err(permanent(format!("send to the {} queue", queue.as_str()), reason));
        }
        let batches: Vec<_> = batches(&bodies).collect();
        for at_once in batches.chunks(SENDS) {
            try_join_all(at_once.iter().map(|batch| self.send_batch(url, batch))).await?;
        }
        Ok(())
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, PortError> {
        let url = &self.urls(queue)?.main;
        let mut received = Vec::new();
        while received.len() < max {
            let wanted = max - received.len();
            let messages = match self.receive_some(url, wanted, seconds(visibility)).await {
                Ok(messages) => messages,
                // What was received must not stay hidden without anybody knowing of it.
                Err(error) if !received.is_empty() => {
                    tracing::warn!(error = with_causes(&error), "a receive ends early");
                    break;
                }
                Err(error) => return Err(error),
            };
            let is_last = messages.len() < wanted.min(BATCH);
            received.extend(messages.into_iter().map(|message| delivery(queue, message)));
            if is_last {
                break;
            }
        }
        Ok(received)
    }

    async fn acknowledge(&self, delivery: &Delivery) -> Result<(), PortError> {
        let url = &self.urls(delivery.queue)?.main;
        let request = self.client.delete_message().queue_url(url).receipt_handle(&delivery.receipt);
        unless_gone(request.send().await, || format!("remove a message of {url}"))
    }

    async fn extend(&self, delivery: &Delivery, visibility: Duration) -> Result<(), PortError> {
        let url = &self.urls(delivery.queue)?.main;
        let request = self.client.change_message_visibility().queue_url(url).receipt_handle(&delivery.receipt);
        unless_gone(request.visibility_timeout(seconds(visibility)).send().await, || format!("hide a message of {url}"))
    }

    async fn put_aside(&self, delivery: &Delivery) -> Result<(), PortError> {
        let urls = self.urls(delivery.queue)?;
        self.send_batch(&urls.dead, &[sendable(&delivery.body)]).await?;
        self.acknowledge(delivery).await
    }

    async fn depth(&self, queue: QueueName) -> Result<QueueDepth, PortError> {
        let urls = self.urls(queue)?;
        let ([waiting, in_flight], [dead, moving]) =
            futures_util::try_join!(self.measure(&urls.main), self.measure(&urls.dead))?;
        Ok(QueueDepth { waiting, in_flight, dead: dead + moving, oldest_seconds: None })
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Delivery>, PortError> {
        let url = &self.urls(queue)?.dead;
        let (mut seen, mut letters, mut quiet) = (BTreeSet::new(), Vec::new(), 0);
        while letters.len() < max && quiet < QUIET_RECEIVES {
            // Visible again at once: a look changes nothing.
            let found = self.receive_some(url, max, 0).await?;
            let before = letters.len();
            letters.extend(
                found
                    .into_iter()
                    .map(|message| delivery(queue, message))
                    .filter(|letter| seen.insert(letter.message_id.clone())),
            );
            quiet = if letters.len() == before { quiet + 1 } else { 0 };
        }
        letters.truncate(max);
        Ok(letters)
    }

    async fn redrive(&self, queue: QueueName) -> Result<u64, PortError> {
        let urls = self.urls(queue)?;
        let (mut moved, mut quiet) = (0, 0);
        while quiet < QUIET_RECEIVES {
            let more = self.move_back(urls).await?;
            quiet = if more == 0 { quiet + 1 } else { 0 };
            moved += more;
        }
        Ok(moved)
    }
}

/// The body as SQS takes it: JSON, in which the two characters that SQS refuses can be written otherwise.
fn sendable(body: &str) -> Cow<'_, str> {
    if body.contains(['\u{fffe}', '\u{ffff}']) {
        body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff").into()
    } else {
        body.into()
    }
}

/// Runs of bodies that fit into a request each.
fn batches<'a, 'b>(mut bodies: &'a [Cow<'b, str>]) -> impl Iterator<Item = &'a [Cow<'b, str>]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |body: &&Cow<'_, str>| {
            bytes += body.len();
            bytes <= BATCH_BYTES
        };
        let count = bodies.iter().take(BATCH).take_while(fits).count().max(1);
        let (batch, rest) = bodies.split_at_checked(count)?;
        bodies = rest;
        Some(batch)
    })
}

fn seconds(visibility: Duration) -> i32 {
    // Rounded up: zero alone means at once.
    let whole = visibility.min(MAX_VISIBILITY).as_millis().div_ceil(1_000);
    i32::try_from(whole).expect("at most twelve hours")
}

fn delivery(queue: QueueName, message: Message) -> Delivery {
    let attempts = message
        .attributes()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount)?.parse().ok());
    Delivery {
        queue,
        attempts: attempts.unwrap_or(1),
        message_id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
    }
}

/// A message that was removed, or whose receipt is of an earlier delivery, needs nothing more.
fn unless_gone<T, E>(result: Result<T, SdkError<E>>, what: impl Fn() -> String) -> Result<(), PortError>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    const GONE: [&str; 5] = [
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "InvalidParameterCombination",
    ];
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().and_then(|error| error.code()).is_some_and(|it| GONE.contains(&it)) => {
            Ok(())
        }
        Err(error) => Err(failure(what(), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_ten_messages_and_no_more_bytes_than_a_request() {
        let sizes = |lengths: &[usize]| {
            let bodies: Vec<_> = lengths.iter().map(|&length| Cow::from("x".repeat(length))).collect();
            batches(&bodies).map(<[_]>::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&[5; 23]), [10, 10, 3]);
        assert_eq!(sizes(&[MAX_BODY_BYTES; 9]), [4, 4, 1]);
        assert_eq!(sizes(&[1, MAX_BODY_BYTES, MAX_BODY_BYTES, MAX_BODY_BYTES, MAX_BODY_BYTES]), [4, 1]);
    }

    #[test]
    fn characters_that_sqs_refuses_are_escaped_as_json_has_it() {
        let body = serde_json::to_string("a\u{ffff}b\u{fffe}\u{1}\u{1f5fa}").expect("text");
        let sent = sendable(&body);
        let refused =
            |c: char| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(!sent.contains(refused), "{sent}");
        assert_eq!(serde_json::from_str::<String>(&sent).expect("text"), "a\u{ffff}b\u{fffe}\u{1}\u{1f5fa}");
    }

    #[test]
    fn visibility_is_rounded_up_and_limited() {
        let cases = [(0, 0), (1, 1), (1_000, 1), (1_500, 2), (100_000_000_000, 43_200)];
        for (milliseconds, expected) in cases {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), expected);
        }
    }
}
