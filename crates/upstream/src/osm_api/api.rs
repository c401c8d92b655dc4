use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use osmtracker_osm::{ChangesetId, Element, ElementRef, ElementType, Gap, GapKind, OsmChange};

use crate::{
    Base, Client, Operation, Request, Response, UpstreamError,
    formats::{self, Repaired},
};

/// The API as one changeset's work sees it.
pub(super) struct Api<'a> {
    client: &'a Client,
    base: &'a Base,
    extra_calls_left: AtomicUsize,
    repaired: Mutex<Vec<String>>,
}

/// What the history of an element says.
pub(super) enum History {
    /// All versions but redacted ones, oldest first.
    Versions(Vec<Element>),
    /// Nothing of it can be seen.
    Hidden,
    /// There is none.
    Absent,
    /// The changeset has no extra calls left.
    NotAsked,
}

/// The folder of the API on a host.
pub(crate) fn api_folder(client: &Client, api_url: &str) -> Result<Base, UpstreamError> {
    client.folder(&format!("{}/api/0.6", api_url.trim_end_matches('/')))
}

impl<'a> Api<'a> {
    pub(super) fn new(client: &'a Client, base: &'a Base, extra_calls: usize) -> Self {
        Self { client, base, extra_calls_left: AtomicUsize::new(extra_calls), repaired: Mutex::default() }
    }

    /// Characters before the list of ids in the address of a multi-fetch.
    pub(super) fn multi_fetch_prefix(&self, kind: ElementType) -> usize {
        self.base.url().as_str().len() + format!("{kind}s?{kind}s=").len()
    }

    /// The new versions; `None` when the API does not know the changeset.
    pub(super) async fn download(&self, id: ChangesetId) -> Result<Option<OsmChange>, UpstreamError> {
        let response = self.get(&format!("changeset/{id}/download"), Operation::ChangesetDownload).await?;
        if matches!(response.status, 404 | 410) {
            return Ok(None);
        }
        let response = response.ok()?;
        self.noted(formats::repaired(&response, formats::osm_change_reader)?, "the download").map(Some)
    }

    /// One multi-fetch; `None` when one of the versions is absent or redacted, or the address was too long. Any other
    /// status is an error, not a reason to halve: whoever is blocked must not knock a thousand times.
    pub(super) async fn elements(&self, kind: ElementType, ids: &str) -> Result<Option<Vec<Element>>, UpstreamError> {
        let operation = match kind {
            ElementType::Node => Operation::Nodes,
            ElementType::Way => Operation::Ways,
            ElementType::Relation => Operation::Relations,
        };
        let response = self.get(&format!("{kind}s?{kind}s={ids}"), operation).await?;
        if matches!(response.status, 404 | 414) {
            return Ok(None);
        }
        let response = response.ok()?;
        self.noted(formats::repaired(&response, formats::elements_reader)?, "old versions").map(Some)
    }

    /// Takes one of the calls that may be made beyond the budget, if any is left.
    pub(super) fn take_extra_call(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        self.extra_calls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// The history of an element: an extra call.
    pub(super) async fn history(&self, element: ElementRef) -> Result<History, UpstreamError> {
        if !self.take_extra_call() {
            return Ok(History::NotAsked);
        }
        let response = self.get(&format!("{element}/history"), Operation::History).await?;
        match response.status {
            403 => return Ok(History::Hidden),
            404 | 410 => return Ok(History::Absent),
            _ => {}
        }
        let response = response.ok()?;
        let mut versions = self.noted(formats::repaired(&response, formats::elements_reader)?, "a history")?;
        versions.retain(|version| version.element_ref() == element);
        versions.sort_by_key(|version| version.version);
        Ok(History::Versions(versions))
    }

    /// A gap for each kind of answer that had to be repaired.
    pub(super) fn repairs(&self) -> Vec<Gap> {
        let repaired = self.repaired.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = |what: &String| Gap {
            kind: GapKind::Repaired,
            element: None,
            version: None,
            detail: format!("{what} held characters that XML forbids; each is shown as U+FFFD"),
        };
        repaired.iter().map(gap).collect()
    }

    fn noted<T>(&self, repaired: Repaired<T>, what: &str) -> Result<T, UpstreamError> {
        if repaired.was_damaged {
            self.repaired.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
        }
        Ok(repaired.value)
    }

    async fn get(&self, path: &str, operation: Operation) -> Result<Response, UpstreamError> {
        let url = self.base.url().join(path).expect("paths of the API are plain");
        self.client.get(&Request { base: self.base, url, operation }).await
    }
}
