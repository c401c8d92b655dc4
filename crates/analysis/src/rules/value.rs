//! Values for expressions. Lists and maps are shared, so that the interpreter's copies (one per step of a
//! comprehension) cost nothing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use cel::{
    ExecutionError,
    common::{
        traits::{Container, Indexer, Iterable, Sizer},
        types::{
            CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, LIST_TYPE, MAP_TYPE, Type,
        },
        value::{Builtin, BuiltinRef, CowVal, Val},
    },
};
use serde_json::Value as Json;

/// A value that the interpreter may keep as long as it likes.
pub(crate) type CelValue = Box<dyn Val>;

/// Which parts of a document an expression looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    /// Everything below.
    pub(crate) whole: bool,
    /// These fields; the items of lists and the values of maps have no name of their own.
    pub(crate) fields: BTreeMap<String, Mask>,
}

impl Mask {
    pub(crate) fn insert<'a>(&mut self, mut path: impl Iterator<Item = &'a str>, whole: bool) {
        match path.next() {
            None => self.whole |= whole,
            Some(field) => self.fields.entry(field.to_owned()).or_default().insert(path, whole),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.whole |= other.whole;
        for (field, mask) in &other.fields {
            self.fields.entry(field.clone()).or_default().merge(mask);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.whole && self.fields.is_empty()
    }

    /// Whether the field is looked at, and how.
    pub(crate) fn field(&self, field: &str) -> Option<&Self> {
        const WHOLE: &Mask = &Mask { whole: true, fields: BTreeMap::new() };
        if self.whole { Some(WHOLE) } else { self.fields.get(field) }
    }
}

/// The part of a JSON document that the mask shows. Values of maps whose keys are data are under `*` in the mask.
pub(crate) fn from_json(json: &Json, mask: &Mask) -> CelValue {
    match json {
        Json::Null => Box::new(CelNull),
        Json::Bool(value) => Box::new(CelBool::from(*value)),
        Json::String(text) => Box::new(CelString::from(text.clone())),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::MAX))),
        },
        Json::Array(items) => list(items.iter().map(|item| from_json(item, mask))),
        Json::Object(fields) => map(fields.iter().filter_map(|(name, value)| {
            let mask = mask.field(name).or_else(|| mask.field("*"))?;
            Some((name.clone(), from_json(value, mask)))
        })),
    }
}

pub(crate) fn text(text: &str) -> CelValue {
    Box::new(CelString::from(text.to_owned()))
}

pub(crate) fn list(items: impl Iterator<Item = CelValue>) -> CelValue {
    Box::new(Shared(Arc::new(CelList::from(items.collect::<Vec<_>>()))))
}

pub(crate) fn map(entries: impl Iterator<Item = (String, CelValue)>) -> CelValue {
    let entries: HashMap<CelMapKey<'static>, CelValue> =
        entries.map(|(name, value)| (CelMapKey::from(name), value)).collect();
    Box::new(Shared(Arc::new(CelMap::from(entries))))
}

/// A list of texts with a fast `in`.
pub(crate) fn named_list(items: &[String]) -> CelValue {
    let list = CelList::from(items.iter().map(|item| text(item)).collect::<Vec<_>>());
    Box::new(NamedList { list: Shared(Arc::new(list)), items: Arc::new(items.iter().cloned().collect()) })
}

/// A list or map behind a counted pointer.
#[derive(Debug)]
struct Shared<T>(Arc<T>);

macro_rules! shared {
    ($inner:ident, $type:ident, $builtin:ident) => {
        impl Val for Shared<$inner<'static>> {
            fn get_type(&self) -> &Type {
                &$type
            }

            fn cel_type() -> &'static Type {
                &$type
            }

            fn as_container(&self) -> Option<&dyn Container> {
                self.0.as_container()
            }

            fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
            where
                Self: 'v,
            {
                Some(self)
            }

            fn into_indexer<'v>(self: Box<Self>) -> Option<Box<dyn Indexer + 'v>>
            where
                Self: 'v,
            {
                Some(self)
            }

            fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
            where
                Self: 'v,
            {
                self.0.as_iterable()
            }

            fn as_sizer(&self) -> Option<&dyn Sizer> {
                self.0.as_sizer()
            }

            fn equals(&self, other: &dyn Val) -> bool {
                self.0.equals(other)
            }

            fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
            where
                Self: 'v,
            {
                Box::new(Shared(Arc::clone(&self.0)))
            }

            fn as_builtin<'b, 'v>(&'b self) -> BuiltinRef<'b, 'v>
            where
                Self: 'v,
            {
                BuiltinRef::$builtin(&self.0)
            }

            fn into_builtin<'v>(self: Box<Self>) -> Option<Builtin<'v>>
            where
                Self: 'v,
            {
                Some(Builtin::$builtin((*self.0).clone()))
            }
        }

        impl Indexer for Shared<$inner<'static>> {
            fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
            where
                Self: 'v,
            {
                Indexer::get(&*self.0, index)
            }

            fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
            where
                Self: 'v,
            {
                Indexer::get(&*self.0, index).map(CowVal::into_owned)
            }
        }
    };
}

shared!(CelList, LIST_TYPE, List);
shared!(CelMap, MAP_TYPE, Map);

#[derive(Debug)]
struct NamedList {
    list: Shared<CelList<'static>>,
    items: Arc<HashSet<String>>,
}

impl Val for NamedList {
    fn get_type(&self) -> &Type {
        &LIST_TYPE
    }

    fn cel_type() -> &'static Type {
        &LIST_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(&self.list)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        self.list.as_iterable()
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        self.list.as_sizer()
    }

    fn equals(&self, other: &dyn Val) -> bool {
        self.list.equals(other)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self { list: Shared(Arc::clone(&self.list.0)), items: Arc::clone(&self.items) })
    }
}

impl Container for NamedList {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(value.downcast_ref::<CelString<'_>>().is_some_and(|text| self.items.contains(text.inner())))
    }
}
