//! Quantities that a user writes as a number and a unit: `"10min"`, `"5 km"`, `"0.05deg"`.
//!
//! All of them come out in SI (angles in degrees). A quantity is never negative: none that drogue
//! asks for can be.

use crate::time::{MICROSECONDS, Span};

/// What keeps a text from being a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// There is no number at the start of the text.
    #[error("`{text}` is no {quantity}: write a number and a unit, for example \"{example}\"")]
    Unreadable {
        /// The text.
        text: String,
        /// What was asked for.
        quantity: &'static str,
        /// A quantity of that kind.
        example: &'static str,
    },
    /// The unit is missing, or not one of this kind of quantity.
    #[error("{}", wrong_unit(.text, .unit, .quantity, .accepted, *.suggestion))]
    WrongUnit {
        /// The text.
        text: String,
        /// The unit in it, empty where there is none.
        unit: String,
        /// What was asked for.
        quantity: &'static str,
        /// The units of that kind.
        accepted: String,
        /// The accepted unit that looks most like the one written.
        suggestion: Option<&'static str>,
    },
    /// The quantity is negative, infinite, no number, or larger than drogue can count.
    #[error("`{text}` is out of range for a {quantity}")]
    OutOfRange {
        /// The text.
        text: String,
        /// What was asked for.
        quantity: &'static str,
    },
}

fn wrong_unit(
    text: &str,
    unit: &str,
    quantity: &str,
    accepted: &str,
    suggestion: Option<&str>,
) -> String {
    let what = if unit.is_empty() {
        format!("`{text}` has no unit, so it is no {quantity}")
    } else {
        format!("`{unit}` in `{text}` is not a unit of a {quantity}")
    };
    let hint = suggestion.map_or(String::new(), |name| format!(": did you mean `{name}`?"));
    format!("{what}; accepted are {accepted}{hint}")
}

/// A kind of quantity: its name, an example, and its units. The first name of each unit is the one
/// that messages list.
struct Kind {
    quantity: &'static str,
    example: &'static str,
    units: &'static [(&'static [&'static str], f64)],
}

const DURATION: Kind = Kind {
    quantity: "duration",
    example: "10min",
    units: &[
        (&["s", "sec", "second", "seconds"], 1.0),
        (&["ms", "millisecond", "milliseconds"], 0.001),
        (&["min", "minute", "minutes"], 60.0),
        (&["h", "hr", "hour", "hours"], 3600.0),
        (&["d", "day", "days"], 86_400.0),
        (&["week", "weeks", "w"], 604_800.0),
    ],
};

const LENGTH: Kind = Kind {
    quantity: "length",
    example: "5km",
    units: &[
        (&["m", "metre", "metres", "meter", "meters"], 1.0),
        (&["km", "kilometre", "kilometres", "kilometer", "kilometers"], 1000.0),
        (&["nmi", "NM"], 1852.0),
    ],
};

const ANGLE: Kind = Kind {
    quantity: "angle",
    example: "0.05deg",
    units: &[(&["deg", "degree", "degrees", "°"], 1.0), (&["arcmin"], 1.0 / 60.0)],
};

const BYTES: Kind = Kind {
    quantity: "number of bytes",
    example: "512MB",
    units: &[
        (&["B", "byte", "bytes"], 1.0),
        (&["kB", "KB"], 1e3),
        (&["MB"], 1e6),
        (&["GB"], 1e9),
        (&["TB"], 1e12),
        (&["KiB"], 1024.0),
        (&["MiB"], 1_048_576.0),
        (&["GiB"], 1_073_741_824.0),
        (&["TiB"], 1_099_511_627_776.0),
    ],
};

/// The longest duration that is read: adding it to any date of the present era overflows nothing.
const LONGEST: f64 = (i64::MAX / 4 / MICROSECONDS) as f64;

/// Reads a duration: `"90s"`, `"10min"`, `"6h"`, `"5d"`, `"1 week"`. Rounded to a microsecond.
///
/// # Errors
/// [`UnitError`] for a text that is no duration, or one of more than some 73 000 years.
pub fn parse_duration(text: &str) -> Result<Span, UnitError> {
    let seconds = DURATION.parse(text)?;
    if seconds > LONGEST {
        return Err(DURATION.out_of_range(text));
    }
    Ok(Span::from_seconds(seconds))
}

/// Reads a length into metres: `"100 m"`, `"5km"`, `"2 nmi"`.
///
/// # Errors
/// [`UnitError`] for a text that is no length.
pub fn parse_length(text: &str) -> Result<f64, UnitError> {
    LENGTH.parse(text)
}

/// Reads an angle into degrees: `"0.05deg"`, `"5 arcmin"`.
///
/// # Errors
/// [`UnitError`] for a text that is no angle.
pub fn parse_angle(text: &str) -> Result<f64, UnitError> {
    ANGLE.parse(text)
}

/// Reads a number of bytes: `"512MB"` is 512 million, `"512MiB"` 512 × 2²⁰.
///
/// # Errors
/// [`UnitError`] for a text that is no number of bytes, or one beyond 2⁵³.
pub fn parse_bytes(text: &str) -> Result<u64, UnitError> {
    let bytes = BYTES.parse(text)?.round();
    // Beyond 2⁵³ an f64 no longer counts single bytes.
    if bytes > 9_007_199_254_740_992.0 {
        return Err(BYTES.out_of_range(text));
    }
    Ok(bytes as u64)
}

/// Whether `text` ends in a unit of angle: lets a key accept either an angle or a length.
pub(crate) fn is_angle(text: &str) -> bool {
    let unit = split(text.trim()).1;
    ANGLE.units.iter().any(|(names, _)| names.contains(&unit))
}

/// The number and the unit of a quantity, the latter trimmed.
fn split(text: &str) -> (&str, &str) {
    let mut end = 0;
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(end) {
        let exponent = matches!(byte, b'e' | b'E')
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        let sign =
            matches!(byte, b'+' | b'-') && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        if !(byte.is_ascii_digit() || matches!(byte, b'.' | b'_') || exponent || sign) {
            break;
        }
        end += 1;
    }
    (&text[..end], text[end..].trim())
}

impl Kind {
    /// The quantity in its base unit: finite and not negative.
    fn parse(&self, text: &str) -> Result<f64, UnitError> {
        let (number, unit) = split(text.trim());
        let number: f64 = number.replace('_', "").parse().map_err(|_| UnitError::Unreadable {
            text: text.to_owned(),
            quantity: self.quantity,
            example: self.example,
        })?;
        let known = self.units.iter().find(|(names, _)| names.contains(&unit));
        let &(_, factor) = known.ok_or_else(|| self.wrong_unit(text, unit))?;
        let value = number * factor;
        if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(self.out_of_range(text)) }
    }

    fn wrong_unit(&self, text: &str, unit: &str) -> UnitError {
        let names = self.units.iter().flat_map(|(names, _)| *names).copied();
        let accepted: Vec<_> = self.units.iter().map(|(names, _)| names[0]).collect();
        UnitError::WrongUnit {
            text: text.to_owned(),
            unit: unit.to_owned(),
            quantity: self.quantity,
            accepted: accepted.join(", "),
            suggestion: nearest(unit, names),
        }
    }

    fn out_of_range(&self, text: &str) -> UnitError {
        UnitError::OutOfRange { text: text.to_owned(), quantity: self.quantity }
    }
}

/// The candidate that looks most like `word`, if any does.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(likeness, _)| likeness >= 0.75)
        // The first of equals, which is the usual spelling.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_of_all_units() {
        for (text, seconds) in [
            ("90s", 90.0),
            ("10min", 600.0),
            ("10 minutes", 600.0),
            (" 6h ", 21_600.0),
            ("0.5d", 43_200.0),
            ("1 week", 604_800.0),
            ("1e3 s", 1000.0),
            ("1_000s", 1000.0),
            ("0s", 0.0),
        ] {
            assert_eq!(parse_duration(text), Ok(Span::from_seconds(seconds)), "{text}");
        }
        assert_eq!(parse_duration("0.1h"), Ok(Span(360 * MICROSECONDS)));
    }

    #[test]
    fn lengths_angles_and_bytes() {
        assert_eq!(parse_length("100 m"), Ok(100.0));
        assert_eq!(parse_length("5km"), Ok(5000.0));
        assert_eq!(parse_length("2 nmi"), Ok(3704.0));
        assert_eq!(parse_angle("0.05deg"), Ok(0.05));
        assert_eq!(parse_angle("0.05°"), Ok(0.05));
        assert_eq!(parse_angle("3 arcmin"), Ok(0.05));
        assert_eq!(parse_bytes("512MB"), Ok(512_000_000));
        assert_eq!(parse_bytes("1.5 GiB"), Ok(1_610_612_736));
        assert!(is_angle("1 deg") && !is_angle("1 km"));
    }

    #[test]
    fn a_wrong_unit_names_the_accepted_ones_and_suggests() {
        let error = parse_duration("10 mins").unwrap_err().to_string();
        assert_eq!(
            error,
            "`mins` in `10 mins` is not a unit of a duration; \
             accepted are s, ms, min, h, d, week: did you mean `min`?"
        );
        let error = parse_duration("10").unwrap_err().to_string();
        assert!(error.starts_with("`10` has no unit"), "{error}");
        assert!(parse_length("5h").is_err() && parse_duration("5km").is_err());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "h", "nan s", "inf h", "1.2.3 s", "one day", "-", "1e s", "..", "_s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for text in ["-1s", "1e300d", "1e999s", "80_000_000 weeks"] {
            let refused = matches!(parse_duration(text), Err(UnitError::OutOfRange { .. }));
            assert!(refused, "{text}");
        }
        assert!(matches!(parse_bytes("9999999TB"), Err(UnitError::OutOfRange { .. })));
    }

    #[test]
    fn nothing_alike_is_not_suggested() {
        assert_eq!(nearest("zzz", ["count", "spacing"]), None);
        assert_eq!(nearest("cuont", ["spacing", "count"]), Some("count"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (parse_duration(&text), parse_length(&text), parse_bytes(&text));
        }

        #[test]
        fn whole_seconds_are_exact(seconds in 0_i64..1_000_000_000) {
            prop_assert_eq!(parse_duration(&format!("{seconds}s")), Ok(Span(seconds * MICROSECONDS)));
        }
    }
}
