//! Model time: integer microseconds on a CF calendar.
//!
//! A position in time is never a float. Microseconds in an `i64` reach 292 000 years either side
//! of 1970, which serves climate runs that count from year 1 as well as forecasts; nanoseconds
//! would end in 1678.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Microseconds in a second.
pub const MICROSECONDS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROSECONDS;

/// The farthest year either side of year 0 that dates are read for. An [`Instant`] reaches further,
/// so that differences and sums of instants within it overflow nothing.
pub const FARTHEST_YEAR: i64 = 100_000;

/// [`FARTHEST_YEAR`] in microseconds from 1970, on the calendar with the longest years.
const FARTHEST: i64 = (FARTHEST_YEAR + 1970) * 366 * DAY;

/// A moment on a [`Calendar`]: microseconds since that calendar's 1970-01-01T00:00:00 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(pub i64);

impl Instant {
    /// This moment and so much later; `None` where that lies some 100 000 years away or more.
    pub fn checked_add(self, span: Span) -> Option<Self> {
        self.0.checked_add(span.0).filter(|sum| (-FARTHEST..=FARTHEST).contains(sum)).map(Self)
    }
}

/// A length of time in microseconds; negative when a run goes backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(pub i64);

impl Span {
    /// The span of so many seconds, rounded to the nearest microsecond.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * MICROSECONDS as f64).round() as i64)
    }

    /// This span in seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / MICROSECONDS as f64
    }
}

impl std::ops::Add<Span> for Instant {
    type Output = Instant;
    fn add(self, span: Span) -> Instant {
        Instant(self.0 + span.0)
    }
}

impl std::ops::Sub<Span> for Instant {
    type Output = Instant;
    fn sub(self, span: Span) -> Instant {
        Instant(self.0 - span.0)
    }
}

impl std::ops::Sub for Instant {
    type Output = Span;
    fn sub(self, other: Instant) -> Span {
        Span(self.0 - other.0)
    }
}

/// What a clock and a wall calendar show, before a [`Calendar`] gives it a place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CivilTime {
    /// Year; the year before 1 is 0, or -1 on calendars without a year 0.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Microseconds into the minute, 0 to 59 999 999.
    pub microsecond: u32,
}

/// A date that its calendar does not have, or a text that is no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is not a date and time that drogue reads.
    #[error("`{0}` is not a time: write it as 2015-11-16T00:00:00Z")]
    Unreadable(String),
    /// The date lies too far away to be counted.
    #[error(
        "the year {year} is not a time that drogue counts: years reach from -{FARTHEST_YEAR} to {FARTHEST_YEAR}"
    )]
    TooFar {
        /// The year.
        year: i64,
    },
    /// The date is written properly but the calendar lacks it.
    #[error("{date} does not exist in the {calendar} calendar")]
    NoSuchDate {
        /// The date as written.
        date: CivilTime,
        /// The calendar that lacks it.
        calendar: Calendar,
    },
    /// A year 0 on a calendar without one.
    #[error(
        "{date} does not exist: the {calendar} calendar has no year 0, the year before 1 is -1; \
         `proleptic_gregorian`, `noleap`, `all_leap` and `360_day` have one"
    )]
    NoYearZero {
        /// The date as written.
        date: CivilTime,
        /// The calendar.
        calendar: Calendar,
    },
    /// The calendar's name is not one of CF's.
    #[error(
        "unknown calendar `{0}`: CF has standard, gregorian, proleptic_gregorian, julian, noleap, 365_day, all_leap, 366_day and 360_day"
    )]
    UnknownCalendar(String),
}

/// The calendars of CF conventions §4.4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// Julian before 1582-10-15, Gregorian from then on.
    #[default]
    Standard,
    /// Gregorian at all times.
    ProlepticGregorian,
    /// A leap year every fourth year.
    Julian,
    /// 365 days every year.
    Noleap,
    /// 366 days every year.
    AllLeap,
    /// Twelve months of 30 days.
    #[serde(rename = "360_day")]
    Day360,
}

impl Calendar {
    /// The calendar that CF calls `name` (any case).
    pub fn from_cf(name: &str) -> Result<Self, TimeError> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "standard" | "gregorian" | "" => Self::Standard,
            "proleptic_gregorian" => Self::ProlepticGregorian,
            "julian" => Self::Julian,
            "noleap" | "365_day" => Self::Noleap,
            "all_leap" | "366_day" => Self::AllLeap,
            "360_day" => Self::Day360,
            _ => return Err(TimeError::UnknownCalendar(name.to_owned())),
        })
    }

    /// The name that CF gives this calendar.
    pub fn cf_name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ProlepticGregorian => "proleptic_gregorian",
            Self::Julian => "julian",
            Self::Noleap => "noleap",
            Self::AllLeap => "all_leap",
            Self::Day360 => "360_day",
        }
    }

    /// Where `civil` lies in time.
    ///
    /// # Errors
    /// [`TimeError::NoSuchDate`] for a date that this calendar lacks (29 February in `noleap`),
    /// [`TimeError::NoYearZero`], and [`TimeError::TooFar`] beyond [`FARTHEST_YEAR`].
    pub fn instant(self, civil: CivilTime) -> Result<Instant, TimeError> {
        within_reach(civil.year)?;
        if civil.year == 0 && !self.has_year_zero() {
            return Err(TimeError::NoYearZero { date: civil, calendar: self });
        }
        let days = self.days(civil.year, civil.month, civil.day) - self.days(1970, 1, 1);
        let minutes = i64::from(civil.hour) * 60 + i64::from(civil.minute);
        let instant =
            Instant(days * DAY + minutes * 60 * MICROSECONDS + i64::from(civil.microsecond));
        if self.civil(instant) == civil {
            Ok(instant)
        } else {
            Err(TimeError::NoSuchDate { date: civil, calendar: self })
        }
    }

    /// What the clock and the calendar show at `instant`.
    pub fn civil(self, instant: Instant) -> CivilTime {
        let day_number = instant.0.div_euclid(DAY) + self.days(1970, 1, 1);
        let within = instant.0.rem_euclid(DAY);
        let (year, month, day) = self.date(day_number);
        CivilTime {
            year,
            month,
            day,
            hour: (within / (3600 * MICROSECONDS)) as u8,
            minute: (within / (60 * MICROSECONDS) % 60) as u8,
            microsecond: (within % (60 * MICROSECONDS)) as u32,
        }
    }

    /// `instant` as ISO 8601, with the fraction of a second only where there is one.
    pub fn format(self, instant: Instant) -> String {
        self.civil(instant).to_string()
    }

    /// Historians count no year 0, nor does CF (§4.4.1) on the calendars that were in use.
    fn has_year_zero(self) -> bool {
        !matches!(self, Self::Standard | Self::Julian)
    }

    /// Days from an arbitrary origin of this calendar to the given date.
    fn days(self, year: i64, month: u8, day: u8) -> i64 {
        let year = if year < 0 && !self.has_year_zero() { year + 1 } else { year };
        let (month, day) = (i64::from(month), i64::from(day));
        match self {
            Self::ProlepticGregorian => gregorian_days(year, month, day),
            Self::Julian => julian_days(year, month, day),
            Self::Standard if (year, month, day) >= (1582, 10, 15) => {
                gregorian_days(year, month, day)
            }
            Self::Standard => julian_days(year, month, day),
            Self::Noleap => year * 365 + CUMULATIVE[month_index(month)] + day - 1,
            Self::AllLeap => year * 366 + CUMULATIVE_LEAP[month_index(month)] + day - 1,
            Self::Day360 => year * 360 + (month - 1) * 30 + day - 1,
        }
    }

    fn date(self, days: i64) -> (i64, u8, u8) {
        let (year, month, day) = self.astronomical_date(days);
        (if year <= 0 && !self.has_year_zero() { year - 1 } else { year }, month, day)
    }

    /// The date with years numbered through 0.
    fn astronomical_date(self, days: i64) -> (i64, u8, u8) {
        match self {
            Self::ProlepticGregorian => gregorian_date(days),
            Self::Julian => julian_date(days),
            Self::Standard if days >= gregorian_days(1582, 10, 15) => gregorian_date(days),
            Self::Standard => julian_date(days),
            Self::Noleap => fixed_year_date(days, 365, &CUMULATIVE),
            Self::AllLeap => fixed_year_date(days, 366, &CUMULATIVE_LEAP),
            Self::Day360 => {
                let within = days.rem_euclid(360);
                (days.div_euclid(360), (within / 30 + 1) as u8, (within % 30 + 1) as u8)
            }
        }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cf_name())
    }
}

const CUMULATIVE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const CUMULATIVE_LEAP: [i64; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];

fn month_index(month: i64) -> usize {
    (month - 1).clamp(0, 11) as usize
}

fn fixed_year_date(days: i64, length: i64, cumulative: &[i64; 12]) -> (i64, u8, u8) {
    let within = days.rem_euclid(length);
    let month = cumulative.partition_point(|&first| first <= within);
    (days.div_euclid(length), month as u8, (within - cumulative[month - 1] + 1) as u8)
}

// Both origins are Julian day numbers counted from noon, as in Richards (2013), "Calendars", in
// the Explanatory Supplement to the Astronomical Almanac, so that the standard calendar can change
// over between them.
fn gregorian_days(year: i64, month: i64, day: i64) -> i64 {
    let a = (14 - month).div_euclid(12);
    let y = year + 4800 - a;
    let m = month + 12 * a - 3;
    day + (153 * m + 2).div_euclid(5) + 365 * y + y.div_euclid(4) - y.div_euclid(100)
        + y.div_euclid(400)
        - 32_045
}

fn julian_days(year: i64, month: i64, day: i64) -> i64 {
    let a = (14 - month).div_euclid(12);
    let y = year + 4800 - a;
    let m = month + 12 * a - 3;
    day + (153 * m + 2).div_euclid(5) + 365 * y + y.div_euclid(4) - 32_083
}

fn gregorian_date(days: i64) -> (i64, u8, u8) {
    let a = days + 32_044;
    let b = (4 * a + 3).div_euclid(146_097);
    let c = a - (146_097 * b).div_euclid(4);
    let (year, month, day) = march_year_date(c);
    (100 * b + year, month, day)
}

fn julian_date(days: i64) -> (i64, u8, u8) {
    march_year_date(days + 32_082)
}

fn march_year_date(c: i64) -> (i64, u8, u8) {
    let d = (4 * c + 3).div_euclid(1461);
    let e = c - (1461 * d).div_euclid(4);
    let m = (5 * e + 2).div_euclid(153);
    let day = e - (153 * m + 2).div_euclid(5) + 1;
    (d - 4800 + m.div_euclid(10), (m + 3 - 12 * m.div_euclid(10)) as u8, day as u8)
}

fn within_reach(year: i64) -> Result<(), TimeError> {
    if year.unsigned_abs() <= FARTHEST_YEAR.unsigned_abs() {
        Ok(())
    } else {
        Err(TimeError::TooFar { year })
    }
}

impl CivilTime {
    /// Reads ISO 8601 and the looser forms of CF time units: `2015-11-16`, `1900-01-1 00:00:0.0`,
    /// `2015-11-16T06:00Z`, `2016-01-14 00:00:00 +00:00`, `1-1-1 00:00`. An offset is applied.
    ///
    /// # Errors
    /// [`TimeError::Unreadable`] for other texts, and [`TimeError::TooFar`] beyond
    /// [`FARTHEST_YEAR`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let unreadable = || TimeError::Unreadable(text.to_owned());
        let (civil, offset) = parse_civil(text.trim()).ok_or_else(unreadable)?;
        within_reach(civil.year)?;
        if offset == Span(0) {
            return Ok(civil);
        }
        let calendar = Calendar::ProlepticGregorian;
        let local = calendar.instant(civil).map_err(|_| unreadable())?;
        Ok(calendar.civil(local - offset))
    }
}

/// The date and the clock as written, and how far that clock is ahead of UTC.
fn parse_civil(text: &str) -> Option<(CivilTime, Span)> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let split = body.find(['T', 't', ' ']).unwrap_or(body.len());
    let (date, clock) = body.split_at(split);
    let mut fields = date.split('-');
    let year: i64 = fields.next()?.parse().ok()?;
    let month: u8 = fields.next().map_or(Some(1), |t| t.parse().ok())?;
    let day: u8 = fields.next().map_or(Some(1), |t| t.parse().ok())?;
    if fields.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let clock = clock.trim_start_matches(['T', 't', ' ']).trim();
    let clock = clock
        .strip_suffix("UTC")
        .or_else(|| clock.strip_suffix("GMT"))
        .or_else(|| clock.strip_suffix(['Z', 'z']))
        .unwrap_or(clock)
        .trim();
    let (clock, offset) = match clock.rfind(['+', '-']) {
        Some(at) => (clock[..at].trim(), parse_offset(&clock[at..])?),
        None => (clock, Span(0)),
    };
    let mut fields = clock.split(':');
    let hour: u8 = fields.next().filter(|t| !t.is_empty()).map_or(Some(0), |t| t.parse().ok())?;
    let minute: u8 = fields.next().map_or(Some(0), |t| t.parse().ok())?;
    let second: f64 =
        fields.next().filter(|t| !t.is_empty()).map_or(Some(0.0), |t| t.parse().ok())?;
    if fields.next().is_some() || hour > 23 || minute > 59 || !(0.0..60.0).contains(&second) {
        return None;
    }
    let civil = CivilTime {
        year: if negative { -year } else { year },
        month,
        day,
        hour,
        minute,
        microsecond: ((second * MICROSECONDS as f64).round() as u32).min(59_999_999),
    };
    Some((civil, offset))
}

/// How far east of Greenwich `+01:00`, `-0530` or `+1` is.
fn parse_offset(text: &str) -> Option<Span> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minutes = (hours <= 18 && minutes < 60).then(|| sign * (hours * 60 + minutes))?;
    Some(Span(minutes * 60 * MICROSECONDS))
}

impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, fraction) =
            (self.microsecond / MICROSECONDS as u32, self.microsecond % MICROSECONDS as u32);
        let sign = if self.year < 0 { "-" } else { "" };
        write!(
            f,
            "{sign}{:04}-{:02}-{:02}T{:02}:{:02}:{second:02}",
            self.year.unsigned_abs(),
            self.month,
            self.day,
            self.hour,
            self.minute
        )?;
        if fraction != 0 {
            write!(f, ".{fraction:06}")?;
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(calendar: Calendar, text: &str) -> Instant {
        calendar.instant(CivilTime::parse(text).unwrap()).unwrap()
    }

    const CALENDARS: [Calendar; 6] = [
        Calendar::Standard,
        Calendar::ProlepticGregorian,
        Calendar::Julian,
        Calendar::Noleap,
        Calendar::AllLeap,
        Calendar::Day360,
    ];

    #[test]
    fn unix_epoch_is_zero_in_every_calendar() {
        for calendar in CALENDARS {
            assert_eq!(at(calendar, "1970-01-01"), Instant(0), "{calendar}");
        }
    }

    #[test]
    fn proleptic_gregorian_agrees_with_jiff() {
        for days in (-700_000..700_000).step_by(37) {
            let ours = Calendar::ProlepticGregorian.civil(Instant(days * DAY));
            let theirs = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(days);
            assert_eq!(
                (ours.year, ours.month as i8, ours.day as i8),
                (i64::from(theirs.year()), theirs.month(), theirs.day())
            );
        }
    }

    #[test]
    fn standard_calendar_skips_ten_days_in_1582() {
        let calendar = Calendar::Standard;
        let step = at(calendar, "1582-10-15") - at(calendar, "1582-10-04");
        assert_eq!(step, Span(DAY));
        assert!(calendar.instant(CivilTime::parse("1582-10-10").unwrap()).is_err());
    }

    #[test]
    fn calendars_in_use_have_no_year_nought() {
        for calendar in CALENDARS {
            let before = at(calendar, "0001-01-01") - Span(DAY);
            let in_use = matches!(calendar, Calendar::Standard | Calendar::Julian);
            let last = if calendar == Calendar::Day360 { "12-30" } else { "12-31" };
            let year = if in_use { "-0001" } else { "0000" };
            assert_eq!(calendar.format(before), format!("{year}-{last}T00:00:00Z"), "{calendar}");
            let nought = calendar.instant(CivilTime::parse("0000-06-01").unwrap());
            match nought {
                Err(TimeError::NoYearZero { .. }) => assert!(in_use, "{calendar}"),
                other => assert!(!in_use && other.is_ok(), "{calendar} {other:?}"),
            }
        }
        // Julian day numbers count from noon of 1 January 4713 BC; that of 2000-01-01 is 2451545.
        for (calendar, days) in [(Calendar::Standard, 2_451_545), (Calendar::Julian, 2_451_558)] {
            let epoch = at(calendar, "-4713-01-01T12:00");
            assert_eq!(at(calendar, "2000-01-01T12:00") - epoch, Span(days * DAY), "{calendar}");
        }
    }

    #[test]
    fn calendars_refuse_the_dates_they_lack() {
        let leap_day = CivilTime::parse("2015-02-29").unwrap();
        assert!(Calendar::Noleap.instant(leap_day).is_err());
        assert!(Calendar::AllLeap.instant(leap_day).is_ok());
        assert!(Calendar::Day360.instant(CivilTime::parse("2015-01-31").unwrap()).is_err());
    }

    #[test]
    fn odd_spellings_are_read() {
        for (text, iso) in [
            ("1900-01-1 00:00:0.0", "1900-01-01T00:00:00Z"),
            ("0001-1-1T00:00:0.0", "0001-01-01T00:00:00Z"),
            ("2016-01-14 00:00:00 +01:00", "2016-01-13T23:00:00Z"),
            ("2015-11-16T06:00Z", "2015-11-16T06:00:00Z"),
            ("2015-11-16 06:00:00.25 UTC", "2015-11-16T06:00:00.250000Z"),
        ] {
            assert_eq!(CivilTime::parse(text).unwrap().to_string(), iso);
        }
        for text in ["yesterday", "2015-13-01", "2015-01-01T25:00", "", "2000-01-01 00:00 +1é1"] {
            assert!(matches!(CivilTime::parse(text), Err(TimeError::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn years_beyond_reach_are_refused() {
        for year in ["100001", "99999999999", "9223372036854775807", "-9223372036854775807"] {
            let refused = CivilTime::parse(&format!("{year}-01-01"));
            assert!(matches!(refused, Err(TimeError::TooFar { .. })), "{year}");
        }
        for calendar in CALENDARS {
            for year in ["100000", "-100000"] {
                let instant = at(calendar, &format!("{year}-01-01"));
                assert!((-FARTHEST..=FARTHEST).contains(&instant.0), "{calendar}");
            }
        }
        assert_eq!(Instant(FARTHEST).checked_add(Span(1)), None);
        assert_eq!(Instant(-1).checked_add(Span(i64::MIN)), None);
        assert_eq!(Instant(3).checked_add(Span(-4)), Some(Instant(-1)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_an_error(
            text in prop_oneof![
                "\\PC*",
                "-?[0-9]{1,20}-[0-9]{1,3}-[0-9]{1,3}[T ][0-9:.é]{0,9}[ Z]?[+-]?[0-9:é]{0,6}",
            ],
            calendar in prop::sample::select(&CALENDARS[..]),
        ) {
            if let Ok(civil) = CivilTime::parse(&text)
                && let Ok(instant) = calendar.instant(civil)
            {
                prop_assert_eq!(calendar.civil(instant), civil);
            }
        }

        #[test]
        fn any_number_of_microseconds_is_a_date(
            microseconds in prop_oneof![
                any::<i64>(), Just(i64::MIN), Just(i64::MIN + 1), Just(i64::MAX), -1000..1000_i64,
            ],
            calendar in prop::sample::select(&CALENDARS[..]),
        ) {
            let civil = calendar.civil(Instant(microseconds));
            match calendar.instant(civil) {
                Ok(back) => prop_assert_eq!(back.0, microseconds),
                Err(error) => prop_assert_eq!(error, TimeError::TooFar { year: civil.year }),
            }
        }

        #[test]
        fn any_fields_are_a_date_or_an_error(
            year: i64, month: u8, day: u8, hour: u8, minute: u8, microsecond: u32,
            calendar in prop::sample::select(&CALENDARS[..]),
        ) {
            for year in [year, year % 3000] {
                let civil = CivilTime { year, month, day, hour, minute, microsecond };
                if let Ok(instant) = calendar.instant(civil) {
                    prop_assert_eq!(calendar.civil(instant), civil);
                }
            }
        }
    }
}
