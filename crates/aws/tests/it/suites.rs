//! The adapters keep the contracts of their ports.

use std::sync::Arc;

use async_trait::async_trait;
use osmtracker_pipeline::ports::{Queue, SiteStore, Store};
use osmtracker_testkit::suite::{
    QueueFactory, SiteStoreFactory, StoreFactory, queue_suite, site_store_suite, store_suite,
};

use crate::cloud::Cloud;

#[async_trait]
impl QueueFactory for Cloud {
    async fn queue(&self, max_deliveries: u32) -> Arc<dyn Queue> {
        Arc::new(Cloud::queue(self, max_deliveries).await)
    }
}

#[async_trait]
impl StoreFactory for Cloud {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(Cloud::store(self).await)
    }
}

#[async_trait]
impl SiteStoreFactory for Cloud {
    async fn site_store(&self) -> Arc<dyn SiteStore> {
        Arc::new(self.objects().await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqs_is_a_queue() {
    let Some(cloud) = Cloud::start() else { return };
    queue_suite(cloud).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dynamodb_is_a_store() {
    let Some(cloud) = Cloud::start() else { return };
    store_suite(cloud).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_is_a_site_store() {
    let Some(cloud) = Cloud::start() else { return };
    site_store_suite(cloud).await;
}
