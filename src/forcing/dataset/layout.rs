//! Where a component's plane lies in its variable, and how it is turned south to north and west
//! to east.

use std::ops::Range;

use crate::forcing::cf::{Component, Interpretation, Packing, Role};
use crate::forcing::{Slab, Variable};
use crate::grid::Region;

/// How one component of a snapshot is cut from its variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) variable: String,
    pub(super) packing: Packing,
    roles: Vec<Role>,
    level: u64,
    /// Whether x varies slower than y in the file.
    transposed: bool,
    columns: usize,
    rows: usize,
    flipped_x: bool,
    flipped_y: bool,
}

impl Layout {
    /// Checks a variable's shape against the axes.
    ///
    /// # Errors
    /// The shape that the axes ask for.
    pub(super) fn new(
        variable: &Variable,
        component: &Component,
        interpretation: &Interpretation,
    ) -> Result<Self, Vec<u64>> {
        let Interpretation { horizontal, time, level, .. } = interpretation;
        let [columns, rows] = horizontal.shape();
        let [flipped_x, flipped_y] =
            horizontal.axes().map_or([false; 2], |axes| axes.map(|axis| axis.flipped));
        let roles = component.roles.clone();
        let expected: Vec<u64> = (roles.iter().zip(&variable.shape))
            .map(|(role, &length)| match role {
                Role::X => columns as u64,
                Role::Y => rows as u64,
                Role::Time => time.times.len() as u64,
                Role::Level => length,
                Role::Single => 1,
            })
            .collect();
        let at = |wanted: Role| roles.iter().position(|&role| role == wanted);
        if expected != variable.shape || at(Role::X).is_none() || at(Role::Y).is_none() {
            return Err(expected);
        }
        Ok(Self {
            variable: component.variable.clone(),
            packing: component.packing.clone(),
            transposed: at(Role::X) < at(Role::Y),
            level: level.as_ref().map_or(0, |level| level.index),
            columns,
            rows,
            flipped_x,
            flipped_y,
            roles,
        })
    }

    /// The block that holds the whole plane.
    pub(super) fn whole(&self, time: u64) -> Slab {
        self.slab(time, &Region { columns: 0..self.columns, rows: 0..self.rows })
    }

    /// The block that holds a region of the plane at an index along time.
    pub(super) fn slab(&self, time: u64, region: &Region) -> Slab {
        let within = |range: &Range<usize>, length: usize, flipped: bool| {
            let start = if flipped { length - range.end } else { range.start };
            (start as u64, range.len() as u64)
        };
        let along = self.roles.iter().map(|role| match role {
            Role::Time => (time, 1),
            Role::Level => (self.level, 1),
            Role::Single => (0, 1),
            Role::X => within(&region.columns, self.columns, self.flipped_x),
            Role::Y => within(&region.rows, self.rows, self.flipped_y),
        });
        let (start, count) = along.unzip();
        Slab { start, count }
    }

    /// Turns a region of the plane from the file's order into rows from the south, each from the
    /// west.
    pub(super) fn turn(&self, plane: Vec<f32>, region: &Region) -> Vec<f32> {
        if !(self.transposed || self.flipped_x || self.flipped_y) {
            return plane;
        }
        let (columns, rows) = (region.columns.len(), region.rows.len());
        let (step_x, step_y) = if self.transposed { (rows, 1) } else { (1, columns) };
        let mut turned = Vec::with_capacity(plane.len());
        for j in 0..rows {
            let row = step_y * if self.flipped_y { rows - 1 - j } else { j };
            turned.extend(
                (0..columns).map(|i| {
                    plane[row + step_x * if self.flipped_x { columns - 1 - i } else { i }]
                }),
            );
        }
        turned
    }
}
