use osmtracker_pipeline::change_log::{StreamedChange, Verdict};

use crate::{Index, Operation, Outcome, Rejection, SearchError, operation::last_of_each};

/// What became of changes of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenUp {
    /// One verdict a change, in their order.
    pub verdicts: Vec<Verdict>,
    /// What became of each operation that was sent; there are fewer of these.
    pub outcomes: Vec<Outcome>,
}

/// Takes changes into the index: of each changeset the last one that makes a difference.
///
/// # Errors
/// When the server cannot be asked. Some of the changes may be in the index.
pub async fn take_up(index: &Index, changes: &[StreamedChange]) -> Result<TakenUp, SearchError> {
    let planned = changes.iter().enumerate().filter_map(|(place, change)| {
        Some((place, Operation::between(change.before.as_ref(), change.after.as_ref())?))
    });
    let (places, operations): (Vec<_>, Vec<_>) = last_of_each(planned).into_iter().unzip();
    let outcomes = index.apply(&operations).await?;
    let mut verdicts = vec![Verdict::Done; changes.len()];
    for (place, outcome) in places.into_iter().zip(&outcomes) {
        verdicts[place] = verdict(outcome);
    }
    Ok(TakenUp { verdicts, outcomes })
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Indexed | Outcome::Deleted | Outcome::Conflict => Verdict::Done,
        Outcome::Undone(_) => Verdict::Later,
        Outcome::Rejected(Rejection { kind, reason }) => Verdict::Never { kind: kind.clone(), reason: reason.clone() },
    }
}
