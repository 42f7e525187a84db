//! Steps that are divided as their error asks: the method of Cash and Karp (1990, ACM Trans. Math.
//! Softw. 16, 201), of fifth order with one of fourth order inside it. Where the two differ by more than
//! is allowed, the part of a step that was tried is halved; where they differ by far less, the next part
//! is twice as long. Twin: `shaders/adaptive.wgsl`

use super::advance::Step;
use super::integrate::scaled;
use crate::engine::{Integrator, Setup};

/// What the two may differ by: along the levels, in what displacements are measured in, and across
/// them in metres.
pub(super) struct Tolerance {
    along: f64,
    down: f64,
}

impl Tolerance {
    /// Of a run whose steps are divided.
    pub fn new(setup: &Setup) -> Option<Self> {
        let Integrator::Rk45 { tolerance } = setup.integrator else { return None };
        let [along, down] = setup.grid.displacement(tolerance);
        Some(Self { along, down })
    }

    /// The error of a part of so many seconds, 1 where it is what is allowed.
    pub fn error(&self, rates: &[[f64; 3]; 6], seconds: f64) -> f64 {
        let off = combined(rates, &DIFFERENCE);
        let [x, y, z] = scaled(off, seconds);
        (x / self.along).hypot(y / self.along).hypot(z / self.down)
    }
}

/// The most parts of a step.
pub(super) const PARTS: u32 = 16;

/// A part grows where its error is below this: twice the length has 32 times the error.
const SMALL: f64 = 1.0 / 64.0;

/// How far through its part each stage is.
pub(super) const PROGRESS: [f64; 6] = [0.0, 0.2, 0.3, 0.6, 1.0, 0.875];

/// How much of each rate is in the mean that leads to the second stage and to those after it.
pub(super) const LEADING: [[f64; 6]; 5] = [
    [0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3.0 / 40.0, 9.0 / 40.0, 0.0, 0.0, 0.0, 0.0],
    [0.3, -0.9, 1.2, 0.0, 0.0, 0.0],
    [-11.0 / 54.0, 2.5, -70.0 / 27.0, 35.0 / 27.0, 0.0, 0.0],
    [1631.0 / 55296.0, 175.0 / 512.0, 575.0 / 13824.0, 44275.0 / 110_592.0, 253.0 / 4096.0, 0.0],
];

/// How much of each rate is in the mean that leads to the end.
pub(super) const ENDING: [f64; 6] =
    [37.0 / 378.0, 0.0, 250.0 / 621.0, 125.0 / 594.0, 0.0, 512.0 / 1771.0];

/// The same, less what the method of fourth order has.
const DIFFERENCE: [f64; 6] = [
    37.0 / 378.0 - 2825.0 / 27648.0,
    0.0,
    250.0 / 621.0 - 18575.0 / 48384.0,
    125.0 / 594.0 - 13525.0 / 55296.0,
    -277.0 / 14336.0,
    512.0 / 1771.0 - 0.25,
];

/// The mean of rates with these weights.
pub(super) fn combined(rates: &[[f64; 3]; 6], weights: &[f64; 6]) -> [f64; 3] {
    let mut mean = [0.0; 3];
    for (rate, weight) in rates.iter().zip(weights) {
        for (mean, rate) in mean.iter_mut().zip(rate) {
            *mean += weight * rate;
        }
    }
    mean
}

/// Of a step, in the shortest parts: what is behind, and what is tried.
pub(super) struct Part {
    done: u32,
    size: u32,
}

impl Part {
    /// All of a step.
    pub const WHOLE: Self = Self { done: 0, size: PARTS };

    /// The part of a step that is tried.
    pub fn tried_of(&self, step: Step) -> Step {
        let [behind, tried] =
            [self.done, self.size].map(|parts| f64::from(parts) / f64::from(PARTS));
        let span = step.fractions[1] - step.fractions[0];
        let begin = step.fractions[0] + span * behind;
        Step { seconds: step.seconds * tried, fractions: [begin, begin + span * tried] }
    }

    /// Whether it has to be tried in halves, which it is from then on.
    pub fn is_too_long(&mut self, error: f64) -> bool {
        if error <= 1.0 || self.size == 1 {
            return false;
        }
        self.size /= 2;
        true
    }

    /// Goes on to the next part. Whether the step is done.
    pub fn ends_step(&mut self, error: f64) -> bool {
        self.done += self.size;
        if error < SMALL && self.done.is_multiple_of(2 * self.size) && self.done < PARTS {
            self.size *= 2;
        }
        self.done == PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conditions that make a method of fifth order and one of fourth, as far as they are sums.
    #[test]
    fn weights_are_those_of_methods_of_order_five_and_four() {
        let fourth: Vec<f64> = ENDING.iter().zip(DIFFERENCE).map(|(b, d)| b - d).collect();
        let moment = |weights: &[f64], power: i32| -> f64 {
            weights.iter().zip(PROGRESS).map(|(b, c)| b * c.powi(power)).sum()
        };
        for power in 0..5 {
            let exact = 1.0 / f64::from(power + 1);
            assert!((moment(&ENDING, power) - exact).abs() < 1e-14, "{power}");
            let off = (moment(&fourth, power) - exact).abs();
            assert!(if power < 4 { off < 1e-14 } else { off > 1e-4 }, "{power}: {off}");
        }
        for (weights, progress) in LEADING.iter().zip(&PROGRESS[1..]) {
            assert!((weights.iter().sum::<f64>() - progress).abs() < 1e-14);
        }
    }

    #[test]
    fn parts_follow_each_other_to_the_end_of_the_step() {
        let step = Step { seconds: 1600.0, fractions: [0.2, 0.6] };
        let mut part = Part::WHOLE;
        assert!(part.is_too_long(2.0) && part.is_too_long(1.1) && !part.is_too_long(0.9));
        // A quarter, and three that may grow to a half where that is aligned.
        let mut lengths = Vec::new();
        let mut end = step.fractions[0];
        loop {
            let tried = part.tried_of(step);
            assert!((tried.fractions[0] - end).abs() < 1e-15);
            end = tried.fractions[1];
            lengths.push(tried.seconds);
            if part.ends_step(0.001) {
                break;
            }
        }
        assert_eq!(lengths, [400.0, 400.0, 800.0]);
        assert!((end - step.fractions[1]).abs() < 1e-15);
        let mut shortest = Part { done: 0, size: 1 };
        assert!(!shortest.is_too_long(1e9), "there is an end to it");
    }
}
