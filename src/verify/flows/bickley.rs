//! The Bickley jet: a meandering jet between vortices (Rypina et al. 2007, *J. Atmos. Sci.* 64).

use super::{Flow, even};
use crate::grid::{Grid, Mesh};
use crate::verify::VerifyError;
use crate::verify::suite::{Case, Course};

/// Speed of the jet (m/s) and its half-width (m).
const SPEED: f64 = 62.66;
const WIDTH: f64 = 1.77e6;
const EARTH: f64 = 6.371e6;
/// Amplitudes of the three waves.
const WAVES: [f64; 3] = [0.075, 0.4, 0.3];

/// The waves' numbers (1/m) and speeds (m/s).
#[derive(Clone)]
struct Jet {
    k: [f64; 3],
    c: [f64; 3],
}

impl Jet {
    fn new() -> Self {
        let k = [2.0, 4.0, 6.0].map(|n| n / EARTH);
        let (c2, c3) = (0.205 * SPEED, 0.461 * SPEED);
        let c1 = c3 + 0.5 * (5.0_f64.sqrt() - 1.0) * (k[1] / k[0]) * (c2 - c3);
        Self { k, c: [c1, c2, c3] }
    }
}

impl Flow for Jet {
    fn velocity(&self, t: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        let (mut wave, mut slope) = (0.0, 0.0);
        for ((amplitude, k), c) in WAVES.iter().zip(self.k).zip(self.c) {
            let (sin, cos) = (k * (x - c * t)).sin_cos();
            wave += amplitude * cos;
            slope -= amplitude * k * sin;
        }
        let tanh = (y / WIDTH).tanh();
        let sech2 = 1.0 - tanh * tanh;
        [SPEED * sech2 * (1.0 + 2.0 * tanh * wave), SPEED * WIDTH * sech2 * slope]
    }
}

pub(super) fn case() -> Result<Case, VerifyError> {
    let course = Course {
        flow: Jet::new(),
        grid: Grid::new(Mesh::Flat, even(0.0, 2e7, 400)?, even(-4e6, 4e6, 160)?)?,
        releases: (-5..=5).map(|row| [4e6, f64::from(row) * 5e5]).collect(),
        duration: 86_400.0,
        intervals: 96,
        step: 300.0,
    };
    let what = "distance after a day from RK4 of the exact flow in f64 with a quarter of the step; \
                tolerance: interpolation in space and time grown by the flow's own stretching, \
                truncation, rounding";
    course.case("Bickley jet", what, course.predictions())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waves_have_their_published_speeds() {
        for (c, published) in Jet::new().c.iter().zip([9.058543016, 12.845300, 28.886260]) {
            assert!((c - published).abs() < 1e-6, "{c}");
        }
    }

    #[test]
    fn the_flow_has_no_divergence() {
        let (jet, d) = (Jet::new(), 100.0);
        for at in [[4e6, 1e6], [1.2e7, -5e5]] {
            let east = jet.velocity(3600.0, [at[0] + d, at[1]])[0]
                - jet.velocity(3600.0, [at[0] - d, at[1]])[0];
            let north = jet.velocity(3600.0, [at[0], at[1] + d])[1]
                - jet.velocity(3600.0, [at[0], at[1] - d])[1];
            assert!((east + north).abs() < 1e-6 * east.abs().max(1e-4), "{east} {north}");
        }
    }
}
