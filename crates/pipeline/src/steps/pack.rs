//! Packs many things into few messages, each under the limit.

use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence};
use serde::Serialize;

use super::{Ports, StepError};
use crate::{
    messages::{AnalyseMessage, FilterMessage, MAX_BODY_BYTES, PublishAction, PublishItem, PublishMessage, SCHEMA},
    ports::QueueName,
};

/// Publish items in a message: about 50 bytes each.
const ITEMS_A_MESSAGE: usize = 500;

/// Room for a filter message's own fields.
const ENVELOPE_BYTES: usize = 256;

fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("plain data with text keys")
}

/// Filter messages that hold all changesets of a file in its order.
pub(crate) fn filter_messages(sequence: ChangesetSequence, changesets: Vec<Changeset>) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut batch = FilterMessage { schema: SCHEMA, sequence, first_index: 0, changesets: Vec::new() };
    let mut bytes = 0;
    for (index, changeset) in (0u32..).zip(changesets) {
        let (changeset, length) = fit(changeset);
        if !batch.changesets.is_empty() && bytes + length > MAX_BODY_BYTES - ENVELOPE_BYTES {
            bodies.push(json(&batch));
            batch.changesets.clear();
            batch.first_index = index;
            bytes = 0;
        }
        bytes += length + 1;
        batch.changesets.push(changeset);
    }
    if !batch.changesets.is_empty() {
        bodies.push(json(&batch));
    }
    bodies
}

/// Leaves out the oldest comments, then the last tags, of a changeset that alone would be too large for a message.
///
/// No editor writes so many tags, but nothing stops a stranger; whatever the feed holds must not stop the tracker.
fn fit(mut changeset: Changeset) -> (Changeset, usize) {
    loop {
        let length = json(&changeset).len();
        if length <= MAX_BODY_BYTES - ENVELOPE_BYTES {
            return (changeset, length);
        }
        if changeset.discussion.is_empty() {
            let keep = changeset.tags.len() / 2;
            changeset.tags = changeset.tags.iter().take(keep).collect();
        } else {
            changeset.discussion.drain(..changeset.discussion.len().div_ceil(2));
        }
    }
}

impl Ports {
    pub(crate) async fn send_for_analysis(&self, ids: &[ChangesetId]) -> Result<(), StepError> {
        let bodies: Vec<_> = ids.iter().map(|&id| json(&AnalyseMessage { schema: SCHEMA, id })).collect();
        if !bodies.is_empty() {
            self.queue.send(QueueName::Analysis, bodies).await?;
        }
        Ok(())
    }

    pub(crate) async fn send_for_publication(
        &self,
        ids: &[ChangesetId],
        action: PublishAction,
    ) -> Result<(), StepError> {
        let message = |ids: &[ChangesetId]| {
            json(&PublishMessage { schema: SCHEMA, items: ids.iter().map(|&id| PublishItem { id, action }).collect() })
        };
        let bodies: Vec<_> = ids.chunks(ITEMS_A_MESSAGE).map(message).collect();
        if !bodies.is_empty() {
            self.queue.send(QueueName::Publish, bodies).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use osmtracker_osm::{Comment, Tags, Timestamp};

    use super::*;

    fn changeset(id: u64, comments: usize) -> Changeset {
        let comment = |n| Comment { id: Some(n), date: Timestamp(0), user: None, text: "x".repeat(2_000) };
        Changeset {
            id: ChangesetId(id),
            created_at: Timestamp(0),
            closed_at: None,
            open: true,
            user: None,
            bounds: None,
            num_changes: 0,
            comments_count: u32::try_from(comments).unwrap(),
            tags: Tags::new(),
            discussion: (0..comments as u64).map(comment).collect(),
        }
    }

    #[test]
    fn every_changeset_is_in_one_message_and_every_message_under_the_limit() {
        let changesets: Vec<_> = (0..200).map(|id| changeset(id, id as usize % 10)).collect();
        let bodies = filter_messages(ChangesetSequence(7), changesets.clone());
        assert!(bodies.len() > 1 && bodies.iter().all(|body| body.len() < MAX_BODY_BYTES));
        let mut next = 0;
        let mut seen = Vec::new();
        for body in &bodies {
            assert!(body.starts_with(r#"{"schema":1,"#));
            let message: FilterMessage = serde_json::from_str(body).unwrap();
            assert_eq!(message.first_index, next);
            next += u32::try_from(message.changesets.len()).unwrap();
            seen.extend(message.changesets);
        }
        assert_eq!(seen, changesets);
    }

    #[test]
    fn tags_too_many_for_a_message_lose_the_last_ones() {
        let mut large = changeset(1, 3);
        large.tags = (0..150).map(|n| (format!("key{n}"), "v".repeat(500))).collect();
        let bodies = filter_messages(ChangesetSequence(7), vec![large, changeset(2, 0)]);
        assert!(bodies.iter().all(|body| body.len() < MAX_BODY_BYTES));
        let message: FilterMessage = serde_json::from_str(&bodies[0]).unwrap();
        assert_eq!(message.changesets[0].tags.iter().next().unwrap().0, "key0");
    }

    #[test]
    fn a_discussion_too_long_for_a_message_loses_its_oldest_comments() {
        let bodies = filter_messages(ChangesetSequence(7), vec![changeset(1, 100)]);
        let message: FilterMessage = serde_json::from_str(&bodies[0]).unwrap();
        let kept = &message.changesets[0].discussion;
        assert!(bodies.len() == 1 && bodies[0].len() < MAX_BODY_BYTES && !kept.is_empty());
        assert_eq!(kept.last().unwrap().id, Some(99));
        assert_eq!(message.changesets[0].comments_count, 100);
    }
}
