//! Mappings, and whether a document fits one.

use serde_json::Value;

use super::Refusal;

/// Longest term that Lucene takes, in bytes.
const LONGEST_TERM: usize = 32_766;

/// The types and their settings that both servers know.
const TYPES: [(&str, &[&str]); 7] = [
    ("keyword", &["ignore_above"]),
    ("text", &[]),
    ("long", &[]),
    ("double", &[]),
    ("date", &["format"]),
    ("geo_shape", &[]),
    ("geo_point", &[]),
];

pub(super) fn check_mappings(mappings: &Value) -> Result<(), Refusal> {
    let refused = |reason: String| Err(Refusal::new(400, "mapper_parsing_exception", reason));
    for (name, field) in mappings["properties"].as_object().into_iter().flatten() {
        let Some(kind) = field["type"].as_str() else {
            check_mappings(field)?;
            continue;
        };
        let Some((_, settings)) = TYPES.iter().find(|(known, _)| *known == kind) else {
            return refused(format!("No handler for type [{kind}] declared on field [{name}]"));
        };
        let unknown =
            field.as_object().and_then(|it| it.keys().find(|key| *key != "type" && !settings.contains(&key.as_str())));
        if let Some(unknown) = unknown {
            return refused(format!("unknown parameter [{unknown}] on mapper [{name}] of type [{kind}]"));
        }
    }
    Ok(())
}

/// Whether every field of a document that the mapping has is of its type. Others are kept as they are.
pub(super) fn check(document: &Value, mappings: &Value) -> Result<(), Refusal> {
    let fields = mappings["properties"].as_object();
    for (name, mapping) in fields.into_iter().flatten() {
        for value in each(mapping, &document[name]) {
            if !fits(value, mapping)? {
                let reason = format!("failed to parse field [{name}] of type [{}]: {value}", mapping["type"]);
                return Err(Refusal::new(400, "document_parsing_exception", reason));
            }
        }
    }
    Ok(())
}

/// A field holds one value or a list of them; of a position, the list is the value.
fn each<'a>(mapping: &Value, value: &'a Value) -> Vec<&'a Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) if mapping["type"] != "geo_point" => values.iter().collect(),
        value => vec![value],
    }
}

fn fits(value: &Value, mapping: &Value) -> Result<bool, Refusal> {
    Ok(match mapping["type"].as_str() {
        None => {
            check(value, mapping)?;
            value.is_object()
        }
        Some("keyword") => value.as_str().is_some_and(|text| {
            let ignored =
                mapping["ignore_above"].as_u64().is_some_and(|most| text.encode_utf16().count() as u64 > most);
            ignored || text.len() <= LONGEST_TERM
        }),
        Some("text") => value.is_string(),
        Some("long") => value.as_i64().is_some(),
        Some("double") => value.as_f64().is_some(),
        Some("date") => value.as_str().is_some_and(is_date),
        Some("geo_point") => position(value).is_some(),
        Some("geo_shape") => is_shape(value),
        Some(_) => false,
    })
}

/// `strict_date_time_no_millis`.
fn is_date(text: &str) -> bool {
    text.len() == 20 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

fn position(value: &Value) -> Option<(f64, f64)> {
    let [lon, lat] = value.as_array()?.as_slice() else { return None };
    let (lon, lat) = (lon.as_f64()?, lat.as_f64()?);
    ((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat)).then_some((lon, lat))
}

fn is_shape(value: &Value) -> bool {
    let coordinates = &value["coordinates"];
    let two = || {
        let [a, b] = coordinates.as_array()?.as_slice() else { return None };
        Some((position(a)?, position(b)?))
    };
    match value["type"].as_str() {
        Some("point") => position(coordinates).is_some(),
        Some("linestring") => two().is_some_and(|(a, b)| a != b),
        // North-west, then south-east; without an area it cannot be cut into triangles.
        Some("envelope") => two().is_some_and(|((west, north), (east, south))| west < east && south < north),
        _ => false,
    }
}
