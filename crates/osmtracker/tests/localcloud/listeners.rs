//! Who hears of what a deployment does: a bot, a chat, a topic and a search server.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_ssm::types::ParameterType;
use osmtracker_aws::{Clients, DynamoDb};
use osmtracker_pipeline::{
    State,
    ports::{Expected, PortError, Record, Store},
};
use osmtracker_testkit::{local_cloud::REGION, receiver::Receiver, search::SearchServer};
use serde_json::{Value, json};

use crate::{
    deployment::{Deployment, eventually},
    terraform::Terraform,
};

/// Name of the index.
const INDEX: &str = "osmtracker";
/// Targets, by the names that they have in the configuration.
const TARGETS: [&str; 3] = ["bot", "chat", "mail"];

/// They live on this machine, and end with the test.
pub(crate) struct Listeners {
    receiver: Receiver,
    search: SearchServer,
    /// That of the local program, whose index is what is expected.
    expected: SearchServer,
    cloud: Clients,
    /// Gets what the topic gets.
    subscribed: String,
}

impl Listeners {
    /// Makes the secrets and the topic, and tells the deployment of all of them.
    pub(crate) async fn of(endpoint: &str, terraform: &mut Terraform) -> Self {
        let cloud = Clients::of_local_cloud(endpoint, REGION);
        let receiver = Receiver::start().await.unwrap();
        let search = SearchServer::start().await.unwrap();
        search.wants("Basic b3NtdHJhY2tlcjpzZWNyZXQ=");
        for (name, value) in [
            ("/osmtracker/key", "a key".to_owned()),
            ("/osmtracker/chat", receiver.url("chat")),
            ("/osmtracker/search", "osmtracker:secret".to_owned()),
        ] {
            let put = cloud.ssm.put_parameter().name(name).value(value).r#type(ParameterType::SecureString);
            put.send().await.unwrap();
        }
        let (topic, subscribed) = topic(endpoint, &cloud).await;
        let rules = format!(
            r#"
                [[notify]]
                name = "bot"
                views = ["index"]
                format = "webhook"
                url = "{}"
                key_ssm = "/osmtracker/key"
                allow_private = true

                [[notify]]
                name = "chat"
                views = ["index"]
                format = "slack"
                target_ssm = "/osmtracker/chat"
                allow_private = true

                [[notify]]
                name = "mail"
                views = ["index"]
                format = "sns"
                topic = "{topic}"
                digest_minutes = 1
                if_unsure = "repeat"
            "#,
            receiver.url("bot"),
        );
        terraform.set("rules", rules);
        terraform.set("notify_parameters", json!(["/osmtracker/key", "/osmtracker/chat"]));
        terraform.set("notify_topics", json!([topic]));
        terraform.set("search_url", search.url());
        terraform.set("search_credentials_parameter", "/osmtracker/search");
        Self { receiver, search, expected: SearchServer::start().await.unwrap(), cloud, subscribed }
    }

    /// The deployment's configuration for a program that must not write to the deployment's index.
    pub(crate) fn apart(&self, configuration: &str) -> String {
        assert!(configuration.contains(&self.search.url()), "{configuration}");
        let without = |line: &&str| !line.starts_with("credentials_parameter");
        let text: Vec<_> = configuration.lines().filter(without).collect();
        text.join("\n").replace(&self.search.url(), &self.expected.url())
    }

    /// The index that follows the table's stream is that of the local program, which follows a log of changes.
    pub(crate) async fn the_index_equals_that_of_the_local_program(&self, patience: Duration) {
        let expected = documents(&self.expected);
        assert!(expected.len() > 20, "{}", expected.len());
        let took = eventually("the index is right", patience, async || documents(&self.search) == expected).await;
        eprintln!("the index of {} documents was right {took:?} later", expected.len());
        assert!(self.search.template(INDEX).is_some());
    }

    /// Nothing is left in the index.
    pub(crate) async fn the_index_is_emptied(&self, patience: Duration) {
        let took = eventually("the index is empty", patience, async || documents(&self.search).is_empty()).await;
        eprintln!("the index was empty {took:?} after the table");
    }

    /// What was there before anybody listened is not told.
    pub(crate) async fn nobody_was_told(&self) {
        assert_eq!(self.receiver.received(), []);
        assert_eq!(self.digests().await, Vec::<Value>::new());
    }

    /// As if all targets had listened for ever. The recorded hour is long past.
    pub(crate) async fn began_long_ago(&self, store: &DynamoDb) {
        for target in TARGETS {
            let key = format!("notify/{target}");
            loop {
                let version = store.record(&key).await.unwrap().map_or(0, |record| record.version);
                let expected = if version == 0 { Expected::Absent } else { Expected::Version(version) };
                let value = json!({"at": osmtracker_osm::Timestamp(0)}).to_string();
                let record = Record { key: key.clone(), version: version + 1, expires_at: None, value };
                match store.put_record(&record, expected).await {
                    Ok(()) => break,
                    Err(PortError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    /// Each target was told of each changeset: the bot, by its keys, exactly once; the chat once, unless a notifier was
    /// killed before it had sent, and never twice; the topic at least once.
    pub(crate) async fn everybody_was_told_once(&self, deployment: &Deployment, killed: usize, patience: Duration) {
        let expected = listed(&deployment.store).await;
        assert!(expected.len() > 20, "{}", expected.len());
        let mut mailed = BTreeMap::<u64, usize>::new();
        let is_mailed = async || {
            for digest in self.digests().await {
                assert_eq!(digest["more"], 0, "{digest}");
                for id in digest["changesets"].as_array().unwrap() {
                    *mailed.entry(id["id"].as_u64().unwrap()).or_default() += 1;
                }
            }
            mailed.keys().copied().collect::<BTreeSet<_>>() == expected
        };
        let took = eventually("the digests told everything", patience, is_mailed).await;
        eprintln!("the digests told everything {took:?} later, more than once {}", repeated(&mailed));

        let shown = self.receiver.distinct();
        let bot = shown.iter().filter(|received| received.target == "/bot");
        let told: Vec<_> = bot.map(|received| id_of(&received.body)).collect();
        assert_eq!(told.len(), expected.len(), "one message a changeset");
        assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), expected);

        let shown = self.receiver.shown();
        let sent = shown.iter().filter(|received| received.target == "/bot").count();
        let chat = shown.iter().filter(|received| received.target == "/chat");
        let mut told = BTreeMap::<u64, usize>::new();
        for received in chat {
            *told.entry(linked(&received.body)).or_default() += 1;
        }
        assert_eq!(repeated(&told), 0, "{told:?}");
        assert!(told.keys().all(|id| expected.contains(id)), "{told:?}");
        eprintln!(
            "of {} changesets the bot was told with {sent} requests, the chat of {}; {killed} notifiers were killed",
            expected.len(),
            told.len()
        );
        assert!(told.len() + killed >= expected.len(), "{told:?}");
    }

    /// What the topic got since the last look.
    async fn digests(&self) -> Vec<Value> {
        let mut got = Vec::new();
        loop {
            let request = self.cloud.sqs.receive_message().queue_url(&self.subscribed).max_number_of_messages(10);
            let messages = request.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return got;
            }
            for message in messages {
                let envelope: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                got.push(serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap());
                let delete = self.cloud.sqs.delete_message().queue_url(&self.subscribed);
                delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
    }

    /// Removes what was made here.
    pub(crate) async fn leave(&self) {
        self.cloud.sqs.delete_queue().queue_url(&self.subscribed).send().await.unwrap();
    }
}

/// A topic, and a queue that is subscribed to it.
async fn topic(endpoint: &str, cloud: &Clients) -> (String, String) {
    let credentials = aws_sdk_ssm::config::Credentials::new("test", "test", None, None, "a local cloud");
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(aws_sdk_sns::config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_sdk_sns::config::Region::new(REGION))
        .credentials_provider(credentials)
        .build();
    let topics = aws_sdk_sns::Client::from_conf(config);
    let topic = topics.create_topic().name("edits").send().await.unwrap().topic_arn.unwrap();
    let queue = cloud.sqs.create_queue().queue_name("of-the-topic").send().await.unwrap().queue_url.unwrap();
    let endpoint = format!("arn:aws:sqs:{REGION}:000000000000:of-the-topic");
    topics.subscribe().topic_arn(&topic).protocol("sqs").endpoint(endpoint).send().await.unwrap();
    (topic, queue)
}

/// The index without versions, which follow from when rows were written.
fn documents(server: &SearchServer) -> BTreeMap<String, Value> {
    server.documents(INDEX).into_iter().map(|(id, (_, document))| (id, document)).collect()
}

/// Changesets that are on the site as analysed.
async fn listed(store: &DynamoDb) -> BTreeSet<u64> {
    let (mut ids, mut after) = (BTreeSet::new(), None);
    loop {
        let rows = store.recent(after, 100).await.unwrap();
        let done = rows.iter().filter(|row| row.state == State::Done && row.listed);
        ids.extend(done.map(|row| row.id().0));
        let Some(last) = rows.last().filter(|_| rows.len() == 100) else { return ids };
        after = Some(osmtracker_pipeline::ports::ListingCursor { updated_at: last.updated_at, id: last.id() });
    }
}

fn repeated(told: &BTreeMap<u64, usize>) -> usize {
    told.values().filter(|times| **times > 1).count()
}

/// The changeset of a webhook's message.
fn id_of(body: &str) -> u64 {
    let document: Value = serde_json::from_str(body).unwrap();
    assert_eq!(document["changesets"].as_array().unwrap().len(), 1, "{document}");
    document["changesets"][0]["id"].as_u64().unwrap()
}

/// The changeset that a chat's message links to.
fn linked(body: &str) -> u64 {
    let (_, after) = body.split_once("openstreetmap.org/changeset/").unwrap();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}
