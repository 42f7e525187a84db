//! What a run will do and need, known before it starts.

use std::sync::Arc;

use super::Controls;
use super::carriers::{self, Carrier, check_coast, check_period, check_together, hand_over};
use super::memory::{Memory, QUEUE_DEPTH, divide};
use super::sampling::{self, Sampling};
use super::{Needed, RunError, Schedule};
use crate::engine::Setup;
use crate::forcing::cf::{Choice, MeshChoice};
use crate::forcing::{Access, Dataset, DatasetSpec, MissingChunks};
use crate::grid::{Levels, Mesh};
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
    /// The forcings, opened: where several have water, the first of them moves particles.
    pub carriers: Arc<Vec<Carrier>>,
    /// Where and when particles start.
    pub releases: Arc<Releases>,
    /// When what happens.
    pub schedule: Arc<Schedule>,
    /// What is sampled at each observation.
    pub samplings: Arc<Vec<Sampling>>,
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
    /// Opens the forcings and lays out the run. Reads coordinates, and velocities only of several
    /// forcings: a snapshot of each but the last, to know where they have water.
    ///
    /// # Errors
    /// [`RunError`] for anything that would keep the run from starting, a memory budget that is too
    /// small included.
    pub fn new(mut scenario: Scenario) -> Result<Self, RunError> {
        let mut carriers = open(&scenario)?;
        check_together(&carriers, &scenario.physics)?;
        let calendar = carriers[0].dataset.calendar();
        let times: Vec<&[Instant]> =
            carriers.iter().map(|carrier| carrier.dataset.times()).collect();
        let (start, end) = extent(&scenario.time, &carriers)?;
        let every = scenario.output.as_ref().map(|output| output.every);
        let schedule = Schedule::new(&times, start, end, scenario.time.step, every);
        if schedule.start == schedule.end {
            return Err(RunError::NoLength { start: calendar.format(start), remedy: AT_THE_END });
        }
        countable(&schedule)?;
        let mesh = carriers[0].grid().mesh();
        let releases = Releases::new(&scenario.release, mesh, calendar, start, schedule.end)?;
        if let Some(levels) = carriers[0].grid().levels() {
            within_levels(&releases, levels)?;
        } else {
            let mut to_open = false;
            for forcing in &mut scenario.forcings {
                let depth = level_of(&releases, forcing.depth)?;
                to_open |= depth.is_some();
                forcing.depth = depth.or(forcing.depth);
            }
            if to_open {
                carriers = open(&scenario)?;
            }
        }
        for Carrier { setup, .. } in &carriers {
            setup.check()?;
            check_coast(setup)?;
        }
        check_period(&carriers, scenario.physics.period)?;
        hand_over(&mut carriers, &schedule)?;
        let block = scenario.run.block.unwrap_or(DEFAULT_BLOCK).max(1);
        let workers = scenario.run.threads.unwrap_or(DEFAULT_WORKERS).max(1);
        let outputs = schedule.outputs.len();
        let mut samplings = sampling::open(&scenario, &carriers, &schedule)?;
        let particles = releases.total();
        let memory =
            divide(&scenario, &carriers, &mut samplings, particles, outputs, block, workers)?;
        tracing::info!(
            particles = releases.total(),
            steps = schedule.steps(),
            bytes = memory.least(),
            resident = memory.resident,
            "the plan is made"
        );
        let whole = carriers.iter().any(|carrier| carrier.dataset.needs_whole());
        Ok(Self {
            carriers: Arc::new(carriers),
            releases: Arc::new(releases),
            schedule: Arc::new(schedule),
            scenario: Arc::new(scenario),
            samplings: Arc::new(samplings),
            block,
            memory,
            whole_snapshots: memory.again == 0 || whole,
            workers,
            queue_depth: QUEUE_DEPTH,
        })
    }

    /// An engine for each forcing.
    pub fn engines<E>(&self, make: impl Fn(&Setup) -> E) -> Vec<E> {
        self.carriers.iter().map(|carrier| make(&carrier.setup)).collect()
    }

    /// The calendar of all times.
    pub fn calendar(&self) -> Calendar {
        self.carriers[0].dataset.calendar()
    }

    /// The time of a snapshot, as text.
    pub(super) fn time_of(&self, needed: Needed) -> String {
        self.calendar().format(self.carriers[needed.forcing].dataset.times()[needed.index])
    }

    /// The forcing and the time of a snapshot, as text.
    pub(super) fn name_of(&self, needed: Needed) -> String {
        format!("{}, {}", self.carriers[needed.forcing].name, self.time_of(needed))
    }

    /// What the coordinates of all positions mean.
    pub fn mesh(&self) -> Mesh {
        self.carriers[0].grid().mesh()
    }

    /// Whether particles meet all levels of the data.
    pub fn has_levels(&self) -> bool {
        self.carriers[0].grid().levels().is_some()
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
        let mut notes = carriers::notes(&self.carriers, &self.schedule);
        let of_forcings = self.carriers.iter().flat_map(|carrier| carrier.dataset.notes());
        let sampled = self.samplings.iter().flat_map(|sampling| sampling.scalar.notes());
        for note in of_forcings.chain(sampled) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }

    /// The depth in metres, positive down, at which all particles are and stay, where it is known; the
    /// first forcing says so.
    pub fn depth(&self) -> Option<f64> {
        let level = self.carriers[0].dataset.level();
        level.and_then(|level| level.depth).or(self.scenario.forcings[0].depth)
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

/// The forcings of a scenario, opened.
fn open(scenario: &Scenario) -> Result<Vec<Carrier>, RunError> {
    let opened = scenario.forcings.iter().map(|forcing| {
        let dataset = Dataset::open(&spec(scenario, forcing))?;
        if let [time] = dataset.times() {
            return Err(RunError::SingleTime {
                data: forcing.data.join(", "),
                time: dataset.calendar().format(*time),
            });
        }
        Ok(Carrier::new(forcing, dataset, &scenario.physics))
    });
    opened.collect()
}

/// What the scenario says of a forcing, in the forcing's own words.
pub fn spec(scenario: &Scenario, forcing: &scenario::Forcing) -> DatasetSpec {
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

/// When the run starts and when it is to end. Where one snapshot is held for all times, the other forcings
/// say when that is; without any, the run starts at the time of that snapshot.
fn extent(time: &scenario::Time, carriers: &[Carrier]) -> Result<(Instant, Instant), RunError> {
    let calendar = carriers[0].dataset.calendar();
    let ends = |carrier: &Carrier| {
        let times = carrier.dataset.times();
        (times[0], times[times.len() - 1])
    };
    let dated = carriers.iter().filter(|carrier| carrier.dataset.held().is_none()).map(ends);
    let dated = dated.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let held = carriers[0].dataset.held().filter(|_| dated.is_none());
    let (first, last) = dated.unwrap_or(ends(&carriers[0]));
    let backward = time.direction == Direction::Backward;
    let instant =
        |key, civil| calendar.instant(civil).map_err(|source| RunError::Date { key, source });
    let start = match time.start {
        Some(civil) => instant("start", civil)?,
        None => held.unwrap_or(if backward { last } else { first }),
    };
    if !carriers.iter().map(ends).any(|(first, last)| first <= start && start <= last) {
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
