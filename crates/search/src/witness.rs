//! Whether a document is at fault, or the index: another document is the witness.
//!
//! 400 is the answer for a document that no index would take, and for any document while the index is closed, or an alias
//! has no write index; 500 is the answer of a server that is ill, and of one with a bug that one document meets. What such
//! an error is called does not tell. So a document that the index has is written again as it is: where that is done and
//! the other one still fails, time and again, the other one is at fault.

use crate::{
    Index, Operation, Outcome, SearchError,
    bulk::VersionType,
    outcome::{Found, said},
};

impl Index {
    /// What becomes of each operation, once suspects were tried again beside a witness.
    pub(crate) async fn judge(
        &self,
        version: VersionType,
        operations: &[Operation],
        mut found: Vec<Found>,
    ) -> Result<Vec<Outcome>, SearchError> {
        let mut is_index_well = None;
        for failures in 1.. {
            let suspects = suspects(&found);
            if suspects.is_empty() {
                break;
            }
            is_index_well = self.takes_another().await;
            let (Some(pause), None | Some(true)) = (self.pause_after(failures), is_index_well) else { break };
            tokio::time::sleep(pause).await;
            let again: Vec<_> = suspects.iter().map(|place| &operations[*place]).collect();
            for (place, now) in suspects.iter().zip(self.together(version, &again).await?) {
                found[*place] = now;
            }
        }
        Ok(found.into_iter().map(|found| outcome(found, is_index_well == Some(true))).collect())
    }

    /// Whether the index takes a document that it has; `None` when it has none. An index that cannot be asked does not.
    pub(crate) async fn takes_another(&self) -> Option<bool> {
        let taken = async {
            // So that one that was deleted is not found: the index remembers a deletion for a minute only.
            self.refresh().await?;
            match self.held().await? {
                Some(held) => self.rewrite(&held).await.map(Some),
                None => Ok(None),
            }
        };
        let taken: Result<_, SearchError> = taken.await;
        taken.unwrap_or(Some(false))
    }
}

fn suspects(found: &[Found]) -> Vec<usize> {
    let is_suspect = |(place, found): (usize, &Found)| matches!(found, Found::Suspect(..)).then_some(place);
    found.iter().enumerate().filter_map(is_suspect).collect()
}

fn outcome(found: Found, is_index_well: bool) -> Outcome {
    match found {
        Found::Clear(outcome) => outcome,
        Found::Later(reason) => Outcome::Undone(reason),
        Found::Suspect(_, rejection) if is_index_well => Outcome::Rejected(rejection),
        Found::Suspect(status, rejection) => Outcome::Undone(said(status, &rejection.kind)),
    }
}
