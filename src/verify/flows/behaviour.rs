//! What ends a trajectory: land, the edge of the domain, the maximum age. The step that ends it
//! and the place are known exactly.

use super::{Flow, plane, sample};
use crate::engine::{Lifetime, Particle, Status};
use crate::grid::Grid;
use crate::time::Span;
use crate::verify::VerifyError;
use crate::verify::arithmetic::Arithmetic;
use crate::verify::experiment::{Experiment, position, release, setup, snapshots};
use crate::verify::suite::{Case, CaseResult, Miss};

/// Seconds; at 1 m/s a step is a tenth of a cell.
const STEP: f64 = 100.0;
const STEPS: usize = 40;

/// A particle's end.
struct End {
    at: [f64; 2],
    status: Status,
    /// The step that ended it; not compared where the particle is still on its way.
    step: u32,
}

impl End {
    fn new(x: f64, y: f64, status: Status, step: u32) -> Self {
        Self { at: [x, y], status, step }
    }

    /// Whether a particle met this end, to within `tolerance` metres.
    fn is_met(&self, grid: &Grid, particle: &Particle, tolerance: f64) -> bool {
        particle.status == self.status.code()
            && (!self.status.is_finished() || particle.finished_step == self.step)
            && grid.distance(position(grid, particle), self.at) <= tolerance
    }
}

/// Experiments over 40 steps of 100 s on cells of 1 km, in which each particle is to meet its end.
fn case<F: Flow + Clone + 'static>(
    name: &'static str,
    what: &'static str,
    flow: F,
    releases: &[[f64; 2]],
    lifetimes: Option<Vec<Lifetime>>,
    ends: Vec<End>,
) -> Result<Case, VerifyError> {
    let grid = plane([10_000.0, 10_000.0], [10, 10])?;
    let mut particles = release(&grid, releases)?;
    if lifetimes.is_some() {
        particles.iter_mut().for_each(|particle| particle.status = Status::Pending.code());
    }
    let sampled = grid.clone();
    let experiment = Experiment {
        particles,
        snapshots: snapshots(STEP * STEPS as f64, 1),
        field: Box::new(move |_| sample(&sampled, &flow, 0.0)),
        step: Span::from_seconds(STEP),
        lifetimes,
    };
    let rounding =
        Arithmetic { cell_m: 1000.0, speed: 1.0, step_s: STEP, steps: STEPS as u64 }.accumulated();
    // RK4 is a fifth-order Taylor sum of e^(−0.1) a step, where the flow slows down toward land.
    let truncation = 1000.0 * 0.1_f64.powi(5) / 120.0 * 10.0;
    Ok(Case {
        name,
        experiments: vec![(setup(grid.clone()), experiment)],
        judge: Box::new(move |outcomes| {
            let deviating = outcomes[0]
                .iter()
                .zip(&ends)
                .filter(|(particle, end)| !end.is_met(&grid, particle, rounding + truncation))
                .count();
            let miss = Miss { error: deviating as f64, tolerance: 0.0 };
            vec![CaseResult::new(name, what, "particles", [miss])]
        }),
    })
}

/// 1 m/s eastward, with land from x = 6 km on in the southern half.
#[derive(Clone)]
struct TowardLand;

impl Flow for TowardLand {
    fn velocity(&self, _: f64, _: [f64; 2]) -> [f64; 2] {
        [1.0, 0.0]
    }

    fn is_land(&self, [x, y]: [f64; 2]) -> bool {
        x >= 6000.0 && y < 5500.0
    }
}

/// Beyond x = 5 km the velocity falls to nothing at the node on land, so a particle nears that
/// node by e^(−0.1) a step. Land begins half way.
fn stranding() -> Result<Case, VerifyError> {
    let before_land = 5000.0 + 1000.0 * (1.0 - (-0.6_f64).exp());
    case(
        "stranding",
        "particles that did not stop where they were before the step onto land, or passed by it",
        TowardLand,
        &[[2500.0, 3000.0], [2500.0, 1250.0], [2500.0, 8000.0]],
        None,
        vec![
            End::new(before_land, 3000.0, Status::Stranded, 31),
            End::new(before_land, 1250.0, Status::Stranded, 31),
            End::new(6500.0, 8000.0, Status::Active, 0),
        ],
    )
}

/// Away from the middle of the domain at 1 m/s along each axis.
#[derive(Clone)]
struct Outward;

impl Flow for Outward {
    fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        let away = |d: f64| if d == 0.0 { 0.0 } else { d.signum() };
        [away(x - 5000.0), away(y - 5000.0)]
    }
}

fn leaving() -> Result<Case, VerifyError> {
    case(
        "leaving the domain",
        "particles that did not stop where they were before the step over each of the four edges",
        Outward,
        &[[9050.0, 5000.0], [950.0, 5000.0], [5000.0, 9050.0], [5000.0, 950.0], [5000.0, 5000.0]],
        None,
        vec![
            End::new(9950.0, 5000.0, Status::LeftDomain, 9),
            End::new(50.0, 5000.0, Status::LeftDomain, 9),
            End::new(5000.0, 9950.0, Status::LeftDomain, 9),
            End::new(5000.0, 50.0, Status::LeftDomain, 9),
            End::new(5000.0, 5000.0, Status::Active, 0),
        ],
    )
}

fn lifetimes() -> Result<Case, VerifyError> {
    let life =
        |first_step, end_step, delay, curtail| Lifetime { first_step, end_step, delay, curtail };
    case(
        "lifetimes",
        "particles that were not released and did not age out in the right part of a step, or \
         moved from a release on land",
        TowardLand,
        &[[500.0, 8000.0]; 7]
            .iter()
            .copied()
            .chain([[7000.0, 2000.0], [5600.0, 2000.0]])
            .collect::<Vec<_>>(),
        Some(vec![
            Lifetime::WHOLE,
            life(3, u32::MAX, 0.5, 0.0),
            life(0, 7, 0.0, 0.25),
            life(2, 3, 0.25, 0.5),
            life(0, 40, 0.0, 0.0),
            life(0, 41, 0.0, 0.0),
            life(40, u32::MAX, 0.0, 0.0),
            life(5, u32::MAX, 0.25, 0.0),
            life(6, 9, 0.0, 0.0),
        ]),
        vec![
            End::new(4500.0, 8000.0, Status::Active, 0),
            End::new(4150.0, 8000.0, Status::Active, 0),
            End::new(1175.0, 8000.0, Status::AgedOut, 6),
            End::new(525.0, 8000.0, Status::AgedOut, 2),
            End::new(4500.0, 8000.0, Status::AgedOut, 39),
            End::new(4500.0, 8000.0, Status::Active, 0),
            End::new(500.0, 8000.0, Status::Pending, 0),
            End::new(7000.0, 2000.0, Status::ReleasedOnLand, 5),
            End::new(5600.0, 2000.0, Status::ReleasedOnLand, 6),
        ],
    )
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    Ok(vec![stranding()?, leaving()?, lifetimes()?])
}
