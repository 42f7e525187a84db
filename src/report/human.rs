//! Numbers as people read them.

/// A count with its thousands set apart: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in binary units, with three digits: `1.50 GiB`.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    scaled(bytes as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// A rate or another large quantity with its unit and a decimal prefix: `20.1 M/s`.
pub fn si(quantity: f64, unit: &str) -> String {
    let text = scaled(quantity, 1000.0, &["", "k", "M", "G", "T", "P"]);
    format!("{text}{unit}")
}

/// Seconds of wall time: `0.80 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min`, `3 d 04 h`.
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match seconds {
        _ if !seconds.is_finite() => "unknown".to_owned(),
        _ if seconds <= 0.0 => "0 s".to_owned(),
        _ if seconds < 0.9995 => format!("{} ms", three_digits(seconds * 1000.0)),
        _ if seconds < 59.95 => format!("{} s", three_digits(seconds)),
        _ if whole < 3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ if whole < 86_400 => format!("{} h {:02} min", whole / 3_600, whole / 60 % 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole / 3_600 % 24),
    }
}

fn scaled(mut value: f64, base: f64, prefixes: &[&str]) -> String {
    let mut prefix = 0;
    // 999.5 of one unit is written as one of the next.
    while value >= base - 0.5 && prefix + 1 < prefixes.len() {
        value /= base;
        prefix += 1;
    }
    format!("{} {}", three_digits(value), prefixes[prefix])
}

fn three_digits(value: f64) -> String {
    match value.abs() {
        small if small < 9.995 => format!("{value:.2}"),
        middling if middling < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn bytes_have_binary_units() {
        let texts = [0, 1023, 1024, 1536, 1_048_575, 3 << 30].map(bytes);
        assert_eq!(texts, ["0 B", "1023 B", "1.00 KiB", "1.50 KiB", "1.00 MiB", "3.00 GiB"]);
    }

    #[test]
    fn rates_have_decimal_prefixes() {
        assert_eq!(si(20_123_456.0, "/s"), "20.1 M/s");
        assert_eq!(si(999_999.0, "/s"), "1.00 M/s");
        assert_eq!(si(12.0, "/s"), "12.0 /s");
    }

    #[test]
    fn times_have_two_units() {
        let texts = [0.0008, 12.34, 59.99, 245.0, 7_380.0, 273_600.0].map(seconds);
        assert_eq!(
            texts,
            ["0.80 ms", "12.3 s", "1 min 00 s", "4 min 05 s", "2 h 03 min", "3 d 04 h"]
        );
        assert_eq!(seconds(f64::NAN), "unknown");
    }
}
