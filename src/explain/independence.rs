//! Why work can be split: no part of it depends on another.

use std::time::Duration;

use serde::Serialize;

use super::counter::{self, LostUpdates};
use super::fingerprint::mix;
use super::sea::{Sea, carry_out};
use super::{Disorder, ExplainError, delays};
use crate::engine::Altered;
use crate::engine::cpu::CpuEngine;
use crate::run::Controls;

/// Particles of the run.
const PARTICLES: usize = 4_000;
/// Disturbed runs.
const RUNS: u64 = 5;
/// The longest that an item or a block is held up.
const HELD_UP: Duration = Duration::from_millis(4);

/// Runs that were disturbed in every way, and what a shared counter makes of parallel work.
#[derive(Clone, Debug, Serialize)]
pub struct Independence {
    /// Particles of each run.
    pub particles: u64,
    /// Particles in a block, of each disturbed run.
    pub blocks: Vec<usize>,
    /// The longest time that something was held up, in seconds.
    pub held_up: f64,
    /// What of this is simulated.
    pub simulated: &'static str,
    /// How many of the disturbed runs gave the bits of the undisturbed one.
    pub same_bits: usize,
    /// The artificial counter-example.
    pub shared_counter: LostUpdates,
}

pub(super) fn measure(sea: &Sea, cores: usize) -> Result<Independence, ExplainError> {
    let plan = sea.plan(PARTICLES)?;
    let engines = || plan.engines(CpuEngine::new);
    let undisturbed = carry_out(&plan, engines(), cores, sea.controls())?.fingerprint;
    let (mut blocks, mut same_bits) = (Vec::new(), 0);
    // Other disturbances each time that it is explained.
    let start = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let start = start.unwrap_or_default().as_nanos() as u64;
    for seed in (0..RUNS).map(|run| mix(start ^ run)) {
        let block = 100 + (seed % 1_400) as usize;
        let disturbed = crate::run::Plan { block, ..plan.clone() };
        let disorder = |engine| Altered::new(engine, Disorder::new(seed, HELD_UP));
        let controls = Controls { delay: Some(delays(seed, HELD_UP)), ..sea.controls() };
        let ran =
            carry_out(&disturbed, engines().into_iter().map(disorder).collect(), cores, controls)?;
        same_bits += usize::from(ran.fingerprint == undisturbed);
        blocks.push(block);
    }
    Ok(Independence {
        particles: PARTICLES as u64,
        blocks,
        held_up: HELD_UP.as_secs_f64(),
        simulated: "the sea is made up, and so is what holds items and blocks up: each sleeps for a \
                    time drawn at random; the shared counter is an artificial example, which no \
                    run has",
        same_bits,
        shared_counter: counter::measure(cores),
    })
}
