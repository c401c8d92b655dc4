//! Elements as they were at a moment: the current version, or for those changed since an earlier one.

use futures_util::future::try_join_all;
use osmtracker_osm::{Element, ElementId, ElementRef, ElementType, Timestamp, Version};

use super::{
    api::{Api, History},
    multi_fetch::{Wanted, multi_fetch},
    time,
};
use crate::UpstreamError;

/// Rounds of "the version before, of all that are still too new" before histories are asked for.
const STEPS_BACK: u32 = 5;

/// So few are cheaper by history: one call each and done.
const FEW: usize = 2;

/// Elements at a moment.
#[derive(Default)]
pub(super) struct AsOf {
    pub(super) elements: Vec<Element>,
    /// Those of which no fitting version can be seen.
    pub(super) absent: Vec<ElementId>,
}

/// Elements of one type as they were at `end`: ⌈n/580⌉ calls when none was changed since.
///
/// For a node: its last position at or before `end`, else its first one at all.
pub(super) async fn as_of(
    api: &Api<'_>,
    kind: ElementType,
    ids: &[ElementId],
    end: Timestamp,
) -> Result<AsOf, UpstreamError> {
    let mut result = AsOf::default();
    let mut wanted: Vec<Wanted> = ids.iter().map(|id| Wanted { id: *id, version: None }).collect();
    let mut by_history = Vec::new();
    for round in 0..=STEPS_BACK {
        let fetched = multi_fetch(api, kind, &wanted).await?;
        result.absent.extend(fetched.not_asked.iter().map(|wanted| wanted.id));
        for absent in fetched.absent {
            // A current version that is absent has no history either.
            let list = if absent.version.is_some() { &mut by_history } else { &mut result.absent };
            list.push(absent.id);
        }
        wanted.clear();
        for element in fetched.elements {
            match earlier(&element, end) {
                None => result.elements.push(element),
                Some(version) => wanted.push(Wanted { id: element.id, version: Some(version) }),
            }
        }
        if wanted.len() <= FEW || round == STEPS_BACK {
            break;
        }
    }
    by_history.extend(wanted.iter().map(|wanted| wanted.id));
    let histories = by_history.into_iter().map(|id| from_history(api, ElementRef { kind, id }, end));
    for (id, found) in try_join_all(histories).await? {
        match found {
            Some(element) => result.elements.push(element),
            None => result.absent.push(id),
        }
    }
    result.absent.sort();
    Ok(result)
}

/// The version to look at instead of this one; `None` when this one is it, or the first.
fn earlier(element: &Element, end: Timestamp) -> Option<Version> {
    if fits(element, end) || element.version <= Version(1) { None } else { Some(Version(element.version.0 - 1)) }
}

fn fits(element: &Element, end: Timestamp) -> bool {
    time(element) <= end && has_place(element)
}

/// A deleted node still lies where it lay; a deleted way lies nowhere.
fn has_place(element: &Element) -> bool {
    element.kind() != ElementType::Node || element.position().is_some()
}

async fn from_history(
    api: &Api<'_>,
    element: ElementRef,
    end: Timestamp,
) -> Result<(ElementId, Option<Element>), UpstreamError> {
    let found = match api.history(element).await? {
        History::Versions(mut versions) => {
            let at = versions.iter().rposition(|version| fits(version, end));
            at.or_else(|| versions.iter().position(has_place)).map(|at| versions.swap_remove(at))
        }
        History::Hidden | History::Absent | History::NotAsked => None,
    };
    Ok((element.id, found))
}
