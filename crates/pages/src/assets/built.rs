//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-BCwXH4rf.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-CYTeR125.js", imports: &["assets/page-C7u82lF1.js", "assets/words-CdniV6wN.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-BVpeHrS9.js", imports: &["assets/page-C7u82lF1.js", "assets/diff-C1E2BTDr.js", "assets/words-CdniV6wN.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-BH6NkCqO.js", imports: &["assets/page-C7u82lF1.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-BVpeHrS9.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-BVpeHrS9.js"),
        brotli: include_bytes!("../../assets/built/changeset-BVpeHrS9.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-BVpeHrS9.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-CCljwLoz.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-CCljwLoz.js"),
        brotli: include_bytes!("../../assets/built/de-CCljwLoz.js.br"),
        gzip: include_bytes!("../../assets/built/de-CCljwLoz.js.gz"),
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
        key: "assets/list-CYTeR125.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-CYTeR125.js"),
        brotli: include_bytes!("../../assets/built/list-CYTeR125.js.br"),
        gzip: include_bytes!("../../assets/built/list-CYTeR125.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-B3kn7u6b.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-B3kn7u6b.js"),
        brotli: include_bytes!("../../assets/built/map-B3kn7u6b.js.br"),
        gzip: include_bytes!("../../assets/built/map-B3kn7u6b.js.gz"),
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
        key: "assets/page-C7u82lF1.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-C7u82lF1.js"),
        brotli: include_bytes!("../../assets/built/page-C7u82lF1.js.br"),
        gzip: include_bytes!("../../assets/built/page-C7u82lF1.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-BH6NkCqO.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-BH6NkCqO.js"),
        brotli: include_bytes!("../../assets/built/plain-BH6NkCqO.js.br"),
        gzip: include_bytes!("../../assets/built/plain-BH6NkCqO.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-BCwXH4rf.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-BCwXH4rf.css"),
        brotli: include_bytes!("../../assets/built/site-BCwXH4rf.css.br"),
        gzip: include_bytes!("../../assets/built/site-BCwXH4rf.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-IbFRMaPY.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-IbFRMaPY.js"),
        brotli: include_bytes!("../../assets/built/svg-IbFRMaPY.js.br"),
        gzip: include_bytes!("../../assets/built/svg-IbFRMaPY.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-CdniV6wN.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-CdniV6wN.js"),
        brotli: include_bytes!("../../assets/built/words-CdniV6wN.js.br"),
        gzip: include_bytes!("../../assets/built/words-CdniV6wN.js.gz"),
    },
];
