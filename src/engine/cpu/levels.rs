//! The velocity at a place and time where fields have many levels: linear in depth between two of
//! them, each bilinear; linear in time. Cells are loaded by node_levels.rs, by face_levels.rs or by
//! corner_levels.rs.
//! Twin: `shaders/levels.wgsl`

use super::axes::{Axes, Form};
use super::particle::Spot;
use super::velocity::{Cell, each};
use super::{corner_levels, face_levels, node_levels};
use crate::grid::Field;

/// Velocity east, north and downward in a cell of a level, and its depth, as the coefficients of 1, x, y
/// and xy.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    pub constant: [f64; 4],
    pub east: [f64; 4],
    pub north: [f64; 4],
    pub both: [f64; 4],
}

/// A cell of a level at the earlier and at the later snapshot, and one bit a corner that is missing in
/// either.
pub(super) type Sheets = ([Sheet; 2], u32);

impl Sheet {
    const NONE: Self = Self { constant: [0.0; 4], east: [0.0; 4], north: [0.0; 4], both: [0.0; 4] };

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
        let of = |level: i32| match axes.form {
            Form::Faces => face_levels::load_sheets(axes, fields, at, level),
            Form::Nodes => node_levels::load_sheets(axes, fields, at, level),
            Form::Corners => corner_levels::load_sheets(axes, fields, at, level),
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
        !axes.floor && self.level == axes.levels as i32 - 2 && spot.depth > lower[3]
    }

    /// The surface is a wall, and so is the floor.
    fn held_in_water(&self, axes: &Axes, spot: Spot, fraction: f64) -> f64 {
        let [upper, lower] = self.ends(spot.offset, fraction);
        if self.level == 0 && spot.depth < upper[3] {
            upper[3]
        } else if axes.floor && self.level == axes.levels as i32 - 2 && spot.depth > lower[3] {
            lower[3]
        } else {
            spot.depth
        }
    }
}

/// How far a depth lies from the upper level to the lower.
fn part_of_way(upper: f64, lower: f64, depth: f64) -> f64 {
    ((depth - upper) / (lower - upper).max(1e-6)).clamp(0.0, 1.0)
}
