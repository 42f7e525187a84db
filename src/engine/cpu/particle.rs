//! A place in the grid. Twin: `shaders/particle.wgsl`, where the offset is an integer fraction.

use crate::engine::Particle;

/// A place in the grid as the interpolation needs it: a cell and an offset in [0, 1].
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub cell: [i32; 2],
    pub offset: [f64; 2],
}

pub(super) fn spot_of(particle: &Particle) -> Spot {
    Spot { cell: particle.cell, offset: particle.offset }
}
