//! The API 0.6, as far as it is read.

use std::collections::{BTreeMap, BTreeSet};

use osmtracker_osm::{Changeset, ChangesetId, Element, ElementId, ElementRef, ElementType, Timestamp, Version};

use super::{
    RequestKind,
    reply::{Reply, XML},
    server::Server,
};
use crate::{
    history::{NoVersion, time},
    upstream::{Changesets, RecordedChangeset, as_of},
    xml::{self, ChangesetDialect},
};

/// Whole URLs over this answer 414.
const MAX_URL: usize = 8_213;
/// Changesets in one call.
const MAX_CHANGESETS: usize = 100;

/// A call of the API.
pub(super) enum ApiRequest<'a> {
    Changeset(ChangesetId, Discussion),
    Changesets(&'a str),
    Download(ChangesetId),
    Current(ElementRef),
    Version(ElementRef, Version),
    History(ElementRef),
    Full(ElementRef),
    MultiFetch(ElementType, &'a str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Discussion {
    Included,
    Left,
}

impl<'a> ApiRequest<'a> {
    /// From the part of the path after `/api/0.6/`, and the query.
    pub(super) fn parse(path: &'a str, query: &'a str) -> Option<Self> {
        let path = path.strip_suffix(".xml").unwrap_or(path);
        let segments: Vec<&str> = path.split('/').collect();
        if let ["changeset", id, rest @ ..] = segments.as_slice() {
            let id = ChangesetId(id.parse().ok()?);
            return match rest {
                [] => Some(Self::Changeset(id, discussion(query))),
                ["download"] => Some(Self::Download(id)),
                _ => None,
            };
        }
        match segments.as_slice() {
            ["changesets"] => parameter(query, "changesets").map(Self::Changesets),
            [plural] => {
                let kind = element_type(plural.strip_suffix('s')?)?;
                parameter(query, plural).map(|ids| Self::MultiFetch(kind, ids))
            }
            [kind, id, rest @ ..] => {
                let element = ElementRef { kind: element_type(kind)?, id: ElementId(id.parse().ok()?) };
                match rest {
                    [] => Some(Self::Current(element)),
                    ["history"] => Some(Self::History(element)),
                    ["full"] if element.kind != ElementType::Node => Some(Self::Full(element)),
                    [version] => Some(Self::Version(element, Version(version.parse().ok()?))),
                    _ => None,
                }
            }
            [] => None,
        }
    }

    pub(super) fn kind(&self) -> RequestKind {
        match self {
            Self::Changeset(..) => RequestKind::ChangesetRead,
            Self::Changesets(_) => RequestKind::ChangesetList,
            Self::Download(_) => RequestKind::ChangesetDownload,
            Self::Current(_) => RequestKind::ElementRead,
            Self::Version(..) => RequestKind::ElementVersion,
            Self::History(_) => RequestKind::ElementHistory,
            Self::Full(_) => RequestKind::ElementFull,
            Self::MultiFetch(..) => RequestKind::MultiFetch,
        }
    }
}

fn discussion(query: &str) -> Discussion {
    match parameter(query, "include_discussion") {
        Some("" | "false" | "0") | None => Discussion::Left,
        Some(_) => Discussion::Included,
    }
}

fn element_type(name: &str) -> Option<ElementType> {
    ElementType::ALL.into_iter().find(|kind| kind.as_str() == name)
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The parts of a list; commas may be escaped.
fn list(ids: &str) -> Vec<String> {
    ids.replace("%2C", ",").replace("%2c", ",").split(',').map(str::to_owned).collect()
}

impl Server {
    pub(super) fn api(&self, request: &ApiRequest<'_>, url_length: usize, at: Timestamp) -> Reply {
        if url_length > MAX_URL {
            return Reply::refused(414, format!("the URL has {url_length} characters, more than {MAX_URL}"));
        }
        match request {
            ApiRequest::Changeset(id, discussion) => self.changeset(*id, *discussion, at),
            ApiRequest::Changesets(ids) => self.changesets(ids, at),
            ApiRequest::Download(id) => self.download(*id, at),
            ApiRequest::Current(element) => self.current(*element, at),
            ApiRequest::Version(element, version) => match self.version(*element, *version, at) {
                Ok(version) => Reply::ok(XML, xml::elements([version])),
                Err(NoVersion::Redacted) => Reply::refused(403, format!("{element} version {version} is redacted")),
                Err(NoVersion::Unknown) => Reply::refused(404, format!("{element} has no version {version}")),
            },
            ApiRequest::History(element) => {
                let versions: Vec<_> =
                    self.upstream.history.versions(*element).iter().filter(|version| time(version) <= at).collect();
                if versions.is_empty() { not_found(*element) } else { Reply::ok(XML, xml::elements(versions)) }
            }
            ApiRequest::Full(element) => self.full(*element, at),
            ApiRequest::MultiFetch(kind, ids) => self.multi_fetch(*kind, ids, at),
        }
    }

    fn version(&self, element: ElementRef, version: Version, at: Timestamp) -> Result<&Element, NoVersion> {
        let found = self.upstream.history.version(element, version)?;
        if time(found) <= at { Ok(found) } else { Err(NoVersion::Unknown) }
    }

    fn current(&self, element: ElementRef, at: Timestamp) -> Reply {
        match self.upstream.history.current(element, at) {
            Some(version) if version.visible => Reply::ok(XML, xml::elements([version])),
            Some(_) => Reply::refused(410, format!("{element} is deleted")),
            None => not_found(element),
        }
    }

    /// All or nothing: one that is unknown or redacted makes the whole call a 404.
    fn multi_fetch(&self, kind: ElementType, ids: &str, at: Timestamp) -> Reply {
        let mut found = BTreeMap::new();
        for name in list(ids) {
            let Some((id, version)) = versioned_id(&name) else {
                return Reply::refused(400, format!("not a list of ids such as 1,2v3: {name}"));
            };
            let element = ElementRef { kind, id };
            let answer = match version {
                None => self.upstream.history.current(element, at),
                Some(version) => self.version(element, version, at).ok(),
            };
            let Some(answer) = answer else { return not_found(element) };
            found.insert((id, answer.version), answer);
        }
        Reply::ok(XML, xml::elements(found.into_values()))
    }

    /// The element and its members as they are now: nodes, ways with their nodes, and relations without theirs.
    fn full(&self, element: ElementRef, at: Timestamp) -> Reply {
        let history = &self.upstream.history;
        let root = match history.current(element, at) {
            None => return not_found(element),
            Some(root) if !root.visible => return Reply::refused(410, format!("{element} is deleted")),
            Some(root) => root,
        };
        let mut names: BTreeSet<ElementRef> = root.members().iter().map(|member| member.element_ref()).collect();
        names.insert(element);
        let ways: Vec<&Element> = names.iter().filter_map(|name| history.current(*name, at)).collect();
        let nodes = ways.iter().flat_map(|way| way.nodes());
        let nodes: Vec<ElementRef> = nodes.map(|node| ElementRef { kind: ElementType::Node, id: node.id }).collect();
        names.extend(nodes);
        let visible = names.iter().filter_map(|name| history.current(*name, at)).filter(|version| version.visible);
        Reply::ok(XML, xml::elements(visible))
    }

    fn changeset(&self, id: ChangesetId, discussion: Discussion, at: Timestamp) -> Reply {
        let document = match &self.upstream.changesets {
            Changesets::Recorded(recorded) => {
                recorded.get(&id).filter(|recorded| was_opened(recorded, at)).and_then(|recorded| match discussion {
                    Discussion::Included => Some(recorded.metadata.clone()),
                    Discussion::Left => recorded.document_without_discussion().map(Into::into),
                })
            }
            Changesets::Derived(_) => {
                let dialect = match discussion {
                    Discussion::Included => ChangesetDialect::ApiWithDiscussion,
                    Discussion::Left => ChangesetDialect::Api,
                };
                self.changeset_as_of(id, at).map(|changeset| xml::changesets([&changeset], dialect).into())
            }
        };
        document.map_or_else(|| no_changeset(id), |document: bytes::Bytes| Reply::ok(XML, document))
    }

    /// Metadata at a time; `None` when it is unknown then, or recorded.
    pub(super) fn changeset_as_of(&self, id: ChangesetId, at: Timestamp) -> Option<Changeset> {
        match &self.upstream.changesets {
            Changesets::Recorded(_) => None,
            Changesets::Derived(derived) => as_of(&self.upstream.history, derived.get(&id)?, at),
        }
    }

    /// Newest first; unknown ones are left out.
    fn changesets(&self, ids: &str, at: Timestamp) -> Reply {
        let ids: Result<BTreeSet<u64>, _> = list(ids).iter().map(|id| id.parse()).collect();
        let Ok(ids) = ids else { return Reply::refused(400, "not a list of changeset ids") };
        if ids.len() > MAX_CHANGESETS {
            return Reply::refused(400, format!("{} changesets are more than {MAX_CHANGESETS}", ids.len()));
        }
        let ids = ids.into_iter().rev().map(ChangesetId);
        Reply::ok(
            XML,
            match &self.upstream.changesets {
                Changesets::Recorded(recorded) => {
                    let known = ids.filter_map(|id| recorded.get(&id)).filter(|recorded| was_opened(recorded, at));
                    let fragments: Vec<String> = known.filter_map(RecordedChangeset::fragment).collect();
                    xml::changeset_fragments(fragments.iter().map(String::as_str))
                }
                Changesets::Derived(_) => {
                    let known: Vec<Changeset> = ids.filter_map(|id| self.changeset_as_of(id, at)).collect();
                    xml::changesets(&known, ChangesetDialect::Api)
                }
            },
        )
    }

    fn download(&self, id: ChangesetId, at: Timestamp) -> Reply {
        if let Changesets::Recorded(recorded) = &self.upstream.changesets {
            let Some(recorded) = recorded.get(&id).filter(|recorded| was_opened(recorded, at)) else {
                return no_changeset(id);
            };
            let is_complete = at == Timestamp(i64::MAX) || recorded.closed_at().is_some_and(|closed| closed <= at);
            if let (Some(download), true) = (&recorded.download, is_complete) {
                return Reply::ok(XML, download.clone());
            }
        } else if self.changeset_as_of(id, at).is_none() {
            return no_changeset(id);
        }
        let versions = self.upstream.history.changeset(id).filter(|version| time(version) <= at);
        Reply::ok(XML, xml::download(versions))
    }
}

fn was_opened(recorded: &RecordedChangeset, at: Timestamp) -> bool {
    recorded.created_at().is_none_or(|created_at| created_at <= at)
}

/// `4711` or `4711v2`.
fn versioned_id(name: &str) -> Option<(ElementId, Option<Version>)> {
    match name.split_once('v') {
        None => Some((ElementId(name.parse().ok()?), None)),
        Some((id, version)) => Some((ElementId(id.parse().ok()?), Some(Version(version.parse().ok()?)))),
    }
}

fn not_found(element: ElementRef) -> Reply {
    Reply::refused(404, format!("{element} is not there"))
}

fn no_changeset(id: ChangesetId) -> Reply {
    Reply::refused(404, format!("changeset {id} is not there"))
}
