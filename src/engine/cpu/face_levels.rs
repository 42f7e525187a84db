//! Cells of fields of many levels whose velocities go through faces, as in faces.rs; the velocity
//! downward and the depth lie at the nodes. Twin: `shaders/face_levels.wgsl`

use super::axes::Axes;
use super::levels::{Sheet, Sheets};
use crate::grid::{Field, MISSING};

/// A cell of a level.
pub(super) fn load_sheets(axes: &Axes, fields: [&Field; 2], at: [i32; 2], level: i32) -> Sheets {
    let south = 3 * axes.corner_of(at, level);
    let north = south + 3 * axes.columns;
    let is_missing = fields.iter().any(|field| field.nodes()[south][0] == MISSING);
    let sheets = fields.map(|field| {
        let pair = |index: usize| field.nodes()[index].map(f64::from);
        let is_land = field.nodes()[south][0] == MISSING;
        let [[w, e], [s, n]] = if is_land { [[0.0; 2]; 2] } else { [pair(south), pair(south + 1)] };
        sheet_through([w, e, s, n], [south + 2, south + 5, north + 2, north + 5].map(pair))
    });
    (sheets, if is_missing { 0b1111 } else { 0 })
}

/// What goes through the western, eastern, southern and northern face, with what lies at the corners.
fn sheet_through([w, e, s, n]: [f64; 4], [sw, se, nw, ne]: [[f64; 2]; 4]) -> Sheet {
    let (east, north) = ([0, 1].map(|k| se[k] - sw[k]), [0, 1].map(|k| nw[k] - sw[k]));
    let both = [0, 1].map(|k| (ne[k] - nw[k]) - (se[k] - sw[k]));
    Sheet {
        constant: [w, s, sw[0], sw[1]],
        east: [e - w, 0.0, east[0], east[1]],
        north: [0.0, n - s, north[0], north[1]],
        both: [0.0, 0.0, both[0], both[1]],
    }
}
