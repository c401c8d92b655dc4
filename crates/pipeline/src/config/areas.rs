use std::path::Path;

use osmtracker_analysis::Area;

use super::{
    ReadFile,
    reader::{Reader, Written},
};

/// An area of `[areas]`: an ISO code, or a file of polygons that becomes known by the key.
pub(super) fn named(
    reader: &mut Reader<'_>,
    name: &str,
    text: &Written<String>,
    read_file: ReadFile<'_>,
) -> Option<Area> {
    let area = match is_file(&text.value) {
        true => file(reader, name, text, read_file)?,
        false => Area::country(&text.value).map_err(|error| error.to_string()),
    };
    area.map_err(|message| reader.wrong(&text.origin, message)).ok()
}

/// The area of `area = "…"`, known by its code or by the name of its file.
pub(super) fn short(reader: &mut Reader<'_>, text: &Written<String>, read_file: ReadFile<'_>) -> Option<Area> {
    let stem = Path::new(&text.value).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    named(reader, &stem.unwrap_or_default(), text, read_file)
}

/// Codes have neither dots nor slashes; files have a name with an ending, or are in a folder.
fn is_file(text: &str) -> bool {
    text.contains(['.', '/', '\\'])
}

fn file(
    reader: &mut Reader<'_>,
    name: &str,
    text: &Written<String>,
    read_file: ReadFile<'_>,
) -> Option<Result<Area, String>> {
    let path = reader.path(text);
    let shown = path.display();
    let bytes = match read_file(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let fix = "name a .poly or GeoJSON file, or an ISO code such as DK";
            reader.wrong(&text.origin, format!("cannot read the area file {shown}: {error}; {fix}"));
            return None;
        }
    };
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let area = if is_json { Area::from_geojson(name, &bytes) } else { Area::from_poly(name, &bytes) };
    Some(area.map_err(|error| format!("the area file {shown} cannot be used: {error}")))
}
