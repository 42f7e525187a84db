//! Concurrency and parallelism, explained with measurements of the machine that this runs on.
//!
//! [`explain`] takes less than a minute. Everything that it says with a figure in it was measured
//! just before; what is a simulation says so. [`Explanation::page`] puts it into words, as
//! [text](Page::to_text) or as a [page](Page::to_html) with pictures.

mod counter;
mod disorder;
mod error;
mod fingerprint;
mod independence;
mod kernel;
pub mod morning;
mod on_pool;
mod page;
mod sea;
mod square;
mod waiting;
mod words;

pub use counter::LostUpdates;
pub use disorder::{Disorder, delays};
pub use error::ExplainError;
pub use fingerprint::Fingerprint;
pub use independence::Independence;
pub use kernel::{Kernel, Rate};
pub use morning::Morning;
pub use on_pool::{OnPool, on_pool};
pub use page::{Block, Page};
pub use square::{Quarter, Square};
pub use waiting::Waiting;

use serde::Serialize;

use crate::pipeline::Cancel;

/// All that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The processor's cores.
    pub cores: usize,
    /// Concurrency without parallelism.
    pub waiting: Waiting,
    /// Parallelism without concurrency.
    pub kernel: Kernel,
    /// Neither, either and both.
    pub square: Square,
    /// The everyday example, in four ways.
    pub mornings: Vec<Morning>,
    /// Why splitting needs independence.
    pub independence: Independence,
    /// What it took to measure, in seconds.
    pub seconds: f64,
}

/// Measures everything on this machine.
///
/// # Errors
/// [`ExplainError`]; [`ExplainError::Stopped`] soon after `cancel` asks for it.
///
/// # Panics
/// Within a Tokio runtime: it makes runtimes of its own, of different sizes.
pub fn explain(cancel: &Cancel) -> Result<Explanation, ExplainError> {
    let started = std::time::Instant::now();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sea = sea::Sea::new(cancel)?;
    let waiting = waiting::measure(&sea)?;
    let kernel = kernel::measure(cores, cancel)?;
    let square = square::measure(&sea, cores, kernel.on_one_core().per_second)?;
    let mornings = morning::mornings()?;
    let independence = independence::measure(&sea, cores)?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Explanation { cores, waiting, kernel, square, mornings, independence, seconds })
}
