//! One run of an engine through fields that a function gives, without files or concurrency.

use rayon::prelude::*;

use super::VerifyError;
use super::blocking;
use crate::engine::{Engine, EngineError, Lifetime, Particle, Setup, Status, Step, Window};
use crate::grid::{Curvilinear, Field, Grid, Layers, Location, MISSING, Region};
use crate::time::{Instant, Span};

/// The field of a run at a moment.
pub type Sampler = Box<dyn Fn(Instant) -> Field + Send + Sync>;

/// A velocity (m/s) at longitude and latitude, or x and y, as a field: at the nodes of a grid, in f32
/// as engines take it. [`MISSING`](crate::grid::MISSING) is land.
pub fn sample(grid: &Grid, velocity: impl Fn(f64, f64) -> [f64; 2] + Sync) -> Field {
    if let Some(curvilinear) = grid.curvilinear().filter(|_| grid.has_faces()) {
        return sample_faces(grid, curvilinear, velocity);
    }
    let [columns, rows] = grid.data_shape();
    let (mut u, mut v) = (vec![0.0; columns * rows], vec![0.0; columns * rows]);
    let rows = u.par_chunks_exact_mut(columns).zip(v.par_chunks_exact_mut(columns));
    rows.enumerate().for_each(|(j, (u, v))| {
        for (i, (u, v)) in u.iter_mut().zip(v).enumerate() {
            let [x, y] = grid.node([i, j]);
            [*u, *v] = velocity(x, y).map(|component| component as f32);
        }
    });
    Field::new(grid, &u, &v)
}

/// A velocity (m/s) east, north and upward at longitude, latitude and depth, or x, y and depth, as a
/// field of many levels. A first component of [`MISSING`](crate::grid::MISSING) is land.
///
/// # Panics
/// If the grid has no levels at fixed depths.
pub fn sample_levels(grid: &Grid, velocity: impl Fn(f64, f64, f64) -> [f64; 3] + Sync) -> Field {
    let levels = grid.levels().expect("the grid has levels");
    let [columns, rows] = grid.data_shape();
    let fixed = levels.fixed().expect("levels lie at fixed depths");
    let of_data = levels.sources().zip(fixed).filter(|(source, _)| !source.is_added);
    let of_data = of_data.map(|(_, &depth)| depth);
    let mut parts = [const { Vec::new() }; 3];
    for depth in of_data {
        for node in 0..columns * rows {
            let [x, y] = grid.node([node % columns, node / columns]);
            for (part, component) in parts.iter_mut().zip(velocity(x, y, depth)) {
                part.push(component as f32);
            }
        }
    }
    let [u, v, w] = &parts;
    let layers = Layers { u, v, w: Some(w), surface: None };
    Field::of_levels(grid, &Region::whole(grid), layers)
}

/// The same through the faces of cells.
fn sample_faces(
    grid: &Grid,
    curvilinear: &Curvilinear,
    velocity: impl Fn(f64, f64) -> [f64; 2] + Sync,
) -> Field {
    let through = |face: [usize; 2], between_rows: bool| {
        let ([x, y], part) = curvilinear.face(face, between_rows);
        let [u, v] = velocity(x, y);
        let land = u == f64::from(MISSING);
        if land { MISSING } else { (u * part[0] + v * part[1]) as f32 }
    };
    let (columns, rows) = (grid.columns(), grid.rows());
    let u = (0..columns * (rows - 1)).map(|face| through([face % columns, face / columns], false));
    let width = columns - 1;
    let v = (0..width * rows).map(|face| through([face % width, face / width], true));
    Field::new(grid, &u.collect::<Vec<_>>(), &v.collect::<Vec<_>>())
}

/// Particles, fields and steps: what an engine is asked to do.
pub struct Experiment {
    /// Where the particles are at the first snapshot.
    pub particles: Vec<Particle>,
    /// When there are fields, ascending; the run starts at the first and ends at the last.
    pub snapshots: Vec<Instant>,
    /// The field at a snapshot.
    pub field: Sampler,
    /// The time step, positive. It is cut at snapshots.
    pub step: Span,
    /// For each particle its lifetime in the first window, or none at all.
    pub lifetimes: Option<Vec<Lifetime>>,
}

impl Experiment {
    /// Takes the particles through all steps and gives back their final state.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn run<E: Engine>(&self, engine: &E) -> Result<Vec<Particle>, EngineError> {
        let mut block = engine.load(&self.particles)?;
        let mut lifetimes = self.lifetimes.clone();
        let mut first_step = 0;
        let Some(&first) = self.snapshots.first() else { return Ok(self.particles.clone()) };
        let mut earlier = blocking::upload(engine, (self.field)(first))?;
        for pair in self.snapshots.windows(2) {
            let later = blocking::upload(engine, (self.field)(pair[1]))?;
            let window = window([pair[0], pair[1]], self.step, first_step);
            first_step += window.steps.len() as u32;
            let fields = [earlier, later];
            block = blocking::advance(engine, block, &fields, window, lifetimes.take())?;
            [_, earlier] = fields;
        }
        blocking::read(engine, block)
    }
}

/// All steps from one snapshot to the next, the last one cut where it would go beyond.
pub fn window([earlier, later]: [Instant; 2], step: Span, first_step: u32) -> Window {
    let mut steps = Vec::new();
    let mut from = earlier;
    while from < later {
        let span = step.min(later - from);
        steps.push(Step { from, span });
        from = from + span;
    }
    Window { earlier, later, steps, first_step }
}

/// Moments from 0 to `seconds`, so many intervals apart from each other.
pub(super) fn snapshots(seconds: f64, intervals: usize) -> Vec<Instant> {
    let at = |index| Span::from_seconds(seconds * index as f64 / intervals as f64).0;
    (0..=intervals).map(|index| Instant(at(index))).collect()
}

/// Active particles at these positions (degrees, or metres on a plane).
///
/// # Errors
/// [`VerifyError::OutsideGrid`].
pub fn release(grid: &Grid, positions: &[[f64; 2]]) -> Result<Vec<Particle>, VerifyError> {
    let place = |(index, &[x, y]): (usize, &[f64; 2])| {
        let Location { cell, offset } = grid.locate(x, y).ok_or(VerifyError::OutsideGrid {
            index,
            x,
            y,
            bounds: grid.bounds(),
        })?;
        Ok(Particle { offset, depth: 0.0, cell, status: Status::Active.code(), finished_step: 0 })
    };
    positions.iter().enumerate().map(place).collect()
}

/// Where a particle is: degrees, or metres on a plane.
pub fn position(grid: &Grid, particle: &Particle) -> [f64; 2] {
    grid.position(Location { cell: particle.cell, offset: particle.offset })
}

/// The default physics on a grid: classical Runge–Kutta, stranding on land.
pub(super) fn setup(grid: Grid) -> Setup {
    Setup { grid, integrator: Default::default(), coast: Default::default(), handover: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_fill_the_interval_and_the_last_is_cut() {
        let window = window([Instant(0), Instant(2_500_000)], Span(1_000_000), 7);
        let spans: Vec<_> = window.steps.iter().map(|step| (step.from.0, step.span.0)).collect();
        assert_eq!(spans, [(0, 1_000_000), (1_000_000, 1_000_000), (2_000_000, 500_000)]);
        assert_eq!(window.first_step, 7);
    }
}
