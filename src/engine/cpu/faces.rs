//! Cells of fields whose velocities go through faces (Arakawa's C): a component changes linearly from
//! the one of its faces to the other, and not along them, so that nothing crosses a closed face
//! (Blanke and Raynaud 1997, J. Phys. Oceanogr. 27, 1038). Twin: `shaders/faces.wgsl`

use super::velocity::Plane;
use crate::grid::{Field, MISSING};

/// The cell of a grid with rows of `columns` nodes.
#[inline(never)]
pub(super) fn load_plane(columns: usize, fields: [&Field; 2], at: [i32; 2]) -> Plane {
    let first = 2 * (at[1] as usize * (columns - 1) + at[0] as usize);
    let ([w0, e0, s0, n0], missing_before) = load_faces(fields[0], first);
    let ([w1, e1, s1, n1], missing_after) = load_faces(fields[1], first);
    Plane {
        at,
        constant: [w0, s0, w1, s1],
        east: [e0 - w0, 0.0, e1 - w1, 0.0],
        north: [0.0, n0 - s0, 0.0, n1 - s1],
        both: [0.0; 4],
        missing: if missing_before || missing_after { 0b1111 } else { 0 },
    }
}

/// What goes through the western, eastern, southern and northern face.
fn load_faces(field: &Field, first: usize) -> ([f64; 4], bool) {
    let ([w, e], [s, n]) = (field.nodes()[first], field.nodes()[first + 1]);
    let missing = w == MISSING;
    (if missing { [0.0; 4] } else { [w, e, s, n].map(f64::from) }, missing)
}
