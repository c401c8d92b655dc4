//! The shapes of `changeset` and `analysis`, so that a misspelt field is found when the program starts.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use crate::Analysis;

/// The JSON Schema of [`Analysis`]: the same that describes the published document.
static ANALYSIS: LazyLock<Json> = LazyLock::new(|| schemars::schema_for!(Analysis).to_value());

static CHANGESET: LazyLock<Json> = LazyLock::new(|| {
    let any = json!({});
    json!({ "properties": {
        "id": any, "user": any, "uid": any, "open": any, "num_changes": any, "comments_count": any,
        "created_at": any, "closed_at": any, "tags": { "additionalProperties": any },
        "bbox": { "items": any },
        "comments": { "items": { "properties": { "id": any, "date": any, "user": any, "uid": any, "text": any } } },
    } })
});

/// A place in a document's description.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    node: &'static Json,
    root: &'static Json,
}

/// What is under a field.
pub(crate) enum Field {
    /// The field is described.
    Named(Shape),
    /// Any key may be there, with this under it.
    AnyKey(Option<Shape>),
    /// There is no such field; these there are.
    Unknown(Vec<&'static str>),
}

pub(crate) fn analysis() -> Shape {
    Shape { node: &ANALYSIS, root: &ANALYSIS }
}

pub(crate) fn changeset() -> Shape {
    Shape { node: &CHANGESET, root: &CHANGESET }
}

impl Shape {
    pub(crate) fn field(self, name: &str) -> Field {
        let mut names = Vec::new();
        let mut any_key = None;
        for node in self.variants() {
            let properties = node.get("properties").and_then(Json::as_object);
            if let Some(found) = properties.and_then(|properties| properties.get(name)) {
                return Field::Named(Self { node: found, root: self.root });
            }
            names.extend(properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str)));
            if let Some(values) = node.get("additionalProperties").filter(|values| values.is_object()) {
                any_key = Some(Self { node: values, root: self.root });
            }
        }
        match any_key {
            Some(shape) => Field::AnyKey(Some(shape)),
            None if names.is_empty() => Field::AnyKey(None),
            None => Field::Unknown(names),
        }
    }

    /// What a list holds; `None` when this is not known to be a list.
    pub(crate) fn items(self) -> Option<Self> {
        let items = self.variants().into_iter().find_map(|node| node.get("items"))?;
        Some(Self { node: items, root: self.root })
    }

    /// This node, what it refers to, and all alternatives in it.
    fn variants(self) -> Vec<&'static Json> {
        let mut found = Vec::new();
        let mut open = vec![self.node];
        while let Some(node) = open.pop() {
            // No description of ours has that many; a circle of references ends here.
            if found.len() > 64 {
                break;
            }
            found.push(node);
            if let Some(name) = node.get("$ref").and_then(Json::as_str) {
                open.extend(name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)));
            }
            for key in ["oneOf", "anyOf", "allOf"] {
                open.extend(node.get(key).and_then(Json::as_array).into_iter().flatten());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(path: &str) -> Result<Option<Shape>, Vec<&'static str>> {
        let mut shape = Some(analysis());
        for step in path.split('.') {
            shape = match (shape, step) {
                (None, _) => None,
                (Some(shape), "[]") => shape.items(),
                (Some(shape), field) => match shape.field(field) {
                    Field::Named(shape) => Some(shape),
                    Field::AnyKey(shape) => shape,
                    Field::Unknown(names) => return Err(names),
                },
            };
        }
        Ok(shape)
    }

    #[test]
    fn the_fields_of_the_document_are_known_down_to_the_leaves() {
        for path in [
            "summary.delete.node",
            "summary.untagged_nodes.create",
            "tag_diff.modify.[].old",
            "elements.[].tag_diff.[].key",
            "elements.[].type",
            "elements.[].old.tags.highway",
            "elements.[].new.user",
            "elements.[].new.nodes.[].ref",
            "elements.[].geometry.distance_m",
            "elements.[].notes.[].members.[].old_role",
            "affected_users.[].elements",
            "mileage_m.created",
            "mileage_m.by_type.highway.residential.deleted",
            "extent.new.[]",
            "labels.[].evidence.[].rule",
            "gaps.[].kind",
        ] {
            assert!(walk(path).unwrap().is_some(), "{path}");
        }
        for path in ["sumary", "summary.deleted", "elements.[].tagdiff", "mileage_m.by_type.highway.residential.x"] {
            assert!(!walk(path).unwrap_err().is_empty(), "{path}");
        }
    }
}
