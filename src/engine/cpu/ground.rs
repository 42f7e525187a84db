//! Cells as particles walk over them: of rows and columns, or triangles. In the shaders, one file of
//! either is part of a kernel.

use super::particle::Spot;

/// What leads from cell to cell. The engine is compiled for each, so that neither slows the other.
pub(super) trait Ground: Sync {
    /// The spot a displacement away, which may be outside.
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot;

    /// The nearest spot inside, more or less: velocities beyond the grid are those of its edge.
    fn held(&self, spot: Spot) -> Spot;

    /// The spot a displacement away, held in the grid.
    #[inline(always)]
    fn walk(&self, from: Spot, metres: [f64; 3]) -> Spot {
        self.held(self.settle(from, metres))
    }

    /// Whether a cell is one of the grid's.
    fn is_inside(&self, cell: [i32; 2]) -> bool;

    /// The corner of its cell that is nearest in the measure of the cell.
    fn nearest_corner(&self, offset: [f64; 2]) -> usize;
}
