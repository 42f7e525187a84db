//! Concurrency without parallelism: snapshots of a store that answers late, read on one thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use rayon::ThreadPoolBuilder;
use serde::Serialize;

use super::ExplainError;
use super::fingerprint::mix;
use super::sea::Sea;
use crate::forcing::{Access, Dataset, DatasetSpec, ForcingError, Snapshot};
use crate::grid::Region;
use crate::pipeline::{Budget, Flow, Schedule, Settings, Timeline};

/// Snapshots that are read.
const READS: usize = 24;
/// What an object store takes before it answers.
const LATENCY: Duration = Duration::from_millis(30);
/// Snapshots under way at the same time.
const AT_ONCE: usize = 8;

/// Snapshots of a slow store, one after another and interleaved, both on one thread.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Snapshots that were read.
    pub reads: usize,
    /// Requests that each way made of the store.
    pub requests: u64,
    /// The latency that each request was given, in seconds. It is simulated: the files are local.
    pub latency: f64,
    /// What of this is simulated.
    pub simulated: &'static str,
    /// Snapshots that were under way at the same time when they were interleaved.
    pub at_once: usize,
    /// Seconds for one after another.
    pub one_after_another: f64,
    /// Seconds for the same reads, interleaved.
    pub interleaved: f64,
    /// Processor time of the whole process meanwhile, in seconds, each way. Where it is far
    /// less than the time taken, a second core would have found little to do.
    pub processor: [f64; 2],
    /// Whether both read the same velocities, bit by bit.
    pub same_bytes: bool,
    /// What the one thread waited for, each way.
    #[serde(skip)]
    pub timelines: [Timeline; 2],
}

pub(super) fn measure(sea: &Sea) -> Result<Waiting, ExplainError> {
    let read = |schedule| on_one_thread(|| read_all(sea, schedule));
    let (serial, concurrent) = (read(Schedule::Serial)?, read(Schedule::Concurrent)?);
    Ok(Waiting {
        reads: READS,
        requests: serial.requests,
        latency: LATENCY.as_secs_f64(),
        simulated: "the sea is made up, and so is the latency: its files are local, and each \
                    request sleeps first",
        at_once: AT_ONCE,
        one_after_another: serial.elapsed.as_secs_f64(),
        interleaved: concurrent.elapsed.as_secs_f64(),
        processor: [&serial, &concurrent].map(|way| way.processor.as_secs_f64()),
        same_bytes: serial.hashes == concurrent.hashes,
        timelines: [serial.timeline, concurrent.timeline],
    })
}

/// One way to read them.
struct Outcome {
    hashes: Vec<u64>,
    requests: u64,
    elapsed: Duration,
    processor: Duration,
    timeline: Timeline,
}

/// Reads on the thread that calls it.
fn read_all(sea: &Sea, schedule: Schedule) -> Result<Outcome, ExplainError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let data = sea.files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    let access = Access { latency: LATENCY, ..Access::default() };
    // Each way opens the files anew: nothing is left in memory from the other one.
    let dataset = Arc::new(Dataset::open(&DatasetSpec { data, access, ..DatasetSpec::default() })?);
    let opened = dataset.traffic().requests;
    let settings = Settings { schedule, ..Settings::new(Budget::new(u64::MAX)) };
    let timeline = settings.timeline.clone();
    let (fetching, decoding) = (Arc::clone(&dataset), Arc::clone(&dataset));
    let flow = Flow::source("snapshots", settings, 0..READS, |_| 0)
        .stage("fetch", AT_ONCE, move |index| {
            let dataset = Arc::clone(&fetching);
            async move { dataset.fetch(index, &Region::whole(dataset.grid())).await }
        })
        .stage("decode", 1, move |fetched| {
            let dataset = Arc::clone(&decoding);
            async move { Ok::<_, ForcingError>(hash(&dataset.decode(fetched)?)) }
        })
        .sink("collect", Vec::new());
    let (started, processor) = (Instant::now(), ProcessTime::now());
    let hashes = runtime.block_on(flow.run())?.output;
    let (elapsed, processor) = (started.elapsed(), processor.elapsed());
    let requests = dataset.traffic().requests - opened;
    Ok(Outcome { hashes, requests, elapsed, processor, timeline })
}

/// Does `work` on a thread of its own that has no other to share it with: what computes in parallel
/// elsewhere, as decoding does, finds a pool of this one thread.
fn on_one_thread<T: Send>(
    work: impl FnOnce() -> Result<T, ExplainError> + Send,
) -> Result<T, ExplainError> {
    std::thread::scope(|scope| {
        let alone = scope.spawn(|| {
            let _pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build()?;
            work()
        });
        alone.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A hash of all bits of a snapshot's velocities.
fn hash(snapshot: &Snapshot) -> u64 {
    let values = snapshot.u.iter().chain(&snapshot.v);
    values.fold(snapshot.index as u64, |hash, value| mix(hash ^ u64::from(value.to_bits())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_is_one_thread_for_rayon_too() {
        let here = || (std::thread::current().id(), rayon::current_num_threads());
        let [(caller, _), (left, of_left), (right, of_right)] = on_one_thread(|| {
            let (left, right) = rayon::join(here, here);
            Ok([here(), left, right])
        })
        .unwrap();
        assert_eq!([left, right], [caller, caller]);
        assert_eq!([of_left, of_right], [1, 1]);
        assert_ne!(caller, here().0, "the caller's own pool is left alone");
    }

    #[test]
    fn a_hash_sees_the_last_bit_of_a_velocity() {
        let sea = Sea::new(&Default::default()).unwrap();
        let data = vec![sea.files[0].to_string_lossy().into_owned()];
        let dataset = Dataset::open(&DatasetSpec { data, ..DatasetSpec::default() }).unwrap();
        let mut snapshot = dataset.read(3).unwrap();
        let before = hash(&snapshot);
        assert_eq!(before, hash(&dataset.read(3).unwrap()));
        let last = snapshot.v.last_mut().unwrap();
        *last = last.next_up();
        assert_ne!(before, hash(&snapshot));
    }
}
