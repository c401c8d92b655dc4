//! A text exposition, read strictly, and what `promtool check metrics` does not see in it: samples that are there twice,
//! buckets that fall, and counters that fall from one scrape to the next.

use std::collections::BTreeMap;

/// One scrape.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    /// `counter`, `gauge` or `histogram` by name of the family.
    pub(crate) types: BTreeMap<String, String>,
    samples: Vec<(String, f64)>,
}

impl Exposition {
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Self {
        let mut exposition = Self::default();
        for line in text.lines() {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                let (family, kind) = declared.split_once(' ').unwrap_or_else(|| panic!("{line}"));
                let before = exposition.types.insert(family.to_owned(), kind.to_owned());
                assert!(before.is_none(), "{family} is declared twice");
            } else if !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line:?}"));
                exposition.samples.push((series.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}"))));
            }
        }
        exposition
    }

    /// The value of a series, labels as they are written.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        self.samples.iter().find(|(name, _)| name == series).map(|(_, value)| *value)
    }

    /// What is wrong with it by itself.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = BTreeMap::new();
        let mut bucket: Option<(&str, f64)> = None;
        for (series, value) in &self.samples {
            let name = name_of(series);
            if seen.insert(series, value).is_some() {
                faults.push(format!("{series} is there twice"));
            }
            if type_of(&self.types, name).is_none() {
                faults.push(format!("{series} has no type"));
            }
            if !value.is_finite() {
                faults.push(format!("{series} is {value}"));
            }
            match bucket {
                Some((before, count)) if before == name && *value < count => faults.push(format!("{series} falls")),
                _ => {}
            }
            bucket = name.ends_with("_bucket").then_some((name, *value));
            if series.contains("le=\"+Inf\"") {
                let count = self.value(&name.replace("_bucket", "_count"));
                if count != Some(*value) {
                    faults.push(format!("{series} is {value} and the count is {count:?}"));
                }
            }
        }
        faults
    }

    /// What only rises and is less, or gone, after `earlier`.
    pub(crate) fn fallen_since(&self, earlier: &Self) -> Vec<String> {
        let now: BTreeMap<_, _> = self.samples.iter().map(|(series, value)| (series, *value)).collect();
        let rises = |series: &str| type_of(&earlier.types, name_of(series)).is_some_and(|kind| kind != "gauge");
        let before = earlier.samples.iter().filter(|(series, _)| rises(series));
        before
            .filter(|(series, value)| now.get(series).is_none_or(|now| now < value))
            .map(|(series, value)| format!("{series} fell from {value} to {:?}", now.get(series)))
            .collect()
    }
}

/// The name of a series without its labels.
fn name_of(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

/// The type of a sample: a histogram's are named after it.
pub(crate) fn type_of<'a>(types: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    if let Some(kind) = types.get(name).filter(|kind| *kind != "histogram") {
        return Some(kind);
    }
    let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix))?;
    types.get(family).map(String::as_str).filter(|kind| *kind == "histogram")
}

const SOUND: &str = "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"1\"} 3\na_total{x=\"2\"} 0\n\
    # HELP g G.\n# TYPE g gauge\ng 5\n\
    # HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 4\nh_sum 7.5\nh_count 4\n";

#[test]
fn a_sound_exposition_has_no_faults() {
    let sound = Exposition::parse(SOUND);
    assert_eq!(sound.faults(), Vec::<String>::new());
    assert_eq!(sound.fallen_since(&sound), Vec::<String>::new());
    assert_eq!((sound.value("a_total{x=\"1\"}"), sound.value("a_total")), (Some(3.0), None));
}

#[test]
fn what_promtool_does_not_see_is_seen() {
    for (from, to, fault) in [
        ("a_total{x=\"2\"} 0", "a_total{x=\"1\"} 4", "a_total{x=\"1\"} is there twice"),
        ("h_bucket{le=\"1\"} 2", "h_bucket{le=\"1\"} 5", "h_bucket{le=\"+Inf\"} falls"),
        ("h_count 4", "h_count 5", "h_bucket{le=\"+Inf\"} is 4 and the count is Some(5.0)"),
        ("g 5", "g NaN", "g is NaN"),
        ("g 5", "k 5", "k has no type"),
    ] {
        assert_eq!(Exposition::parse(&SOUND.replace(from, to)).faults(), [fault]);
    }
}

#[test]
fn what_falls_between_scrapes_is_seen_unless_it_may() {
    let before = Exposition::parse(SOUND);
    for (from, to, fallen) in [
        ("a_total{x=\"1\"} 3", "a_total{x=\"1\"} 2", "a_total{x=\"1\"} fell from 3 to Some(2.0)"),
        ("a_total{x=\"2\"} 0\n", "", "a_total{x=\"2\"} fell from 0 to None"),
        ("h_bucket{le=\"1\"} 2", "h_bucket{le=\"1\"} 1", "h_bucket{le=\"1\"} fell from 2 to Some(1.0)"),
        ("h_sum 7.5", "h_sum 7", "h_sum fell from 7.5 to Some(7.0)"),
    ] {
        assert_eq!(Exposition::parse(&SOUND.replace(from, to)).fallen_since(&before), [fallen]);
    }
    assert!(Exposition::parse(&SOUND.replace("g 5", "g 1")).fallen_since(&before).is_empty(), "gauges may fall");
    assert!(Exposition::parse(&SOUND.replace("x=\"1\"} 3", "x=\"1\"} 9")).fallen_since(&before).is_empty());
}
