//! When the repetitions of a pattern are released.

use super::ReleaseError;
use crate::scenario::Release;
use crate::time::{Calendar, CivilTime, Instant, Span};

/// The time that a run covers; backward, it ends before it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunTime {
    pub start: Instant,
    pub end: Instant,
    pub calendar: Calendar,
}

impl RunTime {
    /// 1 where the run goes forward, -1 where it goes backward.
    fn sign(self) -> i64 {
        if self.end >= self.start { 1 } else { -1 }
    }

    /// How long after the run's start `at` is, in the run's own direction.
    fn since_start(self, at: Instant) -> i128 {
        (i128::from(at.0) - i128::from(self.start.0)) * i128::from(self.sign())
    }

    /// How long the run is.
    fn length(self) -> i128 {
        self.since_start(self.end)
    }

    /// Refuses a time at which the run does not take place.
    pub(super) fn check(
        self,
        at: Instant,
        what: impl FnOnce() -> String,
    ) -> Result<(), ReleaseError> {
        if (0..self.length()).contains(&self.since_start(at)) {
            return Ok(());
        }
        Err(self.outside(at, what()))
    }

    fn outside(self, at: Instant, what: String) -> ReleaseError {
        let [time, from, to] = [at, self.start, self.end].map(|at| self.calendar.format(at));
        ReleaseError::OutsideRun { what, time, from, to }
    }

    fn instant(self, date: CivilTime, key: &str) -> Result<Instant, ReleaseError> {
        self.calendar.instant(date).map_err(|source| ReleaseError::Date {
            what: format!("`{key}` of the release"),
            source,
        })
    }
}

/// Evenly spaced moments, in the run's own order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    first: Instant,
    /// Negative in a backward run.
    every: Span,
    repeats: u64,
}

impl Schedule {
    pub(super) fn new(release: &Release, run: RunTime) -> Result<Self, ReleaseError> {
        let first = match release.start {
            Some(date) => run.instant(date, "start")?,
            None => run.start,
        };
        run.check(first, || "the release starts".to_owned())?;
        let last = match release.end {
            Some(date) => run.instant(date, "end")?,
            None => run.end,
        };
        if run.since_start(last) < run.since_start(first) || run.since_start(last) > run.length() {
            return Err(run.outside(last, "the release ends".to_owned()));
        }
        let Some(Span(every)) = release.every else {
            return Ok(Self { first, every: Span(0), repeats: 1 });
        };
        if every <= 0 {
            let problem = "`every` must be more than zero".to_owned();
            return Err(ReleaseError::Pattern { kind: "repeated", problem });
        }
        // A particle released as the run ends would never move.
        let available = run.since_start(last).min(run.length() - 1) - run.since_start(first);
        let repeats = (available / i128::from(every)) as u64 + 1;
        Ok(Self { first, every: Span(every * run.sign()), repeats })
    }

    pub(super) fn repeats(&self) -> u64 {
        self.repeats
    }

    /// When repetition `index` is released, which is less than [`Schedule::repeats`].
    pub(super) fn time(&self, index: u64) -> Instant {
        self.first + Span(self.every.0 * index as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Pattern;

    const HOUR: i64 = 3_600_000_000;

    fn run(start: i64, end: i64) -> RunTime {
        RunTime {
            start: Instant(start * HOUR),
            end: Instant(end * HOUR),
            calendar: Calendar::Standard,
        }
    }

    fn release(start: Option<&str>, end: Option<&str>, hours: i64) -> Release {
        let date = |text: &str| CivilTime::parse(text).unwrap();
        Release {
            start: start.map(date),
            end: end.map(date),
            every: Some(Span(hours * HOUR)),
            ..Release::once(Pattern::Point { x: 0.0, y: 0.0, count: 1 })
        }
    }

    fn hours(schedule: Schedule) -> Vec<i64> {
        (0..schedule.repeats()).map(|index| schedule.time(index).0 / HOUR).collect()
    }

    #[test]
    fn repetitions_stop_before_the_run_does() {
        let every_six = release(None, None, 6);
        assert_eq!(hours(Schedule::new(&every_six, run(0, 24)).unwrap()), [0, 6, 12, 18]);
        assert_eq!(hours(Schedule::new(&every_six, run(0, 25)).unwrap()), [0, 6, 12, 18, 24]);
        assert_eq!(hours(Schedule::new(&every_six, run(24, 0)).unwrap()), [24, 18, 12, 6]);
    }

    #[test]
    fn start_and_end_are_included() {
        let asked = release(Some("1970-01-01T03:00Z"), Some("1970-01-01T15:00Z"), 6);
        assert_eq!(hours(Schedule::new(&asked, run(0, 24)).unwrap()), [3, 9, 15]);
        let asked = release(Some("1970-01-01T15:00Z"), Some("1970-01-01T03:00Z"), 6);
        assert_eq!(hours(Schedule::new(&asked, run(24, 0)).unwrap()), [15, 9, 3]);
    }

    #[test]
    fn times_outside_the_run_are_refused() {
        let late = release(Some("1970-01-02T00:00Z"), None, 6);
        let error = Schedule::new(&late, run(0, 24)).unwrap_err().to_string();
        assert!(error.contains("1970-01-02T00:00:00Z") && error.contains("from 1970-01-01T00"));
        let ends_late = release(None, Some("1970-01-02T01:00Z"), 6);
        assert!(Schedule::new(&ends_late, run(0, 24)).is_err());
        let ends_first = release(Some("1970-01-01T06:00Z"), Some("1970-01-01T03:00Z"), 6);
        assert!(Schedule::new(&ends_first, run(0, 24)).is_err());
        assert!(Schedule::new(&ends_first, run(24, 0)).is_ok());
    }
}
