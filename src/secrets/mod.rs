//! Secrets in text: provider formats, plausibility of values, names that hold secrets, keys and values of configuration files.
//!
//! Nothing here knows Rust or the program: text goes in, spans come out. The rules under `rules/secrets` decide what a hit
//! means at its place.
//!
//! - [`pack`]: provider formats as data (`rules/secrets/*.toml`)
//! - [`own`]: a project's own formats, laid over ours
//! - [`engine`]: one pass over a text for all formats
//! - [`validate`]: check digits and structure, offline
//! - [`shape`]: is this value random, made of words, a placeholder, a reference?
//! - [`names`]: does this identifier hold a secret, and of what kind?
//! - [`pairs`]: names and values in configuration files, by language
//! - [`url`]: user and password in connection URLs
//! - [`place`]: where a file stands, and how seriously a value in it is taken

pub mod engine;
pub mod names;
pub mod own;
pub mod pack;
pub mod pairs;
pub mod place;
pub mod shape;
pub mod url;
pub mod validate;

pub use engine::{Engine, Hit};
pub use own::Own;
pub use pack::{Format, Level, Needs, Pack, Text};
