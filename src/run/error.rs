//! What can go wrong in a run.

use std::path::PathBuf;

use crate::engine::{Coast, EngineError};
use crate::forcing::ForcingError;
use crate::pipeline::{PipelineError, TraceError};
use crate::release::ReleaseError;
use crate::time::TimeError;
use crate::trajectory::TrajectoryError;

/// Why a run cannot start, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A domain that does not repeat itself as it was said to.
    #[error(
        "{name}: its nodes cover {covered} of `period` = {period} along x: on two axes, the last is to lie one period after the first, or one cell before that"
    )]
    Period {
        /// Its data.
        name: String,
        /// From its first node to its last, in metres or degrees.
        covered: f64,
        /// What was said.
        period: f64,
    },
    /// The forcing cannot be read.
    #[error(transparent)]
    Forcing(#[from] ForcingError),
    /// The release cannot be laid out.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The device cannot do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The output cannot be written.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// The timeline cannot be written.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// A date of the scenario is not in the forcing's calendar.
    #[error("`{key}` in the scenario: {source}")]
    Date {
        /// The key of the scenario.
        key: &'static str,
        /// What is wrong with the date.
        source: TimeError,
    },
    /// One snapshot is not enough to interpolate in time.
    #[error(
        "{data} has a single time, {time}; a run needs two snapshots at least: add the files of neighbouring times to `data`"
    )]
    SingleTime {
        /// The data as the scenario names them.
        data: String,
        /// The only time.
        time: String,
    },
    /// The run would start where there is no forcing.
    #[error(
        "the run starts at {start}, but the forcing covers {first} to {last}; set `start` within"
    )]
    OutsideForcing {
        /// The run's start.
        start: String,
        /// First snapshot.
        first: String,
        /// Last snapshot.
        last: String,
    },
    /// The run has no length.
    #[error("the run from {start} has no length: {remedy}")]
    NoLength {
        /// The run's start.
        start: String,
        /// What to change.
        remedy: &'static str,
    },
    /// More steps than can be counted.
    #[error(
        "the run would take {steps} steps {among}, more than {most}; use a longer `step`, or a \
         longer `every` for the output"
    )]
    TooManySteps {
        /// Steps.
        steps: u64,
        /// Where they are counted.
        among: &'static str,
        /// The most that can be numbered.
        most: u64,
    },
    /// A name that cannot be a variable of the output.
    #[error(
        "`{name}` cannot be sampled under its name, for it {why}; give it another, as in [sample.NAME] with `variable`"
    )]
    SampleName {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A field to be sampled does not cover the time of the run.
    #[error(
        "the run goes from {run}, and `{name}`, which is to be sampled, is known from {known}; set `start` and `duration` within, add files of other times, or hold one snapshot for all times with `steady = true` in [sample.{name}]"
    )]
    OutsideSample {
        /// The variable of the output.
        name: String,
        /// The ends of the run, the earlier first.
        run: String,
        /// The first and the last time of the field.
        known: String,
    },
    /// The output would replace what the run reads.
    #[error(
        "the output {} would replace {}, which the run reads; choose another `path` in [output]",
        output.display(), input.display()
    )]
    OutputIsInput {
        /// The output.
        output: PathBuf,
        /// The file or store that is read.
        input: PathBuf,
    },
    /// Particles at several depths.
    #[error(
        "particles are released at depths from {shallowest} m to {deepest} m, but all particles of \
         a run on one level stay at one depth; set `vertical` in [forcing.current] to meet the \
         velocities of all levels, or give one `depth`"
    )]
    ReleaseDepths {
        /// The least depth in metres.
        shallowest: f64,
        /// The greatest depth in metres.
        deepest: f64,
    },
    /// Particles below the lowest level.
    #[error(
        "particles are released at depths down to {deepest} m and the lowest level lies at {lowest} m"
    )]
    BelowLevels {
        /// The greatest depth of the release in metres.
        deepest: f64,
        /// The depth of the lowest level in metres.
        lowest: f64,
    },
    /// The release and the forcing name different depths.
    #[error(
        "particles are released at a depth of {depth} m and the forcing's level is at {level} m \
         (positive down), but all particles of a run stay at one depth; leave one of them out"
    )]
    DepthsDiffer {
        /// The release's depth in metres.
        depth: f64,
        /// The level's depth in metres.
        level: f64,
    },
    /// A particle would start outside the grid.
    #[error(
        "particle {id} would be released at {x}, {y}, outside the forcing's grid, which lies within {west} to {east} and {south} to {north}"
    )]
    OutsideGrid {
        /// Its id.
        id: u64,
        /// Longitude or x.
        x: f64,
        /// Latitude or y.
        y: f64,
        /// Western end of the grid.
        west: f64,
        /// Eastern end.
        east: f64,
        /// Southern end.
        south: f64,
        /// Northern end.
        north: f64,
    },
    /// A particle would start where no forcing is.
    #[error(
        "particle {id} would be released at {x}, {y}, outside the grids of all forcings that have times around its release; check longitude and latitude, or set `start` in [time] to when one has that reaches there"
    )]
    OutsideGrids {
        /// Its id.
        id: u64,
        /// Longitude or x.
        x: f64,
        /// Latitude or y.
        y: f64,
    },
    /// Two forcings that do not fit each other.
    #[error("{first} and {other} cannot be forcings of one run: {why}")]
    Together {
        /// The data of one, as the scenario names them.
        first: String,
        /// The data of the other.
        other: String,
        /// What is in the way.
        why: &'static str,
    },
    /// What cannot be had with several forcings.
    #[error("with several forcings {what} is not available: {remedy}")]
    NotWithSeveral {
        /// What was asked for, and of which data.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A field to be sampled names no data, and several forcings have some.
    #[error(
        "`{name}` is to be sampled and may be in the data of any of the forcings; say in which, with `data` in [sample.{name}]"
    )]
    SampleWhere {
        /// The variable of the output.
        name: String,
    },
    /// The grid has no such coast.
    #[error("`coast = \"{}\"` cannot be had here: {why}", coast.name())]
    Coast {
        /// What was asked for.
        coast: Coast,
        /// Why, and the remedy.
        why: &'static str,
    },
    /// The budget has no room for two snapshots.
    #[error(
        "the memory budget of {budget} bytes is too small: {megabytes} MB are needed, {for_snapshots} bytes of them for a pair of snapshots of each forcing, on {grid}; set `memory = \"{megabytes}MB\"` in [run] or more, or cut the region out of the data"
    )]
    Budget {
        /// The budget.
        budget: u64,
        /// What is needed, in units of 10⁶ bytes, rounded up.
        megabytes: u64,
        /// What the snapshots need of it.
        for_snapshots: u64,
        /// How large the grid is.
        grid: String,
    },
    /// A stage of the pipeline failed.
    #[error("{message}")]
    Stage {
        /// The error of the stage itself.
        message: String,
        /// Which stage, and at which item.
        #[source]
        source: PipelineError,
    },
    /// Particles that do not fit in memory cannot be kept on disk either.
    #[error("{path}: cannot keep particles that do not fit in memory: {source}")]
    Spill {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The async host cannot start.
    #[error("cannot start the host's threads: {0}")]
    Host(std::io::Error),
}

impl From<PipelineError> for RunError {
    fn from(error: PipelineError) -> Self {
        let message = match &error {
            PipelineError::Failed { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        Self::Stage { message, source: error }
    }
}
