//! Who worked, who waited, and for whom.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::depth::DepthSummary;

/// Spans kept for each stage unless [`Timeline::keep`] says otherwise.
const KEPT: usize = 1 << 16;

/// What a stage does during a [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It works on an item.
    Busy,
    /// It waits for the stage before it.
    WaitInput,
    /// It waits for the stage after it to take an item.
    WaitOutput,
    /// It waits for the memory budget.
    WaitMemory,
}

/// A stage of one [`Timeline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StageId(pub(super) usize);

/// What one worker of a stage did from one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The stage.
    pub stage: StageId,
    /// The worker, counted from 0; the spans of one worker do not overlap.
    pub worker: u32,
    /// The item, counted from 0: at the stage's input, or for [`Kind::WaitOutput`] and
    /// [`Kind::WaitMemory`] at its output.
    pub item: u64,
    /// The item of the source that it comes from: what to follow from stage to stage.
    pub origin: u64,
    /// Start, nanoseconds of the timeline's clock.
    pub start_ns: u64,
    /// End, nanoseconds of the timeline's clock.
    pub end_ns: u64,
    /// Bytes that the item held.
    pub bytes: u64,
    /// What it did.
    pub kind: Kind,
}

/// What a stage did in total. Exact, however many spans the timeline has let go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StageSummary {
    /// The stage's name.
    pub stage: String,
    /// Workers that were seen. Times below are summed over them.
    pub workers: u32,
    /// Items finished.
    pub items: u64,
    /// Bytes that the finished items held.
    pub bytes: u64,
    /// Time spent working.
    pub busy: Duration,
    /// Time in which at least one worker was working, all of them taken together.
    pub active: Duration,
    /// Time spent waiting for the stages in `input_from`.
    pub waited_for_input: Duration,
    /// Time spent waiting for the stages in `output_to`.
    pub waited_for_output: Duration,
    /// Time spent waiting for memory.
    pub waited_for_memory: Duration,
    /// The stages before this one.
    pub input_from: Vec<String>,
    /// The stages after this one.
    pub output_to: Vec<String>,
    /// Start of the first work, nanoseconds of the timeline's clock.
    pub first_start_ns: Option<u64>,
    /// End of the last work, nanoseconds of the timeline's clock.
    pub last_end_ns: Option<u64>,
    /// How many items at once the stage found that it takes, where it was to find that out.
    pub depth: Option<DepthSummary>,
    /// Spans that are counted above and no longer kept one by one.
    pub spans_let_go: u64,
}

/// A record of what overlapped with what. Cheap to clone; clones share the record.
///
/// Totals are exact for runs of any length. The spans themselves are kept up to a number for each
/// stage; then the oldest are let go.
#[derive(Clone)]
pub struct Timeline {
    clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    tracks: Arc<Mutex<Vec<Track>>>,
    names: Arc<OnceLock<Vec<String>>>,
    keep: usize,
}

#[derive(Default)]
struct Track {
    summary: StageSummary,
    spans: VecDeque<Span>,
    /// Workers that are working, and since when at least one of them is.
    working: (u32, u64),
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timeline").field(&self.summary()).finish()
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Timeline {
    /// A timeline on Tokio's clock, which a paused runtime moves by itself; it starts at 0 now.
    pub fn new() -> Self {
        let start = Instant::now();
        Self::with_clock(move || nanoseconds(start.elapsed()))
    }

    /// A timeline on a clock of the caller's: nanoseconds since any moment, never going back.
    pub fn with_clock(clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), tracks: Arc::default(), names: Arc::default(), keep: KEPT }
    }

    /// Keeps the last `spans` of each stage one by one, where the default is 65 536.
    #[must_use]
    pub fn keep(self, spans: usize) -> Self {
        Self { keep: spans, ..self }
    }

    /// Says what the items of the source are, in their order, where their numbers do not. What is said
    /// first holds.
    pub fn name_items(&self, names: Vec<String>) {
        self.names.get_or_init(|| names);
    }

    /// What the items of the source are; empty where nobody has said so.
    pub fn item_names(&self) -> &[String] {
        self.names.get().map_or(&[], Vec::as_slice)
    }

    /// The clock's time in nanoseconds.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Adds a stage that takes its input from the stages `after`; empty for one that stands for
    /// itself, such as a device with a clock of its own.
    ///
    /// # Panics
    /// Where a stage in `after` is of another timeline.
    pub fn stage(&self, name: &str, after: &[StageId]) -> StageId {
        let mut tracks = self.lock();
        let mut track = Track::default();
        name.clone_into(&mut track.summary.stage);
        for before in after {
            let before = &mut tracks[before.0].summary;
            before.output_to.push(name.to_owned());
            track.summary.input_from.push(before.stage.clone());
        }
        tracks.push(track);
        StageId(tracks.len() - 1)
    }

    /// Adds a span that was measured elsewhere. A busy span counts as one item.
    ///
    /// # Panics
    /// Where the span's stage is of another timeline.
    pub fn record(&self, span: Span) {
        let busy = span.kind == Kind::Busy;
        if busy {
            self.enter(span.stage, span.start_ns);
        }
        self.add(span, busy);
    }

    /// What each stage did in total, in the order in which the stages were added.
    pub fn summary(&self) -> Vec<StageSummary> {
        self.lock().iter().map(|track| track.summary.clone()).collect()
    }

    /// The spans that are kept of one stage, in the order in which they were recorded. Spans of no
    /// length are only counted.
    ///
    /// # Panics
    /// Where the stage is of another timeline.
    pub fn spans(&self, stage: StageId) -> Vec<Span> {
        self.lock()[stage.0].spans.iter().copied().collect()
    }

    /// Whether no stage has done anything yet.
    pub fn is_empty(&self) -> bool {
        self.lock().iter().all(|track| track.spans.is_empty())
    }

    /// The stages, in the order in which they were added.
    pub fn stages(&self) -> Vec<StageId> {
        (0..self.lock().len()).map(StageId).collect()
    }

    /// Says that a worker begins to work, which its span will say once it has ended.
    pub(super) fn enter(&self, stage: StageId, at_ns: u64) {
        let (working, since) = &mut self.lock()[stage.0].working;
        if *working == 0 {
            *since = at_ns;
        }
        *working += 1;
    }

    /// Says what a stage has found out about its depth.
    pub(super) fn say_depth(&self, stage: StageId, depth: DepthSummary) {
        self.lock()[stage.0].summary.depth = Some(depth);
    }

    /// Adds a span, of which [`enter`](Self::enter) knows if it was busy; `finished` says that its item is done with it.
    pub(super) fn add(&self, span: Span, finished: bool) {
        let length = Duration::from_nanos(span.end_ns.saturating_sub(span.start_ns));
        let mut tracks = self.lock();
        let Track { summary, spans, working } = &mut tracks[span.stage.0];
        summary.workers = summary.workers.max(span.worker + 1);
        match span.kind {
            Kind::Busy => {
                summary.busy += length;
                working.0 -= 1;
                if working.0 == 0 {
                    summary.active += Duration::from_nanos(span.end_ns.saturating_sub(working.1));
                }
                summary.first_start_ns =
                    Some(summary.first_start_ns.map_or(span.start_ns, |at| at.min(span.start_ns)));
                summary.last_end_ns = summary.last_end_ns.max(Some(span.end_ns));
            }
            Kind::WaitInput => summary.waited_for_input += length,
            Kind::WaitOutput => summary.waited_for_output += length,
            Kind::WaitMemory => summary.waited_for_memory += length,
        }
        if finished {
            summary.items += 1;
            summary.bytes += span.bytes;
        }
        if !length.is_zero() {
            spans.push_back(span);
            if spans.len() > self.keep {
                spans.pop_front();
                summary.spans_let_go += 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Track>> {
        // Sums of numbers are as good after a panic elsewhere as before it.
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nanoseconds in a duration; 584 years at most.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Span = Span {
        stage: StageId(0),
        worker: 0,
        item: 0,
        origin: 0,
        start_ns: 0,
        end_ns: 0,
        bytes: 7,
        kind: Kind::Busy,
    };

    #[test]
    fn totals_stay_exact_when_spans_are_let_go() {
        let timeline = Timeline::with_clock(|| 0).keep(3);
        let stage = timeline.stage("fetch", &[]);
        for item in 0..10 {
            let start_ns = 100 * item;
            timeline.record(Span { item, start_ns, end_ns: start_ns + 10, ..BUSY });
        }
        timeline.record(Span { start_ns: 990, end_ns: 995, kind: Kind::WaitMemory, ..BUSY });
        let kept: Vec<_> = timeline.spans(stage).iter().map(|span| span.start_ns).collect();
        assert_eq!(kept, [800, 900, 990]);
        let expected = StageSummary {
            stage: "fetch".into(),
            workers: 1,
            items: 10,
            bytes: 70,
            busy: Duration::from_nanos(100),
            active: Duration::from_nanos(100),
            waited_for_memory: Duration::from_nanos(5),
            first_start_ns: Some(0),
            last_end_ns: Some(910),
            spans_let_go: 8,
            ..StageSummary::default()
        };
        assert_eq!(timeline.summary(), [expected]);
    }

    #[test]
    fn stages_know_their_neighbours() {
        let timeline = Timeline::with_clock(|| 0);
        let fork = timeline.stage("fork", &[]);
        let [left, right] = ["left", "right"].map(|name| timeline.stage(name, &[fork]));
        timeline.stage("join", &[left, right]);
        let summary = timeline.summary();
        assert_eq!(summary[0].output_to, ["left", "right"]);
        assert_eq!(summary[1].input_from, ["fork"]);
        assert_eq!(summary[2].output_to, ["join"]);
        assert_eq!(summary[3].input_from, ["left", "right"]);
    }
}
