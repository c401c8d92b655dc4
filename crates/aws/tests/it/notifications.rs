//! Topics, and secrets in parameters.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ssm::{
    config::{Credentials, SharedCredentialsProvider},
    types::ParameterType,
};
use osmtracker_aws::{AwsMessenger, CachedParameters, Parameters};
use osmtracker_pipeline::{
    config::{Config, NotifyTarget, SecretPlace},
    ports::{DeliveryError, Letter, Messenger, PortError, Secrets},
};
use osmtracker_testkit::{
    local_cloud::REGION,
    receiver::{Receiver, Reply},
};

use crate::cloud::Cloud;

fn settings(cloud: &Cloud) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(cloud.endpoint())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .build()
}

fn target(text: &str) -> NotifyTarget {
    let text = format!("[[notify]]\nname = \"ops\"\nviews = [\"index\"]\n{text}");
    Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}")).notify.remove(0)
}

fn letter(key: &str) -> Letter {
    let text = |text: &str| text.to_owned();
    Letter { key: text(key), group: text("changeset-1"), subject: text("a subject"), body: text("{\"schema\":1}") }
}

/// What a queue that is subscribed to the topic got.
async fn got(cloud: &Cloud, queue: &str) -> Vec<serde_json::Value> {
    let mut got = Vec::new();
    for _ in 0..20 {
        let request = cloud.clients.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let messages = request.wait_time_seconds(1).send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() && !got.is_empty() {
            break;
        }
        got.extend(messages.iter().map(|message| serde_json::from_str(message.body().unwrap()).unwrap()));
    }
    got
}

async fn subscribed(cloud: &Cloud, topics: &aws_sdk_sns::Client, topic: &str) -> (String, String) {
    let arn = topics.create_topic().name(topic).send().await.unwrap().topic_arn.unwrap();
    let queue = cloud.new_queue(&format!("{topic}-queue"), None).await;
    let endpoint = format!("arn:aws:sqs:{REGION}:000000000000:{topic}-queue");
    topics.subscribe().topic_arn(&arn).protocol("sqs").endpoint(endpoint).send().await.unwrap();
    (arn, queue)
}

#[tokio::test]
async fn a_topic_gets_the_document_and_mail_its_subject() {
    let Some(cloud) = Cloud::start() else { return };
    let settings = settings(&cloud);
    let (topic, queue) = subscribed(&cloud, &aws_sdk_sns::Client::new(&settings), "edits").await;
    let messenger = AwsMessenger::new(&settings).unwrap();
    for format in ["sns", "email"] {
        let target = target(&format!("format = {format:?}\ntopic = {topic:?}"));
        let receipt = messenger.deliver(&target, &letter("ops-1-1")).await.unwrap();
        assert!(receipt.answer.starts_with("message "), "{receipt:?}");
    }
    let mut got = got(&cloud, &queue).await;
    got.sort_by_key(|message| message["Subject"].as_str().map(str::to_owned));
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(got.iter().all(|message| message["Message"] == "{\"schema\":1}"), "{got:?}");
    assert_eq!((got[0]["Subject"].as_str(), got[1]["Subject"].as_str()), (None, Some("a subject")));
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_for_a_person_to_mend() {
    let Some(cloud) = Cloud::start() else { return };
    let messenger = AwsMessenger::new(&settings(&cloud)).unwrap();
    let target = target(&format!("format = \"sns\"\ntopic = \"arn:aws:sns:{REGION}:000000000000:nobody\""));
    let error = messenger.deliver(&target, &letter("ops-1-1")).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Permanent { .. }), "{error:?}");
}

#[tokio::test]
async fn a_chat_s_address_is_read_from_its_parameter() {
    let Some(cloud) = Cloud::start() else { return };
    let (settings, receiver) = (settings(&cloud), Receiver::start().await.unwrap());
    let parameters = aws_sdk_ssm::Client::new(&settings);
    let put = parameters.put_parameter().name("/osmtracker/chat").value(receiver.url("chat"));
    put.r#type(ParameterType::SecureString).send().await.unwrap();
    let messenger = AwsMessenger::new(&settings).unwrap();
    let chat = target("format = \"slack\"\ntarget_ssm = \"/osmtracker/chat\"\nallow_private = true");
    messenger.deliver(&chat, &letter("ops-1-1")).await.unwrap();
    assert_eq!((receiver.shown().len(), receiver.shown()[0].target.as_str()), (1, "/chat"));

    // Another is put in its place: the old one is refused, and forgotten.
    let put = parameters.put_parameter().name("/osmtracker/chat").value(receiver.url("other")).overwrite(true);
    put.r#type(ParameterType::SecureString).send().await.unwrap();
    receiver.next([Reply::status(404)]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let error = messenger.deliver(&chat, &letter("ops-1-2")).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Transient { .. }), "{error:?}");
    messenger.deliver(&chat, &letter("ops-1-2")).await.unwrap();
    assert_eq!(receiver.shown().last().unwrap().target, "/other");
    receiver.next([Reply::status(404)]);
    let error = messenger.deliver(&chat, &letter("ops-1-3")).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Permanent { .. }), "it was just read: {error:?}");

    let absent = target("format = \"slack\"\ntarget_ssm = \"/osmtracker/absent\"");
    let error = messenger.deliver(&absent, &letter("ops-1-1")).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Permanent { .. }), "{error:?}");
    assert_eq!(error.to_string(), "read the parameter /osmtracker/absent");
}

#[tokio::test]
async fn files_and_variables_are_no_secrets_of_a_deployment() {
    let Some(cloud) = Cloud::start() else { return };
    let parameters = CachedParameters::new(Parameters::new(aws_sdk_ssm::Client::new(&settings(&cloud))));
    for place in [SecretPlace::File("/etc/hostname".into()), SecretPlace::Variable("PATH".to_owned())] {
        assert!(matches!(parameters.read(&place).await, Err(PortError::Permanent { .. })));
    }
}
