//! When what happens: the windows between snapshots, cut at output times into segments, and those
//! into steps.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::{Step, Window};
use crate::time::{Instant, Span};

/// The times of a run, in the direction in which it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// When the run starts; its latest moment in a backward run.
    pub start: Instant,
    /// When the run ends, within the forcing.
    pub end: Instant,
    /// Whether the forcing ends before the run was to end.
    pub cut_short: bool,
    /// Output times from the start to the end, both included; none without an output.
    pub outputs: Outputs,
    /// Snapshots that are needed, in the order of the run, by their index in the dataset.
    pub snapshots: Vec<usize>,
    step: Span,
    times: Vec<Instant>,
}

/// The part of a window up to an output time or the window's end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// The steps, between the window's two snapshots.
    pub window: Arc<Window>,
    /// The number of the output at its end.
    pub output: Option<u32>,
}

impl Schedule {
    /// A run from `start` to `end` (earlier than `start` in a backward run) in steps of `step`,
    /// observed every `every`, over snapshots at `times`.
    ///
    /// `start` must lie within the snapshots. A run that would go beyond them ends with them.
    pub(super) fn new(
        times: &[Instant],
        start: Instant,
        end: Instant,
        step: Span,
        every: Option<Span>,
    ) -> Self {
        let (first, last) = (times[0], times[times.len() - 1]);
        let within = end.clamp(first, last);
        let backward = end < start;
        let signed = |span: Span| if backward { Span(-span.0.abs()) } else { Span(span.0.abs()) };
        let outputs = match every {
            Some(every) => Outputs { start, end: within, every: signed(every) },
            None => Outputs { start, end: within, every: Span(0) },
        };
        // The last snapshot not after the earliest moment to the first not before the latest.
        let (early, late) = (start.min(within), start.max(within));
        let from = times.partition_point(|&time| time <= early).saturating_sub(1);
        let to = times.partition_point(|&time| time < late).min(times.len() - 1);
        let mut snapshots: Vec<usize> = (from..=to.max(from + 1).min(times.len() - 1)).collect();
        if backward {
            snapshots.reverse();
        }
        Self {
            start,
            end: within,
            cut_short: within != end,
            outputs,
            snapshots,
            step: signed(step),
            times: times.to_vec(),
        }
    }

    /// Windows between neighbouring snapshots.
    pub fn windows(&self) -> usize {
        self.snapshots.len().saturating_sub(1)
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> u64 {
        (0..self.windows()).map(|window| self.steps_of(window)).sum()
    }

    /// The most steps that a window has.
    pub(super) fn longest_window(&self) -> u64 {
        (0..self.windows()).map(|window| self.steps_of(window)).max().unwrap_or(0)
    }

    /// Steps of a window, without laying them out.
    fn steps_of(&self, window: usize) -> u64 {
        let [from, to] = self.ends(window);
        let steps =
            |span: Span| (span.0 / self.step.0 + i64::from(span.0 % self.step.0 != 0)) as u64;
        let cuts = self.outputs.inside(from, to);
        if cuts.is_empty() {
            return steps(to - from);
        }
        let (first, last) = (cuts.start, cuts.end - 1);
        steps(self.outputs.time(first) - from)
            + (last - first) * steps(self.outputs.every)
            + steps(to - self.outputs.time(last))
    }

    /// Where a window begins and ends within the run, in the run's direction.
    fn ends(&self, window: usize) -> [Instant; 2] {
        let (low, high) = (self.start.min(self.end), self.start.max(self.end));
        [window, window + 1].map(|number| self.times[self.snapshots[number]].clamp(low, high))
    }

    /// The moment until which the snapshot is needed that is the `number`th of the run.
    pub(super) fn needed_until(&self, number: usize) -> Instant {
        self.ends(number.min(self.windows().saturating_sub(1)))[1]
    }

    /// How long a window is within the run, in the run's direction.
    pub(super) fn length(&self, window: usize) -> Span {
        let [from, to] = self.ends(window);
        to - from
    }

    /// The segments of a window, whose first step has the number `first_step` within the run.
    pub(super) fn segments(&self, window: usize, first_step: u32) -> Vec<Segment> {
        let [a, b] = [window, window + 1].map(|number| self.times[self.snapshots[number]]);
        let [from, to] = self.ends(window);
        let inside = self.outputs.inside(from, to);
        let cuts = inside.map(|number| (self.outputs.time(number), Some(number)));
        let (mut at, mut first_step) = (from, first_step);
        cuts.chain([(to, self.outputs.number_at(to))])
            .map(|(cut, output)| {
                let steps = steps(at, cut, self.step);
                let window = Window { earlier: a.min(b), later: a.max(b), first_step, steps };
                first_step += window.steps.len() as u32;
                at = cut;
                let output = output.filter(|&number| number > 0).map(|number| number as u32);
                Segment { window: Arc::new(window), output }
            })
            .collect()
    }
}

/// Output times: the start of the run, every multiple, and the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outputs {
    start: Instant,
    end: Instant,
    /// Signed as the run goes; 0 for none.
    every: Span,
}

impl Outputs {
    /// How many there are.
    pub fn len(&self) -> u64 {
        match self.every.0 {
            0 => 0,
            every => {
                let length = (self.end - self.start).0;
                (length / every) as u64 + 1 + u64::from(length % every != 0)
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.every.0 == 0
    }

    /// The time of an output, counted from 0.
    pub fn time(&self, number: u64) -> Instant {
        if number + 1 == self.len() {
            return self.end;
        }
        self.start + Span(self.every.0 * number as i64)
    }

    /// The number of the output at this moment of the run, if there is one.
    fn number_at(&self, time: Instant) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        if time == self.end {
            return Some(self.len() - 1);
        }
        let since = (time - self.start).0;
        (since % self.every.0 == 0).then_some((since / self.every.0) as u64)
    }

    /// The numbers of those after `from` and before `to`, which lie within the run.
    fn inside(&self, from: Instant, to: Instant) -> Range<u64> {
        if self.is_empty() {
            return 0..0;
        }
        let (since, until) = ((from - self.start).0, (to - self.start).0);
        let first = since / self.every.0 + 1;
        let end = until / self.every.0 + i64::from(until % self.every.0 != 0);
        first as u64..end.max(first) as u64
    }
}

/// Full steps from `from`, and a shorter one up to `to`.
fn steps(from: Instant, to: Instant, step: Span) -> Vec<Step> {
    let (full, rest) = ((to - from).0 / step.0, (to - from).0 % step.0);
    let mut steps: Vec<Step> =
        (0..full).map(|k| Step { from: from + Span(step.0 * k), span: step }).collect();
    if rest != 0 {
        steps.push(Step { from: to - Span(rest), span: Span(rest) });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: i64) -> Instant {
        Instant(hours * 3_600_000_000)
    }

    fn span(minutes: i64) -> Span {
        Span(minutes * 60_000_000)
    }

    fn all_segments(schedule: &Schedule) -> Vec<Segment> {
        let mut number = 0;
        (0..schedule.windows())
            .flat_map(|window| {
                let segments = schedule.segments(window, number);
                number += segments.iter().map(|s| s.window.steps.len() as u32).sum::<u32>();
                segments
            })
            .collect()
    }

    #[test]
    fn steps_meet_and_straddle_neither_snapshots_nor_outputs() {
        let times: Vec<Instant> = [0, 6, 12, 18].map(hours).to_vec();
        for (start, end) in [(1, 17), (17, 1), (0, 18), (18, 0), (7, 8), (8, 7)] {
            let schedule =
                Schedule::new(&times, hours(start), hours(end), span(25), Some(span(250)));
            let segments = all_segments(&schedule);
            let mut at = hours(start);
            let mut number = 0;
            let mut outputs = vec![hours(start)];
            let expected: Vec<Instant> =
                (0..schedule.outputs.len()).map(|k| schedule.outputs.time(k)).collect();
            for segment in &segments {
                let window = &segment.window;
                assert_eq!(window.first_step, number);
                for step in &window.steps {
                    assert_eq!(step.from, at);
                    at = at + step.span;
                    assert!((window.earlier..=window.later).contains(&step.from));
                    assert!((window.earlier..=window.later).contains(&at));
                    assert!(step.span.0.abs() <= span(25).0 && step.span.0 != 0);
                    number += 1;
                }
                outputs.extend(segment.output.map(|_| at));
            }
            assert_eq!(at, hours(end), "{start} to {end}");
            assert_eq!(outputs, expected);
            assert_eq!(u64::from(number), schedule.steps());
        }
    }

    #[test]
    fn steps_too_many_to_lay_out_are_counted() {
        let times: Vec<Instant> = [0, 500].map(hours).to_vec();
        let schedule = Schedule::new(&times, hours(0), hours(500), Span(10), Some(Span(25)));
        // Two and a half steps from one output to the next: three.
        assert_eq!(schedule.steps(), 500 * 3_600_000_000 / 25 * 3);
        assert_eq!(schedule.outputs.len(), 500 * 3_600_000_000 / 25 + 1);
        assert_eq!(schedule.longest_window(), schedule.steps());
    }

    #[test]
    fn a_run_ends_with_the_forcing() {
        let times: Vec<Instant> = [0, 6].map(hours).to_vec();
        let schedule = Schedule::new(&times, hours(2), hours(10), span(60), None);
        assert!(schedule.cut_short);
        assert_eq!(schedule.end, hours(6));
        assert_eq!(schedule.steps(), 4);
        let schedule = Schedule::new(&times, hours(2), hours(-3), span(60), None);
        assert!(schedule.cut_short);
        assert_eq!((schedule.end, schedule.snapshots.clone()), (hours(0), vec![1, 0]));
    }

    #[test]
    fn only_the_snapshots_around_the_run_are_needed() {
        let times: Vec<Instant> = [0, 6, 12, 18].map(hours).to_vec();
        let needed =
            |start, end| Schedule::new(&times, hours(start), hours(end), span(60), None).snapshots;
        assert_eq!(needed(6, 12), [1, 2]);
        assert_eq!(needed(5, 13), [0, 1, 2, 3]);
        assert_eq!(needed(12, 6), [2, 1]);
        assert_eq!(needed(13, 14), [2, 3]);
    }
}
