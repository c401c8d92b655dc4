//! Exact tests on integer coordinates. 128 bits hold every product of two differences.

use std::cmp::Ordering;

use osmtracker_osm::{BoundingBox, Coordinate};

/// A straight piece of an outline or of a way. Not a single point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) a: Coordinate,
    pub(crate) b: Coordinate,
}

impl Segment {
    pub(crate) fn bounds(self) -> BoundingBox {
        BoundingBox::of(self.a).including(self.b)
    }

    /// On which side of the line through this segment a position lies; `Equal` on the line.
    pub(crate) fn side(self, position: Coordinate) -> Ordering {
        let [ax, ay, bx, by] = [self.a.lon, self.a.lat, self.b.lon, self.b.lat].map(i128::from);
        let [x, y] = [position.lon, position.lat].map(i128::from);
        ((bx - ax) * (y - ay)).cmp(&((by - ay) * (x - ax)))
    }

    /// Whether the position is one of this segment's.
    pub(crate) fn passes(self, position: Coordinate) -> bool {
        holds(self.bounds(), position) && self.side(position).is_eq()
    }

    /// Whether the two have a position in common, ends included.
    pub(crate) fn meets(self, other: Self) -> bool {
        let apart = |line: Self, ends: Self| {
            let sides = (line.side(ends.a), line.side(ends.b));
            matches!(sides, (Ordering::Less, Ordering::Less) | (Ordering::Greater, Ordering::Greater))
        };
        self.bounds().intersects(other.bounds()) && !apart(self, other) && !apart(other, self)
    }

    /// Whether the two have a position in common, the box's edges included.
    pub(crate) fn meets_box(self, area: BoundingBox) -> bool {
        self.bounds().intersects(area) && !corners_on(self, area, |side, first| side == first && side.is_ne())
    }

    /// Whether a position of this segment is inside the box, its edges not included.
    pub(crate) fn enters_box(self, area: BoundingBox) -> bool {
        let own = self.bounds();
        own.min.lon < area.max.lon
            && area.min.lon < own.max.lon
            && own.min.lat < area.max.lat
            && area.min.lat < own.max.lat
            && {
                let sides = corners(area).map(|corner| self.side(corner));
                sides.contains(&Ordering::Less) && sides.contains(&Ordering::Greater)
            }
    }
}

/// Whether all corners of the box stand to the segment as asked, compared with the first corner.
fn corners_on(segment: Segment, area: BoundingBox, test: impl Fn(Ordering, Ordering) -> bool) -> bool {
    let first = segment.side(area.min);
    corners(area).into_iter().all(|corner| test(segment.side(corner), first))
}

pub(crate) fn corners(area: BoundingBox) -> [Coordinate; 4] {
    [
        area.min,
        Coordinate { lon: area.max.lon, lat: area.min.lat },
        area.max,
        Coordinate { lon: area.min.lon, lat: area.max.lat },
    ]
}

/// Whether the box holds the position, edges included.
pub(crate) fn holds(area: BoundingBox, position: Coordinate) -> bool {
    area.intersects(BoundingBox::of(position))
}

/// Whether the first box holds the whole second one.
pub(crate) fn holds_box(area: BoundingBox, other: BoundingBox) -> bool {
    holds(area, other.min) && holds(area, other.max)
}
