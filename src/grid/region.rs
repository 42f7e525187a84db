//! Parts of a grid: the cells in which something is, what can be reached from them, and the nodes
//! of the data that this takes.

use std::ops::Range;

use super::{Axis, Grid, Mesh};

/// Latitudes beyond which a few metres may lead to any longitude.
const NEAR_A_POLE: f64 = 85.0;

/// A rectangle of cells of a prepared field, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Column and row of the south-western cell.
    pub first: [i32; 2],
    /// Column and row of the north-eastern cell.
    pub last: [i32; 2],
}

impl Cells {
    /// All cells of a grid.
    pub fn all(grid: &Grid) -> Self {
        Self { first: [0, 0], last: last_cells(grid) }
    }

    /// The smallest rectangle around cells given by column and row; `None` around none.
    pub fn around(cells: impl IntoIterator<Item = [i32; 2]>) -> Option<Self> {
        cells.into_iter().map(|cell| Self { first: cell, last: cell }).reduce(|a, b| a.with(&b))
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self {
            first: [0, 1].map(|d| self.first[d].min(other.first[d])),
            last: [0, 1].map(|d| self.last[d].max(other.last[d])),
        }
    }

    /// Whether all of `other` lies in it.
    pub fn contains(&self, other: &Self) -> bool {
        self.with(other) == *self
    }

    /// All cells that lie at most so many metres from one of these. Where that reaches over the
    /// seam of a grid that closes on itself, or near a pole, it is whole rows.
    #[must_use]
    pub fn grown(&self, grid: &Grid, metres: f64) -> Self {
        let (x, y) = (grid.x().nodes(), grid.y().nodes());
        let last = last_cells(grid);
        let [south, north] = [y[self.first[1] as usize], y[self.last[1] as usize + 1]];
        let [west, east] = [x[self.first[0] as usize], x[self.last[0] as usize + 1]];
        let degree = |radius: f64| radius * 1.0_f64.to_radians();
        let (dx, dy, near_pole) = match grid.mesh() {
            Mesh::Flat => (metres, metres, false),
            Mesh::Sphere { radius } => {
                let dy = metres / degree(radius);
                let furthest = (south - dy).abs().max((north + dy).abs());
                let near_pole = furthest > NEAR_A_POLE;
                (dy / furthest.min(NEAR_A_POLE).to_radians().cos(), dy, near_pole)
            }
        };
        let rows = span(grid.y(), [south - dy, north + dy]);
        let all_columns =
            near_pole || grid.is_periodic() && (west - dx < x[0] || east + dx > x[x.len() - 1]);
        let columns =
            if all_columns { [0, last[0]] } else { span(grid.x(), [west - dx, east + dx]) };
        Self { first: [columns[0], rows[0]], last: [columns[1], rows[1]] }
    }
}

fn last_cells(grid: &Grid) -> [i32; 2] {
    [grid.columns() as i32 - 2, grid.rows() as i32 - 2]
}

/// The first and the last cell of an axis between two positions, held at its ends.
fn span(axis: &Axis, [low, high]: [f64; 2]) -> [i32; 2] {
    let nodes = axis.nodes();
    let cell = |position: f64| {
        let after = nodes.partition_point(|&node| node <= position);
        after.saturating_sub(1).min(nodes.len() - 2) as i32
    };
    [cell(low), cell(high)]
}

/// A rectangle of the data's own nodes, see [`Grid::data_shape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Columns from the west.
    pub columns: Range<usize>,
    /// Rows from the south.
    pub rows: Range<usize>,
}

impl Region {
    /// All nodes.
    pub fn whole(grid: &Grid) -> Self {
        let [columns, rows] = grid.data_shape();
        Self { columns: 0..columns, rows: 0..rows }
    }

    /// The nodes at the corners of cells, and those that stand for corners which the data lack: a
    /// first column repeated at the end, and rows from which a pole is made.
    pub fn of(grid: &Grid, cells: &Cells) -> Self {
        let [columns, rows] = grid.data_shape();
        let [south, north] = grid.added_poles().map(usize::from);
        let [west, first] = cells.first.map(|cell| cell as usize);
        let [east, last] = cells.last.map(|cell| cell as usize + 1);
        let at_pole = first < south || last >= rows + south;
        let columns = match east >= columns || (at_pole && south + north > 0) {
            true => 0..columns,
            false => west..east + 1,
        };
        let first = first.saturating_sub(south).min(rows - 1);
        let last = last.saturating_sub(south).min(rows - 1);
        Self { columns, rows: first..last + 1 }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// Whether all of `other` lies in it.
    pub fn contains(&self, other: &Self) -> bool {
        let within = |a: &Range<usize>, b: &Range<usize>| a.start <= b.start && b.end <= a.end;
        within(&self.columns, &other.columns) && within(&self.rows, &other.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::EARTH_RADIUS;
    use proptest::prelude::*;

    fn axis(from: f64, step: f64, count: usize) -> Axis {
        Axis::new((0..count).map(|k| from + step * k as f64).collect()).unwrap()
    }

    fn globe() -> Grid {
        let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
        Grid::new(mesh, axis(0.0, 1.0, 360), axis(-89.5, 1.0, 180)).unwrap()
    }

    proptest! {
        /// Whoever goes no further than so far is still in a cell of the grown rectangle.
        #[test]
        fn what_is_grown_holds_all_that_can_be_reached(
            x in 0.0..359.9, y in -89.0..89.0_f64, metres in 0.0..3e6, bearing in 0.0..360.0_f64,
        ) {
            let grid = globe();
            let start = grid.locate(x, y).unwrap().cell;
            let grown = Cells { first: start, last: start }.grown(&grid, metres);
            let (angle, bearing) = (metres * 0.999 / EARTH_RADIUS, bearing.to_radians());
            let (sin, cos) = y.to_radians().sin_cos();
            let end = (sin * angle.cos() + cos * angle.sin() * bearing.cos()).asin();
            let turned = (bearing.sin() * angle.sin() * cos)
                .atan2(angle.cos() - sin * end.sin()).to_degrees();
            let reached = grid.locate(x + turned, end.to_degrees()).unwrap().cell;
            let reached = Cells { first: reached, last: reached };
            prop_assert!(grown.contains(&reached), "{grown:?} {reached:?}");
            let region = Region::of(&grid, &grown);
            prop_assert!(Region::whole(&grid).contains(&region));
        }
    }

    #[test]
    fn a_region_has_the_corners_of_its_cells() {
        let grid = Grid::new(Mesh::Flat, axis(0.0, 10.0, 9), axis(0.0, 10.0, 5)).unwrap();
        let cells = Cells::around([[2, 1], [4, 1], [3, 2]]).unwrap();
        assert_eq!(cells, Cells { first: [2, 1], last: [4, 2] });
        assert_eq!(Region::of(&grid, &cells), Region { columns: 2..6, rows: 1..4 });
        let grown = cells.grown(&grid, 15.0);
        assert_eq!(grown, Cells { first: [0, 0], last: [6, 3] });
        assert_eq!(Region::of(&grid, &Cells::all(&grid)), Region::whole(&grid));
        assert_eq!(Cells::around([]), None);
    }

    #[test]
    fn seams_and_poles_take_whole_rows() {
        let grid = globe();
        let at = |x: f64, y: f64| {
            let cell = grid.locate(x, y).unwrap().cell;
            Region::of(&grid, &Cells { first: cell, last: cell }.grown(&grid, 50_000.0))
        };
        assert_eq!(at(100.5, 0.5).columns, 99..103);
        assert_eq!(at(359.7, 0.5).columns, 0..360, "the first column is repeated at the end");
        assert_eq!(at(0.2, 0.5).columns, 0..360);
        let pole = at(100.5, 89.7);
        assert_eq!(pole, Region { columns: 0..360, rows: 178..180 });
    }
}
