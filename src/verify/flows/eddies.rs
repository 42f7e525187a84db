//! Inertial oscillations in a uniform flow: stationary, moving and decaying eddies (Fabbroni 2009,
//! *Numerical simulations of passive tracers dispersion in the sea*, PhD thesis, Bologna).
//!
//! The velocity varies in time alone. What is tested is the order of stages and the interpolation
//! between snapshots.

use super::{Flow, plane};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::suite::{Case, Course};

/// Coriolis parameter, 1/s.
const F: f64 = 1e-4;
/// Speed at the start, m/s.
const START: f64 = 0.3;

/// u = g e^(−γg t) + (u₀ − g) e^(−γ t) cos ft, v = −(u₀ − g) e^(−γ t) sin ft
#[derive(Clone)]
struct Eddy {
    /// g, the mean current in m/s.
    mean: f64,
    /// γ, 1/s.
    decay: f64,
    /// γg, 1/s.
    mean_decay: f64,
}

impl Flow for Eddy {
    fn velocity(&self, t: f64, _: [f64; 2]) -> [f64; 2] {
        let swing = (START - self.mean) * (-self.decay * t).exp();
        let mean = self.mean * (-self.mean_decay * t).exp();
        [mean + swing * (F * t).cos(), -swing * (F * t).sin()]
    }
}

impl Eddy {
    /// The closed form, from `at` over `t` seconds.
    fn exact(&self, at: [f64; 2], t: f64) -> [f64; 2] {
        let drift = match self.mean_decay {
            0.0 => self.mean * t,
            decay => self.mean / decay * (1.0 - (-decay * t).exp()),
        };
        let ratio = self.decay / F;
        let radius = (START - self.mean) * F / (F * F + self.decay * self.decay);
        let fading = (-self.decay * t).exp();
        let (sin, cos) = (F * t).sin_cos();
        [
            at[0] + drift + radius * (ratio + fading * (sin - ratio * cos)),
            at[1] - radius * (1.0 - fading * (cos + ratio * sin)),
        ]
    }

    fn case(
        self,
        name: &'static str,
        hours: f64,
        interval: f64,
        step: f64,
    ) -> Result<Case, VerifyError> {
        let release = [12_000.0, 12_500.0];
        let duration = hours * 3600.0;
        let course = Course {
            grid: plane([25_000.0, 25_000.0], [2, 2])?,
            releases: vec![release],
            duration,
            intervals: (duration / interval) as usize,
            step,
            flow: self,
        };
        let at = course.flow.exact(release, duration);
        let tolerance = course.predictions()[0].tolerance;
        let what = "distance from the closed form; tolerance: linear interpolation between \
                    snapshots, truncation, rounding";
        course.case(name, what, vec![Prediction { at, tolerance }])
    }
}

const DECAY: f64 = 1.0 / (2.89 * 86_400.0);
const MEAN_DECAY: f64 = 1.0 / (28.9 * 86_400.0);
const STATIONARY: Eddy = Eddy { mean: 0.0, decay: 0.0, mean_decay: 0.0 };
const MOVING: Eddy = Eddy { mean: 0.04, decay: 0.0, mean_decay: 0.0 };
const DECAYING: Eddy = Eddy { mean: 0.04, decay: DECAY, mean_decay: MEAN_DECAY };

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    Ok(vec![
        STATIONARY.case("stationary eddy", 6.0, 60.0, 60.0)?,
        MOVING.case("moving eddy", 6.0, 180.0, 60.0)?,
        DECAYING.case("decaying eddy", 48.0, 900.0, 300.0)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_give_the_published_values() {
        for (eddy, from, hours, published) in [
            (STATIONARY, [12e3, 12.5e3], 6.0, [14494.150382336, 7832.902561248]),
            (MOVING, [12e3, 12.5e3], 6.0, [15025.596998025, 8455.182219748]),
            (MOVING, [12e3, 12.5e3], 1.0, [13059.913006515, 12333.331741563]),
            (DECAYING, [12e3, 12.5e3], 6.0, [14996.509206631, 8660.466581980]),
            (DECAYING, [1e4, 1e4], 23.0, [15089.166132687, 6702.141210860]),
        ] {
            let at = eddy.exact(from, hours * 3600.0);
            let miss = (at[0] - published[0]).hypot(at[1] - published[1]);
            assert!(miss < 1e-8, "{at:?} {published:?}");
        }
    }
}
