//! Files joined along time.

use std::path::Path;

use crate::forcing::ForcingError;
use crate::forcing::cf::TimeAxis;
use crate::time::{Calendar, Instant, MICROSECONDS, Span};

/// A step longer than this many median steps is a gap. Months differ by a tenth.
const GAP: f64 = 1.5;

/// What a file adds to a series.
pub(super) struct Part<'a> {
    /// Number of the member.
    pub(super) member: usize,
    /// The file.
    pub(super) path: &'a Path,
    /// Its times, one at least.
    pub(super) axis: &'a TimeAxis,
}

/// A snapshot of one component: its time, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) time: Instant,
    /// Number of the member.
    pub(super) member: usize,
    /// Index along the file's own time dimension.
    pub(super) index: usize,
}

/// Joins the parts along time.
///
/// # Errors
/// [`ForcingError::TimesNotIncreasing`] within a file, [`ForcingError::FilesOverlap`] between two.
pub(super) fn join(mut parts: Vec<Part<'_>>) -> Result<Vec<Entry>, ForcingError> {
    for part in &parts {
        check_increasing(part.path, part.axis.calendar, &part.axis.times)?;
    }
    parts.sort_by_key(|part| part.axis.times[0]);
    for pair in parts.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        let (end, start) = (a.axis.times[a.axis.times.len() - 1], b.axis.times[0]);
        if start <= end {
            return Err(ForcingError::FilesOverlap {
                first: a.path.to_owned(),
                end: a.axis.calendar.format(end),
                second: b.path.to_owned(),
                start: a.axis.calendar.format(start),
            });
        }
    }
    let entries = parts.into_iter().flat_map(|part| {
        let times = part.axis.times.iter().enumerate();
        times.map(move |(index, &time)| Entry { time, member: part.member, index })
    });
    Ok(entries.collect())
}

fn check_increasing(
    path: &Path,
    calendar: Calendar,
    times: &[Instant],
) -> Result<(), ForcingError> {
    match times.windows(2).position(|pair| pair[1] <= pair[0]) {
        None => Ok(()),
        Some(before) => Err(ForcingError::TimesNotIncreasing {
            path: path.to_owned(),
            index: before + 1,
            previous: calendar.format(times[before]),
            time: calendar.format(times[before + 1]),
        }),
    }
}

/// Years before and after its own time for which a snapshot is held that stands for all times.
const HELD: i64 = 1000;

/// The first snapshot of a component, at all times.
pub(super) fn held(entries: &[Entry]) -> Vec<Entry> {
    let long = Span(HELD * 365 * 86_400 * MICROSECONDS);
    let Some(&first) = entries.first() else { return Vec::new() };
    [Span(-long.0), long].map(|away| Entry { time: first.time + away, ..first }).to_vec()
}

/// The median of the steps between times, the lower of two; none for a single time. The upper one
/// would be the gap itself where a gap is one of two steps.
pub(super) fn median_step(times: &[Instant]) -> Option<Span> {
    let mut steps: Vec<Span> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort();
    steps.get(steps.len().checked_sub(1)? / 2).copied()
}

/// That no step is far longer than the others; `path` is the file of an entry.
///
/// # Errors
/// [`ForcingError::Gap`].
pub(super) fn check_gaps<'a>(
    entries: &[Entry],
    calendar: Calendar,
    path: impl Fn(&Entry) -> &'a Path,
) -> Result<(), ForcingError> {
    let times: Vec<Instant> = entries.iter().map(|entry| entry.time).collect();
    let Some(&gap) = gaps(&times).first() else { return Ok(()) };
    let hours = |span: Span| format!("{} h", span.seconds() / 3600.0);
    Err(ForcingError::Gap {
        path: path(&entries[gap]).to_owned(),
        before: calendar.format(times[gap - 1]),
        after: calendar.format(times[gap]),
        step: hours(times[gap] - times[gap - 1]),
        usual: median_step(&times).map_or(String::new(), hours),
    })
}

/// Indices of the times that come after a gap.
pub(super) fn gaps(times: &[Instant]) -> Vec<usize> {
    let Some(median) = median_step(times) else { return Vec::new() };
    let is_gap = |pair: &[Instant]| (pair[1] - pair[0]).seconds() > GAP * median.seconds();
    let pairs = times.windows(2).enumerate().filter(|(_, pair)| is_gap(pair));
    pairs.map(|(before, _)| before + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(of: &[i64]) -> Vec<Instant> {
        of.iter().map(|hour| Instant(hour * 3_600_000_000)).collect()
    }

    #[test]
    fn a_hole_is_a_gap_and_months_are_not() {
        assert_eq!(gaps(&hours(&[0, 1, 2, 3, 24, 25, 26])), [4]);
        let months = [0, 31, 59, 90, 120].map(|day| day * 24);
        assert_eq!(gaps(&hours(&months)), [0_usize; 0]);
        assert_eq!(gaps(&hours(&[0, 6, 54])), [2]);
        assert_eq!(gaps(&hours(&[0, 48, 54])), [1]);
        assert_eq!(gaps(&hours(&[7])), [0_usize; 0]);
    }

    #[test]
    fn times_that_repeat_or_fall_are_named() {
        let path = Path::new("a.nc");
        let check = |of: &[i64]| check_increasing(path, Calendar::Standard, &hours(of));
        assert!(check(&[0, 1, 2]).is_ok());
        for times in [[0, 1, 1], [0, 2, 1]] {
            let error = check(&times).unwrap_err();
            assert!(matches!(error, ForcingError::TimesNotIncreasing { index: 2, .. }), "{error}");
        }
    }
}
