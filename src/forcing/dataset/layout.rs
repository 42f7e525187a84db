//! Where a component's plane lies in its variable, and how it is turned south to north and west
//! to east.

use std::ops::Range;
use std::sync::Arc;

use crate::forcing::cf::{Component, Horizontal, Interpretation, LandMask, Packing, Role};
use crate::forcing::{Slab, Variable};
use crate::grid::{Arrangement, MISSING, Region};

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
    /// Index along x and along y in the file of the first value, and how many fewer values than nodes
    /// there are along them: those that go through faces lie between the nodes.
    first: [usize; 2],
    fewer: [usize; 2],
    /// Which nodes or faces hold no velocity whatever the file has there, in rows of so many from the
    /// south-west.
    closed: Option<(usize, Arc<Vec<bool>>)>,
}

impl Layout {
    /// Checks a variable's shape against the axes; the first component's, or the second's where
    /// `of_v`.
    ///
    /// # Errors
    /// The shape that the axes ask for.
    pub(super) fn new(
        variable: &Variable,
        component: &Component,
        of_v: bool,
        interpretation: &Interpretation,
    ) -> Result<Self, Vec<u64>> {
        let Interpretation { horizontal, time, level, .. } = interpretation;
        let [columns, rows] = horizontal.shape();
        let [flipped_x, flipped_y] =
            horizontal.axes().map_or([false; 2], |axes| axes.map(|axis| axis.flipped));
        let faces = match horizontal {
            Horizontal::Nodes(nodes) if nodes.arrangement == Arrangement::Faces => Some(nodes),
            Horizontal::Nodes(_) | Horizontal::Axes { .. } => None,
        };
        let first = faces.map_or([0; 2], |nodes| nodes.first[usize::from(of_v)]);
        let fewer = match (faces, of_v) {
            (None, _) => [0, 0],
            (Some(_), false) => [0, 1],
            (Some(_), true) => [1, 0],
        };
        // Faces at the rim of a grid belong to no cell that has all of them.
        let spare = u64::from(faces.is_some());
        let wanted = |length: u64, along: usize, nodes: usize| {
            let least = (nodes - fewer[along] + first[along]) as u64;
            length.clamp(least, least + spare)
        };
        let roles = component.roles.clone();
        let expected: Vec<u64> = (roles.iter().zip(&variable.shape))
            .map(|(role, &length)| match role {
                Role::X => wanted(length, 0, columns),
                Role::Y => wanted(length, 1, rows),
                Role::Time => time.times.len() as u64,
                Role::Level => length,
                Role::Single => 1,
            })
            .collect();
        let closed = interpretation.mask.as_ref().map(|mask| match faces {
            Some(nodes) => {
                let size = [columns - fewer[0], rows - fewer[1]];
                (size[0], Arc::new(closed_faces(mask, nodes.first[2], size, of_v)))
            }
            None => {
                let turned = |index: usize, count: usize, flipped: bool| {
                    if flipped { count - 1 - index } else { index }
                };
                let land = (0..rows * columns).map(|node| {
                    let (i, j) = (node % columns, node / columns);
                    let (i, j) = (turned(i, columns, flipped_x), turned(j, rows, flipped_y));
                    mask.land.get(j * mask.columns + i).is_some_and(|&land| land)
                });
                (columns, Arc::new(land.collect()))
            }
        });
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
            first,
            fewer,
            closed,
            roles,
        })
    }

    /// Takes the other's word for what is closed where it is the same.
    pub(super) fn share(&mut self, other: &Self) {
        if self.closed == other.closed {
            self.closed.clone_from(&other.closed);
        }
    }

    /// The block that holds the whole plane.
    pub(super) fn whole(&self, time: u64) -> Slab {
        self.slab(time, &Region { columns: 0..self.columns, rows: 0..self.rows })
    }

    /// The block that holds a region of the plane at an index along time.
    pub(super) fn slab(&self, time: u64, region: &Region) -> Slab {
        let within = |range: &Range<usize>, length: usize, flipped: bool, along: usize| {
            let start = if flipped { length - range.end } else { range.start };
            ((start + self.first[along]) as u64, (range.len() - self.fewer[along]) as u64)
        };
        let along = self.roles.iter().map(|role| match role {
            Role::Time => (time, 1),
            Role::Level => (self.level, 1),
            Role::Single => (0, 1),
            Role::X => within(&region.columns, self.columns, self.flipped_x, 0),
            Role::Y => within(&region.rows, self.rows, self.flipped_y, 1),
        });
        let (start, count) = along.unzip();
        Slab { start, count }
    }

    /// Turns a region of the plane from the file's order into rows from the south, each from the
    /// west. What a mask closes holds [`MISSING`].
    pub(super) fn turn(&self, plane: Vec<f32>, region: &Region) -> Vec<f32> {
        let columns = region.columns.len() - self.fewer[0];
        let rows = region.rows.len() - self.fewer[1];
        let mut plane = self.in_order(plane, columns, rows);
        if let Some((width, closed)) = &self.closed {
            let values = plane.chunks_exact_mut(columns).zip(region.rows.clone());
            for (row, j) in values {
                for (value, i) in row.iter_mut().zip(region.columns.clone()) {
                    if closed[j * width + i] {
                        *value = MISSING;
                    }
                }
            }
        }
        plane
    }

    fn in_order(&self, plane: Vec<f32>, columns: usize, rows: usize) -> Vec<f32> {
        if !(self.transposed || self.flipped_x || self.flipped_y) {
            return plane;
        }
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

/// Whether each face has land on a side, of so many along x and along y: those between rows where
/// `of_v`, those between columns otherwise. The mask's point at `first` is the first cell's centre.
fn closed_faces(
    mask: &LandMask,
    first: [usize; 2],
    [width, height]: [usize; 2],
    of_v: bool,
) -> Vec<bool> {
    let is_land = |x: usize, y: usize| {
        let inside = x < mask.columns;
        inside && mask.land.get(y * mask.columns + x).is_some_and(|&land| land)
    };
    let faces = (0..height).flat_map(|j| (0..width).map(move |i| [i + first[0], j + first[1]]));
    // The first cell lies beyond the first face.
    let before = |x: usize, y: usize| if of_v { is_land(x, y - 1) } else { is_land(x - 1, y) };
    faces.map(|[x, y]| before(x, y) || is_land(x, y)).collect()
}
