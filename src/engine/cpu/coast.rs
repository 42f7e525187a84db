//! Where land is: a point is on land if the nearest node has no velocity.
//! Twin: `shaders/coast.wgsl`

use super::ground::Ground;
use super::integrate::Flow;
use super::particle::Spot;
use super::velocity::Cell;

pub(super) fn is_land(flow: &Flow<impl Cell, impl Ground>, fraction: f64, spot: Spot) -> bool {
    let corner = flow.ground.nearest_corner(spot.offset);
    flow.cell.missing_near(spot, fraction) >> corner & 1 == 1
}

/// The place next to the sides of a cell through which a particle went that moved by `metres`.
pub(super) fn held_in(at: [i32; 2], moved: Spot, metres: [f64; 3]) -> Spot {
    let offset = [0, 1].map(|d| match moved.cell[d] == at[d] {
        true => moved.offset[d],
        false if metres[d] > 0.0 => NEXT_TO_THE_SIDE,
        false => 0.0,
    });
    Spot { cell: at, offset, ..moved }
}

/// The largest offset that the shader's integers have.
const NEXT_TO_THE_SIDE: f64 = 1.0 - 1.0 / (1_u64 << 30) as f64;
