//! Notify: from changesets that are published to messages in chats and other programs.
//!
//! The publisher asks for each changeset and target that match ([`ask`]), again at each comment. What was sent is remembered
//! per target and changeset, so that each is told once (`docs/decisions/0014`).

mod ask;
mod digest;
mod memo;
mod pauses;

use std::time::Duration;

use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pages::{Entry, Notice, NoticePurpose, Site, notification, notification_subject, sample_entry};

use super::{Ports, StepError, publish};
use crate::{
    ChangesetRow, State,
    config::{IfUnsure, NotifyTarget},
    messages::{self, NotifyMessage},
    metrics::NotifyResult,
    ports::{DeliveryError, Letter, Messenger, Receipt, Source},
    with_causes,
};

pub use ask::begin_notifications;
pub(super) use ask::{ask, ask_for_digests};
use memo::{Sending, Told};
pub use pauses::Pauses;

/// How long a message is tried, since it first was not taken.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);
/// Longer than any try to send takes.
const SENDING: Duration = Duration::from_secs(60);

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyOutcome {
    /// The receiver took it.
    Sent,
    /// It is part of the target's next digest.
    Gathered,
    /// There was nothing to send: told before, no longer matching, from before the target's time, or no such target.
    Nothing,
    /// An earlier try ended in the middle, and nobody knows whether it was sent. It counts as sent.
    Unsure,
}

/// Tells one target of one changeset, or of all that its digest has gathered.
///
/// # Errors
/// [`StepError::Later`] when the receiver does not take it now; [`StepError::Held`] when it took no other lately, or
/// another process is just sending it; [`StepError::Permanent`] when it never will, or has not for a day.
pub async fn notify(
    ports: &Ports,
    messenger: &dyn Messenger,
    pauses: &Pauses,
    body: &str,
) -> Result<NotifyOutcome, StepError> {
    let message: NotifyMessage = messages::read(body).map_err(|error| StepError::bad_message("notify", error))?;
    let Some(target) = ports.config.notify_target(&message.target) else {
        tracing::info!(target = message.target, "a notification for a target that is not configured any more");
        return Ok(NotifyOutcome::Nothing);
    };
    let post = Post { ports, messenger, pauses, target };
    match message.id {
        Some(id) => one(&post, id).await,
        None => digest::send(&post).await,
    }
}

/// Sends a made-up changeset to a target, in one try, and says what came back.
///
/// # Errors
/// With what the receiver, or the way to it, has against it.
pub async fn send_sample(
    site: &Site,
    target: &NotifyTarget,
    messenger: &dyn Messenger,
    now: Timestamp,
) -> Result<Receipt, DeliveryError> {
    let (key, entry) = (format!("{}-test-{}", target.name, now.0), sample_entry(now));
    let notice = Notice { key: &key, target: &target.name, purpose: NoticePurpose::Test, entries: &[entry], more: 0 };
    messenger.deliver(target, &letter(site, target, &notice, "test".to_owned())).await
}

/// What is being done.
struct Post<'a> {
    ports: &'a Ports,
    messenger: &'a dyn Messenger,
    pauses: &'a Pauses,
    target: &'a NotifyTarget,
}

/// One changeset by itself, or for the digest.
async fn one(post: &Post<'_>, id: ChangesetId) -> Result<NotifyOutcome, StepError> {
    let begun = ask::begun(post.ports, post.target).await?;
    let row = post.ports.row(id).await?.filter(|row| is_to_be_told(post, row, begun));
    let Some(row) = row else { return Ok(NotifyOutcome::Nothing) };
    if post.target.digest.is_some() {
        return digest::gather(post, &row).await;
    }
    let mut memo = memo::of_changeset(post, &row).await?;
    let failing_since = match &memo.value {
        Told::Sent => return Ok(NotifyOutcome::Nothing),
        Told::Sending(sending) if post.is_another_at(sending) => return Err(post.another_sends(sending)),
        Told::Sending(sending) if post.rather_skips(sending) => {
            post.unsure(&id.to_string());
            memo.write(post.ports, Told::Sent).await?;
            return Ok(NotifyOutcome::Unsure);
        }
        Told::Sending(_) => None,
        Told::Waiting { failing_since } => *failing_since,
    };
    if let Some(held) = post.held_back(failing_since) {
        let waiting = Told::Waiting { failing_since: held.failing_since };
        if memo.value != waiting {
            memo.write(post.ports, waiting).await?;
        }
        return Err(held.error);
    }
    let lease = post.sending(memo.version());
    memo.write(post.ports, Told::Sending(lease)).await?;
    let key = format!("{}-{}-{id}", post.target.name, begun.0);
    let entry = publish::entry(&row);
    let (name, entries) = (&post.target.name, std::slice::from_ref(&entry));
    let notice = Notice { key: &key, target: name, purpose: NoticePurpose::Changeset, entries, more: 0 };
    match post.deliver(&notice, format!("changeset-{id}")).await {
        Ok(()) => {
            memo.write(post.ports, Told::Sent).await?;
            Ok(NotifyOutcome::Sent)
        }
        Err(error) => {
            let failed = post.failed(error, failing_since);
            memo.write(post.ports, Told::Waiting { failing_since: failed.failing_since }).await?;
            Err(failed.error)
        }
    }
}

/// A message that was not taken, or not sent for others that were not.
struct Undone {
    error: StepError,
    /// Since when it was not taken; absent when it is put aside, so that it has all patience once somebody mended the target.
    failing_since: Option<Timestamp>,
}

/// Whether the target is to be told of it: it is on the site as analysed, matches, and ended in the target's time.
fn is_to_be_told(post: &Post<'_>, row: &ChangesetRow, begun: Timestamp) -> bool {
    let entry_time = row.changeset.closed_at.unwrap_or(row.changeset.created_at);
    row.state == State::Done
        && row.listed
        && entry_time >= begun
        && post.target.matches(&post.ports.config.site, &row.labels)
}

impl Post<'_> {
    /// Writes the message and sends it, once.
    async fn deliver(&self, notice: &Notice<'_>, group: String) -> Result<(), DeliveryError> {
        let letter = letter(&self.ports.config.site, self.target, notice, group);
        let receipt = self.messenger.deliver(self.target, &letter).await?;
        self.pauses.answered(&self.target.name);
        self.ports.metrics.notified(self.target.kind, NotifyResult::Sent);
        tracing::info!(target = self.target.name, key = letter.key, answer = receipt.answer, "notified");
        Ok(())
    }

    fn sending(&self, version: u64) -> Sending {
        Sending { owner: format!("{}/{version}", self.ports.owner.name()), until: self.ports.now().plus(SENDING) }
    }

    fn is_another_at(&self, sending: &Sending) -> bool {
        self.ports.owner.is_kept_out_by(Some(sending), self.ports.now())
    }

    fn another_sends(&self, sending: &Sending) -> StepError {
        let left = sending.until.seconds_since(self.ports.now()).max(1).unsigned_abs();
        StepError::Held { what: self.what(), after: Duration::from_secs(left) }
    }

    fn what(&self) -> String {
        format!("notify {}", self.target.name)
    }

    /// Whether a message that may have been sent is left at that.
    fn rather_skips(&self, sending: &Sending) -> bool {
        let since = self.ports.now().seconds_since(sending.until).max(0).unsigned_abs();
        let passed = SENDING + Duration::from_secs(since);
        let is_known = self.target.knows_keys_for().is_some_and(|kept| passed < kept);
        !is_known && self.target.if_unsure == IfUnsure::Skip
    }

    /// Not sent now, since the target took no message lately. `None`: it is to be sent.
    fn held_back(&self, failing_since: Option<Timestamp>) -> Option<Undone> {
        let now = self.ports.now();
        let since = failing_since.unwrap_or(now);
        let after = self.pauses.turn(&self.target.name, now).err()?;
        if since.plus(PATIENCE) <= now {
            return Some(self.given_up("the target did not take it within a day".into()));
        }
        let error = StepError::Held { what: self.what(), after };
        Some(Undone { error, failing_since: Some(since) })
    }

    fn given_up(&self, source: Source) -> Undone {
        self.ports.metrics.notified(self.target.kind, NotifyResult::GivenUp);
        Undone { error: StepError::Permanent { what: self.what(), source }, failing_since: None }
    }

    fn unsure(&self, what: &str) {
        self.ports.metrics.notified(self.target.kind, NotifyResult::Unsure);
        let target = &self.target.name;
        tracing::warn!(
            target,
            what,
            "a notifier ended in the middle; the message counts as sent and may not have been"
        );
    }

    /// What a failed try means for the message.
    fn failed(&self, error: DeliveryError, failing_since: Option<Timestamp>) -> Undone {
        let (now, source) = (self.ports.now(), Source::from(with_causes(&error)));
        let since = failing_since.unwrap_or(now);
        let DeliveryError::Transient { retry_after, .. } = error else {
            self.pauses.answered(&self.target.name);
            return self.given_up(source);
        };
        let after = self.pauses.failed(&self.target.name, now, retry_after);
        if since.plus(PATIENCE) <= now {
            return self.given_up(source);
        }
        self.ports.metrics.notified(self.target.kind, NotifyResult::Failed);
        Undone { error: StepError::Later { what: self.what(), after, source }, failing_since: Some(since) }
    }
}

fn letter(site: &Site, target: &NotifyTarget, notice: &Notice<'_>, group: String) -> Letter {
    Letter {
        key: notice.key.to_owned(),
        group,
        subject: notification_subject(site, notice),
        body: notification(site, target.format(), notice),
    }
}

/// As the site lists them, lowest id first.
fn entries(mut rows: Vec<ChangesetRow>) -> Vec<Entry> {
    rows.sort_by_key(ChangesetRow::id);
    rows.iter().map(publish::entry).collect()
}
