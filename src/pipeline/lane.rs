//! The story of one worker: it does one thing at a time.

use std::time::Duration;

use super::depth::Depth;
use super::error::{BoxError, PipelineError};
use super::schedule::Delay;
use super::timeline::{Kind, Span, StageId, Timeline};

/// A stage's name and its place on the timeline.
pub(super) struct Post {
    pub(super) name: String,
    pub(super) id: StageId,
    timeline: Timeline,
    delay: Option<Delay>,
}

impl Post {
    pub(super) fn new(
        name: &str,
        timeline: &Timeline,
        delay: Option<Delay>,
        after: &[StageId],
    ) -> Self {
        let id = timeline.stage(name, after);
        Self { name: name.to_owned(), id, timeline: timeline.clone(), delay }
    }

    /// How long the item is to be held up here, if at all.
    pub(super) fn delay(&self, item: u64) -> Option<Duration> {
        self.delay.as_ref().map(|delay| delay(&self.name, item)).filter(|time| !time.is_zero())
    }

    /// Holds the item up.
    pub(super) async fn hold_up(&self, item: u64) {
        if let Some(time) = self.delay(item) {
            tokio::time::sleep(time).await;
        }
    }

    /// The timeline's time.
    pub(super) fn now(&self) -> Duration {
        Duration::from_nanos(self.timeline.now())
    }

    /// Says how many items are dealt with at once.
    pub(super) fn say_depth(&self, depth: &Depth) {
        if let Some(measured) = depth.measured() {
            self.timeline.say_depth(self.id, measured);
        }
    }

    pub(super) fn lane(&self, worker: u32) -> Lane {
        Lane {
            timeline: self.timeline.clone(),
            stage: self.id,
            worker,
            origin: 0,
            open: None,
            worked_ns: 0,
        }
    }

    pub(super) fn failed(&self, item: u64, source: impl Into<BoxError>) -> PipelineError {
        let (stage, item, source) = (self.name.clone(), Some(item), source.into());
        PipelineError::Failed { stage, item, source }
    }
}

/// Records what one worker does. It is in one state at a time, so its spans never overlap.
pub(super) struct Lane {
    timeline: Timeline,
    stage: StageId,
    worker: u32,
    origin: u64,
    open: Option<Open>,
    worked_ns: u64,
}

struct Open {
    kind: Kind,
    item: u64,
    bytes: u64,
    start_ns: u64,
}

impl Lane {
    /// Says which item of the source the worker is dealing with, from what it does now on.
    pub(super) fn follow(&mut self, origin: u64) {
        self.origin = origin;
    }

    /// The item of the source that the worker is dealing with.
    pub(super) fn origin(&self) -> u64 {
        self.origin
    }

    /// Ends what the worker was doing, unfinished, and begins something else.
    pub(super) fn begin(&mut self, kind: Kind, item: u64, bytes: u64) {
        let start_ns = self.timeline.now();
        self.close(start_ns, false);
        if kind == Kind::Busy {
            self.timeline.enter(self.stage, start_ns);
        }
        self.open = Some(Open { kind, item, bytes, start_ns });
    }

    /// Ends what the worker was doing; an item that it was busy with is finished.
    pub(super) fn end(&mut self) {
        self.close(self.timeline.now(), true);
    }

    /// How long the worker worked on the last item that it finished.
    pub(super) fn worked(&self) -> Duration {
        Duration::from_nanos(self.worked_ns)
    }

    fn close(&mut self, end_ns: u64, finished: bool) {
        if let Some(Open { kind, item, bytes, start_ns }) = self.open.take() {
            let (stage, worker, origin) = (self.stage, self.worker, self.origin);
            let span = Span { stage, worker, item, origin, start_ns, end_ns, bytes, kind };
            let done = finished && kind == Kind::Busy;
            if done {
                self.worked_ns = end_ns.saturating_sub(start_ns);
            }
            self.timeline.add(span, done);
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.close(self.timeline.now(), false);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_worker_is_in_one_state_at_a_time_and_an_interrupted_item_counts_once() {
        let clock = Arc::new(AtomicU64::new(0));
        let hand = clock.clone();
        let timeline = Timeline::with_clock(move || hand.load(Ordering::Relaxed));
        let pass = |ns| clock.fetch_add(ns, Ordering::Relaxed);
        let post = Post::new("work", &timeline, None, &[]);
        let mut lane = post.lane(0);
        for (kind, ns) in
            [(Kind::WaitInput, 5), (Kind::Busy, 10), (Kind::WaitOutput, 20), (Kind::Busy, 40)]
        {
            lane.begin(kind, 3, 9);
            pass(ns);
        }
        lane.end();
        pass(100);
        lane.begin(Kind::Busy, 4, 9);
        pass(1);
        drop(lane);

        let [summary] = &timeline.summary()[..] else { panic!("there is one stage") };
        assert_eq!((summary.items, summary.bytes), (1, 9), "the dropped item is not finished");
        assert_eq!(summary.busy, Duration::from_nanos(10 + 40 + 1));
        assert_eq!(summary.waited_for_input, Duration::from_nanos(5));
        assert_eq!(summary.waited_for_output, Duration::from_nanos(20));
        let ends: Vec<_> =
            timeline.spans(post.id).iter().map(|span| (span.start_ns, span.end_ns)).collect();
        assert_eq!(ends, [(0, 5), (5, 15), (15, 35), (35, 75), (175, 176)]);
    }
}
