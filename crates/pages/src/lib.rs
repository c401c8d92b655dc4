//! Analysis in, documents out: pages, JSON, GeoJSON, augmented diffs and feeds, and the keys they are published at.
//!
//! Knows: what a reader sees and where it stands on the site. Everything here takes values and returns text, and the
//! same values always give the same bytes.
//!
//! Must not know: the network, files, time of day, storage, how a changeset was found or analysed.
//!
//! Names and texts that strangers wrote reach documents through the templates' escaping or a JSON writer alone. Links
//! within the site are relative, so that it works under any path and from a folder.

mod about;
mod adiff;
mod api;
mod assets;
mod basemap;
mod changeset;
mod documents;
mod entry;
mod escape;
mod feed;
mod geojson;
pub mod keys;
mod list;
mod notify;
mod page;
mod row;
mod schema;
mod site;
mod summary;
mod text;

pub use about::about_page;
pub use adiff::augmented_diff;
pub use api::{ApiCall, ApiParameter, ApiReference, api_page};
pub use assets::{Asset, assets};
pub use basemap::Basemap;
pub use changeset::{MAX_ELEMENTS, changeset_page};
pub use documents::{
    AnalysisDocument, Author, FeedDocument, FeedExtension, FeedItem, Findings, HourDocument, SCHEMA, Status,
    StatusProblem, analysis_json, hour_json, recent_json, status_json,
};
pub use entry::{Entry, Progress};
pub use feed::{atom_feed, discussions_feed};
pub use geojson::{bounds_geojson, diff_geojson};
pub use list::{LIST_ROWS, discussions_page, list_page};
pub use notify::{
    MAX_DOCUMENT_BYTES, Notice, NoticeFormat, NoticePurpose, NotificationDocument, NotifiedChangeset, NotifiedLabel,
    notification, notification_subject, sample_entry,
};
pub use schema::schemas;
pub use site::{Details, Documents, LabelText, Site, View};
pub use summary::{Period, SummaryDocument, SummaryUser, summary_page};
