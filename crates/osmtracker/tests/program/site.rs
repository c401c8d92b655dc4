//! The published files, without what may differ from run to run.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

/// `status.json`; `None` when there is none yet.
pub(crate) fn status(data: &Path) -> Option<Value> {
    let bytes = fs::read(data.join("site/status.json")).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// All files of a site by their keys, but for `status.json` and `metrics`, with the generation left out of pages.
#[derive(PartialEq, Eq)]
pub(crate) struct Site(pub(crate) BTreeMap<String, Vec<u8>>);

impl Site {
    /// Reads the site of a data folder.
    pub(crate) fn read(data: &Path) -> Self {
        let mut files = BTreeMap::new();
        read_folder(&data.join("site"), "", &mut files);
        for of_the_moment in ["status.json", "metrics"] {
            assert!(files.remove(of_the_moment).is_some(), "a site has its {of_the_moment}");
        }
        files.remove("metrics");
        Self(files)
    }

    /// The ids of the changesets that have a page, ascending.
    pub(crate) fn changesets(&self) -> Vec<u64> {
        let id = |key: &String| key.strip_prefix("changesets/")?.strip_suffix("/index.html")?.parse().ok();
        let mut ids: Vec<u64> = self.0.keys().filter_map(id).collect();
        ids.sort_unstable();
        ids
    }

    /// The rows of the list of everything, newest first, as `recent.json` has them for programs.
    pub(crate) fn rows(&self) -> Vec<Value> {
        let recent = self.json("views/index/recent.json");
        recent["items"].as_array().unwrap().iter().map(|item| item["_osmtracker"].clone()).collect()
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        let bytes = self.0.get(key).unwrap_or_else(|| panic!("there is no {key}"));
        std::str::from_utf8(bytes).unwrap()
    }

    pub(crate) fn json(&self, key: &str) -> Value {
        serde_json::from_str(self.text(key)).unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    /// Fails with the first file that is another, and where in it.
    #[track_caller]
    pub(crate) fn assert_same(&self, other: &Self, when: &str) {
        let keys = |site: &Self| site.0.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(self), keys(other), "{when}: other files");
        for (key, bytes) in &self.0 {
            let other = &other.0[key];
            if bytes != other {
                let at = bytes.iter().zip(other).take_while(|(a, b)| a == b).count();
                let around = |bytes: &[u8]| {
                    String::from_utf8_lossy(&bytes[at.saturating_sub(200)..bytes.len().min(at + 200)]).into_owned()
                };
                panic!("{when}: {key} differs at byte {at}:\n{}\n--- and\n{}", around(bytes), around(other));
            }
        }
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let key = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_folder(&path, &format!("{key}/"), files);
        } else {
            let bytes = fs::read(&path).unwrap();
            files.insert(key, if path.extension().is_some_and(|end| end == "html") { blanked(&bytes) } else { bytes });
        }
    }
}

/// The page without the value of its generation.
fn blanked(page: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(page).unwrap();
    let meta = "<meta name=\"osmtracker:generation\" content=\"";
    let Some(start) = text.find(meta).map(|at| at + meta.len()) else { return page.to_vec() };
    let end = start + text[start..].find('"').unwrap();
    [&page[..start], &page[end..]].concat()
}
