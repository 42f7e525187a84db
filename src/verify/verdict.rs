//! Whether rounding explains how far a device is from the reference.
//!
//! # The tolerance
//!
//! A device commits a small error in each step k, and the flow carries it to the end of the run:
//!
//! `x_device(T) − x_reference(T) = Σ Φ(T, tₖ) eₖ`
//!
//! where Φ(T, t) is how the flow turns and stretches a small distance between t and T. The sizes of
//! the errors eₖ follow from the number formats. What they come to is measured on the reference
//! itself, which runs twice more, on data that differ by those sizes ([`Perturbation`]):
//!
//! * with velocities and positions changed by what rounding changes in every step, one standard
//!   deviation of it;
//! * released one f32 ULP away. What this run makes of its first distance is the flow's doing alone,
//!   and tells the divergence of a chaotic flow from the errors of arithmetic.
//!
//! The two end with separations D from the reference. No device takes part in it. The tolerance at a
//! quantile q of the device's separations is
//!
//! `tolerance(q) = 4 · max(D_rounding(q), D_ulp(q))`
//!
//! for the perturbations are one standard deviation of a step's error and have one sign at each
//! place, where the device's may have another. The larger of the two counts because each starts in
//! one direction, which the flow may happen to shrink.
//!
//! Quantiles are compared with quantiles, never one particle's separation with its own in another
//! run, for the same reason.
//!
//! A mistake in the physics is no rounding: it is an error of the same kind in each step, carried by
//! the same flow. A metric that is wrong by 10⁻⁵ moves a particle by 10⁻⁵ of its way, 80 times what
//! is lasting of the rounding, and the flow stretches both alike. So chaos does not hide it.
//!
//! # Particles whose status differs
//!
//! Of two trajectories that pass a coast at a distance, one may strand. How many do is proportional
//! to the distance between the runs, and S is the larger number in the perturbed runs. Expected are
//! `λ = S + 1`, where the one is for what a count of none leaves open. Allowed are `λ + 3 √λ`, but
//! never more than a hundredth of the particles, rounded up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::separation::Separations;

/// How much further than the perturbed reference a device may be; see the module.
const MARGIN: f64 = 4.0;

/// One quantile of the separations beside its tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Which quantile.
    pub quantile: String,
    /// The device's separation from the reference in metres.
    pub metres: f64,
    /// How much the flow stretched a release one f32 ULP away.
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
    /// Each quantile.
    pub checks: Vec<Check>,
    /// How many particles may differ in status.
    pub allowed_differing_status: usize,
    /// Why it passed or did not, in a sentence or two.
    pub explanation: String,
}

/// The reference on perturbed data against the reference on the true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Released one f32 ULP away, before the run.
    pub start: Separations,
    /// Released one f32 ULP away, at the end of the run.
    pub one_ulp: Separations,
    /// With the rounding of all steps, at the end of the run.
    pub rounding: Separations,
}

/// Judges a device by how far it is from the reference at the end of the run, on the scale of how
/// far the reference is from itself on perturbed data.
pub fn verdict(device: &Separations, scale: &Scale) -> Verdict {
    let Scale { start, one_ulp, rounding } = scale;
    let [by_ulp, by_rounding] = [one_ulp, rounding].map(|run| run.metres.named());
    let named = device.metres.named().into_iter().enumerate();
    let checks: Vec<Check> = named
        .map(|(index, (quantile, metres))| {
            let (by_ulp, by_rounding) = (by_ulp[index].1, by_rounding[index].1);
            let tolerance_m = MARGIN * by_rounding.max(by_ulp);
            Check {
                quantile: quantile.to_owned(),
                metres,
                amplification: by_ulp / start.metres.median,
                tolerance_m,
                passed: metres <= tolerance_m,
            }
        })
        .collect();
    let allowed = allowed_differing_status(scale);
    let same_particles = [start, one_ulp, rounding].iter().all(|run| run.count == device.count);
    let measured = start.metres.median > 0.0;
    let flips = device.differing_status <= allowed;
    let explanation = explain(device, &checks, same_particles, measured, allowed);
    Verdict {
        passed: same_particles && measured && flips && checks.iter().all(|check| check.passed),
        tolerance_m: checks.last().map_or(0.0, |check| check.tolerance_m),
        checks,
        allowed_differing_status: allowed,
        explanation,
    }
}

fn allowed_differing_status(Scale { one_ulp, rounding, .. }: &Scale) -> usize {
    let expected = (one_ulp.differing_status.max(rounding.differing_status) + 1) as f64;
    ((expected + 3.0 * expected.sqrt()) as usize).min(rounding.count.div_ceil(100))
}

fn explain(
    device: &Separations,
    checks: &[Check],
    same_particles: bool,
    measured: bool,
    allowed: usize,
) -> String {
    if !same_particles {
        return "the comparisons are not of the same particles".into();
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
            "the {quantile} separation is {metres:.3e} m and rounding explains {tolerance_m:.3e} m, \
             where the flow stretches a distance {amplification:.1} times: the device computes \
             something else than the reference"
        ),
        None => {
            let stretch = |check: Option<&Check>| check.map_or(1.0, |check| check.amplification);
            format!(
                "rounding explains all separations; the flow itself stretches a distance {:.1} \
                 times (median) to {:.1} times (most)",
                stretch(checks.first()),
                stretch(checks.last())
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

    /// One ULP of 1 mm that ends as 2 mm, and rounding that ends as 10 mm.
    fn scale(count: usize, differing_status: usize) -> Scale {
        Scale {
            start: separations(count, 0, 0.001),
            one_ulp: separations(count, 0, 0.002),
            rounding: separations(count, differing_status, 0.01),
        }
    }

    #[test]
    fn the_tolerance_follows_the_larger_of_the_perturbed_runs() {
        let found = verdict(&separations(1000, 0, 0.039), &scale(1000, 0));
        assert!(found.passed && (found.tolerance_m - 0.04).abs() < 1e-12, "{found:?}");
        assert!((found.checks[0].amplification - 2.0).abs() < 1e-12);
        let chaotic = Scale { one_ulp: separations(1000, 0, 5.0), ..scale(1000, 0) };
        assert!((verdict(&separations(1000, 0, 1.0), &chaotic).tolerance_m - 20.0).abs() < 1e-12);
    }

    #[test]
    fn one_quantile_beyond_its_tolerance_is_enough_to_fail() {
        let mut device = separations(1000, 0, 0.001);
        device.metres.max = 0.041;
        let found = verdict(&device, &scale(1000, 0));
        assert!(!found.passed && found.explanation.contains("the max separation"), "{found}");
        device.metres.max = f64::NAN;
        assert!(!verdict(&device, &scale(1000, 0)).passed);
    }

    #[test]
    fn more_differing_status_than_the_perturbation_explains_fails() {
        // 3 expected, 3 + 3 √3 = 8.2 allowed.
        for (differing, passes) in [(8, true), (9, false)] {
            let device = separations(10_000, differing, 0.001);
            let found = verdict(&device, &scale(10_000, 2));
            assert_eq!(found.passed, passes, "{found}");
        }
    }

    #[test]
    fn comparisons_that_measured_nothing_do_not_pass() {
        let one = separations(10, 0, 0.001);
        let still = Scale { start: separations(10, 0, 0.0), ..scale(10, 0) };
        assert!(!verdict(&one, &still).passed);
        assert!(!verdict(&one, &scale(9, 0)).passed);
    }
}
