//! The velocity at a place and time: bilinear in space, linear in time. Cells are loaded as the
//! fields of the run lie: by nodes.rs or by faces.rs.
//! Twin: `shaders/velocity.wgsl`

/// A cell's velocities as the coefficients of 1, x, y and xy: earlier u and v, later u and v.
///
/// Kept from one step to the next, for a particle stays in a cell for many steps.
pub(super) struct Cell {
    pub at: [i32; 2],
    pub constant: [f64; 4],
    pub east: [f64; 4],
    pub north: [f64; 4],
    pub both: [f64; 4],
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

    #[inline(always)]
    pub fn interpolate(&self, offset: [f64; 2], fraction: f64) -> [f64; 2] {
        let [a, b] = offset;
        let both: [f64; 4] =
            each(|k| self.constant[k] + a * self.east[k] + b * (self.north[k] + a * self.both[k]));
        [both[0] + fraction * (both[2] - both[0]), both[1] + fraction * (both[3] - both[1])]
    }
}

#[inline(always)]
pub(super) fn each(f: impl Fn(usize) -> f64) -> [f64; 4] {
    [f(0), f(1), f(2), f(3)]
}
