//! Finds the labels whose area may meet a box, however many areas there are.

use osmtracker_osm::{BoundingBox, Coordinate};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

type Entry = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Half the earth around, in 1e-7 degrees.
const ANTIMERIDIAN: i32 = 1_800_000_000;

pub(crate) struct AreaIndex {
    tree: RTree<Entry>,
}

impl AreaIndex {
    /// From labels' numbers and the boxes of their areas.
    pub(crate) fn new(areas: impl Iterator<Item = (usize, BoundingBox)>) -> Self {
        Self { tree: RTree::bulk_load(areas.map(|(number, bounds)| Entry::new(rectangle(bounds), number)).collect()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tree.size() == 0
    }

    /// Calls with each label whose area's box meets the given one; at the antimeridian also from the other side.
    pub(crate) fn meeting(&self, bounds: BoundingBox, mut found: impl FnMut(usize)) {
        let at_edge = |lon: i32| bounds.min.lon == lon || bounds.max.lon == lon;
        if at_edge(ANTIMERIDIAN) || at_edge(-ANTIMERIDIAN) {
            // Such boxes are rare: one look from both sides, each label once.
            let meridian = |lon| {
                let corner = |lat| Coordinate { lon, lat };
                BoundingBox { min: corner(bounds.min.lat), max: corner(bounds.max.lat) }
            };
            let mut numbers: Vec<usize> = [bounds, meridian(ANTIMERIDIAN), meridian(-ANTIMERIDIAN)]
                .into_iter()
                .flat_map(|part| self.tree.locate_in_envelope_intersecting(&envelope(part)).map(|entry| entry.data))
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.into_iter().for_each(found);
            return;
        }
        self.tree.locate_in_envelope_intersecting(&envelope(bounds)).for_each(|entry| found(entry.data));
    }
}

fn corners(bounds: BoundingBox) -> [[f64; 2]; 2] {
    [bounds.min, bounds.max].map(|corner| [f64::from(corner.lon), f64::from(corner.lat)])
}

fn rectangle(bounds: BoundingBox) -> Rectangle<[f64; 2]> {
    let [min, max] = corners(bounds);
    Rectangle::from_corners(min, max)
}

fn envelope(bounds: BoundingBox) -> AABB<[f64; 2]> {
    let [min, max] = corners(bounds);
    AABB::from_corners(min, max)
}
