use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

/// Tags in order of appearance. Keys are unique in data from the API; a reader that meets one twice keeps both.
///
/// One text buffer and one list of ends hold them all: an untagged element (most nodes) allocates nothing, a tagged
/// one twice.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Tags {
    text: String,
    /// Where each key and each value ends in `text`: key, value, key, value, …
    ends: Vec<u32>,
}

impl Tags {
    /// No tags.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), ends: Vec::new() }
    }

    /// Appends a tag.
    ///
    /// # Panics
    /// When all keys and values together pass 4 GiB.
    pub fn push(&mut self, key: &str, value: &str) {
        for part in [key, value] {
            self.text.push_str(part);
            self.ends.push(u32::try_from(self.text.len()).expect("tags under 4 GiB"));
        }
    }

    /// The value of the first tag with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// Whether a tag with this key is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Pairs of key and value in order of appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        let mut start = 0;
        self.ends.chunks_exact(2).map(move |pair| {
            let (key_end, value_end) = (pair[0] as usize, pair[1] as usize);
            let tag = (&self.text[start..key_end], &self.text[key_end..value_end]);
            start = value_end;
            tag
        })
    }

    /// The number of tags.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Removes all and keeps the memory, for readers that fill one list after the other.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Bytes of all keys and values together.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl std::fmt::Debug for Tags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut tags = Self::new();
        for (key, value) in pairs {
            tags.push(key.as_ref(), value.as_ref());
        }
        tags
    }
}

/// Serialised as one object, `{"highway": "residential"}`, in order of appearance.
impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Tags;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of tags with text values")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Tags, A::Error> {
                let mut tags = Tags::new();
                while let Some((key, value)) =
                    map.next_entry::<std::borrow::Cow<'de, str>, std::borrow::Cow<'de, str>>()?
                {
                    tags.push(&key, &value);
                }
                Ok(tags)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

impl JsonSchema for Tags {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "OSM tags: key to value.",
            "type": "object", "additionalProperties": { "type": "string" }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;

    #[test]
    fn tags_keep_order_and_survive_json() {
        let tags: Tags = [("name", "Tværstien"), ("highway", "track"), ("note", "")].into_iter().collect();
        let json = serde_json::to_string(&tags).unwrap();
        assert_eq!(json, r#"{"name":"Tværstien","highway":"track","note":""}"#);
        assert_eq!(serde_json::from_str::<Tags>(&json).unwrap(), tags);
        assert_eq!(tags.get("highway"), Some("track"));
        assert_eq!(tags.get("absent"), None);
    }
}
