//! A plan, carried out: the stages of a run put together on the pipeline.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant as Clock;

use cpu_time::ProcessTime;
use tokio::task::block_in_place;

use super::advance::{About, Advance, Counts, Uploaded};
use super::blocks::Store;
use super::collect::{Collected, collect};
use super::making::Making;
use super::sample::Sample;
use super::wait::start;
use super::whereabouts::Whereabouts;
use super::{Needed, Plan, Progress, RunError, RunReport};
use crate::engine::{Device, Engine};
use crate::forcing::Snapshot;
use crate::grid::{Field, Grid};
use crate::pipeline::{BlockingSink, Cancel, Delay, Depth, Flow, Timeline};
use crate::trajectory::{Ending, Tally, Writer, Written};

/// What a run is given beside its plan.
#[derive(Clone, Default)]
pub struct Controls {
    /// Stops the run from outside.
    pub cancel: Cancel,
    /// Where work and waits are recorded.
    pub timeline: Timeline,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// What holds snapshots and blocks up on their way, if anything does.
    pub delay: Option<Delay>,
}

/// The stage that waits for the storage.
pub(super) const FETCH: &str = "fetch";

/// The stage that waits for that one.
pub(super) const DECODE: &str = "decode";

/// Snapshots that are fetched at once until it is known how many it takes. Short runs from far away
/// have no time to find out, and what is fetched too early only takes memory that is there.
const FETCHED_AT_FIRST: usize = 12;

/// A writer that outlives the pipeline: it is finished even when another stage fails.
type Shared = Arc<Mutex<Option<Box<dyn Writer>>>>;

/// Carries the plan out on `engines`, one for each forcing ([`Plan::engines`]), observations going to `writer` where there is one.
///
/// Whatever ends the run, `writer` is finished, so that what was computed can be read.
///
/// # Errors
/// [`RunError`]: the first error of any stage.
///
/// # Panics
/// Outside of a multi-threaded Tokio runtime, and if there is not one engine for each forcing.
pub async fn execute<E: Engine>(
    plan: &Plan,
    engines: impl IntoIterator<Item = E>,
    writer: Option<Box<dyn Writer>>,
    controls: &Controls,
) -> Result<RunReport, RunError> {
    let engines: Vec<E> = engines.into_iter().collect();
    assert_eq!(engines.len(), plan.carriers.len(), "each forcing has an engine");
    let device = engines[0].device().clone();
    carry_out(plan, device, engines.into_iter().map(Making::done).collect(), writer, controls).await
}

/// The same while the engines for this device may still be made.
pub(super) async fn carry_out<E: Engine>(
    plan: &Plan,
    device: Device,
    engines: Vec<Making<E>>,
    writer: Option<Box<dyn Writer>>,
    controls: &Controls,
) -> Result<RunReport, RunError> {
    let started = (Clock::now(), ProcessTime::now());
    let writer: Shared = Arc::new(Mutex::new(writer));
    let counts = Arc::new(Counts::default());
    counts.reached.store(plan.schedule.start.0, Ordering::Relaxed);
    let tally = Arc::new(Mutex::new(Tally::default()));
    announce(plan, &device);
    let ended = flow(plan, engines, Arc::clone(&writer), controls, &counts, &tally).await;
    let left_open = writer.lock().expect("no panic while held").take();
    let written = match (ended, left_open) {
        (Ok((written, complete)), None) => (written, complete),
        (Ok(_), Some(_)) => unreachable!("the last stage finishes the output"),
        (Err(error), Some(writer)) => {
            // The error that ended the run is the one to report.
            match block_in_place(|| writer.finish(Ending::Failed)) {
                Ok(Written { slots: 0, .. }) => {}
                Ok(Written { path, .. }) => {
                    tracing::warn!("what was computed before the error is in {}", path.display());
                }
                Err(second) => tracing::error!("the output could not be completed: {second}"),
            }
            return Err(error);
        }
        (Err(error), None) => return Err(error),
    };
    let (written, complete) = written;
    if let Some(Written { path, slots: slots @ 1.., observations }) = &written {
        tracing::info!(path = %path.display(), slots, observations, "the output is complete");
    }
    let tally = *tally.lock().expect("no panic while held");
    tally.check(plan.releases.total() - tally.count(crate::engine::Status::Pending))?;
    let times = [started.0.elapsed(), started.1.elapsed()];
    Ok(RunReport::new(plan, device, tally, &counts, written, complete, times, controls))
}

fn announce(plan: &Plan, device: &Device) {
    let snapshots = &plan.schedule.snapshots;
    let time = |needed: Option<&Needed>| needed.map(|&needed| plan.time_of(needed));
    tracing::info!(
        device = device.name,
        forcings = plan.carriers.len(),
        snapshots = snapshots.len(),
        first = time(snapshots.first()),
        last = time(snapshots.last()),
        "the run begins"
    );
}

async fn flow<E: Engine>(
    plan: &Plan,
    engines: Vec<Making<E>>,
    writer: Shared,
    controls: &Controls,
    counts: &Arc<Counts>,
    tally: &Arc<Mutex<Tally>>,
) -> Result<(Option<Written>, bool), RunError> {
    let settings = plan.settings(controls);
    let budget = settings.budget.clone();
    let store = {
        let plan = plan.clone();
        tokio::task::spawn_blocking(move || Store::new(&plan))
            .await
            .expect("laying out the release does not panic")?
    };
    if plan.carriers.len() > 1 {
        let name = |&needed: &Needed| plan.name_of(needed);
        controls.timeline.name_items(plan.schedule.snapshots.iter().map(name).collect());
    }
    // All are of one kind.
    let kind = plan.scenario.forcings[0].kind;
    let released_in = store.released_in.iter().copied();
    let whereabouts: Arc<[Whereabouts]> =
        released_in.map(|extent| Whereabouts::new(plan.schedule.start, extent, kind)).collect();
    let ahead = Arc::clone(&whereabouts);
    controls.progress.begin(plan.schedule.steps());
    let memory = plan.memory;
    let prefetch = Depth::adaptive(FETCHED_AT_FIRST, plan.fetched_at_once());
    let (fetching, decoding) = (plan.clone(), Arc::clone(&plan.carriers));
    let (preparing, held) = (Arc::clone(&plan.carriers), Arc::clone(&plan.carriers));
    let collecting = plan.clone();
    let fastest = Arc::clone(counts);
    let uploaders = engines.clone();
    let snapshots: Vec<_> = plan.schedule.snapshots.iter().copied().enumerate().collect();
    let flow = Flow::source("snapshots", settings, snapshots, move |_| memory.snapshot)
        .stage(FETCH, prefetch, move |(number, needed): (usize, Needed)| {
            let Needed { forcing, index, .. } = needed;
            let carrier = &fetching.carriers[forcing];
            let region = ahead[forcing].region(&fetching, carrier.grid(), number);
            let dataset = Arc::clone(&carrier.dataset);
            async move { dataset.fetch(index, &region).await.map(|fetched| (forcing, fetched)) }
        })
        .blocking(DECODE, plan.workers, move |(forcing, fetched): (usize, _)| {
            decoding[forcing].dataset.decode(fetched).map(|snapshot| (forcing, snapshot))
        })
        .blocking("prepare", 1, move |(forcing, snapshot): (usize, Snapshot)| {
            let (field, about) = prepare(preparing[forcing].grid(), forcing, &snapshot);
            fastest.fastest.fetch_max(about.fastest.to_bits(), Ordering::Relaxed);
            Ok::<_, RunError>((field, about))
        })
        .stage("upload", 1, move |(field, about): (Field, About)| {
            let uploader = uploaders[about.forcing].clone();
            async move {
                let engine = uploader.wait().await?;
                // Copying into the device's memory is work.
                let uploaded = block_in_place(|| start(|done| engine.upload(field, done)));
                Ok::<_, RunError>(Uploaded { field: Arc::new(uploaded.await?), about })
            }
        })
        .shrink_to(move |uploaded| held[uploaded.about.forcing].grid().field_bytes());
    // Here, so that the device is drawn beside the stage that uses it.
    let advance = Advance::new(
        plan.clone(),
        engines,
        store,
        Arc::clone(counts),
        Arc::clone(tally),
        controls,
        budget,
        whereabouts,
    );
    let observed =
        flow.operator("advance", advance)
            .blocking("collect", plan.workers, move |moved| collect(&collecting, moved));
    let observed = match plan.samplings.is_empty() {
        true => observed,
        false => observed.operator("sample", Sample::new(plan)),
    };
    let outcome =
        observed.blocking_sink("write", Write { writer, counts: Arc::clone(counts) }).run().await?;
    Ok((outcome.output, !counts.stopped.load(Ordering::Relaxed)))
}

/// The stage `prepare`: a snapshot laid out for the engine, and what is to be known of it.
pub(super) fn prepare(grid: &Grid, forcing: usize, snapshot: &Snapshot) -> (Field, About) {
    let field = snapshot.laid_out(grid);
    let (region, fastest) = (snapshot.region.clone(), field.fastest());
    (field, About { forcing, index: snapshot.index, region, fastest })
}

/// The stage `write`.
struct Write {
    writer: Shared,
    counts: Arc<Counts>,
}

impl BlockingSink<Collected> for Write {
    type Output = Option<Written>;
    type Error = RunError;

    fn take(&mut self, collected: Collected) -> Result<(), RunError> {
        let mut writer = self.writer.lock().expect("no panic while held");
        let Some(writer) = writer.as_mut() else { return Ok(()) };
        match collected {
            Collected::Batch(batch) if batch.is_empty() => Ok(()),
            Collected::Batch(batch) => Ok(writer.write(&batch)?),
            Collected::EndSlot(time) => Ok(writer.end_slot(time)?),
        }
    }

    fn finish(self) -> Result<Option<Written>, RunError> {
        let writer = self.writer.lock().expect("no panic while held").take();
        let ending = match self.counts.stopped.load(Ordering::Relaxed) {
            true => Ending::Stopped,
            false => Ending::Complete,
        };
        Ok(writer.map(|writer| writer.finish(ending)).transpose()?)
    }
}
