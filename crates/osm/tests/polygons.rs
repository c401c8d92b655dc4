//! Areas as people draw them: `.poly` and GeoJSON.

use std::path::PathBuf;

use geo_types::MultiPolygon;
use osmtracker_osm::{
    geojson::parse_geojson,
    polygon::{PolygonErrorReason, parse_poly},
};

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

/// Outer rings, holes and corners (the closing one not counted).
fn shape(area: &MultiPolygon<f64>) -> (usize, usize, usize) {
    let rings = || area.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    assert!(rings().all(|ring| ring.is_closed()));
    let corners = rings().map(|ring| ring.0.len() - 1).sum();
    (area.0.len(), area.iter().map(|polygon| polygon.interiors().len()).sum(), corners)
}

const SQUARE: &str = "foo\n1\n10 10\n19 10\n19 19\n10 19\n10 10\nEND\n";

#[test]
fn a_poly_has_rings_holes_and_sections() {
    let one = format!("{SQUARE}END\n");
    assert_eq!(shape(&parse_poly(one.as_bytes()).unwrap()), (1, 0, 4));
    let hole = "!1s\n\t1.1E+01 11.0\n18 11\n18 18\n11 18\n11 11\nEND\nEND\n";
    let holed = format!("{SQUARE}{hole}");
    assert_eq!(shape(&parse_poly(holed.as_bytes()).unwrap()), (1, 1, 8));
    let two = format!("{holed}\n\nbar\n2\n20 20\n29 20\n29 29\nEND\nEND\n");
    assert_eq!(shape(&parse_poly(two.as_bytes()).unwrap()), (2, 1, 11));
    assert_eq!(parse_poly(two.as_bytes()), parse_poly(two.replace('\n', "\r\n").as_bytes()));
}

#[test]
fn what_is_wrong_with_a_poly_is_said_with_its_line() {
    let error = |text: &str| parse_poly(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(error(SQUARE), "line 8 (byte 40): END is missing for the section that begins in line 1");
    assert_eq!(error("foo\n1\n1 1\n2 2\n3 1\n"), "line 5 (byte 18): END is missing for the ring that begins in line 2");
    assert_eq!(error("foo\n1\n1 1\n2\n"), "line 4 (byte 10): expected a longitude and a latitude, found \"2\"");
    assert_eq!(error("foo\n1\n1 1\n2 2 2\n"), "line 4 (byte 10): expected a longitude and a latitude, found \"2 2 2\"");
    assert!(error("foo\n1\n1 1\n181 2\n").starts_with("line 4 (byte 10): position out of range: longitude 181"));
    assert!(error("foo\n1\n1 1\nNaN 2\n").contains("out of range"));
    assert!(error("foo\n1\n1 1\n1 inf\n").contains("out of range"));
    assert_eq!(
        error("foo\n1\n1 1\n2 2\n1 1\nEND\nEND\n"),
        "line 2 (byte 4): a ring needs at least three different corners"
    );
    let stray = format!("{SQUARE}!h\n30 30\n31 30\n31 31\nEND\nEND\n");
    assert_eq!(error(&stray), "line 9 (byte 40): this hole lies in no ring of its section");
    assert_eq!(error(""), "line 1 (byte 0): no polygon in the file");
    assert_eq!(parse_poly(b"\xff").unwrap_err().reason, PolygonErrorReason::NotUtf8);
    let many = format!("foo\n1\n{}END\nEND\n", "1 1\n".repeat(200_001));
    assert_eq!(parse_poly(many.as_bytes()).unwrap_err().reason, PolygonErrorReason::TooManyPoints);
}

#[test]
fn the_real_polys_are_read_and_the_broken_ones_refused() {
    let Some(folder) = data("poly") else { return };
    let read = |name: &str| parse_poly(&std::fs::read(folder.join(name)).unwrap());
    assert_eq!(shape(&read("hamburg.poly").unwrap()).0, 1);
    let rings = |name: &str| {
        let (outer, holes, _) = shape(&read(name).unwrap());
        outer + holes
    };
    assert_eq!(rings("kobenhavn.poly"), 26);
    assert_eq!(rings("canarias.poly"), 9);
    assert_eq!(rings("france.poly"), 2);
    assert_eq!(rings("saint_barthelemy.poly"), 1);
    for (name, expected) in [
        ("polygon-crlf", (1, 0, 4)),
        ("polygon-one-outer", (1, 0, 4)),
        ("polygon-outer-inner", (1, 1, 8)),
        ("polygon-two-outer", (2, 0, 8)),
        ("polygon-us-alaska", (2, 0, 32)),
        ("two-polygons", (2, 1, 12)),
        ("two-polygons-empty-line", (2, 1, 12)),
    ] {
        assert_eq!(shape(&read(&format!("edge-cases/{name}.poly")).unwrap()), expected, "{name}");
    }
    for name in ["empty", "missing-end-polygon", "missing-end-ring", "one-line", "two-line"] {
        read(&format!("edge-cases/{name}.poly")).expect_err(name);
    }
    let Some(regions) = data("reference-world/regions") else { return };
    for (name, corners) in [("country1000.poly", 1_000), ("country10000.poly", 10_000)] {
        assert_eq!(shape(&parse_poly(&std::fs::read(regions.join(name)).unwrap()).unwrap()).2, corners, "{name}");
    }
    parse_poly(&std::fs::read(regions.join("multiring.poly")).unwrap()).unwrap();
}

#[test]
fn geojson_areas_of_every_kind_are_read() {
    let polygon = r#"{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[5,1],[6,1,250.5],[6,2],[5,1]]]}"#;
    let multi = r#"{"type":"MultiPolygon","coordinates":[[[[20,20],[21,20],[21,21],[20,20]]],[[[30,0],[31,0],[31,1],[30,0]]]]}"#;
    let feature = format!(r#"{{"type":"Feature","properties":{{"name":"x"}},"geometry":{polygon}}}"#);
    let features = format!(
        r#"{{"type":"FeatureCollection","bbox":[0,0,1,1],"features":[{feature},{{"type":"Feature","geometry":{multi}}}]}}"#
    );
    let geometries = format!(r#"{{"type":"GeometryCollection","geometries":[{polygon},{multi}]}}"#);
    let read = |text: &str| shape(&parse_geojson(text.as_bytes()).unwrap());
    assert_eq!(read(polygon), (1, 1, 6));
    assert_eq!(read(multi), (2, 0, 6));
    assert_eq!(read(&feature), (1, 1, 6));
    assert_eq!(read(&features), (3, 1, 12));
    assert_eq!(read(&geometries), (3, 1, 12));
    assert_eq!(read(&format!("\u{feff}{polygon}")), (1, 1, 6));
}

#[test]
fn geojson_that_is_no_area_is_refused() {
    let error = |text: &str| parse_geojson(text.as_bytes()).unwrap_err().to_string();
    assert!(
        error("{\"type\":\n\"Polygon\", oops}").starts_with("line 2 (byte 20): not JSON:"),
        "{}",
        error("{\"type\":\n\"Polygon\", oops}")
    );
    assert!(error(r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#).contains("found LineString"));
    assert!(error(r#"{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}"#).contains("three different corners"));
    assert!(error(r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[200,3]]]}"#).contains("out of range"));
    assert!(error(r#"{"type":"Polygon","coordinates":[[[0],[1],[2]]]}"#).contains("1 numbers"));
    assert!(error(r#"{"type":"Polygon","coordinates":"x"}"#).contains("malformed Polygon"));
    assert!(error(r#"{"type":"FeatureCollection","features":[]}"#).contains("no polygon"));
    assert!(error(r#"{"type":"MultiPolygon","coordinates":[]}"#).contains("no polygon"));
    let nested = format!("{}{}", r#"{"type":"GeometryCollection","geometries":["#.repeat(20), "]}".repeat(20));
    assert!(error(&nested).contains("too many nested"));
    assert!(error(&r#"{"type":"Feature","geometry":"#.repeat(100_000)).contains("not JSON"));
}
