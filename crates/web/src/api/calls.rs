//! All calls, in the order of the documentation: what each is asked with, answers and is for. Router, OpenAPI document
//! and human page are made of this one table.

use std::sync::Arc;

use axum::routing::{MethodRouter, get};
use osmtracker_pages::SummaryDocument;
use osmtracker_pipeline::steps::Ports;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    changeset::{self, DetailDocument, HistoryDocument},
    listing::{self, DEFAULT_LIMIT, ListDocument, MAX_LIMIT},
    openapi::diff_schema,
    page,
    parameter::{MAX_ID, Parameter, Place, Shape, states},
    predecessor,
    site_facts::{self, LabelsDocument, ReplicationDocument, ViewsDocument},
};

/// A call.
pub(crate) struct Call {
    pub(crate) path: &'static str,
    /// Unique among all.
    pub(crate) operation: &'static str,
    /// One line, without a full stop.
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answers: Vec<Answer>,
    /// Statuses of problems that are the call's own.
    pub(crate) problems: &'static [u16],
    /// Whether an answer has a tag by which a client can ask whether it changed.
    pub(crate) tagged: bool,
    pub(crate) deprecated: bool,
    pub(crate) handler: MethodRouter<Arc<Ports>>,
}

/// A format of an answer.
pub(crate) struct Answer {
    pub(crate) media_type: &'static str,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

fn json<T: JsonSchema>() -> Vec<Answer> {
    vec![Answer { media_type: "application/json", schema: |generator| generator.subschema_for::<T>() }]
}

fn text(media_type: &'static str) -> Answer {
    Answer { media_type, schema: |_| json_schema!({"type": "string"}) }
}

/// For calls that are asked for with their path alone.
pub(crate) const NO_PARAMETERS: &[Parameter] = &[];

const fn query(name: &'static str, shape: Shape, example: &'static str, description: &'static str) -> Parameter {
    Parameter { name, description, shape, place: Place::Query, example }
}

/// The id in a path.
pub(crate) const ID: Parameter = Parameter {
    name: "id",
    description: "The changeset's id.",
    shape: Shape::Integer { min: 1, max: MAX_ID, default: None },
    place: Place::Path,
    example: "104481700",
};

/// The filters, and the place in the list.
pub(crate) const LIST: &[Parameter] = &[
    query("state", Shape::Words { of: states }, "DONE,OPEN", "In any of these states of the pipeline."),
    query(
        "label",
        Shape::Labels,
        "road-work,mass-deletion",
        "With any of these labels; nothing has one that is not configured.",
    ),
    query("not_label", Shape::Labels, "mass-modification", "With none of these labels."),
    query("user", Shape::Text { max: 255 }, "mmahmud", "By the author of this whole name, in upper or lower case."),
    query("uid", Shape::Integer { min: 1, max: MAX_ID, default: None }, "8867110", "By the author with this account."),
    query(
        "editor",
        Shape::Text { max: 255 },
        "josm",
        "Made with an editor whose `created_by` begins so, in upper or lower case.",
    ),
    query(
        "bbox",
        Shape::Box,
        "-170.0,-19.2,-169.7,-18.9",
        "The box of what really changed, or else the changeset's own, meets this one or touches it.",
    ),
    query("since", Shape::Moment, "2020-01-01T00:00:00Z", "Last updated at this moment or later."),
    query("until", Shape::Moment, "2100-01-01T00:00:00Z", "Last updated before this moment."),
    query(
        "min_changes",
        Shape::Integer { min: 0, max: u32::MAX as u64, default: None },
        "100",
        "With at least so many changes, as OpenStreetMap counts them.",
    ),
    query("has_comments", Shape::Flag, "true", "With a discussion, or without."),
    query(
        "q",
        Shape::Text { max: 200 },
        "tiger",
        "With these characters, in upper or lower case, in the author's name, a value of the changeset's tags (its \
         comment among them) or its discussion.",
    ),
    query(
        "limit",
        Shape::Integer { min: 1, max: MAX_LIMIT, default: Some(DEFAULT_LIMIT) },
        "5",
        "Changesets in the answer, at most.",
    ),
    query(
        "cursor",
        Shape::Cursor,
        "fffffffff7fffffffffffffff",
        "Where an earlier answer ended. Filters may be others than then.",
    ),
];

/// What one changeset can be asked with.
pub(crate) const DETAIL: &[Parameter] = &[
    ID,
    query("include", Shape::Words { of: changeset::includes }, "elements,diff", "What else the JSON document holds."),
];

const OF_ONE: &[Parameter] = &[ID];

/// The predecessor's filters.
pub(crate) const PREDECESSORS_LIST: &[Parameter] = &[
    query(
        "state",
        Shape::Words { of: predecessor::states },
        "DONE",
        "In any of these states, in the predecessor's spelling or ours.",
    ),
    query(
        "limit",
        Shape::Integer { min: 0, max: u32::MAX as u64, default: Some(0) },
        "5",
        "Changesets in the answer, at most; 0, and more than 500, for 500.",
    ),
];

/// What all calls have unless they say otherwise.
fn call(path: &'static str, operation: &'static str, handler: MethodRouter<Arc<Ports>>) -> Call {
    Call {
        path,
        operation,
        summary: "",
        description: "",
        parameters: NO_PARAMETERS,
        answers: Vec::new(),
        problems: &[],
        tagged: true,
        deprecated: false,
        handler,
    }
}

/// The table.
pub(crate) fn calls() -> Vec<Call> {
    [changesets(), facts(), health(), predecessors()].into_iter().flatten().collect()
}

fn changesets() -> Vec<Call> {
    let detail = vec![
        Answer { media_type: "application/json", schema: |generator| generator.subschema_for::<DetailDocument>() },
        Answer { media_type: "application/geo+json", schema: diff_schema },
        text("application/xml"),
    ];
    vec![
        Call {
            summary: "Changesets, those that were updated last first",
            description: "Those that the site shows. One request reads 2,000 rows at most; under a filter that passes \
                          few of them an answer may be short, or empty, and still have a cursor to go on with. A \
                          changeset that is updated while you page moves to the front: nothing is lost, and the next \
                          look at the front has it. To follow what happens, ask with `since` the newest `updated_at` that \
                          you have seen minus a minute, for it is set before the changeset is in the list, and leave \
                          out the pairs of id and version that you know.",
            parameters: LIST,
            answers: json::<ListDocument>(),
            ..call("/api/v1/changesets", "listChangesets", get(listing::list))
        },
        Call {
            summary: "One changeset and what was found about it",
            description: "Ask with Accept: as JSON; as GeoJSON both sides of what it changed; as XML the augmented diff, \
                          in the form of Overpass: `<osm>` with an `<action>` for each element. A browser, which asks \
                          for HTML, gets JSON. Until the changeset is analysed there is JSON alone, and the others \
                          are 404. `include` concerns the JSON: `elements` adds `elements`, `moved_ways` and \
                          `moved_nodes`.",
            parameters: DETAIL,
            answers: detail,
            problems: &[404, 406],
            ..call("/api/v1/changesets/{id}", "getChangeset", get(changeset::detail))
        },
        Call {
            summary: "The states that a changeset went through",
            parameters: OF_ONE,
            answers: json::<HistoryDocument>(),
            problems: &[404],
            ..call("/api/v1/changesets/{id}/history", "getChangesetHistory", get(changeset::history))
        },
    ]
}

fn facts() -> Vec<Call> {
    vec![
        Call {
            summary: "How far the changesets feed was followed",
            description: "With `lag_seconds`, which grows with each second: so does the ETag change.",
            answers: json::<ReplicationDocument>(),
            ..call("/api/v1/replication", "getReplication", get(site_facts::replication))
        },
        Call {
            summary: "The labels with their rules and thresholds",
            answers: json::<LabelsDocument<'static>>(),
            ..call("/api/v1/labels", "listLabels", get(site_facts::labels))
        },
        Call {
            summary: "The lists that the site has",
            answers: json::<ViewsDocument>(),
            ..call("/api/v1/views", "listViews", get(site_facts::views))
        },
        Call {
            summary: "Totals of the newest changesets: the summary page as JSON",
            answers: json::<SummaryDocument>(),
            ..call("/api/v1/stats", "getStats", get(site_facts::stats))
        },
        Call {
            summary: "This description, for machines",
            answers: vec![Answer { media_type: "application/json", schema: |_| json_schema!({"type": "object"}) }],
            ..call("/api/v1/openapi.json", "getOpenApi", get(page::openapi))
        },
        Call {
            summary: "This description, for people",
            answers: vec![text("text/html")],
            ..call("/api/v1/", "getReference", get(page::reference))
        },
    ]
}

fn health() -> Vec<Call> {
    vec![
        Call {
            summary: "Metrics for Prometheus",
            answers: vec![text("text/plain")],
            tagged: false,
            ..call("/metrics", "getMetrics", get(site_facts::metrics))
        },
        Call {
            summary: "Whether the process answers",
            answers: vec![text("text/plain")],
            tagged: false,
            ..call("/healthz", "getHealth", get(site_facts::healthz))
        },
        Call {
            summary: "Whether there is something to answer with",
            description: "Table and objects answer, and the first page is published; else 503.",
            answers: vec![text("text/plain")],
            tagged: false,
            ..call("/readyz", "getReadiness", get(site_facts::readyz))
        },
    ]
}

fn predecessors() -> Vec<Call> {
    let list = Call {
        summary: "Changesets, as the predecessor listed them",
        description: "The newest 500 at most. As the predecessor did, it ignores parameters that it does not have.",
        parameters: PREDECESSORS_LIST,
        answers: json::<predecessor::ListDocument>(),
        ..call("/api/v0.1/changesets", "listChangesetsV01", get(predecessor::list))
    };
    let one = Call {
        summary: "One changeset, as the predecessor gave it",
        parameters: OF_ONE,
        answers: json::<predecessor::Item>(),
        problems: &[404],
        ..call("/api/v0.1/changeset/{id}", "getChangesetV01", get(predecessor::changeset))
    };
    let pointer = Call {
        summary: "How far the feed was followed, as the predecessor described it",
        answers: json::<predecessor::Pointer>(),
        problems: &[404],
        ..call("/api/v0.1/replication", "getReplicationV01", get(predecessor::replication))
    };
    [list, one, pointer].into_iter().map(|call| Call { deprecated: true, ..call }).collect()
}
