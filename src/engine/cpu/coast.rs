//! What land does. On an open coast a point is on land if the nearest node has no velocity, and
//! particles strand there. A closed coast goes from node to node of land: a point is on land if all
//! nodes around have no velocity, and particles are kept from there. Twin: `shaders/coast.wgsl`

use super::ground::Ground;
use super::integrate::Flow;
use super::particle::Spot;
use super::velocity::Cell;
use crate::engine::{Coast, Setup, Status};

/// A closed coast.
#[derive(Clone, Copy)]
pub(super) struct Closed {
    /// How fast water runs along it, as a part of its speed a cell away.
    slip: f64,
    /// Whether particles are thrown back from it.
    pub bounce: bool,
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
}

/// What a step to a spot ends on an open coast, if anything. The spot's cell is at hand afterwards.
#[inline(always)]
pub(super) fn ending(
    flow: &mut Flow<impl Cell, impl Ground>,
    fraction: f64,
    spot: Spot,
) -> Option<Status> {
    if !flow.ground.is_inside(spot.cell) {
        return Some(Status::LeftDomain);
    }
    flow.enter(spot, fraction);
    is_land(flow, fraction, spot).then_some(Status::Stranded)
}

/// Where a closed coast keeps a particle that would leave or strand; `None` where it is open. The cell is
/// at hand afterwards.
pub(super) fn held_back<G: Ground>(
    flow: &mut Flow<impl Cell, G>,
    fraction: f64,
    before: Spot,
    moved: Spot,
    metres: [f64; 3],
) -> Option<Spot> {
    let closed = flow.physics.axes.closed.filter(|_| G::CLOSED)?;
    if !flow.ground.is_inside(moved.cell) {
        let rim = flow.ground.held(moved);
        flow.enter(rim, fraction);
        // The rim is open where it has water.
        if !is_next_to_land(flow, fraction, rim) {
            return None;
        }
    }
    // Along one axis if that leads to water, else along none.
    for kept in [[false, true], [true, false]] {
        let held = flow.ground.held_in(before, moved, metres, kept, closed.bounce);
        if flow.ground.is_inside(held.cell) {
            flow.enter(held, fraction);
            if !flow.cell.is_all_land() {
                return Some(held);
            }
        }
    }
    let held = flow.ground.held_in(before, moved, metres, [true; 2], closed.bounce);
    flow.enter(held, fraction);
    Some(held)
}

/// Whether the nearest node is land.
fn is_next_to_land(flow: &Flow<impl Cell, impl Ground>, fraction: f64, spot: Spot) -> bool {
    let corner = flow.ground.nearest_corner(spot.offset);
    flow.cell.missing_near(spot, fraction) >> corner & 1 == 1
}

pub(super) fn is_land<G: Ground>(flow: &Flow<impl Cell, G>, fraction: f64, spot: Spot) -> bool {
    if G::CLOSED {
        return flow.cell.is_all_land();
    }
    is_next_to_land(flow, fraction, spot)
}
