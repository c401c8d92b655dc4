//! Areas: prepared outlines against slow and simple tests, countries against the crate that ships their data, and the
//! places where maps go wrong: holes, poles, the antimeridian.

use std::path::PathBuf;

use country_boundaries::{BOUNDARIES_ODBL_360X180, CountryBoundaries, LatLon};
use geo::{Contains, Intersects, LineString, MultiPolygon, Point, Polygon, Rect, coord};
use osmtracker_analysis::{Area, AreaError};
use osmtracker_osm::{BoundingBox, Coordinate, polygon::parse_poly};
use proptest::prelude::*;

fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn at(lon: f64, lat: f64) -> Coordinate {
    Coordinate::from_degrees(lon, lat).expect("on the earth")
}

fn bbox(west: f64, south: f64, east: f64, north: f64) -> BoundingBox {
    BoundingBox { min: at(west, south), max: at(east, north) }
}

fn geojson(polygons: &str) -> Area {
    let text = format!(r#"{{"type":"MultiPolygon","coordinates":[{polygons}]}}"#);
    Area::from_geojson("test", text.as_bytes()).expect("an area")
}

/// Ten degrees square with a hole of two degrees in the middle.
fn holed() -> Area {
    geojson("[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]")
}

#[test]
fn a_hole_is_outside_and_its_edge_inside() {
    let area = holed();
    assert!(area.contains(at(1.0, 1.0)));
    assert!(!area.contains(at(5.0, 5.0)));
    assert!(area.contains(at(4.0, 5.0)) && area.contains(at(10.0, 10.0)) && area.contains(at(0.0, 3.0)));
    assert!(!area.contains(at(10.000_000_1, 10.0)));
    assert!(!area.intersects_box(bbox(4.5, 4.5, 5.5, 5.5)));
    assert!(area.intersects_box(bbox(4.5, 4.5, 6.0, 5.5)), "the edge counts");
    assert!(!area.contains_box(bbox(3.0, 3.0, 7.0, 7.0)), "the hole is not in the area");
    assert!(area.contains_box(bbox(0.0, 0.0, 4.0, 10.0)));
    assert!(area.contains_box(bbox(4.0, 0.0, 6.0, 4.0)), "a box may touch the hole");
    assert!(!area.intersects_line(&[at(4.5, 4.5), at(5.5, 5.5)]));
    assert!(area.intersects_line(&[at(5.0, 5.0), at(20.0, 5.0)]));
    assert!(area.intersects_line(&[at(-5.0, -1.0), at(5.0, 11.0)]), "both ends outside, the middle inside");
    assert!(!area.intersects_line(&[]));
}

#[test]
fn boxes_larger_than_the_area_and_the_whole_earth_intersect_it() {
    let area = holed();
    assert!(area.intersects_box(bbox(-180.0, -90.0, 180.0, 90.0)));
    assert!(area.intersects_box(bbox(-1.0, -1.0, 11.0, 11.0)));
    assert!(!area.contains_box(bbox(-1.0, -1.0, 11.0, 11.0)));
    assert!(!area.intersects_box(bbox(-20.0, -20.0, -10.0, 80.0)));
}

#[test]
fn an_area_of_the_whole_earth_contains_every_box() {
    let earth = geojson("[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]");
    for area in [bbox(-180.0, -90.0, 180.0, 90.0), bbox(0.0, 90.0, 0.0, 90.0), bbox(180.0, -90.0, 180.0, -90.0)] {
        assert!(earth.contains_box(area) && earth.intersects_box(area), "{area:?}");
    }
    assert!(earth.contains(at(0.0, 90.0)) && earth.contains(at(-180.0, -90.0)));
}

#[test]
fn longitudes_180_and_minus_180_are_one_meridian() {
    let east = geojson("[[[170,-10],[180,-10],[180,10],[170,10],[170,-10]]]");
    assert!(east.contains(at(180.0, 0.0)) && east.contains(at(-180.0, 0.0)));
    assert!(!east.contains(at(-180.0, 11.0)));
    assert!(east.intersects_box(bbox(-180.0, -5.0, -179.0, 5.0)));
    assert!(!east.intersects_box(bbox(-179.9, -5.0, -179.0, 5.0)));
    let west = geojson("[[[-180,-10],[-170,-10],[-170,10],[-180,10],[-180,-10]]]");
    assert!(west.intersects_box(bbox(179.0, -5.0, 180.0, 5.0)));
    assert!(!west.intersects_line(&[at(178.0, 0.0), at(179.0, 0.0)]));
    assert!(west.intersects_line(&[at(179.0, 0.0), at(-160.0, 0.0)]), "the short way over the antimeridian");
    assert!(!holed().intersects_line(&[at(179.0, 5.0), at(-179.0, 5.0)]), "and not around the earth");
}

#[test]
fn overlapping_polygons_are_one_area() {
    let area = geojson("[[[0,0],[10,0],[10,10],[0,10],[0,0]]],[[[5,5],[15,5],[15,15],[5,15],[5,5]]]");
    assert!(area.contains(at(7.0, 7.0)), "what both cover is no hole");
    assert!(area.contains_box(bbox(6.0, 6.0, 9.0, 9.0)));
    assert!(area.contains_box(bbox(5.0, 5.0, 10.0, 10.0)));
    assert!(area.contains_box(bbox(4.0, 5.0, 12.0, 9.0)), "across the inner edge");
    assert!(!area.contains_box(bbox(4.0, 5.0, 12.0, 11.0)));
}

#[test]
fn countries_agree_with_the_crate_whose_data_they_are() {
    let reference = CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180).unwrap();
    for code in ["DK", "DE", "ES-CT", "RU", "FJ", "NU", "US-TX", "US", "IT", "VA", "CH", "NL", "BE", "GB-SCT", "LS"] {
        let area = Area::country(code).unwrap();
        let bounds = area.bounds();
        let (mut checked, mut differ, mut inside) = (0, 0, 0);
        for (x, y) in (0..40_000).map(|i| (f64::from(i) * 0.618_034 % 1.0, f64::from(i) * 0.754_878 % 1.0)) {
            let lon = bounds.min.lon_degrees() + x * (bounds.max.lon_degrees() - bounds.min.lon_degrees());
            let lat = bounds.min.lat_degrees() + y * (bounds.max.lat_degrees() - bounds.min.lat_degrees());
            let expected = reference.is_in(LatLon::new(lat, lon).unwrap(), code);
            checked += 1;
            inside += usize::from(expected);
            differ += usize::from(area.contains(at(lon, lat)) != expected);
        }
        // The crate cuts positions down to its raster of 1.7 m, which shows in areas as small as the Vatican.
        assert!(differ * 200 <= checked, "{code}: {differ} of {checked} differ");
        assert!(inside > 0, "{code}");
    }
}

#[test]
fn neighbouring_cells_leave_no_seams_in_a_country() {
    let germany = Area::country("de").unwrap();
    assert_eq!(germany.name(), "DE");
    // Over many borders of one-degree cells, deep inside the country.
    assert!(germany.contains_box(bbox(9.0, 49.5, 11.5, 52.0)));
    assert!(germany.contains_box(bbox(10.0, 50.0, 10.0, 52.0)), "a box without width on a border of cells");
    assert!(!germany.contains_box(bbox(9.0, 49.5, 11.5, 58.0)));
    assert!(Area::country("RU").unwrap().contains_box(bbox(60.0, 56.0, 120.0, 66.0)));
}

#[test]
fn countries_on_the_antimeridian_have_both_sides() {
    let fiji = Area::country("FJ").unwrap();
    let taveuni = at(-179.97, -16.85);
    assert_eq!(fiji.bounds().min.lon, -1_800_000_000);
    assert!(fiji.contains(at(179.9, -16.6)) || fiji.contains(taveuni));
    let russia = Area::country("RU").unwrap();
    assert!(russia.contains(at(-175.0, 66.5)) && russia.contains(at(175.0, 67.0)));
    assert!(russia.contains(at(180.0, 68.0)) && russia.contains(at(-180.0, 68.0)));
}

#[test]
fn an_unknown_country_is_refused_with_a_suggestion() {
    let error = Area::country("DX").unwrap_err();
    assert!(matches!(error, AreaError::UnknownCountry { .. }));
    assert!(error.to_string().starts_with("\"DX\" is no country code such as DK"), "{error}");
    assert!(Area::country("Denmark").is_err());
    assert!(Area::country_codes().contains(&"DK") && Area::country_codes().contains(&"US-TX"));
}

#[test]
fn every_country_can_be_prepared() {
    for code in ["AE", "AU", "CA", "CN", "FR", "ID", "IN", "KI", "NZ", "PF", "UM", "VA", "ZA"] {
        let area = Area::country(code).unwrap();
        assert!(area.edge_count() >= 3, "{code}");
        assert!(area.intersects_box(area.bounds()), "{code}");
    }
}

/// The same tests as the area's, straight from the definition, with the crate `geo`.
struct Naive(MultiPolygon<f64>);

impl Naive {
    fn intersects_box(&self, area: BoundingBox) -> bool {
        let rectangle = rectangle(area);
        self.0.iter().any(|polygon| polygon.intersects(&rectangle))
    }

    fn contains_box(&self, area: BoundingBox) -> bool {
        use geo::Relate;
        self.0.relate(&rectangle(area).to_polygon()).is_covers()
    }
}

fn rectangle(area: BoundingBox) -> Rect<f64> {
    let corner = |position: Coordinate| coord! { x: position.lon_degrees(), y: position.lat_degrees() };
    Rect::new(corner(area.min), corner(area.max))
}

/// A star around (0, 0) with corners on whole 64ths of a degree, so that edges and corners are met often; perhaps with
/// a hole. A 64th is exact both in the binary numbers of `geo` and in steps of 1e-7.
fn star() -> impl Strategy<Value = Polygon<f64>> {
    (proptest::collection::vec(200i32..1_000, 3..40), any::<bool>()).prop_map(|(radii, hole)| {
        let step = std::f64::consts::TAU / f64::from(u32::try_from(radii.len()).expect("at most 40"));
        let ring = |scale: f64| {
            let corner = |(index, radius): (u32, &i32)| {
                let (sin, cos) = (step * f64::from(index)).sin_cos();
                let round = |value: f64| (value * f64::from(*radius) * scale).round() / 64.0;
                (round(cos), round(sin))
            };
            LineString::from((0u32..).zip(&radii).map(corner).collect::<Vec<_>>())
        };
        Polygon::new(ring(1.0), if hole { vec![ring(0.4)] } else { Vec::new() })
    })
}

fn prepared(polygon: &Polygon<f64>) -> Option<Area> {
    let ring =
        |ring: &LineString<f64>| ring.coords().map(|point| format!("{} {}\n", point.x, point.y)).collect::<String>();
    let holes: String = polygon.interiors().iter().map(|hole| format!("!h\n{}END\n", ring(hole))).collect();
    let text = format!("star\n1\n{}END\n{holes}END\n", ring(polygon.exterior()));
    Area::from_poly("star", text.as_bytes()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_prepared_polygon_answers_as_the_plain_one(
        polygon in star(),
        boxes in proptest::collection::vec((-1_100i32..1_100, -1_100i32..1_100, 1i32..900, 1i32..900), 40),
    ) {
        let area = prepared(&polygon);
        prop_assume!(area.is_some());
        let area = area.expect("just assumed");
        let naive = Naive(MultiPolygon::new(vec![polygon.clone()]));
        for (x, y, width, height) in boxes {
            let part = |value: i32| f64::from(value) / 64.0;
            let (lon, lat) = (part(x), part(y));
            let position = at(lon, lat);
            let point = Point::new(lon, lat);
            prop_assert_eq!(area.contains(position), polygon.intersects(&point), "position {} {}", lon, lat);
            let area_box = bbox(lon, lat, part(x + width), part(y + height));
            prop_assert_eq!(area.intersects_box(area_box), naive.intersects_box(area_box), "intersects {:?}", area_box);
            prop_assert_eq!(area.contains_box(area_box), naive.contains_box(area_box), "contains {:?}", area_box);
            let line = LineString::from(vec![(lon, lat), (part(y), part(x + width))]);
            let ends = [position, at(part(y), part(x + width))];
            prop_assert_eq!(area.intersects_line(&ends), polygon.intersects(&line), "line {:?}", line);
        }
    }
}

#[test]
fn real_polygons_answer_as_the_plain_ones() {
    for path in
        ["poly/kobenhavn.poly", "poly/hamburg.poly", "poly/france.poly", "reference-world/regions/country1000.poly"]
    {
        let Some(file) = data(path) else { return };
        let bytes = std::fs::read(file).unwrap();
        let area = Area::from_poly("real", &bytes).unwrap();
        let plain = parse_poly(&bytes).unwrap();
        let bounds = area.bounds();
        let (width, height) =
            (bounds.max.lon_degrees() - bounds.min.lon_degrees(), bounds.max.lat_degrees() - bounds.min.lat_degrees());
        let mut counts = [0; 3];
        for i in 0..150 {
            let part = |factor: f64| f64::from(i) * factor % 1.0;
            let west = bounds.min.lon_degrees() + (part(0.618_034) * 1.2 - 0.1) * width;
            let south = bounds.min.lat_degrees() + (part(0.754_878) * 1.2 - 0.1) * height;
            let size = 0.2 * part(0.569_84) * part(0.320_96);
            let area_box = bbox(west, south, west + size * width, south + size * height);
            let rectangle = rectangle(area_box);
            let inside = plain.intersects(&Point::new(west, south));
            let meets = plain.iter().any(|polygon| polygon.intersects(&rectangle));
            assert_eq!(area.contains(at(west, south)), inside, "{path} {west} {south}");
            assert_eq!(area.intersects_box(area_box), meets, "{path} {area_box:?}");
            let within = plain.iter().any(|polygon| polygon.contains(&rectangle.to_polygon()));
            assert!(!within || area.contains_box(area_box), "{path} {area_box:?}");
            counts = [counts[0] + usize::from(inside), counts[1] + usize::from(meets), counts[2] + usize::from(within)];
        }
        assert!(counts.iter().all(|count| *count > 3), "{path}: {counts:?}");
    }
}
