//! Cells as particles walk over them: of rows and columns, or triangles. In the shaders, one file of
//! either is part of a kernel.

use super::particle::Spot;

/// What leads from cell to cell. The engine is compiled for each, so that neither slows the other.
pub(super) trait Ground: Sync {
    /// The spot a displacement away, held in the grid: velocities beyond it are those of its edge.
    fn walk(&self, from: Spot, metres: [f64; 3]) -> Spot;

    /// The spot a displacement away, which may be outside.
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot;

    /// Whether a cell is one of the grid's.
    fn is_inside(&self, cell: [i32; 2]) -> bool;

    /// The corner of its cell that is nearest in the measure of the cell.
    fn nearest_corner(&self, offset: [f64; 2]) -> usize;
}
