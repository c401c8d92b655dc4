//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-COrHEXPz.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-BF6I4G3K.js", imports: &["assets/page-C6fQcyXF.js", "assets/words-B6k8dF5v.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-Sx7e9FSS.js", imports: &["assets/page-C6fQcyXF.js", "assets/diff-C1E2BTDr.js", "assets/words-B6k8dF5v.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain--hjewXdC.js", imports: &["assets/page-C6fQcyXF.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-Sx7e9FSS.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-Sx7e9FSS.js"),
        brotli: include_bytes!("../../assets/built/changeset-Sx7e9FSS.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-Sx7e9FSS.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-B8oQx39t.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-B8oQx39t.js"),
        brotli: include_bytes!("../../assets/built/de-B8oQx39t.js.br"),
        gzip: include_bytes!("../../assets/built/de-B8oQx39t.js.gz"),
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
        key: "assets/list-BF6I4G3K.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-BF6I4G3K.js"),
        brotli: include_bytes!("../../assets/built/list-BF6I4G3K.js.br"),
        gzip: include_bytes!("../../assets/built/list-BF6I4G3K.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-CQapJo_F.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-CQapJo_F.js"),
        brotli: include_bytes!("../../assets/built/map-CQapJo_F.js.br"),
        gzip: include_bytes!("../../assets/built/map-CQapJo_F.js.gz"),
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
        key: "assets/page-C6fQcyXF.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-C6fQcyXF.js"),
        brotli: include_bytes!("../../assets/built/page-C6fQcyXF.js.br"),
        gzip: include_bytes!("../../assets/built/page-C6fQcyXF.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain--hjewXdC.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain--hjewXdC.js"),
        brotli: include_bytes!("../../assets/built/plain--hjewXdC.js.br"),
        gzip: include_bytes!("../../assets/built/plain--hjewXdC.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-COrHEXPz.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-COrHEXPz.css"),
        brotli: include_bytes!("../../assets/built/site-COrHEXPz.css.br"),
        gzip: include_bytes!("../../assets/built/site-COrHEXPz.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-DOEllayH.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-DOEllayH.js"),
        brotli: include_bytes!("../../assets/built/svg-DOEllayH.js.br"),
        gzip: include_bytes!("../../assets/built/svg-DOEllayH.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-B6k8dF5v.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-B6k8dF5v.js"),
        brotli: include_bytes!("../../assets/built/words-B6k8dF5v.js.br"),
        gzip: include_bytes!("../../assets/built/words-B6k8dF5v.js.gz"),
    },
];
