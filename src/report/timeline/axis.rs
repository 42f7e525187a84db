//! Times along the axis, and in words.

use super::Unit;

/// Ticks on an axis, about so many at most.
const TICKS: f64 = 12.0;

/// The ticks of an axis of this length: where, in nanoseconds, and what is written there.
pub(super) fn ticks(length_ns: u64, unit: Option<&Unit>) -> Vec<(f64, String)> {
    let (name, size) = scale(length_ns, unit);
    let length = length_ns as f64 / size;
    let step = step(length / TICKS);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let count = (length / step).floor() as usize;
    (0..=count)
        .map(|tick| {
            let at = tick as f64 * step;
            (at * size, format!("{at:.decimals$} {name}"))
        })
        .collect()
}

/// A length of time to three digits.
pub(super) fn words(ns: u64, unit: Option<&Unit>) -> String {
    match unit {
        None => crate::report::human::seconds(ns as f64 / 1e9),
        Some(Unit { name, nanoseconds }) => format!("{:.1} {name}", ns as f64 / nanoseconds),
    }
}

/// The unit of an axis, with its nanoseconds.
fn scale(length_ns: u64, unit: Option<&Unit>) -> (&str, f64) {
    const UNITS: [(&str, f64); 4] = [("h", 3.6e12), ("min", 6e10), ("s", 1e9), ("ms", 1e6)];
    if let Some(Unit { name, nanoseconds }) = unit {
        return (name, *nanoseconds);
    }
    let fits = |(_, size): &&(&str, f64)| length_ns as f64 >= 2.0 * size;
    UNITS.iter().find(fits).copied().unwrap_or(("µs", 1e3))
}

/// The least of 1, 2 and 5 times a power of ten that is not less than `least`.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor =
        [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= least * 0.999_999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let texts = |ns, unit| -> Vec<String> {
            ticks(ns, unit).into_iter().map(|(_, text)| text).collect()
        };
        let seconds = texts(2_300_000_000, None);
        assert_eq!((seconds.len(), &*seconds[1], &*seconds[11]), (12, "0.2 s", "2.2 s"));
        let milliseconds = texts(57_000_000, None);
        assert_eq!((milliseconds.len(), &*milliseconds[11]), (12, "55 ms"));
        let minutes = Unit { name: "min".into(), nanoseconds: 2e6 };
        assert_eq!(texts(114_000_000, Some(&minutes)).last().unwrap(), "55 min");
        for length in [1, 999, 12_345, 6_000_000, 7_200_000_000_000, u64::MAX] {
            assert!((2..=14).contains(&ticks(length, None).len()), "{length}");
        }
        assert_eq!(words(3_000_000, Some(&minutes)), "1.5 min");
    }
}
