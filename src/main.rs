//! The command line of drogue: parses, and calls the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::prepare();
    cli::Cli::parse().execute()
}
