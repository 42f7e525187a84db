//! A plane in metres for a region of the sphere: the stereographic projection about its middle, on
//! which angles are true (Snyder 1987, *Map Projections: A Working Manual*, p. 154).

use super::Mesh;
use super::sphere::{self, Vector};

/// Where the coordinates of positions lie on a plane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plane {
    /// They are its own.
    Own,
    /// Longitude and latitude in degrees.
    Stereographic { centre: Vector, axes: [Vector; 2], radius: f64 },
}

impl Plane {
    /// One for these positions, about their mean.
    pub fn around(mesh: Mesh, positions: &[[f64; 2]]) -> Self {
        let Mesh::Sphere { radius } = mesh else { return Self::Own };
        let known = positions.iter().filter(|at| at[0].is_finite());
        let sum = known.fold([0.0; 3], |sum: Vector, &at| {
            let one = sphere::vector(at);
            [0, 1, 2].map(|d| sum[d] + one[d])
        });
        let at = sphere::position(sum);
        Self::Stereographic { centre: sphere::vector(at), axes: sphere::frame(at), radius }
    }

    /// How far rounding to f32, as which files hold coordinates, may put one of these positions from
    /// where it is, in metres.
    pub fn rounding(&self, positions: impl Iterator<Item = [f64; 2]>) -> f64 {
        let half = 0.5 * f64::from(f32::EPSILON);
        match self {
            Self::Own => half * positions.flatten().fold(0.0, |most, part| part.abs().max(most)),
            Self::Stereographic { radius, .. } => {
                self.most_stretched() * half * radius * std::f64::consts::PI
            }
        }
    }

    /// How much longer than in truth a way may be on it: twice at the edge of the half of the sphere.
    pub fn most_stretched(&self) -> f64 {
        match self {
            Self::Own => 1.0,
            Self::Stereographic { .. } => 2.0,
        }
    }

    /// Where a position lies, in metres; `None` for one on the other half of the sphere.
    pub fn place(&self, position: [f64; 2]) -> Option<[f64; 2]> {
        match self {
            Self::Own => Some(position),
            Self::Stereographic { centre, axes, radius } => {
                let at = sphere::vector(position);
                let height = sphere::dot(at, *centre);
                let scale = 2.0 * radius / (1.0 + height);
                (height > 0.0).then(|| axes.map(|axis| scale * sphere::dot(at, axis)))
            }
        }
    }

    /// The position of a place: the reverse of [`Plane::place`].
    pub fn position(&self, place: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Own => place,
            Self::Stereographic { centre, axes: [x_axis, y_axis], radius } => {
                let [x, y] = place.map(|metres| metres / (2.0 * radius));
                let square = x * x + y * y;
                let (along, across) = ((1.0 - square) / (1.0 + square), 2.0 / (1.0 + square));
                sphere::position(
                    [0, 1, 2].map(|d| along * centre[d] + across * (x * x_axis[d] + y * y_axis[d])),
                )
            }
        }
    }

    /// How a velocity east and north at a position in m/s moves on the plane: metres a second along
    /// x for either, then along y.
    pub fn rates(&self, position: [f64; 2]) -> [f64; 4] {
        match self {
            Self::Own => [1.0, 0.0, 0.0, 1.0],
            Self::Stereographic { centre, axes, .. } => {
                let at = sphere::vector(position);
                let height = 1.0 + sphere::dot(at, *centre);
                let frame = sphere::frame(position);
                // The derivative of the place, along either axis, by a way on the sphere.
                let rate = |axis: Vector, way: Vector| {
                    let fall = sphere::dot(at, axis) * sphere::dot(way, *centre) / height;
                    2.0 / height * (sphere::dot(way, axis) - fall)
                };
                let [x_axis, y_axis] = *axes;
                let [east, north] = frame;
                [rate(x_axis, east), rate(x_axis, north), rate(y_axis, east), rate(y_axis, north)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::EARTH_RADIUS;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_leads_back_and_rates_are_its_derivative(
            x in -180.0..180.0_f64, y in -80.0..80.0_f64, dx in -20.0..20.0_f64, dy in -9.0..9.0_f64
        ) {
            let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
            let plane = Plane::around(mesh, &[[x, y]]);
            let position = [x + dx, y + dy];
            let place = plane.place(position).unwrap();
            prop_assert!(mesh.distance(plane.position(place), position) < 1e-6);
            let degree = EARTH_RADIUS.to_radians();
            let metre = 1.0 / degree;
            let cosine = position[1].to_radians().cos();
            let [xu, xv, yu, yv] = plane.rates(position);
            for (way, expected) in [([metre / cosine, 0.0], [xu, yu]), ([0.0, metre], [xv, yv])] {
                let ahead = plane.place([position[0] + way[0], position[1] + way[1]]).unwrap();
                let behind = plane.place([position[0] - way[0], position[1] - way[1]]).unwrap();
                for d in 0..2 {
                    let found = (ahead[d] - behind[d]) / 2.0;
                    prop_assert!((found - expected[d]).abs() < 1e-6, "{found} {expected:?}");
                }
            }
        }
    }

    #[test]
    fn the_other_half_of_the_sphere_is_not_on_it() {
        let plane = Plane::around(Mesh::Sphere { radius: EARTH_RADIUS }, &[[10.0, 20.0]]);
        assert!(plane.place([95.0, 0.0]).is_some());
        assert_eq!(plane.place([-150.0, 0.0]), None);
    }
}
