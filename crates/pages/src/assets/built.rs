//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-b8l_MLTb.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-CUisxLvP.js", imports: &["assets/page-BhfIm8Vx.js", "assets/words-DQD46xKw.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-CBPyTBL-.js", imports: &["assets/page-BhfIm8Vx.js", "assets/diff-C1E2BTDr.js", "assets/words-DQD46xKw.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-BNz5LX4W.js", imports: &["assets/page-BhfIm8Vx.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-CBPyTBL-.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-CBPyTBL-.js"),
        brotli: include_bytes!("../../assets/built/changeset-CBPyTBL-.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-CBPyTBL-.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-3iUCoGQu.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-3iUCoGQu.js"),
        brotli: include_bytes!("../../assets/built/de-3iUCoGQu.js.br"),
        gzip: include_bytes!("../../assets/built/de-3iUCoGQu.js.gz"),
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
        key: "assets/list-CUisxLvP.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-CUisxLvP.js"),
        brotli: include_bytes!("../../assets/built/list-CUisxLvP.js.br"),
        gzip: include_bytes!("../../assets/built/list-CUisxLvP.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-mLURg9nZ.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-mLURg9nZ.js"),
        brotli: include_bytes!("../../assets/built/map-mLURg9nZ.js.br"),
        gzip: include_bytes!("../../assets/built/map-mLURg9nZ.js.gz"),
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
        key: "assets/page-BhfIm8Vx.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-BhfIm8Vx.js"),
        brotli: include_bytes!("../../assets/built/page-BhfIm8Vx.js.br"),
        gzip: include_bytes!("../../assets/built/page-BhfIm8Vx.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-BNz5LX4W.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-BNz5LX4W.js"),
        brotli: include_bytes!("../../assets/built/plain-BNz5LX4W.js.br"),
        gzip: include_bytes!("../../assets/built/plain-BNz5LX4W.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-b8l_MLTb.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-b8l_MLTb.css"),
        brotli: include_bytes!("../../assets/built/site-b8l_MLTb.css.br"),
        gzip: include_bytes!("../../assets/built/site-b8l_MLTb.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-Cdpbwcga.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-Cdpbwcga.js"),
        brotli: include_bytes!("../../assets/built/svg-Cdpbwcga.js.br"),
        gzip: include_bytes!("../../assets/built/svg-Cdpbwcga.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-DQD46xKw.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-DQD46xKw.js"),
        brotli: include_bytes!("../../assets/built/words-DQD46xKw.js.br"),
        gzip: include_bytes!("../../assets/built/words-DQD46xKw.js.gz"),
    },
];
