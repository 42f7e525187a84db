//! What land does. On an open coast a point is on land if the nearest node has no velocity, and
//! particles strand there. A closed coast goes from node to node of land: a point is on land if all
//! nodes around have no velocity, and particles are kept from there. Twin: `shaders/coast.wgsl`

use super::ground::Ground;
use super::integrate::Flow;
use super::particle::Spot;
use super::velocity::Cell;
use crate::engine::{Coast, Setup};

/// A closed coast.
#[derive(Clone, Copy)]
pub(super) struct Closed {
    /// How fast water runs along it, as a part of its speed a cell away.
    slip: f64,
    /// Whether particles are thrown back from it.
    bounce: bool,
}

impl Closed {
    /// `None` for an open one.
    pub fn new(setup: &Setup) -> Option<Self> {
        let coast = setup.coast;
        setup.is_closed().then(|| Self { slip: coast.slip(), bounce: coast == Coast::Bounce })
    }

    /// How much a node of it has of the velocity along x of the other in its column, and of the
    /// velocity along y of the other in its row.
    pub fn along(&self, row_is_land: bool, column_is_land: bool) -> [f64; 2] {
        match (row_is_land, column_is_land) {
            (true, false) => [self.slip, 0.0],
            (false, true) => [0.0, self.slip],
            (true, true) | (false, false) => [0.0; 2],
        }
    }

    /// The place in a cell next to the sides through which a particle went that moved by `metres`, or
    /// as far from them as it came beyond; at the depth where it was.
    pub fn held_in(&self, before: Spot, moved: Spot, metres: [f64; 3]) -> Spot {
        let offset = [0, 1].map(|d| match moved.cell[d] == before.cell[d] {
            true => moved.offset[d],
            false if self.bounce => (1.0 - moved.offset[d]).min(NEXT_TO_THE_SIDE),
            false if metres[d] > 0.0 => NEXT_TO_THE_SIDE,
            false => 0.0,
        });
        Spot { offset, ..before }
    }
}

/// The largest offset that the shader's integers have.
const NEXT_TO_THE_SIDE: f64 = 1.0 - 1.0 / (1_u64 << 30) as f64;

/// Whether the nearest node is land.
pub(super) fn is_next_to_land(
    flow: &Flow<impl Cell, impl Ground>,
    fraction: f64,
    spot: Spot,
) -> bool {
    let corner = flow.ground.nearest_corner(spot.offset);
    flow.cell.missing_near(spot, fraction) >> corner & 1 == 1
}

pub(super) fn is_land(flow: &Flow<impl Cell, impl Ground>, fraction: f64, spot: Spot) -> bool {
    if flow.physics.axes.closed.is_some() {
        return flow.cell.is_all_land();
    }
    is_next_to_land(flow, fraction, spot)
}
