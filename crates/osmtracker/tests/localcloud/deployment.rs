//! What Terraform set up, as the adapters see it.

use std::{collections::BTreeMap, io::Read, sync::Arc, time::Duration};

use flate2::read::GzDecoder;
use osmtracker_aws::{Clients, DynamoDb, QueueUrls, S3, Sqs};
use osmtracker_pipeline::ports::{Queue, QueueName, SiteStore, Store};
use osmtracker_testkit::local_cloud::REGION;
use serde_json::Value;

use crate::support::{Site, is_variant, without_generation};

/// A deployment on a local cloud.
pub(crate) struct Deployment {
    clients: Clients,
    endpoint: String,
    outputs: Value,
    http: reqwest::Client,
    pub(crate) objects: S3,
    pub(crate) queue: Arc<Sqs>,
    pub(crate) store: DynamoDb,
}

impl Deployment {
    pub(crate) fn new(endpoint: &str, outputs: Value) -> Self {
        let clients = Clients::of_local_cloud(endpoint, REGION);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let urls = |queue: QueueName| QueueUrls {
            main: text(&outputs["queues"][queue.as_str()]),
            dead: text(&outputs["dead_letter_queues"][queue.as_str()]),
        };
        let queues: BTreeMap<_, _> = QueueName::ALL.into_iter().map(|queue| (queue, urls(queue))).collect();
        Self {
            objects: S3::new(clients.s3.clone(), text(&outputs["site_bucket"]), text(&outputs["private_bucket"])),
            queue: Arc::new(Sqs::new(clients.sqs.clone(), queues)),
            store: DynamoDb::new(clients.dynamodb.clone(), text(&outputs["table"])),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            endpoint: endpoint.to_owned(),
            clients,
            outputs,
        }
    }

    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs[name].as_str().unwrap()
    }

    /// The configuration that Terraform wrote.
    pub(crate) async fn configuration(&self) -> String {
        let object = self.objects.get(self.output("config_key")).await.unwrap().unwrap();
        String::from_utf8(object.bytes.to_vec()).unwrap()
    }

    /// Starts a function without waiting for its end, as the schedule does.
    pub(crate) async fn invoke(&self, function: &str) {
        let name = self.outputs["functions"][function].as_str().unwrap();
        let url = format!("{}/2015-03-31/functions/{name}/invocations", self.endpoint);
        let request = self.http.post(url).header("X-Amz-Invocation-Type", "Event").body("{}");
        assert_eq!(request.send().await.unwrap().status(), 202);
    }

    /// Log lines of a function that hold some words.
    pub(crate) async fn log_lines(&self, function: &str, words: &str) -> Vec<String> {
        let name = self.outputs["functions"][function].as_str().unwrap();
        let (mut lines, mut next) = (Vec::new(), Value::Null);
        loop {
            let mut body = serde_json::json!({"logGroupName": format!("/aws/lambda/{name}"), "limit": 10_000});
            if !next.is_null() {
                body["nextToken"] = next;
            }
            let request = self.http.post(&self.endpoint).header("X-Amz-Target", "Logs_20140328.FilterLogEvents");
            let request = request.header("Content-Type", "application/x-amz-json-1.1").body(body.to_string());
            let answer = request.send().await.unwrap().bytes().await.unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let events = answer["events"].as_array().cloned().unwrap_or_default();
            let messages = events.iter().filter_map(|event| event["message"].as_str());
            lines.extend(messages.filter(|message| message.contains(words)).map(str::to_owned));
            next = answer["nextToken"].clone();
            if next.is_null() {
                return lines;
            }
        }
    }

    /// The public keys with their content as a reader has it, without what may differ between two runs over the same
    /// input.
    pub(crate) async fn site(&self) -> Site {
        let mut site = Site::new();
        for key in self.objects.list("site/").await.unwrap() {
            let name = key.strip_prefix("site/").unwrap();
            if ["status.json", "metrics"].contains(&name) || is_variant(name) {
                continue;
            }
            // Gone again since it was listed: then the next look will say so.
            if let Some(object) = self.objects.get(&key).await.unwrap() {
                site.insert(name.to_owned(), without_generation(decoded(&object.bytes)));
            }
        }
        site
    }

    pub(crate) async fn text(&self, key: &str) -> Option<String> {
        let object = self.objects.get(key).await.unwrap()?;
        Some(String::from_utf8(object.bytes.to_vec()).unwrap())
    }

    /// How many keys there are below a prefix.
    pub(crate) async fn keys(&self, prefix: &str) -> usize {
        self.objects.list(prefix).await.unwrap().len()
    }

    /// Messages that the analyser, or the filter before it, still has to work on.
    pub(crate) async fn rest_of_analysis(&self) -> u64 {
        let mut rest = 0;
        for queue in [QueueName::Filter, QueueName::Analysis] {
            let depth = self.queue.depth(queue).await.unwrap();
            rest += depth.waiting + depth.in_flight;
        }
        rest
    }

    /// Messages that wait or are worked on, all queues together.
    pub(crate) async fn rest(&self) -> u64 {
        let mut rest = 0;
        for queue in QueueName::ALL {
            let depth = self.queue.depth(queue).await.unwrap();
            rest += depth.waiting + depth.in_flight;
        }
        rest
    }

    /// Dead letters of the queues.
    pub(crate) async fn dead(&self) -> [u64; 4] {
        let mut dead = [0; 4];
        for (dead, queue) in dead.iter_mut().zip(QueueName::ALL) {
            *dead = self.queue.depth(queue).await.unwrap().dead;
        }
        dead
    }

    /// Forgets everything that was ever followed, so that it begins anew.
    pub(crate) async fn wipe(&self) {
        let table = self.output("table");
        let items = self.clients.dynamodb.scan().table_name(table).send().await.unwrap();
        assert!(items.last_evaluated_key.is_none(), "one page holds a small table");
        for mut item in items.items.unwrap_or_default() {
            item.retain(|name, _| name == "pk" || name == "sk");
            self.clients.dynamodb.delete_item().table_name(table).set_key(Some(item)).send().await.unwrap();
        }
        let keys = self.objects.list("").await.unwrap();
        let keys: Vec<_> = keys.into_iter().filter(|key| !key.starts_with("config/")).collect();
        self.objects.delete(&keys).await.unwrap();
        assert_eq!(self.store.cursor().await.unwrap(), None);
    }
}

/// Looks every second until it is so.
#[track_caller]
pub(crate) fn eventually<'a>(
    what: &'a str,
    patience: Duration,
    mut is_so: impl AsyncFnMut() -> bool + 'a,
) -> impl Future<Output = Duration> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let started = tokio::time::Instant::now();
        while !is_so().await {
            assert!(started.elapsed() < patience, "{what}: not within {patience:?} ({caller})");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        started.elapsed()
    }
}

/// Content as a reader has it: a store that keeps encodings has some of it as gzip.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    if !bytes.starts_with(&GZIP) {
        return bytes.to_vec();
    }
    let mut content = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}
