//! Holds what is written against the contract of [`Observations`].

use fixedbitset::FixedBitSet;

use super::{Ending, Metadata, Observations, TrajectoryError, Writer, Written};
use crate::engine::Status;
use crate::time::Instant;

/// A writer that passes on only what keeps the contract.
///
/// A particle that is written twice, or written again after it finished, would otherwise be
/// overwritten in one format and doubled in the other, and nobody would know. It takes two bits
/// for each particle.
pub(super) struct Checked {
    inner: Box<dyn Writer>,
    particles: u64,
    with_depth: bool,
    samples: usize,
    start: Instant,
    slot: u32,
    /// Output times of the last two slots that were begun, the later one second.
    previous: Option<Instant>,
    current: Option<Instant>,
    backward: Option<bool>,
    seen: FixedBitSet,
    finished: FixedBitSet,
}

impl Checked {
    pub(super) fn new(inner: Box<dyn Writer>, metadata: &Metadata) -> Self {
        let bits = metadata.particles as usize;
        Self {
            inner,
            particles: metadata.particles,
            with_depth: metadata.depth.is_none(),
            samples: metadata.samples.len(),
            start: metadata.start,
            slot: 0,
            previous: None,
            current: None,
            backward: None,
            seen: FixedBitSet::with_capacity(bits),
            finished: FixedBitSet::with_capacity(bits),
        }
    }

    fn refuse(&self, reason: impl Into<String>) -> TrajectoryError {
        TrajectoryError::Inconsistent { slot: self.slot, reason: reason.into() }
    }

    /// Settles on the slot's output time with the first that speaks of it.
    fn settle(&mut self, time: Instant) -> Result<(), TrajectoryError> {
        match (self.current, self.previous) {
            (Some(current), _) if current != time => {
                return Err(self.refuse("its parts disagree about its time"));
            }
            (Some(_), _) => return Ok(()),
            (None, None) if time != self.start => {
                return Err(self.refuse("the first output time is not the start of the run"));
            }
            (None, None) => {}
            (None, Some(previous)) => {
                if time == previous || self.backward.is_some_and(|b| b != (time < previous)) {
                    return Err(self.refuse("output times do not go on in one direction"));
                }
                self.backward = Some(time < previous);
            }
        }
        self.current = Some(time);
        Ok(())
    }

    fn check(&self, batch: &Observations) -> Result<(), TrajectoryError> {
        if batch.slot != self.slot {
            return Err(self.refuse(format!("a batch of output time {} came now", batch.slot)));
        }
        if batch.depth.is_some() != self.with_depth {
            let has = if self.with_depth { "lack" } else { "have" };
            return Err(self.refuse(format!("they {has} depths, against the metadata")));
        }
        if batch.samples.len() != self.samples {
            return Err(self.refuse(format!(
                "{} variables were sampled, against {} of the metadata",
                batch.samples.len(),
                self.samples
            )));
        }
        let lengths = [
            Some(batch.x.len()),
            Some(batch.y.len()),
            Some(batch.status.len()),
            batch.depth.as_ref().map(Vec::len),
            batch.times.as_ref().map(Vec::len),
        ];
        let lengths = lengths.into_iter().flatten().chain(batch.samples.iter().map(Vec::len));
        if lengths.into_iter().any(|length| length != batch.len()) {
            return Err(self.refuse("the vectors of a batch differ in length"));
        }
        (0..batch.len()).try_for_each(|i| self.check_one(batch, i))
    }

    fn check_one(&self, batch: &Observations, i: usize) -> Result<(), TrajectoryError> {
        let (id, at) = (batch.ids[i], batch.time_of(i));
        let depth = batch.depth.as_ref().map_or(0.0, |depth| depth[i]);
        let moving = !batch.status[i].is_finished();
        let in_slot = match self.previous {
            Some(previous) if batch.time < previous => batch.time <= at && at < previous,
            Some(previous) => previous < at && at <= batch.time,
            None => at == batch.time,
        };
        let problem = if id >= self.particles {
            format!("there is no particle {id} among {}", self.particles)
        } else if self.finished[id as usize] {
            format!("particle {id} finished at an earlier output time")
        } else if batch.status[i] == Status::Pending {
            format!("particle {id} is not released yet")
        } else if !(batch.x[i].is_finite() && batch.y[i].is_finite() && depth.is_finite()) {
            format!("the position of particle {id} is not a number")
        } else if moving && at != batch.time {
            format!("particle {id} moves, but is not observed at the output time")
        } else if !in_slot {
            format!("particle {id} is observed outside the slot's time")
        } else {
            return Ok(());
        };
        Err(self.refuse(problem))
    }

    /// Notes who was seen, so that no one is seen twice.
    fn note(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        for &id in &batch.ids {
            if self.seen.put(id as usize) {
                return Err(self.refuse(format!("particle {id} is observed twice")));
            }
        }
        for (&id, status) in batch.ids.iter().zip(&batch.status) {
            if status.is_finished() {
                self.finished.insert(id as usize);
            }
        }
        Ok(())
    }
}

impl Writer for Checked {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        self.settle(batch.time)?;
        self.check(batch)?;
        self.note(batch)?;
        self.inner.write(batch)
    }

    fn end_slot(&mut self, time: Instant) -> Result<(), TrajectoryError> {
        self.settle(time)?;
        self.previous = self.current.take();
        self.slot += 1;
        self.seen.clear();
        self.inner.end_slot(time)
    }

    fn finish(self: Box<Self>, ending: Ending) -> Result<Written, TrajectoryError> {
        self.inner.finish(ending)
    }
}
