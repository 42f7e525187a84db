//! Nodes of fields of many levels, as node_levels.rs and corner_levels.rs load them.
//! Twin: `shaders/level_nodes.wgsl`

use crate::grid::{Field, MISSING};

/// Velocity east, north and downward, and the depth of the node; and whether it has no velocity.
pub(super) fn load_node(field: &Field, index: usize) -> ([f64; 4], bool) {
    let ([u, v], [w, z]) = (field.nodes()[2 * index], field.nodes()[2 * index + 1]);
    let missing = u == MISSING;
    let velocity = if missing { [0.0; 3] } else { [u, v, w] };
    ([velocity[0].into(), velocity[1].into(), velocity[2].into(), z.into()], missing)
}
