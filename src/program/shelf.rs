//! What several rules work out alike: made by the first that asks, kept for the others.
//!
//! Nothing waits: two that ask at the same time both make it, and one result is kept. A lock held while it is made would
//! deadlock a worker that takes up another rule while its own parallel work goes on.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Program;

/// One value a type.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Program {
    /// The value of type `T` for this program. `make` has to give the same whenever it is called.
    pub fn shared<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let key = TypeId::of::<T>();
        let kept = || self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept().get(&key).cloned();
        if let Some(found) = found.and_then(|found| found.downcast().ok()) {
            return found;
        }
        let made = Arc::new(make());
        kept().entry(key).or_insert_with(|| Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
        made
    }
}
