//! Notify: from changesets that are published to messages in chats and other programs.
//!
//! The publisher asks for each changeset and target that match ([`ask`]), again at each comment. What was sent is remembered
//! per target and changeset, so that each is told once (`docs/decisions/0014`).

mod ask;
mod digest;
mod memo;

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

/// How long a message is tried.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);
/// Pauses between tries: as long as the message is old, within these.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// Longest wait that a receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3_600);
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
/// [`StepError::Later`] when the receiver does not take it now, or another is just sending it;
/// [`StepError::Permanent`] when it never will, or has not for a day.
pub async fn notify(ports: &Ports, messenger: &dyn Messenger, body: &str) -> Result<NotifyOutcome, StepError> {
    let message: NotifyMessage = messages::read(body).map_err(|error| StepError::bad_message("notify", error))?;
    let Some(target) = ports.config.notify_target(&message.target) else {
        tracing::info!(target = message.target, "a notification for a target that is not configured any more");
        return Ok(NotifyOutcome::Nothing);
    };
    let post = Post { ports, messenger, target, asked_at: message.asked_at };
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
    target: &'a NotifyTarget,
    asked_at: Timestamp,
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
    match &memo.value {
        Told::Sent => return Ok(NotifyOutcome::Nothing),
        Told::Sending(sending) if post.is_another_at(sending) => return Err(post.another_sends(sending)),
        Told::Sending(_) if post.rather_skips() => {
            post.unsure(&id.to_string());
            memo.write(post.ports, Told::Sent).await?;
            return Ok(NotifyOutcome::Unsure);
        }
        Told::Sending(_) | Told::Waiting => {}
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
            memo.write(post.ports, Told::Waiting).await?;
            Err(post.failed(error))
        }
    }
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
        let what = format!("notify {}", self.target.name);
        StepError::Later { what, after: Duration::from_secs(left), source: "another is just sending it".into() }
    }

    /// Whether a message that may have been sent is left at that.
    fn rather_skips(&self) -> bool {
        !self.target.knows_keys() && self.target.if_unsure == IfUnsure::Skip
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
    fn failed(&self, error: DeliveryError) -> StepError {
        let (now, what) = (self.ports.now(), format!("notify {}", self.target.name));
        let age = Duration::from_secs(now.seconds_since(self.asked_at).max(0).unsigned_abs());
        let (is_final, wait) = match &error {
            DeliveryError::Permanent { .. } => (true, None),
            DeliveryError::Transient { retry_after, .. } => (age >= PATIENCE, *retry_after),
        };
        let result = if is_final { NotifyResult::GivenUp } else { NotifyResult::Failed };
        self.ports.metrics.notified(self.target.kind, result);
        let source = Source::from(with_causes(&error));
        if is_final {
            return StepError::Permanent { what, source };
        }
        let pause = age.clamp(FIRST_PAUSE, LONGEST_PAUSE).max(wait.unwrap_or_default().min(LONGEST_WAIT));
        StepError::Later { what, after: pause, source }
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
