use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What lies under the map of a changeset. Part of the configuration, so that it can change without a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basemap {
    /// Nothing.
    None,
    /// The coasts of the world, from the site's own files. The one choice besides `None` without another server.
    #[default]
    Land,
    /// Tiles as images. The reader's browser asks their server.
    Raster {
        /// With `{z}`, `{x}` and `{y}`.
        url: String,
        /// Whose map it is: shown over the map.
        attribution: String,
    },
    /// One file of vector tiles in the schema of Protomaps, read in parts.
    Pmtiles {
        /// Absolute, or from the site's root.
        url: String,
        /// Whose map it is: shown over the map.
        attribution: String,
    },
}

impl Basemap {
    /// The basemap that a word or an address stands for: `none`, `land`, tiles with `{z}`, `{x}` and `{y}`, or a file
    /// `….pmtiles`; `None` when it is none of them.
    #[must_use]
    pub fn parse(text: &str, attribution: &str) -> Option<Self> {
        let (url, attribution) = (text.to_owned(), attribution.to_owned());
        let is_address = !text.contains(|c: char| c.is_whitespace() || "\"'<>;,".contains(c));
        match text {
            "none" => Some(Self::None),
            "land" => Some(Self::Land),
            _ if !is_address => None,
            _ if text.starts_with("http") && ["{z}", "{x}", "{y}"].iter().all(|part| text.contains(part)) => {
                Some(Self::Raster { url, attribution })
            }
            _ if text.ends_with(".pmtiles") => Some(Self::Pmtiles { url, attribution }),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Land => "land",
            Self::Raster { .. } => "raster",
            Self::Pmtiles { .. } => "pmtiles",
        }
    }

    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            Self::None | Self::Land => None,
            Self::Raster { url, .. } | Self::Pmtiles { url, .. } => Some(url),
        }
    }

    pub(crate) fn attribution(&self) -> &str {
        match self {
            Self::None => "",
            Self::Land => "Land: Natural Earth",
            Self::Raster { attribution, .. } | Self::Pmtiles { attribution, .. } => attribution,
        }
    }

    /// Scheme and host of a server that is not the site's own.
    fn origin(&self) -> Option<&str> {
        let url = self.url()?;
        let host = url.find("://")? + 3;
        Some(&url[..url[host..].find('/').map_or(url.len(), |at| host + at)])
    }

    /// The policy of a site with this basemap, as a header or, without `frame-ancestors`, in a page: nothing from elsewhere
    /// except the basemap's tiles, no inline script or style.
    #[must_use]
    pub fn content_security_policy(&self) -> String {
        let tiles = self.origin().map(|origin| format!(" {origin}")).unwrap_or_default();
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{tiles}; \
             connect-src 'self'{tiles}; worker-src 'self' blob:; base-uri 'none'; form-action 'self'"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basemap_is_a_word_or_an_address() {
        assert_eq!(Basemap::parse("none", ""), Some(Basemap::None));
        assert_eq!(Basemap::parse("land", ""), Some(Basemap::Land));
        assert_eq!(Basemap::parse("https://t.example/{z}/{x}/{y}.png", "© T").map(|map| map.kind()), Some("raster"));
        assert_eq!(Basemap::parse("maps/dk.pmtiles", "© P").map(|map| map.kind()), Some("pmtiles"));
        for text in ["sea", "https://t.example/{z}/{x}.png", "https://t.example/a b.pmtiles", "x;script-src *.pmtiles"]
        {
            assert_eq!(Basemap::parse(text, ""), None, "{text}");
        }
    }

    #[test]
    fn only_the_server_of_the_tiles_is_let_in() {
        let policy = |text| Basemap::parse(text, "").expect("a basemap").content_security_policy();
        assert!(policy("https://t.example/{z}/{x}/{y}.png").contains("connect-src 'self' https://t.example;"));
        assert!(policy("https://t.example/{z}/{x}/{y}.png").contains("img-src 'self' data: blob: https://t.example;"));
        assert_eq!(policy("maps/dk.pmtiles"), policy("land"));
    }
}
