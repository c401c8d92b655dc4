//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-BCwXH4rf.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-BiA3AQ7K.js", imports: &["assets/page-Bg0KMA5R.js", "assets/words--c80jxez.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-DWrTEKKA.js", imports: &["assets/page-Bg0KMA5R.js", "assets/diff-C1E2BTDr.js", "assets/words--c80jxez.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-DT3XSp3x.js", imports: &["assets/page-Bg0KMA5R.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-DWrTEKKA.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-DWrTEKKA.js"),
        brotli: include_bytes!("../../assets/built/changeset-DWrTEKKA.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-DWrTEKKA.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-B07VykWi.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-B07VykWi.js"),
        brotli: include_bytes!("../../assets/built/de-B07VykWi.js.br"),
        gzip: include_bytes!("../../assets/built/de-B07VykWi.js.gz"),
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
        key: "assets/list-BiA3AQ7K.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-BiA3AQ7K.js"),
        brotli: include_bytes!("../../assets/built/list-BiA3AQ7K.js.br"),
        gzip: include_bytes!("../../assets/built/list-BiA3AQ7K.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-pnyuPLYp.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-pnyuPLYp.js"),
        brotli: include_bytes!("../../assets/built/map-pnyuPLYp.js.br"),
        gzip: include_bytes!("../../assets/built/map-pnyuPLYp.js.gz"),
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
        key: "assets/page-Bg0KMA5R.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-Bg0KMA5R.js"),
        brotli: include_bytes!("../../assets/built/page-Bg0KMA5R.js.br"),
        gzip: include_bytes!("../../assets/built/page-Bg0KMA5R.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-DT3XSp3x.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-DT3XSp3x.js"),
        brotli: include_bytes!("../../assets/built/plain-DT3XSp3x.js.br"),
        gzip: include_bytes!("../../assets/built/plain-DT3XSp3x.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-BCwXH4rf.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-BCwXH4rf.css"),
        brotli: include_bytes!("../../assets/built/site-BCwXH4rf.css.br"),
        gzip: include_bytes!("../../assets/built/site-BCwXH4rf.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-BH9H8WSA.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-BH9H8WSA.js"),
        brotli: include_bytes!("../../assets/built/svg-BH9H8WSA.js.br"),
        gzip: include_bytes!("../../assets/built/svg-BH9H8WSA.js.gz"),
    },
    BuiltAsset {
        key: "assets/words--c80jxez.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words--c80jxez.js"),
        brotli: include_bytes!("../../assets/built/words--c80jxez.js.br"),
        gzip: include_bytes!("../../assets/built/words--c80jxez.js.gz"),
    },
];
