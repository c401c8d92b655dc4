//! The adapters keep the contracts of their ports.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use osmtracker_embedded::{Embedded, Options};
use osmtracker_pipeline::ports::{Queue, SiteStore, Store};
use osmtracker_testkit::suite::{
    QueueFactory, SiteStoreFactory, StoreFactory, queue_suite, site_store_suite, store_suite,
};
use tempfile::TempDir;

use crate::manual_time::{self, ManualTime};

/// Opens a new data folder for each check and keeps it to the end of the suite.
#[derive(Default)]
struct Folders {
    time: Arc<ManualTime>,
    folders: Mutex<Vec<TempDir>>,
}

impl Folders {
    fn open(&self, max_deliveries: u32) -> Embedded {
        let folder = tempfile::tempdir().unwrap();
        let embedded = manual_time::open(folder.path(), &self.time, max_deliveries).unwrap();
        self.folders.lock().unwrap().push(folder);
        embedded
    }
}

#[async_trait]
impl QueueFactory for Folders {
    async fn queue(&self, max_deliveries: u32) -> Arc<dyn Queue> {
        self.open(max_deliveries).sqlite
    }

    async fn advance(&self, by: Duration) {
        self.time.advance(by);
    }
}

#[async_trait]
impl StoreFactory for Folders {
    async fn store(&self) -> Arc<dyn Store> {
        self.open(5).sqlite
    }
}

#[async_trait]
impl SiteStoreFactory for Folders {
    async fn site_store(&self) -> Arc<dyn SiteStore> {
        self.open(5).site
    }
}

/// In the system's time, flushed to the disk: as `osmtracker run` uses it.
#[derive(Default)]
struct RealFolders(Mutex<Vec<TempDir>>);

#[async_trait]
impl SiteStoreFactory for RealFolders {
    async fn site_store(&self) -> Arc<dyn SiteStore> {
        let folder = tempfile::tempdir().unwrap();
        let embedded = Embedded::open(folder.path(), &Options::default()).unwrap();
        self.0.lock().unwrap().push(folder);
        embedded.site
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_is_a_queue() {
    queue_suite(Folders::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_is_a_store() {
    store_suite(Folders::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_are_a_site_store() {
    site_store_suite(Folders::default()).await;
}

#[tokio::test]
async fn flushed_files_on_one_thread_are_a_site_store() {
    site_store_suite(RealFolders::default()).await;
}
