//! A local cloud with tables, queues and buckets made as the tests need them.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use aws_sdk_s3::types::CreateBucketConfiguration;
use aws_sdk_sqs::types::QueueAttributeName;
use osmtracker_aws::{Clients, DynamoDb, QueueUrls, S3, Sqs};
use osmtracker_pipeline::ports::QueueName;
use osmtracker_testkit::local_cloud::{LocalCloud, REGION};

/// A local cloud and its clients.
pub(crate) struct Cloud {
    server: LocalCloud,
    pub(crate) clients: Clients,
    made: AtomicU32,
}

impl Cloud {
    /// `None`, loudly, where no local cloud is installed.
    pub(crate) fn start() -> Option<Self> {
        let server = LocalCloud::start()?;
        let clients = Clients::of_local_cloud(&server.endpoint(), REGION);
        Some(Self { server, clients, made: AtomicU32::new(0) })
    }

    pub(crate) fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    fn name(&self, kind: &str) -> String {
        format!("test-{kind}-{}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// A new table with the keys and indexes that Terraform's module `table` gives it.
    pub(crate) async fn table(&self) -> String {
        let name = self.name("table");
        let request = self.clients.dynamodb.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
        let request = ["pk", "sk", "state", "due", "day", "updated"].into_iter().fold(request, |request, attribute| {
            let definition = AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap();
            request.attribute_definitions(definition)
        });
        let request = request.set_key_schema(Some(keys("pk", "sk")));
        request
            .global_secondary_indexes(index("due", keys("state", "due")))
            .global_secondary_indexes(index("updated", keys("day", "updated")))
            .send()
            .await
            .unwrap();
        name
    }

    pub(crate) async fn store(&self) -> DynamoDb {
        DynamoDb::new(self.clients.dynamodb.clone(), self.table().await)
    }

    /// New queues whose messages go to the dead letters after so many deliveries.
    pub(crate) async fn queue(&self, max_deliveries: u32) -> Sqs {
        let mut queues = BTreeMap::new();
        for queue in QueueName::ALL {
            let name = self.name(queue.as_str());
            let dead = self.new_queue(&format!("{name}-dead"), None).await;
            let arn = format!("arn:aws:sqs:{REGION}:000000000000:{name}-dead");
            let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{max_deliveries}}}"#);
            let main = self.new_queue(&name, Some(policy)).await;
            queues.insert(queue, QueueUrls { main, dead });
        }
        Sqs::new(self.clients.sqs.clone(), queues)
    }

    pub(crate) async fn new_queue(&self, name: &str, redrive_policy: Option<String>) -> String {
        let mut request = self.clients.sqs.create_queue().queue_name(name);
        if let Some(policy) = redrive_policy {
            request = request.attributes(QueueAttributeName::RedrivePolicy, policy);
        }
        request.send().await.unwrap().queue_url.unwrap()
    }

    pub(crate) async fn bucket(&self) -> String {
        let name = self.name("bucket");
        let location = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        self.clients.s3.create_bucket().bucket(&name).create_bucket_configuration(location).send().await.unwrap();
        name
    }

    pub(crate) async fn objects(&self) -> S3 {
        S3::new(self.clients.s3.clone(), self.bucket().await, self.bucket().await)
    }
}

fn keys(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    vec![key(hash, KeyType::Hash), key(range, KeyType::Range)]
}

fn index(name: &str, keys: Vec<KeySchemaElement>) -> GlobalSecondaryIndex {
    let projection = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys)).projection(projection).build().unwrap()
}
