//! `drogue bench`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use drogue::bench::{
    BenchError, Comparison, Data, Input, Machine, Measure, Options, Record, Selection, Watch,
    Workload, compare, measure,
};
use drogue::report::bench::{Tables, Verdicts};
use drogue::report::writable;
use drogue::run::Controls;
use drogue::scenario::DeviceChoice;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::say::{Quiet, say, say_json};
use super::{ANSWER_NO, Failure, Outcome, STOPPED, host};

/// Measure how fast devices are, side by side, on workloads with names
///
/// W1: 512 x 512 nodes, six-hourly for five days, steps of ten minutes: the kernel.
/// W1h: the same with hourly snapshots: kernel and loading together.
/// W2: 256 x 256 nodes on 20 levels, daily for ten days: motion in three dimensions.
/// W3: 1440 x 720 nodes, daily for sixty days, steps of an hour: loading and decoding.
///
/// The workloads are formulas. Those that are read from files are made once and kept in the user's
/// cache folder (W1 takes 50 MB in each format, W3 350 MB); what `--data` names may also hold files
/// made elsewhere, as w1.nc, w3.nc or w3.zarr.
///
/// Devices take turns, so that a machine that changes its speed changes it for all of them.
///
/// With --compare, the exit code is 3 if anything has become slower than the noise of both records
/// allows (exact rank-sum test at 1 % for each row, medians more than 3 % apart). Noise within a record
/// is known, that between two is not: what else the machine did, or how warm it was, counts as change.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Bench {
    /// W1, W1h, W2, W3 [default: W1 and W3, with --quick W1]
    workloads: Vec<Workload>,

    /// Numbers of particles, such as 1e4,1e5,1e6 [default: 1e5, with --quick 1e4]
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = count)]
    particles: Vec<u64>,

    /// kernel, end-to-end, loading [default: what each workload is for]
    #[arg(long, value_name = "MEASURE", value_delimiter = ',', value_parser = named_measure)]
    measure: Vec<Measure>,

    /// gpu, software, cpu, or a part of an adapter's name; for several, again [default: all there
    /// are]
    #[arg(long, value_name = "DEVICE")]
    device: Vec<String>,

    /// netcdf, zarr: the format of what is read
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', value_parser = named_input, default_value = "netcdf")]
    input: Vec<Input>,

    /// How often each is measured; 5 or more can be compared
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeats: u32,

    /// Be done in seconds
    #[arg(long)]
    quick: bool,

    /// Measure end to end without writing trajectories
    #[arg(long)]
    no_output: bool,

    /// Memory that a run may use, such as 512MB
    #[arg(long, value_name = "BYTES", value_parser = super::run::memory)]
    memory: Option<u64>,

    /// Write the record as JSON to FILE, or in place of the tables to standard output (-)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Hold the result against an older record
    #[arg(long, value_name = "OLD.json")]
    compare: Option<PathBuf>,

    /// Where the workloads' files are, or are made
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Measure nothing: write the workloads, with releases and scenarios, for use with other tools
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "json", "compare"])]
    write: Option<PathBuf>,
}

/// A count, as 100000, `100_000` or 1e5.
fn count(text: &str) -> Result<u64, String> {
    let number: f64 = text
        .replace('_', "")
        .parse()
        .map_err(|_| "not a number; write for example 100000 or 1e5".to_owned())?;
    let most = u32::MAX.into();
    if number.fract() == 0.0 && (1.0..=most).contains(&number) {
        Ok(number as u64)
    } else {
        Err(format!("not a whole number from 1 to {most}"))
    }
}

fn named_measure(text: &str) -> Result<Measure, String> {
    named(text, &Measure::ALL, Measure::name)
}

fn named_input(text: &str) -> Result<Input, String> {
    named(text, &Input::ALL, Input::name)
}

fn named<T: Copy>(text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|&one| name(one) == text).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|&one| name(one)).collect();
        format!("choose among {}", names.join(", "))
    })
}

/// A record with how it compares, for programs.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    record: &'a Record,
    comparison: Option<&'a Comparison>,
}

impl Bench {
    pub fn execute(self) -> Outcome {
        if let Some(folder) = &self.write {
            return self.write(folder);
        }
        let selection = Selection {
            workloads: self.workloads.clone(),
            measures: self.measure.clone(),
            particles: self.particles.clone(),
            quick: self.quick,
        };
        let options = Options {
            work: selection.work().map_err(Failure::of)?,
            devices: self.device.iter().map(|device| DeviceChoice::parse(device)).collect(),
            inputs: self.input.clone(),
            output: !self.no_output,
            memory: self.memory,
            repeats: self.repeats as usize,
            data: match &self.data {
                Some(folder) => Data::in_folder(folder),
                None => Data::cached().map_err(Failure::of)?,
            },
        };
        let old = self.old(&options)?;
        self.check_json()?;
        let record = carry_out(&options)?;
        let comparison = old.as_ref().map(|old| compare(old, &record));
        self.tell(&record, comparison.as_ref())?;
        match (&self.compare, &old, comparison) {
            (Some(path), Some(old), Some(comparison)) if comparison.rows.is_empty() => {
                Err(Failure::of(old.nothing_in_common(path)).into())
            }
            (_, _, Some(comparison)) if comparison.is_slower() => Ok(ExitCode::from(ANSWER_NO)),
            _ => Ok(ExitCode::SUCCESS),
        }
    }

    fn write(&self, folder: &Path) -> Outcome {
        let selection = Selection { workloads: self.workloads.clone(), ..Selection::default() };
        let (data, bar) = (Data::in_folder(folder), Bar::new());
        for &workload in selection.workloads() {
            let written = data.write(workload, &self.particles, &bar).map_err(Failure::of)?;
            for path in written {
                say(format_args!("{}\n", path.display()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The older record, if it can be held against what will be measured.
    fn old(&self, options: &Options) -> miette::Result<Option<Record>> {
        let Some(path) = &self.compare else { return Ok(None) };
        let old = Record::read(path).map_err(Failure::of)?;
        old.check(path, &Machine::this(), options).map_err(Failure::of)?;
        Ok(Some(old))
    }

    /// A record that cannot be written is known before minutes of work, not after.
    fn check_json(&self) -> miette::Result<()> {
        let Some(path) = self.file() else { return Ok(()) };
        Ok(writable(path).map_err(|cause| unwritten(path, cause))?)
    }

    fn file(&self) -> Option<&Path> {
        self.json.as_deref().filter(|path| *path != Path::new("-"))
    }

    fn tell(&self, record: &Record, comparison: Option<&Comparison>) -> miette::Result<()> {
        let answer = Answer { record, comparison };
        if let Some(path) = self.file() {
            let text = serde_json::to_string_pretty(&answer).map_err(Failure::of)?;
            std::fs::write(path, text + "\n").map_err(|cause| unwritten(path, cause))?;
        } else if self.json.is_some() {
            return say_json(&answer);
        }
        say(Tables(record))?;
        comparison.map_or(Ok(()), |comparison| say(format_args!("\n{}", Verdicts(comparison))))
    }
}

fn unwritten(path: &Path, cause: std::io::Error) -> Failure {
    Failure::of(BenchError::Write { path: path.to_owned(), cause: cause.into() })
}

/// Measures with a progress bar, ended by signals.
fn carry_out(options: &Options) -> miette::Result<Record> {
    let (controls, bar) = (Controls::default(), Bar::new());
    let record = host::block_on(&controls, measure(options, &controls.cancel, &bar));
    if controls.cancel.is_cancelled() {
        // Half of a bench is not what was asked for.
        return Err(Quiet(STOPPED).into());
    }
    record
}

/// One bar after another, each for a part of the bench.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}, {elapsed} gone")
            .expect("the template is right");
        let bar = ProgressBar::no_length().with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }
}

impl Watch for Bar {
    fn begin(&self, what: &str, total: u64) {
        self.0.reset();
        self.0.set_length(total);
        self.0.set_message(what.to_owned());
    }

    fn advance(&self, parts: u64) {
        self.0.inc(parts);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
