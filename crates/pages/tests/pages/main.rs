//! What the pages, feeds and documents of a site look like, and what strangers' words can do to them.

mod documents;
mod fixture;
mod hostile;
mod html;
mod json_schema;
mod snapshots;
