//! The binary: everything is in the library.

/// Small pieces are asked for and given back all the time, on every thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    backend_lint::cli::main(std::env::args_os())
}
