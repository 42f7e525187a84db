//! A grid as the shaders read it: metric factors computed in f64, rounded once.

use bytemuck::Zeroable;

use super::layout;
use crate::engine::Setup;
use crate::engine::cpu::polar::poles_of_rows;
use crate::grid::{Fold, Grid, Mesh, Triangles};

/// The contents of the uniform and storage buffers that describe a grid: bindings 0 to 2,
/// and 5.
pub(super) struct Tables {
    /// Not read where cells are triangles.
    pub grid: layout::Grid,
    /// Rows, or the sides of triangles.
    pub first: Vec<u8>,
    /// Columns, or the scales of triangles.
    pub second: Vec<u8>,
    /// Where other forcings take over; one number, which is not read, where none does.
    pub takers: Vec<u8>,
}

impl Tables {
    pub fn new(setup: &Setup) -> Self {
        let grid = &setup.grid;
        let tables = match grid.triangles() {
            None => Self::of_axes(grid),
            Some(triangles) => Self::of_triangles(triangles),
        };
        let takers = setup.handover.as_ref().map_or(&[0][..], |handover| handover.all());
        Self { takers: bytemuck::cast_slice::<u32, u8>(takers).to_vec(), ..tables }
    }

    /// Bytes of the largest of them.
    pub fn largest(grid: &Grid) -> u64 {
        let largest = match grid.triangles() {
            None => grid.rows() * size_of::<layout::Row>(),
            Some(triangles) => 3 * triangles.count() * size_of::<layout::Side>(),
        };
        largest as u64
    }

    fn of_triangles(triangles: &Triangles) -> Self {
        let sides = triangles.sides().iter().flatten().map(|side| layout::Side {
            next: side.next,
            share_after: side.share[0] as f32,
            share_last: side.share[1] as f32,
        });
        let scales = (0..triangles.count()).map(|triangle| {
            let [ax, ay, bx, by] = triangles.per_metre(triangle).map(|part| part as f32);
            // Column by column, as WGSL has matrices.
            [ax, bx, ay, by]
        });
        let (sides, scales): (Vec<_>, Vec<_>) = (sides.collect(), scales.collect());
        Self {
            grid: layout::Grid::zeroed(),
            first: bytemuck::cast_slice(&sides).to_vec(),
            second: bytemuck::cast_slice::<[f32; 4], u8>(&scales).to_vec(),
            takers: Vec::new(),
        }
    }

    fn of_axes(grid: &Grid) -> Self {
        let (radius, metres_per_unit) = match grid.axes_mesh() {
            Mesh::Sphere { radius } => (radius, radius * 1.0_f64.to_radians()),
            Mesh::Flat => (0.0, 1.0),
        };
        let (x, y) = (grid.x(), grid.y());
        let cells = [x.len() - 1, y.len() - 1];
        let per_metre = |width: f64| (1.0 / (width * metres_per_unit)) as f32;
        let rows = poles_of_rows(grid).into_iter().enumerate().map(|(row, pole)| {
            let height = y.width(row);
            let middle = (y.nodes()[row] + 0.5 * height).to_radians();
            let to_pole = 90.0 - pole * y.nodes()[row];
            layout::Row {
                metric: [
                    middle.cos() as f32,
                    middle.sin() as f32,
                    height.to_radians() as f32,
                    per_metre(height),
                ],
                polar: [pole as f32, (to_pole.to_radians() * radius) as f32],
                padding: [0; 2],
            }
        });
        let columns = (0..cells[0]).map(|column| per_metre(x.width(column)));
        let (rows, columns): (Vec<_>, Vec<_>) = (rows.collect(), columns.collect());
        Self {
            grid: layout::Grid {
                cells: cells.map(|count| count as i32),
                columns: grid.columns() as i32,
                radius: radius as f32,
                per_metre: [per_metre(x.width(0)), per_metre(y.width(0))],
                sums: grid.fold().map_or([0; 2], |fold| fold.sums),
                // Not read where there is no seam.
                seam: grid.fold().map_or(i32::MAX, Fold::first_cells),
                padding: 0,
            },
            first: bytemuck::cast_slice(&rows).to_vec(),
            second: bytemuck::cast_slice(&columns).to_vec(),
            takers: Vec::new(),
        }
    }
}
