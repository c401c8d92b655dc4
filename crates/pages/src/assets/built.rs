//! Written by `make site`: do not edit.

use super::{BuiltAsset, Script};

pub(super) const STYLESHEET: &str = "assets/site-CrbHM0p-.css";
pub(super) const ICON: &str = "assets/icon-f3df7c77.svg";
pub(super) const LIST: Script = Script { key: "assets/list-CGgWNb0O.js", imports: &["assets/page-C14zWGuQ.js", "assets/words-BxRgxxsg.js"] };
pub(super) const CHANGESET: Script = Script { key: "assets/changeset-epAnjTpC.js", imports: &["assets/page-C14zWGuQ.js", "assets/diff-C1E2BTDr.js", "assets/words-BxRgxxsg.js"] };
pub(super) const PLAIN: Script = Script { key: "assets/plain-D3IiuFgU.js", imports: &["assets/page-C14zWGuQ.js"] };

pub(super) const BUILT: [BuiltAsset; 17] = [
    BuiltAsset {
        key: "assets/changeset-epAnjTpC.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/changeset-epAnjTpC.js"),
        brotli: include_bytes!("../../assets/built/changeset-epAnjTpC.js.br"),
        gzip: include_bytes!("../../assets/built/changeset-epAnjTpC.js.gz"),
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
        key: "assets/land-CG1UzjE7.geojson",
        content_type: "application/geo+json",
        bytes: include_bytes!("../../assets/built/land-CG1UzjE7.geojson"),
        brotli: include_bytes!("../../assets/built/land-CG1UzjE7.geojson.br"),
        gzip: include_bytes!("../../assets/built/land-CG1UzjE7.geojson.gz"),
    },
    BuiltAsset {
        key: "assets/list-CGgWNb0O.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/list-CGgWNb0O.js"),
        brotli: include_bytes!("../../assets/built/list-CGgWNb0O.js.br"),
        gzip: include_bytes!("../../assets/built/list-CGgWNb0O.js.gz"),
    },
    BuiltAsset {
        key: "assets/map-BN69zg-E.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/map-BN69zg-E.js"),
        brotli: include_bytes!("../../assets/built/map-BN69zg-E.js.br"),
        gzip: include_bytes!("../../assets/built/map-BN69zg-E.js.gz"),
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
        key: "assets/page-C14zWGuQ.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/page-C14zWGuQ.js"),
        brotli: include_bytes!("../../assets/built/page-C14zWGuQ.js.br"),
        gzip: include_bytes!("../../assets/built/page-C14zWGuQ.js.gz"),
    },
    BuiltAsset {
        key: "assets/plain-D3IiuFgU.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/plain-D3IiuFgU.js"),
        brotli: include_bytes!("../../assets/built/plain-D3IiuFgU.js.br"),
        gzip: include_bytes!("../../assets/built/plain-D3IiuFgU.js.gz"),
    },
    BuiltAsset {
        key: "assets/site-CrbHM0p-.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/built/site-CrbHM0p-.css"),
        brotli: include_bytes!("../../assets/built/site-CrbHM0p-.css.br"),
        gzip: include_bytes!("../../assets/built/site-CrbHM0p-.css.gz"),
    },
    BuiltAsset {
        key: "assets/svg-Bkai2VD_.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/svg-Bkai2VD_.js"),
        brotli: include_bytes!("../../assets/built/svg-Bkai2VD_.js.br"),
        gzip: include_bytes!("../../assets/built/svg-Bkai2VD_.js.gz"),
    },
    BuiltAsset {
        key: "assets/words-BxRgxxsg.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/built/words-BxRgxxsg.js"),
        brotli: include_bytes!("../../assets/built/words-BxRgxxsg.js.br"),
        gzip: include_bytes!("../../assets/built/words-BxRgxxsg.js.gz"),
    },
];
