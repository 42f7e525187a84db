//! Potential flow past a half-cylinder, a peninsula on a straight coast (ICES Cooperative Research
//! Report 295). The stream function is conserved, and there is land.

use super::{Flow, plane};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::experiment::{position, setup};
use crate::verify::suite::{Case, CaseResult, Course, Miss, misses};

/// Metres.
const CENTRE: f64 = 50_000.0;
const RADIUS: f64 = 16_000.0;

#[derive(Clone)]
struct Peninsula;

impl Peninsula {
    /// The stream function in m²/s, positive over land.
    fn stream([x, y]: [f64; 2]) -> f64 {
        let rr = (x - CENTRE).powi(2) + y * y;
        RADIUS * RADIUS * y / rr - y
    }
}

impl Flow for Peninsula {
    fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        let (dx, aa) = (x - CENTRE, RADIUS * RADIUS);
        let rr = dx * dx + y * y;
        [1.0 - aa * (dx * dx - y * y) / (rr * rr), -2.0 * aa * dx * y / (rr * rr)]
    }

    /// The cylinder; the straight coast is the edge of the grid, along which water flows.
    fn is_land(&self, [x, y]: [f64; 2]) -> bool {
        (x - CENTRE).hypot(y) <= RADIUS
    }
}

/// Releases, and where they are 23 hours later: RK4 of the exact flow with converged steps.
const TABLE: [([f64; 2], [f64; 2]); 4] = [
    ([3000.0, 3000.0], [73700.0475, 4724.8514]),
    ([3000.0, 4000.0], [76328.3632, 5479.3532]),
    ([3000.0, 25_000.0], [91364.4351, 25506.6497]),
    ([3000.0, 47_000.0], [90547.0493, 47395.3660]),
];

/// Half a unit of the table's last digit, along both axes.
const TABLE_ROUNDING: f64 = 1e-4;

fn course() -> Result<Course<Peninsula>, VerifyError> {
    Ok(Course {
        flow: Peninsula,
        grid: plane([100_000.0, 50_000.0], [400, 200])?,
        releases: TABLE.map(|(release, _)| release).to_vec(),
        duration: 23.0 * 3600.0,
        intervals: 1,
        step: 100.0,
    })
}

pub(super) fn case() -> Result<Case, VerifyError> {
    let course = course()?;
    let expected: Vec<_> = course
        .predictions()
        .iter()
        .zip(TABLE)
        .map(|(prediction, (_, at))| Prediction {
            at,
            tolerance: prediction.tolerance + TABLE_ROUNDING,
        })
        .collect();
    let grid = course.grid.clone();
    Ok(Case {
        name: "peninsula",
        experiments: vec![(setup(course.grid.clone()), course.experiment()?)],
        judge: Box::new(move |outcomes| {
            let particles = &outcomes[0];
            // A distance changes the stream function by the speed at most.
            let conserved = particles.iter().zip(&expected).zip(TABLE).map(
                |((particle, expected), (release, _))| {
                    let at = position(&grid, particle);
                    let speed = Peninsula.velocity(0.0, at);
                    let error = (Peninsula::stream(at) - Peninsula::stream(release)).abs();
                    Miss { error, tolerance: expected.tolerance * speed[0].hypot(speed[1]) }
                },
            );
            vec![
                CaseResult::new(
                    "peninsula",
                    "distance from the tabulated position after 23 hours; tolerance: bilinear \
                     interpolation between nodes of 250 m, truncation, rounding",
                    "m",
                    misses(&grid, particles, &expected),
                ),
                CaseResult::new(
                    "peninsula, stream function",
                    "change of the conserved stream function; tolerance: that of the distance \
                     times the speed",
                    "m2/s",
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
        for (prediction, (release, at)) in course().unwrap().predictions().iter().zip(TABLE) {
            let miss = (prediction.at[0] - at[0]).hypot(prediction.at[1] - at[1]);
            assert!(miss < TABLE_ROUNDING, "{release:?}: {prediction:?}");
            let change = Peninsula::stream(prediction.at) - Peninsula::stream(release);
            assert!(change.abs() < 1e-3, "{change}");
        }
    }
}
