//! The velocity at a place and time where fields have many levels: linear in depth between two of
//! them, each bilinear; linear in time. Twin: `shaders/levels.wgsl`

use super::axes::Axes;
use super::particle::Spot;
use super::velocity::{Cell, each};
use crate::grid::{Field, MISSING};

/// Nodes of a level around a cell, as the coefficients of 1, x, y and xy: velocity east, north and
/// downward, and the depth of the node.
#[derive(Clone, Copy)]
struct Sheet {
    constant: [f64; 4],
    east: [f64; 4],
    north: [f64; 4],
    both: [f64; 4],
}

impl Sheet {
    const NONE: Self = Self { constant: [0.0; 4], east: [0.0; 4], north: [0.0; 4], both: [0.0; 4] };

    fn between([sw, se, nw, ne]: [[f64; 4]; 4]) -> Self {
        Self {
            constant: sw,
            east: each(|k| se[k] - sw[k]),
            north: each(|k| nw[k] - sw[k]),
            both: each(|k| (ne[k] - nw[k]) - (se[k] - sw[k])),
        }
    }

    #[inline(always)]
    fn at(&self, [a, b]: [f64; 2]) -> [f64; 4] {
        each(|k| self.constant[k] + a * self.east[k] + b * (self.north[k] + a * self.both[k]))
    }
}

/// A cell between two levels.
pub(super) struct Layer {
    at: [i32; 2],
    level: i32,
    /// At the earlier and at the later snapshot.
    upper: [Sheet; 2],
    lower: [Sheet; 2],
    /// One bit a corner that is missing in either snapshot: of the upper level, then of the lower.
    missing: u32,
}

impl Layer {
    fn load(axes: &Axes, fields: [&Field; 2], at: [i32; 2], level: i32) -> Self {
        let of = |level: i32| {
            let first =
                (level as usize * axes.rows + at[1] as usize) * axes.columns + at[0] as usize;
            let corners = [first, first + 1, first + axes.columns, first + axes.columns + 1];
            let is_missing =
                corners.map(|node| fields.iter().any(|field| load_node(field, node).1));
            let missing = (0..4).fold(0, |bits, bit| bits | u32::from(is_missing[bit]) << bit);
            let sheets = fields.map(|field| {
                let own = corners.map(|node| load_node(field, node).0);
                Sheet::between([0, 1, 2, 3].map(|corner| {
                    match (&axes.closed, is_missing[corner]) {
                        (Some(closed), true) => {
                            // The other corners in its row and in its column.
                            let (row, column) = (corner ^ 1, corner ^ 2);
                            let along = closed.along(is_missing[row], is_missing[column]);
                            node_beside(own[corner], own[row], own[column], along)
                        }
                        _ => own[corner],
                    }
                }))
            });
            (sheets, missing)
        };
        let ((upper, above), (lower, below)) = (of(level), of(level + 1));
        Self { at, level, upper, lower, missing: above | below << 4 }
    }

    /// Velocity and depth at a place on the upper and on the lower level.
    #[inline(always)]
    fn ends(&self, offset: [f64; 2], fraction: f64) -> [[f64; 4]; 2] {
        [&self.upper, &self.lower].map(|[earlier, later]| {
            let (a, b) = (earlier.at(offset), later.at(offset));
            each(|k| a[k] + fraction * (b[k] - a[k]))
        })
    }

    /// 1 where a spot lies below the lower level, -1 where it lies above the upper.
    fn level_shift(&self, spot: Spot, fraction: f64) -> i32 {
        let [upper, lower] = self.ends(spot.offset, fraction);
        i32::from(spot.depth >= lower[3]) - i32::from(spot.depth < upper[3])
    }
}

impl Cell for Layer {
    const NOWHERE: Self = Self {
        at: [-1, -1],
        level: 0,
        upper: [Sheet::NONE; 2],
        lower: [Sheet::NONE; 2],
        missing: 0,
    };

    /// The cell between the levels where the spot is, or the one next to it where it lies above or
    /// below all of them.
    #[inline(always)]
    fn enter(&mut self, axes: &Axes, fields: [&Field; 2], spot: Spot, fraction: f64) {
        if spot.cell != self.at {
            *self = Self::load(axes, fields, spot.cell, self.level);
        }
        loop {
            let shift = self.level_shift(spot, fraction);
            let next = (self.level + shift).clamp(0, axes.levels as i32 - 2);
            if next == self.level {
                return;
            }
            *self = Self::load(axes, fields, spot.cell, next);
        }
    }

    #[inline(always)]
    fn velocity(&self, spot: Spot, fraction: f64) -> [f64; 3] {
        let [upper, lower] = self.ends(spot.offset, fraction);
        let part = part_of_way(upper[3], lower[3], spot.depth);
        [0, 1, 2].map(|k| upper[k] + part * (lower[k] - upper[k]))
    }

    fn missing_near(&self, spot: Spot, fraction: f64) -> u32 {
        let [upper, lower] = self.ends(spot.offset, fraction);
        self.missing >> if part_of_way(upper[3], lower[3], spot.depth) >= 0.5 { 4 } else { 0 }
    }

    fn is_all_land(&self) -> bool {
        self.missing == 0b1111_1111
    }

    fn is_below(&self, axes: &Axes, spot: Spot, fraction: f64) -> bool {
        let [_, lower] = self.ends(spot.offset, fraction);
        self.level == axes.levels as i32 - 2 && spot.depth > lower[3]
    }

    /// The surface is a wall.
    fn held_below_surface(&self, spot: Spot, fraction: f64) -> f64 {
        if self.level > 0 {
            return spot.depth;
        }
        let [upper, _] = self.ends(spot.offset, fraction);
        spot.depth.max(upper[3])
    }
}

/// A node of land on a closed coast, with so much of the velocity of the others in its column and in its
/// row.
fn node_beside(node: [f64; 4], row: [f64; 4], column: [f64; 4], [x, y]: [f64; 2]) -> [f64; 4] {
    [x * column[0], y * row[1], x * column[2] + y * row[2], node[3]]
}

/// How far a depth lies from the upper level to the lower.
fn part_of_way(upper: f64, lower: f64, depth: f64) -> f64 {
    ((depth - upper) / (lower - upper).max(1e-6)).clamp(0.0, 1.0)
}

fn load_node(field: &Field, index: usize) -> ([f64; 4], bool) {
    let ([u, v], [w, z]) = (field.nodes()[2 * index], field.nodes()[2 * index + 1]);
    let missing = u == MISSING;
    let velocity = if missing { [0.0; 3] } else { [u, v, w] };
    ([velocity[0].into(), velocity[1].into(), velocity[2].into(), z.into()], missing)
}
