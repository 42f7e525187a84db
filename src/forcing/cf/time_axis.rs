//! Times of snapshots from `units since epoch`, on CF calendars.

use super::kind::{Kind, named_coordinates};
use super::packing::Unpacker;
use super::units;
use super::velocity::{self, Pair};
use super::{CfError, Choice, Read, TimeAxis, read_coordinate};
use crate::forcing::{Catalogue, StoredType, Variable};
use crate::time::{Calendar, CivilTime, Instant, MICROSECONDS, Span};

/// The times along `along`, the time dimension's coordinate variable; where there is no such
/// dimension, the one time that a scalar tells, or none.
///
/// # Errors
/// [`CfError::Time`] and [`CfError::Calendar`].
pub(super) fn times(
    catalogue: &Catalogue,
    pair: &Pair<'_>,
    along: Option<&Variable>,
    choice: &Choice,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<TimeAxis, CfError> {
    let variable = match (along, &choice.time) {
        (Some(variable), _) => Some(variable),
        (None, Some(name)) => Some(velocity::variable(catalogue, name)?),
        (None, None) => scalar(catalogue, pair.u),
    };
    let Some(variable) = variable else {
        notes.push(format!("`{}` tells no time", pair.u.name));
        return Ok(TimeAxis { name: None, calendar: Calendar::default(), times: Vec::new() });
    };
    let attribute = variable.attributes.text("calendar");
    let calendar = Calendar::from_cf(attribute.unwrap_or_default())
        .map_err(|source| CfError::Calendar { variable: variable.name.clone(), source })?;
    let epoch = Epoch::of(variable, calendar)?;
    let unpacker = Unpacker::of(variable)?;
    let mut elapsed = Vec::new();
    let mut coarsest = 0.0_f64;
    for (index, stored) in read_coordinate(variable, read)?.into_iter().enumerate() {
        let value = unpacker.unpack(stored, variable.stored).ok_or_else(|| CfError::Time {
            variable: variable.name.clone(),
            why: format!("value {index} is missing"),
        })?;
        let span = epoch.span(value).ok_or_else(|| CfError::Time {
            variable: variable.name.clone(),
            why: format!("value {index} is {value}, beyond the times that drogue counts"),
        })?;
        elapsed.push(span);
        if variable.stored == StoredType::F32 {
            coarsest = coarsest.max(f64::from(spacing(stored as f32)) * epoch.microseconds());
        }
    }
    round_to_clock(&mut elapsed, coarsest, &variable.name, notes);
    let times = elapsed
        .into_iter()
        .enumerate()
        .map(|(index, span)| {
            epoch.start.0.checked_add(span.0).map(Instant).ok_or_else(|| CfError::Time {
                variable: variable.name.clone(),
                why: format!("value {index} lies beyond the times that drogue counts"),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(TimeAxis { name: Some(variable.name.clone()), calendar, times })
}

/// A scalar that tells the time of all of `u`: one it names as its coordinate, or any other.
fn scalar<'a>(catalogue: &'a Catalogue, u: &Variable) -> Option<&'a Variable> {
    let is_time = |variable: &&Variable| {
        let single = variable.shape.iter().all(|&length| length == 1);
        single && Kind::of(variable) == Kind::Time
    };
    named_coordinates(u)
        .filter_map(|name| catalogue.variable(name))
        .find(is_time)
        .or_else(|| catalogue.variables.iter().find(is_time))
}

/// A unit of elapsed time and where it starts.
#[derive(Debug)]
struct Epoch {
    start: Instant,
    /// Microseconds in a unit, as a numerator and a denominator.
    unit: (i64, i64),
}

impl Epoch {
    fn of(variable: &Variable, calendar: Calendar) -> Result<Self, CfError> {
        let refuse = |why: String| CfError::Time { variable: variable.name.clone(), why };
        let wanted = "drogue needs units such as `hours since 1950-01-01`";
        let text = variable
            .attributes
            .text("units")
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| refuse(format!("has no units: {wanted}")))?;
        let lower = text.to_ascii_lowercase();
        let Some(at) = lower.find(" since ") else {
            return Err(refuse(format!("has the units `{text}`, which name no date: {wanted}")));
        };
        let unit = lower[..at].trim();
        let unit = units::elapsed(unit).ok_or_else(|| {
            refuse(
                if unit.starts_with("month") || unit.starts_with("year") || unit == "common_year" {
                    format!("counts in {unit}, which differ in length: rewrite it in days or hours")
                } else {
                    format!("counts in `{unit}`, which is no unit of time: {wanted}")
                },
            )
        })?;
        let date = &text[at + " since ".len()..];
        let start = CivilTime::parse(date)
            .and_then(|civil| calendar.instant(civil))
            .map_err(|source| CfError::Calendar { variable: variable.name.clone(), source })?;
        Ok(Self { start, unit })
    }

    fn microseconds(&self) -> f64 {
        self.unit.0 as f64 / self.unit.1 as f64
    }

    /// So many units: exact for whole numbers, to the microsecond for others. `None` beyond what a
    /// [`Span`] holds.
    fn span(&self, value: f64) -> Option<Span> {
        let (numerator, denominator) = (i128::from(self.unit.0), i128::from(self.unit.1));
        // Beyond this a span overflows even in nanoseconds.
        if !value.is_finite() || value.abs() > 1e19 {
            return None;
        }
        let whole = value.trunc();
        let fraction = ((value - whole) * self.microseconds()).round() as i128;
        let product = whole as i128 * numerator;
        let rounded = (product + denominator.div_euclid(2)).div_euclid(denominator);
        i64::try_from(rounded + fraction).ok().map(Span)
    }
}

/// The distance from an f32 to the next.
fn spacing(value: f32) -> f32 {
    value.abs().next_up() - value.abs()
}

/// Rounds times that f32 holds to no better than `coarsest` microseconds to the finest division of
/// the clock that they can tell apart: days since 2013 as f32 are known to 42 s, and a snapshot at
/// 01:00 reads 00:59:46. Times that are evenly spaced as they stand are left alone.
fn round_to_clock(elapsed: &mut [Span], coarsest: f64, name: &str, notes: &mut Vec<String>) {
    const CLOCK: [i64; 9] = [
        1,
        1000,
        100_000,
        MICROSECONDS,
        60 * MICROSECONDS,
        300 * MICROSECONDS,
        600 * MICROSECONDS,
        1800 * MICROSECONDS,
        3600 * MICROSECONDS,
    ];
    let Some(step) = CLOCK.into_iter().find(|&step| step as f64 >= coarsest) else {
        return;
    };
    let steps =
        |spans: &[Span]| -> Vec<i64> { spans.windows(2).map(|p| p[1].0 - p[0].0).collect() };
    let before = steps(elapsed);
    if before.len() > 1 && before.iter().all(|&length| length == before[0]) {
        return;
    }
    let rounded: Vec<Span> =
        elapsed.iter().map(|span| Span((span.0 + step / 2).div_euclid(step) * step)).collect();
    let merges =
        before.iter().zip(steps(&rounded)).any(|(&before, after)| before != 0 && after == 0);
    if merges || rounded == elapsed {
        return;
    }
    elapsed.copy_from_slice(&rounded);
    notes.push(format!(
        "`{name}` is f32 and tells time to {} s only: rounded to {} s",
        coarsest / MICROSECONDS as f64,
        step as f64 / MICROSECONDS as f64
    ));
}
