use askama::Template;

use crate::{Site, View, keys, list::render, page::Frame};

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage<'a> {
    frame: Frame<'a>,
    views: Vec<ViewText>,
}

struct ViewText {
    key: String,
    feed: String,
    title: String,
    rule: String,
    /// Whether the title is from the configuration: it is not translated.
    own: bool,
}

/// The page that says what the labels mean, which lists there are, and where the data come from.
#[must_use]
pub fn about_page(site: &Site) -> String {
    let description = "What the labels mean, with their rules and thresholds; licence and attribution.".to_owned();
    let frame = Frame::new(site, keys::ABOUT.to_owned(), "About".to_owned(), description).with_view(&View::index());
    let views = site.all_views().map(|view| ViewText {
        key: keys::view_page(&view),
        feed: keys::view_feed(&view),
        rule: rule(site, &view),
        own: !view.is_index(),
        title: view.title,
    });
    render(&AboutPage { views: views.collect(), frame })
}

/// The rule of a view in words.
fn rule(site: &Site, view: &View) -> String {
    let titles = |names: &[String]| names.iter().map(|name| site.label_title(name)).collect::<Vec<_>>().join(", ");
    let part = |words: &str, names: &[String]| (!names.is_empty()).then(|| format!("{words} {}", titles(names)));
    let parts = [part("any of", &view.any), part("all of", &view.all), part("none of", &view.none)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "every changeset".to_owned() } else { parts.join("; ") }
}
