//! The binary: everything is in the library.

fn main() -> std::process::ExitCode {
    backend_lint::cli::main(std::env::args_os())
}
