//! A snapshot's velocities laid out on a [`Grid`] as the engines read them.

use super::fold::turned;
use super::{Curvilinear, Grid, Mesh, Region};

/// The velocity of a node that has none: land, or a gap in the data.
///
/// It is a finite number that no velocity reaches, and is compared for equality: shaders may assume
/// that there are no NaNs.
pub const MISSING: f32 = 9.969_21e36;

/// Eastward and northward velocity (m/s), or along x and y, at every node of a [`Grid`]. On a
/// curvilinear grid, columns and rows a second.
///
/// Nodes are stored row by row from the south, each row from the west; node (i, j) is at index
/// `j * columns + i`. A node without a velocity holds [`MISSING`] in both components.
///
/// Where velocities go through the faces of cells ([`Grid::has_faces`]), two pairs for each cell are
/// stored in the same order: what goes through its western and eastern, and through its southern and
/// northern face. A cell of land holds [`MISSING`] in all four.
///
/// On triangles ([`Grid::triangles`]) three pairs for each follow each other, one for each of its
/// corners: metres a second along x and y of the mesh's own plane.
///
/// Where there are levels ([`Grid::levels`]), each node has two pairs: the horizontal velocity, then the
/// velocity downward (m/s) and the depth of the node in metres. The levels follow each other from the
/// surface. Where velocities go through faces, each node has three: the two pairs of the cell that it is
/// the south-western corner of ([`MISSING`] where it is of none), then its own. Of triangles all levels of
/// one follow each other, the two pairs of three corners to each.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub(super) nodes: Vec<[f32; 2]>,
    pub(super) fastest: f32,
    pub(super) fastest_down: f32,
}

impl Field {
    /// Lays out a snapshot: `u` and `v` in m/s over the data's own rows and columns (both
    /// ascending), [`MISSING`] where there are none. Repeats the first column and fills pole rows
    /// as `grid` asks.
    ///
    /// # Panics
    /// If `u` or `v` do not have [`Grid::data_shape`]; readers check that before.
    pub fn new(grid: &Grid, u: &[f32], v: &[f32]) -> Self {
        Self::within(grid, &Region::whole(grid), u, v)
    }

    /// The same where `u` and `v` cover a part of the data's rows and columns. The other nodes hold
    /// [`MISSING`].
    ///
    /// # Panics
    /// If `u` or `v` do not have the shape of `region`.
    pub fn within(grid: &Grid, region: &Region, u: &[f32], v: &[f32]) -> Self {
        if let Some(curvilinear) = grid.curvilinear().filter(|_| grid.has_faces()) {
            return Self::of_faces(grid, curvilinear, region, u, v);
        }
        assert_eq!(u.len(), region.nodes(), "u does not have the region's shape");
        assert_eq!(v.len(), u.len(), "u and v differ in shape");
        if let Some(triangles) = grid.triangles() {
            assert_eq!(u.len(), triangles.point_count(), "meshes are read whole");
            let mut fastest = Fastest::default();
            fastest.row(u, v);
            return Self {
                nodes: triangles.at_corners(u, v),
                fastest: fastest.speed(),
                fastest_down: 0.0,
            };
        }
        let [data_columns, data_rows] = grid.data_shape();
        let Region { columns, rows } = region;
        let (width, [south, north]) = (grid.columns(), grid.added_poles());
        let mut nodes = Vec::with_capacity(width * grid.rows());
        nodes.resize((usize::from(south) + rows.start) * width, [MISSING; 2]);
        let mut fastest = Fastest::default();
        for (u, v) in u.chunks_exact(columns.len()).zip(v.chunks_exact(columns.len())) {
            fastest.row(u, v);
            let first = nodes.len();
            nodes.resize(first + columns.start, [MISSING; 2]);
            let of_row = u
                .iter()
                .zip(v)
                .map(|(&u, &v)| if u == MISSING || v == MISSING { [MISSING; 2] } else { [u, v] });
            match grid.curvilinear() {
                None => nodes.extend(of_row),
                Some(curvilinear) => {
                    nodes.extend(of_row.zip(nodes.len()..).map(|(node, index)| {
                        let rates = (node[0] != MISSING).then(|| curvilinear.rates(index, node));
                        rates.flatten().unwrap_or([MISSING; 2])
                    }))
                }
            }
            nodes.resize(first + data_columns, [MISSING; 2]);
            nodes.extend_from_within(first..first + width - data_columns);
        }
        nodes.resize(width * grid.rows(), [MISSING; 2]);
        let mut field = Self { nodes, fastest: 0.0, fastest_down: 0.0 };
        if south && rows.start == 0 {
            fastest.note(field.fill_pole(grid, 0, 1));
        }
        if north && rows.end == data_rows {
            fastest.note(field.fill_pole(grid, grid.rows() - 1, grid.rows() - 2));
        }
        field.fastest = fastest.speed();
        if let Some(fold) = grid.fold() {
            fold.fill(&mut field.nodes, width, turned);
        }
        field
    }

    /// The same where `u` and `v` go through the faces of cells: `u` has one row less than the region
    /// has of corners, and `v` one column less. The highest speed is that of the fastest of either.
    fn of_faces(
        grid: &Grid,
        curvilinear: &Curvilinear,
        region: &Region,
        u: &[f32],
        v: &[f32],
    ) -> Self {
        let (columns, rows) = (region.columns.len(), region.rows.len());
        assert_eq!(u.len(), columns * (rows - 1), "u does not have the region's shape");
        assert_eq!(v.len(), (columns - 1) * rows, "v does not have the region's shape");
        let width = grid.columns() - 1;
        let mut nodes = vec![[MISSING; 2]; 2 * width * (grid.rows() - 1)];
        for j in 0..rows - 1 {
            for i in 0..columns - 1 {
                let (west, south) = (j * columns + i, j * (columns - 1) + i);
                let through = [u[west], u[west + 1], v[south], v[south + columns - 1]];
                let cell = (region.rows.start + j) * width + region.columns.start + i;
                if let Some([w, e, s, n]) = curvilinear.rates_of_faces(cell, through) {
                    nodes[2 * cell] = [w, e];
                    nodes[2 * cell + 1] = [s, n];
                }
            }
        }
        if let Some(fold) = grid.fold() {
            fold.fill_cells(&mut nodes);
        }
        let most = |component: &[f32]| {
            let known = component.iter().filter(|&&velocity| velocity != MISSING);
            known.fold(0.0_f32, |most, velocity| most.max(velocity.abs()))
        };
        Self { nodes, fastest: most(u).hypot(most(v)), fastest_down: 0.0 }
    }

    /// The nodes, row by row from the south-west.
    pub fn nodes(&self) -> &[[f32; 2]] {
        &self.nodes
    }

    /// The highest horizontal speed in m/s of the data that it was made from, 0 where they have none:
    /// found while a row is in the processor's cache.
    pub fn fastest(&self) -> f32 {
        self.fastest
    }

    /// The highest vertical speed in m/s.
    pub fn fastest_down(&self) -> f32 {
        self.fastest_down
    }

    /// The nodes, to change what they hold.
    pub fn nodes_mut(&mut self) -> &mut [[f32; 2]] {
        &mut self.nodes
    }

    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        (self.nodes.len() * size_of::<[f32; 2]>()) as u64
    }

    /// There is one velocity at a pole: the mean over the neighbouring row, as a vector in the
    /// plane of the pole. Each node of the pole row holds it as east and north of its own meridian.
    /// Returns the square of the highest speed in that row.
    fn fill_pole(&mut self, grid: &Grid, pole_row: usize, neighbour: usize) -> f32 {
        debug_assert!(matches!(grid.mesh(), Mesh::Sphere { .. }));
        let columns = grid.columns();
        let [data_columns, _] = grid.data_shape();
        // Around the south pole the axes of the plane turn the other way.
        let turn = if pole_row == 0 { -1.0 } else { 1.0 };
        let (mut sum, mut count) = ([0.0_f64; 2], 0);
        for i in 0..data_columns {
            let [u, v] = self.nodes[neighbour * columns + i];
            if u != MISSING {
                let (sin, cos) = grid.x().nodes()[i].to_radians().sin_cos();
                let (u, v) = (f64::from(u), turn * f64::from(v));
                sum[0] += -sin * u - cos * v;
                sum[1] += cos * u - sin * v;
                count += 1;
            }
        }
        if count == 0 {
            return 0.0;
        }
        let mean = sum.map(|s| s / f64::from(count));
        let mut most = 0.0_f32;
        for i in 0..columns {
            let (sin, cos) = grid.x().nodes()[i].to_radians().sin_cos();
            let u = (-sin * mean[0] + cos * mean[1]) as f32;
            let v = (-turn * (cos * mean[0] + sin * mean[1])) as f32;
            self.nodes[pole_row * columns + i] = [u, v];
            most = most.max(u * u + v * v);
        }
        most
    }
}

/// Squares of the highest speeds so far: eight side by side, of which the compiler makes vectors.
#[derive(Default)]
pub(super) struct Fastest([f32; 8]);

impl Fastest {
    /// Looks at the nodes of a row.
    pub fn row(&mut self, u: &[f32], v: &[f32]) {
        let square = |u: f32, v: f32| {
            let is_missing = (u == MISSING) | (v == MISSING);
            if is_missing { 0.0 } else { u * u + v * v }
        };
        let ((us, u_rest), (vs, v_rest)) = (u.as_chunks::<8>(), v.as_chunks::<8>());
        for (u, v) in us.iter().zip(vs) {
            for (most, (&u, &v)) in self.0.iter_mut().zip(u.iter().zip(v)) {
                let square = square(u, v);
                *most = if square > *most { square } else { *most };
            }
        }
        u_rest.iter().zip(v_rest).for_each(|(&u, &v)| self.note(square(u, v)));
    }

    fn note(&mut self, square: f32) {
        self.0[0] = self.0[0].max(square);
    }

    pub fn speed(self) -> f32 {
        self.0.into_iter().fold(0.0, f32::max).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, EARTH_RADIUS};

    #[test]
    fn the_highest_speed_is_found_wherever_it_is() {
        let axis = |count: i32| Axis::new((0..count).map(f64::from).collect()).unwrap();
        let grid = Grid::new(Mesh::Flat, axis(11), axis(3)).unwrap();
        for place in 0..33 {
            let (mut u, mut v) = (vec![0.3; 33], vec![-0.4; 33]);
            (u[place], v[place]) = (-3.0, 4.0);
            let speed = |u: &[f32], v: &[f32]| Field::new(&grid, u, v).fastest();
            assert_eq!(speed(&u, &v), 5.0, "at {place}");
            v[place] = MISSING;
            assert_eq!(
                speed(&u, &v),
                0.5,
                "a node of which one component is missing does not count"
            );
            assert_eq!(speed(&[MISSING; 33], &v), 0.0);
        }
    }

    #[test]
    fn nodes_at_a_pole_count_too() {
        let x = Axis::new((0..12).map(|i| f64::from(30 * i)).collect()).unwrap();
        let y = Axis::new((-2..=2).map(|j| f64::from(40 * j)).collect()).unwrap();
        let grid = Grid::new(Mesh::Sphere { radius: EARTH_RADIUS }, x, y).unwrap();
        assert_eq!(grid.added_poles(), [true; 2]);
        let (u, v): (Vec<f32>, Vec<f32>) = (0..60)
            .map(|n| ((f64::from(n) * 0.1).cos() as f32, (f64::from(n) * 0.1).sin() as f32))
            .unzip();
        let field = Field::new(&grid, &u, &v);
        let speeds = field.nodes().iter().map(|[u, v]| (u * u + v * v).sqrt());
        assert_eq!(field.fastest(), speeds.fold(0.0, f32::max));
    }
}
