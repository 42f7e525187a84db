//! The order of convergence of each integrator, on a rotation that the bilinear field holds
//! exactly: the rate and all coordinates are powers of two, so nothing but truncation is left.
//!
//! Two steps are compared, one half of the other. They are long enough for the truncation error to
//! exceed the rounding of f32 a hundredfold, and short enough for the next order's term to matter
//! less than the tolerance on the order.

use super::{Flow, plane};
use crate::engine::{Integrator, Setup};
use crate::grid::Grid;
use crate::verify::VerifyError;
use crate::verify::experiment::position;
use crate::verify::suite::{Case, CaseResult, Course, Miss};

/// Radians a second.
const RATE: f64 = 1.0 / 1024.0;
const SIDE: f64 = 65_536.0;
const CENTRE: f64 = SIDE / 2.0;
const RADIUS: f64 = 16_384.0;
/// By how much a measured order may differ from the theoretical one.
const TOLERANCE: f64 = 0.15;

#[derive(Clone)]
struct Rotation;

impl Flow for Rotation {
    fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        [-RATE * (y - CENTRE), RATE * (x - CENTRE)]
    }
}

/// Distance from the closed form, of a particle that started east of the centre.
fn error(grid: &Grid, at: [f64; 2], seconds: f64) -> f64 {
    let (sin, cos) = (RATE * seconds).sin_cos();
    grid.distance(at, [CENTRE + RADIUS * cos, CENTRE + RADIUS * sin])
}

/// A particle that starts east of the centre.
fn course(duration: f64, step: f64) -> Result<Course<Rotation>, VerifyError> {
    Ok(Course {
        flow: Rotation,
        grid: plane([SIDE, SIDE], [16, 16])?,
        releases: vec![[CENTRE + RADIUS, CENTRE]],
        duration,
        intervals: 1,
        step,
    })
}

fn case(
    name: &'static str,
    integrator: Integrator,
    order: f64,
    seconds: f64,
    step: f64,
) -> Result<Case, VerifyError> {
    let (whole, half) = (course(seconds, step)?, course(seconds, step / 2.0)?);
    let grid = whole.grid.clone();
    let setup = Setup { grid: grid.clone(), integrator, coast: Default::default(), handover: None };
    Ok(Case {
        name,
        experiments: vec![(setup.clone(), whole.experiment()?), (setup, half.experiment()?)],
        judge: Box::new(move |outcomes| {
            let [whole, half] =
                [0, 1].map(|run| error(&grid, position(&grid, &outcomes[run][0]), seconds));
            let measured = (whole / half).log2();
            let what = format!(
                "order {measured:.3} where {order} is right, from steps of {step} s and half of \
                 that; tolerance: the next order's term"
            );
            let miss = Miss { error: (measured - order).abs(), tolerance: TOLERANCE };
            vec![CaseResult { order: Some(measured), ..CaseResult::new(name, what, "1", [miss]) }]
        }),
    })
}

/// Steps of two radians, which are divided until each part is off by no more than is allowed: all of them
/// together are off by no more than that often.
fn divided() -> Result<Case, VerifyError> {
    let (seconds, step, allowed) = (8192.0, 2048.0, [8.0, 0.5]);
    let course = course(seconds, step)?;
    let grid = course.grid.clone();
    let experiment = |tolerance: f64| -> Result<_, VerifyError> {
        let integrator = Integrator::Rk45 { tolerance };
        let setup =
            Setup { grid: grid.clone(), integrator, coast: Default::default(), handover: None };
        Ok((setup, course.experiment()?))
    };
    let (name, most) = ("divided steps", 16.0 * seconds / step);
    Ok(Case {
        name,
        experiments: vec![experiment(allowed[0])?, experiment(allowed[1])?],
        judge: Box::new(move |outcomes| {
            let what = "a turn and a quarter in four steps, each part of them off by 8 m and by 0.5 m at \
                        most, distance from the closed form; tolerance: that often as there are parts";
            let misses = allowed.iter().zip(outcomes).map(|(allowed, outcome)| Miss {
                error: error(&grid, position(&grid, &outcome[0]), seconds),
                tolerance: allowed * most,
            });
            vec![CaseResult::new(name, what, "m", misses)]
        }),
    })
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    Ok(vec![
        case("order of Euler's method", Integrator::Euler, 1.0, 1024.0, 32.0)?,
        case("order of the midpoint rule", Integrator::Rk2, 2.0, 2048.0, 128.0)?,
        case("order of Runge and Kutta's method", Integrator::Rk4, 4.0, 2048.0, 512.0)?,
        divided()?,
    ])
}
