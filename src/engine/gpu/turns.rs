//! How many steps a dispatch may take before Mesa's software adapter ends its loops: it does so without
//! a word after 65 535 turns of all loops together that an invocation takes, with those beside it.

use super::layout::STEPS;
use crate::engine::ways::Ways;
use crate::engine::{Device, DeviceKind, EngineError, Integrator, MOST_WAYS, Setup, Window};
use crate::grid::Grid;

/// Turns of all loops after which they end.
const ALLOWED: f64 = 65_535.0;

/// Invocations that take the turns of a loop together, each of which may ask for turns of its own.
const TOGETHER: f64 = 8.0;

/// Turns of a step that passes no cell: of its stages, and of what waits for a cell.
const OF_A_STEP: f64 = 15.0;

/// Turns at the walls around triangles, `WALLS` in `shaders/triangles.wgsl`.
const OF_WALLS: f64 = 16.0;

/// Ways from cell to cell in a step: to three stages, to its end, and one that was in vain.
const WAYS: f64 = 5.0;

/// Tries of a step that is divided: as many as it has parts at most, and twice as many in vain as it is
/// halved and grows again. The ways of all of them together are as long as five of the step's own, each to
/// five stages.
const TRIES: f64 = 3.0 * 16.0;
const WAYS_OF_TRIES: f64 = 5.0 * (WAYS + 2.0);

/// Turns of an analytic step: two of a way, and three more where it leads to a dry cell, which few do.
const OF_WAYS: f64 = 2.5 * MOST_WAYS as f64;

/// Turns for a level that is looked at: of the search, and of the two sheets around a cell.
const OF_A_LEVEL: f64 = 3.0;

/// What limits the steps of a dispatch beside its time.
pub(super) struct Turns {
    /// `None` where nothing does.
    grid: Option<Grid>,
    /// Of a step that passes no cell, and ways from cell to cell.
    of_a_step: f64,
    ways: f64,
    device: String,
    analytic: Option<Ways>,
}

impl Turns {
    pub fn new(device: &Device, setup: &Setup) -> Self {
        let grid = (device.kind == DeviceKind::Software).then(|| setup.grid.clone());
        let (of_a_step, ways): (f64, f64) = match setup.integrator {
            Integrator::Rk45 { .. } => (TRIES * OF_A_STEP, WAYS_OF_TRIES),
            Integrator::Analytic => (OF_WAYS, 0.0),
            Integrator::Euler | Integrator::Rk2 | Integrator::Rk4 => (OF_A_STEP, WAYS),
        };
        let is_walled = setup.grid.triangles().is_some() && setup.coast.is_closed();
        let of_a_step = of_a_step + if is_walled { OF_WALLS } else { 0.0 };
        Self { grid, of_a_step, ways, device: device.name.clone(), analytic: Ways::of(setup) }
    }

    /// Steps that a dispatch may take where no velocity is above `fastest`, in m/s along the levels
    /// and across them.
    ///
    /// # Errors
    /// [`EngineError::StepTooLong`] where one is too many, [`EngineError::TooManyWays`].
    pub fn steps(&self, window: &Window, fastest: [f32; 2]) -> Result<u32, EngineError> {
        if let Some(analytic) = &self.analytic {
            analytic.check(window, fastest[0])?;
        }
        let Some(grid) = &self.grid else { return Ok(STEPS as u32) };
        let longest = window.steps.iter().map(|step| step.span.seconds().abs()).fold(0.0, f64::max);
        let [along, across] = fastest.map(|speed| longest * f64::from(speed));
        let cells = grid.most_passed(along);
        let levels = grid.levels().map_or(0.0, |levels| 1.0 + levels.most_passed(across));
        let of_a_way = cells + OF_A_LEVEL * levels;
        let of_a_step = self.of_a_step + self.ways * of_a_way;
        let steps = (ALLOWED / (TOGETHER * of_a_step)).floor();
        if steps < 1.0 {
            return Err(EngineError::StepTooLong {
                seconds: longest,
                fastest: fastest[0],
                cells: (cells + levels) as u64,
                device: self.device.clone(),
            });
        }
        Ok((steps as u32).min(STEPS as u32))
    }
}
