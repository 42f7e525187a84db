//! What is seen of the particles at output times, block by block.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::task::block_in_place;

use super::RunError;
use super::advance::Advance;
use super::blocks::{Crowd, lay_out};
use super::reach::{extents_of, join};
use super::wait::{go_through, start};
use crate::engine::{Engine, Particle, Status};
use crate::pipeline::Outlet;
use crate::time::Instant;

/// What leaves the stage `advance`.
pub(super) enum Moved {
    /// The particles of a block at an output time.
    Block(Observed),
    /// All blocks of an output time have been sent.
    EndSlot {
        /// The output time.
        time: Instant,
    },
}

/// What has been seen of blocks on their way through several segments, by their numbers: the particles at each
/// output time in turn.
pub(super) type Seen = HashMap<usize, VecDeque<Vec<Particle>>>;

/// A block as it is at an output time.
pub(super) struct Observed {
    /// The number of the output time.
    pub slot: u32,
    /// The output time.
    pub time: Instant,
    /// Id of the first particle.
    pub first_id: u64,
    /// The particles.
    pub crowd: Crowd,
    /// The steps since the last output time.
    pub steps: Arc<Steps>,
    /// Whether the forcing ends here and the run was to go on.
    pub out_of_time: bool,
}

/// The steps since the last output time: their numbers and when they end.
#[derive(Clone, Default)]
pub(super) struct Steps {
    pub first: u32,
    pub ends: Vec<Instant>,
}

impl<E: Engine> Advance<E> {
    pub(super) async fn read(&mut self, index: usize) -> Result<Vec<Particle>, RunError> {
        if !self.store.is_on_device(index) {
            return block_in_place(|| self.store.stored(index));
        }
        let engine = self.engines[0].wait().await?;
        let block = self.store.take(index, &*engine)?;
        let (block, particles) = start(|done| engine.read(block, done)).await?;
        self.store.put(index, block);
        Ok(particles)
    }

    pub(super) async fn observe(
        &mut self,
        slot: u32,
        seen: &mut Seen,
        out: &mut Outlet<Moved>,
    ) -> Result<(), RunError> {
        let mut extents = vec![None; self.plan.carriers.len()];
        for index in 0..self.store.blocks.len() {
            let particles = match seen.get_mut(&index).and_then(VecDeque::pop_front) {
                Some(particles) => particles,
                None => self.read(index).await?,
            };
            let carriers = self.store.carriers(index).to_vec();
            let crowd = Crowd { particles, carriers };
            let plan = &self.plan;
            let of_block = go_through(crowd.particles.len(), || extents_of(plan, &crowd));
            extents = join(&extents, &of_block);
            self.send(slot, index, crowd, out).await;
        }
        self.seen = Some((self.plan.schedule.outputs.time(slot.into()), extents));
        self.end_slot(slot, out).await;
        Ok(())
    }

    /// The first output is the release itself. Whether a particle was released on land is known
    /// once it has tried its first step, so this comes after the first segments.
    pub(super) async fn observe_start(&mut self, out: &mut Outlet<Moved>) -> Result<(), RunError> {
        if self.plan.schedule.outputs.is_empty() {
            return Ok(());
        }
        for index in 0..self.store.blocks.len() {
            let particles = self.read(index).await?;
            let released = go_through(particles.len(), || self.start_of(index, &particles))?;
            self.send(0, index, released, out).await;
        }
        self.end_slot(0, out).await;
        Ok(())
    }

    /// The particles as they were released, those that are released at the run's start.
    fn start_of(&self, index: usize, now: &[Particle]) -> Result<Crowd, RunError> {
        let ids = self.store.blocks[index].ids.clone();
        let released = self.plan.releases.block(ids.start, (ids.end - ids.start) as usize);
        let mut crowd = lay_out(&self.plan, &released)?;
        for ((particle, released), now) in crowd.particles.iter_mut().zip(&released).zip(now) {
            let status = if released.time != self.plan.schedule.start {
                Status::Pending
            } else if now.status() == Status::ReleasedOnLand {
                Status::ReleasedOnLand
            } else {
                Status::Active
            };
            particle.status = status.code();
        }
        Ok(crowd)
    }

    async fn send(&mut self, slot: u32, index: usize, crowd: Crowd, out: &mut Outlet<Moved>) {
        let schedule = &self.plan.schedule;
        let last = u64::from(slot) + 1 == schedule.outputs.len();
        if slot > 0 {
            let finished =
                || crowd.particles.iter().all(|particle| particle.status().is_finished());
            self.store.blocks[index].finished = go_through(crowd.particles.len(), finished);
        }
        let observed = Observed {
            slot,
            time: schedule.outputs.time(slot.into()),
            first_id: self.store.blocks[index].ids.start,
            crowd,
            steps: Arc::clone(&self.since_output),
            out_of_time: last && schedule.cut_short,
        };
        out.send(Moved::Block(observed), self.budget.nothing()).await;
    }

    async fn end_slot(&mut self, slot: u32, out: &mut Outlet<Moved>) {
        let time = self.plan.schedule.outputs.time(slot.into());
        tracing::debug!(slot, time = self.plan.calendar().format(time), "output");
        out.send(Moved::EndSlot { time }, self.budget.nothing()).await;
    }
}
