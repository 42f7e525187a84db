//! Scalars on levels between the floor and the surface.

use std::sync::Arc;

use super::Scalar;
use crate::grid::Formula;

/// What the levels of a scalar follow: fields on points of their own.
pub struct Following {
    /// How depths come from them.
    pub(super) formula: Formula,
    /// Where each level lies and what that is stretched to, from the uppermost.
    pub(super) levels: Vec<[f64; 2]>,
    /// The depth of the floor in metres.
    pub(super) floor: Arc<Scalar>,
    /// The height of the surface in metres; at rest where there is none.
    pub(super) surface: Option<Arc<Scalar>>,
}

impl Following {
    /// The floor, and the surface if it is known.
    pub fn fields(&self) -> impl Iterator<Item = &Arc<Scalar>> {
        std::iter::once(&self.floor).chain(&self.surface)
    }

    pub(super) fn fields_mut(&mut self) -> impl Iterator<Item = &mut Arc<Scalar>> {
        std::iter::once(&mut self.floor).chain(&mut self.surface)
    }

    /// The depth of a level in metres, positive down, from the uppermost, where the floor and the surface
    /// are here.
    ///
    /// # Panics
    /// Where there is no such level.
    pub fn depth(&self, level: usize, floor: f64, surface: f64) -> f64 {
        let [floor, surface] = self.formula.water(floor, surface);
        -self.formula.height(self.levels[level], floor, surface)
    }
}
