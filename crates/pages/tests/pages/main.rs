//! What the pages, feeds and documents of a site look like, and what strangers' words can do to them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test where they fail")]

mod documents;
mod fixture;
mod hostile;
mod hostile_words;
mod html;
mod json_schema;
mod notifications;
mod snapshots;
