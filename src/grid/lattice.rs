//! Rows of nodes on the sphere: how they close on themselves, and what a metre is among them.

use super::Pointing;
use super::sphere::{self, Vector};

/// How near two nodes are that are one, in the distance of neighbours.
pub(super) const SAME: f64 = 0.01;

/// The part of the rows in which the first and the last columns must fit for a grid to be closed:
/// some models leave out what lies on land.
const MOST: f64 = 0.9;

/// Whether a longitude and a latitude in degrees are some: files have no value, or an undeclared one,
/// at nodes that are nowhere.
pub fn is_place([longitude, latitude]: [f64; 2]) -> bool {
    longitude.abs() <= 1080.0 && latitude.abs() <= 90.0001
}

/// A place in degrees, NaN where it is none.
pub(super) fn known(longitude: f64, latitude: f64) -> [f64; 2] {
    if is_place([longitude, latitude]) {
        [longitude, latitude.clamp(-90.0, 90.0)]
    } else {
        [f64::NAN; 2]
    }
}

/// Rows of nodes.
pub(super) struct Lattice {
    pub columns: usize,
    pub nodes: Vec<Vector>,
}

/// How the first column follows the last.
#[derive(Clone, Copy, Default)]
pub(super) struct Closing {
    pub periodic: bool,
    /// Columns at the end that repeat others beyond the first.
    pub dropped: usize,
    /// Whether the first column is yet to be repeated.
    pub added: bool,
}

impl Lattice {
    pub fn rows(&self) -> usize {
        self.nodes.len() / self.columns
    }

    pub fn closing(&self) -> Closing {
        let last = self.columns - 1;
        if self.columns < 4 {
            return Closing::default();
        }
        // Whether column `a` lies within so many widths of a cell of column `b`.
        let fits = |a: usize, b: usize, widths: f64| {
            let (mut fitting, mut known) = (0_usize, 0_usize);
            for row in self.nodes.chunks_exact(self.columns) {
                let width = sphere::distance(row[0], row[1]);
                let apart = sphere::distance(row[a], row[b]);
                if width.is_finite() && apart.is_finite() {
                    known += 1;
                    fitting += usize::from(apart <= widths * width);
                }
            }
            known > 0 && fitting as f64 >= MOST * known as f64
        };
        let closed = Closing { periodic: true, ..Closing::default() };
        if fits(last, 0, SAME) {
            closed
        } else if fits(last, 1, SAME) && fits(last - 1, 0, SAME) {
            Closing { dropped: 1, ..closed }
        } else if fits(last, 0, 1.5) {
            Closing { added: true, ..closed }
        } else {
            Closing::default()
        }
    }

    /// The first columns, and once more the first.
    pub fn cut(self, columns: usize, again: bool) -> Self {
        if columns == self.columns && !again {
            return self;
        }
        let mut nodes = Vec::with_capacity((columns + 1) * self.nodes.len() / self.columns);
        for row in self.nodes.chunks_exact(self.columns) {
            nodes.extend_from_slice(&row[..columns]);
            nodes.extend(again.then_some(row[0]));
        }
        Self { columns: columns + usize::from(again), nodes }
    }

    /// For each cell, the parts of it that a velocity of 1 m/s through its western, eastern, southern
    /// and northern face fills in a second: the length of the face over the area of the cell. NaN
    /// where a corner is nowhere.
    pub fn filled_by_faces(&self, radius: f64) -> Vec<[f32; 4]> {
        let rows = self.rows();
        let cells = (0..rows - 1).flat_map(|j| (0..self.columns - 1).map(move |i| [i, j]));
        let filled = cells.map(|cell| {
            let [sw, se, nw, ne] = sphere::corners(&self.nodes, self.columns, cell);
            let area = radius * sphere::area(sw, se, nw, ne);
            let faces = [(sw, nw), (se, ne), (sw, se), (nw, ne)];
            let parts = faces.map(|(from, to)| sphere::arc(from, to) / area);
            let is_usable = parts.iter().all(|part| part.is_finite());
            if is_usable { parts.map(|part| part as f32) } else { [f32::NAN; 4] }
        });
        filled.collect()
    }

    /// Columns and rows in a metre along both components of the velocity at a node; NaN where that
    /// cannot be told.
    pub fn per_metre(
        &self,
        i: usize,
        j: usize,
        periodic: bool,
        at: [f64; 2],
        pointing: Pointing,
        radius: f64,
    ) -> [f32; 4] {
        let (columns, rows) = (self.columns as isize, self.rows() as isize);
        let node = |i: isize, j: isize| {
            let i = if periodic { i.rem_euclid(columns - 1) } else { i };
            let inside = (0..columns).contains(&i) && (0..rows).contains(&j);
            inside.then(|| self.nodes[(j * columns + i) as usize])
        };
        let (i, j) = (i as isize, j as isize);
        let along_i = slope(|k| node(i + k, j));
        let along_j = slope(|k| node(i, j + k));
        let [east, north] = sphere::frame(at);
        let metres =
            |slope: Vector| [sphere::dot(slope, east) * radius, sphere::dot(slope, north) * radius];
        let (a, b) = (metres(along_i), metres(along_j));
        let per_metre = match pointing {
            Pointing::Earth => {
                let area = a[0] * b[1] - a[1] * b[0];
                [b[1] / area, -b[0] / area, -a[1] / area, a[0] / area]
            }
            Pointing::Grid { signs } => {
                [signs[0] / a[0].hypot(a[1]), 0.0, 0.0, signs[1] / b[0].hypot(b[1])]
            }
        };
        let is_usable = per_metre.iter().all(|value| value.is_finite());
        if is_usable { per_metre.map(|value| value as f32) } else { [f32::NAN; 4] }
    }
}

/// The change from one node to the next, to second order where there are three in a row.
fn slope(node: impl Fn(isize) -> Option<Vector>) -> Vector {
    let known = |k: isize| node(k).filter(|at| at[0].is_finite());
    let weighted = |terms: &[(isize, f64)]| -> Option<Vector> {
        let mut sum = [0.0; 3];
        for &(k, weight) in terms {
            let at = known(k)?;
            sum = [0, 1, 2].map(|d| sum[d] + weight * at[d]);
        }
        Some(sum)
    };
    weighted(&[(-1, -0.5), (1, 0.5)])
        .or_else(|| weighted(&[(0, -1.5), (1, 2.0), (2, -0.5)]))
        .or_else(|| weighted(&[(0, 1.5), (-1, -2.0), (-2, 0.5)]))
        .or_else(|| weighted(&[(0, -1.0), (1, 1.0)]))
        .or_else(|| weighted(&[(-1, -1.0), (0, 1.0)]))
        .unwrap_or([f64::NAN; 3])
}
