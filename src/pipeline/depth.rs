//! How many items a stage deals with at once: a number, or as many as it takes to keep up.

use std::time::Duration;

use serde::Serialize;

/// Rounds for which a depth is kept that proved to be enough, or all that the other side gives.
const CONTENT: u32 = 16;

/// How many items a stage may deal with at once.
///
/// A stage that waits for something far away keeps the next one supplied only if it has enough
/// under way: by Little's law, the time that an item takes over the time in which one is asked for.
/// Both are measured round by round, of as many items as are under way; see
/// [`StageSummary::depth`]. What is short of that is made up for by half as many again, and taken
/// back if items do not come faster for it: a line that is full is not distant.
///
/// [`StageSummary::depth`]: super::StageSummary::depth
#[derive(Clone, Debug)]
pub struct Depth {
    most: usize,
    measured: Option<Round>,
}

/// A depth at work.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    so_far: DepthSummary,
    /// Items that set out before the depth was what it is, still to come.
    others: usize,
    /// When the round began, the items of it that have come, and the longest that one took.
    began: Option<Duration>,
    items: usize,
    slowest: Duration,
    /// The depth and the pace before it was increased.
    before: Option<(usize, Duration)>,
    /// Rounds in which it is not increased.
    content: u32,
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
    /// The longest that an item took in the last round.
    pub latency: Duration,
    /// Time from one item that was handed on to the next, the mean of that round.
    pub pace: Duration,
}

impl From<usize> for Depth {
    /// Always so many; 0 counts as 1.
    fn from(workers: usize) -> Self {
        Self { most: workers.max(1), measured: None }
    }
}

impl Depth {
    /// As many as are needed, from 1 to `most`, and `first` until that is known.
    pub fn adaptive(first: usize, most: usize) -> Self {
        let most = most.max(1);
        let now = first.clamp(1, most);
        let so_far =
            DepthSummary { now, least: now, largest: now, most, ..DepthSummary::default() };
        Self { most, measured: Some(Round { so_far, ..Round::default() }) }
    }

    /// The most that it may become.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn now(&self) -> usize {
        self.measured.map_or(self.most, |round| round.so_far.now)
    }

    /// What is known of it; nothing of one that is given.
    pub(super) fn measured(&self) -> Option<DepthSummary> {
        self.measured.map(|round| round.so_far)
    }

    /// Learns from an item on which the work took so long and that was handed on `at` this time.
    pub(super) fn learn(&mut self, took: Duration, at: Duration) {
        if let Some(round) = &mut self.measured {
            round.learn(took, at);
        }
    }
}

impl Round {
    fn learn(&mut self, took: Duration, at: Duration) {
        if self.others > 0 {
            self.others -= 1;
            return;
        }
        let Some(began) = self.began else {
            self.began = Some(at);
            return;
        };
        self.items += 1;
        self.slowest = self.slowest.max(took);
        if self.items < self.so_far.now {
            return;
        }
        let pace = at.saturating_sub(began) / u32::try_from(self.items).unwrap_or(u32::MAX);
        let now = self.so_far.now;
        self.so_far.latency = self.slowest;
        self.so_far.pace = pace;
        self.turn(self.next(pace), pace);
        (self.began, self.items, self.slowest) = (Some(at), 0, Duration::ZERO);
        if self.so_far.now != now {
            (self.began, self.others) = (None, now);
        }
    }

    /// The depth of the next round after one with this pace.
    fn next(&self, pace: Duration) -> usize {
        let now = self.so_far.now;
        // Half of what an increase promises is asked of it, for every measurement is noisy.
        if let Some((before, former)) = self.before
            && pace.as_secs_f64() > former.as_secs_f64() * (1.0 + before as f64 / now as f64) / 2.0
        {
            return before;
        }
        // Where items come late the pace is the stage's own, and this asks for one more than there
        // are; where they lie ready it is that of the next stage.
        let needed = self.slowest.as_secs_f64() / pace.as_secs_f64().max(1e-9);
        let needed = needed.round() as usize + 1;
        match needed > now {
            true if self.content > 0 => now,
            true => now + now.div_ceil(2),
            false => needed,
        }
    }

    fn turn(&mut self, next: usize, pace: Duration) {
        let now = self.so_far.now;
        let next = next.clamp(1, self.so_far.most);
        self.content = match self.before {
            Some((before, _)) if next == before => CONTENT,
            _ => self.content.saturating_sub(1),
        };
        self.before = (next > now).then_some((now, pace));
        self.so_far.now = next;
        self.so_far.least = self.so_far.least.min(next);
        self.so_far.largest = self.so_far.largest.max(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What comes of `items`, each of which takes `latency`, or longer where more than one is under
    /// way and the `line` brings them no faster, where the next stage takes one every `pace`.
    fn settled(first: usize, items: usize, [latency, line, pace]: [u64; 3]) -> DepthSummary {
        let mut depth = Depth::adaptive(first, 32);
        let mut at = Duration::ZERO;
        for _ in 0..items {
            let now = depth.now() as u32;
            depth.learn(ms(latency).max(ms(line) * now), at);
            at += (ms(latency) / now).max(ms(line)).max(ms(pace));
        }
        depth.measured().unwrap()
    }

    #[test]
    fn as_many_are_under_way_as_are_asked_for_while_one_takes_its_time() {
        for first in [1, 3, 30] {
            for (latency, pace, expected) in [(50, 10, 6), (46, 10, 6), (2, 12, 1), (300, 20, 16)] {
                let found = settled(first, 400, [latency, 0, pace]);
                // Or one fewer, where that has proved to be enough on the way up.
                let enough = expected.max(2) - 1..=expected;
                assert!(enough.contains(&found.now), "{latency} / {pace} from {first}: {found:?}");
                assert_eq!((found.latency, found.pace), (ms(latency), ms(pace)));
            }
        }
    }

    #[test]
    fn it_stays_within_its_bounds_and_says_where_it_was() {
        let far = settled(8, 400, [10_000, 0, 1]);
        assert_eq!((far.now, far.least, far.largest, far.most), (32, 8, 32, 32));
        let near = settled(8, 400, [0, 0, 10]);
        assert_eq!((near.now, near.least, near.largest), (1, 1, 8));
        let mut none = Depth::adaptive(0, 0);
        (0..9).for_each(|at| none.learn(ms(9), ms(at)));
        assert_eq!((none.now(), none.most()), (1, 1));
    }

    #[test]
    fn a_line_that_is_full_is_asked_for_no_more() {
        for items in [200, 400, 800] {
            let full = settled(8, items, [20, 15, 5]);
            assert!(full.now <= 12 && full.largest <= 12, "after {items}: {full:?}");
        }
    }

    #[test]
    fn one_slow_item_is_forgotten() {
        let mut depth = Depth::adaptive(4, 32);
        let mut at = Duration::ZERO;
        let mut see = |took: u64, items: usize| {
            for _ in 0..items {
                at += ms(took.max(10));
                depth.learn(ms(took), at);
            }
            depth.measured().unwrap()
        };
        assert_eq!(see(10, 40).now, 2, "10 ms for an item, one asked for every 10 ms");
        assert!((2..=4).contains(&see(60_000, 1).now));
        assert_eq!(see(10, 40).now, 2);
    }

    #[test]
    fn a_given_number_learns_nothing() {
        let mut depth = Depth::from(3);
        depth.learn(ms(1000), ms(1000));
        assert_eq!((depth.now(), depth.most(), depth.measured()), (3, 3, None));
        assert_eq!(Depth::from(0).now(), 1);
    }
}
