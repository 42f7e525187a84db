//! The fields that a run samples, opened before it starts.

use std::sync::Arc;

use super::plan::{access, spec};
use super::{Carrier, RunError, Schedule};
use crate::forcing::cf::Choice;
use crate::forcing::{DatasetSpec, MissingChunks, Scalar, ScalarSpec};
use crate::grid::{Grid, Location};
use crate::scenario::{Sample, Scenario};
use crate::time::{Calendar, Instant, Span};
use crate::trajectory::Sampled;

/// The fewest snapshots of a field that are kept: those around an output time.
pub(super) const FEWEST: usize = 2;

/// A field that is sampled.
#[derive(Clone)]
pub struct Sampling {
    /// The variable of the output that it becomes.
    pub sampled: Sampled,
    /// The field.
    pub scalar: Arc<Scalar>,
    /// How many snapshots of it are kept in memory for the next block, two at least.
    pub kept: usize,
}

/// Opens what the scenario samples. Without an output nothing is.
///
/// # Errors
/// [`RunError::SampleName`], [`RunError::OutsideSample`] and [`RunError::Forcing`].
pub(super) fn open(
    scenario: &Scenario,
    carriers: &[Carrier],
    schedule: &Schedule,
) -> Result<Vec<Sampling>, RunError> {
    let samples = scenario.output.as_ref().map_or(&[][..], |_| &scenario.samples);
    for (number, Sample { name, .. }) in samples.iter().enumerate() {
        let is_taken = samples[..number].iter().any(|earlier| earlier.name == *name);
        let why = Sampled::why_not_named(name).or(is_taken.then_some("is sampled twice"));
        if let Some(why) = why {
            return Err(RunError::SampleName { name: name.clone(), why });
        }
        if samples[number].data.is_empty() && carriers.len() > 1 {
            return Err(RunError::SampleWhere { name: name.clone() });
        }
    }
    let specs: Vec<ScalarSpec> = samples.iter().map(|sample| of(sample, scenario)).collect();
    let dataset = &carriers[0].dataset;
    let scalars = dataset.scalars(&specs)?;
    let sampling = |(sample, scalar): (&Sample, Scalar)| {
        within_times(sample, &scalar, dataset.calendar(), schedule)?;
        let text = |attribute: &str| scalar.attribute(attribute).map(str::to_owned);
        let sampled = Sampled {
            name: sample.name.clone(),
            units: text("units"),
            standard_name: text("standard_name"),
            long_name: text("long_name"),
        };
        Ok(Sampling { sampled, scalar: Arc::new(scalar), kept: FEWEST })
    };
    samples.iter().zip(scalars).map(sampling).collect()
}

/// What the scenario says of a field, in the forcing's own words.
fn of(sample: &Sample, scenario: &Scenario) -> ScalarSpec {
    let Sample { variable, data, x, y, time, mask, level, epoch, grid, steady, .. } =
        sample.clone();
    let choice = Choice { x, y, time, mask, level, epoch, steady, ..Choice::default() };
    let dataset = match data.is_empty() {
        // The files are those of the forcing, and so is what is said of them.
        true => DatasetSpec { choice, data, ..spec(scenario, &scenario.forcings[0]) },
        false => DatasetSpec {
            data,
            choice,
            grid,
            allow_gaps: sample.allow_gaps,
            missing_chunks: match sample.fill_missing_chunks {
                true => MissingChunks::Fill,
                false => MissingChunks::Refuse,
            },
            access: access(scenario),
        },
    };
    ScalarSpec { variable, dataset }
}

/// That a field has values as long as the run goes.
fn within_times(
    sample: &Sample,
    scalar: &Scalar,
    calendar: Calendar,
    schedule: &Schedule,
) -> Result<(), RunError> {
    let (Some(&first), Some(&last)) = (scalar.times().first(), scalar.times().last()) else {
        return Ok(());
    };
    let ends = [schedule.start.min(schedule.end), schedule.start.max(schedule.end)];
    if first <= ends[0] && ends[1] <= last {
        return Ok(());
    }
    let text = |[from, to]: [Instant; 2]| {
        let [from, to] = [from, to].map(|time| calendar.format(time));
        format!("{from} to {to}")
    };
    Err(RunError::OutsideSample {
        name: sample.name.clone(),
        run: text(ends),
        known: text([first, last]),
    })
}

/// Bytes that sampling takes at least, with blocks of so many particles: of each field two snapshots
/// that are kept and two on their way.
pub(super) fn bytes(samplings: &[Sampling], block: u64) -> u64 {
    let fields = samplings.iter().flat_map(|sampling| {
        let followed = sampling.scalar.with_followed().skip(1).map(|field| (field, FEWEST));
        std::iter::once((&*sampling.scalar, sampling.kept)).chain(followed)
    });
    let (mut grids, mut sum): (Vec<&Arc<Grid>>, u64) = (Vec::new(), 0);
    for (field, kept) in fields {
        let plane = field.snapshot_bytes();
        // Decoding holds what was fetched and the values before and after they are turned.
        let on_their_way = 2 * (field.fetched_bytes() + 2 * plane);
        sum += on_their_way + kept as u64 * plane + field.own_cache_bytes();
        if !grids.iter().any(|grid| Arc::ptr_eq(grid, field.grid())) {
            grids.push(field.grid());
        }
    }
    let places = block * size_of::<Option<Location>>() as u64;
    sum + grids.iter().map(|grid| grid.bytes() + places).sum::<u64>()
}

/// Lets each field keep as many snapshots as particles that finish between two outputs may ask for,
/// as far as `room` bytes allow: blocks would otherwise read them one after another.
pub(super) fn keep(samplings: &mut [Sampling], every: Span, mut room: u64) {
    for sampling in samplings {
        let plane = sampling.scalar.snapshot_bytes().max(1);
        let more = most_between(sampling.scalar.times(), every).saturating_sub(sampling.kept);
        let more = more.min(usize::try_from(room / plane).unwrap_or(usize::MAX));
        sampling.kept += more;
        room -= more as u64 * plane;
    }
}

/// The most snapshots that lie in a stretch of time so long, and the ones before and after it.
fn most_between(times: &[Instant], every: Span) -> usize {
    let from = |(index, &time): (usize, &Instant)| {
        times.partition_point(|&other| other <= time + every) - index + 2
    };
    times.iter().enumerate().map(from).max().unwrap_or(0).min(times.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_outputs_meets_so_many_snapshots() {
        let hours: Vec<Instant> = (0..10).map(|hour| Instant(hour * 10)).collect();
        assert_eq!(most_between(&hours, Span(5)), 3);
        assert_eq!(most_between(&hours, Span(30)), 6);
        assert_eq!(most_between(&hours, Span(1000)), 10);
        assert_eq!(most_between(&[], Span(5)), 0);
    }
}
