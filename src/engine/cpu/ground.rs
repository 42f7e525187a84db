//! Cells as particles walk over them: of rows and columns with an open or a closed coast, or triangles.
//! In the shaders, one file of either is part of a kernel, and whether the coast is closed a constant.

use super::particle::Spot;

/// What leads from cell to cell. The engine is compiled for each, so that none slows another.
pub(super) trait Ground: Sync {
    /// Whether particles are kept from land.
    const CLOSED: bool = false;

    /// The spot a displacement away, which may be outside.
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot;

    /// The nearest spot inside, more or less: velocities beyond the grid are those of its edge.
    fn held(&self, spot: Spot) -> Spot;

    /// The spot a displacement away, held in the grid.
    #[inline(always)]
    fn walk(&self, from: Spot, metres: [f64; 3]) -> Spot {
        self.held(self.settle(from, metres))
    }

    /// The spot a displacement away, held in the cell of the start. Only closed coasts ask for it.
    fn within(&self, from: Spot, metres: [f64; 3]) -> Spot;

    /// A particle that moved by `metres`, but not along the axes of `kept`: there it is in its cell,
    /// next to the side through which it went, or as far from it as it came beyond if it is to
    /// `bounce`. At the depth where it was. Only closed coasts ask for it.
    fn held_in(
        &self,
        before: Spot,
        moved: Spot,
        metres: [f64; 3],
        kept: [bool; 2],
        bounce: bool,
    ) -> Spot;

    /// Whether a cell is one of the grid's.
    fn is_inside(&self, cell: [i32; 2]) -> bool;

    /// The same spot in a cell before the seam of a tripolar grid.
    #[inline(always)]
    fn folded(&self, spot: Spot) -> Spot {
        spot
    }

    /// The corner of its cell that is nearest in the measure of the cell.
    fn nearest_corner(&self, offset: [f64; 2]) -> usize;
}

/// Cells with a closed coast.
pub(super) struct Walled<'a, G>(pub &'a G);

impl<G: Ground> Ground for Walled<'_, G> {
    const CLOSED: bool = true;

    #[inline(always)]
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot {
        self.0.settle(from, metres)
    }

    #[inline(always)]
    fn held(&self, spot: Spot) -> Spot {
        self.0.held(spot)
    }

    #[inline(always)]
    fn walk(&self, from: Spot, metres: [f64; 3]) -> Spot {
        self.0.walk(from, metres)
    }

    fn within(&self, from: Spot, metres: [f64; 3]) -> Spot {
        self.0.within(from, metres)
    }

    fn held_in(
        &self,
        before: Spot,
        moved: Spot,
        metres: [f64; 3],
        kept: [bool; 2],
        bounce: bool,
    ) -> Spot {
        self.0.held_in(before, moved, metres, kept, bounce)
    }

    fn is_inside(&self, cell: [i32; 2]) -> bool {
        self.0.is_inside(cell)
    }

    #[inline(always)]
    fn folded(&self, spot: Spot) -> Spot {
        self.0.folded(spot)
    }

    fn nearest_corner(&self, offset: [f64; 2]) -> usize {
        self.0.nearest_corner(offset)
    }
}
