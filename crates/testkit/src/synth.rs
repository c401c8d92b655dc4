//! Made-up editing at a chosen rate, the same for the same seed: for load, and for tests that need many changesets.
//!
//! Mappers put up buildings, roads and shops in a small area, retag, move, reshape and delete them, collect them in
//! relations, talk about it, and have names and comments that try to break out of every document they get into. Nodes
//! in use are never deleted and versions have no gaps, as the API sees to it.

use std::ops::RangeInclusive;

use osmtracker_osm::{Changeset, ChangesetId, Comment, Coordinate, Element, Tags, Timestamp, User, UserId};

use crate::{FeedPlan, History, Upstream};

mod random;
mod texts;
mod world;

use random::Random;
use world::{Edit, World};

/// What to make up.
#[derive(Clone, Debug, PartialEq)]
pub struct SynthOptions {
    /// Another seed, another world.
    pub seed: u64,
    /// When the first minute begins.
    pub start: Timestamp,
    /// How many minutes of editing.
    pub minutes: u32,
    /// Changesets opened in a minute on average; about 45 in the whole of OSM.
    pub changesets_per_minute: f64,
    /// Elements in a changeset: most are near the lower end, every hundredth within a quarter of the upper one.
    pub elements: RangeInclusive<u32>,
    /// Around where they map; within about 10 km.
    pub center: Coordinate,
}

impl Default for SynthOptions {
    /// Ten minutes in Copenhagen on 2026-11-01, five changesets a minute of 1 to 200 elements.
    fn default() -> Self {
        Self {
            seed: 1,
            start: Timestamp(1_793_520_000),
            minutes: 10,
            changesets_per_minute: 5.0,
            elements: 1..=200,
            center: Coordinate { lon: 125_700_000, lat: 556_800_000 },
        }
    }
}

/// Makes up an upstream: its history, the metadata of its changesets, and feeds with a file for each minute.
#[must_use]
pub fn upstream(options: &SynthOptions) -> Upstream {
    let (versions, changesets) = edits(options);
    let history = History::from_elements(versions);
    let changesets = changesets
        .into_iter()
        .map(|changeset| Changeset {
            bounds: history.bounds(history.changeset(changeset.id)),
            num_changes: u32::try_from(history.changeset(changeset.id).count()).unwrap_or(u32::MAX),
            ..changeset
        })
        .collect();
    Upstream::from_history(history, changesets, FeedPlan::EveryMinute)
}

/// One changeset to come.
struct Plan {
    id: ChangesetId,
    user: User,
    created_at: Timestamp,
    /// When elements arrive, and how many.
    uploads: Vec<(Timestamp, u32)>,
    closed_at: Timestamp,
}

/// The first changeset; ids go up from here in the order of opening.
const FIRST_CHANGESET: u64 = 170_000_001;

fn edits(options: &SynthOptions) -> (Vec<Element>, Vec<Changeset>) {
    let mut random = Random::new(options.seed);
    let plans = plans(options, &mut random);
    let mut uploads: Vec<(Timestamp, u32, &Plan)> =
        plans.iter().flat_map(|plan| plan.uploads.iter().map(move |(time, count)| (*time, *count, plan))).collect();
    uploads.sort_by_key(|(time, _, plan)| (*time, plan.id));
    let mut world = World::new(options.center);
    for (timestamp, count, plan) in uploads {
        let edit = Edit { changeset: plan.id, timestamp, user: plan.user.clone() };
        world.upload(&edit, count, &mut random);
    }
    let changesets = plans.iter().map(|plan| changeset(plan, &mut random)).collect();
    (world.into_versions(), changesets)
}

fn plans(options: &SynthOptions, random: &mut Random) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut owed = 0.0;
    for minute in 0..options.minutes {
        owed += options.changesets_per_minute;
        let begin = options.start.plus_seconds(i64::from(minute) * 60);
        let mut seconds: Vec<i64> = std::iter::from_fn(|| {
            (owed >= 1.0).then(|| {
                owed -= 1.0;
                i64::from(random.below(60))
            })
        })
        .collect();
        seconds.sort_unstable();
        for second in seconds {
            let id = ChangesetId(FIRST_CHANGESET + plans.len() as u64);
            plans.push(plan(id, begin.plus_seconds(second), &options.elements, random));
        }
    }
    plans
}

fn plan(id: ChangesetId, created_at: Timestamp, elements: &RangeInclusive<u32>, random: &mut Random) -> Plan {
    let number = random.below(u32::try_from(texts::USERS.len()).expect("a short list"));
    let user = User { uid: Some(UserId(1_000 + u64::from(number))), name: texts::USERS[number as usize].into() };
    let count = size(elements, random);
    let first = created_at.plus_seconds(1 + i64::from(random.below(20)));
    let mut uploads = vec![(first, count)];
    if count > 1 && random.one_in(5) {
        let second = first.plus_seconds(30 + i64::from(random.below(200)));
        uploads = vec![(first, count / 2), (second, count - count / 2)];
    }
    let last = uploads[uploads.len() - 1].0;
    let closed_at = last.plus_seconds(if random.one_in(10) { 3_600 } else { i64::from(random.below(5)) });
    Plan { id, user, created_at, uploads, closed_at }
}

/// Few are large: the logarithm of the size goes with the cube of an even draw.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two u32 values")]
fn size(elements: &RangeInclusive<u32>, random: &mut Random) -> u32 {
    let (least, most) = (f64::from((*elements.start()).max(1)), f64::from((*elements.end()).max(1)));
    let size = least * (most / least).powf(random.unit().powi(3));
    (size.round() as u32).clamp(*elements.start(), *elements.end())
}

fn changeset(plan: &Plan, random: &mut Random) -> Changeset {
    let mut tags = Tags::new();
    if !random.one_in(8) {
        tags.push("comment", random.pick(texts::COMMENTS));
    }
    tags.push("created_by", random.pick(texts::EDITORS));
    if random.one_in(3) {
        tags.push("source", random.pick(texts::SOURCES));
    }
    let discussion = discussion(plan, random);
    Changeset {
        id: plan.id,
        created_at: plan.created_at,
        closed_at: Some(plan.closed_at),
        open: false,
        user: Some(plan.user.clone()),
        bounds: None,
        num_changes: 0,
        comments_count: u32::try_from(discussion.len()).unwrap_or(u32::MAX),
        tags,
        discussion,
    }
}

fn discussion(plan: &Plan, random: &mut Random) -> Vec<Comment> {
    if !random.one_in(12) {
        return Vec::new();
    }
    (0..=random.below(2))
        .map(|number| Comment {
            id: Some(plan.id.0 * 10 + u64::from(number)),
            date: plan.closed_at.plus_seconds(60 + i64::from(number) * 90),
            user: Some(plan.user.clone()),
            text: random.pick(texts::REMARKS).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use osmtracker_osm::{Action, ElementRef, ElementType};

    use super::*;
    use crate::augmented::action_of;

    #[test]
    fn the_same_seed_makes_the_same_world() {
        let options = SynthOptions::default();
        assert_eq!(edits(&options), edits(&options));
        assert_ne!(edits(&options), edits(&SynthOptions { seed: 2, ..options }));
    }

    #[test]
    fn rate_and_sizes_are_as_asked() {
        let options =
            SynthOptions { minutes: 20, changesets_per_minute: 2.5, elements: 3..=40, ..SynthOptions::default() };
        let upstream = upstream(&options);
        assert_eq!(upstream.changeset_ids().len(), 50);
        for id in upstream.changeset_ids() {
            let count = upstream.history().changeset(id).count();
            assert!((3..=40).contains(&count), "changeset {id} has {count} elements");
        }
    }

    #[test]
    fn the_api_would_have_accepted_it() {
        let upstream = upstream(&SynthOptions { minutes: 30, ..SynthOptions::default() });
        let history = upstream.history();
        for version in upstream.changeset_ids().into_iter().flat_map(|id| history.changeset(id)) {
            assert_eq!(version.version.0 > 1, history.previous(version).is_some(), "no gaps: {version:?}");
            let at = version.timestamp.unwrap();
            for node in version.nodes() {
                let node = ElementRef { kind: ElementType::Node, id: node.id };
                assert!(history.current(node, at).is_some_and(|node| node.visible), "{node} of {version:?}");
            }
        }
    }

    #[test]
    fn every_action_on_every_type_occurs() {
        let upstream = upstream(&SynthOptions { minutes: 60, ..SynthOptions::default() });
        let history = upstream.history();
        let versions = upstream.changeset_ids().into_iter().flat_map(|id| history.changeset(id));
        let seen: BTreeSet<_> = versions.map(|version| (action_of(version), version.kind())).collect();
        assert_eq!(seen.len(), Action::ALL.len() * ElementType::ALL.len(), "{seen:?}");
    }
}
