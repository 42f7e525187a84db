//! Concurrency without parallelism: many reads on one thread.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::ExplainError;
use super::fingerprint::mix;
use super::sea::Sea;
use crate::pipeline::{Budget, Flow, Schedule, Settings, Timeline};

/// Snapshots that are read.
const READS: usize = 24;
/// What an object store takes before it answers.
const LATENCY: Duration = Duration::from_millis(30);
/// Reads under way at the same time.
const AT_ONCE: usize = 8;

/// Reads from a slow store, one after another and interleaved, both on one thread.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Snapshots that were read.
    pub reads: usize,
    /// The latency that each read was given, in seconds. It is simulated: the files are local.
    pub latency: f64,
    /// Reads that were under way at the same time when they were interleaved.
    pub at_once: usize,
    /// Seconds for one after another.
    pub one_after_another: f64,
    /// Seconds for the same reads, interleaved.
    pub interleaved: f64,
    /// Whether both read the same bytes.
    pub same_bytes: bool,
    /// What the one thread waited for, each way.
    #[serde(skip)]
    pub timelines: [Timeline; 2],
}

pub(super) fn measure(sea: &Sea) -> Result<Waiting, ExplainError> {
    let (serial, one_after_another, in_turn) = read_all(&sea.files[0], Schedule::Serial)?;
    let (concurrent, interleaved, at_once) = read_all(&sea.files[0], Schedule::Concurrent)?;
    Ok(Waiting {
        reads: READS,
        latency: LATENCY.as_secs_f64(),
        at_once: AT_ONCE,
        one_after_another: one_after_another.as_secs_f64(),
        interleaved: interleaved.as_secs_f64(),
        same_bytes: serial == concurrent,
        timelines: [in_turn, at_once],
    })
}

/// Hashes of what was read, the time it took, and what happened.
type Outcome = (Vec<u64>, Duration, Timeline);

fn read_all(path: &Path, schedule: Schedule) -> Result<Outcome, ExplainError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let settings = Settings { schedule, ..Settings::new(Budget::new(u64::MAX)) };
    let timeline = settings.timeline.clone();
    let part = std::fs::metadata(path)?.len() / READS as u64;
    let path = path.to_owned();
    let started = Instant::now();
    let read = Flow::source("parts", settings, 0..READS as u64, |_| 0)
        .stage("read", AT_ONCE, move |number| {
            let path = path.clone();
            async move {
                tokio::time::sleep(LATENCY).await;
                hash(&path, number * part, part)
            }
        })
        .sink("collect", Vec::new());
    let outcome = runtime.block_on(read.run())?;
    Ok((outcome.output, started.elapsed(), timeline))
}

/// A hash of a part of a file.
fn hash(path: &Path, from: u64, length: u64) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes.into_iter().fold(0, |hash, byte| mix(hash ^ u64::from(byte))))
}
