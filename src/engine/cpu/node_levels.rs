//! Cells of fields of many levels whose velocities lie at the nodes. Twin: `shaders/node_levels.wgsl`

use super::axes::Axes;
use super::level_nodes::load_node;
use super::levels::{Sheet, Sheets};
use super::velocity::each;
use crate::grid::Field;

/// The cell between four nodes of a level.
pub(super) fn load_sheets(axes: &Axes, fields: [&Field; 2], at: [i32; 2], level: i32) -> Sheets {
    let first = axes.corner_of(at, level);
    let corners = [first, first + 1, first + axes.columns, first + axes.columns + 1];
    let is_missing = corners.map(|node| fields.iter().any(|field| load_node(field, node).1));
    let missing = (0..4).fold(0, |bits, bit| bits | u32::from(is_missing[bit]) << bit);
    let sheets = fields.map(|field| {
        let own = corners.map(|node| load_node(field, node).0);
        sheet_between([0, 1, 2, 3].map(|corner| match (&axes.closed, is_missing[corner]) {
            (Some(closed), true) => {
                // The other corners in its row and in its column.
                let (row, column) = (corner ^ 1, corner ^ 2);
                let along = closed.along(is_missing[row], is_missing[column]);
                node_beside(own[corner], own[row], own[column], along)
            }
            _ => own[corner],
        }))
    });
    (sheets, missing)
}

fn sheet_between([sw, se, nw, ne]: [[f64; 4]; 4]) -> Sheet {
    Sheet {
        constant: sw,
        east: each(|k| se[k] - sw[k]),
        north: each(|k| nw[k] - sw[k]),
        both: each(|k| (ne[k] - nw[k]) - (se[k] - sw[k])),
    }
}

/// A node of land on a closed coast, with so much of the velocity of the others in its column and in its
/// row.
fn node_beside(node: [f64; 4], row: [f64; 4], column: [f64; 4], [x, y]: [f64; 2]) -> [f64; 4] {
    [x * column[0], y * row[1], x * column[2] + y * row[2], node[3]]
}
