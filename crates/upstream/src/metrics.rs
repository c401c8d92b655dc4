//! What the HTTP client does, counted under the names of the metrics.

use osmtracker_osm::Timestamp;
use osmtracker_pipeline::metrics::{self, ApiOperation, Metrics};

use crate::{Call, Observer, Operation, OperationClass, RetryCause};

/// Counts calls and bytes.
pub(crate) struct MetricsObserver(pub(crate) Metrics);

impl Observer for MetricsObserver {
    fn call(&self, call: &Call) {
        if let Some(status) = call.status.filter(|status| is_refusal(call.operation.class(), *status)) {
            self.0.refused(status, now());
        }
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

/// Whether an answer means that we are not wanted. Hosts of static files say 403 of a file that is not there, too.
fn is_refusal(class: OperationClass, status: u16) -> bool {
    match class {
        OperationClass::Api | OperationClass::Replication => matches!(status, 401 | 403 | 406 | 451 | 509),
        OperationClass::AltSource => matches!(status, 406 | 509),
    }
}

fn now() -> Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX))
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
