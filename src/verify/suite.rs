//! The analytic suite: flows whose answer is known, run on any engine.

use std::fmt;

use serde::Serialize;

use super::VerifyError;
use super::arithmetic::Arithmetic;
use super::budget::{Prediction, Sampling, predict};
use super::experiment::{Experiment, position, release, setup, snapshots};
use super::flows::{self, Flow, sample};
use crate::engine::{Engine, EngineError, Particle, Setup, Status};
use crate::grid::Grid;
use crate::time::{MICROSECONDS, Span};

/// What a case found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseResult {
    /// A short name.
    pub name: &'static str,
    /// What is compared with what, and what the tolerance consists of.
    pub what: String,
    /// The error, of the particle nearest to its tolerance or furthest beyond it.
    pub error: f64,
    /// The most that the error may be.
    pub tolerance: f64,
    /// The unit of both.
    pub unit: &'static str,
    /// Whether the error is within the tolerance.
    pub passed: bool,
    /// The order of convergence, where that is what was measured.
    pub order: Option<f64>,
}

impl CaseResult {
    pub(super) fn new(
        name: &'static str,
        what: impl Into<String>,
        unit: &'static str,
        misses: impl IntoIterator<Item = Miss>,
    ) -> Self {
        let worst = misses.into_iter().max_by(|a, b| a.urgency().total_cmp(&b.urgency()));
        // A case that compared nothing has not passed.
        let Miss { error, tolerance } = worst.unwrap_or(Miss { error: f64::NAN, tolerance: 0.0 });
        let passed = error <= tolerance;
        Self { name, what: what.into(), error, tolerance, unit, passed, order: None }
    }
}

impl fmt::Display for CaseResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, what, error, tolerance, unit, passed, .. } = self;
        let verdict = if *passed { "ok" } else { "FAILED" };
        write!(f, "{verdict:6} {name}: {error:.3e} of {tolerance:.3e} {unit}; {what}")
    }
}

/// An error beside its tolerance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Miss {
    pub error: f64,
    pub tolerance: f64,
}

impl Miss {
    fn urgency(self) -> f64 {
        if self.error.is_nan() { f64::INFINITY } else { self.error / self.tolerance.max(1e-300) }
    }
}

/// What is made of the particles at the end of each experiment.
type Judge = Box<dyn Fn(&[Vec<Particle>]) -> Vec<CaseResult> + Send + Sync>;

/// Experiments, each on its grid, and how to judge their outcome.
pub(super) struct Case {
    pub name: &'static str,
    pub experiments: Vec<(Setup, Experiment)>,
    pub judge: Judge,
}

impl Case {
    fn run<E: Engine>(
        &self,
        make: &dyn Fn(&Setup) -> Result<E, EngineError>,
    ) -> Result<Vec<CaseResult>, EngineError> {
        let run = |(setup, experiment): &(Setup, Experiment)| experiment.run(&make(setup)?);
        let outcomes: Result<Vec<_>, _> = self.experiments.iter().map(run).collect();
        Ok((self.judge)(&outcomes?))
    }
}

/// Runs all analytic cases, each on an engine that `make` builds for its grid.
///
/// The suite holds an engine against closed forms and tabulated values of the literature, never
/// against another engine. Tolerances are derived from the sampling of the flow, the step and the
/// arithmetic; the description of each result says from what.
///
/// # Errors
/// What `make` and the engine report. A case that does not pass is no error: see
/// [`CaseResult::passed`].
pub fn analytic_suite<E: Engine>(
    make: &dyn Fn(&Setup) -> Result<E, EngineError>,
) -> Result<Vec<CaseResult>, VerifyError> {
    let mut results = Vec::new();
    for case in flows::cases()? {
        let outcome = case.run(make);
        results.extend(
            outcome.map_err(|source| VerifyError::Engine { case: case.name.into(), source })?,
        );
    }
    Ok(results)
}

/// A flow, where its particles start, and how it reaches the engine.
pub(super) struct Course<F> {
    pub flow: F,
    pub grid: Grid,
    pub releases: Vec<[f64; 2]>,
    /// Seconds.
    pub duration: f64,
    /// Intervals between snapshots.
    pub intervals: usize,
    /// Seconds.
    pub step: f64,
}

impl<F: Flow + Clone + 'static> Course<F> {
    /// The experiment that this course is.
    pub fn experiment(&self) -> Result<Experiment, VerifyError> {
        let (grid, flow) = (self.grid.clone(), self.flow.clone());
        Ok(Experiment {
            particles: release(&self.grid, &self.releases)?,
            snapshots: snapshots(self.duration, self.intervals),
            field: Box::new(move |at| sample(&grid, &flow, at.0 as f64 / MICROSECONDS as f64)),
            step: Span::from_seconds(self.step),
            lifetimes: None,
        })
    }

    /// Where each particle ends on a plane, and its tolerance.
    pub fn predictions(&self) -> Vec<Prediction> {
        let sampling = Sampling {
            grid: &self.grid,
            interval: self.duration / self.intervals as f64,
            step: self.step,
            duration: self.duration,
        };
        self.releases.iter().map(|&at| predict(&self.flow, at, &sampling)).collect()
    }

    /// The rounding of a whole run at this speed (m/s), with cells of this size (m).
    pub fn rounding(&self, speed: f64, cell_m: f64) -> f64 {
        let steps = (self.duration / self.step).ceil() as u64;
        Arithmetic { cell_m, speed, step_s: self.step, steps }.accumulated()
    }

    /// A case of this course alone, whose particles are to end at the predicted places.
    pub fn case(
        &self,
        name: &'static str,
        what: &'static str,
        expected: Vec<Prediction>,
    ) -> Result<Case, VerifyError> {
        let grid = self.grid.clone();
        Ok(Case {
            name,
            experiments: vec![(setup(self.grid.clone()), self.experiment()?)],
            judge: Box::new(move |outcomes| {
                vec![CaseResult::new(name, what, "m", misses(&grid, &outcomes[0], &expected))]
            }),
        })
    }
}

/// What comes of one flow on a coarse grid and on one twice as fine: how far particles are off on the
/// first, and the order in which that falls, which may differ from the `right` one by so much. `what`
/// and `along` say what is compared, and the size of what the order is in.
pub(super) fn converging(
    name: &'static str,
    what: &str,
    along: &str,
    [right, tolerance]: [f64; 2],
    [coarse, fine]: [Vec<Miss>; 2],
) -> Vec<CaseResult> {
    let all = |misses: &[Miss]| misses.iter().map(|miss| miss.error.powi(2)).sum::<f64>();
    let order = (all(&coarse) / all(&fine)).log2() / 2.0;
    let off = Miss { error: (order - right).abs(), tolerance };
    let with_order = format!("order {order:.3} in the {along} where {right} is right");
    vec![
        CaseResult::new(name, what, "m", coarse),
        CaseResult { order: Some(order), ..CaseResult::new(name, with_order, "1", [off]) },
    ]
}

/// How far each particle is from where it ought to be, in metres: a case's particles are all to be
/// active at the end.
pub(super) fn misses(grid: &Grid, particles: &[Particle], expected: &[Prediction]) -> Vec<Miss> {
    let miss = |(particle, expected): (&Particle, &Prediction)| {
        let distance = grid.distance(position(grid, particle), expected.at);
        let active = particle.status == Status::Active.code();
        Miss { error: if active { distance } else { f64::NAN }, tolerance: expected.tolerance }
    };
    particles.iter().zip(expected).map(miss).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_particle_decides_and_a_nan_never_passes() {
        let miss = |error, tolerance| Miss { error, tolerance };
        let result = CaseResult::new("x", "", "m", [miss(5.0, 10.0), miss(0.2, 0.1)]);
        assert!(!result.passed && result.error == 0.2);
        assert!(CaseResult::new("x", "", "m", [miss(5.0, 10.0), miss(0.1, 0.1)]).passed);
        assert!(!CaseResult::new("x", "", "m", [miss(f64::NAN, 10.0), miss(0.1, 0.1)]).passed);
        assert!(!CaseResult::new("x", "", "m", []).passed);
    }
}
