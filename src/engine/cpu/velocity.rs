//! The velocity at a place and time where fields have one level: bilinear in space, linear in time,
//! and nothing moves up or down. Cells are loaded as the fields of the run lie: by nodes.rs, by
//! faces.rs or by corners.rs. levels.rs has the same for fields of many levels.
//! Twin: `shaders/velocity.wgsl`

use super::analytic::Through;
use super::axes::{Axes, Form};
use super::particle::Spot;
use super::{corners, faces, nodes};
use crate::grid::{Field, MISSING};

/// A part of the fields in which velocities are one formula, kept from one step to the next, for a
/// particle stays in it for many.
pub(super) trait Cell {
    /// None: any other differs from it.
    const NOWHERE: Self;

    /// Becomes the one in which `spot` lies at a fraction of the time between the snapshots.
    fn enter(&mut self, axes: &Axes, fields: [&Field; 2], spot: Spot, fraction: f64);

    /// East, north and downward at a spot in it.
    fn velocity(&self, spot: Spot, fraction: f64) -> [f64; 3];

    /// What goes through its faces. Only cells of [`Form::Faces`] on one level are asked, which
    /// `Setup::check` sees to.
    fn through(&self, _fraction: f64) -> Through {
        unreachable!("velocities go through the faces of cells on one level")
    }

    /// One bit a corner that is missing on the level next to a spot: south-west, south-east,
    /// north-west, north-east.
    fn missing_near(&self, spot: Spot, fraction: f64) -> u32;

    /// Whether none of its corners has a velocity.
    fn is_all_land(&self) -> bool;

    /// Whether a spot lies below the lowest level.
    fn is_below(&self, axes: &Axes, spot: Spot, fraction: f64) -> bool;

    /// The depth of a spot, at the surface where it lies above, and at the floor where it lies below.
    fn held_in_water(&self, axes: &Axes, spot: Spot, fraction: f64) -> f64;
}

/// A cell's velocities as the coefficients of 1, x, y and xy: earlier u and v, later u and v.
pub(super) struct Plane {
    pub at: [i32; 2],
    pub constant: [f64; 4],
    pub east: [f64; 4],
    pub north: [f64; 4],
    pub both: [f64; 4],
    /// One bit a corner that is missing in either snapshot.
    pub missing: u32,
}

impl Plane {
    #[inline(always)]
    fn interpolate(&self, offset: [f64; 2], fraction: f64) -> [f64; 2] {
        let [a, b] = offset;
        let both: [f64; 4] =
            each(|k| self.constant[k] + a * self.east[k] + b * (self.north[k] + a * self.both[k]));
        [both[0] + fraction * (both[2] - both[0]), both[1] + fraction * (both[3] - both[1])]
    }
}

impl Cell for Plane {
    const NOWHERE: Self = Self {
        at: [-1, -1],
        constant: [0.0; 4],
        east: [0.0; 4],
        north: [0.0; 4],
        both: [0.0; 4],
        missing: 0,
    };

    #[inline(always)]
    fn enter(&mut self, axes: &Axes, fields: [&Field; 2], spot: Spot, _: f64) {
        if spot.cell != self.at {
            *self = match axes.form {
                Form::Nodes => nodes::load_plane(axes, fields, spot.cell),
                Form::Faces => faces::load_plane(axes.columns, fields, spot.cell),
                Form::Corners => corners::load_plane(fields, spot.cell),
            };
        }
    }

    #[inline(always)]
    fn velocity(&self, spot: Spot, fraction: f64) -> [f64; 3] {
        let [u, v] = self.interpolate(spot.offset, fraction);
        [u, v, 0.0]
    }

    fn through(&self, fraction: f64) -> Through {
        // The differences of f32 are exact in f64, so that what is closed stays closed.
        let faces: [f64; 4] = each(|k| {
            let beyond = if k % 2 == 0 { self.east[k] } else { self.north[k] };
            self.constant[k] + beyond
        });
        [self.constant, faces]
            .map(|[u0, v0, u1, v1]| [u0 + fraction * (u1 - u0), v0 + fraction * (v1 - v0)])
    }

    fn missing_near(&self, _: Spot, _: f64) -> u32 {
        self.missing
    }

    fn is_all_land(&self) -> bool {
        self.missing == 0b1111
    }

    fn is_below(&self, _: &Axes, _: Spot, _: f64) -> bool {
        false
    }

    fn held_in_water(&self, _: &Axes, spot: Spot, _: f64) -> f64 {
        spot.depth
    }
}

#[inline(always)]
pub(super) fn each(f: impl Fn(usize) -> f64) -> [f64; 4] {
    [f(0), f(1), f(2), f(3)]
}

/// Earlier u and v, later u and v, and whether either is missing.
pub(super) fn load_node([earlier, later]: [&Field; 2], index: usize) -> ([f64; 4], bool) {
    let (a, b) = (earlier.nodes()[index], later.nodes()[index]);
    let (a_missing, b_missing) = (a[0] == MISSING, b[0] == MISSING);
    let [u0, v0] = if a_missing { [0.0; 2] } else { a.map(f64::from) };
    let [u1, v1] = if b_missing { [0.0; 2] } else { b.map(f64::from) };
    ([u0, v0, u1, v1], a_missing || b_missing)
}
