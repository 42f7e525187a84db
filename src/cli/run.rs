//! `drogue run`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::pipeline::write_trace;
use drogue::run::{Controls, Plan, RunReport, run};
use drogue::scenario::{DeviceChoice, Scenario};

use super::{Failure, Outcome, STOPPED, failure, host, print_json};

/// Run a scenario: move its particles and write their trajectories
///
/// The scenario is a TOML file; README.md explains one line by line. A run stopped with Ctrl-C
/// keeps what it has computed.
#[derive(Args)]
pub(crate) struct Run {
    /// The scenario file
    scenario: PathBuf,

    #[command(flatten)]
    changes: Changes,

    /// Replace an output that exists
    #[arg(long)]
    overwrite: bool,

    /// Write what overlapped with what to FILE, for Perfetto or chrome://tracing
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Print the account of the run as JSON
    #[arg(long)]
    json: bool,
}

/// What the command line changes in a scenario.
#[derive(Args)]
pub(crate) struct Changes {
    /// auto, gpu, software, cpu, or a part of an adapter's name; see `drogue devices`
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,

    /// Memory that the run may use, such as 512MB
    #[arg(long, value_name = "BYTES", value_parser = memory)]
    memory: Option<u64>,
}

fn memory(text: &str) -> Result<u64, String> {
    drogue::units::parse_bytes(text).map_err(|error| error.to_string())
}

impl Changes {
    /// The scenario in a file, with the changes made to it.
    pub fn read(&self, path: &PathBuf) -> miette::Result<Scenario> {
        let mut scenario = Scenario::from_file(path).map_err(failure::scenario)?;
        if let Some(device) = &self.device {
            scenario.run.device = DeviceChoice::parse(device);
        }
        scenario.run.memory = self.memory.or(scenario.run.memory);
        Ok(scenario)
    }
}

impl Run {
    pub fn execute(self) -> Outcome {
        let plan = Plan::new(self.changes.read(&self.scenario)?).map_err(Failure::of)?;
        let controls = Controls::default();
        let report = carry_out(&plan, self.overwrite, &controls)?;
        if let Some(path) = &self.trace {
            write_trace(&controls.timeline, path).map_err(Failure::of)?;
        }
        if self.json {
            print_json(&report)?;
        } else {
            print!("{}", summary(&report));
        }
        Ok(if report.complete { ExitCode::SUCCESS } else { ExitCode::from(STOPPED) })
    }
}

/// Runs a plan with a progress bar, the command line in the output's history.
pub(crate) fn carry_out(
    plan: &Plan,
    overwrite: bool,
    controls: &Controls,
) -> miette::Result<RunReport> {
    if let Some(threads) = plan.scenario.run.threads {
        // Fails only where a pool exists already, and then that one serves.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let command: Vec<String> = std::env::args().collect();
    let history = format!(
        "{} {}",
        jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default(),
        command.join(" ")
    );
    host::block_on(controls, run(plan, overwrite, Some(history), controls))
}

fn summary(report: &RunReport) -> String {
    format!("{report:#?}\n")
}
