//! One copy of each user name.

use std::sync::Arc;

use crate::{User, UserId};

/// Names that are kept; a minute of the planet has some hundred users. A name that maps to the place of another
/// replaces it, so that memory does not grow with the document.
const PLACES: usize = 1024;

/// Gives equal names the same allocation.
#[derive(Debug)]
pub(super) struct Users {
    names: Vec<Option<Arc<str>>>,
}

impl Users {
    pub(super) fn new() -> Self {
        Self { names: Vec::new() }
    }

    /// The shared copy of the name.
    #[inline]
    pub(super) fn share(&mut self, name: &str) -> Arc<str> {
        if self.names.is_empty() {
            self.names.resize(PLACES, None);
        }
        let place = &mut self.names[hash(name) % PLACES];
        match place {
            Some(shared) if **shared == *name => Arc::clone(shared),
            _ => Arc::clone(place.insert(name.into())),
        }
    }

    /// The author that two attributes name. Anonymous edits have neither, in some sources an account 0 or below.
    #[inline]
    pub(super) fn user(&self, name: Option<Arc<str>>, uid: Option<i64>) -> Option<User> {
        let uid = uid.and_then(|uid| u64::try_from(uid).ok()).filter(|&uid| uid != 0).map(UserId);
        match name {
            Some(name) if uid.is_some() || !name.is_empty() => Some(User { uid, name }),
            None if uid.is_some() => Some(User { uid, name: Arc::from("") }),
            _ => None,
        }
    }
}

/// FNV-1a.
#[inline]
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_one_allocation() {
        let mut users = Users::new();
        let first = users.share("ann");
        assert!(Arc::ptr_eq(&first, &users.share("ann")));
        for n in 0..10_000 {
            let name = n.to_string();
            assert_eq!(*users.share(&name), *name);
        }
        assert_eq!(users.names.len(), PLACES);
    }

    #[test]
    fn anonymous_authors_are_absent() {
        let users = Users::new();
        assert_eq!(users.user(None, None), None);
        assert_eq!(users.user(None, Some(0)), None);
        assert_eq!(users.user(None, Some(-1)), None);
        assert_eq!(users.user(Some("".into()), Some(0)), None);
        assert_eq!(users.user(Some("ann".into()), Some(0)), Some(User { uid: None, name: "ann".into() }));
        assert_eq!(users.user(Some("".into()), Some(7)), Some(User { uid: Some(UserId(7)), name: "".into() }));
    }
}
