//! What most siblings do, and which of them do not: the measure behind every rule about what a project does elsewhere.
//!
//! Whoever asks says who the siblings are: only things of one kind have a habit in common. A habit is believed where enough of them
//! have it, and where those that have not are few.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// When a habit is believed.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// siblings that have to have it
    pub least: usize,
    /// their share of all siblings, in hundredths
    pub percent: usize,
}

/// Siblings by whether they have a habit.
#[derive(Clone, Debug)]
pub struct Majority<'s, T> {
    pub followers: Vec<&'s T>,
    /// at least one
    pub exceptions: Vec<&'s T>,
}

impl Measure {
    /// Whether so many who do make so many who do not an exception.
    #[must_use]
    pub fn holds(self, followers: usize, exceptions: usize) -> bool {
        exceptions > 0 && followers >= self.least && followers * 100 >= self.percent * (followers + exceptions)
    }

    /// The exceptions among `members`, if most of them follow. `None` for a member means that the question makes no sense for it.
    pub fn split<'s, T>(self, members: &[&'s T], follows: impl Fn(&T) -> Option<bool>) -> Option<Majority<'s, T>> {
        let (mut followers, mut exceptions) = (Vec::new(), Vec::new());
        for member in members {
            match follows(member) {
                Some(true) => followers.push(*member),
                Some(false) => exceptions.push(*member),
                None => {}
            }
        }
        self.holds(followers.len(), exceptions.len()).then_some(Majority { followers, exceptions })
    }
}

/// What most members have, and how many of them; the smaller one of equals.
#[must_use]
pub fn leading<K: Ord>(values: impl IntoIterator<Item = K>) -> Option<(K, usize)> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count)
}

/// Members by what makes them siblings.
pub fn group<'s, T, K: Ord>(all: impl IntoIterator<Item = &'s T>, key: impl Fn(&T) -> K) -> BTreeMap<K, Vec<&'s T>> {
    let mut groups: BTreeMap<K, Vec<&'s T>> = BTreeMap::new();
    for each in all {
        groups.entry(key(each)).or_default().push(each);
    }
    groups
}

/// The names that most members have in common, the most common first: names that a member has twice count once.
#[must_use]
pub fn ranked<K: Ord + Clone>(sets: impl IntoIterator<Item = Vec<K>>) -> Vec<(K, usize)> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for mut set in sets {
        set.sort();
        set.dedup();
        for each in set {
            *counts.entry(each).or_default() += 1;
        }
    }
    let mut ranked: Vec<(K, usize)> = counts.into_iter().collect();
    ranked.sort_by_key(|(_, count)| Reverse(*count));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_exceptions_among_many() {
        let most = Measure { least: 5, percent: 80 };
        assert!(most.holds(5, 1));
        assert!(!most.holds(5, 0), "nothing to tell");
        assert!(!most.holds(4, 1), "too few");
        assert!(!most.holds(5, 2), "too many do otherwise");
    }

    #[test]
    fn the_leading_value_does_not_depend_on_the_order() {
        assert_eq!(leading(["b", "a", "b", "a", "c"]), Some(("a", 2)));
        assert_eq!(leading(["a", "b", "c", "b"]), Some(("b", 2)));
        assert_eq!(leading(Vec::<u8>::new()), None);
    }
}
