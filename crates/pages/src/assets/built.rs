//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-b8l_MLTb.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-C7MY6WlK.js", imports: &["assets/page-xfiVj_3n.js", "assets/words-BcWLc2bp.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-BR2icavp.js", imports: &["assets/page-xfiVj_3n.js", "assets/diff-77722TY_.js", "assets/words-BcWLc2bp.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-HGe0mFOa.js", imports: &["assets/page-xfiVj_3n.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-BR2icavp.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-BR2icavp.js"),
        brotli: include_bytes!("../../assets/built/changeset-BR2icavp.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-BR2icavp.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-DxVfXBy5.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-DxVfXBy5.js"),
        brotli: include_bytes!("../../assets/built/de-DxVfXBy5.js.br"),
        gzip: include_bytes!("../../assets/built/de-DxVfXBy5.js.gz"),
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
        key: "assets/list-C7MY6WlK.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-C7MY6WlK.js"),
        brotli: include_bytes!("../../assets/built/list-C7MY6WlK.js.br"),
        gzip: include_bytes!("../../assets/built/list-C7MY6WlK.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-By3gRtC6.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-By3gRtC6.js"),
        brotli: include_bytes!("../../assets/built/map-By3gRtC6.js.br"),
        gzip: include_bytes!("../../assets/built/map-By3gRtC6.js.gz"),
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
        key: "assets/page-xfiVj_3n.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-xfiVj_3n.js"),
        brotli: include_bytes!("../../assets/built/page-xfiVj_3n.js.br"),
        gzip: include_bytes!("../../assets/built/page-xfiVj_3n.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-HGe0mFOa.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-HGe0mFOa.js"),
        brotli: include_bytes!("../../assets/built/plain-HGe0mFOa.js.br"),
        gzip: include_bytes!("../../assets/built/plain-HGe0mFOa.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-b8l_MLTb.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-b8l_MLTb.css"),
        brotli: include_bytes!("../../assets/built/site-b8l_MLTb.css.br"),
        gzip: include_bytes!("../../assets/built/site-b8l_MLTb.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-C2T_uOkG.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-C2T_uOkG.js"),
        brotli: include_bytes!("../../assets/built/svg-C2T_uOkG.js.br"),
        gzip: include_bytes!("../../assets/built/svg-C2T_uOkG.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-BcWLc2bp.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-BcWLc2bp.js"),
        brotli: include_bytes!("../../assets/built/words-BcWLc2bp.js.br"),
        gzip: include_bytes!("../../assets/built/words-BcWLc2bp.js.gz"),
    },
];
