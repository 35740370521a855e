//! What the rules about secrets cost: `cargo run --profile fast --example secrets -- DIR [ROUNDS]`.
//!
//! The text engine is timed part by part over every file that a check of DIR would read, on one thread, in CPU seconds per
//! gigabyte; then the rules of the family as a whole, on the linked program.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use backend_lint::config::{Config, Layer, Selector};
use backend_lint::secrets::{Engine, pairs, url};
use backend_lint::source::{FileKind, SourceFile};
use backend_lint::{Clock, Request, check, flow, link};

fn main() {
    let mut args = std::env::args().skip(1);
    let root = args.next().unwrap_or_else(|| ".".to_owned());
    let rounds: u32 = args.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(64 << 20).use_current_thread().build_global().expect("a pool");

    let start = cpu();
    let engine = Engine::built_in();
    black_box(engine.scan(b"nothing"));
    println!("the engine is ready after {:.4} s", cpu() - start);

    let cwd = std::path::absolute(&root).expect("a directory");
    let request = Request { cwd, ..Request::default() };
    let (program, _) = link(request, &mut Clock::default()).unwrap_or_else(|error| panic!("{error:?}"));
    let bytes: usize = program.files.iter().map(|file| file.text.len()).sum();
    println!("{} files, {:.1} MB", program.files.len(), bytes as f64 / 1e6);

    let mut total = 0.0;
    total += part("formats", bytes, rounds, &program.files, |file| engine.scan(file.text.as_bytes()).len());
    total += part("pairs", bytes, rounds, &program.files, |file| {
        if file.kind == FileKind::Rust { 0 } else { pairs::pairs(&file.text, file.kind).len() }
    });
    total += part("urls", bytes, rounds, &program.files, |file| url::credentials(&file.text).len());
    println!("{:<10} {total:>6.2} s/GB", "text");

    let flow = flow::Flow::default();
    for family in ["secrets", "exposure/debug-on-secret"] {
        let flags = Layer { select: Some(vec![Selector::parse(family).expect("known")]), ..Layer::default() };
        let config = Config::from_layers(vec![flags]);
        let start = cpu();
        let outcome = check::run(&program, &flow, &config);
        println!("{family:<10} {:>6.2} s/GB, {} findings", (cpu() - start) / (bytes as f64 / 1e9), outcome.findings.len());
    }
}

fn part(name: &str, bytes: usize, rounds: u32, files: &[SourceFile], work: impl Fn(&SourceFile) -> usize) -> f64 {
    let start = cpu();
    let mut found = 0;
    for _ in 0..rounds {
        found = files.iter().map(|file| black_box(work(file))).sum();
    }
    let cost = (cpu() - start) / f64::from(rounds) / (bytes as f64 / 1e9);
    println!("{name:<10} {cost:>6.2} s/GB, {found} found");
    cost
}

/// Seconds that this thread was on a processor; where the system does not say, the clock on the wall.
fn cpu() -> f64 {
    let said = fs::read_to_string("/proc/thread-self/schedstat").ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    said.map_or_else(
        || {
            static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            START.get_or_init(Instant::now).elapsed().as_secs_f64()
        },
        |nanoseconds| nanoseconds / 1e9,
    )
}
