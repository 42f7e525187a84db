//! All that was asked for, measured: work by work, the devices taking turns.

use tokio::task::block_in_place;

use super::candidates::{Candidate, candidates};
use super::end_to_end::Whole;
use super::kernel::Task;
use super::machine::load;
use super::{
    BenchError, Case, Data, Input, Machine, Measure, Measurement, Record, SCHEMA, Sample, Versions,
    Watch, Work,
};
use crate::pipeline::Cancel;
use crate::scenario::DeviceChoice;

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// What.
    pub work: Vec<Work>,
    /// On which devices; where none is named, on the f64 reference and on the adapters there are.
    pub devices: Vec<DeviceChoice>,
    /// The formats that runs read, one after another.
    pub inputs: Vec<Input>,
    /// Whether [`Measure::EndToEnd`] writes trajectories.
    pub output: bool,
    /// The memory that a run may use, in bytes; `None`: as `drogue run` chooses.
    pub memory: Option<u64>,
    /// How often each is measured.
    pub repeats: usize,
    /// Where the workloads' files are, or are made.
    pub data: Data,
}

impl Options {
    /// Whether this case is among what is to be measured.
    pub fn ask_for(&self, case: &Case) -> bool {
        let input = case.input.is_none_or(|input| self.inputs.contains(&input));
        let work = case.work();
        self.work.contains(&work) && input && *case == self.case(work, case.input, case.steps)
    }

    fn case(&self, work: Work, input: Option<Input>, steps: u64) -> Case {
        let Work { workload, measure, particles } = work;
        let output = measure == Measure::EndToEnd && self.output;
        let memory = self.memory.filter(|_| measure != Measure::Kernel);
        Case { workload, measure, particles, steps, input, output, memory }
    }
}

/// Measures all that `options` name.
///
/// # Errors
/// [`BenchError`]: the first that goes wrong, [`BenchError::Stopped`] where `cancel` was called.
///
/// # Panics
/// Outside of a multi-threaded Tokio runtime.
pub async fn measure(
    options: &Options,
    cancel: &Cancel,
    watch: &dyn Watch,
) -> Result<Record, BenchError> {
    if options.work.is_empty() || options.repeats == 0 || options.inputs.is_empty() {
        return Err(BenchError::NothingToDo(
            "there is nothing to measure: one workload, one repeat and one format at least",
        ));
    }
    let mut record = Record {
        schema: SCHEMA.to_owned(),
        date: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
        machine: Machine::this(),
        versions: Versions::this(),
        load_before: load(),
        measurements: Vec::new(),
        absent: Vec::new(),
    };
    let (devices, absent) = candidates(&options.devices)?;
    record.absent = absent;
    let bench = Bench { options, devices, cancel, watch };
    for &work in &options.work {
        match work.measure {
            Measure::Kernel => record.measurements.extend(block_in_place(|| bench.kernel(work))?),
            Measure::EndToEnd | Measure::Loading => {
                for &input in &options.inputs {
                    record.measurements.extend(bench.whole(work, input).await?);
                }
            }
        }
    }
    Ok(record)
}

struct Bench<'a> {
    options: &'a Options,
    devices: Vec<Candidate>,
    cancel: &'a Cancel,
    watch: &'a dyn Watch,
}

impl Bench<'_> {
    fn kernel(&self, work: Work) -> Result<Vec<Measurement>, BenchError> {
        self.begin(&work.to_string());
        let task = Task::new(work);
        let runners = self.devices.iter().map(|candidate| task.on(&candidate.choice));
        let runners = runners.collect::<Result<Vec<_>, _>>()?;
        runners.iter().try_for_each(|runner| runner.warm_up())?;
        let mut samples = self.room();
        for _ in 0..self.options.repeats {
            for (runner, samples) in runners.iter().zip(&mut samples) {
                self.go_on()?;
                samples.push(runner.run()?);
                self.watch.advance(1);
            }
        }
        let case = self.options.case(work, None, task.steps());
        Ok(self.measurements(case, samples))
    }

    async fn whole(&self, work: Work, input: Input) -> Result<Vec<Measurement>, BenchError> {
        let data = &self.options.data;
        let files = block_in_place(|| data.provide(work.workload, input, self.watch))?;
        self.begin(&format!("{work}, from {}", input.name()));
        let steps = work.workload.duration().0 / work.workload.step().0;
        let case = self.options.case(work, Some(input), steps as u64);
        let whole = Whole { case, files, data, cancel: self.cancel };
        for candidate in &self.devices {
            whole.warm_up(&candidate.choice).await?;
        }
        let mut samples = self.room();
        for _ in 0..self.options.repeats {
            for (candidate, samples) in self.devices.iter().zip(&mut samples) {
                self.go_on()?;
                samples.push(whole.run(&candidate.choice).await?);
                self.watch.advance(1);
            }
        }
        Ok(self.measurements(case, samples))
    }

    fn begin(&self, what: &str) {
        self.watch.begin(what, (self.options.repeats * self.devices.len()) as u64);
    }

    fn go_on(&self) -> Result<(), BenchError> {
        if self.cancel.is_cancelled() { Err(BenchError::Stopped) } else { Ok(()) }
    }

    /// Room for the samples of each device.
    fn room(&self) -> Vec<Vec<Sample>> {
        vec![Vec::with_capacity(self.options.repeats); self.devices.len()]
    }

    fn measurements(&self, case: Case, samples: Vec<Vec<Sample>>) -> Vec<Measurement> {
        let devices = self.devices.iter().map(|candidate| candidate.device.clone());
        devices
            .zip(samples)
            .map(|(device, samples)| Measurement::new(case, device, samples))
            .collect()
    }
}
