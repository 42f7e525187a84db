//! What is known of a run when it has ended.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::advance::Counts;
use super::execute::{DECODE, FETCH};
use super::{Controls, Overlap, Plan};
use crate::engine::{Device, DeviceKind, Status};
use crate::forcing::Traffic;
use crate::forcing::cf::VelocityKind;
use crate::pipeline::StageSummary;
use crate::time::Instant;
use crate::trajectory::{Tally, Written};

/// The account of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// What computed.
    pub device: Device,
    /// Particles by status.
    #[serde(serialize_with = "by_name")]
    pub tally: Tally,
    /// Particles that the scenario releases.
    pub particles: u64,
    /// Particles whose release time was not reached.
    pub not_released: u64,
    /// Start of the run in model time.
    pub start: String,
    /// End of the run in model time.
    pub end: String,
    /// How far all particles were taken, in model time: the end, unless the run was stopped.
    pub reached: String,
    /// Whether the forcing ended before the run was to end.
    pub cut_short: bool,
    /// Whether the run came to its end; it did not if it was stopped.
    pub complete: bool,
    /// Time steps of the run.
    pub steps: u64,
    /// Time steps that were taken: all of them, unless the run was stopped.
    pub steps_taken: u64,
    /// The highest speed in the fields that were used, in m/s.
    pub fastest: f32,
    /// Particle-steps that the device was given.
    pub particle_steps: u64,
    /// Time that the run took, in seconds where serialised.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Time that the device itself measured for moving particles, where it can, in seconds.
    #[serde(serialize_with = "seconds_if_any")]
    pub device_time: Option<Duration>,
    /// How well the run overlapped what it had to do.
    pub overlap: Overlap,
    /// The output, if there is one.
    pub output: Option<PathBuf>,
    /// Observations written.
    pub observations: u64,
    /// What was asked of the disk or the object store.
    pub traffic: Traffic,
    /// Snapshots that were fetched again because particles might have left the part that was read.
    pub fetched_again: u64,
    /// What was assumed or preferred in reading the forcing, one sentence each.
    pub notes: Vec<String>,
    /// What each stage of the pipeline did.
    pub stages: Vec<StageSummary>,
}

/// The processor's cores that a run may use.
fn cores(plan: &Plan) -> usize {
    let there = std::thread::available_parallelism().map_or(1, usize::from);
    plan.scenario.run.threads.map_or(there, |threads| threads.clamp(1, there))
}

impl RunReport {
    #[expect(clippy::too_many_arguments, reason = "gathers what the ends of a run know")]
    pub(super) fn new(
        plan: &Plan,
        device: Device,
        tally: Tally,
        counts: &Counts,
        written: Option<Written>,
        complete: bool,
        [elapsed, processor]: [Duration; 2],
        controls: &Controls,
    ) -> Self {
        let calendar = plan.calendar();
        let written = written.filter(|written| written.slots > 0);
        let fastest = f32::from_bits(counts.fastest.load(Ordering::Relaxed));
        let nanoseconds = counts.device_nanoseconds.load(Ordering::Relaxed);
        let device_time = (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds));
        let stages = controls.timeline.summary();
        let stage = |name| stages.iter().find(|stage| stage.stage == name);
        let storage = stage(FETCH).zip(stage(DECODE)).map_or(Duration::ZERO, |(fetch, decode)| {
            // One of those who decode waits for the next, so that this is time that passed.
            fetch.active.min(decode.waited_for_input)
        });
        let gpu = match device.kind {
            DeviceKind::Gpu => device_time,
            DeviceKind::Software | DeviceKind::Cpu => Some(Duration::ZERO),
        };
        let overlap = Overlap::new(elapsed, storage, processor, cores(plan), gpu);
        Self {
            device,
            tally,
            particles: plan.releases.total(),
            not_released: tally.count(Status::Pending),
            start: calendar.format(plan.schedule.start),
            end: calendar.format(plan.schedule.end),
            reached: calendar.format(Instant(counts.reached.load(Ordering::Relaxed))),
            cut_short: plan.schedule.cut_short,
            complete,
            steps: plan.schedule.steps(),
            steps_taken: controls.progress.steps()[0],
            fastest,
            particle_steps: counts.particle_steps.load(Ordering::Relaxed),
            elapsed,
            device_time,
            overlap,
            observations: written.as_ref().map_or(0, |written| written.observations),
            output: written.map(|written| written.path),
            traffic: (plan.carriers.iter().map(|carrier| carrier.dataset.traffic()))
                .chain(plan.samplings.iter().map(|sampling| sampling.scalar.own_traffic()))
                .fold(Traffic::default(), Traffic::with),
            fetched_again: counts.fetched_again.load(Ordering::Relaxed),
            notes: plan.notes().into_iter().chain(long_step(plan, fastest)).collect(),
            stages,
        }
    }

    /// Particle-steps a second, end to end.
    pub fn rate(&self) -> f64 {
        self.particle_steps as f64 / self.elapsed.as_secs_f64()
    }
}

/// A remark where water may carry a particle over a whole cell, and a coast in it, within a step.
fn long_step(plan: &Plan, fastest: f32) -> Option<String> {
    let step = plan.scenario.time.step.seconds().abs();
    let finest = plan.carriers.iter().map(|carrier| carrier.grid().finest());
    let (way, cell) = (f64::from(fastest) * step, finest.fold(f64::INFINITY, f64::min));
    let has_coasts = plan.scenario.forcings[0].kind != VelocityKind::Wind;
    (has_coasts && way > cell).then(|| {
        format!(
            "at {fastest:.1} m/s a step of {step} s leads {:.1} cells on: a coast narrower than \
             that may be passed over; a `step` of {:.0} s stays within one",
            way / cell,
            (cell / f64::from(fastest)).floor()
        )
    })
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn seconds_if_any<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(serializer)
}

fn by_name<S: Serializer>(tally: &Tally, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tally.rows().map(|(status, count)| (status.name(), count)))
}
