//! Many versions in one call. The API answers all or nothing: where one is absent or redacted, the call is a 404, and
//! the group is halved until the culprit stands alone.

use std::{collections::HashMap, fmt::Write as _};

use futures_util::future::try_join_all;
use osmtracker_osm::{Element, ElementId, ElementType, Version};

use super::api::Api;
use crate::UpstreamError;

/// Most ids in one call: what the API's longest address holds of versioned ids.
pub(super) const MAX_IDS: usize = 580;

/// Longest address that the API takes, in characters; beyond it answers 414.
const MAX_URL: usize = 8_213;

/// A version that is wanted; without a version, the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Wanted {
    pub(super) id: ElementId,
    pub(super) version: Option<Version>,
}

/// What came of a multi-fetch.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub(super) elements: Vec<Element>,
    pub(super) absent: Vec<Wanted>,
    /// In a group with an absent one, when the changeset had no extra calls left to tell which.
    pub(super) not_asked: Vec<Wanted>,
}

/// Fetches versions of elements of one type: ⌈n/580⌉ calls when all are there.
pub(super) async fn multi_fetch(api: &Api<'_>, kind: ElementType, wanted: &[Wanted]) -> Result<Fetched, UpstreamError> {
    let groups = groups(api.multi_fetch_prefix(kind), wanted);
    let parts = try_join_all(groups.into_iter().map(|group| fetch_group(api, kind, group))).await?;
    let mut fetched = Fetched::default();
    for part in parts {
        fetched.elements.extend(part.elements);
        fetched.absent.extend(part.absent);
        fetched.not_asked.extend(part.not_asked);
    }
    Ok(fetched)
}

/// As few groups as the limits allow, each of about the same size.
fn groups(prefix: usize, wanted: &[Wanted]) -> Vec<&[Wanted]> {
    let mut groups = Vec::new();
    let (mut start, mut length) = (0, prefix);
    for (at, one) in wanted.iter().enumerate() {
        let more = text_of(*one).len() + 1;
        if at > start && (at - start == MAX_IDS || length + more > MAX_URL) {
            groups.push(&wanted[start..at]);
            (start, length) = (at, prefix);
        }
        length += more;
    }
    if start < wanted.len() {
        groups.push(&wanted[start..]);
    }
    groups
}

fn text_of(wanted: Wanted) -> String {
    match wanted.version {
        Some(version) => format!("{}v{version}", wanted.id),
        None => wanted.id.to_string(),
    }
}

fn list_of(group: &[Wanted]) -> String {
    let mut list = String::new();
    for one in group {
        let comma = if list.is_empty() { "" } else { "," };
        write!(list, "{comma}{}", text_of(*one)).expect("writing to a String cannot fail");
    }
    list
}

/// A part of a group that waits to be asked for.
struct Part<'a> {
    group: &'a [Wanted],
    /// Known to hold an absent version without asking, because the whole does and its other half does not.
    is_bad: bool,
    /// The part below on the stack is the other half of the same whole.
    has_sibling: bool,
}

async fn fetch_group(api: &Api<'_>, kind: ElementType, group: &[Wanted]) -> Result<Fetched, UpstreamError> {
    let mut fetched = Fetched::default();
    let mut stack = vec![Part { group, is_bad: false, has_sibling: false }];
    while let Some(part) = stack.pop() {
        let is_half = part.group.len() < group.len();
        if !part.is_bad && is_half && !api.take_extra_call() {
            fetched.not_asked.extend(part.group);
            continue;
        }
        let answer = if part.is_bad { None } else { api.elements(kind, &list_of(part.group)).await? };
        match answer {
            Some(elements) => {
                keep(&mut fetched, part.group, elements);
                if let (true, Some(sibling)) = (part.has_sibling, stack.last_mut()) {
                    sibling.is_bad = true;
                }
            }
            None if part.group.len() == 1 => fetched.absent.push(part.group[0]),
            None => {
                let (left, right) = part.group.split_at(part.group.len() / 2);
                stack.push(Part { group: right, is_bad: false, has_sibling: false });
                stack.push(Part { group: left, is_bad: false, has_sibling: true });
            }
        }
    }
    Ok(fetched)
}

/// Keeps what was asked for; what the answer lacks is absent.
fn keep(fetched: &mut Fetched, group: &[Wanted], elements: Vec<Element>) {
    let mut by_id: HashMap<(ElementId, Option<Version>), Element> = HashMap::with_capacity(elements.len());
    let is_versioned = group.iter().any(|wanted| wanted.version.is_some());
    for element in elements {
        by_id.insert((element.id, is_versioned.then_some(element.version)), element);
    }
    for wanted in group {
        match by_id.remove(&(wanted.id, wanted.version)) {
            Some(element) => fetched.elements.push(element),
            None => fetched.absent.push(*wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(ids: impl IntoIterator<Item = i64>, version: Option<u32>) -> Vec<Wanted> {
        ids.into_iter().map(|id| Wanted { id: ElementId(id), version: version.map(Version) }).collect()
    }

    #[test]
    fn groups_hold_at_most_580_ids() {
        for (count, expected) in [(0, 0), (1, 1), (580, 1), (581, 2), (1160, 2), (1161, 3)] {
            assert_eq!(groups(60, &wanted(1..=count, Some(1))).len(), expected, "{count}");
        }
    }

    #[test]
    fn groups_keep_the_address_under_its_limit_and_lose_nothing() {
        let all = wanted(13_240_000_001..13_240_002_001, Some(12));
        let prefix = "https://api.openstreetmap.org/api/0.6/nodes?nodes=".len();
        let groups = groups(prefix, &all);
        assert_eq!(groups.concat(), all);
        assert!(groups.iter().all(|group| prefix + list_of(group).len() <= MAX_URL));
        // One more id would pass it.
        assert!(prefix + list_of(&all[..groups[0].len() + 1]).len() > MAX_URL);
    }
}
