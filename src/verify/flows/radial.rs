//! Rotation of a plane as a solid body, clockwise. The bilinear field is exact.

use std::f64::consts::TAU;

use super::{Flow, plane};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::suite::{Case, Course};

/// Once a day.
const RATE: f64 = TAU / 86_400.0;
const CENTRE: f64 = 30.0;

#[derive(Clone)]
struct Rotation;

impl Flow for Rotation {
    fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        [RATE * (y - CENTRE), -RATE * (x - CENTRE)]
    }
}

pub(super) fn case() -> Result<Case, VerifyError> {
    let course = Course {
        flow: Rotation,
        // An even number of cells puts a node at the centre.
        grid: plane([60.0, 60.0], [200, 200])?,
        releases: vec![[30.0, 50.0], [30.0, 30.0], [35.0, 41.0]],
        duration: 17.0 * 3600.0,
        intervals: 1,
        step: 300.0,
    };
    let (sin, cos) = (RATE * course.duration).sin_cos();
    let expected = course.releases.iter().zip(course.predictions()).map(|(&[x, y], prediction)| {
        let (dx, dy) = (x - CENTRE, y - CENTRE);
        let at = [CENTRE + cos * dx + sin * dy, CENTRE - sin * dx + cos * dy];
        // The centre must not move at all.
        let tolerance = if (dx, dy) == (0.0, 0.0) { 0.0 } else { prediction.tolerance };
        Prediction { at, tolerance }
    });
    let what = "distance from the closed form after 17 hours, and none at all for the centre; \
                tolerance: truncation, rounding";
    course.case("radial rotation", what, expected.collect())
}
