//! Cells in which another forcing takes over. Twin: `shaders/handover.wgsl`

use crate::engine::Handover;

/// Whether a particle in this cell goes over to one of the forcings that are in force.
pub(super) fn goes_over(handover: Option<&Handover>, takers: u32, cell: [i32; 2]) -> bool {
    handover.is_some_and(|handover| handover.takers(cell) & takers != 0)
}
