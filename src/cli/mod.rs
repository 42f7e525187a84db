//! One file per subcommand, each a thin caller of the library.

mod bench;
mod demo;
mod devices;
mod explain;
mod failure;
mod host;
mod inspect;
mod plan;
mod plot;
mod process;
mod run;
mod say;
mod signals;
mod verify;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

pub(crate) use failure::Failure;
pub(crate) use process::prepare;
use say::{Quiet, tell};

/// What a command comes to.
pub(crate) type Outcome = miette::Result<ExitCode>;

/// The command did what it was asked, and the answer is no: a verification failed, or a bench has
/// become slower.
pub(crate) const ANSWER_NO: u8 = 3;

/// The run was stopped by a signal; what it had written is kept.
pub(crate) const STOPPED: u8 = 130;

/// Follows drifting particles through ocean and weather model fields, on any GPU.
///
/// A first try:         drogue demo
/// What is in a file:   drogue inspect currents.nc
/// A run of one's own:  drogue run scenario.toml
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 verification failed or a bench became slower,
/// 130 stopped by Ctrl-C, SIGTERM or SIGHUP with the results so far kept, 141 the answer was not
/// read to its end.
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
    Demo(demo::Demo),
    Run(run::Run),
    Plan(plan::Plan),
    Inspect(inspect::Inspect),
    Verify(verify::Verify),
    Plot(plot::Plot),
    Explain(explain::Explain),
    Devices(devices::Devices),
    Bench(bench::Bench),
}

impl Cli {
    /// Does what was asked, and reports errors for people.
    pub fn execute(self) -> ExitCode {
        log(self.verbose);
        let outcome = match self.command {
            Command::Demo(command) => command.execute(),
            Command::Run(command) => command.execute(),
            Command::Plan(command) => command.execute(),
            Command::Inspect(command) => command.execute(),
            Command::Verify(command) => command.execute(),
            Command::Plot(command) => command.execute(),
            Command::Explain(command) => command.execute(),
            Command::Devices(command) => command.execute(),
            Command::Bench(command) => command.execute(),
        };
        outcome.unwrap_or_else(|report| match report.downcast_ref::<Quiet>() {
            Some(&Quiet(code)) => ExitCode::from(code),
            None => {
                tell(format_args!("{report:?}"));
                ExitCode::FAILURE
            }
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
    let coloured =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(coloured)
        // They would be printed to the same broken stderr, and panic.
        .log_internal_errors(false)
        .init();
}

#[derive(Debug, thiserror::Error)]
#[error("{} is not UTF-8, and data are looked for by names that are: rename it", .0.display())]
struct NotUtf8(PathBuf);

/// A path as the name of data, which may be a pattern.
pub(crate) fn name(path: PathBuf) -> miette::Result<String> {
    Ok(path.into_os_string().into_string().map_err(|path| Failure::of(NotUtf8(path.into())))?)
}
