//! `[search]`.

use std::{fmt, path::PathBuf, time::Duration};

use url::Url;

use super::{
    ReadFile,
    reader::{PlainHttp, Reader, Section, Written, is_loopback},
};

/// `[search]`: the index that rows are written to.
///
/// Who may write it is not in here, but only where that is told.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchConfig {
    /// The server, Elasticsearch or OpenSearch.
    pub url: Url,
    /// Name of the index, and of its template.
    pub index: String,
    /// A file with credentials, for the local program.
    pub credentials_file: Option<PathBuf>,
    /// Name of a parameter with credentials, for functions.
    pub credentials_parameter: Option<String>,
    /// The certificate of the authority that the server's own is of, as PEM; `None`: one that everybody knows.
    pub ca_certificate: Option<String>,
    /// Longest time for one request.
    pub timeout: Duration,
}

impl fmt::Debug for SearchConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchConfig")
            .field("url", &self.url.as_str())
            .field("index", &self.index)
            .field("credentials_file", &self.credentials_file)
            .field("credentials_parameter", &self.credentials_parameter)
            .field("ca_certificate", &self.ca_certificate.is_some())
            .field("timeout", &self.timeout)
            .finish()
    }
}

impl SearchConfig {
    /// Whether the server is on this machine, where no proxy leads to.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        self.url.host().is_some_and(|host| is_loopback(&host))
    }
}

pub(super) fn read(reader: &mut Reader<'_>, root: &mut Section, read_file: ReadFile<'_>) -> Option<SearchConfig> {
    let mut section = reader.section(root, "search");
    let s = &mut section;
    let url = url(reader, s);
    let index = index(reader, s);
    let credentials_file = reader.text(s, "credentials_file");
    let credentials_parameter = reader.text(s, "credentials_parameter");
    let ca_certificate = certificate(reader, s, read_file);
    let timeout = Duration::from_secs(reader.integer(s, "timeout_seconds", 1..=300, 30).into());
    if let (Some(_), Some(parameter)) = (&credentials_file, &credentials_parameter) {
        let message = "`credentials_file` and `credentials_parameter` cannot both be given; remove one of them";
        reader.wrong(&parameter.origin, message);
    }
    let config = url.map(|url| SearchConfig {
        url,
        index,
        credentials_file: credentials_file.map(|file| reader.path(&file)),
        credentials_parameter: credentials_parameter.map(|name| name.value),
        ca_certificate,
        timeout,
    });
    reader.done(section);
    config
}

/// Words of strangers and a secret go there: without encryption on this machine alone, unless that is allowed.
fn url(reader: &mut Reader<'_>, section: &mut Section) -> Option<Url> {
    let allow_http = reader.bool(section, "allow_http").unwrap_or(false);
    let text = reader.text(section, "url")?;
    let url = reader.as_url("url", &text, PlainHttp::Anywhere)?;
    let is_open = url.scheme() == "http" && !url.host().is_some_and(|host| is_loopback(&host));
    if is_open && !allow_http {
        let advice = "(or set search.allow_http = true in a network that you trust)";
        reader.wrong(&text.origin, format!("`url` must begin with https:// {advice}: {:?}", text.value));
        return None;
    }
    Some(url)
}

/// A name that both engines take, and that needs no escape in a path:
/// <https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html>.
fn index(reader: &mut Reader<'_>, section: &mut Section) -> String {
    let default = || "osmtracker".to_owned();
    let Some(text) = reader.text(section, "index") else { return default() };
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let name = &text.value;
    if name.is_empty() || name.len() > 200 || !name.chars().all(is_plain) || name.starts_with(['-', '_', '.']) {
        let rule = "up to 200 characters a-z, 0-9, -, _ and ., the first of them a letter or digit";
        reader.wrong(&text.origin, format!("`index` must have {rule}, not {name:?}"));
        return default();
    }
    text.value
}

fn certificate(reader: &mut Reader<'_>, section: &mut Section, read_file: ReadFile<'_>) -> Option<String> {
    let text: Written<String> = reader.text(section, "ca_file")?;
    let path = reader.path(&text);
    match read_file(&path).map(String::from_utf8) {
        Ok(Ok(pem)) if pem.contains("-----BEGIN CERTIFICATE-----") => Some(pem),
        Ok(_) => {
            reader.wrong(&text.origin, format!("{} is no certificate in PEM format", path.display()));
            None
        }
        Err(error) => {
            reader.wrong(&text.origin, format!("cannot read {}: {error}", path.display()));
            None
        }
    }
}
