use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use osmtracker_pipeline::ports::PortError;

/// Codes of requests that will fail again in the same way, because of what was asked.
///
/// All others may work later, some only after a person has acted (a permission that is missing, a table that is gone):
/// what was to be done then waits, and is not put aside.
const PERMANENT: [&str; 12] = [
    "BatchRequestTooLong",
    "EntityTooLarge",
    "InvalidArgument",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "ItemCollectionSizeLimitExceededException",
    "KeyTooLongError",
    "MalformedXML",
    "SerializationException",
    "UnsupportedOperation",
    "ValidationException",
    "AWS.SimpleQueueService.BatchRequestTooLong",
];

/// What a caller is told of a request that failed.
pub(crate) fn failure<E, R>(what: impl Into<String>, error: SdkError<E, R>) -> PortError
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let what = what.into();
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    if code.is_some_and(|code| PERMANENT.contains(&code)) {
        PortError::Permanent { what, source: error.into() }
    } else {
        PortError::Transient { what, source: error.into() }
    }
}

/// For what is wrong before anything was sent, or in what was stored.
pub(crate) fn permanent(what: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> PortError {
    PortError::Permanent { what: what.into(), source: source.into() }
}
