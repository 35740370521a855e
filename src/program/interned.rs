//! Lists of types, kept once for the whole process.
//!
//! Inference copies, compares and hashes types at every expression. With their arguments interned, that is a word or two whatever the
//! depth of the type; equal lists are the same list. What was interned stays until the process ends: a workspace has some
//! thousands of different ones.

use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};

use smallvec::SmallVec;

use super::ty::{Bound, Ty};
use crate::facts::hash::{QuickHasher, QuickSet};

/// Locks of a pool; workers seldom want the same one.
const SHARDS: usize = 64;

/// All lists of one kind that were ever asked for.
struct Pool<T: 'static>(Vec<Mutex<QuickSet<&'static [T]>>>);

impl<T: Hash + Eq + Clone> Pool<T> {
    fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }

    fn list(&self, items: &[T]) -> &'static [T] {
        if items.is_empty() {
            return &[];
        }
        let hash = std::hash::BuildHasherDefault::<QuickHasher>::default().hash_one(items);
        let mut known = self.0[(hash >> 7) as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(items) {
            return found;
        }
        let kept: &'static [T] = Box::leak(items.to_vec().into_boxed_slice());
        known.insert(kept);
        kept
    }
}

static TYPES: LazyLock<Pool<Ty>> = LazyLock::new(Pool::new);
static BOUNDS: LazyLock<Pool<Bound>> = LazyLock::new(Pool::new);

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $of:ty, $pool:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub struct $name(&'static [$of]);

        impl $name {
            #[must_use]
            pub fn of(items: &[$of]) -> Self {
                Self($pool.list(items))
            }

            #[must_use]
            pub fn as_slice(&self) -> &'static [$of] {
                self.0
            }
        }

        impl Deref for $name {
            type Target = [$of];

            fn deref(&self) -> &[$of] {
                self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                std::ptr::eq(self.0.as_ptr(), other.0.as_ptr()) && self.0.len() == other.0.len() || self.0.is_empty() && other.0.is_empty()
            }
        }

        impl Eq for $name {}

        /// By place: equal lists are the same list.
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write_usize(if self.0.is_empty() { 0 } else { self.0.as_ptr().addr() });
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromIterator<$of> for $name {
            fn from_iter<I: IntoIterator<Item = $of>>(items: I) -> Self {
                Self::of(&items.into_iter().collect::<SmallVec<[$of; 4]>>())
            }
        }

        impl From<Vec<$of>> for $name {
            fn from(items: Vec<$of>) -> Self {
                Self::of(&items)
            }
        }

        impl<'a> IntoIterator for &'a $name {
            type Item = &'a $of;
            type IntoIter = std::slice::Iter<'a, $of>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.iter()
            }
        }
    };
}

list!(
    /// Arguments of a type.
    Args,
    Ty,
    TYPES
);
list!(
    /// What a type parameter or `impl Trait` is known to have.
    Bounds,
    Bound,
    BOUNDS
);

/// One type inside another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inner(Args);

impl Inner {
    #[must_use]
    pub fn new(ty: Ty) -> Self {
        Self(Args::of(&[ty]))
    }
}

impl Deref for Inner {
    type Target = Ty;

    fn deref(&self) -> &Ty {
        // never empty: made by `new` alone
        self.0.0.first().unwrap_or(&Ty::Unknown)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.deref().fmt(f)
    }
}
