//! The versions just before those that a changeset made.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use osmtracker_osm::{Element, ElementRef, ElementType, Gap, GapKind, Version};

use super::{
    api::{Api, History},
    multi_fetch::{Wanted, multi_fetch},
};
use crate::UpstreamError;

const REDACTED: &str = "is redacted: hidden from everyone";
const NOT_ASKED: &str = "was not asked for: too many are missing";

/// Old versions, and what of them could not be had.
pub(super) struct OldVersions {
    pub(super) elements: Vec<Element>,
    pub(super) gaps: Vec<Gap>,
}

/// Fetches versions: ⌈n/580⌉ calls for each type when all are there.
pub(super) async fn fetch(api: &Api<'_>, wanted: Vec<(ElementRef, Version)>) -> Result<OldVersions, UpstreamError> {
    let fetches = ElementType::ALL.map(|kind| {
        let of_kind = wanted.iter().filter(move |(element, _)| element.kind == kind);
        let list = of_kind.map(|(element, version)| Wanted { id: element.id, version: Some(*version) }).collect();
        fetch_kind(api, kind, list)
    });
    let mut all = OldVersions { elements: Vec::new(), gaps: Vec::new() };
    for part in try_join_all(fetches).await? {
        all.elements.extend(part.elements);
        all.gaps.extend(part.gaps);
    }
    Ok(all)
}

async fn fetch_kind(api: &Api<'_>, kind: ElementType, wanted: Vec<Wanted>) -> Result<OldVersions, UpstreamError> {
    let fetched = multi_fetch(api, kind, &wanted).await?;
    let mut absent: BTreeMap<ElementRef, Vec<Version>> = BTreeMap::new();
    for one in fetched.absent {
        absent.entry(ElementRef { kind, id: one.id }).or_default().extend(one.version);
    }
    let mut old = OldVersions { elements: fetched.elements, gaps: Vec::new() };
    for one in fetched.not_asked {
        let element = ElementRef { kind, id: one.id };
        old.gaps.extend(one.version.map(|version| gap(GapKind::MissingOld, element, version, NOT_ASKED)));
    }
    let last_resort = absent.into_iter().map(|(element, versions)| from_history(api, element, versions));
    for part in try_join_all(last_resort).await? {
        old.elements.extend(part.elements);
        old.gaps.extend(part.gaps);
    }
    Ok(old)
}

/// The last resort: the whole history of one element.
async fn from_history(
    api: &Api<'_>,
    element: ElementRef,
    versions: Vec<Version>,
) -> Result<OldVersions, UpstreamError> {
    let history = api.history(element).await?;
    let mut old = OldVersions { elements: Vec::new(), gaps: Vec::new() };
    for version in versions {
        match &history {
            History::Versions(all) => match all.iter().find(|one| one.version == version) {
                Some(found) => old.elements.push(found.clone()),
                None => old.gaps.push(gap(GapKind::Redacted, element, version, REDACTED)),
            },
            History::Hidden => {
                old.gaps.push(gap(GapKind::Redacted, element, version, REDACTED));
            }
            History::Absent => old.gaps.push(gap(GapKind::MissingOld, element, version, "is not known to the API")),
            History::NotAsked => {
                old.gaps.push(gap(GapKind::MissingOld, element, version, NOT_ASKED));
            }
        }
    }
    Ok(old)
}

fn gap(kind: GapKind, element: ElementRef, version: Version, why: &str) -> Gap {
    let detail = format!("the previous version {version} {why}");
    Gap { kind, element: Some(element), version: Some(version), detail }
}
