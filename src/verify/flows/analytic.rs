//! Steps in closed form through the faces of cells. A strain is linear along each axis, which is what they
//! are exact for, whatever the cells and the steps; and the second order of steps through a flow that
//! changes in time.
//!
//! Fields are told in cells a second, so that nothing but the steps is verified.

use crate::engine::{Integrator, Particle, Setup, Status};
use crate::grid::{Arrangement, Curvilinear, EARTH_RADIUS, Field, Grid};
use crate::time::{Instant, MICROSECONDS, Span};
use crate::verify::VerifyError;
use crate::verify::arithmetic::Arithmetic;
use crate::verify::experiment::{Experiment, release, snapshots};
use crate::verify::suite::{Case, CaseResult, Miss};

/// A second.
const RATE: f64 = 1.0 / 4096.0;
/// Seconds, in which the strain leads 33 times as far away.
const DURATION: f64 = 3.5 / RATE;
/// By how much a measured order may differ from the right one.
const TOLERANCE: f64 = 0.15;

fn squares(cells: usize) -> Result<Grid, VerifyError> {
    let nodes = (0..=cells).flat_map(|j| (0..=cells).map(move |i| [i, j].map(|k| 0.01 * k as f64)));
    let (longitudes, latitudes): (Vec<f64>, Vec<f64>) = nodes.map(|[x, y]| (x, y)).unzip();
    let nodes =
        Curvilinear::new(&longitudes, &latitudes, cells + 1, Arrangement::Faces, EARTH_RADIUS)?;
    Ok(Grid::of_nodes(EARTH_RADIUS, nodes))
}

/// The strain about a point on the middle row, which leads away along the rows: what goes through the faces.
fn strain(grid: &Grid, [x0, y0]: [f64; 2]) -> Field {
    let columns = grid.columns();
    let still = |faces: usize| vec![0.0; faces];
    let mut field =
        Field::new(grid, &still(columns * (grid.rows() - 1)), &still((columns - 1) * grid.rows()));
    for (cell, pairs) in field.nodes_mut().chunks_exact_mut(2).enumerate() {
        let [i, j] = [cell % (columns - 1), cell / (columns - 1)].map(|index| index as f64);
        pairs[0] = [i, i + 1.0].map(|x| (RATE * (x - x0)) as f32);
        pairs[1] = [j, j + 1.0].map(|y| (-RATE * (y - y0)) as f32);
    }
    field
}

/// In half the grid's width, from its middle.
fn place(particle: &Particle, cells: usize) -> [f64; 2] {
    let half = cells as f64 / 2.0;
    [0, 1].map(|d| (f64::from(particle.cell[d]) + particle.offset[d]) / half - 1.0)
}

/// Particles at these places, in the strain about a point that moves along the row at `drift`.
fn experiment(
    cells: usize,
    starts: &[[f64; 2]],
    step: f64,
    drift: f64,
) -> Result<(Setup, Experiment), VerifyError> {
    let grid = squares(cells)?;
    let half = cells as f64 / 2.0;
    let mut particles = release(&grid, &vec![[0.005; 2]; starts.len()])?;
    for (particle, start) in particles.iter_mut().zip(starts) {
        for (d, part) in start.iter().enumerate() {
            let at = half * (1.0 + part);
            (particle.cell[d], particle.offset[d]) = (at.floor() as i32, at.fract());
        }
    }
    let setup = Setup {
        grid: grid.clone(),
        integrator: Integrator::Analytic,
        coast: Default::default(),
        handover: None,
    };
    let field = move |Instant(at): Instant| {
        let seconds = at as f64 / MICROSECONDS as f64;
        strain(&grid, [half * (1.0 + drift * seconds), half])
    };
    let experiment = Experiment {
        particles,
        snapshots: snapshots(DURATION, 1),
        field: Box::new(field),
        step: Span::from_seconds(step),
        lifetimes: None,
    };
    Ok((setup, experiment))
}

fn off(particle: &Particle, cells: usize, right: [f64; 2]) -> f64 {
    let [x, y] = place(particle, cells);
    if particle.status() == Status::Active { (x - right[0]).hypot(y - right[1]) } else { f64::NAN }
}

/// With large and with small cells, in one step and in many.
fn exact() -> Result<Case, VerifyError> {
    let (name, starts) = ("a strain through faces", [[0.029, 0.9], [-0.0251, -0.77], [0.0, 0.31]]);
    let sizes = [(4, DURATION), (4, DURATION / 64.0), (64, DURATION), (64, DURATION / 64.0)];
    let runs: Result<Vec<_>, _> =
        sizes.iter().map(|&(cells, step)| experiment(cells, &starts, step, 0.0)).collect();
    Ok(Case {
        name,
        experiments: runs?,
        judge: Box::new(move |outcomes| {
            let stretch = (RATE * DURATION).exp();
            let misses = sizes.iter().zip(outcomes).flat_map(|(&(cells, step), outcome)| {
                let ways = (DURATION / step) as u64 + 2 * cells as u64;
                let step_s = DURATION / ways as f64;
                let cell_m = 2.0 / cells as f64;
                let arithmetic = Arithmetic { cell_m, speed: RATE, step_s, steps: ways };
                outcome.iter().zip(starts).map(move |(particle, [x, y])| Miss {
                    error: off(particle, cells, [x * stretch, y / stretch]),
                    tolerance: arithmetic.accumulated(),
                })
            });
            let what = "analytic steps through cells of two sizes, one step and 64 of them, distance \
                        from the closed form; tolerance: rounding";
            vec![CaseResult::new(name, what, "half widths", misses)]
        }),
    })
}

/// About a point that moves, which it does not within a step.
fn in_time() -> Result<Case, VerifyError> {
    let (name, cells, drift, start) = ("order of analytic steps in time", 8, RATE / 8.0, 0.11);
    let steps = [DURATION / 16.0, DURATION / 32.0];
    let runs: Result<Vec<_>, _> =
        steps.iter().map(|&step| experiment(cells, &[[start, 0.5]], step, drift)).collect();
    // x' = a (x - b t)
    let moment = drift / RATE;
    let stretch = (RATE * DURATION).exp();
    let right = [(start - moment) * stretch + drift * DURATION + moment, 0.5 / stretch];
    Ok(Case {
        name,
        experiments: runs?,
        judge: Box::new(move |outcomes| {
            let [whole, half] = [0, 1].map(|run: usize| off(&outcomes[run][0], cells, right));
            let measured = (whole / half).log2();
            let what = format!("order {measured:.3} in the step where 2 is right");
            let miss = Miss { error: (measured - 2.0).abs(), tolerance: TOLERANCE };
            vec![CaseResult { order: Some(measured), ..CaseResult::new(name, what, "1", [miss]) }]
        }),
    })
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    Ok(vec![exact()?, in_time()?])
}
