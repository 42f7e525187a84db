//! Geometry: where a point lies in a grid, and what a metre is there.
//!
//! A position is an integer cell and an offset within it. A grid is the product of two axes,
//! longitude and latitude on a sphere or x and y on a plane, both ascending; or [`Curvilinear`], and
//! then its axes count columns and rows; or of [`Triangles`], which are its columns.

mod averages;
mod axis;
mod columns;
mod continuity;
mod corners;
mod curvilinear;
mod field;
mod fold;
mod lattice;
mod layers;
mod levels;
mod plane;
mod region;
mod scalars;
mod search;
mod sides;
mod sphere;
mod terrain;
mod triangles;
mod water;

use std::sync::Arc;

pub use axis::{Axis, AxisError};
pub use continuity::upward;
pub use corners::nearest_corner;
pub use curvilinear::{Arrangement, Curvilinear, CurvilinearError, Pointing, centres_of_four};
pub use field::{Field, MISSING};
pub use fold::Fold;
pub use lattice::is_place;
pub use layers::Layers;
pub use levels::{Levels, LevelsError, Source};
pub use region::{Extent, Region};
pub use scalars::Scalars;
pub use sides::Side;
pub use terrain::{Formula, Terrain, TerrainError};
pub use triangles::{NO_CORNER, Points, Triangles, TrianglesError};
pub use water::Water;

use serde::{Deserialize, Serialize};

/// What the coordinates mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Mesh {
    /// Longitude and latitude in degrees on a sphere of this radius in metres.
    Sphere {
        /// Radius in metres.
        radius: f64,
    },
    /// x and y in metres on a plane.
    Flat,
}

impl Mesh {
    /// The distance in metres between two points: a great circle or a straight line.
    pub fn distance(self, a: [f64; 2], b: [f64; 2]) -> f64 {
        match self {
            Self::Flat => (a[0] - b[0]).hypot(a[1] - b[1]),
            Self::Sphere { radius } => {
                let (half_dx, half_dy) =
                    (((b[0] - a[0]) / 2.0).to_radians(), ((b[1] - a[1]) / 2.0).to_radians());
                let h = half_dy.sin().powi(2)
                    + a[1].to_radians().cos() * b[1].to_radians().cos() * half_dx.sin().powi(2);
                2.0 * radius * h.sqrt().min(1.0).asin()
            }
        }
    }
}

/// The Earth's mean radius in metres, the default of [`Mesh::Sphere`].
pub const EARTH_RADIUS: f64 = 6_371_000.0;

/// Where a point lies: the cell, and how far into it as a fraction of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Location {
    /// Column and row of the cell; cell (i, j) spans nodes i to i+1 and j to j+1. Of triangles, the
    /// number of one, and 0.
    pub cell: [i32; 2],
    /// Fractions in [0, 1) from the cell's western and southern side; how much there is of a
    /// triangle's second and third corner.
    pub offset: [f64; 2],
}

/// A grid as the engines see it.
///
/// A field on it has [`Grid::columns`] × [`Grid::rows`] nodes. On a global grid the first column
/// is repeated at the end, by the data or here, so that every cell has four corners; where the data
/// stop short of a pole, a row of nodes is added at the pole itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    mesh: Mesh,
    x: Axis,
    y: Axis,
    /// After how many degrees, or metres, the first column follows the last, if it does.
    period: Option<f64>,
    /// Whether the first longitude was repeated at the end, which the data may do themselves.
    added_column: bool,
    /// Whether a row was added at the south and at the north pole.
    added_poles: [bool; 2],
    cells: Cells,
    levels: Option<Arc<Levels>>,
}

/// Degrees all the way round.
const CIRCLE: f64 = 360.0;

/// What the cells of a grid are.
#[derive(Clone, Debug, PartialEq)]
enum Cells {
    /// What its axes make of them.
    OfAxes,
    Curvilinear(Arc<Curvilinear>),
    Triangles(Arc<Triangles>),
}

/// An axis of numbers from 0.
fn counting(nodes: usize) -> Axis {
    let axis = Axis::new((0..nodes).map(|node| node as f64).collect());
    axis.expect("a grid has one cell along each axis at least")
}

impl Grid {
    /// A grid over the data's own axes: `x` and `y` ascending, in degrees on a sphere and in
    /// metres on a plane.
    ///
    /// A longitude axis that spans the whole circle, or all of it but for one cell, is closed on
    /// itself, and then latitudes that end within one spacing of a pole are carried on to it.
    ///
    /// # Errors
    /// [`AxisError`] where a latitude lies beyond a pole or the longitudes cover more than a circle.
    pub fn new(mesh: Mesh, x: Axis, y: Axis) -> Result<Self, AxisError> {
        if mesh == Mesh::Flat {
            let (added_column, added_poles) = (false, [false; 2]);
            return Ok(Self {
                mesh,
                x,
                y,
                period: None,
                added_column,
                added_poles,
                cells: Cells::OfAxes,
                levels: None,
            });
        }
        let (closed, added_column, x) = x.close(CIRCLE)?;
        let (added_poles, y) =
            if closed { y.reach_poles()? } else { y.within_poles().map(|y| ([false; 2], y))? };
        Ok(Self {
            mesh,
            x,
            y,
            period: closed.then_some(CIRCLE),
            added_column,
            added_poles,
            cells: Cells::OfAxes,
            levels: None,
        })
    }

    /// A grid over the data's own axes, of a domain that repeats itself along `x` after `period` metres,
    /// or degrees on a sphere: a channel, or a sector of the globe. What leaves in the east comes
    /// back in the west.
    ///
    /// # Errors
    /// [`AxisError::Period`] where `x` ends neither a period after its beginning nor one cell before
    /// that, and those of [`Grid::new`].
    pub fn repeating(mesh: Mesh, x: Axis, y: Axis, period: f64) -> Result<Self, AxisError> {
        let wrong = AxisError::Period { covered: x.covered(), period };
        let open = Self::new(mesh, x, y)?;
        if open.period == Some(period) {
            return Ok(open);
        }
        match open.x.clone().close(period) {
            // What is added is a cell like the others.
            Ok((true, added_column, x)) if x.narrowest() > 0.999 * open.x.narrowest() => {
                Ok(Self { x, period: Some(period), added_column, ..open })
            }
            _ => Err(wrong),
        }
    }

    /// A grid whose nodes lie anywhere on a sphere of this radius in metres.
    pub fn of_nodes(radius: f64, nodes: Curvilinear) -> Self {
        Self {
            mesh: Mesh::Sphere { radius },
            x: counting(nodes.columns()),
            y: counting(nodes.rows()),
            period: nodes.is_periodic().then_some(CIRCLE),
            added_column: false,
            added_poles: [false; 2],
            cells: Cells::Curvilinear(Arc::new(nodes)),
            levels: None,
        }
    }

    /// A grid of triangles, whose positions mean what `mesh` says. It has one row, whose cells they
    /// are.
    pub fn of_triangles(mesh: Mesh, triangles: Triangles) -> Self {
        Self {
            mesh,
            x: counting(triangles.count() + 1),
            y: counting(2),
            period: None,
            added_column: false,
            added_poles: [false; 2],
            cells: Cells::Triangles(Arc::new(triangles)),
            levels: None,
        }
    }

    /// The same grid with nodes on these levels, for motion in three dimensions.
    ///
    /// # Panics
    /// If levels follow a floor that is not known at each [point](Grid::floor_points), or velocities go
    /// through the faces of a tripolar grid.
    #[must_use]
    pub fn with_levels(self, levels: Levels) -> Self {
        assert!(self.fold().is_none() || !self.has_faces(), "levels of faces have no seam");
        if let Some(terrain) = levels.terrain() {
            assert_eq!(terrain.points(), self.floor_points(), "the floor is known at each point");
        }
        Self { levels: Some(Arc::new(levels)), ..self }
    }

    /// Points at which the depth of the floor and the height of the surface are known: the nodes of the
    /// data, the centres of cells where velocities go through faces, and the nodes of a mesh of triangles
    /// wherever its velocities lie.
    pub fn floor_points(&self) -> usize {
        if let Some(triangles) = self.triangles() {
            return triangles.node_count();
        }
        let [columns, rows] = match self.has_faces() {
            true => [self.columns() - 1, self.rows() - 1],
            false => self.data_shape(),
        };
        columns * rows
    }

    /// The same grid without levels.
    #[must_use]
    pub fn on_one_level(&self) -> Self {
        Self { levels: None, ..self.clone() }
    }

    /// The depths of the nodes; nothing for motion on one level.
    pub fn levels(&self) -> Option<&Levels> {
        self.levels.as_deref()
    }

    /// Nodes above each other in a prepared field.
    pub fn level_count(&self) -> usize {
        self.levels().map_or(1, Levels::count)
    }

    /// What the coordinates of positions mean.
    pub fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// Where the nodes lie, unless that follows from the axes.
    pub fn curvilinear(&self) -> Option<&Curvilinear> {
        match &self.cells {
            Cells::Curvilinear(nodes) => Some(nodes),
            Cells::OfAxes | Cells::Triangles(_) => None,
        }
    }

    /// The triangles that are its cells, unless those have four corners.
    pub fn triangles(&self) -> Option<&Arc<Triangles>> {
        match &self.cells {
            Cells::Triangles(triangles) => Some(triangles),
            Cells::OfAxes | Cells::Curvilinear(_) => None,
        }
    }

    /// Whether positions are those of the axes, which count cells otherwise.
    pub fn has_axes(&self) -> bool {
        self.cells == Cells::OfAxes
    }

    /// What the axes mean: on a curvilinear grid, or one of triangles, they are those of a plane on
    /// which a cell is the unit of length.
    pub fn axes_mesh(&self) -> Mesh {
        if self.has_axes() { self.mesh } else { Mesh::Flat }
    }

    /// The axis of columns: longitudes in degrees east, x in metres, or columns.
    pub fn x(&self) -> &Axis {
        &self.x
    }

    /// The axis of rows: latitudes in degrees north, y in metres, or rows.
    pub fn y(&self) -> &Axis {
        &self.y
    }

    /// Whether velocities go through the faces of cells, not past nodes.
    pub fn has_faces(&self) -> bool {
        self.curvilinear().is_some_and(|nodes| nodes.arrangement() == Arrangement::Faces)
    }

    /// Pairs of numbers in a prepared field: see [`Field`].
    pub fn field_pairs(&self) -> usize {
        if let Some(triangles) = self.triangles() {
            let of_levels = self.levels().map_or(1, |levels| 2 * levels.count());
            return 3 * triangles.count() * of_levels;
        }
        let nodes = self.columns() * self.rows();
        match self.levels() {
            Some(levels) if self.has_faces() => 3 * nodes * levels.count(),
            Some(levels) => 2 * nodes * levels.count(),
            None if self.has_faces() => 2 * (self.columns() - 1) * (self.rows() - 1),
            None => nodes,
        }
    }

    /// How large it is, in words.
    pub fn describe(&self) -> String {
        match (self.triangles(), self.level_count()) {
            (Some(triangles), 1) => format!("a mesh of {} triangles", triangles.count()),
            (Some(triangles), levels) => {
                format!("a mesh of {} triangles on {levels} levels", triangles.count())
            }
            (None, 1) => format!("{} × {} nodes", self.columns(), self.rows()),
            (None, levels) => format!("{} × {} × {levels} nodes", self.columns(), self.rows()),
        }
    }

    /// Bytes of memory that the places of the nodes take, about: nothing to speak of where there are
    /// two axes.
    pub fn bytes(&self) -> u64 {
        let floor = self.levels().and_then(Levels::terrain).map_or(0, Terrain::bytes);
        floor
            + match &self.cells {
                Cells::OfAxes => 0,
                Cells::Curvilinear(nodes) => nodes.bytes(),
                Cells::Triangles(triangles) => triangles.bytes(),
            }
    }

    /// Bytes of a prepared field.
    pub fn field_bytes(&self) -> u64 {
        (self.field_pairs() * size_of::<[f32; 2]>()) as u64
    }

    /// Nodes in a row of a prepared field, the repeated column included.
    pub fn columns(&self) -> usize {
        self.x.len()
    }

    /// Rows of a prepared field, added pole rows included.
    pub fn rows(&self) -> usize {
        self.y.len()
    }

    /// Cells in a row, and rows of cells; triangles are one row.
    pub fn cells(&self) -> [usize; 2] {
        [self.columns() - 1, self.rows() - 1]
    }

    /// The place of a cell among all, row by row from the south.
    pub fn cell_number(&self, [i, j]: [i32; 2]) -> usize {
        j as usize * self.cells()[0] + i as usize
    }

    /// Whether the first column follows the last.
    pub fn is_periodic(&self) -> bool {
        self.period.is_some()
    }

    /// After how many metres, or degrees on a sphere, it does.
    pub fn period(&self) -> Option<f64> {
        self.period
    }

    /// The seam of a tripolar grid.
    pub fn fold(&self) -> Option<&Fold> {
        self.curvilinear().and_then(Curvilinear::fold)
    }

    /// Whether particles can cross the south and the north pole.
    pub fn has_pole(&self) -> [bool; 2] {
        let nodes = self.y.nodes();
        let sphere = matches!(self.axes_mesh(), Mesh::Sphere { .. });
        let globe = sphere && self.period == Some(CIRCLE);
        [globe && nodes[0] == -90.0, globe && nodes[nodes.len() - 1] == 90.0]
    }

    /// Whether a row was added at the south and at the north pole, beyond the data's own.
    pub fn added_poles(&self) -> [bool; 2] {
        self.added_poles
    }

    /// Columns and rows of the data themselves, without what was added: of triangles, one row of all
    /// points that have a velocity.
    pub fn data_shape(&self) -> [usize; 2] {
        if let Some(triangles) = self.triangles() {
            return [triangles.point_count(), 1];
        }
        if let Some(nodes) = self.curvilinear() {
            return nodes.data_shape();
        }
        [
            self.columns() - usize::from(self.added_column),
            self.rows() - self.added_poles.iter().filter(|&&added| added).count(),
        ]
    }

    /// Where a node of the data lies, by its column and row among [`Grid::data_shape`].
    pub fn node(&self, [i, j]: [usize; 2]) -> [f64; 2] {
        match &self.cells {
            Cells::Curvilinear(nodes) => nodes.node([i, j]),
            Cells::Triangles(triangles) => triangles.point(i),
            Cells::OfAxes => {
                [self.x.nodes()[i], self.y.nodes()[j + usize::from(self.added_poles[0])]]
            }
        }
    }

    /// Where the point lies; `None` outside the grid. Longitudes are taken modulo 360, and x modulo the
    /// [period](Grid::period).
    pub fn locate(&self, x: f64, y: f64) -> Option<Location> {
        match &self.cells {
            Cells::OfAxes => {}
            Cells::Curvilinear(nodes) => return nodes.locate(x, y),
            Cells::Triangles(triangles) => return triangles.locate([x, y]),
        }
        let (i, a) = self.locate_x(x)?;
        let (j, b) = self.y.locate(y)?;
        Some(Location { cell: [i, j], offset: [a, b] })
    }

    fn locate_x(&self, x: f64) -> Option<(i32, f64)> {
        let within = |x: f64, period: f64| {
            let x = self.x.wrap(x, period);
            // Just west of the first node is a period east of it.
            self.x.locate(x).or_else(|| self.x.locate(x - period))
        };
        if self.mesh == Mesh::Flat {
            return self.period.map_or_else(|| self.x.locate(x), |period| within(x, period));
        }
        // A longitude is the same a circle on, even where the domain repeats itself otherwise.
        within(x, CIRCLE).or_else(|| {
            let (period, nodes) = (self.period?, self.x.nodes());
            let x = self.x.wrap(x, CIRCLE);
            let (beyond, before) = (x - nodes[nodes.len() - 1], nodes[0] + CIRCLE - x);
            within(if before < beyond { x - CIRCLE } else { x }, period)
        })
    }

    /// Longitude and latitude, or x and y, of a location. Longitudes lie in the axis's own range,
    /// from -180 to 180 on a curvilinear grid.
    pub fn position(&self, at: Location) -> [f64; 2] {
        match &self.cells {
            Cells::OfAxes => [
                self.x.position(at.cell[0], at.offset[0]),
                self.y.position(at.cell[1], at.offset[1]),
            ],
            Cells::Curvilinear(nodes) => nodes.position(at),
            Cells::Triangles(triangles) => triangles.position(at),
        }
    }

    /// West, south, east and north ends of where positions may lie: of the axes, or of all nodes.
    pub fn bounds(&self) -> [f64; 4] {
        match &self.cells {
            Cells::OfAxes => {
                let (x, y) = (self.x.nodes(), self.y.nodes());
                [x[0], y[0], x[x.len() - 1], y[y.len() - 1]]
            }
            Cells::Curvilinear(nodes) => nodes.bounds(),
            Cells::Triangles(triangles) => triangles.bounds(),
        }
    }

    /// The shortest side of a cell in metres, of triangles the least height. Widths count where the
    /// grid is nearest to the equator: towards the poles all of them shrink.
    pub fn finest(&self) -> f64 {
        match &self.cells {
            Cells::OfAxes => {}
            Cells::Curvilinear(nodes) => return 1.0 / nodes.most_per_metre(),
            Cells::Triangles(triangles) => return triangles.finest(),
        }
        let (width, height) = (self.x.narrowest(), self.y.narrowest());
        match self.mesh {
            Mesh::Flat => width.min(height),
            Mesh::Sphere { radius } => {
                let nearest = self.y.nodes().iter().map(|y| y.abs()).fold(90.0, f64::min);
                (width * nearest.to_radians().cos()).min(height) * 1.0_f64.to_radians() * radius
            }
        }
    }

    /// What so many metres are at least, anywhere, in what engines measure displacements in: metres along
    /// the levels, or columns and rows of a curvilinear grid; and metres across them.
    pub fn displacement(&self, metres: f64) -> [f64; 2] {
        let along = self.curvilinear().map_or(1.0, Curvilinear::least_per_metre);
        [metres * along, metres]
    }

    /// Cells that a way of so many metres leads through one after another, at most. Along an axis of
    /// even cells there are none: they are counted, not walked through.
    pub fn most_passed(&self, metres: f64) -> f64 {
        match &self.cells {
            Cells::OfAxes => {}
            Cells::Curvilinear(_) => return 0.0,
            Cells::Triangles(triangles) => return triangles.most_passed(metres),
        }
        let passed = |axis: &Axis, metres_per_unit: f64| match axis.spacing() {
            Some(_) => 0.0,
            None => {
                let cells = (axis.len() - 1) as f64;
                (metres / (axis.narrowest() * metres_per_unit)).ceil().min(cells)
            }
        };
        match self.mesh {
            Mesh::Flat => passed(&self.x, 1.0) + passed(&self.y, 1.0),
            Mesh::Sphere { radius } => {
                let farthest = self.y.nodes().iter().map(|y| y.abs()).fold(0.0, f64::max);
                let degree = radius.to_radians();
                passed(&self.x, degree * farthest.to_radians().cos()) + passed(&self.y, degree)
            }
        }
    }

    /// The distance in metres between two points on this mesh: a great circle or a straight line.
    pub fn distance(&self, a: [f64; 2], b: [f64; 2]) -> f64 {
        self.mesh.distance(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_globe_closes_whether_or_not_the_data_repeat_their_first_meridian() {
        let y = || Axis::new((0..=18).map(|j| f64::from(10 * j) - 90.0).collect()).unwrap();
        for (west, columns) in [(0.0, 36), (0.0, 37), (-180.0, 36), (-180.0, 37)] {
            let x = Axis::new((0..columns).map(|i| west + f64::from(10 * i)).collect()).unwrap();
            let grid = Grid::new(Mesh::Sphere { radius: EARTH_RADIUS }, x, y()).unwrap();
            assert!(grid.is_periodic());
            assert_eq!((grid.columns(), grid.data_shape()), (37, [columns as usize, 19]));
            let values = vec![1.0; columns as usize * 19];
            assert_eq!(Field::new(&grid, &values, &values).nodes().len(), 37 * 19);
            let at = grid.locate(west - 1.0, 5.0).unwrap();
            assert_eq!(at.cell, [35, 9]);
        }
    }

    #[test]
    fn a_channel_and_a_sector_close_after_their_period_alone() {
        let even =
            |count: i32, width: f64| Axis::new((0..count).map(|i| width * f64::from(i)).collect());
        let sphere = Mesh::Sphere { radius: EARTH_RADIUS };
        for (mesh, width, period) in [(Mesh::Flat, 1e3, 36e3), (sphere, 2.0, 72.0)] {
            for columns in [36, 37] {
                let (x, y) = (even(columns, width).unwrap(), even(46, 2.0).unwrap());
                let grid = Grid::repeating(mesh, x.clone(), y.clone(), period).unwrap();
                assert_eq!((grid.columns(), grid.period()), (37, Some(period)));
                assert_eq!(grid.data_shape(), [columns as usize, 46]);
                assert_eq!(grid.has_pole(), [false; 2], "a sector ends at the pole");
                let at = |x: f64| grid.locate(x, 5.0).unwrap();
                assert_eq!(at(-0.5 * width), at(period - 0.5 * width));
                assert_eq!(at(3.5 * period).cell, [18, 2]);
                for other in [period - 3.0 * width, period + 3.0 * width] {
                    let refused = Grid::repeating(mesh, x.clone(), y.clone(), other);
                    assert!(matches!(refused, Err(AxisError::Period { .. })), "{refused:?}");
                }
                assert!(!Grid::new(mesh, x, y).unwrap().is_periodic());
            }
        }
        let narrow =
            Grid::repeating(Mesh::Flat, even(36, 1e3).unwrap(), even(9, 1e3).unwrap(), 35.3e3);
        assert!(matches!(narrow, Err(AxisError::Period { .. })), "{narrow:?}");
        // 70° do not go into a circle: -30° is 330°, wherever that is a period on.
        let x = Axis::new((0..36).map(|i| 290.0 + 2.0 * f64::from(i)).collect()).unwrap();
        let sector = Grid::repeating(sphere, x, even(46, 2.0).unwrap(), 70.0).unwrap();
        for (x, cell) in [(-30.0, 20), (330.0, 20), (-0.5, 34), (1.0, 0), (-71.0, 34)] {
            assert_eq!(sector.locate(x, 5.0).unwrap().cell[0], cell, "{x}");
        }
        let globe =
            Grid::repeating(sphere, even(36, 10.0).unwrap(), even(10, 10.0).unwrap(), 360.0);
        assert_eq!(globe.unwrap().has_pole(), [false, true], "all of it is no sector");
    }

    #[test]
    fn ends_that_f32_has_rounded_are_reached() {
        let axis = |from: f32, to: f32| Axis::new(vec![from.into(), 1.0, to.into()]).unwrap();
        let sphere = Mesh::Sphere { radius: EARTH_RADIUS };
        let grid = Grid::new(sphere, axis(0.100_000_01, 1.9), axis(-0.3, 1.9)).unwrap();
        assert!(f64::from(1.9_f32) < 1.9 && f64::from(0.100_000_01_f32) > 0.1);
        for (x, y, cell) in [(1.9, 1.9, [1, 1]), (0.1, -0.3, [0, 0]), (360.1, 0.0, [0, 0])] {
            let at = grid.locate(x, y).unwrap_or_else(|| panic!("{x}, {y}"));
            assert_eq!(at.cell, cell);
            assert!(at.offset.iter().all(|offset| (0.0..1.0).contains(offset)));
        }
        assert_eq!(grid.locate(1.900_01, 1.0), None);
        assert_eq!(grid.locate(0.099_99, 1.0), None);
    }
}
