//! Whole runs, as `drogue run` makes them.

use std::time::Instant as Clock;

use tokio::task::block_in_place;

use super::machine::{PeakMemory, processor_time};
use super::{BenchError, Case, Data, Sample, Starts};
use crate::engine::{Device, Status};
use crate::forcing::cf::Vertical;
use crate::pipeline::Cancel;
use crate::run::{Controls, Plan, RunError, RunReport, run};
use crate::scenario::{
    DeviceChoice, Extent, Forcing, Output, OutputFormat, Pattern, Release, Scenario,
};
use crate::time::Span;

/// Time between two observations.
const OUTPUT_EVERY: Span = Span(6 * 3_600_000_000);

/// A run that is repeated.
pub(super) struct Whole<'a> {
    /// What is measured.
    pub case: Case,
    /// What a scenario names as data.
    pub files: String,
    /// Where outputs go for as long as a repeat takes.
    pub data: &'a Data,
    /// Stops a run from outside.
    pub cancel: &'a Cancel,
}

impl Whole<'_> {
    /// The run on one device: everything from opening the files and the device to the last byte of
    /// output.
    ///
    /// # Errors
    /// [`BenchError::Run`], [`BenchError::NotAllMoved`], [`BenchError::Stopped`].
    pub async fn run(&self, choice: &DeviceChoice) -> Result<Sample, BenchError> {
        let output = self.case.output.then(|| self.folder()).transpose()?;
        let path = output.as_ref().map(|folder| folder.path().join("out.zarr"));
        let scenario = self.scenario(choice, self.case.particles, path)?;
        let memory = PeakMemory::watch();
        let (processor, clock) = (processor_time(), Clock::now());
        let report = self.carry_out(scenario).await?;
        let seconds = clock.elapsed().as_secs_f64();
        let processor = processor_time().zip(processor).map(|(end, start)| end - start);
        let peak_memory = memory.bytes();
        self.check(&report)?;
        Ok(Sample {
            seconds,
            device_seconds: report.device_time.map(|time| time.as_secs_f64()),
            processor_seconds: processor.map(|time| time.as_secs_f64()),
            peak_memory,
        })
    }

    /// A run of a few particles, so that a first repeat does not pay for a cold disk or for what a
    /// driver prepares at first use.
    ///
    /// # Errors
    /// Those of [`Whole::run`].
    pub async fn warm_up(&self, choice: &DeviceChoice) -> Result<Device, BenchError> {
        let few = self.case.particles.min(super::LOADING_PARTICLES);
        Ok(self.carry_out(self.scenario(choice, few, None)?).await?.device)
    }

    fn scenario(
        &self,
        device: &DeviceChoice,
        particles: u64,
        output: Option<std::path::PathBuf>,
    ) -> Result<Scenario, BenchError> {
        let workload = self.case.workload;
        let mut forcing = Forcing { data: vec![self.files.clone()], ..Forcing::default() };
        let Starts { x, y, depth } = workload.release(particles as usize);
        let pattern = match depth {
            None => Pattern::Points { x, y },
            Some(_) => {
                forcing.vertical = Some(Vertical::Velocity);
                Pattern::File { path: self.data.release(workload, particles)? }
            }
        };
        let mut scenario = Scenario::new(forcing, Release::once(pattern));
        scenario.time.extent = Extent::Duration(workload.duration());
        scenario.time.step = workload.step();
        scenario.output =
            output.map(|path| Output { path, format: OutputFormat::Zarr, every: OUTPUT_EVERY });
        scenario.run.device = device.clone();
        scenario.run.memory = self.case.memory;
        Ok(scenario)
    }

    async fn carry_out(&self, scenario: Scenario) -> Result<RunReport, BenchError> {
        let failed = |source: RunError| BenchError::Run {
            workload: self.case.workload.name(),
            source: Box::new(source),
        };
        let controls = Controls { cancel: self.cancel.clone(), ..Controls::default() };
        let plan = block_in_place(|| Plan::new(scenario)).map_err(failed)?;
        let report = run(&plan, true, None, &controls).await.map_err(failed)?;
        if report.complete { Ok(report) } else { Err(BenchError::Stopped) }
    }

    fn check(&self, report: &RunReport) -> Result<(), BenchError> {
        let moving = report.tally.count(Status::Active);
        if moving == self.case.particles && report.particle_steps == self.case.particle_steps() {
            return Ok(());
        }
        Err(BenchError::NotAllMoved {
            device: report.device.name.clone(),
            workload: self.case.workload.name(),
            moving,
            particles: self.case.particles,
        })
    }

    fn folder(&self) -> Result<tempfile::TempDir, BenchError> {
        let folder = self.data.folder();
        tempfile::Builder::new()
            .prefix(".output-")
            .tempdir_in(folder)
            .map_err(|error| BenchError::Write { path: folder.to_owned(), cause: error.into() })
    }
}
