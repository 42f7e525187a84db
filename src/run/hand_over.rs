//! Taking the particles of a block through a segment with several forcings.
//!
//! A step belongs to one forcing. At the end of a step that leads a particle into a cell which lies wholly
//! within the water of a forcing before its own, it goes over to that one; where a step would lead it out
//! of its grid, it goes to the next that has it in its water, or else to one before its own, and that step
//! is done anew there, from its start; a step that leads out of all of them leaves the domain. Both are seen by the engine of the forcing that it leaves, which goes no further with it.
//! Those who have left are gathered and go through the rest of the segment with their next forcing, in
//! rounds, until nobody leaves any more. A particle never asks for another, so that neither the block nor
//! the rounds have a say in where it comes to.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::try_join_all;
use futures::stream::FuturesOrdered;
use tokio::task::block_in_place;

use super::advance::{Advance, Fields};
use super::blocks::{Crowd, location, particle_at};
use super::carriers::{carrier_of, next_carrier};
use super::making::Making;
use super::observe::Seen;
use super::schedule::Segment;
use super::wait::start;
use super::{Carrier, RunError};
use crate::engine::{Engine, HANDED_OVER, Leg, Lifetime, Particle, Status};
use crate::grid::Location;

impl<E: Engine> Advance<E> {
    /// All blocks that move at all, with several forcings: particles are on the host between two segments,
    /// those of some blocks on their way at once.
    pub(super) async fn advance_handing_over(
        &mut self,
        fields: &Fields<E::Field>,
        segments: &[Segment],
    ) -> Result<Seen, RunError> {
        let engines = try_join_all(self.engines.iter().map(Making::wait)).await?;
        let carriers = Arc::clone(&self.plan.carriers);
        let most = if self.store.is_resident() { BLOCKS_AT_ONCE } else { 2 };
        for segment in segments {
            let passage = &Passage::new(&carriers, &engines, fields, segment);
            let segment = std::slice::from_ref(segment);
            let moving: Vec<usize> =
                (0..self.store.blocks.len()).filter(|&index| self.moves(index, segment)).collect();
            let mut on_their_way = FuturesOrdered::new();
            for index in moving.into_iter().map(Some).chain([None]) {
                if let Some(index) = index {
                    let lifetimes = self.legs(index, segment).pop().and_then(|leg| leg.lifetimes);
                    let crowd = block_in_place(|| self.store.take_out(index))?;
                    on_their_way.push_back(async move {
                        passage.pass(crowd, lifetimes).await.map(|passed| (index, passed))
                    });
                }
                while on_their_way.len() > if index.is_some() { most } else { 0 } {
                    let Some(passed) = on_their_way.next().await else { break };
                    let (index, (crowd, time)) = passed?;
                    self.count(index, segment, &[], Some(time));
                    block_in_place(|| self.store.put_back(index, crowd))?;
                }
            }
        }
        Ok(Seen::new())
    }
}

/// Blocks that may be on their way at once: enough that a device does not wait for the host.
pub(super) const BLOCKS_AT_ONCE: usize = 4;

/// What all blocks go through.
struct Passage<'a, E: Engine> {
    carriers: &'a [Carrier],
    engines: &'a [Arc<E>],
    /// The two fields of each forcing that is in force, the earlier first.
    fields: &'a [Option<[Arc<E::Field>; 2]>],
    segment: &'a Segment,
    /// One bit a forcing that is in force.
    in_force: u32,
}

/// The forcings out of which the same step of a particle would lead, one bit each.
#[derive(Clone, Copy, Default)]
struct Tried {
    step: u32,
    forcings: u32,
}

impl Tried {
    /// With another forcing added, at this step.
    fn at(&mut self, step: u32, forcing: usize) -> u32 {
        if self.step != step {
            *self = Self { step, forcings: 0 };
        }
        self.forcings |= 1 << forcing;
        self.forcings
    }
}

/// Particles of a block that one forcing moves, by their places in the block.
type Party = Vec<usize>;

impl<'a, E: Engine> Passage<'a, E> {
    fn new(
        carriers: &'a [Carrier],
        engines: &'a [Arc<E>],
        fields: &'a [Option<[Arc<E::Field>; 2]>],
        segment: &'a Segment,
    ) -> Self {
        let bits = fields.iter().enumerate();
        let in_force = bits.map(|(number, pair)| u32::from(pair.is_some()) << number).sum();
        Self { carriers, engines, fields, segment, in_force }
    }

    /// Takes particles through the segment, each for its lifetime. Also returns the time that the
    /// device measured.
    async fn pass(
        &self,
        mut crowd: Crowd,
        lifetimes: Option<Vec<Lifetime>>,
    ) -> Result<(Crowd, Duration), RunError> {
        let count = crowd.particles.len();
        let mut tried = vec![Tried::default(); count];
        let mut lives = lifetimes.unwrap_or_else(|| vec![Lifetime::WHOLE; count]);
        let mut time = Duration::ZERO;
        let mut parties = block_in_place(|| {
            self.assign(&mut crowd);
            self.parties(0..count, &crowd, &lives)
        });
        while parties.iter().any(|party| !party.is_empty()) {
            let parts = parties.iter().enumerate().filter(|(_, party)| !party.is_empty());
            let moved = parts.map(|(carrier, party)| self.advance(carrier, party, &crowd, &lives));
            let moved = try_join_all(moved).await?;
            parties = block_in_place(|| {
                let mut leaving = Vec::new();
                let members = parties.iter().filter(|party| !party.is_empty()).flatten();
                for (&index, particle) in members.zip(moved.iter().flat_map(|(seen, _)| seen)) {
                    crowd.particles[index] = *particle;
                    if self.goes_over(index, &mut crowd, &mut lives[index], &mut tried[index]) {
                        leaving.push(index);
                    }
                }
                self.parties(leaving, &crowd, &lives)
            });
            time += moved.iter().map(|(_, time)| *time).sum::<Duration>();
        }
        Ok((crowd, time))
    }

    /// Those of these particles that move in the segment, by their forcing.
    fn parties(
        &self,
        indices: impl IntoIterator<Item = usize>,
        crowd: &Crowd,
        lives: &[Lifetime],
    ) -> Vec<Party> {
        let steps = self.segment.steps().len() as u32;
        let mut parties = vec![Party::new(); self.carriers.len()];
        for index in indices {
            let Lifetime { first_step, end_step, .. } = lives[index];
            let moves = !crowd.particles[index].status().is_finished();
            if moves && first_step < steps.min(end_step) {
                parties[usize::from(crowd.carriers[index])].push(index);
            }
        }
        parties
    }

    /// Takes a party as far as its forcing does, from where its particles are.
    async fn advance(
        &self,
        carrier: usize,
        party: &Party,
        crowd: &Crowd,
        lives: &[Lifetime],
    ) -> Result<(Vec<Particle>, Duration), RunError> {
        let (Some(fields), Some(window)) = (&self.fields[carrier], &self.segment.windows[carrier])
        else {
            unreachable!("particles belong to forcings that are in force")
        };
        let engine = &self.engines[carrier];
        let advanced = block_in_place(|| {
            let particles: Vec<_> = party.iter().map(|&index| crowd.particles[index]).collect();
            let lives: Vec<_> = party.iter().map(|&index| lives[index]).collect();
            let whole = lives.iter().all(|life| *life == Lifetime::WHOLE);
            let leg = Leg {
                window: Arc::clone(window),
                lifetimes: (!whole).then_some(lives),
                observed: true,
                takers: self.in_force,
            };
            let block = engine.load(&particles)?;
            let fields = fields.clone();
            Ok::<_, RunError>(start(|done| engine.advance(block, fields, vec![leg], done)))
        });
        let mut advanced = advanced?.await?;
        let seen = advanced.observed.pop().expect("the leg asks for a look at its end");
        Ok((seen, advanced.device_time.unwrap_or_default()))
    }

    /// Finds another forcing for those whose own is no longer in force, and for those in a cell that a
    /// forcing which has come into force takes over.
    fn assign(&self, crowd: &mut Crowd) {
        let in_force = (0..self.carriers.len()).filter(|&number| self.is_in_force(number));
        let first_step = self.segment.any_window().first_step;
        let active = |particle: &Particle| particle.status() == Status::Active;
        let Crowd { particles, carriers } = crowd;
        for (particle, carrier) in particles.iter_mut().zip(carriers).filter(|(p, _)| active(p)) {
            let number = usize::from(*carrier);
            let found = if self.is_in_force(number) {
                self.taker(number, particle)
            } else {
                let found =
                    carrier_of(self.carriers, in_force.clone(), self.point(number, particle));
                if found.is_none() {
                    particle.status = Status::OutOfTime.code();
                    particle.finished_step = first_step;
                }
                found
            };
            if let Some((number, at)) = found {
                *particle = particle_at(at, particle.depth, Status::Active);
                *carrier = number as u8;
            }
        }
    }

    /// What becomes of a particle that its engine has given back. Whether it goes on in the segment, from
    /// where its lifetime now begins.
    fn goes_over(
        &self,
        index: usize,
        crowd: &mut Crowd,
        life: &mut Lifetime,
        tried: &mut Tried,
    ) -> bool {
        let particle = &mut crowd.particles[index];
        let number = usize::from(crowd.carriers[index]);
        let first_step = self.segment.any_window().first_step;
        let (found, from) = if particle.status == HANDED_OVER {
            // Where the rim of the other is curved, it may not reach into a corner of the cell.
            let found = self.taker(number, particle);
            let stays = (number, location(particle));
            (found.unwrap_or(stays), particle.finished_step - first_step + 1)
        } else if particle.status() == Status::LeftDomain {
            // First those that reach further, then those before it, which may lie beside it.
            let others = (number + 1..self.carriers.len()).chain(0..number);
            let tried = tried.at(particle.finished_step, number);
            let others = others.filter(|&other| self.is_in_force(other) && tried >> other & 1 == 0);
            let point = self.point(number, particle);
            let Some(found) = next_carrier(self.carriers, others, point) else { return false };
            (found, particle.finished_step - first_step)
        } else {
            return false;
        };
        let (number, at) = found;
        *particle = particle_at(at, particle.depth, Status::Active);
        crowd.carriers[index] = number as u8;
        if from > life.first_step {
            (life.first_step, life.delay) = (from, 0.0);
        }
        if life.first_step >= life.end_step {
            particle.status = Status::AgedOut.code();
            particle.finished_step = first_step + life.end_step - 1;
            return false;
        }
        true
    }

    /// The first forcing that takes over in the cell of a particle, and where it lies there.
    fn taker(&self, number: usize, particle: &Particle) -> Option<(usize, Location)> {
        let handover = self.carriers[number].setup.handover.as_ref()?;
        let takers = handover.takers(particle.cell) & self.in_force;
        if takers == 0 {
            return None;
        }
        let [x, y] = self.point(number, particle);
        (0..number)
            .filter(|taker| takers >> taker & 1 == 1)
            .find_map(|taker| self.carriers[taker].grid().locate(x, y).map(|at| (taker, at)))
    }

    fn point(&self, number: usize, particle: &Particle) -> [f64; 2] {
        self.carriers[number].grid().position(location(particle))
    }

    fn is_in_force(&self, number: usize) -> bool {
        self.in_force >> number & 1 == 1
    }
}
