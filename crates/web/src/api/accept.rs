//! Which of our formats a client asks for.

use axum::http::{HeaderMap, StatusCode, header};

use crate::problem::Problem;

/// What a changeset can be answered as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    GeoJson,
    Xml,
}

impl Format {
    const ALL: [Self; 3] = [Self::Json, Self::GeoJson, Self::Xml];

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::Xml => "application/xml",
        }
    }
}

/// The format with the highest weight, JSON where several have it.
///
/// Browsers put XML above the rest without meaning it: whoever asks for HTML, too, gets JSON.
pub(crate) fn wanted(headers: &HeaderMap) -> Result<Format, Problem> {
    let ranges: Vec<_> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .collect();
    if ranges.is_empty() || ranges.iter().any(|(name, weight)| name == "text/html" && *weight > 0) {
        return Ok(Format::Json);
    }
    let best = Format::ALL.into_iter().rev().max_by_key(|format| weight(&ranges, *format));
    best.filter(|format| weight(&ranges, *format) > 0).ok_or_else(|| {
        let types = Format::ALL.map(Format::media_type).join(", ");
        Problem::new(StatusCode::NOT_ACCEPTABLE, format!("a changeset can be had as {types}"))
    })
}

/// The weight of a format, in thousandths: that of the most specific range that holds it.
fn weight(ranges: &[(String, u16)], format: Format) -> u16 {
    let of = |name: &str| ranges.iter().find(|(range, _)| range == name).map(|(_, weight)| *weight);
    of(format.media_type()).or_else(|| of("application/*")).or_else(|| of("*/*")).unwrap_or(0)
}

/// `application/xml;q=0.9` as its name and 900; `None` for what is none.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| name.contains('/'))?.to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
    Some((name, (weight * 1_000.0) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &str) -> Option<Format> {
        wanted(&HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())])).ok()
    }

    #[test]
    fn the_highest_weight_wins() {
        for (accept, expected) in [
            ("*/*", Some(Format::Json)),
            ("", Some(Format::Json)),
            ("nonsense", Some(Format::Json)),
            ("application/*", Some(Format::Json)),
            ("application/geo+json", Some(Format::GeoJson)),
            ("Application/XML", Some(Format::Xml)),
            ("application/json;q=0.5, application/xml", Some(Format::Xml)),
            ("application/json;q=0, */*", Some(Format::GeoJson)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Format::Json)),
            ("text/csv", None),
            ("application/xml;q=0", None),
        ] {
            assert_eq!(asked(accept), expected, "{accept}");
        }
        assert_eq!(wanted(&HeaderMap::new()).ok(), Some(Format::Json));
    }
}
