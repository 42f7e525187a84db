//! The stage `advance`: pairs neighbouring snapshots of each forcing and takes all blocks through the
//! window between them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::block_in_place;

use super::blocks::Store;
use super::making::Making;
use super::observe::{Moved, Seen, Steps};
use super::schedule::Segment;
use super::wait::{Begun, go_through, start};
use super::whereabouts::Whereabouts;
use super::{Controls, Plan, Progress, RunError};
use crate::engine::{Advanced, Engine, Leg, Particle, Status};
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
    /// The number of its forcing.
    pub forcing: usize,
    /// The snapshot that it was made from.
    pub index: usize,
    /// The part of the snapshot that was read.
    pub region: Region,
    /// The highest speed in it, in m/s.
    pub fastest: f32,
}

/// A snapshot that a window needs, with the memory that it holds.
pub(super) struct Held<F> {
    /// Its place among all that the run needs.
    pub place: usize,
    pub uploaded: Uploaded<F>,
    _reservation: Reservation,
}

/// The two fields of each forcing, the earlier first; none of one that is not in force.
pub(super) type Fields<F> = Vec<Option<[Arc<F>; 2]>>;

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
    /// One for each forcing.
    pub(super) engines: Vec<Making<E>>,
    pub(super) store: Store<E::Block>,
    /// What has come of the snapshots and is needed still.
    pub(super) held: Vec<Held<E::Field>>,
    /// How many have come.
    arrived: usize,
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
    /// On the grid of each forcing.
    pub(super) whereabouts: Arc<[Whereabouts]>,
    /// The latest output time, and where all particles were that will still move, on each grid.
    pub(super) seen: Option<(Instant, Vec<Option<Extent>>)>,
    cancel: Cancel,
}

impl<E: Engine> Advance<E> {
    #[expect(clippy::too_many_arguments, reason = "what a run is made of")]
    pub fn new(
        plan: Plan,
        engines: Vec<Making<E>>,
        store: Store<E::Block>,
        counts: Arc<Counts>,
        tally: Arc<Mutex<Tally>>,
        controls: &Controls,
        budget: Budget,
        whereabouts: Arc<[Whereabouts]>,
    ) -> Self {
        let device = (controls.timeline.clone(), controls.timeline.stage("device", &[]));
        Self {
            plan,
            engines,
            store,
            held: Vec::new(),
            arrived: 0,
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
        fields: &Fields<E::Field>,
        segments: &[Segment],
        first_of_run: bool,
        out: &mut Outlet<Moved>,
    ) -> Result<(), RunError> {
        let mut seen = match (&fields[..], self.store.is_resident()) {
            ([Some(fields)], true) => self.advance_resident(fields, segments).await?,
            ([Some(fields)], false) => self.advance_stored(fields, segments).await?,
            _ => self.advance_handing_over(fields, segments).await?,
        };
        self.draw();
        if first_of_run {
            self.observe_start(out).await?;
        }
        for segment in segments {
            let steps = segment.steps();
            let ends = steps.iter().map(|step| step.from + step.span);
            Arc::make_mut(&mut self.since_output).ends.extend(ends);
            self.next_step += steps.len() as u32;
            if let Some(slot) = segment.output {
                self.observe(slot, &mut seen, out).await?;
                self.since_output = Arc::new(Steps { first: self.next_step, ends: Vec::new() });
            }
            if let Some(last) = steps.last() {
                self.counts.reached.store((last.from + last.span).0, Ordering::Relaxed);
            }
            self.progress.add(steps.len() as u32);
        }
        Ok(())
    }

    /// What a block goes through in these segments, with a look at it where that is not too much to
    /// hold.
    pub(super) fn legs(&self, index: usize, segments: &[Segment]) -> Vec<Leg> {
        let block = &self.store.blocks[index];
        let leg = |segment: &Segment| Leg {
            window: Arc::clone(segment.any_window()),
            lifetimes: block.lifetimes(&self.plan, segment.any_window()),
            observed: self.plan.memory.at_once > 0 && segment.output.is_some(),
            takers: 0,
        };
        let particles = (block.ids.end - block.ids.start) as usize * segments.len();
        go_through(particles, || segments.iter().map(leg).collect())
    }

    /// Has a block begin its way through these segments.
    fn launch(
        &mut self,
        index: usize,
        engine: &E,
        fields: &[Arc<E::Field>; 2],
        segments: &[Segment],
    ) -> Result<Begun<Advanced<E::Block>>, RunError> {
        let (legs, fields) = (self.legs(index, segments), fields.clone());
        // A stored block is read, the first compiles the kernel, and all are put in the device's order.
        block_in_place(|| {
            let block = self.store.take(index, engine)?;
            Ok(start(|done| engine.advance(block, fields, legs, done)))
        })
    }

    /// All blocks that move at all: submitted at once, so that the device never waits for the host.
    async fn advance_resident(
        &mut self,
        fields: &[Arc<E::Field>; 2],
        segments: &[Segment],
    ) -> Result<Seen, RunError> {
        let engine = self.engines[0].wait().await?;
        let mut moving = Vec::new();
        for index in 0..self.store.blocks.len() {
            if self.moves(index, segments) {
                moving.push((index, self.launch(index, &*engine, fields, segments)?));
            }
        }
        let mut seen = Seen::new();
        for (index, advanced) in moving {
            let advanced = advanced.await?;
            self.count(index, segments, &advanced.observed, advanced.device_time);
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
        let engine = self.engines[0].wait().await?;
        let mut moving = VecDeque::new();
        let indices: Vec<usize> =
            (0..self.store.blocks.len()).filter(|&index| self.moves(index, segments)).collect();
        for index in indices.into_iter().map(Some).chain([None]) {
            if let Some(index) = index {
                moving.push_back((index, self.launch(index, &*engine, fields, segments)?));
            }
            if (moving.len() > 1 || index.is_none())
                && let Some((index, advanced)) = moving.pop_front()
            {
                let advanced = advanced.await?;
                self.count(index, segments, &advanced.observed, advanced.device_time);
                let (_, particles) = start(|done| engine.read(advanced.block, done)).await?;
                block_in_place(|| self.store.store(index, &particles))?;
            }
        }
        Ok(Seen::new())
    }

    /// Whether a particle of a block may move in these segments.
    pub(super) fn moves(&self, index: usize, segments: &[Segment]) -> bool {
        let block = &self.store.blocks[index];
        let mut steps = segments.iter().flat_map(Segment::steps);
        let Some(last) = steps.next_back() else { return false };
        !block.finished && block.has_begun(last.from + last.span, last.span.0 < 0)
    }

    /// Adds what a block went through to the counts: the segments by whose end it had begun, up to the
    /// output at which all were seen to have finished, however many it was sent through together.
    pub(super) fn count(
        &mut self,
        index: usize,
        segments: &[Segment],
        observed: &[Vec<Particle>],
        device_time: Option<Duration>,
    ) {
        let block = &self.store.blocks[index];
        let (mut steps, mut observed) = (0, observed.iter());
        for segment in segments {
            if self.moves(index, std::slice::from_ref(segment)) {
                steps += segment.steps().len() as u64;
            }
            let seen = segment.output.and_then(|_| observed.next());
            if seen.is_some_and(|seen| seen.iter().all(|one| one.status().is_finished())) {
                break;
            }
        }
        let particles = block.ids.end - block.ids.start;
        self.counts.particle_steps.fetch_add(particles * steps, Ordering::Relaxed);
        if let Some(time) = device_time {
            let nanoseconds = time.as_nanos() as u64;
            self.counts.device_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
            self.device_time += time;
        }
    }

    /// Takes all blocks through the window whose snapshots have come, and lets those go that none after it
    /// needs. Whether the run is to go on.
    async fn pass_window(&mut self, out: &mut Outlet<Moved>) -> Result<bool, RunError> {
        let cancel = self.cancel.clone();
        let fastest = tokio::select! {
            fastest = self.widen() => fastest?,
            // It may have to fetch, from a store that does not answer.
            () = cancel.cancelled() => return Ok(false),
        };
        let fields: Fields<E::Field> =
            (0..self.engines.len()).map(|forcing| self.fields_of(forcing)).collect();
        let segments = self.plan.schedule.segments(self.window, self.next_step);
        let at_once = self.plan.memory.at_once.max(1);
        for (number, segments) in segments.chunks(at_once).enumerate() {
            if self.cancel.is_cancelled() {
                return Ok(false);
            }
            self.segments(&fields, segments, self.window == 0 && number == 0, out).await?;
        }
        drop(fields);
        let next = self.window + 1;
        let schedule = Arc::clone(&self.plan.schedule);
        let is_needed = |place: usize| next < schedule.windows() && schedule.uses(next, place);
        self.held
            .retain(|held| held.place >= schedule.needed_for(next - 1) || is_needed(held.place));
        self.look_around(fastest).await?;
        self.window = next;
        Ok(true)
    }

    /// Whether the next window lies between this snapshot and another.
    pub(super) fn is_in_use(&self, place: usize) -> bool {
        self.plan.schedule.uses(self.window, place)
    }

    /// The fields of a forcing for the next window, the earlier first.
    fn fields_of(&self, forcing: usize) -> Option<[Arc<E::Field>; 2]> {
        let field = |place: usize| {
            let held = self.held.iter().find(|held| held.place == place);
            Arc::clone(&held.expect("what a window needs has come").uploaded.field)
        };
        let mut pair = self.plan.schedule.pair(self.window, forcing)?.map(field);
        if self.plan.schedule.end < self.plan.schedule.start {
            pair.reverse();
        }
        Some(pair)
    }

    /// The device's own time for all blocks, drawn so that it ends now and overlaps
    /// with none before, with the number of the last snapshot that the window needs.
    fn draw(&mut self) {
        let time = std::mem::take(&mut self.device_time);
        if time.is_zero() {
            return;
        }
        let (timeline, stage) = &self.device;
        let end_ns = timeline.now();
        let start_ns = end_ns.saturating_sub(time.as_nanos() as u64).max(self.drawn_ns);
        self.drawn_ns = end_ns;
        let item = self.plan.schedule.needed_for(self.window) as u64 - 1;
        timeline.record(Bar {
            stage: *stage,
            worker: 0,
            item,
            origin: item,
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
        let Parcel { content: uploaded, reservation, .. } = parcel;
        self.held.push(Held { place: self.arrived, uploaded, _reservation: reservation });
        self.arrived += 1;
        let windows = self.plan.schedule.windows();
        while self.window < windows && self.arrived >= self.plan.schedule.needed_for(self.window) {
            if !self.pass_window(out).await? {
                return Ok(());
            }
        }
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
        // Two of each forcing, but for the one that is waited for.
        2 * self.engines.len() as u64 - 1
    }
}
