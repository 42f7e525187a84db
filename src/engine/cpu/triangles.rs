//! Where a displacement leads: from triangle to triangle over a plane.
//! Twin: `shaders/triangles.wgsl`

use std::sync::Arc;

use super::ground::Ground;
use super::particle::Spot;
use crate::grid::{self, Grid, Side, nearest_corner};

/// The mesh as particles walk over it.
pub(super) struct Triangles {
    mesh: Arc<grid::Triangles>,
    /// How much of a triangle a metre fills, along x and along y: of its offset's first part, then
    /// of the second.
    scales: Vec<[f64; 4]>,
}

impl Triangles {
    /// `None` where cells are no triangles.
    pub fn new(grid: &Grid) -> Option<Self> {
        let triangles = grid.triangles()?;
        let scales = (0..triangles.count()).map(|triangle| triangles.per_metre(triangle));
        Some(Self { mesh: Arc::clone(triangles), scales: scales.collect() })
    }
}

impl Ground for Triangles {
    /// Straight on: outside of the mesh the complement of its last triangle.
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot {
        let mut at = from.cell[0];
        let [ax, ay, bx, by] = self.scales[at as usize];
        let way = [ax * metres[0] + ay * metres[1], bx * metres[0] + by * metres[1]];
        let mut begin = weights_within(from.offset);
        let mut end = [begin[0] - way[0] - way[1], begin[1] + way[0], begin[2] + way[1]];
        // A straight way crosses a triangle once.
        for _ in 0..self.scales.len() {
            let Some(corner) = leaves(begin, end) else { break };
            let side = &self.mesh.sides()[at as usize][corner];
            if side.next < 0 {
                at = !at;
                break;
            }
            begin = beyond(side, begin, corner);
            end = beyond(side, end, corner);
            at = side.next >> 2;
        }
        Spot { cell: [at, 0], offset: [end[1], end[2]], depth: from.depth + metres[2] }
    }

    fn held(&self, spot: Spot) -> Spot {
        if self.is_inside(spot.cell) {
            return spot;
        }
        Spot { cell: [!spot.cell[0], 0], offset: held_offset(spot.offset), ..spot }
    }

    fn within(&self, from: Spot, _: [f64; 3]) -> Spot {
        from
    }

    fn is_inside(&self, cell: [i32; 2]) -> bool {
        cell[0] >= 0
    }

    fn nearest_corner(&self, offset: [f64; 2]) -> usize {
        nearest_corner(offset)
    }
}

/// How much of the corners there is in a place, less than nothing of those that it lies away from.
fn weights_of([a, b]: [f64; 2]) -> [f64; 3] {
    [1.0 - a - b, a, b]
}

/// The same of a place in the triangle, which rounding may put outside.
fn weights_within(offset: [f64; 2]) -> [f64; 3] {
    weights_of(offset).map(|weight| weight.max(0.0))
}

/// The same place in the triangle beyond the side across from a corner.
fn beyond(side: &Side, weights: [f64; 3], corner: usize) -> [f64; 3] {
    let left = weights[corner];
    let far = side.next as usize & 3;
    let mut found = [0.0; 3];
    // Each triangle has its corners in the same order around it, so that those of a side change
    // places.
    found[far] = left * (1.0 - side.share[0] - side.share[1]);
    found[(far + 1) % 3] = weights[(corner + 2) % 3] + left * side.share[0];
    found[(far + 2) % 3] = weights[(corner + 1) % 3] + left * side.share[1];
    found
}

/// The corner across from the side through which a way leaves first; `None` where it stays. Where
/// rounding has it lie outside all the way, it leaves at once.
fn leaves(begin: [f64; 3], end: [f64; 3]) -> Option<usize> {
    let inside = begin.map(|weight| weight.max(0.0));
    let part = |corner: &usize| inside[*corner] / (inside[*corner] - end[*corner]);
    (0..3).filter(|&corner| end[corner] < 0.0).min_by(|a, b| part(a).total_cmp(&part(b)))
}

/// The offset next to one outside of a triangle.
fn held_offset(offset: [f64; 2]) -> [f64; 2] {
    let weights = weights_within(offset);
    let sum: f64 = weights.iter().sum();
    [weights[1] / sum, weights[2] / sum]
}
