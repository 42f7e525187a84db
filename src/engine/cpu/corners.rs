//! Cells that are triangles, with the velocities at their corners. Twin: `shaders/corners.wgsl`

use super::velocity::{Plane, each, load_node};
use crate::grid::Field;

/// A triangle.
#[inline(never)]
pub(super) fn load_plane(fields: [&Field; 2], at: [i32; 2]) -> Plane {
    let first = 3 * at[0] as usize;
    let (of_first, first_missing) = load_node(fields, first);
    let (of_second, second_missing) = load_node(fields, first + 1);
    let (of_third, third_missing) = load_node(fields, first + 2);
    Plane {
        at,
        constant: of_first,
        east: each(|k| of_second[k] - of_first[k]),
        north: each(|k| of_third[k] - of_first[k]),
        both: [0.0; 4],
        missing: u32::from(first_missing)
            | u32::from(second_missing) << 1
            | u32::from(third_missing) << 2
            // Nobody is next to a fourth.
            | 1 << 3,
    }
}
