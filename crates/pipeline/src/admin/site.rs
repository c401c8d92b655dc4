use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use osmtracker_osm::ChangesetId;
use osmtracker_pages::keys;
use serde::Serialize;

use super::changesets::{Selection, list};
use crate::{
    ChangesetRow, State,
    messages::PublishAction,
    ports::PortError,
    steps::{Ports, StepError, ask_for_publication, published_generation},
};

/// Objects read at the same time.
const CONCURRENCY: usize = 8;

const PUBLIC: &str = "site/";

/// Where a page says which generation it is of.
const GENERATION: &str = "<meta name=\"osmtracker:generation\" content=\"";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SiteReport {
    /// Public objects.
    pub objects: usize,
    /// Pages whose links were followed.
    pub pages: usize,
    /// Links in them that stay within the site.
    pub links: usize,
    /// What is not as it should be.
    pub faults: Vec<Fault>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// A link leads nowhere.
    BrokenLink {
        /// The page that has it.
        page: String,
        /// What it refers to.
        link: String,
    },
    /// A changeset's object, and no row for it.
    Orphan {
        /// The object.
        key: String,
    },
    /// A changeset that is shown and has no page.
    NoPage {
        /// The changeset.
        changeset: ChangesetId,
    },
    /// A page that says it is of a generation that was not published yet.
    Generation {
        /// The page.
        page: String,
        /// What it says.
        says: u64,
        /// The newest that was published.
        published: u64,
    },
    /// A document that has to be there.
    Absent {
        /// Its key.
        key: String,
    },
}

/// Has every page, document and list written anew; answers for how many changesets.
///
/// # Errors
/// When store or queue fails.
pub async fn rebuild(ports: &Ports) -> Result<usize, StepError> {
    let rows = list(ports, &Selection::default()).await?;
    let shown: Vec<_> = rows.iter().filter(|row| row.listed).map(ChangesetRow::id).collect();
    ports.send_for_publication(&shown, PublishAction::Update).await?;
    ask_for_publication(ports).await?;
    Ok(shown.len())
}

/// Follows every link of every page, and compares pages with rows. Reads the whole site.
///
/// A pipeline at work changes the site meanwhile: what is reported twice is true.
///
/// # Errors
/// When store or site fails.
pub async fn verify(ports: &Ports) -> Result<SiteReport, PortError> {
    let keys: BTreeSet<String> = ports.site.list(PUBLIC).await?.into_iter().collect();
    let mut report = SiteReport { objects: keys.len(), ..SiteReport::default() };
    compare_with_rows(ports, &keys, &mut report).await?;
    let published = published_generation(ports).await?;
    for key in [keys::INDEX, keys::SUMMARY, keys::DISCUSSIONS, keys::ABOUT, keys::STATUS] {
        if !keys.contains(&format!("{PUBLIC}{key}")) {
            report.faults.push(Fault::Absent { key: key.to_owned() });
        }
    }
    let pages = keys.iter().filter(|key| key.ends_with(".html")).cloned();
    let site = &ports.site;
    let mut read = stream::iter(pages)
        .map(|key| async move { site.get(&key).await.map(|object| (key, object)) })
        .buffer_unordered(CONCURRENCY);
    while let Some(page) = read.next().await {
        // Gone since it was listed: no page any more.
        let (key, Some(object)) = page? else { continue };
        report.pages += 1;
        look_at_page(&key, &String::from_utf8_lossy(&object.bytes), published, &keys, &mut report);
    }
    report.faults.sort();
    Ok(report)
}

async fn compare_with_rows(ports: &Ports, keys: &BTreeSet<String>, report: &mut SiteReport) -> Result<(), PortError> {
    let rows = list(ports, &Selection::default()).await?;
    let known: BTreeSet<ChangesetId> = rows.iter().map(ChangesetRow::id).collect();
    let orphans = keys.iter().filter(|key| changeset_of(key).is_some_and(|id| !known.contains(&id)));
    report.faults.extend(orphans.map(|key| Fault::Orphan { key: key[PUBLIC.len()..].to_owned() }));
    let private = ports.site.list("analysis/").await?;
    let id_of = |key: &str| key.strip_prefix("analysis/")?.strip_suffix(".json")?.parse().ok().map(ChangesetId);
    let orphans = private.into_iter().filter(|key| id_of(key).is_some_and(|id| !known.contains(&id)));
    report.faults.extend(orphans.map(|key| Fault::Orphan { key }));
    let finished = rows.iter().filter(|row| row.listed && row.state == State::Done).map(ChangesetRow::id);
    let without = finished.filter(|id| !keys.contains(&format!("{PUBLIC}{}", keys::changeset_page(*id))));
    report.faults.extend(without.map(|changeset| Fault::NoPage { changeset }));
    Ok(())
}

/// The changeset that a public key belongs to.
fn changeset_of(key: &str) -> Option<ChangesetId> {
    let rest = key.strip_prefix(PUBLIC)?.strip_prefix("changesets/")?;
    rest.split('/').next()?.parse().ok().map(ChangesetId)
}

fn look_at_page(key: &str, html: &str, published: u64, keys: &BTreeSet<String>, report: &mut SiteReport) {
    let page = &key[PUBLIC.len()..];
    let says = html.split_once(GENERATION).and_then(|(_, rest)| rest.split('"').next()?.parse::<u64>().ok());
    if let Some(says) = says.filter(|says| *says > published) {
        report.faults.push(Fault::Generation { page: page.to_owned(), says, published });
    }
    for link in links(html).filter_map(|link| Some((link, resolve(page, link)?))) {
        report.links += 1;
        let (link, target) = link;
        if !keys.contains(&format!("{PUBLIC}{target}")) {
            report.faults.push(Fault::BrokenLink { page: page.to_owned(), link: link.to_owned() });
        }
    }
}

/// What `href` and `src` attributes of a page of ours refer to: its templates write them with double quotes, and escape
/// those of strangers.
fn links(html: &str) -> impl Iterator<Item = &str> {
    [" href=\"", " src=\""]
        .into_iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
}

/// The key that a reference within the site leads to; `None` for one that leads elsewhere, or into the same page.
fn resolve(page: &str, link: &str) -> Option<String> {
    let path = link.split(['#', '?']).next().unwrap_or_default();
    let is_elsewhere = path.starts_with("//") || path.split('/').next().is_some_and(|first| first.contains(':'));
    if path.is_empty() || is_elsewhere {
        return None;
    }
    let mut parts: Vec<&str> = match path.starts_with('/') {
        true => Vec::new(),
        false => page.rsplit_once('/').map(|(folder, _)| folder.split('/').collect()).unwrap_or_default(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut key = parts.join("/");
    let is_folder = key.is_empty() || path.ends_with('/') || path.ends_with("..") || path == ".";
    if is_folder {
        key.push_str(if key.is_empty() { "index.html" } else { "/index.html" });
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_where_a_browser_would_go() {
        for (page, link, target) in [
            ("index.html", "summary/", Some("summary/index.html")),
            ("index.html", "./", Some("index.html")),
            ("index.html", "changesets/7/#map=1", Some("changesets/7/index.html")),
            ("changesets/7/index.html", "../../", Some("index.html")),
            ("changesets/7/index.html", "diff.geojson", Some("changesets/7/diff.geojson")),
            ("views/a/index.html", "../../assets/x-1.css?v", Some("assets/x-1.css")),
            ("views/a/index.html", "/about/", Some("about/index.html")),
            ("index.html", "https://www.openstreetmap.org/", None),
            ("index.html", "mailto:a@example.org", None),
            ("index.html", "#main", None),
            ("index.html", "?q=x", None),
        ] {
            assert_eq!(resolve(page, link).as_deref(), target, "{link} on {page}");
        }
    }

    #[test]
    fn links_are_found_and_a_wrong_one_is_told() {
        let html = concat!(
            "<meta name=\"osmtracker:generation\" content=\"9\">",
            "<link rel=\"stylesheet\" href=\"assets/a.css\"><a href=\"gone/\">x</a><img src=\"assets/i.svg\">"
        );
        let keys = ["site/assets/a.css", "site/assets/i.svg"].map(str::to_owned).into();
        let mut report = SiteReport::default();
        look_at_page("site/index.html", html, 8, &keys, &mut report);
        assert_eq!(report.links, 3);
        let page = || "index.html".to_owned();
        let expected = [
            Fault::Generation { page: page(), says: 9, published: 8 },
            Fault::BrokenLink { page: page(), link: "gone/".to_owned() },
        ];
        assert_eq!(report.faults, expected);
    }
}
