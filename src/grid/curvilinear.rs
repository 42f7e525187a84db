//! Curvilinear grids: nodes anywhere on the sphere, in rows and columns.
//!
//! Particles on such a grid move in the lattice of its nodes, where every cell is a unit square: a
//! velocity is turned into cells a second once, at the nodes, and there are no meridians that meet,
//! no seams and no angles left for whoever moves them. A place within a cell is the bilinear mean of
//! its corners as vectors from the centre of the sphere, set back on the sphere.

use super::Location;
use super::fold::Fold;
use super::lattice::{Closing, Lattice, known};
use super::search::{Patches, Solved};
use super::sphere::{self, Vector};
use crate::grid::field::MISSING;

/// Which way the components of a velocity point.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pointing {
    /// East and north.
    Earth,
    /// Along the rows and the columns of the grid.
    Grid {
        /// 1 where a component points towards higher columns or rows, -1 towards lower ones.
        signs: [f64; 2],
    },
}

/// Where on the cells of a grid the components of a velocity lie.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrangement {
    /// Both at the nodes: Arakawa's A, and his B as seen from its velocity points.
    Nodes(Pointing),
    /// Arakawa's C: the first goes through the faces between the columns of cells, the second
    /// through those between the rows. The nodes are the corners of the cells.
    Faces,
}

/// What keeps positions from being a curvilinear grid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CurvilinearError {
    /// Fewer than two rows or columns: there is no cell between them.
    #[error("a grid needs two rows and two columns at least, this one has {rows} and {columns}")]
    TooSmall {
        /// Nodes in a row.
        columns: usize,
        /// Rows.
        rows: usize,
    },
    /// No cell has four corners whose place is known.
    #[error("none of its cells has four corners with a longitude and a latitude")]
    NoCell,
}

/// The nodes of a curvilinear grid, and what a metre is at each of them.
///
/// Nodes are in the order of the data: node (i, j) is at index `j * columns + i`. Where the first
/// column follows the last, it is repeated at the end; beyond the seam of a tripolar grid the rows before it
/// follow the other way round.
#[derive(Debug)]
pub struct Curvilinear {
    columns: usize,
    rows: usize,
    /// Columns and rows of the data that are used.
    data: [usize; 2],
    periodic: bool,
    fold: Option<Fold>,
    /// Nodes of the cells in which particles are found.
    own: usize,
    nodes: Vec<Vector>,
    arrangement: Arrangement,
    /// For each node, columns in a metre along u and along v, then rows. Where velocities go through
    /// faces, for each cell what they fill of it.
    per_metre: Vec<[f32; 4]>,
    patches: Patches,
}

impl PartialEq for Curvilinear {
    fn eq(&self, other: &Self) -> bool {
        // What is not compared follows from the nodes.
        self.columns == other.columns
            && self.data == other.data
            && self.nodes == other.nodes
            && self.arrangement == other.arrangement
            && self.per_metre == other.per_metre
    }
}

impl Curvilinear {
    /// A grid whose rows have `columns` nodes, at these longitudes and latitudes in degrees, on a
    /// sphere of this radius in metres.
    ///
    /// Nodes that are not finite, or beyond a pole, are nowhere: no cell touches them. A grid whose
    /// first column follows its last is closed on itself, whether or not the data repeat columns; and one that
    /// is and whose last row is folded together goes on beyond it, whether or not the data repeat rows.
    ///
    /// # Errors
    /// [`CurvilinearError`].
    ///
    /// # Panics
    /// If there is not one latitude for each longitude, or the last row is incomplete.
    pub fn new(
        longitudes: &[f64],
        latitudes: &[f64],
        columns: usize,
        arrangement: Arrangement,
        radius: f64,
    ) -> Result<Self, CurvilinearError> {
        assert_eq!(longitudes.len(), latitudes.len(), "each node has both coordinates");
        assert!(longitudes.len().is_multiple_of(columns.max(1)), "all rows are complete");
        let rows = longitudes.len() / columns.max(1);
        if columns < 2 || rows < 2 {
            return Err(CurvilinearError::TooSmall { columns, rows });
        }
        let places: Vec<[f64; 2]> =
            longitudes.iter().zip(latitudes).map(|(&lon, &lat)| known(lon, lat)).collect();
        let data =
            Lattice { columns, nodes: places.iter().map(|&at| sphere::vector(at)).collect() };
        let mut closing = data.closing();
        if arrangement == Arrangement::Faces && closing.added {
            // The last face of a row would be its first, which is read for itself alone.
            closing = Closing::default();
        }
        let data_columns = columns - closing.dropped;
        let mut lattice = data.cut(data_columns, closing.added);
        let fold = closing.periodic.then(|| Fold::of(&lattice)).flatten();
        if let Some(fold) = &fold {
            lattice = fold.unfolded(lattice);
        }
        // Cells beyond the seam are others.
        let own_rows = fold.map_or(rows, |fold| fold.first_cells() as usize + 1);
        let own = own_rows * lattice.columns;
        let patches = Patches::new(&lattice.nodes[..own], lattice.columns);
        let patches = patches.ok_or(CurvilinearError::NoCell)?;
        let of_node = |pointing: Pointing, index: usize| {
            let (i, j) = (index % lattice.columns, index / lattice.columns);
            let node = fold.filter(|fold| j >= fold.first_row()).map(|fold| fold.node([i, j]));
            let [of_data, row] = node.unwrap_or([i, j]);
            let at = places[row * columns + of_data % data_columns];
            lattice.per_metre(i, j, closing.periodic, at, pointing, radius)
        };
        let per_metre = match arrangement {
            Arrangement::Nodes(pointing) => {
                (0..lattice.nodes.len()).map(|index| of_node(pointing, index)).collect()
            }
            Arrangement::Faces => lattice.filled_by_faces(radius),
        };
        Ok(Self {
            columns: lattice.columns,
            rows: lattice.rows(),
            data: [data_columns, rows],
            periodic: closing.periodic,
            fold,
            own,
            nodes: lattice.nodes,
            arrangement,
            per_metre,
            patches,
        })
    }

    /// Nodes in a row, the repeated column included.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of nodes, those beyond the seam of a tripolar grid included.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns and rows of the data that are used: models repeat some.
    pub fn data_shape(&self) -> [usize; 2] {
        self.data
    }

    /// The seam of a tripolar grid.
    pub fn fold(&self) -> Option<&Fold> {
        self.fold.as_ref()
    }

    /// Whether the first column follows the last.
    pub fn is_periodic(&self) -> bool {
        self.periodic
    }

    /// Bytes of memory that it takes, about; what it was made of, which the dataset keeps, included.
    pub fn bytes(&self) -> u64 {
        let node = size_of::<Vector>() + size_of::<[f32; 4]>() + size_of::<[f64; 2]>();
        (self.nodes.len() * node) as u64
    }

    /// Where on the cells the components of a velocity lie.
    pub fn arrangement(&self) -> Arrangement {
        self.arrangement
    }

    /// Velocities through the western, eastern, southern and northern face of a cell in m/s as
    /// columns and rows a second, those that are [`MISSING`] as nothing: a wall. `None` where all
    /// are, and for a cell that is nowhere.
    pub fn rates_of_faces(&self, cell: usize, through: [f32; 4]) -> Option<[f32; 4]> {
        let filled = self.per_metre[cell];
        let is_water = filled[0].is_finite() && through != [MISSING; 4];
        is_water.then(|| {
            [0, 1, 2, 3].map(|face| match through[face] {
                MISSING => 0.0,
                velocity => velocity * filled[face],
            })
        })
    }

    /// Where a face lies, in degrees, and what of a velocity to the east and to the north goes through
    /// it. Faces between columns are numbered by the node at their southern end, those between rows,
    /// where `between_rows`, by the node at their western end.
    pub fn face(&self, [i, j]: [usize; 2], between_rows: bool) -> ([f64; 2], [f64; 2]) {
        let first = j * self.columns + i;
        let second = first + if between_rows { 1 } else { self.columns };
        let (a, b) = (self.nodes[first], self.nodes[second]);
        let middle = [0, 1, 2].map(|d| a[d] + b[d]);
        let at = sphere::position(middle);
        let [east, north] = sphere::frame(at);
        let along = [0, 1, 2].map(|d| b[d] - a[d]);
        let [x, y] = [sphere::dot(along, east), sphere::dot(along, north)];
        let length = if between_rows { -x.hypot(y) } else { x.hypot(y) };
        // To the right of the way north, and to the left of the way east.
        (at, [y / length, -x / length])
    }

    /// A velocity at a node in m/s as columns and rows a second; `None` at a node that is nowhere.
    pub fn rates(&self, node: usize, [u, v]: [f32; 2]) -> Option<[f32; 2]> {
        let [iu, iv, ju, jv] = self.per_metre[node];
        let rates = [iu * u + iv * v, ju * u + jv * v];
        rates[0].is_finite().then_some(rates)
    }

    /// Longitude (-180 to 180) and latitude of a location, in degrees.
    pub fn position(&self, at: Location) -> [f64; 2] {
        let cell = [0, 1].map(|d| at.cell[d].max(0) as usize);
        let (i, j) = (cell[0].min(self.columns - 2), cell[1].min(self.rows - 2));
        let corners = sphere::corners(&self.nodes, self.columns, [i, j]);
        sphere::position(sphere::bilinear(&corners, at.offset))
    }

    /// Longitude (-180 to 180) and latitude of a node in degrees; NaN for one that is nowhere.
    pub fn node(&self, [i, j]: [usize; 2]) -> [f64; 2] {
        sphere::position(self.nodes[j * self.columns + i])
    }

    /// Where a point lies; `None` outside the grid.
    pub fn locate(&self, longitude: f64, latitude: f64) -> Option<Location> {
        let target = sphere::vector(known(longitude, latitude));
        let Solved { cell: [i, j], offset } =
            self.patches.find(&self.nodes[..self.own], self.columns, target)?;
        Some(Location { cell: [i as i32, j as i32], offset })
    }

    /// West, south, east and north ends in degrees. Where the nodes lie on both sides of 180° E, the
    /// east is beyond it; where they surround a pole, it is a circle from the west.
    pub fn bounds(&self) -> [f64; 4] {
        sphere::bounds(self.nodes.iter().map(|&node| sphere::position(node)))
    }

    /// The most cells that a metre leads through anywhere.
    pub fn most_per_metre(&self) -> f64 {
        f64::from(self.cells_in_a_metre(f32::max).fold(0.0, f32::max))
    }

    /// The fewest cells that a metre across columns or rows leads through anywhere.
    pub fn least_per_metre(&self) -> f64 {
        f64::from(self.cells_in_a_metre(f32::min).fold(f32::INFINITY, f32::min))
    }

    /// For each node or cell, the one `of` the numbers of columns and of rows in a metre.
    fn cells_in_a_metre(&self, of: fn(f32, f32) -> f32) -> impl Iterator<Item = f32> {
        let both = move |&[a, b, c, d]: &[f32; 4]| match self.arrangement {
            Arrangement::Nodes(_) => of(a.hypot(b), c.hypot(d)),
            Arrangement::Faces => of(of(a, b), of(c, d)),
        };
        self.per_metre.iter().map(both).filter(|cells| cells.is_finite())
    }
}

/// Longitudes and latitudes in degrees of the places in the middle of each four neighbours, given
/// those of rows of `columns`: one row and one column less.
pub fn centres_of_four(
    longitudes: &[f64],
    latitudes: &[f64],
    columns: usize,
) -> (Vec<f64>, Vec<f64>) {
    let places =
        longitudes.iter().zip(latitudes).map(|(&lon, &lat)| sphere::vector(known(lon, lat)));
    let nodes: Vec<Vector> = places.collect();
    let cells = (1..nodes.len() / columns).flat_map(|j| (1..columns).map(move |i| [i - 1, j - 1]));
    let middle = |cell| {
        let corners = sphere::corners(&nodes, columns, cell);
        let [longitude, latitude] = sphere::position(sphere::bilinear(&corners, [0.5; 2]));
        (longitude, latitude)
    };
    cells.map(middle).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::EARTH_RADIUS;
    use proptest::prelude::*;

    const EARTHLY: Arrangement = Arrangement::Nodes(Pointing::Earth);

    /// Longitude and latitude of a point on a globe whose pole lies elsewhere.
    fn turned([x, y]: [f64; 2], pole_latitude: f64) -> [f64; 2] {
        let [a, b, c] = sphere::vector([x, y]);
        let (sin, cos) = (90.0 - pole_latitude).to_radians().sin_cos();
        sphere::position([cos * a - sin * c, b, cos * c + sin * a])
    }

    /// Nodes a degree apart around a point on the equator of such a globe.
    fn patch(columns: usize, rows: usize, pole_latitude: f64) -> Curvilinear {
        let nodes = (0..rows).flat_map(|j| {
            (0..columns).map(move |i| {
                let at = [i as f64 - (columns / 2) as f64, j as f64 - (rows / 2) as f64];
                turned(at, pole_latitude)
            })
        });
        let (longitudes, latitudes): (Vec<_>, Vec<_>) = nodes.map(|[x, y]| (x, y)).unzip();
        Curvilinear::new(&longitudes, &latitudes, columns, EARTHLY, EARTH_RADIUS).unwrap()
    }

    proptest! {
        #[test]
        fn a_place_is_found_where_it_is(
            i in 0..30_i32, j in 0..20_i32, a in 0.0..1.0_f64, b in 0.0..1.0_f64, pole in 0.0..90.0_f64
        ) {
            let grid = patch(31, 21, pole);
            let at = Location { cell: [i, j], offset: [a, b] };
            let [longitude, latitude] = grid.position(at);
            let found = grid.locate(longitude, latitude).unwrap();
            let along = |at: Location| [0, 1].map(|d| f64::from(at.cell[d]) + at.offset[d]);
            let (asked, found) = (along(at), along(found));
            for d in 0..2 {
                prop_assert!((asked[d] - found[d]).abs() < 1e-9, "{asked:?} {found:?}");
            }
        }
    }

    #[test]
    fn the_pole_itself_lies_in_a_cell() {
        let grid = patch(31, 21, 0.0);
        let at = grid.locate(123.0, 90.0).unwrap();
        let [_, latitude] = grid.position(at);
        assert!((latitude - 90.0).abs() < 1e-9, "{latitude}");
        assert_eq!(grid.bounds()[3], 90.0);
        assert!(grid.locate(0.0, 70.0).is_none());
    }

    #[test]
    fn velocities_become_cells_a_second() {
        let degree = 1.0_f64.to_radians() * EARTH_RADIUS;
        for pole in [30.0, 90.0] {
            let grid = patch(31, 21, pole);
            let middle = 10 * 31 + 15;
            let [longitude, latitude] = grid.node([15, 10]);
            let rates = grid.rates(middle, [0.0, degree as f32]).unwrap();
            assert!((rates[0].abs() < 1e-4) && (rates[1] - 1.0).abs() < 1e-3, "{rates:?}");
            let ahead = grid.locate(longitude, latitude + 1.0).unwrap();
            let [i, j] = [0, 1].map(|d| f64::from(ahead.cell[d]) + ahead.offset[d]);
            assert!((i - 15.0).abs() < 1e-3 && (j - 11.0).abs() < 1e-3, "{i} {j}");
        }
    }

    fn rows_of(longitudes: &[f64]) -> Curvilinear {
        let columns = longitudes.len();
        let x: Vec<f64> = (0..3).flat_map(|_| longitudes.to_vec()).collect();
        let y: Vec<f64> = (0..3).flat_map(|j| vec![f64::from(j) * 5.0; columns]).collect();
        Curvilinear::new(&x, &y, columns, EARTHLY, EARTH_RADIUS).unwrap()
    }

    #[test]
    fn a_closed_grid_is_closed_however_many_columns_are_repeated() {
        let from = |first: f64, count: usize| -> Vec<f64> {
            (0..count)
                .map(|k| (first + 10.0 * k as f64 + 180.0).rem_euclid(360.0) - 180.0)
                .collect()
        };
        for (repeated, data_columns) in [(0, 36), (1, 37), (2, 37)] {
            let grid = rows_of(&from(75.0, 36 + repeated));
            assert!(grid.is_periodic(), "{repeated}");
            assert_eq!((grid.columns(), grid.data_shape()[0]), (37, data_columns), "{repeated}");
            let at = grid.locate(72.0, 1.0).unwrap();
            assert_eq!(at.cell, [35, 0]);
        }
        assert!(!rows_of(&from(75.0, 30)).is_periodic());
        let across = rows_of(&from(170.0, 5));
        assert_eq!(across.locate(-179.0, 1.0).unwrap().cell, [1, 0]);
        let [west, _, east, _] = across.bounds();
        assert!((west - 170.0).abs() < 1e-9 && (east - 210.0).abs() < 1e-9, "{west} {east}");
    }

    #[test]
    fn nodes_that_are_nowhere_have_no_cells() {
        let mut longitudes: Vec<f64> = (0..25).map(|k| f64::from(k % 5)).collect();
        let latitudes: Vec<f64> = (0..25).map(|k| f64::from(k / 5)).collect();
        longitudes[12] = f64::NAN;
        let grid = Curvilinear::new(&longitudes, &latitudes, 5, EARTHLY, EARTH_RADIUS);
        let grid = grid.unwrap();
        assert!(grid.locate(0.5, 0.5).is_some());
        assert!(grid.locate(1.5, 1.5).is_none());
        assert_eq!(grid.rates(12, [1.0, 1.0]), None);
        assert!(grid.rates(11, [1.0, 1.0]).is_some(), "its slope is taken from one side");
        let nowhere = vec![f64::NAN; 25];
        let none = Curvilinear::new(&nowhere, &latitudes, 5, EARTHLY, EARTH_RADIUS);
        assert_eq!(none.unwrap_err(), CurvilinearError::NoCell);
    }

    #[test]
    fn components_along_the_grid_may_point_towards_lower_rows() {
        let longitudes: Vec<f64> = (0..12).map(|k| f64::from(k % 4)).collect();
        let latitudes: Vec<f64> = (0..12).map(|k| -f64::from(k / 4)).collect();
        let rates = |pointing| {
            let grid = Curvilinear::new(
                &longitudes,
                &latitudes,
                4,
                Arrangement::Nodes(pointing),
                EARTH_RADIUS,
            );
            grid.unwrap().rates(5, [1.0, 2.0]).unwrap()
        };
        let earth = rates(Pointing::Earth);
        let grid = rates(Pointing::Grid { signs: [1.0, -1.0] });
        assert!(earth[1] < 0.0, "north leads to lower rows");
        assert!((earth[0] - grid[0]).abs() < 1e-9 && (earth[1] - grid[1]).abs() < 1e-9);
    }
}
