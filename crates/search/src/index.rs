use std::{fmt, sync::Arc};

use opensearch::http::Method;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::config::SearchConfig;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json, value::RawValue};
use tokio::sync::Mutex;

use crate::{
    Operation, Outcome, Pauses, SearchError, Secrets,
    bulk::{self, Item, VersionType},
    client::{Answer, Body, Cause, Client, Request},
    outcome::Found,
    template::template,
};

/// Most operations in one request.
const MOST_OPERATIONS: usize = 500;
/// Most bytes in one request, where one operation alone does not have more. OpenSearch Service takes 10 MiB on its
/// smaller machines.
const MOST_BYTES: usize = 5 << 20;

/// A document of the index, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: ChangesetId,
    pub(crate) version: u64,
}

/// A document of the index, as it stands there.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) id: ChangesetId,
    pub(crate) version: u64,
    pub(crate) source: Box<RawValue>,
}

/// A bulk request that was not taken as such: it is too large, or something spoils it for all.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) cause: Cause,
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

    /// One chunk: together first, then what failed.
    async fn bulk(&self, version: VersionType, operations: &[Operation]) -> Result<Vec<Outcome>, SearchError> {
        let together: Vec<_> = operations.iter().collect();
        let mut found = self.together(version, &together).await?;
        let mut is_overloaded = false;
        for (operation, found) in operations.iter().zip(&mut found) {
            // Where one was tried in vain until the end, others need not be.
            if matches!(found, Found::Later(_)) && !is_overloaded {
                *found = self.alone(version, operation).await?;
                is_overloaded = matches!(found, Found::Later(_));
            }
        }
        self.judge(version, operations, found).await
    }

    /// One request, or one for each where they are not taken in one.
    pub(crate) async fn together(
        &self,
        version: VersionType,
        operations: &[&Operation],
    ) -> Result<Vec<Found>, SearchError> {
        let refused = match self.try_bulk(version, operations).await? {
            Ok(items) => return Ok(operations.iter().zip(&items).map(|(it, item)| Found::of(it, item)).collect()),
            Err(refused) => Found::of_refused(&refused),
        };
        let is_suspect = matches!(refused, Found::Suspect(..));
        if operations.len() == 1 || (is_suspect && self.takes_another().await == Some(false)) {
            return Ok(vec![refused; operations.len()]);
        }
        let mut found = Vec::with_capacity(operations.len());
        for operation in operations {
            found.push(self.once(version, operation).await?);
        }
        Ok(found)
    }

    async fn once(&self, version: VersionType, operation: &Operation) -> Result<Found, SearchError> {
        Ok(match self.try_bulk(version, &[operation]).await? {
            Ok(items) => Found::of(operation, &items[0]),
            Err(refused) => Found::of_refused(&refused),
        })
    }

    /// One operation that failed among others, until it is clear what becomes of it.
    async fn alone(&self, version: VersionType, operation: &Operation) -> Result<Found, SearchError> {
        for failures in 1.. {
            match (self.once(version, operation).await?, self.pauses.after(failures, None)) {
                (Found::Later(_), Some(pause)) => tokio::time::sleep(pause).await,
                (found, _) => return Ok(found),
            }
        }
        unreachable!("tries are counted")
    }

    /// How long to wait after this many failures; `None` when there is no further try.
    pub(crate) fn pause_after(&self, failures: u32) -> Option<std::time::Duration> {
        self.pauses.after(failures, None)
    }

    async fn try_bulk(
        &self,
        version: VersionType,
        operations: &[&Operation],
    ) -> Result<Result<Vec<Item>, Refused>, SearchError> {
        let lines: Vec<u8> = operations.iter().flat_map(|operation| bulk::lines(operation, version)).collect();
        let ids: Vec<_> = operations.iter().map(|operation| operation.id).collect();
        self.send(lines, &ids).await
    }

    /// Lines that are about these changesets, in their order.
    async fn send(&self, lines: Vec<u8>, ids: &[ChangesetId]) -> Result<Result<Vec<Item>, Refused>, SearchError> {
        let request = Request {
            what: format!("write {} documents", ids.len()),
            method: Method::Post,
            path: format!("/{}/_bulk", self.config.index),
            body: Body::Lines(lines.into()),
        };
        let (client, answer) = self.ask(&request, |answer| matches!(answer.status, 200 | 400 | 413)).await?;
        if answer.status != 200 {
            return Ok(Err(Refused { status: answer.status, cause: answer.cause() }));
        }
        match bulk::items(&answer.body, ids) {
            Some(items) => Ok(Ok(items)),
            None => Err(client.no_answer_for(&request, "it does not answer for each operation")),
        }
    }

    /// Writes a document that the index has once more as it is; answers whether that was done.
    pub(crate) async fn rewrite(&self, held: &Held) -> Result<bool, SearchError> {
        let items = self.send(bulk::lines_of_held(held), &[held.id]).await?;
        Ok(items.is_ok_and(|items| matches!(items[0].status, 200 | 201)))
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
        let hits = self.search("list documents", query).await?;
        Ok(hits.into_iter().map(|Hit { id, version, .. }| Known { id, version }).collect())
    }

    /// The document of the oldest changeset; `None` when the index is empty.
    pub(crate) async fn held(&self) -> Result<Option<Held>, SearchError> {
        let query = json!({ "size": 1, "version": true, "sort": [{ "id": "asc" }] });
        let hit = self.search("read a document", query).await?.pop();
        Ok(hit.and_then(|Hit { id, version, source }| Some(Held { id, version, source: source? })))
    }

    async fn search(&self, what: &str, query: Value) -> Result<Vec<Hit>, SearchError> {
        let path = format!("/{}/_search", self.config.index);
        let request = Request { what: what.to_owned(), method: Method::Post, path, body: Body::Json(query) };
        let (client, answer) = self.ask(&request, |answer| answer.status == 200).await?;
        hits(&answer.body).ok_or_else(|| client.no_answer_for(&request, "it is no list of documents"))
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

async fn create(client: &Client, what: &str, path: String, body: Value) -> Result<(), SearchError> {
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

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_id", deserialize_with = "id")]
    id: ChangesetId,
    #[serde(rename = "_version")]
    version: u64,
    #[serde(rename = "_source")]
    source: Option<Box<RawValue>>,
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ChangesetId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(ChangesetId).map_err(D::Error::custom)
}

fn hits(answer: &str) -> Option<Vec<Hit>> {
    #[derive(Deserialize)]
    struct Response {
        hits: Hits,
    }
    #[derive(Deserialize)]
    struct Hits {
        hits: Vec<Hit>,
    }
    serde_json::from_str(answer).ok().map(|response: Response| response.hits.hits)
}
