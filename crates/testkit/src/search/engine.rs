//! Indices, templates, documents and their versions.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Refusal,
    bulk::{self, Action, VersionType},
    mapping,
};

#[derive(Debug)]
pub(super) struct Engine {
    pub(super) templates: BTreeMap<String, Value>,
    pub(super) indices: BTreeMap<String, Index>,
    /// Documents that are never taken, by id, with status and type of the error.
    pub(super) rejected: BTreeMap<String, (u16, &'static str)>,
    /// Documents that spoil the request that they are in, by id.
    pub(super) spoiling: BTreeSet<String>,
    /// Indices that are closed.
    pub(super) closed: BTreeSet<String>,
    /// Indices that answer each item of a bulk with this type of error, and can be searched.
    pub(super) unwritable: BTreeMap<String, &'static str>,
    pub(super) most_bytes: usize,
    /// Every second item of the bulk at hand fails with this status.
    pub(super) failing: Option<u16>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            templates: BTreeMap::new(),
            indices: BTreeMap::new(),
            rejected: BTreeMap::new(),
            spoiling: BTreeSet::new(),
            closed: BTreeSet::new(),
            unwritable: BTreeMap::new(),
            most_bytes: 10 << 20,
            failing: None,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Index {
    mappings: Value,
    pub(super) documents: BTreeMap<String, Document>,
    /// Versions of deleted documents. Real servers forget them after a minute.
    deleted: BTreeMap<String, u64>,
    /// What a search sees: documents as they were at the last refresh.
    visible: BTreeMap<String, Document>,
}

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) version: u64,
    pub(super) source: Value,
}

impl Engine {
    pub(super) fn put_template(&mut self, name: &str, template: Value, is_new: bool) -> Result<Value, Refusal> {
        let refused = |reason: String| Err(Refusal::new(400, "illegal_argument_exception", reason));
        if is_new && self.templates.contains_key(name) {
            return refused(format!("index template [{name}] already exists"));
        }
        let known = ["index_patterns", "priority", "version", "_meta", "template", "composed_of", "data_stream"];
        if let Some(unknown) = template.as_object().and_then(|it| it.keys().find(|key| !known.contains(&key.as_str())))
        {
            return refused(format!("unknown field [{unknown}]"));
        }
        if !template["index_patterns"].as_array().is_some_and(|patterns| patterns.iter().all(Value::is_string)) {
            return refused("index patterns are missing".to_owned());
        }
        mapping::check_mappings(&template["template"]["mappings"])?;
        self.templates.insert(name.to_owned(), template);
        Ok(json!({ "acknowledged": true }))
    }

    pub(super) fn create_index(&mut self, name: &str) -> Result<Value, Refusal> {
        if self.indices.contains_key(name) {
            let reason = format!("index [{name}] already exists");
            return Err(Refusal::new(400, "resource_already_exists_exception", reason));
        }
        let fits =
            |template: &&Value| template["index_patterns"].as_array().is_some_and(|it| it.contains(&json!(name)));
        let template = self.templates.values().find(fits);
        let mappings = template.map(|template| template["template"]["mappings"].clone()).unwrap_or_default();
        self.indices.insert(name.to_owned(), Index { mappings, ..Index::default() });
        Ok(json!({ "acknowledged": true, "index": name }))
    }

    fn index(&mut self, name: &str) -> Result<&mut Index, Refusal> {
        let absent = || Refusal::new(404, "index_not_found_exception", format!("no such index [{name}]"));
        self.indices.get_mut(name).ok_or_else(absent)
    }

    fn open_index(&mut self, name: &str) -> Result<&mut Index, Refusal> {
        if self.closed.contains(name) {
            return Err(Refusal::new(400, "index_closed_exception", "closed"));
        }
        self.index(name)
    }

    pub(super) fn refresh(&mut self, name: &str) -> Result<Value, Refusal> {
        let index = self.open_index(name)?;
        index.visible = index.documents.clone();
        Ok(json!({ "_shards": { "failed": 0 } }))
    }

    /// Lists documents by `id`: many without their content, or the first one with it.
    pub(super) fn search(&mut self, name: &str, query: &Value) -> Result<Value, Refusal> {
        let refused = |reason: &str| Refusal::new(400, "parsing_exception", reason);
        let size =
            query["size"].as_u64().filter(|size| *size <= 10_000).ok_or_else(|| refused("[size] is over 10,000"))?;
        let has_source = query["_source"] != json!(false);
        if query["sort"] != json!([{ "id": "asc" }]) || query["version"] != json!(true) || (has_source && size != 1) {
            return Err(refused("only lists of ids with versions, by id, and the first document are answered here"));
        }
        let after = query["search_after"][0].as_u64();
        let index = self.open_index(name)?;
        let mut hits: Vec<_> = index
            .visible
            .iter()
            .filter_map(|(id, document)| Some((document.source["id"].as_u64()?, id, document)))
            .filter(|(sort, ..)| after.is_none_or(|after| *sort > after))
            .collect();
        hits.sort_unstable_by_key(|(sort, id, _)| (*sort, *id));
        let hits: Vec<_> = hits
            .into_iter()
            .take(usize::try_from(size).unwrap_or(usize::MAX))
            .map(|(sort, id, Document { version, source })| {
                let mut hit = json!({ "_index": name, "_id": id, "_version": version, "sort": [sort] });
                if has_source {
                    hit["_source"] = source.clone();
                }
                hit
            })
            .collect();
        Ok(json!({ "hits": { "hits": hits } }))
    }

    pub(super) fn bulk(&mut self, name: &str, body: &Bytes) -> Result<Value, Refusal> {
        if body.len() > self.most_bytes {
            return Err(Refusal::new(413, "too_large", "the body is too large"));
        }
        let actions = bulk::parse(body)?;
        if actions.iter().any(|action| self.spoiling.contains(&action.id)) {
            return Err(Refusal::new(400, "parse_exception", "as asked for"));
        }
        let (failing, rejected) = (self.failing, self.rejected.clone());
        // These answer for each document, not for the request.
        let shut = if self.closed.contains(name) { Some("index_closed_exception") } else { None };
        let shut = shut.or(self.unwritable.get(name).copied());
        let index = self.index(name)?;
        let mut items = Vec::new();
        for (place, action) in actions.into_iter().enumerate() {
            let (word, id) = (action.word(), action.id.clone());
            let failing = failing.filter(|_| place % 2 == 0);
            let done = match (shut, failing, rejected.get(&id)) {
                (Some(kind), ..) => Err(Refusal::new(400, kind, "as asked for")),
                (_, Some(status), _) => Err(Refusal::new(status, "unavailable_shards_exception", "as asked for")),
                (.., Some((status, kind))) => Err(Refusal::new(*status, kind, "failed to parse field [comment]")),
                _ => index.apply(action),
            };
            let item = match done {
                Ok((status, result)) => json!({ "_index": name, "_id": id, "status": status, "result": result }),
                Err(Refusal { status, kind, reason }) => {
                    json!({ "_index": name, "_id": id, "status": status, "error": { "type": kind, "reason": reason } })
                }
            };
            items.push(json!({ word: item }));
        }
        let errors = items.iter().any(|item| item.to_string().contains("\"error\""));
        Ok(json!({ "took": 1, "errors": errors, "items": items }))
    }
}

impl Index {
    fn apply(&mut self, action: Action) -> Result<(u16, &'static str), Refusal> {
        let Action { id, version, version_type, source } = action;
        let current = self.documents.get(&id).map(|document| document.version).or(self.deleted.get(&id).copied());
        let wins = |current: u64| match version_type {
            VersionType::External => version > current,
            VersionType::ExternalGte => version >= current,
        };
        if let Some(current) = current.filter(|current| !wins(*current)) {
            let reason =
                format!("[{id}]: current version [{current}] is higher or equal to the one provided [{version}]");
            return Err(Refusal::new(409, "version_conflict_engine_exception", reason));
        }
        match source {
            Some(source) => {
                mapping::check(&source, &self.mappings)?;
                self.deleted.remove(&id);
                let before = self.documents.insert(id, Document { version, source });
                Ok(if before.is_some() { (200, "updated") } else { (201, "created") })
            }
            None => {
                let before = self.documents.remove(&id);
                self.deleted.insert(id, version);
                Ok(if before.is_some() { (200, "deleted") } else { (404, "not_found") })
            }
        }
    }
}
