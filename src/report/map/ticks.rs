//! Round numbers for axes, and how they are written.

/// Steps in degrees, and then those that divide a circle.
const DEGREES: [f64; 16] =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0];

/// The smallest step in degrees that divides `span` into at most `most` parts.
pub fn degree_step(span: f64, most: usize) -> f64 {
    DEGREES.into_iter().find(|step| span / step <= most as f64).unwrap_or(90.0)
}

/// The smallest of 1, 2 and 5 times a power of ten that divides `span` into at most `most` parts.
pub fn step(span: f64, most: usize) -> f64 {
    let least = span / most as f64;
    let magnitude = 10f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * magnitude >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * magnitude
}

/// The multiples of `step` from `low` to `high`.
pub fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(move |n| n as f64 * step)
}

/// A longitude as `12.5°W`.
pub fn longitude(degrees: f64, step: f64) -> String {
    let degrees = (degrees + 180.0).rem_euclid(360.0) - 180.0;
    match degrees {
        _ if degrees.abs() < step / 2.0 => "0°".to_owned(),
        _ if (degrees.abs() - 180.0).abs() < step / 2.0 && step < 180.0 => "180°".to_owned(),
        west if west < 0.0 => format!("{}°W", decimal(-west, step)),
        east => format!("{}°E", decimal(east, step)),
    }
}

/// A latitude as `45°N`.
pub fn latitude(degrees: f64, step: f64) -> String {
    match degrees {
        _ if degrees.abs() < step / 2.0 => "0°".to_owned(),
        south if south < 0.0 => format!("{}°S", decimal(-south, step)),
        north => format!("{}°N", decimal(north, step)),
    }
}

/// A number with the decimals that its step needs.
pub fn decimal(value: f64, step: f64) -> String {
    let decimals = (-(step * 1.000_001).log10().floor()).max(0.0) as usize;
    // Adding zero turns -0 into 0.
    format!("{:.decimals$}", if value.abs() < step / 2.0 { 0.0 } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        assert_eq!(degree_step(20.0, 8), 5.0);
        assert_eq!(degree_step(0.3, 8), 0.05);
        assert_eq!(degree_step(360.0, 8), 45.0);
        assert_eq!(step(100.0, 5), 20.0);
        assert_eq!(step(0.7, 8), 0.1);
    }

    #[test]
    fn multiples_lie_within() {
        assert_eq!(multiples(-1.2, 2.0, 1.0).collect::<Vec<_>>(), [-1.0, 0.0, 1.0, 2.0]);
    }

    #[test]
    fn degrees_are_written_with_their_half_of_the_world() {
        assert_eq!(longitude(-12.5, 0.5), "12.5°W");
        assert_eq!(longitude(190.0, 10.0), "170°W");
        assert_eq!(longitude(180.0, 20.0), "180°");
        assert_eq!(longitude(360.0, 10.0), "0°");
        assert_eq!(latitude(-45.0, 5.0), "45°S");
        assert_eq!(latitude(0.05, 0.05), "0.05°N");
        assert_eq!(decimal(-0.0, 0.2), "0.0");
        assert_eq!(decimal(1000.0, 500.0), "1000");
    }
}
