//! Template, index, credentials.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use osmtracker_search::{Credentials, Index, Operation, Outcome, SearchError, Secrets, template};
use osmtracker_testkit::search::{SearchFault, SearchServer};

use crate::support::{INDEX, PAUSES, config, row, server};

fn puts(server: &SearchServer) -> Vec<String> {
    server.requests().into_iter().map(|request| request.line).filter(|line| line.starts_with("PUT")).collect()
}

#[tokio::test]
async fn template_and_index_are_made_once() {
    let (server, index) = server().await;
    for id in 1..4 {
        index.apply(&[Operation::of(&row(id))]).await.unwrap();
    }
    assert_eq!(puts(&server), ["PUT /_index_template/osmtracker?create=true", "PUT /osmtracker"]);
    assert_eq!(server.template(INDEX), Some(template(INDEX)));
    let another_process = Index::new(config(&server.url()), Arc::new(osmtracker_search::NoSecrets), PAUSES);
    another_process.apply(&[Operation::of(&row(4))]).await.unwrap();
    assert_eq!(puts(&server).len(), 2);
}

#[tokio::test]
async fn nothing_is_asked_for_where_nothing_changed() {
    let (server, index) = server().await;
    index.apply(&[]).await.unwrap();
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn two_that_begin_at_once_do_not_disturb_each_other() {
    let (server, index) = server().await;
    let other = Index::new(config(&server.url()), Arc::new(osmtracker_search::NoSecrets), PAUSES);
    let (one, two) = ([Operation::of(&row(1))], [Operation::of(&row(2))]);
    let (one, two) = tokio::join!(index.apply(&one), other.apply(&two));
    assert_eq!((one.unwrap(), two.unwrap()), (vec![Outcome::Indexed], vec![Outcome::Indexed]));
}

/// A secret that somebody changes.
struct Changing(Mutex<Vec<&'static str>>);

#[async_trait]
impl Secrets for Changing {
    async fn read(&self) -> Result<Option<Credentials>, String> {
        let mut texts = self.0.lock().unwrap();
        let text = if texts.len() > 1 { texts.remove(0) } else { texts[0] };
        Ok(Some(Credentials::parse(text).unwrap()))
    }
}

fn index_with(server: &SearchServer, texts: &[&'static str]) -> Index {
    Index::new(config(&server.url()), Arc::new(Changing(Mutex::new(texts.to_vec()))), PAUSES)
}

#[tokio::test]
async fn credentials_are_sent_as_the_server_wants_them() {
    for (text, header) in
        [("elastic:geheim", "Basic ZWxhc3RpYzpnZWhlaW0="), ("ApiKey VnVhQ2ZHY0I=", "ApiKey VnVhQ2ZHY0I=")]
    {
        let server = SearchServer::start().await.unwrap();
        server.wants(header);
        let outcomes = index_with(&server, &[text]).apply(&[Operation::of(&row(1))]).await.unwrap();
        assert_eq!(outcomes, [Outcome::Indexed], "{text}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_said_without_them_and_read_again_the_next_time() {
    let server = SearchServer::start().await.unwrap();
    server.wants("Basic ZWxhc3RpYzpuZXU=");
    let index = index_with(&server, &["elastic:geheim", "elastic:neu"]);
    let error = index.apply(&[Operation::of(&row(1))]).await.unwrap_err();
    let shown = format!("{error} {error:?} {index:?}");
    assert!(matches!(error, SearchError::Refused { status: 401, .. }), "{shown}");
    assert!(!shown.contains("geheim") && !shown.contains("ZWxhc3RpYz"), "{shown}");
    assert_eq!(index.apply(&[Operation::of(&row(1))]).await.unwrap(), [Outcome::Indexed]);
}

#[tokio::test]
async fn a_password_that_is_changed_while_it_runs_is_taken_up() {
    let server = SearchServer::start().await.unwrap();
    server.wants("Basic YTpvbmU=");
    let index = index_with(&server, &["a:one", "a:two"]);
    index.apply(&[Operation::of(&row(1))]).await.unwrap();
    server.wants("Basic YTp0d28=");
    index.apply(&[Operation::of(&row(2))]).await.unwrap_err();
    assert_eq!(index.apply(&[Operation::of(&row(2))]).await.unwrap(), [Outcome::Indexed]);
}

#[tokio::test]
async fn a_server_that_does_not_answer_while_it_is_set_up_is_tried_again() {
    let (server, index) = server().await;
    server.fail_next([SearchFault::Dropped, SearchFault::Status(503)]);
    assert_eq!(index.apply(&[Operation::of(&row(1))]).await.unwrap(), [Outcome::Indexed]);
}
