//! Exact answers, and the device held against the reference.
//!
//! Two questions, and no engine is asked about itself:
//!
//! * Does an engine solve the equations? [`analytic_suite`] runs it through flows with closed forms
//!   or tabulated answers.
//! * Does a device compute what the reference computes? [`Separations`] measures how far apart two
//!   runs are, and [`verdict`] says whether rounding explains it, in a chaotic flow too.

mod arithmetic;
pub mod blocking;
mod budget;
mod error;
mod experiment;
mod flows;
mod perturb;
mod scenario;
mod separation;
mod suite;
mod verdict;

pub use arithmetic::Arithmetic;
pub use error::VerifyError;
pub use experiment::{Experiment, Sampler, position, release, sample, sample_levels, window};
pub use perturb::{Perturbation, Perturbed};
pub use scenario::{CompareError, Comparison, compare};
pub use separation::{Farthest, Quantiles, Separations, Sighting, sightings};
pub use suite::{CaseResult, analytic_suite};
pub use verdict::{Check, Scale, Verdict, verdict};
