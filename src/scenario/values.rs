//! Reads single values: numbers, names, quantities, times, choices.

use toml::de::DeValue;

use super::error::Fault;
use super::reader::{Read, Value, list, wrong_type};
use crate::time::{CivilTime, Span};
use crate::units::{self, UnitError};

pub(super) fn text<'a>(value: &'a Value<'a>) -> Read<&'a str> {
    let text = value.get_ref().as_str().ok_or_else(|| wrong_type(value, "a text in quotes"))?;
    if text.trim().is_empty() {
        return Err(Fault::at(value.span(), "the text is empty"));
    }
    Ok(text)
}

pub(super) fn name(value: &Value<'_>) -> Read<String> {
    text(value).map(str::to_owned)
}

/// One text or a list of them, not empty.
pub(super) fn texts(value: &Value<'_>) -> Read<Vec<String>> {
    let DeValue::Array(items) = value.get_ref() else {
        return Ok(vec![name(value)?]);
    };
    if items.is_empty() {
        return Err(Fault::at(value.span(), "the list is empty"));
    }
    items.iter().map(name).collect()
}

/// A finite number.
pub(super) fn number(value: &Value<'_>) -> Read<f64> {
    let parsed = match value.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(integer) => {
            i128::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n as f64)
        }
        _ => return Err(wrong_type(value, "a number")),
    };
    parsed
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| Fault::at(value.span(), "expected a finite number"))
}

pub(super) fn numbers(value: &Value<'_>) -> Read<Vec<f64>> {
    let items = value.get_ref().as_array().ok_or_else(|| wrong_type(value, "a list of numbers"))?;
    items.iter().map(number).collect()
}

/// Two numbers, such as a range or a point.
pub(super) fn pair(value: &Value<'_>) -> Read<[f64; 2]> {
    let numbers = numbers(value)?;
    let count = numbers.len();
    numbers
        .try_into()
        .map_err(|_| Fault::at(value.span(), format!("expected two numbers, found {count}")))
}

/// A list of pairs of numbers.
pub(super) fn pairs(value: &Value<'_>) -> Read<Vec<[f64; 2]>> {
    let items = value.get_ref().as_array();
    items.ok_or_else(|| wrong_type(value, "a list of [lon, lat]"))?.iter().map(pair).collect()
}

pub(super) fn whole(value: &Value<'_>) -> Read<u64> {
    let DeValue::Integer(integer) = value.get_ref() else {
        return Err(wrong_type(value, "a whole number"));
    };
    u64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| {
        Fault::at(value.span(), format!("expected a whole number from 0 to {}", u64::MAX))
    })
}

/// A whole number of things, one at least.
pub(super) fn count(value: &Value<'_>) -> Read<u64> {
    match whole(value)? {
        0 => Err(Fault::at(value.span(), "the number must be 1 or more")),
        count => Ok(count),
    }
}

/// As [`count`], for what must fit the machine's memory.
pub(super) fn size(value: &Value<'_>) -> Read<usize> {
    usize::try_from(count(value)?)
        .map_err(|_| Fault::at(value.span(), "the number is too large for this machine"))
}

fn quantity<T>(
    value: &Value<'_>,
    example: &str,
    parse: impl FnOnce(&str) -> Result<T, UnitError>,
) -> Read<T> {
    let text = value.get_ref().as_str().ok_or_else(|| {
        wrong_type(value, "a quantity with its unit").help(format!("for example \"{example}\""))
    })?;
    parse(text).map_err(|error| Fault::at(value.span(), error.to_string()))
}

/// A duration that is not zero.
pub(super) fn duration(value: &Value<'_>) -> Read<Span> {
    match quantity(value, "10min", units::parse_duration)? {
        Span(0) => Err(Fault::at(value.span(), "the duration must be longer than a microsecond")),
        span => Ok(span),
    }
}

/// A length in metres, not zero.
pub(super) fn length(value: &Value<'_>) -> Read<f64> {
    positive(value, quantity(value, "5km", units::parse_length)?)
}

/// An angle in degrees, not zero.
pub(super) fn angle(value: &Value<'_>) -> Read<f64> {
    positive(value, quantity(value, "0.05deg", units::parse_angle)?)
}

/// A number of bytes, not zero.
pub(super) fn bytes(value: &Value<'_>) -> Read<u64> {
    match quantity(value, "512MB", units::parse_bytes)? {
        0 => Err(Fault::at(value.span(), "must be more than zero")),
        bytes => Ok(bytes),
    }
}

/// A depth in metres, positive down: a number, or a length with its unit.
pub(super) fn depth(value: &Value<'_>) -> Read<f64> {
    from_surface(value, "depth", "depths are metres below the surface, positive down")
}

/// A height in metres, positive up: a number, or a length with its unit.
pub(super) fn height(value: &Value<'_>) -> Read<f64> {
    from_surface(value, "height", "heights are metres above the surface, positive up")
}

fn from_surface(value: &Value<'_>, what: &str, help: &str) -> Read<f64> {
    let metres = match value.get_ref() {
        DeValue::String(_) => quantity(value, "10m", units::parse_length)?,
        _ => number(value)?,
    };
    if metres < 0.0 {
        return Err(Fault::at(value.span(), format!("the {what} {metres} is negative")).help(help));
    }
    Ok(metres)
}

/// Metres as a number, more than zero: the radius of a sphere, or how long a domain is.
pub(super) fn metres(value: &Value<'_>) -> Read<f64> {
    match value.get_ref() {
        DeValue::String(_) => length(value),
        _ => positive(value, number(value)?),
    }
}

fn positive(value: &Value<'_>, number: f64) -> Read<f64> {
    if number > 0.0 { Ok(number) } else { Err(Fault::at(value.span(), "must be more than zero")) }
}

/// A date and time, in quotes or as TOML's own; UTC where no offset is given.
pub(super) fn time(value: &Value<'_>) -> Read<CivilTime> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(datetime) => datetime.to_string(),
        _ => return Err(wrong_type(value, "a time such as \"2015-11-16T00:00:00Z\"")),
    };
    CivilTime::parse(&text).map_err(|error| Fault::at(value.span(), error.to_string()))
}

/// `true` or `false`.
pub(super) fn flag(value: &Value<'_>) -> Read<bool> {
    value.get_ref().as_bool().ok_or_else(|| wrong_type(value, "true or false"))
}

/// One of the `options` by its name; those of `later` are not available yet.
pub(super) fn choice<T: Copy>(
    options: &[(&'static str, T)],
    later: &[&'static str],
) -> impl Fn(&Value<'_>) -> Read<T> {
    move |value| {
        let names: Vec<_> = options.iter().map(|(name, _)| *name).collect();
        let written = value
            .get_ref()
            .as_str()
            .ok_or_else(|| wrong_type(value, &format!("one of {}", list(&names))))?;
        if let Some(&(_, option)) = options.iter().find(|(name, _)| *name == written) {
            return Ok(option);
        }
        if later.contains(&written) {
            let message = format!("`{written}` is not available yet in this version");
            return Err(Fault::at(value.span(), message).help(format!("choose {}", list(&names))));
        }
        let fault = Fault::at(value.span(), format!("`{written}` is not one of {}", list(&names)));
        Err(match units::nearest(written, names) {
            Some(nearest) => fault.help(format!("did you mean `{nearest}`?")),
            None => fault,
        })
    }
}
