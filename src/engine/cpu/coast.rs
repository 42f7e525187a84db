//! Where land is: a point is on land if the nearest node has no velocity.
//! Twin: `shaders/coast.wgsl`

use super::velocity::Cell;

pub(super) fn is_land(cell: &Cell, offset: [f64; 2]) -> bool {
    let corner = u32::from(offset[0] >= 0.5) + 2 * u32::from(offset[1] >= 0.5);
    cell.missing >> corner & 1 == 1
}
