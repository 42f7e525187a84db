//! Cells of fields whose velocities lie at the nodes. Twin: `shaders/nodes.wgsl`

use super::velocity::{Plane, each};
use crate::grid::{Field, MISSING};

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

fn load_node([earlier, later]: [&Field; 2], index: usize) -> ([f64; 4], bool) {
    let (a, b) = (earlier.nodes()[index], later.nodes()[index]);
    let (a_missing, b_missing) = (a[0] == MISSING, b[0] == MISSING);
    let [u0, v0] = if a_missing { [0.0; 2] } else { a.map(f64::from) };
    let [u1, v1] = if b_missing { [0.0; 2] } else { b.map(f64::from) };
    ([u0, v0, u1, v1], a_missing || b_missing)
}
