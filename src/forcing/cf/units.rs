//! Units as files spell them.

/// What is meant by units of degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Degrees {
    East,
    North,
    /// Degrees of no direction.
    Plain,
}

/// The kind of degrees of `units`; `None` where they are no degrees.
pub(super) fn degrees(units: &str) -> Option<Degrees> {
    let units: String =
        units.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '.')).collect();
    let direction =
        ["degrees", "degree", "deg", "°"].iter().find_map(|word| units.strip_prefix(word))?;
    match direction {
        "east" | "e" => Some(Degrees::East),
        "north" | "n" => Some(Degrees::North),
        "" => Some(Degrees::Plain),
        _ => None,
    }
}

/// Metres in one of `units`; `None` where they are no length.
pub(super) fn length(units: &str) -> Option<f64> {
    Some(match units.trim().to_lowercase().as_str() {
        "m" | "metre" | "metres" | "meter" | "meters" => 1.0,
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" => 1000.0,
        "cm" | "centimetre" | "centimetres" | "centimeter" | "centimeters" => 0.01,
        "mm" | "millimetre" | "millimetres" | "millimeter" | "millimeters" => 0.001,
        _ => return None,
    })
}

/// Whether `units` are a pressure.
pub(super) fn is_pressure(units: &str) -> bool {
    matches!(
        units.trim().to_lowercase().as_str(),
        "pa" | "hpa"
            | "kpa"
            | "mb"
            | "mbar"
            | "millibar"
            | "millibars"
            | "bar"
            | "dbar"
            | "decibar"
            | "pascal"
            | "pascals"
            | "hectopascal"
            | "hectopascals"
    )
}

/// Microseconds in one of `unit` of elapsed time, as a numerator and a denominator; `None` where it
/// is no fixed length of time.
pub(super) fn elapsed(unit: &str) -> Option<(i64, i64)> {
    Some(match unit.trim().to_lowercase().as_str() {
        "ns" | "nsec" | "nanosecond" | "nanoseconds" => (1, 1000),
        "us" | "µs" | "microsecond" | "microseconds" | "microsec" | "microsecs" => (1, 1),
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" | "millisec" => (1000, 1),
        "s" | "sec" | "secs" | "second" | "seconds" => (1_000_000, 1),
        "min" | "mins" | "minute" | "minutes" => (60_000_000, 1),
        "h" | "hr" | "hrs" | "hour" | "hours" => (3_600_000_000, 1),
        "d" | "day" | "days" => (86_400_000_000, 1),
        "week" | "weeks" => (604_800_000_000, 1),
        _ => return None,
    })
}

/// Metres per second in one of `units`; `None` where they are no speed.
pub(super) fn speed(units: &str) -> Option<f64> {
    let units = units.trim().to_lowercase().replace(" per ", "/").replace(['^', '·', '*'], " ");
    match units.as_str() {
        "knot" | "knots" | "kn" | "kt" | "kts" | "international_knot" => {
            return Some(1852.0 / 3600.0);
        }
        "mph" => return Some(1609.344 / 3600.0),
        "kph" | "kmph" => return Some(1000.0 / 3600.0),
        // Written without the space, though udunits would read `ms` as milliseconds.
        "ms-1" => return Some(1.0),
        "cms-1" => return Some(0.01),
        _ => {}
    }
    let (distance, time) = match units.split_once('/') {
        Some((distance, time)) => (distance, time),
        None => units.trim_end().strip_suffix("-1")?.trim_end().rsplit_once([' ', '.', '_'])?,
    };
    let metres = length(distance.trim_end_matches(['.', ' ', '_']))?;
    let (numerator, denominator) = elapsed(time)?;
    Some(metres / (numerator as f64 / denominator as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_in_all_their_spellings() {
        for (factor, spellings) in [
            (
                1.0,
                &[
                    "m s-1",
                    "m/s",
                    "m s**-1",
                    "m.s-1",
                    "ms-1",
                    "m s^-1",
                    "meter second-1",
                    "M/S",
                    "meters s-1",
                    "m/sec",
                    "metres per second",
                    "m*s-1",
                    "meters/second",
                    "m s -1",
                    " m/s ",
                ][..],
            ),
            (0.01, &["cm/s", "cm s-1", "centimeter/s", "cms-1"]),
            (0.001, &["mm/s"]),
            (1.0 / 3.6, &["km h-1", "km/h", "km/hr", "kph"]),
            (1852.0 / 3600.0, &["knots", "knot", "kt", "kn"]),
        ] {
            for text in spellings {
                let read = speed(text).unwrap_or_else(|| panic!("{text} is not read"));
                assert!((read / factor - 1.0).abs() < 1e-12, "{text}: {read}");
            }
        }
    }

    #[test]
    fn what_is_no_speed_is_refused() {
        for text in
            ["", "1", "degC", "Pa", "m", "m s-2", "m2 s-1", "kg m-2 s-1", "s-1", "m/s2", "s/m"]
        {
            assert_eq!(speed(text), None, "{text}");
        }
    }

    #[test]
    fn degrees_tell_their_direction() {
        for text in
            ["degrees_east", "degree_east", "degrees E", "degreeE", "degrees_E", "Degrees_East"]
        {
            assert_eq!(degrees(text), Some(Degrees::East), "{text}");
        }
        assert_eq!(degrees("degree_N"), Some(Degrees::North));
        assert_eq!(degrees("degrees"), Some(Degrees::Plain));
        // Positive westward: to take it for longitude would mirror the map.
        assert_eq!(degrees("degrees_west"), None);
        assert_eq!(degrees("degC"), None);
    }

    #[test]
    fn lengths_of_time_that_vary_are_none() {
        assert_eq!(elapsed("Hour"), Some((3_600_000_000, 1)));
        assert_eq!(elapsed("months"), None);
        assert_eq!(elapsed("years"), None);
    }
}
