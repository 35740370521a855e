//! What branches copy: maps that are shared until somebody writes to one of them. Most branches change a local or two of many, and a
//! copy of all their values would cost more than the walk itself.

use std::ops::Deref;
use std::rc::Rc;

use super::value::Value;
use crate::facts::PatId;

/// Copied when it is written to and somebody else has it, too.
#[derive(Debug, Default)]
pub struct Shared<T>(Rc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone> Shared<T> {
    pub fn edit(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }

    #[must_use]
    pub fn take(self) -> T {
        Rc::unwrap_or_clone(self.0)
    }

    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: PartialEq + Clone> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

/// The values of the bindings, sorted by binding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Locals(Shared<Vec<(PatId, Shared<Value>)>>);

impl Locals {
    fn find(&self, local: PatId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&local, |(have, _)| *have)
    }

    #[must_use]
    pub fn get(&self, local: &PatId) -> Option<&Value> {
        let at = self.find(*local).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    pub fn get_mut(&mut self, local: &PatId) -> Option<&mut Value> {
        let at = self.find(*local).ok()?;
        self.0.edit().get_mut(at).map(|(_, value)| value.edit())
    }

    pub fn insert(&mut self, local: PatId, value: Value) {
        let value = Shared(Rc::new(value));
        match self.find(local) {
            Ok(at) => self.0.edit()[at].1 = value,
            Err(at) => self.0.edit().insert(at, (local, value)),
        }
    }

    /// The value of a binding; of one that has none yet, a new one.
    pub fn entry(&mut self, local: PatId) -> &mut Value {
        let at = match self.find(local) {
            Ok(at) => at,
            Err(at) => {
                self.0.edit().insert(at, (local, Shared::default()));
                at
            }
        };
        self.0.edit()[at].1.edit()
    }

    /// What holds whichever of the two it is. A binding that the other way does not have is out of scope there.
    pub fn join(&mut self, other: &Locals) {
        if self.0.is_same(&other.0) {
            return;
        }
        for (local, value) in other.0.iter() {
            match self.find(*local) {
                Ok(at) => {
                    let have = &self.0[at].1;
                    if !have.is_same(value) && **have != **value {
                        let joined = have.join(value);
                        self.0.edit()[at].1 = Shared(Rc::new(joined));
                    }
                }
                Err(at) => self.0.edit().insert(at, (*local, value.clone())),
            }
        }
    }

    /// Takes over what `other` knows of the bindings that are here.
    pub fn update_from(&mut self, other: &Locals) {
        if self.0.is_same(&other.0) {
            return;
        }
        for at in 0..self.0.len() {
            let (local, have) = &self.0[at];
            if let Ok(there) = other.find(*local)
                && !have.is_same(&other.0[there].1)
            {
                let value = other.0[there].1.clone();
                self.0.edit()[at].1 = value;
            }
        }
    }
}
