//! One file per subcommand, each a thin caller of the library.

mod devices;
mod failure;
mod host;
mod inspect;
mod plan;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

pub(crate) use failure::Failure;

/// What a command comes to.
pub(crate) type Outcome = miette::Result<ExitCode>;

/// The command did what it was asked, and the answer is no: a verification failed.
pub(crate) const ANSWER_NO: u8 = 3;

/// The run was stopped by Ctrl-C; what it had computed is kept.
pub(crate) const STOPPED: u8 = 130;

/// Follows drifting particles through ocean and weather model fields, on any GPU.
///
/// A first try:         drogue demo
/// What is in a file:   drogue inspect currents.nc
/// A run of one's own:  drogue run scenario.toml
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 verification failed, 130 stopped by Ctrl-C with
/// the results so far kept.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Log more: -v what happens, -vv how, -vvv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Plan(plan::Plan),
    Inspect(inspect::Inspect),
    Devices(devices::Devices),
}

impl Cli {
    /// Does what was asked, and reports errors for people.
    pub fn execute(self) -> ExitCode {
        log(self.verbose);
        let outcome = match self.command {
            Command::Run(command) => command.execute(),
            Command::Plan(command) => command.execute(),
            Command::Inspect(command) => command.execute(),
            Command::Devices(command) => command.execute(),
        };
        outcome.unwrap_or_else(|report| {
            eprintln!("{report:?}");
            ExitCode::FAILURE
        })
    }
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => "drogue=warn",
        1 => "drogue=info",
        2 => "drogue=debug",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Prints a result for programs.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(Failure::of)?;
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}
