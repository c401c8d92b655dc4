//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-ifLtv1q2.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-DfeF9mBK.js", imports: &["assets/page-Dz7QQTV2.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-q8_syL97.js", imports: &["assets/page-Dz7QQTV2.js", "assets/diff-C1E2BTDr.js", "assets/preload-helper-BQUUbbNx.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-C4KsYhSk.js", imports: &["assets/page-Dz7QQTV2.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-q8_syL97.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-q8_syL97.js"),
        brotli: include_bytes!("../../assets/built/changeset-q8_syL97.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-q8_syL97.js.gz"),
    },
    BuiltAsset {
        key: "assets/de-CrmUtVsS.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/de-CrmUtVsS.js"),
        brotli: include_bytes!("../../assets/built/de-CrmUtVsS.js.br"),
        gzip: include_bytes!("../../assets/built/de-CrmUtVsS.js.gz"),
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
        key: "assets/land-DlbaDrjx.geojson",
        content_type: "application/geo+json",
        bytes: include_bytes!("../../assets/built/land-DlbaDrjx.geojson"),
        brotli: include_bytes!("../../assets/built/land-DlbaDrjx.geojson.br"),
        gzip: include_bytes!("../../assets/built/land-DlbaDrjx.geojson.gz"),
    },
    BuiltAsset {
        key: "assets/list-DfeF9mBK.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-DfeF9mBK.js"),
        brotli: include_bytes!("../../assets/built/list-DfeF9mBK.js.br"),
        gzip: include_bytes!("../../assets/built/list-DfeF9mBK.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-B84IriXV.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-B84IriXV.js"),
        brotli: include_bytes!("../../assets/built/map-B84IriXV.js.br"),
        gzip: include_bytes!("../../assets/built/map-B84IriXV.js.gz"),
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
        key: "assets/page-Dz7QQTV2.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-Dz7QQTV2.js"),
        brotli: include_bytes!("../../assets/built/page-Dz7QQTV2.js.br"),
        gzip: include_bytes!("../../assets/built/page-Dz7QQTV2.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-C4KsYhSk.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-C4KsYhSk.js"),
        brotli: include_bytes!("../../assets/built/plain-C4KsYhSk.js.br"),
        gzip: include_bytes!("../../assets/built/plain-C4KsYhSk.js.gz"),
    },
    BuiltAsset {
        key: "assets/preload-helper-BQUUbbNx.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/preload-helper-BQUUbbNx.js"),
        brotli: include_bytes!("../../assets/built/preload-helper-BQUUbbNx.js.br"),
        gzip: include_bytes!("../../assets/built/preload-helper-BQUUbbNx.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-ifLtv1q2.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-ifLtv1q2.css"),
        brotli: include_bytes!("../../assets/built/site-ifLtv1q2.css.br"),
        gzip: include_bytes!("../../assets/built/site-ifLtv1q2.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-CI40SsQj.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-CI40SsQj.js"),
        brotli: include_bytes!("../../assets/built/svg-CI40SsQj.js.br"),
        gzip: include_bytes!("../../assets/built/svg-CI40SsQj.js.gz"),
    },
];
