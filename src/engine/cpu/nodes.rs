//! Cells of fields whose velocities lie at the nodes. Twin: `shaders/nodes.wgsl`

use super::velocity::{Plane, each, load_node};
use crate::grid::Field;

/// The cell between four nodes of rows of `columns`.
#[inline(never)]
pub(super) fn load_plane(columns: usize, fields: [&Field; 2], at: [i32; 2]) -> Plane {
    let first = at[1] as usize * columns + at[0] as usize;
    let (sw, sw_missing) = load_node(fields, first);
    let (se, se_missing) = load_node(fields, first + 1);
    let (nw, nw_missing) = load_node(fields, first + columns);
    let (ne, ne_missing) = load_node(fields, first + columns + 1);
    Plane {
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
