//! `[site]` and `[[views]]`.

use std::collections::BTreeSet;

use osmtracker_pages::{Basemap, Details, Documents, LabelText, Site, View};

use super::{
    reader::{PlainHttp, Reader, Section, Written},
    suggest::suggestion,
};

/// `followed`: what the area is called when `site.area` does not say it.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &mut Section,
    labels: Vec<LabelText>,
    places: BTreeSet<String>,
    common: BTreeSet<String>,
    followed: Option<String>,
) -> Site {
    let mut section = reader.section(root, "site");
    let s = &mut section;
    let default = Site::default();
    let mut link = |reader: &mut Reader<'_>, key, default: &str| {
        let text = reader.text(s, key)?;
        reader.as_url(key, &text, PlainHttp::Anywhere).map(|_| text.value).or_else(|| Some(default.to_owned()))
    };
    let base_url = link(reader, "base_url", "");
    let osm_url = link(reader, "osm_url", &default.osm_url).unwrap_or(default.osm_url);
    let osmcha_url = link(reader, "osmcha_url", &default.osmcha_url).unwrap_or(default.osmcha_url);
    let achavi_url = link(reader, "achavi_url", &default.achavi_url).unwrap_or(default.achavi_url);
    let josm_url = link(reader, "josm_url", &default.josm_url).unwrap_or(default.josm_url);
    let mut words = |reader: &mut Reader<'_>, key| reader.text(s, key).map(|text| text.value);
    let title = words(reader, "title").unwrap_or(default.title);
    let (area, notice) = (words(reader, "area").or(followed), words(reader, "notice"));
    let documents = documents(reader, s);
    let basemap = basemap(reader, s);
    reader.done(section);
    let views = views(reader, root, &labels);
    let version = default.version;
    Site {
        title,
        area,
        base_url,
        notice,
        osm_url,
        osmcha_url,
        achavi_url,
        josm_url,
        views,
        labels,
        places,
        common,
        documents,
        basemap,
        version,
    }
}

/// A word, or the address of tiles, which need to say whose they are.
fn basemap(reader: &mut Reader<'_>, section: &mut Section) -> Basemap {
    let map = reader.text(section, "basemap");
    let attribution = reader.text(section, "basemap_attribution").map(|text| text.value).unwrap_or_default();
    let Some(map) = map else { return Basemap::default() };
    let basemap = Basemap::parse(&map.value, &attribution);
    match &basemap {
        None => {
            let choices = "none, land, an address of tiles with {z}, {x} and {y}, or a file that ends in .pmtiles";
            reader.wrong(&map.origin, format!("`basemap` must be {choices}, not {:?}", map.value));
        }
        Some(Basemap::Raster { attribution, .. } | Basemap::Pmtiles { attribution, .. }) if attribution.is_empty() => {
            reader.wrong(&map.origin, "tiles need a `basemap_attribution`, which says whose map it is");
        }
        Some(_) => {}
    }
    basemap.unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Document {
    Analysis,
    Diff,
    Adiff,
}

fn documents(reader: &mut Reader<'_>, section: &mut Section) -> Documents {
    let Some(names) = reader.texts(section, "documents") else { return Documents::default() };
    let choices = [("analysis", Document::Analysis), ("diff", Document::Diff), ("adiff", Document::Adiff)];
    let wanted: BTreeSet<_> = names.iter().filter_map(|name| reader.choice("documents", name, &choices)).collect();
    Documents {
        analysis: wanted.contains(&Document::Analysis),
        diff: wanted.contains(&Document::Diff),
        adiff: wanted.contains(&Document::Adiff),
    }
}

const DETAILS: [(&str, Details); 2] = [("on", Details::On), ("off", Details::Off)];

fn views(reader: &mut Reader<'_>, root: &mut Section, labels: &[LabelText]) -> Vec<View> {
    let mut views = Vec::new();
    let mut seen = BTreeSet::new();
    for Written { value: mut section, origin } in reader.sections(root, "views") {
        let name = reader.text(&mut section, "name");
        let title = reader.text(&mut section, "title").map(|text| text.value);
        let [any, all, none] = ["any", "all", "none"].map(|key| known_labels(reader, &mut section, key, labels));
        let details = reader.text(&mut section, "details");
        let details = details.and_then(|text| reader.choice("details", &text, &DETAILS));
        reader.done(section);
        let Some(name) = name else {
            reader.wrong(&origin, "a view needs a `name`, which becomes part of its address");
            continue;
        };
        if !View::is_valid_name(&name.value) {
            let rule = "1 to 64 characters a-z, 0-9 and -, and not index";
            reader.wrong(&name.origin, format!("{:?} cannot be the name of a view: {rule}", name.value));
        } else if !seen.insert(name.value.clone()) {
            reader
                .wrong(&name.origin, format!("there is another view {:?}; give one of them another name", name.value));
        }
        let title = title.unwrap_or_else(|| name.value.clone());
        views.push(View { name: name.value, title, any, all, none, details: details.unwrap_or_default() });
    }
    views
}

fn known_labels(reader: &mut Reader<'_>, view: &mut Section, key: &'static str, labels: &[LabelText]) -> Vec<String> {
    let written = reader.texts(view, key).unwrap_or_default();
    for name in &written {
        if !labels.iter().any(|label| label.name == name.value) {
            let hint = suggestion(&name.value, labels.iter().map(|label| label.name.as_str()));
            reader.wrong(&name.origin, format!("there is no label {:?}{hint}", name.value));
        }
    }
    written.into_iter().map(|name| name.value).collect()
}
