//! Near a pole: displacements in the plane that touches it, where nothing is singular.
//!
//! The plane's coordinates are azimuthal equidistant (Snyder 1987, *Map Projections: A Working
//! Manual*, p. 191), turned so that the particle starts on the x axis: x away from the pole, y
//! eastward, in metres. Twin: `shaders/polar.wgsl`

use std::f64::consts::FRAC_PI_2;

use super::metric::Metric;
use super::particle::Spot;
use crate::grid::{Grid, Mesh};

/// Rows whose middle lies beyond this latitude belong to a pole.
pub(in crate::engine) const POLAR_LATITUDE: f64 = 80.0;

/// Which rows are near a pole that particles can cross.
pub(super) struct Polar {
    /// For each row: 1 near the north pole, -1 near the south pole, else 0.
    pole: Vec<f64>,
    radius: f64,
}

impl Polar {
    /// `None` where the grid reaches no pole.
    pub fn new(grid: &Grid) -> Option<Self> {
        let Mesh::Sphere { radius } = grid.axes_mesh() else { return None };
        let poles = poles_of_rows(grid);
        poles.iter().any(|&pole| pole != 0.0).then_some(Self { pole: poles, radius })
    }

    /// The pole that a row belongs to, 0 for none.
    pub fn pole(&self, row: i32) -> f64 {
        self.pole[row as usize]
    }

    pub fn distance(&self, metric: &Metric, spot: Spot) -> f64 {
        let latitude = metric.latitude(spot.cell[1], spot.offset[1]);
        ((FRAC_PI_2 - latitude.abs()) * self.radius).max(0.0)
    }

    /// A displacement in the plane as metres along the equator and along the meridian.
    pub fn arc(&self, pole: f64, start: f64, d: [f64; 2]) -> [f64; 2] {
        let x = start + d[0];
        let distance = x.hypot(d[1]);
        // distance - start, without the cancellation.
        let outward = (d[0] * (start + x) + d[1] * d[1]) / (distance + start).max(1e-300);
        [d[1].atan2(x) * self.radius, -pole * outward]
    }

    /// How a velocity moves a particle in the plane.
    pub fn rate(&self, pole: f64, start: f64, d: [f64; 2], velocity: [f64; 2]) -> [f64; 2] {
        let x = start + d[0];
        let distance = x.hypot(d[1]);
        let outward = if distance == 0.0 { [1.0, 0.0] } else { [x / distance, d[1] / distance] };
        let angle = distance / self.radius;
        let stretch = if angle == 0.0 { 1.0 } else { angle / angle.sin() };
        [
            stretch * velocity[0] * -outward[1] - pole * velocity[1] * outward[0],
            stretch * velocity[0] * outward[0] - pole * velocity[1] * outward[1],
        ]
    }
}

/// For each row of cells: 1 near the north pole, -1 near the south pole, else 0.
pub(in crate::engine) fn poles_of_rows(grid: &Grid) -> Vec<f64> {
    let [south, north] = grid.has_pole();
    grid.y()
        .nodes()
        .windows(2)
        .map(|row| match (row[0] + row[1]) / 2.0 {
            middle if north && middle > POLAR_LATITUDE => 1.0,
            middle if south && middle < -POLAR_LATITUDE => -1.0,
            _ => 0.0,
        })
        .collect()
}
