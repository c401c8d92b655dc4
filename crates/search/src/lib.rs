//! Rows as documents of Elasticsearch 8 or OpenSearch 2.
//!
//! Knows: what of a row is in its document and what a change of it means ([`Operation`]), the index template, the bulk
//! protocol and its failures ([`Index`]), who may write ([`Secrets`]), and how an index is made equal to the table
//! ([`follow`](follow()), [`take_up`], [`reindex`](reindex())).
//!
//! Must not know: where rows are stored, how a function is invoked, AWS. Changes come in as values or through
//! [`osmtracker_pipeline::change_log::ChangeLog`].

mod bulk;
mod client;
mod counting;
mod credentials;
mod document;
mod error;
mod follow;
mod holder;
mod index;
mod operation;
mod outcome;
mod reindex;
mod retry;
mod shape;
mod stream;
mod template;
mod witness;

pub use counting::count;
pub use credentials::{Credentials, CredentialsError, FileSecrets, NoSecrets, Secrets, TextSecrets};
pub use document::Document;
pub use error::SearchError;
pub use follow::{FollowError, Followed, follow};
pub use holder::Holder;
pub use index::Index;
pub use operation::{Operation, What, external_version};
pub use outcome::{Outcome, Rejection};
pub use reindex::{ReindexError, Reindexed, RejectedChangeset, Survey, reindex, survey};
pub use retry::Pauses;
pub use stream::{TakenUp, take_up};
pub use template::{MAPPING_VERSION, template};
