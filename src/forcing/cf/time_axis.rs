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
        return Ok(TimeAxis::untold());
    };
    let attribute = variable.attributes.text("calendar");
    let calendar = Calendar::from_cf(attribute.unwrap_or_default())
        .map_err(|source| CfError::Calendar { variable: variable.name.clone(), source })?;
    let epoch = Epoch::of(variable, calendar, choice.epoch)?;
    let unpacker = Unpacker::of(variable)?;
    let mut elapsed = Vec::new();
    let mut coarsest = 0.0_f64;
    let mut coarse = Vec::new();
    for (index, stored) in read_coordinate(variable, read)?.into_iter().enumerate() {
        let value = unpacker.unpack(stored, variable.stored).ok_or_else(|| CfError::Time {
            variable: variable.name.clone(),
            why: format!("value {index} is missing"),
        })?;
        let span = epoch.span(value).filter(|&span| epoch.start.checked_add(span).is_some());
        elapsed.push(span.ok_or_else(|| CfError::Time {
            variable: variable.name.clone(),
            why: format!("value {index} is {value}, beyond the times that drogue counts"),
        })?);
        if variable.stored == StoredType::F32 {
            coarsest = coarsest.max(f64::from(spacing(stored as f32)) * epoch.microseconds());
        }
        let spacing = value.abs().next_up() - value.abs();
        coarse.push(spacing * epoch.microseconds() > 1.0);
    }
    round_to_milliseconds(&mut elapsed, &coarse);
    round_to_clock(&mut elapsed, coarsest, &variable.name, notes);
    let times = elapsed
        .into_iter()
        .enumerate()
        .map(|(index, span)| {
            epoch.start.checked_add(span).ok_or_else(|| CfError::Time {
                variable: variable.name.clone(),
                why: format!("value {index} lies beyond the times that drogue counts"),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(TimeAxis { name: Some(variable.name.clone()), calendar, times })
}

/// The time of a steady flow: as it is told, else [`UNTOLD`].
///
/// # Errors
/// What else was wrong with `told` than the times themselves.
pub(super) fn steady(
    told: Result<TimeAxis, CfError>,
    notes: &mut Vec<String>,
) -> Result<TimeAxis, CfError> {
    match told {
        Ok(axis) if !axis.times.is_empty() => Ok(axis),
        Ok(_) | Err(CfError::Time { .. } | CfError::Calendar { .. }) => {
            let calendar = Calendar::default();
            let civil = CivilTime::parse(UNTOLD).expect("it is a date");
            let time = calendar.instant(civil).expect("it is within reach");
            notes.push(format!("one snapshot stands for all times: the run begins on {UNTOLD}"));
            Ok(TimeAxis { name: None, calendar, times: vec![time] })
        }
        Err(other) => Err(other),
    }
}

/// When a steady flow begins whose time is not told.
const UNTOLD: &str = "2000-01-01";

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
    fn of(
        variable: &Variable,
        calendar: Calendar,
        epoch: Option<CivilTime>,
    ) -> Result<Self, CfError> {
        let refuse = |why: String| CfError::Time { variable: variable.name.clone(), why };
        let wanted = "drogue needs units such as `hours since 1950-01-01`";
        let text = variable
            .attributes
            .text("units")
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| refuse(format!("has no units: {wanted}")))?;
        let lower = text.to_ascii_lowercase();
        let since = lower.find(" since ");
        if since.is_none() && epoch.is_none() {
            return Err(refuse(format!(
                "has the units `{text}`, which name no date: {wanted}, or `epoch` with the date in the scenario"
            )));
        }
        let unit = lower[..since.unwrap_or(lower.len())].trim();
        let unit = units::elapsed(unit).ok_or_else(|| {
            refuse(
                if unit.starts_with("month") || unit.starts_with("year") || unit == "common_year" {
                    format!("counts in {unit}, which differ in length: rewrite it in days or hours")
                } else {
                    format!("counts in `{unit}`, which is no unit of time: {wanted}")
                },
            )
        })?;
        let named = since.map(|at| CivilTime::parse(&text[at + " since ".len()..]));
        let start = named
            .or(epoch.map(Ok))
            .expect("one of them is there")
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

/// Rounds the `coarse` times, which f64 holds to no better than a microsecond: days since the year 1
/// are known to 10 µs, and a snapshot at 06:30 reads 06:30:00.000003, so that a run that starts at
/// 06:30 would start before its data. Nobody's snapshots are counted in fractions of a millisecond
/// over centuries; those that would fall together are left alone all the same.
fn round_to_milliseconds(elapsed: &mut [Span], coarse: &[bool]) {
    let round = |span: &Span| Span((span.0 + 500).div_euclid(1000) * 1000);
    let rounded: Vec<Span> = (elapsed.iter().zip(coarse))
        .map(|(span, &coarse)| if coarse { round(span) } else { *span })
        .collect();
    let mut steps = elapsed.windows(2).zip(rounded.windows(2));
    if steps.all(|(before, after)| before[0] == before[1] || after[0] != after[1]) {
        elapsed.copy_from_slice(&rounded);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::cf::FoundBy;
    use crate::forcing::cf::families::Along;
    use crate::forcing::cf::fixture::variable;
    use proptest::prelude::*;

    fn read_times(
        stored: StoredType,
        attributes: &[(&str, &str)],
        values: &[f64],
    ) -> Result<(TimeAxis, Vec<String>), CfError> {
        let dimensions = [("time", values.len() as u64)];
        let time = Variable { stored, ..variable("time", &dimensions, attributes) };
        let u = variable("u", &dimensions, &[]);
        let pair = Pair { u: &u, v: &u, found_by: FoundBy::Name, along: Along::Unsaid, kind: None };
        let read = |_: &str| Ok(values.to_vec());
        let mut notes = Vec::new();
        let catalogue = Catalogue::default();
        times(&catalogue, &pair, Some(&time), &Choice::default(), &read, &mut notes)
            .map(|axis| (axis, notes))
    }

    fn first(stored: StoredType, attributes: &[(&str, &str)], value: f64) -> String {
        let (axis, _) = read_times(stored, attributes, &[value]).unwrap();
        axis.calendar.format(axis.times[0])
    }

    #[test]
    fn units_and_epochs_in_all_their_spellings() {
        for (units, value, iso) in [
            ("days since 1950-01-01", 25_255.0, "2019-02-23T00:00:00Z"),
            ("Hour since 2023-02-28 00:00:00", 48.0, "2023-03-02T00:00:00Z"),
            ("SECONDS SINCE 1970-01-01 00:00:00 UTC", 1.5, "1970-01-01T00:00:01.500000Z"),
            ("seconds since 1900-01-1 00:00:0.0", 3_427_747_200.0, "2008-08-15T00:00:00Z"),
            ("h since 2000-01-01T00:00:00 +01:00", 1.0, "2000-01-01T00:00:00Z"),
            ("min since 2000-01-01", -0.5, "1999-12-31T23:59:30Z"),
            ("milliseconds since 1970-01-01", 1.7e12, "2023-11-14T22:13:20Z"),
            ("nanoseconds since 1970-01-01", 1.7e18, "2023-11-14T22:13:20Z"),
        ] {
            assert_eq!(first(StoredType::F64, &[("units", units)], value), iso, "{units}");
        }
    }

    #[test]
    fn calendars_change_the_answer() {
        let units = ("units", "days since 0001-01-01");
        let at = |calendar| first(StoredType::F64, &[units, ("calendar", calendar)], 738_034.5);
        assert_eq!(at("proleptic_gregorian"), "2021-09-02T12:00:00Z");
        assert_eq!(at("gregorian"), "2021-08-31T12:00:00Z");
        let noleap = [("units", "days since 1900-01-01"), ("calendar", "NOLEAP")];
        assert_eq!(first(StoredType::F64, &noleap, 18_250.5), "1950-01-01T12:00:00Z");
    }

    #[test]
    fn times_without_a_fixed_unit_or_a_date_are_refused() {
        for units in [
            "months since 1950-01-01",
            "years since 1950-01-01",
            "second",
            "unknown",
            "",
            "fortnights since 1950-01-01",
        ] {
            let result = read_times(StoredType::F64, &[("units", units)], &[1.0]);
            assert!(matches!(result, Err(CfError::Time { .. })), "{units}: {result:?}");
        }
        for attributes in [
            &[("units", "days since the flood")][..],
            &[("units", "days since 1950-01-01"), ("calendar", "lunar")],
            &[("units", "days since 1950-02-29"), ("calendar", "noleap")],
        ] {
            let result = read_times(StoredType::F64, attributes, &[1.0]);
            assert!(matches!(result, Err(CfError::Calendar { .. })), "{result:?}");
        }
        for value in [f64::NAN, 1e300, 9.969_21e36, 1e14] {
            let result =
                read_times(StoredType::F64, &[("units", "days since 1950-01-01")], &[value]);
            assert!(matches!(result, Err(CfError::Time { .. })), "{value}: {result:?}");
        }
    }

    #[test]
    fn f32_times_are_rounded_to_what_they_can_tell() {
        let hourly: Vec<f64> =
            (0..10).map(|hour| f64::from((4160.0 + f64::from(hour) / 24.0) as f32)).collect();
        let units = [("units", "days since 2013-01-01")];
        let (axis, notes) = read_times(StoredType::F32, &units, &hourly).unwrap();
        for (hour, pair) in axis.times.windows(2).enumerate() {
            assert_eq!(pair[1] - pair[0], Span::from_seconds(3600.0), "hour {hour}");
        }
        assert_eq!(notes.len(), 1);
        // The same numbers as f64 are what they are.
        let (exact, notes) = read_times(StoredType::F64, &units, &hourly).unwrap();
        assert!(exact.times != axis.times && notes.is_empty());
    }

    #[test]
    fn times_of_old_epochs_are_on_the_clock() {
        for (calendar, day) in [("standard", 737_852.0), ("proleptic_gregorian", 737_850.0)] {
            let attributes = [("units", "days since 0001-01-01"), ("calendar", calendar)];
            let days: Vec<f64> = (0..3).map(|n| day + f64::from(n) + 6.5 / 24.0).collect();
            let (axis, _) = read_times(StoredType::F64, &attributes, &days).unwrap();
            let texts: Vec<_> = axis.times.iter().map(|&t| axis.calendar.format(t)).collect();
            let expected = [1, 2, 3].map(|day| format!("2021-03-{:02}T06:30:00Z", day + 1));
            assert_eq!(texts, expected, "{calendar}");
        }
        // Where f64 tells microseconds apart, they are kept.
        let fine = [("units", "seconds since 2020-01-01")];
        assert_eq!(first(StoredType::F64, &fine, 1e6 + 3e-6), "2020-01-12T13:46:40.000003Z");
    }

    #[test]
    fn even_f32_times_are_left_alone() {
        let values: Vec<f64> = (0..4).map(|i| 667_512.0 + 0.125 * f64::from(i)).collect();
        let (axis, notes) =
            read_times(StoredType::F32, &[("units", "hours since 1950-01-01")], &values).unwrap();
        assert_eq!(axis.times[1] - axis.times[0], Span::from_seconds(450.0));
        assert!(notes.is_empty(), "{notes:?}");
    }

    proptest! {
        #[test]
        fn whole_numbers_of_any_unit_come_back(
            value in -800_000_000_i64..800_000_000,
            unit in prop_oneof![Just(("seconds", 1_i64)), Just(("minutes", 60)), Just(("hours", 3600))],
        ) {
            let units = format!("{} since 1970-01-01", unit.0);
            let (axis, _) = read_times(StoredType::I64, &[("units", &units)], &[value as f64]).unwrap();
            prop_assert_eq!(axis.times[0].0, value * unit.1 * MICROSECONDS);
        }

        #[test]
        fn any_units_are_read_or_refused(
            units in prop_oneof![
                "\\PC*",
                "(days|hours|µs|é|months) since \\PC*",
                "(days|ns) since -?[0-9]{1,20}-[0-9]{1,2}-[0-9]{1,2} ?[0-9:é]{0,8} ?[+-]?[0-9:é]{0,6}",
            ],
            value: f64,
        ) {
            let _ = read_times(StoredType::F64, &[("units", &units)], &[value]);
        }

        #[test]
        fn any_value_is_a_time_or_an_error(
            values in prop::collection::vec(
                prop_oneof![
                    prop::num::f64::ANY, -1e12..1e12_f64, Just(1e300), Just(-1e19), Just(f64::INFINITY),
                ],
                1..4,
            ),
            unit in prop_oneof![
                Just(("ns", 1e-9)), Just(("seconds", 1.0)), Just(("hours", 3600.0)), Just(("weeks", 604_800.0)),
            ],
            year in prop_oneof![Just(-100_000_i64), Just(1970), Just(100_000)],
        ) {
            let units = format!("{} since {year}-01-01", unit.0);
            let attributes = [("units", units.as_str()), ("calendar", "proleptic_gregorian")];
            if let Ok((axis, _)) = read_times(StoredType::F64, &attributes, &values) {
                let epoch = CivilTime { year, month: 1, day: 1, hour: 0, minute: 0, microsecond: 0 };
                let epoch = axis.calendar.instant(epoch).unwrap();
                for (time, value) in axis.times.iter().zip(&values) {
                    let seconds = value * unit.1;
                    let found = (*time - epoch).seconds();
                    prop_assert!((found - seconds).abs() <= 1e-6 + 1e-9 * seconds.abs(), "{value} {found}");
                    // Any two times that are counted can be subtracted.
                    let _ = *time - axis.times[0];
                }
            }
            let _ = read_times(StoredType::F32, &attributes, &values);
        }
    }
}
