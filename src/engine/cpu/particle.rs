//! A place in the grid. Twin: `shaders/particle.wgsl`, where offset and depth are integers.

use crate::engine::Particle;

/// A place in the grid as the interpolation needs it: a cell, an offset in [0, 1], and a depth in
/// metres.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub cell: [i32; 2],
    pub offset: [f64; 2],
    pub depth: f64,
}

pub(super) fn spot_of(particle: &Particle) -> Spot {
    Spot { cell: particle.cell, offset: particle.offset, depth: particle.depth }
}
