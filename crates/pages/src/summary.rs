//! Totals of a window of changesets.

mod bars;
mod document;
mod land;
mod map;
mod totals;

use askama::Template;

use crate::{
    Entry, Site, View, keys,
    list::render,
    page::Frame,
    row::{Chip, tag_chips},
    text,
};
use bars::Bars;
pub use document::{Period, SummaryDocument, SummaryUser};
use map::Map;
use totals::{BusyUser, Totals};
pub(crate) use totals::{LengthRow, TypeRow, length_rows, type_rows};

/// Tag changes of each kind that are shown.
const TAGS: usize = 15;

#[derive(Template)]
#[template(path = "summary.html")]
struct SummaryPage<'a> {
    frame: Frame<'a>,
    totals: &'a Totals,
    cards: Vec<(String, &'static str)>,
    types: Vec<TypeRow>,
    lengths: Vec<LengthRow>,
    tags: Vec<Chip<'a>>,
    busiest: Vec<BusyUser<'a>>,
    bars: Bars,
    map: Option<Map<'a>>,
}

/// The page of totals over `entries`, which come newest first: the period, counts, lengths, tags, users, when and where.
///
/// Tag changes are added up from the most frequent ones of each changeset, as its [`osmtracker_analysis::Digest`] has them.
#[must_use]
pub fn summary_page(site: &Site, entries: &[Entry], generation: u64) -> String {
    let area = site.area.as_deref().unwrap_or("OpenStreetMap");
    let description = format!("Totals of the changesets in {area}: what was mapped, when, where and by whom.");
    let frame = Frame::new(site, keys::SUMMARY.to_owned(), "Summary".to_owned(), description);
    let mut frame = frame.with_view(&View::index());
    frame.generation = Some(generation);
    let totals = Totals::of(entries);
    let page = SummaryPage {
        cards: totals.cards(),
        types: totals.types(),
        lengths: totals.lengths(),
        tags: tag_chips(&totals.tag_diff, TAGS),
        busiest: totals::busiest(site, entries),
        bars: Bars::of(entries),
        map: Map::of(frame.root, entries),
        totals: &totals,
        frame,
    };
    render(&page)
}

impl SummaryPage<'_> {
    fn period(&self) -> Option<String> {
        let (first, last) = self.totals.period?;
        Some(format!("{} to {}", text::time(first), text::time(last)))
    }
}
