use crate::{
    Site, View,
    assets::{self, Script},
    keys,
};

/// What all pages have around their content.
pub(crate) struct Frame<'a> {
    pub(crate) site: &'a Site,
    /// From the page to the site's root: empty or `../../`.
    pub(crate) root: &'static str,
    /// Of this page; the site's own is appended.
    pub(crate) title: String,
    /// One sentence for search engines and previews.
    pub(crate) description: String,
    /// Key of this page.
    pub(crate) key: String,
    /// State of the site that the page shows; the one part that differs between runs with the same input.
    pub(crate) generation: Option<u64>,
    /// Key and title of the page's Atom feed.
    pub(crate) feed: Option<(String, String)>,
    /// Key, words and content type of the page's other documents.
    pub(crate) data: Vec<DataLink>,
    /// What the page runs.
    pub(crate) script: Script,
    /// How the page is laid out: empty or `wide`.
    pub(crate) class: &'static str,
}

/// A document beside a page.
pub(crate) struct DataLink {
    pub(crate) key: String,
    pub(crate) words: &'static str,
    pub(crate) content_type: &'static str,
}

/// A link of the main navigation.
pub(crate) struct NavLink {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) current: &'static str,
    /// Whether the title is from the configuration: it is not translated.
    pub(crate) own: bool,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(site: &'a Site, key: String, title: String, description: String) -> Self {
        let (root, script) = (root_of(&key), assets::PLAIN);
        Self { site, root, title, description, key, generation: None, feed: None, data: Vec::new(), script, class: "" }
    }

    /// Documents of a view, for its page.
    pub(crate) fn with_view(mut self, view: &View) -> Self {
        self.feed = Some((keys::view_feed(view), format!("{}: {}", self.site.title, view.title)));
        self.data.push(DataLink {
            key: keys::view_recent(view),
            words: "JSON feed",
            content_type: "application/feed+json",
        });
        self.data.push(DataLink {
            key: keys::view_bounds(view),
            words: "Boxes (GeoJSON)",
            content_type: "application/geo+json",
        });
        self
    }

    pub(crate) fn navigation(&self) -> Vec<NavLink> {
        let views = self.site.all_views().map(|view| (keys::view_page(&view), !view.is_index(), view.title));
        let others = [(keys::DISCUSSIONS, "Discussions"), (keys::SUMMARY, "Summary"), (keys::ABOUT, "About")]
            .map(|(key, title)| (key.to_owned(), false, title.to_owned()));
        let current = |key: &str| if key == self.key { "page" } else { "false" };
        views.chain(others).map(|(key, own, title)| NavLink { current: current(&key), key, title, own }).collect()
    }

    /// The policy that pages carry for hosts that send no header of their own.
    pub(crate) fn policy(&self) -> String {
        self.site.basemap.content_security_policy()
    }

    pub(crate) fn stylesheet(&self) -> &'static str {
        assets::stylesheet()
    }

    pub(crate) fn icon(&self) -> &'static str {
        assets::icon()
    }

    pub(crate) fn front_page(&self) -> &'static str {
        keys::INDEX
    }
}

/// The way back to the root from a key.
pub(crate) fn root_of(key: &str) -> &'static str {
    match key.matches('/').count() {
        0 => "",
        1 => "../",
        _ => "../../",
    }
}
