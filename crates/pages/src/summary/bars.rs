use std::collections::BTreeMap;

use osmtracker_osm::Timestamp;

use crate::Entry;

/// More bars than this are no picture any more: the unit grows instead.
const MAX_BARS: usize = 200;
/// Of the drawing, in its own units.
const HEIGHT: f64 = 120.0;
const BAR: f64 = 10.0;
const SECONDS_PER_DAY: i64 = 86_400;

/// Changesets over time, as an SVG drawing and a table.
pub(crate) struct Bars {
    /// `hour`, `day`, `month` or `year`.
    pub(crate) unit: &'static str,
    /// Oldest first, without holes.
    pub(crate) bars: Vec<Bar>,
    /// The highest bar.
    pub(crate) most: usize,
}

/// The changesets of one hour, day, month or year.
pub(crate) struct Bar {
    pub(crate) words: String,
    pub(crate) count: usize,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
}

impl Bars {
    /// Bars of the smallest unit of which the period has at most [`MAX_BARS`].
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let times: Vec<_> = entries.iter().map(Entry::time).collect();
        let (first, last) = (times.iter().min().copied(), times.iter().max().copied());
        let units: [(&'static str, usize); 4] = [("hour", 13), ("day", 10), ("month", 7), ("year", 4)];
        let Some((first, last)) = first.zip(last) else { return Self { unit: "hour", bars: Vec::new(), most: 0 } };
        let (unit, length) =
            units.into_iter().find(|(unit, _)| span(unit, first, last) < MAX_BARS as i64).unwrap_or(units[3]);
        let mut counts: BTreeMap<String, usize> = periods(unit, length, first, last);
        for time in &times {
            *counts.entry(prefix(*time, length)).or_default() += 1;
        }
        let most = counts.values().copied().max().unwrap_or(0);
        let bars = counts.into_iter().enumerate().map(|(at, (words, count))| bar(at, words, count, most)).collect();
        Self { unit, bars, most }
    }

    pub(crate) fn view_box(&self) -> String {
        format!("0 0 {} {HEIGHT}", self.bars.len() as f64 * BAR)
    }

    /// `2026-11-22 09:00` of the oldest bar.
    pub(crate) fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| &bar.words)
    }

    /// … of the newest bar.
    pub(crate) fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| &bar.words)
    }

    /// Bars that are not empty, newest first, for the table.
    pub(crate) fn rows(&self) -> Vec<&Bar> {
        self.bars.iter().rev().filter(|bar| bar.count > 0).collect()
    }
}

fn bar(at: usize, period: String, count: usize, most: usize) -> Bar {
    let height = count as f64 * (HEIGHT - 2.0) / most.max(1) as f64;
    let words = if period.len() == 13 { format!("{}:00", period.replace('T', " ")) } else { period };
    Bar {
        words,
        count,
        x: format!("{:.1}", at as f64 * BAR + 1.0),
        y: format!("{:.1}", HEIGHT - height),
        width: format!("{:.1}", BAR - 2.0),
        height: format!("{height:.1}"),
    }
}

fn prefix(time: Timestamp, length: usize) -> String {
    let mut text = time.to_string();
    text.truncate(length);
    text
}

/// Whole units between two moments, about.
fn span(unit: &str, first: Timestamp, last: Timestamp) -> i64 {
    last.seconds_since(first) / seconds(unit)
}

/// The shortest that a unit can be, in seconds: stepping by it meets each one.
fn seconds(unit: &str) -> i64 {
    match unit {
        "hour" => 3600,
        "day" => SECONDS_PER_DAY,
        "month" => 28 * SECONDS_PER_DAY,
        _ => 365 * SECONDS_PER_DAY,
    }
}

/// Each period from the first to the last, empty.
fn periods(unit: &str, length: usize, first: Timestamp, last: Timestamp) -> BTreeMap<String, usize> {
    let step = seconds(unit);
    let steps = 0..=last.seconds_since(first) / step;
    steps.map(|n| (prefix(first.plus_seconds(n * step), length), 0)).collect()
}
