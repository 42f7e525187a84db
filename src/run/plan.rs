//! What a run will do and need, known before it starts.

use std::sync::Arc;

use super::Controls;
use super::memory::{Memory, QUEUE_DEPTH, divide};
use super::sampling::{self, Sampling};
use super::{RunError, Schedule};
use crate::engine::{Coast, Setup};
use crate::forcing::cf::{Choice, MeshChoice};
use crate::forcing::{Access, Dataset, DatasetSpec, MissingChunks};
use crate::grid::Levels;
use crate::pipeline::{self, Budget, Settings};
use crate::release::Releases;
use crate::scenario::{self, Direction, Extent, Scenario};
use crate::time::{Calendar, Instant, Span};

/// Particles in a block where the scenario does not say: enough to occupy a GPU, few enough to
/// hand observations on while the next block moves.
pub const DEFAULT_BLOCK: usize = 1 << 16;

/// Workers of each stage that computes where the scenario does not say: one hands on while the
/// other works.
const DEFAULT_WORKERS: usize = 2;

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
    /// What is sampled at each observation.
    pub samplings: Arc<Vec<Sampling>>,
    /// What the engine is built for.
    pub setup: Setup,
    /// Particles in a block.
    pub block: usize,
    /// Bytes that the run needs.
    pub memory: Memory,
    /// Whether snapshots are read whole. Otherwise only the part is read that the particles can
    /// meet; the results are the same.
    pub whole_snapshots: bool,
    /// Workers of each stage that computes.
    pub workers: usize,
    /// Items that may wait between two stages. The memory is divided for what it is at first.
    pub queue_depth: usize,
}

impl Plan {
    /// Opens the forcing and lays out the run. Reads coordinates, no velocities.
    ///
    /// # Errors
    /// [`RunError`] for anything that would keep the run from starting, a memory budget that is too
    /// small included.
    pub fn new(mut scenario: Scenario) -> Result<Self, RunError> {
        let mut dataset = Dataset::open(&spec(&scenario))?;
        let calendar = dataset.calendar();
        let times = dataset.times();
        if times.len() < 2 {
            return Err(RunError::SingleTime {
                data: scenario.forcing.data.join(", "),
                time: calendar.format(times[0]),
            });
        }
        let (start, end) = extent(&scenario.time, times, dataset.held(), calendar)?;
        let every = scenario.output.as_ref().map(|output| output.every);
        let schedule = Schedule::new(times, start, end, scenario.time.step, every);
        if schedule.start == schedule.end {
            return Err(RunError::NoLength { start: calendar.format(start), remedy: AT_THE_END });
        }
        countable(&schedule)?;
        let grid = dataset.grid().clone();
        let releases =
            Releases::new(&scenario.release, grid.mesh(), calendar, start, schedule.end)?;
        if let Some(levels) = grid.levels() {
            within_levels(&releases, levels)?;
        } else if let Some(depth) = level_of(&releases, scenario.forcing.depth)? {
            scenario.forcing.depth = Some(depth);
            dataset = Dataset::open(&spec(&scenario))?;
        }
        let block = scenario.run.block.unwrap_or(DEFAULT_BLOCK).max(1);
        let setup =
            Setup { grid, integrator: scenario.physics.integrator, coast: scenario.physics.coast };
        setup.check()?;
        check_coast(&setup)?;
        let workers = scenario.run.threads.unwrap_or(DEFAULT_WORKERS).max(1);
        let outputs = schedule.outputs.len();
        let mut samplings = sampling::open(&scenario, &dataset, &schedule)?;
        let particles = releases.total();
        let memory =
            divide(&scenario, &dataset, &mut samplings, particles, outputs, block, workers)?;
        tracing::info!(
            particles = releases.total(),
            steps = schedule.steps(),
            bytes = memory.least(),
            resident = memory.resident,
            "the plan is made"
        );
        let whole = dataset.needs_whole();
        Ok(Self {
            dataset: Arc::new(dataset),
            releases: Arc::new(releases),
            schedule: Arc::new(schedule),
            scenario: Arc::new(scenario),
            samplings: Arc::new(samplings),
            setup,
            block,
            memory,
            whole_snapshots: memory.again == 0 || whole,
            workers,
            queue_depth: QUEUE_DEPTH,
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

    /// Snapshots that may be fetched at once: each makes one request at least, and all have room in
    /// the memory.
    pub fn fetched_at_once(&self) -> usize {
        if self.scenario.run.schedule == pipeline::Schedule::Serial {
            return 1;
        }
        let room = self.memory.for_snapshots() / self.memory.snapshot.max(1);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        access(&self.scenario).at_once.min(room).max(1)
    }

    /// What was assumed or preferred in reading the forcing and what is sampled, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.dataset.notes().to_vec();
        for note in self.samplings.iter().flat_map(|sampling| sampling.scalar.notes()) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }

    /// The depth in metres, positive down, at which all particles are and stay, where it is known.
    pub fn depth(&self) -> Option<f64> {
        self.dataset.level().and_then(|level| level.depth).or(self.scenario.forcing.depth)
    }

    pub(super) fn settings(&self, controls: &Controls) -> Settings {
        Settings {
            queue_depth: self.queue_depth,
            timeline: controls.timeline.clone(),
            cancel: controls.cancel.clone(),
            schedule: self.scenario.run.schedule,
            delay: controls.delay.clone(),
            ..Settings::new(Budget::new(self.memory.for_snapshots()))
        }
    }
}

/// What the scenario says of the forcing, in the forcing's own words.
pub fn spec(scenario: &Scenario) -> DatasetSpec {
    let forcing = &scenario.forcing;
    DatasetSpec {
        data: forcing.data.clone(),
        choice: Choice {
            kind: Some(forcing.kind),
            u: forcing.u.clone(),
            v: forcing.v.clone(),
            w: forcing.w.clone(),
            vertical: forcing.vertical,
            x: forcing.x.clone(),
            y: forcing.y.clone(),
            components: forcing.components,
            mask: forcing.mask.clone(),
            time: forcing.time.clone(),
            depth: forcing.depth,
            level: forcing.level,
            epoch: forcing.epoch,
            steady: forcing.steady,
            mesh: match scenario.physics.mesh {
                scenario::MeshChoice::Auto => MeshChoice::Auto,
                scenario::MeshChoice::Sphere => MeshChoice::Sphere,
                scenario::MeshChoice::Flat => MeshChoice::Flat,
            },
            radius: scenario.physics.radius,
            period: scenario.physics.period,
        },
        grid: forcing.grid.clone(),
        allow_gaps: forcing.allow_gaps,
        missing_chunks: match forcing.fill_missing_chunks {
            true => MissingChunks::Fill,
            false => MissingChunks::Refuse,
        },
        access: access(scenario),
    }
}

pub(super) fn access(scenario: &Scenario) -> Access {
    Access {
        at_once: scenario.run.requests.unwrap_or(Access::default().at_once),
        latency: scenario.run.latency.unwrap_or_default(),
        patience: scenario.run.patience.unwrap_or(Access::default().patience),
    }
}

/// The level that the release asks for where the forcing's own keys do not: particles stay at one.
fn level_of(releases: &Releases, asked: Option<f64>) -> Result<Option<f64>, RunError> {
    match (releases.depths(), asked) {
        (Some([shallowest, deepest]), _) if shallowest != deepest => {
            Err(RunError::ReleaseDepths { shallowest, deepest })
        }
        (Some([depth, _]), Some(level)) if depth != level => {
            Err(RunError::DepthsDiffer { depth, level })
        }
        (Some([depth, _]), None) => Ok(Some(depth)),
        (_, _) => Ok(None),
    }
}

/// That particles are released between the surface and the lowest level.
fn within_levels(releases: &Releases, levels: &Levels) -> Result<(), RunError> {
    let Some([_, deepest]) = releases.depths() else { return Ok(()) };
    let lowest = levels.lowest();
    // Levels are rounded to f32.
    if deepest as f32 > lowest as f32 {
        return Err(RunError::BelowLevels { deepest, lowest });
    }
    Ok(())
}

/// That the grid has the coast that is asked for.
fn check_coast(setup: &Setup) -> Result<(), RunError> {
    let why = if setup.grid.triangles().is_some() && setup.coast == Coast::PartialSlip {
        "on triangles, water runs along the rim as the data have it: set `coast = \"slip\"`, \"bounce\", or leave it out"
    } else if setup.grid.has_faces() && setup.coast == Coast::PartialSlip {
        "where velocities go through the faces of cells, water runs along the coast as fast as a cell away: set `coast = \"slip\"`, or leave it out"
    } else {
        return Ok(());
    };
    Err(RunError::Coast { coast: setup.coast, why })
}

/// Steps between two snapshots that are laid out in memory at once.
const MOST_STEPS: u64 = 1 << 22;

/// That steps and outputs can be numbered and held.
fn countable(schedule: &Schedule) -> Result<(), RunError> {
    let (steps, most) = (schedule.steps(), u64::from(u32::MAX));
    if steps > most {
        return Err(RunError::TooManySteps { steps, among: "in all", most });
    }
    let steps = schedule.longest_window();
    if steps > MOST_STEPS {
        return Err(RunError::TooManySteps {
            steps,
            among: "from one snapshot to the next",
            most: MOST_STEPS,
        });
    }
    Ok(())
}

/// What helps a run that starts where it would end.
const AT_THE_END: &str = "the forcing ends there; set another `start`, or go the other way with \
                          `direction`";

/// When the run starts and when it is to end; of one snapshot that is held, its time is where it starts.
fn extent(
    time: &scenario::Time,
    times: &[Instant],
    held: Option<Instant>,
    calendar: Calendar,
) -> Result<(Instant, Instant), RunError> {
    let (first, last) = (times[0], times[times.len() - 1]);
    let backward = time.direction == Direction::Backward;
    let instant =
        |key, civil| calendar.instant(civil).map_err(|source| RunError::Date { key, source });
    let start = match time.start {
        Some(civil) => instant("start", civil)?,
        None => held.unwrap_or(if backward { last } else { first }),
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
        _ if end == start => AT_THE_END,
        (false, false) => "`end` lies before `start`; set `direction = \"backward\"` to go back",
        (true, true) => "`end` lies after `start`, but `direction` is \"backward\"",
        _ => return Ok((start, end)),
    };
    Err(RunError::NoLength { start: calendar.format(start), remedy })
}
