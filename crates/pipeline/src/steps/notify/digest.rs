//! Digests: one message for all changesets that matched for some time.

use std::time::Duration;

use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pages::{Entry, Notice, NoticePurpose};
use serde::{Deserialize, Serialize};

use super::{
    NotifyOutcome, Post, Undone, ask, entries, is_to_be_told,
    memo::{self, Sending, Stored, Told},
};
use crate::{
    ChangesetRow,
    config::NotifyTarget,
    ports::{DeliveryError, PortError},
    steps::{Ports, StepError},
};

/// Changesets that a digest names; what is more is counted.
const NAMED: usize = 500;
/// Those that are read, in one request, for a message: chats have room for fewer, a webhook for these.
const READ: usize = 100;
/// So long after a message should have come again, it is taken for lost.
const LOST: Duration = Duration::from_secs(600);
/// Tries against others who write the same digest.
const TRIES: usize = 10;

/// What a target's digest has gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Gathered {
    /// For the next message, in the order in which they came.
    next: Page,
    /// The message that is being sent, or was when its sender ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sending: Option<Batch>,
    /// When the last message was sent, or refused for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
}

/// Changesets for one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    ids: Vec<ChangesetId>,
    /// How many more there are.
    #[serde(default)]
    more: u64,
    /// When the first came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

/// A message of which the content is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Batch {
    page: Page,
    /// Names the message.
    key: String,
    /// Who sends it; absent between two tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Sending>,
    /// When it is tried again, after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    again_at: Option<Timestamp>,
    /// When it first was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    /// What it tells, while it is sent: those that match no more are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Vec<ChangesetId>>,
}

async fn read(ports: &Ports, target: &NotifyTarget) -> Result<Stored<Gathered>, PortError> {
    Stored::read_or(ports, format!("notify/{}/digest", target.name), Gathered::default()).await
}

impl Gathered {
    fn holds(&self, id: ChangesetId) -> bool {
        let is_sent = self.sending.as_ref().is_some_and(|batch| batch.page.ids.contains(&id));
        is_sent || self.next.ids.contains(&id)
    }

    /// Whether the next message may go: its first changeset has waited long enough, and so has the last message.
    fn is_due(&self, now: Timestamp, interval: Duration) -> bool {
        let has_passed = |since: Timestamp| since.plus(interval) <= now;
        self.next.since.is_some_and(has_passed) && self.last.is_none_or(has_passed)
    }
}

/// Whether there is a message to be sent. One that is being sent has a message on the queue already, unless it was lost or
/// put aside: then it is asked for once more.
pub(super) async fn is_due(ports: &Ports, target: &NotifyTarget) -> Result<bool, StepError> {
    let (gathered, now) = (read(ports, target).await?.value, ports.now());
    let interval = target.digest.unwrap_or_default();
    Ok(match gathered.sending {
        Some(Batch { by: Some(by), .. }) => by.until.plus(LOST) <= now,
        Some(Batch { again_at, .. }) => again_at.is_none_or(|again_at| again_at.plus(LOST) <= now),
        None => gathered.is_due(now, interval),
    })
}

/// Takes a changeset up into the next message, unless it was told or is there.
pub(super) async fn gather(post: &Post<'_>, row: &ChangesetRow) -> Result<NotifyOutcome, StepError> {
    for _ in 0..TRIES {
        // First the digest, then the memo: what is sent in between is in the memo, and the digest has another version.
        let mut stored = read(post.ports, post.target).await?;
        let mut memo = memo::of_changeset(post, row).await?;
        if memo.value == Told::Sent {
            return Ok(NotifyOutcome::Nothing);
        }
        if stored.value.holds(row.id()) {
            return Ok(NotifyOutcome::Gathered);
        }
        let mut gathered = stored.value.clone();
        let is_named = gathered.add(row.id(), post.ports.now());
        match stored.write(post.ports, gathered).await {
            Err(PortError::Conflict { .. }) => continue,
            result => result?,
        }
        if !is_named {
            // Nothing else would know that it was counted.
            memo.write(post.ports, Told::Sent).await?;
        }
        return Ok(NotifyOutcome::Gathered);
    }
    Err(contended(post))
}

/// Sends what was gathered, if it is time.
pub(super) async fn send(post: &Post<'_>) -> Result<NotifyOutcome, StepError> {
    let mut stored = read(post.ports, post.target).await?;
    let begun = ask::begun(post.ports, post.target).await?;
    let mut gathered = stored.value.clone();
    let now = post.ports.now();
    let mut batch = match gathered.sending.take() {
        None if !gathered.is_due(now, post.target.digest.unwrap_or_default()) => return Ok(NotifyOutcome::Nothing),
        None => gathered.close(&post.target.name, begun, now),
        Some(batch) => batch,
    };
    match &batch.by {
        Some(by) if post.is_another_at(by) => return Err(post.another_sends(by)),
        Some(by) if post.rather_skips(by) => {
            post.unsure(&batch.key);
            settle(post, &mut stored, &batch).await?;
            return Ok(NotifyOutcome::Unsure);
        }
        _ => {}
    }
    // Everything that can be done before: while it is noted as being sent, nobody knows whether it was.
    let entries = still_to_be_told(post, &batch.page, begun).await?;
    if entries.is_empty() {
        gathered.last = Some(now);
        stored.write(post.ports, gathered).await?;
        return Ok(NotifyOutcome::Nothing);
    }
    if let Some(held) = post.held_back(batch.failing_since) {
        gathered.put_off(&batch, &held, now);
        stored.write(post.ports, gathered).await?;
        return Err(held.error);
    }
    batch.by = Some(post.sending(stored.version()));
    batch.told = Some(entries.iter().map(Entry::id).collect());
    gathered.sending = Some(batch.clone());
    stored.write(post.ports, gathered).await?;
    match deliver(post, &batch, &entries).await {
        Ok(()) => settle(post, &mut stored, &batch).await.map(|()| NotifyOutcome::Sent),
        Err(error) => {
            let failed = post.failed(error, batch.failing_since);
            update(post, &mut stored, |gathered, now| gathered.put_off(&batch, &failed, now)).await?;
            Err(failed.error)
        }
    }
}

impl Gathered {
    /// Takes a changeset up; `false` when there is no room for more than counting it.
    fn add(&mut self, id: ChangesetId, now: Timestamp) -> bool {
        self.next.since.get_or_insert(now);
        let has_room = self.next.ids.len() < NAMED;
        match has_room {
            true => self.next.ids.push(id),
            false => self.next.more += 1,
        }
        has_room
    }

    /// Makes a message of what was gathered.
    fn close(&mut self, name: &str, begun: Timestamp, now: Timestamp) -> Batch {
        let page = std::mem::take(&mut self.next);
        let first = page.ids.first().map_or(0, |id| id.0);
        let key = format!("{name}-{}-digest-{first}-{}", begun.0, now.0);
        Batch { page, key, by: None, again_at: None, failing_since: None, told: None }
    }

    /// After a try that failed, or was not made: it comes again as it is. After a refusal, what was to be told waits for the
    /// next message: somebody may have mended the target by then.
    fn put_off(&mut self, batch: &Batch, undone: &Undone, now: Timestamp) {
        match undone.error.retry_after() {
            Some(after) => {
                let (again_at, failing_since) = (Some(now.plus(after)), undone.failing_since);
                self.sending = Some(Batch { by: None, told: None, again_at, failing_since, ..batch.clone() });
            }
            None => self.take_back(&batch.page, now),
        }
    }

    fn take_back(&mut self, page: &Page, now: Timestamp) {
        let mut ids = page.ids.clone();
        ids.append(&mut self.next.ids);
        let surplus = ids.len().saturating_sub(NAMED) as u64;
        ids.truncate(NAMED);
        self.next = Page { ids, more: page.more + self.next.more + surplus, since: Some(now) };
        (self.sending, self.last) = (None, Some(now));
    }
}

/// What the message tells: as much of its page as is read.
async fn still_to_be_told(post: &Post<'_>, page: &Page, begun: Timestamp) -> Result<Vec<Entry>, PortError> {
    let mut rows = post.ports.store.changesets(named(page)).await?;
    rows.retain(|row| is_to_be_told(post, row, begun));
    Ok(entries(rows))
}

fn named(page: &Page) -> &[ChangesetId] {
    &page.ids[..page.ids.len().min(READ)]
}

async fn deliver(post: &Post<'_>, batch: &Batch, entries: &[Entry]) -> Result<(), DeliveryError> {
    let more = batch.page.more + (batch.page.ids.len() - named(&batch.page).len()) as u64;
    let purpose = NoticePurpose::Digest;
    let notice = Notice { key: &batch.key, target: &post.target.name, purpose, entries, more };
    post.deliver(&notice, "digest".to_owned()).await
}

/// Remembers each changeset as told that was, and then that the message is done.
async fn settle(post: &Post<'_>, stored: &mut Stored<Gathered>, batch: &Batch) -> Result<(), StepError> {
    let page = &batch.page;
    let named = batch.told.as_deref().unwrap_or_else(|| named(page));
    let counted = &page.ids[page.ids.len().min(READ)..];
    for ids in named.chunks(READ).chain(counted.chunks(READ)) {
        // One whose row is gone matches nothing any more.
        for row in &post.ports.store.changesets(ids).await? {
            let mut memo = memo::of_changeset(post, row).await?;
            if memo.value != Told::Sent {
                memo.write(post.ports, Told::Sent).await?;
            }
        }
    }
    update(post, stored, |gathered, now| (gathered.sending, gathered.last) = (None, Some(now))).await
}

/// Writes a change of the digest over whatever was gathered meanwhile: while a message is being sent, nobody else
/// changes anything else of it.
async fn update(
    post: &Post<'_>,
    stored: &mut Stored<Gathered>,
    change: impl Fn(&mut Gathered, Timestamp),
) -> Result<(), StepError> {
    for _ in 0..TRIES {
        let mut gathered = stored.value.clone();
        change(&mut gathered, post.ports.now());
        match stored.write(post.ports, gathered).await {
            Err(PortError::Conflict { .. }) => *stored = read(post.ports, post.target).await?,
            result => return Ok(result?),
        }
    }
    Err(contended(post))
}

fn contended(post: &Post<'_>) -> StepError {
    StepError::Later {
        what: format!("write the digest of {}", post.target.name),
        after: Duration::from_secs(5),
        source: "others write it all the time".into(),
    }
}
