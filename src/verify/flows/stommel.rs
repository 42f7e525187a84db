//! The Stommel gyre with its western boundary current, for 600 days (Stommel 1948). The stream
//! function is conserved. The axis of x is uneven: fine in the boundary current, coarse beyond.

use std::f64::consts::PI;

use super::{Flow, even};
use crate::grid::{Axis, Grid, Mesh};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::experiment::{position, setup};
use crate::verify::suite::{Case, CaseResult, Course, Miss, misses};

/// Side of the basin in metres.
const SIDE: f64 = 1e7;
/// Width of the boundary current as a part of the side: friction over β and the side.
const EPSILON: f64 = 1.0 / (11.6 * 86_400.0) / (2e-11 * SIDE);
const STRENGTH: f64 = 0.05;

#[derive(Clone)]
struct Gyre;

impl Gyre {
    /// The stream function, in units of the side times m/s.
    fn stream([x, y]: [f64; 2]) -> f64 {
        let xi = x / SIDE;
        (1.0 - (-xi / EPSILON).exp() - xi) * PI * (PI * y / SIDE).sin() * STRENGTH
    }
}

impl Flow for Gyre {
    fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        let xi = x / SIDE;
        let (sin, cos) = (PI * y / SIDE).sin_cos();
        let layer = (-xi / EPSILON).exp();
        [
            -(1.0 - layer - xi) * PI * PI * cos * STRENGTH,
            (layer / EPSILON - 1.0) * PI * sin * STRENGTH,
        ]
    }
}

/// A release, where it is 600 days later (RK4 of the exact flow with converged steps), and half a
/// unit of the table's last digit.
const TABLE: [([f64; 2], [f64; 2], f64); 2] = [
    ([1e5, 5e6], [1086477.7243, 5908793.4484], 1e-4),
    ([1e4, 5e6], [8_173_306.40, 4_524_612.48], 1e-2),
];

fn course() -> Result<Course<Gyre>, VerifyError> {
    let layer = (0..300).map(|index| 1e3 * f64::from(index));
    let beyond = (0..=200).map(|index| 3e5 + (SIDE - 3e5) * f64::from(index) / 200.0);
    let x = Axis::new(layer.chain(beyond).collect())?;
    Ok(Course {
        flow: Gyre,
        grid: Grid::new(Mesh::Flat, x, even(0.0, SIDE, 400)?)?,
        releases: TABLE.map(|(release, _, _)| release).to_vec(),
        duration: 600.0 * 86_400.0,
        intervals: 1,
        step: 900.0,
    })
}

pub(super) fn case() -> Result<Case, VerifyError> {
    let course = course()?;
    let expected: Vec<_> = course
        .predictions()
        .iter()
        .zip(TABLE)
        .map(|(prediction, (_, at, rounding))| Prediction {
            at,
            tolerance: prediction.tolerance + rounding,
        })
        .collect();
    let grid = course.grid.clone();
    Ok(Case {
        name: "Stommel gyre",
        experiments: vec![(setup(course.grid.clone()), course.experiment()?)],
        judge: Box::new(move |outcomes| {
            let particles = &outcomes[0];
            let conserved = particles.iter().zip(&expected).zip(TABLE).map(
                |((particle, expected), (release, _, _))| {
                    let at = position(&grid, particle);
                    let speed = Gyre.velocity(0.0, at);
                    let error = (Gyre::stream(at) - Gyre::stream(release)).abs();
                    Miss { error, tolerance: expected.tolerance * speed[0].hypot(speed[1]) / SIDE }
                },
            );
            vec![
                CaseResult::new(
                    "Stommel gyre",
                    "distance from the tabulated position after 600 days; tolerance: bilinear \
                     interpolation, grown by the shear, truncation, rounding",
                    "m",
                    misses(&grid, particles, &expected),
                ),
                CaseResult::new(
                    "Stommel gyre, stream function",
                    "change of the conserved stream function; tolerance: that of the distance \
                     times the speed",
                    "1e7 m2/s",
                    conserved,
                ),
            ]
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_flow_leads_to_the_table() {
        for (prediction, (release, at, rounding)) in
            course().unwrap().predictions().iter().zip(TABLE)
        {
            let miss = (prediction.at[0] - at[0]).hypot(prediction.at[1] - at[1]);
            assert!(miss < 10.0 * rounding, "{release:?}: {prediction:?}, {miss} m off");
        }
        assert!((Gyre::stream(TABLE[0].0) - 0.134_345_444_465).abs() < 1e-12);
    }
}
