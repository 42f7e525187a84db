//! Between which snapshots of a field observations are made.

use std::collections::BTreeMap;

use crate::time::Instant;
use crate::trajectory::Observations;

/// A time between two snapshots, or at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    /// The snapshots; the same twice at one of them, and where one holds for all times.
    pub snapshots: [usize; 2],
    /// When they are.
    times: [Instant; 2],
}

impl Moment {
    fn of(times: &[Instant], at: Instant) -> Self {
        let last = times.len().saturating_sub(1);
        // Runs are planned to stay within a field's times.
        let before = times.partition_point(|&time| time <= at).saturating_sub(1);
        let after = match times.get(before) {
            Some(&time) if time < at => (before + 1).min(last),
            _ => before,
        };
        let time = |index: usize| times.get(index).copied().unwrap_or(at);
        Self { snapshots: [before, after], times: [time(before), time(after)] }
    }

    /// How much of the way from the one to the other has passed at a time between them.
    pub fn part(&self, at: Instant) -> f64 {
        let [from, to] = self.times;
        if from == to { 0.0 } else { (at - from).0 as f64 / (to - from).0 as f64 }
    }
}

/// The observations of a batch, by their place in it, at each moment; last those of its output time,
/// whose snapshots the next block wants again. One that finished in between was seen at that moment.
pub(super) fn moments(times: &[Instant], batch: &Observations) -> Vec<(Moment, Vec<usize>)> {
    let of_slot = Moment::of(times, batch.time);
    if batch.times.is_none() {
        return vec![(of_slot, (0..batch.len()).collect())];
    }
    let mut found: BTreeMap<Moment, Vec<usize>> = BTreeMap::new();
    for index in 0..batch.len() {
        found.entry(Moment::of(times, batch.time_of(index))).or_default().push(index);
    }
    let last = found.remove(&of_slot).map(|observed| (of_slot, observed));
    found.into_iter().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Status;

    const TIMES: [Instant; 3] = [Instant(0), Instant(10), Instant(30)];

    #[test]
    fn a_moment_lies_between_two_snapshots_or_at_one() {
        for (at, snapshots, part) in [
            (0, [0, 0], 0.0),
            (4, [0, 1], 0.4),
            (10, [1, 1], 0.0),
            (25, [1, 2], 0.75),
            (30, [2, 2], 0.0),
        ] {
            let moment = Moment::of(&TIMES, Instant(at));
            assert_eq!(moment.snapshots, snapshots, "{at}");
            assert!((moment.part(Instant(at)) - part).abs() < 1e-15, "{at}");
        }
        assert_eq!(Moment::of(&[], Instant(7)).snapshots, [0, 0]);
    }

    #[test]
    fn those_that_finished_before_the_output_come_first() {
        let batch = Observations {
            ids: vec![0, 1, 2, 3],
            x: vec![0.0; 4],
            y: vec![0.0; 4],
            status: vec![Status::Active; 4],
            times: Some([25, 3, 25, 12].map(Instant).to_vec()),
            ..Observations::empty(1, Instant(25), false)
        };
        let found = moments(&TIMES, &batch);
        let indices: Vec<_> = found.iter().map(|(at, seen)| (at.snapshots, seen.clone())).collect();
        assert_eq!(indices, [([0, 1], vec![1]), ([1, 2], vec![0, 2, 3])]);
        let all = Observations { times: None, ..batch };
        assert_eq!(moments(&TIMES, &all)[0].1, [0, 1, 2, 3]);
    }
}
