//! The stage `advance`: pairs neighbouring snapshots and takes all blocks through the window
//! between them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::block_in_place;

use super::blocks::Store;
use super::making::Making;
use super::observe::{Moved, Seen, Steps};
use super::schedule::Segment;
use super::wait::{go_through, start};
use super::whereabouts::Whereabouts;
use super::{Controls, Plan, Progress, RunError};
use crate::engine::{Advanced, Engine, Leg, Status};
use crate::grid::{Extent, Region};
use crate::pipeline::{
    Budget, Cancel, Kind, Operator, Outlet, Parcel, Reservation, Span as Bar, StageId, Timeline,
};
use crate::time::Instant;
use crate::trajectory::Tally;

/// A field on the device.
pub(super) struct Uploaded<F> {
    pub field: Arc<F>,
    pub about: About,
}

/// What is known of a field.
#[derive(Clone)]
pub(super) struct About {
    /// The snapshot that it was made from.
    pub index: usize,
    /// The part of the snapshot that was read.
    pub region: Region,
    /// The highest speed in it, in m/s.
    pub fastest: f32,
}

/// What the stage counts.
#[derive(Default)]
pub(super) struct Counts {
    pub particle_steps: AtomicU64,
    pub device_nanoseconds: AtomicU64,
    /// The highest speed in any field, as the bits of an f32, which order as their values do.
    pub fastest: AtomicU32,
    /// Whether the run was stopped before its last window.
    pub stopped: AtomicBool,
    /// How far all particles have been taken, as the microseconds of an [`Instant`].
    pub reached: AtomicI64,
    /// Snapshots that were fetched again because particles might have left the part that was read.
    pub fetched_again: AtomicU64,
}

pub(super) struct Advance<E: Engine> {
    pub(super) plan: Plan,
    pub(super) engine: Making<E>,
    pub(super) store: Store<E::Block>,
    /// The snapshot before, with the memory it holds.
    previous: Option<(Uploaded<E::Field>, Reservation)>,
    pub(super) window: usize,
    next_step: u32,
    pub(super) since_output: Arc<Steps>,
    pub(super) counts: Arc<Counts>,
    tally: Arc<Mutex<Tally>>,
    progress: Arc<Progress>,
    device: (Timeline, StageId),
    /// What the device itself measured and is not drawn yet.
    device_time: Duration,
    /// Until when the device has been drawn.
    drawn_ns: u64,
    pub(super) budget: Budget,
    pub(super) whereabouts: Arc<Whereabouts>,
    /// The latest output time, and where all particles were that will still move.
    pub(super) seen: Option<(Instant, Option<Extent>)>,
    cancel: Cancel,
}

impl<E: Engine> Advance<E> {
    #[expect(clippy::too_many_arguments, reason = "what a run is made of")]
    pub fn new(
        plan: Plan,
        engine: Making<E>,
        store: Store<E::Block>,
        counts: Arc<Counts>,
        tally: Arc<Mutex<Tally>>,
        controls: &Controls,
        budget: Budget,
        whereabouts: Arc<Whereabouts>,
    ) -> Self {
        let device = (controls.timeline.clone(), controls.timeline.stage("device", &[]));
        Self {
            plan,
            engine,
            store,
            previous: None,
            window: 0,
            next_step: 0,
            since_output: Arc::default(),
            counts,
            tally,
            progress: Arc::clone(&controls.progress),
            device,
            device_time: Duration::ZERO,
            drawn_ns: 0,
            budget,
            whereabouts,
            seen: None,
            cancel: controls.cancel.clone(),
        }
    }

    /// Takes all blocks through segments that follow each other, and observes them where one ends with
    /// an output.
    async fn segments(
        &mut self,
        fields: &[Arc<E::Field>; 2],
        segments: &[Segment],
        first_of_run: bool,
        out: &mut Outlet<Moved>,
    ) -> Result<(), RunError> {
        let mut seen = match self.store.is_resident() {
            true => self.advance_resident(fields, segments).await?,
            false => self.advance_stored(fields, segments).await?,
        };
        self.draw();
        if first_of_run {
            self.observe_start(out).await?;
        }
        for Segment { window, output } in segments {
            let ends = window.steps.iter().map(|step| step.from + step.span);
            Arc::make_mut(&mut self.since_output).ends.extend(ends);
            self.next_step += window.steps.len() as u32;
            if let Some(slot) = *output {
                self.observe(slot, &mut seen, out).await?;
                self.since_output = Arc::new(Steps { first: self.next_step, ends: Vec::new() });
            }
            if let Some(last) = window.steps.last() {
                self.counts.reached.store((last.from + last.span).0, Ordering::Relaxed);
            }
            self.progress.add(window.steps.len() as u32);
        }
        Ok(())
    }

    /// What a block goes through in these segments, with a look at it where that is not too much to
    /// hold.
    fn legs(&self, index: usize, segments: &[Segment]) -> Vec<Leg> {
        let block = &self.store.blocks[index];
        let leg = |segment: &Segment| Leg {
            window: Arc::clone(&segment.window),
            lifetimes: block.lifetimes(&self.plan, &segment.window),
            observed: self.plan.memory.at_once > 0 && segment.output.is_some(),
        };
        let particles = (block.ids.end - block.ids.start) as usize * segments.len();
        go_through(particles, || segments.iter().map(leg).collect())
    }

    /// All blocks that move at all: submitted at once, so that the device never waits for the host.
    async fn advance_resident(
        &mut self,
        fields: &[Arc<E::Field>; 2],
        segments: &[Segment],
    ) -> Result<Seen, RunError> {
        let engine = self.engine.wait().await?;
        let mut moving = Vec::new();
        for index in 0..self.store.blocks.len() {
            if self.moves(index, segments) {
                let legs = self.legs(index, segments);
                let block = self.store.take(index, &*engine)?;
                let fields = fields.clone();
                // The first compiles the kernel, and all are put in the device's order.
                let advanced =
                    block_in_place(|| start(|done| engine.advance(block, fields, legs, done)));
                moving.push((index, advanced));
            }
        }
        let mut seen = Seen::new();
        for (index, advanced) in moving {
            let advanced = advanced.await?;
            self.count(index, segments, &advanced);
            self.store.put(index, advanced.block);
            seen.insert(index, advanced.observed.into());
        }
        Ok(seen)
    }

    /// Blocks that are kept in a file go through one after another, the next already on its way.
    async fn advance_stored(
        &mut self,
        fields: &[Arc<E::Field>; 2],
        segments: &[Segment],
    ) -> Result<Seen, RunError> {
        let engine = self.engine.wait().await?;
        let mut moving = VecDeque::new();
        let indices: Vec<usize> =
            (0..self.store.blocks.len()).filter(|&index| self.moves(index, segments)).collect();
        for index in indices.into_iter().map(Some).chain([None]) {
            if let Some(index) = index {
                let legs = self.legs(index, segments);
                let block = block_in_place(|| self.store.take(index, &*engine))?;
                let fields = fields.clone();
                // The first compiles the kernel, and all are put in the device's order.
                let advanced =
                    block_in_place(|| start(|done| engine.advance(block, fields, legs, done)));
                moving.push_back((index, advanced));
            }
            if (moving.len() > 1 || index.is_none())
                && let Some((index, advanced)) = moving.pop_front()
            {
                let advanced = advanced.await?;
                self.count(index, segments, &advanced);
                let (_, particles) = start(|done| engine.read(advanced.block, done)).await?;
                block_in_place(|| self.store.store(index, &particles))?;
            }
        }
        Ok(Seen::new())
    }

    fn moves(&self, index: usize, segments: &[Segment]) -> bool {
        let block = &self.store.blocks[index];
        let mut steps = segments.iter().flat_map(|segment| &segment.window.steps);
        let Some(last) = steps.next_back() else { return false };
        !block.finished && block.has_begun(last.from + last.span, last.span.0 < 0)
    }

    fn count(&mut self, index: usize, segments: &[Segment], advanced: &Advanced<E::Block>) {
        let ids = &self.store.blocks[index].ids;
        let steps: u64 = segments.iter().map(|segment| segment.window.steps.len() as u64).sum();
        self.counts.particle_steps.fetch_add((ids.end - ids.start) * steps, Ordering::Relaxed);
        if let Some(time) = advanced.device_time {
            let nanoseconds = time.as_nanos() as u64;
            self.counts.device_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
            self.device_time += time;
        }
    }

    /// The device's own time for all blocks, drawn so that it ends now and overlaps
    /// with none before, with the number of the snapshot that the window leads to.
    fn draw(&mut self) {
        let time = std::mem::take(&mut self.device_time);
        if time.is_zero() {
            return;
        }
        let (timeline, stage) = &self.device;
        let end_ns = timeline.now();
        let start_ns = end_ns.saturating_sub(time.as_nanos() as u64).max(self.drawn_ns);
        self.drawn_ns = end_ns;
        timeline.record(Bar {
            stage: *stage,
            worker: 0,
            item: self.window as u64 + 1,
            origin: self.window as u64 + 1,
            start_ns,
            end_ns,
            bytes: 0,
            kind: Kind::Busy,
        });
    }
}

impl<E: Engine> Operator<Uploaded<E::Field>> for Advance<E> {
    type Output = Moved;
    type Error = RunError;

    async fn take(
        &mut self,
        parcel: Parcel<Uploaded<E::Field>>,
        out: &mut Outlet<Moved>,
    ) -> Result<(), RunError> {
        let Parcel { content, reservation, .. } = parcel;
        let Some((previous, held)) = self.previous.take() else {
            self.previous = Some((content, reservation));
            return Ok(());
        };
        let cancel = self.cancel.clone();
        let [previous, content] = tokio::select! {
            fields = self.wide_enough([previous, content]) => fields?,
            // It may have to fetch, from a store that does not answer.
            () = cancel.cancelled() => return Ok(()),
        };
        let fastest = previous.about.fastest.max(content.about.fastest);
        let mut fields = [Arc::clone(&previous.field), Arc::clone(&content.field)];
        if self.plan.schedule.end < self.plan.schedule.start {
            fields.reverse();
        }
        self.previous = Some((content, reservation));
        let segments = self.plan.schedule.segments(self.window, self.next_step);
        let at_once = self.plan.memory.at_once.max(1);
        for (number, segments) in segments.chunks(at_once).enumerate() {
            if self.cancel.is_cancelled() {
                return Ok(());
            }
            self.segments(&fields, segments, self.window == 0 && number == 0, out).await?;
        }
        drop((previous, held));
        self.look_around(fastest).await?;
        self.window += 1;
        Ok(())
    }

    async fn finish(mut self, _: &mut Outlet<Moved>) -> Result<(), RunError> {
        let complete = self.window == self.plan.schedule.windows();
        if !complete {
            self.counts.stopped.store(true, Ordering::Relaxed);
        }
        let out_of_time = complete && self.plan.schedule.cut_short;
        let mut tally = Tally::default();
        for index in 0..self.store.blocks.len() {
            let particles = self.read(index).await?;
            block_in_place(|| {
                for particle in particles {
                    tally.add(match particle.status() {
                        Status::Active if out_of_time => Status::OutOfTime,
                        status => status,
                    });
                }
            });
        }
        *self.tally.lock().expect("no panic while held") = tally;
        Ok(())
    }

    /// Snapshots that are on their way when the run is stopped are of no use any more, and what they
    /// wait for may never come.
    fn enough(&self) -> impl Future<Output = ()> + Send + 'static {
        let cancel = self.cancel.clone();
        async move { cancel.cancelled().await }
    }

    fn keeps(&self) -> u64 {
        1
    }
}
