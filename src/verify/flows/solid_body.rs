//! Rotation of the sphere as a solid body, about the Earth's axis and about one that lies in the
//! plane of the equator, so that particles cross the poles and the antimeridian.

use super::{Flow, even};
use crate::grid::{EARTH_RADIUS, Grid, Mesh};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::suite::{Case, Course};

pub(super) type Vector = [f64; 3];

#[derive(Clone)]
pub(super) struct SolidBody {
    /// Of unit length.
    pub axis: Vector,
    /// Radians a second.
    pub rate: f64,
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn point([longitude, latitude]: [f64; 2]) -> Vector {
    let (sin_x, cos_x) = longitude.to_radians().sin_cos();
    let (sin_y, cos_y) = latitude.to_radians().sin_cos();
    [cos_y * cos_x, cos_y * sin_x, sin_y]
}

/// Longitude and latitude of a vector of any length.
pub(super) fn place([x, y, z]: Vector) -> [f64; 2] {
    [y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees()]
}

impl Flow for SolidBody {
    fn velocity(&self, _: f64, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let (sin_x, cos_x) = longitude.to_radians().sin_cos();
        let (sin_y, cos_y) = latitude.to_radians().sin_cos();
        let velocity = cross(self.axis, point([longitude, latitude]));
        let east = [-sin_x, cos_x, 0.0];
        let north = [-sin_y * cos_x, -sin_y * sin_x, cos_y];
        [dot(velocity, east), dot(velocity, north)].map(|part| part * self.rate * EARTH_RADIUS)
    }
}

impl SolidBody {
    /// Rodrigues' rotation.
    pub fn exact(&self, at: [f64; 2], seconds: f64) -> [f64; 2] {
        let (sin, cos) = (self.rate * seconds).sin_cos();
        let p = point(at);
        let (across, along) = (cross(self.axis, p), dot(self.axis, p));
        place([0, 1, 2].map(|i| p[i] * cos + across[i] * sin + self.axis[i] * along * (1.0 - cos)))
    }

    /// `interpolation` is the relative error of the sampled velocity.
    fn case(
        self,
        name: &'static str,
        what: &'static str,
        grid: Grid,
        releases: Vec<[f64; 2]>,
        interpolation: f64,
    ) -> Result<Case, VerifyError> {
        let speed = self.rate * EARTH_RADIUS;
        let cell = grid.x().width(0).max(grid.y().width(0)).to_radians() * EARTH_RADIUS;
        let course =
            Course { flow: self, grid, releases, duration: DURATION, intervals: 1, step: 600.0 };
        // A rotation keeps distances: errors add up and do not grow.
        let tolerance = interpolation * speed * DURATION + course.rounding(speed, cell);
        let expected = course
            .releases
            .iter()
            .map(|&release| Prediction { at: course.flow.exact(release, DURATION), tolerance });
        course.case(name, what, expected.collect())
    }
}

pub(super) const DURATION: f64 = 30.0 * 86_400.0;
/// 9° in 30 days: 0.39 m/s.
pub(super) const RATE: f64 = 0.05 * std::f64::consts::PI / DURATION;

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let upright = {
        let grid = Grid::new(mesh, even(-180.0, 178.0, 179)?, even(-90.0, 90.0, 900)?)?;
        let latitudes = [-89.95, -85.0, -79.9, -45.0, 0.0, 30.0, 60.0, 75.0, 80.1, 89.0, 89.999];
        SolidBody { axis: [0.0, 0.0, 1.0], rate: RATE }.case(
            "solid body about the Earth's axis",
            "30 days in steps of 10 minutes, distance from the closed form, across the \
             antimeridian; tolerance: bilinear interpolation between rows of 0.2°, rounding",
            grid,
            latitudes.iter().flat_map(|&y| [[0.0, y], [175.3, y]]).collect(),
            0.2_f64.to_radians().powi(2) / 8.0,
        )?
    };
    let tilted = {
        let grid = Grid::new(mesh, even(-180.0, 179.8, 1799)?, even(-90.0, 90.0, 900)?)?;
        let h = 0.2_f64.to_radians();
        // v bends along the parallels as much as u does along parallels and meridians.
        let interpolation = h * h * (4.0_f64 + 1.0).sqrt() / 8.0;
        SolidBody { axis: [0.0, 1.0, 0.0], rate: RATE }.case(
            "solid body across the poles",
            "30 days about an axis in the plane of the equator, distance from the closed form, \
             over both poles, beside them and across the antimeridian; tolerance: bilinear \
             interpolation between nodes of 0.2°, rounding",
            grid,
            vec![
                [180.0, 85.0],
                [0.0, -85.0],
                [179.0, 86.0],
                [170.0, 84.0],
                [-120.0, 85.5],
                [3.0, -84.5],
                [-90.0, 89.9],
                [0.0, 90.0],
                [0.0, -90.0],
                [0.0, 0.0],
                [45.0, 40.0],
                [-179.99, -20.0],
                [-135.0, 70.0],
            ],
            interpolation,
        )?
    };
    Ok(vec![upright, tilted])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_about_the_pole_shifts_longitudes() {
        let body = SolidBody { axis: [0.0, 0.0, 1.0], rate: 1.0_f64.to_radians() };
        let [x, y] = body.exact([10.0, 40.0], 5.0);
        assert!((x - 15.0).abs() < 1e-12 && (y - 40.0).abs() < 1e-12);
        let [u, v] = body.velocity(0.0, [10.0, 60.0]);
        assert!((u - 0.5 * EARTH_RADIUS * body.rate).abs() < 1e-6 && v.abs() < 1e-6);
    }

    #[test]
    fn rotation_about_an_equatorial_axis_goes_over_the_pole() {
        let body = SolidBody { axis: [0.0, 1.0, 0.0], rate: 1.0_f64.to_radians() };
        let [x, y] = body.exact([180.0, 85.0], 10.0);
        assert!(x.abs() < 1e-9 && (y - 85.0).abs() < 1e-9, "{x} {y}");
    }
}
