//! How the memory of a run is divided, before it starts.

use serde::Serialize;

use super::hand_over::BLOCKS_AT_ONCE;
use super::sampling::{self, Sampling};
use super::{Carrier, RunError};
use crate::engine::{Lifetime, Particle};
use crate::scenario::Scenario;
use crate::trajectory::WRITER_BYTES;

/// Bytes of memory that a run may use where the scenario does not say.
pub const DEFAULT_MEMORY: u64 = 2 << 30;

/// Items that may wait between two stages.
pub(super) const QUEUE_DEPTH: usize = 2;

/// Blocks of observations that may be on their way to disk at once, beside those in the workers of
/// `collect`: in the queues before and after it, in `write`, and the one being read.
const BLOCKS_IN_FLIGHT: u64 = 2 * QUEUE_DEPTH as u64 + 2;

/// Bytes of observations that may be collected before the host takes them. A run of few
/// particles waits for the device more than it computes; a larger one is observed block by block.
const COLLECTED: u64 = 8 << 20;

/// Bytes that it takes to look at a block on its way, beside its particles: mostly what the driver
/// keeps of a buffer and of the commands that fill it (docs/performance.md).
const LOOK: u64 = 16 << 10;

/// Of the memory that is left, what is collected and then what is sampled get one part in so many.
const SHARE: u64 = 4;

/// Bytes of an observation on its way: id, x, y, time and status, beside the particle itself.
const OBSERVATION: u64 = 8 + 8 + 8 + 8 + 1 + size_of::<Particle>() as u64;

/// Bytes of a particle on its way from forcing to forcing: as it was and is gathered, with its lifetime, in
/// the order of the device, on it, and as it comes back.
const PASSING: u64 = 6 * size_of::<Particle>() as u64 + 3 * size_of::<Lifetime>() as u64;

/// How a run's memory is divided, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All that the run may use.
    pub budget: u64,
    /// The most that one snapshot takes on its way, from the file to the device.
    pub snapshot: u64,
    /// The forcings, of each of which there are two snapshots at least.
    pub forcings: u64,
    /// Decoded chunks kept for later snapshots.
    pub cache: u64,
    /// The places of the nodes of a curvilinear grid; of several forcings also where they take over, and
    /// which of them moves each particle.
    pub grid: u64,
    /// What is sampled: its grids, the snapshots of it that are kept, and those on their way.
    pub samples: u64,
    /// All particles of the run.
    pub particles: u64,
    /// Those that are on their way through several forcings.
    pub passing: u64,
    /// Whether the particles are kept in memory; on disk, block by block, otherwise.
    pub resident: bool,
    /// Observations on their way to disk.
    pub observations: u64,
    /// What is observed of all particles at several output times before the host takes it, if it can be
    /// spared.
    pub collected: u64,
    /// Those output times; 0 where the host reads each block by itself at every one.
    pub at_once: usize,
    /// Kept free for a snapshot that has to be fetched again, because particles might leave the part
    /// of it that was read. Without it snapshots are read whole.
    pub again: u64,
    /// For more snapshots of what is sampled: particles that finish between two outputs are seen at their
    /// own times, and each block would read them anew.
    pub kept: u64,
}

impl Memory {
    /// What is left for snapshots.
    pub fn for_snapshots(&self) -> u64 {
        let particles = if self.resident { self.particles } else { 0 };
        let held = self.held() + particles + self.collected + self.again + self.kept;
        self.budget.saturating_sub(held)
    }

    /// The least that the run can do with.
    pub fn least(&self) -> u64 {
        let particles = if self.resident { self.particles } else { 0 };
        self.held() + particles + self.pairs()
    }

    /// Two snapshots of each forcing.
    fn pairs(&self) -> u64 {
        2 * self.forcings * self.snapshot
    }

    /// What is held in any case.
    fn held(&self) -> u64 {
        self.cache + self.grid + self.samples + self.observations + self.passing
    }
}

/// Divides the budget of the scenario, and settles how much of what is sampled is kept.
///
/// # Errors
/// [`RunError::Budget`].
pub(super) fn divide(
    scenario: &Scenario,
    carriers: &[Carrier],
    samplings: &mut [Sampling],
    particles: u64,
    outputs: u64,
    block: usize,
    workers: usize,
) -> Result<Memory, RunError> {
    let budget = scenario.run.memory.unwrap_or(DEFAULT_MEMORY);
    let largest = carriers.iter().max_by_key(|carrier| carrier.snapshot_bytes());
    let largest = largest.expect("a scenario has a forcing");
    let snapshot = largest.snapshot_bytes();
    let in_flight =
        (BLOCKS_IN_FLIGHT + workers as u64).min(particles.div_ceil(block as u64).max(1) * 2);
    let observation = OBSERVATION + (samplings.len() * size_of::<f32>()) as u64;
    let all_observations = particles.saturating_mul(outputs).saturating_mul(observation);
    let in_block = (block as u64).min(particles);
    let alone = carriers.len() == 1;
    // With several forcings they are kept on the host, and are on the device as well while they move.
    let moving = if alone { 0 } else { particles.min(BLOCKS_AT_ONCE as u64 * in_block) };
    let whose = if alone { 0 } else { particles };
    let observations = match scenario.output {
        Some(_) => in_flight * in_block * observation + WRITER_BYTES.min(all_observations),
        None => in_block * observation,
    };
    let mut memory = Memory {
        budget,
        snapshot,
        forcings: carriers.len() as u64,
        cache: carriers.iter().map(|carrier| carrier.dataset.cache_bytes()).sum(),
        grid: carriers.iter().map(Carrier::grid_bytes).sum::<u64>() + whose,
        samples: sampling::bytes(samplings, in_block),
        particles: particles * size_of::<Particle>() as u64,
        passing: moving * PASSING,
        resident: true,
        observations,
        collected: 0,
        at_once: 0,
        again: 0,
        kept: 0,
    };
    if memory.least() > budget {
        memory.resident = false;
    }
    if memory.least() > budget {
        return Err(RunError::Budget {
            budget,
            megabytes: memory.least().div_ceil(1_000_000),
            for_snapshots: memory.pairs(),
            grid: largest.grid().describe(),
        });
    }
    if memory.least() + snapshot <= budget {
        memory.again = snapshot;
    }
    // Particles are copied on the device, and taken from there; before that, their lifetimes are.
    let of_an_output =
        3 * particles * size_of::<Particle>() as u64 + particles.div_ceil(block as u64) * LOOK;
    // What goes over from forcing to forcing is looked at by the host after each segment.
    if memory.resident && alone {
        let spare = memory.for_snapshots().saturating_sub(memory.pairs()) / SHARE;
        let at_once = (COLLECTED.min(spare) / of_an_output.max(1)).min(outputs);
        (memory.collected, memory.at_once) = (at_once * of_an_output, at_once as usize);
    }
    if let Some(output) = &scenario.output {
        // What they do not need for the least of it, snapshots of the forcing can use as well.
        let spare = memory.for_snapshots().saturating_sub(memory.pairs()) / SHARE;
        sampling::keep(samplings, output.every, spare);
        memory.kept = sampling::bytes(samplings, in_block) - memory.samples;
    }
    Ok(memory)
}
