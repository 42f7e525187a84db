//! How far an analytic step may lead.

use super::{EngineError, Integrator, Setup, Window};

/// Ways from face to face that an analytic step may have. A particle in circles so small that there would
/// be more of them, around the corner of four cells, rests until the step is over.
pub const MOST_WAYS: u32 = 128;

/// Cells that the fastest water may pass in a step. Rounding may end a way just before a face, and
/// another leads over it; and there are circles besides.
const MOST_CELLS: u32 = MOST_WAYS / 2;

/// What keeps steps from being cut short without a word.
pub(super) struct Ways {
    /// The shortest side of a cell in metres.
    finest: f64,
}

impl Ways {
    /// `None` where steps are no such ways.
    pub fn of(setup: &Setup) -> Option<Self> {
        (setup.integrator == Integrator::Analytic).then(|| Self { finest: setup.grid.finest() })
    }

    /// That steps lead through no more cells than they are followed through, where no velocity is above
    /// `fastest` m/s.
    ///
    /// # Errors
    /// [`EngineError::TooManyWays`].
    pub fn check(&self, window: &Window, fastest: f32) -> Result<(), EngineError> {
        let longest = window.steps.iter().map(|step| step.span.seconds().abs()).fold(0.0, f64::max);
        let cells = 2.0 * longest * f64::from(fastest) / self.finest;
        if cells <= f64::from(MOST_CELLS) {
            return Ok(());
        }
        let (cells, most) = (cells as u64, MOST_CELLS);
        Err(EngineError::TooManyWays { seconds: longest, fastest, cells, most })
    }
}
