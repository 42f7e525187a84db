//! Cells of fields whose velocities lie at the nodes. Twin: `shaders/nodes.wgsl`

use super::axes::Axes;
use super::velocity::{Plane, each, load_node};
use crate::grid::Field;

/// The cell between four nodes.
#[inline(never)]
pub(super) fn load_plane(axes: &Axes, fields: [&Field; 2], at: [i32; 2]) -> Plane {
    let columns = axes.columns;
    let first = at[1] as usize * columns + at[0] as usize;
    let south = [first, first + 1].map(|node| load_node(fields, node));
    let north = [first + columns, first + columns + 1].map(|node| load_node(fields, node));
    let (sw, sw_missing) = node_beside(axes, south[0], south[1], north[0]);
    let (se, se_missing) = node_beside(axes, south[1], south[0], north[1]);
    let (nw, nw_missing) = node_beside(axes, north[0], north[1], south[0]);
    let (ne, ne_missing) = node_beside(axes, north[1], north[0], south[1]);
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

/// Velocities, and whether either is missing.
type Node = ([f64; 4], bool);

/// A node of land on a closed coast, by the other nodes in its row and in its column.
fn node_beside(axes: &Axes, node: Node, row: Node, column: Node) -> Node {
    let (Some(closed), (_, true)) = (&axes.closed, node) else { return node };
    let [x, y] = closed.along(row.1, column.1);
    ([x * column.0[0], y * row.0[1], x * column.0[2], y * row.0[3]], true)
}
