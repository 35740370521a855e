//! A panic in one file or one rule costs that file or rule, and is told.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics off the terminal; they come back as values from [`guarded`]. Called once, by `main`.
pub fn silence() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        PLACE.with(|cell| *cell.borrow_mut() = place);
    }));
}

/// Runs `work`; a panic in it becomes its words, with the place in our own source where that is known.
///
/// # Errors
/// What the panic said.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let words = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(words), _) => (*words).to_owned(),
            (_, Some(words)) => words.clone(),
            _ => "panic".to_owned(),
        };
        match PLACE.with(|cell| cell.borrow_mut().take()) {
            Some(place) => format!("{words} ({place})"),
            None => words,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_value() {
        assert_eq!(guarded(|| 7), Ok(7));
        let words = guarded(|| -> u8 { panic!("no {}", "way") }).expect_err("it panicked");
        assert!(words.starts_with("no way"), "{words}");
    }
}
