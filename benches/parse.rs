//! What facts cost beside `syn::parse_file`: `BACKEND_LINT_CORPUS=DIR cargo bench --bench parse`, one thread.
//!
//! Ratios are what counts; seconds belong to the machine.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() {
    let Some(root) = std::env::var_os("BACKEND_LINT_CORPUS") else {
        println!("set BACKEND_LINT_CORPUS to a directory with Rust files");
        return;
    };
    let start = Instant::now();
    let texts: Vec<String> = walkdir::WalkDir::new(Path::new(&root))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .collect();
    let read = start.elapsed();
    let bytes: usize = texts.iter().map(String::len).sum();

    let syn = best(|| {
        for text in &texts {
            proc_macro2::extra::invalidate_current_thread_spans();
            let _ = black_box(syn::parse_file(text));
        }
    });
    let facts = best(|| {
        for text in &texts {
            black_box(backend_lint::parse::facts(text));
        }
    });
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!("{} files, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    println!("read              {:8.1} MB/s", rate(read));
    println!("syn::parse_file   {:8.1} MB/s", rate(syn));
    println!("parse::facts      {:8.1} MB/s", rate(facts));
    println!("facts / syn       {:8.2}", facts.as_secs_f64() / syn.as_secs_f64());
}

/// The quickest of three.
fn best(mut run: impl FnMut()) -> Duration {
    (0..3)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}
