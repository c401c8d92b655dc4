//! A scripted server, a timer that waits for nothing, and counters, for the tests of this crate.

mod server;

use std::{
    io::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;

pub(crate) use server::{Hit, Reply, Server};

use crate::{Call, Client, ClientConfig, Observer, Operation, RetryCause, retry::Timer};

/// Time passes when somebody sleeps, and only then.
#[derive(Debug, Default)]
pub(crate) struct StillTimer {
    now: Mutex<Duration>,
    slept: Mutex<Vec<Duration>>,
}

impl StillTimer {
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Timer for StillTimer {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
        self.slept.lock().unwrap().push(time);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) retries: Mutex<Vec<(Operation, RetryCause)>>,
}

impl Observer for Recorder {
    fn call(&self, call: &Call) {
        self.calls.lock().unwrap().push(*call);
    }

    fn retry(&self, operation: Operation, cause: RetryCause) {
        self.retries.lock().unwrap().push((operation, cause));
    }
}

/// A client with its clock and its counters.
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) timer: Arc<StillTimer>,
    pub(crate) recorder: Arc<Recorder>,
}

pub(crate) fn config() -> ClientConfig {
    ClientConfig { jitter_seed: Some(1), ..ClientConfig::new("tests@example.org") }
}

pub(crate) fn bench(config: ClientConfig) -> Bench {
    let (timer, recorder) = (Arc::new(StillTimer::default()), Arc::new(Recorder::default()));
    let client = Client::with_timer(config, recorder.clone(), timer.clone()).unwrap();
    Bench { client, timer, recorder }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
