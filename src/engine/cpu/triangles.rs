//! Where a displacement leads: from triangle to triangle over a plane.
//! Twin: `shaders/triangles.wgsl`

use std::sync::Arc;

use super::ground::Ground;
use super::particle::Spot;
use crate::engine::{Coast, Setup};
use crate::grid::{self, Side, nearest_corner};

/// The mesh as particles walk over it.
pub(super) struct Triangles {
    mesh: Arc<grid::Triangles>,
    /// How much of a triangle a metre fills, along x and along y: of its offset's first part, then
    /// of the second.
    scales: Vec<[f64; 4]>,
    /// Whether the rim is a wall, and then whether it throws back.
    wall: Option<bool>,
}

impl Triangles {
    /// `None` where cells are no triangles.
    pub fn new(setup: &Setup) -> Option<Self> {
        let triangles = setup.grid.triangles()?;
        let wall = setup.coast.is_closed().then_some(setup.coast == Coast::Bounce);
        let scales = (0..triangles.count()).map(|triangle| triangles.per_metre(triangle));
        Some(Self { mesh: Arc::clone(triangles), scales: scales.collect(), wall })
    }

    /// Straight on: outside of the mesh the complement of its last triangle, unless its rim is a wall.
    fn go(&self, from: Spot, metres: [f64; 3], wall: Option<bool>) -> Spot {
        let mut at = from.cell[0];
        let [ax, ay, bx, by] = self.scales[at as usize];
        let way = [ax * metres[0] + ay * metres[1], bx * metres[0] + by * metres[1]];
        let mut begin = weights_within(from.offset);
        let mut end = [begin[0] - way[0] - way[1], begin[1] + way[0], begin[2] + way[1]];
        let (mut crossed, mut walls) = (0, 0);
        // A straight way crosses a triangle once, and from each wall another leads on.
        while crossed < (walls + 1) * self.scales.len() {
            let Some(corner) = leaves(begin, end) else { break };
            crossed += 1;
            let side = &self.mesh.sides()[at as usize][corner];
            match wall {
                _ if side.next >= 0 => {}
                None => {
                    at = !at;
                    break;
                }
                Some(_) if walls == WALLS => break,
                Some(bounce) => {
                    begin = crossing(begin, end, corner);
                    end = kept_from(side, end, corner, bounce);
                    walls += 1;
                    continue;
                }
            }
            begin = beyond(side, begin, corner);
            end = beyond(side, end, corner);
            at = side.next >> 2;
        }
        Spot { cell: [at, 0], offset: [end[1], end[2]], depth: from.depth + metres[2] }
    }
}

impl Ground for Triangles {
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot {
        let spot = self.go(from, metres, self.wall);
        match self.wall {
            None => spot,
            Some(_) => Spot { offset: held_offset(spot.offset), ..spot },
        }
    }

    fn walk(&self, from: Spot, metres: [f64; 3]) -> Spot {
        self.held(self.go(from, metres, None))
    }

    fn held(&self, spot: Spot) -> Spot {
        if self.is_inside(spot.cell) {
            return spot;
        }
        Spot { cell: [!spot.cell[0], 0], offset: held_offset(spot.offset), ..spot }
    }

    fn within(&self, from: Spot, metres: [f64; 3]) -> Spot {
        let [ax, ay, bx, by] = self.scales[from.cell[0] as usize];
        let [a, b] = from.offset;
        let way = [ax * metres[0] + ay * metres[1], bx * metres[0] + by * metres[1]];
        let offset = held_offset([a + way[0], b + way[1]]);
        Spot { offset, depth: from.depth + metres[2], ..from }
    }

    /// Land is a dry face: who moved onto it waits where it was.
    fn held_in(&self, before: Spot, _: Spot, _: [f64; 3], _: [bool; 2], _: bool) -> Spot {
        before
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

/// Walls that a way meets at most: in a narrow corner there is no end of them.
const WALLS: usize = 16;

/// A place beyond the side across from a corner, which is a wall: on it, or thrown back from it as far.
fn kept_from(side: &Side, weights: [f64; 3], corner: usize, bounce: bool) -> [f64; 3] {
    let beyond = weights[corner];
    let times = if bounce { 2.0 } else { 1.0 };
    let mut found = [0.0; 3];
    found[corner] = beyond - times * beyond;
    for (step, share) in [1, 2].into_iter().zip(side.share) {
        let at = (corner + step) % 3;
        found[at] = weights[at] + times * beyond * share;
    }
    found
}

/// Where a way crosses the side across from a corner.
fn crossing(begin: [f64; 3], end: [f64; 3], corner: usize) -> [f64; 3] {
    let inside = begin[corner].max(0.0);
    let part = inside / (inside - end[corner]);
    [0, 1, 2].map(|k| begin[k] + part * (end[k] - begin[k]))
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
