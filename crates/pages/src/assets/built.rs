//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-C37nmwQ6.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-a9WrnIXn.js", imports: &["assets/page-B0KVDMGa.js", "assets/words-CaTz1WnK.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-I0Qrna0d.js", imports: &["assets/page-B0KVDMGa.js", "assets/diff-C1E2BTDr.js", "assets/words-CaTz1WnK.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-kFyMrIec.js", imports: &["assets/page-B0KVDMGa.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-I0Qrna0d.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-I0Qrna0d.js"),
        brotli: include_bytes!("../../assets/built/changeset-I0Qrna0d.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-I0Qrna0d.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-B6MDQrvO.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-B6MDQrvO.js"),
        brotli: include_bytes!("../../assets/built/de-B6MDQrvO.js.br"),
        gzip: include_bytes!("../../assets/built/de-B6MDQrvO.js.gz"),
    },
    BuiltAsset {
        key: "assets/diff-C1E2BTDr.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/diff-C1E2BTDr.js"),
        brotli: include_bytes!("../../assets/built/diff-C1E2BTDr.js.br"),
        gzip: include_bytes!("../../assets/built/diff-C1E2BTDr.js.gz"),
    },
    BuiltAsset {
        key: "assets/esm-CpNd5vRp.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/esm-CpNd5vRp.js"),
        brotli: include_bytes!("../../assets/built/esm-CpNd5vRp.js.br"),
        gzip: include_bytes!("../../assets/built/esm-CpNd5vRp.js.gz"),
    },
    BuiltAsset {
        key: "assets/icon-f3df7c77.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("../../assets/built/icon-f3df7c77.svg"),
        brotli: include_bytes!("../../assets/built/icon-f3df7c77.svg.br"),
        gzip: include_bytes!("../../assets/built/icon-f3df7c77.svg.gz"),
    },
    BuiltAsset {
        key: "assets/land-CG1UzjE7.geojson",
        content_type: "application/geo+json",
        bytes: include_bytes!("../../assets/built/land-CG1UzjE7.geojson"),
        brotli: include_bytes!("../../assets/built/land-CG1UzjE7.geojson.br"),
        gzip: include_bytes!("../../assets/built/land-CG1UzjE7.geojson.gz"),
    },
    BuiltAsset {
        key: "assets/list-a9WrnIXn.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-a9WrnIXn.js"),
        brotli: include_bytes!("../../assets/built/list-a9WrnIXn.js.br"),
        gzip: include_bytes!("../../assets/built/list-a9WrnIXn.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-CHNOhaCe.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-CHNOhaCe.js"),
        brotli: include_bytes!("../../assets/built/map-CHNOhaCe.js.br"),
        gzip: include_bytes!("../../assets/built/map-CHNOhaCe.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-qvkd0SPb.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-qvkd0SPb.css"),
        brotli: include_bytes!("../../assets/built/map-qvkd0SPb.css.br"),
        gzip: include_bytes!("../../assets/built/map-qvkd0SPb.css.gz"),
    },
    BuiltAsset {
        key: "assets/maplibre-gl-1zL3E-Sg.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/maplibre-gl-1zL3E-Sg.js"),
        brotli: include_bytes!("../../assets/built/maplibre-gl-1zL3E-Sg.js.br"),
        gzip: include_bytes!("../../assets/built/maplibre-gl-1zL3E-Sg.js.gz"),
    },
    BuiltAsset {
        key: "assets/maplibre-gl-AWp3Kipw.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/maplibre-gl-AWp3Kipw.js"),
        brotli: include_bytes!("../../assets/built/maplibre-gl-AWp3Kipw.js.br"),
        gzip: include_bytes!("../../assets/built/maplibre-gl-AWp3Kipw.js.gz"),
    },
    BuiltAsset {
        key: "assets/maplibre-gl-worker-DX6FIJ71.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/maplibre-gl-worker-DX6FIJ71.js"),
        brotli: include_bytes!("../../assets/built/maplibre-gl-worker-DX6FIJ71.js.br"),
        gzip: include_bytes!("../../assets/built/maplibre-gl-worker-DX6FIJ71.js.gz"),
    },
    BuiltAsset {
        key: "assets/page-B0KVDMGa.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-B0KVDMGa.js"),
        brotli: include_bytes!("../../assets/built/page-B0KVDMGa.js.br"),
        gzip: include_bytes!("../../assets/built/page-B0KVDMGa.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-kFyMrIec.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-kFyMrIec.js"),
        brotli: include_bytes!("../../assets/built/plain-kFyMrIec.js.br"),
        gzip: include_bytes!("../../assets/built/plain-kFyMrIec.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-C37nmwQ6.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-C37nmwQ6.css"),
        brotli: include_bytes!("../../assets/built/site-C37nmwQ6.css.br"),
        gzip: include_bytes!("../../assets/built/site-C37nmwQ6.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-BwZxUxfj.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-BwZxUxfj.js"),
        brotli: include_bytes!("../../assets/built/svg-BwZxUxfj.js.br"),
        gzip: include_bytes!("../../assets/built/svg-BwZxUxfj.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-CaTz1WnK.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-CaTz1WnK.js"),
        brotli: include_bytes!("../../assets/built/words-CaTz1WnK.js.br"),
        gzip: include_bytes!("../../assets/built/words-CaTz1WnK.js.gz"),
    },
];
