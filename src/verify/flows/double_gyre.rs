//! The unsteady double gyre (Shadden, Lekien and Marsden 2005, *Physica D* 212): chaotic, with
//! particles of low and of high stretching.

use std::f64::consts::{PI, TAU};

use super::{Flow, plane};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::suite::{Case, Course};

#[derive(Clone)]
struct DoubleGyre;

const AMPLITUDE: f64 = 0.1;
const SWAY: f64 = 0.25;
const FREQUENCY: f64 = TAU / 10.0;

impl Flow for DoubleGyre {
    fn velocity(&self, t: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        let a = SWAY * (FREQUENCY * t).sin();
        let b = 1.0 - 2.0 * a;
        let (sin_f, cos_f) = (PI * x * (a * x + b)).sin_cos();
        let (sin_y, cos_y) = (PI * y).sin_cos();
        let v = cos_f * sin_y * (2.0 * a * x + b);
        [-PI * AMPLITUDE * sin_f * cos_y, PI * AMPLITUDE * v]
    }
}

/// Releases, and where they are 15 s later: RK4 of the exact flow with converged steps.
const TABLE: [([f64; 2], [f64; 2]); 6] = [
    ([0.5, 0.5], [0.0467125059, 0.8793841104]),
    ([1.0, 0.5], [0.9975928211, 0.5022569385]),
    ([1.5, 0.5], [1.9724024114, 0.5619543628]),
    ([0.9, 0.5], [1.0770522967, 0.3447501090]),
    ([0.25, 0.25], [1.9893309714, 0.5708407104]),
    ([1.75, 0.8], [1.4706717934, 0.0367715262]),
];

fn course() -> Result<Course<DoubleGyre>, VerifyError> {
    Ok(Course {
        flow: DoubleGyre,
        grid: plane([2.0, 1.0], [320, 160])?,
        releases: TABLE.map(|(release, _)| release).to_vec(),
        duration: 15.0,
        intervals: 250,
        step: 0.02,
    })
}

pub(super) fn case() -> Result<Case, VerifyError> {
    let course = course()?;
    let predictions = course.predictions();
    let expected = predictions
        .iter()
        .zip(TABLE)
        .map(|(prediction, (_, at))| Prediction { at, tolerance: prediction.tolerance });
    let what = "distance from the tabulated position after 15 s; tolerance: interpolation in \
                space and time grown by the flow's own stretching, truncation, rounding";
    course.case("double gyre", what, expected.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_flow_leads_to_the_table() {
        for (prediction, (release, at)) in course().unwrap().predictions().iter().zip(TABLE) {
            let miss = (prediction.at[0] - at[0]).hypot(prediction.at[1] - at[1]);
            assert!(miss < 1e-7, "{release:?}: {prediction:?}");
            assert!(prediction.tolerance < 0.05, "{release:?}: {prediction:?}");
        }
    }
}
