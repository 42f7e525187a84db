//! Cells of fields of many levels that are triangles, with the velocities at their corners.
//! Twin: `shaders/corner_levels.wgsl`

use super::axes::Axes;
use super::level_nodes::load_node;
use super::levels::{Sheet, Sheets};
use super::velocity::each;
use crate::grid::Field;

/// The first corner of a triangle on a level: what lies above each other in one lies side by side.
fn first_corner(axes: &Axes, at: [i32; 2], level: i32) -> usize {
    3 * (at[0] as usize * axes.levels + level as usize)
}

/// A triangle of a level.
pub(super) fn load_sheets(axes: &Axes, fields: [&Field; 2], at: [i32; 2], level: i32) -> Sheets {
    let first = first_corner(axes, at, level);
    let corners = [first, first + 1, first + 2];
    let is_missing = corners.map(|node| fields.iter().any(|field| load_node(field, node).1));
    // Nobody is next to a fourth.
    let missing = (0..3).fold(1 << 3, |bits, bit| bits | u32::from(is_missing[bit]) << bit);
    let sheets = fields.map(|field| sheet_among(corners.map(|node| load_node(field, node).0)));
    (sheets, missing)
}

fn sheet_among([first, second, third]: [[f64; 4]; 3]) -> Sheet {
    Sheet {
        constant: first,
        east: each(|k| second[k] - first[k]),
        north: each(|k| third[k] - first[k]),
        both: [0.0; 4],
    }
}
