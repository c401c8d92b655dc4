//! The receiver in the documentation accepts what is sent, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use osmtracker_notify::{Client, HttpMessenger, LocalSecrets};
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::{
    config::Config,
    ports::{Clock, Letter, Messenger},
};
use osmtracker_testkit::receiver::{Received, Receiver};
use serde_json::json;

const NOW: i64 = 1_795_338_000;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(NOW)
    }
}

/// The example of the documentation, asked about a request.
fn is_genuine(request: &Received, key: &str, now: i64) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/notifications.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("```python\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let asks = "import json, sys\nr = json.load(sys.stdin)\n\
        print(is_genuine(r['headers'], r['body'].encode(), r['key'], now=r['now']))\n";
    let mut python = Command::new("python3")
        .args(["-c", &format!("{example}\n{asks}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({"headers": request.headers, "body": request.body, "key": key, "now": now});
    python.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout == b"True\n"
}

async fn sent_with(key: &str) -> Received {
    let (receiver, folder) = (Receiver::start().await.unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{key}\n")).unwrap();
    let config = format!(
        "[[notify]]\nname = \"bot\"\nviews = [\"index\"]\nformat = \"webhook\"\nurl = {:?}\nkey_file = {:?}\n\
        allow_private = true\n",
        receiver.url("hook"),
        path.display().to_string()
    );
    let config = Config::parse(&config).unwrap_or_else(|errors| panic!("{errors}"));
    let messenger = HttpMessenger::new(Client::new().unwrap(), Arc::new(LocalSecrets), Arc::new(StoppedClock));
    let letter = Letter {
        key: "bot-1-4711".to_owned(),
        group: "changeset-4711".to_owned(),
        subject: String::new(),
        body: json!({"comment": "Ø \" \\ \u{1f600} <script>"}).to_string(),
    };
    messenger.deliver(&config.notify[0], &letter).await.unwrap();
    receiver.received().pop().unwrap()
}

#[tokio::test]
async fn the_receiver_in_the_documentation_accepts_our_messages_and_no_others() {
    for key in ["any text: ø", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        let request = sent_with(key).await;
        assert!(is_genuine(&request, key, NOW + 10), "{key}");
        assert!(!is_genuine(&request, "another key", NOW + 10));
        assert!(!is_genuine(&request, key, NOW + 3_600), "an old message, sent again by somebody");
        let changed = Received { body: request.body.replace("script", "b"), ..request.clone() };
        assert!(!is_genuine(&changed, key, NOW));
        let mut renamed = request.clone();
        renamed.headers.insert("webhook-id".to_owned(), "bot-1-4712".to_owned());
        assert!(!is_genuine(&renamed, key, NOW));
        let mut postponed = request;
        postponed.headers.insert("webhook-timestamp".to_owned(), (NOW + 3_600).to_string());
        assert!(!is_genuine(&postponed, key, NOW + 3_600));
    }
}
