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
    /// When the run ends, while a forcing is in force.
    pub end: Instant,
    /// Whether the forcing ends before the run was to end.
    pub cut_short: bool,
    /// Output times from the start to the end, both included; none without an output.
    pub outputs: Outputs,
    /// Snapshots in the order in which the run needs them.
    pub snapshots: Vec<Needed>,
    step: Span,
    /// Between them no forcing has a snapshot.
    windows: Vec<Between>,
}

/// A snapshot that a run needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The number of its forcing.
    pub forcing: usize,
    /// Its place among those of its dataset.
    pub index: usize,
    /// The end of the last window that needs it.
    until: Instant,
}

/// A window, in the run's direction.
#[derive(Clone, Debug, PartialEq)]
struct Between {
    from: Instant,
    to: Instant,
    /// The two snapshots of each forcing, by their places among all that are needed, in the run's
    /// direction, and their times, the earlier first; none of a forcing that is not in force.
    pairs: Vec<Option<([usize; 2], [Instant; 2])>>,
}

/// The part of a window up to an output time or the window's end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// The steps, between the two snapshots of each forcing; none of a forcing that is not in force.
    pub windows: Vec<Option<Arc<Window>>>,
    /// The number of the output at its end.
    pub output: Option<u32>,
}

impl Segment {
    /// The window of a forcing: the steps are the same in all of them.
    pub fn any_window(&self) -> &Arc<Window> {
        self.windows.iter().flatten().next().expect("a run goes as far as a forcing is in force")
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.any_window().steps
    }
}

impl Schedule {
    /// A run from `start` to `end` (earlier than `start` in a backward run) in steps of `step`,
    /// observed every `every`, over the snapshots of each forcing at its times.
    ///
    /// `start` must lie within those of one of them. A run that would go beyond all of them ends with
    /// them; so does one that would go where none is in force.
    pub(super) fn new(
        forcings: &[&[Instant]],
        start: Instant,
        end: Instant,
        step: Span,
        every: Option<Span>,
    ) -> Self {
        let [first, last] = reach(forcings, start);
        let within = end.clamp(first, last);
        let backward = end < start;
        let signed = |span: Span| if backward { Span(-span.0.abs()) } else { Span(span.0.abs()) };
        let outputs = match every {
            Some(every) => Outputs { start, end: within, every: signed(every) },
            None => Outputs { start, end: within, every: Span(0) },
        };
        let mut schedule = Self {
            start,
            end: within,
            cut_short: within != end,
            outputs,
            snapshots: Vec::new(),
            step: signed(step),
            windows: Vec::new(),
        };
        let (early, late) = (start.min(within), start.max(within));
        let times = forcings.iter().copied().flatten().copied();
        let mut cuts: Vec<Instant> = times.filter(|time| (early..=late).contains(time)).collect();
        cuts.extend([early, late]);
        cuts.sort();
        cuts.dedup();
        if backward {
            cuts.reverse();
        }
        for ends in cuts.windows(2) {
            schedule.add_window(forcings, [ends[0], ends[1]]);
        }
        schedule
    }

    /// Adds the window from one moment to another, after those before it.
    fn add_window(&mut self, forcings: &[&[Instant]], [from, to]: [Instant; 2]) {
        let (early, late) = (from.min(to), from.max(to));
        let pairs = forcings.iter().enumerate().map(|(forcing, times)| {
            let later = times.partition_point(|&time| time <= early);
            let is_in_force = later > 0 && later < times.len() && late <= times[later];
            is_in_force.then(|| {
                let order = if from < to { [later - 1, later] } else { [later, later - 1] };
                let places = order.map(|index| self.need(forcing, index, to));
                (places, [times[later - 1], times[later]])
            })
        });
        let pairs = pairs.collect();
        self.windows.push(Between { from, to, pairs });
    }

    /// The place of a snapshot that is needed until then: the window before may lie beside it as well.
    fn need(&mut self, forcing: usize, index: usize, until: Instant) -> usize {
        let before = self.windows.last().and_then(|window| window.pairs[forcing]);
        let mut known = before.into_iter().flat_map(|(places, _)| places);
        let known = known.find(|&place| self.snapshots[place].index == index);
        let place = known.unwrap_or_else(|| {
            self.snapshots.push(Needed { forcing, index, until });
            self.snapshots.len() - 1
        });
        self.snapshots[place].until = until;
        place
    }

    /// Windows between neighbouring snapshots.
    pub fn windows(&self) -> usize {
        self.windows.len()
    }

    /// The places among [`Schedule::snapshots`] of the two that a window lies between, in the run's
    /// direction; `None` where the forcing is not in force.
    pub(super) fn pair(&self, window: usize, forcing: usize) -> Option<[usize; 2]> {
        self.windows[window].pairs[forcing].map(|(places, _)| places)
    }

    /// Whether a window lies between the snapshot at this place and another.
    pub(super) fn uses(&self, window: usize, place: usize) -> bool {
        let pairs = self.windows[window].pairs.iter().flatten();
        pairs.flat_map(|(places, _)| places).any(|&used| used == place)
    }

    /// The numbers of the forcings that are in force in a window.
    pub(super) fn in_force(&self, window: usize) -> impl Iterator<Item = usize> + Clone {
        let pairs = self.windows.get(window).map_or(&[][..], |window| &window.pairs);
        pairs.iter().enumerate().filter(|(_, pair)| pair.is_some()).map(|(number, _)| number)
    }

    /// How many of [`Schedule::snapshots`] have to be there before a window can be passed.
    pub(super) fn needed_for(&self, window: usize) -> usize {
        let places = self.windows[window].pairs.iter().flatten().flat_map(|(places, _)| places);
        places.max().map_or(0, |last| last + 1)
    }

    /// The window in which something moves from a moment on, which is none of the run's last.
    pub(super) fn window_from(&self, at: Instant) -> usize {
        let is_past = |to: Instant| if self.end < self.start { to >= at } else { to <= at };
        let window = self.windows.partition_point(|window| is_past(window.to));
        window.min(self.windows().saturating_sub(1))
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
        let Between { from, to, .. } = self.windows[window];
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

    /// The moment until which the snapshot is needed that is the `number`th of the run.
    pub(super) fn needed_until(&self, number: usize) -> Instant {
        self.snapshots[number].until
    }

    /// When a window ends, in the run's direction.
    pub(super) fn end_of(&self, window: usize) -> Instant {
        self.windows[window].to
    }

    /// How long a window is within the run, in the run's direction.
    pub(super) fn length(&self, window: usize) -> Span {
        let Between { from, to, .. } = self.windows[window];
        to - from
    }

    /// The segments of a window, whose first step has the number `first_step` within the run.
    pub(super) fn segments(&self, window: usize, first_step: u32) -> Vec<Segment> {
        let Between { from, to, pairs } = &self.windows[window];
        let (from, to) = (*from, *to);
        let inside = self.outputs.inside(from, to);
        let cuts = inside.map(|number| (self.outputs.time(number), Some(number)));
        let (mut at, mut first_step) = (from, first_step);
        cuts.chain([(to, self.outputs.number_at(to))])
            .map(|(cut, output)| {
                let steps = steps(at, cut, self.step);
                let window = |&(_, [earlier, later]): &(_, [Instant; 2])| {
                    Arc::new(Window { earlier, later, first_step, steps: steps.clone() })
                };
                let windows = pairs.iter().map(|pair| pair.as_ref().map(window)).collect();
                first_step += steps.len() as u32;
                at = cut;
                let output = output.filter(|&number| number > 0).map(|number| number as u32);
                Segment { windows, output }
            })
            .collect()
    }
}

/// The stretch of time around a moment in which some forcing is in force.
fn reach(forcings: &[&[Instant]], at: Instant) -> [Instant; 2] {
    let ends: Vec<[Instant; 2]> =
        forcings.iter().filter_map(|times| Some([*times.first()?, *times.last()?])).collect();
    let [mut low, mut high] = [at; 2];
    // One may lead on to another.
    for _ in &ends {
        for &[first, last] in &ends {
            if first <= high && low <= last {
                (low, high) = (low.min(first), high.max(last));
            }
        }
    }
    [low, high]
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

    /// The snapshots of a forcing, as they are needed.
    fn indices(schedule: &Schedule, forcing: usize) -> Vec<usize> {
        let of_it = schedule.snapshots.iter().filter(|needed| needed.forcing == forcing);
        of_it.map(|needed| needed.index).collect()
    }

    fn all_segments(schedule: &Schedule) -> Vec<Segment> {
        let mut number = 0;
        (0..schedule.windows())
            .flat_map(|window| {
                let segments = schedule.segments(window, number);
                number += segments.iter().map(|s| s.steps().len() as u32).sum::<u32>();
                segments
            })
            .collect()
    }

    #[test]
    fn steps_meet_and_straddle_neither_snapshots_nor_outputs() {
        let times: Vec<Instant> = [0, 6, 12, 18].map(hours).to_vec();
        for (start, end) in [(1, 17), (17, 1), (0, 18), (18, 0), (7, 8), (8, 7)] {
            let schedule =
                Schedule::new(&[&times], hours(start), hours(end), span(25), Some(span(250)));
            let segments = all_segments(&schedule);
            let mut at = hours(start);
            let mut number = 0;
            let mut outputs = vec![hours(start)];
            let expected: Vec<Instant> =
                (0..schedule.outputs.len()).map(|k| schedule.outputs.time(k)).collect();
            for segment in &segments {
                let window = segment.any_window();
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
        let schedule = Schedule::new(&[&times], hours(0), hours(500), Span(10), Some(Span(25)));
        // Two and a half steps from one output to the next: three.
        assert_eq!(schedule.steps(), 500 * 3_600_000_000 / 25 * 3);
        assert_eq!(schedule.outputs.len(), 500 * 3_600_000_000 / 25 + 1);
        assert_eq!(schedule.longest_window(), schedule.steps());
    }

    #[test]
    fn a_run_ends_with_the_forcing() {
        let times: Vec<Instant> = [0, 6].map(hours).to_vec();
        let schedule = Schedule::new(&[&times], hours(2), hours(10), span(60), None);
        assert!(schedule.cut_short);
        assert_eq!(schedule.end, hours(6));
        assert_eq!(schedule.steps(), 4);
        let schedule = Schedule::new(&[&times], hours(2), hours(-3), span(60), None);
        assert!(schedule.cut_short);
        assert_eq!((schedule.end, indices(&schedule, 0)), (hours(0), vec![1, 0]));
    }

    #[test]
    fn only_the_snapshots_around_the_run_are_needed() {
        let times: Vec<Instant> = [0, 6, 12, 18].map(hours).to_vec();
        let needed = |start, end| {
            indices(&Schedule::new(&[&times], hours(start), hours(end), span(60), None), 0)
        };
        assert_eq!(needed(6, 12), [1, 2]);
        assert_eq!(needed(5, 13), [0, 1, 2, 3]);
        assert_eq!(needed(12, 6), [2, 1]);
        assert_eq!(needed(13, 14), [2, 3]);
    }

    #[test]
    fn windows_are_cut_at_the_snapshots_of_all_forcings() {
        let coarse: Vec<Instant> = [0, 6, 12].map(hours).to_vec();
        let fine: Vec<Instant> = [4, 7, 8].map(hours).to_vec();
        for (start, end) in [(1, 12), (12, 1)] {
            let schedule =
                Schedule::new(&[&fine, &coarse], hours(start), hours(end), span(60), None);
            let mut ends = vec![hours(start)];
            for window in 0..schedule.windows() {
                let segments = schedule.segments(window, 0);
                let Segment { windows, .. } = &segments[0];
                let [from, to] = [ends[window], schedule.end_of(window)];
                ends.push(to);
                let (low, high) = (from.min(to), from.max(to));
                for (forcing, times) in [&fine, &coarse].into_iter().enumerate() {
                    let in_force = times[0] <= low && high <= times[times.len() - 1];
                    assert_eq!(windows[forcing].is_some(), in_force, "{window}");
                    let Some(within) = &windows[forcing] else { continue };
                    assert!(within.earlier <= low && high <= within.later);
                    let places = schedule.pair(window, forcing).unwrap();
                    let mut around = places.map(|place| times[schedule.snapshots[place].index]);
                    assert_eq!(around[0] > around[1], start > end);
                    around.sort();
                    assert_eq!(around, [within.earlier, within.later]);
                    assert!(places.iter().all(|&place| place < schedule.needed_for(window)));
                    for place in places {
                        let until = schedule.needed_until(place);
                        assert!(until == to || (until > to) == (start < end));
                    }
                }
            }
            let mut expected = [1, 4, 6, 7, 8, 12].map(hours);
            if start > end {
                expected.reverse();
            }
            assert_eq!(ends, expected);
            assert_eq!(schedule.snapshots.len(), 6, "each is needed once");
        }
    }

    #[test]
    fn a_snapshot_is_needed_once_however_many_another_forcing_has_meanwhile() {
        let coarse: Vec<Instant> = [0, 240, 480].map(hours).to_vec();
        let fine: Vec<Instant> = (0..=480).map(hours).collect();
        for (start, end) in [(0, 480), (480, 0)] {
            let schedule =
                Schedule::new(&[&fine, &coarse], hours(start), hours(end), span(60), None);
            assert_eq!(indices(&schedule, 0).len(), 481);
            let mut expected = vec![0, 1, 2];
            if start > end {
                expected.reverse();
            }
            assert_eq!(indices(&schedule, 1), expected);
            assert_eq!(schedule.needed_until(schedule.pair(0, 1).unwrap()[1]), hours(end));
        }
    }

    #[test]
    fn a_run_goes_as_far_as_one_forcing_leads_on_to_another() {
        let series = [[6, 12], [0, 7], [13, 20], [11, 12]];
        let series: Vec<Vec<Instant>> =
            series.iter().map(|ends| ends.map(hours).to_vec()).collect();
        let series: Vec<&[Instant]> = series.iter().map(Vec::as_slice).collect();
        let schedule = Schedule::new(&series, hours(1), hours(20), span(60), None);
        assert_eq!((schedule.end, schedule.cut_short), (hours(12), true));
        assert_eq!(schedule.steps(), 11);
    }
}
