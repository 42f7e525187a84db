//! How fast devices are: workloads with names, measured side by side in one run, and records that
//! can be held against each other.
//!
//! | measure | what is timed |
//! |---|---|
//! | [`Measure::Kernel`] | particles moved through fields that the device holds: no files |
//! | [`Measure::EndToEnd`] | the run that `drogue run` makes: files in, 6-hourly Zarr out |
//! | [`Measure::Loading`] | the same with 1000 particles and without output: reading is all |
//!
//! Machines are noisy, so the candidates take turns (A B A B …), medians and quartiles are kept, and
//! [`compare`] calls a difference one only where the noise of both records does not explain it.
//!
//! Differences between two records may have other causes than the program: what else the machine did
//! at the time. The f64 reference is measured beside the others for that reason.

mod candidates;
mod compare;
mod data;
mod end_to_end;
mod error;
mod kernel;
mod machine;
mod measure;
mod ocean;
mod random;
mod record;
mod selection;
mod statistics;
mod workload;

pub use candidates::Absent;
pub use compare::{Comparison, LEAST_DIFFERENCE, Row, SIGNIFICANCE, Verdict, compare};
pub use data::{Data, Input};
pub use error::BenchError;
pub use machine::{Machine, Versions};
pub use measure::{Options, measure};
pub use ocean::Ocean;
pub use record::{Case, Measurement, Record, SCHEMA, Sample};
pub use selection::{LOADING_PARTICLES, Measure, Selection, Work};
pub use statistics::{Quartiles, rank_sum_test};
pub use workload::{Starts, Workload};

/// Is told how far a bench is. Parts of the work tell it from several threads.
pub trait Watch: Sync {
    /// Something of `total` equal parts begins.
    fn begin(&self, what: &str, total: u64);

    /// So many more parts of it are done.
    fn advance(&self, parts: u64);
}
