//! What Lambda tells of messages of a queue, and what it is told of them: the parts of these documents that matter.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.

use osmtracker_pipeline::ports::{Delivery, QueueName};
use serde::{Deserialize, Serialize};

/// A batch of messages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct QueueEvent {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: Option<String>,
}

impl QueueEvent {
    pub(super) fn deliveries(self, queue: QueueName) -> Vec<Delivery> {
        let delivery = |record: Record| Delivery {
            queue,
            message_id: record.message_id,
            receipt: record.receipt_handle,
            body: record.body,
            attempts: record.attributes.approximate_receive_count.and_then(|count| count.parse().ok()).unwrap_or(1),
        };
        self.records.into_iter().map(delivery).collect()
    }
}

/// Which messages are to come again; all others are done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchResponse {
    pub(super) batch_item_failures: Vec<Failure>,
}

/// A message that is to come again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    pub(super) item_identifier: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_deliveries_and_failures_name_them() {
        let event = r#"{"Records":[{"messageId":"m1","receiptHandle":"r1","body":"{}","md5OfBody":"x",
            "attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1"},"messageAttributes":{},
            "eventSource":"aws:sqs","eventSourceARN":"arn","awsRegion":"eu-west-1"}]}"#;
        let event: QueueEvent = serde_json::from_str(event).unwrap();
        let deliveries = event.deliveries(QueueName::Filter);
        let expected = Delivery {
            queue: QueueName::Filter,
            message_id: "m1".to_owned(),
            receipt: "r1".to_owned(),
            body: "{}".to_owned(),
            attempts: 3,
        };
        assert_eq!(deliveries, [expected]);
        let response = BatchResponse { batch_item_failures: vec![Failure { item_identifier: "m1".to_owned() }] };
        assert_eq!(serde_json::to_string(&response).unwrap(), r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#);
        assert_eq!(serde_json::to_string(&BatchResponse::default()).unwrap(), r#"{"batchItemFailures":[]}"#);
    }

    #[test]
    fn an_event_that_is_no_batch_has_no_messages() {
        let event: QueueEvent = serde_json::from_str(r#"{"source":"a schedule"}"#).unwrap();
        assert_eq!(event, QueueEvent::default());
    }
}
