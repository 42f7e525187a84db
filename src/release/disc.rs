//! Particles spread evenly over a circle.

use std::f64::consts::TAU;

use super::ReleaseError;
use crate::grid::Mesh;

/// A circle on the sphere or plane, filled along Vogel's spiral (H. Vogel 1979, "A better way to
/// construct the sunflower head"): each particle has the same share of the area, and nothing is
/// drawn at random.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disc {
    mesh: Mesh,
    centre: [f64; 2],
    /// Metres.
    radius: f64,
    count: u64,
}

/// The part of a full turn between one particle and the next, the inverse of the golden ratio.
const GOLDEN_TURN: f64 = 0.618_033_988_749_894_9;

impl Disc {
    pub(super) fn new(
        mesh: Mesh,
        centre: [f64; 2],
        radius: f64,
        count: u64,
    ) -> Result<Self, ReleaseError> {
        let fault = |problem| Err(ReleaseError::Pattern { kind: "disc", problem });
        if !(radius.is_finite() && radius >= 0.0) {
            return fault(format!("{radius} m is no radius"));
        }
        if let Mesh::Sphere { radius: sphere } = mesh
            && radius > sphere * TAU / 2.0
        {
            return fault(format!("its radius of {radius} m is more than half the way round"));
        }
        Ok(Self { mesh, centre, radius, count })
    }

    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// The place of this number, counted from the centre.
    pub(super) fn place(&self, index: u64) -> [f64; 2] {
        let share = (index as f64 + 0.5) / self.count as f64;
        let bearing = TAU * (index as f64 * GOLDEN_TURN).fract();
        let [x, y] = self.centre;
        match self.mesh {
            Mesh::Flat => {
                let distance = self.radius * share.sqrt();
                [x + distance * bearing.sin(), y + distance * bearing.cos()]
            }
            Mesh::Sphere { radius } => {
                // The area of a cap grows as the square of the sine of half its angle.
                let half = (self.radius / radius / 2.0).sin() * share.sqrt();
                destination([x, y], 2.0 * half.min(1.0).asin(), bearing)
            }
        }
    }
}

/// Where one arrives from a point in degrees on a great circle of this angle (radians), setting out
/// at this bearing (radians from north, eastward).
fn destination([lon, lat]: [f64; 2], angle: f64, bearing: f64) -> [f64; 2] {
    let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
    let (sin, cos) = angle.sin_cos();
    let north = sin_lat * cos + cos_lat * sin * bearing.cos();
    let east = sin * bearing.sin();
    let outward = cos_lat * cos - sin_lat * sin * bearing.cos();
    // Not an arc sine, which loses half its digits at the poles.
    [lon + east.atan2(outward).to_degrees(), north.atan2(east.hypot(outward)).to_degrees()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, EARTH_RADIUS, Grid};

    #[test]
    fn half_the_particles_are_in_half_the_area() {
        let disc = Disc::new(Mesh::Flat, [3.0, -2.0], 1000.0, 10_000).unwrap();
        let inner = (0..disc.len())
            .map(|index| disc.place(index))
            .filter(|[x, y]| (x - 3.0).hypot(y + 2.0) < 500.0_f64.sqrt() * 1000.0_f64.sqrt())
            .count();
        assert_eq!(inner, 5000);
        let east = (0..disc.len()).filter(|&index| disc.place(index)[0] > 3.0).count();
        assert!(east.abs_diff(5000) < 20, "{east}");
    }

    #[test]
    fn on_a_sphere_all_lie_within_the_radius_even_at_a_pole() {
        let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
        let axis = |nodes: [f64; 2]| Axis::new(nodes.to_vec()).unwrap();
        let grid = Grid::new(mesh, axis([0.0, 1.0]), axis([0.0, 1.0])).unwrap();
        for centre in [[0.0, 0.0], [179.9, 60.0], [20.0, 90.0], [0.0, -89.95]] {
            let disc = Disc::new(mesh, centre, 10_000.0, 500).unwrap();
            let distances: Vec<_> =
                (0..500).map(|index| grid.distance(centre, disc.place(index))).collect();
            let farthest = distances.iter().copied().fold(0.0, f64::max);
            assert!((9_900.0..=10_000.0).contains(&farthest), "{centre:?}: {farthest}");
            assert!(distances.is_sorted_by(|a, b| a <= &(b + 1e-3)), "{centre:?}");
        }
        assert!(Disc::new(mesh, [0.0, 0.0], 3e7, 1).is_err());
    }
}
