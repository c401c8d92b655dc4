//! Laws that hold for every input.

use std::collections::BTreeMap;

use osmtracker_analysis::{Analysis, Digest, Note, analyse, text_summary};
use osmtracker_osm::{
    Action, AugmentedAction, AugmentedChange, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementType,
    Gap, GapKind, Member, Tags, Timestamp, User, UserId, Version, WayNode,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::support::changeset;

const CHANGESET: u64 = 100;

fn tags() -> impl Strategy<Value = Tags> {
    let key = select(vec!["highway", "name", "building", "railway", "\u{202e}x", "source"]);
    let value = select(vec!["yes", "", "residential", "Brød\n<b>", "\u{1b}[31m"]);
    proptest::collection::btree_map(key, value, 0..4).prop_map(|tags| tags.into_iter().collect())
}

fn position() -> impl Strategy<Value = Coordinate> {
    (-1_800_000_000..=1_800_000_000, -900_000_000..=900_000_000).prop_map(|(lon, lat)| Coordinate { lon, lat })
}

fn data(kind: ElementType) -> BoxedStrategy<ElementData> {
    let node = (1i64..8, option::weighted(0.9, position()));
    let member = (select(ElementType::ALL.to_vec()), 1i64..5, select(vec!["", "outer", "stop"]));
    match kind {
        ElementType::Node => {
            option::weighted(0.9, position()).prop_map(|position| ElementData::Node { position }).boxed()
        }
        ElementType::Way => {
            let node = node.prop_map(|(id, position)| WayNode { id: ElementId(id), position });
            vec(node, 0..7).prop_map(|nodes| ElementData::Way { nodes }).boxed()
        }
        ElementType::Relation => {
            let member = member.prop_map(|(kind, id, role)| Member {
                kind,
                id: ElementId(id),
                role: role.into(),
                geometry: None,
            });
            vec(member, 0..7).prop_map(|members| ElementData::Relation { members }).boxed()
        }
    }
}

fn version(kind: ElementType) -> impl Strategy<Value = Element> {
    let user = option::weighted(0.8, (1u64..4, select(vec!["ann", "bob", "mapper"])));
    (tags(), data(kind), user, any::<bool>()).prop_map(|(tags, data, user, visible)| Element {
        id: ElementId(0),
        version: Version(0),
        visible,
        changeset: None,
        timestamp: Some(Timestamp(1_700_000_000)),
        user: user.map(|(uid, name)| User { uid: Some(UserId(uid)), name: name.into() }),
        tags,
        data,
    })
}

/// One to three versions of one element, with the version before the first or without.
fn steps() -> impl Strategy<Value = (ElementType, Vec<Element>, u32, bool)> {
    let kind = select(ElementType::ALL.to_vec());
    kind.prop_flat_map(|kind| (Just(kind), vec(version(kind), 2..5), 0u32..3, any::<bool>()))
}

/// A change as a source would give it: versions without gaps, deletions invisible.
fn change() -> impl Strategy<Value = AugmentedChange> {
    vec(steps(), 0..12).prop_map(|elements| {
        let actions = elements.into_iter().enumerate().flat_map(|(place, (_, versions, before, known))| {
            actions(ElementId(i64::try_from(place).unwrap() + 1), versions, before, known)
        });
        let gap = Gap { kind: GapKind::Redacted, element: None, version: None, detail: "one version".to_owned() };
        AugmentedChange { actions: actions.collect(), gaps: vec![gap] }
    })
}

fn actions(id: ElementId, mut versions: Vec<Element>, before: u32, known: bool) -> Vec<AugmentedAction> {
    for (version, place) in versions.iter_mut().zip(before..) {
        (version.id, version.version) = (id, Version(place));
        version.changeset = Some(ChangesetId(if place == before { 7 } else { CHANGESET }));
    }
    let steps = versions.windows(2).map(|pair| {
        let (old, new) = (&pair[0], &pair[1]);
        let is_first = old.version == Version(before);
        let action = match (new.version, new.visible) {
            (Version(1), _) => Action::Create,
            (_, true) => Action::Modify,
            (_, false) => Action::Delete,
        };
        let old = (action != Action::Create && (known || !is_first)).then(|| old.clone());
        AugmentedAction { action, old, new: Some(new.clone()) }
    });
    steps.collect()
}

fn found(change: AugmentedChange) -> Analysis {
    analyse(&changeset(CHANGESET, Some((1, "mapper"))), change)
}

fn by_key(tags: &Tags) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

proptest! {
    #[test]
    fn a_tag_diff_applied_to_old_gives_new(change in change()) {
        for element in found(change).elements.iter().filter(|element| element.new.is_some()) {
            let knows_old = element.old.is_some() || element.action == Action::Create;
            let mut tags = element.old.as_ref().map(|old| by_key(&old.tags)).unwrap_or_default();
            for tag in &element.tag_diff {
                let before = match &tag.new {
                    Some(new) => tags.insert(tag.key.clone(), new.clone()),
                    None => tags.remove(&tag.key),
                };
                prop_assert_eq!(&before, &tag.old);
                prop_assert_ne!(&tag.old, &tag.new);
            }
            if knows_old {
                prop_assert_eq!(tags, by_key(&element.new.as_ref().unwrap().tags));
            }
        }
    }

    #[test]
    fn the_order_of_actions_does_not_matter(change in change(), seed in any::<u64>()) {
        let mut shuffled = change.clone();
        let mut state = seed | 1;
        for place in (1..shuffled.actions.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.actions.swap(place, (state >> 33) as usize % (place + 1));
        }
        prop_assert_eq!(found(shuffled), found(change));
    }

    #[test]
    fn an_analysis_survives_json(change in change()) {
        let analysis = found(change);
        let json = serde_json::to_string(&analysis).unwrap();
        prop_assert_eq!(serde_json::from_str::<Analysis>(&json).unwrap(), analysis);
    }

    #[test]
    fn swapping_old_and_new_swaps_added_and_removed(
        (old, new) in select(ElementType::ALL.to_vec()).prop_flat_map(|kind| (version(kind), version(kind)))
    ) {
        let there = only_element(modification(&old, &new));
        let back = only_element(modification(&new, &old));
        prop_assert_eq!(there.0, back.1);
        prop_assert_eq!(there.1, back.0);
        prop_assert_eq!(there.2, back.2);
    }

    #[test]
    fn every_element_is_listed_once_in_order_and_counted_or_noted(change in change()) {
        let steps = change.actions.len();
        let analysis = found(change);
        let refs: Vec<_> = analysis.elements.iter().map(|element| element.element_ref()).collect();
        prop_assert!(refs.is_sorted_by(|a, b| a < b));
        let vanished = analysis.elements.iter().filter(|element| element.notes.contains(&Note::CreatedAndDeleted));
        prop_assert_eq!(analysis.summary.total() as usize + vanished.count(), refs.len());
        let listed: usize = analysis.elements.iter().map(|element| element.steps.len().max(1)).sum();
        prop_assert_eq!(listed, steps);
    }

    #[test]
    fn plain_text_holds_nothing_that_moves_a_cursor(change in change()) {
        let digest = Digest::of(&found(change));
        for phrase in text_summary(&changeset(CHANGESET, Some((1, "\u{1b}]0;x\u{7}"))), &digest) {
            let moves = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert_eq!(phrase.text.find(moves), None);
        }
    }
}

fn modification(old: &Element, new: &Element) -> AugmentedChange {
    let side = |element: &Element, version| Element {
        version: Version(version),
        visible: true,
        changeset: (version == 2).then_some(ChangesetId(CHANGESET)),
        ..element.clone()
    };
    let action = AugmentedAction { action: Action::Modify, old: Some(side(old, 1)), new: Some(side(new, 2)) };
    AugmentedChange { actions: vec![action], gaps: Vec::new() }
}

/// What was added, what was removed, and how much changed in both directions alike; each as sorted text.
fn only_element(change: AugmentedChange) -> (Vec<String>, Vec<String>, Vec<String>) {
    let analysis = found(change);
    let element = &analysis.elements[0];
    let (mut added, mut removed, mut alike) = (Vec::new(), Vec::new(), Vec::new());
    for tag in &element.tag_diff {
        match (&tag.old, &tag.new) {
            (None, Some(new)) => added.push(format!("{}={new}", tag.key)),
            (Some(old), None) => removed.push(format!("{}={old}", tag.key)),
            _ => alike.push(tag.key.clone()),
        }
    }
    for note in &element.notes {
        match note {
            Note::NodesAdded { nodes } => added.extend(nodes.iter().map(ToString::to_string)),
            Note::NodesRemoved { nodes } => removed.extend(nodes.iter().map(ToString::to_string)),
            Note::Reversed | Note::Reordered => alike.push(format!("{note:?}")),
            _ => {}
        }
    }
    let members = |list: Option<&Note>| match list {
        Some(Note::MembersAdded { members } | Note::MembersRemoved { members }) => {
            members.iter().map(|member| format!("{}/{}", member.kind, member.id)).collect()
        }
        _ => Vec::new(),
    };
    let note = |is: fn(&Note) -> bool| element.notes.iter().find(|note| is(note));
    added.extend(members(note(|note| matches!(note, Note::MembersAdded { .. }))));
    removed.extend(members(note(|note| matches!(note, Note::MembersRemoved { .. }))));
    [&mut added, &mut removed, &mut alike].into_iter().for_each(|list| list.sort());
    (added, removed, alike)
}
