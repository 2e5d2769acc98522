//! Arguments to command to exit code.

use clap::Parser;
use std::process::ExitCode;
use tracedoctor::{cli::Cli, commands};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Our own panic, told apart from every other outcome.
const INTERNAL_ERROR: u8 = 70;

fn main() -> ExitCode {
    // A deep document must not exhaust the small stack that some systems give the main thread.
    let worker = std::thread::Builder::new()
        .name("main".to_owned())
        .stack_size(64 << 20)
        .spawn(|| commands::main(Cli::parse()));
    let code = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => INTERNAL_ERROR,
    };
    ExitCode::from(code)
}
