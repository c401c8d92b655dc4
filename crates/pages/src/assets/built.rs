//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-hsFhNF8b.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-CxLvTPVT.js", imports: &["assets/page-dd1l_tlc.js", "assets/words-DlVgJBLZ.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-CbMp70TH.js", imports: &["assets/page-dd1l_tlc.js", "assets/diff-77722TY_.js", "assets/words-DlVgJBLZ.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-fd7lIHys.js", imports: &["assets/page-dd1l_tlc.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-CbMp70TH.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-CbMp70TH.js"),
        brotli: include_bytes!("../../assets/built/changeset-CbMp70TH.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-CbMp70TH.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-Dj4o2vZ5.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-Dj4o2vZ5.js"),
        brotli: include_bytes!("../../assets/built/de-Dj4o2vZ5.js.br"),
        gzip: include_bytes!("../../assets/built/de-Dj4o2vZ5.js.gz"),
    },
    BuiltAsset {
        key: "assets/diff-77722TY_.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/diff-77722TY_.js"),
        brotli: include_bytes!("../../assets/built/diff-77722TY_.js.br"),
        gzip: include_bytes!("../../assets/built/diff-77722TY_.js.gz"),
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
        key: "assets/list-CxLvTPVT.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-CxLvTPVT.js"),
        brotli: include_bytes!("../../assets/built/list-CxLvTPVT.js.br"),
        gzip: include_bytes!("../../assets/built/list-CxLvTPVT.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-Xd3uznfU.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-Xd3uznfU.js"),
        brotli: include_bytes!("../../assets/built/map-Xd3uznfU.js.br"),
        gzip: include_bytes!("../../assets/built/map-Xd3uznfU.js.gz"),
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
        key: "assets/page-dd1l_tlc.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-dd1l_tlc.js"),
        brotli: include_bytes!("../../assets/built/page-dd1l_tlc.js.br"),
        gzip: include_bytes!("../../assets/built/page-dd1l_tlc.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-fd7lIHys.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-fd7lIHys.js"),
        brotli: include_bytes!("../../assets/built/plain-fd7lIHys.js.br"),
        gzip: include_bytes!("../../assets/built/plain-fd7lIHys.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-hsFhNF8b.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-hsFhNF8b.css"),
        brotli: include_bytes!("../../assets/built/site-hsFhNF8b.css.br"),
        gzip: include_bytes!("../../assets/built/site-hsFhNF8b.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-DhLRb9Um.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-DhLRb9Um.js"),
        brotli: include_bytes!("../../assets/built/svg-DhLRb9Um.js.br"),
        gzip: include_bytes!("../../assets/built/svg-DhLRb9Um.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-DlVgJBLZ.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-DlVgJBLZ.js"),
        brotli: include_bytes!("../../assets/built/words-DlVgJBLZ.js.br"),
        gzip: include_bytes!("../../assets/built/words-DlVgJBLZ.js.gz"),
    },
];
