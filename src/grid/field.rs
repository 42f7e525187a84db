//! A snapshot's velocities laid out on a [`Grid`] as the engines read them.

use super::{Grid, Mesh, Region};

/// The velocity of a node that has none: land, or a gap in the data.
///
/// It is a finite number that no velocity reaches, and is compared for equality: shaders may assume
/// that there are no NaNs.
pub const MISSING: f32 = 9.969_21e36;

/// Eastward and northward velocity (m/s), or along x and y, at every node of a [`Grid`].
///
/// Nodes are stored row by row from the south, each row from the west; node (i, j) is at index
/// `j * columns + i`. A node without a velocity holds [`MISSING`] in both components.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    nodes: Vec<[f32; 2]>,
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
        assert_eq!(u.len(), region.nodes(), "u does not have the region's shape");
        assert_eq!(v.len(), u.len(), "u and v differ in shape");
        let [data_columns, data_rows] = grid.data_shape();
        let Region { columns, rows } = region;
        let (width, [south, north]) = (grid.columns(), grid.added_poles());
        let mut nodes = Vec::with_capacity(width * grid.rows());
        nodes.resize((usize::from(south) + rows.start) * width, [MISSING; 2]);
        for (u, v) in u.chunks_exact(columns.len()).zip(v.chunks_exact(columns.len())) {
            let first = nodes.len();
            nodes.resize(first + columns.start, [MISSING; 2]);
            nodes.extend(
                u.iter().zip(v).map(|(&u, &v)| {
                    if u == MISSING || v == MISSING { [MISSING; 2] } else { [u, v] }
                }),
            );
            nodes.resize(first + data_columns, [MISSING; 2]);
            nodes.extend_from_within(first..first + width - data_columns);
        }
        nodes.resize(width * grid.rows(), [MISSING; 2]);
        let mut field = Self { nodes };
        if south && rows.start == 0 {
            field.fill_pole(grid, 0, 1);
        }
        if north && rows.end == data_rows {
            field.fill_pole(grid, grid.rows() - 1, grid.rows() - 2);
        }
        field
    }

    /// The nodes, row by row from the south-west.
    pub fn nodes(&self) -> &[[f32; 2]] {
        &self.nodes
    }

    /// The nodes, to change what they hold.
    pub fn nodes_mut(&mut self) -> &mut [[f32; 2]] {
        &mut self.nodes
    }

    /// The highest speed in m/s, 0 where no node has a velocity.
    pub fn fastest(&self) -> f32 {
        let square = |&[u, v]: &[f32; 2]| if u == MISSING { 0.0 } else { u * u + v * v };
        // Eight maxima side by side, of which the compiler makes vectors.
        let mut most = [0.0_f32; 8];
        let (eights, rest) = self.nodes.as_chunks::<8>();
        for nodes in eights {
            for (most, node) in most.iter_mut().zip(nodes) {
                let square = square(node);
                *most = if square > *most { square } else { *most };
            }
        }
        most.into_iter().chain(rest.iter().map(square)).fold(0.0, f32::max).sqrt()
    }

    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        (self.nodes.len() * size_of::<[f32; 2]>()) as u64
    }

    /// There is one velocity at a pole: the mean over the neighbouring row, as a vector in the
    /// plane of the pole. Each node of the pole row holds it as east and north of its own meridian.
    fn fill_pole(&mut self, grid: &Grid, pole_row: usize, neighbour: usize) {
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
            return;
        }
        let mean = sum.map(|s| s / f64::from(count));
        for i in 0..columns {
            let (sin, cos) = grid.x().nodes()[i].to_radians().sin_cos();
            let u = -sin * mean[0] + cos * mean[1];
            let v = -turn * (cos * mean[0] + sin * mean[1]);
            self.nodes[pole_row * columns + i] = [u as f32, v as f32];
        }
    }
}
