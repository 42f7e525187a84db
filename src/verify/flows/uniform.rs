//! Uniform flow on the sphere: how far a degree is, and that slow drifts are not lost.

use super::{Flow, even};
use crate::grid::{EARTH_RADIUS, Grid, Mesh};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::suite::{Case, Course};

#[derive(Clone)]
struct Uniform([f64; 2]);

impl Flow for Uniform {
    fn velocity(&self, _: f64, _: [f64; 2]) -> [f64; 2] {
        self.0
    }
}

/// Metres in a degree where a minute of latitude is a nautical mile.
const NAUTICAL: f64 = 1852.0 * 60.0;

fn nautical(velocity: [f64; 2]) -> Result<Course<Uniform>, VerifyError> {
    let radius = NAUTICAL / 1.0_f64.to_radians();
    Ok(Course {
        flow: Uniform(velocity),
        grid: Grid::new(Mesh::Sphere { radius }, even(-10.0, 10.0, 20)?, even(-80.0, 80.0, 160)?)?,
        releases: (-15..=15).map(|step| [0.5, f64::from(step) * 5.0]).collect(),
        duration: 7200.0,
        intervals: 1,
        step: 300.0,
    })
}

fn zonal() -> Result<Case, VerifyError> {
    let course = nautical([1.0, 0.0])?;
    let tolerance = course.rounding(1.0, NAUTICAL);
    let expected = course.releases.iter().map(|&[x, y]| {
        let at = [x + course.duration / (NAUTICAL * y.to_radians().cos()), y];
        Prediction { at, tolerance }
    });
    let what = "1 m/s eastward for 2 hours at many latitudes, distance from the closed form; \
                tolerance: rounding";
    course.case("zonal flow", what, expected.collect())
}

fn meridional() -> Result<Case, VerifyError> {
    let course = nautical([0.0, 1.0])?;
    let tolerance = course.rounding(1.0, NAUTICAL);
    let expected = course
        .releases
        .iter()
        .map(|&[x, y]| Prediction { at: [x, y + course.duration / NAUTICAL], tolerance });
    let what = "1 m/s northward for 2 hours at many latitudes, distance from the closed form; \
                tolerance: rounding";
    course.case("meridional flow", what, expected.collect())
}

/// Where positions are f32 degrees, a step of 0.7 m rounds to a multiple of 0.4 m and this fails
/// by a fifth of the distance.
fn slow() -> Result<Case, VerifyError> {
    let speed = 1000.0 / 86_400.0;
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let course = Course {
        flow: Uniform([speed, 0.0]),
        grid: Grid::new(mesh, even(-50.0, -40.0, 120)?, even(30.0, 50.0, 240)?)?,
        releases: vec![[-45.0, 40.0], [-45.0, 31.03]],
        duration: 86_400.0,
        intervals: 4,
        step: 60.0,
    };
    let cell = EARTH_RADIUS / 12.0_f64 * 1.0_f64.to_radians();
    let tolerance = course.rounding(speed, cell);
    let expected = course.releases.iter().map(|&[x, y]| {
        let parallel = EARTH_RADIUS * y.to_radians().cos();
        Prediction { at: [x + (1000.0 / parallel).to_degrees(), y], tolerance }
    });
    let what = "1 km in a day at 45° west in steps of a minute, distance from the closed form; \
                tolerance: rounding, far less than a thousandth of the way";
    course.case("slow drift", what, expected.collect())
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    Ok(vec![zonal()?, meridional()?, slow()?])
}
