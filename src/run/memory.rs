//! How the memory of a run is divided, before it starts.

use serde::Serialize;

use super::RunError;
use crate::engine::Particle;
use crate::forcing::Dataset;
use crate::scenario::Scenario;
use crate::trajectory::WRITER_BYTES;

/// Bytes of memory that a run may use where the scenario does not say.
pub const DEFAULT_MEMORY: u64 = 2 << 30;

/// Items that may wait between two stages.
pub(super) const QUEUE_DEPTH: usize = 2;

/// Blocks of observations that may be on their way to disk at once, beside those in the workers of
/// `collect`: in the queues before and after it, in `write`, and the one being read.
const BLOCKS_IN_FLIGHT: u64 = 2 * QUEUE_DEPTH as u64 + 2;

/// Bytes of an observation on its way: id, x, y, time and status, beside the particle itself.
const OBSERVATION: u64 = 8 + 8 + 8 + 8 + 1 + size_of::<Particle>() as u64;

/// How a run's memory is divided, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All that the run may use.
    pub budget: u64,
    /// The most that one snapshot takes on its way, from the file to the device.
    pub snapshot: u64,
    /// Decoded chunks kept for later snapshots.
    pub cache: u64,
    /// The places of the nodes of a curvilinear grid.
    pub grid: u64,
    /// All particles of the run.
    pub particles: u64,
    /// Whether the particles are kept in memory; on disk, block by block, otherwise.
    pub resident: bool,
    /// Observations on their way to disk.
    pub observations: u64,
    /// Kept free for a snapshot that has to be fetched again, because particles might leave the part
    /// of it that was read. Without it snapshots are read whole.
    pub again: u64,
}

impl Memory {
    /// What is left for snapshots.
    pub fn for_snapshots(&self) -> u64 {
        let particles = if self.resident { self.particles } else { 0 };
        let held = self.cache + self.grid + particles + self.observations + self.again;
        self.budget.saturating_sub(held)
    }

    /// The least that the run can do with.
    pub fn least(&self) -> u64 {
        let particles = if self.resident { self.particles } else { 0 };
        self.cache + self.grid + particles + self.observations + 2 * self.snapshot
    }
}

/// Divides the budget of the scenario.
///
/// # Errors
/// [`RunError::Budget`].
pub(super) fn divide(
    scenario: &Scenario,
    dataset: &Dataset,
    particles: u64,
    outputs: u64,
    block: usize,
    workers: usize,
) -> Result<Memory, RunError> {
    let budget = scenario.run.memory.unwrap_or(DEFAULT_MEMORY);
    let grid = dataset.grid();
    let field = grid.field_bytes();
    let (fetched, decoded) = (dataset.fetched_bytes(), dataset.snapshot_bytes());
    // Decoding holds both forms, preparing the planes and the field, uploading the field twice.
    let snapshot = (fetched + 2 * decoded).max(decoded + field).max(2 * field);
    let in_flight =
        (BLOCKS_IN_FLIGHT + workers as u64).min(particles.div_ceil(block as u64).max(1) * 2);
    let all_observations = particles.saturating_mul(outputs).saturating_mul(OBSERVATION);
    let observations = match scenario.output {
        Some(_) => {
            in_flight * (block as u64).min(particles) * OBSERVATION
                + WRITER_BYTES.min(all_observations)
        }
        None => (block as u64).min(particles) * OBSERVATION,
    };
    let particle_bytes = particles * size_of::<Particle>() as u64;
    let mut memory = Memory {
        budget,
        snapshot,
        cache: dataset.cache_bytes(),
        grid: grid.bytes(),
        particles: particle_bytes,
        resident: true,
        observations,
        again: 0,
    };
    if memory.least() > budget {
        memory.resident = false;
    }
    if memory.least() > budget {
        return Err(RunError::Budget {
            budget,
            megabytes: memory.least().div_ceil(1_000_000),
            for_snapshots: 2 * snapshot,
            grid: grid.describe(),
        });
    }
    if memory.least() + snapshot <= budget {
        memory.again = snapshot;
    }
    Ok(memory)
}
