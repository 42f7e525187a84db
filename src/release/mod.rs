//! Where and when particles start.
//!
//! [`Releases`] numbers all particles of a run and tells of any of them where and when it starts,
//! a block at a time. Grids, lines, discs and polygons are computed and not stored: a hundred
//! million particles take no memory here. Particle `r·n + i` is the `i`-th of the pattern's `n`
//! in repetition `r`.
//!
//! Lines and the sides of polygons are straight in longitude and latitude and go the shorter way
//! round. Longitudes come out continuous, so they may exceed 180. No position is drawn at random.

mod area;
mod csv;
mod disc;
mod error;
mod geojson;
mod grid;
mod list;
mod metric;
mod parquet;
mod pattern;
mod polygon;
mod rows;
mod schedule;

pub use error::ReleaseError;

use crate::grid::Mesh;
use crate::scenario::{Pattern as Asked, Release};
use crate::time::{Calendar, Instant};
use list::List;
use pattern::Pattern;
use schedule::{RunTime, Schedule};

/// The most particles that can be numbered: an f64 still counts them one by one.
const MOST: u64 = 1 << 53;

/// A particle at its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Released {
    /// The particle's number in the run, from 0.
    pub id: u64,
    /// Degrees east (any circle), or x in metres.
    pub x: f64,
    /// Degrees north, or y in metres.
    pub y: f64,
    /// Metres, positive down, where the scenario or the file says it.
    pub depth: Option<f64>,
    /// When it starts to move.
    pub time: Instant,
}

/// All particles of a run at their start.
#[derive(Clone, Debug)]
pub struct Releases {
    pattern: Pattern,
    schedule: Schedule,
    depth: Option<f64>,
    total: u64,
    /// Every so many particles of the release are in the run.
    stride: u64,
}

impl Releases {
    /// Plans what `release` asks for.
    ///
    /// `run_start` and `run_end` are where the run begins and ends, in its own direction: backward,
    /// `run_end` is the earlier. Particles start from `run_start` on and before `run_end`.
    ///
    /// # Errors
    /// [`ReleaseError`] where a file cannot be read or holds a bad row, where a position is
    /// nowhere on `mesh`, a time outside the run, or where there would be no particle at all.
    /// Whether a position lies within the forcing is not known here.
    pub fn new(
        release: &Release,
        mesh: Mesh,
        calendar: Calendar,
        run_start: Instant,
        run_end: Instant,
    ) -> Result<Self, ReleaseError> {
        let run = RunTime { start: run_start, end: run_end, calendar };
        let kind = release.pattern.kind();
        if let Some(depth) = release.depth
            && !(depth.is_finite() && depth >= 0.0)
        {
            let problem = format!("{depth} is no depth: metres, positive down");
            return Err(ReleaseError::Pattern { kind, problem });
        }
        let schedule = Schedule::new(release, run)?;
        let pattern = Pattern::new(&release.pattern, mesh, calendar)?;
        if let (Pattern::List(list), Asked::File { path }) = (&pattern, &release.pattern) {
            said_once(path, list, release)?;
            for (index, &time) in list.time.iter().flatten().enumerate() {
                run.check(time, || {
                    format!("{}, row {}: the particle starts", path.display(), index + 1)
                })?;
            }
        }
        let (particles, repeats) = (pattern.len(), schedule.repeats());
        if particles == 0 {
            let problem = match &release.pattern {
                Asked::File { path } => format!("{} holds no particle", path.display()),
                _ => "it holds no particle".to_owned(),
            };
            return Err(ReleaseError::Pattern { kind, problem });
        }
        let total = particles
            .checked_mul(repeats)
            .filter(|&total| total <= MOST)
            .ok_or(ReleaseError::TooMany { particles, repeats })?;
        Ok(Self { pattern, schedule, depth: release.depth, total, stride: 1 })
    }

    /// Every `stride`-th of these particles, numbered anew: a sample for a quicker run.
    ///
    /// # Panics
    /// If `stride` is 0.
    pub fn thinned(&self, stride: u64) -> Self {
        Self { total: self.total.div_ceil(stride), stride: self.stride * stride, ..self.clone() }
    }

    /// Number of particles in the run.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The least and the greatest depth in metres, where the scenario or the file says any.
    pub fn depths(&self) -> Option<[f64; 2]> {
        match &self.pattern {
            Pattern::List(List { depth: Some(depths), .. }) => Some([
                depths.iter().copied().fold(f64::INFINITY, f64::min),
                depths.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ]),
            _ => self.depth.map(|depth| [depth; 2]),
        }
    }

    /// The particles `first_id` to `first_id + count`, or as many of them as there are.
    pub fn block(&self, first_id: u64, count: usize) -> Vec<Released> {
        let end = first_id.saturating_add(count as u64).min(self.total);
        let mut hint = 0;
        (first_id..end).map(|id| self.particle(id, &mut hint)).collect()
    }

    fn particle(&self, id: u64, hint: &mut usize) -> Released {
        let particles = self.pattern.len();
        let drawn = id * self.stride;
        let seed = self.pattern.seed(drawn % particles, hint);
        Released {
            id,
            x: seed.x,
            y: seed.y,
            depth: seed.depth.or(self.depth),
            time: seed.time.unwrap_or_else(|| self.schedule.time(drawn / particles)),
        }
    }
}

/// Refuses depths and times that both the file and the scenario give.
fn said_once(path: &std::path::Path, list: &List, release: &Release) -> Result<(), ReleaseError> {
    let conflicts = [
        (list.depth.is_some(), "depth", release.depth.is_some(), "depth"),
        (list.time.is_some(), "time", release.start.is_some(), "start"),
        (list.time.is_some(), "time", release.every.is_some(), "every"),
    ];
    match conflicts.into_iter().find(|(in_file, _, asked, _)| *in_file && *asked) {
        Some((_, column, _, key)) => {
            Err(ReleaseError::SaidTwice { path: path.to_owned(), column, key })
        }
        None => Ok(()),
    }
}
