use std::{fmt, sync::Arc};

use opensearch::http::Method;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::config::SearchConfig;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use crate::{
    Operation, Pauses, SearchError, Secrets, What,
    bulk::{self, Item, VersionType},
    client::{Answer, Body, Client, Request},
    template::template,
};

/// Most operations in one request.
const MOST_OPERATIONS: usize = 500;
/// Most bytes in one request, where one operation alone does not have more. OpenSearch Service takes 10 MiB on its
/// smaller machines.
const MOST_BYTES: usize = 5 << 20;
/// Most characters of a server's reason that are kept.
const MOST_REASON: usize = 300;

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The document is in the index.
    Indexed,
    /// It is not in the index any more, or was not before.
    Deleted,
    /// The index already knew the same version, or a later one: that is as good.
    Conflict,
    /// The server will never take it.
    Rejected(Rejection),
    /// Not now.
    Undone(String),
}

/// Why the server will never take a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Type of the error: a word of the server's.
    pub kind: String,
    /// Its reason. May repeat a stranger's words: not for logs.
    pub reason: String,
}

/// A document of the index, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: ChangesetId,
    pub(crate) version: u64,
}

/// The index of one configuration, with its template and its credentials.
pub struct Index {
    config: SearchConfig,
    secrets: Arc<dyn Secrets>,
    pauses: Pauses,
    /// What is set up; nothing before the first request, and after one that was refused.
    ready: Mutex<Option<Arc<Client>>>,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Index {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(config: SearchConfig, secrets: Arc<dyn Secrets>, pauses: Pauses) -> Self {
        Self { config, secrets, pauses, ready: Mutex::default() }
    }

    /// For people: `the index osmtracker at https://search.example.org/`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("the index {} at {}", self.config.index, self.config.url)
    }

    /// Makes the index say what the operations say, each on its own. Answers one outcome an operation, in their order.
    ///
    /// # Errors
    /// When the server cannot be asked at all. Some of the operations may have been done.
    pub async fn apply(&self, operations: &[Operation]) -> Result<Vec<Outcome>, SearchError> {
        self.apply_as(VersionType::External, operations).await
    }

    /// The same for documents that may have changed while their rows did not.
    pub(crate) async fn apply_again(&self, operations: &[Operation]) -> Result<Vec<Outcome>, SearchError> {
        self.apply_as(VersionType::ExternalGte, operations).await
    }

    async fn apply_as(&self, version: VersionType, operations: &[Operation]) -> Result<Vec<Outcome>, SearchError> {
        let mut outcomes = Vec::with_capacity(operations.len());
        let mut rest = operations;
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(chunk(rest, version));
            outcomes.extend(self.bulk(version, chunk).await?);
            rest = after;
        }
        Ok(outcomes)
    }

    /// One chunk: together first, then what failed one by one.
    async fn bulk(&self, version: VersionType, operations: &[Operation]) -> Result<Vec<Outcome>, SearchError> {
        let together: Vec<_> = operations.iter().collect();
        let items = self.try_bulk(version, &together).await?;
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(operations.len());
        for (place, operation) in operations.iter().enumerate() {
            let found = items.as_ref().map(|items| outcome(operation, &items[place]));
            let is_overloaded = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Undone(_)));
            outcomes.push(match found {
                Some(done @ (Outcome::Indexed | Outcome::Deleted | Outcome::Conflict)) => done,
                // Where one was tried in vain until the end, others need not be.
                Some(undone @ Outcome::Undone(_)) if is_overloaded => undone,
                _ => self.alone(version, operation).await?,
            });
        }
        Ok(outcomes)
    }

    /// One operation that failed among others, until it is clear what becomes of it.
    async fn alone(&self, version: VersionType, operation: &Operation) -> Result<Outcome, SearchError> {
        for failures in 1.. {
            let found = match self.try_bulk(version, &[operation]).await? {
                Some(items) => outcome(operation, &items[0]),
                None => Outcome::Rejected(too_large()),
            };
            match (found, self.pauses.after(failures, None)) {
                (Outcome::Undone(_), Some(pause)) => tokio::time::sleep(pause).await,
                (found, _) => return Ok(found),
            }
        }
        unreachable!("tries are counted")
    }

    /// `None` when the request as such is not taken: too large, or one operation spoils it for all.
    async fn try_bulk(
        &self,
        version: VersionType,
        operations: &[&Operation],
    ) -> Result<Option<Vec<Item>>, SearchError> {
        let lines: Vec<u8> = operations.iter().flat_map(|operation| bulk::lines(operation, version)).collect();
        let request = Request {
            what: format!("write {} documents", operations.len()),
            method: Method::Post,
            path: format!("/{}/_bulk", self.config.index),
            body: Body::Lines(lines.into()),
        };
        let (client, answer) = self.ask(&request, |answer| matches!(answer.status, 200 | 400 | 413)).await?;
        if answer.status != 200 {
            return Ok(None);
        }
        match bulk::items(&answer.body, operations) {
            Some(items) => Ok(Some(items)),
            None => Err(client.no_answer_for(&request, "it does not answer for each operation")),
        }
    }

    /// Has the index tell what was written so far when it is searched.
    pub(crate) async fn refresh(&self) -> Result<(), SearchError> {
        let path = format!("/{}/_refresh", self.config.index);
        let request = Request { what: "refresh".to_owned(), method: Method::Post, path, body: Body::None };
        self.ask(&request, |answer| answer.status == 200).await.map(drop)
    }

    /// Documents by id, at most `limit`, after this one.
    pub(crate) async fn known(&self, after: Option<ChangesetId>, limit: usize) -> Result<Vec<Known>, SearchError> {
        let mut query = json!({ "size": limit, "_source": false, "version": true, "sort": [{ "id": "asc" }] });
        if let Some(after) = after {
            query["search_after"] = json!([after]);
        }
        let path = format!("/{}/_search", self.config.index);
        let request =
            Request { what: "list documents".to_owned(), method: Method::Post, path, body: Body::Json(query) };
        let (client, answer) = self.ask(&request, |answer| answer.status == 200).await?;
        found(&answer.body).ok_or_else(|| client.no_answer_for(&request, "it is no list of documents"))
    }

    /// Asks until there is an answer that the caller takes, or no further try.
    async fn ask(
        &self,
        request: &Request,
        takes: impl Fn(&Answer) -> bool,
    ) -> Result<(Arc<Client>, Answer), SearchError> {
        let mut failures = 0;
        loop {
            let (error, retry_after) = match self.ask_once(request, &takes).await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            failures += 1;
            match self.pauses.after(failures, retry_after) {
                Some(pause) if is_for_now(&error) => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn ask_once(
        &self,
        request: &Request,
        takes: &impl Fn(&Answer) -> bool,
    ) -> Result<(Arc<Client>, Answer), (SearchError, Option<std::time::Duration>)> {
        let client = self.client().await.map_err(|error| (error, None))?;
        let answer = client.send(request).await.map_err(|error| (error, None))?;
        if takes(&answer) {
            return Ok((client, answer));
        }
        // Credentials may have been changed, or the index removed: the next request sets everything up anew.
        if matches!(answer.status, 401 | 403 | 404) {
            self.ready.lock().await.take();
        }
        Err((client.error_of(request, &answer), answer.retry_after))
    }

    /// Whether the index is there. Nothing is made.
    pub(crate) async fn exists(&self) -> Result<bool, SearchError> {
        exists(&self.open().await?, "look for the index", &format!("/{}", self.config.index)).await
    }

    async fn open(&self) -> Result<Client, SearchError> {
        let credentials = self.secrets.read().await.map_err(SearchError::SetUp)?;
        Client::new(&self.config, credentials)
    }

    /// The client, once the template and the index are there.
    async fn client(&self) -> Result<Arc<Client>, SearchError> {
        let mut ready = self.ready.lock().await;
        if let Some(client) = &*ready {
            return Ok(client.clone());
        }
        let client = Arc::new(self.open().await?);
        self.prepare(&client).await?;
        Ok(ready.insert(client).clone())
    }

    /// Puts template and index where they are absent. What is there is left as it is.
    async fn prepare(&self, client: &Client) -> Result<(), SearchError> {
        let index = &self.config.index;
        let template_path = format!("/_index_template/{index}");
        if !exists(client, "look for the template", &template_path).await? {
            create(client, "put the template", format!("{template_path}?create=true"), template(index)).await?;
        }
        let index_path = format!("/{index}");
        if !exists(client, "look for the index", &index_path).await? {
            create(client, "create the index", index_path, json!({})).await?;
        }
        Ok(())
    }
}

async fn exists(client: &Client, what: &str, path: &str) -> Result<bool, SearchError> {
    let request = Request { what: what.to_owned(), method: Method::Head, path: path.to_owned(), body: Body::None };
    let answer = client.send(&request).await?;
    match answer.status {
        200 => Ok(true),
        404 => Ok(false),
        _ => Err(client.error_of(&request, &answer)),
    }
}

async fn create(client: &Client, what: &str, path: String, body: serde_json::Value) -> Result<(), SearchError> {
    let request = Request { what: what.to_owned(), method: Method::Put, path, body: Body::Json(body) };
    let answer = client.send(&request).await?;
    let cause = answer.cause();
    let said = cause.reason.unwrap_or_default();
    match answer.status {
        200 => Ok(()),
        // Somebody else was faster.
        400 if cause.kind == "resource_already_exists_exception" || said.contains("already exists") => Ok(()),
        _ => Err(client.error_of(&request, &answer)),
    }
}

/// Whether another try a moment later may do.
fn is_for_now(error: &SearchError) -> bool {
    match error {
        SearchError::NoAnswer { .. } => true,
        SearchError::Busy { status, .. } => matches!(status, 404 | 408 | 429 | 500..),
        SearchError::SetUp(_) | SearchError::Refused { .. } => false,
    }
}

/// How many of these fit into one request, at least one.
fn chunk(operations: &[Operation], version: VersionType) -> usize {
    let mut bytes = 0;
    let fitting = operations.iter().take(MOST_OPERATIONS).take_while(|operation| {
        bytes += bulk::lines(operation, version).len();
        bytes <= MOST_BYTES
    });
    fitting.count().max(1)
}

fn outcome(operation: &Operation, item: &Item) -> Outcome {
    match (item.status, &operation.what) {
        (200 | 201, What::Put(_)) => Outcome::Indexed,
        (200 | 404, What::Delete) if item.cause.kind.is_empty() => Outcome::Deleted,
        (409, _) => Outcome::Conflict,
        // A full disk closes the index for writing, with 403 or 429; an index that is being replaced is not there.
        (401 | 403 | 404 | 408 | 429 | 500.., _) => Outcome::Undone(format!("{} {}", item.status, item.cause.kind)),
        _ => Outcome::Rejected(Rejection {
            kind: item.cause.kind.clone(),
            reason: item.cause.reason.iter().flat_map(|reason| reason.chars()).take(MOST_REASON).collect(),
        }),
    }
}

fn too_large() -> Rejection {
    let reason = "the server does not take a request with this document alone: too large, or malformed to it";
    Rejection { kind: "request_refused".to_owned(), reason: reason.to_owned() }
}

fn found(answer: &str) -> Option<Vec<Known>> {
    #[derive(Deserialize)]
    struct Response {
        hits: Hits,
    }
    #[derive(Deserialize)]
    struct Hits {
        hits: Vec<Hit>,
    }
    #[derive(Deserialize)]
    struct Hit {
        #[serde(rename = "_id")]
        id: String,
        #[serde(rename = "_version")]
        version: u64,
    }
    let response: Response = serde_json::from_str(answer).ok()?;
    let known = |hit: Hit| Some(Known { id: ChangesetId(hit.id.parse().ok()?), version: hit.version });
    response.hits.hits.into_iter().map(known).collect()
}
