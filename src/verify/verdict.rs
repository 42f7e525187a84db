//! Whether rounding explains how far a device is from the reference.
//!
//! # The tolerance
//!
//! A device commits a small error in each step k, and the flow carries it to the end of the run:
//!
//! `x_device(T) − x_reference(T) = Σ Φ(T, tₖ) eₖ`
//!
//! where Φ(T, t) is how the flow turns and stretches a small distance between t and T. Two factors
//! are needed.
//!
//! **How large the errors are.** `‖eₖ‖ ≤ r`, the rounding of one step, follows from the number
//! format alone: see [`Arithmetic::per_step`]. Errors of a steady drift have the same sign in every
//! step, so that they add up to `E = steps · r` and no square root of the number of steps is taken.
//!
//! **How much the flow stretches them.** It is measured on the reference itself. A second run of it,
//! from positions one f32 ULP away ([`perturbed`], a distance δ of 2⁻²⁴ of a cell along both axes),
//! ends with separations D. The amplification of a particle is `A = D / δ`. It is small in a calm
//! flow, and grows as fast as the divergence of trajectories in a chaotic one. No device and no
//! rounding takes part in it: both runs are exact but for f64.
//!
//! The tolerance at a quantile q of the separations is then
//!
//! `tolerance(q) = 4 · E · max(1, A(q))`
//!
//! * The maximum with 1: where trajectories approach each other, errors of the last steps have not
//!   been reduced yet.
//! * The factor 4: a perturbation has one direction. A fraction of particles has it along the
//!   direction in which the flow shrinks, and errors of later steps are stretched over a shorter
//!   time but along other directions. In two dimensions half of all directions are stretched by
//!   1/√2 of the most at least, which leaves a factor of nearly 3 for the second effect.
//!
//! Quantiles are compared with quantiles, never one particle's separation with its own
//! amplification, for the same reason.
//!
//! A mistake in the physics is no rounding: it is an error of the same kind in each step, carried by
//! the same flow. A metric that is wrong by 10⁻⁴ moves a particle by 10⁻⁴ of its way, fifty times E,
//! and the flow stretches both alike. So chaos does not hide it.
//!
//! # Particles whose status differs
//!
//! Of two trajectories that pass a coast at a distance, one may strand. How many do is proportional
//! to the distance between the runs. The perturbed run shows how many it is for its own separations,
//! S. Expected are `λ = (S + 1) · max(1, median_device / median_perturbed)`, where the one is for
//! what a count of none leaves open. Allowed are `λ + 3 √λ`, but never more than a hundredth of the
//! particles, rounded up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::arithmetic::Arithmetic;
use super::separation::Separations;
use crate::engine::Particle;

/// One ULP of an f32 offset in [½, 1).
const ULP: f64 = 1.0 / (1_u32 << 24) as f64;

/// What one perturbation's direction may hide; see the module.
const DIRECTION: f64 = 4.0;

/// The same particles one f32 ULP of their offset away, along both axes and towards the middle of
/// the cell.
pub fn perturbed(particles: &[Particle]) -> Vec<Particle> {
    let toward_middle = |offset: f64| if offset < 0.5 { offset + ULP } else { offset - ULP };
    particles
        .iter()
        .map(|particle| Particle { offset: particle.offset.map(toward_middle), ..*particle })
        .collect()
}

/// One quantile of the separations beside its tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Which quantile.
    pub quantile: String,
    /// The device's separation from the reference in metres.
    pub metres: f64,
    /// How much the flow stretched a perturbation.
    pub amplification: f64,
    /// The most that the separation may be, in metres.
    pub tolerance_m: f64,
    /// Whether it is no more.
    pub passed: bool,
}

/// Whether a device computes what the reference computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether rounding explains everything.
    pub passed: bool,
    /// The tolerance on the largest separation, in metres.
    pub tolerance_m: f64,
    /// What rounding adds up to without any stretching by the flow, in metres.
    pub rounding_m: f64,
    /// Each quantile.
    pub checks: Vec<Check>,
    /// How many particles may differ in status.
    pub allowed_differing_status: usize,
    /// Why it passed or did not, in a sentence or two.
    pub explanation: String,
}

/// Judges a device by how far it is from the reference, given how far the reference is from itself
/// when it starts one ULP away.
///
/// * `device`: the device against the reference at the end of the run.
/// * `perturbed`: the reference from [`perturbed`] positions against the reference.
/// * `start`: the perturbed positions against the others before the run.
/// * `arithmetic`: the size of the run's steps. The speed is the highest in the fields.
pub fn verdict(
    device: &Separations,
    perturbed: &Separations,
    start: &Separations,
    arithmetic: &Arithmetic,
) -> Verdict {
    let rounding_m = arithmetic.accumulated();
    let check = |((quantile, metres), (_, apart)): ((&str, f64), (_, f64))| {
        let amplification = apart / start.metres.median;
        let tolerance_m = DIRECTION * rounding_m * amplification.max(1.0);
        let passed = metres <= tolerance_m;
        Check { quantile: quantile.to_owned(), metres, amplification, tolerance_m, passed }
    };
    let checks: Vec<Check> =
        device.metres.named().into_iter().zip(perturbed.metres.named()).map(check).collect();
    let allowed = allowed_differing_status(device, perturbed);
    let same_particles = device.count == perturbed.count && device.count == start.count;
    let measured = start.metres.median > 0.0;
    let flips = device.differing_status <= allowed;
    let explanation = explain(device, &checks, same_particles, measured, allowed, rounding_m);
    Verdict {
        passed: same_particles && measured && flips && checks.iter().all(|check| check.passed),
        tolerance_m: checks.last().map_or(0.0, |check| check.tolerance_m),
        rounding_m,
        checks,
        allowed_differing_status: allowed,
        explanation,
    }
}

fn allowed_differing_status(device: &Separations, perturbed: &Separations) -> usize {
    let apart = (device.metres.median / perturbed.metres.median).max(1.0);
    let expected = (perturbed.differing_status + 1) as f64 * apart;
    ((expected + 3.0 * expected.sqrt()) as usize).min(device.count.div_ceil(100))
}

fn explain(
    device: &Separations,
    checks: &[Check],
    same_particles: bool,
    measured: bool,
    allowed: usize,
    rounding_m: f64,
) -> String {
    if !same_particles {
        return "the three comparisons are not of the same particles".into();
    }
    if !measured {
        return "the perturbed run starts where the other does, so nothing was measured".into();
    }
    if device.differing_status > allowed {
        return format!(
            "{} particles differ in status and rounding explains {allowed}: look at the coast and \
             the edges of the domain",
            device.differing_status
        );
    }
    match checks.iter().find(|check| !check.passed) {
        Some(Check { quantile, metres, amplification, tolerance_m, .. }) => format!(
            "the {quantile} separation is {metres:.3e} m and rounding explains {tolerance_m:.3e} m \
             ({rounding_m:.3e} m over the run, stretched {amplification:.1} times by the flow): \
             the device computes something else than the reference"
        ),
        None => {
            let stretched = checks.last().map_or(1.0, |check| check.amplification);
            format!(
                "rounding adds up to {rounding_m:.3e} m over the run and the flow stretches it up \
                 to {stretched:.1} times: all separations are within that"
            )
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.passed { "passed" } else { "FAILED" };
        write!(f, "{word}: {}", self.explanation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::separation::Quantiles;

    fn separations(count: usize, differing_status: usize, metres: f64) -> Separations {
        let metres =
            Quantiles { median: metres, p90: metres, p99: metres, p99_9: metres, max: metres };
        Separations { count, differing_status, metres, farthest: None }
    }

    /// Rounding of 1 m over the run: 2²⁴ / 16 m of way.
    const ARITHMETIC: Arithmetic =
        Arithmetic { cell_m: 0.0, speed: 1.0, step_s: 1048.576, steps: 1000 };

    #[test]
    fn the_tolerance_grows_with_the_amplification_and_never_below_rounding() {
        let start = separations(1000, 0, 0.001);
        for (apart, tolerance) in [(0.0001, 4.0), (0.001, 4.0), (0.1, 400.0)] {
            let perturbed = separations(1000, 0, apart);
            let verdict = verdict(&separations(1000, 0, 3.9), &perturbed, &start, &ARITHMETIC);
            assert!((verdict.tolerance_m - tolerance).abs() < 1e-6 * tolerance, "{verdict:?}");
            assert!(verdict.passed);
        }
    }

    #[test]
    fn one_quantile_beyond_its_tolerance_is_enough_to_fail() {
        let (start, perturbed) = (separations(1000, 0, 0.001), separations(1000, 0, 0.001));
        let mut device = separations(1000, 0, 1.0);
        device.metres.max = 40.0;
        let found = verdict(&device, &perturbed, &start, &ARITHMETIC);
        assert!(!found.passed && found.explanation.contains("the max separation"), "{found}");
        device.metres.max = f64::NAN;
        assert!(!verdict(&device, &perturbed, &start, &ARITHMETIC).passed);
    }

    #[test]
    fn more_differing_status_than_the_perturbation_explains_fails() {
        let (start, perturbed) = (separations(10_000, 0, 0.001), separations(10_000, 2, 0.001));
        // 3 expected, 3 + 3 √3 = 8.2 allowed.
        for (differing, passes) in [(8, true), (9, false)] {
            let device = separations(10_000, differing, 0.001);
            let found = verdict(&device, &perturbed, &start, &ARITHMETIC);
            assert_eq!(found.passed, passes, "{found}");
        }
    }

    #[test]
    fn comparisons_that_measured_nothing_do_not_pass() {
        let one = separations(10, 0, 0.001);
        assert!(!verdict(&one, &one, &separations(10, 0, 0.0), &ARITHMETIC).passed);
        assert!(!verdict(&one, &separations(9, 0, 0.001), &one, &ARITHMETIC).passed);
    }

    #[test]
    fn a_perturbation_stays_in_its_cell() {
        let particle =
            |a, b| Particle { offset: [a, b], cell: [3, 4], status: 1, finished_step: 0 };
        let moved = perturbed(&[particle(0.0, 0.999_999_99), particle(0.5, 0.49)]);
        for (moved, offset) in moved.iter().zip([[0.0, 0.999_999_99], [0.5, 0.49]]) {
            assert_eq!(moved.cell, [3, 4]);
            for axis in [0, 1] {
                assert!((0.0..1.0).contains(&moved.offset[axis]));
                assert!(((moved.offset[axis] - offset[axis]).abs() - ULP).abs() < 1e-15);
            }
        }
    }
}
