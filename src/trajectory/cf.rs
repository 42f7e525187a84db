//! The CF conventions of trajectories: names and attributes that both formats share.

use serde_json::{Map, Value, json};

use super::{Metadata, Sampled};
use crate::engine::{DeviceKind, Status};
use crate::grid::Mesh;
use crate::time::{Calendar, CivilTime, Instant, Span, TimeError};

/// Attributes of a variable or of a whole file.
pub(super) type Attributes = Map<String, Value>;

/// What `status` holds where there is no observation.
pub(super) const NO_STATUS: u8 = u8::MAX;

/// The attribute that tells how the mesh was laid out, as JSON.
pub(super) const MESH: &str = "mesh";
/// The attribute that names an output time of which not all blocks were written.
pub(super) const INCOMPLETE: &str = "incomplete_obs";

/// The attribute with the names of the variables that were sampled, as JSON.
pub(super) const SAMPLED: &str = "sampled";

/// The attribute that tells how the run ended, or that it has not.
pub(super) const RUN_ENDED: &str = "run_ended";

fn attributes(of: Value) -> Attributes {
    match of {
        Value::Object(map) => map,
        _ => unreachable!("attributes are written as objects"),
    }
}

/// Attributes of the whole file.
pub(super) fn file(metadata: &Metadata) -> Attributes {
    let mut map = attributes(json!({
        "Conventions": "CF-1.11",
        "featureType": "trajectory",
        "feature_type": "trajectory",
        "title": metadata.title,
        "source": format!("drogue {}", metadata.version),
        "device": metadata.device.name,
        "device_kind": match metadata.device.kind {
            DeviceKind::Gpu => "gpu",
            DeviceKind::Software => "software",
            DeviceKind::Cpu => "cpu",
        },
        "device_backend": metadata.device.backend,
        "device_driver": metadata.device.driver,
        "random_seed": metadata.seed.to_string(),
        "scenario": metadata.scenario,
        MESH: serde_json::to_string(&metadata.mesh).expect("a mesh is plain data"),
    }));
    if !metadata.samples.is_empty() {
        let names: Vec<&str> = metadata.samples.iter().map(|sampled| &*sampled.name).collect();
        let names = serde_json::to_string(&names).expect("names are plain data");
        map.insert(SAMPLED.into(), json!(names));
    }
    if let Some(history) = &metadata.history {
        map.insert("history".into(), json!(history));
    }
    map
}

/// Attributes of time coordinates: `long_name` tells them apart.
pub(super) fn time(metadata: &Metadata, long_name: &str) -> Attributes {
    attributes(json!({
        "standard_name": "time",
        "long_name": long_name,
        "units": format!("seconds since {}", reference(metadata)),
        "calendar": metadata.calendar.cf_name(),
        "axis": "T",
    }))
}

// A space for the `T` and no `Z`: the form that every reader of CF time units knows.
fn reference(metadata: &Metadata) -> String {
    metadata.calendar.format(metadata.start).replace('T', " ").trim_end_matches('Z').to_owned()
}

/// Attributes of the eastward coordinate.
pub(super) fn x(mesh: Mesh) -> Attributes {
    attributes(match mesh {
        Mesh::Sphere { .. } => {
            json!({"standard_name": "longitude", "units": "degrees_east", "axis": "X"})
        }
        Mesh::Flat => {
            json!({"standard_name": "projection_x_coordinate", "units": "m", "axis": "X"})
        }
    })
}

/// Attributes of the northward coordinate.
pub(super) fn y(mesh: Mesh) -> Attributes {
    attributes(match mesh {
        Mesh::Sphere { .. } => {
            json!({"standard_name": "latitude", "units": "degrees_north", "axis": "Y"})
        }
        Mesh::Flat => {
            json!({"standard_name": "projection_y_coordinate", "units": "m", "axis": "Y"})
        }
    })
}

/// Attributes of the depth.
pub(super) fn depth() -> Attributes {
    attributes(json!({"standard_name": "depth", "units": "m", "positive": "down", "axis": "Z"}))
}

/// Attributes of what is sampled.
pub(super) fn sampled(sampled: &Sampled) -> Attributes {
    let Sampled { units, standard_name, long_name, .. } = sampled;
    let texts = [("units", units), ("standard_name", standard_name), ("long_name", long_name)];
    let told = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    told.map(|(name, text)| (name.to_owned(), json!(text))).collect()
}

/// What is sampled, from the attributes that `text` finds.
pub(super) fn parse_sampled(name: String, text: impl Fn(&str) -> Option<String>) -> Sampled {
    let [units, standard_name, long_name] = ["units", "standard_name", "long_name"].map(text);
    Sampled { name, units, standard_name, long_name }
}

/// The names of what was sampled, from the attribute [`SAMPLED`]; none where there is none, or it cannot
/// be read.
pub(super) fn sampled_names(attribute: Option<&str>) -> Vec<String> {
    attribute.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Attributes of the particles' ids.
pub(super) fn trajectory() -> Attributes {
    attributes(json!({"long_name": "number of the particle", "cf_role": "trajectory_id"}))
}

/// Attributes of the status.
pub(super) fn status() -> Attributes {
    attributes(json!({
        "long_name": "whether the particle moves, and if not, why not",
        "flag_values": Status::ALL.map(Status::code),
        "flag_meanings": Status::ALL.map(Status::name).join(" "),
    }))
}

/// `instant` as a stored number: seconds since `start`.
pub(super) fn seconds(instant: Instant, start: Instant) -> f64 {
    (instant - start).seconds()
}

/// A stored number as an instant.
pub(super) fn instant(seconds: f64, start: Instant) -> Instant {
    start + Span::from_seconds(seconds)
}

/// The start and the calendar that stored times refer to.
pub(super) fn parse_time(units: &str, calendar: &str) -> Result<(Instant, Calendar), TimeError> {
    let calendar = Calendar::from_cf(calendar)?;
    let start = units
        .strip_prefix("seconds since ")
        .ok_or_else(|| TimeError::Unreadable(units.to_owned()))?;
    Ok((calendar.instant(CivilTime::parse(start)?)?, calendar))
}

/// The status with this stored code; `None` for an unknown code.
pub(super) fn parse_status(code: u8) -> Option<Status> {
    Status::from_code(u32::from(code))
}

/// The stored code of a status.
pub(super) fn status_code(status: Status) -> u8 {
    status.code() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_keep_every_microsecond_of_136_years() {
        let start = Instant(1_447_632_000_000_000);
        for microseconds in [0, 1, -1, 333_333, 4_294_967_295_999_999, -4_294_967_295_999_999] {
            let at = start + Span(microseconds);
            assert_eq!(instant(seconds(at, start), start), at);
        }
    }

    #[test]
    fn units_are_read_back() {
        let calendar = Calendar::Noleap;
        let start = calendar.instant(CivilTime::parse("2015-11-16T01:02:03.5Z").unwrap()).unwrap();
        assert_eq!(
            parse_time("seconds since 2015-11-16 01:02:03.500000", "noleap").unwrap(),
            (start, calendar)
        );
        assert!(parse_time("days since 2015-11-16", "standard").is_err());
        assert!(parse_time("seconds since 2015-11-16", "lunar").is_err());
    }
}
