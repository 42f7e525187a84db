//! How many items a stage deals with at once: a number, or as many as it takes to keep up.

use std::time::Duration;

use serde::Serialize;

/// One item counts a sixteenth beside all before it: results come in bunches, of up to as many as
/// were asked for at once.
const MEMORY: u32 = 16;

/// How many items a stage may deal with at once.
///
/// A stage that waits for something far away keeps the next one supplied only if it has enough
/// under way: by Little's law, the time that an item takes over the time in which one is asked for.
/// Both are measured as the items pass; see [`StageSummary::depth`].
///
/// [`StageSummary::depth`]: super::StageSummary::depth
#[derive(Clone, Debug)]
pub struct Depth {
    most: usize,
    measured: Option<DepthSummary>,
    /// When the last item was handed on.
    last: Option<Duration>,
}

/// What was measured to find a [`Depth`], and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DepthSummary {
    /// Items at once, as it is now.
    pub now: usize,
    /// The smallest that it was.
    pub least: usize,
    /// The largest that it was.
    pub largest: usize,
    /// The most that it may become.
    pub most: usize,
    /// Time that an item takes; a longer one than before counts at once, a shorter one little by
    /// little.
    pub latency: Duration,
    /// Time from one item that is handed on to the next, averaged over the latest.
    pub pace: Duration,
}

impl From<usize> for Depth {
    /// Always so many; 0 counts as 1.
    fn from(workers: usize) -> Self {
        Self { most: workers.max(1), measured: None, last: None }
    }
}

impl Depth {
    /// As many as are needed, from 1 to `most`, and `first` until that is known.
    pub fn adaptive(first: usize, most: usize) -> Self {
        let most = most.max(1);
        let now = first.clamp(1, most);
        let none = DepthSummary { now, least: now, largest: now, most, ..DepthSummary::default() };
        Self { most, measured: Some(none), last: None }
    }

    /// The most that it may become.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn now(&self) -> usize {
        self.measured.map_or(self.most, |measured| measured.now)
    }

    /// What is known of it; nothing of one that is given.
    pub(super) fn measured(&self) -> Option<DepthSummary> {
        self.measured
    }

    /// Learns from an item on which the work took so long and that was handed on `at` this time.
    pub(super) fn learn(&mut self, took: Duration, at: Duration) {
        let last = self.last.replace(at);
        if let Some(measured) = &mut self.measured {
            measured.learn(took, last.map(|last| at.saturating_sub(last)));
        }
    }
}

impl DepthSummary {
    fn learn(&mut self, took: Duration, interval: Option<Duration>) {
        // Too deep costs memory that is free anyway, too shallow costs time: so the slowest item is
        // remembered the longest.
        self.latency = took.max(self.latency - self.latency.saturating_sub(took) / MEMORY);
        self.pace = match interval {
            None => took / u32::try_from(self.now).unwrap_or(u32::MAX),
            Some(longer) if longer > self.pace => self.pace + (longer - self.pace) / MEMORY,
            Some(shorter) => self.pace - (self.pace - shorter) / MEMORY,
        };
        // Where items come late the pace is the stage's own, and this asks for one more than there
        // were; where they lie ready it is that of the next stage.
        let needed = self.latency.as_secs_f64() / self.pace.as_secs_f64().max(1e-9);
        let needed = needed.round() as usize + 1;
        self.now = needed.clamp(self.now.saturating_sub(1), self.now + 1).clamp(1, self.most);
        self.least = self.least.min(self.now);
        self.largest = self.largest.max(self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What comes of it where an item takes `latency` and the next stage takes one every `pace`.
    fn settled(first: usize, most: usize, latency: Duration, pace: Duration) -> DepthSummary {
        let mut depth = Depth::adaptive(first, most);
        let mut at = latency;
        for _ in 0..200 {
            depth.learn(latency, at);
            at += pace.max(latency / depth.now() as u32);
        }
        depth.measured().unwrap()
    }

    #[test]
    fn as_many_are_under_way_as_are_asked_for_while_one_takes_its_time() {
        for first in [1, 3, 30] {
            for (latency, pace, expected) in [(50, 10, 6), (46, 10, 6), (2, 12, 1), (300, 20, 16)] {
                let found = settled(first, 32, ms(latency), ms(pace));
                assert_eq!(found.now, expected, "{latency} / {pace} from {first}: {found:?}");
                assert_eq!(found.latency, ms(latency));
                assert!(found.pace.abs_diff(ms(pace)) < ms(1), "{found:?}");
            }
        }
    }

    #[test]
    fn it_stays_within_its_bounds_and_says_where_it_was() {
        let far = settled(8, 12, ms(10_000), ms(1));
        assert_eq!((far.now, far.least, far.largest, far.most), (12, 8, 12, 12));
        let near = settled(8, 12, ms(0), ms(10));
        assert_eq!((near.now, near.least, near.largest), (1, 1, 8));
        let none = settled(0, 0, ms(1), ms(1));
        assert_eq!((none.now, none.most), (1, 1));
    }

    #[test]
    fn one_slow_item_counts_at_once_and_is_forgotten_little_by_little() {
        let mut depth = Depth::adaptive(4, 100);
        let mut at = Duration::ZERO;
        let mut seen = |took: u64| {
            at += ms(10);
            depth.learn(ms(took), at);
            depth.measured().unwrap()
        };
        for _ in 0..100 {
            seen(10);
        }
        assert_eq!(seen(10).now, 2, "10 ms for an item, one asked for every 10 ms");
        let slow = seen(400);
        assert_eq!((slow.now, slow.latency), (3, ms(400)));
        let slow = seen(10).latency;
        assert!(slow > ms(300) && slow < ms(400), "{slow:?}");
    }

    #[test]
    fn a_given_number_learns_nothing() {
        let mut depth = Depth::from(3);
        depth.learn(ms(1000), ms(1000));
        assert_eq!((depth.now(), depth.most(), depth.measured()), (3, 3, None));
        assert_eq!(Depth::from(0).now(), 1);
    }
}
