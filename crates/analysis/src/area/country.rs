//! Country outlines from the data that the crate `country-boundaries` ships (from OpenStreetMap, ODbL; simplified, made
//! for land: territorial waters belong to no country).
//!
//! That crate answers for positions exactly but for boxes only by whole cells of one degree, and keeps its polygons to
//! itself. So its data, a raster of cells with clipped polygons in steps of a 65,535th of a degree (1.7 m), is read
//! here and joined to one outline. A test holds the two against each other.

use std::collections::BTreeMap;

use country_boundaries::BOUNDARIES_ODBL_360X180;
use osmtracker_osm::Coordinate;

use super::edges::Segment;

/// Steps in a cell, each way.
const STEPS: i64 = 65_535;
/// The version of the format that is understood here.
const VERSION: u16 = 2;

/// A position in steps from the south-western corner of the map.
type Step = (i64, i64);

/// The outline of a country or subdivision as edges under the even-odd rule; `None` for an unknown id.
pub(crate) fn outline(id: &str) -> Option<Vec<Segment>> {
    let raster = Raster::read(id).expect("the data of this crate's locked version is whole");
    if raster.pieces.is_empty() {
        return None;
    }
    let mut seams = Seams::default();
    let mut edges = Vec::new();
    for piece in &raster.pieces {
        let closed = piece.iter().zip(piece.iter().cycle().skip(1));
        for (a, b) in closed.filter(|(a, b)| a != b) {
            if !seams.keep(*a, *b) {
                edges.push((*a, *b));
            }
        }
    }
    edges.extend(seams.outline());
    Some(edges.into_iter().filter_map(|(a, b)| raster.segment(a, b)).collect())
}

/// All ids: ISO 3166-1 alpha-2 codes such as `DK`, ISO 3166-2 codes such as `US-TX`. Ascending.
pub(crate) fn ids() -> Vec<&'static str> {
    let mut reader = Reader { bytes: BOUNDARIES_ODBL_360X180 };
    let mut ids = header(&mut reader).expect("the data of this crate's locked version is whole");
    ids.sort_unstable();
    ids
}

/// The rings of one area, cut at the borders of cells.
struct Raster {
    pieces: Vec<Vec<Step>>,
    width: i64,
    height: i64,
}

impl Raster {
    fn read(id: &str) -> Option<Self> {
        let mut reader = Reader { bytes: BOUNDARIES_ODBL_360X180 };
        header(&mut reader)?;
        let width = i64::from(reader.u32()?);
        let cells = i64::from(reader.u32()?);
        let height = cells / width;
        let mut pieces = Vec::new();
        for cell in 0..cells {
            let origin = (cell % width * STEPS, (height - 1 - cell / width) * STEPS);
            for _ in 0..reader.u8()? {
                if reader.text()? == id {
                    let corners = [(0, 0), (STEPS, 0), (STEPS, STEPS), (0, STEPS)];
                    pieces.push(corners.map(|(x, y)| (origin.0 + x, origin.1 + y)).to_vec());
                }
            }
            for _ in 0..reader.u8()? {
                let wanted = reader.text()? == id;
                // Outer rings, then inner ones.
                for _ in 0..2 {
                    for _ in 0..reader.u8()? {
                        let ring = reader.ring(origin)?;
                        if wanted {
                            pieces.push(ring);
                        }
                    }
                }
            }
        }
        Some(Self { pieces, width, height })
    }

    fn segment(&self, a: Step, b: Step) -> Option<Segment> {
        let degrees = |step: i64, cells: i64, whole: i64| {
            let range = whole * 10_000_000;
            let steps = cells * STEPS;
            let value = (2 * step * range + steps).div_euclid(2 * steps) - range / 2;
            i32::try_from(value).expect("within the map")
        };
        let at =
            |step: Step| Coordinate { lon: degrees(step.0, self.width, 360), lat: degrees(step.1, self.height, 180) };
        let segment = Segment { a: at(a), b: at(b) };
        (segment.a != segment.b).then_some(segment)
    }
}

/// Edges on the borders of cells. What two neighbouring cells both have is inside the area and no edge of it.
#[derive(Default)]
struct Seams {
    vertical: BTreeMap<i64, Vec<i64>>,
    horizontal: BTreeMap<i64, Vec<i64>>,
}

impl Seams {
    /// Keeps an edge that lies on a border; `false` for any other.
    fn keep(&mut self, a: Step, b: Step) -> bool {
        if a.0 == b.0 && a.0 % STEPS == 0 {
            self.vertical.entry(a.0).or_default().extend([a.1, b.1]);
        } else if a.1 == b.1 && a.1 % STEPS == 0 {
            self.horizontal.entry(a.1).or_default().extend([a.0, b.0]);
        } else {
            return false;
        }
        true
    }

    /// The parts that an odd number of edges cover.
    fn outline(self) -> impl Iterator<Item = (Step, Step)> {
        let vertical = self.vertical.into_iter().flat_map(|(x, ends)| odd(ends).map(move |(a, b)| ((x, a), (x, b))));
        let horizontal =
            self.horizontal.into_iter().flat_map(|(y, ends)| odd(ends).map(move |(a, b)| ((a, y), (b, y))));
        vertical.chain(horizontal)
    }
}

/// Each end toggles: sorted, they are the beginnings and ends of what an odd number of intervals cover.
fn odd(mut ends: Vec<i64>) -> impl Iterator<Item = (i64, i64)> {
    ends.sort_unstable();
    let pairs: Vec<_> = ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).filter(|(a, b)| a != b).collect();
    pairs.into_iter()
}

/// Version and the sizes of the areas, whose ids are returned.
fn header(reader: &mut Reader) -> Option<Vec<&'static str>> {
    if reader.u16()? != VERSION {
        return None;
    }
    (0..reader.u32()?)
        .map(|_| {
            let id = reader.text()?;
            reader.take(8)?;
            Some(id)
        })
        .collect()
}

/// Big-endian numbers and texts with a length before them; `None` at the end of the data.
struct Reader {
    bytes: &'static [u8],
}

impl Reader {
    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'static str> {
        let length = self.u16()?;
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn ring(&mut self, origin: Step) -> Option<Vec<Step>> {
        let length = self.u32()? as usize;
        let points = self.take(length.checked_mul(4)?)?.chunks_exact(4);
        let step = |high: u8, low: u8| i64::from(u16::from_be_bytes([high, low]));
        Some(points.map(|p| (origin.0 + step(p[0], p[1]), origin.1 + step(p[2], p[3]))).collect())
    }
}
