//! Neither, either, both: the same run four times.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::sea::{Ran, Sea, carry_out};
use super::{ExplainError, on_pool};
use crate::pipeline::{Schedule, Timeline};
use crate::run::Controls;

/// What the store takes before it answers.
const LATENCY: Duration = Duration::from_millis(50);
/// Steps between two snapshots of the run.
const STEPS: f64 = 18.0;

/// One run with each schedule and number of workers.
#[derive(Clone, Debug, Serialize)]
pub struct Square {
    /// Particles that were followed.
    pub particles: u64,
    /// Snapshots that were read.
    pub snapshots: usize,
    /// The latency that reading a snapshot was given, in seconds. It is simulated.
    pub latency: f64,
    /// What of this is simulated.
    pub simulated: &'static str,
    /// Neither, concurrency, parallelism, both.
    pub quarters: [Quarter; 4],
    /// Whether all four gave the same bits.
    pub same_bits: bool,
}

/// The run in one of four ways.
#[derive(Clone, Debug, Serialize)]
pub struct Quarter {
    /// Whether snapshots overlapped on their way.
    pub schedule: Schedule,
    /// Workers of each kind.
    pub workers: usize,
    /// What the run took, in seconds.
    pub seconds: f64,
    /// What the busiest resource would have needed, over what was taken.
    pub overlap: f64,
    /// A hash over all bits of the output.
    pub fingerprint: String,
    /// What overlapped with what.
    #[serde(skip)]
    pub timeline: Timeline,
}

impl Quarter {
    /// What it has of concurrency and parallelism.
    pub fn name(&self) -> &'static str {
        match (self.schedule, self.workers) {
            (Schedule::Serial, 1) => "neither",
            (Schedule::Concurrent, 1) => "concurrency",
            (Schedule::Serial, _) => "parallelism",
            (Schedule::Concurrent, _) => "both",
        }
    }
}

/// As many particles as keep one core, which takes `rate` particle-steps a second, busy for as long
/// as the store takes to answer: so that there is as much to compute as to wait for.
pub(super) fn measure(sea: &Sea, cores: usize, rate: f64) -> Result<Square, ExplainError> {
    let particles = (rate * LATENCY.as_secs_f64() / STEPS) as usize;
    let particles = particles.clamp(1_000, 1_000_000);
    let workers = cores.max(2);
    let quarter = |schedule, workers| -> Result<Quarter, ExplainError> {
        let ran = run(sea, particles, schedule, workers)?;
        Ok(Quarter {
            schedule,
            workers,
            seconds: ran.report.elapsed.as_secs_f64(),
            overlap: ran.report.overlap.efficiency,
            fingerprint: format!("{:016x}", ran.fingerprint),
            timeline: ran.controls.timeline,
        })
    };
    let quarters = [
        quarter(Schedule::Serial, 1)?,
        quarter(Schedule::Concurrent, 1)?,
        quarter(Schedule::Serial, workers)?,
        quarter(Schedule::Concurrent, workers)?,
    ];
    let same_bits = quarters.iter().all(|one| one.fingerprint == quarters[0].fingerprint);
    let snapshots = sea.plan(particles)?.schedule.snapshots.len();
    let (particles, latency) = (particles as u64, LATENCY.as_secs_f64());
    let simulated = "the sea is made up, and so is the latency: its files are local, and each \
                     fetch of a snapshot sleeps first";
    Ok(Square { particles, snapshots, latency, simulated, quarters, same_bits })
}

/// The run as `drogue run --device cpu --schedule … --workers …` does it.
fn run(
    sea: &Sea,
    particles: usize,
    schedule: Schedule,
    workers: usize,
) -> Result<Ran, ExplainError> {
    let mut plan = sea.plan(particles)?;
    Arc::make_mut(&mut plan.scenario).run.schedule = schedule;
    plan.workers = workers;
    let engines =
        plan.engines(|setup| on_pool(setup, workers)).into_iter().collect::<Result<_, _>>()?;
    let slow = |stage: &str, _| if stage == "fetch" { LATENCY } else { Duration::ZERO };
    let controls = Controls { delay: Some(Arc::new(slow)), ..sea.controls() };
    carry_out(&plan, engines, workers, controls)
}
