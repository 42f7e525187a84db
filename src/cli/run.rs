//! `drogue run`

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use drogue::pipeline::{Schedule, TraceError, write_trace};
use drogue::report::summary::Summary;
use drogue::report::timeline::{Format, TimelineError};
use drogue::report::writable;
use drogue::run::{Controls, Plan, RunReport, look_for_adapters, run};
use drogue::scenario::{DeviceChoice, Scenario};

use super::say::{say, say_json};
use super::{Failure, Outcome, STOPPED, failure, host, process};

/// Run a scenario: move its particles and write their trajectories
///
/// The scenario is a TOML file; README.md explains one line by line. A run stopped with Ctrl-C
/// or SIGTERM keeps what it has computed.
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

    /// Draw what overlapped with what to FILE, which ends in .svg, .html (hover for numbers) or
    /// .json; above it, how well it did and what a faster run needs
    #[arg(long, value_name = "FILE")]
    timeline: Option<PathBuf>,

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

    /// concurrent: while one snapshot moves particles, the next are fetched and decoded; serial:
    /// one goes all the way before the next, as in a plain loop. The results are the same
    #[arg(long, value_name = "SCHEDULE", value_parser = PossibleValuesParser::new(
        Schedule::ALL.map(Schedule::name)
    ))]
    schedule: Option<String>,

    /// Threads of each kind: those of the host, those that decode and collect, those of the CPU
    /// engine, and those of a software adapter that goes by LP_NUM_THREADS, as Mesa's does. The
    /// results are the same
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    workers: Option<NonZeroUsize>,
}

pub(crate) fn memory(text: &str) -> Result<u64, String> {
    drogue::units::parse_bytes(text).map_err(|error| error.to_string())
}

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "give a whole number from 1 up".to_owned())
}

impl Changes {
    /// The device that was asked for.
    pub fn device(&self) -> DeviceChoice {
        self.device.as_deref().map_or(DeviceChoice::Auto, DeviceChoice::parse)
    }

    /// The scenario in a file, with the changes made to it. To be called before any thread is
    /// started, since it limits those that libraries start.
    pub fn read(&self, path: &PathBuf) -> miette::Result<Scenario> {
        let mut scenario = Scenario::from_file(path).map_err(failure::scenario)?;
        if let Some(device) = &self.device {
            scenario.run.device = DeviceChoice::parse(device);
        }
        scenario.run.memory = self.memory.or(scenario.run.memory);
        let named = |schedule: &Schedule| self.schedule.as_deref() == Some(schedule.name());
        let schedule = Schedule::ALL.into_iter().find(named);
        scenario.run.schedule = schedule.unwrap_or(scenario.run.schedule);
        let workers = self.workers.map(NonZeroUsize::get).or(scenario.run.threads);
        scenario.run.threads = workers.map(sensible);
        process::limit_threads(scenario.run.threads);
        Ok(scenario)
    }
}

impl Run {
    pub fn execute(self) -> Outcome {
        let scenario = self.changes.read(&self.scenario)?;
        let _looking = look_for_adapters(&scenario.run.device);
        let plan = Plan::new(scenario).map_err(Failure::of)?;
        let controls = Controls::default();
        let drawing = self
            .timeline
            .as_deref()
            .map(|path| Ok::<_, TimelineError>((Format::prepare(path)?, path)));
        let drawing = drawing.transpose().map_err(Failure::of)?;
        if let Some(path) = &self.trace {
            // A trace that cannot be written is known before hours of work, not after.
            writable(path)
                .map_err(|source| Failure::of(TraceError { path: path.clone(), source }))?;
        }
        let report = carry_out(&plan, self.overwrite, &controls);
        // A run that never began leaves the pictures of an earlier one alone.
        let began = report.is_ok() || !controls.timeline.is_empty();
        if let Some(path) = self.trace.as_ref().filter(|_| began) {
            let written = write_trace(&controls.timeline, path).map_err(Failure::of);
            // The error of the run comes first.
            if report.is_ok() {
                written?;
            }
        }
        if let Some((format, path)) = drawing.filter(|_| began) {
            let title = format!("drogue run {}", self.scenario.display());
            let overlap = report.as_ref().ok().map(|report| &report.overlap);
            let written = format.write(&controls.timeline, overlap, &title, path);
            let written = written.map_err(Failure::of);
            if report.is_ok() {
                written?;
            }
        }
        let report = report?;
        if self.json {
            say_json(&report)?;
        } else {
            say(summary(&report))?;
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
    let command: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let history = format!(
        "{} {}",
        jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default(),
        command.join(" ")
    );
    let threads = plan.scenario.run.threads;
    host::block_on_threads(threads, controls, run(plan, overwrite, Some(history), controls))
}

/// The threads asked for, or the most that can be of use: thousands take longer to start than runs
/// take.
fn sensible(threads: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = 4 * cores;
    if threads > most {
        tracing::warn!(
            threads,
            cores,
            "more threads than {most} are of no use: {most} are started"
        );
    }
    threads.min(most)
}

/// The account of a run for people.
pub(crate) fn summary(report: &RunReport) -> Summary {
    Summary::from(report)
}
