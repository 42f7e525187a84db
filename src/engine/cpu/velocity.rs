//! The velocity at a place and time: bilinear in space, linear in time.
//! Twin: `shaders/velocity.wgsl`

use super::axes::Axes;
use crate::grid::{Field, MISSING};

/// A cell's velocities as the coefficients of 1, x, y and xy: earlier u and v, later u and v.
///
/// Kept from one step to the next, for a particle stays in a cell for many steps.
pub(super) struct Cell {
    pub at: [i32; 2],
    constant: [f64; 4],
    east: [f64; 4],
    north: [f64; 4],
    both: [f64; 4],
    /// One bit a corner that is missing in either snapshot: south-west, south-east, north-west,
    /// north-east.
    pub missing: u32,
}

impl Cell {
    /// No cell: any other differs from it.
    pub const NOWHERE: Self = Self {
        at: [-1, -1],
        constant: [0.0; 4],
        east: [0.0; 4],
        north: [0.0; 4],
        both: [0.0; 4],
        missing: 0,
    };

    #[inline(never)]
    pub fn load(axes: &Axes, fields: [&Field; 2], at: [i32; 2]) -> Self {
        let first = at[1] as usize * axes.columns + at[0] as usize;
        let (sw, sw_missing) = load_node(fields, first);
        let (se, se_missing) = load_node(fields, first + 1);
        let (nw, nw_missing) = load_node(fields, first + axes.columns);
        let (ne, ne_missing) = load_node(fields, first + axes.columns + 1);
        Self {
            at,
            constant: sw,
            east: each(|k| se[k] - sw[k]),
            north: each(|k| nw[k] - sw[k]),
            both: each(|k| (ne[k] - nw[k]) - (se[k] - sw[k])),
            missing: u32::from(sw_missing)
                | u32::from(se_missing) << 1
                | u32::from(nw_missing) << 2
                | u32::from(ne_missing) << 3,
        }
    }

    #[inline(always)]
    pub fn interpolate(&self, offset: [f64; 2], fraction: f64) -> [f64; 2] {
        let [a, b] = offset;
        let both: [f64; 4] =
            each(|k| self.constant[k] + a * self.east[k] + b * (self.north[k] + a * self.both[k]));
        [both[0] + fraction * (both[2] - both[0]), both[1] + fraction * (both[3] - both[1])]
    }
}

fn load_node([earlier, later]: [&Field; 2], index: usize) -> ([f64; 4], bool) {
    let (a, b) = (earlier.nodes()[index], later.nodes()[index]);
    let (a_missing, b_missing) = (a[0] == MISSING, b[0] == MISSING);
    let [u0, v0] = if a_missing { [0.0; 2] } else { a.map(f64::from) };
    let [u1, v1] = if b_missing { [0.0; 2] } else { b.map(f64::from) };
    ([u0, v0, u1, v1], a_missing || b_missing)
}

#[inline(always)]
fn each(f: impl Fn(usize) -> f64) -> [f64; 4] {
    [f(0), f(1), f(2), f(3)]
}
