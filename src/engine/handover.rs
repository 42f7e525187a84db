//! Cells in which another forcing takes over.

use std::sync::Arc;

/// Which forcings take particles over, by the cell that these come into.
///
/// At the end of a step in such a cell an engine gives a particle the status [`HANDED_OVER`], if the
/// [`Leg`](super::Leg) says that one of the forcings is in force, and goes no further with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    takers: Arc<[u32]>,
    columns: usize,
}

/// The code of a particle that ended its part in a window where another forcing takes over:
/// no [`Status`](super::Status), for a run goes on with it at once.
pub const HANDED_OVER: u32 = 7;

impl Handover {
    /// Of each cell, row by row from the south, the forcings that take over there: bit k for the kth.
    ///
    /// # Panics
    /// If the cells do not fill rows of so many.
    pub fn new(takers: Vec<u32>, columns: usize) -> Self {
        assert!(takers.len().is_multiple_of(columns), "rows of cells are complete");
        Self { takers: takers.into(), columns }
    }

    /// The forcings that take over in a cell.
    pub fn takers(&self, [i, j]: [i32; 2]) -> u32 {
        self.takers[j as usize * self.columns + i as usize]
    }

    /// The same of all cells.
    pub fn all(&self) -> &[u32] {
        &self.takers
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }
}
