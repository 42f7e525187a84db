//! The command line of drogue: parses, and calls the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// Snapshots are large, and come and go by the second. glibc either maps each anew, and the system
/// spends half of a run's time on its pages, or keeps up to 1.7 times what is in use.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::prepare();
    cli::Cli::parse().execute()
}
