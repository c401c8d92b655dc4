//! The page that tells developers what the API answers.

use askama::Template;

use crate::{Site, list::render, page::Frame};

/// Where the page stands: relative links go from here to the site's root.
const KEY: &str = "api/v1/index.html";

/// What can be asked, for people; made from the same table as the OpenAPI document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiReference {
    /// What holds for all calls, a heading and its sentences.
    pub rules: Vec<(&'static str, String)>,
    /// The calls, in the order of the page.
    pub calls: Vec<ApiCall>,
}

/// One call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiCall {
    /// Unique on the page.
    pub id: String,
    /// With names in braces for what a caller fills in.
    pub path: String,
    /// One line.
    pub summary: String,
    /// Some sentences, or nothing.
    pub description: String,
    /// Whether new programs should call something else.
    pub deprecated: bool,
    /// What may be asked.
    pub parameters: Vec<ApiParameter>,
    /// A path to try.
    pub example: String,
}

/// One parameter of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiParameter {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What it may be.
    pub limits: String,
}

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage<'a> {
    frame: Frame<'a>,
    reference: &'a ApiReference,
}

/// The page about the API, to be served at `api/v1/`.
#[must_use]
pub fn api_page(site: &Site, reference: &ApiReference) -> String {
    let description = "What the API answers, with every parameter and its limits.".to_owned();
    let frame = Frame::new(site, KEY.to_owned(), "API".to_owned(), description);
    render(&ApiPage { frame, reference })
}
