//! What arithmetic alone may do to a position: the rounding of a step in f32.

use serde::{Deserialize, Serialize};

/// The unit roundoff of f32, which is one ULP of an f32 in [½, 1).
pub(super) const UNIT: f64 = 1.0 / (1_u32 << 24) as f64;

/// What the roundings of a step come to, in unit roundoffs of the displacement.
///
/// They are 32, counted along `shaders/`: 1 for the stored velocity; 2 for the offset in the cell,
/// by which velocities of opposite corners differ by 2 at most; 8 for the coefficients of the
/// bilinear form and their sum; 5 for the interpolation in time and its fraction; 7 for the cosine
/// of the latitude and the division by it; 6 for the sum of the stages and its weight; 3 for the
/// metres in a cell. Each is spread evenly over one unit roundoff to either side, and one operation
/// knows nothing of another: this is five standard deviations of their sum, 5 √(32/3).
const ROUNDINGS: f64 = 16.0;

/// A step's size, from which follows how far its rounding may move a particle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arithmetic {
    /// The largest cell's longer side in metres.
    pub cell_m: f64,
    /// The highest speed in m/s.
    pub speed: f64,
    /// The time step in seconds; its sign does not matter.
    pub step_s: f64,
    /// Steps in the run.
    pub steps: u64,
}

impl Arithmetic {
    /// The most that one step in f32 may be off, in metres.
    ///
    /// A position is rounded to 2⁻³⁰ of a cell along both axes, by half of that at most. Everything
    /// else is relative to the displacement: 32 independent roundings of 2⁻²⁴, taken at five standard
    /// deviations of their sum.
    ///
    /// `2⁻³¹ √2 cell + 16 · 2⁻²⁴ · speed · step`
    pub fn per_step(&self) -> f64 {
        let resolution = 0.5_f64.powi(31) * std::f64::consts::SQRT_2 * self.cell_m;
        resolution + ROUNDINGS * UNIT * self.speed * self.step_s.abs()
    }

    /// The most that all steps together may be off where the flow does not pull particles apart:
    /// rounding is the same at each step of a steady drift, so errors are summed, not averaged.
    pub fn accumulated(&self) -> f64 {
        self.steps as f64 * self.per_step()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_drift_is_limited_by_the_resolution_and_a_fast_one_by_f32() {
        let slow = Arithmetic { cell_m: 10_000.0, speed: 0.0, step_s: 60.0, steps: 1 };
        assert!((slow.per_step() - 10_000.0 / 2.0_f64.powi(31) * 2.0_f64.sqrt()).abs() < 1e-12);
        let fast = Arithmetic { cell_m: 0.0, speed: 1.0, step_s: -600.0, steps: 10 };
        assert!((fast.accumulated() - 10.0 * 600.0 * 16.0 / 16_777_216.0).abs() < 1e-12);
    }
}
