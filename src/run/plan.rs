//! What a run will do and need, known before it starts.

use std::sync::Arc;

use serde::Serialize;

use super::{RunError, Schedule};
use crate::engine::{Particle, Setup};
use crate::forcing::cf::{Choice, MeshChoice, VelocityKind};
use crate::forcing::{Dataset, DatasetSpec, MissingChunks};
use crate::pipeline::Settings;
use crate::release::Releases;
use crate::scenario::{self, Direction, Extent, ForcingKind, Scenario};
use crate::time::{Calendar, Instant, Span};

/// Bytes of memory that a run may use where the scenario does not say.
pub const DEFAULT_MEMORY: u64 = 2 << 30;

/// Particles in a block where the scenario does not say: enough to occupy a GPU, few enough to
/// hand observations on while the next block moves.
pub const DEFAULT_BLOCK: usize = 1 << 16;

/// Items that may wait between two stages.
pub(super) const QUEUE_DEPTH: usize = 2;

/// Blocks of observations that may be on their way to disk at once: in the queues before and after
/// `collect`, in its workers, in `write`, and the one being read.
pub(super) const BLOCKS_IN_FLIGHT: u64 = 2 * QUEUE_DEPTH as u64 + 4;

/// Bytes of an observation on its way: id, x, y, time and status, beside the particle itself.
const OBSERVATION: u64 = 8 + 8 + 8 + 8 + 1 + size_of::<Particle>() as u64;

/// A run that is ready to start.
#[derive(Clone)]
pub struct Plan {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The forcing, opened.
    pub dataset: Arc<Dataset>,
    /// Where and when particles start.
    pub releases: Arc<Releases>,
    /// When what happens.
    pub schedule: Arc<Schedule>,
    /// What the engine is built for.
    pub setup: Setup,
    /// Particles in a block.
    pub block: usize,
    /// Bytes that the run needs.
    pub memory: Memory,
}

/// How a run's memory is divided, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All that the run may use.
    pub budget: u64,
    /// The most that one snapshot takes on its way, from the file to the device.
    pub snapshot: u64,
    /// Decoded chunks kept for later snapshots.
    pub cache: u64,
    /// All particles of the run.
    pub particles: u64,
    /// Whether the particles are kept in memory; on disk, block by block, otherwise.
    pub resident: bool,
    /// Observations on their way to disk.
    pub observations: u64,
}

impl Memory {
    /// What is left for snapshots.
    pub fn for_snapshots(&self) -> u64 {
        let particles = if self.resident { self.particles } else { 0 };
        self.budget.saturating_sub(self.cache + particles + self.observations)
    }

    /// The least that the run can do with.
    pub fn least(&self) -> u64 {
        let particles = if self.resident { self.particles } else { 0 };
        self.cache + particles + self.observations + 2 * self.snapshot
    }
}

impl Plan {
    /// Opens the forcing and lays out the run. Reads coordinates, no velocities.
    ///
    /// # Errors
    /// [`RunError`] for anything that would keep the run from starting, a memory budget that is too
    /// small included.
    pub fn new(scenario: Scenario) -> Result<Self, RunError> {
        let dataset = Dataset::open(&spec(&scenario))?;
        let calendar = dataset.calendar();
        let times = dataset.times();
        if times.len() < 2 {
            return Err(RunError::SingleTime {
                data: scenario.forcing.data.join(", "),
                time: calendar.format(times[0]),
            });
        }
        let (start, end) = extent(&scenario.time, times, calendar)?;
        let every = scenario.output.as_ref().map(|output| output.every);
        let schedule = Schedule::new(times, start, end, scenario.time.step, every);
        if schedule.start == schedule.end {
            return Err(RunError::NoLength {
                start: calendar.format(start),
                remedy: "the forcing ends there; set `start`, `duration` or `direction`",
            });
        }
        let steps = schedule.steps();
        if steps > u64::from(u32::MAX) {
            return Err(RunError::TooManySteps { steps, most: u32::MAX.into() });
        }
        let grid = dataset.grid().clone();
        let releases =
            Releases::new(&scenario.release, grid.mesh(), calendar, start, schedule.end)?;
        let block = scenario.run.block.unwrap_or(DEFAULT_BLOCK).max(1);
        let setup =
            Setup { grid, integrator: scenario.physics.integrator, coast: scenario.physics.coast };
        let memory = memory(&scenario, &dataset, releases.total(), block)?;
        Ok(Self {
            dataset: Arc::new(dataset),
            releases: Arc::new(releases),
            schedule: Arc::new(schedule),
            scenario: Arc::new(scenario),
            setup,
            block,
            memory,
        })
    }

    /// The same run with at most about `most` of its particles, evenly drawn.
    #[must_use]
    pub fn sampled(&self, most: u64) -> Self {
        let stride = self.releases.total().div_ceil(most.max(1));
        Self { releases: Arc::new(self.releases.thinned(stride)), ..self.clone() }
    }

    /// Particle-steps of the run, if all particles move all the time.
    pub fn particle_steps(&self) -> u64 {
        self.releases.total().saturating_mul(self.schedule.steps())
    }

    /// Number of blocks.
    pub fn blocks(&self) -> u64 {
        self.releases.total().div_ceil(self.block as u64)
    }

    /// The depth in metres, positive down, at which the particles are.
    pub fn depth(&self) -> Option<f64> {
        self.dataset.level().map(|level| level.depth).or(self.scenario.forcing.depth)
    }

    pub(super) fn settings(
        &self,
        timeline: crate::pipeline::Timeline,
        cancel: crate::pipeline::Cancel,
    ) -> Settings {
        Settings {
            budget: crate::pipeline::Budget::new(self.memory.for_snapshots()),
            queue_depth: QUEUE_DEPTH,
            timeline,
            cancel,
        }
    }
}

/// What the scenario says of the forcing, in the forcing's own words.
pub fn spec(scenario: &Scenario) -> DatasetSpec {
    let forcing = &scenario.forcing;
    DatasetSpec {
        data: forcing.data.clone(),
        choice: Choice {
            kind: Some(match forcing.kind {
                ForcingKind::Current => VelocityKind::Current,
                ForcingKind::Wind => VelocityKind::Wind,
                ForcingKind::Stokes => VelocityKind::Stokes,
            }),
            u: forcing.u.clone(),
            v: forcing.v.clone(),
            x: forcing.x.clone(),
            y: forcing.y.clone(),
            time: forcing.time.clone(),
            depth: forcing.depth,
            mesh: match scenario.physics.mesh {
                scenario::MeshChoice::Auto => MeshChoice::Auto,
                scenario::MeshChoice::Sphere => MeshChoice::Sphere,
                scenario::MeshChoice::Flat => MeshChoice::Flat,
            },
            radius: scenario.physics.radius,
        },
        allow_gaps: forcing.allow_gaps,
        missing_chunks: match forcing.fill_missing_chunks {
            true => MissingChunks::Fill,
            false => MissingChunks::Refuse,
        },
    }
}

/// When the run starts and when it is to end.
fn extent(
    time: &scenario::Time,
    times: &[Instant],
    calendar: Calendar,
) -> Result<(Instant, Instant), RunError> {
    let (first, last) = (times[0], times[times.len() - 1]);
    let backward = time.direction == Direction::Backward;
    let instant =
        |key, civil| calendar.instant(civil).map_err(|source| RunError::Date { key, source });
    let start = match time.start {
        Some(civil) => instant("start", civil)?,
        None if backward => last,
        None => first,
    };
    if !(first..=last).contains(&start) {
        return Err(RunError::OutsideForcing {
            start: calendar.format(start),
            first: calendar.format(first),
            last: calendar.format(last),
        });
    }
    let end = match time.extent {
        Extent::Forcing if backward => first,
        Extent::Forcing => last,
        Extent::Duration(Span(length)) => start + Span(if backward { -length } else { length }),
        Extent::End(civil) => instant("end", civil)?,
    };
    let remedy = match (backward, end > start) {
        _ if end == start => "set a `duration`",
        (false, false) => "`end` lies before `start`; set `direction = \"backward\"` to go back",
        (true, true) => "`end` lies after `start`, but `direction` is \"backward\"",
        _ => return Ok((start, end)),
    };
    Err(RunError::NoLength { start: calendar.format(start), remedy })
}

fn memory(
    scenario: &Scenario,
    dataset: &Dataset,
    particles: u64,
    block: usize,
) -> Result<Memory, RunError> {
    let budget = scenario.run.memory.unwrap_or(DEFAULT_MEMORY);
    let grid = dataset.grid();
    let field = (grid.columns() * grid.rows() * size_of::<[f32; 2]>()) as u64;
    let (fetched, decoded) = (dataset.fetched_bytes(), dataset.snapshot_bytes());
    // Decoding holds both forms, preparing the planes and the field, uploading the field twice.
    let snapshot = (fetched + 2 * decoded).max(decoded + field).max(2 * field);
    let in_flight = BLOCKS_IN_FLIGHT.min(particles.div_ceil(block as u64).max(1) * 2);
    let observations = match scenario.output {
        Some(_) => in_flight * (block as u64).min(particles) * OBSERVATION,
        None => (block as u64).min(particles) * OBSERVATION,
    };
    let particle_bytes = particles * size_of::<Particle>() as u64;
    let mut memory = Memory {
        budget,
        snapshot,
        cache: dataset.cache_bytes(),
        particles: particle_bytes,
        resident: true,
        observations,
    };
    if memory.least() > budget {
        memory.resident = false;
    }
    if memory.least() > budget {
        return Err(RunError::Budget {
            budget,
            needed: memory.least(),
            for_snapshots: 2 * snapshot,
            columns: grid.columns(),
            rows: grid.rows(),
        });
    }
    Ok(memory)
}
