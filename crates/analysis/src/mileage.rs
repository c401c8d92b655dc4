//! Metres of ways.

use osmtracker_osm::{Action, Element, ElementType};

use crate::{
    ElementChange, Length, Mileage,
    geodesy::{LineLength, line_length, to_millimetres},
    sides::Side,
};

/// Keys whose values are listed.
const KEYS: [&str; 5] = ["highway", "cycleway", "busway", "railway", "waterway"];

/// Adds up the ways that the changeset created, deleted and modified.
///
/// Ways that only moved because their nodes did have no new version; they are left out, so that the figures do not
/// depend on whether the source knows such ways. A way that was restored counts as changed, from nothing. The change
/// of a modified way whose line is not wholly known on both sides is unknown and counts nothing.
pub(crate) fn add_up(elements: &[ElementChange]) -> Mileage {
    let mut mileage = Mileage::default();
    let ways = elements.iter().filter(|element| element.kind == ElementType::Way && element.counts());
    ways.for_each(|way| add(&mut mileage, way));
    round(&mut mileage.total);
    mileage.by_type.values_mut().flat_map(|values| values.values_mut()).for_each(round);
    mileage
}

fn add(mileage: &mut Mileage, way: &ElementChange) {
    let (old, new) = (length(way.before()), length(way.after()));
    let changed = if old.complete && new.complete { new.metres - old.metres } else { 0.0 };
    let changed = Length { changed, ..Length::default() };
    let created = Length { created: new.metres, ..Length::default() };
    let deleted = Length { deleted: old.metres, ..Length::default() };
    add_length(
        &mut mileage.total,
        match way.action {
            Action::Create => created,
            Action::Modify => changed,
            Action::Delete => deleted,
        },
    );
    for key in KEYS {
        let (from, to) = (value(way.before(), key), value(way.after(), key));
        if way.action == Action::Modify && from == to {
            add_typed(mileage, key, to, changed);
        } else if way.before().is_certain() {
            add_typed(mileage, key, from, deleted);
            add_typed(mileage, key, to, created);
        }
    }
}

fn length(side: Side<'_>) -> LineLength {
    match side {
        Side::Known(way) => line_length(way.nodes()),
        Side::Nothing => LineLength { metres: 0.0, complete: true },
        Side::Unknown => LineLength { metres: 0.0, complete: false },
    }
}

fn value<'a>(side: Side<'a>, key: &str) -> Option<&'a str> {
    side.known().map(|way: &'a Element| &way.tags)?.get(key)
}

fn add_typed(mileage: &mut Mileage, key: &str, value: Option<&str>, length: Length) {
    let Some(value) = value.filter(|_| length != Length::default()) else { return };
    if !mileage.by_type.contains_key(key) {
        mileage.by_type.insert(key.to_owned(), Default::default());
    }
    let values = mileage.by_type.get_mut(key).expect("inserted above");
    match values.get_mut(value) {
        Some(sum) => add_length(sum, length),
        None => drop(values.insert(value.to_owned(), length)),
    }
}

fn add_length(sum: &mut Length, length: Length) {
    sum.created += length.created;
    sum.deleted += length.deleted;
    sum.changed += length.changed;
}

fn round(length: &mut Length) {
    for metres in [&mut length.created, &mut length.deleted, &mut length.changed] {
        *metres = to_millimetres(*metres);
    }
}
