//! A secret that is kept and refused is read again, once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use osmtracker_notify::{Client, HttpMessenger};
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::{
    config::{Config, SecretPlace},
    ports::{Clock, DeliveryError, Letter, Messenger, PortError, Secret, Secrets},
};
use osmtracker_testkit::receiver::{Receiver, Reply};

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_338_000)
    }
}

/// An address that was kept for long, until it is forgotten.
struct Kept {
    address: String,
    forgotten: AtomicU32,
}

#[async_trait]
impl Secrets for Kept {
    async fn read(&self, _: &SecretPlace) -> Result<Secret, PortError> {
        Ok(Secret::new(&self.address))
    }

    fn forget(&self, _: &SecretPlace) -> bool {
        self.forgotten.fetch_add(1, Ordering::SeqCst) == 0
    }
}

#[tokio::test]
async fn a_refused_message_comes_again_while_its_secret_may_be_an_old_one() {
    let receiver = Receiver::start().await.unwrap();
    let secrets = Arc::new(Kept { address: receiver.url("chat"), forgotten: AtomicU32::new(0) });
    let messenger = HttpMessenger::new(Client::new().unwrap(), secrets.clone(), Arc::new(StoppedClock));
    let config = "[[notify]]\nname = \"ops\"\nviews = [\"index\"]\nformat = \"slack\"\ntarget_ssm = \"/chat\"\n\
        allow_private = true\n";
    let config = Config::parse(config).unwrap();
    let text = || "x".to_owned();
    let letter = Letter { key: text(), group: text(), subject: text(), body: "{}".to_owned() };
    for (status, forgets) in [(503, 0), (400, 0), (404, 1), (404, 2)] {
        receiver.always(Reply::status(status));
        let error = messenger.deliver(&config.notify[0], &letter).await.unwrap_err();
        let may_pass = status == 503 || (status, forgets) == (404, 1);
        assert_eq!(matches!(error, DeliveryError::Transient { .. }), may_pass, "{status}: {error:?}");
        assert_eq!(secrets.forgotten.load(Ordering::SeqCst), forgets);
    }
}
