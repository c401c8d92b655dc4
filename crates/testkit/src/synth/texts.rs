//! What strangers write. A third of it tries to break out.

pub(super) const USERS: &[&str] = &[
    "ann",
    "Bo B",
    "Søren Ærlig",
    "東京マッパー",
    "import_bot",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE changesets; --",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "\u{202e}drowkcab",
    "../../index.html",
    "a]]>b&amp;c",
];

pub(super) const COMMENTS: &[&str] = &[
    "Add buildings",
    "Fix road #mapathon",
    "Opdateret efter tur",
    "näher an der Wirklichkeit 🚲",
    "import of addresses",
    "",
    "   ",
    "</script><script>alert(document.domain)</script>",
    "javascript:alert(1) http://example.com/?a=1&b=\"2\"",
    "two\nlines\tand a tab",
    "]]> <!-- & &lt; ' \" -->",
];

/// In discussions the API lets control characters through: its answers are not well-formed then, and the feed has a
/// question mark there.
pub(super) const REMARKS: &[&str] = &[
    "Thank you",
    "Please tell where this <comes> from & why",
    "vertical\u{b}tab",
    "</text></comment><script>alert(1)</script>",
    "two\nlines",
];

pub(super) const EDITORS: &[&str] = &["iD 2.30.4", "JOSM/1.5 (19253 en)", "StreetComplete 59.3", "<b>editor</b>"];

pub(super) const SOURCES: &[&str] = &["survey", "Esri World Imagery", "\"><svg onload=alert(1)>"];

pub(super) const ROLES: &[&str] = &["", "outer", "inner", "stop", "<i>role</i>"];

pub(super) const SHOPS: &[(&str, &[&str])] = &[
    ("amenity", &["cafe", "bench", "school"]),
    ("shop", &["bakery", "bicycle", "yes"]),
    ("name", &["Torvet", "Kaffe & Co", "<b>Bold</b>", "O'Brien's \"Pub\"", "🏠"]),
    ("addr:housenumber", &["1", "12b", "7"]),
];

pub(super) const ROADS: &[(&str, &[&str])] = &[
    ("highway", &["residential", "service", "cycleway", "track"]),
    ("name", &["Tværstien", "High Street", "\"><script>alert(1)</script>"]),
    ("surface", &["asphalt", "gravel"]),
    ("oneway", &["yes", "no"]),
];

pub(super) const BUILDINGS: &[(&str, &[&str])] =
    &[("building", &["yes", "house", "shed"]), ("building:levels", &["1", "2"]), ("addr:street", &["Tværstien"])];

pub(super) const RELATIONS: &[(&str, &[&str])] = &[
    ("type", &["route", "multipolygon", "site"]),
    ("route", &["bus", "bicycle"]),
    ("ref", &["1A", "250S", "<u>9</u>"]),
];
