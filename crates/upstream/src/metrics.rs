//! What the HTTP client does, counted under the names of the metrics.

use osmtracker_pipeline::metrics::{self, ApiOperation, Metrics};

use crate::{Call, Observer, Operation, OperationClass, RetryCause};

/// Counts calls and bytes.
pub(crate) struct MetricsObserver(pub(crate) Metrics);

impl Observer for MetricsObserver {
    fn call(&self, call: &Call) {
        match call.operation.class() {
            OperationClass::Api => self.0.api_call(api_operation(call.operation), call.sent, call.received),
            OperationClass::AltSource if call.status == Some(200) => self.0.alt_source_download(call.received),
            OperationClass::AltSource | OperationClass::Replication => {}
        }
    }

    fn retry(&self, _: Operation, cause: RetryCause) {
        self.0.retry(match cause {
            RetryCause::RateLimited => metrics::RetryCause::TooManyRequests,
            RetryCause::ServerError => metrics::RetryCause::ServerError,
            RetryCause::Timeout => metrics::RetryCause::Timeout,
            RetryCause::Connection => metrics::RetryCause::Connection,
        });
    }
}

fn api_operation(operation: Operation) -> ApiOperation {
    match operation {
        Operation::Changeset => ApiOperation::Changeset,
        Operation::Changesets => ApiOperation::Changesets,
        Operation::ChangesetDownload => ApiOperation::Download,
        Operation::Nodes | Operation::Ways | Operation::Relations => ApiOperation::MultiFetch,
        Operation::History => ApiOperation::ElementHistory,
        _ => ApiOperation::Other,
    }
}
