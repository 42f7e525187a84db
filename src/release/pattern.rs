//! Where the particles of one repetition start: any of them by its number.

use super::ReleaseError;
use super::area;
use super::disc::Disc;
use super::grid;
use super::list::List;
use super::metric::check;
use super::polygon::{self, Filled};
use super::rows::Rows;
use crate::grid::Mesh;
use crate::scenario;
use crate::time::{Calendar, Instant};

/// Where the particles of one repetition start. Only lists take memory for each particle.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Point { at: [f64; 2], count: u64 },
    Line { from: [f64; 2], to: [f64; 2], count: u64 },
    Rows(Rows),
    Disc(Disc),
    Filled(Filled),
    List(List),
}

/// Where, and if a file says so how deep and when, a particle starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seed {
    pub x: f64,
    pub y: f64,
    pub depth: Option<f64>,
    pub time: Option<Instant>,
}

impl Pattern {
    pub(super) fn new(
        pattern: &scenario::Pattern,
        mesh: Mesh,
        calendar: Calendar,
    ) -> Result<Self, ReleaseError> {
        check_count(pattern)?;
        let at = |place: [f64; 2], name: &'static str| check(mesh, place, || name.to_owned());
        Ok(match pattern {
            &scenario::Pattern::Point { x, y, count } => {
                at([x, y], "the point of release")?;
                Self::Point { at: [x, y], count }
            }
            scenario::Pattern::Points { x, y } => {
                if x.len() != y.len() {
                    let problem = format!("{} longitudes and {} latitudes", x.len(), y.len());
                    return Err(ReleaseError::Pattern { kind: "points", problem });
                }
                for (index, (&x, &y)) in x.iter().zip(y).enumerate() {
                    check(mesh, [x, y], || format!("point {} of the release", index + 1))?;
                }
                Self::List(List { x: x.clone(), y: y.clone(), depth: None, time: None })
            }
            &scenario::Pattern::Line { from, mut to, count } => {
                at(from, "`from` of the line")?;
                at(to, "`to` of the line")?;
                if matches!(mesh, Mesh::Sphere { .. }) {
                    to[0] = from[0] + shorter_way(to[0] - from[0]);
                }
                Self::Line { from, to, count }
            }
            &scenario::Pattern::Grid { x, y, layout } => {
                at([x[0], y[0]], "the south-western corner of the grid")?;
                at([x[1], y[1]], "the north-eastern corner of the grid")?;
                Self::Rows(grid::lay_out(mesh, x, y, layout)?)
            }
            &scenario::Pattern::Disc { x, y, radius, count } => {
                at([x, y], "the centre of the disc")?;
                Self::Disc(Disc::new(mesh, [x, y], radius, count)?)
            }
            scenario::Pattern::Polygon { area, layout } => {
                Self::Filled(polygon::fill(mesh, &area::polygons(mesh, area)?, *layout)?)
            }
            scenario::Pattern::File { path } => Self::List(List::read(path, mesh, calendar)?),
        })
    }

    /// Number of particles.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Point { count, .. } | Self::Line { count, .. } => *count,
            Self::Rows(rows) => rows.len(),
            Self::Disc(disc) => disc.len(),
            Self::Filled(filled) => filled.len(),
            Self::List(list) => list.x.len() as u64,
        }
    }

    /// The particle of this number, which is less than [`Pattern::len`]; `hint` as in
    /// [`Rows::place`].
    pub(super) fn seed(&self, index: u64, hint: &mut usize) -> Seed {
        let [x, y] = match self {
            Self::Point { at, .. } => *at,
            Self::Line { from, to, count } => {
                let part = index as f64 / (count - 1).max(1) as f64;
                [0, 1].map(|axis| from[axis] * (1.0 - part) + to[axis] * part)
            }
            Self::Rows(rows) => rows.place(index, hint),
            Self::Disc(disc) => disc.place(index),
            Self::Filled(filled) => filled.place(index, hint),
            Self::List(list) => {
                let at = index as usize;
                return Seed {
                    x: list.x[at],
                    y: list.y[at],
                    depth: list.depth.as_ref().map(|depths| depths[at]),
                    time: list.time.as_ref().map(|times| times[at]),
                };
            }
        };
        Seed { x, y, depth: None, time: None }
    }
}

/// Refuses counts that are nothing or cannot be numbered; a scenario file never asks for none, but
/// a program may.
fn check_count(pattern: &scenario::Pattern) -> Result<(), ReleaseError> {
    use scenario::{Layout, Pattern};
    let (Pattern::Point { count, .. }
    | Pattern::Line { count, .. }
    | Pattern::Disc { count, .. }
    | Pattern::Grid { layout: Layout::Count(count), .. }
    | Pattern::Polygon { layout: Layout::Count(count), .. }) = *pattern
    else {
        return Ok(());
    };
    match count {
        0 => Err(ReleaseError::Pattern {
            kind: pattern.kind(),
            problem: "`count` must be 1 or more".to_owned(),
        }),
        1..=super::MOST => Ok(()),
        _ => Err(ReleaseError::TooMany { particles: count, repeats: 1 }),
    }
}

/// A difference of longitudes as the shorter way round, where it is less than a circle.
pub(super) fn shorter_way(difference: f64) -> f64 {
    if difference.abs() > 180.0 && difference.abs() < 360.0 {
        difference - 360.0_f64.copysign(difference)
    } else {
        difference
    }
}
