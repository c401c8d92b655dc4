//! The `<tag k="…" v="…"/>` of elements and changesets.

use super::{document::Tag, limits};
use crate::{ReadError, Tags};

/// Collects the tags of one element after the other in one buffer.
#[derive(Debug)]
pub(super) struct TagList(Tags);

impl TagList {
    pub(super) fn new() -> Self {
        Self(Tags::new())
    }

    /// Forgets what was collected.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends what a `<tag>` says.
    #[inline]
    pub(super) fn push(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let (mut key, mut value) = (None, None);
        let mut attributes = tag.attributes();
        while let Some(attribute) = attributes.next()? {
            match attribute.name {
                "k" => key = Some(attribute.text()?),
                "v" => value = Some(attribute.text()?),
                _ => {}
            }
        }
        let key = key.ok_or_else(|| tag.missing("k"))?;
        let value = value.ok_or_else(|| tag.missing("v"))?;
        if self.0.len() == limits::TAGS {
            return Err(tag.limit("tags in one element", limits::TAGS));
        }
        if self.0.text_len() + key.len() + value.len() > limits::TAG_BYTES {
            return Err(tag.limit("bytes in the tags of one element", limits::TAG_BYTES));
        }
        self.0.push(&key, &value);
        Ok(())
    }

    /// The tags, in memory no larger than needed.
    #[inline]
    pub(super) fn take(&mut self) -> Tags {
        if self.0.is_empty() { Tags::new() } else { self.0.clone() }
    }
}
