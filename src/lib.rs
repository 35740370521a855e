//! `cargo backend-lint`: a static analyser for Rust backends.
#![forbid(unsafe_code)]

pub mod config;
pub mod facts;
pub mod model;
pub mod parse;
pub mod program;
pub mod report;
pub mod rules;
pub mod source;
pub mod sql;
