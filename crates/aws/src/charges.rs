//! What requests cost, counted as they are made.

use aws_sdk_dynamodb::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::FinalizerInterceptorContextRef},
    error::BoxError,
    operation::{
        batch_get_item::BatchGetItemOutput, delete_item::DeleteItemOutput, get_item::GetItemOutput,
        put_item::PutItemOutput, query::QueryOutput, transact_write_items::TransactWriteItemsOutput,
        update_item::UpdateItemOutput,
    },
    types::ConsumedCapacity,
};
use aws_sdk_s3::operation::{
    get_object::GetObjectInput, list_objects_v2::ListObjectsV2Input, put_object::PutObjectInput,
};
use aws_sdk_sqs::operation::{
    change_message_visibility::ChangeMessageVisibilityInput, delete_message::DeleteMessageInput,
    delete_message_batch::DeleteMessageBatchInput, get_queue_attributes::GetQueueAttributesInput,
    receive_message::ReceiveMessageInput, send_message_batch::SendMessageBatchInput,
};
use osmtracker_pipeline::metrics::{CloudUnit, Metrics};

/// Whether a box holds one of these types.
macro_rules! holds {
    ($boxed:expr; $($kind:ty),+ $(,)?) => { $($boxed.downcast_ref::<$kind>().is_some())||+ };
}

/// What each of these types that a box may hold says of consumed capacity.
macro_rules! capacity {
    ($boxed:expr; $($kind:ty),+ $(,)?) => {
        None$(.or_else(|| $boxed.downcast_ref::<$kind>().and_then(|output| output.consumed_capacity().and_then(units))))+
    };
}

/// Counts requests to queues and for objects, and the units that the table says it charges.
///
/// The table says so only where it is asked to: each request to it names `ReturnConsumedCapacity`.
#[derive(Clone, Debug)]
pub(crate) struct Charges(pub(crate) Metrics);

impl Intercept for Charges {
    fn name(&self) -> &'static str {
        "what requests cost"
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let charge = context.input().and_then(|input| {
            if holds!(input; PutObjectInput, ListObjectsV2Input) {
                Some(CloudUnit::ObjectPut)
            } else if holds!(input; GetObjectInput) {
                Some(CloudUnit::ObjectGet)
            } else {
                let is_for_queue = holds!(
                    input; SendMessageBatchInput, ReceiveMessageInput, DeleteMessageInput, DeleteMessageBatchInput,
                    ChangeMessageVisibilityInput, GetQueueAttributesInput
                );
                is_for_queue.then_some(CloudUnit::QueueRequest)
            }
        });
        if let Some(unit) = charge {
            self.0.charged(unit, 1.0);
        }
        let Some(Ok(output)) = context.output_or_error() else { return Ok(()) };
        if let Some(read) = capacity!(output; GetItemOutput, QueryOutput) {
            self.0.charged(CloudUnit::TableRead, read);
        } else if let Some(batch) = output.downcast_ref::<BatchGetItemOutput>() {
            self.0.charged(CloudUnit::TableRead, sum(batch.consumed_capacity()));
        } else if let Some(written) = capacity!(output; PutItemOutput, UpdateItemOutput, DeleteItemOutput) {
            self.0.charged(CloudUnit::TableWrite, written);
        } else if let Some(transaction) = output.downcast_ref::<TransactWriteItemsOutput>() {
            self.0.charged(CloudUnit::TableWrite, sum(transaction.consumed_capacity()));
        }
        Ok(())
    }
}

fn units(consumed: &ConsumedCapacity) -> Option<f64> {
    consumed.capacity_units()
}

fn sum(consumed: &[ConsumedCapacity]) -> f64 {
    consumed.iter().filter_map(units).sum()
}
