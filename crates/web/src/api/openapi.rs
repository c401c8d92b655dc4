//! The OpenAPI 3.1 document.

use aide::openapi::{
    Components, Contact, Header, Info, License, MediaType, OpenApi, Operation, Parameter as Documented, ParameterData,
    ParameterSchemaOrContent, PathItem, PathStyle, Paths, QueryStyle, ReferenceOr, Response, Responses, SchemaObject,
    Server, StatusCode,
};
use osmtracker_analysis::Digest;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Value, json};

use super::{
    calls::{Call, calls},
    parameter::{Parameter, Place, Shape},
};
use crate::problem::Problem;

const SCHEMAS: &str = "#/components/schemas/";

/// The name of the schema of `diff.geojson`.
const DIFF: &str = "Diff";

/// The document, as JSON with two spaces of indentation.
pub(crate) fn document() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Paths::default();
    for call in calls() {
        let operation = operation(&call, &mut generator);
        let item = PathItem { get: Some(operation), ..PathItem::default() };
        paths.paths.insert(call.path.to_owned(), ReferenceOr::Item(item));
    }
    let problem = generator.subschema_for::<Problem>();
    let responses = problems().map(|(status, words)| {
        (format!("Problem{status}"), ReferenceOr::Item(problem_response(status, words, &problem)))
    });
    let definitions = generator.take_definitions(true);
    let schemas = definitions.into_iter().chain(diff_schemas());
    let components = Components {
        schemas: schemas.map(|(name, schema)| (name, object(schema.try_into().unwrap_or_default()))).collect(),
        responses: responses.collect(),
        ..Components::default()
    };
    let servers = vec![Server { url: "/".to_owned(), ..Server::default() }];
    let (info, paths, components) = (info(), Some(paths), Some(components));
    let document = OpenApi { info, servers, paths, components, ..OpenApi::default() };
    let document = serde_json::to_value(&document).expect("plain data with text keys");
    let mut json = serde_json::to_string_pretty(&for_strangers(document)).expect("plain data with text keys");
    json.push('\n');
    json
}

/// Without what concerns readers of the code alone: links of its documentation, and that some of it is also read, where
/// unknown fields are refused. Answers may get fields.
fn for_strangers(document: Value) -> Value {
    match document {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, value)| !(name == "additionalProperties" && *value == false))
            .map(|(name, value)| match value {
                Value::String(text) if name == "description" => (name, json!(without_links(&text))),
                value => (name, for_strangers(value)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(for_strangers).collect(),
        other => other,
    }
}

fn without_links(text: &str) -> String {
    let text = text.replace("[`Digest::TAGS`]", &Digest::TAGS.to_string());
    let text = text.replace("[`Digest::USERS`]", &Digest::USERS.to_string());
    text.replace("[`", "`").replace("`]", "`")
}

fn info() -> Info {
    Info {
        title: "osmtracker".to_owned(),
        version: "1".to_owned(),
        summary: Some("What OpenStreetMap changesets really changed".to_owned()),
        description: Some(
            "GET and HEAD alone. Data © OpenStreetMap contributors, ODbL 1.0. Fields may be added; a field that changes \
             its meaning or goes away raises `schema`, which is 1 now, and paths then get another version. A field without \
             a value is left out, unless it is required. Ask again with the ETag in If-None-Match: what did not change \
             costs a 304. Answers come compressed, with br or gzip, to those who accept it. How many requests a client \
             may make is up to the operator (600 a minute, unless said otherwise); beyond, 429 says when to go on. \
             Headers of tens of KB are refused with 431 and no words."
                .to_owned(),
        ),
        contact: Some(Contact {
            url: Some(env!("CARGO_PKG_REPOSITORY").to_owned()),
            ..Contact::default()
        }),
        license: Some(License {
            name: "ODbL-1.0".to_owned(),
            identifier: Some("ODbL-1.0".to_owned()),
            ..License::default()
        }),
        ..Info::default()
    }
}

fn operation(call: &Call, generator: &mut SchemaGenerator) -> Operation {
    let content = call.answers.iter().map(|answer| {
        let schema = Some(object((answer.schema)(generator)));
        (answer.media_type.to_owned(), MediaType { schema, ..MediaType::default() })
    });
    let mut ok = Response { description: "The answer.".to_owned(), content: content.collect(), ..Response::default() };
    if call.tagged {
        ok.headers.insert("ETag".to_owned(), ReferenceOr::Item(etag()));
    }
    let mut responses = Responses::default();
    responses.responses.insert(StatusCode::Code(200), ReferenceOr::Item(ok));
    if call.tagged {
        let words = "The client has this answer: it gave its ETag in If-None-Match.";
        let unchanged = Response { description: words.to_owned(), ..Response::default() };
        responses.responses.insert(StatusCode::Code(304), ReferenceOr::Item(unchanged));
    }
    for (status, _) in problems().filter(|(status, _)| is_possible(call, *status)) {
        let reference = ReferenceOr::ref_(&format!("#/components/responses/Problem{status}"));
        responses.responses.insert(StatusCode::Code(status), reference);
    }
    Operation {
        operation_id: Some(call.operation.to_owned()),
        summary: Some(call.summary.to_owned()),
        description: (!call.description.is_empty()).then(|| call.description.to_owned()),
        parameters: call.parameters.iter().map(parameter).map(ReferenceOr::Item).collect(),
        responses: Some(responses),
        deprecated: call.deprecated,
        ..Operation::default()
    }
}

/// All problems and what they mean.
fn problems() -> impl Iterator<Item = (u16, &'static str)> {
    [
        (
            400,
            "A parameter is not what it may be: the answer names it and its limits. Or the call has no such parameter: \
             then it names those that there are.",
        ),
        (404, "There is nothing of that name here."),
        (405, "Only GET and HEAD are answered."),
        (406, "None of the formats that are asked for can be had."),
        (413, "The request has a body, which no call takes."),
        (414, "The address is too long."),
        (429, "Too many requests; Retry-After says when to go on."),
        (500, "What is stored cannot be read."),
        (503, "The storage does not answer, or not in time; Retry-After says when to try again."),
    ]
    .into_iter()
}

fn is_possible(call: &Call, status: u16) -> bool {
    match status {
        404 | 406 => call.problems.contains(&status),
        // What watches the process is asked often, and with anything.
        400 | 429 => call.path.starts_with("/api/"),
        _ => true,
    }
}

fn problem_response(status: u16, words: &str, schema: &Schema) -> Response {
    let schema = Some(object(schema.clone()));
    let content = ("application/problem+json".to_owned(), MediaType { schema, ..MediaType::default() });
    let mut response =
        Response { description: words.to_owned(), content: [content].into_iter().collect(), ..Response::default() };
    let header = match status {
        405 => Some(("Allow", json_schema!({"type": "string"}))),
        429 | 503 => Some(("Retry-After", json_schema!({"type": "integer", "minimum": 1}))),
        _ => None,
    };
    if let Some((name, schema)) = header {
        response.headers.insert(name.to_owned(), ReferenceOr::Item(documented_header(schema)));
    }
    response
}

fn etag() -> Header {
    documented_header(json_schema!({"type": "string"}))
}

fn documented_header(schema: Schema) -> Header {
    Header {
        description: None,
        style: Default::default(),
        required: false,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(object(schema)),
        example: None,
        examples: Default::default(),
        extensions: Default::default(),
    }
}

fn parameter(parameter: &Parameter) -> Documented {
    let explode = (parameter.shape.is_list()).then_some(false);
    let parameter_data = ParameterData {
        name: parameter.name.to_owned(),
        description: Some(format!("{} May be {}.", parameter.description, parameter.shape.limits())),
        required: parameter.place == Place::Path,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(object(parameter.shape.schema())),
        example: Some(example(parameter)),
        examples: Default::default(),
        explode,
        extensions: Default::default(),
    };
    match parameter.place {
        Place::Query => Documented::Query {
            parameter_data,
            allow_reserved: false,
            style: QueryStyle::Form,
            allow_empty_value: None,
        },
        Place::Path => Documented::Path { parameter_data, style: PathStyle::Simple },
    }
}

/// The example as the type that the schema asks for.
fn example(parameter: &Parameter) -> Value {
    let text = parameter.example;
    let parsed = |text: &str| serde_json::from_str(text).expect("examples are of their type");
    match parameter.shape {
        Shape::Integer { .. } | Shape::Flag => parsed(text),
        Shape::Box => parsed(&format!("[{text}]")),
        Shape::Words { .. } | Shape::Labels => json!(text.split(',').collect::<Vec<_>>()),
        Shape::Text { .. } | Shape::Moment | Shape::Cursor => json!(text),
    }
}

/// The schema of `diff.geojson`, wherever one is.
pub(super) fn diff_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"$ref": format!("{SCHEMAS}{DIFF}")})
}

/// The schema of `diff.geojson`, which the pages define, and those that it refers to.
fn diff_schemas() -> Vec<(String, Value)> {
    let mut schemas = osmtracker_pages::schemas();
    let mut root = schemas.remove("diff.geojson").unwrap_or_default().to_value();
    let definitions = root.as_object_mut().and_then(|root| {
        root.remove("$schema");
        root.remove("title");
        root.remove("$defs")
    });
    let mut found = vec![(DIFF.to_owned(), moved(root))];
    if let Some(Value::Object(definitions)) = definitions {
        found.extend(definitions.into_iter().map(|(name, schema)| (name, moved(schema))));
    }
    found
}

/// With references to where the schemas now stand.
fn moved(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(place) if name == "$ref" => (name, json!(place.replace("#/$defs/", SCHEMAS))),
                value => (name, moved(value)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(moved).collect(),
        other => other,
    }
}

fn object(json_schema: Schema) -> SchemaObject {
    SchemaObject { json_schema, external_docs: None, example: None }
}
