use osmtracker_osm::BoundingBox;

use super::land;
use crate::{Entry, geojson::box_of, keys, row};

/// Boxes drawn. More are no picture any more, and each costs bytes.
const MAX_BOXES: usize = 200;
/// Width of the drawing in its own units.
const WIDTH: f64 = 1000.0;
/// A box smaller than this is drawn as large as this, so that it can be seen and hit.
const SMALLEST: f64 = 8.0;
/// One box of this many, the largest ones, may reach beyond the drawing: a single edit of two ends of the world would
/// make dots of all others.
const LARGEST_OF: usize = 10;
/// Units beyond the drawing's edges where boxes end.
const BEYOND: f64 = 20.0;
/// Degrees around everything, so that one point has a surrounding.
const MARGIN: f64 = 0.02;

/// Where changesets lie: boxes in longitude and latitude, linked to their pages.
pub(crate) struct Map<'a> {
    pub(crate) height: String,
    /// The coasts, as the `d` of a path.
    pub(crate) land: String,
    pub(crate) boxes: Vec<MapBox<'a>>,
    /// Boxes left out.
    pub(crate) left_out: usize,
    /// `51.2 to 54.9 north, 8.1 to 12.6 east` as signed degrees.
    pub(crate) words: String,
}

/// A changeset's box in units of the drawing.
pub(crate) struct MapBox<'a> {
    pub(crate) href: String,
    pub(crate) hue: u64,
    pub(crate) user: Option<&'a str>,
    pub(crate) comment: Option<&'a str>,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
}

impl<'a> Map<'a> {
    /// The newest boxes; `None` when nothing has a place.
    pub(crate) fn of(root: &str, entries: &'a [Entry]) -> Option<Self> {
        let mut boxes: Vec<_> = entries.iter().filter_map(|entry| Some((entry, box_of(entry)?.0))).collect();
        let left_out = boxes.len().saturating_sub(MAX_BOXES);
        boxes.truncate(MAX_BOXES);
        // Large boxes first, so that small ones lie above them and can be hit.
        boxes.sort_by_key(|(entry, bounds)| (std::cmp::Reverse(area(*bounds)), entry.id()));
        let all = boxes[boxes.len() / LARGEST_OF..].iter().map(|(_, bounds)| *bounds).reduce(BoundingBox::union)?;
        let scale = Scale::of(all);
        let boxes = boxes.into_iter().map(|(entry, bounds)| scale.place(root, entry, bounds)).collect();
        let words = format!(
            "{:.2} to {:.2} degrees of longitude, {:.2} to {:.2} of latitude",
            all.min.lon_degrees(),
            all.max.lon_degrees(),
            all.min.lat_degrees(),
            all.max.lat_degrees()
        );
        let land = land::path(WIDTH, scale.height, |lon, lat| (scale.x(lon), scale.y(lat)));
        Some(Self { height: format!("{:.0}", scale.height), land, boxes, left_out, words })
    }
}

fn area(bounds: BoundingBox) -> i64 {
    (i64::from(bounds.max.lon) - i64::from(bounds.min.lon)) * (i64::from(bounds.max.lat) - i64::from(bounds.min.lat))
}

/// From degrees to units of the drawing: equirectangular, true to scale in the middle.
struct Scale {
    west: f64,
    north: f64,
    per_lon: f64,
    per_lat: f64,
    height: f64,
}

impl Scale {
    fn of(all: BoundingBox) -> Self {
        let (west, east) = (all.min.lon_degrees() - MARGIN, all.max.lon_degrees() + MARGIN);
        let (south, north) = (all.min.lat_degrees() - MARGIN, all.max.lat_degrees() + MARGIN);
        let per_lon = WIDTH / (east - west);
        let squeeze = ((south + north) / 2.0).to_radians().cos().max(0.1);
        let height = ((north - south) * per_lon / squeeze).clamp(200.0, WIDTH);
        Self { west, north, per_lon, per_lat: height / (north - south), height }
    }

    fn place<'a>(&self, root: &str, entry: &'a Entry, bounds: BoundingBox) -> MapBox<'a> {
        let (left, right) = (self.x(bounds.min.lon_degrees()), self.x(bounds.max.lon_degrees()));
        let (top, bottom) = (self.y(bounds.max.lat_degrees()), self.y(bounds.min.lat_degrees()));
        // What lies beyond is not seen, and its numbers need not be long.
        let (left, right) = (left.clamp(-BEYOND, WIDTH + BEYOND), right.clamp(-BEYOND, WIDTH + BEYOND));
        let (top, bottom) = (top.clamp(-BEYOND, self.height + BEYOND), bottom.clamp(-BEYOND, self.height + BEYOND));
        let (width, height) = ((right - left).max(SMALLEST), (bottom - top).max(SMALLEST));
        MapBox {
            href: format!("{root}{}", keys::changeset_page(entry.id())),
            hue: row::hue(entry),
            user: entry.changeset.user.as_ref().map(|user| &*user.name),
            comment: entry.changeset.comment(),
            x: format!("{:.1}", (left + right - width) / 2.0),
            y: format!("{:.1}", (top + bottom - height) / 2.0),
            width: format!("{width:.1}"),
            height: format!("{height:.1}"),
        }
    }

    fn x(&self, lon: f64) -> f64 {
        (lon - self.west) * self.per_lon
    }

    fn y(&self, lat: f64) -> f64 {
        (self.north - lat) * self.per_lat
    }
}

#[cfg(test)]
mod tests {
    use osmtracker_osm::Coordinate;
    use serde_json::json;

    use super::*;

    fn entry(id: u64, west: f64, east: f64) -> Entry {
        let corner = |lon, lat| Coordinate::from_degrees(lon, lat).expect("on the earth");
        let changeset = json!({ "id": id, "created_at": "2026-11-22T09:00:00Z", "open": true, "num_changes": 1 });
        let entry = json!({ "changeset": changeset, "state": "open" });
        let mut entry: Entry = serde_json::from_value(entry).expect("an entry");
        entry.changeset.bounds = Some(BoundingBox { min: corner(west, 0.0), max: corner(east, 1.0) });
        entry
    }

    #[test]
    fn one_box_around_the_world_does_not_make_dots_of_the_others() {
        let mut entries: Vec<_> = (1..=19).map(|id| entry(id, 10.0, 11.0)).collect();
        entries.push(entry(20, -179.0, 179.0));
        let map = Map::of("", &entries).expect("a map");
        assert_eq!(map.words, "10.00 to 11.00 degrees of longitude, 0.00 to 1.00 of latitude");
        assert_eq!((map.boxes.len(), &*map.boxes[0].x, &*map.boxes[0].width), (20, "-20.0", "1040.0"));
        assert_eq!(map.boxes[19].width, "961.5");
    }
}
