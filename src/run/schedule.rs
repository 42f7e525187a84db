//! When what happens: the windows between snapshots, cut at output times into segments, and those
//! into steps.

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
    /// Output times from the start to the end, both included; empty without an output.
    pub outputs: Vec<Instant>,
    /// Snapshots that are needed, in the order of the run, by their index in the dataset.
    pub snapshots: Vec<usize>,
    step: Span,
    times: Vec<Instant>,
}

/// The part of a window up to an output time or the window's end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// The steps, between the window's two snapshots.
    pub window: Window,
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
        let outputs =
            every.map_or_else(Vec::new, |every| output_times(start, within, signed(every)));
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
        let mut number = 0;
        for window in 0..self.windows() {
            for segment in self.segments(window, number) {
                number += segment.window.steps.len() as u32;
            }
        }
        u64::from(number)
    }

    /// The segments of a window, whose first step has the number `first_step` within the run.
    pub(super) fn segments(&self, window: usize, first_step: u32) -> Vec<Segment> {
        let [a, b] = [window, window + 1].map(|number| self.times[self.snapshots[number]]);
        let forward = self.step.0 > 0;
        let (low, high) = (self.start.min(self.end), self.start.max(self.end));
        let (from, to) = (a.clamp(low, high), b.clamp(low, high));
        let inside =
            |at: &Instant| if forward { *at > from && *at < to } else { *at < from && *at > to };
        let mut cuts: Vec<Instant> = self.outputs.iter().copied().filter(inside).collect();
        cuts.push(to);
        let mut segments = Vec::with_capacity(cuts.len());
        let (mut at, mut first_step) = (from, first_step);
        for cut in cuts {
            let steps = steps(at, cut, self.step);
            let window = Window { earlier: a.min(b), later: a.max(b), first_step, steps };
            first_step += window.steps.len() as u32;
            let output =
                self.outputs.iter().position(|&output| output == cut && output != self.start);
            segments.push(Segment { window, output: output.map(|number| number as u32) });
            at = cut;
        }
        segments
    }
}

/// `start`, then every multiple, then `end`.
fn output_times(start: Instant, end: Instant, every: Span) -> Vec<Instant> {
    let count = (end - start).0 / every.0;
    let mut times: Vec<Instant> = (0..=count).map(|k| start + Span(every.0 * k)).collect();
    if times[times.len() - 1] != end {
        times.push(end);
    }
    times
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
            assert_eq!(outputs, schedule.outputs);
            assert_eq!(u64::from(number), schedule.steps());
        }
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
