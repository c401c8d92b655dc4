use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};

use crate::{
    documents::{AnalysisDocument, FeedDocument, HourDocument, Status},
    geojson::{BoundsDocument, DiffDocument},
    notify::NotificationDocument,
};

/// The JSON Schemas (draft 2020-12) of all public JSON documents, by the name of the document's file: `analysis.json`,
/// `bounds.geojson`, `diff.geojson`, `hour.json`, `notification.json`, `recent.json`, `status.json`.
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, Schema> {
    BTreeMap::from([
        ("analysis.json", schema_of::<AnalysisDocument<'_>>()),
        ("bounds.geojson", schema_of::<BoundsDocument<'_>>()),
        ("diff.geojson", schema_of::<DiffDocument<'_>>()),
        ("hour.json", schema_of::<HourDocument<'_>>()),
        ("notification.json", schema_of::<NotificationDocument<'_>>()),
        ("recent.json", schema_of::<FeedDocument<'_>>()),
        ("status.json", schema_of::<Status>()),
    ])
}

/// The schema of what is written, not of what would be read.
fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
