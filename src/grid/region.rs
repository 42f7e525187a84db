//! Parts of a grid: where something is, what can be reached from there, and the nodes of the data
//! that this takes.

use std::ops::Range;

use super::{Axis, Grid, Location, Mesh};

/// Latitudes beyond which a few metres may lead to any longitude.
const NEAR_A_POLE: f64 = 85.0;

/// A rectangle along the axes of a grid, in their own units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// West and south end.
    pub low: [f64; 2],
    /// East and north end.
    pub high: [f64; 2],
}

impl Extent {
    /// The smallest rectangle around places; `None` around none.
    pub fn around(grid: &Grid, places: impl IntoIterator<Item = Location>) -> Option<Self> {
        // Cells and offsets are compared first: positions ascend with them.
        let along = |place: Location| [0, 1].map(|d| f64::from(place.cell[d]) + place.offset[d]);
        let ends =
            places.into_iter().map(along).map(|at| (at, at)).reduce(|(low, high), (at, _)| {
                ([0, 1].map(|d| low[d].min(at[d])), [0, 1].map(|d| high[d].max(at[d])))
            });
        let position = |at: [f64; 2]| {
            let position = |axis: &Axis, at: f64| axis.position(at.floor() as i32, at.fract());
            [position(grid.x(), at[0]), position(grid.y(), at[1])]
        };
        ends.map(|(low, high)| Self { low: position(low), high: position(high) })
    }

    /// All of a grid.
    pub fn whole(grid: &Grid) -> Self {
        let ends = |axis: &Axis| [axis.nodes()[0], axis.nodes()[axis.len() - 1]];
        let [x, y] = [ends(grid.x()), ends(grid.y())];
        Self { low: [x[0], y[0]], high: [x[1], y[1]] }
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self {
            low: [0, 1].map(|d| self.low[d].min(other.low[d])),
            high: [0, 1].map(|d| self.high[d].max(other.high[d])),
        }
    }

    /// All that lies at most so many metres from it. Where that reaches over the seam of a grid that
    /// closes on itself, or near a pole, it is whole rows.
    #[must_use]
    pub fn grown(&self, grid: &Grid, metres: f64) -> Self {
        let x = grid.x().nodes();
        let (dx, dy, near_pole) = match grid.axes_mesh() {
            Mesh::Flat => {
                let units = grid.curvilinear().map_or(metres, |c| metres * c.most_per_metre());
                (units, units, false)
            }
            Mesh::Sphere { radius } => {
                let dy = metres / (radius * 1.0_f64.to_radians());
                let furthest = (self.low[1] - dy).abs().max((self.high[1] + dy).abs());
                let cosine = furthest.min(NEAR_A_POLE).to_radians().cos();
                (dy / cosine, dy, furthest > NEAR_A_POLE)
            }
        };
        let (west, east) = (self.low[0] - dx, self.high[0] + dx);
        let ends = [x[0], x[x.len() - 1]];
        let whole_rows = near_pole || grid.is_periodic() && (west < ends[0] || east > ends[1]);
        let [west, east] = if whole_rows { ends } else { [west, east] };
        Self { low: [west, self.low[1] - dy], high: [east, self.high[1] + dy] }
    }
}

/// The first and the last cell of an axis between two positions, held at its ends.
fn span(axis: &Axis, low: f64, high: f64) -> [usize; 2] {
    let nodes = axis.nodes();
    let cell = |position: f64| {
        let after = nodes.partition_point(|&node| node <= position);
        after.saturating_sub(1).min(nodes.len() - 2)
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

    /// The nodes at the corners of the cells in which the extent lies, and those that stand for
    /// corners which the data lack: a first column repeated at the end, and rows from which a pole
    /// is made.
    pub fn of(grid: &Grid, extent: &Extent) -> Self {
        // Triangles have no order that places have.
        if grid.triangles().is_some() {
            return Self::whole(grid);
        }
        let [columns, rows] = grid.data_shape();
        let [south, north] = grid.added_poles().map(usize::from);
        let [west, east] = span(grid.x(), extent.low[0], extent.high[0]);
        let [first, last] = span(grid.y(), extent.low[1], extent.high[1]);
        let at_pole = south + north > 0 && (first < south || last + 1 >= rows + south);
        let columns = match east + 1 >= columns || at_pole {
            true => 0..columns,
            false => west..east + 2,
        };
        let first = first.saturating_sub(south).min(rows - 1);
        let last = (last + 1).saturating_sub(south);
        if let Some(before) = grid.fold().and_then(|fold| fold.row_before(last)) {
            return Self { columns: 0..grid.data_shape()[0], rows: first.min(before)..rows };
        }
        Self { columns, rows: first..last.min(rows - 1) + 1 }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// The smallest region around both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let both = |a: &Range<usize>, b: &Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        Self { columns: both(&self.columns, &other.columns), rows: both(&self.rows, &other.rows) }
    }

    /// The same with a quarter of its width and height, a node at least, on each side of it, as far as
    /// there are data.
    #[must_use]
    pub fn widened(&self, grid: &Grid) -> Self {
        let [columns, rows] = grid.data_shape();
        let wider = |range: &Range<usize>, length: usize| {
            let by = range.len().div_ceil(4);
            range.start.saturating_sub(by)..(range.end + by).min(length)
        };
        Self { columns: wider(&self.columns, columns), rows: wider(&self.rows, rows) }
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

    fn at(grid: &Grid, x: f64, y: f64) -> Extent {
        Extent::around(grid, grid.locate(x, y)).unwrap()
    }

    proptest! {
        /// Whoever goes no further than so far is still where the region of the grown extent is.
        #[test]
        fn what_is_grown_holds_all_that_can_be_reached(
            x in 0.0..359.9, y in -89.0..89.0_f64, metres in 0.0..3e6, bearing in 0.0..360.0_f64,
        ) {
            let grid = globe();
            let region = Region::of(&grid, &at(&grid, x, y).grown(&grid, metres));
            let (angle, bearing) = (metres * 0.999 / EARTH_RADIUS, bearing.to_radians());
            let (sin, cos) = y.to_radians().sin_cos();
            let end = (sin * angle.cos() + cos * angle.sin() * bearing.cos()).asin();
            let turned = (bearing.sin() * angle.sin() * cos)
                .atan2(angle.cos() - sin * end.sin()).to_degrees();
            let reached = Region::of(&grid, &at(&grid, x + turned, end.to_degrees()));
            prop_assert!(region.contains(&reached), "{region:?} {reached:?}");
            prop_assert!(Region::whole(&grid).contains(&region));
        }
    }

    #[test]
    fn a_region_has_the_corners_of_its_cells() {
        let grid = Grid::new(Mesh::Flat, axis(0.0, 10.0, 9), axis(0.0, 10.0, 5)).unwrap();
        let places = [(25.0, 15.0), (45.0, 12.0), (31.0, 25.0)];
        let places = places.map(|(x, y)| grid.locate(x, y).unwrap());
        let extent = Extent::around(&grid, places).unwrap();
        assert_eq!(extent, Extent { low: [25.0, 12.0], high: [45.0, 25.0] });
        assert_eq!(Region::of(&grid, &extent), Region { columns: 2..6, rows: 1..4 });
        let grown = extent.grown(&grid, 4.0);
        assert_eq!(Region::of(&grid, &grown), Region { columns: 2..6, rows: 0..4 });
        let all = Extent { low: [0.0, 0.0], high: [80.0, 40.0] };
        assert_eq!(Region::of(&grid, &all), Region::whole(&grid));
        assert_eq!(Extent::around(&grid, []), None);
        let (here, there) =
            (Region { columns: 2..6, rows: 1..4 }, Region { columns: 7..8, rows: 2..3 });
        assert_eq!(here.with(&there), Region { columns: 2..8, rows: 1..4 });
        assert_eq!(here.widened(&grid), Region { columns: 1..7, rows: 0..5 });
    }

    #[test]
    fn seams_and_poles_take_whole_rows() {
        let grid = globe();
        let around = |x: f64, y: f64| Region::of(&grid, &at(&grid, x, y).grown(&grid, 60_000.0));
        assert_eq!(around(100.5, 0.5).columns, 99..103);
        assert_eq!(around(359.7, 0.5).columns, 0..360, "the first column is repeated at the end");
        assert_eq!(around(0.2, 0.5).columns, 0..360);
        let pole = around(100.5, 89.7);
        assert_eq!(pole.columns, 0..360);
        assert_eq!(pole.rows.end, 180);
    }
}
