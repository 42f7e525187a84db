//! Which cell of a curvilinear grid a place lies in.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::sphere::{self, Vector};

/// Cells along the side of a patch.
const SIDE: usize = 8;

/// How far outside of a cell a place on its side may be put by rounding.
const SLACK: f64 = 1e-9;

/// A cell and the place in it, offsets in [0, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Solved {
    pub cell: [usize; 2],
    pub offset: [f64; 2],
}

/// Patches of cells by the room that they take.
#[derive(Debug)]
pub(super) struct Patches(RTree<GeomWithData<Rectangle<[f64; 3]>, [usize; 2]>>);

impl Patches {
    /// The patches of rows of nodes; `None` without any cell.
    pub fn new(nodes: &[Vector], columns: usize) -> Option<Self> {
        let rows = nodes.len() / columns;
        let mut patches = Vec::new();
        for j in (0..rows - 1).step_by(SIDE) {
            for i in (0..columns - 1).step_by(SIDE) {
                let of_patch = cells([i, j], columns, rows)
                    .map(|cell| sphere::corners(nodes, columns, cell))
                    .filter(|corners| corners.iter().all(|corner| corner[0].is_finite()));
                let corners: Vec<Vector> = of_patch.flatten().collect();
                if !corners.is_empty() {
                    patches.push(GeomWithData::new(room(&corners).into(), [i, j]));
                }
            }
        }
        (!patches.is_empty()).then(|| Self(RTree::bulk_load(patches)))
    }

    /// The cell that holds `target`, the first in the order of patches where several do.
    pub fn find(&self, nodes: &[Vector], columns: usize, target: Vector) -> Option<Solved> {
        if !target[0].is_finite() {
            return None;
        }
        let rows = nodes.len() / columns;
        let mut patches: Vec<[usize; 2]> =
            self.0.locate_all_at_point(target).map(|patch| patch.data).collect();
        patches.sort_unstable_by_key(|&[i, j]| [j, i]);
        let axes = sphere::frame(sphere::position(target));
        patches.into_iter().flat_map(|first| cells(first, columns, rows)).find_map(|cell| {
            let corners = sphere::corners(nodes, columns, cell);
            solve(&corners, target, axes).map(|offset| Solved { cell, offset })
        })
    }
}

/// The cells of the patch that begins with this one.
fn cells([i, j]: [usize; 2], columns: usize, rows: usize) -> impl Iterator<Item = [usize; 2]> {
    let along_i = i..(i + SIDE).min(columns - 1);
    (j..(j + SIDE).min(rows - 1)).flat_map(move |j| along_i.clone().map(move |i| [i, j]))
}

/// The box around places, and around the sphere between them.
fn room(places: &[Vector]) -> AABB<[f64; 3]> {
    let around = AABB::from_points(places);
    let (low, high) = (around.lower(), around.upper());
    let diagonal = sphere::distance(low, high);
    // The sphere rises above a chord by an eighth of its square.
    let pad = diagonal * diagonal / 8.0 + 1e-12;
    AABB::from_corners(low.map(|low| low - pad), high.map(|high| high + pad))
}

/// The offset in a cell at which `target` lies; `None` where it lies outside. `axes` span the plane
/// that touches the sphere at the target.
fn solve(corners: &[Vector; 4], target: Vector, axes: [Vector; 2]) -> Option<[f64; 2]> {
    // Seen from the target's zenith, its place is the origin and a cell is still bilinear.
    let seen = corners.map(|corner| axes.map(|axis| sphere::dot(corner, axis)));
    let surrounds = |d: usize| {
        let ends = seen.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], corner| {
            [low.min(corner[d]), high.max(corner[d])]
        });
        let slack = SLACK * (ends[1] - ends[0]);
        ends[0] <= slack && ends[1] >= -slack
    };
    if !(surrounds(0) && surrounds(1) && sphere::dot(corners[0], target) > 0.0) {
        return None;
    }
    let [sw, se, nw, ne] = seen;
    let (east, north) = ([se[0] - sw[0], se[1] - sw[1]], [nw[0] - sw[0], nw[1] - sw[1]]);
    let twist = [0, 1].map(|d| ne[d] - se[d] - nw[d] + sw[d]);
    let mut at = [0.5; 2];
    for _ in 0..20 {
        let [a, b] = at;
        let off = [0, 1].map(|d| sw[d] + a * east[d] + b * north[d] + a * b * twist[d]);
        let (da, db) =
            ([0, 1].map(|d| east[d] + b * twist[d]), [0, 1].map(|d| north[d] + a * twist[d]));
        let area = da[0] * db[1] - da[1] * db[0];
        let step =
            [(off[0] * db[1] - off[1] * db[0]) / area, (da[0] * off[1] - da[1] * off[0]) / area];
        if !(step[0].is_finite() && step[1].is_finite()) {
            return None;
        }
        at = [a - step[0], b - step[1]];
        if step[0].abs().max(step[1].abs()) < 1e-13 {
            break;
        }
    }
    let inside = at.iter().all(|offset| (-SLACK..=1.0 + SLACK).contains(offset));
    inside.then(|| at.map(|offset| offset.clamp(0.0, 1.0 - f64::EPSILON / 2.0)))
}
